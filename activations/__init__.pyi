from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, overload

from activations.activation import Activation as Activation
from activations.errors import PluginError as PluginError
from activations.errors import UnknownActivationError as UnknownActivationError
from activations.folding import Gumbel, Maxout, Normaliser, Reduction
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
elu: Activation
gaussian: Activation
gaussian_rbf: Reduction
gelu: Activation
gelu_tanh: Activation
gumbel_softmax: Gumbel
hardmax: Normaliser
identity: Activation
l2_normalize: Normaliser
leaky_relu: Activation
log_softmax: Normaliser
logmeanexp: Reduction
logsumexp: Reduction
lp_norm_fold: Reduction
max_fold: Reduction
maxout: Maxout
mean_fold: Reduction
min_fold: Reduction
prelu: Activation
quiet_softmax: Normaliser
relu: Activation
sigmoid: Activation
silu: Activation
softmax: Normaliser
softmin: Normaliser
softplus: Activation
sparsemax: Normaliser
standardize: Normaliser
sum_fold: Reduction
tanh: Activation

def __getattr__(name: str) -> Activation: ...
