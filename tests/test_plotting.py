"""Pictures of activations."""

import subprocess
import sys
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import colors, pyplot

import activations
from activations import plotting
from activations.plotting import curve_svg, plot

ELEMENTWISE = activations.names(kind="ridge") + activations.names(kind="radial")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def lines(ax, label):
    """The line of that label."""
    (found,) = [line for line in ax.get_lines() if line.get_label() == label]
    return found


def strokes(x, y):
    """The runs of finite samples."""
    breaks = np.flatnonzero(~np.isfinite(y))
    return [(a, b) for a, b in zip(np.split(x, breaks), np.split(y, breaks), strict=True) if np.isfinite(b).any()]


@pytest.mark.parametrize("limits", [(-10, 10), (-1, 2.3), (-7.77, 0.013)])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_what_is_drawn_is_the_function(name, limits):
    f = activations.get(name)
    ax = plot(f, range=limits, derivative=True, points=101)
    for panel, function in zip(ax.figure.axes, (f, f.derivative), strict=True):
        x, y = lines(panel, plotting.label(f)).get_data()
        assert (x[0], x[-1]) == limits
        jumps = np.isnan(y) | np.isnan(np.roll(y, 1)) | np.isnan(np.roll(y, -1))
        assert np.array_equal(y[~jumps], function(x[~jumps]))
        assert np.sum(~jumps) >= 99 or name == "log1mexp"  # which has no values below 0


@pytest.mark.parametrize("limits", [(-10, 10), (-1, 2.3), (-0.1, 0.3)])
def test_a_jump_is_no_ramp(limits):
    ax = plot("binary_step", range=limits, points=11)
    x, y = lines(ax, plotting.label(activations.get("binary_step"))).get_data()
    (x_left, y_left), (x_right, y_right) = strokes(x, y)
    assert set(y_left) == {0.0}
    assert set(y_right[np.isfinite(y_right)]) == {1.0}
    assert x_left[-1] == x_right[np.isfinite(y_right)][0] == 0.0
    dots = {(line.get_xdata()[0], line.get_ydata()[0]): line for line in ax.get_lines() if line.get_marker() == "o"}
    assert set(dots) == {(0.0, 0.0), (0.0, 1.0)}
    assert colors.same_color(dots[0.0, 1.0].get_markerfacecolor(), dots[0.0, 1.0].get_color())
    assert not colors.same_color(dots[0.0, 0.0].get_markerfacecolor(), dots[0.0, 0.0].get_color())


def stairs(x):
    """Jumps of 1 at 0.375 and of 2 at 2; at 2 it takes a value of its own."""
    return np.where(x > 0.375, 1.0, 0.0) + np.where(x > 2, 2.0, np.where(x == 2, 5.0, 0.0))


def test_jumps_are_found_where_they_are():
    curve = plotting.sample(stairs, -4, 4, 37)
    assert curve.jumps == pytest.approx(np.array([[0.375, 0, 0, 1], [2, 1, 6, 3]]), abs=1e-9)


def test_jumps_at_the_ends_of_the_range_are_jumps():
    """What is on their far side is not shown: 0 below 0.375 and 3 above 2."""
    curve = plotting.sample(stairs, 0.375, 2, 37)
    assert np.array_equal(curve.jumps, [[0.375, 0, 0, 1], [2, 1, 6, 6]])
    assert [set(y[np.isfinite(y)]) for _, y in strokes(curve.x, curve.y)] == [{0.0}, {1.0}, {6.0}]
    slope = plotting.curves(plotting.view(activations.clip), -1, 1, 11)[1]
    assert slope.jumps.size == 0  # both ends belong to what is steep


