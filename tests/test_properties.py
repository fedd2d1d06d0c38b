"""Declared properties are true: each claim and its contrary, on a grid that reaches far into both tails."""

import dataclasses
import functools
import re

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import ELEMENTWISE, IMAGES, ROWWISE, make, with_cases
from .measuring import label
from .reference import REFERENCE

FAR = np.geomspace(30, 1e300, 500)
NEAR = np.linspace(0, 30, 60_001)
CLOSE = np.concatenate([np.linspace(0, 3, 3_001), np.geomspace(1e-12, 1e-3, 200)])

# Parameters with which a function is of another kind than with those around them.
BORDERS = {
    "shrink": ({"lambd": 0.0, "bias": -0.5}, {"lambd": 0.0, "bias": 0.5}, {"lambd": 0.0, "bias": 0.0}),
    "hard_shrink": ({"lambd": -1.0}, {"lambd": 0.0}),
    "soft_shrink": ({"lambd": 0.0},),
}


def readings(names):
    """Each name with its defaults, its reference's examples, its borders, and with what dotted aliases stand for."""
    dotted = {
        label(name, bound): pytest.param(name, bound, id=alias)
        for alias, (name, bound) in catalogue.aliases().items()
        if bound and name in names
    }
    # The references of images are those of rows.
    usual = with_cases(names) + [pytest.param(name, {}, id=name) for name in names if name in IMAGES]
    usual += [pytest.param(name, case, id=label(name, case)) for name in names for case in BORDERS.get(name, ())]
    return usual + [each for key, each in dotted.items() if key not in {case.id for case in usual}]


def known(name, case):
    """What is declared of an activation with these parameters."""
    return catalogue.declarations()[name].known(make(name, case).parameters)


def elementwise(key):
    """All readings of elementwise activations of which a property is declared."""
    return _declaring(key, ELEMENTWISE)


def rowwise(key):
    """The same of those that take rows."""
    return _declaring(key, ROWWISE + IMAGES)


def _declaring(key, names):
    every = [each for each in readings(names) if getattr(known(*each.values), key) is not None]
    return pytest.mark.parametrize(("name", "case"), every)


@functools.lru_cache(maxsize=4)
def grid(f):
    """Abscissae symmetric about 0, dense around 0 and the function's kinks, and far out."""
    places = {0.0, *map(float, REFERENCE[f.name].kinks(**f.parameters))}
    close = [place + side * CLOSE for place in places if np.isfinite(place) for side in (-1, 1)]
    right = np.abs(np.concatenate([*close, NEAR, FAR]))
    return np.unique(np.concatenate([-right, right]))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_all_are_declared(name):
    missing = [key for key, value in vars(known(name, {})).items() if value is None]
    assert not missing


@pytest.mark.parametrize(("name", "case"), readings(ELEMENTWISE))
def test_shown_is_what_is_known_of_the_parameters(name, case):
    f, table = make(name, case), known(name, case).table
    assert f.properties == table
    assert set(table) <= set(known(name, {}).table)
    slopes = {key: np.full(3, value) for key, value in f.parameters.items() if isinstance(value, float)}
    assert not slopes or not f.bind(**slopes).properties  # arrays may hold anything


@pytest.mark.parametrize("name", catalogue.names())
def test_advice_is_two_sentences(name):
    advice = catalogue.declarations()[name].advice
    assert re.fullmatch(r"[^.]+(\.\S[^.]*)*\. [^.]+(\.\S[^.]*)*\.", advice)


@pytest.mark.parametrize("name", catalogue.names())
def test_sources_have_a_year(name):
    reference = catalogue.declarations()[name].reference
    # What nobody can be named for is a convention.
    assert (reference == "Convention.") == (name in ("bent_identity", "clipped_linear"))
    assert name in ("bent_identity", "clipped_linear") or re.search(r"\b(1[789]|20)\d\d\b", reference)


