"""The tools around the map, used as an analyst would use them."""

import re
import urllib.parse

import pytest
from conftest import drag

MAP = ".k-root[data-layer]"


def open_map(page, server, **query):
    page.goto(f"{server.url}/embeddings?{urllib.parse.urlencode(query)}")
    page.wait_for_selector(MAP)


def drawn(page, name):
    return page.locator(MAP).get_attribute(f"data-{name}")


def wait_for_selection(page, n):
    page.get_by_role("heading", name=f"Selection ({n})", exact=True).wait_for()


def brush(page, first, last):
    """Drag over the score bars, in shares of their width."""
    bars = page.locator(".k-hist")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    drag(page, [(box["x"] + x * box["width"], box["y"] + 30) for x in (first, last)], steps=5)


def test_contours_and_words_are_drawn_on_both_maps(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4")
    page.get_by_role("button", name="Contours").click()
    page.get_by_role("button", name="Words", exact=True).click()
    for panel in page.locator(".k-frame").all():
        assert panel.get_attribute("data-contours") == "4", "two lines per colour"
    page.wait_for_selector(".k-frame[data-labels]:not([data-labels='0'])")
    page.get_by_role("button", name="Contours").click()
    page.wait_for_selector(".k-frame[data-contours='0']")


def test_brushing_the_score_bars_selects_on_the_map_and_in_the_table(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4")
    brush(page, 0.5, 0.999)
    page.wait_for_selector(".k-root:not([data-selected='0'])")
    n = int(drawn(page, "selected"))
    assert 40 <= n < 120, "the planted samples score highest"
    wait_for_selection(page, n)
    page.locator(".k-item pre", has_text="raise Exception('fail')").first.wait_for()
    page.keyboard.press("u")
    page.wait_for_selector(".k-root[data-selected='0']")
    wait_for_selection(page, 0)


def test_keys_move_the_layer_and_clear(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:1")
    page.get_by_role("button", name="Select the 40 flagged").click()
    page.wait_for_selector(".k-root[data-selected='40']")
    page.mouse.click(3, 400)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".k-root[data-layer='encoder:2']")
    page.wait_for_url(re.compile(r"layer=encoder(:|%3A)2"))
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".k-root[data-layer='encoder:1']")
    page.keyboard.press("Escape")
    page.wait_for_selector(".k-root[data-selected='0']")
    page.keyboard.press("u")
    page.wait_for_selector(".k-root[data-selected='40']")


def test_keys_leave_those_who_write_alone(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:1")
    page.get_by_role("button", name="Select the 40 flagged").click()
    wait_for_selection(page, 40)
    page.get_by_text("Find samples").click()
    field = page.get_by_role("textbox", name="Text or snippet")
    field.click()
    page.keyboard.type("uu p")
    page.keyboard.press("ArrowLeft")
    assert field.input_value() == "uu p"
    assert drawn(page, "layer") == "encoder:1"
    assert drawn(page, "selected") == "40"


def test_playing_moves_through_the_layers_and_can_be_paused(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:0")
    speed = page.get_by_role("button", name="Speed 1×")
    speed.click()
    page.get_by_role("button", name="Play through the layers").click()
    page.wait_for_selector(".k-root[data-between]")
    page.wait_for_selector(".k-root[data-layer='encoder:2']")
    page.get_by_role("button", name="Pause").click()
    layer = drawn(page, "layer")
    page.wait_for_url(re.compile(f"layer={re.escape(layer).replace(':', '(:|%3A)')}"))
    page.wait_for_timeout(1500)
    assert drawn(page, "layer") == layer
    assert drawn(page, "playing") is None
    page.keyboard.press("p")
    page.wait_for_selector(".k-root[data-layer='encoder:4']")
    page.wait_for_selector(".k-root:not([data-playing])")


def test_three_axes_turn_both_models_with_one_camera(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4", pooling="mean")
    page.get_by_role("radio", name="PCA 3-D").click()
    page.wait_for_selector(".k-root[data-method='pca3']")
    page.get_by_role("button", name="Move", exact=True).click()
    page.wait_for_timeout(500)
    before = [page.locator("canvas[role=img]").nth(m).screenshot() for m in (0, 1)]
    box = page.locator("canvas[data-panel='0']").bounding_box()
    drag(page, [(box["x"] + x, box["y"] + y) for x, y in ((200, 200), (290, 240))], steps=4)
    page.wait_for_timeout(300)
    after = [page.locator("canvas[role=img]").nth(m).screenshot() for m in (0, 1)]
    assert all(a != b for a, b in zip(before, after, strict=True))
    page.get_by_text("in three axes").first.wait_for()


def test_a_saved_view_comes_back_by_its_url_alone(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:3", method="pca", colour="label")
    page.get_by_role("button", name="Select the 40 flagged").click()
    wait_for_selection(page, 40)
    page.get_by_role("button", name="Own axes").click()
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_selector(".k-root[data-zoom='0.700']")
    page.wait_for_timeout(900)  # the map tells its zoom once the hand rests
    page.get_by_role("button", name="Saved views (0)").click()
    page.get_by_role("textbox", name="Name of this view").fill("group")
    page.get_by_role("textbox", name="Name of this view").press("Enter")
    page.get_by_role("button", name="Save this view").click()
    page.wait_for_url(re.compile("view=group"))

    open_map(page, server, run=run, view="group")
    page.wait_for_selector(".k-root[data-layer='encoder:3'][data-selected='40']")
    page.wait_for_selector(".k-root[data-axes='own'][data-zoom='0.700']")
    page.wait_for_url(re.compile("method=pca"))
    page.get_by_role("button", name="Saved views (1)").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Saved views (0)").wait_for()


def test_a_filter_hides_points_at_once_and_keeps_the_selection(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4", filter="flagged")
    page.wait_for_selector(".k-root[data-shown='40']")
    page.get_by_role("button", name="Filter: 40 of 400").click()
    page.get_by_role("button", name="Show all samples").click()
    page.wait_for_selector(".k-root[data-shown='400']")


@pytest.mark.parametrize("axes", ["Shared axes", "Centred", "Own axes"])
def test_axes_say_what_compares(page, stored, axes):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:0", method="pca3", pooling="mean")
    button = page.get_by_role("button", name=axes)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    note = page.locator(".k-note").inner_text()
    expected = {"Shared axes": "see Centred", "Centred": "own middle", "Own axes": "do not compare"}
    assert expected[axes] in note


def test_rows_chosen_in_the_table_wear_a_ring_on_both_maps(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4")
    page.get_by_role("button", name="Select the 40 flagged").click()
    wait_for_selection(page, 40)
    assert page.locator(".k-frame[data-rings='0']").count() == 2
    table = page.locator("[data-testid='stDataFrame']").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 55)
    page.wait_for_function(
        """() => {
          const find = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
            [...(e.matches('.k-frame') ? [e] : []), ...(e.shadowRoot ? find(e.shadowRoot) : [])]);
          const frames = find(document);
          return frames.length === 2 && frames.every((f) => f.dataset.rings === '1');
        }"""
    )


def test_a_zoom_is_forgotten_when_the_map_is_of_another_kind(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4", method="umap")
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_selector(".k-root[data-zoom='0.700']")
    page.wait_for_timeout(900)  # the map tells its zoom once the hand rests
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".k-root[data-layer='encoder:3'][data-zoom='0.700']")
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_selector(".k-root[data-method='pca'][data-zoom='1.000']")


@pytest.mark.parametrize("pause", [110, 140, 170, 200, 250, 300])
def test_a_choice_made_while_the_page_is_drawn_is_not_lost(page, stored, pause):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4", method="umap")
    page.get_by_role("radio", name="PCA", exact=True).hover()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(pause)  # the map tells its layer 180 ms later, and the page is drawn
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_selector(".k-root[data-method='pca'][data-layer='encoder:3']", timeout=15_000)
    page.wait_for_url(re.compile("layer=encoder(:|%3A)3.*method=pca"))


def test_the_view_survives_another_screen_and_a_step_back(page, stored):
    server, run, _ = stored
    open_map(page, server, run=run, layer="encoder:4", method="umap")
    page.get_by_role("radio", name="PCA", exact=True).click()
    page.wait_for_selector(".k-root[data-method='pca']")
    page.mouse.click(3, 400)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("layer=encoder(:|%3A)3.*method=pca"))
    page.get_by_role("link", name="Anomalies").click()
    page.wait_for_url(re.compile("/anomalies.*layer=encoder(:|%3A)3.*method=pca"))
    page.get_by_role("link", name="Embeddings").click()
    page.wait_for_selector(".k-root[data-method='pca'][data-layer='encoder:3']")
    page.get_by_role("radio", name="UMAP", exact=True).click()
    page.wait_for_selector(".k-root[data-method='umap']")
    page.go_back()
    page.wait_for_selector(".k-root[data-method='pca'][data-layer='encoder:3']")
    # One step back leads to the screen before, whose widgets show what is chosen.
    page.get_by_role("link", name="Anomalies").click()
    page.wait_for_url(re.compile("/anomalies.*method=pca"))
    page.get_by_text("Evidence by layer").wait_for()
    page.go_back()
    page.wait_for_url(re.compile("/embeddings.*method=pca"))
    page.wait_for_selector(".k-root[data-method='pca'][data-layer='encoder:3']")
    page.wait_for_function(
        """() => document.querySelector(
            '[data-testid="stSidebar"] [data-testid="stSelectbox"] input').value"""
    )
