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
#else
#define ACT_WIDE 0
#define act_largest_float(lane, lanes) (lane)[0]
#define act_smallest_float(lane, lanes) (lane)[0]
#define act_largest_real(lane, lanes) (lane)[0]
#define act_smallest_real(lane, lanes) (lane)[0]
#define act_top_float(lane, lanes) (lane)[0]
#define act_top_real(lane, lanes) (lane)[0]
#endif
#endif
