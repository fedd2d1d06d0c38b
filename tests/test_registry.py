"""The built-ins by name, and activations registered at run time; plugins are in test_plugins.py."""

import importlib
import json
import re
from importlib.metadata import distribution

import numpy as np
import pytest

import activations
from activations import Activation, PluginError, UnknownActivationError, catalogue, registry
from activations.declaration import KINDS

from .fake_plugins import run

NAMES = catalogue.names()
ALIASES = catalogue.aliases()


@pytest.fixture
def register():
    """`activations.register`, undone after the test."""
    added = []

    def add(activation, **keywords):
        added.append(activations.register(activation, **keywords))
        return added[-1]

    yield add
    for activation in added:
        try:
            activations.unregister(activation.name)
        except UnknownActivationError:
            continue  # replaced or unregistered by the test itself


def make(name, **keywords):
    return Activation(name, np.negative, derivative=lambda x: -np.ones_like(x), **keywords)


class TestBuiltins:
    def test_entry_points_are_the_catalogue(self):
        points = distribution("numpy-activations").entry_points.select(group="activations")
        assert sorted(point.name for point in points) == sorted(NAMES)
        assert {point.value for point in points} == {f"activations.builtins:{name}" for name in NAMES}

    @pytest.mark.parametrize("name", NAMES)
    def test_by_name_in_any_spelling(self, name):
        f = activations.get(name)
        assert isinstance(f, Activation)
        assert f.name == name
        spellings = [name.upper(), name.replace("_", "-"), name.replace("_", ""), name.title().replace("_", "")]
        assert all(activations.get(each) is f for each in [*spellings, f"numpy-activations:{name}"])
        assert activations.get(f"NumPy_Activations:{name.upper()}") is f

    @pytest.mark.parametrize("alias", ALIASES)
    def test_aliases(self, alias):
        name, parameters = ALIASES[alias]
        assert activations.get(alias) == activations.get(name, **parameters)
        assert activations.get(alias.upper()) is activations.get(alias)
        if not parameters:
            assert activations.get(alias) is activations.get(name)

    def test_no_two_names_look_alike(self):
        keys = [registry.key(spelling) for spelling in [*NAMES, *ALIASES]]
        meanings = {}
        for key, spelling in zip(keys, [*NAMES, *ALIASES], strict=True):
            meanings.setdefault(key, set()).add(ALIASES.get(spelling, (spelling,))[0])
        assert {key: names for key, names in meanings.items() if len(names) > 1} == {}

    @pytest.mark.parametrize("name", NAMES)
    def test_none_is_named_like_a_submodule(self, name):
        assert not registry._is_submodule(name)


