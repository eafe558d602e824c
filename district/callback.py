"""Callback and after (回访及其后), the pack's ``callback.yaml``: hours, script, written questions, urgings, marks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, time, timedelta
from pathlib import Path

from pydantic import Field, model_validator

from district.questionnaire import Questionnaire
from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule
from district.templates import fields_of
from district.timing import Hours

FILE = "callback.yaml"
_SEARCHED = 200
"""Steps of the search for the next moment to call: more would be a wish that is never fulfilled."""

Wish = Callable[[datetime], datetime | None]
"""What the resident wished: None when a local moment suits him, else the moment from which he may be called."""


class Question(Rule):
    """One question of the script (话术): its wording, and what the caller says on each answer."""

    ask: str = Field(min_length=4)
    on_yes: str = ""
    on_no: str = ""


class DegreeQuestion(Rule):
    """The question of how satisfied he is, with what the caller says on each degree."""

    ask: str = Field(min_length=4)
    on_satisfied: str = ""
    on_basically_satisfied: str = ""
    on_dissatisfied: str = ""


class Script(Rule):
    """What a caller says from the first word to the last. ``{desk}`` stands for the desk's name."""

    opening: str = "您好，这里是{desk}，就您反映的事情做个回访。"
    contacted: Question = Question(ask="承办单位联系过您吗？")
    resolved: Question = Question(ask="问题解决了吗？")
    satisfied: DegreeQuestion = DegreeQuestion(ask="您对办理结果满意吗？")
    missed: str = ""
    """What to do when nobody answers."""
    closing: str = "谢谢您，再见。"

    @model_validator(mode="after")
    def _fillable(self) -> Script:
        for words in (self.opening, self.closing):
            if strange := sorted(fields_of(words) - {"desk"}):
                msg = f"话术里只能用填充项 {{desk}}，不能用 {strange[0]}"
                raise ValueError(msg)
        return self


class MarkRules(Rule):
    """恶意骚扰来电: how long a caller may be marked, and how many of his tickets must show why."""

    days: int = Field(30, ge=1, le=366)
    evidence: int = Field(2, ge=1)


class CallbackRules(Rule):
    """How residents are called back, and what follows."""

    hours: tuple[Hours, ...] = (Hours(start=8 * 60, end=22 * 60),)
    """外呼时段: when a resident may be called at all, every day."""
    different_hours: bool = True
    """Attempts within one hour of the clock count once."""
    claim_minutes: int = Field(15, ge=1)
    """How long a caller keeps a resident to himself."""
    urgings_escalate_at: int = Field(3, ge=1)
    """With so many urgings (催办) of one ticket the supervisors are told, once."""
    reopen_days: int = Field(7, ge=0)
    """So long after its end a resident may ask for his matter to be taken up again."""
    marks: MarkRules = MarkRules()
    script: Script = Script()
    questionnaire: Questionnaire = Questionnaire()

    @model_validator(mode="after")
    def _in_order(self) -> CallbackRules:
        if not self.hours or any(a.end > b.start for a, b in zip(self.hours, self.hours[1:], strict=False)):
            msg = "hours 至少写一段，按先后排列，不能重叠"
            raise ValueError(msg)
        return self

    def may_call_at(self, local: datetime) -> bool:
        """Whether a local moment lies in the calling hours."""
        minute = local.hour * 60 + local.minute
        return any(each.start <= minute < each.end for each in self.hours)

    def counted(self, missed: Collection[datetime]) -> int:
        """How many of the missed attempts count: those in the calling hours, of one hour of the clock one."""
        fitting = [local for local in missed if self.may_call_at(local)]
        return len({_hour(local) for local in fitting}) if self.different_hours else len(fitting)

    def callable_from(self, local: datetime, missed: Collection[datetime], wish: Wish | None = None) -> datetime:
        """The first local moment, now or later, at which a call is allowed, suits him, and counts."""
        tried = {_hour(each) for each in missed} if self.different_hours else set()
        at = local
        for _ in range(_SEARCHED):
            later = self.opening(at)
            if later == at and _hour(at) in tried:
                later = _hour(at) + timedelta(hours=1)
            if later == at and wish is not None:
                later = wish(at) or at
            if later <= at:
                return at
            at = later
        return at

    def opening(self, local: datetime) -> datetime:
        """The first local moment, now or later, that lies in the calling hours."""
        if self.may_call_at(local):
            return local
        minute = local.hour * 60 + local.minute
        starts = [each.start for each in self.hours if each.start > minute]
        day = local if starts else local + timedelta(days=1)
        start = starts[0] if starts else self.hours[0].start
        return datetime.combine(day.date(), time(start // 60, start % 60), tzinfo=local.tzinfo)


def _hour(local: datetime) -> datetime:
    return local.replace(minute=0, second=0, microsecond=0)


def read_callback(folder: Path, problems: Problems) -> Stated[CallbackRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(CallbackRules, read_document(folder, FILE, problems), problems)
