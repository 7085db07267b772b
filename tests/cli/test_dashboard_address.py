"""Where the dashboard listens: this machine only, unless a login stands in front or one insists."""

import socket
import subprocess

import pytest

from analysis.cli import dashboard, main
from analysis.cli.dashboard import Serving, allowed_hosts, is_loopback, start_server
from analysis.errors import RequestError

AUTH = """
[auth]
redirect_uri = "https://kenshin.example.org/oauth2callback"
cookie_secret = "a"
client_id = "b"
client_secret = "c"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "roles.toml").write_text('[roles]\noperator = ["ada@example.org"]')
    (tmp_path / "secrets.toml").write_text(AUTH)
    return tmp_path / "roles.toml", tmp_path / "secrets.toml"


@pytest.fixture
def commands(monkeypatch):
    """The commands that would have been started."""
    seen = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: seen.append(command))
    return seen


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "10.0.0.1", ""])
def test_an_address_beyond_this_machine_is_refused_without_a_login(host, tmp_path, capsys):
    argv = ["dashboard", "--runs", str(tmp_path), "--host", host, "--headless"]
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("kenshin: error: the dashboard would listen on")
    assert "--insecure-no-login" in said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_no_login(host, tmp_path):
    assert is_loopback(host)
    assert set(allowed_hosts(Serving(tmp_path, 1, host))) == {"127.0.0.1", "localhost"}


def test_the_usual_command_listens_on_the_loopback_address_and_knows_its_names(tmp_path, commands):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start_server(Serving(tmp_path, port))
    (command,) = commands
    assert "--server.address=127.0.0.1" in command
    assert "--server.allowedHosts=localhost" in command
    assert "--client.showErrorDetails=none" in command
    assert "--roles" not in command


def test_whoever_insists_may_and_only_known_names_are_answered(tmp_path, commands):
    start_server(Serving(tmp_path, 65000, "0.0.0.0", no_login=True, names=("lab.example.org",)))
    (command,) = commands
    assert "--server.address=0.0.0.0" in command
    assert "--server.allowedHosts=lab.example.org" in command
    assert "--server.allowedHosts=0.0.0.0" not in command


def test_with_a_login_it_may_listen_and_hands_the_roles_on(tmp_path, commands, files):
    roles, secrets = files
    start_server(Serving(tmp_path, 65000, "0.0.0.0", roles=roles, secrets=secrets))
    (command,) = commands
    assert "--server.allowedHosts=kenshin.example.org" in command
    assert f"--secrets.files={secrets}" in command
    assert command[-2:] == ["--roles", str(roles)]


def test_a_login_that_cannot_work_is_refused_at_once(tmp_path, files, monkeypatch):
    roles, secrets = files
    secrets.write_text("[auth]\n")
    with pytest.raises(RequestError, match="lacks auth.redirect_uri"):
        start_server(Serving(tmp_path, 65000, roles=roles, secrets=secrets))
    with pytest.raises(RequestError, match="cannot be read as a file of roles"):
        start_server(Serving(tmp_path, 65000, roles=tmp_path / "none", secrets=secrets))
    secrets.write_text(AUTH)
    monkeypatch.setattr(dashboard.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match="package authlib"):
        start_server(Serving(tmp_path, 65000, roles=roles, secrets=secrets))
