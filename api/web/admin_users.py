"""用户: who works here, in which role, how he signs in; and who is kept out after too many wrong passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import second_step
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import sentence
from api.web import admin_doors, render
from casework import staff, staff_changes
from casework.errors import CaseworkError
from casework.privacy import mask_address
from casework.staff import ROLES
from casework.staff_changes import STATES, Person, Sought
from storage import second_factor, sign_ins
from storage.errors import LoginTaken
from storage.identity import StaffSession, User, hash_password

router = APIRouter(prefix="/admin")
LABELS = {str(role): label for role, label in ROLES.items()}
DONE = {
    "changed": "已保存",
    "disabled": "已停用，并退出其所有登录",
    "enabled": "已启用，用原来的密码登录",
    "totp": "已重设动态验证码：凭密码登录后可重新开启",
    "no_totp": "没有开启动态验证码，不用重设",
    "ended": "已退出其所有登录",
    "released": "已解除锁定，可以马上再登录",
}
Short = Annotated[str, Form(max_length=60)]
Word = Annotated[str, Query(max_length=60)]


@router.get("/users")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Word = "",
    role: Word = "",
    state: Word = "",
    after: Word = "",
    done: Word = "",
) -> Response:
    """The users, to be searched and narrowed; above them who is kept out."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        sought = Sought(words=q, role=role if role in LABELS else "", state=state if state in STATES else "")
        with desk.database.read() as session:
            found, following = staff_changes.find(session, sought, actor=who.actor, after=after)
            factors = second_factor.those_in_force(session)
            sessions = _signed_in(session, desk, found)
            locked = sign_ins.locked_out(session, now=desk.now())
            total = session.scalar(select(func.count(User.id)).where(User.disabled.is_(False))) or 0
        filters = {"q": q, "role": role, "state": state}
        return render.page(
            request,
            "admin_users.html",
            who,
            tabs=admin_doors.tabs(who),
            may_act=admin_doors.may_act(who),
            rows=[(user, user.id in factors, sessions.get(user.id, 0)) for user in found],
            total=total,
            locked=locked,
            roles=LABELS,
            states=STATES,
            filters={name: value for name, value in filters.items() if value},
            following=following,
            first=bool(after),
            done=DONE.get(done, ""),
        )

    return await run_in_threadpool(read)


def _signed_in(session: Session, desk: Desk, users: Any) -> dict[str, int]:
    """How many sessions of each go on."""
    keys = [user.id for user in users]
    query = select(StaffSession.user_id, func.count()).where(
        StaffSession.user_id.in_(keys), StaffSession.expires_at > desk.now()
    )
    return {str(key): int(count) for key, count in session.execute(query.group_by(StaffSession.user_id))}


def _form(
    request: Request,
    desk: Desk,
    who: Visitor,
    *,
    user: User | None,
    person: Person,
    login: str = "",
    problem: str = "",
    password: str = "",
    done: str = "",
) -> HTMLResponse:
    factor = sessions = None
    if user is not None:
        factor = second_step.state(desk, user.id)
        with desk.database.read() as session:
            sessions = _signed_in(session, desk, [user]).get(user.id, 0)
    may_act = admin_doors.may_act(who)
    if not may_act:
        person = Person(person.name, person.role, person.unit, mask_address(person.phone), mask_address(person.email))
    return render.page(
        request,
        "admin_user.html",
        who,
        422 if problem else 200,
        tabs=admin_doors.tabs(who),
        may_act=may_act,
        user=user,
        login=user.login if user else login,
        person=person,
        factor=factor,
        sessions=sessions,
        roles=LABELS,
        units=list(desk.district.units),
        unit=desk.district.units.name_of(person.unit) or person.unit,
        problem=problem,
        password=password,
        done=DONE.get(done, ""),
    )


def _person(user: User) -> Person:
    return Person(user.name, user.role, user.unit, user.phone, user.email)


