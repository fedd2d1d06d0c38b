"""softmax and its kin of whole tables of rows that stand side by side."""

from libc.stdlib cimport free

from activations.kernels.gradient_lines cimport lines_gradient, lines_log_gradient
from activations.kernels.lanes cimport LANES
from activations.kernels.lines cimport abreast, side_by_side, tile_for, tile_line
from activations.kernels.near_lines cimport near_log_softmax, near_softmax
from activations.kernels.near_rows cimport begins_near
from activations.kernels.real cimport real
from activations.kernels.softmax_lines cimport BESIDE, MOST, lines_log_softmax, lines_softmax, taken


cdef inline void* tile_of(Py_ssize_t n, Py_ssize_t width, const real* like) noexcept nogil:
    """Memory for what is taken of n lines while their elements are near; NULL where nothing is gained."""
    return tile_for(n, width, sizeof(real)) if real is float and width >= BESIDE else NULL


cdef inline Py_ssize_t softmax_part(const real* x, Py_ssize_t x_step, real* tile, real* out, Py_ssize_t step, Py_ssize_t n,
                                    Py_ssize_t left, bint quiet, bint negative, bint in_tile, bint* near) noexcept nogil:
    """softmax or its kin of some of the rows that are left, and how many; whether their elements are still near, and what
    becomes of them is left in the tile if that is asked for."""
    cdef Py_ssize_t m
    if real is float:
        if near[0]:
            m = abreast(left, tile_line(n), x)
            near[0] = near_softmax(x, x_step, tile, tile if in_tile else out, m if in_tile else step, n, m, quiet,
                                   negative)
            if near[0]:
                return m
    m = taken(n, left)
    lines_softmax(x, x_step, out, step, n, m, quiet, negative)
    return m


cdef inline void softmax_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint quiet,
                               bint negative, const real* like) noexcept nogil:
    """softmax or its kin of arrays[0] into arrays[1]."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real* tile = <real*>tile_of(n, width, x)
    cdef Py_ssize_t done = 0, size = sizeof(real)
    cdef bint near = tile != NULL
    if real is float:
        near = near and (negative or begins_near(x, n, steps[0] // size))
    while done < width:
        done += softmax_part(x + done, steps[0] // size, tile, out + done, steps[1] // size, n, width - done, quiet,
                             negative, False, &near)
    free(tile)


cdef inline void log_softmax_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                   const real* like) noexcept nogil:
    """log_softmax of arrays[0] into arrays[1]."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t done = 0, m, size = sizeof(real)
    cdef bint together = side_by_side(steps[0], width, x) and BESIDE <= width <= MOST and n > LANES
    cdef real* tile = NULL if together or n <= LANES else <real*>tile_of(n, width, x)
    cdef bint near = together or tile != NULL
    while done < width:
        if real is float:
            if near:
                m = width if together else abreast(width - done, tile_line(n), x)
                near = near_log_softmax(x + done, steps[0] // size, tile, out + done, steps[1] // size, n, m)
                if near:
                    done += m
                    continue
        m = taken(n, width - done)
        lines_log_softmax(x + done, steps[0] // size, out + done, steps[1] // size, n, m)
        done += m
    free(tile)


cdef inline Py_ssize_t probabilities_part(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t done,
                                          Py_ssize_t width, real* tile, bint quiet, bint negative, bint* near, char** saved,
                                          Py_ssize_t* saved_steps) noexcept nogil:
    """softmax or its kin of some of the rows from `done` on, and how many; `saved` becomes what a gradient from them takes:
    dy, the probabilities, and the result, which they may stand in."""
    cdef Py_ssize_t m, size = sizeof(real)
    cdef real* out = <real*>arrays[2] + done
    m = softmax_part(<const real*>arrays[1] + done, steps[1] // size, tile, out, steps[2] // size, n, width - done, quiet,
                     negative, True, near)
    saved[0], saved[1], saved[2] = arrays[0] + done * size, <char*>(tile if near[0] else out), <char*>out
    saved_steps[0], saved_steps[1], saved_steps[2] = steps[0], m * size if near[0] else steps[2], steps[2]
    return m


cdef inline void softmax_backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint quiet,
                                        bint negative, const real* like) noexcept nogil:
    """The gradient of softmax or its kin, of arrays dy, x and the result."""
    cdef char* saved[3]
    cdef Py_ssize_t saved_steps[3]
    cdef real* tile = <real*>tile_of(n, width, like)
    cdef Py_ssize_t done = 0, m
    cdef bint near = tile != NULL
    while done < width:
        m = probabilities_part(arrays, steps, n, done, width, tile, quiet, negative, &near, saved, saved_steps)
        lines_gradient(saved, saved_steps, n, m, negative, like)
        done += m
    free(tile)


cdef inline void log_softmax_backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                            const real* like) noexcept nogil:
    """The same of log_softmax."""
    cdef char* saved[3]
    cdef Py_ssize_t saved_steps[3]
    cdef real* tile = <real*>tile_of(n, width, like)
    cdef Py_ssize_t done = 0, m
    cdef bint near = tile != NULL
    while done < width:
        m = probabilities_part(arrays, steps, n, done, width, tile, False, False, &near, saved, saved_steps)
        lines_log_gradient(saved, saved_steps, n, m, False, like)
        done += m
    free(tile)
