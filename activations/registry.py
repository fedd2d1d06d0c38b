"""Activations by name: the built-ins, what installed plugins offer, and what was registered at run time.

Everybody's activations come through one entry-point group, ``activations``. A built-in's name resolves
through our own distribution's entries alone; the first other name reads every distribution's metadata, once.
Only the module that an activation lives in is imported, and only when its name is asked for.

A name is looked up among the built-ins (names and aliases), the activations registered at run time, the names
of installed plugins, and last the aliases of plugins already loaded. Every name is an attribute of this
module too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from activations import _plugins
from activations._locks import Guard
from activations._plugins import OWN, Entry, Plugin, key
from activations.errors import PluginError, UnknownActivationError

if TYPE_CHECKING:
    from activations.activation import Activation

__all__ = ["Plugin", "aliases", "get", "names", "plugins", "refresh", "register", "unregister"]

# How to see every name; the command line says it in its own words.
LISTING = "activations.names() lists them all"

_guard = Guard()  # held while _registered changes
_registered: dict[str, object] = {}  # by key of its name and of each alias, what was registered at run time
_builtin: dict[str, object] = {}  # by key, the built-ins loaded so far, with the parameters of an alias bound


# Look-up


def get(spec: str | Mapping[str, Any] | Activation | None, /, **parameters: Any) -> Activation:
    """The activation that `spec` describes, with parameters bound.

    Parameters
    ----------
    spec : str, mapping, Activation or None
        A name or alias in any spelling (case, hyphens and underscores don't count); ``"distribution:name"``
        for what one distribution offers; a config such as ``{"name": "leaky_relu", "negative_slope": 0.2}``;
        an activation, which passes through; None, which is the identity.
    **parameters
        Parameters to bind. They win over those of a config or of an alias.

    Returns
    -------
    Activation

    Raises
    ------
    UnknownActivationError
        If there is no such name. The message lists close ones.
    PluginError
        If the plugin that offers the name cannot be loaded, or if two offer it.
    TypeError
        If `spec` is nothing of the kind, or the activation has no such parameter.
    ValueError
        If a config has no name, or a parameter is out of range.

    Examples
    --------
    >>> from activations import get
    >>> get("LeakyReLU", negative_slope=0.2)
    leaky_relu(negative_slope=0.2)
    >>> get({"name": "leaky_relu", "negative_slope": 0.2}) == get("keras.leaky_relu")
    True
    """
    if isinstance(spec, str):
        found = _lookup(spec)
    elif spec is None:
        found = _lookup("identity")
    elif isinstance(spec, Mapping):
        name, bound = _read_config(spec)
        found, parameters = _lookup(name), {**bound, **parameters}
    else:
        from activations.activation import Activation

        if not isinstance(spec, Activation):
            raise TypeError(_not_a_spec(spec))
        found = spec
    return found.bind(**parameters) if parameters else found


def _read_config(config: Mapping) -> tuple[str, dict]:
    bound = dict(config)
    if "name" not in bound:
        cure = ""
        if "class_name" in bound:  # Keras' form, which holds much that is no parameter
            cure = f": write {{'name': {bound['class_name']!r}}}, with the parameters of 'config' beside the name"
        held = _listed(map(repr, bound))
        raise ValueError(f"a config needs a 'name', as in {{'name': 'relu'}}; this one has {held}{cure}")
    for word in (bound["name"], *bound):
        if not isinstance(word, str):
            raise TypeError(f"in a config the name and every parameter's name are strings, not {word!r}")
    return bound.pop("name"), bound


def _not_a_spec(spec: object) -> str:
    wanted = "get() takes a name, a config such as {'name': 'relu'}, an Activation or None"
    if callable(spec):
        called = getattr(spec, "__name__", type(spec).__name__)  # a function's, or of PyTorch's modules the class's
        named = f" take the activation of its name, get({called!r}), or" if key(called) in _spellings() else ""
        return f"{wanted}, not a bare callable;{named} wrap it: Activation({called!r}, forward, derivative=...)"
    return f"{wanted}, not {type(spec).__name__!r}"


def _lookup(name: str):
    wanted = key(name)
    if wanted in _builtin:
        return _builtin[wanted]
    if wanted in _spellings():
        return _load_builtin(wanted)
    if name.lstrip().startswith("{"):
        raise UnknownActivationError(f"{name!r} is a config as text: read it first, as in get(json.loads(text))")
    if ":" in name:
        return _lookup_qualified(name)
    if (found := _registered.get(wanted)) is not None:
        return found
    if claims := _plugins.installed().get(wanted):
        return _plugins.load(_only(name, claims))
    if claims := _loaded_aliases().get(wanted):
        found = _plugins.load(_only(name, claims))
        readings = {key(alias): bound for alias, bound in found._declaration.dotted.items()}
        return found.bind(**readings.get(wanted, {}))
    if printed := _printed(name):
        raise UnknownActivationError(printed)
    raise _unknown(name, [*aliases(), *names()])


def _printed(name: str) -> str:
    """What to write for an activation, or a module of PyTorch's, as it prints; nothing for what is not like that."""
    head, bracket, inside = name.strip().removesuffix(")").partition("(")
    known = key(head) in _spellings() or key(head) in _registered or key(head) in _plugins.installed()
    if not bracket or not known:
        return ""
    cure = f"get({head!r}, {inside})" if "=" in inside else f"get({head!r})"
    beside = ", and parameters by their names" if inside and "=" not in inside else ""
    return f"{name!r} is how an activation prints, and no name: write {cure}{beside}"


@cache
def _spellings() -> Mapping[str, tuple[str, Mapping[str, object]]]:
    """The built-ins' names and aliases by key, each with its canonical name and the parameters it brings."""
    from activations.catalogue import aliases, names

    table = {key(alias): meaning for alias, meaning in aliases().items()}
    table.update((key(name), (name, {})) for name in names())
    return table


def _load_builtin(wanted: str):
    name, bound = _spellings()[wanted]
    entry = _plugins.own().get(name)
    if entry is None:
        raise PluginError(
            f"{name!r} is a built-in, but the installed record of {OWN} is older than the code and does not "
            "list it: reinstall (in the source directory: `pip install -e .`)"
        )
    found = _plugins.load(entry)
    return _builtin.setdefault(wanted, found.bind(**bound) if bound else found)


def _lookup_qualified(name: str):
    distribution, _, bare = name.partition(":")
    if _plugins.is_ours(distribution) and key(bare) in _spellings():
        return _lookup(bare)
    entries = _plugins.offers(distribution)
    if not entries:
        offering = _listed({OWN, *(e.distribution for e in _installed_entries())})
        raise UnknownActivationError(
            f"no activation is named {name!r}: no installed distribution {distribution!r} offers any; "
            f"those that do are {offering}{_turned_off()}"
        )
    claims = [e for e in entries if e.name == bare] or [e for e in entries if key(e.name) == key(bare)]
    if not claims:
        raise _unknown(name, (e.spelling for e in entries))
    return _plugins.load(_only(name, claims))


def _only(name: str, claims: Iterable[Entry]) -> Entry:
    """The one entry that claims a name."""
    first, *others = claims
    if others:
        every = " or ".join(f"{e.spelling!r} ({e.origin}, {e.value})" for e in (first, *others))
        raise PluginError(f"{name!r} is claimed by {len(others) + 1} plugins; write {every}")
    return first


def _unknown(name: str, known: Iterable[str]) -> UnknownActivationError:
    from difflib import get_close_matches

    from activations.providers import MEANINGS, PROVIDERS

    hint = f" {MEANINGS[key(name)]}." if key(name) in MEANINGS else _bare(name)
    if not hint:
        spelled = {key(each): each for each in known}
        close = [repr(spelled[each]) for each in get_close_matches(key(name), spelled)]
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
    if key(name) in PROVIDERS:
        cure = f"; a plugin offers it: {PROVIDERS[key(name)]}"
    else:
        cure = "; if a plugin offers it, install that plugin in this environment"
    return UnknownActivationError(f"no activation is named {name!r}.{hint} {LISTING}{_turned_off() or cure}")


def _turned_off() -> str:
    """What the environment may have to do with it that a name is not there."""
    off = ",".join(sorted(_plugins.turned_off()))
    return f"; plugins are turned off by ACTIVATIONS_DISABLE_PLUGINS={off}" if off else ""


def _bare(name: str) -> str:
    """What to write for a framework's spelling (torch.nn.SiLU) of a built-in that has no reading for that framework.

    It is not looked up in its place: whether that framework has our defaults nobody has checked.
    """
    from activations.catalogue import aliases as builtin_aliases

    _, dot, bare = name.rpartition(".")
    if not dot or key(bare) not in _spellings():
        return ""
    readings = [each for each in builtin_aliases() if key(each.rpartition(".")[2]) == key(bare) and "." in each]
    others = f"; frameworks' readings of it are {_listed(map(repr, readings))}" if readings else ""
    return f" {bare!r} is, with PyTorch's defaults where PyTorch has the function{others}."


def _installed_entries() -> Iterator[Entry]:
    return chain.from_iterable(_plugins.installed().values())


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"


def spelling(activation) -> str:
    """The name by which `get` finds an activation in another process too: qualified where the bare one is taken.

    An entry may give what is somebody else's, with other parameters. That one keeps the name that its own library gives
    it: what a process happens to have loaded must not decide whether a pickle can be read elsewhere.
    """
    from activations.catalogue import declarations

    declared, origin, name = activation._declaration, activation.origin, activation.name
    if declared is declarations().get(name):
        return name
    offered = [
        (entry.origin != origin, key(entry.name) != key(name), entry)
        for entry, made in _plugins.loaded().items()
        if made._declaration is declared and not _plugins.is_ours(entry.distribution)
    ]
    if not offered:
        return name
    entry = min(offered)[-1]
    return entry.name if _standing(entry) is None else entry.spelling


# What there is


def names(kind: str | None = None, **properties) -> list[str]:
    """The canonical names that `get` takes, sorted. No plugin is imported.

    A name that two plugins claim is not listed: `plugins` shows it, and ``"distribution:name"`` reaches both.

    Parameters
    ----------
    kind : {"ridge", "radial", "folding", "gated"}, optional
        Only activations of one kind.
    **properties
        Only activations with these properties, for example ``monotonic=True``; or with this ``parity``, ``saves`` or
        ``integers``. A property that an activation does not declare counts as False. Of several words one is enough:
        ``saturates="left"`` asks for those that do so there, whatever they do on the right.

    Returns
    -------
    list of str
        With `kind` or `properties`, plugins that are not loaded yet are left out: nothing is known of them.

    Examples
    --------
    >>> import activations
    >>> "relu" in activations.names()
    True
    >>> "maxout" in activations.names(kind="folding", monotonic=True)
    True
    >>> "relu" in activations.names(saturates="left")
    True
    """
    from activations.catalogue import declarations
    from activations.declaration import KINDS

    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(map(repr, KINDS))}")
    known = {name: (f.kind, f._declaration.searchable(f.parameters)) for name, f in _loaded_by_name().items()}
    known |= {name: (d.kind, d.searchable()) for name, d in declarations().items()}
    if kind is None and not properties:
        return sorted({*known, *(e.name for e in _installed_entries() if _standing(e) is None)})
    declared = {each for _, table in known.values() for each in table}
    if undeclared := properties.keys() - declared:
        unknown = _listed(map(repr, undeclared))
        raise TypeError(f"no activation declares the property {unknown}; properties are {_listed(declared)}")
    for each, wanted in properties.items():
        values = [table[each] for _, table in known.values() if each in table]
        words = [word for value in values for word in _words(value)]
        if isinstance(wanted, str) and wanted not in words:
            there = Counter(words or values)
            usual, more = _listed(repr(value) for value, _ in there.most_common(6)), ", ..." * (len(there) > 6)
            raise ValueError(f"no activation has {each}={wanted!r}; there are {usual}{more}")
    return sorted(
        name
        for name, (own, table) in known.items()
        if kind in (None, own) and all(_has(table, each, wanted) for each, wanted in properties.items())
    )


