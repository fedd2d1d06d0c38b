"""A plugin in Cython, compiled here: its vocabulary, a built-in written anew, kernels that do not fit the library."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import mpmath
import numpy as np
import pytest
from setuptools import Distribution
from setuptools._distutils.ccompiler import new_compiler
from setuptools._distutils.sysconfig import customize_compiler

import activations
from activations.build import build_ext, plugin
from activations.testing import check_activation, speed
from activations.vectorisation import check_vectorisation

from . import plugin_interface
from .fake_plugins import Site, run, visible

PACKAGE = Path(activations.__file__).parent
LEVEL = activations.runtime_info()["isa"]
GCC = activations.runtime_info()["compiler"].startswith("gcc")

# After the text of silu's family: all that plugin.pxd is recorded to offer, and some of it as activations.
NAMES = [name.split()[1] for name in plugin_interface.recorded()["names"] if name.startswith("cimport ")]
FORMULAS = f"\n\nfrom activations.plugin cimport {', '.join(f'{name} as their_{name}' for name in NAMES)}\n"
WRAPPED = """

cdef inline real plugin_{name}(real x) noexcept nogil:
    return their_{name}(x)


cdef inline real plugin_{name}_derivative(real x) noexcept nogil:
    return {slope}
"""
WORDS = {
    "erf": "<real>1.1283791670955126 * their_exp(-x * x)",
    "exp": "their_exp(x)",
    "log": "<real>1 / x",
    "softplus": "<real>1 / (<real>1 + their_exp(-x))",
    "sqrt": "<real>0.5 / their_sqrt(x)",
}
# With a shorter way near 0 and a parameter, which may be an array.
LINE = """

cdef inline real plugin_line(real x, real a, bint near) noexcept nogil:
    return a * x


cdef inline real plugin_line_derivative(real x, real a) noexcept nogil:
    return a if x == x else x
"""
DECLARATIONS = f"""
from dataclasses import replace

from activations.catalogue.gates import DECLARATIONS as BUILTINS
from activations.declaration import Parameter
from activations.plugin import Declaration

DECLARATIONS = (
    *(replace(d, name=f"plugin_{{d.name}}", formulas=d.name, aliases=(), dotted={{}})
      for d in BUILTINS if d.name in ("silu", "swish")),
    *(Declaration(name=f"plugin_{{word}}", kind="ridge", summary="", formula="", reference="") for word in {[*WORDS]}),
    Declaration(name="plugin_line", kind="ridge", summary="", formula="", reference="",
                aliases=("plugin_slope",), dotted={{"theirs.line": {{"a": 3.0}}}},
                parameters=(Parameter("a", 2.0),), near={{"forward": (8.0, 8.0)}}),
)
"""
INIT = """
from activations.plugin import compiled
from {package}.declarations import DECLARATIONS

every = compiled(__name__, DECLARATIONS)
"""
SETUP = """
from activations.build import plugin
from setuptools import setup

setup(name="fake-compiled", **plugin("fake_compiled"))
"""


def compile_at(folder, level, *options, **environment):
    # Reports of the library's own build, which the tests may run under, are no place for a plugin's.
    environment = {"ACTIVATIONS_REPORT": ""} | environment
    environment |= {"ACTIVATIONS_LEVELS": level, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "setup.py", "-q", "build_ext", *options]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # Whoever builds a plugin can do nothing about a warning of the library's own formulas.
    assert f"{os.sep}activations{os.sep}" not in done.stderr, done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The folder of a plugin, compiled in place."""
    folder = tmp_path_factory.mktemp("compiled")
    package = folder / "fake_compiled"
    package.mkdir()
    text = (PACKAGE / "formulas" / "gates.pxd").read_text()
    for bound in re.findall(r"ACT_BOUNDS\((\w+)", text):
        # plugin.pxd has these too, by way of erf, and C takes no name twice.
        text = re.sub(rf"(?<=ACT_BOUNDS\(){bound}\b|(?<=act_){bound}(?=_[fd]\b)", f"plugin_{bound}", text)
    text += FORMULAS + "".join(WRAPPED.format(name=name, slope=slope) for name, slope in WORDS.items()) + LINE
    (package / "formulas.pxd").write_text(text)
    (package / "declarations.py").write_text(DECLARATIONS)
    (package / "__init__.py").write_text(INIT.format(package="fake_compiled"))
    (folder / "setup.py").write_text(SETUP)
    compile_at(folder, LEVEL, "--inplace", **({"ACTIVATIONS_REPORT": str(folder / "reports")} if GCC else {}))
    return folder


