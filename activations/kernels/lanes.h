/* What rows that are worked on in lanes need beside Cython. */
#ifndef ACTIVATIONS_LANES_H
#define ACTIVATIONS_LANES_H

#if defined(__GNUC__)
#define ACT_FETCH(memory) __builtin_prefetch(memory)
#else
#define ACT_FETCH(memory) (void)(memory)
#endif

/* Ask for so many bytes, which may lie past the end of an array. */
static inline void act_fetch(const void *memory, int bytes)
{
    for (int k = 0; k < bytes; k += 64) ACT_FETCH((const char *)memory + k);
}

/* The same from afar, where many lines are asked for at once: into the second-level cache. */
static inline void act_fetch_early(const void *memory, size_t bytes)
{
#if defined(__GNUC__)
    for (size_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)memory + k, 0, 2);
#else
    (void)memory, (void)bytes;
#endif
}

/* 16, which the compiler is kept from knowing: it would take a loop of known and short length apart before it could make
 * a vector of it. */
static inline int act_sixteen(void)
{
    int n = 16;
#if defined(__GNUC__)
    __asm__("" : "+r"(n));
#endif
    return n;
}

/* Sixteen lanes together, by halves, whole vectors all the way: the compiler takes apart what a loop has left in vectors,
 * and adds one by one, at the end of each row. */
#if defined(__AVX__) && defined(__GNUC__)
#include <immintrin.h>
#if defined(__AVX512F__)
static inline __m256d act_quarter(const double *lane)
{
    __m512d a = _mm512_loadu_pd(lane) + _mm512_loadu_pd(lane + 8);
    return _mm512_castpd512_pd256(a) + _mm512_extractf64x4_pd(a, 1);
}
#else
static inline __m256d act_quarter(const double *lane)
{
    return (_mm256_loadu_pd(lane) + _mm256_loadu_pd(lane + 8)) + (_mm256_loadu_pd(lane + 4) + _mm256_loadu_pd(lane + 12));
}
#endif

static inline double act_four_together(__m256d a)
{
    __m128d b = _mm256_castpd256_pd128(a) + _mm256_extractf128_pd(a, 1);
    return b[0] + b[1];
}

static inline double act_together(const double *lane) { return act_four_together(act_quarter(lane)); }

/* Two lanes of a row beside two of another. */
static inline __m256d act_two_lanes(const double *lane, const double *other)
{
    __m256d a = act_quarter(lane), b = act_quarter(other);
    return _mm256_permute2f128_pd(a, b, 0x20) + _mm256_permute2f128_pd(a, b, 0x31);
}
#else
static inline double act_together(const double *lane)
{
    double half[8];
    for (int j = 0; j < 8; j++) half[j] = lane[j] + lane[j + 8];
    return ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
}
#endif

/* act_together of each row of lanes. Four rows at once take half of the shuffles, and wait for none. */
static inline void act_together_rows(const double *lanes, Py_ssize_t rows, double *total)
{
    Py_ssize_t i = 0;
#if defined(__AVX__) && defined(__GNUC__)
    for (; i + 4 <= rows; i += 4, lanes += 64) {
        __m256d even = act_two_lanes(lanes, lanes + 32), odd = act_two_lanes(lanes + 16, lanes + 48);
        _mm256_storeu_pd(total + i, _mm256_unpacklo_pd(even, odd) + _mm256_unpackhi_pd(even, odd));
    }
#endif
    for (; i < rows; i++, lanes += 16) total[i] = act_together(lanes);
}

/* Fewer than sixteen elements, filled up. */
#if defined(__AVX512F__) && defined(__GNUC__)
static inline void act_first_floats(float *to, const float *x, Py_ssize_t n, float filling)
{
    _mm512_storeu_ps(to, _mm512_mask_loadu_ps(_mm512_set1_ps(filling), (__mmask16)((1u << n) - 1), x));
}

static inline void act_first_doubles(double *to, const double *x, Py_ssize_t n, double filling)
{
    unsigned int mask = (1u << n) - 1;
    _mm512_storeu_pd(to, _mm512_mask_loadu_pd(_mm512_set1_pd(filling), (__mmask8)mask, x));
    _mm512_storeu_pd(to + 8, _mm512_mask_loadu_pd(_mm512_set1_pd(filling), (__mmask8)(mask >> 8), x + 8));
}

/* y dy - y dot of a row of any length, what is left of it by a mask; whether there are such instructions. */
static inline __m512 act_weighted_part(__m512 dy, __m512 y, float dot)
{
    return _mm512_fmsub_ps(y, dy, y * _mm512_set1_ps(dot));
}

static inline int act_weighted(const float *dy, const float *y, float *out, Py_ssize_t n, float dot)
{
    Py_ssize_t i = 0;
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(out + i, act_weighted_part(_mm512_loadu_ps(dy + i), _mm512_loadu_ps(y + i), dot));
    if (i < n) {
        __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);
        _mm512_mask_storeu_ps(out + i, rest, act_weighted_part(_mm512_maskz_loadu_ps(rest, dy + i),
                                                               _mm512_maskz_loadu_ps(rest, y + i), dot));
    }
    return 1;
}
#else
#define act_weighted(dy, y, out, n, dot) 0
#define ACT_FIRST(NAME, REAL)                                                                                          \
    static inline void NAME(REAL *to, const REAL *x, Py_ssize_t n, REAL filling)                                       \
    {                                                                                                                  \
        for (Py_ssize_t j = 0; j < 16; j++) to[j] = filling;                                                           \
        for (Py_ssize_t j = 0; j < n; j++) to[j] = x[j];                                                               \
    }
ACT_FIRST(act_first_floats, float)
ACT_FIRST(act_first_doubles, double)
#endif
#endif
