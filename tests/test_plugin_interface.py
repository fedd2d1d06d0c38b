"""What plugins in Cython are compiled against changes only with its version."""

import json

import pytest

from activations import build
from activations.kernels import core

from . import plugin_interface

RECORDED = json.loads(plugin_interface.RECORD.read_text())


def test_the_interface_is_the_recorded_one():
    assert plugin_interface.version() == RECORDED["version"] == core.INTERFACE
    assert plugin_interface.listing() == RECORDED["names"], (
        "run `python -m tests.plugin_interface`; what changed or went needs a higher ACT_INTERFACE in machine.h"
    )


def test_every_name_can_be_cimported(tmp_path, monkeypatch):
    """The record is read from the text; that Cython finds these names is another matter."""
    monkeypatch.chdir(tmp_path)
    names = [name.split()[1] for name in RECORDED["names"] if name.startswith("cimport ")]
    source = tmp_path / "every.pyx"
    source.write_text(f"from activations.plugin cimport {', '.join(names)}\n")
    assert build.translate({"every": str(source)}, "sample")[0].sources[0].endswith("every.c")


class TestRecording:
    @pytest.fixture
    def record(self, tmp_path, monkeypatch):
        path = tmp_path / "record.json"
        path.write_text(json.dumps(RECORDED))
        monkeypatch.setattr(plugin_interface, "RECORD", path)
        return path

    def test_a_name_more_is_recorded(self, record, monkeypatch):
        more = RECORDED["names"] | {"cimport cosh": "real (real x)"}
        monkeypatch.setattr(plugin_interface, "listing", lambda: more)
        plugin_interface.main()
        assert json.loads(record.read_text()) == {"version": RECORDED["version"], "names": more}

    @pytest.mark.parametrize("change", [{"cimport exp": "real (real x, real tail)"}, {"cimport exp": None}])
    def test_a_change_needs_another_version(self, record, monkeypatch, change):
        changed = {name: what for name, what in (RECORDED["names"] | change).items() if what is not None}
        monkeypatch.setattr(plugin_interface, "listing", lambda: changed)
        with pytest.raises(SystemExit, match=r"raise ACT_INTERFACE .* first: cimport exp changed"):
            plugin_interface.main()
        assert json.loads(record.read_text()) == RECORDED
        monkeypatch.setattr(plugin_interface, "version", lambda: RECORDED["version"] + 1)
        plugin_interface.main()
        assert json.loads(record.read_text()) == {"version": RECORDED["version"] + 1, "names": changed}
