"""Plugins: found through entry points, loaded when asked for, and kept from harming anybody when they are broken."""

import importlib.metadata
import inspect
import itertools
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from textwrap import indent

import numpy as np
import pytest

import activations
from activations import Activation, PluginError, UnknownActivationError, _plugins, registry

from .fake_plugins import GOOD, Site, run, visible


@pytest.fixture
def site(tmp_path):
    """A folder on ``sys.path`` to put plugins into."""
    site = Site(tmp_path / "site")
    with visible(site):
        yield site


def status(name):
    """How the plugins of one name stand."""
    return {p.distribution: (p.status, p.reason) for p in registry.plugins() if p.name == name}


class TestGood:
    def test_is_found_by_name_in_any_spelling(self, site):
        site.good("fake-good", "good_one")
        f = activations.get("good_one")
        assert isinstance(f, Activation)
        assert f(np.ones(1)).tolist() == [-1.0]
        assert all(activations.get(each) is f for each in ("GoodOne", "good-one", "fake-good:good_one"))
        assert all(activations.get(f"{each}:GoodOne") is f for each in ("Fake.Good", "fake_good", "FAKE--GOOD"))
        assert activations.good_one is registry.good_one is f

    def test_knows_its_distribution(self, site):
        site.good("fake-good", "good_one", version="2.5")
        assert activations.get("good_one").origin == "fake-good 2.5"

    def test_is_listed_but_not_imported(self, site):
        site.good("fake-good", "good_one")
        site.good("fake-other", "other_one")
        assert {"good_one", "other_one"} <= set(activations.names())
        assert {"good_one", "other_one"} <= set(dir(activations))
        assert "good_one" not in activations.names(kind="ridge")
        assert status("good_one") == {"fake-good": ("not loaded", "")}
        activations.aliases()
        with pytest.raises(UnknownActivationError, match="Did you mean 'good_one'"):
            activations.get("good_won")
        assert site.imported() == []
        activations.get("good_one")
        assert site.imported() == ["fake_good"]
        assert "good_one" in activations.names(kind="ridge")
        assert status("good_one") == {"fake-good": ("loaded", "")}

    def test_of_a_callable_that_is_called_once(self, site):
        source = GOOD.format(name="mine", aliases=()) + "calls = []\ndef make(): calls.append(1); return mine\n"
        site.module("fake_factory", source)
        site.record("fake-factory", {"made": "fake_factory:make"})
        f = activations.get("made")
        assert activations.get("made") is f
        assert importlib.import_module("fake_factory").calls == [1]

    def test_parameters_and_config(self, site):
        site.module(
            "fake_scale",
            "from activations import Activation\n"
            "scale = Activation('scale_by', lambda x, k: k * x, parameters={'k': 2.0})\n",
        )
        site.record("fake-scale", {"scale_by": "fake_scale:scale"})
        f = activations.get("scale_by", k=3.0)
        assert f(np.ones(1)).tolist() == [3.0]
        assert activations.get(f.config) == f

    def test_with_a_name_that_is_no_identifier(self, site):
        site.good("fake-good", "2.5 good")
        assert activations.get("2.5 good").name == "mine"
        assert "2.5 good" in activations.names()
        assert "2.5 good" not in dir(activations)
        assert not hasattr(activations, "2.5 good")

    def test_does_not_stand_before_a_submodule(self, site):
        site.good("fake-good", "plotting")
        code = "from activations import get, plotting; print(plotting.__name__, get('plotting'))"
        assert run(code, site.folder) == "activations.plotting mine"

    def test_import_statements(self, site):
        site.good("fake-good", "good_one")
        scope = {}
        exec("from activations import good_one; from activations.registry import good_one as same", scope)
        assert scope["good_one"] is scope["same"] is activations.get("good_one")

    def test_without_a_metadata_file(self, site):
        (site.good("fake-good", "good_one") / "METADATA").unlink()
        assert activations.get("good_one").origin == "fake_good 1.0"
        assert activations.get("fake-good:good_one") is activations.get("good_one")


