/* Transposes a table of 2-, 4- or 8-byte elements: rows of one side are contiguous, and so are rows of the other.
 *
 * By squares of 8 or 4 elements a side that stay in registers: an element at a time costs five times as much, and more
 * where the rows are a power of two apart and their lines fight for one place in the cache. Squares are taken two
 * cache lines' worth of columns at a time, so that every line is read once. What is left of rows and columns goes with some
 * of its neighbours, once more. */
#ifndef ACTIVATIONS_TRANSPOSE_H
#define ACTIVATIONS_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
#define ACT_SQUARES 1

/* Anywhere in memory, as what they are: of memcpy the compiler makes two halves, for which the whole then has to wait. */
typedef uint16_t act_v2 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t act_v4 __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint64_t act_v8 __attribute__((vector_size(32), aligned(1), may_alias));

#define ACT_LOAD(v, k) v[k] = *(const __typeof__(v[k]) *)(from + (k) * from_step)
#define ACT_STORE(v, k) *(__typeof__(v[k]) *)(to + (k) * to_step) = v[k]

/* Three rounds of interleaving rows 4 apart. */
static inline void act_square_2(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step)
{
    act_v2 a[8], b[8];
    for (int k = 0; k < 8; k++) ACT_LOAD(a, k);
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < 4; k++) {
            b[2 * k] = __builtin_shufflevector(a[k], a[k + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            b[2 * k + 1] = __builtin_shufflevector(a[k], a[k + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        for (int k = 0; k < 8; k++) a[k] = b[k];
    }
    for (int k = 0; k < 8; k++) ACT_STORE(a, k);
}

/* Pairs of elements, of pairs, of halves: what a 256-bit register does in one instruction each. */
static inline void act_square_4(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step)
{
    act_v4 a[8], b[8];
    for (int k = 0; k < 8; k++) ACT_LOAD(a, k);
    for (int k = 0; k < 8; k += 2) {
        b[k] = __builtin_shufflevector(a[k], a[k + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        b[k + 1] = __builtin_shufflevector(a[k], a[k + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int k = 0; k < 8; k += 4)
        for (int j = 0; j < 2; j++) {
            a[k + 2 * j] = __builtin_shufflevector(b[k + j], b[k + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            a[k + 2 * j + 1] = __builtin_shufflevector(b[k + j], b[k + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int k = 0; k < 4; k++) {
        b[k] = __builtin_shufflevector(a[k], a[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        b[k + 4] = __builtin_shufflevector(a[k], a[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int k = 0; k < 8; k++) ACT_STORE(b, k);
}

static inline void act_square_8(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step)
{
    act_v8 a[4], b[4];
    for (int k = 0; k < 4; k++) ACT_LOAD(a, k);
    for (int k = 0; k < 4; k += 2) {
        b[k] = __builtin_shufflevector(a[k], a[k + 1], 0, 4, 2, 6);
        b[k + 1] = __builtin_shufflevector(a[k], a[k + 1], 1, 5, 3, 7);
    }
    for (int k = 0; k < 2; k++) {
        a[k] = __builtin_shufflevector(b[k], b[k + 2], 0, 1, 4, 5);
        a[k + 2] = __builtin_shufflevector(b[k], b[k + 2], 2, 3, 6, 7);
    }
    for (int k = 0; k < 4; k++) ACT_STORE(a, k);
}
#else
#define ACT_SQUARES 0
#endif

static inline void act_transpose_rest(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step,
                                      ptrdiff_t rows, ptrdiff_t columns, int itemsize)
{
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t c = 0; c < columns; c++)
            memcpy(to + c * to_step + r * itemsize, from + r * from_step + c * itemsize, itemsize);
}

#if ACT_SQUARES
#define ACT_TRANSPOSE(itemsize, side)                                                                                \
    static void act_transpose_##itemsize(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step,         \
                                         ptrdiff_t rows, ptrdiff_t columns)                                          \
    {                                                                                                                \
        enum { BAND = 64 / itemsize };                                                                               \
        if (rows < side || columns < side) {                                                                         \
            act_transpose_rest(to, to_step, from, from_step, rows, columns, itemsize);                               \
            return;                                                                                                  \
        }                                                                                                            \
        for (ptrdiff_t band = 0; band < columns; band += BAND) {                                                     \
            ptrdiff_t end = band + BAND < columns ? band + BAND : columns;                                           \
            for (ptrdiff_t row = 0; row < rows; row += side) {                                                       \
                ptrdiff_t r = row < rows - side ? row : rows - side;                                                 \
                for (ptrdiff_t column = band; column < end; column += side) {                                        \
                    ptrdiff_t c = column < columns - side ? column : columns - side;                                 \
                    act_square_##itemsize(to + c * to_step + r * itemsize, to_step,                                  \
                                          from + r * from_step + c * itemsize, from_step);                           \
                }                                                                                                    \
            }                                                                                                        \
        }                                                                                                            \
    }
ACT_TRANSPOSE(2, 8)
ACT_TRANSPOSE(4, 8)
ACT_TRANSPOSE(8, 4)
#endif

/* `from` holds `rows` rows of `columns` elements, from_step bytes apart; `to` gets `columns` rows of `rows`. */
static inline void act_transpose(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, ptrdiff_t rows,
                                 ptrdiff_t columns, int itemsize)
{
#if ACT_SQUARES
    if (itemsize == 4) act_transpose_4(to, to_step, from, from_step, rows, columns);
    else if (itemsize == 8) act_transpose_8(to, to_step, from, from_step, rows, columns);
    else if (itemsize == 2) act_transpose_2(to, to_step, from, from_step, rows, columns);
    else
#endif
        act_transpose_rest(to, to_step, from, from_step, rows, columns, itemsize);
}

#endif
