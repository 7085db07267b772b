"""The arithmetic of the map component, run in Chromium on an empty page."""

import json

import numpy as np
import pytest

from dashboard.components.scatter import ASSETS, PARTS

MISSING = 65535


@pytest.fixture(scope="module")
def blank(chromium):
    page = chromium.new_page()
    page.goto("about:blank")
    parts = [name for name in PARTS if name != "mount"]
    code = "\n".join((ASSETS / f"map_{name}.js").read_text("utf-8") for name in parts)
    page.add_script_tag(content=code)
    yield page
    page.close()


def call(page, code, **values):
    """Run an expression in which `v` holds the values; lists arrive as arrays."""
    body = f"(json) => {{ const v = JSON.parse(json); return ({code}); }}"
    return page.evaluate(body, json.dumps(values))


def even_odd(lines, x, y):
    """Whether (x, y) lies inside the closed lines x0, y0, x1, y1, …"""
    crossings = 0
    for x0, y0, x1, y1 in np.reshape(lines, (-1, 4)):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            crossings += 1
    return crossings % 2 == 1


def test_contours_hold_the_share_of_points_that_they_promise(blank):
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0.3, 0.05, (600, 2)), rng.normal(0.7, 0.03, (300, 2))])
    found = call(
        blank,
        "kContours(v.x, v.y, v.x.map((_, i) => i))",
        x=points[:, 0].tolist(),
        y=points[:, 1].tolist(),
    )
    assert [each["share"] for each in found] == [0.5, 0.9]
    for each in found:
        inside = np.mean([even_odd(each["lines"], *point) for point in points])
        assert inside == pytest.approx(each["share"], abs=0.03)


def test_the_density_is_the_sum_of_its_kernels(blank):
    rng = np.random.default_rng(1)
    points = rng.normal(0.5, 0.1, (400, 2))
    heights = call(
        blank,
        "(() => { const d = kDensity(v.x, v.y, v.x.map((_, i) => i)); "
        "return v.x.map((x, i) => kHeight(d, x, v.y[i])); })()",
        x=points[:, 0].tolist(),
        y=points[:, 1].tolist(),
    )
    sd = points.std(axis=0, ddof=1)
    bandwidth = 0.6 * 400 ** (-1 / 6)
    scaled = points / sd
    kernel = np.exp(-((scaled[:, None] - scaled[None]) ** 2).sum(axis=2) / (2 * bandwidth**2)).sum(
        axis=1
    )
    assert np.corrcoef(heights, kernel)[0, 1] > 0.999


def test_too_few_points_have_no_contours(blank):
    assert call(blank, "kContours([0.1, 0.2], [0.1, 0.2], [0, 1])") == []


def test_labels_never_overlap_and_the_largest_group_is_served_first(blank):
    rng = np.random.default_rng(2)
    labels = [
        {"text": f"group number {i}", "n": i, "x": x, "y": y}
        for i, (x, y) in enumerate(rng.uniform(0.2, 0.8, (60, 2)))
    ]
    placed = call(blank, "kPlaceLabels(v.labels, 400, (t) => t.length * 7)", labels=labels)
    boxes = [each["box"] for each in placed]
    assert 5 < len(boxes) < 60
    assert placed[0]["text"] == "group number 59"
    for i, a in enumerate(boxes):
        assert a[0] >= 0
        assert a[2] <= 400
        for b in boxes[:i]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


STATE = """(() => {
  const layer = (x) => ({ bases: {}, xy: v.clouds.map((c) => ({ x: c[0], y: c[1], z: c[2] })) });
  const decoded = { n: v.clouds[0][0].length, shown: v.shown || null, layers: [layer()],
    meta: { models: v.models.map((key) => ({ key })) } };
  const state = { decoded, axes: v.axes, zoom: v.zoom || { x: 0, y: 0, s: 1 },
    camera: v.camera || { yaw: 0, pitch: 0 } };
  return v.models.map((_, m) => { const p = kPlaces(state, 0, m);
    return [Array.from(p.x), Array.from(p.y), p.depth && Array.from(p.depth)]; });
})()"""


def places(page, clouds, axes, **more):
    """Positions of each model's points in shares of its panel, (models, n, 2 or 3)."""
    steps = [[np.asarray(axis, dtype=int).tolist() for axis in cloud.T] for cloud in clouds]
    models = more.pop("models", ["reference", "suspect"])
    found = call(page, STATE, clouds=steps, models=models, axes=axes, **more)
    return [
        np.array([axis for axis in panel if axis is not None], dtype=float).T for panel in found
    ]


