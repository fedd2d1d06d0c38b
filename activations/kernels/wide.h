/* Sums of floats in double, right where they are read: a load that widens is one instruction, but the compiler loads
 * whole vectors of floats and takes them apart again, which takes twice as long as the additions.
 *
 * Lanes are doubles that sums run in side by side. The operations are those of the plain loops, to the last bit: products
 * of floats are exact in double, so it does not matter where they are fused with the sum. */
#ifndef ACTIVATIONS_WIDE_H
#define ACTIVATIONS_WIDE_H

#include <stdint.h>

#include "lanes.h"
#include "machine.h"

#if defined(__AVX__) && defined(__GNUC__)
#include <immintrin.h>
#if defined(__AVX512F__)
#define ACT_DOUBLES 8
typedef __m512d act_doubles;
#define act_doubles_at(p) _mm512_loadu_pd(p)
#define act_doubles_to(p, v) _mm512_storeu_pd(p, v)
#define act_floats_at(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define act_floats_masked(p, mask) _mm512_cvtps_pd(_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(mask))))
#define act_floats_kept(p, kept) _mm512_cvtps_pd(_mm256_and_ps(_mm256_loadu_ps(p), _mm256_loadu_ps((const float *)(kept))))
#define act_doubles_kept(v, mask) _mm512_castsi512_pd(_mm512_and_si512(_mm512_castpd_si512(v), \
                                      _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(mask)))))
#define act_pair_at(p, q) _mm512_cvtps_pd(_mm256_loadu_ps(p) + _mm256_loadu_ps(q))
#define act_floats_to(p, v) _mm256_storeu_ps(p, _mm512_cvtpd_ps(v))
#define act_doubles_of(v) _mm512_set1_pd(v)
#define act_add_product(a, b, c) _mm512_fmadd_pd(a, b, c)
#else
#define ACT_DOUBLES 4
typedef __m256d act_doubles;
#define act_doubles_at(p) _mm256_loadu_pd(p)
#define act_doubles_to(p, v) _mm256_storeu_pd(p, v)
#define act_floats_at(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#define act_floats_masked(p, mask) _mm256_cvtps_pd(_mm_maskload_ps(p, _mm_loadu_si128((const __m128i *)(mask))))
#define act_floats_kept(p, kept) _mm256_cvtps_pd(_mm_and_ps(_mm_loadu_ps(p), _mm_loadu_ps((const float *)(kept))))
#define act_doubles_kept(v, mask) _mm256_and_pd(v, _mm256_castsi256_pd(_mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(mask)))))
#define act_pair_at(p, q) _mm256_cvtps_pd(_mm_loadu_ps(p) + _mm_loadu_ps(q))
#define act_floats_to(p, v) _mm_storeu_ps(p, _mm256_cvtpd_ps(v))
#define act_doubles_of(v) _mm256_set1_pd(v)
#if defined(__FMA__)
#define act_add_product(a, b, c) _mm256_fmadd_pd(a, b, c)
#else
#define act_add_product(a, b, c) ((a) * (b) + (c))
#endif
#endif
#else
#define ACT_DOUBLES 1
typedef double act_doubles;
#define act_doubles_at(p) (*(p))
#define act_doubles_to(p, v) (*(p) = (v))
#define act_floats_at(p) ((double)*(p))
#define act_floats_masked(p, mask) (*(mask) ? (double)*(p) : 0.0)
#define act_floats_kept(p, kept) (*(kept) ? (double)*(p) : 0.0)
#define act_doubles_kept(v, mask) (*(mask) ? (v) : 0.0)
#define act_pair_at(p, q) ((double)(*(p) + *(q)))
#define act_floats_to(p, v) (*(p) = (float)(v))
#define act_doubles_of(v) (v)
#define act_add_product(a, b, c) ((a) * (b) + (c))
#endif

#if defined(__GNUC__)
#define ACT_UNROLL _Pragma("GCC unroll 16")
#else
#define ACT_UNROLL
#endif

