"""What must hold of every step of a dialogue, from every state and upon every turn: values alone, by the thousand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.dialogue.hearing import Turn, View, hear
from casework.dialogue.judging import ASK, Judged, Offer, judge, lapse
from casework.dialogue.state import Act, Kind, Phase, State, Step, due_at, read
from district.dialogue import DialogueRules
from district.pack import District
from drills.chat_rules import ASKS, OFFERING, OPENINGS, WAITING_FOR
from drills.talks import ASKED, OFFERS, WORDS

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
FIELDS = ("place", "time", "object", "contact")
OPTIONS: dict[Phase, tuple[str, ...]] = {
    "confirming": ("confirm", "edit"),
    "editing": ("field:place", "field:time", "field:contact", "field:more"),
    "answered": ("solved", "unsolved"),
    "choosing": ("article:A", "article:B", "none"),
    "unsure": ("same", "new"),
}
MANY = settings(max_examples=150, deadline=None, derandomize=True)
EARLIER = st.integers(0, 7200).map(lambda seconds: (NOW - timedelta(seconds=seconds)).isoformat())


@pytest.fixture(scope="module")
def rules(district: District) -> DialogueRules:
    return district.dialogue


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any state that the desk may be in."""
    phase = draw(st.sampled_from(get_args(Phase)))
    needs = phase not in ("idle", "supplementing", "with_person")
    ticket = "t" if needs else draw(st.sampled_from(("", "t")))
    held = draw(st.sampled_from(((), ("m1",), ("m1", "m2"))))
    asking = draw(st.sampled_from(FIELDS)) if phase == "asking" else ""
    asking = draw(st.sampled_from((*FIELDS, "more"))) if phase == "giving" else asking
    return State(
        phase=phase,
        ticket=ticket,
        asking=asking,
        wanted=draw(st.none() | ASKED),
        asked=tuple(sorted({*draw(ASKED), *((asking,) if phase == "asking" else ())})),
        given=draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(("", "光明路", "三天了")))),
        options=OPTIONS.get(phase, ()),
        since=draw(EARLIER) if phase != "idle" else "",
        held=held,
        held_words="路" if held else "",
        held_since=draw(EARLIER) if held else "",
        greeted=draw(st.booleans()),
        doubtful="t0" if phase == "unsure" else "",
        no_bot=draw(st.booleans()),
        answering=draw(st.sampled_from(("", *FIELDS, "more"))) if phase == "idle" else "",
        answered_at=NOW.isoformat(),
        clarified=draw(st.booleans()),
        received=draw(st.booleans()),
        summaries=draw(st.integers(0, 2)),
        done=draw(st.booleans()),
        puzzled=draw(st.integers(0, 1)),
        waiting_since=draw(EARLIER) if phase == "with_person" else "",
        quiet=draw(st.dictionaries(st.sampled_from(("calm", "say_more", "file_noted")), EARLIER)),
    )


TURNS = st.builds(
    Turn,
    message_id=st.just("m3"),
    kind=st.sampled_from([each for each in get_args(Kind) if each not in ("mail", "event")]),
    text=st.one_of(WORDS, st.just("")),
    at=st.just(NOW),
    emergency=st.just(False),
    another=st.booleans(),
    known=st.booleans(),
    urging=st.booleans(),
    strange=st.booleans(),
    asks=st.booleans(),
    other=st.booleans(),
)


@st.composite
def views(draw: st.DrawFn, *, agent: bool = False) -> View:
    in_hand = draw(st.booleans())
    is_open = in_hand or draw(st.booleans())
    return View(
        agent=agent,
        in_hand=in_hand,
        undecided=in_hand and draw(st.booleans()),
        open=is_open,
        fresh=is_open and draw(st.booleans()),
        asked_elsewhere=draw(st.none() | st.just(NOW - timedelta(minutes=5))),
    )


def templates(step: Step) -> set[str]:
    return {each.template for each in step.says}


@MANY
@given(state=states())
def test_a_state_reads_back_as_it_was_kept(state: State) -> None:
    assert read(json.loads(json.dumps(state.as_json()))) == state


@MANY
@given(state=states(), turn=TURNS, view=views())
def test_whatever_is_offered_is_said_with_it_and_what_waits_has_an_end(
    rules: DialogueRules, state: State, turn: Turn, view: View
) -> None:
    step = hear(rules, state, turn, view)
    after = step.state
    assert bool(after.options) is (after.phase in OFFERING)
    assert bool(after.asking) is (after.phase in ("asking", "giving"))
    assert (due_at(rules, after) is None) is (after.phase == "idle" and not after.held_since)
    if after.phase != "idle" and after.since != state.since:
        assert WAITING_FOR[after.phase] & templates(step) or step.act in ("choose", "call_person")


@MANY
@given(state=states(), turn=TURNS, view=views())
def test_no_turn_is_passed_over(rules: DialogueRules, state: State, turn: Turn, view: View) -> None:
    step = hear(rules, state, turn, view)
    if step.to == "nothing":
        assert step.ignored, "words that are on no ticket say why"
        assert {*state.held} <= {*step.state.held}, "what is held stays so until a ticket takes it"
    else:
        assert not step.ignored
    assert step.act is None or step.act in get_args(Act)


