"""Who wrote, and where an answer goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses

from channels.cleaning import clean_line
from channels.mailbox.charsets import decode
from channels.mailbox.headers import Headers, decode_words

UNKNOWN_DOMAIN = "sender.invalid"
"""Domain of the made-up address of a letter without any usable sender: nothing is ever sent there."""

_ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"'，；：（）《》]{1,64}@(?:[^\s@<>()\[\]\\,;:\"'，；：（）《》]{1,190}|\[[0-9a-fA-F.:]{3,45}\])"
)
_FIELD_LIMIT = 4_000
NAME_LIMIT = 120
"""Characters of a name: what the desk keeps of a resident's."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in lower case (people type it both ways; hosts treat both alike) and the name beside it."""

    address: str
    name: str = ""


def addresses(value: bytes, charset: str = "") -> tuple[Mailbox, ...]:
    """The usable addresses of an address field, in order."""
    text = decode(value[:_FIELD_LIMIT], charset).text.replace("＠", "@").replace("＜", "<").replace("＞", ">")
    found: list[Mailbox] = []
    for name, address in _pairs(text):
        shown = clean_line(decode_words(name.encode("utf-8", "replace"), "utf-8"), NAME_LIMIT).strip("\"'<> ")
        plain = clean_line(decode_words(address.encode("utf-8", "replace"), "utf-8")).strip("<>. ")
        if _ADDRESS.fullmatch(plain):
            found.append(Mailbox(plain.lower(), "" if shown.lower() == plain.lower() else shown))
    return tuple(found) or _loose(text)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([text])
    except (ValueError, IndexError, AttributeError, TypeError, RecursionError):
        return []


def _loose(text: str) -> tuple[Mailbox, ...]:
    """Addresses in a field that follows no grammar: the name is what stands before the first."""
    whole = clean_line(decode_words(text.encode("utf-8", "replace"), "utf-8"))
    found = list(_ADDRESS.finditer(whole))
    if not found:
        return ()
    name = whole[: found[0].start()].strip(" <\"'")[:NAME_LIMIT]
    return tuple(Mailbox(item.group().lower().rstrip("."), name if item is found[0] else "") for item in found)


@dataclass(frozen=True, slots=True)
class Origin:
    """The writer, the address he wants answers at (empty: the same), and what was mended."""

    writer: Mailbox
    reply_to: str = ""
    notes: tuple[str, ...] = ()


def origin_of(headers: Headers, charset: str, fingerprint: str) -> Origin:
    """From, else Sender, Reply-To, Return-Path; without any, an address made of ``fingerprint`` that nobody has.

    Two letters without a sender must not become one resident, so each has its own.
    """
    answers = addresses(headers.raw("reply-to"), charset)
    reply_to = answers[0].address if answers else ""
    for name in ("from", "sender", "reply-to", "return-path"):
        found = addresses(headers.raw(name), charset)
        if found:
            notes = () if name == "from" else (f"发件人缺失或无效，取自 {name.title()}",)
            writer = found[0]
            return Origin(writer, "" if reply_to == writer.address else reply_to, notes)
    shown = headers.text("from", charset)[:100].strip("\"'<>@ ")
    return Origin(
        Mailbox(f"unknown-{fingerprint[:12]}@{UNKNOWN_DOMAIN}", shown), "", ("没有可用的发件人地址，无法回复",)
    )
