"""What follows from a turn of the resident, before anybody has thought about its words. Pure.

In this order: a button of old offers nothing; an emergency interrupts everything; while an agent speaks the bot is
silent; a number or a word answers what was offered; commands do what they say, in any phase; while a question is open
whatever else he says answers it; what is left is a matter, or says too little to be one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from casework.dialogue.state import Kind, Say, State, Step
from district.dialogue import DialogueRules, Word, has_letters_or_digits, is_foreign, letters, option

LONGEST_WORD = 24
"""Characters of a message that may be a mere word."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of the resident. ``emergency``, ``another``, ``known`` and ``strange`` are what the pack's rules see
    in its words: danger, the beginning of a further matter, a word of the taxonomy, nothing that a desk could act on.
    ``urging``: it asks what has become of a matter; ``asks``: it is a question and no more; ``other``: it names a
    matter, and not that of the ticket in hand. ``stale``: a button was pressed that offers nothing now.
    """

    message_id: str
    kind: Kind
    text: str
    at: datetime
    emergency: bool = False
    another: bool = False
    known: bool = False
    urging: bool = False
    strange: bool = False
    asks: bool = False
    other: bool = False
    stale: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it brings a picture or a recording and no words."""
        return not self.text.strip() and self.kind in ("image", "voice", "video", "file")


@dataclass(frozen=True, slots=True)
class View:
    """What the desk knows when the turn comes.

    ``agent``: one has taken over. ``in_hand``: the ticket in hand is open, and still undecided (``undecided``).
    ``open``: the resident has some open ticket here; ``fresh``: he wrote to it within the pack's minutes for fragments.
    ``asked_elsewhere``: when a questionnaire that waits for him was sent.
    """

    agent: bool = False
    in_hand: bool = False
    undecided: bool = False
    open: bool = False
    fresh: bool = False
    asked_elsewhere: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Ear:
    rules: DialogueRules
    state: State
    turn: Turn
    view: View

    def says(self, word: Word) -> bool:
        return len(self.turn.text) <= LONGEST_WORD and self.rules.says(word, self.turn.text)

    def once(self, template: str) -> tuple[State, tuple[Say, ...]]:
        """The template, unless it was said a moment ago."""
        within = timedelta(minutes=self.rules.again_minutes)
        if self.state.was_said(template, within=within, now=self.turn.at):
            return self.state, ()
        return self.state.saying(template, now=self.turn.at), (Say(template),)


def hear(rules: DialogueRules, state: State, turn: Turn, view: View) -> Step:
    """What follows from the turn."""
    ear = _Ear(rules, state.rests(ticket="") if state.ticket and not view.in_hand else state, turn, view)
    step = _heard(ear)
    return step if step.ignored == _PUZZLED else replace(step, state=replace(step.state, puzzled=0))


_PUZZLED = "没看明白，已请居民再说"


def _heard(ear: _Ear) -> Step:
    if ear.turn.stale:
        return _pressed_late(ear)
    if ear.turn.emergency:
        return Step(ear.state.rests(), to="matter")
    if ear.view.agent:
        return _beside_agent(ear)
    for attend in (_chosen, _commanded, _asked_elsewhere, _answering, _not_helped, _small):
        if (step := attend(ear)) is not None:
            return step
    return Step(ear.state, to="matter")


def _pressed_late(ear: _Ear) -> Step:
    """Its number would now choose something else than the button said."""
    state, says = (ear.state, ()) if ear.view.agent else ear.once("choice_over")
    return Step(state, says, ignored="按下的选项已经过时，不建工单")


def _beside_agent(ear: _Ear) -> Step:
    said = sum(character.isalnum() for character in ear.turn.text)  # a number that the agent asked for is no talk
    talk = bool(ear.turn.text.strip()) and said < ear.rules.bare and not ear.turn.known  # a pin, a picture is none
    return Step(ear.state, to="hand" if ear.view.in_hand else "matter", talk=talk)


# ---- a number or a word for what was offered


def _chosen(ear: _Ear) -> Step | None:
    """The choice that the turn makes among what was offered last; a questionnaire sent later has the numbers."""
    state, later = ear.state, ear.view.asked_elsewhere
    if not state.options or (later is not None and state.since and later > datetime.fromisoformat(state.since)):
        return None
    number = option(ear.turn.text, len(state.options)) if len(ear.turn.text) <= LONGEST_WORD else None
    chosen = state.options[number - 1] if number else _worded(ear)
    return _CHOICES[chosen.partition(":")[0]](ear, chosen) if chosen else None


_WORDED: Mapping[str, tuple[tuple[Word, str], ...]] = {
    "confirming": (("right", "confirm"), ("edit", "edit"), ("wrong", "edit")),
    "answered": (("unsolved", "unsolved"), ("person", "unsolved"), ("solved", "solved"), ("nod", "solved")),
    "choosing": (("unsolved", "none"), ("wrong", "none"), ("person", "none")),
    "unsure": (("same", "same"), ("new", "new")),
}


