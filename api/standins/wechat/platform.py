"""The rules of WeChat's side: who may call, who may be written to, and how often (公众平台「发送客服消息」).

Residents and accounts that nobody told of are taken as they come: an account by the secret it shows first, a
resident as one who has just written. ``heard`` and ``unfollow`` say otherwise.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from api import clock
from api.standins.wechat.faults import Fault, Place, fault

Act = Literal["message", "menu", "subscribe", "scan"]

WINDOWS: dict[Act, tuple[timedelta, int]] = {
    "message": (timedelta(hours=48), 5),
    "menu": (timedelta(minutes=1), 3),
    "subscribe": (timedelta(minutes=1), 3),
    "scan": (timedelta(minutes=1), 3),
}
"""How long after a resident's act, and how often, an account may write to him (the platform's rules since 2023-06)."""

MEDIA_LIFE = timedelta(days=3)
TOKEN_LIFE = timedelta(seconds=7200)
_OVERLAP = timedelta(minutes=5)
_FORCED_APART = timedelta(seconds=30)
_FORCED_A_DAY = 20
_TEXT_BYTES = 2048
_ZONE = ZoneInfo("Asia/Shanghai")


class Refusal(Exception):
    """WeChat's no: its errcode and its words."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that an account sent to a resident."""

    app_id: str
    openid: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """A file that a resident sent, as the platform keeps it."""

    content: bytes
    media_type: str
    ends: datetime


@dataclass(slots=True)
class _Token:
    value: str
    ends: datetime


@dataclass(slots=True)
class _App:
    secret: str
    tokens: list[_Token] = field(default_factory=list)
    forced: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class _Resident:
    follows: bool = True
    windows: dict[Act, tuple[datetime, int]] = field(default_factory=dict)


