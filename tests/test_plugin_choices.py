"""Entries that give several activations, plugins turned off, known providers, and hundreds of plugins at once."""

import numpy as np
import pytest

import activations
from activations import PluginError, UnknownActivationError, _plugins, registry

from .fake_plugins import Site, run, visible

FAMILY = """
import numpy as np
from activations import Activation

def make(name, k, aliases=()):
    return Activation(name, lambda x: k * x, derivative=lambda x: k * np.ones_like(x), aliases=aliases)

every = [make("fake_double", 2, ["fake_twice"]), make("fake_triple", 3)]
wrong = [make("fake_fine", 1), 3]

def generate():
    yield from every
"""


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "site")
    with visible(site):
        yield site


@pytest.fixture
def family(site):
    site.module("fake_family", FAMILY)

    def record(**points):
        site.record("fake-family", {name: f"fake_family:{value}" for name, value in points.items()}, "1.2")

    return record


class TestSeveral:
    @pytest.mark.parametrize("given", ["every", "generate"])
    def test_each_entry_is_the_one_of_its_name(self, family, given):
        family(fake_double=given, fake_triple=given)
        assert activations.get("fake_double")(1.0) == 2
        assert activations.get("FakeTriple")(1.0) == 3
        assert activations.get("fake_triple") is activations.get("fake-family:fake_triple")
        assert activations.get("fake_double").origin == "fake-family 1.2"

    def test_an_alias_will_do(self, family):
        family(fake_twice="every")
        assert activations.get("fake_twice").name == "fake_double"

    def test_a_name_that_is_not_among_them_is_an_error_that_lists_them(self, family):
        family(fake_other="every")
        with pytest.raises(PluginError, match="gives fake_double, fake_triple, and nothing named 'fake_other'"):
            activations.get("fake_other")

    def test_all_of_them_must_be_activations(self, family):
        family(fake_fine="wrong")
        with pytest.raises(PluginError, match="an object of type 'int'"):
            activations.get("fake_fine")


class TestTurnedOff:
    @pytest.fixture
    def two(self, site):
        site.good("fake-first", "fake_one", object_name="mine")
        site.good("fake-second", "fake_two", object_name="mine")

    @pytest.mark.parametrize(
        ("switch", "left"),
        [
            ("1", set()),
            ("0", {"fake_one", "fake_two"}),
            ("", {"fake_one", "fake_two"}),
            ("fake-first", {"fake_two"}),
            ("Fake.Second, other", {"fake_one"}),
            ("FakeOne", {"fake_two"}),
            ("fake-second:fake_two", {"fake_one"}),
            ("Fake_Second:FakeTwo", {"fake_one"}),
            ("fake-first:fake_two", {"fake_one", "fake_two"}),
            ("fake-first,fake_two", set()),
        ],
    )
    def test_by_the_environment(self, two, monkeypatch, switch, left):
        monkeypatch.setenv("ACTIVATIONS_DISABLE_PLUGINS", switch)
        registry.refresh()
        assert {"fake_one", "fake_two"} & set(activations.names()) == left
        assert {p.name for p in registry.plugins()} == left
        off = {"fake_one": "fake-first", "fake_two": "fake-second"}
        for spelled in [each for name in off.keys() - left for each in (name, f"{off[name]}:{name}")]:
            with pytest.raises(UnknownActivationError, match="turned off by ACTIVATIONS_DISABLE_PLUGINS="):
                activations.get(spelled)
        assert all(activations.get(name) for name in left)
        assert activations.get("relu") is activations.relu

    def test_all_turned_off_reads_no_metadata(self):
        code = (
            "import importlib.metadata as m, activations\n"
            "def scan(**keywords): raise AssertionError('scanned')\n"
            "m.distributions = scan\n"
            "print('relu' in activations.names())"
        )
        assert run(code, ACTIVATIONS_DISABLE_PLUGINS="1") == "True"


def test_a_known_provider_is_named():
    with pytest.raises(UnknownActivationError, match=r"a plugin offers it: pip install \./examples/activations-sinlu"):
        activations.get("SinLU")


COUNT = 500
CACHED = {"PYTHONDONTWRITEBYTECODE": ""}  # an installed package has its bytecode beside it


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("crowd"))
    for k in range(COUNT):
        site.good(f"fake-crowd-{k}", f"crowd_{k}")
    return site


class TestHundreds:
    def test_import_and_first_builtin_stay_quick(self, crowd):
        code = (
            "import numpy, sys; from time import perf_counter as t\n"
            "a = t(); import activations; b = t(); activations.get('relu'); c = t()\n"
            "assert not any('fake_crowd' in name for name in sys.modules)\n"
            "print(b - a, c - b)"
        )
        # By turns, so that both see the same machine, and until both have been undisturbed once.
        crowded = alone = np.full(2, np.inf)
        for _ in range(20):
            crowded = np.minimum(crowded, [float(word) for word in run(code, crowd.folder, **CACHED).split()])
            alone = np.minimum(alone, [float(word) for word in run(code, **CACHED).split()])
            if crowded[1] < max(0.05, 1.5 * alone[1]) and crowded[0] < 1.5 * alone[0] + 0.002:
                break
        # Half again is for a machine on which it takes longer than that alone.
        assert crowded[1] < max(0.05, 1.5 * alone[1]), (crowded, alone)
        assert crowded[0] < 1.5 * alone[0] + 0.002

    def test_each_is_found_and_one_alone_imported(self, crowd):
        with visible(crowd):
            assert {f"crowd_{k}" for k in range(COUNT)} <= set(activations.names())
            assert activations.get("crowd_321").origin == "fake-crowd-321 1.0"
            assert crowd.imported() == ["fake_crowd_321"]
            assert len(_plugins.offers("fake-crowd-7")) == 1
