"""Saying what a step says: its sentences as one message, with what may be pressed on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from casework import telling, writing_back
from casework.dialogue.state import Say, State
from casework.dialogue.tables import Dialogue
from casework.tables import Ticket
from casework.writing_back import Name
from district.dialogue import DialogueRules
from district.pack import District


def say_all(
    session: Session,
    district: District,
    row: Dialogue,
    ticket: Ticket | None,
    says: Sequence[Say],
    *,
    state: State,
    purpose: str,
    now: datetime,
    message_id: str | None = None,
) -> str | None:
    """Queue the sentences as one message, once for the ``purpose``; with a ticket it is one about it.

    Return the delivery's id, None where there is nothing to say.
    """
    if not says:
        return None
    choices = choices_of(district.dialogue, state.options) if state.options else []
    first, *rest = says
    if ticket is not None:
        then = [(each.template, each.fields) for each in rest]
        return telling.say(
            session,
            district,
            ticket,
            first.template,
            purpose=purpose,
            now=now,
            fields=first.fields,
            then=then,
            choices=choices,
        )
    to = Name(row.channel, row.account, row.sender, message_id)
    return writing_back.say(
        session, district, to, first.template, purpose=purpose, now=now, choices=choices, fields=first.fields
    )


def choices_of(rules: DialogueRules, options: Sequence[str]) -> list[tuple[str, str]]:
    """Key and label of each option: the key is the number that would be typed."""
    return [(str(at), _label(rules, each, at)) for at, each in enumerate(options, 1)]


def _label(rules: DialogueRules, option: str, number: int) -> str:
    kind, _, of = option.partition(":")
    if kind == "article":
        return f"第 {number} 个"
    if kind == "field":
        return rules.fields.get(of, rules.choices.get(of, of))  # type: ignore[call-overload, no-any-return]
    return rules.choices.get(kind, kind)
