"""What the installed distributions offer under the entry-point group ``activations``, and the loading of it.

Nothing is read before it is asked for. No lock is held while a plugin's code runs: the import system already
sees to it that a module is imported once, and a hanging import must not stop anybody who wants another name.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from activations._locks import Guard
from activations.errors import PluginError

GROUP = "activations"
OWN = "numpy-activations"
_UNKNOWN_VERSION = "(unknown version)"


class Entry(NamedTuple):
    """One line of a distribution's entry points."""

    distribution: str
    version: str
    name: str
    value: str

    @property
    def spelling(self) -> str:
        """The name that picks this entry, whoever else claims the bare one."""
        return f"{self.distribution}:{self.name}"

    @property
    def origin(self) -> str:
        """The distribution and its version."""
        return f"{self.distribution} {self.version}"


class Plugin(NamedTuple):
    """One entry of an installed plugin, as `activations.registry.plugins` reports it.

    Attributes
    ----------
    name : str
        As its distribution spells it.
    distribution, version : str
    value : str
        Where it lives, ``module:object``.
    status : {"not loaded", "loaded", "broken", "shadowed", "conflict"}
    reason : str
        Why it is broken, or why its bare name does not reach it.
    """

    name: str
    distribution: str
    version: str
    value: str
    status: str
    reason: str


class _Call:
    """A plugin's factory at work: which thread runs it, and what came of it for the threads that wait."""

    def __init__(self, thread: int):
        self.thread = thread
        self.finished = threading.Event()
        self.error: BaseException | None = None


_reading = Guard()  # held while metadata is read
_own: dict[str, Entry] | None = None
_installed: dict[str, tuple[Entry, ...]] | None = None

_tables = Guard()  # guards the four tables below, for moments only
_loaded: dict[Entry, object] = {}
_failures: dict[Entry, str] = {}
_calls: dict[Entry, _Call] = {}
_waiting: dict[int, _Call] = {}


def key(name: str) -> str:
    """What is left of an activation's name for comparison: case, hyphens and underscores don't count."""
    return name.replace("_", "").replace("-", "").casefold()


