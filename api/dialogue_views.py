"""Conversations as JSON."""

from __future__ import annotations

from typing import Any

from casework.dialogue.note_tables import InternalNote
from casework.dialogue.tables import Dialogue
from casework.dialogue.talks import Listed
from casework.reading import Reader
from casework.tables import Case, Ticket


def talk_json(reader: Reader, talk: Listed) -> dict[str, Any]:
    """One conversation of the list, in words that the reader may read in a list."""
    ticket = talk.ticket
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "channel": ticket.channel,
        "account": ticket.account,
        "resident": reader.name(ticket, listed=True),
        "title": reader.listed(ticket).text(ticket.title or ticket.text),
        "urgency": ticket.urgency,
        "waiting_since": talk.waiting_since,
        "unanswered_since": talk.unanswered_since,
        "last_words": reader.listed(ticket).text(talk.last_words),
        "last_at": talk.last_at,
        "speaker": speaker_json(talk.dialogue),
    }


def speaker_json(dialogue: Dialogue | None) -> dict[str, Any] | None:
    """The person who speaks to the resident now; None: the bot does."""
    if dialogue is None or dialogue.agent_id is None:
        return None
    return {"id": dialogue.agent_id, "name": dialogue.agent_name, "since": dialogue.agent_since}


def note_json(reader: Reader, note: InternalNote, case: Case | None, ticket: Ticket | None) -> dict[str, Any]:
    """An internal note, as the reader reads the desk's record."""
    return {
        "id": note.id,
        "at": note.at,
        "by": note.by_name,
        "unit": note.by_unit,
        "for_units": note.for_units,
        "text": reader.record(case, ticket).text(note.text),
    }
