"""What goes on inside a network: dead and saturated units, outputs, gradients, and what is wrong with them.

diagnose(model, X, y)
    A `Report` of a fitted scikit-learn MLP, of this library's, of a list of layers or of recorded arrays.
dead_units, almost_dead, active_share, sparsity, saturation, dormant_units
    The same figures from arrays, one at a time.
Observed
    A recorded layer of a network that lives elsewhere.
Recorder
    Dead units over the epochs of training.

NumPy is enough; tables need rich (extra ``cli``), pictures matplotlib (extra ``plot``).
"""

from activations.diagnostics.diagnosis import diagnose
from activations.diagnostics.network import Observed
from activations.diagnostics.problems import Problem, Thresholds
from activations.diagnostics.recorder import Recorder
from activations.diagnostics.report import LayerReport, Report
from activations.diagnostics.units import (
    active_share,
    almost_dead,
    dead_units,
    dormant_units,
    saturation,
    sparsity,
)

__all__ = [
    "LayerReport",
    "Observed",
    "Problem",
    "Recorder",
    "Report",
    "Thresholds",
    "active_share",
    "almost_dead",
    "dead_units",
    "diagnose",
    "dormant_units",
    "saturation",
    "sparsity",
]
