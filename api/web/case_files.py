"""Files of a case on its page: what a form sends along, one put there by itself, and downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import case_files, scanning
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from casework import case_files as kept
from casework import tickets
from casework.actors import UNIT_ROLES, Actor
from casework.case_file_errors import TooManyPhotos
from casework.errors import NeedMissing
from casework.reading import Reader
from casework.tables import Case
from knowledge.attachments import Attached

router = APIRouter(prefix="/cases/{key}/files")
FIELD = "attachment"
PHOTOS = {"before": "办理前", "after": "办理后"}
"""Fields of photos, and what stands before the name of each."""
PHOTOS_AT_ONCE = 9


async def sent(desk: Desk, key: str, form: Mapping[str, Any], actor: Actor) -> Attached | None:
    """The file that a form sends along, stored; None where none was chosen. Raises as ``api.case_files.taken``."""
    given = form.get(FIELD)
    if not isinstance(given, UploadFile) or not given.filename:
        return None
    name, content = given.filename, await given.read(case_files.LARGEST + 1)
    return await run_in_threadpool(lambda: case_files.taken(desk, key, name, content, actor=actor))


async def photos(desk: Desk, key: str, form: FormData, actor: Actor) -> list[Attached]:
    """The photos that a form sends along, stored, at most ``PHOTOS_AT_ONCE``. Raises as ``api.case_files.taken``."""
    given = [
        (f"{label}-{each.filename}", await each.read(case_files.LARGEST + 1))
        for field, label in PHOTOS.items()
        for each in form.getlist(field)
        if isinstance(each, UploadFile) and each.filename
    ]
    if len(given) > PHOTOS_AT_ONCE:
        raise TooManyPhotos(PHOTOS_AT_ONCE)

    def take() -> list[Attached]:
        return [case_files.taken(desk, key, name, content, actor=actor) for name, content in given]

    return await run_in_threadpool(take)


def keep_photos(desk: Desk, key: str, taken: Sequence[Attached], actor: Actor) -> None:
    """Put the photos on the case, all or none."""
    with desk.database.write.begin() as session:
        case = tickets.get_case(session, desk.district, key, actor)
        for each in taken:
            case_files.put(session, desk, case, each, actor=actor)


def shown(session: Session, desk: Desk, reader: Reader, case: Case) -> dict[str, Any]:
    """Values for the list of files on the page of a case."""
    files, actor = kept.of_case(session, case, reader.actor), reader.actor
    scans = scanning.shown(session, desk, files)
    states = {file.id: scans.get(file.blob, ("", "")) for file in files}
    return {
        "files": [each | {"scan": states[each["id"]][0]} for each in case_files.listed(session, reader, case)],
        "opens": actor.role in kept.OPENED_BY,
        "adds": kept.may_keep(session, desk.district, case, actor, now=desk.now()),
        "is_unit": actor.role in UNIT_ROLES,
    }


@router.post("")
async def add(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Put a file on the case."""
    async with request.form() as form:
        taken = await sent(desk, key, form, who.actor)
    if taken is None:
        raise NeedMissing(kept.ADD, FIELD)

    def work() -> str:
        with desk.database.write.begin() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            case_files.put(session, desk, case, taken, actor=who.actor)
            return case.number

    return RedirectResponse(f"/cases/{await run_in_threadpool(work)}#files", 303)


@router.post("/photos")
async def add_photos(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Put photos of before and after on the case."""
    async with request.form() as form:
        taken = await photos(desk, key, form, who.actor)
    if not taken:
        raise NeedMissing(kept.ADD, FIELD)
    await run_in_threadpool(keep_photos, desk, key, taken, who.actor)
    return RedirectResponse(f"/cases/{quote(key)}#files", 303)


@router.get("/{file_id}/thumbnail", response_class=Response)
async def thumbnail(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A picture of the file, small, as the desk draws it."""
    return await run_in_threadpool(case_files.drawn, desk, key, file_id, who.actor, "small")


@router.get("/{file_id}/picture", response_class=Response)
async def picture(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The same, to be looked at."""
    return await run_in_threadpool(case_files.drawn, desk, key, file_id, who.actor, "shown")


@router.get("/{file_id}", response_class=Response)
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The file, always as a download."""
    return await run_in_threadpool(case_files.given_out, desk, key, file_id, who.actor)
