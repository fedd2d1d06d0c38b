/* Gradients to the winners among two or three pieces, with AVX-512's permutations: each gradient as often, and zero where
 * the piece is not the winner. A compiler makes vectors of pieces and interleaves them, in twice the instructions. Each
 * function returns how many rows it did: whole groups of lanes, or none where there are no such instructions. */
#ifndef ACTIVATIONS_SCATTER_H
#define ACTIVATIONS_SCATTER_H

#include <stddef.h>
#include <stdint.h>

#include "machine.h"

#if defined(__AVX512F__)
#include <immintrin.h>
/* A vector of results, the k-th of a group: rowk says whose gradient each element gets, piecek which piece it is. */
#define ACT_PART(real, whole, lanes, pieces, k)                                                                        \
    _mm512_storeu_##real(out + pieces * i + k * lanes,                                                                 \
                         _mm512_maskz_permutexvar_##real(                                                              \
                             _mm512_cmpeq_##whole##_mask(_mm512_permutexvar_##whole(row##k, w), piece##k), row##k, d));
#define ACT_SCATTER(real, whole, lanes, pieces, winners, LAST)                                                         \
    ptrdiff_t i = 0;                                                                                                   \
    for (; i + lanes <= n; i += lanes) {                                                                               \
        __m512i w = winners;                                                                                           \
        act_ask_for(out + pieces * i, pieces * 64);                                                                    \
        ACT_VECTOR_##real d = _mm512_loadu_##real(dy + i);                                                             \
        ACT_PART(real, whole, lanes, pieces, 0)                                                                        \
        ACT_PART(real, whole, lanes, pieces, 1)                                                                        \
        LAST                                                                                                           \
    }                                                                                                                  \
    return i;
#define ACT_FLOATS_WON _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(which + i)))
#define ACT_DOUBLES_WON _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(which + i)))
#define ACT_VECTOR_ps __m512
#define ACT_VECTOR_pd __m512d

static inline ptrdiff_t act_scatter_2f(const float *dy, const uint8_t *which, float *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const __m512i row1 = _mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
    const __m512i piece0 = _mm512_set1_epi64(1LL << 32), piece1 = piece0;
    ACT_SCATTER(ps, epi32, 16, 2, ACT_FLOATS_WON, )
}

static inline ptrdiff_t act_scatter_2d(const double *dy, const uint8_t *which, double *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3), row1 = _mm512_setr_epi64(4, 4, 5, 5, 6, 6, 7, 7);
    const __m512i piece0 = _mm512_setr_epi64(0, 1, 0, 1, 0, 1, 0, 1), piece1 = piece0;
    ACT_SCATTER(pd, epi64, 8, 2, ACT_DOUBLES_WON, )
}

static inline ptrdiff_t act_scatter_3f(const float *dy, const uint8_t *which, float *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi32(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
    const __m512i row1 = _mm512_setr_epi32(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
    const __m512i row2 = _mm512_setr_epi32(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
    const __m512i piece0 = _mm512_setr_epi32(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
    const __m512i piece1 = _mm512_setr_epi32(1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1);
    const __m512i piece2 = _mm512_setr_epi32(2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    ACT_SCATTER(ps, epi32, 16, 3, ACT_FLOATS_WON, ACT_PART(ps, epi32, 16, 3, 2))
}

static inline ptrdiff_t act_scatter_3d(const double *dy, const uint8_t *which, double *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi64(0, 0, 0, 1, 1, 1, 2, 2), row1 = _mm512_setr_epi64(2, 3, 3, 3, 4, 4, 4, 5);
    const __m512i row2 = _mm512_setr_epi64(5, 5, 6, 6, 6, 7, 7, 7), piece0 = _mm512_setr_epi64(0, 1, 2, 0, 1, 2, 0, 1);
    const __m512i piece1 = _mm512_setr_epi64(2, 0, 1, 2, 0, 1, 2, 0), piece2 = _mm512_setr_epi64(1, 2, 0, 1, 2, 0, 1, 2);
    ACT_SCATTER(pd, epi64, 8, 3, ACT_DOUBLES_WON, ACT_PART(pd, epi64, 8, 3, 2))
}
#else
#define ACT_NO_SCATTER(NAME, real)                                                                                     \
    static inline ptrdiff_t NAME(const real *dy, const uint8_t *which, real *out, ptrdiff_t n)                         \
    {                                                                                                                  \
        (void)dy, (void)which, (void)out, (void)n;                                                                     \
        return 0;                                                                                                      \
    }
ACT_NO_SCATTER(act_scatter_2f, float)
ACT_NO_SCATTER(act_scatter_2d, double)
ACT_NO_SCATTER(act_scatter_3f, float)
ACT_NO_SCATTER(act_scatter_3d, double)
#endif
#endif
