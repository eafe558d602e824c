"""The page of the staff list (人员导入): looked at first, then brought in. For administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import staff_import
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden, sentence
from api.import_stash import ImportStash
from api.web import render
from casework import staff
from casework.errors import CaseworkError
from casework.privacy import mask_address
from casework.staff import LABELS, ROLES, Plan
from channels.sheets.table import MAX_BYTES
from district.schemas import Role
from storage.identity import list_users

router = APIRouter(prefix="/staff")


def _check(who: Visitor) -> None:
    if who.actor.role is not Role.ADMINISTRATOR:
        raise Forbidden("人员由管理员管理，您的角色不能查看或导入")


def _page(
    request: Request,
    desk: Desk,
    who: Visitor,
    *,
    plan: Plan | None = None,
    token: str = "",
    missing: bool = False,
    passwords: dict[str, str] | None = None,
    problem: str = "",
) -> HTMLResponse:
    with desk.database.read() as session:
        users = list_users(session)
    return render.page(
        request,
        "staff.html",
        who,
        422 if problem else 200,
        users=[(user, mask_address(user.phone), mask_address(user.email)) for user in users],
        plan=plan,
        token=token,
        missing=missing,
        passwords=passwords,
        roles={str(role): label for role, label in ROLES.items()},
        labels={**LABELS, "disabled": "启用"},
        problem=problem,
    )


@router.get("")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Who is there, and the form."""
    _check(who)
    return await run_in_threadpool(_page, request, desk, who)


@router.post("/contact")
async def set_contact(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    login: Annotated[str, Form(max_length=60)],
    phone: Annotated[str, Form(max_length=30)] = "",
    email: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Where one is called and written to: alerts go there."""
    _check(who)

    def work() -> Response:
        try:
            with desk.database.write.begin() as session:
                staff.set_contact(session, login, phone=phone, email=email, actor=who.actor, now=desk.now())
        except CaseworkError as problem:
            return _page(request, desk, who, problem=sentence(problem))
        return RedirectResponse("/staff", 303)

    return await run_in_threadpool(work)


@router.post("/import")
async def preview(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    file: Annotated[UploadFile, File()],
    missing: Annotated[bool, Form()] = False,  # noqa: FBT002  (a checkbox)
) -> Response:
    """What the list would do; nothing is changed yet."""
    _check(who)
    content = await file.read(MAX_BYTES + 1)

    def work() -> HTMLResponse:
        try:
            rows = staff_import.read(desk, content)
            plan = staff_import.planned(desk, rows, actor=who.actor, disable_missing=missing)
        except CaseworkError as problem:
            return _page(request, desk, who, problem=sentence(problem))
        token = ImportStash(desk.home).put([("staff", content)], owner=who.actor.id, now=desk.now())
        return _page(request, desk, who, plan=plan, token=token, missing=missing)

    return await run_in_threadpool(work)


@router.post("/import/{token}")
async def land(
    token: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    missing: Annotated[bool, Form()] = False,  # noqa: FBT002
) -> Response:
    """Bring in what was looked at; the one-time passwords stand on this page and nowhere else."""
    _check(who)

    def work() -> HTMLResponse:
        stash = ImportStash(desk.home)
        ((_, content),) = stash.get(token, owner=who.actor.id, now=desk.now())
        try:
            rows = staff_import.read(desk, content)
            plan, passwords = staff_import.bring_in(desk, rows, actor=who.actor, disable_missing=missing)
        except CaseworkError as problem:
            return _page(request, desk, who, problem=sentence(problem))
        stash.drop(token)
        return _page(request, desk, who, plan=plan, passwords=passwords)

    return await run_in_threadpool(work)
