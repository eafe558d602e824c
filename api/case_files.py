"""Files of cases at the edge: one that is sent is looked at and stored as an article's is, one that is given out is
scanned and put on record.
"""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from api import article_attachments, scanning
from api.desk import Desk
from api.sealed import as_download, as_picture
from casework import case_files, tickets
from casework.actors import Actor
from casework.case_file_tables import CaseFile
from casework.reading import Reader
from casework.tables import Case
from knowledge.attachments import Attached

LARGEST = article_attachments.LARGEST
ENDINGS = ",".join(ending for each in article_attachments.ENDINGS.values() for ending in each)


def taken(desk: Desk, key: str, name: str, content: bytes, *, actor: Actor) -> Attached:
    """The file, stored, if the actor may put one on this case; nothing names it yet. Blocks.

    Raises ``UnknownCase``, ``NotAllowed`` and ``UnfitAttachment``.
    """
    with desk.database.read() as session:
        case = tickets.get_case(session, desk.district, key, actor)
        case_files.check_keep(session, desk.district, case, actor, now=desk.now())
    return article_attachments.taken(desk, name, content)


def put(session: Session, desk: Desk, case: Case, file: Attached, *, actor: Actor) -> CaseFile:
    """Put the stored file on the case. Raises as ``casework.case_files.keep`` does."""
    return case_files.keep(
        session,
        desk.district,
        case,
        file.name,
        file.media_type,
        file.size,
        file.blob,
        actor=actor,
        now=desk.now(),
    )


def listed(session: Session, reader: Reader, case: Case) -> list[dict[str, Any]]:
    """The files of a case that its reader sees; names in words he may read."""
    veil = reader.record(case)
    return [
        {
            "id": file.id,
            "name": veil.text(file.name),
            "media_type": file.media_type,
            "size": file.size,
            "request": file.request_id,
            "step": file.step_id,
            "by": veil.text(file.by_name),
            "at": file.at,
            "erased": not file.blob,
        }
        for file in case_files.of_case(session, case, reader.actor)
    ]


def drawn(desk: Desk, key: str, file_id: str, actor: Actor, form: str) -> Response:
    """A picture of the file in one of the forms of ``previews.EDGES``, on record. Blocks.

    Raises ``NotShown`` and as ``given_out`` does.
    """
    blob, _, _ = _taken_out(desk, key, file_id, actor)
    return as_picture(desk.previews.get(blob, form, lambda: desk.blobs.get(blob)))


def given_out(desk: Desk, key: str, file_id: str, actor: Actor) -> Response:
    """The file as a download, on record. Blocks.

    Raises ``UnknownCase``, ``UnknownCaseFile``, ``NotAllowed`` and what ``scanning.admit`` does.
    """
    blob, name, media_type = _taken_out(desk, key, file_id, actor)
    return as_download(desk.blobs.get(blob), name, media_type)


def _taken_out(desk: Desk, key: str, file_id: str, actor: Actor) -> tuple[str, str, str]:
    """The file's blob, name and type, once it is scanned and its reading is on record."""
    with desk.database.read() as session:
        case = tickets.get_case(session, desk.district, key, actor)
        found = case_files.take(session, case, file_id, actor)
        name = Reader(desk.district, actor).record(case).text(found.name)
    scanning.admit(desk, found.blob)
    with desk.database.write.begin() as session:
        case_files.note_read(session, found, actor, now=desk.now())
    return found.blob, name, found.media_type
