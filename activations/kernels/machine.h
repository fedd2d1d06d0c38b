/* What Cython cannot say: bit patterns, fused multiply-add, borrowed memoryviews, non-temporal stores, the
 * floating-point status word, and the CPU's features. It knows no activation. */
#ifndef ACTIVATIONS_MACHINE_H
#define ACTIVATIONS_MACHINE_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#if !defined(_WIN32)
#include <unistd.h>
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define ACT_X86 1
/* All of immintrin.h takes the compiler a third of a second in each of some sixty modules. */
#if defined(__AVX512F__) || !defined(__GNUC__)
#include <immintrin.h>
#else
#include <emmintrin.h>
#endif
#else
#define ACT_X86 0
#include <fenv.h>
#endif

/* The version of the interface that a plugin's kernels are compiled against: what activations/plugin.pxd offers, and what
 * a module of loops exports (activations/build.py). A plugin of another version is refused. tests/test_plugin_interface.py
 * holds the interface to what was recorded of this version. */
#ifndef ACT_INTERFACE
#define ACT_INTERFACE 2
#endif

/* A memoryview over memory that somebody else owns: no Python object behind it, so it can be made and dropped
 * without the GIL and at no cost. */
#define ACT_VIEW(pointer, count, itemsize) \
    ((__Pyx_memviewslice){(struct __pyx_memoryview_obj *)Py_None, (char *)(pointer), {(count)}, {(itemsize)}, {-1}})

static inline float act_float32(int32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
static inline int32_t act_bits32(float x) { int32_t bits; memcpy(&bits, &x, 4); return bits; }
static inline double act_float64(int64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
static inline int64_t act_bits64(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }

/* Before a loop: no iteration reads what another writes. Without it the compiler makes a second loop, one element at a
 * time, for arrays that overlap. */
#if defined(__clang__)
#define ACT_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define ACT_INDEPENDENT _Pragma("GCC ivdep")
#elif defined(_MSC_VER)
#define ACT_INDEPENDENT __pragma(loop(ivdep))
#else
#define ACT_INDEPENDENT
#endif

/* Whether a or b is NaN, in one comparison that raises nothing. */
#if defined(__GNUC__) || defined(__clang__)
#define act_unordered(a, b) __builtin_isunordered(a, b)
#else
#define act_unordered(a, b) ((a) != (a) || (b) != (b))
#endif

/* Bounds for clamps. GCC turns `x < bound ? bound : x` into one max instruction only where it does not know the bound:
 * with a constant it makes a branch of it, computes the clamped lanes' results apart and blends them in, twice the work.
 * So the symbol is declared here under one name and defined under another, and the value is loaded before the loop. */
#if defined(__GNUC__) || defined(__clang__)
#define ACT_BOUND(type, name, value)                         \
    extern const type name __asm__("act_bound_" #name);      \
    __attribute__((visibility("hidden"), used)) const type name##_value __asm__("act_bound_" #name) = (value);
#else
#define ACT_BOUND(type, name, value) static const type name = (value);
#endif
#define ACT_BOUNDS(name, single, twice) ACT_BOUND(float, act_##name##_f, single) ACT_BOUND(double, act_##name##_d, twice)

ACT_BOUNDS(zero, 0.0f, 0.0)
/* e^x has long become 0, and with SCALE (elementary.pxd) its power of two is just what is spelt as 0: a number that
 * would end as one too small to be normal costs some processors a hundred cycles. */
ACT_BOUNDS(lowest, -132.4f, -797.9)
ACT_BOUNDS(highest, 132.4f, 797.9)
/* e^x has become 0, but e^x * SCALE is a normal number still, and so is UNSCALE / e^x. */
ACT_BOUNDS(shallow, -120.0f, -780.0)
/* 1 + e^-x is 1, and e^-x still a normal number. */
ACT_BOUNDS(saturated, 40.0f, 80.0)
ACT_BOUNDS(expm1_lowest, -60.0f, -60.0)       /* expm1 is -1 */
ACT_BOUNDS(tanh_highest, 10.0f, 20.0)
ACT_BOUNDS(normal, 16.272f, 39.947)           /* and e^(-x^2 / 2) */
ACT_BOUNDS(gelu_tanh, 11.682f, 22.0285)       /* and the sigmoid of gelu_tanh's argument */
ACT_BOUNDS(gelu_tanh_shallow, 11.2f, 21.9)
ACT_BOUNDS(gelu_tanh_open, 7.3f, 7.3)         /* which is 1 here, e^-v still far from underflow */
ACT_BOUNDS(gaussian, 11.506f, 28.247)         /* and e^-x^2 */

/* a * b + c with one rounding where the level has the instruction. Elsewhere a float product is exact in double;
 * for double the product is rounded, and callers that need its error ask for act_product_error. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define ACT_FMA 1
static inline float act_fmaf(float a, float b, float c) { return fmaf(a, b, c); }
static inline double act_fma(double a, double b, double c) { return fma(a, b, c); }
static inline double act_product_error(double a, double b, double product) { return fma(a, b, -product); }
#else
#define ACT_FMA 0
static inline float act_fmaf(float a, float b, float c) { return (float)((double)a * b + c); }
static inline double act_fma(double a, double b, double c) { return a * b + c; }
static inline double act_product_error(double a, double b, double product)
{
    /* Dekker: halves of 26 bits, cut with a mask so that nothing overflows, have exact products. */
    double ah = act_float64(act_bits64(a) & ~(int64_t)0x7ffffff), al = a - ah;
    double bh = act_float64(act_bits64(b) & ~(int64_t)0x7ffffff), bl = b - bh;
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl;
}
#endif
/* Whether the widest vectors are divided half by half, so that one division takes as long as twenty other operations. */
#if defined(__AVX512F__)
#define ACT_DIVIDES_HALVES 1
#else
#define ACT_DIVIDES_HALVES 0
#endif
static inline float act_product_errorf(float a, float b, float product) { return act_fmaf(a, b, -product); }

/* What rounding took from a * b + c, given that `sum` and that c - sum is exact. */
static inline float act_sum_errorf(float a, float b, float c, float sum) { return act_fmaf(a, b, c - sum); }
static inline double act_sum_error(double a, double b, double c, double sum)
{
#if ACT_FMA
    return fma(a, b, c - sum);
#else
    double product = a * b;
    return (product + (c - sum)) + act_product_error(a, b, product);
#endif
}

/* Exceptions raised inside a kernel belong to lanes whose results are thrown away; the caller's status word is put
 * back as it was. That is the SSE word; who computes in long double, on the x87, puts that word back too (entmax.pyx). */
#if ACT_X86
static inline unsigned int act_flags_save(void) { return _mm_getcsr(); }
static inline void act_flags_restore(unsigned int saved)
{
    unsigned int now = _mm_getcsr();
    if (now != saved) _mm_setcsr(saved);
}
#else
static inline unsigned int act_flags_save(void) { return (unsigned int)fetestexcept(FE_ALL_EXCEPT); }
static inline void act_flags_restore(unsigned int saved)
{
    int raised = fetestexcept(FE_ALL_EXCEPT) & ~(int)saved;
    if (raised) feclearexcept(raised);
}
#endif

/* Copy a finished block past the caches. `to` need not be aligned; what does not fill a line is copied as usual. */
static inline void act_stream(void *to, const void *from, size_t bytes)
{
#if ACT_X86
    char *t = (char *)to;
    const char *f = (const char *)from;
    size_t head = (size_t)(-(intptr_t)t) & 63;
    if (head > bytes) head = bytes;
    memcpy(t, f, head);
    t += head; f += head; bytes -= head;
    for (; bytes >= 64; t += 64, f += 64, bytes -= 64) {
#if defined(__AVX512F__)
        _mm512_stream_si512((__m512i *)t, _mm512_loadu_si512((const void *)f));
#else
        for (int k = 0; k < 64; k += 16)
            _mm_stream_si128((__m128i *)(t + k), _mm_loadu_si128((const __m128i *)(f + k)));
#endif
    }
    memcpy(t, f, bytes);
#else
    memcpy(to, from, bytes);
#endif
}

/* Have the second-level cache fetch what is read a little later than this: the processor's own prefetching ends with each
 * page. It may lie past the end of an array. */
static inline void act_fetch_after(const void *from, size_t bytes)
{
#if defined(__GNUC__) || defined(__clang__)
    for (size_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)from + 3072 + k, 0, 2);
#else
    (void)from, (void)bytes;
#endif
}

/* Have the first-level cache fetch the lines that are written a little later than this. Loads are followed by the processor
 * itself; a store to a line that is not there waits, and two lines do where an array does not begin with one. They may
 * lie past the end of an array. */
static inline void act_ask_for(const void *to, size_t bytes)
{
#if defined(__GNUC__) || defined(__clang__)
    _Pragma("GCC unroll 8") for (size_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)to + 512 + k, 1, 3);
#else
    (void)to, (void)bytes;
#endif
}

