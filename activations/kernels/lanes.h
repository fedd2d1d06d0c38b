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

#if defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 12)
#define ACT_BY_HALVES 1
/* Sixteen lanes together, by halves, whole vectors all the way: the compiler takes apart what a loop has left in vectors,
 * and adds one by one, at the end of each row. */
typedef double act_doubles8 __attribute__((vector_size(64), aligned(8), may_alias));

static inline act_doubles8 act_first_half(const double *lane)
{
    return *(const act_doubles8 *)lane + *(const act_doubles8 *)(lane + 8);
}

static inline double act_together(const double *lane)
{
    act_doubles8 a = act_first_half(lane);
    a += __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7);
    a += __builtin_shufflevector(a, a, 2, 3, 2, 3, 2, 3, 2, 3);
    return a[0] + a[1];
}

/* The halves of two rows, next to each other: 4, 2 and 1 lanes each. */
static inline act_doubles8 act_both_4(act_doubles8 a, act_doubles8 b)
{
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}

static inline act_doubles8 act_both_2(act_doubles8 a, act_doubles8 b)
{
    return __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) + __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
}

static inline act_doubles8 act_both_1(act_doubles8 a, act_doubles8 b)
{
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
}
#else
#define ACT_BY_HALVES 0
static inline double act_together(const double *lane)
{
    double half[8];
    for (int j = 0; j < 8; j++) half[j] = lane[j] + lane[j + 8];
    return ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
}
#endif

/* act_together of each row of lanes. Eight rows at once take a quarter of the shuffles, and wait for none. */
static inline void act_together_rows(const double *lanes, Py_ssize_t rows, double *total)
{
    Py_ssize_t i = 0;
#if ACT_BY_HALVES
    for (; i + 8 <= rows; i += 8) {
        act_doubles8 a[8];
        for (int k = 0; k < 8; k++) a[k] = act_first_half(lanes + 16 * (i + k));
        *(act_doubles8 *)(total + i) = act_both_1(act_both_2(act_both_4(a[0], a[2]), act_both_4(a[4], a[6])),
                                                  act_both_2(act_both_4(a[1], a[3]), act_both_4(a[5], a[7])));
    }
#endif
    for (; i < rows; i++) total[i] = act_together(lanes + 16 * i);
}
#endif