class TestAliases:
    def test_are_known_once_it_is_loaded(self, site):
        site.good("fake-good", "good_one", aliases=("goody", "fake.good"))
        assert "goody" not in activations.aliases()
        with pytest.raises(UnknownActivationError):
            activations.get("goody")
        f = activations.get("good_one")
        assert activations.get("Goody") is activations.get("fake.good") is activations.get("mine") is f
        aliases = activations.aliases()
        assert aliases["goody"] == aliases["fake.good"] == aliases["mine"] == "good_one"

    def test_never_win(self, site):
        site.good("fake-good", "good_one", aliases=("relu", "LogiStic", "other_one", "at_run_time"))
        site.good("fake-other", "other_one", object_name="other")
        registered = activations.register(Activation("at_run_time", np.negative))
        try:
            f = activations.get("good_one")
            assert activations.get("relu").name == "relu"
            assert activations.get("logistic").name == "sigmoid"
            assert activations.get("other_one") is importlib.import_module("fake_other").other
            assert activations.get("at_run_time") is registered
            assert {alias for alias, name in activations.aliases().items() if name == "good_one"} == {"mine"}
            assert activations.get("mine") is f
        finally:
            activations.unregister("at_run_time")

    def test_shared_by_two_are_refused(self, site):
        site.good("fake-a", "one", aliases=("both",), object_name="first")
        site.good("fake-b", "two", aliases=("both",), object_name="second")
        activations.get("one")
        activations.get("two")
        with pytest.raises(PluginError, match=r"'both' is claimed by 2 plugins; write 'fake-a:one'.* or 'fake-b:two'"):
            activations.get("both")
        assert "both" not in activations.aliases()


BROKEN = {
    "import": ("import a_module_that_is_missing\n", "ModuleNotFoundError: No module named 'a_module_that_is_missing'"),
    "syntax": ("def\n", "SyntaxError: "),
    "raises": ("1 / 0\n", "ZeroDivisionError: division by zero"),
    "exits": ("raise SystemExit(3)\n", "SystemExit: 3"),
    "wordless": ("class Oh(Exception):\n    def __str__(self): return self.no\nraise Oh\n", "Oh; repair, update"),
    "attribute": ("", "AttributeError: module 'fake_broken' has no attribute 'mine'"),
    "number": (
        "mine = 3\n",
        "TypeError: it gives an object of type 'int', not an Activation, an iterable of them, or a callable",
    ),
    "made number": ("def mine(): return 3\n", "TypeError: it gives an object of type 'int'"),
    "class": ("class mine: pass\n", "TypeError: it gives an object of type 'mine'"),
    "arguments": ("def mine(x): return x\n", "TypeError: mine.. missing 1 required positional argument"),
    "factory": ("def mine(): raise KeyError('made')\n", "KeyError: 'made'"),
    "imports itself": ("from activations import broken as mine\n", "circular import"),
}


