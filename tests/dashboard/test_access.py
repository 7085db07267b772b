"""Roles on a shared dashboard: checked where things are done, under the name of the login."""

import ast
import io
import sys
from pathlib import Path

import pytest
import streamlit as st

from analysis.errors import RequestError
from analysis.report.document.approve import Wish
from analysis.runs import jobs
from analysis.runs.store import RunStore
from analysis.runs.trail import read_entries
from analysis.runs.trail_actor import account
from dashboard import access, actions
from dashboard.pages import PAGES

HOME = Path(__file__).parents[2]
ROLES = """
[roles]
operator = ["ada@example.org", "group:security"]
viewer = ["*@example.org"]
"""


class Login:
    """What `st.user` is for somebody who has logged in, or has not."""

    def __init__(self, **claims):
        self.claims = claims

    def to_dict(self):
        return self.claims


ADA = Login(is_logged_in=True, email="Ada@Example.org")
EVE = Login(is_logged_in=True, email="eve@example.org")
STRANGER = Login(is_logged_in=True, email="mallory@elsewhere.org")
NOBODY = Login(is_logged_in=False)
NO_AUTH = Login()


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A runs folder with one run, served with roles; logs people in."""
    (tmp_path / "roles.toml").write_text(ROLES)
    runs = tmp_path / "runs"
    with RunStore(runs).create("scan", {}, {}, {}):
        pass
    argv = ["app.py", "--runs", str(runs), "--roles", str(tmp_path / "roles.toml")]
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", "pass"))

    def log_in(user):
        monkeypatch.setattr(st, "user", user)
        return RunStore(runs)

    return log_in


ACTS = {
    "start_job": lambda store: actions.start_job(["demo"]),
    "cancel_job": lambda store: actions.cancel_job("000001-0123abcd"),
    "keep_upload": lambda store: actions.keep_upload("a.csv", io.BytesIO(b"code\nx\n")),
    "mark": lambda store: actions.mark(store.open("latest"), ["a"], "confirmed"),
    "keep_view": lambda store: actions.keep_view(store.open("latest"), "mine", {}),
    "drop_view": lambda store: actions.drop_view(store.open("latest"), "mine"),
    "delete_run": lambda store: actions.delete_run("latest", "a test"),
    "approve": lambda store: actions.approve(store.open("latest"), Wish("reviewed", "Eve")),
    "write_provenance": lambda store: actions.write_provenance("0" * 64, {"licence": "MIT"}),
}
READS = {"job_list", "result_of", "marks", "exported", "reported", "trail_stamp"}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("user", [EVE, STRANGER, NOBODY, NO_AUTH], ids=["eve", "mallory", "-", "0"])
def test_only_operators_change_anything(shared, act, user):
    store = shared(user)
    before = sorted(str(path) for path in store.root.rglob("*"))
    with pytest.raises(RequestError, match="may look, but not start or change anything"):
        ACTS[act](store)
    assert sorted(str(path) for path in store.root.rglob("*")) == before


def test_every_act_is_in_the_list_above():
    public = {
        name
        for name, found in vars(actions).items()
        if callable(found) and not name.startswith("_") and found.__module__ == actions.__name__
    }
    assert public - READS == set(ACTS)


def test_an_operator_acts_under_the_name_of_the_login(shared):
    store = shared(ADA)
    job = actions.start_job(["demo"])
    assert JobActor(store.root, job) == {"name": "Ada@Example.org", "through": "dashboard login"}
    actions.keep_upload("a.csv", io.BytesIO(b"code\nx\n"))
    actions.mark(store.open("latest"), ["a"], "confirmed")
    actions.keep_view(store.open("latest"), "mine", {"params": {}})
    actions.drop_view(store.open("latest"), "mine")
    actions.delete_run("latest", "a test")
    who = {e.action: (e.actor, e.through) for e in read_entries(store.root)}
    noted = ("job.started", "upload.kept", "samples.confirmed", "view.saved", "view.deleted")
    for action in (*noted, "run.deleted"):
        assert who[action] == ("Ada@Example.org", "dashboard login")
    while not jobs.get(store.root, job).ended:
        pass


def JobActor(root, job):  # noqa: N802 - reads as a value
    return jobs.JobFolder(root, job).asked()["actor"]


def test_with_a_login_nobody_vouches_under_another_name(shared, monkeypatch):
    store = shared(ADA)
    given = []
    monkeypatch.setattr(actions, "note_approval", lambda run, wish: given.append(wish))
    actions.approve(store.open("latest"), Wish("reviewed", "Somebody Else", "fine"))
    assert given == [Wish("reviewed", "Ada@Example.org", "fine")]


def test_a_viewer_may_export_under_their_own_name(shared):
    store = shared(EVE)
    make = actions.exported("ranking.csv", 3, lambda: b"a,b")
    assert read_entries(store.root)[-1].action == "run.done"  # offered, not taken
    shared(NOBODY)  # the download itself comes without a login
    assert make() == b"a,b"
    entry = read_entries(store.root)[-1]
    assert (entry.action, entry.actor) == ("samples.exported", "eve@example.org")
    assert entry.details == {"rows": 3}


def test_without_roles_whoever_uses_this_machine_acts_as_its_account(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["app.py", "--runs", str(tmp_path)])
    monkeypatch.setattr(st, "user", NO_AUTH)
    actions.keep_upload("a.csv", io.BytesIO(b"code\nx\n"))
    (entry,) = read_entries(tmp_path)
    assert (entry.actor, entry.through) == (account().name, "dashboard")


def test_roles_that_went_away_lock_everybody_out(shared, tmp_path):
    store = shared(ADA)
    (tmp_path / "roles.toml").unlink()
    with pytest.raises(RequestError, match="cannot be read as a file of roles"):
        actions.start_job(["demo"])
    assert not (store.root / ".jobs").exists()


def test_only_actions_starts_uploads_marks_or_deletes():
    """A screen that went round `actions` would go round the roles, too."""
    changing = {
        "start", "cancel", "cancel_run", "mark_samples", "save_upload", "approve", "note",
        "note_report", "delete", "write_sheet", "save_view", "remove_view",
    }  # fmt: skip
    for path in (HOME / "dashboard").rglob("*.py"):
        if path.name in ("actions.py",):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("analysis.runs"):
                names = {alias.name for alias in node.names}
                assert not names & {*changing, "jobs"}, path
            elif isinstance(node, ast.ImportFrom) and "approve" in str(node.module):
                assert "approve" not in {alias.name for alias in node.names}, path


# The door and the screens


def test_nobody_sees_anything_before_the_login(shared, open_app, words):
    for user in (NOBODY, NO_AUTH):
        shared(user)
        app = start(open_app)
        assert [button.label for button in app.button] == ["Log in"]
        assert "known people only" in words(app)
        assert not app.get("page_link")


def test_a_stranger_is_told_so_and_sees_nothing(shared, open_app, words):
    shared(STRANGER)
    app = start(open_app)
    assert "has no role here" in words(app)
    assert [button.label for button in app.button] == ["Log out"]
    assert not app.get("page_link")


def test_broken_roles_show_a_problem_and_nothing_else(shared, open_app, tmp_path):
    shared(ADA)
    (tmp_path / "roles.toml").write_text("[roles]\nowner = []")
    app = start(open_app)
    assert "role 'owner'" in app.error[0].value
    assert not app.get("page_link")


def test_a_viewer_looks_and_finds_what_starts_something_disabled(shared, open_app, words):
    store = shared(EVE)
    store.delete("latest")
    app = start(open_app)
    assert "eve@example.org · viewer" in words(app).replace("\\", "")
    (begin,) = (b for b in app.button if b.label == "Inspect the shipped pair")
    assert begin.disabled
    assert "an operator starts and changes it" in begin.help


HARMLESS = {  # what a viewer may press: it changes nothing outside of their own session
    *("Log out", "Clear", "Undo", "Find", "Show all samples", "Look at it", "mine"),
    *("Select the flagged on the map", "Select the 12 flagged", "Make the files"),
}


def test_on_no_screen_a_viewer_can_press_what_changes_something(
    shared, open_app, stored, monkeypatch, tmp_path
):
    shared(EVE)
    runs, found, _ = stored
    roles = str(tmp_path / "roles.toml")
    monkeypatch.setattr(sys, "argv", ["app.py", "--runs", str(runs), "--roles", roles])
    app = start(open_app)
    app.query_params["run"] = found
    offered, disabled = {}, 0
    for page in PAGES:
        app.switch_page(page.path).run()
        assert not app.exception, page.path
        offered[page.address] = {b.label for b in app.button if not b.disabled} - HARMLESS
        disabled += sum(b.disabled for b in app.button)
    assert {address: labels for address, labels in offered.items() if labels} == {}
    assert disabled >= len(PAGES) / 2, "the screens lost their buttons"


def test_an_operator_starts_it(shared, open_app, words):
    store = shared(ADA)
    store.delete("latest")
    app = start(open_app)
    assert "Ada@Example.org · operator" in words(app).replace("\\", "")
    next(b for b in app.button if b.label == "Inspect the shipped pair").click().run()
    (job,) = jobs.list(store.root)
    assert JobActor(store.root, job.id)["name"] == "Ada@Example.org"
    while not jobs.get(store.root, job.id).ended:
        pass


def start(open_app):
    """The app with the arguments that are set, roles too."""
    from streamlit.testing.v1 import AppTest

    del open_app
    st.cache_resource.clear()
    app = AppTest.from_file(str(HOME / "dashboard" / "app.py"), default_timeout=60).run()
    assert not app.exception, [e.message for e in app.exception]
    return app


def test_the_access_module_asks_the_login_each_time(shared):
    shared(ADA)
    assert access.is_operator()
    shared(EVE)
    assert not access.is_operator()
    assert access.role() == "viewer"
