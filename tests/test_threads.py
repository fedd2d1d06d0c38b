"""Threads and instruction sets: settings, forks, many Python threads at once, what the environment asks for."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import activations
from activations._quota import processors

from .enrolment import ALL, ELEMENTWISE, make, same_bits
from .measuring import cases

LEVELS = ("baseline", "v3", "v4")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
SEVERAL = CORES > 1 and activations.runtime_info()["threads"] > 1


def python(code, **environment):
    """Run code in a fresh interpreter; a variable set to None is removed."""
    merged = {**os.environ, **{k: v for k, v in environment.items() if v is not None}}
    for key in (k for k, v in environment.items() if v is None):
        merged.pop(key, None)
    done = subprocess.run([sys.executable, "-c", code], env=merged, capture_output=True, text=True, timeout=120)
    return done


def printed(code, **environment):
    done = python(code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# num_threads


def test_num_threads_sets_and_restores():
    before = activations.num_threads()
    assert before >= 1
    with activations.num_threads(1) as n:
        assert n == 1
        assert activations.num_threads() == 1
        assert activations.runtime_info()["threads"] == 1
    assert activations.num_threads() == before
    with pytest.raises(KeyError), activations.num_threads(1):
        raise KeyError
    assert activations.num_threads() == before
    activations.num_threads(1)
    try:
        assert activations.num_threads() == 1
    finally:
        activations.num_threads(before)
    assert activations.num_threads() == before


def test_num_threads_nests():
    before = activations.num_threads()
    with activations.num_threads(2), activations.num_threads(1):
        assert activations.num_threads() == 1
    assert activations.num_threads() == before


@pytest.mark.parametrize("n", [0, -1, -100])
def test_num_threads_less_than_one(n):
    before = activations.num_threads()
    with pytest.raises(ValueError, match="at least 1"):
        activations.num_threads(n)
    assert activations.num_threads() == before


def test_num_threads_set_before_its_block_and_used_again():
    before = activations.num_threads()
    one = activations.num_threads(1)
    for _ in range(2):
        activations.num_threads(2)
        with one:
            assert activations.num_threads() == 1
        assert activations.num_threads() == before


@pytest.mark.parametrize("n", [1.5, "2", [1], True])
def test_num_threads_of_the_wrong_type(n):
    with pytest.raises(TypeError, match="whole number, 1 or more"):
        activations.num_threads(n)


def test_num_threads_takes_numpy_integers():
    with activations.num_threads(np.int64(1)):
        assert activations.num_threads() == 1


# What the environment and threadpoolctl ask for

COUNT_THREADS = """
import os, numpy as np, activations
x = np.zeros(8_000_000, np.float32)
activations.gelu(x)
print(activations.num_threads(), len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads through /proc, which is Linux's")
def test_omp_num_threads():
    quiet = {"OPENBLAS_NUM_THREADS": "1"}
    assert printed(COUNT_THREADS, OMP_NUM_THREADS="1", **quiet) == "1 1"
    if SEVERAL:
        assert printed(COUNT_THREADS, OMP_NUM_THREADS="2", **quiet) == "2 2"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads through /proc, which is Linux's")
def test_small_inputs_start_no_thread():
    code = COUNT_THREADS.replace("8_000_000", "8_000")
    assert printed(code, OPENBLAS_NUM_THREADS="1").split()[1] == "1"


def control_groups(root, groups, files):
    """A directory with the files that tell a process's control groups and their bounds."""
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


V2, V1 = "0::/a/b\n", "4:memory:/a\n3:cpu,cpuacct:/a/b\n0::/\n"


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "20000 100000\n"}, 1),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, 0),
        (V2, {"sys/fs/cgroup/a/cpu.max": "300000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, 3),
        (V2, {"sys/fs/cgroup/a/cpu.max": "300000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "100000 50000\n"}, 2),
        (V2, {"sys/fs/cgroup/unified/a/cpu.max": "300000 100000\n"}, 3),
        (V2, {"sys/fs/cgroup/c/cpu.max": "100000 100000\n"}, 0),
        (V1, {"sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us": "1000"}, 0),
        (V1, {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "2000\n", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "1000"}, 2),
        (
            V1,
            {
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "4000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "1000\n",
            },
            4,
        ),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": ""}, 0),
        ("", {}, 0),
    ],
)
def test_quota_of_a_container(tmp_path, groups, files, expected):
    assert processors(control_groups(tmp_path, groups, files)) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="directories' names are not any bytes")
def test_quota_of_a_group_whose_name_is_no_text(tmp_path):
    control_groups(tmp_path, "", {})
    (tmp_path / "proc/self/cgroup").write_bytes(b"0::/caf\xe9\n")
    group = os.path.join(os.fsencode(tmp_path), b"sys/fs/cgroup/caf\xe9")
    os.makedirs(group)
    with open(os.path.join(group, b"cpu.max"), "w") as file:
        file.write("200000 100000\n")
    assert processors(str(tmp_path)) == 2


def test_a_quota_bounds_what_is_not_set():
    code = """
from activations import _quota
_quota.processors = lambda: 1
import activations
print(activations.num_threads())
activations.num_threads(2)
print(activations.num_threads())
"""
    two = "2" if SEVERAL else "1"
    assert printed(code, OMP_NUM_THREADS=None).split() == ["1", two]
    assert printed(code, OMP_NUM_THREADS="2").split() == [str(2 if SEVERAL else 1), two]


def test_threadpoolctl():
    from threadpoolctl import threadpool_limits

    before = activations.num_threads()
    with threadpool_limits(limits=1):
        assert activations.num_threads() == 1
        assert activations.gelu(np.ones(3_000_000, np.float32))[-1] > 0
    assert activations.num_threads() == before


# Forks and Python threads


FORK = """
import os, signal, sys, numpy as np, activations
x = np.linspace(-5, 5, 4_000_000, dtype=np.float32)
expected = activations.gelu(x)
rows = activations.softmax(x.reshape(1000, -1))
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        signal.alarm(40)  # a child that hangs dies of it
        fine = (activations.gelu(x) == expected).all() and (activations.softmax(x.reshape(1000, -1)) == rows).all()
        os._exit(0 if fine else 1)
    children.append(child)
assert (activations.gelu(x) == expected).all()
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_goes_on():
    assert printed("import warnings; warnings.simplefilter('ignore')\n" + FORK) == "[0, 0, 0]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.skipif(not SEVERAL, reason="there is one processor, or no OpenMP")
def test_a_forked_child_has_threads_of_its_own():
    """Although others of the parent's threads are computing when it forks."""
    code = """
import warnings; warnings.simplefilter("ignore")
import os, signal, threading, numpy as np, activations
from activations.kernels import core
x = np.linspace(-5, 5, 4_000_000, dtype=np.float32)
expected = activations.gelu(x)
assert core.helpers() == 1
stop = threading.Event()
def compute():
    while not stop.is_set():
        activations.gelu(x)
for _ in range(2):
    threading.Thread(target=compute, daemon=True).start()
child = os.fork()
stop.set()
if child:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
signal.alarm(40)
before = core.helpers()
fine = all((activations.gelu(x) == expected).all() for _ in range(5))
os._exit(7 if fine and (before, core.helpers()) == (0, 1) else 1)
"""
    assert python(code, OMP_NUM_THREADS="2").returncode == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_inside_a_forked_child():
    code = """
import warnings; warnings.simplefilter("ignore")
import os, signal, numpy as np, activations
x = np.linspace(-5, 5, 4_000_000, dtype=np.float32)
activations.silu(x)
for generation in range(2):
    child = os.fork()
    if child:
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    signal.alarm(40)
    activations.silu(x)
os._exit(7)
"""
    assert python(code).returncode == 7


def test_multiprocessing_pool_after_a_threaded_call():
    code = """
import multiprocessing, warnings, numpy as np, activations
warnings.simplefilter("ignore")
def work(k):
    return float(activations.tanh(np.full(3_000_000, k, np.float32))[-1])
if __name__ == "__main__":
    work(1)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map_async(work, [0, 100]).get(timeout=60))
"""
    assert printed(code) == "[0.0, 1.0]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_others_bind():
    """The lock that they hold at that moment is open in the child, which has nobody to open it."""
    code = """
import warnings; warnings.simplefilter("ignore")
import os, signal, threading, numpy as np, activations
x, stop = np.ones(1), threading.Event()
def bind(first):
    while not stop.is_set():
        first += 1e-6
        activations.get("leaky_relu", negative_slope=first)(x)
activations.get("leaky_relu", negative_slope=0.5)(x)  # a module that is being imported stays locked by Python itself
for first in (1, 2):
    threading.Thread(target=bind, args=(first,), daemon=True).start()
for k in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that hangs dies of it
        fine = activations.get("leaky_relu", negative_slope=-k)(-x) == k
        os._exit(7 if fine else 1)
    if (code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])) != 7:
        break
stop.set()
print(k, code)
"""
    assert printed(code) == "19 7"


@pytest.mark.skipif(not hasattr(signal, "ITIMER_VIRTUAL"), reason="this system has no such timers")
def test_a_signal_in_the_middle_of_a_binding():
    code = """
import pickle, signal, numpy as np, activations
x, values = np.ones(1), iter(range(10**9))
def bind(*signal):
    f = activations.get("leaky_relu", negative_slope=-next(values))
    assert pickle.loads(pickle.dumps(f.ufunc)) is f.ufunc
    calls.append(f(-x))
calls = []
bind()
signal.signal(signal.SIGVTALRM, bind)
signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)
signal.alarm(40)  # what hangs dies of it
for _ in range(5000):
    bind()
signal.setitimer(signal.ITIMER_VIRTUAL, 0)
print(len(calls) > 5003, sorted(calls) == list(range(len(calls))))
"""
    assert printed(code) == "True True"


@pytest.mark.skipif(not hasattr(signal, "sigwait"), reason="this system cannot wait for signals")
@pytest.mark.skipif(not SEVERAL, reason="there is one processor, or no OpenMP")
def test_signals_are_not_the_helpers():
    """One that the main thread blocks and waits for is delivered to it: taken by a helper, it would end the process."""
    code = """
import os, signal, numpy as np, activations
from activations.kernels import core
activations.gelu(np.zeros(4_000_000, np.float32))
assert core.helpers() == 1
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
os.kill(os.getpid(), signal.SIGUSR1)
print(signal.sigwait({signal.SIGUSR1}) == signal.SIGUSR1)
"""
    # Threads that NumPy's BLAS starts at its import do not block it.
    assert printed(code, OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1") == "True"


def test_many_python_threads_at_once():
    x = np.linspace(-9, 9, 1_500_000, dtype=np.float32)
    jobs = [(name, activations.get(name)) for name in ALL]
    expected = {name: f(x) for name, f in jobs}
    gate = threading.Barrier(8)

    def work(k):
        gate.wait()
        return all(same_bits(f(x), expected[name]) for name, f in jobs[k % 3 :: 3])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.skipif(not SEVERAL, reason="there is one processor, or no OpenMP")
def test_workers_of_a_pool_share_the_threads_of_one_call():
    """Eight Python threads with calls of their own have one helper between them at most, not one each."""
    code = """
import numpy as np, activations
from concurrent.futures import ThreadPoolExecutor
from activations.kernels import core
x = np.linspace(-5, 5, 500_000, dtype=np.float32)
expected = activations.gelu(x)
with ThreadPoolExecutor(8) as pool:
    fine = all(pool.map(lambda k: (activations.gelu(x) == expected).all(), range(200)))
print(fine, core.helpers() <= 1)
"""
    assert printed(code, OMP_NUM_THREADS="2") == "True True"


STARVED = """
import os, subprocess, sys, time, numpy as np, activations
x = np.linspace(-5, 5, 300_000, dtype=np.float32)
out = np.empty_like(x)
def median(threads):
    times = []
    with activations.num_threads(threads):
        for _ in range(100):
            start = time.perf_counter()
            activations.gelu(x, out=out)
            times.append(time.perf_counter() - start)
    return sorted(times)[50]
before = set(os.listdir("/proc/self/task"))
median(2)
helper, = set(os.listdir("/proc/self/task")) - before
first, second = sorted(os.sched_getaffinity(0))[:2]
os.sched_setscheduler(int(helper), os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(int(helper), {second})
os.sched_setaffinity(0, {second})
spinning = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
os.sched_setaffinity(0, {first})
try:
    time.sleep(0.1)
    print(median(2) / median(1))
finally:
    spinning.kill()
    spinning.wait()
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="starves a thread as Linux can")
@pytest.mark.skipif(not SEVERAL, reason="there is one processor, or no OpenMP")
def test_a_call_does_not_wait_for_a_thread_that_another_process_keeps_from_running():
    # Whoever waits for all threads at the end of every call waits for milliseconds, fifty times as long.
    assert float(printed(STARVED, OMP_NUM_THREADS="2")) < 5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_result_a_little_before_its_operand(dtype):
    """NumPy copies no operand that is ahead of the result: elements are then to be taken in their order."""
    x = np.linspace(-8, 8, 2**21).astype(dtype)
    expected = activations.gelu(x[5:])
    with activations.num_threads(max(2, CORES)):
        activations.gelu(x[5:], out=x[:-5])
    np.testing.assert_array_equal(x[:-5], expected)


FIRST_LONG = """
import numpy as np, activations
from activations.kernels import core
core.configure(stream_bytes=1)
x = np.random.default_rng(1).normal(size=100_001)
for name in ("relu", "silu", "square"):
    f, inside = activations.get(name), x.copy()
    f(inside[1:], out=inside[:-1])
    print((inside[:-1] == f(x[1:])).all())
"""


def test_a_first_call_that_is_long_is_timed_where_that_changes_nothing():
    """A long call's first elements tell what a loop takes, computed several times; not where they are operands."""
    assert printed(FIRST_LONG).split() == ["True"] * 3


def test_binding_from_many_threads():
    gate = threading.Barrier(8)
    x = np.array([-1.0])

    def work(k):
        gate.wait()
        return [activations.get("leaky_relu", negative_slope=0.5 + i / 512)(x)[0] for i in range(k, 300 + k)]

    with ThreadPoolExecutor(8) as pool:
        for k, found in enumerate(pool.map(work, range(8))):
            assert found == [-0.5 - i / 512 for i in range(k, 300 + k)]


def test_endless_binding():
    """Thousands of parameter values: memory stays bounded, and what is still in use stays itself and pickles."""
    code = """
import gc, pickle, resource, numpy as np, activations
x = np.array([-1.0])
kept = activations.get("leaky_relu", negative_slope=0.123)
ufunc = kept.ufunc
used = []
for i in range(20_000):
    assert activations.leaky_relu(x, negative_slope=i / 7)[0] == -i / 7
    if i in (6_000, 19_999):
        gc.collect()
        used.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
assert kept(x)[0] == -0.123 and kept.ufunc is ufunc and ufunc(x)[0] == -0.123
assert used[1] < used[0] + 8_000, used
for f in (kept, activations.relu, activations.leaky_relu):
    assert pickle.loads(pickle.dumps(f.ufunc)) is f.ufunc
    assert pickle.loads(pickle.dumps(f)) == f
print("fine")
"""
    assert printed(code) == "fine"


def test_the_lock_is_released():
    """While one thread computes a large array, another one runs Python."""
    x = np.zeros(30_000_000, np.float32)
    out = np.empty_like(x)
    ticks, stop = [0], threading.Event()

    def tick():
        while not stop.is_set():
            ticks[0] += 1

    ticker = threading.Thread(target=tick)
    with activations.num_threads(1):
        activations.gelu(x, out=out)
        ticker.start()
        before = ticks[0]
        activations.gelu(x, out=out)
        during = ticks[0] - before
        stop.set()
    ticker.join()
    assert during > 100


# Instruction sets


def test_runtime_info():
    info = activations.runtime_info()
    assert info.keys() >= {"isa", "isa_available", "threads", "compiler", "version"}
    assert info["isa"] in info["isa_available"]
    assert tuple(info["isa_available"]) == LEVELS[: len(info["isa_available"])]
    assert info["version"] == activations.__version__
    assert isinstance(info["compiler"], str)
    assert info["compiler"]
    assert info["threads"] == activations.num_threads()


ISA = "import activations; print(activations.runtime_info()['isa']); print(activations.gelu(1.0))"


def test_the_best_level_is_the_default():
    best = activations.runtime_info()["isa_available"][-1]
    for unset in (None, ""):
        assert printed(ISA, ACTIVATIONS_ISA=unset).split()[0] == best


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_can_be_forced_or_is_impossible(level):
    available = activations.runtime_info()["isa_available"]
    done = python(ISA, ACTIVATIONS_ISA=level)
    if level in available:
        assert done.stdout.split()[0] == level, done.stderr
    else:
        assert done.returncode != 0
        assert all(possible in done.stderr for possible in available)


@pytest.mark.parametrize("level", ["v5", "avx2", "V3", "baseline ", "native"])
def test_an_unknown_level_is_an_error_that_lists_the_possible_ones(level):
    done = python(ISA, ACTIVATIONS_ISA=level)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert repr(level) in last
    assert all(possible in last for possible in activations.runtime_info()["isa_available"])


def test_the_processor_decides_what_is_available():
    flags = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    words = set(flags.split())
    available = activations.runtime_info()["isa_available"]
    if words:
        assert ("v3" in available) == {"avx2", "fma", "f16c", "bmi2"}.issubset(words)
        assert ("v4" in available) == {"avx512f", "avx512dq", "avx512bw", "avx512vl"}.issubset(words)
    assert available[0] == "baseline"


def test_levels_agree_that_exact_functions_are_exact():
    code = """
import numpy as np, activations
x = np.frombuffer(np.random.default_rng(1).bytes(400_000), np.float32)
with np.errstate(invalid="ignore"):
    fine = [
        np.array_equal(activations.relu(x), np.maximum(x, 0), equal_nan=True),
        np.array_equal(activations.identity(x), x, equal_nan=True),
        np.array_equal(activations.leaky_relu(x), np.where(x > 0, x, x * np.float32(0.01)), equal_nan=True),
        np.array_equal(activations.maxout(x), x.reshape(-1, 2).max(1), equal_nan=True),
    ]
print(all(fine), fine)
"""
    for level in activations.runtime_info()["isa_available"]:
        assert printed(code, ACTIVATIONS_ISA=level).startswith("True"), level


def test_every_case_has_its_own_ufunc():
    found = {make(name, case).ufunc for name in ELEMENTWISE for case in cases(name)}
    # The same loop under two names may be one ufunc.
    aliases = {("gelu", "tanh"), ("prelu", "leaky_relu"), ("celu", "elu")}
    assert len(found) >= sum(len(cases(name)) for name in ELEMENTWISE) - len(aliases)


THREADS_OF_TWO = """
import os, numpy as np, activations
x = np.linspace(-3, 3, 10_000)
out = np.empty_like(x)
def threads(f):
    for _ in range(200):
        f(x, out=out)
    return len(os.listdir("/proc/self/task"))
before = len(os.listdir("/proc/self/task"))
print(threads(activations.relu) - before, threads(activations.gelu) - before)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads through /proc, which is Linux's")
def test_what_a_function_takes_decides_from_where_on_it_has_threads():
    expected = "0 1" if SEVERAL else "0 0"
    # Work of 30 microseconds is worth threads, and of 15 in a row: here relu takes 2 and gelu 23, at the best level.
    assert printed(THREADS_OF_TWO, OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1") == expected


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads through /proc, which is Linux's")
@pytest.mark.parametrize("pause", ["0.002", "0"])
def test_short_calls_have_threads_in_a_row_only(pause):
    code = f"""
import os, time, numpy as np, activations
x = np.linspace(-3, 3, 120_000)
out = np.empty_like(x)
before = len(os.listdir("/proc/self/task"))
for _ in range(400):
    activations.relu(x, out=out)
    {f"time.sleep({pause})" if float(pause) else ""}
print(len(os.listdir("/proc/self/task")) - before)
"""
    # relu takes 20 microseconds, at the best level: 25 calls in a row are worth waking a thread for.
    expected = "1" if SEVERAL and not float(pause) else "0"
    assert printed(code, OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1") == expected
