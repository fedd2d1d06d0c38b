"""What the driver, the kernels and the maker of ufuncs agree on."""

cdef extern from "machine.h" nogil:
    const int ACT_INTERFACE       # the version of all this that plugins are compiled against

cdef enum:
    MOST_ARRAYS = 10      # operands and results of one loop
    MOST_RESULTS = 2      # results of an elementwise loop
    LANES = 16            # kernels get a multiple of this many elements, so that no loop has a remainder
    STREAMED = 512        # bytes that go past the caches at a time
    BLOCK = 512           # elements gathered or converted at a time: stays in the first-level cache

# An elementwise kernel: contiguous arrays (operands, then the results), their length, bound parameter values.
ctypedef void (*kernel_t)(char** arrays, Py_ssize_t n, const void* values) noexcept nogil

# A folding kernel: every array holds `rows` contiguous rows, of `columns` elements where it has the folded axis. Bound
# parameter values come in double whatever the elements are. `like` only carries the element type and is NULL.
ctypedef void (*fold_t)(
    char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values, const void* like
) noexcept nogil

# The same where the folded axis is not the last and its neighbours are contiguous: `columns` lines of `width` elements,
# an array's lines `steps` bytes apart; arrays without the axis hold one line.
ctypedef void (*beside_t)(
    char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps, const double* values, const void* like
) noexcept nogil

# The same for tables without gaps, one after another: what is short along the folded axis has many of them.
ctypedef void (*stack_t)(
    char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width, const double* values, const void* like
) noexcept nogil

# The driver's loop over such tables; `fold` is a Fold.
ctypedef void (*tables_t)(
    char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width, void* fold
) noexcept nogil

# The driver's loop over rows, each contiguous: `steps` are the bytes from a row to the next one, `loop` is a Loop.
ctypedef void (*rows_t)(
    char** arrays, Py_ssize_t rows, Py_ssize_t columns, const Py_ssize_t* steps, const void* loop
) noexcept nogil

# What a loop takes for each byte of operands and results, the least of its first calls of some length: threads are worth
# their start from a certain time on, which a cheap loop reaches with larger arrays than a dear one.
cdef struct Cost:
    double each           # nanoseconds
    int calls             # how many were timed

# What a ufunc's data pointer leads to.
cdef struct Loop:
    kernel_t kernel
    kernel_t halves       # over whole tiles of float16; NULL where there is none
    rows_t rows
    rows_t biased         # of arrays x or dy, x; bias (one row); out; NULL where there are other operands or results
    const void* values
    int arrays            # operands and results
    int inputs            # operands
    int itemsize
    Cost cost

cdef struct Fold:
    fold_t kernel
    beside_t beside               # NULL where there is none
    stack_t stacked               # NULL where there is none
    tables_t tables
    Py_ssize_t narrow             # rows of fewer elements are turned into columns and given to `beside`
    const double* values
    int arrays
    int inputs
    int core[MOST_ARRAYS]         # whether the array has the folded axis
    int itemsize[MOST_ARRAYS]     # as the caller sees it
    int half[MOST_ARRAYS]         # whether the caller's float16 becomes the kernel's float32
    bint over                     # whether it has read a row of the last operand before it writes one there
    Cost cost

cdef struct Settings:
    int threads                   # the most threads to use; 0: as many as OpenMP offers and the container may use
    int quota                     # processors that the container may use; 0: no bound
    double parallel_ns            # work of less time on one thread stays on one
    Py_ssize_t stream_bytes       # results bypass the caches from so many bytes on, operands among them,
    double stream_ns              # unless a loop takes more nanoseconds for each

cdef Settings settings

# A chunk of a call that threads share.
ctypedef void (*task_t)(void* work, Py_ssize_t chunk) noexcept nogil

cdef int allowed_threads() noexcept nogil
cdef bint helper_at_hand(double expected) noexcept nogil
cdef void say_fresh(bint fresh) noexcept nogil
cdef bint writes_fresh() noexcept nogil
cdef void share(int threads, Py_ssize_t chunks, task_t task, void* work, double expected) noexcept nogil
