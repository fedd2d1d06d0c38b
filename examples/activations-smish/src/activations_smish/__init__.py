"""The smish activation, compiled like the built-ins: an example of a plugin for `activations`."""

from activations.plugin import compiled
from activations_smish.declarations import DECLARATIONS

__all__ = ["smish"]

(smish,) = compiled(__name__, DECLARATIONS)