@elementwise("monotonic")
def test_monotonic(name, case):
    monotonic, f = known(name, case).monotonic, make(name, case)
    y = f(grid(f))
    y = y[~np.isnan(y)]
    with np.errstate(invalid="ignore"):  # at infinities
        rising = ((np.diff(y) >= -4 * np.spacing(np.abs(y[1:]))) | (y[1:] >= y[:-1])).all()
    assert bool(rising) == monotonic


@elementwise("range")
def test_range(name, case):
    (low, high), f = known(name, case).range, make(name, case)
    y = f(np.concatenate([grid(f), [-np.inf, np.inf]]))
    y = y[~np.isnan(y)]
    for bound, reached in ((low, y.min()), (high, y.max())):
        if np.isfinite(bound):
            assert reached == pytest.approx(bound, rel=1e-6, abs=1e-9)
        else:
            assert abs(reached) > 1e4
            assert np.sign(reached) == np.sign(bound)
    assert (y >= low - 1e-14 * abs(low)).all()
    assert (y <= high + 1e-14 * abs(high)).all()


@elementwise("lipschitz")
def test_lipschitz(name, case):
    steepest, f = known(name, case).lipschitz, make(name, case)
    largest = np.nanmax(np.abs(f.derivative(grid(f))))
    if np.isfinite(steepest):
        assert largest <= steepest * (1 + 1e-12)
        assert largest >= steepest * (1 - 1e-3)
    else:
        assert largest > 1e4 or known(name, case).smoothness == -1


@elementwise("lipschitz")
def test_values_move_apart_by_no_more(name, case):
    """Nor do they jump, which no slope tells."""
    steepest, f = known(name, case).lipschitz, make(name, case)
    x = grid(f)
    y = f(x)
    with np.errstate(invalid="ignore"):  # at infinities
        apart, rounding = np.abs(np.diff(y)), 4 * (np.spacing(np.abs(y[1:])) + np.spacing(np.abs(y[:-1])))
        too_far = apart > steepest * np.diff(x) * (1 + 1e-12) + rounding
    assert not x[1:][too_far].size


@elementwise("parity")
def test_parity(name, case):
    parity, f = known(name, case).parity, make(name, case)
    y = f(grid(f))
    assert np.array_equal(y[::-1], -y) == (parity == "odd")
    assert np.array_equal(y[::-1], y) == (parity == "even")


@elementwise("parity")
def test_zero_centred_is_what_has_the_mean_0(name, case):
    f, (x, weights) = make(name, case), np.polynomial.hermite_e.hermegauss(200)
    y = f(x)
    # The sum rounds; far from a bump that is centred elsewhere there is nothing to sum.
    centred = np.isfinite(y).all() and y.any() and abs(weights @ y) <= 1e-13 * (weights @ np.abs(y))
    assert bool(centred) == f.properties["zero_centred"]


@elementwise("saturates")
def test_saturates(name, case):
    sides, f = known(name, case).saturates, make(name, case)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        slope = np.abs(f.derivative(sign * np.array([1e6, 1e7, 1e8])))
        far, farther = f(sign * np.array([1e150, 1e300]))
        # The slope of a logarithm fades too.
        fades = bool((slope <= 1e-4).all() and np.isclose(far, farther, atol=1e-12))
        assert fades == (side in sides), side


@elementwise("smoothness")
def test_kinks_are_where_smoothness_ends(name, case):
    smoothness, kinks, f, step = known(name, case).smoothness, known(name, case).kinks, make(name, case), 1e-4
    assert (smoothness == np.inf) == (not kinks)
    for kink in kinks:
        # Differences tell no more of those that are smoother still.
        for order in range(int(smoothness) + 2 if smoothness < 3 else 3):
            left, right = (_derivative(f, kink + side * step, order, step) for side in (-1, 1))
            farther = _derivative(f, kink + 100 * step, order, step)
            grows = abs(right) > max(1, 2 * abs(farther))  # without bounds, as the logarithm
            jumps = abs(left - right) > 0.03
            if not order:  # a small step, as xielu's of 8e-7, shows between neighbours alone
                jumps |= abs(f(np.nextafter(kink, kink + 1)) - f(np.nextafter(kink, kink - 1))) > 1e-7
            assert (jumps or grows) == (order == smoothness + 1), (kink, order)


