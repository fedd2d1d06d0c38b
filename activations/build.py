"""Builds kernels: writes the loops that declarations ask for and compiles them once per ISA level.

Our own ``setup.py`` builds the built-ins with it, and a plugin's builds that plugin (`plugin`). Nothing is imported
from here at run time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext as _build_ext

from activations import plugin_source
from activations.declaration import Declaration
from activations.loop_source import loops_source, passes

__all__ = ["LEVELS", "build_ext", "extensions", "plugin"]

HERE = Path(__file__).parent
# Where what is written by the build goes, below the directory that is built.
LOOPS = Path("build", "loops")

X86_LEVELS = {
    "baseline": {"unix": [], "msvc": []},
    "v3": {
        "unix": ["-march=x86-64-v3", "-mtune=haswell"],
        "msvc": ["/arch:AVX2"],
        "optional": ["-mmove-max=256", "-mstore-max=256"],
    },
    "v4": {
        "unix": [
            "-march=x86-64-v4",
            "-mtune=icelake-server",
            "-mprefer-vector-width=512",
            "-fschedule-insns",
            "-fsched-pressure",
            "--param=sched-pressure-algorithm=2",
        ],
        "msvc": ["/arch:AVX512"],
        "optional": ["-mmove-max=512", "-mstore-max=512"],
    },
}
# Four vectors are computed before any is stored (GROUP). The compiler would write one after the other, and instructions
# that wait for the ones before fill the processor's scheduler; interleaved, long formulas take a tenth to a fifth less.
# AVX2 has too few registers for it.
#
# What is optional is left out where the compiler does not know it. Small copies go by whole vectors, like what is
# loaded from them next: a processor that finds a vector in two stores waits until both have left for the cache, which
# took half of the time of softmax over 64 columns.
OTHER_LEVELS = {"baseline": {"unix": [], "msvc": []}}
IS_X86 = (os.environ.get("ACTIVATIONS_TARGET") or os.uname().machine if hasattr(os, "uname") else "AMD64") in (
    "x86_64",
    "AMD64",
)
LEVELS = X86_LEVELS if IS_X86 else OTHER_LEVELS
if _chosen := os.environ.get("ACTIVATIONS_LEVELS", "").replace(",", " ").split():
    if unknown := ", ".join(sorted({*_chosen} - {*LEVELS})):
        raise SystemExit(f"ACTIVATIONS_LEVELS: there is no {unknown} here, only {', '.join(LEVELS)}")
    LEVELS = {level: flags for level, flags in LEVELS.items() if level in _chosen}

# Jump threading and partial redundancy elimination split clamps and selects into paths with constants of their own,
# which the vectoriser then has to compute one after the other. Patterns that are replaced by calls of memcpy would send
# what a loop keeps in registers through memory. Nothing is contracted that does not say fma, so that the loops over one
# formula all round alike. -ffast-math is not among these: NaN, infinities and signed zeros matter, and linking with it
# would flush subnormals in the whole process. A loop vectorises only if all that it calls is inlined, and the more
# loops a family has the sooner GCC would stop inlining because the module grows. Loops that are equal are not merged,
# so that each has its line in the report of vectorised loops. Two results and five operands are eleven pairs of arrays
# that a loop first looks at for overlap, one more than GCC allows unasked.
#
# -O2 with what loops need of -O3: the whole of -O3 takes half as long again and gains nothing (see EXTRA). Without
# -fpeel-loops short loops of known length would stay loops, and what they hold in memory; without -funswitch-loops a
# flag would be looked at for each element.
FLAGS = {
    "unix": [
        "-O2",
        "-ftree-vectorize",
        "-fvect-cost-model=dynamic",
        "-fpeel-loops",
        "-funswitch-loops",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-ffp-contract=off",
        "-fno-thread-jumps",
        "-fno-tree-pre",
        "-fno-tree-loop-distribute-patterns",
        "-fno-ipa-icf",
        "--param=vect-max-version-for-alias-checks=16",
        "-DKERNEL_INLINE=inline __attribute__((always_inline))",
        "-fvisibility=hidden",
        "-Wno-tautological-compare",
        "-g0",
    ],
    "msvc": ["/O2", "/fp:precise", "/DKERNEL_INLINE=__forceinline"],
}

# maxout's loops are a few shuffles long, so that counting costs a twentieth of the time. What -O3 does beyond the flags
# above makes a tenth of l2_normalize's gradient, and elsewhere nothing but code and half as much again to compile.
# tanh and sigmoid are shorter by the compiler's other way of looking at registers.
EXTRA = {"maxout": ["-funroll-loops"], "normalise": ["-O3"], "sigmoids": ["--param=sched-pressure-algorithm=1"]}

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "freethreading_compatible": True,
}


def switch(name: str) -> bool:
    """Whether a build switch (DEBUG, SANITIZE, ANNOTATE) is set: ``ACTIVATIONS_DEBUG=1``."""
    return os.environ.get(f"ACTIVATIONS_{name}", "0") not in ("", "0")


def _write(path: Path, text: str) -> str:
    """Write only what changed, so that nothing is compiled again for nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return str(path)


