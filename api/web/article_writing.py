"""Writing an article on its page: text and files in one form, and what happens when somebody else saved meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from api import article_attachments, errors, gap_views, invalid
from api.article_attachments import ENDINGS, LARGEST, Row
from api.article_views import ArticleText
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.web import article_conflict, render
from api.web.article_conflict import Conflict
from api.web.article_desk import units
from api.web.articles import names
from district.pack import District
from district.units import UnitNotMeant, Units
from district.visible import stripped
from knowledge import articles, attachments, content, lifecycle, writing
from knowledge.attachments import MOST, Attached
from knowledge.errors import BaseMissing, EditedMeanwhile, KnowledgeError, UnknownArticleUnit
from knowledge.lifecycle import ROLES

router = APIRouter()
LABELS = content.LABELS | {"id": "编号"}
_BASE = re.compile("[0-9]{1,9}")
_FIELDS = ("id", "base", "over", *content.CONTENT)


@dataclass(slots=True)
class Form:
    """What was typed and chosen. ``uploads``: name and bytes of the files that were chosen, cut off past the limit."""

    text: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    uploads: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The version it was written on; empty where that cannot be known."""
        given = self.text["over"] or self.text["base"]
        return given if _BASE.fullmatch(given) else ""

    def source(self, number: str, units: Units) -> ArticleText:
        """The text. Raises ``ValidationError`` and ``UnknownArticleUnit``."""
        form = self.text
        given: dict[str, Any] = {name: stripped(form[name]) for name in content.CONTENT}
        given |= {name: list(filter(None, map(stripped, form[name].splitlines()))) for name in content.LISTS}
        given |= {name: given[name] or None for name in content.DAYS}
        given["category"] = given["category"].split(" ")[0]  # the code before the name that the list offers
        try:
            given["unit"] = units.typed(given["unit"]).code
        except UnitNotMeant as problem:
            raise UnknownArticleUnit(given["unit"], problem.sentence(LABELS["unit"])) from problem
        return ArticleText.model_validate({"id": number, **given})


async def _written(request: Request, who: Visitor) -> Form:
    async with request.form() as sent:  # the check for forgery has read it already, and left its files open
        _check_writer(who)
        text = {name: str(sent.get(name, "")).replace("\0", "") for name in _FIELDS}
        columns = ([str(each) for each in sent.getlist(f"file_{name}")] for name in ("id", "name", "place"))
        gone = set(sent.getlist("file_gone"))
        rows = [Row(file, name, place, file in gone) for file, name, place in zip(*columns, strict=False)]
        chosen = [each for each in sent.getlist("files") if isinstance(each, UploadFile) and each.filename]
        uploads = [(each.filename or "", await each.read(LARGEST + 1)) for each in chosen[: MOST + 1]]
    return Form(text, rows[:MOST], uploads)


def _shown(district: District, text: Mapping[str, Any]) -> dict[str, str]:
    """Content as the form shows it: lists a line an item, codes with the names that the lists offer them by."""
    shown = {name: "\n".join(value) if isinstance(value, list) else str(value or "") for name, value in text.items()}
    called = names(district, text)
    return shown | {name: f"{shown[name]} {called[name]}".strip() for name in ("category", "unit")}


def _lines(there: Sequence[Attached], rows: Sequence[Row] = ()) -> list[dict[str, Any]]:
    """The files as the form shows them, each as it was typed last."""
    typed = {row.file: row for row in rows}
    lines = []
    for at, each in enumerate(there, 1):
        row = typed.get(each.file, Row(each.file, each.name, str(at), gone=False))
        lines.append({"row": row, "size": each.size, "media_type": each.media_type})
    return lines


def _page(
    request: Request,
    desk: Desk,
    who: Visitor,
    form: Mapping[str, str],
    *,
    key: str,
    base: int | str,
    files: Sequence[dict[str, Any]] = (),
    problem: str = "",
    lost: int = 0,
    conflict: Conflict | None = None,
) -> HTMLResponse:
    district = desk.district
    return render.page(
        request,
        "article_form.html",
        who,
        422 if problem else 200,
        form=form,
        key=key,
        base=base,
        files=files,
        problem=problem,
        lost=lost,
        conflict=conflict,
        labels=content.LABELS,
        categories=[(leaf.code, "/".join(leaf.path)) for leaf in district.taxonomy.leaves],
        units=units(district),
        streets=[(unit.code, unit.name) for unit in district.units.streets],
        most=MOST,
        largest=LARGEST,
        together=desk.settings.max_body,
        endings=",".join(ending for each in ENDINGS.values() for ending in each),
    )


