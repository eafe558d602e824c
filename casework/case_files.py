"""Files on a case (附件): the evidence that a move or a request rests on, put there by who may act on the case.

A move or request names a file by its id (``Given.attachment``); what an approved request rests on, its move rests on
too. What a file may be is checked where it comes in, and its bytes lie in the blob store before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import in_order, lifecycle, recording
from casework.actors import UNIT_ROLES, Actor
from casework.case_file_errors import UnknownCaseFile
from casework.case_file_tables import CaseFile
from casework.errors import NotAllowed
from casework.reading import ADD_FILE, MAY_OPEN, WORK_WITH_PEOPLE, is_report
from casework.tables import Case, Request, Step
from district.pack import District
from storage.database import is_id

ADD = "添加附件"
OPENED_BY = WORK_WITH_PEOPLE | MAY_OPEN | UNIT_ROLES
"""Roles that get the bytes: nothing in them can be masked, so whoever reads masked words alone gets none."""


def may_keep(session: Session, district: District, case: Case, actor: Actor, *, now: datetime) -> bool:
    """Whether the actor may act on the case as it stands: make a move, or make a request."""
    from casework import requests  # which asks here for the files that it names

    return bool(
        lifecycle.case_moves(session, district, case, actor)
        or requests.open_kinds(session, district, case, actor, now=now)
    )


def check_keep(session: Session, district: District, case: Case, actor: Actor, *, now: datetime) -> None:
    """Raises ``NotAllowed`` for who may do nothing on the case."""
    if not may_keep(session, district, case, actor, now=now):
        raise NotAllowed(ADD, "您现在不能办理该办件")


def keep(
    session: Session,
    district: District,
    case: Case,
    name: str,
    media_type: str,
    size: int,
    blob: str,
    *,
    actor: Actor,
    now: datetime,
) -> CaseFile:
    """Put a file on the case, on record. Raises ``NotAllowed`` and ``ClockBackwards``."""
    lifecycle.hold(session, case)
    check_keep(session, district, case, actor, now=now)
    now = in_order.moment(session, case, now=now)
    file = CaseFile(
        case_id=case.id,
        name=name,
        media_type=media_type,
        size=size,
        blob=blob,
        by=actor.id,
        by_name=actor.name,
        by_unit=actor.unit if actor.role in UNIT_ROLES else "",
        at=now,
    )
    session.add(file)
    session.flush()
    # The name is the desk's to read: whoever does not see the file does not see it (``reading.step_texts``).
    lifecycle.note(session, ADD_FILE, ADD, actor=actor, now=now, case=case, text=name, unit=actor.unit)
    return file


def of_case(session: Session, case: Case, actor: Actor) -> Sequence[CaseFile]:
    """The files that the actor sees, oldest first.

    A unit sees what units put there, and what the desk did unless the case has a reporter who is hidden from units.
    """
    query = select(CaseFile).where(CaseFile.case_id == case.id).order_by(CaseFile.at, CaseFile.id)
    if actor.role in UNIT_ROLES and any(is_report(ticket) for ticket in case.tickets):
        query = query.where(CaseFile.by_unit != "")
    return list(session.scalars(query))


def check(session: Session, case: Case, key: str, actor: Actor) -> None:
    """Raises ``UnknownCaseFile`` where the key is no file of this case that the actor sees; an empty key names none."""
    if key:
        _of(session, case, key, actor)


def take(session: Session, case: Case, key: str, actor: Actor) -> CaseFile:
    """The file, to be given to the actor. Raises ``NotAllowed`` for roles that see no person, ``UnknownCaseFile``."""
    if actor.role not in OPENED_BY:
        raise NotAllowed("查看附件", "附件可能显露诉求人，您的角色不能查看")
    return _of(session, case, key, actor)


def _of(session: Session, case: Case, key: str, actor: Actor) -> CaseFile:
    found = next((file for file in of_case(session, case, actor) if file.id == key and file.blob), None)
    if found is None:
        raise UnknownCaseFile(case.number, key)
    return found


def note_read(session: Session, file: CaseFile, actor: Actor, *, now: datetime) -> None:
    """Put on record that the actor gets the file."""
    recording.record(session, actor, "read_case_file", "case", file.case_id, now=now, details={"file": file.id})


def of_request(session: Session, request: Request) -> str:
    """The key of the file that a request rests on; empty: none."""
    query = select(CaseFile.id).where(CaseFile.request_id == request.id).order_by(CaseFile.at, CaseFile.id).limit(1)
    return session.scalar(query) or ""


def give(session: Session, key: str, *, request: Request | None = None, step: Step | None = None) -> None:
    """Put down which request or step (of an approved request, which both) rests on the file; ``check`` comes before.

    A file that something else rests on already is put there once more: each thing keeps what it was given.
    """
    file = session.get(CaseFile, key) if is_id(key) else None
    if file is None:
        return
    of_this = request is not None and file.request_id == request.id and file.step_id is None
    if not of_this and (file.request_id or file.step_id):
        copied = ("case_id", "name", "media_type", "size", "blob", "by", "by_name", "by_unit", "at")
        file = CaseFile(**{name: getattr(file, name) for name in copied})
        session.add(file)
    if request is not None:
        file.request_id = request.id
    if step is not None:
        file.step_id = step.id


def blobs(session: Session) -> Iterable[str]:
    """The digests that files of cases name."""
    return session.scalars(select(CaseFile.blob).where(CaseFile.blob != "").distinct())
