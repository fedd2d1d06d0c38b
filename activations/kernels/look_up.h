/* Polynomials whose coefficients depend on where an element lies, looked up by AVX-512's permutations of thirty-two floats.
 * Elsewhere ACT_TABLES is 0 and no loop uses them: one element at a time takes longer than what tables spare. */
#ifndef ACTIVATIONS_LOOK_UP_H
#define ACTIVATIONS_LOOK_UP_H

#include <stddef.h>

#if defined(__AVX512F__) && defined(__GNUC__)
#include <immintrin.h>
#define ACT_TABLES 1
#define ACT_VECTORS _Pragma("GCC unroll 4") for (int j = 0; j < vectors; j++)

#define ACT_PICK(row, j) \
    _mm512_permutex2var_ps(_mm512_loadu_ps(table + 32 * (row)), _mm512_castps_si512(_mm512_loadu_ps(place + 16 * (j))), \
                           _mm512_loadu_ps(table + 32 * (row) + 16))

/* The rows of a table are the middles of the intervals, the coefficients of a polynomial in the distance from there, the
 * highest power's first, and the values in the middle. Of n elements, 16 or 64, whose interval is in the lowest bits of
 * `place`, `head` is the last of these, and the rest of the value `steep` times `distance`. They stay in registers where this is
 * compiled into a loop. */
__attribute__((always_inline))
static inline void act_look_up(const float *table, int degree, const float *place, const float *held, float *head,
                               float *steep, float *distance, int n)
{
    int vectors = n / 16;
    __m512 d[4], sum[4];
    ACT_VECTORS d[j] = _mm512_sub_ps(_mm512_loadu_ps(held + 16 * j), ACT_PICK(0, j));
    ACT_VECTORS sum[j] = ACT_PICK(1, j);
#pragma GCC unroll 8
    for (int k = 2; k <= degree; k++) ACT_VECTORS sum[j] = _mm512_fmadd_ps(sum[j], d[j], ACT_PICK(k, j));
    ACT_VECTORS {
        _mm512_storeu_ps(steep + 16 * j, sum[j]);
        _mm512_storeu_ps(distance + 16 * j, d[j]);
        _mm512_storeu_ps(head + 16 * j, ACT_PICK(degree + 1, j));
    }
}
#else
#include <string.h>
#define ACT_TABLES 0
static inline void act_look_up(const float *table, int degree, const float *place, const float *held, float *head,
                               float *steep, float *distance, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned bits;
        memcpy(&bits, place + i, 4);
        const float *row = table + (bits & 31);
        distance[i] = held[i] - *row;
        steep[i] = *(row += 32);
        for (int k = 2; k <= degree; k++) steep[i] = steep[i] * distance[i] + *(row += 32);
        head[i] = *(row += 32);
    }
}
#endif
#endif
