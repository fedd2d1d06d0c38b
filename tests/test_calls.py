"""However Python calls an activation, it answers alike: by vectorcall, by its tuple and dictionary, from a subclass."""

import functools
import pickle

import numpy as np
import pytest

import activations

NAMES = ("relu", "leaky_relu", "softmax", "maxout", "logsumexp", "glu")


@pytest.mark.parametrize("name", NAMES)
def test_every_way_of_calling(name):
    f = activations.get(name)
    x = np.random.default_rng(3).normal(size=(4, 6)).astype(np.float32)
    expected = f(x)
    out = np.empty_like(expected)
    keywords = {"out": out, "axis": -1} if f.kind in ("folding", "gated") else {"out": out}
    ways = (
        lambda: f.__call__(x),
        lambda: type(f).__call__(f, x, out=out),
        lambda: f(*[x], **keywords),
        lambda: functools.partial(f, out=out)(x),
        lambda: functools.partial(f, x)(),
        lambda: next(map(f, [x])),
        lambda: pickle.loads(pickle.dumps(f))(x, out=None),
        lambda: f(x[:, ::-1][:, ::-1], out=out),
    )
    for way in ways:
        out.fill(np.nan)
        result = way()
        assert result.tobytes() == expected.tobytes()
    assert f(x, out=out) is out


@pytest.mark.parametrize("name", NAMES)
def test_no_array(name):
    f = activations.get(name)
    for call in (lambda: f(), lambda: f(x=np.ones(4)), lambda: type(f).__call__(f), lambda: f(out=np.ones(4))):
        with pytest.raises(TypeError, match="by position"):
            call()


def test_subclasses():
    class Loud(activations.Activation):
        def __call__(self, x, /, **keywords):
            return "loud", super().__call__(x, **keywords)

    class Quiet(activations.Activation):
        pass

    x = np.array([-1.0, 2.0])
    said, value = Loud("loud_of_mine", np.negative)(x)
    assert said == "loud"
    assert value.tolist() == [1.0, -2.0]
    assert Quiet("quiet_of_mine", np.negative)(x).tolist() == [1.0, -2.0]


def test_keywords_of_backward_stay_keywords():
    """What is said is passed on, be it the default or nothing at all."""
    seen = []

    def backward(dy, x, **keywords):
        seen.append(keywords)
        return dy

    f = activations.Activation("recorder", np.negative, backward=backward, parameters={"pieces": 0.0, "slope": 1.0})
    x = np.ones(3)
    f.backward(x, x, pieces=1.0)
    f.backward(x, x, slope=2.0)
    assert seen[0]["pieces"] == 1.0
    assert seen[1]["slope"] == 2.0
    assert activations.softmax.backward(x, x, axis=0).tolist() == activations.softmax.backward(x, x).tolist()
    with pytest.raises(TypeError, match="which"):
        activations.relu.backward(x, x, which=x)
