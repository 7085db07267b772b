"""axe-core finds nothing serious on any screen, and each screen leaves its pictures to look at."""

import pytest

from dashboard.pages import PAGES

GRAVE = ("critical", "serious")
# The dark theme shares every rule but colour: the screens with most colours stand for all.
COLOURFUL = ("Overview", "Embeddings", "Anomalies", "Triggers", "Unlearn", "Train")
HEIGHT = 1000
# What a pass looks at: scheme, language and the widths of its pictures.
# What Streamlit and plotly.js say by themselves, where a reader of Japanese would see it.
ENGLISH = """() => {
  const seen = [...document.querySelectorAll("input, small, span, a[data-title]")]
    .filter((e) => e.checkVisibility() && !e.value)
    .map((e) => e.placeholder || e.dataset.title || e.textContent);
  return seen.filter((t) => /per file|Choose an option|Press Enter|Download plot|Reset/.test(t));
}"""
PASSES = {"light": ("en", (1280, 1920, 768)), "dark": ("ja", (1280, 768))}


def settled(tab):
    tab.locator('[data-testid="stStatusWidget"]').wait_for(state="detached")
    tab.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
    tab.wait_for_timeout(500)  # charts fade in


def grave(results):
    """The rules that are broken in earnest, each with the first place."""
    broken = (rule for rule in results.response["violations"] if rule["impact"] in GRAVE)
    return [f"{rule['id']} at {rule['nodes'][0]['html'][:160]}" for rule in broken]


@pytest.mark.parametrize("scheme", PASSES)
def test_no_screen_has_a_serious_barrier(chromium, stored, pictures, scheme):
    sync = pytest.importorskip("axe_playwright_python.sync_playwright")
    server, run, _ = stored
    language, widths = PASSES[scheme]
    context = chromium.new_context(
        viewport={"width": widths[0], "height": HEIGHT},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(90_000)
    tab = context.new_page()
    barriers, wide, english = [], [], []
    try:
        for screen in PAGES:
            tab.goto(f"{server.url}/{screen.address}?run={run}&lang={language}")
            tab.locator('[data-testid="stSidebar"] a').first.wait_for(state="attached")
            settled(tab)
            if scheme == "light" or screen.title in COLOURFUL:
                barriers += [f"{screen.title}: {found}" for found in grave(sync.Axe().run(tab))]
            if language == "ja":
                english += [f"{screen.title}: {text}" for text in tab.evaluate(ENGLISH)]
            for width in widths:
                tab.set_viewport_size({"width": width, "height": HEIGHT})
                tab.wait_for_timeout(300)  # charts follow the width
                name = f"{screen.address}-{scheme}-{language}-{width}.png"
                tab.screenshot(path=pictures / name)
                if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wide.append(name)
            tab.set_viewport_size({"width": widths[0], "height": HEIGHT})
    finally:
        context.close()
    assert not barriers, "\n".join(barriers)
    assert not wide, "these screens scroll sideways"
    assert not english, "\n".join(english)
