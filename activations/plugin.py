"""What a plugin in Cython is made of: its declarations, and `compiled`, which makes activations of them.

The vocabulary of its formulas is ``plugin.pxd`` (``from activations.plugin cimport exp, real``), and
`activations.build.plugin` compiles them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec

from activations.declaration import Declaration, Parameter, Properties
from activations.errors import PluginError

__all__ = ["Declaration", "Parameter", "Properties", "compiled"]


def compiled(package: str, declarations: Iterable[Declaration]) -> tuple:
    """The activations over the kernels that `activations.build.plugin` has compiled for a package.

    Parameters
    ----------
    package : str
        The plugin's package, in which the kernels are.
    declarations : iterable of Declaration
        Those that the kernels were compiled from.

    Returns
    -------
    tuple of Activation
        One for each declaration.

    Raises
    ------
    PluginError
        If the kernels are not compiled, or not for this version of the library, or from other declarations. The
        message says how to compile them again.
    """
    from activations.elementwise import Elementwise
    from activations.ufuncs import Library

    declared = {each.name: each for each in declarations}
    loops = _loops(package, declared)
    library = Library(lambda: declared, lambda _: loops)
    return tuple(Elementwise(each, None, library) for each in declared.values())


def _loops(package: str, declared: Mapping[str, Declaration]) -> dict:
    """The loops of the best level that the plugin was compiled for, after all that may be wrong with them."""
    from activations import __version__
    from activations.kernels import core
    from activations.loop_source import passes
    from activations.runtime import LEVEL, LEVELS

    usable = LEVELS[: LEVELS.index(LEVEL) + 1]
    name = next(
        (f"{package}._loops_{level}" for level in reversed(usable) if find_spec(f"{package}._loops_{level}")), None
    )
    if name is None:
        where = import_module(package).__file__
        raise PluginError(f"{package} ({where}) has no compiled kernels for {LEVEL} or below: {_cure(package)}")
    try:
        module = import_module(name)
    except ImportError as error:
        raise PluginError(f"the kernels of {package} cannot be loaded ({error}): {_cure(package)}") from error
    built = getattr(module, "INTERFACE", None)
    if built != core.INTERFACE:
        newer = "update numpy-activations, or " if isinstance(built, int) and built > core.INTERFACE else ""
        raise PluginError(
            f"the kernels of {package} were compiled for version {built} of the interface for plugins, and "
            f"numpy-activations {__version__} has version {core.INTERFACE}: {newer}{_cure(package)}"
        )
    for each in declared.values():
        for stem in filter(None, (*each.stems, each.special)):
            wanted = tuple(p.name for p in each.operands_of(stem))
            found = module.PARAMETERS.get(stem)
            if found != wanted:
                raise PluginError(
                    f"the kernels of {package} know {stem} with the parameters {found}, and its declaration has "
                    f"{wanted}: {_cure(package)}"
                )
        for stem in each.stems:
            listed = passes(declared.get(stem, each), stem)
            if missing := ", ".join(label for label in listed if (stem, label) not in module.LOOPS):
                raise PluginError(
                    f"the kernels of {package} are older than the declaration of {each.name}, and know no {missing} of "
                    f"{stem}: {_cure(package)}"
                )
    return module.LOOPS


def _cure(package: str) -> str:
    """What to type; a package is often spelled otherwise than the distribution that it comes from."""
    from importlib.metadata import packages_distributions

    top = package.partition(".")[0]
    name = next(iter(packages_distributions().get(top, ())), top.replace("_", "-"))
    if (source := _source(name)) is not None:
        return f"rebuild it with `pip install --no-build-isolation {source}`"
    return f"rebuild it with `pip install --force-reinstall --no-deps --no-cache-dir --no-binary {name} {name}`"


def _source(name: str) -> str | None:
    """What pip is given to install a distribution from its directory again; None if it came from elsewhere."""
    import json
    import shlex
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        record = json.loads(distribution(name).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return None
    if "dir_info" not in record:
        return None
    path = shlex.quote(url2pathname(urlsplit(record["url"]).path))
    return f"-e {path}" if record["dir_info"].get("editable") else f"--force-reinstall --no-deps {path}"
