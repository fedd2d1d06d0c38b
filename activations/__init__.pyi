from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, overload

from activations.activation import Activation as Activation
from activations.errors import PluginError as PluginError
from activations.errors import UnknownActivationError as UnknownActivationError
from activations.folding import Maxout, Normaliser
from activations.registry import Plugin

__version__: str

def get(spec: str | Mapping[str, Any] | Activation | None, /, **parameters: Any) -> Activation: ...
def names(kind: str | None = None, **properties: Any) -> list[str]: ...
def aliases() -> dict[str, str]: ...
def plugins(*, load: bool = False) -> list[Plugin]: ...
def register(activation: Activation, /, *, replace: bool = False) -> Activation: ...
def unregister(name: str, /) -> None: ...
def refresh() -> None: ...
@overload
def num_threads(n: None = None) -> int: ...
@overload
def num_threads(n: int) -> AbstractContextManager[int]: ...
def runtime_info() -> dict[str, Any]: ...

binary_step: Activation
cos: Activation
elu: Activation
gaussian: Activation
gcu: Activation
gelu: Activation
gelu_tanh: Activation
identity: Activation
leaky_relu: Activation
log_softmax: Normaliser
maxout: Maxout
prelu: Activation
relu: Activation
sigmoid: Activation
silu: Activation
sin: Activation
sinc: Activation
softmax: Normaliser
softplus: Activation
tanh: Activation

def __getattr__(name: str) -> Activation: ...
