/* float16 to float32 and back with the processor's own conversions, of which GCC vectorises none. Those of n elements
 * return how many they did: all of them, or, where there is no such instruction or the rest is too short for one, fewer.
 * Those of a tile do ACT_TILE elements from `start` on, and there are none where ACT_TILE is 0: a loop that is written
 * around them keeps its tiles in registers, since the compiler sees through the conversions. */
#ifndef ACTIVATIONS_HALVES_H
#define ACTIVATIONS_HALVES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>
#if defined(__GNUC__)
#define ACT_FOUR_TIMES _Pragma("GCC unroll 4")
#else
#define ACT_FOUR_TIMES
#endif
#define ACT_HALVES(n, part, whole)                                                                                    \
    ptrdiff_t i = 0;                                                                                                  \
    ACT_FOUR_TIMES for (; i + 16 <= n; i += 16) whole;                                                                \
    if (i < n) {                                                                                                      \
        __mmask16 left = (__mmask16)((1u << (n - i)) - 1);                                                            \
        part;                                                                                                         \
    }                                                                                                                 \
    return n;

static inline ptrdiff_t act_widen(const uint16_t *from, float *to, ptrdiff_t n)
{
    ACT_HALVES(n, _mm512_mask_storeu_ps(to + i, left, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(left, from + i))),
               _mm512_storeu_ps(to + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from + i)))))
}

static inline ptrdiff_t act_narrow(const float *from, uint16_t *to, ptrdiff_t n)
{
    ACT_HALVES(n, _mm256_mask_storeu_epi16(to + i, left, _mm512_cvtps_ph(_mm512_maskz_loadu_ps(left, from + i), 0)),
               _mm256_storeu_si256((__m256i *)(to + i), _mm512_cvtps_ph(_mm512_loadu_ps(from + i), 0)))
}

#define ACT_TILE 64
#define ACT_WIDEN(from, to) _mm512_storeu_ps(to, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from))))
#define ACT_NARROW(from, to) _mm256_storeu_si256((__m256i *)(to), _mm512_cvtps_ph(_mm512_loadu_ps(from), 0))
#define ACT_AT_ONCE 16
#elif defined(__F16C__)
#include <immintrin.h>
static inline ptrdiff_t act_widen(const uint16_t *from, float *to, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
    return i;
}

static inline ptrdiff_t act_narrow(const float *from, uint16_t *to, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8) _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), 0));
    return i;
}

#define ACT_TILE 64
#define ACT_WIDEN(from, to) _mm256_storeu_ps(to, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from))))
#define ACT_NARROW(from, to) _mm_storeu_si128((__m128i *)(to), _mm256_cvtps_ph(_mm256_loadu_ps(from), 0))
#define ACT_AT_ONCE 8
#else
#define act_widen(from, to, n) 0
#define act_narrow(from, to, n) 0
#define ACT_TILE 0
#define ACT_WIDEN(from, to) (void)(from)
#define ACT_NARROW(from, to) (void)(from)
#define ACT_AT_ONCE 1
#endif

static inline void act_widen_tile(const void *from, ptrdiff_t start, float *to)
{
    for (int i = 0; i < ACT_TILE; i += ACT_AT_ONCE) ACT_WIDEN((const uint16_t *)from + start + i, to + i);
}

static inline void act_narrow_tile(const float *from, void *to, ptrdiff_t start)
{
    for (int i = 0; i < ACT_TILE; i += ACT_AT_ONCE) ACT_NARROW(from + i, (uint16_t *)to + start + i);
}

#endif
