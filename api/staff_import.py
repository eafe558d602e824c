"""A staff list brought in, by whichever door: read, planned, passwords made, then written in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.desk import Desk
from casework import staff
from casework.actors import Actor
from casework.people_errors import UnfitStaffList
from casework.staff import Listed, Plan
from channels.sheets.table import MAX_BYTES
from storage import identity


def read(desk: Desk, content: bytes) -> list[Listed]:
    """The rows of the file. Raises ``UnfitStaffList``."""
    if len(content) > MAX_BYTES:
        raise UnfitStaffList(f"文件超过 {MAX_BYTES // 1_000_000} MB，请分成几个文件")
    return staff.read(content, desk.district, now=desk.now())


def planned(desk: Desk, rows: Sequence[Listed], *, actor: Actor, disable_missing: bool) -> Plan:
    """What it would do, by the staff as they are now. Raises ``NotAllowed`` and ``UnfitStaffList``."""
    with desk.database.read() as session:
        return staff.plan(session, rows, actor=actor, disable_missing=disable_missing)


def bring_in(desk: Desk, rows: Sequence[Listed], *, actor: Actor, disable_missing: bool) -> tuple[Plan, dict[str, str]]:
    """Do it; the plan as done, and the one-time passwords by login, which are kept nowhere.

    Hashing takes its time by design, so it is done before the transaction begins. Raises what ``staff.plan`` and
    ``staff.apply`` raise.
    """
    made = planned(desk, rows, actor=actor, disable_missing=disable_missing)
    passwords = {each.login: staff.one_time_password() for each in made.added}
    hashes = {login: identity.hash_password(password) for login, password in passwords.items()}
    with desk.database.write.begin() as session:
        staff.apply(session, made, hashes, actor=actor, now=desk.now())
    return made, passwords


def document(made: Plan, passwords: dict[str, str]) -> dict[str, Any]:
    """The plan as a document; with passwords only where it was done."""
    return {
        **made.counts(),
        "new": [
            {"row": each.row, "login": each.login, "role": each.role, "unit": each.unit}
            | ({"password": passwords[each.login]} if each.login in passwords else {})
            for each in made.added
        ],
        "changes": [
            {"row": each.row, "login": each.login, "fields": sorted(changes)} for each, changes in made.changed
        ],
        "disable": made.disabled,
    }
