"""Radial activations: what counts is the distance from a centre."""

from math import e, exp, inf, sqrt

from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="gaussian",
        dotted={"neat.gauss": {"gamma": 5.0}},
        kind="radial",
        summary="A bump around a centre: answers to a neighbourhood instead of a half-space.",
        formula=r"f(x) = e^{-\gamma (x - c)^2}",
        reference="D. S. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks, Complex "
        "Systems 2, 1988.",
        parameters=(
            Parameter(
                "gamma",
                1.0,
                low=0.0,
                open_low=True,
                open_high=True,
                meaning="1 / (2 s^2) for a bump of standard deviation s",
            ),
            Parameter("center", 0.0, open_low=True, open_high=True, meaning="where the bump is, c"),
        ),
        scalars=("second_derivative",),
        gradients=("gamma", "center"),
        special="gaussian_at_zero",
        special_takes=("gamma",),
        properties=lambda gamma, center: Properties(
            monotonic=False,
            range=(0.0, 1.0),
            lipschitz=sqrt(2 * gamma / e),
            smoothness=inf,
            parity="" if center else "even",
            saturates=("left", "right"),
            kinks=(),
            at_zero=exp(-gamma * center**2),
        ),
        advice="Units that answer near a point, as in radial-basis networks. Far from the centre there is no "
        "gradient, so centres have to start among the data.",
    ),
    Declaration(
        name="multiquadric",
        aliases=("multiquadratics",),
        kind="radial",
        summary="The distance from the centre with its kink rounded off: a hyperbola.",
        formula=r"f(x) = \sqrt{x^2 + a^2}",
        reference="R. L. Hardy, Multiquadric equations of topography and other irregular surfaces, Journal of "
        "Geophysical Research 76, 1971.",
        parameters=(Parameter("a", 1.0, low=0.0, open_high=True, meaning="the value at 0, where the bend is"),),
        scalars=("second_derivative",),
        gradients=("a",),
        properties=lambda a: Properties(
            monotonic=False,
            range=(a, inf),
            lipschitz=1.0,
            smoothness=inf if a else 0,
            parity="even",
            saturates=(),
            kinks=() if a else (0.0,),
            at_zero=a,
        ),
        advice="Interpolation of scattered data, where it is among the most accurate. It grows with the distance, so "
        "every unit answers everywhere, and the square overflows in the plain formula.",
    ),
    Declaration(
        name="inverse_multiquadric",
        aliases=("inverse_multiquadratics",),
        kind="radial",
        summary="A bump with tails like 1 / x.",
        formula=r"f(x) = \frac{1}{\sqrt{x^2 + a^2}}",
        reference="R. L. Hardy, Theory and applications of the multiquadric-biharmonic method, Computers and "
        "Mathematics with Applications 19, 1990.",
        parameters=(
            Parameter(
                "a", 1.0, low=0.0, open_low=True, open_high=True, meaning="width of the bump, and 1 / its height"
            ),
        ),
        scalars=("second_derivative",),
        gradients=("a",),
        properties=lambda a: Properties(
            monotonic=False,
            range=(0.0, 1 / a),
            lipschitz=2 / sqrt(27) / a**2,
            smoothness=inf,
            parity="even",
            saturates=("left", "right"),
            kinks=(),
            at_zero=1 / a,
        ),
        advice="Kernels and radial-basis networks where distant points should still count. Some write s / (s + x^2) "
        "under this name, which is inverse_quadratic.",
    ),
    Declaration(
        name="inverse_quadratic",
        aliases=("cauchy", "rational_quadratic"),
        kind="radial",
        summary="A bump with tails like 1 / x^2, the shape of the Cauchy distribution.",
        formula=r"f(x) = \frac{1}{1 + (x / a)^2}",
        reference="B. Fornberg, N. Flyer, A Primer on Radial Basis Functions with Applications to the Geosciences, "
        "SIAM 2015.",
        parameters=(
            Parameter("a", 1.0, low=0.0, open_low=True, open_high=True, meaning="the distance at which 1/2 is left"),
        ),
        scalars=("second_derivative",),
        gradients=("a",),
        properties=lambda a: Properties(
            monotonic=False,
            range=(0.0, 1.0),
            lipschitz=sqrt(27) / 8 / a,
            smoothness=inf,
            parity="even",
            saturates=("left", "right"),
            kinks=(),
            at_zero=1.0,
        ),
        advice="A bump without an exponential that lets gradients through far from its centre. It decays so slowly "
        "that distant centres add up.",
    ),
    Declaration(
        name="thin_plate_spline",
        aliases=("tps",),
        kind="radial",
        summary="The surface of least bending energy through points: r^2 ln r, negative below 1.",
        formula=r"f(x) = x^2 \ln |x|",
        reference="J. Duchon, Splines minimizing rotation-invariant semi-norms in Sobolev spaces, 1977.",
        scalars=("backward", "second_derivative"),
        properties=Properties(
            monotonic=False,
            range=(-0.1839397205857211608, inf),
            lipschitz=inf,
            smoothness=1,
            parity="even",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Interpolation in the plane without a width to choose. It grows without bounds, and its second "
        "derivative at 0 is minus infinity.",
    ),
    Declaration(
        name="polyharmonic_spline",
        kind="radial",
        summary="A power of the distance, times its logarithm where the power is even: needs no width.",
        formula=r"f(x) = \begin{cases} |x|^k & k \text{ odd} \\ |x|^k \log |x| & k \text{ even} \end{cases}",
        reference="J. Duchon, Splines minimizing rotation-invariant semi-norms in Sobolev spaces, Lecture Notes in "
        "Mathematics 571, 1977.",
        parameters=(Parameter("k", 1.0, low=1.0, high=7.0, whole=True, meaning="the power; 2 is thin_plate_spline"),),
        scalars=("backward", "second_derivative"),
        properties=lambda k: Properties(
            monotonic=False,
            range=(0.0 if k % 2 else -1 / (e * k), inf),
            lipschitz=1.0 if k == 1 else inf,
            smoothness=k - 1,
            parity="even",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Interpolation of scattered points without a width to choose: k - 1 derivatives are continuous at the "
        "points. It grows without bounds, and an interpolant needs a polynomial of degree k // 2 besides.",
    ),
    Declaration(
        name="wendland_c2",
        kind="radial",
        summary="A bump that is exactly zero from distance 1 on, and twice continuously differentiable.",
        formula=r"f(x) = \max(1 - |x|, 0)^4 (4 |x| + 1)",
        reference="H. Wendland, Piecewise polynomial, positive definite and compactly supported radial functions of "
        "minimal degree, Advances in Computational Mathematics 4, 1995.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(0.0, 1.0),
            lipschitz=2.109375,
            smoothness=2,
            parity="even",
            saturates=("left", "right"),
            kinks=(0.0,),
            at_zero=1.0,
        ),
        advice="Sparse kernel matrices, since distant pairs give exactly zero. Outside its support there is no "
        "gradient, so distances have to be scaled first.",
    ),
)
