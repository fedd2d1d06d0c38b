/* The extremes of rows and of their lanes: whole vectors by halves, where a loop would store lanes and wait for them. */
#ifndef ACTIVATIONS_EXTREMES_H
#define ACTIVATIONS_EXTREMES_H

#if defined(__AVX__) && defined(__GNUC__)
#define ACT_WIDE 1
#include <immintrin.h>

/* The better of two numbers, or NaN if one of them is. */
#if defined(__AVX512F__)
#define ACT_UNLESS_NAN(BITS, SUFFIX, a, better)                                                                        \
    BITS##_mask_mov_##SUFFIX(better, BITS##_cmp_##SUFFIX##_mask(a, a, _CMP_UNORD_Q), a)
#else
#define ACT_UNLESS_NAN(BITS, SUFFIX, a, better)                                                                        \
    BITS##_blendv_##SUFFIX(better, a, BITS##_cmp_##SUFFIX(a, a, _CMP_UNORD_Q))
#endif
#define ACT_CHOOSE(NAME, BETTER, BITS, VECTOR, SUFFIX, COUNT)                                                          \
    static inline VECTOR act_##NAME##_##SUFFIX##COUNT(VECTOR a, VECTOR b)                                              \
    {                                                                                                                  \
        return ACT_UNLESS_NAN(BITS, SUFFIX, a, BITS##_##BETTER##_##SUFFIX(a, b));                                      \
    }
#define ACT_CHOOSERS(NAME, BETTER)                                                                                     \
    ACT_CHOOSE(NAME, BETTER, _mm256, __m256, ps, 8)                                                                    \
    ACT_CHOOSE(NAME, BETTER, _mm, __m128, ps, 4)                                                                       \
    ACT_CHOOSE(NAME, BETTER, _mm256, __m256d, pd, 4)                                                                   \
    ACT_CHOOSE(NAME, BETTER, _mm, __m128d, pd, 2)
ACT_CHOOSERS(largest, max)
ACT_CHOOSERS(smallest, min)

/* The larger of two numbers, and b if either is NaN. */
#define act_top_ps8(a, b) _mm256_max_ps(a, b)
#define act_top_ps4(a, b) _mm_max_ps(a, b)
#define act_top_pd4(a, b) _mm256_max_pd(a, b)
#define act_top_pd2(a, b) _mm_max_pd(a, b)

#if defined(__AVX512F__)
#define ACT_FLOATS 16
typedef __m512 act_floats;
typedef __m512d act_reals;
#define act_floats_from(p) _mm512_loadu_ps(p)
#define act_reals_from(p) _mm512_loadu_pd(p)
ACT_CHOOSE(largest, max, _mm512, __m512, ps, 16)
ACT_CHOOSE(smallest, min, _mm512, __m512, ps, 16)
ACT_CHOOSE(largest, max, _mm512, __m512d, pd, 8)
ACT_CHOOSE(smallest, min, _mm512, __m512d, pd, 8)
#define act_largest_floats act_largest_ps16
#define act_smallest_floats act_smallest_ps16
#define act_largest_reals act_largest_pd8
#define act_smallest_reals act_smallest_pd8
#define act_top_floats(a, b) _mm512_max_ps(a, b)
#define act_top_reals(a, b) _mm512_max_pd(a, b)
#define ACT_16_FLOATS(CHOOSE, p) act_floats_from(p)
#define ACT_16_REALS(CHOOSE, p) CHOOSE(act_reals_from(p), act_reals_from(p + 8))
#define ACT_HALF_FLOATS(CHOOSE, a) CHOOSE(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1))
#define ACT_HALF_REALS(CHOOSE, a) CHOOSE(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1))
#else
#define ACT_FLOATS 8
typedef __m256 act_floats;
typedef __m256d act_reals;
#define act_floats_from(p) _mm256_loadu_ps(p)
#define act_reals_from(p) _mm256_loadu_pd(p)
#define act_largest_floats act_largest_ps8
#define act_smallest_floats act_smallest_ps8
#define act_largest_reals act_largest_pd4
#define act_smallest_reals act_smallest_pd4
#define act_top_floats act_top_ps8
#define act_top_reals act_top_pd4
#define ACT_16_FLOATS(CHOOSE, p) CHOOSE(act_floats_from(p), act_floats_from(p + 8))
#define ACT_16_REALS(CHOOSE, p)                                                                                        \
    CHOOSE(CHOOSE(act_reals_from(p), act_reals_from(p + 4)), CHOOSE(act_reals_from(p + 8), act_reals_from(p + 12)))
#define ACT_HALF_FLOATS(CHOOSE, a) (a)
#define ACT_HALF_REALS(CHOOSE, a) (a)
#endif

/* Of 64 lanes, or of the first 16. The last steps stay within 128 bits, where a shuffle takes one cycle and not three. */
#define ACT_OF_64(SIXTEEN, CHOOSE, p)                                                                                  \
    CHOOSE(CHOOSE(SIXTEEN(CHOOSE, p), SIXTEEN(CHOOSE, p + 16)), CHOOSE(SIXTEEN(CHOOSE, p + 32), SIXTEEN(CHOOSE, p + 48)))
#define ACT_OF_LANES(NAME)                                                                                             \
    static inline float act_##NAME##_float(const float *lane, int lanes)                                               \
    {                                                                                                                  \
        act_floats all = lanes == 64 ? ACT_OF_64(ACT_16_FLOATS, act_##NAME##_floats, lane)                             \
                                     : ACT_16_FLOATS(act_##NAME##_floats, lane);                                       \
        __m256 a = ACT_HALF_FLOATS(act_##NAME##_ps8, all);                                                             \
        __m128 b = act_##NAME##_ps4(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));                           \
        b = act_##NAME##_ps4(b, _mm_movehl_ps(b, b));                                                                  \
        return _mm_cvtss_f32(act_##NAME##_ps4(b, _mm_movehdup_ps(b)));                                                 \
    }                                                                                                                  \
    static inline double act_##NAME##_real(const double *lane, int lanes)                                              \
    {                                                                                                                  \
        act_reals all = lanes == 64 ? ACT_OF_64(ACT_16_REALS, act_##NAME##_reals, lane)                                \
                                    : ACT_16_REALS(act_##NAME##_reals, lane);                                          \
        __m256d a = ACT_HALF_REALS(act_##NAME##_pd4, all);                                                             \
        __m128d b = act_##NAME##_pd2(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));                          \
        return _mm_cvtsd_f64(act_##NAME##_pd2(b, _mm_unpackhi_pd(b, b)));                                              \
    }
ACT_OF_LANES(largest)
ACT_OF_LANES(smallest)
ACT_OF_LANES(top)

/* The tops of the lanes of a row, which has at least 16 elements. */
static inline act_floats act_lanes_of_row(const float *x, Py_ssize_t n)
{
    enum { W = ACT_FLOATS };
    act_floats a = act_floats_from(x);
    Py_ssize_t i = W;
    if (n >= 4 * W) {
        act_floats b = act_floats_from(x + W), c = act_floats_from(x + 2 * W), d = act_floats_from(x + 3 * W);
        for (i = 4 * W; i + 4 * W <= n; i += 4 * W) {
            a = act_top_floats(act_floats_from(x + i), a);
            b = act_top_floats(act_floats_from(x + i + W), b);
            c = act_top_floats(act_floats_from(x + i + 2 * W), c);
            d = act_top_floats(act_floats_from(x + i + 3 * W), d);
        }
        a = act_top_floats(act_top_floats(a, b), act_top_floats(c, d));
    }
    for (; i + W <= n; i += W) a = act_top_floats(act_floats_from(x + i), a);
    return i < n ? act_top_floats(act_floats_from(x + n - W), a) : a;
}

/* Lanes of the first four of eight rows, beside those of the last four: their halves, quarters and last two together. */
static inline __m256 act_tops_of_eight(const __m256 *row)
{
    __m256 a[4], b, c;
    _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)
        a[k] = _mm256_max_ps(_mm256_permute2f128_ps(row[k], row[k + 4], 0x20), _mm256_permute2f128_ps(row[k], row[k + 4], 0x31));
    b = _mm256_max_ps(_mm256_unpacklo_ps(a[0], a[1]), _mm256_unpackhi_ps(a[0], a[1]));
    c = _mm256_max_ps(_mm256_unpacklo_ps(a[2], a[3]), _mm256_unpackhi_ps(a[2], a[3]));
    return _mm256_max_ps(_mm256_shuffle_ps(b, c, 0x44), _mm256_shuffle_ps(b, c, 0xee));
}

/* The tops of rows one after another, eight at once; returns of how many. */
static inline Py_ssize_t act_tops(const float *x, Py_ssize_t rows, Py_ssize_t n, float *top)
{
    Py_ssize_t done = 0;
    for (; done + 8 <= rows; done += 8) {
        __m256 row[8];
        for (int k = 0; k < 8; k++) row[k] = ACT_HALF_FLOATS(act_top_ps8, act_lanes_of_row(x + (done + k) * n, n));
        _mm256_storeu_ps(top + done, act_tops_of_eight(row));
    }
    return done;
}

/* `value` where the first `best` of a row stands, 0 elsewhere, without a branch that depends on where that is; whether it
 * stands anywhere. */
#if defined(__AVX512F__)
#define ACT_ONE_OF(NAME, REAL, SUFFIX, COUNT, VECTOR, MASK)                                                            \
    static inline int NAME(const REAL *x, REAL *out, Py_ssize_t n, REAL best, REAL value)                              \
    {                                                                                                                  \
        VECTOR wanted = _mm512_set1_##SUFFIX(best), given = _mm512_set1_##SUFFIX(value);                               \
        unsigned int open = ~0u, found;                                                                                \
        MASK rest = (MASK)((1u << n % COUNT) - 1);                                                                     \
        Py_ssize_t i = 0;                                                                                              \
        for (; i + COUNT <= n; i += COUNT) {                                                                           \
            found = _mm512_cmp_##SUFFIX##_mask(_mm512_loadu_##SUFFIX(x + i), wanted, _CMP_EQ_OQ) & open;               \
            _mm512_storeu_##SUFFIX(out + i, _mm512_maskz_mov_##SUFFIX((MASK)(found & -found), given));                 \
            open = found ? 0 : open;                                                                                   \
        }                                                                                                              \
        if (rest) {                                                                                                    \
            found = _mm512_mask_cmp_##SUFFIX##_mask(rest, _mm512_maskz_loadu_##SUFFIX(rest, x + i), wanted, _CMP_EQ_OQ)\
                    & open;                                                                                            \
            _mm512_mask_storeu_##SUFFIX(out + i, rest, _mm512_maskz_mov_##SUFFIX((MASK)(found & -found), given));      \
            open = found ? 0 : open;                                                                                   \
        }                                                                                                              \
        return !open;                                                                                                  \
    }
ACT_ONE_OF(act_one_of_floats, float, ps, 16, __m512, __mmask16)
ACT_ONE_OF(act_one_of_reals, double, pd, 8, __m512d, __mmask8)
#else
#define ACT_ONE_OF(NAME, REAL, SUFFIX, COUNT, VECTOR, WHOLE, SET1, BITS)                                                  \
    static inline int NAME(const REAL *x, REAL *out, Py_ssize_t n, REAL best, REAL value)                              \
    {                                                                                                                  \
        VECTOR wanted = _mm256_set1_##SUFFIX(best), given = _mm256_set1_##SUFFIX(value);                               \
        __m256i bits = BITS, place;                                                                                    \
        int open = -1, found;                                                                                          \
        Py_ssize_t i = 0;                                                                                              \
        for (; i + COUNT <= n; i += COUNT) {                                                                           \
            found = _mm256_movemask_##SUFFIX(_mm256_cmp_##SUFFIX(_mm256_loadu_##SUFFIX(x + i), wanted, _CMP_EQ_OQ)) & open; \
            place = _mm256_cmpeq_##WHOLE(_mm256_and_si256(SET1(found & -found), bits), bits); \
            _mm256_storeu_##SUFFIX(out + i, _mm256_and_##SUFFIX(given, _mm256_castsi256_##SUFFIX(place)));             \
            open = found ? 0 : open;                                                                                   \
        }                                                                                                              \
        for (; i < n; i++) {                                                                                           \
            found = x[i] == best && open;                                                                              \
            out[i] = found ? value : 0;                                                                                \
            open = found ? 0 : open;                                                                                   \
        }                                                                                                              \
        return !open;                                                                                                  \
    }
ACT_ONE_OF(act_one_of_floats, float, ps, 8, __m256, epi32, _mm256_set1_epi32, _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128))
ACT_ONE_OF(act_one_of_reals, double, pd, 4, __m256d, epi64, _mm256_set1_epi64x, _mm256_setr_epi64x(1, 2, 4, 8))
#endif
#else
#define ACT_WIDE 0
#define act_one_of_floats(x, out, n, best, value) 0
#define act_one_of_reals(x, out, n, best, value) 0
#define act_largest_float(lane, lanes) (lane)[0]
#define act_smallest_float(lane, lanes) (lane)[0]
#define act_largest_real(lane, lanes) (lane)[0]
#define act_smallest_real(lane, lanes) (lane)[0]
#define act_top_float(lane, lanes) (lane)[0]
#define act_top_real(lane, lanes) (lane)[0]
#define act_tops(x, rows, n, top) 0
#endif
#endif