#if defined(__AVX__) && defined(__GNUC__)
#define ACT_LANES(FIRST, LAST, WIDTH) _Pragma("GCC unroll 8") for (int j = FIRST; j < (LAST); j += WIDTH)
#else
#define ACT_LANES(FIRST, LAST, WIDTH) for (int j = FIRST; j < (LAST); j += WIDTH)
#endif
#define ACT_ALL(LANES) ACT_LANES(0, LANES, ACT_DOUBLES)

/* All bits of sixteen floats between none of as many. */
static const int32_t act_kept[48] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static inline act_doubles act_add_square(act_doubles value, act_doubles sum)
{
    return act_add_product(value, value, sum);
}

/* From a centre in two parts. */
static inline act_doubles act_distance(act_doubles value, double centre, double rest)
{
    return (value - act_doubles_of(centre)) - act_doubles_of(rest);
}

#define ACT_VALUE(at, sum) ((sum) + act_floats_at(x + (at)))
#define ACT_SQUARE(at, sum) act_add_square(act_floats_at(x + (at)), sum)
#define ACT_PRODUCT(at, sum) act_add_product(act_floats_at(x + (at)), act_floats_at(y + (at)), sum)

/* Add so many groups of thirty-two elements to as many lanes, which stay in registers. */
static inline void act_add_floats(double *lane, Py_ssize_t groups, const float *x)
{
    act_doubles sum[32 / ACT_DOUBLES];
    ACT_ALL(32) sum[j / ACT_DOUBLES] = act_doubles_at(lane + j);
    for (; groups > 0; groups--, x += 32) ACT_ALL(32) sum[j / ACT_DOUBLES] = ACT_VALUE(j, sum[j / ACT_DOUBLES]);
    ACT_ALL(32) act_doubles_to(lane + j, sum[j / ACT_DOUBLES]);
}

#if ACT_DOUBLES > 1
/* Thirty-two lanes together, by halves. */
static inline double act_eight_together(const __m256d *sum)
{
    return act_four_together(((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])));
}
#endif

static inline double act_all_together(act_doubles *sum)
{
#if ACT_DOUBLES == 8
    __m512d all = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    return act_four_together(_mm512_castpd512_pd256(all) + _mm512_extractf64x4_pd(all, 1));
#elif ACT_DOUBLES == 4
    return act_eight_together(sum);
#else
    for (int j = 0; j < 16; j++) sum[j] += sum[16 + j];
    return act_together(sum);
#endif
}

/* A row of n elements through thirty-two lanes, vectors of WIDTH doubles at a time, lane j by WHOLE; what whole groups leave
 * by MASKED, which takes no more than there is. STEP goes on to the next group. */
#define ACT_THROUGH_LANES(WIDTH, STEP, WHOLE, MASKED)                                                                  \
    for (; n >= 32; n -= 32, STEP) ACT_LANES(0, 32, WIDTH) WHOLE;                                                      \
    if (n >= 16) {                                                                                                     \
        ACT_LANES(0, 16, WIDTH) WHOLE;                                                                                 \
        if (n > 16) ACT_LANES(16, 32, WIDTH) MASKED;                                                                   \
    } else if (n > 0)                                                                                                  \
        ACT_LANES(0, 16, WIDTH) MASKED;
#define ACT_REST (act_kept + 32 - n + j)

/* The sum of a row's terms, in registers to the end. */
#define ACT_SUM_ROW(NAME, TERM, MASKED, STEP, ...)                                                                     \
    static inline double NAME(Py_ssize_t n, __VA_ARGS__)                                                               \
    {                                                                                                                  \
        act_doubles sum[32 / ACT_DOUBLES];                                                                             \
        ACT_ALL(32) sum[j / ACT_DOUBLES] = act_doubles_of(0);                                                          \
        ACT_THROUGH_LANES(ACT_DOUBLES, STEP, sum[j / ACT_DOUBLES] = TERM(j, sum[j / ACT_DOUBLES]),                     \
                          sum[j / ACT_DOUBLES] = MASKED(j, ACT_REST, sum[j / ACT_DOUBLES]))                            \
        return act_all_together(sum);                                                                                  \
    }

