"""RFC 822 bytes into an ``InboundMessage``.

Raises ``UnreadableMessage`` for what is no mail or too large, and nothing else; whatever can be mended is mended
and noted.
"""

from __future__ import annotations

import hashlib
import re

from channels.cleaning import clean_text
from channels.errors import UnreadableMessage
from channels.mailbox import automatic, bounces, quotes
from channels.mailbox.addresses import Origin, addresses, origin_of
from channels.mailbox.bodies import Body, read_body
from channels.mailbox.dates import sent_at
from channels.mailbox.headers import Headers, decode_words
from channels.mailbox.mime import Part, read_parts
from channels.mailbox.threading import find_token, message_ids, thread_of
from channels.message import Account, InboundMessage, Parsed, Sender

NAME = "mailbox"
MAX_BYTES = 25_000_000
"""Bytes of a letter taken by default (``max_bytes``)."""

_TELLING = frozenset(
    [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "sender",
        "reply-to",
        "delivered-to",
        "content-type",
        "in-reply-to",
        "references",
        "x-mailer",
        "user-agent",
        "content-transfer-encoding",
        "content-disposition",
        "list-id",
    ]
)
_ID_LIMIT = 250


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Make one letter into one message. Raises ``UnreadableMessage`` with where ``size``, ``header`` or ``mail``."""
    limit = int(account.settings.get("max_bytes") or MAX_BYTES)
    if len(payload) > limit:
        raise UnreadableMessage("size", f"邮件 {len(payload) / 1e6:.1f} MB，超过上限 {limit / 1e6:.1f} MB")
    try:
        return [_message(payload, account)]
    except UnreadableMessage:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError, OverflowError) as error:
        # The promise to the edge: a letter that trips a reader is quarantined with its bytes, never lost.
        raise UnreadableMessage("mail", f"邮件无法解析（{type(error).__name__}）") from error


def _message(payload: bytes, account: Account) -> InboundMessage:
    parts = read_parts(*_begin(payload))
    headers = parts[0].headers
    if not any(name in _TELLING for name, _ in headers.fields):
        raise UnreadableMessage("header", "没有邮件信头")
    charset = _header_charset(parts)
    body = read_body(parts)
    subject = headers.text("subject", charset)
    fingerprint = letter_hash(headers, charset, body)
    origin = origin_of(headers, charset, fingerprint)
    own_address = str(account.settings.get("address") or "").strip()
    kind = automatic.classify(parts, subject, body.text, origin.writer, own_address)
    thread = thread_of(headers.raw("in-reply-to"), b" ".join(headers.all("references")))
    report = None
    if kind == "bounce":
        thread = automatic.returned_ids(parts)
        report = bounces.report(parts, subject, body.text)
    moment, date_note = sent_at(headers)
    cut = quotes.Cut(body.text, history=False)
    if kind != "bounce":
        cut = quotes.own_words(body.text, subject=subject, answers=bool(thread), address=origin.writer.address)
    sender, sender_note = _sender(origin, kind, own_address)
    notes = [*body.notes, *origin.notes, sender_note, date_note, *_notes(headers, body, cut)]
    if kind == "bounce":
        notes += automatic.bounce_notes(parts)
    return InboundMessage(
        channel=account.channel,
        account=account.name,
        delivery_id=f"letter:{fingerprint}",
        kind="mail",
        sender=sender,
        external_id=_external_id(headers),
        title=subject,
        text=cut.text,
        full_text=body.text,
        sent_at=moment,
        attachments=tuple(body.attachments),
        thread=thread,
        ticket_token=find_token(subject),
        automatic=kind,
        report=report,
        notes=tuple(dict.fromkeys(clean_text(note)[:300] for note in notes if note)),
    )


def _begin(payload: bytes) -> tuple[bytes, int]:
    """The payload with line feeds if it has carriage returns only, and where the letter begins.

    Left out: a byte order mark, blank lines and the ``From `` line of a mailbox file.
    """
    if b"\n" not in payload:
        payload = payload.replace(b"\r", b"\n")
    found = re.match(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]*(?:\r\n|\n|\r))?", payload)
    start = found.end() if found else 0
    return payload, start


def _header_charset(parts: list[Part]) -> str:
    """A hint for raw 8-bit headers: the charset of the first text part that names one."""
    return next((part.charset for part in parts if part.charset and part.media_type.startswith("text/")), "")


def _external_id(headers: Headers) -> str:
    ids = message_ids(headers.raw("message-id"))
    found = ids[0] if ids else ""
    if len(found) > _ID_LIMIT:
        return f"<{hashlib.sha256(found.encode()).hexdigest()}@long-id.invalid>"
    return found


def _sender(origin: Origin, kind: str, own_address: str) -> tuple[Sender, str]:
    """Whom an answer goes to, and a note where that is not the writer.

    A person's Reply-To is where he wants it (portals write from a no-reply address and name the resident there).
    In automatic mail it is not followed, nor where it names this very mailbox.
    """
    writer = origin.writer
    if kind or not origin.reply_to or origin.reply_to == own_address.lower():
        return Sender(writer.address, writer.name), ""
    return Sender(origin.reply_to, writer.name), f"回信地址取自 Reply-To，发件人为 {writer.address}"


def _notes(headers: Headers, body: Body, cut: quotes.Cut) -> list[str]:
    notes = []
    if not body.text and not body.attachments:
        notes.append("信件没有正文")
    if cut.history:
        notes.append("引用的历史邮件已折叠")
    if len(headers.all("from")) > 1:
        notes.append("有多个发件人信头，取第一个")
    return notes


def letter_hash(headers: Headers, charset: str, body: Body) -> str:
    """32 hex digits that all copies of one letter share, whichever way they came.

    Over Message-ID, sender, subject, date, text and files, each decoded: what relays add (Received, Delivered-To,
    X-…) and how they re-encode bodies does not count.
    """
    digest = hashlib.sha256()
    senders = ",".join(item.address for item in addresses(headers.raw("from"), charset))
    date = decode_words(headers.raw("date"))
    for item in (
        _external_id(headers),
        senders,
        headers.text("subject", charset),
        " ".join(date.split()),
        "".join(body.text.split()),
    ):
        digest.update(item.encode("utf-8", "replace") + b"\0")
    for attachment in body.attachments:
        digest.update(hashlib.sha256(attachment.content or b"").digest())
    return digest.hexdigest()[:32]
