"""The file of roles, and what a login needs, as files."""

import pytest

from analysis.errors import RequestError
from analysis.runs.access import OPERATOR, VIEWER, Roles, check_login, read_roles

FILE = """
groups_claim = "teams"
[roles]
operator = ["ada@example.org", "group:ml-security"]
viewer = ["*@example.org"]
"""
AUTH = """
[auth]
redirect_uri = "https://kenshin.example.org/oauth2callback"
cookie_secret = "hidden-cookie"
client_id = "kenshin"
client_secret = "hidden-client"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""


@pytest.fixture
def roles(tmp_path):
    (tmp_path / "roles.toml").write_text(FILE)
    return read_roles(tmp_path / "roles.toml")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ada@example.org"}, OPERATOR),
        ({"email": "ADA@Example.ORG"}, OPERATOR),
        ({"email": "bob@example.org"}, VIEWER),
        ({"email": "bob@example.org", "teams": ["ml-security"]}, OPERATOR),
        ({"email": "bob@example.org", "teams": "ml-security"}, OPERATOR),
        ({"email": "bob@example.org", "groups": ["ml-security"]}, VIEWER),  # not the claim
        ({"teams": ["group:ml-security"]}, ""),
        ({"email": "ada@example.org", "email_verified": False}, ""),
        ({"email": "ada@example.org.evil.org"}, ""),
        ({"email": "eve@evil.org"}, ""),
        ({"email": None, "teams": None}, ""),
        ({}, ""),
    ],
)
def test_the_better_role_of_a_login_counts(roles, claims, role):
    assert roles.of(claims) == role


def test_a_group_that_looks_like_an_address_is_a_group():
    assert Roles({OPERATOR: ("group:*",)}).of({"email": "group:x", "groups": ["y"]}) == ""


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = 1", "'x', which means nothing"),
        ("", "no table 'roles'"),
        ("[roles]\nowner = []", "role 'owner'"),
        ("[roles]\noperator = 'ada'", "no list of names"),
        ("[roles]\noperator = [1]", "no list of names"),
        ("[roles]\noperator = ['']", "no list of names"),
        ("groups_claim = 1\n[roles]\noperator = ['a']", "must be text"),
        ("[roles", "is no TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path, text, part):
    (tmp_path / "roles.toml").write_text(text)
    with pytest.raises(RequestError, match=part):
        read_roles(tmp_path / "roles.toml")


def test_a_login_needs_every_part_of_auth_and_no_secret_is_shown(tmp_path):
    path = tmp_path / "secrets.toml"
    path.write_text(AUTH)
    assert check_login([tmp_path / "none", path], Roles({})).endswith("/oauth2callback")
    for line in AUTH.strip().splitlines()[1:]:
        path.write_text(AUTH.replace(line, ""))
        with pytest.raises(RequestError, match=line.split(" =")[0]) as error:
            check_login([path], Roles({}))
        assert "hidden" not in str(error.value)
    path.write_text(AUTH + "broken = 'hidden")
    with pytest.raises(RequestError, match="is no TOML") as error:
        check_login([path], Roles({}))
    assert "hidden" not in str(error.value)
    assert error.value.__cause__ is None
    with pytest.raises(RequestError, match="there are none in"):
        check_login([tmp_path / "none"], Roles({}))


def test_a_named_provider_has_its_own_part(tmp_path):
    path = tmp_path / "secrets.toml"
    head, tail = AUTH.split('client_id = "kenshin"')
    path.write_text(f'{head}[auth.corporate]\nclient_id = "kenshin"{tail}')
    assert check_login([path], Roles({}, provider="corporate"))
    with pytest.raises(RequestError, match=r"auth\.client_id"):
        check_login([path], Roles({}))
    with pytest.raises(RequestError, match=r"auth\.other\.client_id"):
        check_login([path], Roles({}, provider="other"))
