"""softmax2d: softmax over the channels of images, and of nothing else."""

import pickle

import numpy as np
import pytest

import activations

from .cli.running import invoke
from .enrolment import DTYPES, same_bits

SHAPES = ((5, 4, 3), (2, 5, 4, 3), (1, 1, 1), (3, 0, 2), (0, 3, 2, 2))


def image(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 4, shape).astype(dtype)


@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_softmax_over_the_channels(shape, dtype, temperature):
    f, softmax = (
        activations.get("softmax2d", temperature=temperature),
        activations.get("softmax", temperature=temperature),
    )
    x, dy = image(shape, dtype), image(shape, dtype, 1)
    y = f(x)
    assert y.dtype == x.dtype
    assert same_bits(y, softmax(x, axis=-3))
    assert same_bits(f.backward(dy, x), softmax.backward(dy, x, axis=-3))
    assert same_bits(f.backward(dy, y=y), softmax.backward(dy, y=y, axis=-3))
    if x.size:
        np.testing.assert_allclose(y.sum(axis=-3, dtype=float), 1, rtol=4 * np.finfo(dtype).eps)


def test_out_where_and_layouts():
    f, x, dy = activations.softmax2d, image((2, 5, 4, 3), float), image((2, 5, 4, 3), float, 1)
    y = f(x)
    out = np.empty_like(x)
    assert f(x, out=out) is out
    assert same_bits(out, y)
    assert f.backward(dy, x, out=out) is out
    assert same_bits(out, f.backward(dy, x))
    assert same_bits(f(np.asfortranarray(x)), y)
    assert same_bits(f(x[..., ::-1])[..., ::-1], y)
    mask = x > -1
    assert same_bits(f(x, where=mask), activations.softmax(x, axis=-3, where=mask))
    assert not f(x, where=mask)[~mask].any()
    assert same_bits(f(x.tolist()), y)
    assert f(np.ones((2, 1, 1), np.int64)).dtype == np.float64


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (2, 2, 2, 2, 2)])
def test_only_images_are_taken(shape):
    x = np.zeros(shape)
    for call in (lambda: activations.softmax2d(x), lambda: activations.softmax2d.backward(x, x)):
        with pytest.raises(ValueError, match="takes images, of 3 or 4 dimensions"):
            call()


def test_an_axis_makes_it_softmax():
    x, dy = image((2, 3), float), image((2, 3), float, 1)
    assert same_bits(activations.softmax2d(x, axis=0), activations.softmax(x, axis=0))
    assert same_bits(activations.softmax2d.backward(dy, x, axis=(0, 1)), activations.softmax.backward(dy, x, axis=None))
    with pytest.raises(ValueError, match="they must be equal"):
        activations.softmax2d.backward(np.zeros((3, 2, 2)), np.zeros((3, 2, 1)))


def test_the_command_folds_channels(tmp_path):
    x = image((2, 5, 4, 3), "float32")
    np.save(tmp_path / "x.npy", x)
    assert invoke("apply", "softmax2d", tmp_path / "x.npy", tmp_path / "y.npy").exit_code == 0
    assert same_bits(np.load(tmp_path / "y.npy"), activations.softmax2d(x))
    np.save(tmp_path / "flat.npy", x.reshape(10, 12))
    assert invoke("apply", "softmax2d", tmp_path / "flat.npy", tmp_path / "z.npy").exit_code != 0


def test_it_is_known_by_name():
    f = activations.get("softmax2d", temperature=2)
    assert "softmax2d" in activations.names(kind="folding")
    assert pickle.loads(pickle.dumps(f)) == f == activations.get(f.config)
    assert pickle.loads(pickle.dumps(f.ufunc)) is f.ufunc
    assert f != activations.get("softmax", temperature=2)