def _check_writer(who: Visitor) -> None:
    if who.actor.role not in ROLES["write"]:
        raise Forbidden("您的角色不能编写知识条目，请联系知识管理员")


@router.get("/articles/new")
async def new(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, gap: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The empty form, or what is known of a gap filled in."""
    _check_writer(who)
    known = await run_in_threadpool(gap_views.draft_for, desk, gap)
    form = dict.fromkeys(("id", *content.CONTENT), "") | {"unit": who.actor.unit} | known
    return await run_in_threadpool(lambda: _page(request, desk, who, form, key="", base=0))


@router.get("/articles/{key}/edit")
async def edit_form(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form with the latest text and files."""
    _check_writer(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            article = articles.get(session, key)
            lifecycle.check(desk.district, who.actor, "write", article.number, article.unit)
            being_written = writing.open_version(session, article)
            text = content.of_version(being_written.content) if being_written else content.of_article(article)
            files = attachments.of(being_written or writing.standing_version(session, article))
            base = being_written.version if being_written else article.version
            form = _shown(desk.district, text)
            return _page(request, desk, who, form, key=article.number, base=base, files=_lines(files))

    return await run_in_threadpool(read)


Work = Callable[[Session, Sequence[Attached]], str]


@router.post("/articles/new")
async def create(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A new draft; or the form again, with what is wrong and all that was written."""
    form = await _written(request, who)

    def work(session: Session, added: Sequence[Attached]) -> str:
        text = form.source(form.text["id"].strip(), desk.district.units)
        text = text if text.id else text.numbered(lifecycle.free_number(session))
        made = lifecycle.create(session, desk.district, text, actor=who.actor, now=desk.now(), files=added)
        return made.number

    return await run_in_threadpool(_save, request, desk, who, form, "", work)


@router.post("/articles/{key}/edit")
async def edit(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A new draft version; or the form again. ``over``: the version of somebody else on top of which this goes."""
    form = await _written(request, who)

    def work(session: Session, added: Sequence[Attached]) -> str:
        if not form.base:
            raise BaseMissing(key)
        text, attach = form.source("", desk.district.units), article_attachments.typed(form.rows, added)
        lifecycle.edit(
            session, desk.district, key, text, actor=who.actor, now=desk.now(), base=int(form.base), attach=attach
        )
        return articles.get(session, key).number

    return await run_in_threadpool(_save, request, desk, who, form, key, work)


def _save(request: Request, desk: Desk, who: Visitor, form: Form, key: str, work: Work) -> Response:
    overtaken = False
    try:
        _check_own(desk, who, key)
        added = [article_attachments.taken(desk, name, given) for name, given in form.uploads]
        with desk.database.write.begin() as session:
            number = work(session, added)
    except ValidationError as problem:
        sentence = invalid.sentence(problem.errors(), LABELS)
    except KnowledgeError as problem:
        sentence = errors.sentence(problem)
        overtaken = isinstance(problem, EditedMeanwhile | BaseMissing)
    else:
        return RedirectResponse(f"/articles/{number}?done=saved", 303)
    return _again(request, desk, who, form, key, sentence, overtaken=overtaken)


def _check_own(desk: Desk, who: Visitor, key: str) -> None:
    """No file is kept of anybody who may not write there."""
    if key:
        with desk.database.read() as session:
            article = articles.get(session, key)
            lifecycle.check(desk.district, who.actor, "write", article.number, article.unit)


def _again(
    request: Request, desk: Desk, who: Visitor, form: Form, key: str, sentence: str, *, overtaken: bool
) -> HTMLResponse:
    """The form with all that was typed, why it was refused, and what somebody else saved meanwhile."""
    files: list[dict[str, Any]] = []
    conflict = None
    try:
        with desk.database.read() as session:
            if key:
                article = articles.get(session, key)
                lifecycle.check(desk.district, who.actor, "write", article.number, article.unit)
                latest = writing.open_version(session, article) or writing.standing_version(session, article)
                files = _lines(attachments.of(latest), form.rows)
                if overtaken and latest is not None:
                    typed = _typed(form, desk.district.units)
                    conflict = article_conflict.found(session, article, latest, form.base, typed)
    except KnowledgeError:
        files, conflict = [], None  # it is gone, or not his: the sentence says so, and what he typed stays
    return _page(
        request, desk, who, form.text,
        key=key, base=form.base, files=files, problem=sentence, lost=len(form.uploads), conflict=conflict,
    )  # fmt: skip


def _typed(form: Form, units: Units) -> dict[str, Any] | None:
    """The text as a version would keep it; None while it does not fit."""
    try:
        return content.plain(content.of_source(form.source("", units)))
    except (ValidationError, UnknownArticleUnit):
        return None
