"""The account's access token, fetched by one worker for all (公众平台「获取稳定版接口调用凭据」).

The token lies in ``ChannelState`` under ``access_token``; ``access_token_lease`` says who is fetching a new one.
Whoever wins the lease by compare-and-set fetches; the others look again every 100 ms. A worker that dies holding
the lease blocks nobody: the lease ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from channels.base import ChannelState
from channels.errors import SendDelayed, SendUncertain
from channels.wechat.account import Sending
from channels.wechat.calling import call
from channels.wechat.errcodes import as_error

TOKEN_KEY = "access_token"  # noqa: S105 - the name of the place, not the token
LEASE_KEY = "access_token_lease"
_REFRESH_BEFORE = 300.0  # seconds before its end that a token is renewed
_LEASE_SECONDS = 30.0
_LONGEST_LIFE = 7200.0
_LOOK_EVERY = 0.1
_WAIT_AT_MOST = 10.0


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the state holds: the raw text, for compare-and-set, and what it says."""

    raw: str | None
    token: str = ""
    expires_at: float = 0.0

    def serves(self, at: float, refused: str) -> bool:
        return bool(self.token) and self.token != refused and at < self.expires_at - _REFRESH_BEFORE

    def still_valid(self, at: float, refused: str) -> bool:
        return bool(self.token) and self.token != refused and at < self.expires_at


async def access_token(
    http: httpx.AsyncClient, settings: Sending, state: ChannelState, *, now: datetime, refused: str = ""
) -> str:
    """A token good for at least five minutes, or, while another worker renews it, for a moment.

    ``refused`` is a token that the platform just rejected. Raises ``SendDelayed`` or ``ChannelMisconfigured``.
    """
    waited = 0.0
    while True:
        at = now.timestamp() + waited
        stored = await _stored(state, settings)
        if stored.serves(at, refused):
            return stored.token
        lease = await asyncio.to_thread(state.get, LEASE_KEY)
        if _free(lease, at):
            mine = json.dumps({"until": at + _LEASE_SECONDS, "by": secrets.token_hex(8)})
            if await asyncio.to_thread(state.compare_and_set, LEASE_KEY, lease, mine):
                try:
                    return await _renewed(http, settings, state, at=at, refused=refused, now=now)
                finally:
                    await asyncio.to_thread(state.compare_and_set, LEASE_KEY, mine, "")
            continue
        if stored.still_valid(at, refused):
            return stored.token
        if waited >= _WAIT_AT_MOST:
            raise SendDelayed("另一进程正在更新 access_token", 5.0)
        await asyncio.sleep(_LOOK_EVERY)
        waited += _LOOK_EVERY


async def _renewed(
    http: httpx.AsyncClient, settings: Sending, state: ChannelState, *, at: float, refused: str, now: datetime
) -> str:
    stored = await _stored(state, settings)
    if stored.serves(at, refused):  # renewed between our look and our lease
        return stored.token
    answer = await fetch(http, settings, force=False, now=now)
    # A token revoked before its time is handed out again by the plain call; the forced one is rationed (20 a day).
    if answer["access_token"] == refused:
        answer = await fetch(http, settings, force=True, now=now)
    token = str(answer["access_token"])
    record = {"app_id": settings.app_id, "token": token, "expires_at": at + _lives(answer)}
    await asyncio.to_thread(state.compare_and_set, TOKEN_KEY, stored.raw, json.dumps(record))
    return token


async def fetch(http: httpx.AsyncClient, settings: Sending, *, force: bool, now: datetime) -> dict[str, Any]:
    """The platform's answer with a token in it. Raises ``SendDelayed``, ``SendFailed`` or ``ChannelMisconfigured``."""
    body = {
        "grant_type": "client_credential",
        "appid": settings.app_id,
        "secret": settings.app_secret,
        "force_refresh": force,
    }
    try:
        answer = await call(http, "/cgi-bin/stable_token", body)
    except SendUncertain as error:  # no message has left yet
        raise SendDelayed(f"取 access_token 时：{error.reason}", 30.0) from error
    if not answer.get("access_token"):
        code = answer.get("errcode")
        number = code if isinstance(code, int) else 0
        raise as_error(number, str(answer.get("errmsg", "")), now=now, fetching_token=True)
    return answer


def _lives(answer: dict[str, Any]) -> float:
    """Seconds the token is good for; an answer that does not say so is asked again at the next send."""
    given = answer.get("expires_in")
    return float(given) if isinstance(given, int | float) and 0 < given <= _LONGEST_LIFE else 0.0


async def _stored(state: ChannelState, settings: Sending) -> _Stored:
    raw = await asyncio.to_thread(state.get, TOKEN_KEY)
    try:
        record = json.loads(raw or "{}")
        if record.get("app_id") == settings.app_id:
            return _Stored(raw, str(record["token"]), float(record["expires_at"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # another version's record: as good as none
    return _Stored(raw)


def _free(lease: str | None, at: float) -> bool:
    try:
        return not lease or float(json.loads(lease)["until"]) <= at
    except (ValueError, TypeError, KeyError):
        return True