class TestBroken:
    @pytest.mark.parametrize("case", BROKEN)
    def test_fails_for_its_own_name_alone(self, site, case):
        source, reason = BROKEN[case]
        site.module("fake_broken", source)
        site.record("fake-broken", {"broken": "fake_broken:mine"}, version="0.3")
        site.good("fake-good", "good_one")
        where = r"'broken' of fake-broken 0\.3 \(entry point broken = fake_broken:mine\) cannot be loaded"
        for spec in ("broken", "fake-broken:broken", {"name": "broken"}):
            with pytest.raises(PluginError, match=f"(?s){where}: .*{reason}") as caught:
                activations.get(spec)
            assert isinstance(caught.value.__cause__, (Exception, SystemExit))
        assert activations.get("good_one").name == "mine"
        assert activations.get("relu").name == "relu"
        assert {"broken", "good_one"} <= set(activations.names())
        assert activations.names(kind="folding")

    @pytest.mark.parametrize("value", ["not a module!", "fake_good", "fake_good:", ":mine", "fake_good:mine.name"])
    def test_entry_point_value(self, site, value):
        site.good("fake-good", "good_one")
        site.record("fake-broken", {"broken": value})
        with pytest.raises(PluginError, match=r"'broken' of fake-broken 1\.0 .*cannot be loaded"):
            activations.get("broken")

    def test_attribute_and_import_say_why(self, site):
        site.record("fake-broken", {"broken": "fake_broken:mine"})
        for module in (activations, registry):
            with pytest.raises(
                AttributeError, match=r"'broken': .* fake-broken .*; repair, update or uninstall"
            ) as caught:
                _ = module.broken
            assert isinstance(caught.value.__cause__, PluginError)
            assert caught.value.name == "broken"
            with pytest.raises(PluginError, match=r"fake-broken .*; repair, update or uninstall it"):
                exec(f"from {module.__name__} import relu, broken", {})

    def test_imports_that_code_makes_say_why(self, site):
        site.record("fake-broken", {"broken": "fake_broken:mine"})
        with pytest.raises(PluginError, match="fake-broken"):
            __import__("activations", fromlist=["broken"])
        for module in ("activations", "activations.registry"):
            for source in (
                f"def f():\n    from {module} import broken as b\nf()",
                f"class C:\n    from {module} import broken",
            ):
                with pytest.raises(PluginError, match="fake-broken"):
                    exec(source, {})

    def test_tools_that_look_at_every_attribute_go_on(self, site):
        site.record("fake-broken", {"broken": "fake_broken:mine"})
        site.good("fake-a", "clash")
        site.good("fake-b", "clash")
        site.good("fake-good", "good_one")
        for module in (activations, registry):
            assert "broken" in dir(module)
            members = dict(inspect.getmembers(module))
            assert members["good_one"].name == "mine"
            assert members["relu"] is activations.relu
            assert not {"broken", "clash"} & members.keys()
            assert not hasattr(module, "broken")
            assert not hasattr(module, "clash")
            assert getattr(module, "broken", None) is None

    def test_is_tried_again(self, site):
        site.module("fake_broken", "1 / 0\n")
        site.record("fake-broken", {"broken": "fake_broken:mine"})
        with pytest.raises(PluginError):
            activations.get("broken")
        site.module("fake_broken", GOOD.format(name="mine", aliases=()) + "# now of another length\n")
        assert activations.get("broken").name == "mine"
        assert status("broken") == {"fake-broken": ("loaded", "")}

    def test_is_reported(self, site):
        site.module("fake_broken", "1 / 0\n")
        site.record("fake-broken", {"broken": "fake_broken:mine"})
        site.good("fake-good", "good_one")
        assert status("broken") == {"fake-broken": ("not loaded", "")}
        record = next(p for p in registry.plugins(load=True) if p.name == "broken")
        reason = "ZeroDivisionError: division by zero"
        assert record == ("broken", "fake-broken", "1.0", "fake_broken:mine", "broken", reason)
        assert status("broken") == {"fake-broken": ("broken", reason)}
        assert status("good_one") == {"fake-good": ("loaded", "")}

    def test_record_is_reported(self, site):
        site.good("fake-good", "good_one")
        folder = site.record("fake-broken", {})
        (folder / "entry_points.txt").write_text("[activations]\nno equals sign\n")
        assert activations.get("good_one").name == "mine"
        (record,) = [p for p in registry.plugins(load=True) if p.distribution == "fake-broken"]
        assert record.status == "broken"
        assert "entry_points.txt cannot be read" in record.reason

    def test_records_of_other_groups_are_nobodys_business(self, site):
        folder = site.record("fake-foreign", {})
        (folder / "entry_points.txt").write_bytes(b"[gui_scripts]\n\xff\xfe no equals sign\n")
        site.good("fake-good", "good_one")
        assert activations.get("good_one").name == "mine"
        assert [p for p in registry.plugins() if p.distribution == "fake-foreign"] == []


class TestShadowing:
    @pytest.mark.parametrize("name", ["relu", "ReLU", "re-lu", "rectifier", "keras.leaky_relu"])
    def test_builtins_win(self, site, name):
        ours = activations.get(name)
        site.good("fake-shadow", name)
        assert activations.get(name) is ours
        assert activations.get(f"fake-shadow:{name}").name == "mine"
        assert activations.names() == sorted({*activations.names()})
        ((state, reason),) = status(name).values()
        assert state == "shadowed"
        assert "built-in" in reason
        assert f"get('fake-shadow:{name}')" in reason

    def test_is_shadowed_before_anything_is_loaded(self, site):
        site.good("fake-shadow", "relu")
        code = (
            "from activations import get, names, relu\n"
            "print(relu, get('relu'), get('fake-shadow:relu'), names().count('relu'))"
        )
        assert run(code, site.folder) == "relu relu mine 1"

    def test_registered_names_win_over_plugins_installed_later(self, site):
        f = activations.register(Activation("later", np.negative))
        try:
            site.good("fake-later", "later")
            assert activations.get("later") is f
            assert activations.names().count("later") == 1
            assert status("later")["fake-later"][0] == "shadowed"
        finally:
            activations.unregister("later")
        assert activations.get("later").name == "mine"

    def test_installed_names_cannot_be_registered(self, site):
        site.good("fake-good", "good_one")
        for replace in (False, True):
            with pytest.raises(
                ValueError, match=r"'GoodOne' is offered by the installed fake-good 1\.0; .*another name"
            ):
                activations.register(Activation("GoodOne", np.negative), replace=replace)
        with pytest.raises(ValueError, match="pip uninstall fake-good"):
            activations.unregister("good_one")


