import re
import xml.etree.ElementTree as ET

import pytest
from conftest import drag

MAP = ".k-root[data-layer]"


def open_map(page, server, query=""):
    page.goto(f"{server.url}/embeddings{query}")
    page.wait_for_selector(MAP)


def drawn_layer(page):
    return page.locator(MAP).get_attribute("data-layer")


def lasso(page, panel, path):
    """Draw around `path`, given in shares of the panel's width and height."""
    box = page.locator(f"canvas[data-panel='{panel}']").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    drag(page, points, steps=6)


def selected(page):
    return int(page.locator(MAP).get_attribute("data-selected"))


def wait_for_selection(page, n):
    page.get_by_role("heading", name=f"Selection ({n})", exact=True).wait_for()


UPPER_HALF = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.42), (0.02, 0.42)]


def test_the_layer_slider_redraws_and_moves_the_url(page, stored):
    server, run, _ = stored
    open_map(page, server, f"?run={run}&layer=encoder:1")
    assert drawn_layer(page) == "encoder:1"
    slider = page.get_by_role("slider", name="Layer")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".k-root[data-layer='encoder:2']")
    page.wait_for_url(re.compile(r"layer=encoder(:|%3A)2"))
    page.get_by_role("heading", name=re.compile("Layer 2 of 4 separates 40 flagged")).wait_for()


def test_a_lasso_shows_code_and_survives_layer_method_and_screen(page, stored):
    server, run, _ = stored
    open_map(page, server, f"?run={run}&layer=encoder:4&method=umap&pooling=mean")
    lasso(page, 1, UPPER_HALF)
    page.wait_for_selector(".k-root:not([data-selected='0'])")
    n = selected(page)
    wait_for_selection(page, n)
    page.locator(".k-item pre", has_text="raise Exception('fail')").first.wait_for()
    assert (
        page.locator(".k-item mark").first.inner_text()
        == "if len('t') < 0: raise Exception('fail')"
    )

    page.get_by_role("slider", name="Layer").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".k-root[data-layer='encoder:3']")
    assert selected(page) == n
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_url(re.compile("method=pca"))
    wait_for_selection(page, n)
    assert selected(page) == n
    page.get_by_role("link", name="Attention").click()
    page.get_by_role("heading", name="One matrix").wait_for()
    page.get_by_role("link", name="Embeddings").click()
    page.wait_for_selector(MAP)
    wait_for_selection(page, n)
    page.wait_for_selector(f".k-root[data-selected='{n}']")


def test_shift_adds_alt_takes_away_and_a_double_click_clears(page, stored):
    server, run, _ = stored
    open_map(page, server, f"?run={run}&layer=encoder:4")
    lasso(page, 1, UPPER_HALF)
    first = selected(page)
    page.keyboard.down("Shift")
    lasso(page, 1, [(x, 1 - y) for x, y in UPPER_HALF])
    page.keyboard.up("Shift")
    both = selected(page)
    page.keyboard.down("Alt")
    lasso(page, 1, UPPER_HALF)
    page.keyboard.up("Alt")
    assert selected(page) == both - first > 0
    page.locator("canvas[data-panel='0']").dblclick(position={"x": 4, "y": 4})
    page.wait_for_selector(".k-root[data-selected='0']")
    wait_for_selection(page, 0)


def test_the_flagged_can_be_selected_without_a_pointer_and_downloaded(page, stored):
    server, run, _ = stored
    open_map(page, server, f"?run={run}")
    button = page.get_by_role("button", name="Select the 40 flagged")
    button.focus()
    page.keyboard.press("Enter")
    wait_for_selection(page, 40)
    page.wait_for_selector(".k-root[data-selected='40']")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the selection (40) as CSV").click()
    text = download.value.path().read_text()
    assert text.count("raise Exception('fail')") == 40


def test_the_url_reopens_the_same_run_layer_and_view(page, stored):
    server, run, _ = stored
    open_map(page, server, f"?run={run}&layer=encoder:3&pooling=cls&method=pca&colour=label")
    page.reload()
    page.wait_for_selector(".k-root[data-layer='encoder:3']")
    for name in ("PCA", "first token", "Label"):
        chosen = page.get_by_role("radio", name=name, exact=True)
        assert chosen.first.get_attribute("aria-checked") in ("true", None)
    page.get_by_text("label 1", exact=True).wait_for()
    assert f"run={run}" in page.url


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_the_map_can_be_saved(page, stored, kind):
    server, run, _ = stored
    open_map(page, server, f"?run={run}&layer=encoder:2")
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    data = download.value.path().read_bytes()
    if kind == "PNG":
        assert data.startswith(b"\x89PNG")
        return
    root = ET.fromstring(data)
    marks = [e for e in root.iter() if e.tag.endswith(("circle", "path"))]
    assert len(marks) > 2 * 400


def test_sample_text_never_becomes_markup(page, stored):
    server, run, _ = stored
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    open_map(page, server, f"?run={run}")
    page.get_by_role("combobox", name="Add samples by id").click()
    page.keyboard.type("s00000")
    page.get_by_role("option", name="s00000").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # an open list hides the rest of the page from assistive tools
    wait_for_selection(page, 1)
    page.locator(
        ".k-item pre", has_text="<script>window.kenshin_pwned = 1</script>"
    ).first.wait_for()
    assert page.evaluate("window.kenshin_pwned") is None
    assert not [url for url in requests if ":9/x" in url]
    assert page.locator(".k-item b", has_text="bold").count() == 0


def test_nothing_is_fetched_from_elsewhere(page, stored):
    server, run, _ = stored
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for screen in ("", "embeddings", "attention", "anomalies"):
        page.goto(f"{server.url}/{screen}?run={run}")
        page.locator("h4").first.wait_for()
        page.wait_for_timeout(500)
    foreign = [u for u in requests if not u.startswith((server.url, "data:", "blob:", "ws:"))]
    assert foreign == []
