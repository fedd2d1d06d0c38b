from typing import Any

MOST_ARGUMENTS: int
KERNELS: dict[tuple[str, str], int]

def signature(capsule: Any) -> str: ...
def packed(capsule: Any, arguments: int) -> bytes: ...
