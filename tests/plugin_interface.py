"""The interface that plugins in Cython are compiled against, as text, and the record of it.

``python -m tests.plugin_interface`` records what there is. It adds names as they come; it changes or drops what is
recorded only after ACT_INTERFACE in machine.h was raised, since plugins compiled before then no longer fit.
"""

import inspect
import json
import re
import sys
from dataclasses import fields
from pathlib import Path

import activations
from activations import build, loop_source, plugin
from activations.declaration import Declaration, Parameter, Properties

PACKAGE = Path(activations.__file__).parent
RECORD = Path(__file__).with_suffix(".json")
SAMPLE = Declaration(
    name="sample", kind="ridge", summary="", formula="", reference="", parameters=(Parameter("a", 1.0),)
)


def version():
    """The version that plugins compiled now would carry."""
    text = (PACKAGE / "kernels" / "machine.h").read_text()
    return int(re.search(r"#define ACT_INTERFACE (\d+)", text)[1])


def definitions(module):
    """What a .pxd file defines, by name: signatures, and what types and numbers are."""
    text = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".pxd").read_text()
    found = {}
    for result, name, arguments in re.findall(r"^cdef inline (\w+) (\w+)\(([^)]*)\) noexcept nogil:", text, re.M):
        found[name] = f"{result} ({' '.join(arguments.split())})"
    for name, types in re.findall(r"^ctypedef fused (\w+):\n((?:    \w+\n)+)", text, re.M):
        found[name] = f"fused {' '.join(types.split())}"
    for result, name, arguments in re.findall(r"^ctypedef (\w+) \(\*(\w+)\)\(([^)]*)\) noexcept nogil", text, re.M):
        found[name] = f"{result} ({' '.join(arguments.split())})"
    return found | dict(re.findall(r"^    ([A-Z]+) = (\d+)", text, re.M))


def listing():
    """All that a plugin's source or its compiled kernels rely on, by name."""
    text = (PACKAGE / "plugin.pxd").read_text()
    offered = definitions("activations.plugin")
    for module, names in re.findall(r"^from ([\w.]+) cimport (.+)$", text, re.M):
        for original, given in re.findall(r"(\w+)(?: as (\w+))?", names):
            if not given.startswith("_"):
                offered[given or original] = definitions(module)[original]
    kernels = definitions("activations.kernels.core")
    table = loop_source.loops_source([SAMPLE], "sample.formulas").partition("\nINTERFACE = ")[2]
    return {
        **{f"cimport {name}": offered[name] for name in sorted(offered)},
        **{f"kernels {name}": kernels[name] for name in ("LANES", "kernel_t")},
        "loops": " ".join(table.split()),
        **{f"{c.__name__}.{field.name}": "" for c in (Declaration, Parameter, Properties) for field in fields(c)},
        "build.plugin": ", ".join(inspect.signature(build.plugin).parameters),
        "plugin.compiled": ", ".join(inspect.signature(plugin.compiled).parameters),
    }


def recorded():
    """The version and the listing that plugins rely on."""
    return json.loads(RECORD.read_text())


def refused(before, version, names):
    """What of the record has changed though the version has not."""
    if version > before["version"]:
        return []
    return [name for name, what in before["names"].items() if names.get(name) != what]


def main():
    now, names = version(), listing()
    if RECORD.exists() and (broken := refused(recorded(), now, names)):
        sys.exit(f"raise ACT_INTERFACE in activations/kernels/machine.h first: {', '.join(broken)} changed")
    RECORD.write_text(json.dumps({"version": now, "names": names}, indent=1) + "\n")


if __name__ == "__main__":
    main()
