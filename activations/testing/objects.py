"""Checks of an activation as a thing that is passed around: between threads, processes and files."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

from activations import registry
from activations.activation import Activation
from activations.testing.arrays import alike
from activations.testing.kit import NotApplicable, check
from activations.testing.samples import incoming, passes, points


def _registered(f: Activation) -> bool:
    try:
        return registry.get(f.name).name == f.name
    except LookupError:
        return False


@check
def thread_safety(f: Activation) -> None:
    """Calls from several threads at once give what they give one after another."""
    inputs = [points(f, seed=seed, shape=(64, 96)) for seed in range(8)]
    expected = [passes(f, x, incoming(f, x)) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        jobs = pool.map(lambda x: [passes(f, x, incoming(f, x)) for _ in range(20)], inputs)
        for x_results, values in zip(jobs, expected, strict=True):
            for result in x_results:
                for name, found in result.items():
                    alike(found, values[name], f"{name} from a thread")


@check
def pickling(f: Activation) -> None:
    """A pickle loads as an equal activation with equal values, provided that it is registered."""
    if not _registered(f):
        raise NotApplicable("it is not registered: a pickle holds a name")
    again = pickle.loads(pickle.dumps(f))
    if again != f:
        raise AssertionError(f"{f!r} loads as {again!r}")
    alike(again(points(f)), f(points(f)), "after a pickle")


@check
def config_round_trip(f: Activation) -> None:
    """get(f.config) is an equal activation, and the config goes through JSON."""
    if not _registered(f):
        raise NotApplicable("it is not registered: a config holds a name")
    again = registry.get(json.loads(json.dumps(f.config)))
    if again != f:
        raise AssertionError(f"{f!r} comes back as {again!r} from {f.config}")


@check
def names_and_parameters(f: Activation) -> None:
    """An unknown parameter is a TypeError that names it, and repr says what the activation is."""
    try:
        f(points(f), no_such_parameter=1)
    except TypeError as error:
        if "no_such_parameter" not in str(error):
            raise AssertionError(f"the error for an unknown parameter does not name it: {error}") from None
    else:
        raise AssertionError("an unknown parameter is not refused")
    if f.name not in repr(f):
        raise AssertionError(f"repr is {f!r}, without the name")
