"""Activations from C functions in PyCapsules: C's own here, as anybody's compiler or numba's cfunc would give them."""

import ctypes
import ctypes.util
import gc
import pickle
import subprocess
import sys
import threading
from time import perf_counter

import numpy as np
import pytest

import activations
from activations import Activation, ufuncs
from activations.testing import check_activation

SOURCE = r"""
#include <math.h>
double swirl(double x, double a) { return x * exp(-a * fabs(x)); }
double swirl_slope(double x, double a) { return (1 - a * fabs(x)) * exp(-a * fabs(x)); }
double swirl_backward(double dy, double x, double a) { return dy * swirl_slope(x, a); }
float narrow(float x) { return x * 0.5f; }
double wide(double x) { return x * 2.0; }
double overflowing(double x) { return 1e308 * (x + 10.0) * 1e10; }
double six(double a, double b, double c, double d, double e, double f) { return a + 2*b + 3*c + 4*d + 5*e + 6*f; }
"""
# A capsule keeps a pointer to its name, not the name.
NAMES: dict[str, bytes] = {}

new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    (folder / "mine.c").write_text(SOURCE)
    command = [
        "cc",
        "-O2",
        "-shared",
        "-fPIC",
        "-ffp-contract=off",
        str(folder / "mine.c"),
        "-o",
        str(folder / "mine.so"),
        "-lm",
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(folder / "mine.so"))


def capsule(function, signature):
    name = NAMES.setdefault(signature, signature.encode())
    return new(ctypes.cast(function, ctypes.c_void_p), name, None)


@pytest.fixture
def swirl(library):
    return Activation.from_capsule(
        "swirl_of_mine",
        capsule(library.swirl, "double (double, double)"),
        derivative=capsule(library.swirl_slope, "double(double,double)"),
        backward=capsule(library.swirl_backward, "double (double, double, double)"),
        parameters={"a": 1.0},
        formula="x e^{-a|x|}",
    )


def expected(x, a=1.0):
    return x * np.exp(-a * np.abs(x))


def test_values(swirl):
    x = np.linspace(-5, 5, 1001)
    np.testing.assert_allclose(swirl(x), expected(x), rtol=1e-14)
    np.testing.assert_allclose(swirl(x, a=0.5), expected(x, 0.5), rtol=1e-14)
    np.testing.assert_allclose(swirl.bind(a=2)(x), expected(x, 2), rtol=1e-14)
    slopes = np.linspace(0.5, 1, 1001)
    np.testing.assert_allclose(swirl(x, a=slopes), expected(x, slopes), rtol=1e-14)
    np.testing.assert_allclose(swirl.backward(x, x), x * swirl.derivative(x), rtol=1e-14)
    assert isinstance(swirl._functions["forward"], np.ufunc)
    assert swirl.formula == "x e^{-a|x|}"


def test_passes_the_kit(swirl):
    report = check_activation(swirl)
    assert {r.check.name for r in report.results if r.outcome == "skipped"} == {
        "pickling",
        "config_round_trip",
        "declared_properties",
        "second_derivative",
        "parameter_gradients",
    }


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_types_are_rounded_once(swirl, dtype):
    x = np.linspace(-5, 5, 333).astype(dtype)
    wanted = expected(x.astype("float64")).astype(dtype)
    if dtype == "float16":
        wanted = expected(x.astype("float64")).astype("float32").astype(dtype)
    np.testing.assert_array_equal(swirl(x), wanted)


def test_a_function_of_floats_serves_floats(library):
    both = [capsule(library.narrow, "float (float)"), capsule(library.wide, "double (double)")]
    f = Activation.from_capsule("halves_of_mine", both, derivative="numerical")
    x = np.ones(100)
    np.testing.assert_array_equal(f(x), 2)
    np.testing.assert_array_equal(f(x.astype("float32")), 0.5)
    np.testing.assert_array_equal(f(x.astype("float16")), 0.5)
    assert f.numerical
    np.testing.assert_allclose(f.derivative(x), 2, rtol=1e-9)


def test_six_arguments(library):
    f = Activation.from_capsule(
        "six_of_mine",
        capsule(library.six, f"double ({', '.join(['double'] * 6)})"),
        parameters=dict(zip("bcdef", (1, 10, 100, 1000, 10000), strict=True)),
    )
    assert f(7.0) == 7 + 2 + 30 + 400 + 5000 + 60000


def test_threads_and_the_gil(swirl):
    x = np.linspace(-5, 5, 2_000_000)
    with activations.num_threads(2):
        y = swirl(x)
    np.testing.assert_allclose(y, expected(x), rtol=1e-14)
    stamps, ended = [], threading.Event()

    def beat():
        while not ended.wait(2e-4):
            stamps.append(perf_counter())

    other = threading.Thread(target=beat)
    other.start()
    try:
        start = perf_counter()
        for _ in range(3):
            swirl(x)
        middle = start + 0.25 * (perf_counter() - start), start + 0.75 * (perf_counter() - start)
    finally:
        ended.set()
        other.join()
    # With the GIL held there would be none but between two calls.
    assert sum(middle[0] < stamp < middle[1] for stamp in stamps) > 3