class TestSpelling:
    """What a pickle or a config has to say for another process to find the same activation."""

    def test_is_the_name_where_that_is_enough(self, site):
        site.good("fake-good", "good_one")
        f = activations.get("good_one")  # which calls itself "mine", a name that only this process has seen
        assert registry.spelling(f) == "good_one"
        assert registry.spelling(activations.get("leaky_relu", negative_slope=0.5)) == "leaky_relu"
        assert registry.spelling(Activation("made_here", np.negative)) == "made_here"

    def test_is_qualified_where_the_name_is_taken(self, site):
        site.module(
            "fake_a", "from activations import Activation\nf = Activation('relu', abs, parameters={'k': 1.0})\n"
        )
        site.record("fake-a", {"relu": "fake_a:f", "clash": "fake_a:f"})
        site.good("fake-b", "clash")
        assert registry.spelling(activations.get("fake-a:relu", k=2.0)) == "fake-a:relu"
        assert registry.spelling(activations.get("fake-b:clash")) == "fake-b:clash"
        assert registry.spelling(activations.get("relu")) == "relu"

    def test_what_is_given_under_a_second_name_keeps_its_own(self, site):
        site.good("fake-z", "z_first", object_name="z_first")
        site.module(
            "fake_a",
            "from activations import get, z_first\nsteep = get('leaky_relu', negative_slope=0.3)\n",
        )
        site.record("fake-a", {"steep": "fake_a:steep", "again": "fake_a:z_first"})
        steep = activations.get("steep")
        assert activations.leaky_relu.config == {"name": "leaky_relu", "negative_slope": 0.01}
        assert steep.config == {"name": "leaky_relu", "negative_slope": 0.3}
        assert b"steep" not in pickle.dumps(activations.leaky_relu)
        assert pickle.loads(pickle.dumps(steep)) == steep
        again = activations.get("again")
        assert again is activations.z_first
        assert registry.spelling(again) == "z_first"

    def test_of_two_in_one_distribution_is_the_one_of_its_name(self, site):
        site.module(
            "fake_a", "import numpy as np\nfrom activations import Activation\nz = Activation('z_one', np.sin)\n"
        )
        site.record("fake-a", {"a_two": "fake_a:z", "z_one": "fake_a:z"})
        assert activations.get("a_two") is activations.get("z_one")
        assert registry.spelling(activations.get("z_one")) == "z_one"


