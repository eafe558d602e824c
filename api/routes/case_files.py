"""``/api/v1/cases/{key}/files``: the files of a case (附件)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api import case_files
from api.auth import CurrentDesk, CurrentVisitor
from api.writing import CurrentWriter
from casework import tickets

router = APIRouter(prefix="/api/v1/cases/{key}/files", tags=["cases"])


@router.post("", status_code=201)
async def add(
    key: str, writer: CurrentWriter, file: Annotated[UploadFile, File(description="PDF、DOCX、XLSX 或图片，最大 20 MB")]
) -> dict[str, Any]:
    """Put a file on the case; a move or a request names it by its ``id`` (``attachment``)."""
    content = await file.read(case_files.LARGEST + 1)
    desk, actor = writer.desk, writer.actor
    taken = await run_in_threadpool(
        lambda: case_files.taken(desk, key, file.filename or "", content, actor=actor),
    )

    def work(session: Session) -> dict[str, Any]:
        case = tickets.get_case(session, desk.district, key, actor)
        kept = case_files.put(session, desk, case, taken, actor=actor)
        return {"id": kept.id, "name": kept.name, "size": kept.size}

    return await writer.run({"name": taken.name, "blob": taken.blob}, work)


@router.get("/{file_id}", response_class=Response)
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The file, on record, to whoever works with the people of the case."""
    return await run_in_threadpool(case_files.given_out, desk, key, file_id, who.actor)