#define ACT_MASKED_VALUE(at, mask, sum) ((sum) + act_floats_masked(x + (at), mask))
#define ACT_MASKED_SQUARE(at, mask, sum) act_add_square(act_floats_masked(x + (at), mask), sum)
#define ACT_MASKED_PRODUCT(at, mask, sum) \
    act_add_product(act_floats_masked(x + (at), mask), act_floats_masked(y + (at), mask), sum)
#define ACT_DISTANCE(at, sum) act_add_square(act_distance(act_floats_at(x + (at)), centre, rest_of_centre), sum)
#define ACT_MASKED_DISTANCE(at, mask, sum)                                                                             \
    act_add_square(act_doubles_kept(act_distance(act_floats_masked(x + (at), mask), centre, rest_of_centre), mask), sum)
#if ACT_DOUBLES == 8
/* A processor converts and adds three vectors of 256 bits at a time, but two of 512. */
static inline __m256d act_four_floats(const float *x, const int32_t *mask)
{
    return _mm256_cvtps_pd(_mm_maskload_ps(x, _mm_loadu_si128((const __m128i *)mask)));
}

static inline double act_sum_floats(Py_ssize_t n, const float *x)
{
    __m256d sum[8];
    ACT_LANES(0, 32, 4) sum[j / 4] = _mm256_setzero_pd();
    ACT_THROUGH_LANES(4, (act_fetch(x + 288, 128), x += 32), sum[j / 4] += _mm256_cvtps_pd(_mm_loadu_ps(x + j)),
                      sum[j / 4] += act_four_floats(x + j, ACT_REST))
    return act_eight_together(sum);
}
#else
ACT_SUM_ROW(act_sum_floats, ACT_VALUE, ACT_MASKED_VALUE, x += 32, const float *x)
#endif
ACT_SUM_ROW(act_sum_squares, ACT_SQUARE, ACT_MASKED_SQUARE, x += 32, const float *x)
ACT_SUM_ROW(act_sum_products, ACT_PRODUCT, ACT_MASKED_PRODUCT, (x += 32, y += 32), const float *x, const float *y)
ACT_SUM_ROW(act_sum_distances, ACT_DISTANCE, ACT_MASKED_DISTANCE, x += 32, const float *x, double centre,
            double rest_of_centre)

/* So many groups of sixteen, and fewer elements than that after them. */
static inline void act_add_sixteen(double *lane, Py_ssize_t groups, Py_ssize_t rest, const float *x)
{
    act_doubles sum[16 / ACT_DOUBLES];
    ACT_ALL(16) sum[j / ACT_DOUBLES] = act_doubles_at(lane + j);
    for (; groups > 0; groups--, x += 16) ACT_ALL(16) sum[j / ACT_DOUBLES] = ACT_VALUE(j, sum[j / ACT_DOUBLES]);
    if (rest) ACT_ALL(16) sum[j / ACT_DOUBLES] += act_floats_masked(x + j, act_kept + 32 - rest + j);
    ACT_ALL(16) act_doubles_to(lane + j, sum[j / ACT_DOUBLES]);
}

/* Four quarters of a row, a multiple of sixteen elements each: sums of two floats each in double. */
static inline void act_add_in_pairs(double *lane, Py_ssize_t quarter, const float *x)
{
    act_doubles sum[16 / ACT_DOUBLES];
    ACT_ALL(16) sum[j / ACT_DOUBLES] = act_doubles_at(lane + j);
    for (const float *end = x + quarter; x < end; x += 16)
        ACT_ALL(16) sum[j / ACT_DOUBLES] += act_pair_at(x + j, x + quarter + j)
                                            + act_pair_at(x + 2 * quarter + j, x + 3 * quarter + j);
    ACT_ALL(16) act_doubles_to(lane + j, sum[j / ACT_DOUBLES]);
}

/* The products of so many groups of sixteen, and of the `rest` elements after them, which go into the last lanes: they are
 * read with some of their neighbours, for which there are zeros. */
