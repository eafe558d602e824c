"""The body of a letter we send: plain text and the same as HTML, with what it answers quoted below.

The HTML is made of the plain text alone: paragraphs, our own links, a block quote. It loads nothing from anywhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from html import escape
from urllib.parse import quote, urlsplit

from channels.cleaning import tidy
from channels.message import OutboundMessage

QUOTED_LINES = 40
"""Lines of the answered letter that are quoted; who wants more has his own letter."""
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]+")
_LAST = ".,;:!?'"


def body(message: OutboundMessage, public_url: str) -> MIMEMultipart:
    """``multipart/alternative``: plain text first, HTML after it (RFC 2046, 5.1.4); the same bytes at every try."""
    text, quoted = tidy(message.text), quoted_lines(message.quotes)
    seam = hashlib.sha256(message.id.encode("utf-8", "replace")).hexdigest()[:32]
    mail = MIMEMultipart("alternative", boundary=f"=_{seam}")
    mail.attach(MIMEText(plain(text, quoted), "plain", "utf-8"))
    mail.attach(MIMEText(html(text, quoted, public_url), "html", "utf-8"))
    return mail


def quoted_lines(words: str) -> list[str]:
    """What is quoted: at most ``QUOTED_LINES`` lines, the last of them an ellipsis where more is left out."""
    lines = tidy(words).splitlines()
    return lines if len(lines) <= QUOTED_LINES else [*lines[: QUOTED_LINES - 1], "…"]


def plain(text: str, quoted: list[str]) -> str:
    """The text, and below it each quoted line behind ``> ``."""
    below = "\n".join(f"> {line}".rstrip() for line in quoted)
    return f"{text}\n\n{below}" if below else text


def html(text: str, quoted: list[str], public_url: str) -> str:
    """The same as a page. Every character of the text is escaped."""
    paragraphs = "".join(f"<p>{_lines(each, public_url)}</p>\n" for each in re.split(r"\n{2,}", text) if each)
    below = "<br>\n".join(escape(line) for line in quoted)
    quote_block = f'<blockquote style="margin:0;padding-left:1em;border-left:2px solid #999">{below}</blockquote>\n'
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"></head><body>\n'
        f"{paragraphs}{quote_block if quoted else ''}</body></html>\n"
    )


def _lines(paragraph: str, public_url: str) -> str:
    return "<br>\n".join(_linked(line, public_url) for line in paragraph.split("\n"))


def _linked(line: str, public_url: str) -> str:
    """The line escaped, addresses of our own site as links; any other address stays a text."""
    made, at = [], 0
    for found in _ADDRESS.finditer(line):
        address = found[0].rstrip(_LAST)
        made.append(escape(line[at : found.start()]))
        shown = escape(address)
        made.append(f'<a href="{shown}">{shown}</a>' if _is_ours(address, public_url) else shown)
        at = found.start() + len(address)
    return "".join((*made, escape(line[at:])))


def _is_ours(address: str, public_url: str) -> bool:
    """By scheme and host: ``https://desk.example.evil`` only begins like ``https://desk.example``."""
    if not public_url:
        return False
    try:
        given, own = urlsplit(address), urlsplit(public_url)
    except ValueError:
        return False
    return (given.scheme, given.netloc.lower()) == (own.scheme, own.netloc.lower())


def list_fields(own: str) -> Mapping[str, str]:
    """What a notice carries that he did not ask for (RFC 2919, RFC 2369): which list it is of, how to leave it."""
    domain = own.partition("@")[2]
    return {"List-Id": f"<notices.{domain}>", "List-Unsubscribe": f"<mailto:{own}?subject={quote('退订')}>"}
