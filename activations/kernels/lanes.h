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
/* Sixteen lanes together, by halves, whole vectors all the way: the compiler takes apart what a loop has left in vectors,
 * and adds one by one, at the end of each row. */
typedef double act_doubles8 __attribute__((vector_size(64), aligned(8), may_alias));

static inline double act_together(const double *lane)
{
    act_doubles8 a = *(const act_doubles8 *)lane + *(const act_doubles8 *)(lane + 8);
    a += __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7);
    a += __builtin_shufflevector(a, a, 2, 3, 2, 3, 2, 3, 2, 3);
    return a[0] + a[1];
}
#else
static inline double act_together(const double *lane)
{
    double half[8];
    for (int j = 0; j < 8; j++) half[j] = lane[j] + lane[j + 8];
    return ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
}
#endif
#endif