def extensions(
    families: dict[str, Sequence[Declaration]],
    sources: dict[str, str],
    once: dict[str, str],
    package: str = "activations.kernels",
    formulas: str = "activations.formulas",
    where: str = ".",
) -> list[Extension]:
    """The extension modules of a package's kernels at every ISA level.

    Each is translated to C once, and that C is compiled once per level, under the name that the level gives it. Nothing
    is translated before `build_ext` compiles: who only asks for metadata or makes a source distribution does not wait.

    Parameters
    ----------
    families : dict of str to sequence of Declaration
        Elementwise activations by the module (in `formulas`) that holds their formulas.
    sources : dict of str to str
        Hand-written Cython modules to be compiled at every level as well, by name.
    once : dict of str to str
        Hand-written Cython modules that are the same at every level, by name.
    package : str
        Where extension modules are put.
    formulas : str
        Where formulas are found.
    where : str
        The directory in which packages lie.

    Returns
    -------
    list of Extension
        For `setuptools.setup` and `build_ext`. Those of a level are named ``<package>.<name>_<level>``.
    """
    modules = {name: _write(LOOPS / f"{name}.pyx", Path(source).read_text()) for name, source in sources.items()}
    for family, declarations in families.items():
        modules[family] = _write(LOOPS / f"{family}.pyx", loops_source(declarations, f"{formulas}.{family}"))
    result = {
        name: [Extension(f"{package}.{name}", [str(Path(source).with_suffix(".c"))])] for name, source in once.items()
    }
    if _shares():
        result["_shared"] = [Extension(f"{package}._shared", [str(LOOPS / "_shared.c")])]
    for name in modules:
        result[name] = [Extension(f"{package}.{name}_{level}", [str(LOOPS / level / f"{name}.c")]) for level in LEVELS]
        for extension, (level, flags) in zip(result[name], LEVELS.items(), strict=True):
            extension.level_flags = flags
            extension.define_macros = [(f"PyInit_{name}", f"PyInit_{name}_{level}")]

    def prepare() -> None:
        """Translate what is not up to date."""
        for module in translate(once | modules, package, where):
            name = module.name.rpartition(".")[2]
            for extension in result[name]:
                extension.depends, extension.include_dirs = module.depends, module.include_dirs
                extension.define_macros += module.define_macros
                if name in modules:
                    text = Path(module.sources[0]).read_text()
                    _write(Path(extension.sources[0]), _independent(_inlined(text)))

    every = [extension for group in result.values() for extension in group]
    for extension in every:
        extension.prepare = prepare
    return every


def plugin(package: str, where: str = ".") -> dict[str, object]:
    """What the ``setup.py`` of a plugin in Cython gives to `setuptools.setup`.

    Parameters
    ----------
    package : str
        The plugin's package, which holds ``declarations.py``, with a sequence ``DECLARATIONS``, and ``formulas.pxd``
        with the scalar functions.
    where : str
        The directory that the package lies in, from that of ``setup.py``: ``"src"``, for instance.

    Returns
    -------
    dict
        The extension modules, one for each ISA level, the command that compiles them, and the formulas as package data.

    Raises
    ------
    SystemExit
        If one of the two files is missing, or holds no declarations of elementwise activations, or lacks a formula.

    Examples
    --------
    All of a ``setup.py``::

        from activations.build import plugin
        from setuptools import setup

        setup(**plugin("activations_smish"))
    """
    declared = plugin_source.read(package, where, passes)
    source = _write(LOOPS / "_loops.pyx", loops_source(declared, f"{package}.formulas"))
    return {
        "ext_modules": extensions({}, {"_loops": source}, {}, package, where=where),
        "cmdclass": {"build_ext": build_ext},
        "package_data": {package: ["*.pxd"]},
    }


def _inlined(text: str) -> str:
    """A translated module whose inline functions are inlined wherever they are called (see `FLAGS`).

    Conversions to whole numbers are not: they call themselves in Cython 3.1 and 3.2.
    """
    return re.sub(r"^static CYTHON_INLINE (?!.*\b__Pyx_PyLong_As_)", "static KERNEL_INLINE ", text, flags=re.MULTILINE)


def _independent(text: str) -> str:
    """A translated module whose elementwise loops say that their iterations do not depend on each other.

    A result may lie where an operand does, or a little before it (NumPy copies what lies behind): then too a group of
    elements is read before it is overwritten. Loops over what is far branch, and stay as they are.
    """
    return re.sub(
        r"^static \w+ __pyx_f_\w+_(?:float|double|u?int\d+_t)\(char \*\*.*\{\n(?:.*\n)*?\}$",
        lambda found: re.sub(r"^  (for \(.*\+=1\) \{)$", r"  ACT_INDEPENDENT \1", found[0], flags=re.MULTILINE),
        text,
        flags=re.MULTILINE,
    )


def _shares() -> bool:
    """Whether Cython can put what modules have in common into one of its own: from 3.2 on."""
    import Cython

    return tuple(map(int, Cython.__version__.split(".")[:2])) >= (3, 2)


