"""What loops read and write: memoryviews over raw pointers, a pair of names per element type, and tiles of float16."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "halves.h" nogil:
    enum: ACT_TILE
    void widen_tile "act_widen_tile" (const void* source, Py_ssize_t start, float* to)
    void narrow_tile "act_narrow_tile" (const float* source, void* to, Py_ssize_t start)

cdef extern from "machine.h" nogil:
    void ask_for "act_ask_for" (const void* to, size_t bytes)
    bint is_far_off "act_is_far_off" (size_t bytes)
    const float[::1] read_float "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    float[::1] write_float "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const double[::1] read_double "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    double[::1] write_double "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const int8_t[::1] read_int8_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    int8_t[::1] write_int8_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const uint8_t[::1] read_uint8_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    uint8_t[::1] write_uint8_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const int16_t[::1] read_int16_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    int16_t[::1] write_int16_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const uint16_t[::1] read_uint16_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    uint16_t[::1] write_uint16_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const int32_t[::1] read_int32_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    int32_t[::1] write_int32_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const uint32_t[::1] read_uint32_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    uint32_t[::1] write_uint32_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const int64_t[::1] read_int64_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    int64_t[::1] write_int64_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    const uint64_t[::1] read_uint64_t "ACT_VIEW" (const void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
    uint64_t[::1] write_uint64_t "ACT_VIEW" (void* pointer, Py_ssize_t count, Py_ssize_t itemsize)
