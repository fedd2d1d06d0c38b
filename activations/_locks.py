"""A lock that a forked child finds open, and that a signal's handler may take once more."""

from __future__ import annotations

import os
import threading

__all__ = ["Guard"]


class Guard:
    """A lock, ``with guard.lock: ...``, for tables that another thread may be changing while this one forks.

    The child has no other thread, and what one of them held would be held there for ever; it goes on with the tables as
    they are, to which entries are added when they are made. Reentrant, since a signal's handler runs in the middle of
    what the main thread does, which may be holding it.
    """

    def __init__(self):
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.RLock()
