"""验证码: a picture with figures, or a question in words for whoever cannot see it; made and checked here.

The token of a question is signed, expires and is good for one answer, right or wrong; what is asked follows from it by
the desk's key, so nothing is kept until it is answered. The library's own recordings speak English figures, which a
resident here need not know: the question in words stands in their place, and a screen reader reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from storage import used_once

if TYPE_CHECKING:
    from captcha.image import ImageCaptcha

    from api.desk import Desk

GOOD_FOR = timedelta(minutes=10)
FIGURES = 4
SPOKEN = 6
"""Figures of a question in words: whoever reads them by a program could read any, so it is guessed less easily."""
_SPOKEN = "零一二三四五六七八九"
_TO_FIGURES = str.maketrans(_SPOKEN + "〇两", "012345678902")
Kind = Literal["picture", "words"]


@dataclass(frozen=True, slots=True)
class Captcha:
    """One question. ``words`` is what is asked in words; empty for a picture, which ``picture`` draws."""

    token: str
    words: str = ""


def new(desk: Desk, kind: Kind) -> Captcha:
    """A question that nobody was asked before."""
    nonce = secrets.token_hex(8)
    token = desk.signer.sign("captcha", kind, nonce, until=desk.now() + GOOD_FOR)
    return Captcha(
        token, " ".join(_SPOKEN[int(each)] for each in _answer(desk, kind, nonce)) if kind == "words" else ""
    )


def picture(desk: Desk, token: str) -> bytes | None:
    """The picture of a question, as PNG; None for a token that is not good."""
    found = desk.signer.read("captcha", token, now=desk.now())
    if found is None or found[0] != "picture":
        return None
    return bytes(_drawer().generate(_answer(desk, found[0], found[1]), format="png").getvalue())


def is_right(desk: Desk, token: str, given: str) -> bool:
    """Whether the answer fits. Whichever it is, the question is used up."""
    now = desk.now()
    found = desk.signer.read("captcha", token, now=now)
    if found is None:
        return False
    digest = hashlib.sha256(token.encode()).hexdigest()
    with desk.database.write.begin() as session:
        fresh = used_once.use(session, digest, expires_at=now + GOOD_FOR)
    right = _answer(desk, found[0], found[1])
    return fresh and hmac.compare_digest(_plain(given).encode(), right.encode())


def _answer(desk: Desk, kind: str, nonce: str) -> str:
    many = SPOKEN if kind == "words" else FIGURES
    return "".join(str(each % 10) for each in desk.signer.digest("captcha answer", nonce)[:many])


def _plain(given: str) -> str:
    """As figures, however they were typed: full width, with spaces, in words."""
    return "".join(unicodedata.normalize("NFKC", given).translate(_TO_FIGURES).split())


@lru_cache(maxsize=1)
def _drawer() -> ImageCaptcha:
    from captcha.image import ImageCaptcha

    return ImageCaptcha(width=240, height=90)