class TestConflict:
    def test_bare_name_is_refused_and_both_are_reached(self, site):
        site.good("fake-a", "clash", object_name="first")
        site.good("fake-b", "Cla-Sh", object_name="second", version="2.0")
        for name in ("clash", "cla_sh"):
            with pytest.raises(
                PluginError,
                match=rf"'{name}' is claimed by 2 plugins; write 'fake-a:clash' \(fake-a 1\.0, fake_a:first\) "
                r"or 'fake-b:Cla-Sh' \(fake-b 2\.0, fake_b:second\)",
            ):
                activations.get(name)
        assert site.imported() == []
        assert activations.get("fake-a:clash").name == "first"
        assert activations.get("fake-b:clash").name == "second"
        assert not {"clash", "Cla-Sh"} & {*activations.names(), *dir(activations)}
        reason = "fake-b:Cla-Sh has the same name; get('fake-a:clash') reaches this one"
        assert status("clash") == {"fake-a": ("conflict", reason)}
        with pytest.raises(AttributeError, match="'clash': 'clash' is claimed by 2 plugins; write"):
            _ = activations.clash
        with pytest.raises(PluginError, match="'clash' is claimed by 2 plugins; write"):
            exec("from activations import clash", {})

    def test_within_one_distribution(self, site):
        site.module("fake_a", GOOD.format(name="first", aliases=()) + GOOD.format(name="second", aliases=()))
        site.record("fake-a", {"two-fold": "fake_a:first", "two_fold": "fake_a:second"})
        with pytest.raises(PluginError, match=r"'fake-a:two-fold' .* or 'fake-a:two_fold'"):
            activations.get("twofold")
        assert activations.get("fake-a:two-fold").name == "first"
        assert activations.get("fake-a:two_fold").name == "second"

    def test_does_not_depend_on_path_or_hash_seed(self, tmp_path):
        sites = [Site(tmp_path / name) for name in "abc"]
        for name, site in zip(("fake-z", "fake-y", "fake-x"), sites, strict=True):
            site.good(name, "clash", object_name="mine")
        code = (
            "import activations\n"
            "try: activations.get('clash')\n"
            "except activations.PluginError as error: print(error)\n"
            "print(activations.registry.plugins(), activations.names(), list(activations.aliases()))\n"
        )
        orders = list(itertools.permutations([site.folder for site in sites]))[::2]
        printed = {run(code, *order, PYTHONHASHSEED=str(seed)) for seed, order in enumerate(orders)}
        (text,) = printed
        assert "'clash' is claimed by 3 plugins; write 'fake-x:clash'" in text

    def test_of_two_copies_the_first_on_the_path_counts(self, tmp_path):
        first, second = Site(tmp_path / "first"), Site(tmp_path / "second")
        first.good("fake-good", "good_one", version="1.0")
        second.good("fake-good", "good_one", version="2.0")
        with visible(first, second):
            assert activations.get("good_one").origin == "fake-good 1.0"
            assert len([p for p in registry.plugins() if p.distribution == "fake-good"]) == 1
        with visible(second, first):
            assert activations.get("good_one").origin == "fake-good 2.0"

    def test_a_first_copy_that_offers_nothing_hides_the_second(self, tmp_path):
        first, second = Site(tmp_path / "first"), Site(tmp_path / "second")
        (first.record("fake-good", {}, version="1.0") / "entry_points.txt").unlink()
        second.good("fake-good", "good_one", version="2.0")
        with visible(first, second), pytest.raises(UnknownActivationError):
            activations.get("good_one")


class TestRefresh:
    def test_sees_what_is_installed_and_removed(self, site):
        with pytest.raises(UnknownActivationError):
            activations.get("good_one")
        folder = site.good("fake-good", "good_one")  # which calls refresh, as its user has to
        f = activations.get("good_one")
        activations.refresh()
        assert activations.get("good_one") is f
        (folder / "entry_points.txt").unlink()
        assert activations.get("good_one") is f
        activations.refresh()
        with pytest.raises(UnknownActivationError):
            activations.get("good_one")
        assert "good_one" not in activations.names()

    def test_metadata_is_read_once(self, site, monkeypatch):
        site.good("fake-good", "good_one")
        scan, scans = importlib.metadata.distributions, []

        def counting(**keywords):
            scans.append(1)
            time.sleep(0.05)
            return scan(**keywords)

        monkeypatch.setattr(importlib.metadata, "distributions", counting)
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(lambda _: activations.get("good_one"), range(8)))
        activations.names()
        assert len(found) == 1
        assert scans == [1]


