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

ORDER = (
    "functions_and_derivatives",
    "said_of_relu",
    "no_activation",
    "sine_by_hinges",
    "kinds_in_two_dimensions",
    "maxout_learns",
    "vanishing_gradient",
    "exploding_gradient",
    "dying_relu",
    "sparse_not_centred",
    "output_layer",
    "cost",
)


class Order:
    """The order of the pages; one that is not listed ends the build."""

    def __init__(self, directory):
        self.directory = directory

    def __call__(self, file):
        return ORDER.index(file.removeprefix("plot_").removesuffix(".py"))

    def __repr__(self):
        return "Order()"


def apply(gallery_conf, page):
    """Before each page: the colours of `activations.plotting`, and one thread for matrix products.

    A second one gains nothing with matrices this small, and on a busy machine made a page take forty times as long.
    """
    import matplotlib

    matplotlib.rcParams.update(LOOK, **{"axes.prop_cycle": matplotlib.cycler(color=COLOURS)})
    threadpool_limits(1)
