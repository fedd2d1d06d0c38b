from activations.activation import Activation as Activation
from activations.errors import PluginError as PluginError
from activations.errors import UnknownActivationError as UnknownActivationError
from activations.folding import Maxout
from activations.registry import aliases as aliases
from activations.registry import get as get
from activations.registry import names as names
from activations.registry import plugins as plugins
from activations.registry import refresh as refresh
from activations.registry import register as register
from activations.registry import unregister as unregister
from activations.runtime import num_threads as num_threads
from activations.runtime import runtime_info as runtime_info

__version__: str

binary_step: Activation
elu: Activation
gaussian: Activation
gelu: Activation
gelu_tanh: Activation
identity: Activation
leaky_relu: Activation
log_softmax: Activation
maxout: Maxout
prelu: Activation
relu: Activation
sigmoid: Activation
silu: Activation
softmax: Activation
softplus: Activation
tanh: Activation

def __getattr__(name: str) -> Activation: ...