@router.get("/users/new")
async def new(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form for somebody new."""
    admin_doors.check(who, to_act=True)
    return await run_in_threadpool(lambda: _form(request, desk, who, user=None, person=Person("", "")))


@router.post("/users/new")
async def add(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    login: Short,
    name: Short,
    role: Short,
    unit: Short = "",
    phone: Annotated[str, Form(max_length=30)] = "",
    email: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Add him; his one-time password stands on this page and nowhere else."""
    admin_doors.check(who, to_act=True)
    person = Person(name, role, unit, phone, email)

    def work() -> HTMLResponse:
        password = staff.one_time_password()
        hashed = hash_password(password)
        try:
            with desk.database.write.begin() as session:
                user = staff_changes.add(session, desk.district, login, person, hashed, actor=who.actor, now=desk.now())
                session.expunge(user)
        except (CaseworkError, LoginTaken) as problem:
            return _form(request, desk, who, user=None, person=person, login=login, problem=sentence(problem))
        return _form(request, desk, who, user=user, person=_person(user), password=password)

    return await run_in_threadpool(work)


@router.get("/users/{key}")
async def show(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor, done: Word = "") -> Response:
    """One user."""
    admin_doors.check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            user = staff_changes.get(session, key, actor=who.actor)
            session.expunge(user)
        return _form(request, desk, who, user=user, person=_person(user), done=done)

    return await run_in_threadpool(read)


@router.post("/users/{key}")
async def change(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    name: Short,
    role: Short,
    unit: Short = "",
    phone: Annotated[str, Form(max_length=30)] = "",
    email: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Write him down anew."""
    admin_doors.check(who, to_act=True)
    person = Person(name, role, unit, phone, email)

    def work() -> Response:
        try:
            with desk.database.write.begin() as session:
                staff_changes.change(session, desk.district, key, person, actor=who.actor, now=desk.now())
        except CaseworkError as problem:
            with desk.database.read() as session:
                user = staff_changes.get(session, key, actor=who.actor)
                session.expunge(user)
            return _form(request, desk, who, user=user, person=person, problem=sentence(problem))
        return RedirectResponse(f"/admin/users/{key}?done=changed", 303)

    return await run_in_threadpool(work)


async def _act(desk: Desk, who: Visitor, key: str, work: Callable[[Session], str]) -> Response:
    admin_doors.check(who, to_act=True)

    def run() -> str:
        with desk.database.write.begin() as session:
            return work(session)

    return RedirectResponse(f"/admin/users/{key}?done={await run_in_threadpool(run)}", 303)


@router.post("/users/{key}/disable")
async def disable(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Shut him out at once."""

    def work(session: Session) -> str:
        staff_changes.disable(session, key, actor=who.actor, now=desk.now())
        return "disabled"

    return await _act(desk, who, key, work)


@router.post("/users/{key}/enable")
async def enable(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Let him in again."""

    def work(session: Session) -> str:
        staff_changes.enable(session, key, actor=who.actor, now=desk.now())
        return "enabled"

    return await _act(desk, who, key, work)


@router.post("/users/{key}/sign-out")
async def sign_out(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Sign him out everywhere."""

    def work(session: Session) -> str:
        staff_changes.end_sessions(session, key, actor=who.actor, now=desk.now())
        return "ended"

    return await _act(desk, who, key, work)


@router.post("/users/{key}/totp")
async def reset_totp(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take the authenticator app from one who lost his telephone."""

    def work(session: Session) -> str:
        user = staff_changes.get(session, key, actor=who.actor)
        return "totp" if second_step.reset(session, desk, user.login, actor=who.actor) else "no_totp"

    return await _act(desk, who, key, work)


@router.post("/users/{key}/password")
async def give_password(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A one-time password in place of his own, told once."""
    admin_doors.check(who, to_act=True)

    def work() -> HTMLResponse:
        password = staff.one_time_password()
        hashed = hash_password(password)
        with desk.database.write.begin() as session:
            user = staff_changes.give_password(session, key, hashed, actor=who.actor, now=desk.now())
            session.flush()
            session.expunge(user)
        return _form(request, desk, who, user=user, person=_person(user), password=password)

    return await run_in_threadpool(work)


@router.post("/lock-outs/release")
async def release(
    desk: CurrentDesk, who: CurrentVisitor, address: Short, login: Annotated[str, Form(max_length=60)] = ""
) -> Response:
    """Let them try again who are kept out."""
    admin_doors.check(who, to_act=True)

    def work() -> None:
        with desk.database.write.begin() as session:
            staff_changes.let_in(session, login, address, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse(f"/admin/users?{urlencode({'done': 'released'})}", 303)
