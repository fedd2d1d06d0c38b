"""The gallery's claims can fail.

Building the documentation runs the pages and asserts their claims (`.ci/run`, stage "documentation"). Here each page
measures again with its claims turned round: functions exchanged, settings swapped, counter-examples planted. Every
claim has to come out false under one of them.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import activations

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {path.stem.removeprefix("plot_"): path.read_text(encoding="utf-8") for path in DOCS.glob("gallery/*.py")}
# The same lines in every page; what stands before them only defines.
RUN = """

figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
"""
# One run in the place of a mean over several.
SMALL = {"SEEDS": 1, "NETWORKS": 1}


def exchanged(**others):
    """``get`` with other functions under some names."""
    return {"get": lambda name, **parameters: activations.get(others.get(name, name), **parameters)}


def altered(*names, by):
    """``get`` with what ``by`` makes of the functions of some names, or of all."""
    return {"get": lambda name: by(activations.get(name)) if not names or name in names else activations.get(name)}


class Slow:
    """An activation that does everything thirty times."""

    def __init__(self, f):
        self.f = f

    def __call__(self, *arrays, **keywords):
        for _ in range(30):
            y = self.f(*arrays, **keywords)
        return y

    def backward(self, *arrays, **keywords):
        for _ in range(30):
            dx = self.f.backward(*arrays, **keywords)
        return dx


class Steeper:
    """An activation whose derivative is wrong by 1."""

    def __init__(self, f):
        self.f = f

    def __call__(self, x):
        return self.f(x)

    def derivative(self, x):
        return self.f.derivative(x) + 1


def as_if(kinds, **functions):
    """``KINDS`` with other functions at the same names."""
    return {"KINDS": {kind: (functions[kind], names) for kind, (_, names) in kinds.items()}}


def targets(page, upside_down):
    """What maxout is to learn, turned upside down."""
    turned = {what: -target for what, target in page["TARGETS"].items()}
    return {"TARGETS": turned | {"upside down": upside_down}}


def with_products(page, **times):
    """Times of matrix products in the place of measured ones."""
    planted = {(kind, share): time for kind, time in times.items() for share in page["SHARES"]}
    return {"product_times": lambda: planted}


NEGATIONS = {
    "cost": (
        lambda page: exchanged(relu="sigmoid", sigmoid="relu", tanh="relu"),
        lambda page: altered("sigmoid", "tanh", by=Slow) | {"INPUTS": 1, "ROUNDS": 100},
    ),
    "dying_relu": (
        lambda page: {"RATE": 0},
        lambda page: {"HIGH_RATE": 0.1},
        lambda page: exchanged(relu="leaky_relu", leaky_relu="relu", elu="leaky_relu"),
    ),
    "exploding_gradient": (
        lambda page: {"LARGE": page["HE"]},
        lambda page: {"HE": page["LARGE"], "CLIP": np.inf},
        lambda page: exchanged(relu="identity", identity="relu", tanh="sigmoid"),
    ),
    "functions_and_derivatives": (
        lambda page: altered(by=Steeper),
        lambda page: exchanged(**dict.fromkeys(page["KINKED"], "identity")),
    ),
    "kinds_in_two_dimensions": (
        lambda page: as_if(
            page["KINDS"],
            ridge=page["radial"],
            radial=page["ridge"],
            folding=lambda name, x: page["ridge"]("tanh", x),
        ),
        lambda page: as_if(
            page["KINDS"],
            ridge=page["radial"],
            radial=page["ridge"],
            folding=lambda name, x: page["radial"]("gaussian", x),
        ),
    ),
    "maxout_learns": (
        lambda page: targets(page, np.abs(page["x"])),
        lambda page: targets(page, np.sin(9 * page["x"])),
    ),
    "no_activation": (lambda page: exchanged(relu="identity", identity="relu"),),
    "output_layer": (
        lambda page: exchanged(softmax="sigmoid", sigmoid="softmax", relu="identity", identity="relu"),
        lambda page: exchanged(sigmoid="gaussian", relu="tanh"),
        lambda page: {"RATES": (0,)},
    ),
    "said_of_relu": (
        lambda page: {"RELU": "cube", "STEP": "identity"},
        lambda page: {"RELU": "cos"} | exchanged(softplus="tanh", squared_relu="tanh"),
    ),
    "sine_by_hinges": (lambda page: {"ACTIVATION": "identity"}, lambda page: {"ACTIVATION": "sin"}),
    "sparse_not_centred": (
        lambda page: exchanged(relu="tanh", tanh="relu", sigmoid="elu") | with_products(page, dense=0.5, sparse=0.5),
    ),
    "vanishing_gradient": (
        lambda page: {"SUITED": page["USUAL"]},
        lambda page: {"USUAL": page["SUITED"]},
        lambda page: exchanged(sigmoid="relu", relu="tanh", tanh="relu"),
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what is negated may overflow
@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_claim_can_fail(page):
    definitions = PAGES[page].partition(RUN)[0]
    failed = set()
    for negation in NEGATIONS[page]:
        names = {}
        with threadpool_limits(1):
            exec(compile(definitions, page, "exec"), names)
            names.update(SMALL, **negation(names))
            said = names["claims"](names["measure"]())
        failed |= {claim for claim, holds in said.items() if not holds}
    assert said
    assert failed == set(said)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_page_asserts_its_claims_and_draws(page):
    assert PAGES[page].count(RUN) == 1
    assert "plt.show()" in PAGES[page].partition(RUN)[2]


def test_pages_have_their_order(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    import gallery_style

    assert sorted(gallery_style.ORDER) == sorted(PAGES)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_references_are_numbered_and_used(page):
    cited = set(re.findall(r"\[(\d)\]_", PAGES[page]))
    assert cited == set(re.findall(r"^# \.\. \[(\d)\] ", PAGES[page], re.MULTILINE))
