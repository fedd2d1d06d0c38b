"""NumPy and SciPy: functions of an array."""

from . import theirs

__all__ = ["FUNCTIONS"]

FUNCTIONS = {
    "abs": [({}, theirs("numpy:abs"))],
    "arcsinh": [({}, theirs("numpy:arcsinh"))],
    "arctan": [({}, theirs("numpy:arctan"))],
    "cos": [({}, theirs("numpy:cos"))],
    "erf": [({}, theirs("scipy.special:erf"))],
    "exponential": [({}, theirs("numpy:exp"))],
    "log_sigmoid": [({}, theirs("scipy.special:log_expit"))],
    "sigmoid": [({}, theirs("scipy.special:expit"))],
    "sign": [({}, theirs("numpy:sign"))],
    "sin": [({}, theirs("numpy:sin"))],
    "square": [({}, theirs("numpy:square"))],
    "tanh": [({}, theirs("numpy:tanh"))],
}