@pytest.mark.parametrize("limits", [(0, 1000), (-1000, 710), (0, 709.7)])
def test_overflow_is_drawn_without_a_warning(limits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (line, *_) = plot("exponential", range=limits, points=101).get_lines()
    assert np.array_equal(line.get_ydata(), activations.exponential(line.get_xdata()))


@pytest.mark.parametrize("function", [np.exp, np.sin, np.abs, np.cbrt, lambda x: np.tanh(3000 * x)])
def test_steep_or_bent_is_no_jump(function):
    assert plotting.sample(function, -3, 12, 101).jumps.size == 0


@pytest.mark.parametrize(
    ("name", "parameters", "kinks"),
    [("relu", {}, [0]), ("leaky_relu", {"negative_slope": 0.9}, [0]), ("elu", {"alpha": 2.0}, [0]),
     ("maxout", {}, [0]), ("maxout", {"pieces": 3}, [-2, 2])],
)  # fmt: skip
def test_kinks_are_sampled_exactly(name, parameters, kinks):
    shown = plotting.view(activations.get(name, **parameters))
    value, slope = plotting.curves(shown, -3, 3.7, 12)
    assert set(kinks) <= set(value.x)
    assert slope.jumps[:, 0].tolist() == kinks
    assert np.isfinite(value.y).all()


def test_derivative_goes_to_a_second_panel_or_dashed_into_given_axes():
    ax = plot("tanh", derivative=True)
    assert len(ax.figure.axes) == 2
    given = pyplot.figure().subplots()
    assert plot("tanh", derivative=True, ax=given) is given
    assert len(given.figure.axes) == 1
    dashed = lines(given, "tanh, derivative")
    assert dashed.is_dashed()
    assert not lines(given, "tanh").is_dashed()
    assert np.array_equal(dashed.get_ydata(), activations.tanh.derivative(dashed.get_xdata()))


def test_a_spike_leaves_the_picture():
    """l2_normalize's slope is 1e12 at 0: on such a scale the rest of it, and of the other curves, is a flat line."""
    ax = plot("l2_normalize", "tanh", derivative=True)
    values, slopes = ax.figure.axes
    assert values.get_ylim() == pytest.approx((-1.16, 1.16), abs=0.1)
    low, high = slopes.get_ylim()
    assert -0.5 <= low <= 0
    assert 1 <= high <= 2
    assert max(lines(slopes, "l2_normalize([x, 0])[0]").get_ydata()) > 1e11
    assert not [line for line in slopes.get_lines() if line.get_marker() == "o" and line.get_ydata()[0] > high]
    assert "12" not in curve_svg(activations.l2_normalize).rpartition("<text")[2]


@pytest.mark.parametrize(("name", "limits"), [("exponential", (0, 300)), ("relu", (-1000, 5)), ("cube", (-10, 10))])
def test_what_merely_grows_is_shown_whole(name, limits):
    ax = plot(name, range=limits, derivative=True)
    for panel in ax.figure.axes:
        assert panel.get_ylim()[1] > max(lines(panel, name).get_ydata())


def test_labels_show_parameters():
    names = ("leaky_relu", {"name": "leaky_relu", "negative_slope": 0.2}, "relu", "gelu")
    ax = plot(*names, {"name": "gelu", "approximate": "tanh"})
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == [
        "leaky_relu",
        "leaky_relu(negative_slope=0.2)",
        "relu",
        "gelu",
        "gelu(approximate=tanh)",
    ]


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize(
    "drawn",
    [
        ["relu", "elu"],
        ELEMENTWISE,
        [{"name": "leaky_relu", "negative_slope": k / 7} for k in range(1, 5)],
        [{"name": "xielu", "alpha_p": k / 7, "alpha_n": k / 3, "beta": k / 9, "eps": -k / 99} for k in range(1, 6)],
    ],
    ids=["two", "all", "long", "longer"],
)
def test_the_legend_is_whole_and_leaves_the_axes_their_height(drawn, derivative):
    figure = plot(*drawn, derivative=derivative, points=11).figure
    figure.canvas.draw()
    box = figure.legends[0].get_window_extent()
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= figure.bbox.width
    for ax in figure.axes:
        assert not ax.get_window_extent().overlaps(box)
        assert ax.get_window_extent().height > 300


def test_colours_differ_also_for_the_colour_blind():
    # Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
    deuteranopia = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
    protanopia = np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]])
    srgb = np.array([colors.to_rgb(colour) for colour in plotting.COLOURS])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    for seen in (np.eye(3), deuteranopia, protanopia):
        image = np.clip(linear @ seen.T, 0, 1) ** (1 / 2.4)
        apart = np.linalg.norm(image[:, None] - image, axis=-1) + 10 * np.eye(len(image))
        assert apart.min() > 0.15
        assert np.linalg.norm(1 - image, axis=-1).min() > 0.3, "too pale for white paper"


def test_more_curves_than_colours_are_told_apart_by_their_strokes():
    shown = [{"name": "elu", "alpha": 1 + number / 10} for number in range(10)]
    drawn = [line for line in plot(*shown).get_lines() if line.get_label().startswith("elu")]
    assert len({(line.get_color(), line.get_linestyle()) for line in drawn}) == 10


# Kinds without a graph over one number


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_is_drawn_over_a_pair(name):
    f = activations.get(name)
    ax = plot(f, range=(-4, 4), derivative=True)
    x, y = lines(ax, f"{name}([x, 0])[0]").get_data()
    assert np.array_equal(y, f(np.stack([x, 0 * x], axis=-1))[:, 0])
    x, slope = lines(ax.figure.axes[1], f"{name}([x, 0])[0]").get_data()
    assert slope == pytest.approx(np.gradient(y, x), abs=2e-3)


def test_maxout_is_drawn_as_the_largest_of_its_lines():
    ax = plot("maxout", {"name": "maxout", "pieces": 3}, range=(-5, 5))
    x, y = lines(ax, "maxout(\N{MINUS SIGN}x, x)").get_data()
    assert np.array_equal(y, np.abs(x))
    label = "maxout(\N{MINUS SIGN}x \N{MINUS SIGN} 2, 0, x \N{MINUS SIGN} 2)"
    x, y = lines(ax, label).get_data()
    assert y == pytest.approx(np.max([-x - 2, 0 * x, x - 2], axis=0))
    assert sum(len(line.get_xdata()) == 2 and line.get_xdata()[1] == 5 for line in ax.get_lines()) == 5


