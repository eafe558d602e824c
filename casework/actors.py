"""Who acts: a member of staff in his role and unit, a resident, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from district.schemas import Role

UNIT_ROLES = frozenset({Role.UNIT_OFFICER, Role.UNIT_LEAD})
DESK = frozenset({Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR})
"""Who decides what a ticket is, with which others it belongs, and where it goes."""


@dataclass(frozen=True, slots=True)
class Actor:
    """``id`` is the user's key, ``unit`` the code of his unit for unit roles.

    ``stands_for`` is the key of the absent user in whose place he acts (代).
    """

    id: str
    name: str
    role: Role
    unit: str = ""
    stands_for: str = ""


SYSTEM = Actor("system", "系统", Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class CallbackResult:
    """What the resident said. ``contacted``/``resolved`` None: not asked, or he did not say."""

    reached: bool
    contacted: bool | None = None
    resolved: bool | None = None
    satisfaction: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What the actor gives with a move; each field answers one ``Need``."""

    reason: str = ""
    text: str = ""
    record: str = ""
    """办理记录: what was done, for the desk and the unit; it never goes out."""
    unit: str = ""
    co_units: tuple[str, ...] | None = None
    category: str = ""
    directory_line: str = ""
    proposed_unit: str = ""
    review_date: date | None = None
    attachment: str = ""
    callback: CallbackResult | None = field(default=None)


NOTHING = Given()
