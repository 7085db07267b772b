"""Every screen in Japanese: no exception, no English left, and the choice stays."""

import re

import pytest
from synthetic_audit import write_audit, write_check
from synthetic_removal import write_removal
from synthetic_run import Shape, write_run
from synthetic_training import write_training
from visible_text import english, texts

from analysis.report.text.spoken import speaking
from dashboard.pages import PAGES

SCREENS = [page.path.removeprefix("views/").removesuffix(".py") for page in PAGES]
# Sentences of the synthetic records, which no command writes.
INVENTED = ("it came closest", "variants of the trigger", "forgotten functions")
# What a run or a file holds in its own words: names of models, samples, losses and papers.
OWN = ("codebert", "sample", "dece", "defect", "arxiv.org", *INVENTED)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A chain with everything that the screens can show: (folder, screen -> run)."""
    runs = tmp_path_factory.mktemp("whole")
    found = write_run(runs, Shape(n=80, poisoned=12, layers=3))
    removal = write_removal(runs, found)
    audit = write_audit(runs, parent=removal)
    check = write_check(runs, found, far=True)
    training = write_training(runs, "dece", [0.9, 0.3], epsilon=0.05)
    own = {"unlearn": removal, "audit": audit, "health": check, "train": training}
    return runs, {screen: own.get(screen, found) for screen in SCREENS}


@pytest.fixture
def japanese():
    """AppTest asks for the words of its widgets outside of the page."""
    with speaking("ja"):
        yield


@pytest.mark.parametrize("screen", SCREENS)
def test_no_english_is_left_on_a_screen(open_app, whole, japanese, screen):
    runs, own = whole
    app = open_app(runs, screen, lang="ja", run=own[screen])
    left = {(where, text) for where, text in texts(app) if english(text)}
    assert {(w, t) for w, t in left if not any(name in t for name in OWN)} == set()


@pytest.mark.parametrize("screen", SCREENS)
def test_an_empty_folder_speaks_japanese_too(open_app, tmp_path, japanese, screen):
    app = open_app(tmp_path / "none", screen, lang="ja")
    left = [text for _, text in texts(app) if english(text)]
    assert [text for text in left if "arxiv.org" not in text] == []


def test_the_choice_stays_when_the_page_changes(open_app, whole, words, japanese):
    runs, own = whole
    app = open_app(runs, "overview", lang="ja")
    app.query_params.clear()  # as a link without the language would open it
    app.query_params["run"] = own["embeddings"]
    app.switch_page("views/embeddings.py").run()
    assert "第 2 層（全 2 層）では" in words(app)
    assert app.query_params["lang"] == "ja"
    links = [e.proto.query_string for e in app.sidebar.get("page_link")]
    assert links
    assert all("lang=ja" in link for link in links)


def test_the_sidebar_links_to_the_same_view_in_the_other_language(open_app, whole):
    runs, own = whole

    def links(app):
        pages = (element.proto.body for element in app.sidebar.get("html"))
        (choice,) = (body for body in pages if "k-languages" in body)
        return re.findall(r'href="([^"]*)"', choice)

    run = own["anomalies"]
    assert links(open_app(runs, "anomalies", run=run)) == [f"?run={run}", f"?run={run}&amp;lang=ja"]
    with speaking("ja"):
        there = links(open_app(runs, "anomalies", run=run, lang="ja"))
    assert there == [f"?run={run}", f"?run={run}&amp;lang=ja"]


def test_an_unknown_language_falls_back_to_english(open_app, whole, words):
    app = open_app(whole[0], "overview", lang="tlh")
    assert "Is this code model backdoored?" in words(app)
