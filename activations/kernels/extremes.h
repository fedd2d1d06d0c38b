/* The extreme of a row's lanes: whole vectors by halves, where a loop would store lanes and wait for them. */
#ifndef ACTIVATIONS_EXTREMES_H
#define ACTIVATIONS_EXTREMES_H

/* Only where vectors are so long: of others the compiler makes scalars. */
#if defined(__AVX512F__) && defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 12)
#define ACT_WIDE 1
typedef float act_floats16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int act_whole16 __attribute__((vector_size(64)));
typedef double act_reals8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long act_whole8 __attribute__((vector_size(64)));

/* The one that is LARGER, or NaN: a NaN of a is chosen, one of b compares false. */
#define ACT_CHOOSE(NAME, VECTOR, WHOLE, LARGER)                                            \
    static inline VECTOR NAME(VECTOR a, VECTOR b)                                          \
    {                                                                                      \
        WHOLE first = (WHOLE)(a LARGER b) | (WHOLE)(a != a);                               \
        return (VECTOR)((first & (WHOLE)a) | (~first & (WHOLE)b));                         \
    }
ACT_CHOOSE(act_larger_floats, act_floats16, act_whole16, >)
ACT_CHOOSE(act_smaller_floats, act_floats16, act_whole16, <)
ACT_CHOOSE(act_larger_reals, act_reals8, act_whole8, >)
ACT_CHOOSE(act_smaller_reals, act_reals8, act_whole8, <)

/* The larger of two numbers. */
static inline act_floats16 act_top_floats(act_floats16 a, act_floats16 b)
{
    act_whole16 first = a > b;
    return (act_floats16)((first & (act_whole16)a) | (~first & (act_whole16)b));
}
static inline act_reals8 act_top_reals(act_reals8 a, act_reals8 b)
{
    act_whole8 first = a > b;
    return (act_reals8)((first & (act_whole8)a) | (~first & (act_whole8)b));
}

/* Of 64 lanes, or of the first 16. */
#define ACT_OF_FLOATS(NAME, CHOOSE)                                                                                    \
    static inline float NAME(const float *lane, int lanes)                                                             \
    {                                                                                                                  \
        const act_floats16 *at = (const act_floats16 *)lane;                                                           \
        act_floats16 a = lanes == 64 ? CHOOSE(CHOOSE(at[0], at[1]), CHOOSE(at[2], at[3])) : at[0];                     \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));      \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7));                  \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3));                  \
        a = CHOOSE(a, __builtin_shufflevector(a, a, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));                  \
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
        a = CHOOSE(a, __builtin_shufflevector(a, a, 1, 1, 1, 1, 1, 1, 1, 1));                                          \
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
