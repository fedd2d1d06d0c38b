"""softmax and its kin of whole tables of rows that stand side by side."""

from libc.stdlib cimport free

from activations.kernels.gradient_lines cimport lines_gradient, lines_log_gradient
from activations.kernels.lanes cimport LANES
from activations.kernels.lines cimport ABREAST, Room, room_for, whole_lines
from activations.kernels.near_lines cimport near_logarithms, near_softmax
from activations.kernels.near_rows cimport begins_near
from activations.kernels.real cimport real
from activations.kernels.rows cimport WIDTH
from activations.kernels.softmax_lines cimport (
    BESIDE, PILED, lines_logarithms, lines_scaled_in_place, lines_softmax, lines_subtracted, logarithms_added, piled_rows,
    portion, softmax_room,
)


cdef inline bint lines_begin_near(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                                  bint negative) noexcept nogil:
    """Whether it is worth while to begin as if all elements were near."""
    return width >= BESIDE and begins_near(x, n, step, negative)


cdef inline void softmax_part(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                              bint quiet, bint negative, bint* near, const Room* room, real* high, real* low) noexcept nogil:
    """Exponentials of some rows and by what they are to be multiplied; whether elements are still near."""
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = piled_rows(room, width - done, x)
        if real is float:
            near[0] = near[0] and near_softmax(x + done, x_step, out + done, step, n, m, quiet, negative, room.lanes,
                                               high + done, low + done)
        if not near[0]:
            lines_softmax(x + done, x_step, out + done, step, n, m, quiet, negative, room.lanes, high + done, low + done)
        done += m


cdef inline void softmax_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint quiet,
                               bint negative, const real* like) noexcept nogil:
    """softmax or its kin of arrays[0] into arrays[1]."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef double few[PILED * ABREAST]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Room room = softmax_room(few, n, width, True, x)
    cdef Py_ssize_t done = 0, m, size = sizeof(real), x_step = steps[0] // size, step = steps[1] // size
    cdef bint near = lines_begin_near(x, x_step, n, width, negative)
    while done < width:
        m = portion(&room, width - done, x)
        softmax_part(x + done, x_step, out + done, step, n, m, quiet, negative, &near, &room, high, low)
        lines_scaled_in_place(out + done, step, n, m, high, low)
        done += m
    free(room.memory)


cdef inline void logarithms_part(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, bint* near, real* top,
                                 const Room* room, double* total, double parts) noexcept nogil:
    """The largest of some rows and their row_logarithm; whether elements are still near."""
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = piled_rows(room, width - done, x)
        if real is float:
            near[0] = near[0] and near_logarithms(x + done, step, n, m, top + done, room.lanes, total + done, parts)
        if not near[0]:
            lines_logarithms(x + done, step, n, m, top + done, room.lanes, total + done, parts)
        done += m


cdef inline Py_ssize_t logarithms_of_portion(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t left, bint* near,
                                             real* top, const Room* room, double* total, double parts) noexcept nogil:
    """The same of the next portion, and how many rows it has."""
    cdef Py_ssize_t m = portion(room, left, x)
    logarithms_part(x, step, n, m, near, top, room, total, parts)
    return m


cdef inline void log_softmax_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                   const real* like) noexcept nogil:
    """log_softmax of arrays[0] into arrays[1]."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef double few[PILED * ABREAST]
    cdef real top[WIDTH]
    cdef double total[WIDTH]
    cdef Room room = softmax_room(few, n, width, False, x)
    cdef Py_ssize_t done = 0, m, size = sizeof(real), x_step = steps[0] // size, step = steps[1] // size
    cdef bint near = n > LANES and lines_begin_near(x, x_step, n, width, False)
    while done < width:
        m = logarithms_of_portion(x + done, x_step, n, width - done, &near, top, &room, total, 1)
        lines_subtracted(x + done, x_step, out + done, step, n, m, top, total)
        done += m
    free(room.memory)


cdef inline void logsumexp_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, double parts,
                                 const real* like) noexcept nogil:
    """log(sum of e^x / parts) of arrays[0] into arrays[1]."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef double few[PILED * ABREAST]
    cdef real top[WIDTH]
    cdef double total[WIDTH]
    cdef Room room = softmax_room(few, n, width, False, x)
    cdef Py_ssize_t done = 0, m, x_step = steps[0] // <Py_ssize_t>sizeof(real)
    cdef bint near = n > LANES and lines_begin_near(x, x_step, n, width, False)
    while done < width:
        m = logarithms_of_portion(x + done, x_step, n, width - done, &near, top, &room, total, parts)
        logarithms_added(x + done, x_step, out + done, n, m, top, total)
        done += m
    free(room.memory)


# Gradients: of softmax and its kin, or of log_softmax.

cdef inline void lines_backward(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint negative,
                                bint log, const Room* room, real* high, real* low, const real* like) noexcept nogil:
    """From probabilities, or from what becomes them by factors; log_softmax's, without factors, from its output."""
    if log:
        lines_log_gradient(arrays, steps, n, width, high == NULL, room, high, low, like)
    else:
        lines_gradient(arrays, steps, n, width, negative, room, high, low, like)


cdef inline void backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint quiet,
                                bint negative, bint log, const real* like) noexcept nogil:
    """Of arrays dy, x and the result. Exponentials stand where the result belongs; they become probabilities on the way to
    gradients."""
    cdef char* at[3]
    cdef Py_ssize_t at_steps[3]
    cdef double few[PILED * ABREAST]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Room room = softmax_room(few, n, width, not log, like)
    cdef Py_ssize_t done = 0, m, size = sizeof(real), x_step = steps[1] // size
    cdef const real* x = <const real*>arrays[1]
    cdef bint near = lines_begin_near(x, x_step, n, width, negative)
    at_steps[0], at_steps[1], at_steps[2] = steps[0], steps[2], steps[2]
    while done < width:
        m = portion(&room, width - done, x)
        at[0], at[1], at[2] = arrays[0] + done * size, arrays[2] + done * size, arrays[2] + done * size
        softmax_part(x + done, x_step, <real*>at[2], steps[2] // size, n, m, quiet, negative, &near, &room, high, low)
        lines_backward(at, at_steps, n, m, negative, log, &room, high, low, like)
        done += m
    free(room.memory)


cdef inline void gradient_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint negative,
                                bint log, const real* like) noexcept nogil:
    """The same from the saved output in the place of x."""
    cdef double few[LANES * ABREAST]
    cdef char* at[3]
    cdef Room room = room_for(few, width, LANES, whole_lines(n, width, like))
    cdef Py_ssize_t done = 0, m
    cdef int k
    while done < width:
        m = min(<Py_ssize_t>WIDTH if room.memory == NULL else room.rows, width - done)
        for k in range(3):
            at[k] = arrays[k] + done * <Py_ssize_t>sizeof(real)
        lines_backward(at, steps, n, m, negative, log, &room, <real*>NULL, <real*>NULL, like)
        done += m
    free(room.memory)
