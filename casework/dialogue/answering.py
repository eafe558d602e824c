"""What a dialogue says once its ticket was judged, and whether that waits for the resident: in ``filing.file``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from casework import alarms
from casework.dialogue import keeping, saying
from casework.dialogue.acting import matter_of
from casework.dialogue.judging import Judged, Offer, judge
from casework.dialogue.tables import Dialogue
from casework.tables import Ticket
from casework.telling import matter
from district.dialogue import is_foreign
from district.pack import District
from triage.assessment import Assessment

PLACES = ("address", "place")
LOCATED = (*PLACES, "organisation")
"""What says where it is: a school or a market can be found by its name."""
OPENINGS = ("received", "other_language")
SHOWN = 60
"""Characters of a thing found that a summary shows."""
_MANY = r"(?:\d{1,2}|[一二两三四五六七八九十半几好]{1,3})多?(?:个[半多]?)?(?:小时|钟头|天|周|星期|礼拜|月|年)半?多?"
_HOW_LONG = re.compile(
    rf"(?<![第\d限])(?!\d?[一二三四五六七八九十]{{0,2}}月)(?P<long>{_MANY})(?=了|没|不|未|都|还|一直)"
    rf"|(?:已经?|连续|连着|持续|快)(?:有|了)?(?P<so_far>{_MANY})"
)
"""A length of time up to now, told by what stands around it: 三天内, 第三天 and 三月 are none."""


def answer(
    session: Session,
    district: District,
    row: Dialogue,
    ticket: Ticket,
    assessment: Assessment,
    offer: Offer,
    *,
    now: datetime,
) -> bool:
    """Say what is to be said of the ticket as it was judged. Return whether it waits for the resident.

    A ticket that is not in hand any more (another was opened since) says ``received`` and waits for nothing.
    """
    state = keeping.state_of(row)
    if state.ticket != ticket.id:
        return False
    judged = Judged(
        missing=_missing(district, ticket, assessment),
        offer=offer,
        emergency=ticket.urgency == alarms.EMERGENCY,
        foreign=is_foreign(ticket.text),
        summary=_summary(ticket, assessment, answers=state.given.values()),
    )
    step = judge(district.dialogue, state, judged, agent=row.agent_id is not None, now=now)
    opens = bool(step.says) and step.says[0].template in OPENINGS
    turns = f"{ticket.id}:{len(step.state.asked)}:{step.state.summaries}:{step.state.phase}"
    purpose = f"received:{ticket.id}" if opens else f"judged:{turns}"
    saying.say_all(session, district, row, ticket, step.says, state=step.state, purpose=purpose, now=now)
    keeping.put(session, district.dialogue, row, step.state, now=now)
    return step.state.holds


def _missing(district: District, ticket: Ticket, assessment: Assessment) -> tuple[str, ...]:
    """What triage misses; and where it is, if somebody has to go there and no place is named."""
    missing = assessment.missing
    if "place" in missing or any(each.kind in LOCATED for each in assessment.entities):
        return missing
    rules = district.dialogue
    on_site = ticket.request_type in rules.on_site_types and ticket.category.startswith(rules.on_site)
    return ("place", *missing) if on_site or ticket.urgency == alarms.EMERGENCY else missing


def _summary(ticket: Ticket, assessment: Assessment, *, answers: Collection[str]) -> Mapping[str, str]:
    """What the ticket says, by field; what he answered to a question has a line of its own."""
    told = "\n".join(line for line in ticket.text.split("\n") if line not in answers)
    found = {"matter": matter(ticket.title, told) or matter_of(ticket)}
    for name, kinds in (("place", PLACES), ("time", ("time",)), ("object", ("plate", "organisation"))):
        first = next((each.text for each in assessment.entities if each.kind in kinds), "")
        if first:
            found[name] = first[:SHOWN]
    dated = any(each.kind == "time" and each.value.get("start") for each in assessment.entities)
    if not dated and (long := how_long(told)):
        found["time"] = long
    return found


def how_long(text: str) -> str:
    """三天 of 路灯三天不亮了: for how long it has been so, which tells more of when than a mere 晚上; else empty."""
    found = _HOW_LONG.search(text)
    return (found["long"] or found["so_far"]) if found else ""
