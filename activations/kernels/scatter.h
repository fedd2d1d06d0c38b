/* Gradients to the winners among three pieces, with AVX-512's permutations: each gradient three times, and zero where the
 * piece is not the winner. A compiler makes three vectors of pieces and interleaves them, in twice the instructions. Each
 * function returns how many rows it did: whole groups of lanes, or none where there are no such instructions. */
#ifndef ACTIVATIONS_SCATTER_H
#define ACTIVATIONS_SCATTER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>
static inline ptrdiff_t act_scatter_3f(const float *dy, const uint8_t *which, float *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi32(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
    const __m512i row1 = _mm512_setr_epi32(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
    const __m512i row2 = _mm512_setr_epi32(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
    const __m512i piece0 = _mm512_setr_epi32(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
    const __m512i piece1 = _mm512_setr_epi32(1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1);
    const __m512i piece2 = _mm512_setr_epi32(2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512 d = _mm512_loadu_ps(dy + i);
        __m512i w = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(which + i)));
        __mmask16 won0 = _mm512_cmpeq_epi32_mask(_mm512_permutexvar_epi32(row0, w), piece0);
        __mmask16 won1 = _mm512_cmpeq_epi32_mask(_mm512_permutexvar_epi32(row1, w), piece1);
        __mmask16 won2 = _mm512_cmpeq_epi32_mask(_mm512_permutexvar_epi32(row2, w), piece2);
        _mm512_storeu_ps(out + 3 * i, _mm512_maskz_permutexvar_ps(won0, row0, d));
        _mm512_storeu_ps(out + 3 * i + 16, _mm512_maskz_permutexvar_ps(won1, row1, d));
        _mm512_storeu_ps(out + 3 * i + 32, _mm512_maskz_permutexvar_ps(won2, row2, d));
    }
    return i;
}

static inline ptrdiff_t act_scatter_3d(const double *dy, const uint8_t *which, double *out, ptrdiff_t n)
{
    const __m512i row0 = _mm512_setr_epi64(0, 0, 0, 1, 1, 1, 2, 2), row1 = _mm512_setr_epi64(2, 3, 3, 3, 4, 4, 4, 5);
    const __m512i row2 = _mm512_setr_epi64(5, 5, 6, 6, 6, 7, 7, 7), piece0 = _mm512_setr_epi64(0, 1, 2, 0, 1, 2, 0, 1);
    const __m512i piece1 = _mm512_setr_epi64(2, 0, 1, 2, 0, 1, 2, 0), piece2 = _mm512_setr_epi64(1, 2, 0, 1, 2, 0, 1, 2);
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512d d = _mm512_loadu_pd(dy + i);
        __m512i w = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(which + i)));
        __mmask8 won0 = _mm512_cmpeq_epi64_mask(_mm512_permutexvar_epi64(row0, w), piece0);
        __mmask8 won1 = _mm512_cmpeq_epi64_mask(_mm512_permutexvar_epi64(row1, w), piece1);
        __mmask8 won2 = _mm512_cmpeq_epi64_mask(_mm512_permutexvar_epi64(row2, w), piece2);
        _mm512_storeu_pd(out + 3 * i, _mm512_maskz_permutexvar_pd(won0, row0, d));
        _mm512_storeu_pd(out + 3 * i + 8, _mm512_maskz_permutexvar_pd(won1, row1, d));
        _mm512_storeu_pd(out + 3 * i + 16, _mm512_maskz_permutexvar_pd(won2, row2, d));
    }
    return i;
}
#else
static inline ptrdiff_t act_scatter_3f(const float *dy, const uint8_t *which, float *out, ptrdiff_t n)
{
    (void)dy, (void)which, (void)out, (void)n;
    return 0;
}

static inline ptrdiff_t act_scatter_3d(const double *dy, const uint8_t *which, double *out, ptrdiff_t n)
{
    (void)dy, (void)which, (void)out, (void)n;
    return 0;
}
#endif
#endif
