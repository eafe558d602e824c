"""Where one conversation stands, as a value; what is said and done next, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from district.dialogue import DialogueRules

Phase = Literal[
    "idle",
    "asking",
    "confirming",
    "editing",
    "giving",
    "answered",
    "choosing",
    "unsure",
    "supplementing",
    "with_person",
]
"""What the desk waits for: nothing; the answer to a question; a yes to the summary; which part of it is wrong; the new
wording of that part; whether an answer helped; which of two articles is meant; whether this is a new matter; more
words for the ticket; a person of the desk."""

Kind = Literal["text", "image", "voice", "video", "file", "location", "link", "mail", "event"]


@dataclass(frozen=True, slots=True)
class State:
    """The state of a conversation. ``ticket`` is the id of the matter in hand, empty: none.

    ``asking`` is the field asked for now, ``asked`` are all that ever were for this ticket, ``given`` what he answered;
    ``wanted`` was missing when the matter was judged first (None: not yet), and nothing else is asked for after that.
    ``options`` are what the numbers offered last mean. ``since`` is when the desk began to wait (ISO, as all moments
    here). ``held`` are ids of messages that say too little by themselves, ``held_words`` their words, ``greeted``
    that a greeting was among them; ``held_since`` is the moment of the last. ``doubtful`` is the ticket that the one
    in hand may belong to. ``answering`` is the field answered last, at ``answered_at``. ``received``: its number was
    told; ``summaries`` counts how often it was summed up. ``answer`` is what the bot said to it; ``no_bot``: a person
    is to answer it; ``clarified``: he was asked which of two articles he means, which is not asked again.
    ``done``: nothing more is asked about the ticket. ``puzzled`` counts messages in a row that nobody could make sense
    of. ``waiting_since`` is when he began to wait for a person, kept while the bot goes on beside (the list of
    conversations reads it, ``tables``). ``quiet`` are templates that need not be said again for a while, with the
    moment of the last time. ``courtesies`` are the moments of the last answers that lead nowhere (thanks, the menu):
    who gets many of them is a machine.
    """

    phase: Phase = "idle"
    ticket: str = ""
    asking: str = ""
    wanted: tuple[str, ...] | None = None
    asked: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    since: str = ""
    held: tuple[str, ...] = ()
    held_words: str = ""
    held_since: str = ""
    greeted: bool = False
    doubtful: str = ""
    no_bot: bool = False
    answering: str = ""
    answered_at: str = ""
    answer: str = ""
    clarified: bool = False
    received: bool = False
    summaries: int = 0
    done: bool = False
    puzzled: int = 0
    waiting_since: str = ""
    quiet: Mapping[str, str] = field(default_factory=dict)
    courtesies: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What is kept; ``read`` makes the state of it again."""
        return {name: value for name, value in asdict(self).items() if value != getattr(_FRESH, name)}

    def waits(self, phase: Phase, *, now: datetime, options: tuple[str, ...] = (), **changes: Any) -> State:
        """The state in which the desk waits for this from now on."""
        return replace(self, phase=phase, options=options, since=now.isoformat(), **changes)

    def rests(self, **changes: Any) -> State:
        """The state in which the desk waits for nothing."""
        return replace(self, phase="idle", options=(), asking="", since="", doubtful="", **changes)

    def on(self, ticket: str) -> State:
        """The state with another matter in hand; what is quiet stays so."""
        return self if ticket == self.ticket else State(ticket=ticket, quiet=self.quiet, courtesies=self.courtesies)

    def was_said(self, template: str, *, within: timedelta, now: datetime) -> bool:
        """Whether the template was said so lately that it need not be said again."""
        last = self.quiet.get(template)
        return last is not None and now - datetime.fromisoformat(last) < within

    def saying(self, template: str, *, now: datetime) -> State:
        """With the moment of the template kept."""
        return replace(self, quiet={**self.quiet, template: now.isoformat()})

    def being_civil(self, *, most: int, within: timedelta, now: datetime) -> State | None:
        """With one more courtesy; None where there were so many lately that it is not said."""
        lately = tuple(each for each in self.courtesies if now - datetime.fromisoformat(each) < within)
        return None if len(lately) >= most else replace(self, courtesies=(*lately, now.isoformat()))

    @property
    def holds(self) -> bool:
        """Whether the ticket in hand waits for the resident before it goes anywhere by itself."""
        return self.phase in _HOLDING and not self.done


_FRESH = State()
_HOLDING = frozenset({"asking", "confirming", "editing", "giving", "answered", "choosing", "unsure"})


def read(kept: Mapping[str, Any]) -> State:
    """The state of what was kept; what an older or newer version kept beside is passed over."""
    known = {each.name for each in fields(State)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in known
    }
    return State(**values)


def due_at(rules: DialogueRules, state: State) -> datetime | None:
    """When silence has lasted so long that the desk goes on by itself; None: it waits for nothing."""
    if state.held_since and state.phase == "idle":
        return datetime.fromisoformat(state.held_since) + timedelta(seconds=rules.pause_seconds)
    if not state.since:
        return None
    minutes = {"answered": rules.answer_minutes, "with_person": rules.person_minutes}.get(
        state.phase, rules.question_minutes
    )
    return None if state.phase == "idle" else datetime.fromisoformat(state.since) + timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence of the pack to be said, with what fills it in."""

    template: str
    fields: Mapping[str, str] = field(default_factory=dict)


Act = Literal[
    "solved", "unsolved", "call_person", "progress", "join_doubtful", "part_doubtful", "choose", "judge_again"
]
"""What is done beside the words: the bot's answer closes the ticket; a person answers it; a person is called; the
resident hears where his matters stand; the doubtful words join the ticket before; they are a matter of their own; the
article of ``Step.choice`` is told; the ticket is judged with what was said by now."""

To = Literal["nothing", "hand", "new", "matter"]
"""Where a turn's words go: on no ticket (they stay on record); on the ticket in hand; on a new one; wherever the rules
of ``casework.conversation`` say that they belong."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a turn, a judgement or a silence.

    ``ignored`` says in Chinese why words are on no ticket. ``choice`` is what the act is about (an article's number);
    ``replaces`` are words of the ticket that the turn's take the place of; ``talk``: the turn's are no addition to the
    matter (a greeting to the agent who speaks), though they are kept with it.
    """

    state: State
    says: tuple[Say, ...] = ()
    to: To = "nothing"
    act: Act | None = None
    choice: str = ""
    ignored: str = ""
    replaces: str = ""
    talk: bool = False
