"""The figures of units are what their definitions say, by loops over single numbers."""

import numpy as np
import pytest

import activations
from activations.diagnostics import (
    active_share,
    almost_dead,
    dead_units,
    dormant_units,
    saturation,
    sparsity,
)

ELEMENTWISE = activations.names(kind="ridge") + activations.names(kind="radial")


def samples(rows=300, units=12, seed=0):
    """Pre-activations of units that are pushed aside by different amounts, some far."""
    rng = np.random.default_rng(seed)
    x = 2 * rng.standard_normal((rows, units)) + np.linspace(-9, 9, units)
    x[:, 0], x[:, 1], x[5, 1] = -1000, -1000, 3
    x[:2, 2:] = np.array([[0.5], [-0.5]])
    return x


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_active_is_where_the_derivative_is_not_zero(name, dtype):
    f = activations.get(name)
    x = samples(rows=60).astype(dtype)
    expected = [sum(float(f.derivative(value)) != 0 for value in column) / len(column) for column in x.T]
    assert active_share(x, f).tolist() == expected
    assert dead_units(x, f).tolist() == [share == 0 for share in expected]
    assert almost_dead(x, f, below=0.4).tolist() == [0 < share < 0.4 for share in expected]


def test_relu_is_dead_where_it_puts_out_zeros():
    x = samples()
    assert np.array_equal(dead_units(x, "relu"), dead_units(activations.relu(x)))
    assert np.array_equal(active_share(x, "relu"), np.mean(x > 0, axis=0))
    assert dead_units(x, "relu").tolist()[:3] == [True, False, False]
    assert almost_dead(x, "relu").tolist()[:2] == [False, True]


def test_almost_dead_is_strict():
    x = np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    assert not almost_dead(x, "relu", below=0.25)[0]
    assert almost_dead(x, "relu", below=0.26)[0]


@pytest.mark.parametrize("pieces", [2, 3])
def test_maxout_units_do_not_die(pieces):
    x = samples(units=12)
    assert active_share(x, {"name": "maxout", "pieces": pieces}).tolist() == [1.0] * (12 // pieces)


@pytest.mark.parametrize("name", ["reglu", "glu", "swiglu", "bilinear"])
def test_gated_units_are_columns_of_both_halves(name):
    f = activations.get(name)
    x = samples(rows=80, units=12)
    x[:, 0] = x[:, 6] = -1000
    active = np.zeros((80, 6), bool)
    for row, unit in np.ndindex(80, 6):
        pair = x[row, [unit, unit + 6]]
        active[row, unit] = np.any(f.backward(np.ones(1), pair) != 0)
    assert np.array_equal(active_share(x, f), active.mean(axis=0))
    if name == "reglu":
        assert dead_units(x, f).tolist() == [True, *[False] * 5]


def test_softmax_is_alive():
    x = np.random.default_rng(0).standard_normal((50, 4))
    assert active_share(x, "softmax").tolist() == [1.0] * 4


def test_channels_of_images():
    x = np.random.default_rng(0).standard_normal((6, 5, 4, 3)) - 0.5
    x[:, 3] = -1
    expected = [np.mean([value > 0 for value in x[:, c].ravel()]) for c in range(5)]
    assert active_share(x, "relu", axis=1).tolist() == expected
    assert dead_units(x, "relu", axis=1).tolist() == [False, False, False, True, False]
    assert np.array_equal(sparsity(activations.relu(x), axis=1), 1 - np.array(expected))
    assert dormant_units(activations.relu(x), axis=1).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_sparsity_counts_zeros(dtype):
    y = np.random.default_rng(0).integers(-1, 2, (40, 7)).astype(dtype)
    y[0, 0] = -0.0
    assert sparsity(y) == sum(value == 0 for value in y.ravel()) / y.size
    assert sparsity(y, axis=-1).tolist() == [sum(value == 0 for value in column) / 40 for column in y.T]


@pytest.mark.parametrize("tau", [0, 0.025, 0.5])
def test_dormant_by_hand(tau):
    y = np.random.default_rng(0).standard_normal((50, 8)) * 10.0 ** np.arange(-7, 1)
    y[:, 2] = 0
    magnitude = [sum(abs(value) for value in column) / 50 for column in y.T]
    expected = [each / (sum(magnitude) / 8) <= tau for each in magnitude]
    assert dormant_units(y, tau=tau).tolist() == expected
    assert dormant_units(np.zeros((3, 2))).all()


STATISTICS = {
    "active_share": lambda x: active_share(x, "relu6"),
    "dead_units": lambda x: dead_units(x, "relu6"),
    "almost_dead": lambda x: almost_dead(x, "relu6", below=0.3),
    "saturation": lambda x: saturation("tanh", x),
    "saturation of units": lambda x: saturation("tanh", x, axis=-1),
    "sparsity": sparsity,
    "dormant_units": lambda x: dormant_units(x, tau=0.2),
}


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("size", [1, 7, 300, 1000])
def test_batches_give_what_the_whole_gives(name, size):
    function, x = STATISTICS[name], samples()
    batches = (x[start : start + size] for start in range(0, len(x), size))
    assert np.array_equal(function(batches), function(x))


def test_unequal_batches_weigh_by_their_samples():
    x = np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    assert active_share(iter([x[:1], x[:0], x[1:]]), "relu").tolist() == [0.25]


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.ones(3), ValueError, r"\(3,\).*samples and units"),
        (np.ones((0, 3)), ValueError, "no samples"),
        (np.array([["a"]]), TypeError, "real numbers"),
        (np.ones((2, 2), complex), TypeError, "real numbers"),
        (np.ma.masked_less([[1.0, -1.0]], 0), TypeError, "masked elements, which would be counted: leave them out"),
    ],
)
@pytest.mark.parametrize("name", ["dead_units", "sparsity", "dormant_units", "saturation"])
def test_bad_arrays(name, x, error, words):
    with pytest.raises(error, match=words):
        STATISTICS[name](x)


