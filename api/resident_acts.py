"""What a resident does himself while his matter is under way, by his lookup code: adding to it and urging it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from api.desk import Desk
from casework import intake, tickets, urging
from casework.tables import Ticket
from channels import form_fields
from channels.cleaning import tidy
from channels.errors import UnreadableMessage
from channels.file_limits import limits_of
from channels.message import Attachment, InboundMessage, Sender
from storage.database import new_id

LONGEST = 2000


def add(desk: Desk, code: str, text: str, files: Sequence[tuple[str, bytes]] = (), *, key: str = "") -> None:
    """Add words, photos or both (补充). Under one ``key`` it is added once.

    Raises ``UnreadableMessage``, which says what is wrong with which; ``UnknownTicket``; and ``WrongState`` when the
    matter is over.
    """
    words = tidy(text).strip()
    limits = limits_of(desk.account_or_bare("web"))
    if len(files) > limits.files:
        raise UnreadableMessage("photos", f"一次最多 {limits.files} 张")
    photos = [
        form_fields.photo(content, name, number, limits.file_bytes) for number, (name, content) in enumerate(files, 1)
    ]
    if not words and not photos:
        raise UnreadableMessage("text", "请写几句话，或者选照片")
    if len(words) > LONGEST:
        raise UnreadableMessage("text", f"最多 {LONGEST} 个字")
    payload = json.dumps({"adds_to": code, "text": words, "photos": [each.name for each in photos]}, ensure_ascii=False)
    digest, *blobs = desk.blobs.put_many(
        [payload.encode("utf-8", "replace"), *(each.content or b"" for each in photos)]
    )
    kept = tuple(
        Attachment(each.name, each.media_type, None, blob=blob, size=len(each.content or b""))
        for each, blob in zip(photos, blobs, strict=True)
    )
    with desk.thinker.after_this(), desk.database.write.begin() as session:
        ticket = tickets.by_code(session, code)
        message = _message(ticket, words, kept, key or new_id())
        receipt = intake.add(session, desk.district, ticket, message, blob=digest, now=desk.now())
    if receipt.fresh:
        desk.thinker.submit(receipt.ticket_id)


def _message(ticket: Ticket, text: str, photos: tuple[Attachment, ...], key: str) -> InboundMessage:
    return InboundMessage(
        channel=ticket.channel,
        account=ticket.account,
        delivery_id=f"added:{ticket.id}:{key}",
        external_id="",
        kind="text" if text else "image",
        sender=Sender(ticket.sender, ticket.resident.name),
        text=text,
        attachments=photos,
        ticket_token=ticket.code,
    )


def urge(desk: Desk, code: str) -> None:
    """催办. Raises ``UnknownTicket``, ``UrgedLately`` and ``WrongState``."""
    with desk.database.write.begin() as session:
        urging.by_himself(session, desk.district, tickets.by_code(session, code), now=desk.now())
