"""``/api/v1/articles/{number}/attachments``: the files of an article's versions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import article_attachments as edge
from api import article_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import page
from api.writing import CurrentWriter, Writer
from knowledge import articles, lifecycle, versions, writing
from knowledge.attachments import MOST, Attach, Attached
from knowledge.reader import ArticleReader

router = APIRouter(prefix="/api/v1/articles/{key}/attachments", tags=["articles"])
_BASE = "在哪一版上修改；与最新版不同时拒绝，以免覆盖他人的修改"


class Listed(BaseModel):
    """One file of the new list."""

    id: str = Field(max_length=40, description="附件的 id")
    name: str = Field("", max_length=120, description="新名称；不填则不改")


class Arrangement(BaseModel):
    """All files that the new version is to have, in their order; those that are not named are taken off."""

    attachments: list[Listed] = Field(max_length=MOST)
    base: int | None = Field(None, description=_BASE)


@router.get("")
async def list_(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    version: Annotated[int | None, Query(description="版本号；不填为现行内容的附件")] = None,
) -> dict[str, Any]:
    """The files of what is out, or of the version that is asked for, in their order."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            may = ArticleReader(desk.district, who.actor)
            article = may.article(session, key)
            asked = may.version(session, key, version) if version is not None else None
            return page(views.files_json(asked or writing.standing_version(session, article)), "")

    return await run_in_threadpool(read)


@router.post("")
async def add(
    key: str,
    writer: CurrentWriter,
    file: Annotated[UploadFile, File(description="PDF、DOCX、XLSX 或图片，最大 20 MB")],
    base: Annotated[int | None, Form(description=_BASE)] = None,
) -> dict[str, Any]:
    """Another file at the end of the list: a new draft version, which is answered."""
    content = await file.read(edge.LARGEST + 1)

    def store() -> Attached:
        with writer.desk.database.read() as session:
            article = articles.get(session, key)
            lifecycle.check(writer.desk.district, writer.actor, "write", article.number, article.unit)
        return edge.taken(writer.desk, file.filename or "", content)

    added = await run_in_threadpool(store)
    asked = {"name": added.name, "blob": added.blob, "base": base}
    return await _rewritten(writer, key, lambda there: [*there, added], base=base, asked=asked)


@router.put("")
async def arrange(key: str, given: Arrangement, writer: CurrentWriter) -> dict[str, Any]:
    """Names, order and what is taken off, in one: a new draft version, which is answered."""
    attach = edge.listed(key, [(each.id, each.name) for each in given.attachments])
    return await _rewritten(writer, key, attach, base=given.base, asked=given.model_dump())


async def _rewritten(writer: Writer, key: str, attach: Attach, *, base: int | None, asked: object) -> dict[str, Any]:
    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        made = lifecycle.edit(session, district, key, None, actor=actor, now=writer.now, base=base, attach=attach)
        article = articles.get(session, key)
        latest = made or writing.open_version(session, article) or versions.one(session, key, article.version)
        return views.version_whole(latest)

    return await writer.run(asked, work)


@router.get("/{file_id}", response_class=Response)
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The file, by the id that it keeps from version to version, if the reader may read a version that has it."""

    def read() -> Response:
        with desk.database.read() as session:
            found = ArticleReader(desk.district, who.actor).attachment(session, key, file_id)
        return edge.given_out(desk, found)

    return await run_in_threadpool(read)
