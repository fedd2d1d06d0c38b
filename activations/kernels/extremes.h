/* The extreme of a row's lanes: whole vectors by halves, where a loop would store lanes and wait for them. */
#ifndef ACTIVATIONS_EXTREMES_H
#define ACTIVATIONS_EXTREMES_H

/* Only where vectors are so long: of others the compiler makes scalars. */
#if defined(__AVX512F__) && defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 12)
#define ACT_WIDE 1
#include <immintrin.h>
typedef float act_floats16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double act_reals8 __attribute__((vector_size(64), aligned(8), may_alias));

/* The larger (smaller) of two numbers, and b if either is NaN. */
#define act_top_floats(a, b) ((act_floats16)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define act_top_reals(a, b) ((act_reals8)_mm512_max_pd((__m512d)(a), (__m512d)(b)))

/* The same, or NaN if one of them is. */
#define ACT_CHOOSE(NAME, VECTOR, WIDE, CHOOSE, SUFFIX)                                                                 \
    static inline VECTOR NAME(VECTOR a, VECTOR b)                                                                      \
    {                                                                                                                  \
        WIDE x = (WIDE)a;                                                                                              \
        return (VECTOR)_mm512_mask_mov_##SUFFIX(_mm512_##CHOOSE##_##SUFFIX(x, (WIDE)b),                                \
                                                _mm512_cmp_##SUFFIX##_mask(x, x, _CMP_UNORD_Q), x);                    \
    }
ACT_CHOOSE(act_larger_floats, act_floats16, __m512, max, ps)
ACT_CHOOSE(act_smaller_floats, act_floats16, __m512, min, ps)
ACT_CHOOSE(act_larger_reals, act_reals8, __m512d, max, pd)
ACT_CHOOSE(act_smaller_reals, act_reals8, __m512d, min, pd)

/* Of 64 lanes, or of the first 16. The last steps stay within 128 bits, where a shuffle takes one cycle and not three. */
#define ACT_OF_FLOATS(NAME, CHOOSE)                                                                                    \
    static inline float NAME(const float *lane, int lanes)                                                             \
    {                                                                                                                  \
        const act_floats16 *at = (const act_floats16 *)lane;                                                           \
        act_floats16 a = lanes == 64 ? CHOOSE(CHOOSE(at[0], at[1]), CHOOSE(at[2], at[3])) : at[0];                     \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));      \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7));                  \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 2, 3, 2, 3, 6, 7, 6, 7, 10, 11, 10, 11, 14, 15, 14, 15));          \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 1, 1, 1, 1, 5, 5, 5, 5, 9, 9, 9, 9, 13, 13, 13, 13));              \
        return a[0];                                                                                                   \
    }
ACT_OF_FLOATS(act_largest_float, act_larger_floats)
ACT_OF_FLOATS(act_smallest_float, act_smaller_floats)
ACT_OF_FLOATS(act_top_float, act_top_floats)

#define ACT_OF_REALS(NAME, CHOOSE)                                                                                     \
    static inline double NAME(const double *lane, int lanes)                                                           \
    {                                                                                                                  \
        const act_reals8 *at = (const act_reals8 *)lane;                                                               \
        act_reals8 a = CHOOSE(at[0], at[1]);                                                                           \
        if (lanes == 64) {                                                                                             \
            act_reals8 b = CHOOSE(at[2], at[3]), c = CHOOSE(at[4], at[5]), d = CHOOSE(at[6], at[7]);                   \
            a = CHOOSE(CHOOSE(a, b), CHOOSE(c, d));                                                                    \
        }                                                                                                              \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7));                                          \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 2, 3, 2, 3, 2, 3, 2, 3));                                          \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 1, 1, 3, 3, 5, 5, 7, 7));                                          \
        return a[0];                                                                                                   \
    }
ACT_OF_REALS(act_largest_real, act_larger_reals)
ACT_OF_REALS(act_smallest_real, act_smaller_reals)
ACT_OF_REALS(act_top_real, act_top_reals)

/* The tops of sixteen rows of at least sixteen floats, or of eight of reals, `step` apart. */
static inline act_floats16 act_tops_of_floats(const float *x, Py_ssize_t n)
{
    act_floats16 a = *(const act_floats16 *)x;
    Py_ssize_t i = 16;
    if (n >= 64) {
        act_floats16 b = *(const act_floats16 *)(x + 16), c = *(const act_floats16 *)(x + 32), d = *(const act_floats16 *)(x + 48);
        for (i = 64; i + 64 <= n; i += 64) {
            a = act_top_floats(*(const act_floats16 *)(x + i), a);
            b = act_top_floats(*(const act_floats16 *)(x + i + 16), b);
            c = act_top_floats(*(const act_floats16 *)(x + i + 32), c);
            d = act_top_floats(*(const act_floats16 *)(x + i + 48), d);
        }
        a = act_top_floats(act_top_floats(a, b), act_top_floats(c, d));
    }
    for (; i + 16 <= n; i += 16) a = act_top_floats(*(const act_floats16 *)(x + i), a);
    return i < n ? act_top_floats(*(const act_floats16 *)(x + n - 16), a) : a;
}

#define ACT_BOTH(a, b, c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15, d0,d1,d2,d3,d4,d5,d6,d7,d8,d9,d10,d11,d12,d13,d14,d15) \
    act_top_floats(__builtin_shufflevector(a, b, c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15), \
                   __builtin_shufflevector(a, b, d0,d1,d2,d3,d4,d5,d6,d7,d8,d9,d10,d11,d12,d13,d14,d15))

static inline Py_ssize_t act_tops_float(const float *x, Py_ssize_t rows, Py_ssize_t n, float *top)
{
    Py_ssize_t r = 0;
    for (; r + 16 <= rows; r += 16) {
        act_floats16 a[16];
        for (int k = 0; k < 16; k++) a[k] = act_tops_of_floats(x + (r + (k & 3) * 4 + (k >> 2)) * n, n);
        for (int k = 0; k < 8; k++)
            a[k] = ACT_BOTH(a[2 * k], a[2 * k + 1], 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23, 8,9,10,11,12,13,14,15,24,25,26,27,28,29,30,31);
        for (int k = 0; k < 4; k++)
            a[k] = ACT_BOTH(a[2 * k], a[2 * k + 1], 0,1,2,3,8,9,10,11,16,17,18,19,24,25,26,27, 4,5,6,7,12,13,14,15,20,21,22,23,28,29,30,31);
        for (int k = 0; k < 2; k++)
            a[k] = ACT_BOTH(a[2 * k], a[2 * k + 1], 0,1,16,17,4,5,20,21,8,9,24,25,12,13,28,29, 2,3,18,19,6,7,22,23,10,11,26,27,14,15,30,31);
        *(act_floats16 *)(top + r) = ACT_BOTH(a[0], a[1], 0,2,16,18,4,6,20,22,8,10,24,26,12,14,28,30, 1,3,17,19,5,7,21,23,9,11,25,27,13,15,29,31);
    }
    return r;
}
#else
#define ACT_WIDE 0
#define act_tops_float(x, rows, n, top) 0
#define act_largest_float(lane, lanes) (lane)[0]
#define act_smallest_float(lane, lanes) (lane)[0]
#define act_largest_real(lane, lanes) (lane)[0]
#define act_smallest_real(lane, lanes) (lane)[0]
#define act_top_float(lane, lanes) (lane)[0]
#define act_top_real(lane, lanes) (lane)[0]
#endif
#endif