static inline void act_add_rest_products(double *lane, Py_ssize_t groups, Py_ssize_t rest, const float *x, const float *y)
{
    act_doubles sum[16 / ACT_DOUBLES];
    ACT_ALL(16) sum[j / ACT_DOUBLES] = act_doubles_at(lane + j);
    for (; groups > 0; groups--, x += 16, y += 16) ACT_ALL(16) sum[j / ACT_DOUBLES] = ACT_PRODUCT(j, sum[j / ACT_DOUBLES]);
    if (rest) {
        const int32_t *kept = act_kept + rest;
        x += rest - 16;
        y += rest - 16;
        ACT_ALL(16)
            sum[j / ACT_DOUBLES] = act_add_product(act_floats_kept(x + j, kept + j), act_floats_kept(y + j, kept + j),
                                                   sum[j / ACT_DOUBLES]);
    }
    ACT_ALL(16) act_doubles_to(lane + j, sum[j / ACT_DOUBLES]);
}

/* The products of fewer than sixteen elements, in the first lanes. */
static inline void act_add_few_products(double *lane, Py_ssize_t n, const float *x, const float *y)
{
    const int32_t *mask = act_kept + 32 - n;
    ACT_ALL(16)
        act_doubles_to(lane + j, act_add_product(act_floats_masked(x + j, mask + j), act_floats_masked(y + j, mask + j),
                                                 act_doubles_at(lane + j)));
}

/* The sums of squared distances of x from a centre, of their products with dy, and of dy. Where it is called it is compiled:
 * a sum that nobody asks for is not added up there, nor a centre of 0 subtracted. */
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
static inline void act_sum_moments(Py_ssize_t n, const float *x, const float *dy, double centre, double *squares,
                                   double *products, double *plain)
{
    act_doubles first[32 / ACT_DOUBLES], second[32 / ACT_DOUBLES], third[32 / ACT_DOUBLES];
    ACT_ALL(32) first[j / ACT_DOUBLES] = second[j / ACT_DOUBLES] = third[j / ACT_DOUBLES] = act_doubles_of(0);
#define ACT_MOMENT(DISTANCE, WEIGHT)                                                                                   \
    {                                                                                                                  \
        act_doubles distance = DISTANCE, weight = WEIGHT;                                                              \
        first[j / ACT_DOUBLES] = act_add_square(distance, first[j / ACT_DOUBLES]);                                     \
        second[j / ACT_DOUBLES] = act_add_product(distance, weight, second[j / ACT_DOUBLES]);                          \
        third[j / ACT_DOUBLES] += weight;                                                                              \
    }
    ACT_THROUGH_LANES(
        ACT_DOUBLES, (x += 32, dy += 32),
        ACT_MOMENT(act_floats_at(x + j) - act_doubles_of(centre), act_floats_at(dy + j)),
        ACT_MOMENT(act_doubles_kept(act_floats_masked(x + j, ACT_REST) - act_doubles_of(centre), ACT_REST),
                   act_floats_masked(dy + j, ACT_REST)))
    *squares = act_all_together(first);
    *products = act_all_together(second);
    *plain = act_all_together(third);
}

/* ((dy - mean) - (x - centre) * slope) * factor, in double, written as floats. */
static inline void act_write_freed(const float *dy, const float *x, float *out, Py_ssize_t n, double mean, double centre,
                                   double slope, double factor)
{
    Py_ssize_t j = 0;
    for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES)
        act_floats_to(out + j, ((act_floats_at(dy + j) - act_doubles_of(mean))
                                - (act_floats_at(x + j) - act_doubles_of(centre)) * act_doubles_of(slope))
                                   * act_doubles_of(factor));
    for (; j < n; j++) out[j] = (float)(((dy[j] - mean) - (x[j] - centre) * slope) * factor);
}

/* Add each element of a line to a lane of its own. */
#define ACT_ADD_LINE(NAME, TERM, REST, ...)                                                                            \
    static inline void NAME(double *lane, Py_ssize_t n, __VA_ARGS__)                                                   \
    {                                                                                                                  \
        Py_ssize_t j = 0;                                                                                              \
        for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES) act_doubles_to(lane + j, TERM(j, act_doubles_at(lane + j)));                     \
        for (; j < n; j++) lane[j] += REST;                                                                            \
    }

