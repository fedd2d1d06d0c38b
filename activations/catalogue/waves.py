"""Waves: periodic functions and what is made of them."""

from math import inf, pi

from activations.catalogue.lines import line
from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="sin",
        aliases=("sinusoid", "sinusoidal"),
        dotted={"neat.sin": {"omega": 5.0}},
        kind="ridge",
        summary="A sine wave; every derivative is a wave of the same shape.",
        formula=r"f(x) = \sin(\omega x)",
        reference="V. Sitzmann, J. N. P. Martel, A. W. Bergman, D. B. Lindell, G. Wetzstein, Implicit neural "
        "representations with periodic activation functions, NeurIPS 2020.",
        parameters=(
            Parameter(
                "omega",
                1.0,
                open_low=True,
                open_high=True,
                meaning="angular frequency; SIREN takes 30 in its first layer",
            ),
        ),
        scalars=("second_derivative",),
        gradients=("omega",),
        far=True,
        special="sin_of_x",
        properties=lambda omega: (
            Properties(
                monotonic=False,
                range=(-1.0, 1.0),
                lipschitz=abs(omega),
                smoothness=inf,
                parity="odd",
                saturates=(),
                kinks=(),
                at_zero=0.0,
            )
            if omega
            else Properties()
        ),
        advice="Networks that represent images, sounds or fields with their fine detail and their derivatives. The "
        "loss has many local minima, so that the initial weights have to be chosen for it.",
    ),
    Declaration(
        name="cos",
        aliases=("cosine",),
        kind="ridge",
        summary="A cosine wave: a sine wave that begins at its crest.",
        formula=r"f(x) = \cos x",
        reference="A. Rahimi, B. Recht, Random features for large-scale kernel machines, NIPS 2007.",
        scalars=("second_derivative",),
        far=True,
        properties=Properties(
            monotonic=False,
            range=(-1.0, 1.0),
            lipschitz=1.0,
            smoothness=inf,
            parity="even",
            saturates=(),
            kinks=(),
            at_zero=1.0,
        ),
        advice="Random Fourier features, where the cosine of a random projection approximates a kernel. As with every "
        "periodic function, training its weights meets many local minima.",
    ),
    Declaration(
        name="gcu",
        aliases=("growing_cosine_unit",),
        kind="ridge",
        summary="A cosine whose amplitude grows with the input: a single unit can separate XOR.",
        formula=r"f(x) = x \cos x",
        reference="M. M. Noel, L. Arunkumar, A. Trivedi, P. Dutta, Growing cosine unit: A novel oscillatory activation "
        "function that can speedup training and reduce parameters in convolutional neural networks, "
        "arXiv:2108.12943, 2021.",
        scalars=("second_derivative",),
        far=True,
        properties=Properties(
            monotonic=False,
            range=(-inf, inf),
            lipschitz=inf,
            smoothness=inf,
            parity="odd",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Small convolutional networks with normalised inputs, where one oscillating unit does the work of "
        "several. Its slope grows without bound, so that large inputs make training diverge.",
    ),
    Declaration(
        name="snake",
        kind="ridge",
        summary="A line with a wave on it: nowhere decreasing, periodic about the line.",
        formula=r"f(x) = x + \frac{\sin^2(a x)}{a}",
        reference="L. Ziyin, T. Hartwig, M. Ueda, Neural networks fail to learn periodic functions and how to fix it, "
        "NeurIPS 2020.",
        parameters=(
            Parameter(
                "a",
                1.0,
                open_low=True,
                open_high=True,
                meaning="frequency of the wave, which repeats every pi / a; 0 leaves x; one for each channel if learnt",
            ),
        ),
        scalars=("second_derivative",),
        gradients=("a",),
        far=True,
        properties=lambda a: (
            Properties(
                monotonic=True,
                range=(-inf, inf),
                lipschitz=2.0,
                smoothness=inf,
                parity="",
                saturates=(),
                kinks=(),
                at_zero=0.0,
            )
            if a
            else line()
        ),
        advice="Signals that repeat and have to be continued beyond the data: audio, seasons. The frequency a has to "
        "be near the signal's: 5 to 50 for fast ones, and next to 0 the function is a line.",
    ),
    Declaration(
        name="sinc",
        dotted={"torch.sinc": {"omega": pi}, "numpy.sinc": {"omega": pi}, "jax.sinc": {"omega": pi}},
        kind="ridge",
        summary="A wave that fades like 1 / x on both sides of a crest of 1 at 0.",
        formula=r"f(x) = \frac{\sin(\omega x)}{\omega x}, \quad f(0) = 1",
        reference="P. M. Woodward, I. L. Davies, Information theory and inverse probability in telecommunication, "
        "Proceedings of the IEE 99, 1952.",
        parameters=(
            Parameter(
                "omega",
                1.0,
                open_low=True,
                open_high=True,
                meaning="angular frequency; pi gives the normalised sinc",
            ),
        ),
        scalars=("second_derivative",),
        gradients=("omega",),
        far=True,
        properties=lambda omega: (
            Properties(
                monotonic=False,
                range=(-0.21723362821122166, 1.0),
                lipschitz=0.4361818172714585 * abs(omega),
                smoothness=inf,
                parity="even",
                saturates=("left", "right"),
                kinks=(),
                at_zero=1.0,
            )
            if omega
            else Properties()
        ),
        advice="Interpolation of sampled signals, and units that answer mostly near 0. Far from 0 the gradient fades "
        "like 1 / x and changes its sign.",
    ),
)
