"""The exceptions that are part of the public interface."""

__all__ = ["PluginError", "UnknownActivationError"]


class UnknownActivationError(LookupError, ValueError):
    """No activation is registered under the name that was asked for.

    The message lists close matches and says how to list every name. It is a `LookupError` for those who treat the
    registry as a mapping, and a `ValueError` for those who treat the name as an argument.
    """


class PluginError(ImportError):
    """A registered plugin could not be loaded, or two plugins claim the same name.

    The message names the distribution at fault; every other name goes on working.
    """
