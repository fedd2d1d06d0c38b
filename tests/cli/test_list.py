"""``activations list``."""

import pytest

import activations
from tests.cli.running import invoke, process

NAMES = activations.names()
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n"


@pytest.fixture
def site(tmp_path):
    """A directory with two installed distributions: one good, one that fails while it is imported."""

    def install(name, entry, source):
        info = tmp_path / f"{name}-1.5.dist-info"
        info.mkdir()
        info.joinpath("METADATA").write_text(METADATA.format(name=name))
        info.joinpath("entry_points.txt").write_text(f"[activations]\n{entry} = {name}:{entry}\n")
        tmp_path.joinpath(f"{name}.py").write_text(source)

    good = "import numpy as np\nfrom activations import Activation\n"
    install("goodone", "halve", good + "halve = Activation('halve', lambda x: x / 2, formula='x / 2')\n")
    install("badone", "crooked", "raise RuntimeError('no luck\\ntoday')\n")
    return tmp_path


def rows(table):
    """The cells of a printed table, row by row, without the lines that continue a row."""
    lines = [line.split("│")[1:-1] for line in table.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line] for line in lines if line[0].strip()]


def test_lists_every_name_with_its_kind():
    listed = {row[0]: row[1] for row in rows(invoke("list").stdout)}
    for name in activations.names():
        assert listed[name] == activations.get(name).kind


@pytest.mark.parametrize("width", [80, 60, 40])
def test_names_stay_whole_where_the_terminal_is_narrow(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    printed = invoke("list").stdout
    assert max(map(len, printed.splitlines())) <= width
    assert {row[0]: row[1] for row in rows(printed)} == {f.name: f.kind for f in map(activations.get, NAMES)}


@pytest.mark.parametrize("kind", ["ridge", "radial", "folding"])
def test_kind_leaves_out_the_others(kind):
    listed = [row[0] for row in rows(invoke("list", "--kind", kind).stdout)]
    assert listed == list(activations.names(kind=kind))


def test_properties_choose():
    def listed(*arguments):
        return [row[0] for row in rows(invoke("list", *arguments).stdout)]

    assert listed("--property", "monotonic", "--property", "bounded=no") == activations.names(
        monotonic=True, bounded=False
    )
    left = listed("--property", "saturates=left", "--property", "zero-centred=yes")
    assert left == activations.names(saturates="left", zero_centred=True) != []
    assert listed("--kind", "radial", "--property", "at_zero=1.0", "--property", "parity=even") == activations.names(
        kind="radial", at_zero=1.0, parity="even"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--property", "monotone"), "'monotone'; properties are at_zero"),
        (("--property", "saturates=up"), "there are 'left', 'right'"),
        (("--property", "monotonic=maybe"), "monotonic='maybe'; there are False, True"),
        (("--property", "range=wide"), "there are (-1.0, 1.0), (-1.0, inf)"),
        (("--property", "kinks=zero"), "(0.0,), ..."),
        (("--plugins", "--property", "monotonic"), "leave it or --plugins out"),
    ],
)
def test_properties_that_are_none_are_refused(arguments, said):
    result = invoke("list", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_plugins_are_listed_and_a_broken_one_says_why(site):
    result = process("list", "--plugins", PYTHONPATH=str(site))
    assert result.returncode == 0, result.stderr
    found = {row[0]: row for row in rows(result.stdout)}
    assert found["halve"][:5] == ["halve", "ridge", "goodone 1.5", "goodone:halve", "loaded"]
    broken = found["crooked"]
    assert broken[:5] == ["crooked", "", "badone 1.5", "badone:crooked", "broken"]
    assert "RuntimeError" in result.stdout
    assert "no luck" in result.stdout


def test_broken_plugin_does_not_spoil_the_list(site):
    result = process("list", PYTHONPATH=str(site))
    assert result.returncode == 0, result.stderr
    found = {row[0]: row[1] for row in rows(result.stdout)}
    assert found["relu"] == "ridge"
    assert found["halve"] == "ridge"
    assert found["crooked"] == "broken"


def test_broken_plugin_is_refused_by_name(site):
    result = process("show", "crooked", PYTHONPATH=str(site))
    assert result.returncode == 2
    assert "badone" in result.stderr
    assert "Traceback" not in result.stderr


def test_no_plugins_is_said():
    assert "no plugin of kind gated" in invoke("list", "--plugins", "--kind", "gated").stdout
