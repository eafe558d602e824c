"""Registering (登记) what is said by telephone or at the counter: looked at while it is written down, then taken.

What is taken goes the way of what machines hand in: the channel makes a payload of it, which is kept, parsed and
received; a call that runs yet is put together as it stands. What the member of the desk chose is kept in the same
transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from sqlalchemy.orm import Session

from api import judging, pipeline, running_calls
from api.desk import Desk
from api.errors import Unregistrable
from api.live_calls import CHANNEL as CALLS
from api.live_calls import Key
from casework import call_notes, desk_work, registering, tickets
from casework.actors import Actor, Given
from casework.call_errors import CallOver
from casework.call_notes import BY_THE_AGENT, STATES
from casework.intake import Receipt
from casework.privacy import names_given
from casework.registering import Chosen
from casework.tables import Ticket
from channels.base import WritesDown
from channels.message import Account
from channels.registry import CHANNELS
from channels.written import Written
from storage import running_calls as stored_calls
from storage.running_calls import RunningCall
from triage.assessment import Assessment, Context, Entity

log = logging.getLogger(__name__)

LONGEST = 5_000
"""Characters of a matter as it is typed."""
MOST_MATTERS = 5
"""Tickets that are made of one call or visit at once."""
NUMBERED = "desk-"
"""Before the number of what is registered here: no platform's call is called so."""
_FOUND: Mapping[str, tuple[str, ...]] = {
    "place": ("address", "place"),
    "time": ("time",),
    "contact": ("phone",),
    "object": ("organisation", "order_number"),
}
"""Fields that fill themselves, each with the kinds of entities that say it, the best first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was written down of one matter, as it stands in the form."""

    text: str = ""
    phone: str = ""
    name: str = ""
    place: str = ""
    time: str = ""
    contact: str = ""
    object: str = ""
    id_number: str = ""
    chosen: Chosen = field(default_factory=Chosen)
    answer: str = ""
    """What the resident was told at once; the matter is closed by it."""

    def stated(self, channel: str) -> tuple[str, ...]:
        """Lines below the resident's words: what he said beside them, each once."""
        prefix = f"{BY_THE_AGENT} " if channel == CALLS else ""
        names = ("place", "time", "contact", "object") if channel == CALLS else ("time", "contact", "object")
        told = ((STATES[name], getattr(self, name)) for name in names)
        return tuple(f"{prefix}{label}：{value}" for label, value in told if value and value not in self.text)

    def whole(self, channel: str) -> str:
        """The words of the ticket that will come of it."""
        place = f"地点：{self.place}" if channel != CALLS and self.place and self.place not in self.text else ""
        return "\n".join(filter(None, (self.text, *self.stated(channel), place)))


@dataclass(frozen=True, slots=True)
class Look:
    """What triage makes of a matter that is not yet registered. ``found``: what its words say for the form's fields.

    ``assessment`` is None where nothing is said, or triage ``failed``. ``matters`` are the parts of a text of several.
    """

    assessment: Assessment | None = None
    failed: bool = False
    found: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one matter: its ticket, or why there is none."""

    ticket_id: str = ""
    number: str = ""
    ignored: str = ""


def look(desk: Desk, channel: str, said: Said) -> Look:
    """Triage what is typed, beside the open cases. Nothing is stored; a failure of triage is no error."""
    if not said.text.strip():
        return Look()
    try:
        assessment = judging.think(desk, said.whole(channel), Context(channel=channel, at=desk.now()))
    except Exception as problem:  # noqa: BLE001  whatever it was, the agent writes on
        log.warning("triage failed on what is registered: %s", type(problem).__name__)
        return Look(failed=True)
    found = {name: _found(said, assessment.entities, kinds) for name, kinds in _FOUND.items()}
    found["name"] = min(names_given(said.text), default="")
    has_number = bool(said.phone or said.contact)
    missing = [each for each in ORDER if each in assessment.missing and not (each == "contact" and has_number)]
    if not has_number and "contact" not in missing:
        missing.append("contact")
    return Look(
        assessment=assessment,
        found={name: value for name, value in found.items() if value},
        missing=tuple(missing),
        matters=_parts(said.text, assessment),
    )


_HOUSE = re.compile(
    r"(?:小区|家园)?(?:[东南西北]门|\d{1,4}(?:号楼|号院|号(?!线)|栋|幢|弄|楼(?!上|下)))?(?:\d{1,2}单元)?(?:\d{1,4}室)?"
)
"""What stands behind the name of a place and says where at it; matches nothing as well."""
_VAGUE = frozenset({"晚上", "早上", "白天", "夜里", "中午", "下午", "上午", "现在", "每天", "平时"})
"""Times of day that tell no time at which something was."""
ORDER = ("place", "time", "object", "contact")
"""In which a caller is asked for what is missing."""


def _found(said: Said, entities: Sequence[Entity], kinds: Sequence[str]) -> str:
    """The first entity of the best kind among the resident's own words; never the number that he calls from."""
    for kind in kinds:
        for each in entities:
            if each.kind == kind and each.end <= len(said.text) and each.text not in (said.phone, *_VAGUE):
                end = each.end if kind not in _FOUND["place"] else _HOUSE.match(said.text, each.end).end()  # type: ignore[union-attr]
                return said.text[each.start : end]
    return ""


