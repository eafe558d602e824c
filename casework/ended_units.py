"""Units that are no more (district.unit_changes): nothing new goes to them, and who has their work instead."""

from __future__ import annotations

from datetime import datetime

from casework.people_errors import UnitEnded
from casework.tables import Case, Ticket
from district.pack import District


def check(district: District, code: str, *, now: datetime) -> None:
    """Raises ``UnitEnded`` with the names of those who have its work now, for a unit that is no more."""
    day = now.astimezone(district.calendars.zone).date()
    if not district.unit_changes.ended(code, day):
        return
    successors = district.unit_changes.successors(code, day)
    names = "或".join(district.units.get(each).name for each in successors)
    raise UnitEnded(district.units.get(code).name, names)


def standing(district: District, code: str, *, now: datetime) -> str:
    """The unit itself while it goes on, else its one successor; empty after an end, or a split into several.

    The directory, or a suggestion that learnt from the past, may still name the unit that was.
    """
    day = now.astimezone(district.calendars.zone).date()
    return district.unit_changes.successor(code, day) if code else ""


def heir(district: District, code: str, thing: Case | Ticket, *, now: datetime) -> str:
    """Who takes over one matter of a unit that ended: of several the one that the directory names for it.

    Where it names none of them, the first in the pack's file; empty after an end without a successor.
    """
    day = now.astimezone(district.calendars.zone).date()
    successors = district.unit_changes.successors(code, day)
    if len(successors) < 2 or not thing.category:
        return successors[0] if successors else ""
    found = district.directory.resolve(thing.category, street=thing.street or None, community=thing.community or None)
    return found.lead if found.lead in successors else successors[0]
