"""Every built-in against mpmath, in ulp: sampled, float16 exhaustively, float32 densely, at every ISA level."""

import numpy as np
import pytest

import activations

from .accuracy import passes, patterns
from .accuracy_table import most_recorded, recorded, recorded_exceptions, stale
from .enrolment import ALL_DTYPES, DTYPES, ELEMENTWISE, FOLDING, ROWWISE, make, with_cases
from .limits import EXCEPTIONS, Allowed, limit, near_root_limit
from .measuring import (
    Curve,
    RowSample,
    Sample,
    cases,
    measure,
    measure_blocks,
    measure_dense,
    measure_rows,
    run,
    special_faults,
)
from .reference import REFERENCE
from .samples import abscissae, every
from .worker import results

SIZE = 600
# Of rows: mpmath takes its time, and python -m tests.accuracy looks at longer ones.
LENGTHS = (1, 2, 3, 7, 16, 33, 130)
WIDE = ("float32", "float64")
ELEMENTWISE_PASSES = ("forward", "derivative", "backward")
FURTHER = [
    pytest.param(*each.values, pass_, id=f"{each.id}-{pass_}")
    for each in with_cases(ELEMENTWISE)
    for pass_ in passes(make(*each.values), ("second_derivative", "by"))
]
# The level in use is what all other tests are about.
_INFO = activations.runtime_info()
OTHER_LEVELS = [each for each in _INFO["isa_available"] if each != _INFO["isa"]] or _INFO["isa_available"]
SAVED = [each for each in with_cases(ELEMENTWISE) if make(*each.values).saves != "x"]


def fault(worst, name, dtype, pass_, folding=False, level=None):
    """What is wrong with an error, or None."""
    allowed = limit(name, dtype, pass_, folding, level)
    near_root = near_root_limit(pass_)
    if worst.error <= allowed and worst.near_root <= near_root:
        return None
    return f"{name} {dtype} {pass_}: {worst} (allowed {allowed}, near a root {near_root} of the terms)"


def check(*arguments):
    """Fail, saying where and by how much, if an error is larger than allowed."""
    problem = fault(*arguments)
    assert problem is None, problem


@pytest.mark.parametrize("pass_", ELEMENTWISE_PASSES)
@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_samples(name, case, dtype, pass_):
    worst = measure(make(name, case), dtype, pass_, SIZE)
    check(worst, name, dtype, pass_)
    if not case and pass_ in ("forward", "derivative"):
        assert max(worst.error, worst.near_root) <= most_recorded(name, dtype, pass_), "worse than docs/accuracy.json"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), SAVED)
def test_backward_from_the_output(name, case, dtype):
    check(measure(make(name, case), dtype, "from_output", SIZE), name, dtype, "from_output")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case", "pass_"), FURTHER)
def test_second_derivatives_and_derivatives_by_parameters(name, case, pass_, dtype):
    check(measure(make(name, case), dtype, pass_, SIZE), name, dtype, pass_)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case", "pass_"), FURTHER)
def test_special_values_of_further_derivatives(name, case, pass_, dtype):
    assert not special_faults(make(name, case), dtype, pass_)