def test_gated_kinds_and_folds_to_one_value():
    gate = activations.Activation(
        "gate",
        lambda x, axis=-1: x[..., 0] * np.tanh(x[..., 1]),
        backward=lambda dy, x, axis=-1: (
            dy[..., None] * np.stack([np.tanh(x[..., 1]), x[..., 0] / np.cosh(x[..., 1]) ** 2], axis=-1)
        ),
        kind="gated",
    )
    shown = plotting.view(gate)
    x = np.linspace(-2, 2, 9)
    assert shown.label == "gate([x, x])"
    assert shown.value(x) == pytest.approx(x * np.tanh(x))
    assert shown.slope(x) == pytest.approx(np.tanh(x) + x / np.cosh(x) ** 2)


def test_without_a_derivative_the_curve_alone_is_drawn():
    bare = activations.Activation("bare", lambda x: x + 1)
    ax = plot(bare, derivative=True)
    assert np.array_equal(lines(ax, "bare").get_ydata(), lines(ax, "bare").get_xdata() + 1)
    assert "bare" not in [line.get_label() for line in ax.figure.axes[1].get_lines()]
    assert len(ElementTree.fromstring(curve_svg(bare)).findall(f"{SVG}path")) == 1


# What is refused


@pytest.mark.parametrize("limits", [(3, -3), (1, 1), (0, np.inf), (np.nan, 1), (1,), "ab", 5])
def test_ranges_that_are_none(limits):
    with pytest.raises(ValueError, match="range must be two"):
        plot("relu", range=limits)


def test_other_refusals():
    with pytest.raises(ValueError, match="at least one"):
        plot()
    with pytest.raises(ValueError, match="points"):
        plot("relu", points=1)
    with pytest.raises(ValueError, match=r"negative_slope.*\(3,\)"):
        plot(activations.get("leaky_relu", negative_slope=np.array([0.1, 0.2, 0.3])))
    for wrong in (["relu", "gelu"], (-3, 3)):
        with pytest.raises(TypeError, match=r"one after the other, plot\('relu', 'gelu'\), and the range by its name"):
            activations.relu.plot(wrong)
    with pytest.raises(activations.UnknownActivationError):
        plot("relux")


def run(code):
    """The output of `code` in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_missing_matplotlib_names_the_extra():
    code = (
        "import sys; sys.modules['matplotlib'] = None; import activations\n"
        "try: activations.relu.plot()\n"
        "except ImportError as error: print(error)"
    )
    assert 'pip install "numpy-activations[plot]"' in run(code)


def test_svg_does_without_matplotlib():
    code = "import sys, activations; print(activations.relu._repr_html_()); print('matplotlib' in sys.modules)"
    page, imported = run(code).strip().rsplit("\n", 1)
    assert "<svg" in page
    assert imported == "False"


# The inline SVG


@pytest.mark.parametrize("name", activations.names())
def test_svg_of_every_activation(name):
    svg = ElementTree.fromstring(curve_svg(activations.get(name)))
    width, height = float(svg.get("width")), float(svg.get("height"))
    paths = svg.findall(f"{SVG}path")
    assert len(paths) == 2
    for path in paths:
        points = [tuple(map(float, pair.split())) for pair in path.get("d").replace("M", "L").split("L")[1:]]
        assert len(points) >= (241 if name != "log1mexp" else 120)  # which has no values below 0
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
        assert points[-1][0] - points[0][0] > (0.8 if name != "log1mexp" else 0.4) * width
    assert len(curve_svg(activations.get(name))) < 12_000


def test_svg_follows_the_curve():
    svg = ElementTree.fromstring(curve_svg(activations.get("identity"), range=(-1, 1)))
    points = [tuple(map(float, p.split())) for p in svg.find(f"{SVG}path").get("d").replace("M", "L").split("L")[1:]]
    x, y = np.array(points).T
    assert np.corrcoef(x, -y)[0, 1] == pytest.approx(1, abs=1e-4)
    assert np.ptp(y) > 100


def test_svg_lifts_the_pen_at_a_jump():
    step, flat = ElementTree.fromstring(curve_svg(activations.get("binary_step"))).findall(f"{SVG}path")
    assert step.get("d").count("M") == 2
    assert flat.get("d").count("M") == 1


def test_svg_escapes_names():
    hostile = activations.Activation("<script>alert(1)</script>&", lambda x: x)
    svg = curve_svg(hostile)
    assert "<script" not in svg
    assert hostile.name in "".join(ElementTree.fromstring(svg).itertext())
