"""What holds of lines, bent and cut, whatever their parameters are: several families declare them."""

from math import inf, isfinite

from activations.declaration import Properties

__all__ = ["bent_line", "clipped_line", "line"]


def line(weight: float = 1.0, bias: float = 0.0) -> Properties:
    """Of ``weight * x + bias``."""
    if weight == 0:
        return Properties()
    return Properties(
        monotonic=weight > 0,
        range=(-inf, inf),
        lipschitz=abs(weight),
        smoothness=inf,
        parity="" if bias else "odd",
        saturates=(),
        kinks=(),
        at_zero=bias,
    )


def bent_line(slope: float) -> Properties:
    """Of x above 0 and ``slope * x`` below."""
    if slope == 1:
        return line()
    return Properties(
        monotonic=slope >= 0,
        range=(-inf if slope > 0 else 0.0, inf),
        lipschitz=max(1.0, abs(slope)),
        smoothness=0,
        parity="even" if slope == -1 else "",
        saturates=() if slope else ("left",),
        kinks=(0.0,),
        at_zero=0.0,
    )


def clipped_line(slope: float, offset: float, min_val: float, max_val: float) -> Properties:
    """Of ``slope * x + offset`` held between two bounds; nothing of the constant that crossed bounds leave."""
    if slope == 0 or min_val >= max_val:
        return Properties()
    lower, upper = ("left", "right") if slope > 0 else ("right", "left")
    ends = {side for side, bound in ((lower, min_val), (upper, max_val)) if isfinite(bound)}
    return Properties(
        monotonic=slope > 0,
        range=(min_val, max_val),
        lipschitz=abs(slope),
        smoothness=0 if ends else inf,
        parity="odd" if offset == 0 and min_val == -max_val else "",
        saturates=tuple(sorted(ends)),
        kinks=tuple(sorted((bound - offset) / slope for bound in (min_val, max_val) if isfinite(bound))),
        at_zero=min(max(offset, min_val), max_val),
    )