def _derivative(f, x, order, step):
    """The derivative of an order at x, by differences of the first one."""
    if order == 0:
        return float(f(x))
    points = x + (np.arange(order) - (order - 1) / 2) * step / 2
    return float(np.diff(f.derivative(points), n=order - 1)[0] / (step / 2) ** (order - 1))


@elementwise("at_zero")
def test_value_at_zero(name, case):
    value = known(name, case).at_zero
    assert make(name, case)(0.0) == pytest.approx(value, rel=1e-15, abs=0)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_smooth_functions_have_a_second_derivative(name):
    assert known(name, {}).smoothness < 1 or "second_derivative" in catalogue.declarations()[name].scalars


def test_who_has_no_second_derivative_learns_why():
    with pytest.raises(TypeError, match="relu has no second derivative: its slope is not continuous"):
        activations.relu.second_derivative(1.0)
    smooth = activations.get("swish", beta=2.0)
    smooth._declaration = dataclasses.replace(smooth._declaration, scalars=())
    with pytest.raises(
        TypeError, match="none is declared; swish_second_derivative among the formulas, named in scalars"
    ):
        smooth.second_derivative(1.0)


def over_rows(f):
    """The function of rows; what takes images alone gets a row as the channels of one pixel."""
    return (lambda x: f(x[..., None, None])[..., 0, 0]) if f.name in IMAGES else f


def long_rows(f):
    """Rows of many sizes and offsets, and long ones in which one element stands out."""
    rng, width = np.random.default_rng(0), 4 * f.parameters.get("pieces", 3)
    for scale in (1e-3, 1.0, 10.0, 1e5):
        for offset in (-1.0, 0.0, 1.0):
            yield scale * (rng.normal(size=(50, width)) + 3 * offset)
    yield from (side * 2000.0 * (np.arange(30_030) == 7)[None] for side in (-1, 1))
    yield from (np.full((1, width), value) for value in (0.0, f.parameters.get("center", 0.0)))


@rowwise("range")
def test_range_of_rows(name, case):
    (low, high), f = known(name, case).range, make(name, case)
    results = [over_rows(f)(x) for x in long_rows(f)]
    least, most = min(y.min() for y in results), max(y.max() for y in results)
    assert low - 1e-14 * abs(low) <= least < most <= high + 1e-14 * abs(high)
    for bound, reached in ((low, least), (high, most)):
        # The more values there are, the farther standardize goes.
        assert abs(reached - bound) < 1e-6 if np.isfinite(bound) else abs(reached) > 100, bound


def jacobian(f, x):
    """The derivatives of a row's outputs, one below the other, from unit gradients."""
    x = x[..., None, None] if f.name in IMAGES else x
    y = f(x)
    units = np.eye(y.size).reshape(y.size, *y.shape)
    return f.backward(units, np.broadcast_to(x, (y.size, *x.shape))).reshape(y.size, x.size)


def steep_rows(f):
    """Rows of few and of many elements: equal ones, small ones, such as differ a little, and one above all others."""
    step, center = f.parameters.get("pieces", 1), f.parameters.get("center", 0.0)
    rng = np.random.default_rng(0)
    for width in (step, 2 * step, 4 * step):
        yield from (np.full(width, value) for value in (0.0, 20.0, center + f.parameters.get("sigma", 1.0)))
        yield from (scale * rng.normal(size=width) for scale in (1e-9, 1e-2, 1.0, 3.0, 100.0) for _ in range(8))
        yield np.where(np.arange(width) == 0, 50.0, 0.0)
    if (above := f.parameters.get("alpha", 0) - 1) > 1:  # entmax of this row is (1 - 2e-5, 1e-5, 1e-5)
        yield np.array([((1 - 2e-5) ** above - 1e-5**above) / above, 0.0, 0.0])