ACT_ADD_LINE(act_add_line, ACT_VALUE, x[j], const float *x)
ACT_ADD_LINE(act_add_products_line, ACT_PRODUCT, (double)x[j] * y[j], const float *x, const float *y)

/* Add some lines, `far` elements apart, one after another to the same lanes, which are read and written once. */
#define ACT_ADD_LINES(NAME, TERM, REST)                                                                                \
    static inline void NAME(double *lane, Py_ssize_t n, const float *x, Py_ssize_t far, int lines)                     \
    {                                                                                                                  \
        Py_ssize_t j = 0;                                                                                              \
        for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES) {                                                               \
            act_doubles sum = act_doubles_at(lane + j);                                                                \
            ACT_UNROLL for (int k = 0; k < lines; k++) sum = TERM(k * far + j, sum);                                   \
            act_doubles_to(lane + j, sum);                                                                             \
        }                                                                                                              \
        for (; j < n; j++)                                                                                             \
            for (int k = 0; k < lines; k++) lane[j] += REST;                                                           \
    }

ACT_ADD_LINES(act_add_lines, ACT_VALUE, x[k * far + j])
ACT_ADD_LINES(act_add_squares_lines, ACT_SQUARE, (double)x[k * far + j] * x[k * far + j])

/* Of distances from each row's centre in two parts. */
static inline void act_add_distances_lines(double *lane, Py_ssize_t n, const float *x, Py_ssize_t far, int lines,
                                           const double *centre, const double *rest)
{
    Py_ssize_t j = 0;
    for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES) {
        act_doubles sum = act_doubles_at(lane + j), middle = act_doubles_at(centre + j), less = act_doubles_at(rest + j);
        ACT_UNROLL for (int k = 0; k < lines; k++) {
            act_doubles distance = (act_floats_at(x + k * far + j) - middle) - less;
            sum = act_add_square(distance, sum);
        }
        act_doubles_to(lane + j, sum);
    }
    for (; j < n; j++)
        for (int k = 0; k < lines; k++) {
            double distance = (x[k * far + j] - centre[j]) - rest[j];
            lane[j] += distance * distance;
        }
}

/* The same of doubles, whose sums' errors are kept in lanes of their own. The compiler makes vectors of these loops once the
 * lines are unrolled, which it would not do unasked. */
#define ACT_ADD_KEPT_LINES(NAME, BODY, ...)                                                                            \
    static inline void NAME(double *high, double *low, Py_ssize_t n, const double *x, Py_ssize_t far, int lines,       \
                            __VA_ARGS__)                                                                               \
    {                                                                                                                  \
        ACT_INDEPENDENT for (Py_ssize_t j = 0; j < n; j++) {                                                           \
            double total = high[j], lost = low[j];                                                                     \
            ACT_UNROLL for (int k = 0; k < lines; k++) {                                                               \
                BODY                                                                                                   \
            }                                                                                                          \
            high[j] = total;                                                                                           \
            low[j] = lost;                                                                                             \
        }                                                                                                              \
    }
/* Knuth's two-sum of a term that has an error of its own. */
#define ACT_KEEP(TERM, ERROR)                                                                                          \
    double sum = total + (TERM), back = sum - total;                                                                   \
    lost += ((total - (sum - back)) + ((TERM) - back)) ERROR;                                                          \
    total = sum;

#define ACT_KEPT_VALUE double value = factor * x[k * far + j]; ACT_KEEP(value, )
#define ACT_KEPT_SQUARE                                                                                                \
    double value = x[k * far + j], square = value * value;                                                             \
    ACT_KEEP(square, +act_product_error(value, value, square))
#define ACT_KEPT_DISTANCE                                                                                              \
    double value = x[k * far + j], distance = value - centre[j], turned = distance - value;                            \
    double left = ((value - (distance - turned)) - (centre[j] + turned)) - rest[j], square = distance * distance;      \
    left = (2 * distance + left) * left + act_product_error(distance, distance, square);                               \
    ACT_KEEP(square, +left)