class TestGet:
    def test_parameters(self):
        f = activations.get("leaky_relu", negative_slope=0.2)
        assert f.parameters == {"negative_slope": 0.2}
        assert activations.get("leaky_relu").parameters == {"negative_slope": 0.01}

    def test_config_round_trip(self):
        f = activations.get({"name": "LeakyReLU", "negative_slope": 0.2})
        assert f == activations.get("leaky_relu", negative_slope=0.2)
        assert activations.get(json.loads(json.dumps(f.config))) == f

    def test_config_is_left_alone(self):
        config = {"name": "leaky_relu", "negative_slope": 0.2}
        activations.get(config, negative_slope=0.3)
        assert config == {"name": "leaky_relu", "negative_slope": 0.2}

    def test_keywords_win(self):
        config = {"name": "leaky_relu", "negative_slope": 0.2}
        assert activations.get(config, negative_slope=0.3).parameters == {"negative_slope": 0.3}
        assert activations.get("keras.leaky_relu", negative_slope=0.3).parameters == {"negative_slope": 0.3}
        assert activations.get({"name": "keras.leaky_relu"}).parameters == {"negative_slope": 0.2}

    def test_activation_passes_through(self):
        f = activations.get("leaky_relu", negative_slope=0.2)
        assert activations.get(f) is f
        assert activations.get(f, negative_slope=0.3) == activations.get("leaky_relu", negative_slope=0.3)
        assert activations.get(make("unregistered")).name == "unregistered"

    def test_none_is_identity(self):
        assert activations.get(None) is activations.get("identity")

    def test_config_without_name(self):
        with pytest.raises(ValueError, match=r"a config needs a 'name'.*; this one has 'class_name', 'config'"):
            activations.get({"class_name": "relu", "config": {}})
        with pytest.raises(
            ValueError, match=r": write \{'name': 'LeakyReLU'\}, with the parameters of 'config' beside"
        ):
            activations.get({"class_name": "LeakyReLU", "config": {"name": "leaky_re_lu", "negative_slope": 0.3}})
        with pytest.raises(ValueError, match="this one has nothing"):
            activations.get({})

    @pytest.mark.parametrize("config", [{"name": 3}, {"name": None}, {"name": "relu", 2: 3}])
    def test_config_of_something_else_than_strings(self, config):
        with pytest.raises(TypeError, match=r"strings, not (3|None|2)"):
            activations.get(config)

    @pytest.mark.parametrize("spec", [3, 1.5, b"relu", ["relu"], ("relu", {}), object()])
    def test_of_the_wrong_type(self, spec):
        with pytest.raises(TypeError, match=f"takes a name, a config .* or None, not '{type(spec).__name__}'"):
            activations.get(spec)

    def test_of_a_config_as_text(self):
        with pytest.raises(UnknownActivationError, match=r"is a config as text: read it first, as in get\(json\.loads"):
            activations.get('{"name": "relu"}')

    def test_of_a_bare_callable(self):
        with pytest.raises(TypeError, match=r"wrap it: Activation\('square', forward, derivative=\.\.\.\)"):
            activations.get(np.square)
        with pytest.raises(TypeError, match=r"not a bare callable; wrap it: Activation\('cbrt', forward"):
            activations.get(np.cbrt)

    def test_of_a_callable_with_a_name_that_is_known(self):
        class ReLU:
            def __call__(self, x):
                return x

        for given, name in ((np.square, "square"), (ReLU(), "ReLU")):
            with pytest.raises(TypeError, match=rf"; take the activation of its name, get\('{name}'\), or wrap"):
                activations.get(given)

    @pytest.mark.parametrize(
        ("printed", "cure"),
        [
            (repr(activations.get("leaky_relu", negative_slope=0.2)), "get('leaky_relu', negative_slope=0.2)"),
            ("LeakyReLU(negative_slope=0.01)", "get('LeakyReLU', negative_slope=0.01)"),
            ("SiLU()", "get('SiLU')"),
            ("keras.leaky_relu(0.3)", "get('keras.leaky_relu'), and parameters by their names"),
        ],
    )
    def test_of_what_an_activation_prints(self, printed, cure):
        with pytest.raises(UnknownActivationError, match=f"is how an activation prints.*: write {re.escape(cure)}$"):
            activations.get(printed)

    def test_brackets_in_other_names(self):
        with pytest.raises(UnknownActivationError, match=r"no activation is named 'nothing\(a=1\)'"):
            activations.get("nothing(a=1)")
        f = activations.register(make("bump (of mine)"))
        try:
            assert activations.get("bump (of mine)") is f
        finally:
            activations.unregister("bump (of mine)")

    def test_wrong_parameter(self):
        with pytest.raises(TypeError, match="relu has no parameter 'slope'"):
            activations.get("relu", slope=1)