@pytest.fixture(scope="module")
def offered(source):
    """Its activations by name, registered."""
    site = Site(source)
    with visible(site):
        every = {f.name: f for f in import_module("fake_compiled").every}
        site.record("fake-compiled", dict.fromkeys(every, "fake_compiled:every"))
        yield {name: activations.get(name) for name in every}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_shorter_way_takes_parameters(offered, dtype):
    f, x = offered["plugin_line"], np.linspace(-16, 16, 2001).astype(dtype)
    slopes = np.linspace(1, 3, 2001).astype(dtype)
    for part in (slice(None), abs(x) < 8):
        np.testing.assert_array_equal(f(x[part]), 2 * x[part])
        np.testing.assert_array_equal(f(x[part], a=slopes[part]), slopes[part] * x[part])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("word", WORDS)
def test_the_vocabulary_keeps_its_digits(offered, word, dtype):
    f = offered[f"plugin_{word}"]
    x = np.concatenate([np.linspace(-12, 12, 301), [-87.5, 87.5, 1e-30]]).astype(dtype)
    x = np.abs(x[x != 0]) if word in ("log", "sqrt") else x
    exact = {"softplus": lambda v: mpmath.log1p(mpmath.exp(v))}.get(word) or getattr(mpmath, word)
    with np.errstate(all="raise"):
        values = f(x)
    with mpmath.workprec(120):
        true = [exact(mpmath.mpf(float(v))) for v in x]
        ulp = np.spacing(np.abs(np.array([float(t) for t in true], dtype))).astype(float)
        worst = max(abs(mpmath.mpf(float(y)) - t) / u for y, t, u in zip(values, true, ulp, strict=True))
    assert worst < 3


def test_the_vocabulary_at_the_ends(offered):
    ends = np.array([-np.inf, -1.0, -0.0, 0.0, np.inf, np.nan])
    for dtype in ("float32", "float64"):
        with np.errstate(all="raise"):
            values = {word: offered[f"plugin_{word}"](ends.astype(dtype)) for word in WORDS}
        np.testing.assert_array_equal(values["exp"][[0, 2, 4, 5]], [0, 1, np.inf, np.nan])
        np.testing.assert_array_equal(values["log"], [np.nan, np.nan, -np.inf, -np.inf, np.inf, np.nan])
        np.testing.assert_array_equal(values["sqrt"], [np.nan, np.nan, 0, 0, np.inf, np.nan])
        np.testing.assert_array_equal(values["softplus"][[0, 4, 5]], [0, np.inf, np.nan])
        np.testing.assert_array_equal(values["erf"][[0, 3, 4, 5]], [-1, 0, 1, np.nan])
        tiny = np.array([np.finfo(dtype).smallest_subnormal])
        np.testing.assert_allclose(offered["plugin_log"](tiny), np.log(tiny.astype("longdouble")), rtol=1e-6)


def test_flags_that_the_compiler_does_not_know_are_seen():
    command = build_ext(Distribution())
    command.compiler = new_compiler()
    customize_compiler(command.compiler)
    assert command._compiles([])
    assert command._compiles(["-O2"] if os.name == "posix" else ["/O2"])
    assert not command._compiles(["-mno-such-flag=512"])


@pytest.mark.skipif(not GCC or LEVEL == "baseline", reason="judged by GCC's report on vectors of v3 and v4")
def test_every_loop_is_vectorised(source):
    judged, missed = check_vectorisation(source / "reports", source)
    assert missed == []
    assert {f"{LEVEL}: plugin_{word}_forward_float" for word in WORDS} <= set(judged)


