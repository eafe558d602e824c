"""When a notice leaves: at once in conversation, else after a little while for others to join it, never at night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from casework import wishes as wishing
from district.notices import NoticeRule
from district.pack import District


@dataclass(frozen=True, slots=True)
class Leaves:
    """When a message leaves, and whether others may leave in one with it. ``state`` is that of its delivery."""

    at: datetime
    groupable: bool = False
    state: Literal["queued", "waiting"] = "queued"


def first(
    district: District, template: str, wishes: Mapping[str, Any], *, heard_at: datetime | None, now: datetime
) -> Leaves:
    """When a message just written leaves. ``heard_at`` is when the resident wrote last about the matter.

    What is no notice, and whatever is said to one who wrote a moment ago, leaves at once.
    """
    rules, rule = district.notices, district.notices.of(template)
    if rule is None or is_talking(district, heard_at, now=now):
        return Leaves(now)
    together = timedelta(minutes=rules.group_minutes) if rule.groupable else timedelta()
    return _waiting(district, rule, wishes, now + together)


def again(district: District, template: str, wishes: Mapping[str, Any], *, now: datetime) -> Leaves:
    """When a message leaves that did not arrive on another way: it has waited for others already."""
    rule = district.notices.of(template)
    return Leaves(now) if rule is None else _waiting(district, rule, wishes, now)


def is_talking(district: District, heard_at: datetime | None, *, now: datetime) -> bool:
    """Whether the resident wrote so lately that he sits there and waits."""
    return heard_at is not None and now - heard_at < timedelta(minutes=district.notices.reply_minutes)


def _waiting(district: District, rule: NoticeRule, wishes: Mapping[str, Any], at: datetime) -> Leaves:
    if rule.quiet == "wait":
        local = at.astimezone(district.calendars.zone)
        local = district.notices.quiet.over(local)
        local = wishing.may_call(wishes, local) or local  # hours in which he is not called are no hours to write in
        at = district.notices.quiet.over(local).astimezone(at.tzinfo)
    return Leaves(at, rule.groupable, "waiting")


def together(district: District, texts: list[str], channel: str) -> tuple[str, str]:
    """Several notices as one message: its title and its text, one greeting and a line for each."""
    desk = district.manifest.desk
    lines = [f"{at}. {district.notices.bare(text, desk)}" for at, text in enumerate(texts, 1)]
    words = district.templates.render("several_notices", channel, count=len(texts), lines="\n".join(lines))
    return words.subject, words.text
