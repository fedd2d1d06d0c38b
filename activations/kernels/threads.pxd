"""How many threads a call gets, whether its results go past the caches, and the floating-point flags that it leaves as it
found them."""

from activations.kernels.core cimport Cost, allowed_threads, helper_at_hand, settings, writes_fresh

cdef extern from "machine.h" nogil:
    unsigned int act_flags_save()
    void act_flags_restore(unsigned int saved)
    double act_now()              # nanoseconds

cdef enum:
    CHUNK = 64 * 1024        # bytes of result that a thread takes at a time
    TIMED = 32 * 1024        # bytes from which on a call is long enough to be timed
    LONG = 1000000           # nanoseconds that a call of unknown cost is taken to last
    UNSURE = 4096 * 1024     # bytes from which on threads are worth their start whatever a loop costs, and memory tells
    ENOUGH = 4               # calls that are timed
    BRIEF = 2                # half the work that is worth a helper's coming is worth it where one is awake


cdef inline int team(const Cost* cost, Py_ssize_t size) noexcept nogil:
    """How many threads to use for operands and results of so many bytes."""
    cdef bint known = cost.calls >= ENOUGH or settings.parallel_ns == 0
    cdef double spent = size * cost.each if known else LONG if size >= UNSURE else 0
    cdef int threads = 1
    if settings.threads != 1 and BRIEF * spent >= settings.parallel_ns:
        threads = allowed_threads()
        if threads > 1 and not helper_at_hand(spent) and spent < settings.parallel_ns:
            threads = 1
    return threads


cdef inline bint bypasses(const Cost* cost, Py_ssize_t size) noexcept nogil:
    """Whether results go past the caches, where operands and results have so many bytes: a result is not near any more when
    they do not fit together. A loop that computes longer than memory takes gains nothing, and loses its long blocks."""
    return size >= settings.stream_bytes and cost.each <= settings.stream_ns and not writes_fresh()


cdef inline double expected(const Cost* cost, Py_ssize_t size) noexcept nogil:
    """What one thread would take, in nanoseconds."""
    return size * cost.each if cost.calls >= ENOUGH and settings.parallel_ns > 0 else LONG


cdef inline double begin(const Cost* cost, Py_ssize_t size) noexcept nogil:
    """The time now, if a call on one thread is to be timed, or 0."""
    return act_now() if TIMED <= size < UNSURE and cost.calls < ENOUGH and not writes_fresh() else 0


cdef inline void end(Cost* cost, Py_ssize_t size, double start) noexcept nogil:
    """Keep what a call that began at `start` took. Threads that come here at once lose a call of theirs, no more."""
    cdef double each
    if start == 0:
        return
    each = (act_now() - start) / size
    if each > 0:
        cost.each = each if cost.calls == 0 or each < cost.each else cost.each
        cost.calls += 1