def _has(properties: Mapping[str, object], name: str, wanted: object) -> bool:
    if isinstance(wanted, str):
        return wanted in _words(properties.get(name))
    return properties[name] == wanted if name in properties else wanted is False


def _words(value: object) -> tuple[str, ...]:
    """The words among what an activation declares."""
    return tuple(each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, str))


def aliases() -> dict[str, str]:
    """Every alias and the canonical name that it stands for.

    Aliases of plugins are known once the plugin is loaded. A dotted alias is a framework's reading of a name
    and brings that framework's parameters along.

    Examples
    --------
    >>> import activations
    >>> activations.aliases()["logistic"]
    'sigmoid'
    """
    from activations.catalogue import aliases as builtin_aliases

    table = {}
    for wanted, meanings in _loaded_aliases().items():
        if len(meanings) == 1 and not (wanted in _registered or wanted in _plugins.installed()):
            ((entry, alias),) = meanings.items()
            table[alias] = entry.name if _standing(entry) is None else entry.spelling
    for wanted, activation in _registered.copy().items():
        table.update((alias, activation.name) for alias in activation.aliases if key(alias) == wanted)
    table.update((alias, name) for alias, (name, _) in builtin_aliases().items())
    return dict(sorted(table.items()))


def plugins(*, load: bool = False) -> list[Plugin]:
    """What the installed plugins offer, and how each entry stands.

    Parameters
    ----------
    load : bool
        Try to load each one, to find those that are broken. Otherwise nothing is imported.

    Returns
    -------
    list of Plugin
        Sorted by name. "shadowed" and "conflict" are those that only ``"distribution:name"`` reaches.

    Examples
    --------
    >>> from activations.registry import plugins
    >>> broken = [plugin for plugin in plugins() if plugin.status == "broken"]
    """
    return sorted(_report(entry, load) for entry in _installed_entries())


