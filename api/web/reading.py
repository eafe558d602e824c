"""How a reader wants pages: which language, how large, which colours. Kept in one cookie, open to residents and staff.

The cookie's value is a row of words, one of each kind at most (``en-dark-large-strong``); what it does not say is as it
is without it: Chinese, the colours of the reader's own system, ordinary type and contrast. The choice holds for all
that one request renders: a ``Reading`` of this task and the threads it starts.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast, get_args, get_type_hints

from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "yingsheng_reading"
Language = Literal["zh", "en"]
Theme = Literal["auto", "light", "dark"]
Type = Literal["usual", "large", "largest"]
Contrast = Literal["normal", "strong"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader has chosen."""

    language: Language = "zh"
    theme: Theme = "auto"
    type: Type = "usual"
    contrast: Contrast = "normal"

    def with_words(self, **chosen: str) -> Reading:
        """Changed where one of its own words is given; any other word changes nothing."""
        kept = {name: word for name, word in chosen.items() if word in WORDS.get(name, ())}
        return replace(self, **cast("dict[str, Any]", kept))

    def cookie(self) -> str:
        """Its value in the cookie."""
        return "-".join(word for name in WORDS if (word := getattr(self, name)) != getattr(USUAL, name))


USUAL = Reading()
WORDS: dict[str, tuple[str, ...]] = {
    each.name: get_args(get_type_hints(Reading)[each.name]) for each in fields(Reading)
}
_KIND = {word: name for name, words in WORDS.items() for word in words}
_FOUND = re.compile(rb"(?:^|;\s*)" + COOKIE.encode() + rb"=([a-z-]*)")
_now: ContextVar[Reading] = ContextVar("reading", default=USUAL)


def chosen() -> Reading:
    """The reading of the request that is being answered; the usual one where there is none."""
    return _now.get()


def of_cookie(value: str) -> Reading:
    """The reading that a cookie's value asks for."""
    return USUAL.with_words(**{_KIND[word]: word for word in value.split("-") if word in _KIND})


class AsChosen:
    """Lets all that answers a request know the reading that its cookie asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie")
            found = _FOUND.search(cookies) if COOKIE.encode() in cookies else None
            _now.set(of_cookie(found[1].decode()) if found else USUAL)
        await self.app(scope, receive, send)
