"""Notices of the day as JSON and as forms: the interface, the pages and the commands say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from district.pack import District
from knowledge import day_notices
from knowledge.acts import Acting
from knowledge.bot_tables import DayNotice
from knowledge.day_notices import LABELS, STATES, NoticeText
from knowledge.errors import UnfitNotice

_BY_LABEL = {label: subject for subject, label in LABELS.items()}
MOMENTS = {"begins": "开始时间", "ends": "结束时间"}


def brief(row: DayNotice, district: District, actor: Acting, *, now: datetime) -> dict[str, Any]:
    """A notice, where it stands, and whether the actor may change it."""
    state = day_notices.state_of(row, now)
    return {
        "number": row.number,
        "subject": row.subject,
        "subject_label": LABELS.get(row.subject, row.subject),
        "text": row.text,
        "area": day_notices.area_of(row, district),
        "places": list(row.places),
        "begins": row.begins,
        "ends": row.ends,
        "source": row.source,
        "unit": row.unit,
        "unit_name": district.units.name_of(row.unit),
        "state": state,
        "state_label": STATES[state],
        "version": row.version,
        "updated_at": row.updated_at,
        "updated_by_name": row.updated_by_name,
        "may_write": day_notices.may_write(district, actor, row.unit),
    }


def text_of(given: Mapping[str, str], zone: tzinfo) -> NoticeText:
    """A notice from a form, a row or options, all texts; times without a zone are of this one.

    Raises ``UnfitNotice`` for what is no time.
    """
    begins, ends = (moment(given.get(name, ""), MOMENTS[name], zone) for name in MOMENTS)
    subject = given.get("subject", "").strip()
    return NoticeText(
        text=given.get("text", ""),
        begins=begins,
        ends=ends,
        unit=given.get("unit", "").strip(),
        area=given.get("area", ""),
        subject=_BY_LABEL.get(subject, subject),
        source=given.get("source", ""),
    )


def moment(text: str, label: str, zone: tzinfo) -> datetime:
    """A time as it was written. Raises ``UnfitNotice``, which names it."""
    if not text.strip():
        raise UnfitNotice(f"{label}没有填写")
    try:
        found = datetime.fromisoformat(text.strip())
        made = found if found.tzinfo else found.replace(tzinfo=zone)
        made.timestamp()
    except (ValueError, OverflowError) as problem:
        raise UnfitNotice(f"{label}不是有效的时间，应为 YYYY-MM-DDTHH:MM") from problem
    return made