#define ACT_KEPT_PRODUCT(Y)                                                                                            \
    double y = Y, product = dy[k * dy_far + j] * y;                                                                    \
    ACT_KEEP(product, +act_product_error(dy[k * dy_far + j], y, product))
#define ACT_KEPT_UNIT ACT_KEPT_PRODUCT(act_fma(x[k * far + j], by[j], x[k * far + j] * by_low[j]))
#define ACT_KEPT_STANDARD                                                                                              \
    double distance = (x[k * far + j] - centre[j]) - rest[j];                                                          \
    ACT_KEPT_PRODUCT(act_fma(distance, by[j], distance * by_low[j]))
ACT_ADD_KEPT_LINES(act_keep_lines, ACT_KEPT_VALUE, double factor)
ACT_ADD_KEPT_LINES(act_keep_squares_lines, ACT_KEPT_SQUARE, double factor)
ACT_ADD_KEPT_LINES(act_keep_distances_lines, ACT_KEPT_DISTANCE, const double *centre, const double *rest)
ACT_ADD_KEPT_LINES(act_keep_unit_products_lines, ACT_KEPT_UNIT, const double *dy, Py_ssize_t dy_far, const double *by,
                   const double *by_low)
ACT_ADD_KEPT_LINES(act_keep_standard_products_lines, ACT_KEPT_STANDARD, const double *dy, Py_ssize_t dy_far,
                   const double *by, const double *by_low, const double *centre, const double *rest)

/* act_sum_moments of some lines of each operand, the same number of elements apart; what differs from row to row is a line
 * of its own. Without a centre the gradient is not added up either. */
static inline void act_add_moments_lines(double *squares, double *products, double *plain, Py_ssize_t n, const float *x,
                                         Py_ssize_t far, const float *dy, Py_ssize_t dy_far, const double *centre, int lines)
{
    Py_ssize_t j = 0;
    for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES) {
        act_doubles first = act_doubles_at(squares + j), second = act_doubles_at(products + j), third = first, middle = first;
        if (centre) third = act_doubles_at(plain + j), middle = act_doubles_at(centre + j);
        ACT_UNROLL for (int k = 0; k < lines; k++) {
            act_doubles distance = act_floats_at(x + k * far + j), weight = act_floats_at(dy + k * dy_far + j);
            if (centre) distance -= middle, third += weight;
            first = act_add_product(distance, distance, first);
            second = act_add_product(distance, weight, second);
        }
        act_doubles_to(squares + j, first);
        act_doubles_to(products + j, second);
        if (centre) act_doubles_to(plain + j, third);
    }
    for (; j < n; j++)
        for (int k = 0; k < lines; k++) {
            double distance = centre ? x[k * far + j] - centre[j] : x[k * far + j], weight = dy[k * dy_far + j];
            if (centre) plain[j] += weight;
            squares[j] = act_fma(distance, distance, squares[j]);
            products[j] = act_fma(distance, weight, products[j]);
        }
}

/* The sums of rows of at most sixteen elements, whose element k stands at x[k * step + j]: lanes by halves, as if there were
 * sixteen. */
static inline void act_together_short(double *total, int n, const float *x, Py_ssize_t step, Py_ssize_t count)
{
    int j = 0;
    for (; j + ACT_DOUBLES <= n; j += ACT_DOUBLES) {
        act_doubles a[16];
        ACT_UNROLL for (int k = 0; k < 16; k++) a[k] = k < count ? act_floats_at(x + k * step + j) : act_doubles_of(0);
        ACT_UNROLL for (int half = 8; half; half >>= 1)
            ACT_UNROLL for (int k = 0; k < half; k++) a[k] = a[k] + a[k + half];
        act_doubles_to(total + j, a[0]);
    }
#if ACT_DOUBLES > 1
    for (; j < n; j++) {
        double a[16];
        for (int k = 0; k < 16; k++) a[k] = k < count ? x[k * step + j] : 0;
        for (int half = 8; half; half >>= 1)
            for (int k = 0; k < half; k++) a[k] += a[k + half];
        total[j] = a[0];
    }
#endif
}
#endif