/* Whether results of so many bytes do not stay in the first-level cache. The compiler is not to know it, or would write each
 * loop twice. */
static inline int act_is_far_off(size_t bytes)
{
    int far = bytes > 16384;
#if defined(__GNUC__) || defined(__clang__)
    __asm__("" : "+r"(far));
#endif
    return far;
}

/* The bytes of the last-level cache, or 0. The C library takes an AMD processor's for that of all its cores together. */
static inline long act_last_cache(void)
{
    long found = 0;
#if defined(__linux__)
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cache/index3/size", "r");
    if (file) {
        if (fscanf(file, "%ldK", &found) != 1) found = 0;
        fclose(file);
    }
#if defined(_SC_LEVEL3_CACHE_SIZE)
    if (!found) return sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
#endif
    return found << 10;
}

/* From how many bytes of operands and results it pays to go past it; its size on a virtual machine may be that of a host
 * shared with others. */
static inline long act_stream_size(void)
{
    long found = act_last_cache();
    if (found <= 0) return 64L << 20;
    return found < (16L << 20) ? 16L << 20 : found > (128L << 20) ? 128L << 20 : found;
}

static inline void act_stream_done(void)
{
#if ACT_X86
    _mm_sfence();
#endif
}

/* 0: baseline, 1: x86-64-v3, 2: x86-64-v4. The builtin also asks the operating system whether it saves the wide
 * registers. A compiler without it builds the baseline alone. */
static inline int act_cpu_level(void)
{
#if ACT_X86 && defined(__GNUC__)
    __builtin_cpu_init();
    if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi")
          && __builtin_cpu_supports("bmi2")))
        return 0;
    if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
          && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
          && __builtin_cpu_supports("avx512vl")))
        return 1;
    return 2;
#else
    return 0;
#endif
}

#if defined(__clang__)
#define ACT_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define ACT_COMPILER "gcc " __VERSION__
#elif defined(_MSC_VER)
#define ACT_COMPILER "msvc"
#else
#define ACT_COMPILER "unknown"
#endif

static inline double act_now(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

#endif