@pytest.mark.parametrize("pass_", ELEMENTWISE_PASSES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_float16_exhaustively(name, case, pass_):
    check(measure_dense(make(name, case), every("float16"), pass_), name, "float16", pass_)


@pytest.mark.parametrize("pass_", ELEMENTWISE_PASSES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bfloat16_exhaustively(name, pass_):
    """With default parameters: a wrong one shows in float32, which is what is rounded."""
    check(measure_dense(make(name), every("bfloat16"), pass_), name, "bfloat16", pass_)


@pytest.mark.parametrize("pass_", ELEMENTWISE_PASSES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_float32_densely(name, case, pass_):
    check(measure_blocks(make(name, case), patterns(16), pass_), name, "float32", pass_)


@pytest.mark.parametrize("pass_", ELEMENTWISE_PASSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_special_values(name, case, dtype, pass_):
    assert not special_faults(make(name, case), dtype, pass_)


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_nan_of_any_bits(name, case, dtype):
    """Powers of two are made of bits, and those of a NaN may be anything."""
    f, whole = make(name, case), np.dtype(dtype.replace("float", "uint"))
    quiet = np.array([np.nan, -np.nan], dtype).view(whole)
    x = (quiet[:, None] | np.arange(1 << 15, dtype=whole)).ravel().view(dtype)
    saved = ["from_output"] if f.saves != "x" else []
    for pass_ in (*ELEMENTWISE_PASSES, *saved, *passes(f, ("second_derivative", "by"))):
        dy = np.ones_like(x) if pass_ in ("backward", "from_output") else None
        assert np.isnan(run(f, pass_, x, dy)).all(), pass_


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_extreme_gradients(name, case, dtype):
    f = make(name, case)
    curve = Curve(f, dtype, "derivative")
    x = abscissae(curve, dtype, 64, curve.kinks)
    slope = f.derivative(x.astype(np.float32) if dtype == "float16" else x)
    for zero in (0.0, -0.0):
        assert not f.backward(np.full_like(x, zero), x)[np.isfinite(slope)].any()
    for infinity in (np.inf, -np.inf):
        gradient = f.backward(np.full_like(x, infinity), x)
        with np.errstate(invalid="ignore"):
            product = infinity * slope
        alive = slope != 0
        np.testing.assert_array_equal(gradient[alive], product[alive].astype(dtype))
        assert (np.isnan(gradient) | (gradient == 0))[~alive].all()
    assert np.isnan(f.backward(np.full_like(x, np.nan), x)[slope != 0]).all()


@pytest.mark.parametrize("pass_", ["forward", "backward"])
@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(FOLDING))
def test_rows(name, case, dtype, pass_):
    worst = measure_rows(make(name, case), dtype, pass_, lengths=LENGTHS)
    check(worst, name, dtype, pass_, True)
    assert worst.error == 0 or not REFERENCE[name].exact
    if not case and pass_ == "forward":
        assert worst.error <= most_recorded(name, dtype, pass_), "worse than docs/accuracy.json"


def test_all_is_recorded():
    assert set(recorded()) == {*ELEMENTWISE, *ROWWISE}
    for name, dtypes in recorded().items():
        passes = {"forward", "derivative"} if name in ELEMENTWISE else {"forward"}
        assert {dtype: set(each) for dtype, each in dtypes.items()} == dict.fromkeys(ALL_DTYPES, passes), name


@pytest.fixture(scope="module")
def samples():
    """Jobs with their samples, small, for all levels: every elementwise and folding activation, pass and dtype."""
    jobs, taken = [], []
    for name in ELEMENTWISE:
        for case in cases(name):
            for dtype in DTYPES:
                saved = make(name, case).saves != "x"
                for pass_ in (*ELEMENTWISE_PASSES, "from_output")[: 3 + saved]:
                    jobs.append((name, case, pass_))
                    taken.append(Sample.of(make(name, case), dtype, pass_, 80, seed=3))
    for name in FOLDING:
        for case in cases(name):
            for dtype in DTYPES:
                for pass_ in ("forward", "backward"):
                    for sample in RowSample.all(make(name, case), dtype, pass_, lengths=(1, 5, 17, 100), seed=5):
                        jobs.append((name, case, pass_))
                        taken.append(sample)
    return jobs, taken


@pytest.mark.parametrize("level", OTHER_LEVELS)
def test_levels(level, samples, tmp_path):
    jobs, taken = samples
    inputs = [(s.row if isinstance(s, RowSample) else s.x, s.dy) for s in taken]
    slopes = [(name, case, "derivative") for name, case, _ in jobs]
    backward = [i for i, (name, _, pass_) in enumerate(jobs) if pass_ == "backward" and name in ELEMENTWISE]
    found = results(
        jobs + [slopes[i] for i in backward],
        inputs + [(inputs[i][0], None) for i in backward],
        tmp_path,
        ACTIVATIONS_ISA=level,
    )
    derivatives = dict(zip(backward, found[len(jobs) :], strict=True))
    faults = []
    for i, ((name, _, pass_), sample, got) in enumerate(zip(jobs, taken, found, strict=False)):
        folding = name in FOLDING
        worst = sample.judge(got) if folding else sample.judge(got, derivatives.get(i))
        faults.append(fault(worst, name, got.dtype.name, pass_, folding, level))
    faults = sorted({text for text in faults if text})
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("level", OTHER_LEVELS)
def test_levels_densely(level, tmp_path):
    x = next(patterns(14, seed=4))
    jobs = [(name, case, pass_) for name in ELEMENTWISE for case in cases(name) for pass_ in ("forward", "derivative")]
    found = results(jobs, [(x, None)] * len(jobs), tmp_path, ACTIVATIONS_ISA=level)
    for (name, case, pass_), got in zip(jobs, found, strict=True):
        own = run(make(name, case), pass_, x)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(own))
        with np.errstate(all="ignore"):
            apart = np.abs(got.astype(np.float64) - own) / np.spacing(np.maximum(np.abs(own), np.float32(1e-38)))
        terms = {"forward": REFERENCE[name].forward_terms, "derivative": REFERENCE[name].terms}[pass_]
        near_roots = 64 if terms else 3
        assert (apart[np.isfinite(own)] <= near_roots).all(), (level, name, pass_)


def test_exceptions_are_for_existing_passes_and_small():
    for (name, _, pass_), allowed in EXCEPTIONS.items():
        assert name in REFERENCE, name
        assert pass_ in (*ELEMENTWISE_PASSES, "from_output", "second_derivative") or pass_.startswith("by_"), pass_
        assert allowed.why
        most = 2.5 if pass_ == "derivative" else 2.65
        assert allowed.ulp <= (6.5 if name in FOLDING and pass_ == "backward" else most), name


def test_exceptions_are_those_that_were_measured():
    """docs/accuracy.rst lists both."""
    assert not stale(), "run: python -m tests.accuracy_table --missing"
    assert all(0 < each["ulp"] <= each["allowed"] for each in recorded_exceptions().values())


def test_a_changed_exception_is_stale(monkeypatch):
    key = next(iter(EXCEPTIONS))
    monkeypatch.setitem(EXCEPTIONS, key, EXCEPTIONS[key]._replace(ulp=9.0))
    monkeypatch.setitem(EXCEPTIONS, ("relu", "float32", "forward"), Allowed(2.0, "none"))
    assert stale() == sorted([" ".join(key), "relu float32 forward"])


def test_an_exception_is_above_the_general_limit():
    for key, allowed in EXCEPTIONS.items():
        general = limit("identity", *key[1:], key[0] in FOLDING)
        assert allowed.ulp > general, f"{key}: {general} is allowed to all"
