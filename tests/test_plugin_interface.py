"""What plugins in Cython are compiled against, as test_cython_plugin does, changes only with its version."""

import json

import pytest

from activations.kernels import core

from . import plugin_interface

RECORDED = plugin_interface.recorded()


def test_the_interface_is_the_recorded_one():
    assert plugin_interface.version() == RECORDED["version"] == core.INTERFACE
    assert plugin_interface.listing() == RECORDED["names"], (
        "run `python -m tests.plugin_interface`; what changed or went needs a higher ACT_INTERFACE in machine.h"
    )


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
