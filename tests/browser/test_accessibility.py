"""axe-core finds nothing serious on any screen, light or dark."""

import pytest

from dashboard.pages import PAGES

GRAVE = ("critical", "serious")
# The dark theme shares every rule but colour: the screens with most colours stand for all.
DARK = ("Overview", "Embeddings", "Anomalies", "Triggers", "Unlearn", "Train")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_serious_barrier(chromium, stored, scheme):
    sync = pytest.importorskip("axe_playwright_python.sync_playwright")
    server, found, _ = stored
    context = chromium.new_context(
        viewport={"width": 1400, "height": 1000}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(90_000)
    barriers = []
    try:
        for screen in (page for page in PAGES if scheme == "light" or page.title in DARK):
            tab = context.new_page()
            tab.goto(f"{server.url}/{screen.address}?run={found}")
            tab.locator('[data-testid="stSidebar"] a').first.wait_for()
            tab.locator('[data-testid="stStatusWidget"]').wait_for(state="detached")
            tab.wait_for_timeout(500)  # charts fade in
            for rule in sync.Axe().run(tab).response["violations"]:
                if rule["impact"] in GRAVE:
                    where = rule["nodes"][0]["html"][:160]
                    barriers.append(f"{screen.title}: {rule['id']} at {where}")
            tab.close()
    finally:
        context.close()
    assert not barriers, "\n".join(barriers)