class TestUnknown:
    def test_lists_close_names_and_aliases(self):
        with pytest.raises(UnknownActivationError, match=r"named 'leaky_relo'\. Did you mean .*'leaky_relu'"):
            activations.get("leaky_relo")
        with pytest.raises(UnknownActivationError, match="'logistic'"):
            activations.get("logistics")

    def test_says_how_to_list_them_all(self):
        with pytest.raises(UnknownActivationError, match=r"'qqq'\. activations\.names\(\) lists them all; .*install"):
            activations.get("qqq")

    @pytest.mark.parametrize("name", ["", "_", "-", " ", "relu ", "__init__", "activations.get", "get", "os"])
    def test_names_of_nothing(self, name):
        with pytest.raises(UnknownActivationError):
            activations.get(name)

    def test_distribution(self):
        with pytest.raises(UnknownActivationError, match=r"distribution 'nobody' offers any; .*numpy-activations"):
            activations.get("nobody:relu")
        with pytest.raises(UnknownActivationError, match="Did you mean 'numpy-activations:relu'"):
            activations.get("numpy-activations:rellu")

    def test_is_a_lookup_error_and_a_value_error(self):
        assert issubclass(UnknownActivationError, LookupError)
        assert issubclass(UnknownActivationError, ValueError)


class TestNames:
    def test_are_sorted_and_all_there(self):
        assert activations.names() == sorted(activations.names())
        assert set(NAMES) <= set(activations.names())

    @pytest.mark.parametrize("kind", KINDS)
    def test_of_a_kind(self, kind):
        expected = [name for name in NAMES if catalogue.declarations()[name].kind == kind]
        assert activations.names(kind=kind) == expected
        assert all(activations.get(name).kind == kind for name in expected)

    def test_of_an_unknown_kind(self):
        with pytest.raises(ValueError, match="kind 'rigde' is not one of 'ridge', 'radial', 'folding', 'gated'"):
            activations.names(kind="rigde")

    def test_with_properties(self):
        monotonic = activations.names(monotonic=True)
        assert {"relu", "sigmoid", "maxout"} <= set(monotonic)
        assert not {"silu", "gelu", "gaussian"} & set(monotonic)
        assert activations.names(kind="folding", monotonic=True) == [
            n for n in monotonic if activations.get(n).kind == "folding"
        ]

    def test_an_undeclared_property_is_false_but_not_zero(self):
        assert "relu" in activations.names(odd=False)
        assert "tanh" not in activations.names(odd=False)
        assert "softmax" not in activations.names(at_zero=0.0)
        assert "relu" in activations.names(at_zero=0.0)

    def test_a_word_is_found_among_several(self):
        both, left = activations.names(saturates=("left", "right")), activations.names(saturates="left")
        assert {"tanh", "relu"} <= set(left)
        assert set(both) < set(left)
        assert "relu" not in activations.names(saturates="right")
        assert "identity" in activations.names(saturates=())
        with pytest.raises(ValueError, match=r"no activation has saturates='lft'; there are 'left', 'right'"):
            activations.names(saturates="lft")

    def test_by_what_else_is_declared(self):
        assert activations.names(parity="odd", kind="ridge") == activations.names(odd=True, kind="ridge")
        assert {"sigmoid", "softmax"} <= set(activations.names(saves="either"))
        assert "silu" in activations.names(saves="x")
        assert {"relu", "maxout"} <= set(activations.names(integers=True))
        assert "tanh" not in activations.names(integers=True)

    def test_filters_know_the_parameters_of_what_is_registered(self, register):
        register(make("my_own"))
        assert "my_own" not in activations.names(monotonic=True)
        assert "my_own" in activations.names(saves="x")

    def test_with_an_unknown_property(self):
        with pytest.raises(TypeError, match=r"declares the property 'monotone'; properties are .*monotonic"):
            activations.names(monotone=True)

    def test_aliases(self):
        table = activations.aliases()
        assert list(table) == sorted(table)
        assert table["logistic"] == "sigmoid"
        assert table["keras.leaky_relu"] == "leaky_relu"
        assert set(ALIASES) <= set(table)
        assert set(table.values()) <= set(activations.names())