class TestThreads:
    SLOW = "import time\nwith open(__file__ + '.log', 'a') as log: log.write('x')\ntime.sleep(0.3)\n"

    @pytest.mark.parametrize("made", ["imported", "called"])
    def test_a_slow_plugin_is_loaded_once(self, site, made):
        source = self.SLOW + GOOD.format(name="mine", aliases=())
        if made == "called":
            source = f"def make():\n{indent(source, '    ')}    return mine\n"
        site.module("fake_slow", source)
        site.record("fake-slow", {"slow": "fake_slow:mine" if made == "imported" else "fake_slow:make"})
        start = threading.Barrier(8)

        def get(_):
            start.wait(10)
            return id(activations.get("slow"))

        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(get, range(8)))
        assert len(found) == 1
        assert (site.folder / "fake_slow.py.log").read_text() == "x"

    @pytest.mark.parametrize("made", ["imported", "called"])
    def test_a_hanging_plugin_blocks_nobody_else(self, site, made):
        source = (
            "import os, time\n"
            "def hang():\n"
            "    for _ in range(3000):\n"
            "        if os.path.exists(__file__ + '.go'): break\n"
            "        time.sleep(0.01)\n" + GOOD.format(name="mine", aliases=())
        )
        source += "hang()\n" if made == "imported" else "def make():\n    hang()\n    return mine\n"
        site.module("fake_hang", source)
        site.record("fake-hang", {"hang": "fake_hang:mine" if made == "imported" else "fake_hang:make"})
        site.good("fake-good", "good_one")
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(activations.get, "hang")
            try:
                while "fake_hang" not in site.imported():
                    time.sleep(0.01)
                assert activations.get("good_one").name == "mine"
                assert activations.get("relu").name == "relu"
                assert "hang" in activations.names()
                assert status("hang") == {"fake-hang": ("not loaded", "")}
                activations.register(Activation("meanwhile", np.negative))
                activations.unregister("meanwhile")
                activations.refresh()
                assert activations.get("fake-good:good_one").name == "mine"
                assert not hanging.done()
            finally:
                (site.folder / "fake_hang.py.go").touch()
            assert hanging.result(30) is activations.get("hang")

    def test_a_failing_factory_fails_for_all_who_wait(self, site):
        site.module("fake_broken", f"def make():\n{indent(self.SLOW, '    ')}    1 / 0\n")
        site.record("fake-broken", {"broken": "fake_broken:make"})

        def get(_):
            with pytest.raises(PluginError, match="ZeroDivisionError"):
                activations.get("broken")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(get, range(4)))

    def test_a_plugin_may_use_the_registry_while_it_loads(self, site):
        site.good("fake-inner", "inner")
        site.module(
            "fake_outer",
            "from activations import Activation, get, inner, relu\n"
            "assert get('numpy-activations:tanh').name == 'tanh'\n"
            "def make():\n"
            "    return Activation('outer', lambda x: get('inner')(relu(x)))\n",
        )
        site.record("fake-outer", {"outer": "fake_outer:make"})
        assert activations.get("outer")(np.array([-1.0, 2.0])).tolist() == [-0.0, -2.0]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_forked_child_does_not_wait_for_a_thread_that_makes_it(self, site):
        site.module(
            "fake_slow",
            "import os, threading, numpy\nfrom activations import Activation\n"
            "parent, begun, go_on = os.getpid(), threading.Event(), threading.Event()\n"
            "def make():\n"
            "    begun.set()\n"
            "    os.getpid() != parent or go_on.wait(30)\n"
            "    return Activation('slow', numpy.negative)\n",
        )
        site.record("fake-slow", {"slow": "fake_slow:make"})
        code = """
import warnings; warnings.simplefilter("ignore")
import os, signal, threading, activations, fake_slow
thread = threading.Thread(target=activations.get, args=("slow",))
thread.start()
fake_slow.begun.wait(30)
if (child := os.fork()) == 0:
    signal.alarm(20)  # a child that hangs dies of it
    os._exit(int(activations.get("slow")(-7)))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
fake_slow.go_on.set()
thread.join()
"""
        assert run(code, site.folder) == "7"

    @pytest.mark.parametrize("needs", [{"first": "first"}, {"first": "second", "second": "first"}])
    def test_plugins_that_need_themselves_fail_instead_of_hanging(self, site, needs):
        for name, other in needs.items():
            source = "import time, activations\ndef make():\n    time.sleep(0.2)\n    return activations.get({!r})\n"
            site.module(f"fake_{name}", source.format(other))
            site.record(f"fake-{name}", {name: f"fake_{name}:make"})
        said = []

        def get(name):
            try:
                activations.get(name)
            except PluginError as error:
                said.append(str(error))

        threads = [threading.Thread(target=get, args=(name,), daemon=True) for name in needs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(said) == len(needs)
        assert all("it needs itself while it is being made" in each for each in said)


def test_sources_that_were_not_compiled_say_so(monkeypatch, tmp_path):
    entry = next(iter(_plugins.own().values()))
    assert _plugins._cure(entry, ImportError("no kernels")) == "; reinstall it"
    monkeypatch.setattr(_plugins, "__file__", str(tmp_path / "_plugins.py"))
    assert "leave their directory, or run `pip install -e .`" in _plugins._cure(entry, ImportError("no kernels"))
