"""What both drivers do with memory: copy between layouts, transpose, convert float16 and bfloat16."""

from libc.stdint cimport int32_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from activations.kernels.real cimport act_bits32, act_float32

cdef extern from "halves.h" nogil:
    Py_ssize_t act_widen(const uint16_t* source, float* to, Py_ssize_t n)
    Py_ssize_t act_narrow(const float* source, uint16_t* to, Py_ssize_t n)

cdef extern from "transpose.h" nogil:
    void act_transpose(char* to, Py_ssize_t to_step, const char* source, Py_ssize_t step, Py_ssize_t rows,
                       Py_ssize_t columns, int itemsize)


# float16, where the processor has no conversions or a rest is too short for them: shift exponent and mantissa into
# float32's places, multiply by 2^112 to mend the bias (exact, subnormals too), and patch infinity and NaN.

cdef inline float half_to_float(uint16_t half) noexcept nogil:
    cdef int32_t magnitude = (half & 0x7fff) << 13
    cdef int32_t sign = (half & 0x8000) << 16
    cdef float value = act_float32(magnitude) * <float>5.192296858534828e33
    cdef int32_t bits = act_bits32(value)
    bits = (magnitude | 0x7f800000) if magnitude >= 0x0f800000 else bits
    return act_float32(bits | sign)


cdef inline uint16_t float_to_half(float value) noexcept nogil:
    """Round to nearest, ties to even; overflow gives infinity, NaN stays a quiet NaN with the upper bits it had."""
    cdef uint32_t bits = <uint32_t>act_bits32(value)
    cdef uint32_t sign = (bits >> 16) & 0x8000
    cdef uint32_t magnitude = bits & 0x7fffffff
    # Below 2^-14 the addition of 0.5 lines the mantissa up with float16's subnormals and rounds it.
    cdef float bounded = act_float32(<int32_t>(magnitude if magnitude < 0x38800000 else 0))
    cdef uint32_t small = <uint32_t>act_bits32(bounded + <float>0.5) - 0x3f000000
    cdef uint32_t normal = (magnitude + <uint32_t>0xc8000fff + ((magnitude >> 13) & 1)) >> 13
    cdef uint32_t special = (0x7e00 | ((bits >> 13) & 0x1ff)) if magnitude > 0x7f800000 else <uint32_t>0x7c00
    cdef uint32_t half = small if magnitude < 0x38800000 else normal
    half = special if magnitude >= 0x477ff000 else half
    return <uint16_t>(half | sign)


cdef inline void halves_to_floats(const uint16_t* source, float* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(act_widen(source, to, n), n):
        to[i] = half_to_float(source[i])


cdef inline void floats_to_halves(const float* source, uint16_t* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(act_narrow(source, to, n), n):
        to[i] = float_to_half(source[i])


# bfloat16, the upper half of float32: rounded to nearest, ties to even; of NaN nothing but the sign is kept.

cdef inline void brains_to_floats(const uint16_t* source, float* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = act_float32(<int32_t>(<uint32_t>source[i] << 16))


cdef inline void floats_to_brains(const float* source, uint16_t* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint32_t bits, rounded
    for i in range(n):
        bits = <uint32_t>act_bits32(source[i])
        rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
        to[i] = <uint16_t>((((bits >> 16) & 0x8000) | 0x7fc0) if (bits & 0x7fffffff) > 0x7f800000 else rounded)


ctypedef fused word:
    unsigned char
    uint16_t
    uint32_t
    uint64_t


cdef inline void copy_words(word* to, Py_ssize_t to_step, const word* source, Py_ssize_t step,
                            Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef char* t = <char*>to
    cdef const char* s = <const char*>source
    # Every other element, which vectors can pick.
    if step == 2 * <Py_ssize_t>sizeof(word) and to_step == <Py_ssize_t>sizeof(word):
        for i in range(n):
            to[i] = source[2 * i]
        return
    for i in range(n):
        (<word*>(t + i * to_step))[0] = (<const word*>(s + i * step))[0]


cdef inline void copy_strided(char* to, Py_ssize_t to_step, const char* source, Py_ssize_t step, Py_ssize_t n,
                              int itemsize) noexcept nogil:
    if step == itemsize and to_step == itemsize:
        memcpy(to, source, n * itemsize)
    elif itemsize == 4:
        copy_words(<uint32_t*>to, to_step, <const uint32_t*>source, step, n)
    elif itemsize == 8:
        copy_words(<uint64_t*>to, to_step, <const uint64_t*>source, step, n)
    elif itemsize == 2:
        copy_words(<uint16_t*>to, to_step, <const uint16_t*>source, step, n)
    else:
        copy_words(<unsigned char*>to, to_step, <const unsigned char*>source, step, n)


cdef inline void gather(char* to, const char* source, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t row_step,
                        Py_ssize_t core_step, int itemsize, int scatter) noexcept nogil:
    """A tile of rows to (or, to scatter, from) contiguous memory, along whichever side has the smaller step."""
    cdef Py_ssize_t i, inner = columns, outer = rows, inner_step = core_step, outer_step = row_step
    cdef Py_ssize_t inner_to = itemsize, outer_to = columns * itemsize
    if row_step == itemsize and core_step != itemsize and rows > 1 and columns > 1:
        if scatter:
            act_transpose(<char*>source, core_step, to, columns * itemsize, rows, columns, itemsize)
        else:
            act_transpose(to, columns * itemsize, source, core_step, columns, rows, itemsize)
        return
    if row_step == columns * core_step:
        inner, outer = rows * columns, 1
    elif columns == 1 or (row_step if row_step > 0 else -row_step) < (core_step if core_step > 0 else -core_step):
        inner, outer, inner_step, outer_step = rows, columns, row_step, core_step
        inner_to, outer_to = outer_to, inner_to
    for i in range(outer):
        if scatter:
            copy_strided(<char*>source + i * outer_step, inner_step, to + i * outer_to, inner_to, inner, itemsize)
        else:
            copy_strided(to + i * outer_to, inner_to, source + i * outer_step, inner_step, inner, itemsize)