class TestRegister:
    def test_by_name_and_alias(self, register):
        f = register(make("my_own", aliases=("mine", "own.mine")))
        assert activations.get("MyOwn") is activations.get("mine") is activations.get("own.mine") is f
        assert "my_own" in activations.names()
        assert activations.aliases()["mine"] == "my_own"
        assert "my_own" in activations.names(kind="ridge")
        assert "my_own" not in activations.names(kind="radial")

    def test_returns_what_it_got(self, register):
        f = make("my_own")
        assert register(f) is f

    def test_parameters_are_bound(self, register):
        register(Activation("my_scale", lambda x, k: k * x, parameters={"k": 2.0}))
        assert activations.get("my-scale", k=3.0)(np.ones(1)).tolist() == [3.0]
        assert activations.get(activations.get("my_scale", k=3.0).config).parameters == {"k": 3.0}

    @pytest.mark.parametrize("name", ["relu", "ReLU", "rectifier", "keras.leaky_relu", "log-softmax"])
    def test_builtins_keep_their_names(self, name):
        for activation in (make(name), make("my_own", aliases=("fine", name))):
            for replace in (False, True):
                with pytest.raises(ValueError, match=f"'{name}' is (a|an alias of the) built-in .*another"):
                    activations.register(activation, replace=replace)
        with pytest.raises(UnknownActivationError):
            activations.get("my_own")
        with pytest.raises(ValueError, match="cannot be unregistered"):
            activations.unregister(name)

    def test_a_bound_builtin_is_no_new_activation(self):
        with pytest.raises(ValueError, match="is a built-in"):
            activations.register(activations.get("leaky_relu", negative_slope=0.5))

    def test_twice_is_an_error_unless_replaced(self, register):
        first = register(make("my_own", aliases=("mine",)))
        for second in (make("My-Own"), make("other", aliases=("mine",)), make("mine"), first):
            with pytest.raises(ValueError, match=r"is registered already, by 'my_own'.*replace=True"):
                activations.register(second)
        assert activations.get("my_own") is first

    def test_replace_drops_the_other_with_its_aliases(self, register):
        register(make("my_own", aliases=("mine",)))
        second = register(make("MY_OWN", aliases=("ours",)), replace=True)
        assert activations.get("my_own") is activations.get("ours") is second
        assert [name for name in activations.names() if registry.key(name) == "myown"] == ["MY_OWN"]
        with pytest.raises(UnknownActivationError):
            activations.get("mine")

    def test_replace_takes_only_the_alias_over(self, register):
        first = register(make("my_own", aliases=("mine",)))
        second = register(make("other", aliases=("mine",)), replace=True)
        assert activations.get("my_own") is first
        assert activations.get("mine") is second
        assert activations.aliases()["mine"] == "other"

    def test_unregister(self, register):
        register(make("my_own", aliases=("mine",)))
        activations.unregister("Mine")
        for name in ("my_own", "mine"):
            with pytest.raises(UnknownActivationError):
                activations.get(name)
        assert "my_own" not in activations.names()

    def test_unregister_what_is_not_there(self):
        with pytest.raises(UnknownActivationError, match="my_own"):
            activations.unregister("my_own")

    def test_unregister_by_something_else(self):
        with pytest.raises(TypeError, match="takes a name, not 'Activation'"):
            activations.unregister(make("my_own"))

    @pytest.mark.parametrize("thing", [np.tanh, "relu", None, Activation])
    def test_of_the_wrong_type(self, thing):
        with pytest.raises(TypeError, match=r"takes an Activation, not .*; make one: Activation\(name, forward\)"):
            activations.register(thing)

    def test_names_survive_a_refresh(self, register):
        f = register(make("my_own"))
        activations.refresh()
        assert activations.get("my_own") is f


