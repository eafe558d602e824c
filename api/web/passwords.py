"""我的账户: a member of staff's own password, authenticator app and sessions.

Whoever was given a one-time password, or must sign in by a code and has no app yet, comes here first.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api import devices, passwords, second_step
from api.auth import CurrentDesk, CurrentVisitor, Visitor, token_of
from api.desk import Desk
from api.errors import Forbidden, UnfitPassword, sentence
from api.secret_box import CannotUnseal
from api.sign_in_problems import UnfitFactor, WrongCode
from api.web import render
from casework import recording
from storage import identity, sign_ins
from storage.identity import token_hash

router = APIRouter(prefix="/password")
Password = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=40)]
REFUSED = (UnfitPassword, UnfitFactor, WrongCode, Forbidden, CannotUnseal)
DONE = {
    "password": "密码已修改，其他设备上的登录已退出",
    "totp_off": "动态验证码已关闭",
    "ended": "已退出那台设备上的登录",
    "others": "已退出其他设备上的登录",
}


def _page(request: Request, desk: Desk, who: Visitor, status: int = 200, **values: Any) -> Response:
    """The account, with what is wrong next to the form that it is about."""
    with desk.database.read() as session:
        found = sign_ins.list_of(session, who.actor.id, now=desk.now())
    present = token_hash(token_of(request)[0])
    given: dict[str, Any] = {"problem": "", "about": "password", "proposal": None, "codes": [], "done": ""}
    return render.page(
        request,
        "password.html",
        who,
        status,
        **(given | values),
        shortest=passwords.MIN_LENGTH,
        factor=second_step.state(desk, who.actor.id),
        sessions=[(each, devices.name_of(each.device), each.token_hash == present) for each in found],
    )


@router.get("")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor, done: str = "") -> Response:
    """The account."""
    return await run_in_threadpool(_page, request, desk, who, done=DONE.get(done, ""))


@router.post("")
async def change(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, current: Password, password: Password, again: Password
) -> Response:
    """Set the password, and on to the role's first page; or the form again with what is wrong."""

    def work() -> Response:
        try:
            if password != again:
                raise UnfitPassword("两次输入的新密码不一致")
            passwords.change(desk, request, who, current, password)
        except REFUSED as problem:
            return _page(request, desk, who, 422, problem=sentence(problem))
        return RedirectResponse("/" if who.one_time else "/password?done=password", 303)

    return await run_in_threadpool(work)


@router.post("/totp")
async def propose(request: Request, desk: CurrentDesk, who: CurrentVisitor, current: Password) -> Response:
    """A secret for the app, with a picture to scan."""

    def work() -> Response:
        try:
            made = second_step.propose(desk, who.actor.id, current)
        except REFUSED as problem:
            return _page(request, desk, who, 422, problem=sentence(problem), about="totp")
        return _page(request, desk, who, proposal=made, about="totp")

    return await run_in_threadpool(work)


@router.post("/totp/confirm")
async def confirm(request: Request, desk: CurrentDesk, who: CurrentVisitor, otp: Code) -> Response:
    """Turn it on by a first code; the recovery codes stand on this page and nowhere else."""

    def work() -> Response:
        try:
            codes = second_step.confirm(desk, who.actor, otp)
        except REFUSED as problem:
            made = None if isinstance(problem, UnfitFactor) else second_step.proposal(desk, who.actor.id)
            return _page(request, desk, who, 422, problem=sentence(problem), about="totp", proposal=made)
        return _page(request, desk, who, codes=codes, about="totp")

    return await run_in_threadpool(work)


@router.post("/totp/codes")
async def renew(request: Request, desk: CurrentDesk, who: CurrentVisitor, otp: Code) -> Response:
    """Ten new recovery codes; the old ones are good for nothing."""

    def work() -> Response:
        try:
            codes = second_step.renew_codes(desk, who.actor, otp)
        except REFUSED as problem:
            return _page(request, desk, who, 422, problem=sentence(problem), about="totp")
        return _page(request, desk, who, codes=codes, about="totp")

    return await run_in_threadpool(work)


@router.post("/totp/off")
async def turn_off(request: Request, desk: CurrentDesk, who: CurrentVisitor, current: Password, otp: Code) -> Response:
    """Turn it off, by password and code; not where the role must have it."""

    def work() -> Response:
        try:
            if second_step.state(desk, who.actor.id).required:
                raise UnfitFactor("您的角色须用动态验证码登录，不能关闭；要换手机，请管理员重设")
            second_step.turn_off(desk, who.actor, current, otp)
        except REFUSED as problem:
            return _page(request, desk, who, 422, problem=sentence(problem), about="totp")
        return RedirectResponse("/password?done=totp_off", 303)

    return await run_in_threadpool(work)


@router.post("/sessions/end")
async def end(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, place: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """End one of one's other sessions, or all of them."""

    def work() -> str:
        present, _ = token_of(request)
        with desk.database.write.begin() as session:
            if place:
                ended = int(sign_ins.end(session, who.actor.id, place))
            else:
                ended = identity.close_sessions(session, who.actor.id, keep=present)
            if ended:
                details = {"ended": ended}
                recording.record(
                    session, who.actor, "end_sessions", "user", who.actor.id, now=desk.now(), details=details
                )
        if place == token_hash(present):
            return "/login"
        return f"/password?done={'ended' if place else 'others'}"

    return RedirectResponse(await run_in_threadpool(work), 303)
