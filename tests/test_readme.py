"""What the documents say holds: their code runs, and what they quote stands in the files that they quote."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

import activations

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.rst"))]
WITH_EXAMPLES = [path for path in DOCUMENTS if ">>> " in path.read_text(encoding="utf-8")]
COMMANDS = (
    'python -m pip install ".[cli,plot,sklearn]" && activations demo',
    'python -m pip install -e ".[test]" && python -m pytest',
)


def fenced(text, language):
    """The code blocks of a language in Markdown."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name)
def test_examples_run(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(fenced(text, "python"))
    examples = doctest.DocTestParser().get_doctest(text, {}, name(path), str(path), 0)
    said = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(examples, out=said.append)
    assert result.attempted
    assert not result.failed, "".join(said)


def test_which_documents_have_examples():
    assert {"README.md", "docs/quickstart.rst", "docs/plugins.rst", "docs/api.rst"} <= set(map(name, WITH_EXAMPLES))


def test_commands():
    assert [block.strip() for block in fenced(README, "sh")[:2]] == list(COMMANDS)


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=name)
def test_links_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8"))
    assert targets
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert not missing


def test_extras_are_named():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert not [extra for extra in extras if f"`{extra}`" not in README]


def additions(diff):
    """The runs of added lines of a diff: pairs of file and text."""
    path, run = None, []
    for line in [*diff.splitlines(), "end"]:
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif line.startswith("+"):
            run.append(line[1:])
        elif run:
            yield path, "\n".join(run).strip("\n")
            run = []


def quoted():
    (diff,) = fenced(CONTRIBUTING, "diff")
    return list(additions(diff))


@pytest.mark.parametrize(("path", "text"), quoted(), ids=lambda value: value.partition("\n")[0])
def test_the_diff_is_true(path, text):
    assert text in (ROOT / path).read_text(encoding="utf-8")


def test_the_diff_is_whole():
    paths = [path for path, _ in quoted()]
    assert {"activations/catalogue/sigmoids.py", "pyproject.toml", "tests/reference/sigmoids.py"} < set(paths)
    assert any(path.endswith(".pxd") for path in paths)


def test_command_line_page_is_whole():
    from activations.cli.app import app

    page = (ROOT / "docs" / "command_line.rst").read_text(encoding="utf-8")
    for command in app.commands.values():
        assert f"activations {command.name}" in page
        for parameter in command.params:
            for option in parameter.opts:
                assert not option.startswith("--") or f"``{option}" in page, f"{command.name} {option}"


def test_api_page_is_whole():
    page = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    assert not [public for public in activations.__all__ if not re.search(rf":: .*\b{public}\b", page)]


def table(text):
    """The cells of rows that begin with a function and a pass, by these two."""
    rows = ([cell.strip() for cell in line.strip(" |").split("|")] for line in text.splitlines() if " | " in line)
    return {(function, direction): cells for function, direction, *cells in rows}


SPEED = table((ROOT / "docs" / "speed.rst").read_text(encoding="utf-8"))
SHOWN = table(README.partition("<!-- peers table -->")[2].partition("<!-- end -->")[0])


def test_speed_table_is_whole(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from asv_bench._peers import cases

    shown = [key for key in SPEED if key[1] in cases.DIRECTIONS]
    assert shown == [(function, direction) for function in cases.FUNCTIONS for direction in cases.DIRECTIONS]


def test_speed_table_of_the_readme():
    """Rows of the whole table, as they stand there: those too in which somebody else is faster."""
    head, _, *rows = SHOWN
    assert SHOWN[head] == ["ours, ns", "best peer, ns", "ratio", "which peer"]
    for row in rows:
        ours, _, peer, _, ratio, *_ = SPEED[row]
        assert SHOWN[row][:3] == [ours, peer, ratio]
    assert len(rows) == 8
    worst = sorted(SPEED.keys() - {head}, key=lambda row: float(SPEED[row][4]))[-2:]
    assert {*worst} <= {*rows}, "the readme shows the cells in which peers are furthest ahead"
