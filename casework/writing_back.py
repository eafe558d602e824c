"""Words to a name that a resident is known by, where they are about no ticket: a code, an answer to a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from district.pack import District
from storage import deliveries


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a resident on a channel's account; ``message_id`` is the message that is answered."""

    channel: str
    account: str
    external: str
    message_id: str | None = None
    ticket_id: str | None = None


def say(
    session: Session,
    district: District,
    to: Name,
    template: str,
    *,
    purpose: str,
    now: datetime,
    choices: Sequence[tuple[str, str]] = (),
    fields: Mapping[str, str] | None = None,
) -> str:
    """Queue a templated message to this name, once for each ``purpose``. Return the delivery's id.

    ``choices`` are what may be pressed on it.
    """
    words = district.templates.render_offered(template, to.channel, fields or {})
    return deliveries.enqueue(
        session,
        purpose=purpose,
        channel=to.channel,
        account=to.account,
        recipient=to.external,
        ticket_id=to.ticket_id,
        reply_to_message=to.message_id,
        template=template,
        title=words.subject,
        text=words.text,
        choices=[list(choice) for choice in choices],
        fields=district.templates.taken(template, fields or {}),
        now=now,
    )
