"""`kenshin dashboard`: the server process, on the loopback address unless asked otherwise."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import ipaddress
import socket
import subprocess
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from analysis.errors import RequestError
from analysis.runs.access import check_login, read_roles

ADDRESS = "127.0.0.1"
LOGIN_NEEDS = ("authlib", "httpx")  # Streamlit misses them at the first login only


@dataclass(frozen=True)
class Serving:
    """Where and to whom the dashboard is served.

    Attributes:
        runs: the runs folder.
        port: 1 to 65535.
        host: address to listen on.
        roles: file of roles; with it everybody must log in.
        secrets: file with [auth]; None for Streamlit's usual places.
        names: further host names by which browsers may ask.
        no_login: listen beyond this machine without a login all the same.
    """

    runs: Path
    port: int
    host: str = ADDRESS
    roles: Path | None = None
    secrets: Path | None = None
    names: tuple[str, ...] = ()
    no_login: bool = False


def run(arguments: argparse.Namespace) -> int:
    """Serve the dashboard until it is stopped."""
    serving = Serving(
        runs=arguments.runs,
        port=arguments.port,
        host=arguments.host,
        roles=arguments.roles,
        secrets=arguments.secrets,
        names=tuple(arguments.allow_host or ()),
        no_login=arguments.insecure_no_login,
    )
    server = start_server(serving)
    url = f"http://{_shown(serving.host)}:{serving.port}"
    print(f"Kenshin is at {url} (Ctrl-C stops it)", flush=True)
    if serving.roles is None and not is_loopback(serving.host):
        print(
            "kenshin: anybody who reaches this address can start jobs and read every sample",
            file=sys.stderr,
        )
    if not arguments.headless:
        webbrowser.open(url)
    return wait(server)


def start_server(serving: Serving) -> subprocess.Popen[bytes]:
    """Start Streamlit; everything about it as flags, so that they hold anywhere.

    Raises:
        RequestError: an address beyond this machine without a login, a login that cannot work,
            or a port that is taken or none.
    """
    allowed = allowed_hosts(serving)
    _check_port(serving)
    spec = importlib.util.find_spec("dashboard")
    if spec is None or spec.origin is None:
        raise RequestError("the dashboard package is not installed.", "Run 'pip install -e .'.")
    home = Path(spec.origin).parent
    flags = {
        "server.address": serving.host,
        "server.port": serving.port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": "false",
    }
    if serving.secrets is not None:
        flags["secrets.files"] = str(serving.secrets.resolve())
    # allowedHosts is a list: the flag is repeated. Without it a forged Host header is accepted.
    hosts = [f"--server.allowedHosts={host}" for host in allowed]
    # -P: a folder named "analysis" where the user stands must not be imported.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(home / "app.py")]
    command += [f"--{key}={value}" for key, value in flags.items()] + hosts
    command += ["--", "--runs", str(serving.runs.resolve())]
    if serving.roles is not None:
        command += ["--roles", str(serving.roles.resolve())]
    # The user's own folder stays the working directory: paths typed into a form mean the same as
    # in the terminal. The theme is found beside app.py.
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def allowed_hosts(serving: Serving) -> tuple[str, ...]:
    """Names by which browsers may ask for the dashboard.

    Raises:
        RequestError: it would listen beyond this machine without a login, or the login cannot work.
    """
    names = [ADDRESS, "localhost", *serving.names]
    if serving.roles is not None:
        names.append(_login_host(serving.roles, serving.secrets))
    elif not is_loopback(serving.host) and not serving.no_login:
        raise RequestError(
            f"the dashboard would listen on '{serving.host}' without a login: anybody who reaches "
            "it could start jobs and read every sample.",
            "Give --roles FILE for a login, leave --host out, or insist with --insecure-no-login.",
        )
    if not is_loopback(serving.host):
        names += [serving.host, socket.gethostname(), socket.getfqdn()]
    return tuple(dict.fromkeys(name for name in names if name and not _is_any(name)))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def wait(server: subprocess.Popen[bytes]) -> int:
    """Wait for the server; Ctrl-C stops it and is the normal way out."""
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait(timeout=10)
        return 0


def _login_host(file: Path, secrets: Path | None) -> str:
    """Host of the address that the provider sends people back to."""
    roles = read_roles(file)
    usual = [folder / ".streamlit" / "secrets.toml" for folder in (Path.cwd(), Path.home())]
    redirect = check_login([secrets] if secrets else usual, roles)
    for package in LOGIN_NEEDS:
        if importlib.util.find_spec(package) is None:
            raise RequestError(
                f"a login needs the package {package}.", "Run pip install 'kenshin[login]'."
            )
    return urlsplit(redirect).hostname or ""


def _check_port(serving: Serving) -> None:
    if not 1 <= serving.port <= 65535:
        raise RequestError(f"port {serving.port} is not a port.", "Choose 1-65535.")
    with contextlib.closing(socket.socket()) as probe:
        if probe.connect_ex((ADDRESS, serving.port)) == 0:
            raise RequestError(f"port {serving.port} is in use.", "Choose another one with --port.")


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "*")  # noqa: S104 - compared, not bound


def _shown(host: str) -> str:
    return socket.gethostname() if _is_any(host) else host