class TestAttributes:
    @pytest.mark.parametrize("module", [activations, registry])
    @pytest.mark.parametrize("name", NAMES)
    def test_every_name(self, module, name):
        assert getattr(module, name) is activations.get(name)
        assert name in dir(module)

    def test_import_statements(self, register):
        mine = register(make("my_own"))
        scope = {}
        exec("from activations import relu, my_own; from activations.registry import softmax, rectifier", scope)
        assert scope["relu"] is scope["rectifier"] is activations.get("relu")
        assert scope["softmax"] is activations.get("softmax")
        assert scope["my_own"] is mine
        assert "my_own" in dir(activations)

    @pytest.mark.parametrize("module", ["activations", "activations.registry"])
    def test_unknown(self, module):
        with pytest.raises(AttributeError, match=r"activations has no attribute 'rellu': .*Did you mean 'relu'"):
            getattr(importlib.import_module(module), "rellu")  # noqa: B009
        with pytest.raises(ImportError, match="rellu"):
            exec(f"from {module} import rellu", {})

    @pytest.mark.parametrize("name", ["_relu", "__relu__", "relu_ ", "keras.leaky_relu", "numpy-activations:relu", ""])
    def test_only_public_identifiers(self, name):
        activations.get("keras.leaky_relu")
        for module in (activations, registry):
            assert not hasattr(module, name)

    def test_unregistered_names_are_gone(self, register):
        register(make("my_own"))
        assert hasattr(activations, "my_own")
        activations.unregister("my_own")
        assert not hasattr(activations, "my_own")

    def test_submodules_are_imported_as_ever(self):
        code = (
            "import importlib.metadata as m, activations\n"
            "m.distributions = None  # a scan would fail\n"
            "try: activations.plotting\n"
            "except AttributeError as error: print(error)\n"
            "from activations import plotting\n"
            "print(plotting.__name__)"
        )
        hint, name = run(code).splitlines()
        assert hint == "submodule 'plotting' is not imported yet: import activations.plotting"
        assert name == "activations.plotting"


class TestInstallation:
    def test_without_a_record(self):
        code = (
            "import importlib.metadata as m, activations\n"
            "def missing(name): raise m.PackageNotFoundError(name)\n"
            "m.distribution = missing\n"
            "try: activations.get('relu')\n"
            "except activations.PluginError as error: print(error)\n"
        )
        assert "run `pip install -e .`" in run(code)

    def test_with_a_record_older_than_the_code(self, tmp_path):
        folder = tmp_path / "numpy_activations-0.0.1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy-activations\nVersion: 0.0.1\n")
        (folder / "entry_points.txt").write_text("[activations]\ntanh = activations.builtins:tanh\n")
        code = (
            "import activations\n"
            "print(activations.get('tanh'))\n"
            "try: activations.get('relu')\n"
            "except activations.PluginError as error: print(error)\n"
        )
        first, second = run(code, tmp_path).splitlines()
        assert first == "tanh"
        assert "older than the code" in second
        assert "pip install -e ." in second

    def test_plugin_error_is_an_import_error(self):
        assert issubclass(PluginError, ImportError)


class TestCost:
    def test_import_reads_no_metadata(self):
        code = (
            "import sys, numpy; before = set(sys.modules); import activations\n"
            "print(*sorted(set(sys.modules) - before))"
        )
        imported = run(code).split()
        assert "activations" in imported
        costly = ("importlib.metadata", "email", "difflib", "activations.kernels", "activations.builtins")
        assert not [module for module in imported if module.startswith(costly)]

    def test_a_builtin_reads_our_own_metadata_only(self):
        code = (
            "import importlib.metadata as m, activations\n"
            "def scan(**keywords): raise AssertionError('scanned')\n"
            "m.distributions = m.entry_points = scan\n"
            "from activations import relu\n"
            "print(activations.get('keras.leaky_relu'), activations.get('numpy-activations:tanh'), relu)"
        )
        assert run(code) == "leaky_relu(negative_slope=0.2) tanh relu"

    def test_a_builtin_imports_no_other_kind(self):
        code = "import sys, activations; activations.get('relu'); print('activations.folding' in sys.modules)"
        assert run(code) == "False"

    def test_import_takes_at_most_one_and_a_half_times_numpy(self):
        def seconds(module):
            return float(run(f"from time import perf_counter as t; a = t(); import {module}; print(t() - a)"))

        pairs = [(seconds("numpy"), seconds("activations")) for _ in range(12)]
        numpy, ours = map(min, zip(*pairs, strict=True))
        assert ours <= 1.5 * numpy
