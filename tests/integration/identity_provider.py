"""An identity provider over real HTTP: it signs with an RSA key of its own, checks the verifier, and lies when told to."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT = "desk"
SECRET = "known-to-the-two-houses-alone"
Spoil = Callable[[dict[str, Any]], None]


@dataclass
class IdentityProvider:
    """``user`` is who signs in next; ``spoil`` changes the claims, ``key`` and ``algorithm`` what they are signed with."""

    url: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], datetime] | None = None
    spoil: Spoil | None = None
    key: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    issuer: str = ""
    down: bool = False
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    published: list[RSAKey] = field(default_factory=lambda: [new_key()])

    @property
    def app(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self.metadata)
        app.get("/keys")(self.keys)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        return app

    def honest(self, **user: Any) -> None:
        """From now on it tells the truth, and this is who signs in."""
        self.user, self.spoil, self.key, self.algorithm, self.issuer, self.down = user, None, None, "RS256", "", False

    def metadata(self) -> Response:
        if self.down:
            return JSONResponse({}, 500)
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        own = {name: f"{self.url}/{path}" for name, path in names.items()}
        return JSONResponse(own | {"issuer": self.issuer or self.url, "end_session_endpoint": f"{self.url}/sign-out"})

    def keys(self) -> Any:
        return KeySet(list(self.published)).as_dict(private=False)

    def authorize(
        self, redirect_uri: str, state: str, nonce: str, code_challenge: str, code_challenge_method: str
    ) -> Response:
        """Whoever comes is signed in at once."""
        assert code_challenge_method == "S256"
        code = secrets.token_urlsafe(12)
        self.asked[code] = {"nonce": nonce, "challenge": code_challenge, "back": redirect_uri}
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}", 303)

    def token(
        self,
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        client_id: Annotated[str, Form()],
    ) -> Response:
        asked = self.asked.pop(code, None)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["challenge"] != challenge or asked["back"] != redirect_uri or client_id != CLIENT:
            return JSONResponse({"error": "invalid_grant"}, 400)
        moment = int(self.clock().timestamp()) if self.clock else 0
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": moment, "exp": moment + 300}
        claims |= {"nonce": asked["nonce"], **self.user}
        if self.spoil:
            self.spoil(claims)
        key = self.key or self.published[-1]
        header = {"alg": self.algorithm} | ({"kid": key.kid} if key.kid else {})
        return JSONResponse({"id_token": jwt.encode(header, claims, key, algorithms=[self.algorithm])})


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)
