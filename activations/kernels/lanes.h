/* y (dy - dot) of sixteen lanes, read whole before they are written: a loop over them in Cython is taken apart into
 * single elements, since the result may overlap the operands for all that the compiler knows. */
#ifndef ACTIVATIONS_LANES_H
#define ACTIVATIONS_LANES_H

#if defined(__GNUC__)
typedef float act_floats __attribute__((vector_size(64), aligned(4), may_alias));
typedef double act_doubles __attribute__((vector_size(128), aligned(8), may_alias));
#define ACT_GRADIENT(type, lanes) *(lanes *)out = *(const lanes *)y * (*(const lanes *)dy - dot)
#else
#define ACT_GRADIENT(type, lanes)                                                                                     \
    type block[16];                                                                                                   \
    for (int j = 0; j < 16; j++) block[j] = y[j] * (dy[j] - dot);                                                     \
    for (int j = 0; j < 16; j++) out[j] = block[j]
#endif

static inline void act_gradient_of_floats(const float *dy, const float *y, float *out, float dot)
{
    ACT_GRADIENT(float, act_floats);
}

static inline void act_gradient_of_doubles(const double *dy, const double *y, double *out, double dot)
{
    ACT_GRADIENT(double, act_doubles);
}
#endif