def _parts(text: str, assessment: Assessment) -> tuple[str, ...]:
    """The text cut where another matter begins; one part where it is one matter."""
    starts = sorted({each.start for each in assessment.matters if 0 < each.start < len(text)})
    if len(assessment.matters) < 2 or not starts:
        return ()
    cuts = [0, *starts, len(text)]
    parts = [text[start:end].strip(" \n，,；;。") for start, end in pairwise(cuts)]
    return tuple(filter(None, parts))[:MOST_MATTERS]


def register(
    desk: Desk, actor: Actor, channel: str, once: str, matters: Sequence[Said], *, call: Key | None = None
) -> list[Made]:
    """Take what was written down, a ticket for each matter, and judge it. ``once`` makes it once only.

    The first matter of a ``call`` that runs yet goes on that call's ticket. Raises ``Unregistrable``, and as
    ``registering.keep`` does; then nothing is stored.
    """
    registering.check_registrar(actor)
    for said in matters:
        registering.check(desk.district, said.chosen)
        if not said.text.strip():
            raise Unregistrable("请先写诉求内容")
    account = desk.account_or_bare(channel, desk.first_account(channel) or "default")
    now = desk.now()
    alone = matters[1:] if call is not None else matters
    readings = [
        _read(desk, account, _written(channel, f"{NUMBERED}{once}{_part(at)}", said, actor, now))
        for at, said in enumerate(alone, start=2 if call is not None else 1)
    ]
    with desk.database.write.begin() as session:
        receipts = [_of_call(session, desk, actor, call, matters[0])] if call is not None else []
        receipts += [pipeline.stored(desk, session, [reading], now=now)[0][0] for reading in readings]
        for said, receipt in zip(matters, receipts, strict=True):
            if receipt.ticket_id:
                _keep(session, desk, actor, channel, said, receipt, on_call=call is not None and said is matters[0])
    fresh = [each.ticket_id for each in receipts if each.fresh]
    if fresh:
        pipeline.assess(desk, fresh)
    desk.live_calls.stir()
    return [_made(desk, actor, said, receipt) for said, receipt in zip(matters, receipts, strict=True)]


def _part(at: int) -> str:
    return "" if at == 1 else f"-{at}"


def _written(channel: str, number: str, said: Said, actor: Actor, now: datetime) -> Written:
    return Written(
        number=number,
        at=now,
        text=said.text,
        phone=said.phone,
        name=said.name,
        place=said.place,
        stated=said.stated(channel),
        id_number=said.id_number,
        clerk=actor.name,
    )