class TestABuiltinWrittenAnew:
    @pytest.mark.parametrize("name", ["silu", "swish"])
    def test_it_passes_the_kit(self, offered, name):
        check_activation(offered[f"plugin_{name}"])

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("name", ["silu", "swish"])
    def test_it_is_the_same_to_the_bit(self, offered, name, dtype):
        mine, theirs = offered[f"plugin_{name}"], activations.get(name)
        x = np.linspace(-9, 9, 70_000).astype(dtype)[::2]
        np.testing.assert_array_equal(mine(x), theirs(x))
        np.testing.assert_array_equal(mine.derivative(x), theirs.derivative(x))
        np.testing.assert_array_equal(mine.second_derivative(x), theirs.second_derivative(x))
        np.testing.assert_array_equal(mine.backward(x, x), theirs.backward(x, x))
        np.testing.assert_array_equal(mine(x, bias=x[:1]), theirs(x, bias=x[:1]))
        if theirs.parameters:
            np.testing.assert_array_equal(mine(x, beta=np.abs(x) + 1), theirs(x, beta=np.abs(x) + 1))
            assert mine.parameter_gradients(x, x, beta=2.0) == theirs.parameter_gradients(x, x, beta=2.0)

    def test_it_says_what_it_is(self, offered):
        f = offered["plugin_swish"]
        assert f.origin == "fake-compiled 1.0"
        assert f.bind(beta=2.0).config == {"name": "plugin_swish", "beta": 2.0}
        assert f.properties == activations.swish.properties
        with pytest.raises(TypeError, match=r"plugin_swish: beta='2' is not allowed; it must be a real number"):
            f.bind(beta="2")

    def test_its_further_names(self, offered):
        f = offered["plugin_line"]
        assert activations.get("plugin_slope") is f
        assert activations.get("theirs.line") == f.bind(a=3.0)
        assert (
            activations.get("Theirs.Line", a=4.0) == activations.get({"name": "theirs.line", "a": 4.0}) == f.bind(a=4.0)
        )
        assert activations.get("theirs.line").config == {"name": "plugin_line", "a": 3.0}
        assert activations.aliases()["theirs.line"] == "plugin_line"

    @pytest.mark.parametrize("values", [{}, {"beta": 2.0}])
    def test_its_ufuncs_pickle(self, offered, source, values):
        import pickle

        f = offered["plugin_swish"].bind(**values)
        pickled = pickle.dumps((f, f.ufunc))
        assert pickle.loads(pickled) == (f, f.ufunc)
        code = f"import pickle; f, u = pickle.loads({pickled!r}); print(f, u(1.0) == f(1.0))"
        assert run(code, source) == f"{f} True"

    def test_it_is_as_fast(self, offered):
        # Measured: within 2 %. The margin is for a machine that does other things too; where it was slow while the cost
        # of one of the two was learnt, that one would have threads and the other none.
        with activations.num_threads(1):
            assert speed(offered["plugin_silu"], activations.silu) < 1.5


class TestKernelsThatDoNotFit:
    @pytest.fixture
    def copied(self, source, tmp_path):
        """The plugin in another folder, without kernels."""
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
        shutil.copytree(source / "fake_compiled", tmp_path / "site" / "fake_compiled", ignore=ignored)
        site = Site(tmp_path / "site")
        site.record("fake-compiled", {"plugin_exp": "fake_compiled:every"})
        return site

    def refusal(self, site, level=LEVEL):
        code = (
            "import activations\n"
            "try: activations.get('plugin_exp')\n"
            "except activations.PluginError as error: print(error)\n"
            "print(activations.relu(2.0))"
        )
        said, relu = run(code, site.folder, ACTIVATIONS_ISA=level).splitlines()
        assert relu == "2.0"
        entry = "(entry point plugin_exp = fake_compiled:every)"
        assert said.startswith(f"activation 'plugin_exp' of fake-compiled 1.0 {entry} cannot be loaded: ")
        return said

    def test_another_version_is_refused_with_the_cure(self, source, copied, tmp_path):
        # What is there already is not compiled again; and the plugin takes the best level that it has.
        for shared in (source / "fake_compiled").glob("_shared*"):
            shutil.copy(shared, copied.folder / "fake_compiled")
        options = ["--build-lib", str(copied.folder), "--build-temp", str(tmp_path / "temp")]
        compile_at(source, "baseline", *options, CFLAGS="-DACT_INTERFACE=99")
        said = self.refusal(copied)
        assert "compiled for version 99 of the interface for plugins, and numpy-activations" in said
        assert "update numpy-activations, or rebuild it with `pip install --force-reinstall" in said
        assert said.endswith("--no-binary fake-compiled fake-compiled`")

    @pytest.mark.parametrize(("editable", "cure"), [(True, "-e '{0}'"), (False, "--force-reinstall --no-deps '{0}'")])
    def test_what_came_from_a_directory_is_built_from_there(self, copied, tmp_path, editable, cure):
        """No index has it: pip has to be told where it is, and not to look for this library elsewhere either."""
        (record,) = copied.folder.glob("*.dist-info")
        clone = tmp_path / "a clone"
        origin = {"url": clone.as_uri(), "dir_info": {"editable": True} if editable else {}}
        (record / "direct_url.json").write_text(json.dumps(origin))
        said = self.refusal(copied)
        assert said.endswith(f"rebuild it with `pip install --no-build-isolation {cure.format(clone)}`")

    def test_no_kernels(self, copied):
        assert f"__init__.py) has no compiled kernels for {LEVEL} or below: rebuild it" in self.refusal(copied)

    @pytest.mark.parametrize(
        ("declared", "complaint"),
        [
            (
                'parameters=(Parameter("beta", 1.0),)',
                "know plugin_erf with the parameters (), and its declaration has ('beta',): rebuild it",
            ),
            (
                'saves="y", scalars=("backward_from_output", "second_derivative")',
                "are older than the declaration of plugin_erf, and know no backward_from_output, second_derivative of "
                "plugin_erf: rebuild it",
            ),
        ],
    )
    def test_another_declaration(self, source, copied, declared, complaint):
        for path in (source / "fake_compiled").iterdir():
            if path.suffix in (".so", ".pyd"):
                shutil.copy(path, copied.folder / "fake_compiled")
        more = "Declaration, Parameter\nfrom functools import partial\n"
        more += f"Declaration = partial(Declaration, {declared})\n"
        changed = DECLARATIONS.replace("import Declaration\n", f"import {more}")
        (copied.folder / "fake_compiled" / "declarations.py").write_text(changed)
        assert complaint in self.refusal(copied)


