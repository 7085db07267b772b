"""Who may do what on a shared dashboard: a small TOML file from people and groups to roles.

    groups_claim = "groups"          # which claim of the login names the groups
    provider = "corporate"           # only where [auth] of the secrets names several

    [roles]
    operator = ["ada@example.org", "group:ml-security"]
    viewer = ["*@example.org"]

A viewer looks; an operator also starts jobs, uploads, marks, approves and deletes. The better
role counts. A login whose e-mail address the provider calls unverified has no role by it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from analysis.errors import RequestError

OPERATOR, VIEWER = "operator", "viewer"
ROLES = (OPERATOR, VIEWER)  # the better one first
GROUP = "group:"
_KEYS = {"groups_claim", "provider", "roles"}
_AUTH = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class Roles:
    """Role -> e-mail patterns and "group:NAME"."""

    members: Mapping[str, tuple[str, ...]]
    groups_claim: str = "groups"
    provider: str = ""

    def of(self, user: Mapping[str, Any]) -> str:
        """The role of a login by its claims; empty for a stranger."""
        mail = str(user.get("email") or "").casefold()
        if user.get("email_verified") is False:
            mail = ""
        groups = _groups(user.get(self.groups_claim))
        for role in ROLES:
            for member in self.members.get(role, ()):
                if member.startswith(GROUP):
                    if member.removeprefix(GROUP) in groups:
                        return role
                elif mail and fnmatchcase(mail, member.casefold()):
                    return role
        return ""


def read_roles(path: Path) -> Roles:
    """Read the file.

    Raises:
        RequestError: it cannot be read, or nobody in it could ever be an operator or a viewer.
    """
    content = _toml(path, "a file of roles")
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        raise RequestError(
            f"'{path}' has '{unknown[0]}', which means nothing.",
            f"It may have {', '.join(sorted(_KEYS))}.",
        )
    roles = content.get("roles")
    if not isinstance(roles, Mapping) or not roles:
        raise RequestError(f"'{path}' has no table 'roles'.", 'Write [roles] operator = ["…"].')
    members = {str(role): _members(path, str(role), names) for role, names in roles.items()}
    claim, provider = content.get("groups_claim", "groups"), content.get("provider", "")
    if not isinstance(claim, str) or not isinstance(provider, str):
        raise RequestError(f"groups_claim and provider in '{path}' must be text.", "Quote them.")
    return Roles(members, claim, provider)


def check_login(paths: Sequence[Path], roles: Roles) -> str:
    """Look whether the secrets name a provider of logins, and hand back their redirect address.

    Args:
        paths: where secrets may lie; the first that exists counts.
        roles: whose `provider` must be there.

    Raises:
        RequestError: no secrets, or a part of [auth] is missing. Values are never shown.
    """
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise RequestError(
            f"a login needs secrets, and there are none in {' or '.join(map(str, paths))}.",
            "Write [auth] as Streamlit's documentation of st.login says, or name it by --secrets.",
        )
    auth = _toml(path, "a file of secrets").get("auth")
    auth = auth if isinstance(auth, Mapping) else {}
    own = auth.get(roles.provider) if roles.provider else auth
    own = own if isinstance(own, Mapping) else {}
    where = f"auth.{roles.provider}" if roles.provider else "auth"
    missing = [f"auth.{name}" for name in ("redirect_uri", "cookie_secret") if not auth.get(name)]
    missing += [f"{where}.{name}" for name in _AUTH if not own.get(name)]
    if missing:
        raise RequestError(
            f"'{path}' lacks {', '.join(missing)}.", "A login needs them; see st.login."
        )
    return str(auth["redirect_uri"])


def _members(path: Path, role: str, names: Any) -> tuple[str, ...]:
    if role not in ROLES:
        raise RequestError(
            f"role '{role}' in '{path}' is unknown.", f"Choose from {', '.join(ROLES)}."
        )
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise RequestError(
            f"role '{role}' in '{path}' is no list of names.",
            'Write ["ada@example.org", "group:ml-security"].',
        )
    return tuple(name.strip() for name in names)


def _groups(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(v) for v in value) if isinstance(value, list | tuple | set) else ()


def _toml(path: Path, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RequestError(
            f"'{path}' cannot be read as {what} ({error.strerror or error}).", "Check the path."
        ) from error
    except ValueError as error:  # its text could hold a line of the secrets
        raise RequestError(f"'{path}' is not {what}: it is no TOML.", "Check its syntax.") from (
            None if "secret" in what else error
        )