def _read(desk: Desk, account: Account, written: Written) -> pipeline.Reading:
    """The one message that the channel makes of it. Raises ``Unregistrable`` with the channel's own words."""
    channel = CHANNELS[account.channel]
    if not isinstance(channel, WritesDown):
        raise TypeError(account.channel)
    (reading,) = pipeline.read(desk, account, [channel.written(written, account)])
    if reading.problem is not None:
        raise Unregistrable(reading.problem.why)
    if reading.refused:
        raise Unregistrable("；".join(each.why for each in reading.refused))
    return replace(reading, messages=reading.messages[:1])


def _of_call(session: Session, desk: Desk, actor: Actor, key: Key, said: Said) -> Receipt:
    """Put the agent's words down on the call that runs, and open its ticket of what was said so far."""
    account = desk.account_or_bare(CALLS, key[0])
    if session.get(RunningCall, (CALLS, *key)) is None:
        raise Unregistrable("没有这通电话，请刷新页面")
    call = stored_calls.held(session, CALLS, *key, now=desk.now())
    heard = running_calls.joining(account).heard(
        call.call_id, [each.content for each in stored_calls.pieces(session, call)], (), account
    )
    own = said.text if said.text.strip() != heard.words.strip() else ""
    number = said.phone if said.phone != heard.phone else ""
    name = said.name if said.name != heard.name else ""
    contact = " ".join(filter(None, (name, number, said.contact)))
    given = {"matter": own, "place": said.place, "time": said.time, "contact": contact, "object": said.object}
    given |= {call_notes.CATEGORY: said.chosen.category}
    try:
        for name_of, value in given.items():
            call_notes.keep(session, desk.district, call, name_of, value, actor=actor, now=desk.now())
    except CallOver as over:
        raise Unregistrable("通话刚刚结束，请按最新情况再登记") from over
    session.flush()
    found = running_calls.put_together(desk, session, account, call, now=running_calls.in_turn(desk, call))
    if not found:
        raise Unregistrable("这通电话的转写已经成单，请到通话页面查看")
    return found[0]


def _keep(
    session: Session, desk: Desk, actor: Actor, channel: str, said: Said, receipt: Receipt, *, on_call: bool
) -> None:
    """On a call's ticket the category stands as the call's note already."""
    chosen = replace(said.chosen, category="") if on_call else said.chosen
    registering.keep(session, desk.district, receipt.ticket_id, chosen, channel=channel, actor=actor, now=desk.now())


def _made(desk: Desk, actor: Actor, said: Said, receipt: Receipt) -> Made:
    if not receipt.ticket_id:
        return Made(ignored=receipt.reason)
    with desk.database.write.begin() as session:
        ticket = tickets.get_ticket(session, desk.district, receipt.ticket_id, actor)
        if said.answer and ticket.state == "assessed" and ticket.case_id is None:
            given = Given(text=said.answer)
            desk_work.move(session, desk.district, ticket, "answer_directly", actor=actor, now=desk.now(), given=given)
        return Made(ticket.id, ticket.number)


ALIKE = 0.5
"""Score from which an open ticket of the same caller is offered to be urged before a new one is opened."""


def fitting(desk: Desk, text: str, open_tickets: Sequence[Ticket]) -> frozenset[str]:
    """Ids of those of a caller's tickets that what he says now may be about. Nothing where triage fails."""
    if not text.strip() or not open_tickets:
        return frozenset()
    try:
        engine = desk.engine
        side = engine.sides.read(text, at=desk.now())
        others = [(each.id, engine.side(each.title, each.text, each.opened_at)) for each in open_tickets]
        found = engine.comparer.similar(side, others)
    except Exception as problem:  # noqa: BLE001  a hint is no reason to lose the form
        log.warning("a caller's tickets could not be compared: %s", type(problem).__name__)
        return frozenset()
    return frozenset(each.case_id for each in found if each.same_matter or each.score >= ALIKE)


def with_fields(said: Said, given: Mapping[str, str]) -> Said:
    """The same with these fields filled."""
    return replace(
        said,
        place=given.get("place", said.place),
        time=given.get("time", said.time),
        contact=given.get("contact", said.contact),
        object=given.get("object", said.object),
        name=given.get("name", said.name),
    )