def _report(entry: Entry, load: bool) -> Plugin:
    if load and entry.name:
        with suppress(PluginError):
            _plugins.load(entry)
    broken = _plugins.failure(entry)
    if broken is not None:
        status, reason = "broken", broken
    else:
        status, reason = _standing(entry) or ("loaded" if entry in _plugins.loaded() else "not loaded", "")
    return Plugin(entry.name, entry.distribution, entry.version, entry.value, status, reason)


def _standing(entry: Entry) -> tuple[str, str] | None:
    """Why a plugin's bare name does not reach it, as status and reason; None if it does."""
    wanted = key(entry.name)
    cure = f"get({entry.spelling!r}) reaches this one"
    if wanted in _spellings():
        return "shadowed", f"{_as_builtin(entry.name)}; {cure}"
    if wanted in _registered:
        return "shadowed", f"{entry.name!r} was registered at run time; {cure}"
    if not wanted or ":" in entry.name:
        return "shadowed", f"{entry.name!r} cannot stand alone; {cure}"
    if rivals := [e.spelling for e in _plugins.installed().get(wanted, ()) if e != entry]:
        return "conflict", f"{_listed(rivals)} has the same name; {cure}"
    return None


def _loaded_by_name() -> dict[str, object]:
    """Activations at hand without an import: loaded plugins' and those registered at run time."""
    found = {e.name: f for e, f in _loaded_plugins() if _standing(e) is None}
    found.update((f.name, f) for f in _registered.copy().values())
    return found


