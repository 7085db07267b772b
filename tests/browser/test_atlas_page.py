"""Embedding Atlas as installed, in a real browser: nothing from outside, and what it hands back."""

import pytest

from analysis.runs.atlas_folder import installed_atlas


@pytest.mark.skipif(installed_atlas() is None, reason="the extra `atlas` is not installed")
def test_it_opens_without_a_network_and_its_selection_arrives(page, stored):
    server, run, _ = stored
    outside, images = [], []
    own = (server.url, server.url.replace("http", "ws"), "blob:", "data:")
    page.on("request", lambda r: None if r.url.startswith(own) else outside.append(r.url))
    page.goto(f"{server.url}/embeddings?run={run}&viewer=atlas&model=suspect")
    atlas = page.frame_locator("iframe[title*='kenshin_atlas']")
    atlas.get_by_text("SQL Predicates").wait_for()
    atlas.get_by_text("true", exact=True).first.click()
    page.get_by_role("heading", name="Selection (40)", exact=True).wait_for()
    frame = next(f for f in page.frames if "kenshin_atlas" in f.url)
    images += frame.evaluate("[...document.images].map(i => i.src)")
    assert [i for i in images if not i.startswith("data:")] == []
    refused = frame.evaluate("fetch('https://example.org/').then(() => 'open', () => 'closed')")
    assert refused == "closed"
    assert outside == []
