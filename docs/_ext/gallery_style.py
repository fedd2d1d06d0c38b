"""How the gallery's pages are built: their order, their look, and one thread."""

from threadpoolctl import threadpool_limits

from activations.plotting import COLOURS

LOOK = {
    "axes.grid": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.spines.bottom": False,
    "axes.titlesize": "medium",
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
}


def apply(gallery_conf, page):
    """Before each page: the colours of `activations.plotting`, and one thread for matrix products.

    A second one gains nothing with matrices this small, and on a busy machine costs a hundred times the time.
    """
    import matplotlib

    matplotlib.rcParams.update(LOOK, **{"axes.prop_cycle": matplotlib.cycler(color=COLOURS)})
    threadpool_limits(1)
