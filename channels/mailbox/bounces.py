"""退信: what a bounce (RFC 3464, or in words) says became of a letter of ours.

*Late* is no failure: the server goes on trying. A failure of class 4 (RFC 3463) was given up after days of trying, and
one of class 5 may be about the letter (too large, taken for spam) or a full mailbox: only where the address itself is
refused is nothing sent there any more.
"""

from __future__ import annotations

import re
from typing import Literal

from channels.cleaning import clean_line
from channels.errors import Why
from channels.mailbox.headers import Headers, split_headers
from channels.mailbox.mime import Part
from channels.message import Report

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_ABOUT_THE_LETTER = re.compile(r"5\.(?:2\.[23]|3\.[0-9]|4\.\d{1,3}|6\.\d{1,3}|7\.\d{1,3})")
_NO_SUCH_MAILBOX = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|does not exist|address rejected|not found"
    r"|(?:收件人|用户|邮箱|账号|地址)不存在|查无此人|无此(?:用户|收件人)|已注销",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(
    r"will (?:keep|continue) (?:on )?(?:to )?try|will be retried|still (?:trying|being retried)|do not need to resend"
    r"|this is a warning|warning message only|delayed|继续(?:尝试|投递|重试)|稍后(?:将|会)?(?:自动)?重试|投递延迟"
    r"|暂时(?:无法|未能)投递",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent|could not be delivered|undeliverable|failed permanently|放弃|退回|最终|已被拒",
    re.IGNORECASE,
)
_ARRIVED = ("delivered", "relayed", "expanded")
_FOR = {"failed": "对方邮件系统退信", "late": "对方邮件系统暂未收下，仍在重试", "delivered": "对方邮件系统已收下"}


def report(parts: list[Part], subject: str, text: str) -> Report:
    """What the bounce reports; ``reference`` is the envelope's id that we gave (RFC 3461)."""
    fields = [block for part in parts if part.media_type == "message/delivery-status" for block in _blocks(part)]
    envelopes = [each.text("original-envelope-id")[:64] for each in fields]
    reference = next((each for each in envelopes if each), "")
    told = [each for each in fields if each.has("action")]
    if told:
        actions = [re.split(r"[\s(;]", each.plain("action") + " ")[0] for each in told]
        if "failed" not in actions:
            arrived = all(each in _ARRIVED for each in actions)
            return _made("delivered" if arrived else "late", "", reference)
        failed = [each for each, action in zip(told, actions, strict=True) if action == "failed"]
        said = " ".join(f"{each.text('status')} {each.text('diagnostic-code')}" for each in failed)[:4000]
        return _made("failed", said if _status(said) else f"{said} {text[:20_000]}", reference)
    words = f"{subject}\n{text[:20_000]}"
    if _STILL_TRYING.search(words) and not _GIVEN_UP.search(words) and not _status(words).startswith("5"):
        return _made("late", words, reference)
    return _made("failed", words, reference)


def _blocks(part: Part) -> list[Headers]:
    blocks = re.split(rb"\r?\n[ \t]*\r?\n", part.content()[:50_000])[:20]
    return [split_headers(block.strip(), 0, len(block.strip()))[0] for block in blocks]


def _status(said: str) -> str:
    """The first status of class 4 or 5 in the words, or empty."""
    return next((found[0] for found in _STATUS.finditer(said) if found[1] != "2"), "")


def _made(outcome: Literal["failed", "late", "delivered"], said: str, reference: str) -> Report:
    status = _status(said)
    shown = clean_line(f"{_FOR[outcome]}（{status}）" if status else _FOR[outcome])
    by_status = status.startswith("5") and not _ABOUT_THE_LETTER.fullmatch(status)
    gone = by_status or (not status and bool(_NO_SUCH_MAILBOX.search(said)))
    why: Why = "" if outcome != "failed" else "unknown_person" if gone else "refused"
    return Report(outcome, shown, why, reference)
