"""The call of an activation, as short as it can be: f(x) goes to a ufunc with nothing in between."""


cdef class Call:
    """Base of `Activation`: holds what f(x) means when nothing else is given.

    Attributes
    ----------
    fast : callable or None
        Called with the input alone when the call has no other argument.
    """

    cdef object _fast

    @property
    def fast(self):
        return self._fast

    @fast.setter
    def fast(self, value):
        self._fast = value

    def __call__(self, x, /, *args, **kwargs):
        if self._fast is not None and not args and not kwargs:
            try:
                return self._fast(x)
            except TypeError as error:
                raise self._explained(error, x) from None
        return self._general(x, *args, **kwargs)
