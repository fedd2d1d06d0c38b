/* Payne and Hanek's reduction (1983) of a product omega x by quarter turns, in whole numbers, for any two finite
 * numbers of type double. In C because the compiler has to be told not to copy it into every loop. */
#ifndef ACTIVATIONS_TURNS_H
#define ACTIVATIONS_TURNS_H

#include "machine.h"

#if defined(__GNUC__) || defined(__clang__)
#define ACT_APART __attribute__((noinline, unused))
#elif defined(_MSC_VER)
#define ACT_APART __declspec(noinline)
#else
#define ACT_APART
#endif

/* 2 / pi = 0.a2f9836e 4e441529 ... in hexadecimal. */
#define ACT_PI_WORDS 72
static const uint32_t act_two_over_pi[ACT_PI_WORDS] = {
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
    0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
    0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
    0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
    0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
    0xa9e39161, 0x5ee61b08, 0x6599855f, 0x14a06840, 0x8dffd880, 0x4d732731, 0x06061556, 0xca73a8c9,
    0x60e27bc0, 0x8c6b47c4, 0x19c367cd, 0xdce8092a, 0x8359c476, 0x8b961ca6, 0xddaf44d1, 0x5719053e,
    0xa5ff0705, 0x3f7e33e8, 0x32c2de4f, 0x98327dbb, 0xc33d26ef, 0x6b1e5ef8, 0x9f3a1f35, 0xcaf27f1d,
    0x87f12190, 0x7c7c246a, 0xfa6ed577, 0x2d30433b, 0x15c614b5, 0x9d19c3c2, 0xc4ad414d, 0x2c5d000c,
};

/* The words that are multiplied: 106 bits of the factor and up to 33 more lie before those that count, so that some
 * 180 bits remain. The double nearest to a multiple of pi / 2 takes 61 of them as zeros; 60 more are rounded off. */
#define ACT_WORDS 10

/* |x| = significand * 2^exponent, the significand a whole number of 53 bits (0 if x is 0). */
static inline uint64_t act_significand(double x, int *exponent)
{
    uint64_t bits = (uint64_t)act_bits64(x) & 0x7fffffffffffffff;
    int scaled = bits < 0x10000000000000;
    if (scaled) bits = (uint64_t)act_bits64(act_float64((int64_t)bits) * 0x1p64);
    *exponent = (int)(bits >> 52) - 1075 - (scaled ? 64 : 0);
    return bits ? (bits & 0xfffffffffffff) | 0x10000000000000 : 0;
}

static inline double act_power(int n) { return act_float64((int64_t)(1023 + n) << 52); }

/* r and *low of omega x = n pi / 2 + r + *low, |r| <= pi / 4; *quarter is n modulo 4. NaN for infinities. */
static ACT_APART double act_far_turns(double x, double omega, double *low, int *quarter)
{
    uint32_t factor[4], digits[ACT_WORDS + 1] = {0}, flip;
    uint64_t a, b, sum, carry, mask = 0xffffffff;
    int e, f, i, k, skipped, slack, turns, lead = 0;
    double first, second, rest, high, scale;
    *low = 0;
    *quarter = 0;
    if (x - x != 0 || omega - omega != 0) return (x - x) + (omega - omega);
    /* |omega x| = factor * 2^e; factor[0] is the lowest word. */
    a = act_significand(x, &e);
    b = act_significand(omega, &f);
    e += f;
    sum = (a & mask) * (b & mask);
    factor[0] = (uint32_t)sum;
    carry = (sum >> 32) + (a >> 32) * (b & mask);
    sum = (carry & mask) + (a & mask) * (b >> 32);
    factor[1] = (uint32_t)sum;
    sum = (sum >> 32) + (carry >> 32) + (a >> 32) * (b >> 32);
    factor[2] = (uint32_t)sum;
    factor[3] = (uint32_t)(sum >> 32);
    /* Whole words of 2 / pi that only make multiples of four quarter turns are skipped; digits[0] is the highest. */
    slack = (e - 2) & 31;
    skipped = (e - 2 - slack) / 32;
    for (k = 0; k < 4; k++) {
        if (!factor[k]) continue;
        carry = 0;
        for (i = ACT_WORDS - 1; i >= k; i--) {
            f = skipped + i;
            sum = digits[i - k] + carry;
            if (f >= 0 && f < ACT_PI_WORDS) sum += (uint64_t)factor[k] * act_two_over_pi[f];
            digits[i - k] = (uint32_t)sum;
            carry = sum >> 32;
        }
    }
    /* A fraction of 2^(slack + 2) quarter turns. The two bits after the slack are n's; n is rounded to nearest. */
    turns = (int)((((uint64_t)digits[0] << 32 | digits[1]) << slack) >> 62);
    slack += 2;
    for (i = 0; i < ACT_WORDS; i++) {
        sum = (uint64_t)digits[i] << 32 | digits[i + 1];
        if (slack >= 32) sum = sum << 32 | (i + 2 <= ACT_WORDS ? digits[i + 2] : 0);
        digits[i] = (uint32_t)(sum << (slack & 31) >> 32);
    }
    flip = 0 - (digits[0] >> 31);
    turns += flip & 1;
    for (i = 0; i < ACT_WORDS; i++) digits[i] ^= flip;
    while (lead < ACT_WORDS - 4 && !digits[lead]) lead++;
    scale = act_power(-32 * (lead + 1));
    first = digits[lead] * scale;
    second = digits[lead + 1] * (scale * 0x1p-32);
    rest = digits[lead + 2] * (scale * 0x1p-64) + digits[lead + 3] * (scale * 0x1p-96);
    high = first + second;
    rest += second - (high - first);
    /* Times pi / 2 in two parts. */
    first = high * 1.5707963267948966;
    rest = act_product_error(high, 1.5707963267948966, first)
           + (high * 6.123233995736766e-17 + rest * 1.5707963267948966);
    high = first + rest;
    rest -= high - first;
    if ((x < 0) != (omega < 0)) {
        flip = ~flip;
        turns = -turns;
    }
    *quarter = turns & 3;
    *low = flip ? -rest : rest;
    return flip ? -high : high;
}

#endif