def _worded(ear: _Ear) -> str:
    found = _WORDED.get(ear.state.phase, ())
    return next((choice for word, choice in found if ear.says(word)), "")


def _confirm(ear: _Ear, _: str) -> Step:
    return Step(ear.state.rests(done=True), (Say("confirmed"),), act="judge_again", ignored="确认信息无误，不建工单")


def _edit(ear: _Ear, _: str = "") -> Step:
    options = tuple(f"field:{name}" for name in ("place", "time", "contact", "more"))
    state = ear.state.waits("editing", now=ear.turn.at, options=options)
    return Step(state, (Say("edit_ask"),), ignored="要修改信息，不建工单")


def _pick_field(ear: _Ear, chosen: str) -> Step:
    name = chosen.partition(":")[2]
    state = ear.state.waits("giving", now=ear.turn.at, asking=name)
    wanted = "要补充的内容" if name == "more" else f"新的{ear.rules.fields[name]}"  # type: ignore[index]  # as offered
    return Step(state, (Say("edit_give", {"field": wanted}),), ignored="要修改信息，不建工单")


def _solved(ear: _Ear, _: str) -> Step:
    return Step(ear.state.rests(done=True), (Say("answer_closed"),), act="solved", ignored="表示已解决，不建工单")


def _unsolved(ear: _Ear, _: str) -> Step:
    state = ear.state.rests(no_bot=True)
    return Step(state, act="unsolved", ignored="表示没解决，转人工")


def _choose(ear: _Ear, chosen: str) -> Step:
    article = chosen.partition(":")[2]
    state = ear.state.waits("answered", now=ear.turn.at, options=("solved", "unsolved"))
    return Step(state, act="choose", choice=article, ignored="选择了知识条目，不建工单")


def _same(ear: _Ear, _: str) -> Step:
    return Step(ear.state, act="join_doubtful", ignored="说明是补充，并入原工单")


def _new(ear: _Ear, _: str) -> Step:
    return Step(ear.state.rests(), act="part_doubtful", ignored="说明是新的事，单独建工单")


_CHOICES: Mapping[str, Callable[[_Ear, str], Step]] = {
    "confirm": _confirm,
    "edit": _edit,
    "field": _pick_field,
    "solved": _solved,
    "unsolved": _unsolved,
    "noted": _solved,
    "different": _unsolved,
    "article": _choose,
    "none": _unsolved,
    "same": _same,
    "new": _new,
}


# ---- commands, in any phase


def _commanded(ear: _Ear) -> Step | None:
    """What a command does; an open question stays open, and is not asked again."""
    state, view = ear.state, ear.view
    if ear.says("progress"):
        return Step(state, act="progress", ignored="查询进度，不建工单")
    if ear.says("person"):
        # Who asks again keeps his place among those who wait.
        waiting = (state.waiting_since if view.in_hand else "") or ear.turn.at.isoformat()
        state = state.waits("with_person", now=ear.turn.at, asking="", done=True, waiting_since=waiting)
        return Step(state, act="call_person", to="hand" if view.in_hand else "new", talk=view.in_hand)
    if ear.says("supplement") and view.open and state.phase != "asking":
        state = state.waits("supplementing", now=ear.turn.at)
        return Step(state, (Say("supplement_ask"),), ignored="要补充情况，不建工单")
    if ear.says("edit") and view.in_hand and view.undecided and state.phase != "giving":
        step = _edit(ear)
        return replace(step, says=()) if state.phase == "editing" else step  # he has just been asked which
    if ear.says("menu") or (ear.says("verdict") and state.phase == "idle" and view.asked_elsewhere is None):
        return Step(state, (Say("menu"),), ignored="查看菜单，不建工单")
    return None


def _asked_elsewhere(ear: _Ear) -> Step | None:
    """A questionnaire waits for him: what may be its answer is read as one, if nothing was asked of him since."""
    asked, since = ear.view.asked_elsewhere, ear.state.since
    if asked is None or (since and datetime.fromisoformat(since) > asked):
        return None
    return Step(ear.state, to="matter")


# ---- a question is open


def _answering(ear: _Ear) -> Step | None:
    """The answer to what was asked: whatever he says that is neither small talk nor plainly something else."""
    state, turn = ear.state, ear.turn
    if _goes_on(ear):
        return _more_of_it(ear)
    if state.phase not in ("asking", "giving", "supplementing"):
        return None
    if (aside := _aside(ear)) is not None:
        return aside
    if (turn.urging and ear.view.in_hand and not turn.known) or (turn.another and state.phase == "asking"):
        return Step(state, to="matter")
    if state.phase == "supplementing":
        return Step(state.rests(), (Say("addition_noted"),), to="hand" if ear.view.in_hand else "matter")
    return _declined(ear) if ear.says("unknown") else _given(ear)


def _not_helped(ear: _Ear) -> Step | None:
    """After an answer of the bot: another question is a matter of its own, whatever else he says is for a person."""
    state, turn = ear.state, ear.turn
    if state.phase not in ("answered", "choosing") or turn.is_file:
        return None
    if (manners := _manners(ear)) is not None:
        return manners
    if turn.asks or turn.another or turn.other:
        return Step(state, to="new")
    return Step(state.rests(no_bot=state.phase == "answered"), to="hand", act="unsolved")


