"""A login against a real provider: the command, the door, the roles, the trail."""

import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import ROOT, free_port

from analysis.runs.trail import read_entries

pytest.importorskip("authlib")
pytest.importorskip("httpx")


@pytest.fixture(scope="module")
def provider():
    from oidc_provider import Provider  # needs authlib

    found = Provider()
    yield found
    found.server.shutdown()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, provider):
    """`kenshin dashboard --roles`: (address, runs folder)."""
    folder = tmp_path_factory.mktemp("shared")
    port = free_port()
    (folder / "roles.toml").write_text(
        '[roles]\noperator = ["ada@example.org"]\nviewer = ["*@example.org"]\n'
    )
    (folder / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
        'cookie_secret = "0123456789abcdef0123456789abcdef"\nclient_id = "kenshin"\n'
        'client_secret = "a-test-client"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    runs = folder / "runs"
    runs.mkdir()
    command = [sys.executable, "-m", "analysis.cli", "dashboard", "--headless"]
    command += ["--runs", str(runs), "--port", str(port)]
    command += ["--roles", str(folder / "roles.toml"), "--secrets", str(folder / "secrets.toml")]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(900):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    yield address, runs
    server.terminate()
    server.wait()


def log_in(page, provider, address, **claims):
    provider.claims = claims
    page.goto(address)
    page.get_by_role("button", name="Log in").click()


def test_nobody_sees_anything_before_the_login(page, shared, pictures):
    page.goto(f"{shared[0]}/report")
    page.get_by_text("known people only").wait_for()
    assert page.get_by_role("link", name="Overview").count() == 0
    page.screenshot(path=pictures / "login-light-en-1400.png")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 768, "height": 1000})
    page.goto(f"{shared[0]}/report?lang=ja")
    page.get_by_role("button", name="ログイン").wait_for()
    page.screenshot(path=pictures / "login-dark-ja-768.png")
    faces = page.evaluate("[...document.fonts].map(face => face.unicodeRange)")
    assert any("U+4E00" in face.upper() for face in faces), "a reader without the glyphs sees boxes"


def test_a_viewer_may_look_and_a_button_says_why_it_is_disabled(page, shared, provider, pictures):
    address, runs = shared
    log_in(page, provider, address, email="eve@example.org")
    page.get_by_text("eve@example.org · viewer").wait_for()
    page.get_by_role("link", name="Overview").wait_for()
    start = page.get_by_role("button", name="Inspect the shipped pair")
    start.wait_for()
    assert start.is_disabled()
    start.hover(force=True)
    page.get_by_text("an operator starts and changes it").wait_for()
    page.screenshot(path=pictures / "viewer-light-en-1400.png")
    assert read_entries(runs) == ()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()


def test_a_login_leads_to_the_page_asked_for_and_keeps_its_language(page, shared, provider):
    provider.claims = {"email": "eve@example.org"}
    asked = f"{shared[0]}/scan?lang=ja"
    page.goto(asked)
    page.get_by_role("button", name="ログイン").click()
    page.get_by_text("閲覧者").wait_for()
    page.wait_for_url(asked)
    page.get_by_role("heading", name="データ検査").first.wait_for()
    page.wait_for_function("sessionStorage.getItem('kenshin.language') === 'ja'")
    page.get_by_role("button", name="ログアウト").click()
    page.get_by_role("button", name="ログイン").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("eve@example.org · viewer").wait_for()
    assert "lang" not in page.url


def test_an_operator_starts_a_job_under_their_own_name(page, shared, provider):
    address, runs = shared
    log_in(page, provider, address, email="ada@example.org")
    page.get_by_text("ada@example.org · operator").wait_for()
    page.get_by_role("button", name="Inspect the shipped pair").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("cancelled").first.wait_for()
    said = [(e.action, e.actor, e.through) for e in read_entries(runs)]
    assert ("job.started", "ada@example.org", "dashboard login") in said
    assert ("job.cancelled", "ada@example.org", "dashboard login") in said


def test_a_stranger_with_a_good_login_stays_outside(page, shared, provider, pictures):
    log_in(page, provider, shared[0], email="mallory@elsewhere.org")
    page.get_by_text("mallory@elsewhere.org has no role here").wait_for()
    page.screenshot(path=pictures / "stranger-light-en-1400.png")
    assert page.get_by_role("link", name="Overview").count() == 0


@pytest.mark.parametrize(("host", "status"), [("evil.example", 403), ("127.0.0.1", 101)])
def test_a_page_elsewhere_cannot_speak_to_the_server_under_another_name(shared, host, status):
    port = int(shared[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        asked = (
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Origin: http://{host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        line.sendall(asked.encode())
        assert int(line.recv(100).split()[1]) == status
