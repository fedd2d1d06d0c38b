from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, overload

from activations.activation import Activation as Activation
from activations.errors import PluginError as PluginError
from activations.errors import UnknownActivationError as UnknownActivationError
from activations.folding import Channels, Entmax, Gumbel, Maxout, Normaliser, Reduction
from activations.gated import Concatenated, Gated
from activations.hinges import Hinged
from activations.randomized import Randomized
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

abs: Activation
affine: Activation
apl: Hinged
arcsinh: Activation
arctan: Activation
bent_identity: Activation
bilinear: Gated
binary_step: Activation
celu: Activation
clip: Activation
clipped_gelu: Activation
clipped_linear: Activation
clipped_relu: Activation
cos: Activation
crelu: Concatenated
cube: Activation
dish: Activation
elish: Activation
elu: Activation
entmax: Entmax
erf: Activation
exponential: Activation
gaussian: Activation
gaussian_rbf: Reduction
gcu: Activation
geglu: Gated
gelu: Activation
gelu_tanh: Activation
glu: Gated
gumbel_softmax: Gumbel
hard_elish: Activation
hard_mish: Activation
hard_shrink: Activation
hard_sigmoid: Activation
hard_silu: Activation
hard_tanh: Activation
hardmax: Normaliser
identity: Activation
inverse_multiquadric: Activation
inverse_quadratic: Activation
isrlu: Activation
isru: Activation
l2_normalize: Normaliser
laplace: Activation
leaky_relu: Activation
lisht: Activation
log1mexp: Activation
log_sigmoid: Activation
log_softmax: Normaliser
log_symmetric: Activation
logcosh: Activation
logmeanexp: Reduction
logsumexp: Reduction
lp_norm_fold: Reduction
max_fold: Reduction
maxout: Maxout
mean_fold: Reduction
min_fold: Reduction
mish: Activation
multiquadric: Activation
polyharmonic_spline: Activation
prelu: Activation
quick_gelu: Activation
quiet_softmax: Normaliser
reglu: Gated
relu: Activation
relu6: Activation
rrelu: Randomized
scaled_tanh: Activation
selu: Activation
serf: Activation
shrink: Activation
sigmoid: Activation
sign: Activation
silu: Activation
sin: Activation
sinc: Activation
smelu: Activation
smht: Activation
snake: Activation
soft_exponential: Activation
soft_shrink: Activation
softmax: Normaliser
softmax2d: Channels
softmin: Normaliser
softplus: Activation
softsign: Activation
sparse_plus: Activation
sparse_sigmoid: Activation
sparsemax: Normaliser
sqnl: Activation
square: Activation
squared_relu: Activation
squareplus: Activation
srelu: Activation
standardize: Normaliser
sum_fold: Reduction
swiglu: Gated
swiglu_oai: Gated
swish: Activation
tanh: Activation
tanh_shrink: Activation
telu: Activation
thin_plate_spline: Activation
threshold: Activation
thresholded_relu: Activation
wendland_c2: Activation
xielu: Activation

def __getattr__(name: str) -> Activation: ...
