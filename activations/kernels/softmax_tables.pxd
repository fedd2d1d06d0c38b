"""softmax and its kin of whole tables of rows that stand side by side."""

from libc.stdlib cimport free

from activations.kernels.core cimport beside_t
from activations.kernels.lanes cimport LANES
from activations.kernels.lines cimport abreast, tile_for, tile_line
from activations.kernels.near_lines cimport near_log_softmax, near_softmax
from activations.kernels.near_rows cimport begins_near
from activations.kernels.real cimport real
from activations.kernels.softmax_lines cimport BESIDE, MOST, beside, lines_log_softmax, lines_softmax, taken


cdef inline bint lines_begin_near(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                                  bint negative) noexcept nogil:
    """Whether it is worth while to begin as if all elements were near."""
    return width >= BESIDE and begins_near(x, n, step, negative)


cdef inline real* tile_of(Py_ssize_t n, Py_ssize_t width, bint near, const real* like) noexcept nogil:
    """Memory for what is taken of n lines while their elements are near; NULL where they are read twice instead."""
    return <real*>tile_for(n, width, sizeof(real)) if near else NULL


cdef inline Py_ssize_t near_part(const real* tile, Py_ssize_t n, Py_ssize_t left) noexcept nogil:
    """How many of the rows that are left to take at a time while they are near."""
    return beside(left) if tile == NULL else abreast(left, tile_line(n), tile)


cdef inline Py_ssize_t softmax_part(const real* x, Py_ssize_t x_step, real* tile, real* out, Py_ssize_t step, Py_ssize_t n,
                                    Py_ssize_t left, bint quiet, bint negative, bint in_tile, bint* near) noexcept nogil:
    """softmax or its kin of some of the rows that are left, and how many; whether their elements are still near, and what
    becomes of them is left in the tile if that is asked for."""
    cdef Py_ssize_t m
    if real is float:
        if near[0]:
            m = near_part(tile, n, left)
            in_tile = in_tile and tile != NULL
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
    cdef Py_ssize_t done = 0, size = sizeof(real), x_step = steps[0] // size, step = steps[1] // size
    cdef bint near = lines_begin_near(x, x_step, n, width, negative)
    cdef real* tile = tile_of(n, width, near, x)
    while done < width:
        done += softmax_part(x + done, x_step, tile, out + done, step, n, width - done, quiet, negative, False, &near)
    free(tile)


cdef inline void log_softmax_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                   const real* like) noexcept nogil:
    """log_softmax of arrays[0] into arrays[1]. Of lines that lie together nothing need be copied."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t done = 0, m, size = sizeof(real), x_step = steps[0] // size, step = steps[1] // size
    cdef bint together = x_step == width <= MOST
    cdef bint near = n > LANES and lines_begin_near(x, x_step, n, width, False)
    cdef real* tile = tile_of(n, width, near and not together, x)
    while done < width:
        if real is float:
            if near:
                m = width if together else near_part(tile, n, width - done)
                near = near_log_softmax(x + done, x_step, tile, out + done, step, n, m)
                if near:
                    done += m
                    continue
        m = taken(n, width - done)
        lines_log_softmax(x + done, x_step, out + done, step, n, m)
        done += m
    free(tile)


cdef inline void softmax_backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                        const double* values, beside_t from_output, bint quiet, bint negative,
                                        const real* like) noexcept nogil:
    """A gradient by way of probabilities, from which `from_output` makes it; of arrays dy, x and the result."""
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef char* saved[3]
    cdef Py_ssize_t saved_steps[3]
    cdef bint in_tile
    cdef Py_ssize_t done = 0, m, size = sizeof(real), x_step = steps[1] // size, step = steps[2] // size
    cdef bint near = lines_begin_near(x, x_step, n, width, negative)
    cdef real* tile = tile_of(n, width, near, x)
    while done < width:
        m = softmax_part(x + done, x_step, tile, out + done, step, n, width - done, quiet, negative, True, &near)
        in_tile = near and tile != NULL
        saved[0], saved[1], saved[2] = arrays[0] + done * size, <char*>(tile if in_tile else out + done), <char*>(out + done)
        saved_steps[0], saved_steps[1], saved_steps[2] = steps[0], m * size if in_tile else steps[2], steps[2]
        from_output(saved, n, m, saved_steps, values, NULL)
        done += m
    free(tile)