@rowwise("lipschitz")
def test_lipschitz_of_rows(name, case):
    steepest, f = known(name, case).lipschitz, make(name, case)
    largest = max(np.linalg.norm(jacobian(f, x), 2) for x in steep_rows(f))
    assert largest <= steepest * (1 + 1e-12)
    if np.isfinite(steepest):
        reached = 2 ** (f.parameters["alpha"] - 2) if name == "entmax" else steepest
        assert largest >= reached * (1 - 1e-6)
    else:
        assert name == "hardmax" or largest > 1e4


@rowwise("lipschitz")
def test_rows_do_not_move_apart_by_more(name, case):
    steepest, f = known(name, case).lipschitz, make(name, case)
    rng, of_rows, farthest = np.random.default_rng(1), over_rows(f), 0.0
    for x in steep_rows(f):
        moved = x + rng.choice([1e-3, 0.1, 3.0], size=(64, 1)) * rng.normal(size=(64, x.size))
        y = of_rows(np.stack([x, *moved])).reshape(65, -1)
        apart = np.linalg.norm(y[1:] - y[0], axis=1) / np.linalg.norm(moved - x, axis=1)
        farthest = max(farthest, apart.max())
    assert 0 < farthest <= steepest * (1 + 1e-9)


def test_long_rows_take_entmax_to_its_constant():
    """The proof in the declaration: one large probability, and the rest spread thin."""
    x = np.full(4_000_000, 0.0)
    x[0] = 1.99
    slopes = activations.entmax.backward(np.where(x, 1.0, 0.0), x)
    assert 0.95 < np.linalg.norm(slopes) <= activations.entmax.properties["lipschitz"]


def test_lipschitz_constants_say_their_norm():
    softmax, log_softmax = catalogue.declarations()["softmax"], catalogue.declarations()["log_softmax"]
    assert softmax.described({"temperature": 0.25})["lipschitz"] == "2 in the Euclidean norm"
    assert catalogue.declarations()["tanh"].described()["lipschitz"] == "1"
    # It grows with the length of the row.
    assert "lipschitz" not in log_softmax.described()
    steep = [np.linalg.norm(jacobian(activations.log_softmax, 50.0 * (np.arange(n) == 0)), 2) for n in (2, 8, 32)]
    np.testing.assert_allclose(steep, np.sqrt([2, 8, 32]), rtol=1e-6)
    assert activations.get("l2_normalize", p=1.0).properties.keys().isdisjoint({"lipschitz"})


@rowwise("monotonic")
def test_monotonic_in_every_element(name, case):
    monotonic, f, rising = known(name, case).monotonic, make(name, case), True
    of_rows = over_rows(f)
    for x in list(long_rows(f))[:12]:
        y = of_rows(x)
        for k in range(x.shape[1]):
            more = x.copy()
            more[:, k] += 0.3 * np.abs(x).max()
            rising &= bool((of_rows(more) >= y - 8 * np.spacing(np.abs(y))).all())
    assert rising == monotonic


@rowwise("parity")
def test_parity_of_rows(name, case):
    parity, f = known(name, case).parity, make(name, case)
    pairs = [(over_rows(f)(x), over_rows(f)(-x)) for x in long_rows(f)]
    assert all(np.array_equal(mirrored, -y) for y, mirrored in pairs) == (parity == "odd")
    assert all(np.array_equal(mirrored, y) for y, mirrored in pairs) == (parity == "even")
    assert f.properties["zero_centred"] == (parity == "odd")


def test_names_are_filtered_by_properties():
    found = activations.names(monotonic=True, bounded=True)
    assert {"sigmoid", "tanh", "binary_step"} <= set(found)
    assert not {"relu", "gaussian"} & set(found)
    assert "tanh" in activations.names(zero_centred=True, bounded=True)
    assert not {"logsumexp", "max_fold", "leaky_relu", "cos"} & set(activations.names(zero_centred=True))


def test_what_is_declared_of_the_defaults_alone_is_not_known_of_others():
    assert activations.xielu.properties["smoothness"] == -1
    assert not activations.get("xielu", eps=-0.5).properties
    assert activations.get("xielu", beta=0.5).properties == activations.xielu.properties