@MANY
@given(state=states(), turn=TURNS, view=views(), agent=st.booleans())
def test_an_emergency_interrupts_everything(
    rules: DialogueRules, state: State, turn: Turn, view: View, *, agent: bool
) -> None:
    step = hear(rules, state, replace(turn, emergency=True), replace(view, agent=agent))
    assert (step.to, step.says, step.act, step.state.phase) == ("matter", (), None, "idle")


@MANY
@given(state=states(), turn=TURNS, view=views(agent=True))
def test_beside_an_agent_nothing_is_said_and_everything_is_kept(
    rules: DialogueRules, state: State, turn: Turn, view: View
) -> None:
    step = hear(rules, state, turn, view)
    assert (step.says, step.act) == ((), None)
    assert step.to in ("hand", "matter")


@pytest.mark.parametrize("form", ["{0}", "第{0}个", "选{0}", "{0}。", " {0} "])
@pytest.mark.parametrize("phase", sorted(OFFERING))
def test_every_number_that_is_offered_is_understood(rules: DialogueRules, phase: Phase, form: str) -> None:
    state = State(phase, ticket="t", options=OPTIONS[phase], since=NOW.isoformat(), doubtful="t0")
    view = View(in_hand=True, undecided=True, open=True)
    for number in range(1, len(OPTIONS[phase]) + 1):
        step = hear(rules, state, Turn("m", "text", form.format(number), NOW), view)
        assert step.says or step.act, "something follows"
        assert "not_understood" not in templates(step)


JUDGED = st.builds(
    Judged,
    missing=ASKED,
    offer=OFFERS,
    emergency=st.booleans(),
    foreign=st.booleans(),
    summary=st.dictionaries(st.sampled_from(("matter", *FIELDS)), st.just("路灯")),
)


@MANY
@given(state=states(), judged=JUDGED, agent=st.sampled_from((False, False, False, True)))
def test_a_judgement_asks_for_one_thing_that_was_not_asked_before(
    rules: DialogueRules, state: State, judged: Judged, *, agent: bool
) -> None:
    step = judge(rules, state, judged, agent=agent, now=NOW)
    asked = templates(step) & ASKS
    assert len(asked) <= 1
    assert {ASK[each] for each in step.state.asked if each in ASK} - {
        ASK[each] for each in state.asked if each in ASK
    } == asked
    assert len(step.state.asked) <= max(len(state.asked), rules.questions)
    assert not (state.received and templates(step) & OPENINGS), "the number is told once"
    assert not (agent and step.says)


@MANY
@given(state=states(), judged=JUDGED)
def test_judging_the_same_again_says_nothing_twice(rules: DialogueRules, state: State, judged: Judged) -> None:
    once = judge(rules, state, judged, agent=False, now=NOW)
    again = judge(rules, once.state, judged, agent=False, now=NOW + timedelta(seconds=5))
    assert not templates(again) & templates(once)
    if once.state.phase != "idle":
        assert again.says == ()


@MANY
@given(state=states(), agent=st.booleans())
def test_silence_ends_every_waiting(rules: DialogueRules, state: State, *, agent: bool) -> None:
    for _ in range(3):
        due = due_at(rules, state)
        if due is None:
            break
        step = lapse(rules, state, agent=agent, now=due)
        assert not (agent and step.says)
        assert {*state.held} <= {*step.state.held}
        state = step.state
    assert due_at(rules, state) is None


@MANY
@given(
    missing=st.lists(st.lists(st.sampled_from(FIELDS), unique=True, min_size=1), min_size=7, max_size=7),
    replies=st.lists(
        st.sampled_from(("不知道", "光明路1号", "昨天晚上八点", "1", "2", "修改")), min_size=7, max_size=7
    ),
    offers=st.lists(OFFERS, min_size=7, max_size=7),
    pauses=st.lists(st.sampled_from((20, 700)), min_size=7, max_size=7),
)
def test_through_a_whole_talk_nothing_is_asked_twice_whatever_triage_misses(
    rules: DialogueRules, missing: list[list[str]], replies: list[str], offers: list[Offer], pauses: list[int]
) -> None:
    state, now, spoken = State(ticket="t"), NOW, list[str]()
    view = View(in_hand=True, undecided=True, open=True)
    for lacks, reply, offer, pause in zip(missing, replies, offers, pauses, strict=True):
        step = judge(rules, state, Judged(missing=tuple(lacks), offer=offer), agent=False, now=now)
        spoken += [each.template for each in step.says]
        state, now = step.state, now + timedelta(seconds=pause)
        due = due_at(rules, state)
        late = due is not None and due <= now
        step = (
            lapse(rules, state, agent=False, now=now)
            if late
            else hear(rules, state, Turn("m", "text", reply, now), view)
        )
        state = step.state
    asked = [each for each in spoken if each in {*ASKS, *OPENINGS, "bot_clarify"}]
    assert len(asked) == len({*asked})
    assert len(ASKS & {*asked}) <= rules.questions


def test_who_knows_nothing_is_asked_three_times_and_told_what_is_on_record(rules: DialogueRules) -> None:
    state, spoken = State(ticket="t"), list[str]()
    view = View(in_hand=True, undecided=True, open=True)
    for _ in range(5):
        step = judge(rules, state, Judged(missing=FIELDS), agent=False, now=NOW)
        spoken += [each.template for each in step.says]
        if step.state.phase != "asking":
            break
        state = hear(rules, step.state, Turn("m", "text", "不知道", NOW), view).state
    assert spoken == ["received", "ask_place", "ask_time", "ask_object", "summary"]