def test_bad_batches():
    with pytest.raises(ValueError, match="no samples"):
        dead_units(iter([]))
    with pytest.raises(ValueError, match="4 units and those before it 3"):
        dead_units(iter([np.ones((2, 3)), np.ones((2, 4))]))


def test_bad_settings():
    x = np.ones((2, 2))
    with pytest.raises(ValueError, match="axis=2"):
        dead_units(x, axis=2)
    with pytest.raises(ValueError, match="below"):
        almost_dead(x, below=2)
    with pytest.raises(ValueError, match="tau"):
        dormant_units(x, tau=-1)
    with pytest.raises(ValueError, match="slope"):
        saturation("tanh", x, slope=1)
    with pytest.raises(TypeError, match="softmax declares no sides"):
        saturation("softmax", x)
    with pytest.raises(ValueError, match=r"logsumexp.*no units"):
        dead_units(x, "logsumexp")
    with pytest.raises(LookupError):
        dead_units(x, "rulo")
    with pytest.raises(TypeError, match="no derivative"):
        dead_units(x, activations.Activation("mine", np.sin))


def test_slopes_of_channels_are_counted_along_the_last_axis():
    x = -np.ones((5, 3, 4, 4))
    slopes = np.array([0.0, 0.1, 0.0])
    assert dead_units(x, activations.get("prelu", weight=slopes), axis=1).tolist() == [True, False, True]
    with pytest.raises(ValueError, match=r"prelu: weight has shape \(3, 1, 1\).*of shape \(units,\)"):
        dead_units(x, activations.get("prelu", weight=slopes[:, None, None]), axis=1)


def test_nothing_masked_is_as_any_array():
    x = np.ma.masked_array([[0.0, 1.0]], mask=False)
    assert sparsity(x) == 0.5


def test_arrays_without_units_are_refused():
    for function in (dead_units, dormant_units, sparsity):
        with pytest.raises(ValueError, match="no units: axis -1 has length 0"):
            function(np.empty((5, 0)))


def test_an_infinite_unit_is_not_dormant():
    np.testing.assert_array_equal(dormant_units(np.array([[np.inf, 1.0], [0.0, 1.0]])), [False, True])
    np.testing.assert_array_equal(dormant_units(np.array([[np.inf, 1.0, 0.0]]), tau=0), [False, False, True])


def test_a_unit_of_nan_says_nothing_of_the_others():
    y = np.array([[1.0, 0.001, np.nan, 0.0], [3.0, 0.001, 1.0, 0.0]])
    for tau in (0.025, 0):
        alone = dormant_units(y[:, [0, 1, 3]], tau=tau)
        assert alone.any()
        np.testing.assert_array_equal(dormant_units(y, tau=tau), np.insert(alone, 2, False))
    assert not dormant_units(np.full((2, 3), np.nan)).any()
