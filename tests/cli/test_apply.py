"""``activations apply``."""

import functools
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import activations
from activations.cli import apply
from tests.cli.running import assert_refused, invoke, process


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of a few elements, so that small arrays take many of them; a page is four float32."""
    monkeypatch.setattr(apply, "BLOCK", 24)
    monkeypatch.setattr(apply, "PAGE", 16)


@pytest.fixture
def folder(tmp_path):
    tmp_path.joinpath("work").mkdir()
    return tmp_path / "work"


def values(shape, dtype, order="C"):
    drawn = 4 * np.random.default_rng(7).standard_normal(shape)
    return np.array(drawn > 0 if np.dtype(dtype).kind == "b" else drawn, dtype=dtype, order=order)


def applied(folder, x, name, *options):
    """The array that the command writes for `x`."""
    np.save(folder / "in.npy", x)
    result = invoke("apply", name, folder / "in.npy", folder / "out.npy", *options)
    assert result.exit_code == 0, result.stderr
    assert sorted(file.name for file in folder.iterdir()) == ["in.npy", "out.npy"]
    return np.load(folder / "out.npy", allow_pickle=False)


def assert_same(found, expected):
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert np.array_equal(found, expected, equal_nan=found.dtype.kind == "f")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8", "?", "i1", "u2", "i8", ">i4"])
@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_every_dtype(folder, name, dtype):
    x = values((7, 11), np.dtype(dtype))
    assert_same(applied(folder, x, name), activations.get(name)(x))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (23,), (24,), (25,), (4, 0, 3), (5, 7), (3, 4, 5), (1, 60, 1)])
def test_every_shape_in_both_orders(folder, shape, order):
    x = values(shape, "f4", order)
    found = applied(folder, x, "tanh")
    assert_same(found, activations.tanh(x))
    assert found.flags.f_contiguous == x.flags.f_contiguous
    assert found.flags.c_contiguous == x.flags.c_contiguous


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, -2])
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 6, 9), (30, 2, 4), (2, 2, 40)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_normalising_an_axis(folder, name, shape, axis, order):
    x = values(shape, "f4", order)
    found = applied(folder, x, name, *([] if axis is None else ["--axis", axis]))
    assert_same(found, activations.get(name)(x, axis=-1 if axis is None else axis))
    assert found.flags.f_contiguous == (order == "F")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shape", [(6, 6, 6), (12, 3, 24)])
def test_maxout_shrinks_the_axis(folder, shape, axis, order):
    x = values(shape, "f4", order)
    found = applied(folder, x, "maxout", "--param", "pieces=3", "--axis", axis)
    assert_same(found, activations.maxout(x, pieces=3, axis=axis))


def test_bound_parameter(folder):
    x = values((50,), "f4")
    assert_same(
        applied(folder, x, "leaky_relu", "--param", "negative_slope=0.3"),
        activations.get("leaky_relu", negative_slope=0.3)(x),
    )


def test_reads_in_several_blocks(folder, monkeypatch):
    sizes = []

    def note(x):
        sizes.append(x.size)
        return x + 1

    activations.register(activations.Activation("note", note))
    try:
        applied(folder, values((100,), "f8"), "note")
    finally:
        activations.unregister("note")
    assert max(sizes) <= 24
    assert sum(sizes) >= 100


# What is refused


@pytest.mark.parametrize(
    "array",
    [
        np.array([None, 1]),
        np.array(["a", "b"]),
        np.array([b"a"]),
        np.zeros(3, "c8"),
        np.zeros(3, [("a", "f4")]),
        np.zeros(3, "M8[s]"),
        np.zeros(3, np.longdouble),
    ],
    ids=lambda array: str(array.dtype),
)
def test_dtypes_that_are_no_numbers_of_ours(folder, array):
    np.save(folder / "in.npy", array, allow_pickle=True)
    assert_refused(invoke("apply", "relu", folder / "in.npy", folder / "out.npy"), "in.npy")
    assert not folder.joinpath("out.npy").exists()


def damaged(whole):
    """Files that are no complete .npy file, by name."""
    header = whole[:128]
    return {
        "empty": b"",
        "text": b"1.0, 2.0\n",
        "magic alone": header[:6],
        "half a header": header[:40],
        "truncated": whole[:-1],
        "unclosed": header.replace(b"(100,)", b"((((0,"),
        "negative": header.replace(b"(100,)", b"(-10,)"),
        "code": header.replace(b"'<f4'", b"f()  "),
        "zip": b"PK\x03\x04" + bytes(100),
    }


@pytest.mark.parametrize("damage", damaged(b""))
def test_damaged_files(folder, damage):
    np.save(folder / "whole.npy", values((100,), "<f4"))
    folder.joinpath("in.npy").write_bytes(damaged(folder.joinpath("whole.npy").read_bytes())[damage])
    assert_refused(invoke("apply", "relu", folder / "in.npy", folder / "out.npy"), "in.npy")
    assert not folder.joinpath("out.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["relu", "missing.npy", "out.npy"], ["missing.npy", "no such file"]),
        (["relu", ".", "out.npy"], ["not a regular file"]),
        (["relux", "in.npy", "out.npy"], ["relux"]),
        (["relu", "in.npy", "in.npy"], ["in.npy", "itself"]),
        (["relu", "in.npy", "link.npy", "--force"], ["link.npy", "itself"]),
        (["relu", "in.npy", "old.npy"], ["old.npy", "--force"]),
        (["relu", "in.npy", "folder", "--force"], ["folder", "directory"]),
        (["relu", "in.npy", "nowhere/out.npy"], ["nowhere/out.npy"]),
        (["relu", "in.npy", "out.npy", "--axis", "0"], ["--axis"]),
        (["softmax", "in.npy", "out.npy", "--axis", "2"], ["axis 2", "(6, 4)"]),
        (["softmax", "scalar.npy", "out.npy"], ["()"]),
        (["maxout", "in.npy", "out.npy", "--param", "pieces=3"], ["pieces=3", "4 values of axis 1"]),
        (["maxout", "in.npy", "out.npy", "--axis", "0", "--param", "pieces=4"], ["pieces=4", "6 values of axis 0"]),
        (["maxout", "fortran.npy", "out.npy", "--param", "pieces=4"], ["pieces=4", "5 values of axis 2"]),
        (["prelu", "in.npy", "out.npy", "--param", "weight=[1, 2, 3, 4]"], ["one number for weight", "(4,)"]),
        (["prelu", "in.npy", "out.npy", "--param", "weight=[[2]]"], ["one number for weight", "(1, 1)"]),
        (["swiglu", "in.npy", "out.npy", "--param", "beta=[[1], [2]]"], ["one number for beta", "(2, 1)"]),
        (["apl", "in.npy", "out.npy", "--param", "a=[[1, 2, 3, 4]]"], ["a list of numbers for a", "(1, 4)"]),
        (["relu", "in.npy", "pipe", "--force"], ["pipe", "device or a pipe"]),
        (["relu", "in.npy", "out.npy", "--param", "slope=3"], ["slope"]),
    ],
)
def test_refusals(folder, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    np.save("in.npy", values((6, 4), "f4"))
    np.save("scalar.npy", np.float32(1))
    os.link("in.npy", "link.npy")
    folder.joinpath("old.npy").write_bytes(b"old")
    folder.joinpath("folder").mkdir()
    np.save("fortran.npy", np.zeros((2, 3, 5), order="F"))
    os.mkfifo("pipe")
    before = sorted(os.listdir())
    assert_refused(invoke("apply", *arguments), *words)
    assert sorted(os.listdir()) == before
    assert folder.joinpath("old.npy").read_bytes() == b"old"
    assert folder.joinpath("pipe").is_fifo()


def test_hinges_are_lists_of_numbers(folder):
    x = values((30, 7), "f8")
    options = ["--param", "a=[-0.25, 0.5]", "--param", "b=[0, 1.5]"]
    expected = activations.apl(x, a=np.array([-0.25, 0.5]), b=np.array([0, 1.5]))
    assert_same(applied(folder, x, "apl", *options), expected)


def test_an_axis_too_long_and_too_far_apart(folder, monkeypatch):
    monkeypatch.setattr(apply, "LARGEST", 100)
    np.save(folder / "in.npy", values((50, 50), "f4"))
    result = invoke("apply", "softmax", folder / "in.npy", folder / "out.npy", "--axis", "0")
    assert_refused(result, "50 elements", "that axis last")
    assert invoke("apply", "softmax", folder / "in.npy", folder / "out.npy").exit_code == 0


# All or nothing


def test_force_replaces_and_keeps_the_link(folder):
    np.save(folder / "in.npy", values((9,), "f4"))
    folder.joinpath("real.npy").write_bytes(b"old")
    folder.joinpath("out.npy").symlink_to("real.npy")
    result = invoke("apply", "relu", folder / "in.npy", folder / "out.npy", "--force")
    assert result.exit_code == 0, result.stderr
    assert folder.joinpath("out.npy").is_symlink()
    assert_same(np.load(folder / "real.npy"), activations.relu(values((9,), "f4")))


def test_written_file_has_ordinary_permissions(folder):
    np.save(folder / "in.npy", values((9,), "f4"))
    assert invoke("apply", "relu", folder / "in.npy", folder / "out.npy").exit_code == 0
    assert folder.joinpath("out.npy").stat().st_mode == folder.joinpath("in.npy").stat().st_mode


def test_a_replaced_file_keeps_its_permissions(folder):
    np.save(folder / "in.npy", values((9,), "f4"))
    folder.joinpath("out.npy").write_bytes(b"old")
    folder.joinpath("out.npy").chmod(0o640)
    assert invoke("apply", "relu", folder / "in.npy", folder / "out.npy", "--force").exit_code == 0
    assert folder.joinpath("out.npy").stat().st_mode & 0o777 == 0o640
    assert np.load(folder / "out.npy").shape == (9,)


@pytest.mark.parametrize("letter", ["a", "\u00fc", "\N{CJK UNIFIED IDEOGRAPH-4E2D}"])
def test_names_as_long_as_they_may_be(folder, letter):
    np.save(folder / "in.npy", values((9,), "f4"))
    long = letter * (os.pathconf(folder, "PC_NAME_MAX") // len(letter.encode()))
    assert invoke("apply", "relu", folder / "in.npy", folder / long).exit_code == 0
    assert sorted(os.listdir(folder)) == sorted(["in.npy", long])


@pytest.fixture
def failing():
    """Register an activation that raises a given exception in the middle of a file."""
    registered = []

    def register(error):
        calls = []

        def fail(x):
            calls.append(x.size)
            if len(calls) > 3:
                raise error
            return x + 1

        activations.register(activations.Activation("failing", fail))
        registered.append(calls)

    yield register
    assert len(registered[0]) == 4, "the failure was meant to strike in the middle"
    activations.unregister("failing")


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize(
    ("error", "code", "word"),
    [(RuntimeError("boom"), 2, "boom"), (MemoryError(), 2, "MemoryError"), (KeyboardInterrupt(), 130, "interrupted")],
)
def test_failure_in_the_middle_leaves_nothing(folder, failing, error, code, word, old):
    np.save(folder / "in.npy", values((200,), "f8"))
    if old:
        folder.joinpath("out.npy").write_bytes(old)
    before = sorted(os.listdir(folder))
    failing(error)
    result = invoke("apply", "failing", folder / "in.npy", folder / "out.npy", "--force")
    assert result.exit_code == code
    assert word in result.stderr.splitlines()[-1]
    assert sorted(os.listdir(folder)) == before
    assert not old or folder.joinpath("out.npy").read_bytes() == old


def test_full_disk_leaves_nothing(folder):
    np.save(folder / "in.npy", np.zeros(1 << 20, "f4"))
    code = (
        "import resource, signal, sys; from activations.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); sys.exit(main())"
    )
    result = process("apply", "relu", folder / "in.npy", folder / "out.npy", code=code)
    assert_refused(result, "cannot write", "out.npy")
    assert os.listdir(folder) == ["in.npy"]


def test_ctrl_c_leaves_nothing(folder):
    np.save(folder / "in.npy", np.zeros(1 << 22, "f4"))
    code = (
        "import sys, time, activations; from activations.cli import main\n"
        "def slow(x): time.sleep(0.5); return x + 1\n"
        "activations.register(activations.Activation('slow', slow)); sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "apply", "slow", folder / "in.npy", folder / "out.npy"]
    # Where the tests run in the background SIGINT may be ignored, and children inherit that.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as running:
        deadline = time.monotonic() + 60
        while len(os.listdir(folder)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(os.listdir(folder)) == 2, "the unfinished file should stand beside its final place"
        assert not folder.joinpath("out.npy").exists()
        running.send_signal(signal.SIGINT)
        errors = running.stderr.read()
    assert running.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert os.listdir(folder) == ["in.npy"]


# Size


PEAK = (
    "import sys; from activations.cli import main\n"
    "try: main()\n"
    "finally: print([line for line in open('/proc/self/status') if 'VmHWM' in line][0].split()[1])"
)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads the peak from Linux's /proc")
@pytest.mark.parametrize(("name", "options"), [("relu", []), ("softmax", []), ("softmax", ["--axis", "0"])])
def test_memory_does_not_grow_with_the_file(folder, name, options):
    peaks = []
    for megabytes in (8, 256):
        shape = (1024, megabytes << 8)
        array = np.lib.format.open_memmap(folder / "in.npy", mode="w+", dtype="f4", shape=shape)
        array[:, 0] = 1
        del array
        result = process("apply", name, folder / "in.npy", folder / "out.npy", *options, "--force", code=PEAK)
        assert result.returncode == 0, result.stderr
        peaks.append(int(result.stdout) / 1024)
    assert peaks[1] - peaks[0] < 48, f"peaks of {peaks} MiB"


def test_progress_is_shown_on_stderr(folder):
    np.save(folder / "in.npy", np.zeros(3 << 20, "f4"))
    result = process("apply", "relu", folder / "in.npy", folder / "out.npy", FORCE_COLOR="1", TERM="xterm")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert "12.6/12.6 MB" in result.stderr