class TestWhatTheBuildRefuses:
    @pytest.fixture
    def package(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mine").mkdir()
        return tmp_path / "mine"

    def test_missing_files(self, package):
        with pytest.raises(SystemExit, match=r"there is no mine.declarations\.py"):
            plugin("mine")
        (package / "declarations.py").write_text("")
        with pytest.raises(SystemExit, match=r"there is no mine.formulas\.pxd"):
            plugin("mine")

    @pytest.mark.parametrize(
        "text", ["", "DECLARATIONS = [3]", "from activations.catalogue.folding import DECLARATIONS"]
    )
    def test_declarations_of_something_else(self, package, text):
        (package / "declarations.py").write_text(text)
        (package / "formulas.pxd").write_text("")
        with pytest.raises(SystemExit, match="a sequence of Declaration, of kind 'ridge' or 'radial'"):
            plugin("mine")

    def test_two_of_one_name(self, package):
        made = "[Declaration('mine', 'ridge', '', '', '')]"
        text = f"from activations.plugin import Declaration\nDECLARATIONS = 2 * {made}"
        (package / "declarations.py").write_text(text)
        (package / "formulas.pxd").write_text("")
        with pytest.raises(SystemExit, match="two of DECLARATIONS have the name 'mine'"):
            plugin("mine")

    @pytest.mark.parametrize("name", ["lambda", "x", "out", "name", "real", "two words"])
    def test_names_that_loops_cannot_have(self, package, name):
        text = f"""
from activations.plugin import Declaration, Parameter
mine = dict(kind="ridge", summary="", formula="", reference="")
DECLARATIONS = [Declaration(name="mine", parameters=(Parameter({name!r}, 1.0),), **mine)]
"""
        (package / "declarations.py").write_text(text)
        (package / "formulas.pxd").write_text("")
        with pytest.raises(SystemExit, match=f"'{name}' cannot be a name in a loop"):
            plugin("mine")

    @pytest.mark.parametrize(
        ("more", "needed"),
        [
            ("", ["whirl_derivative(x, a)"]),
            ("gradients=('a',)", ["whirl_derivative(x, a)", "whirl_by_a(x, a)"]),
            ("scalars=('backward',)", ["whirl_derivative(x, a)", "whirl_backward(dy, x, a)"]),
            ("far=True", ["whirl_derivative(x, a, far)", "whirl_is_far(x, a)"]),
            ("near={'derivative': (1.0, 2.0)}", ["whirl_derivative(x, a, near)"]),
        ],
    )
    def test_formulas_that_are_missing(self, package, more, needed):
        """Cython would say so in a thousand lines about what it wrote itself."""
        text = f"""
from activations.plugin import Declaration, Parameter
mine = dict(kind="ridge", summary="", formula="", reference="")
DECLARATIONS = [Declaration(name="whirl", parameters=(Parameter("a", 1.0),), **mine, **dict({more}))]
"""
        (package / "declarations.py").write_text(text)
        (package / "formulas.pxd").write_text("# whirl_derivative\ncdef inline real whirl(real x, real a): ...\n")
        with pytest.raises(SystemExit) as refused:
            plugin("mine")
        path = Path("mine", "formulas.pxd")
        lines = [f"{path} has no `{each}`, which the declaration of whirl needs" for each in needed]
        assert str(refused.value).splitlines() == lines

    def test_unknown_levels(self):
        code = "import activations.build"
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"ACTIVATIONS_LEVELS": "v9"}, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "ACTIVATIONS_LEVELS: there is no v9 here, only baseline" in done.stderr