@pytest.fixture(scope="module")
def clouds():
    """Two models in two corners, the second half as wide, in 16-bit steps."""
    rng = np.random.default_rng(3)
    shape = rng.uniform(-1, 1, (50, 2))
    return [8000 + 4000 * shape, 56000 + 2000 * shape]


def test_shared_axes_leave_places_alone(blank, clouds):
    for cloud, drawn in zip(clouds, places(blank, clouds, "shared"), strict=True):
        np.testing.assert_allclose(drawn, np.rint(cloud) / MISSING, atol=2e-5)


def test_centred_models_keep_their_relative_size_and_fill_the_panel(blank, clouds):
    reference, suspect = places(blank, clouds, "centred")
    assert np.ptp(reference, axis=0).max() == pytest.approx(1 / 1.16, rel=0.01)
    ratio = np.linalg.norm(np.diff(suspect, axis=0)) / np.linalg.norm(np.diff(reference, axis=0))
    assert ratio == pytest.approx(0.5, rel=0.01)
    for drawn in (reference, suspect):
        np.testing.assert_allclose((drawn.min(axis=0) + drawn.max(axis=0)) / 2, 0.5, atol=0.01)


def test_own_axes_make_both_models_equally_wide(blank, clouds):
    reference, suspect = places(blank, clouds, "own")
    assert np.ptp(reference, axis=0).max() == pytest.approx(np.ptp(suspect, axis=0).max(), rel=0.01)


def test_a_cleaned_model_keeps_its_way_from_the_suspect(blank, clouds):
    moved = clouds[1] + np.array([1500, -700])
    models = ["reference", "suspect", "unlearned"]
    _, suspect, cleaned = places(blank, [*clouds, moved], "centred", models=models)
    scale = np.ptp(suspect[:, 0]) / np.ptp(clouds[1][:, 0])
    np.testing.assert_allclose(
        cleaned - suspect, np.tile([1500 * scale, -700 * scale], (50, 1)), atol=0.002
    )
    assert ((cleaned > 0) & (cleaned < 1)).all(), "no model leaves its panel"


def test_a_turn_keeps_distances_in_space(blank):
    rng = np.random.default_rng(4)
    cloud = 30000 + 9000 * rng.uniform(-1, 1, (40, 3))
    spans = []
    for camera in ({"yaw": 0, "pitch": 0}, {"yaw": 1.1, "pitch": -0.7}):
        (drawn, _) = places(blank, [cloud, cloud], "own", camera=camera)
        side = np.ptp(cloud, axis=0).max() / MISSING * 1.16 * 1.45
        drawn[:, :2] *= side  # depth is in shares of the whole square
        assert ((drawn[:, :2] / side > 0) & (drawn[:, :2] / side < 1)).all()
        spans.append(np.linalg.norm(drawn[:, None] - drawn[None], axis=2))
    np.testing.assert_allclose(spans[0], spans[1], atol=1e-4)


def test_hidden_and_missing_points_have_no_place(blank, clouds):
    missing = [cloud.copy() for cloud in clouds]
    missing[0][3] = MISSING
    shown = [1] * 49 + [0]
    drawn = places(blank, missing, "shared", shown=shown)[0]
    assert np.isnan(drawn[3]).all()
    assert np.isnan(drawn[49]).all()
    assert np.isfinite(drawn).all(axis=1).sum() == 48


def test_halfway_between_two_layers_is_halfway_on_the_screen(blank):
    mixed = call(
        blank,
        "Array.from(kBlend({ x: new Float32Array([0, 1, NaN]), y: new Float32Array([0, 0, NaN]) },"
        "{ x: new Float32Array([1, 1, 0.5]), y: new Float32Array([0, 1, 0.5]) }, v.share).x)",
        share=0.25,
    )
    assert mixed[:2] == [0.25, 1]
    assert call(blank, "[kEase(0), kEase(0.5), kEase(1)]") == [0, 0.5, 1]


def test_the_filter_travels_as_bits(blank):
    from dashboard.components.scatter import packed

    mask = np.random.default_rng(5).random(37) < 0.4
    assert call(blank, "Array.from(kMask(v.text, 37))", text=packed(mask)) == mask.tolist()
    assert call(blank, "kMask('', 5)") is None
