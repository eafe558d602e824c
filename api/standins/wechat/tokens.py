"""Who may call: accounts, their tokens, and how many calls a day each has (公众平台「获取稳定版接口调用凭据」)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.standins.wechat.refusal import Refusal

TOKEN_LIFE = timedelta(seconds=7200)
DAILY = {"send": 500_000, "template": 100_000}
"""Calls a day of one account at the start; 0, or a call that is not named, is not counted."""

_OVERLAP = timedelta(minutes=5)
_FORCED_APART = timedelta(seconds=30)
_FORCED_A_DAY = 20
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class _Token:
    value: str
    ends: datetime


@dataclass(slots=True)
class _App:
    secret: str
    tokens: list[_Token] = field(default_factory=list)
    forced: list[datetime] = field(default_factory=list)
    counted: dict[tuple[str, date], int] = field(default_factory=dict)


class Apps:
    """The accounts of one platform, whose lock guards them. An unknown one is taken unless ``apps`` names them all."""

    def __init__(self, apps: Mapping[str, str] | None, now: Callable[[], datetime]) -> None:
        self._now = now
        self._closed = apps is not None
        self._apps = {app_id: _App(secret) for app_id, secret in (apps or {}).items()}
        self.daily = dict(DAILY)

    def stable_token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ``Refusal``."""
        app_id, secret = given.get("appid"), given.get("secret")
        if not app_id:
            raise Refusal(41002, "appid missing")
        if not secret:
            raise Refusal(41004, "appsecret missing")
        if given.get("grant_type") != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        app = self._app(str(app_id), str(secret))
        now = self._now()
        app.tokens = [token for token in app.tokens if token.ends > now]
        if given.get("force_refresh") is True:
            self._force(app, now)
        if not app.tokens or app.tokens[-1].ends - now <= _OVERLAP:
            # The old one serves for its last five minutes beside the new one.
            app.tokens.append(_Token(secrets.token_urlsafe(96), now + TOKEN_LIFE))
        newest = app.tokens[-1]
        return {"access_token": newest.value, "expires_in": int((newest.ends - now).total_seconds())}

    def authorised(self, value: str, at: str) -> str:
        """The account of this token, one of whose calls a day it takes. Raises ``Refusal``."""
        if not value:
            raise Refusal(41001, "access_token missing")
        for app_id, app in self._apps.items():
            for token in app.tokens:
                if secrets.compare_digest(token.value.encode(), value.encode()):
                    if token.ends <= self._now():
                        raise Refusal(42001, "access_token expired")
                    self._count(app, at)
                    return app_id
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")

    def forget(self) -> None:
        """No token is known any more."""
        for app in self._apps.values():
            app.tokens.clear()

    def _count(self, app: _App, at: str) -> None:
        key = (at, _day(self._now()))
        app.counted[key] = app.counted.get(key, 0) + 1
        if 0 < self.daily.get(at, 0) < app.counted[key]:
            raise Refusal(45009, "reach max api daily quota limit")

    def _app(self, app_id: str, secret: str) -> _App:
        if app_id not in self._apps:
            if self._closed or not app_id.startswith("wx"):
                raise Refusal(40013, "invalid appid")
            self._apps[app_id] = _App(secret)
        app = self._apps[app_id]
        if app.secret != secret:
            raise Refusal(40125, "invalid appsecret")
        return app

    @staticmethod
    def _force(app: _App, now: datetime) -> None:
        """Twenty a day; within 30 seconds of the last one nothing is refreshed."""
        if app.forced and now - app.forced[-1] < _FORCED_APART:
            return
        if sum(_day(at) == _day(now) for at in app.forced) >= _FORCED_A_DAY:
            raise Refusal(45009, "reach max api daily quota limit")
        app.forced.append(now)
        app.tokens.clear()


def _day(at: datetime) -> date:
    return at.astimezone(_ZONE).date()