def _canonical(distribution: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def is_ours(distribution: str) -> bool:
    """Whether a spelling names our own distribution."""
    return _canonical(distribution) == OWN


# Reading


def own() -> Mapping[str, Entry]:
    """Our own distribution's entries by name: where the built-ins come from."""
    global _own
    with _reading.lock:
        if _own is None:
            from importlib.metadata import PackageNotFoundError, distribution

            try:
                ours = distribution(OWN)
            except PackageNotFoundError:
                raise PluginError(
                    f"the installation record of {OWN}, through which names are resolved, is missing: "
                    "run `pip install -e .` in the source directory"
                ) from None
            _own = {entry.name: entry for entry in _entries(ours)}
        return _own


def installed() -> Mapping[str, tuple[Entry, ...]]:
    """Every other distribution's entries by `key` of their name, in an order of their own."""
    global _installed
    with _reading.lock:
        if _installed is None:
            found = {entry for entry in _scan() if not disabled(entry)} if not all_disabled() else set()
            table: dict[str, tuple[Entry, ...]] = {}
            for entry in sorted(found):
                table[key(entry.name)] = (*table.get(key(entry.name), ()), entry)
            with _tables.lock:
                for entry in [*_loaded, *_failures]:
                    if entry not in found and not is_ours(entry.distribution):
                        _loaded.pop(entry, None)
                        _failures.pop(entry, None)
            _installed = table
        return _installed


def offers(distribution: str) -> tuple[Entry, ...]:
    """What one distribution offers, ours included."""
    if is_ours(distribution):
        return tuple(own().values())
    wanted = _canonical(distribution)
    return tuple(e for claims in installed().values() for e in claims if _canonical(e.distribution) == wanted)


def turned_off() -> set[str]:
    """The words of ACTIVATIONS_DISABLE_PLUGINS: what it turns off, or 1 for all."""
    return {word.strip() for word in os.environ.get("ACTIVATIONS_DISABLE_PLUGINS", "").split(",")} - {"", "0"}


def all_disabled() -> bool:
    """Whether ACTIVATIONS_DISABLE_PLUGINS=1 turns every plugin off: then no metadata is read at all."""
    return "1" in turned_off()


def disabled(entry: Entry) -> bool:
    """Whether ACTIVATIONS_DISABLE_PLUGINS names an entry, its distribution, or both, ``distribution:name``.

    Whatever spelling `activations.get` takes turns it off, too.
    """
    both = _canonical(entry.distribution), key(entry.name)
    for word in turned_off():
        distribution, _, name = word.partition(":")
        if key(word) == both[1] or _canonical(word) == both[0] or (_canonical(distribution), key(name)) == both:
            return True
    return False


def forget() -> None:
    """Forget what was read, so that the next look-up sees what has been installed or removed since."""
    global _own, _installed
    from importlib import invalidate_caches

    with _reading.lock:
        _own = _installed = None
        invalidate_caches()


def _scan() -> set[Entry]:
    from importlib.metadata import PackageNotFoundError, distribution, distributions

    found, seen = set(), {OWN}
    for candidate in distributions():
        if not _mentions_group(candidate):
            continue
        name = _name_and_version(candidate)[0]
        if _canonical(name) in seen:
            continue
        seen.add(_canonical(name))
        # Of two copies on sys.path the first counts, even where it offers nothing.
        with suppress(PackageNotFoundError, ValueError):
            candidate = distribution(name)
        if _mentions_group(candidate):
            found.update(_entries(candidate))
    return found


def _mentions_group(distribution) -> bool:
    """Whether parsing a distribution's entry points is worth the while."""
    try:
        return GROUP in (distribution.read_text("entry_points.txt") or "")
    except Exception:  # a foreign distribution's unreadable record is none of our business
        return False


def _entries(distribution) -> list[Entry]:
    name, version = _name_and_version(distribution)
    try:
        points = [point for point in distribution.entry_points if point.group == GROUP]
    except Exception as error:
        entry = Entry(name, version, "", "")
        _failures[entry] = f"its entry_points.txt cannot be read: {_in_words(error)}"
        return [entry]
    return [Entry(name, version, point.name, point.value) for point in points]


def _name_and_version(distribution) -> tuple[str, str]:
    try:
        name, version = distribution.metadata.get("Name"), distribution.metadata.get("Version")
    except Exception:  # no METADATA at all: its directory's name, name-version.dist-info, has to do
        name = version = None
    if not name:
        name, _, version = getattr(getattr(distribution, "_path", None), "stem", "unknown").partition("-")
    return name, version or _UNKNOWN_VERSION


# Loading


def loaded() -> dict[Entry, object]:
    """The entries loaded so far and their activations."""
    with _tables.lock:
        return dict(_loaded)


def failure(entry: Entry) -> str | None:
    """Why the last attempt to load an entry failed; None if it did not."""
    return _failures.get(entry)


def load(entry: Entry):
    """The activation behind an entry, the same object each time; a failure is tried again at the next call.

    Raises
    ------
    PluginError
        Whatever went wrong, with the distribution and the entry point named, chained from the cause.
    """
    made = _loaded.get(entry)
    if made is None:
        try:
            made = _load(entry)
        except (Exception, SystemExit) as error:
            reason = _in_words(error)
            with _tables.lock:
                _failures[entry] = reason
            raise PluginError(
                f"activation {entry.name!r} of {entry.origin} (entry point {entry.name} = {entry.value}) "
                f"cannot be loaded: {reason}{_cure(entry, error)}"
            ) from error
    return made


def _load(entry: Entry):
    from importlib.metadata import EntryPoint

    from activations.activation import Activation

    if not EntryPoint.pattern.match(entry.value):
        raise ValueError(f"{entry.value!r} is not of the form module:object")
    made = EntryPoint(entry.name, entry.value, GROUP).load()
    if not isinstance(made, Activation) and callable(made):
        return _call_once(entry, made)
    return _keep(entry, _chosen(entry, made))


def _chosen(entry: Entry, made):
    """What an entry gives: an activation, or of an iterable of them the one that the entry is named after."""
    from activations.activation import Activation

    if isinstance(made, Activation):
        return made
    if isinstance(made, (str, bytes)) or not isinstance(made, Iterable):
        raise _wrong_type(made)
    every = list(made)
    for each in every:
        if not isinstance(each, Activation):
            raise _wrong_type(each)
    for each in every:
        if key(entry.name) in map(key, (each.name, *each.aliases)):
            return each
    raise LookupError(
        f"it gives {', '.join(each.name for each in every) or 'nothing'}, and nothing named {entry.name!r}"
    )


def _keep(entry: Entry, made):
    with _tables.lock:
        if made.origin is None:
            made._origin = entry.origin
        _failures.pop(entry, None)
        return _loaded.setdefault(entry, made)


def _call_once(entry: Entry, factory: Callable[[], object]):
    """Call a plugin's factory, in one thread of all that want its activation."""
    thread = threading.get_ident()
    while True:
        with _tables.lock:
            if entry in _loaded:
                return _loaded[entry]
            call = _calls.get(entry)
            if call is None:
                call = _calls[entry] = _Call(thread)
                break
            _refuse_circle(call, thread)
            _waiting[thread] = call
        try:
            call.finished.wait()
        finally:
            with _tables.lock:
                del _waiting[thread]
        if call.error is not None:
            raise call.error
    try:
        made = _chosen(entry, factory())
    except (Exception, SystemExit) as error:
        call.error = error
        raise
    else:
        return _keep(entry, made)
    finally:
        with _tables.lock:
            del _calls[entry]
        call.finished.set()


def _forget_calls() -> None:
    """In a forked child: the factories that other threads were calling will not end."""
    thread = threading.get_ident()
    for entry in [entry for entry, call in _calls.items() if call.thread != thread]:
        del _calls[entry]
    for other in _waiting.keys() - {thread}:
        del _waiting[other]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_calls)


def _refuse_circle(call: _Call, thread: int) -> None:
    """Raise rather than wait for a call that, through others, waits for this thread."""
    while call.thread != thread:
        if call.thread not in _waiting:
            return
        call = _waiting[call.thread]
    raise RuntimeError("it needs itself while it is being made")


def _wrong_type(made: object) -> TypeError:
    return TypeError(
        f"it gives an object of type {type(made).__name__!r}, "
        "not an Activation, an iterable of them, or a callable without arguments that returns one"
    )


def _cure(entry: Entry, error: BaseException) -> str:
    """What to do about a failure that does not say so itself."""
    if isinstance(error, PluginError):
        return ""
    if not is_ours(entry.distribution):
        return "; repair, update or uninstall it"
    from importlib.machinery import EXTENSION_SUFFIXES

    stem = os.path.join(os.path.dirname(__file__), "kernels", "core")
    if any(os.path.exists(stem + suffix) for suffix in EXTENSION_SUFFIXES):
        return "; reinstall it"
    return "; these are sources that were not compiled: leave their directory, or run `pip install -e .` in it"


def _in_words(error: BaseException) -> str:
    """Type and message on one line; the message alone of an error of ours, which says all there is to say."""
    kind = "" if isinstance(error, PluginError) else f"{type(error).__name__}: "
    try:
        text = str(error)
    except Exception:  # a plugin's own class of errors may be broken as well
        text = ""
    return " ".join(f"{kind}{text}".split()).removesuffix(":")
