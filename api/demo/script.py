"""The script of the demo's history: what becomes of one ticket, told as a generator of the moments it goes on.

Each function gives the time of its next act and is continued then; between two acts other tickets live. The shares
are an ordinary district's: most in time, some late, some returned, reworked, out of reach.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from api.demo.cast import DISPATCHER, SUPERVISOR, Cast
from casework.actors import CallbackResult, Given
from district.schemas import Role

Life = Iterator[datetime]
Stretch = Generator[datetime, None, datetime]
"""A part of a life; it returns the time at its end."""

HOPES = (0.85, 0.5, 0.4)
"""How likely a resident calls his matter solved after the first answer and after each rework the workflow allows."""


def ticket_life(cast: Cast, ticket_id: str, at: datetime, labels: dict[str, tuple[str, str]]) -> Life:
    """A ticket from its intake to its end. ``labels`` may learn of its category until the desk takes it up."""
    if cast.urgency(ticket_id) == "emergency":
        at += timedelta(minutes=cast.dice.randint(2, 6))
    else:
        at = cast.later(at, 0.15, 0.9, "desk")
    yield at
    outcome, case_id = cast.take_up(ticket_id, *labels.get(ticket_id, ("", "")), now=at)
    if cast.urgency(ticket_id) == "emergency":
        yield (at := at + timedelta(minutes=4))
        cast.acknowledge(ticket_id, now=at)
    if outcome == "direct":
        at = cast.later(at, 14, 30, "desk")
        yield at
        cast.call(ticket_id, CallbackResult(True, True, True, "satisfied"), now=at)
    elif outcome == "case" and cast.state(case_id) == "dispatched":
        yield from case_life(cast, case_id, ticket_id, at)


def case_life(cast: Cast, case_id: str, ticket_id: str, at: datetime) -> Life:
    """A dispatched case to its closure."""
    at = yield from _signed(cast, case_id, at)
    if cast.chance(0.02):
        at = cast.later(at, 1, 4)
        yield at
        cast.end(ticket_id, "withdraw", now=at)
        if cast.state(case_id) == "closed":
            return
    at = yield from _worked_on(cast, case_id, at)
    for turn, hope in enumerate(HOPES):
        at = yield from _answered(cast, case_id, at, first=turn == 0)
        at = yield from _called_back(cast, case_id, at, hope=hope)
        if cast.state(case_id) != "in_progress":
            return


def _signed(cast: Cast, case_id: str, at: datetime) -> Stretch:
    """The unit takes the case, after a return where it was sent to the wrong one or feels so."""
    proposed, line = cast.evidence(case_id)
    wrong = cast.misled(case_id)
    if wrong or cast.chance(0.05):
        at = cast.share_of(case_id, "sign", 0.5, after=at)
        yield at
        reason = "not_my_duty" if wrong else "unclear"
        given = Given(reason=reason, text=cast.say("returned"), proposed_unit=proposed, directory_line=line)
        request = cast.ask(case_id, "return", given, now=at)
        at = cast.later(at, 0.3, 2.5)
        yield at
        verdict = "按派单目录改派" if wrong else "目录已明确由你单位牵头，请尽快签收"
        cast.decide(request, approve=wrong, by=DISPATCHER, now=at, text=verdict)
        if wrong:
            at = cast.later(at, 0.05, 0.3, "desk")
            yield at
            cast.send_on(case_id, now=at)
    late = cast.chance(0.06)
    at = cast.share_of(
        case_id, "sign", cast.dice.uniform(1.05, 1.6) if late else cast.dice.uniform(0.05, 0.9), after=at
    )
    yield at
    cast.act(case_id, "sign", now=at, by=Role.UNIT_OFFICER)
    return at


def _worked_on(cast: Cast, case_id: str, at: datetime) -> Stretch:
    """Contact with the resident, the community, an extension, a suspension."""
    if cast.chance(0.93):
        at = cast.share_of(case_id, "contact", cast.dice.uniform(0.05, 0.8), after=at)
        yield at
        cast.act(case_id, "contact", now=at, by=Role.UNIT_OFFICER, text=cast.say("contacted"))
    if cast.chance(0.5):
        at += timedelta(minutes=30)
        yield at
        cast.hand_down(case_id, now=at)
    if cast.chance(0.09):
        at = cast.share_of(case_id, "answer", 0.7, after=at)
        yield at
        request = cast.ask(case_id, "extension", cast.more_time(case_id), now=at)
        at = cast.later(at, 0.5, 3)
        yield at
        approve = cast.chance(0.75)
        text = "同意" if approve else cast.say("extension_refused")
        cast.decide(request, approve=approve, by=SUPERVISOR, now=at, text=text)
    elif cast.chance(0.02):
        at = yield from _suspended(cast, case_id, at)
    return at


def _suspended(cast: Cast, case_id: str, at: datetime) -> Stretch:
    """挂账 for some weeks: something must happen first that the unit cannot hasten."""
    review = (at + timedelta(days=30)).date()
    given = Given(reason="资金未到位", text="需待上级资金计划下达后实施", review_date=review)
    at = cast.later(at, 2, 6)
    yield at
    request = cast.ask(case_id, "suspension", given, now=at)
    at = cast.later(at, 2, 8)
    yield at
    cast.decide(request, approve=True, by=SUPERVISOR, now=at, text="同意挂账，按期复核")
    at = cast.later(at, 90, 150)
    yield at
    cast.resume(case_id, now=at)
    return at


def _answered(cast: Cast, case_id: str, at: datetime, *, first: bool) -> Stretch:
    """The answer, by the lead or by an officer whom the lead checks; one in eight is late."""
    late = cast.chance(0.12)
    share = cast.dice.uniform(1.05, 1.5) if late else cast.dice.uniform(0.2, 0.9) * (1 if first else 0.6)
    at = cast.share_of(case_id, "answer", share, after=at)
    yield at
    text = cast.answer_text(case_id)
    if not first:
        cast.act(case_id, "contact", now=at, by=Role.UNIT_OFFICER, text=cast.say("contacted"))
    if cast.chance(0.6):
        cast.act(case_id, "answer", now=at, text=text)
        return at
    request = cast.act(case_id, "answer", now=at, by=Role.UNIT_OFFICER, text=text)
    at = cast.later(at, 0.3, 2)
    yield at
    if cast.chance(0.12):
        cast.decide(request, approve=False, by=None, now=at, text="请补充现场照片和完成时间")
        at = cast.later(at, 0.5, 3)
        yield at
        request = cast.act(case_id, "answer", now=at, by=Role.UNIT_OFFICER, text=text)
        at = cast.later(at, 0.2, 1)
        yield at
    cast.decide(request, approve=True, by=None, now=at, text="同意答复")
    return at


def _called_back(cast: Cast, case_id: str, at: datetime, *, hope: float) -> Stretch:
    """Every resident of the case is asked; some are never reached."""
    for ticket_id in cast.told(case_id):
        tries = 3 if cast.chance(0.06) else 2 if cast.chance(0.1) else 1
        reached = tries < 3
        for turn in range(tries):
            at = cast.later(at, 3, 9, "desk") if turn == 0 else cast.later(at, 1.5, 5, "desk")
            at = cast.in_calling_hours(at)
            yield at
            last = turn == tries - 1
            cast.call(ticket_id, _result(cast, case_id, hope) if last and reached else NOT_REACHED, now=at)
    return at


NOT_REACHED = CallbackResult(reached=False)


def _result(cast: Cast, case_id: str, hope: float) -> CallbackResult:
    resolved = cast.chance(hope)
    pleased = cast.dice.choices(("satisfied", "basically_satisfied", "dissatisfied"), weights=(72, 22, 6))[0]
    return CallbackResult(
        reached=True,
        contacted=cast.contacted(case_id) and cast.chance(0.97),
        resolved=resolved,
        satisfaction=pleased if resolved else cast.dice.choice(("basically_satisfied", "dissatisfied", "dissatisfied")),
        text=cast.say("said" if resolved else "unresolved"),
    )
