"""What the desk says of a ticket in hand once triage and the search have thought about it, and when silence is over.

Pure. A question that an article answers is answered; of anything else what is missing is asked for, one thing at a
time; when all that can be had is there, it is summed up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from casework.dialogue.state import Act, Phase, Say, State, Step
from district.dialogue import DialogueRules

ASK = {"place": "ask_place", "time": "ask_time", "object": "ask_object", "contact": "ask_contact"}
HELPED, NOTED = ("solved", "unsolved"), ("noted", "different")
"""What may be said to an answer, and to a notice of the day: nobody is asked whether a burst main is solved."""
LONGEST_SHOWN = 200
"""Characters of an answer that the summary says back."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the bot could say: an ``answer``, or a question back between ``options`` (numbers of articles).

    ``notice``: the answer is a notice of the day, which tells what is off and solves nothing.
    """

    act: str = "hand_over"
    text: str = ""
    options: tuple[str, ...] = ()
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What was thought. ``missing`` as triage names it; ``summary`` lines by field; ``foreign``: not in Chinese."""

    missing: tuple[str, ...] = ()
    offer: Offer = Offer()
    emergency: bool = False
    foreign: bool = False
    summary: Mapping[str, str] = field(default_factory=dict)


def may_answer(state: State) -> bool:
    """Whether the ticket in hand may still be answered out of articles: else nobody needs to look for some."""
    return state.phase == "idle" and not state.received and not state.no_bot


def judge(rules: DialogueRules, state: State, judged: Judged, *, agent: bool, now: datetime) -> Step:
    """What follows for the ticket in hand, which is undecided. ``Step.says`` begins with ``received`` when that is due.

    Judging the same again says nothing twice.
    """
    if agent or state.phase not in ("idle", "with_person"):
        return Step(state)  # whatever he added meanwhile, what he was asked still stands
    if state.phase == "with_person":
        return Step(replace(state, received=True))
    if may_answer(state) and rules.answers and not judged.emergency:
        offered = _offered(state, judged, now=now)
        if offered is not None:
            return offered
    return _registered(rules, state, judged, now=now)


def _registered(rules: DialogueRules, state: State, judged: Judged, *, now: datetime) -> Step:
    """A matter for people: its number is told, what is missing asked for."""
    first = not state.received
    says = (Say("other_language" if judged.foreign else "received"),) if first else ()
    state = replace(state, received=True, done=state.done or state.no_bot or judged.foreign)
    if state.wanted is None:
        state = replace(state, wanted=judged.missing)
    if state.done:
        return Step(state, says)
    if (wanted := _next(rules, state, judged)) is not None:
        asking = state.waits("asking", now=now, asking=wanted, asked=(*state.asked, wanted))
        return Step(asking, (*says, Say(ASK[wanted])))
    return _summed_up(rules, state, judged, says, now=now)


def _offered(state: State, judged: Judged, *, now: datetime) -> Step | None:
    offer = judged.offer
    if offer.act == "answer":
        after = state.waits("answered", now=now, options=NOTED if offer.notice else HELPED, answer=offer.text)
        return Step(after, (Say("bot_notice" if offer.notice else "bot_answer", {"text": offer.text}),))
    if offer.act == "clarify" and offer.options and not state.clarified:
        options = (*(f"article:{number}" for number in offer.options), "none")
        asking = state.waits("choosing", now=now, options=options, clarified=True)
        return Step(asking, (Say("bot_clarify", {"text": offer.text}),))
    return None


def _next(rules: DialogueRules, state: State, judged: Judged) -> str | None:
    """What is asked for next. An answer may make the matter look like another: that is no reason for new questions."""
    if len(state.asked) >= rules.questions:
        return None
    missing = state.wanted or ()
    wanted = (name for name in rules.order if name in missing and name not in state.asked)
    return next((name for name in wanted if name in judged.missing or not judged.summary.get(name)), None)


def _summed_up(rules: DialogueRules, state: State, judged: Judged, says: tuple[Say, ...], *, now: datetime) -> Step:
    lines = lines_of(rules, state, judged.summary)
    if not state.asked and not state.summaries and not state.given:
        if judged.foreign or judged.emergency or not judged.summary:
            return Step(state.rests(done=True), says)
        more = (Say("received_complete", {"lines": lines}),) if says else ()
        return Step(state.rests(done=True), (*says, *more))
    if judged.emergency:
        return Step(state.rests(done=True), says)
    after = state.waits("confirming", now=now, options=("confirm", "edit"), summaries=state.summaries + 1)
    return Step(after, (*says, Say("summary", {"lines": lines})))


def lines_of(rules: DialogueRules, state: State, summary: Mapping[str, str]) -> str:
    """The summary, a line each: what he answered goes before what triage found."""
    found = {name: state.given.get(name) or summary.get(name, "") for name in rules.order}
    lines = [f"事项：{summary['matter']}"] if summary.get("matter") else []
    lines += [f"{rules.fields[name]}：{_shown(found[name])}" for name in rules.order if found[name]]
    return "\n".join(lines)


def _shown(words: str) -> str:
    """A novel is read by the desk; said back to him whole it would leave in a hundred messages."""
    return words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"


def lapse(rules: DialogueRules, state: State, *, agent: bool, now: datetime) -> Step:
    """What follows from silence that lasted as long as ``state.due_at`` said."""
    if state.phase == "idle":
        return _asked_for_more(rules, state, agent=agent, now=now)
    act = _AFTER_SILENCE.get(state.phase)
    says = (Say("gone_on"),) if state.phase == "asking" and not agent else ()
    done = act in ("judge_again", "solved") or state.done
    return Step(state.rests(done=done, no_bot=state.no_bot or act == "unsolved"), says, act=act)


_AFTER_SILENCE: Mapping[Phase, Act] = {
    "asking": "judge_again",
    "confirming": "judge_again",
    "editing": "judge_again",
    "giving": "judge_again",
    "answered": "solved",
    "choosing": "unsolved",
    "unsure": "part_doubtful",
}


def _asked_for_more(rules: DialogueRules, state: State, *, agent: bool, now: datetime) -> Step:
    """He sent too little to be a matter, and nothing came after it."""
    greeted = state.greeted and not state.held_words
    state = replace(state, held_since="", greeted=False)
    if greeted and not agent:
        return Step(state, (Say("menu"),))
    if agent or state.was_said("say_more", within=timedelta(minutes=rules.again_minutes), now=now):
        return Step(state)
    return Step(state.saying("say_more", now=now), (Say("say_more"),))