def test_no_floating_point_warning(library):
    f = Activation.from_capsule("overflow_of_mine", capsule(library.overflowing, "double (double)"))
    with np.errstate(all="raise"):
        assert f(np.ones(20)).tolist() == [np.inf] * 20


def test_the_capsule_lives_as_long_as_the_activation(library):
    made = capsule(library.wide, "double (double)")
    before = sys.getrefcount(made)
    f = Activation.from_capsule("wide_of_mine", made)
    assert sys.getrefcount(made) > before
    del f
    gc.collect()
    assert sys.getrefcount(made) == before


class TestPickling:
    """A ufunc pickles as a name that is looked up, so that its activation has to be registered under it."""

    @pytest.fixture
    def registered(self, swirl):
        yield activations.register(swirl)
        activations.unregister("swirl_of_mine")

    def test_ufuncs_of_a_registered_activation(self, registered):
        for label in ("forward", "derivative", "backward"):
            ufunc = registered._functions[label]
            assert pickle.loads(pickle.dumps(ufunc)) is ufunc
        assert pickle.loads(pickle.dumps(registered)) == registered

    def test_others_say_which_name_is_missing(self, swirl):
        with pytest.raises(pickle.PicklingError, match="swirl_of_mine"):
            pickle.dumps(swirl._functions["forward"])

    @pytest.mark.parametrize(
        "label", ["swirl_of_mine__no_pass", "relu__no_pass", "no_such__backward", "__wrapped__", "_"]
    )
    def test_what_is_no_ufunc(self, registered, label):
        with pytest.raises(AttributeError, match=f"has no attribute '{label}'"):
            getattr(ufuncs, label)

    def test_a_plain_function_is_none(self):
        plain = activations.register(Activation("plain_of_mine", lambda x: x, derivative=np.ones_like))
        try:
            with pytest.raises(AttributeError, match="has no attribute 'plain_of_mine'"):
                ufuncs.plain_of_mine  # noqa: B018
        finally:
            activations.unregister(plain.name)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (
            "double (double, double)",
            r"forward of bad has the signature 'double \(double, double\)'; it must be 'double \(",
        ),
        ("int (int)", "has the signature 'int"),
        ("double (float)", "has the signature"),
        ("double *(double)", "has the signature"),
        ("void", "has the signature"),
        ("float (float)", "give a function of doubles too"),
    ],
)
def test_signatures_that_do_not_fit(library, signature, message):
    with pytest.raises(ValueError, match=message):
        Activation.from_capsule("bad", capsule(library.wide, signature))


def test_defaults_are_doubles(library):
    f = Activation.from_capsule("mine", capsule(library.swirl, "double (double, double)"), parameters={"a": 1})
    assert repr(f.parameters["a"]) == "1.0"
    assert f(np.float32([1, 2]), a=np.array([1, 2])).dtype == np.float32
    both = capsule(library.swirl, "double (double, double)")
    g = Activation.from_capsule("mine", both, parameters={"a": np.array([1, 2])})
    np.testing.assert_array_equal(g(np.float32([1, 2])), f(np.float32([1, 2]), a=np.array([1, 2])))


@pytest.mark.parametrize("value", ["fast", True, None, [1.0]])
def test_defaults_that_are_no_numbers(library, value):
    with pytest.raises(TypeError, match=r"mine: the default a=.* is no number"):
        Activation.from_capsule("mine", capsule(library.swirl, "double (double, double)"), parameters={"a": value})


@pytest.mark.parametrize("kind", ["folding", "gated"])
def test_functions_of_numbers_know_no_rows(library, kind):
    with pytest.raises(ValueError, match="mine: a function of numbers is of kind 'ridge' or 'radial', not"):
        Activation.from_capsule("mine", capsule(library.wide, "double (double)"), kind=kind)


def test_two_functions_of_one_type(library):
    wide = capsule(library.wide, "double (double)")
    with pytest.raises(ValueError, match="forward of mine: there are two functions of doubles"):
        Activation.from_capsule("mine", [wide, capsule(library.overflowing, "double(double)")])


def test_a_name_that_is_no_text(library):
    name = NAMES.setdefault("no text", b"\xff\xfe")
    with pytest.raises(ValueError, match="forward of mine: the capsule's name is no signature such as"):
        Activation.from_capsule("mine", new(ctypes.cast(library.wide, ctypes.c_void_p), name, None))


def test_what_is_no_capsule(library):
    with pytest.raises(TypeError, match="forward of bad: a PyCapsule is wanted, not a function"):
        Activation.from_capsule("bad", lambda x: x)
    with pytest.raises(ValueError, match="forward of bad: the capsule has no name"):
        Activation.from_capsule("bad", new(ctypes.cast(library.wide, ctypes.c_void_p), None, None))
    with pytest.raises(ValueError, match="at most 6 are possible"):
        Activation.from_capsule(
            "bad", capsule(library.wide, "double (double)"), parameters=dict.fromkeys("abcdef", 1.0)
        )