def _aside(ear: _Ear) -> Step | None:
    """Small talk and files, while the question stays open."""
    if ear.turn.is_file:
        return Step(ear.state, (Say("file_noted"),), to="hand")
    return _manners(ear)


def _manners(ear: _Ear) -> Step | None:
    """Thanks, a greeting, a curse."""
    if ear.says("thanks"):
        return Step(ear.state, (Say("thanks_back"),), ignored="道谢，不建工单")
    if ear.says("greeting"):
        return Step(ear.state, (Say("menu"),), ignored="问候，不建工单")
    if ear.says("abuse"):
        calm, says = ear.once("calm")
        return Step(calm, says, ignored="情绪宣泄，不建工单")
    return None


def _given(ear: _Ear) -> Step:
    state, text = ear.state, ear.turn.text.strip()
    before = state.given.get(state.asking, "") if state.phase == "giving" else ""
    given = {**state.given, state.asking: text} if state.asking != "more" else state.given
    after = state.rests(
        given=given,
        done=state.done and state.phase == "asking",
        answering=state.asking,
        answered_at=ear.turn.at.isoformat(),
    )
    return Step(after, to="hand", act="judge_again", replaces=before)


def _goes_on(ear: _Ear) -> bool:
    """Whether he is still typing the answer that he gave a moment ago."""
    state, turn = ear.state, ear.turn
    if not (state.answering and state.phase == "idle" and ear.view.in_hand and turn.text.strip()):
        return False
    since = (turn.at - datetime.fromisoformat(state.answered_at)).total_seconds()
    return since <= ear.rules.pause_seconds and not turn.another


def _more_of_it(ear: _Ear) -> Step:
    state, name = ear.state, ear.state.answering
    given = {**state.given, name: joined(state.given.get(name, ""), ear.turn.text)} if name != "more" else state.given
    return Step(replace(state, given=given, answered_at=ear.turn.at.isoformat()), to="hand", act="judge_again")


def _declined(ear: _Ear) -> Step:
    """He does not know, or does not want to say: accepted, and not asked again."""
    state = ear.state.rests(given={**ear.state.given, ear.state.asking: ""})
    return Step(state, act="judge_again", ignored=f"不清楚{ear.rules.fields.get(ear.state.asking, '')}")  # type: ignore[call-overload]


# ---- too little to be a matter


def _small(ear: _Ear) -> Step | None:
    state, turn = ear.state, ear.turn
    if turn.kind not in ("text", "voice") or turn.urging or not turn.text.strip():
        return _lone_file(ear)
    if ear.says("greeting"):
        return _hold(ear, state.held_words, greeted=True)
    if (manners := _manners(ear)) is not None:
        return manners
    if not state.held and (ear.says("nod") or ear.says("right")):
        return Step(state, ignored="应答，不建工单")
    if not has_letters_or_digits(turn.text):
        return _hold(ear, state.held_words)
    return _meaningless(ear)


def _meaningless(ear: _Ear) -> Step | None:
    """What says nothing, or too little by itself; what follows words not yet answered is a part of them."""
    state, turn, rules = ear.state, ear.turn, ear.rules
    whole = joined(state.held_words, turn.text)
    if is_foreign(whole) or (ear.view.fresh and not state.received and state.ticket):
        return None
    if not letters(turn.text) and not state.held:
        return _puzzled(ear)
    if letters(whole) < rules.bare:
        return None if ear.view.fresh or turn.known else _hold(ear, whole)
    strange = turn.strange and not state.held_words
    return _puzzled(ear) if strange or (rules.orders_about(turn.text) and not turn.known) else None


def _lone_file(ear: _Ear) -> Step | None:
    if not (ear.turn.is_file and ear.view.in_hand and ear.view.fresh):
        return None
    state, says = ear.once("file_noted")
    return Step(state, says, to="hand")


def _puzzled(ear: _Ear) -> Step:
    """Once he is asked to say it otherwise; what is not understood a second time is for a person."""
    if ear.state.puzzled:
        return Step(replace(ear.state, no_bot=True), to="matter")
    state = replace(ear.state, puzzled=1)
    return Step(state, (Say("not_understood"),), ignored=_PUZZLED)


def _hold(ear: _Ear, whole: str, *, greeted: bool = False) -> Step:
    """Kept until more comes; after the pause he is asked for more."""
    state = replace(
        ear.state,
        held=(*ear.state.held, ear.turn.message_id),
        held_words=whole,
        held_since=ear.turn.at.isoformat(),
        greeted=greeted or ear.state.greeted,
    )
    return Step(state, ignored="内容过少，等居民说完")


def joined(before: str, words: str) -> str:
    """Words and what came a moment before: single characters run together, else a line each."""
    if not before:
        return words.strip()
    gap = "" if len(words.strip()) <= 2 or len(before.rpartition("\n")[2]) <= 2 else "\n"
    return f"{before}{gap}{words.strip()}"
