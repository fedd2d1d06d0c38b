"""What a build has left behind that is worth a track: the wheel's size and the kernel loops that are not vectorised.

asv runs it after each build, in the commit's checkout: ``python built.py RECORD WHEELS REPORTS``. `RECORD` is the JSON
file that is written, `WHEELS` the directory with the wheel, and `REPORTS` what ``ACTIVATIONS_REPORT`` made the compiler
write. The loops are judged by the commit's own check, since each commit arranges what it generates as it likes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["main", "record"]


def record(wheels: Path, reports: Path) -> dict[str, int]:
    """Bytes of the wheel, and how many kernel loops are not vectorised.

    Without the latter if this directory's commit cannot judge a report, or the compiler has written none.

    Raises
    ------
    FileNotFoundError
        If there is not exactly one wheel.
    """
    found = sorted(Path(wheels).glob("*.whl"))
    if len(found) != 1:
        raise FileNotFoundError(f"{wheels} holds {len(found)} wheels; one is needed: build into an empty directory")
    facts = {"wheel_bytes": found[0].stat().st_size}
    check = [sys.executable, "-m", "activations.build", "--check-vectorisation", str(reports)]
    said = subprocess.run(check, capture_output=True, text=True, check=False).stdout
    return facts | counted(said)


def counted(said: str) -> dict[str, int]:
    """What the check of vectorisation has printed, or nothing where it could not judge."""
    judged = re.search(r"^(\d+) of (\d+) kernel loops", said, re.MULTILINE)
    if judged is None:
        return {}
    vectorised, loops = map(int, judged.groups())
    return {"loops_not_vectorised": loops - vectorised}


def main(target: str, wheels: str, reports: str) -> None:
    """Write the record."""
    Path(target).write_text(json.dumps(record(Path(wheels), Path(reports))) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python built.py RECORD WHEELS REPORTS   (in the checkout that was built)")
    main(*sys.argv[1:])
