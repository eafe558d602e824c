"""A running call as one reader may see it: the document of the API, which the page shows as well.

A call is looked at as the ticket it will be, so who sees what of its caller is settled where it is for tickets
(``casework.reading``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.desk import Desk
from api.live_calls import CHANNEL, Picture
from api.web import ticket_page
from casework.actors import DESK, Actor
from casework.call_notes import CATEGORY, READS, STATES
from casework.errors import NotAllowed
from casework.reading import Reader
from casework.resident_tables import Resident
from casework.tables import Ticket

MISSING = {"place": "具体位置", "time": "时间", "contact": "联系方式", "object": "对象"}
SIDES = {"agent": "坐席", "caller": "来电人", "machine": "系统"}
FIRST_WORDS = 60
"""Characters of a call in the list."""
ERASED = "这通电话的内容已依法删除"


def check_reader(actor: Actor) -> None:
    """Raises ``NotAllowed`` for roles that have no business with running calls."""
    if actor.role not in READS:
        raise NotAllowed("查看通话", "由热线、派单、督办、管理和审计人员查看")


def listed(session: Session, desk: Desk, reader: Reader, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """Calls of a list, without their turns."""
    return [_brief(session, desk, reader, each) for each in pictures]


def _brief(session: Session, desk: Desk, reader: Reader, picture: Picture) -> dict[str, Any]:
    ticket = _ticket_of(session, picture)
    veil = reader.listed(ticket)
    words = veil.text(ticket.text).replace("\n", " ")
    return _head(desk, reader, picture, ticket) | {
        "words": words[:FIRST_WORDS] + ("…" if len(words) > FIRST_WORDS else ""),
        "category": _first_category(desk, ticket),
    }


def whole(session: Session, desk: Desk, reader: Reader, picture: Picture) -> dict[str, Any]:
    """One call with its turns, what triage makes of it, and what its agent put down."""
    ticket = _ticket_of(session, picture)
    veil = reader.of(ticket)
    suggestion = reader.suggestion(ticket)
    gone = ticket.erased_at is not None
    return _head(desk, reader, picture, ticket) | {
        "turns": [
            {
                "sequence": turn.sequence,
                "side": turn.side,
                "speaker": veil.text(turn.speaker) or SIDES[turn.side],
                "text": veil.text(turn.text),
                "at": _clock(turn.start),
                "seconds": turn.start,
                "final": turn.final,
                "late": turn.late,
            }
            for turn in picture.heard.turns
            if not gone
        ],
        "notes": [veil.text(each) for each in picture.heard.notes],
        "suggestion": suggestion,
        "failed": bool(picture.failed),
        "missing": [
            {"name": name, "label": MISSING[name], "ask": desk.district.ask_words.of(name)}
            for name in suggestion.get("missing", [])
            if name in MISSING
        ],
        "articles": [
            {"number": article.number, "question": article.question, "short_answer": article.short_answer}
            for article, _ in ticket_page.articles_beside(session, desk, ticket)
        ],
        "similar_cases": ticket_page.similar_cases(session, reader, ticket),
        "noted": {
            each.field: {
                "label": "分类" if each.field == CATEGORY else STATES[each.field],
                "value": each.value if each.field == CATEGORY else veil.text(each.value),
                "by": each.by_name,
                "at": each.at,
            }
            for each in picture.noted
            if not gone
        },
        "may_note": reader.actor.role in DESK and not picture.is_over,
    }


def _head(desk: Desk, reader: Reader, picture: Picture, ticket: Ticket) -> dict[str, Any]:
    """What both the list and the page say of a call."""
    end = picture.ended_at or desk.now()
    account, call_id = picture.key
    urgency = reader.suggestion(ticket).get("urgency") or {}
    alarming = picture.alert_id is not None or ticket.urgency == "emergency"
    standing = picture.standing
    return {
        "account": account,
        "call_id": call_id,
        "version": picture.version,
        "state": standing.state,
        "began_at": began(picture),
        "ended_at": picture.ended_at,
        "seconds": max(0, int((end - began(picture)).total_seconds())),
        "caller": {"name": reader.name(ticket), "phone": reader.of(ticket).text(picture.heard.phone)},
        "emergency": alarming,
        "alerted": picture.alert_id is not None,
        "urgency": {
            "level": "emergency" if alarming else urgency.get("level", "normal"),
            "reasons": urgency.get("reasons", []),
            "advice": urgency.get("advice", ""),
        },
        "ticket": {"id": standing.ticket_id, "number": standing.number} if standing.ticket_id else None,
        "ignored": standing.ignored if ticket.erased_at is None else ERASED,
    }


def began(picture: Picture) -> datetime:
    """When the call began: the platform's word, unless it lies after the first piece or a day before it."""
    told, came = picture.heard.started, picture.began_at
    return told if told is not None and 0 <= (came - told).total_seconds() < 86_400 else came


def _clock(seconds: float | None) -> str:
    """As it stands beside a turn: 02:03, 62:03; "" where no time was given."""
    return "" if seconds is None else "{:02}:{:02}".format(*divmod(round(seconds), 60))


def _first_category(desk: Desk, ticket: Ticket) -> dict[str, Any] | None:
    best = next(iter(ticket.suggestion.get("category") or []), None)
    taxonomy = desk.district.taxonomy
    if ticket.category in taxonomy and (best is None or best["code"] != ticket.category):
        return {"code": ticket.category, "path": list(taxonomy.get(ticket.category).path), "probability": None}
    return best


def _ticket_of(session: Session, picture: Picture) -> Ticket:
    """The call's ticket, or one as it would be now, which is in no session."""
    if picture.standing.ticket_id:
        found = session.get(Ticket, picture.standing.ticket_id)
        if found is not None:
            return found
    heard, thought = picture.heard, picture.assessment
    account, _ = picture.key
    picked = next((each.value for each in picture.noted if each.field == CATEGORY), "")
    return Ticket(
        id="",
        number="",
        code="",
        state="received",
        channel=CHANNEL,
        account=account,
        sender=heard.phone,
        title="",
        text=picture.text,
        suggestion=thought.as_json() if thought is not None else {},
        category=picked or (thought.category[0].code if thought is not None and thought.category else ""),
        request_type=thought.request_type.value if thought is not None else "",
        urgency=thought.urgency.level if thought is not None else "normal",
        street=thought.street if thought is not None else "",
        community=thought.community if thought is not None else "",
        confidential=False,
        resident=Resident(name=heard.name, phone=heard.phone),
    )


Turn = dict[str, Any]


def changed_turns(before: Sequence[Turn] | None, after: Sequence[Turn]) -> dict[str, Any]:
    """What a reader of ``before`` must do to have ``after``: ``whole`` says that ``turns`` are all there are.

    Otherwise ``gone`` are sequence numbers to take out first, and then each of ``turns`` stands ``after`` the number
    given with it (None: at the start), in the order listed.
    """
    numbers = [each["sequence"] for each in after]
    if before is not None:
        old = {each["sequence"]: each for each in before}
        held = [number for number in old if number in set(numbers)]
        if held == [number for number in numbers if number in old]:
            previous = dict(zip(numbers, [None, *numbers], strict=False))
            there = set(numbers)
            fresh = [
                each | {"after": previous[each["sequence"]]} for each in after if old.get(each["sequence"]) != each
            ]
            return {"whole": False, "turns": fresh, "gone": [number for number in old if number not in there]}
    return {"whole": True, "turns": list(after), "gone": []}