def _loaded_plugins() -> list[tuple[Entry, object]]:
    loaded = _plugins.loaded()
    return [(entry, loaded[entry]) for entry in _installed_entries() if entry in loaded]


def _loaded_aliases() -> dict[str, dict[Entry, str]]:
    """By key, the further names that loaded plugins' activations give themselves, and how each is spelled."""
    table: dict[str, dict[Entry, str]] = {}
    for entry, activation in _loaded_plugins():
        for alias in (activation.name, *activation.aliases, *activation._declaration.dotted):
            if key(alias) != key(entry.name) and key(alias) not in _spellings() and ":" not in alias:
                table.setdefault(key(alias), {})[entry] = alias
    return table


# Changing it


def register(activation: Activation, /, *, replace: bool = False) -> Activation:
    """Make an activation known by its name and aliases, in this process.

    Installed plugins need no registering. Another process, and a pickle loaded there, knows the name only
    after it has registered it too.

    Parameters
    ----------
    activation : Activation
    replace : bool
        Whether it may take names over from activations registered before. Built-ins' and installed plugins'
        names are never given away.

    Returns
    -------
    Activation
        The same one.

    Examples
    --------
    >>> import activations
    >>> import numpy as np
    >>> negate = activations.Activation("negate", np.negative, derivative=lambda x: -np.ones_like(x))
    >>> activations.register(negate) is activations.get("Negate")
    True
    >>> activations.unregister("negate")
    """
    from activations.activation import Activation

    if not isinstance(activation, Activation):
        given = type(activation).__name__
        raise TypeError(f"register() takes an Activation, not {given!r}; make one: Activation(name, forward)")
    keys = {key(name): name for name in (activation.name, *activation.aliases)}
    for wanted, name in keys.items():
        _refuse_taken(wanted, name)
    with _guard.lock:
        held = {name: _registered[wanted] for wanted, name in keys.items() if wanted in _registered}
        if held and not replace:
            name, holder = next(iter(held.items()))
            raise ValueError(
                f"{name!r} is registered already, by {holder.name!r}; register(..., replace=True) takes it "
                f"over, unregister({holder.name!r}) frees it"
            )
        for holder in held.values():
            if key(holder.name) in keys:
                _forget(holder)
        _registered.update(dict.fromkeys(keys, activation))
    return activation


