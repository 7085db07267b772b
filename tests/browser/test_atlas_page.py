"""Embedding Atlas as installed, in a real browser: nothing from outside, and what it hands back."""

import io
import math
import re
import time

import numpy as np
import pytest
import software_gpu
from conftest import CHROMIUM, drag
from PIL import Image

from analysis.runs.atlas_folder import installed_atlas

pytestmark = pytest.mark.skipif(
    installed_atlas() is None, reason="the extra `atlas` is not installed"
)
ATLAS = "iframe[title*='kenshin_atlas']"


def test_it_opens_without_a_network_and_its_selection_arrives(page, stored):
    server, run, _ = stored
    outside, images = [], []
    own = (server.url, server.url.replace("http", "ws"), "blob:", "data:")
    page.on("request", lambda r: None if r.url.startswith(own) else outside.append(r.url))
    page.goto(f"{server.url}/embeddings?run={run}&viewer=atlas&model=suspect")
    atlas = page.frame_locator(ATLAS)
    atlas.get_by_text("SQL Predicates").wait_for()
    atlas.get_by_text("true", exact=True).first.click()
    page.get_by_role("heading", name="Selection (40)", exact=True).wait_for()
    frame = next(f for f in page.frames if "kenshin_atlas" in f.url)
    images += frame.evaluate("[...document.images].map(i => i.src)")
    assert [i for i in images if not i.startswith("data:")] == []
    refused = frame.evaluate("fetch('https://example.org/').then(() => 'open', () => 'closed')")
    assert refused == "closed"
    assert outside == []


@pytest.fixture
def drawing(chromium, stored):
    """A page of a Chromium with WebGPU, drawn by software."""
    launched = chromium.browser_type.launch(executable_path=CHROMIUM, args=software_gpu.FLAGS)
    context = launched.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(90_000)
    context.add_init_script(software_gpu.WIDE_FLOATS)
    tab = context.new_page()
    tab.goto(f"{stored[0].url}/_stcore/health")
    if not tab.evaluate(software_gpu.HAS_DEVICE):
        launched.close()
        pytest.skip("this Chromium has no WebGPU, not even by software")
    yield tab
    launched.close()


def circle(page, box, across, down, radius):
    """Draw round a place of the map with the mouse; places are shares of its size."""
    x, y = box["x"] + box["width"] * across, box["y"] + box["height"] * down
    corners = [
        (x + radius * math.cos(math.tau * i / 16), y + radius * math.sin(math.tau * i / 16))
        for i in range(17)
    ]
    drag(page, corners, steps=2)


def wait_for_colours(canvas):
    """Until flagged samples (orange) and others (blue) are drawn: a canvas has no text."""
    for _ in range(20):
        picture = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")
        red, _, blue = np.moveaxis(np.asarray(picture, dtype=np.int16), 2, 0)
        flagged, others = int((red - blue > 60).sum()), int((blue - red > 60).sum())
        if flagged > 100 and others > flagged:
            return
        time.sleep(0.25)
    raise AssertionError(f"{flagged} orange and {others} blue points of the picture")


def test_its_map_is_drawn_and_a_lasso_on_it_becomes_the_selection(drawing, stored, pictures):
    server, run, _ = stored
    drawing.goto(f"{server.url}/embeddings?run={run}&viewer=atlas&model=suspect")
    atlas = drawing.frame_locator(ATLAS)
    lasso = atlas.get_by_title(re.compile("^Toggle lasso"))
    lasso.wait_for()
    canvas = atlas.locator("canvas").first
    canvas.wait_for()
    wait_for_colours(canvas)
    lasso.click()
    circle(drawing, canvas.bounding_box(), 0.3, 0.55, 90)
    heading = drawing.get_by_role("heading", name=re.compile(r"^Selection \([1-9]\d*\)$"))
    heading.wait_for()
    drawing.screenshot(path=pictures / "atlas-light-en-1400.png")
    n = int(re.search(r"\d+", heading.inner_text()).group())
    assert 40 < n < 360
    said = atlas.get_by_text("/ 400 points").first.locator("..").inner_text()
    assert said.split() == [str(n), "/", "400", "points"]
    atlas.get_by_title("Clear filters").click()
    drawing.get_by_role("heading", name="Selection (0)", exact=True).wait_for()
