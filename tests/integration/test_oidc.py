"""Signing in by an identity provider: what it must prove, whom it may vouch for, and what is told where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey
from pydantic import SecretStr

from api.settings import Settings
from api.standins.background import BackgroundServer
from storage import identity
from tests.integration.entrance import Entrance, Opening, is_in, opening
from tests.integration.identity_provider import CLIENT, SECRET, IdentityProvider, Spoil, new_key

__all__ = ["opening"]
pytestmark = pytest.mark.xdist_group("entrance")


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    with BackgroundServer(made.app) as served:
        made.url = served.url
        yield made


@pytest.fixture(scope="module")
def door(opening: Opening, provider: IdentityProvider) -> Entrance:
    made = opening(
        oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_client_secret=SecretStr(SECRET), oidc_name="区统一认证"
    )
    object.__setattr__(made.desk.settings, "public_url", made.url)  # known only now
    provider.clock = lambda: made.now
    return made


def go(door: Entrance, window: httpx.Client | None = None, target: str = "") -> httpx.Response:
    """Out to the provider and back; what the desk answers at last, before any redirect."""
    window = window or door.window()
    out = window.get(f"/login/oidc?{urlencode({'next': target})}")
    assert out.status_code == 303, out.text
    back = httpx.get(out.headers["location"])
    return window.get(back.headers["location"])


def test_who_is_vouched_for_comes_in_and_goes_where_he_wanted(door: Entrance, provider: IdentityProvider) -> None:
    login, window = door.user(), door.window()
    assert "用区统一认证登录" in window.get("/login").text
    provider.honest(preferred_username=login)
    answer = go(door, window, "/password?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?x=1")
    assert is_in(window)
    assert "统一身份认证" in window.get("/password").text
    assert door.acts(login) == ["sign_in"]


def test_nobody_is_sent_to_another_house(door: Entrance, provider: IdentityProvider) -> None:
    provider.honest(preferred_username=door.user())
    assert go(door, target="https://elsewhere.example/").headers["location"] == "/"


def test_a_one_time_password_is_no_matter_of_who_needs_none(door: Entrance, provider: IdentityProvider) -> None:
    login, window = door.user(), door.window()
    with door.desk.database.write.begin() as session:
        identity.find_user(session, login).one_time = True
    provider.honest(preferred_username=login)
    go(door, window)
    assert window.get("/tickets").status_code == 200


LIES: dict[str, Spoil] = {
    "nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "audience": lambda claims: claims.update(aud="another-client"),
    "no audience": lambda claims: claims.pop("aud"),
    "another party": lambda claims: claims.update(aud=[CLIENT, "other"], azp="other"),
    "issuer": lambda claims: claims.update(iss="https://elsewhere.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 61),
    "no expiry": lambda claims: claims.pop("exp"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_with_a_false_claim_opens_nothing(door: Entrance, provider: IdentityProvider, lie: str) -> None:
    login, window = door.user(), door.window()
    provider.honest(preferred_username=login)
    provider.spoil = LIES[lie]
    answer = go(door, window)
    assert (answer.status_code, "没有登录" in answer.text) == (401, True)
    assert not is_in(window)
    assert door.acts(login) == []


@pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    door: Entrance, provider: IdentityProvider, algorithm: str
) -> None:
    window = door.window()
    provider.honest(preferred_username=door.user())
    provider.algorithm = algorithm
    provider.key = new_key() if algorithm == "RS256" else OctKey.import_key(SECRET)
    assert go(door, window).status_code == 401
    assert not is_in(window)


def test_a_new_key_of_the_provider_is_taken_up(door: Entrance, provider: IdentityProvider) -> None:
    provider.honest(preferred_username=door.user())
    assert go(door).status_code == 303
    provider.published.append(new_key())
    assert go(door).status_code == 303


def test_who_has_no_account_or_is_shut_out_gets_none(door: Entrance, provider: IdentityProvider) -> None:
    login = door.user()
    with door.desk.database.write.begin() as session:
        identity.disable(session, login)
    for name in (login, "nobody-here", "", None):
        provider.honest(preferred_username=name)
        answer = go(door)
        assert (answer.status_code, "没有账号" in answer.text) == (401, True), name


def test_a_state_is_of_one_browser_and_of_ten_minutes(door: Entrance, provider: IdentityProvider) -> None:
    provider.honest(preferred_username=door.user())
    own, other = door.window(), door.window()
    out = own.get("/login/oidc").headers["location"]
    back = httpx.get(out).headers["location"]
    other.get("/login/oidc")
    assert other.get(back).status_code == 401, "somebody else's link"
    assert door.window().get(back).status_code == 401, "no cookie at all"
    forged = back.replace(parse_qs(urlsplit(back).query)["state"][0], "forged")
    assert own.get(forged).status_code == 401
    late = door.window()
    back = httpx.get(late.get("/login/oidc").headers["location"]).headers["location"]
    door.later(minutes=11)
    assert "用时太长" in late.get(back).text


def test_a_code_is_good_once(door: Entrance, provider: IdentityProvider) -> None:
    provider.honest(preferred_username=door.user())
    window = door.window()
    out = window.get("/login/oidc")
    kept = dict(window.cookies)
    back = httpx.get(out.headers["location"]).headers["location"]
    assert window.get(back).status_code == 303
    again = door.window()
    again.cookies.update(kept)
    assert again.get(back).status_code == 401


def test_an_authenticator_app_is_asked_for_at_this_door_too(door: Entrance, provider: IdentityProvider) -> None:
    login, _ = door.with_app()
    window = door.window()
    provider.honest(preferred_username=login)
    assert go(door, window).headers["location"].startswith("/login/code")
    assert not is_in(window)
    assert window.post("/login/code", data={"otp": door.code(login)}).status_code == 303
    assert is_in(window)


def test_a_refusal_and_an_absence_of_the_provider_are_told_and_passwords_still_serve(
    door: Entrance, provider: IdentityProvider
) -> None:
    window = door.window()
    state = parse_qs(urlsplit(window.get("/login/oidc").headers["location"]).query)["state"][0]
    refused = window.get(f"/login/oidc/callback?{urlencode({'error': 'access_denied', 'state': state})}")
    assert "没有同意" in refused.text
    provider.down = True
    door.desk.provider._known = None
    answer = door.window().get("/login/oidc")
    assert (answer.status_code, "连不上" in answer.text) == (503, True)
    assert is_in(door.enter(door.user()))
    provider.honest()
    provider.issuer = "https://elsewhere.example"
    assert "发行方地址不符" in door.window().get("/login/oidc").text
    provider.honest()


def test_who_leaves_is_shown_the_way_out_of_the_provider(door: Entrance, provider: IdentityProvider) -> None:
    login, window = door.user(), door.window()
    provider.honest(preferred_username=login)
    go(door, window)
    page = window.get("/password").text
    left = window.post("/logout", data={"csrf": page.split('name="csrf" value="')[1].split('"')[0]})
    assert "/login/oidc/out" in window.get(left.headers["location"]).text
    assert window.get("/login/oidc/out").headers["location"].startswith(f"{provider.url}/sign-out?")


def test_by_mail_address_only_a_verified_one_of_one_user_counts(opening: Opening, provider: IdentityProvider) -> None:
    door = opening(oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_claim="email")
    object.__setattr__(door.desk.settings, "public_url", door.url)
    provider.clock = lambda: door.now
    door.user(email="Li@home.example")
    provider.honest(email="li@home.example", email_verified=True)
    assert go(door).status_code == 303
    provider.honest(email="li@home.example", email_verified=False)
    assert "没有核实" in go(door).text
    door.user(email="li@home.example")
    provider.honest(email="li@home.example", email_verified=True)
    assert go(door).status_code == 401


def test_without_an_issuer_the_door_is_not_there(opening: Opening) -> None:
    door = opening()
    assert door.window().get("/login/oidc").status_code == 404
    assert "统一身份认证" not in door.window().get("/login").text


@pytest.mark.parametrize("issuer", ["http://elsewhere.example", "elsewhere.example", "ftp://elsewhere.example"])
def test_an_issuer_without_tls_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Settings(oidc_issuer=issuer, _env_file=None)  # type: ignore[call-arg]