class Platform:
    """WeChat's side in memory. Safe to share between threads."""

    def __init__(
        self,
        apps: Mapping[str, str] | None = None,
        *,
        windows: Mapping[Act, tuple[timedelta, int]] = WINDOWS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._lock = threading.RLock()
        self._now = now
        self._windows = windows
        self._closed = apps is not None
        self._apps = {app_id: _App(secret) for app_id, secret in (apps or {}).items()}
        self._residents: dict[str, _Resident] = {}
        self._sent: list[SentMessage] = []
        self._media: dict[str, KeptMedia] = {}
        self._faults: dict[Place, Fault] = {}
        self.calls: dict[Place, int] = {"send": 0, "token": 0, "media": 0}
        """Calls so far, refused ones too."""

    def heard(self, openid: str, act: Act = "message") -> None:
        """A resident did something with the account: it may write to him for a while."""
        with self._lock:
            resident = self._residents.setdefault(openid, _Resident())
            resident.follows = True
            resident.windows[act] = (self._now() + self._windows[act][0], self._windows[act][1])

    def unfollow(self, openid: str) -> None:
        """A resident left."""
        with self._lock:
            self._residents[openid] = _Resident(follows=False)

    def sent(self, openid: str | None = None) -> list[SentMessage]:
        """What was sent to this resident, or to all, oldest first."""
        with self._lock:
            return [each for each in self._sent if openid in (None, each.openid)]

    def keep(self, media_id: str, content: bytes, media_type: str) -> None:
        """A resident sent a file: it can be fetched under this id for three days."""
        with self._lock:
            self._media[media_id] = KeptMedia(content, media_type, self._now() + MEDIA_LIFE)

    def inject(self, named: str, at: Place = "send") -> None:
        """Do this wrong at that call from now on (``faults.fault``); "" mends it. Raises ``ValueError``."""
        with self._lock:
            self._faults.pop(at, None)
            if not named:
                return
            injected = fault(named)
            if injected.kind == "token lost":
                for app in self._apps.values():
                    app.tokens.clear()
            else:
                self._faults[at] = injected

    def called(self, at: Place) -> Fault | None:
        """Count a call; the fault in force there, if any."""
        with self._lock:
            self.calls[at] += 1
            return self._faults.get(at)

    def stable_token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「获取稳定版接口调用凭据」. Raises ``Refusal``."""
        app_id, secret = given.get("appid"), given.get("secret")
        if not app_id:
            raise Refusal(41002, "appid missing")
        if not secret:
            raise Refusal(41004, "appsecret missing")
        if given.get("grant_type") != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        with self._lock:
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

    def _app(self, app_id: str, secret: str) -> _App:
        if app_id not in self._apps:
            if self._closed or not app_id.startswith("wx"):
                raise Refusal(40013, "invalid appid")
            self._apps[app_id] = _App(secret)
        app = self._apps[app_id]
        if app.secret != secret:
            raise Refusal(40125, "invalid appsecret")
        return app

    def _force(self, app: _App, now: datetime) -> None:
        """Twenty a day; within 30 seconds of the last one nothing is refreshed."""
        if app.forced and now - app.forced[-1] < _FORCED_APART:
            return
        if sum(_day(at) == _day(now) for at in app.forced) >= _FORCED_A_DAY:
            raise Refusal(45009, "reach max api daily quota limit")
        app.forced.append(now)
        app.tokens.clear()

    def send(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「发送客服消息」, texts. Raises ``Refusal``."""
        with self._lock:
            app_id = self._authorised(token)
            openid = body.get("touser")
            if not isinstance(openid, str) or not openid:
                raise Refusal(40003, "invalid openid")
            text = _text(body)
            self._spend(openid)
            self._sent.append(SentMessage(app_id, openid, text, self._now()))
            return {"errcode": 0, "errmsg": "ok"}

    def media(self, token: str, media_id: str) -> KeptMedia:
        """公众平台「获取临时素材」. Raises ``Refusal``."""
        with self._lock:
            self._authorised(token)
            if not media_id:
                raise Refusal(41006, "media_id missing")
            return self.kept(media_id)

    def kept(self, media_id: str) -> KeptMedia:
        """A file by its id, without asking who calls. Raises ``Refusal`` for one that is not there any more."""
        with self._lock:
            found = self._media.get(media_id)
            if found is not None and found.ends <= self._now():
                del self._media[media_id]
                found = None
            if found is None:
                raise Refusal(40007, "invalid media_id")
            return found

    def _authorised(self, value: str) -> str:
        if not value:
            raise Refusal(41001, "access_token missing")
        for app_id, app in self._apps.items():
            for token in app.tokens:
                if secrets.compare_digest(token.value.encode(), value.encode()):
                    if token.ends <= self._now():
                        raise Refusal(42001, "access_token expired")
                    return app_id
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")

    def _spend(self, openid: str) -> None:
        """Take one from the window that lasts longest."""
        if openid not in self._residents:
            self.heard(openid)
        resident, now = self._residents[openid], self._now()
        if not resident.follows:
            raise Refusal(43004, "require subscribe")
        ends = {act: (until, left) for act, (until, left) in resident.windows.items() if until > now}
        if not ends:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        usable = {act: window for act, window in ends.items() if window[1] > 0}
        if not usable:
            raise Refusal(45047, "out of response count limit")
        act = max(usable, key=lambda each: usable[each][0])
        until, left = usable[act]
        resident.windows[act] = (until, left - 1)


def _text(body: Mapping[str, Any]) -> str:
    if body.get("msgtype") != "text":
        raise Refusal(40008, "invalid message type")
    inner = body.get("text")
    content = inner.get("content") if isinstance(inner, dict) else None
    if not isinstance(content, str) or not content:
        raise Refusal(44004, "empty content")
    if len(content.encode("utf-8", "replace")) > _TEXT_BYTES:
        raise Refusal(45002, "content size out of limit")
    return content


def _day(at: datetime) -> date:
    return at.astimezone(_ZONE).date()
