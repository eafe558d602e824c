"""What residents are told unasked (告知), when, and together with what: the pack's ``notices.yaml``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule
from district.schemas import Template

FILE = "notices.yaml"
NEVER = frozenset({"emergency_advice", "phone_code", "several_notices"})
"""Templates that are no notices: nobody waits for an ambulance or a code until morning."""
SECRET = frozenset({"code"})
"""Fields of a template that must never go to another name than the one that it was made for."""
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class Quiet(Rule):
    """免打扰时段 by the district's clock; it may span midnight. Its first minute is quiet, its last is not."""

    starts: str = Field("22:00", pattern=_CLOCK)
    ends: str = Field("08:00", pattern=_CLOCK)

    def over(self, local: datetime) -> datetime:
        """The moment itself if it is not quiet then, else the end of the quiet hours."""
        first, last, now = time.fromisoformat(self.starts), time.fromisoformat(self.ends), local.time()
        now = now.replace(tzinfo=None)
        quiet = first <= now < last if first <= last else now >= first or now < last
        if not quiet:
            return local
        day = local.date() if now < last else local.date() + timedelta(days=1)
        return datetime.combine(day, last, tzinfo=local.tzinfo)


class NoticeRule(Rule):
    """One notice. ``sent`` false: residents do not get it. ``groupable``: it waits a little for others to leave with.

    ``quiet``: whether it waits for the end of the quiet hours, or is worth waking somebody.
    """

    template: str
    sent: bool = True
    groupable: bool = True
    quiet: Literal["wait", "send"] = "wait"


class NoticeRules(Rule):
    """All notices; a template that is not among them leaves at once."""

    group_minutes: int = Field(10, ge=0, le=720)
    """So long a groupable notice waits for others to the same resident."""
    reply_minutes: int = Field(10, ge=0, le=720)
    """So long after his own message he is in conversation: whatever is said then leaves at once."""
    quiet: Quiet = Quiet()
    openings: tuple[str, ...] = ("您好，", "您好:", "您好：", "您好！")
    """Greetings that open a notice; in a message of several one of them is enough."""
    delay_reason: str = "情况较为复杂，需要更多时间核实办理"
    """Why a matter takes longer, as a resident is told where ``delay_reasons`` has nothing for the reason's code."""
    delay_reasons: dict[str, str] = Field(default_factory=dict)
    notices: tuple[NoticeRule, ...] = ()

    @cached_property
    def _by_template(self) -> dict[str, NoticeRule]:
        return {each.template: each for each in self.notices}

    def of(self, template: str) -> NoticeRule | None:
        """The rule of a template; None where it is no notice."""
        return self._by_template.get(template)

    def bare(self, text: str, ending: str = "") -> str:
        """A notice without its greeting, and without the ``ending`` that signs it (a letter's last line)."""
        text = text.strip()
        for opening in self.openings:
            if text.startswith(opening):
                text = text[len(opening) :].lstrip("，,：: \n")
                break
        return text.removesuffix(ending).rstrip() if ending else text

    def public_reason(self, code: str) -> str:
        """Why a matter takes longer in words for the resident; what the unit wrote to its approver stays inside."""
        return self.delay_reasons.get(code, self.delay_reason)


def read_notices(folder: Path, problems: Problems) -> Stated[NoticeRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(NoticeRules, read_document(folder, FILE, problems), problems)


def check_notices(
    stated: Stated[NoticeRules] | None, templates: Iterable[Stated[Template]], problems: Problems
) -> None:
    """Note notices of templates that are not there, stand twice or may never wait; and codes that would go round."""
    known = {each.rule.name: each for each in templates}
    for template in known.values():
        if template.rule.must_reach and template.rule.fields & SECRET:
            template.note(problems, f"模板“{template.rule.name}”含验证码，不能改发到别处", "must_reach")
    if stated is None:
        return
    seen: set[str] = set()
    for at, each in enumerate(stated.rule.notices):
        if each.template not in known:
            stated.note(problems, f"没有模板“{each.template}”", "notices", at, "template")
        elif each.template in NEVER:
            stated.note(problems, f"“{each.template}”必须立即发出，不能列为告知", "notices", at, "template")
        elif each.template in seen:
            stated.note(problems, f"告知“{each.template}”重复", "notices", at, "template")
        seen.add(each.template)
    if stated.rule.quiet.starts == stated.rule.quiet.ends:
        stated.note(problems, "免打扰时段的起止相同", "quiet")
