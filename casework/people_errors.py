"""What is refused about people and units: absences, hand-overs, staff lists, units that ended, rosters, alerts."""

from __future__ import annotations

from casework.errors import CaseworkError


class UnfitAbsence(CaseworkError):
    """The absence, or the stand-in, does not fit; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownAbsence(CaseworkError):
    """No absence has this id, or it is not the actor's to see."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no absence {key}")
        self.key = key


class AbsenceOver(CaseworkError):
    """The absence is over: there is nothing to end."""


class UnfitHandOver(CaseworkError):
    """The hand-over does not fit; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownHandOver(CaseworkError):
    """No hand-over has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no hand-over {key}")
        self.key = key


class HandOverUndone(CaseworkError):
    """The hand-over was undone before."""


class HandOverTooOld(CaseworkError):
    """A hand-over is undone on its own day; ``day`` was this one's."""

    def __init__(self, day: str) -> None:
        super().__init__(f"hand-over of {day}")
        self.day = day


class HandOverMovedOn(CaseworkError):
    """Every case of the hand-over has moved on since: there is nothing left to give back."""


class UnitEnded(CaseworkError):
    """The unit is no more; ``successor`` names who has its work now, and is empty where nobody has."""

    def __init__(self, name: str, successor: str) -> None:
        super().__init__(f"unit {name} has ended")
        self.name = name
        self.successor = successor


class UnfitStaffList(CaseworkError):
    """The staff list has rows that do not fit, or is no list; ``why`` names row and field."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnfitRoster(CaseworkError):
    """A shift, or a list of shifts, does not fit; ``why`` is Chinese and names the row."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownShift(CaseworkError):
    """No shift has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no shift {key}")
        self.key = key


class UnknownAlert(CaseworkError):
    """No alert has this id, or the actor was not called and may not see it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no alert {key}")
        self.key = key


class AlertEnded(CaseworkError):
    """The alert was acknowledged before (``by`` names who), or its matter is over."""

    def __init__(self, by: str) -> None:
        super().__init__(f"alert ended by {by}")
        self.by = by


class LastAdministrator(CaseworkError):
    """Without this user nobody could manage the desk."""