def _refuse_taken(wanted: str, name: str) -> None:
    """Raise if a name is not free to be registered."""
    if not wanted or ":" in name:
        raise ValueError(f"{name!r} cannot be looked up: a name has a letter or digit, and no colon")
    if wanted in _spellings():
        raise ValueError(f"{_as_builtin(name)} and keeps its name; register under another one")
    if holders := _plugins.installed().get(wanted):
        offering = _listed(e.origin for e in holders)
        raise ValueError(f"{name!r} is offered by the installed {offering}; register under another name")


def unregister(name: str, /) -> None:
    """Forget the activation that was registered at run time under `name`, with all its names.

    Parameters
    ----------
    name : str
        Its name or an alias.

    Raises
    ------
    ValueError
        If the name or alias is a built-in's, or belongs to an installed plugin.
    UnknownActivationError
        If nothing is registered under the name.
    """
    if not isinstance(name, str):
        raise TypeError(f"unregister() takes a name, not {type(name).__name__!r}")
    wanted = key(name)
    if wanted in _spellings():
        raise ValueError(f"{_as_builtin(name)} and cannot be unregistered")
    with _guard.lock:
        if wanted in _registered:
            _forget(_registered[wanted])
            return
    if holders := _plugins.installed().get(wanted):
        raise ValueError(
            f"{name!r} is offered by the installed {_listed(e.origin for e in holders)}; to be rid of it, "
            f"pip uninstall {' '.join(e.distribution for e in holders)}"
        )
    raise _unknown(name, [f.name for f in _registered.copy().values()])


def _forget(activation: object) -> None:
    for each in [each for each, held in _registered.items() if held is activation]:
        del _registered[each]


def _as_builtin(name: str) -> str:
    canonical = _spellings()[key(name)][0]
    what = "a built-in" if key(name) == key(canonical) else f"an alias of the built-in {canonical!r}"
    return f"{name!r} is {what}"


def refresh() -> None:
    """Forget which plugins are installed, so that the next look-up sees those installed or removed since.

    Activations already loaded stay the same objects as long as their distribution is installed.
    """
    _plugins.forget()


# Every name as an attribute, of the package too


def __getattr__(name: str):
    """The activation of that name, unless it is a submodule's: a plugin never stands between users and those."""
    if name.startswith("_") or not name.isidentifier():
        raise AttributeError(f"activations has no attribute {name!r}", name=name)
    found = _builtin.get(key(name))
    if found is not None:
        return found
    if _is_submodule(name):
        raise AttributeError(f"submodule {name!r} is not imported yet: import activations.{name}", name=name)
    try:
        return _lookup(name)
    except UnknownActivationError as error:
        raise AttributeError(f"activations has no attribute {name!r}: {error}", name=name) from None
    except PluginError as error:
        if _import_asks():
            raise
        raise AttributeError(f"activations has no attribute {name!r}: {error}", name=name) from error


def _import_asks() -> bool:
    """Whether an attribute is asked for by ``from activations import name`` in Python code.

    hasattr, inspect.getmembers and completion go on after an AttributeError and after no other. An import statement
    drops an AttributeError with all its words, so it alone gets the PluginError, which is an ImportError. Of a package
    it first asks through importlib, of a module by an instruction of its own.
    """
    from importlib import _bootstrap
    from opcode import opmap

    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in (__package__, __name__):
        frame = frame.f_back
    if frame is None:
        return False
    if frame.f_globals is vars(_bootstrap):
        return True
    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and code[frame.f_lasti] == opmap.get("IMPORT_FROM")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in names() if name.isidentifier())})


def _is_submodule(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(f"{__package__}.{name}") is not None
