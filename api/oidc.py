"""Signing in by an identity provider (统一身份认证, OpenID Connect): off unless an issuer is set.

The code flow with PKCE: the browser brings back a code that only this desk, and only for this browser, can use. What
must be remembered meanwhile (state, nonce, verifier) travels in a sealed cookie, so nothing is stored for who never
comes back. What the provider vouches for is a login that exists already: no account is made, and an account with an
authenticator app is asked for its code as at any other door.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.secret_box import CannotUnseal
from api.sign_in_problems import ProviderAway, ProviderRefused
from storage import identity
from storage.identity import User

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key that the provider alone has; never ``none``, never one made with a shared secret."""
LEEWAY = 60
"""Seconds by which the clocks of two houses may differ."""
ASKED_AGAIN = 600.0
"""Seconds after which what the provider says of itself is asked again."""
SECONDS = 10.0
MINUTES = 10
"""So long somebody may take at the provider."""
CALLBACK = "/login/oidc/callback"
AWAY = "统一身份认证暂时连不上，请稍后再试，或用密码登录"
REFUSED = "统一身份认证的答复不能通过校验，没有登录；请重试，仍不行请联系管理员"


@dataclass(frozen=True, slots=True)
class Journey:
    """What is remembered of a browser that was sent to the provider."""

    state: str
    nonce: str
    verifier: str
    target: str
    until: float


class Provider:
    """The identity provider of one desk. Safe to share between threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._settings = desk.settings
        self._known: tuple[float, Mapping[str, Any]] | None = None
        self._keys: KeySet | None = None

    def begin(self, target: str) -> tuple[str, str]:
        """Where the browser is sent, and the sealed cookie it takes along. Raises ``ProviderAway``."""
        until = self._desk.now().timestamp() + MINUTES * 60
        token = secrets.token_urlsafe
        journey = Journey(token(24), token(24), token(48), target, until)
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": self._settings.oidc_scopes,
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": create_s256_code_challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        place = str(self._metadata()["authorization_endpoint"])
        address = f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"
        return address, self._desk.secret_box.seal(json.dumps(asdict(journey)))

    def finish(self, sealed: str, given: Mapping[str, str]) -> tuple[User, str]:
        """The user whom the provider vouches for, and where he wanted to go.

        ``given`` is the query that the browser came back with. Raises ``ProviderRefused`` and ``ProviderAway``.
        """
        journey = self._journey(sealed)
        if not hmac.compare_digest(given.get("state", "").encode(), journey.state.encode()):
            raise ProviderRefused("这次登录不是从本页开始的，请重新登录")
        if given.get("iss", self._settings.oidc_issuer).rstrip("/") != self._settings.oidc_issuer:
            raise ProviderRefused(REFUSED)
        if given.get("error"):
            cancelled = given["error"] == "access_denied"
            raise ProviderRefused("您没有同意登录" if cancelled else "统一身份认证没有放行，请重试或联系管理员")
        claims = self._claims(self._exchange(given.get("code", ""), journey), journey)
        with self._desk.database.read() as session:
            user = self._user(session, claims)
        return user, journey.target

    def way_out(self) -> str:
        """Where somebody signs out of the provider too; empty where it has no such place."""
        place = self._metadata().get("end_session_endpoint")
        back = f"{self._settings.public_url.rstrip('/')}/login"
        asked = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": back}
        return f"{place}{'&' if '?' in str(place) else '?'}{urlencode(asked)}" if place else ""

    @property
    def _callback(self) -> str:
        return f"{self._settings.public_url.rstrip('/')}{CALLBACK}"

    def _journey(self, sealed: str) -> Journey:
        try:
            journey = Journey(**json.loads(self._desk.secret_box.open(sealed)))
        except (CannotUnseal, ValueError, TypeError):
            raise ProviderRefused("这次登录不是从本页开始的，请重新登录") from None
        if journey.until < self._desk.now().timestamp():
            raise ProviderRefused("登录用时太长，请重新登录")
        return journey

    def _metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself; who answers at the issuer's address must be the issuer."""
        if self._known is not None and time.monotonic() - self._known[0] < ASKED_AGAIN:
            return self._known[1]
        found = self._get(f"{self._settings.oidc_issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self._settings.oidc_issuer:
            raise ProviderAway("统一身份认证的设置有误：发行方地址不符，请联系管理员")
        if not all(found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")):
            raise ProviderAway(AWAY)
        self._known = time.monotonic(), found
        return found

    def _get(self, address: str) -> Mapping[str, Any]:
        return self._asked("GET", address)

    def _asked(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:
        """The JSON that the provider answers with. Redirects are not followed: a code goes nowhere else."""
        try:
            answer = httpx.request(method, address, timeout=SECONDS, follow_redirects=False, **more)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise ProviderAway(AWAY) from None
        if not isinstance(found, dict):
            raise ProviderAway(AWAY)
        if answer.status_code in (400, 401, 403):
            raise ProviderRefused("统一身份认证没有认可这次登录，请重试；仍不行请联系管理员核对客户端设置")
        if not answer.is_success:
            raise ProviderAway(AWAY)
        return found

    def _exchange(self, code: str, journey: Journey) -> str:
        """The ID token for the code."""
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": journey.verifier,
        }
        secret = self._settings.oidc_client_secret
        auth = (self._settings.oidc_client_id, secret.get_secret_value()) if secret else None
        found = self._asked("POST", str(self._metadata()["token_endpoint"]), data=given, auth=auth)
        return str(found.get("id_token", ""))

    def _claims(self, token: str, journey: Journey) -> Mapping[str, Any]:
        """What the token says, once signature, issuer, audience, expiry and nonce were checked."""
        try:
            decoded = self._decoded(token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "values": [str(self._metadata()["issuer"])]},
                    "aud": {"essential": True, "values": [self._settings.oidc_client_id]},
                },
                params={"nonce": journey.nonce, "client_id": self._settings.oidc_client_id},
            )
            claims.validate(now=int(self._desk.now().timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError):
            raise ProviderRefused(REFUSED) from None
        return dict(decoded.claims)

    def _decoded(self, token: str) -> jwt.Token:
        """By the keys as last asked for; one that is not among them is looked for once more: they change."""
        try:
            if self._keys is None:
                raise ValueError("no keys yet")
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            found: Any = self._get(str(self._metadata()["jwks_uri"]))
            self._keys = KeySet.import_key_set(found)
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    def _user(self, session: Session, claims: Mapping[str, Any]) -> User:
        """The one user whom the claim names."""
        name = str(claims.get(self._settings.oidc_claim) or "").strip()
        if self._settings.oidc_claim == "email":
            if claims.get("email_verified") is not True:
                raise ProviderRefused("统一身份认证没有核实您的邮箱，不能凭它登录，请联系管理员")
            same = select(User).where(func.lower(User.email) == name.lower(), User.disabled.is_(False))
            found = list(session.scalars(same.limit(2))) if name else []
            user = found[0] if len(found) == 1 else None
        else:
            user = identity.known(session, name) if name else None
        if user is None or user.disabled:
            raise ProviderRefused("您已通过统一身份认证，但在本系统没有账号，请联系管理员开通")
        return user
