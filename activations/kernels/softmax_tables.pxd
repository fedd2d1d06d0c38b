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


# Gradients: of softmax and its kin, and of log_softmax.

cdef inline Py_ssize_t exponentials_of_portion(char** arrays, const Py_ssize_t* steps, Py_ssize_t done, Py_ssize_t n,
                                               Py_ssize_t width, bint quiet, bint negative, bint* near, const Room* room,
                                               real* high, real* low, char** at) noexcept nogil:
    """The exponentials of arrays[1] stand where the result belongs; they become probabilities on the way to gradients."""
    cdef Py_ssize_t size = sizeof(real), m
    cdef const real* x = <const real*>arrays[1] + done
    cdef real* out = <real*>arrays[2] + done
    m = portion(room, width - done, x)
    softmax_part(x, steps[1] // size, out, steps[2] // size, n, m, quiet, negative, near, room, high, low)
    at[0], at[1], at[2] = arrays[0] + done * size, <char*>out, <char*>out
    return m


cdef inline void softmax_backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint quiet,
                                        bint negative, const real* like) noexcept nogil:
    """The gradient of softmax or its kin; of arrays dy, x and the result."""
    cdef char* at[3]
    cdef Py_ssize_t at_steps[3]
    cdef double few[PILED * ABREAST]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Room room = softmax_room(few, n, width, True, like)
    cdef Py_ssize_t done = 0, m
    cdef bint near = lines_begin_near(<const real*>arrays[1], steps[1] // <Py_ssize_t>sizeof(real), n, width, negative)
    at_steps[0], at_steps[1], at_steps[2] = steps[0], steps[2], steps[2]
    while done < width:
        m = exponentials_of_portion(arrays, steps, done, n, width, quiet, negative, &near, &room, high, low, at)
        lines_gradient(at, at_steps, n, m, negative, &room, high, low, like)
        done += m
    free(room.memory)


cdef inline void log_softmax_backward_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                            const real* like) noexcept nogil:
    cdef char* at[3]
    cdef Py_ssize_t at_steps[3]
    cdef double few[PILED * ABREAST]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Room room = softmax_room(few, n, width, False, like)
    cdef Py_ssize_t done = 0, m
    cdef bint near = lines_begin_near(<const real*>arrays[1], steps[1] // <Py_ssize_t>sizeof(real), n, width, False)
    at_steps[0], at_steps[1], at_steps[2] = steps[0], steps[2], steps[2]
    while done < width:
        m = exponentials_of_portion(arrays, steps, done, n, width, False, False, &near, &room, high, low, at)
        lines_log_gradient(at, at_steps, n, m, False, &room, high, low, like)
        done += m
    free(room.memory)


# The same from the saved output in the place of x.

cdef inline Py_ssize_t at_portion(char** arrays, Py_ssize_t done, Py_ssize_t width, const Room* room, Py_ssize_t size,
                                  char** at) noexcept nogil:
    cdef int k
    for k in range(3):
        at[k] = arrays[k] + done * size
    return min(<Py_ssize_t>WIDTH if room.memory == NULL else room.rows, width - done)


cdef inline void gradient_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint negative,
                                const real* like) noexcept nogil:
    cdef double few[LANES * ABREAST]
    cdef char* at[3]
    cdef Room room = room_for(few, width, LANES, whole_lines(n, width, like))
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = at_portion(arrays, done, width, &room, sizeof(real), at)
        lines_gradient(at, steps, n, m, negative, &room, NULL, NULL, like)
        done += m
    free(room.memory)


cdef inline void log_gradient_table(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                    const real* like) noexcept nogil:
    cdef double few[LANES * ABREAST]
    cdef char* at[3]
    cdef Room room = room_for(few, width, LANES, whole_lines(n, width, like))
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = at_portion(arrays, done, width, &room, sizeof(real), at)
        lines_log_gradient(at, steps, n, m, True, &room, NULL, NULL, like)
        done += m
    free(room.memory)