def translate(sources: dict[str, str], package: str, where: str = ".") -> list[Extension]:
    """Cython modules, by name, to C, with the directives of every kernel.

    What all of them need of Cython for memoryviews is compiled once, in ``<package>._shared``, if Cython can do that:
    it is more than half of a small family.
    """
    import numpy
    from Cython.Build import cythonize

    modules = [Extension(f"{package}.{name}", [source]) for name, source in sources.items()]
    options = {}
    if _shares():
        options["shared_utility_qualified_name"] = f"{package}._shared"
        LOOPS.mkdir(parents=True, exist_ok=True)
        modules.append(Extension(f"{package}._shared", [str(LOOPS / "_shared.c")]))
    for module in modules:
        module.include_dirs = [str(HERE / "kernels"), numpy.get_include()]
        module.define_macros = [
            ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
        ]
    return cythonize(
        modules,
        include_path=[where, str(HERE.parent)],
        compiler_directives=dict(DIRECTIVES, boundscheck=switch("DEBUG")),
        annotate=switch("ANNOTATE"),
        nthreads=0 if sys.platform == "win32" else os.cpu_count() or 1,
        quiet=True,
        **options,
    )


class build_ext(_build_ext):
    """Adds each compiler's flags, each level's instruction set, and OpenMP where the compiler has it."""

    def build_extensions(self):
        for prepare in dict.fromkeys(
            extension.prepare for extension in self.extensions if hasattr(extension, "prepare")
        ):
            prepare()
        # The longest first, so that at the end no core waits for another.
        self.extensions.sort(key=lambda extension: -sum(Path(each).stat().st_size for each in extension.sources))
        style = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        openmp = self._openmp(style)
        for extension in self.extensions:
            level = getattr(extension, "level_flags", {})
            flags = [*FLAGS[style], *level.get(style, [])]
            if style == "unix" and self._compiles(optional := level.get("optional", [])):
                flags += optional
            link = []
            if style == "unix":
                flags += EXTRA.get(extension.name.split(".")[-1].rpartition("_")[0], [])
                if switch("DEBUG"):
                    flags += ["-O1", "-g", "-UNDEBUG"]
                else:
                    link += ["-Wl,-s"] if sys.platform.startswith("linux") else []
                if switch("SANITIZE"):
                    flags += ["-fsanitize=address,undefined", "-g"]
                    link = ["-fsanitize=address,undefined"]
                if reports := os.environ.get("ACTIVATIONS_REPORT"):
                    Path(reports).mkdir(parents=True, exist_ok=True)
                    flags += [f"-fopt-info-vec-optimized={Path(reports, extension.name)}.vectorised"]
            # One module shares out the work and asks OpenMP how many threads there may be.
            threads = openmp if any('"pool.h"' in Path(each).read_text() for each in extension.sources) else []
            extension.extra_compile_args = flags + threads
            extension.extra_link_args = link + (threads if style == "unix" else [])
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()

    def _openmp(self, style: str) -> list[str]:
        """The flag that turns OpenMP on, or nothing where a program with it neither compiles nor links."""
        if os.environ.get("ACTIVATIONS_OPENMP") == "0":
            return []
        flag = "/openmp" if style == "msvc" else "-fopenmp"
        source = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
        if error := self._failure(source, [flag], [flag] if style == "unix" else []):
            print(f"activations: the compiler has no OpenMP, building for one thread ({error})", file=sys.stderr)
            return []
        return [flag]

    def _compiles(self, flags: Sequence[str]) -> bool:
        """Whether the compiler knows these flags."""
        known = self.__dict__.setdefault("_known", {})
        if tuple(flags) not in known:
            known[tuple(flags)] = not flags or not self._failure("int main(void) { return 0; }\n", flags)
        return known[tuple(flags)]

    def _failure(self, source: str, flags: Sequence[str], link: Sequence[str] | None = None) -> Exception | None:
        """Why a program does not compile with these flags, and link with those of `link` if it is given."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "probe.c")
            path.write_text(source)
            try:
                objects = self.compiler.compile([str(path)], output_dir=folder, extra_postargs=[*flags])
                if link is not None:
                    self.compiler.link_executable(objects, str(Path(folder, "probe")), extra_postargs=[*link])
            except Exception as error:
                return error
        return None


if __name__ == "__main__":
    if sys.argv[1:2] != ["--check-vectorisation"] or len(sys.argv) > 3:
        sys.exit("usage: python -m activations.build --check-vectorisation [REPORTS]   (beside a setup.py, with GCC)")
    if not Path("setup.py").is_file():
        sys.exit("there is no setup.py here: run it in the directory of one")
    from activations.vectorisation import check_vectorisation

    try:
        judged, failures = check_vectorisation(*map(Path, sys.argv[2:]))
    except subprocess.CalledProcessError:
        sys.exit(
            "the build failed, as said above; it needs what pyproject.toml requires: "
            'pip install "cython>=3.1" "setuptools>=77"'
        )
    print("\n".join(f"not vectorised: {failure}" for failure in failures))
    print(f"{len(judged) - len(failures)} of {len(judged)} kernel loops are vectorised at v3 and v4")
    sys.exit(1 if failures or not judged else 0)
