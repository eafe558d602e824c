"""The rules a case lives by: the pack's of today, or those it started with.

A case in flight keeps its version. The first time a version is used it is written to ``rule_versions`` whole, so a
later pack cannot change what an open case was promised. Only the days bind all alike: which day is off is announced,
not promised, so a calendar of an older version keeps its weekdays and hours and takes the pack's stated days of today
(``closed_on``, ``open_on``, ``years``), as it takes what chinesecalendar knows today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from casework.tables import Case, RuleVersion
from district.calendar import Calendars
from district.clocks import Clocks
from district.pack import District
from district.schemas import CalendarRule, ClockRule, RequestType, Workflow


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Workflow, clocks and calendars of one version."""

    version: str
    workflow: Workflow
    clocks: Clocks
    calendars: Calendars


def today(district: District) -> RuleBook:
    """The rules a case that starts now will keep."""
    return RuleBook(district.rule_version, district.workflow, district.clocks, district.calendars)


def keep(session: Session, district: District, *, now: datetime) -> None:
    """Write the pack's rules under their version, once. Called when the desk starts and before a case opens."""
    if session.get(RuleVersion, district.rule_version) is not None:
        return
    rules = {
        "workflow": district.workflow.model_dump(mode="json", by_alias=True),
        "clocks": [rule.model_dump(mode="json") for rule in district.clocks.rules],
        "calendars": [calendar.rule.model_dump(mode="json") for calendar in district.calendars],
        "request_types": [kind.model_dump(mode="json") for kind in district.request_types],
        "timezone": district.manifest.timezone,
    }
    session.add(
        RuleVersion(
            version=district.rule_version,
            pack=district.manifest.name,
            pack_version=district.manifest.version,
            rules=rules,
            first_seen=now,
        )
    )
    session.flush()


def of(session: Session, district: District, case: Case) -> RuleBook:
    """The rules of this case, with the days off as the pack states them today."""
    return of_version(session, district, case.rule_version)


def of_version(session: Session, district: District, version: str) -> RuleBook:
    """The rules of this version: the pack's of today, or those that were kept."""
    return today(district) if version == district.rule_version else _stored(session, version, _days(district))


_Days = tuple[tuple[str, frozenset[str], frozenset[str], frozenset[int]], ...]
"""Of each calendar its name and the days and years that the pack states."""


def _days(district: District) -> _Days:
    stated = (calendar.rule for calendar in district.calendars)
    return tuple((rule.name, rule.closed_on, rule.open_on, rule.years) for rule in stated)


def _stored(session: Session, version: str, days: _Days) -> RuleBook:
    row = session.get_one(RuleVersion, version)
    return _revive(version, days, _Frozen(row.rules))


class _Frozen:
    """Stored rules as an argument of a cache: versions never change, so all instances are equal."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self.rules = rules

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=16)
def _revive(version: str, days: _Days, frozen: _Frozen) -> RuleBook:
    rules = frozen.rules
    stated = {
        name: {"closed_on": closed_on, "open_on": open_on, "years": years} for name, closed_on, open_on, years in days
    }
    calendars = (CalendarRule.model_validate(rule) for rule in rules["calendars"])
    known = [rule.model_copy(update=stated.get(rule.name, {})) for rule in calendars]
    request_types = tuple(RequestType.model_validate(kind) for kind in rules["request_types"])
    return RuleBook(
        version,
        Workflow.model_validate(rules["workflow"]),
        Clocks(tuple(ClockRule.model_validate(rule) for rule in rules["clocks"]), request_types),
        Calendars(known, rules["timezone"]),
    )
