"""Staff from a list (人员导入): who is new, who changed, who is missing; every fault by row and field, before anything.

A login is a person: who has one already is brought up to the list. Passwords of new staff are made once, told once,
and changed at the first sign-in.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from casework import at_desk, ended_units, recording
from casework.actors import UNIT_ROLES, Actor
from casework.errors import NotAllowed
from casework.people_errors import UnfitStaffList, UnitEnded
from channels.errors import UnreadableMessage
from channels.sheets import heading, opening
from channels.sheets.heading import Heading, Words
from channels.sheets.table import Formula, Row, Unfit, is_blank, shown
from district.pack import District
from district.schemas import Role
from district.sheets import bare_heading
from district.units import UnitNotMeant
from storage import identity
from storage.identity import User

LABELS: Mapping[str, str] = {
    "login": "用户名",
    "name": "姓名",
    "role": "角色",
    "unit": "单位",
    "phone": "电话",
    "email": "邮箱",
}
ROLES: Mapping[Role, str] = {
    Role.AGENT: "坐席",
    Role.DISPATCHER: "派单员",
    Role.UNIT_OFFICER: "承办人",
    Role.UNIT_LEAD: "承办单位负责人",
    Role.CALLBACK_AGENT: "回访员",
    Role.KNOWLEDGE_EDITOR: "知识管理员",
    Role.SUPERVISOR: "督办",
    Role.ADMINISTRATOR: "管理员",
    Role.AUDITOR: "审计员",
}
"""Roles that a person may have, as a list may call them."""
_HEADINGS = {
    "login": ("用户名", "账号", "登录名", "login"),
    "name": ("姓名", "name"),
    "role": ("角色", "岗位", "role"),
    "unit": ("单位", "单位代码", "承办单位", "unit"),
    "phone": ("电话", "手机", "phone"),
    "email": ("邮箱", "电子邮箱", "email"),
}
WORDS = Words(
    {bare_heading(word): name for name, words in _HEADINGS.items() for word in words}, frozenset({"login"}), "用户名"
)
LOGIN = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]{1,60}")
EMAIL = re.compile(r"[^\s@]{1,100}@[^\s@]{1,99}")
PHONE = re.compile(r"\+?\d[\d\-() （）转]{2,28}")
LENGTHS = {"name": 60, "phone": 30}
MOST = 5000
SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list; ``role`` and ``unit`` are codes."""

    row: int
    login: str
    name: str
    role: str
    unit: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the list would do. ``changed`` gives for each login what is new of him."""

    added: list[Listed] = field(default_factory=list)
    changed: list[tuple[Listed, dict[str, object]]] = field(default_factory=list)
    same: int = 0
    disabled: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "same": self.same,
            "disabled": len(self.disabled),
        }


def one_time_password() -> str:
    """A password nobody can guess, short enough to be read out."""
    return secrets.token_urlsafe(9)


def read(payload: bytes, district: District, *, now: datetime) -> list[Listed]:
    """The rows of a CSV or XLSX. Raises ``UnfitStaffList`` with every fault by row and field."""
    try:
        tables = opening.tables(payload, WORDS)
    except UnreadableMessage as problem:
        raise UnfitStaffList(f"文件无法读取：{problem}") from problem
    rows: list[Listed] = []
    faults: list[str] = []
    for table in tables:
        found = heading.find(table.rows, WORDS)
        if found is None:
            continue
        at, over = found
        missing = {"login", "name", "role"} - set(over.fields.values())
        if missing:
            raise UnfitStaffList(f"缺少列：{'、'.join(LABELS[name] for name in LABELS if name in missing)}")
        below = (row for row in table.rows[at + 1 :] if not heading.repeats(row, over))
        written = (row for row in below if any(not is_blank(cell) for cell in row.cells))
        rows += [_listed(row, over, district, faults, now) for row in written]
    if not rows:
        raise UnfitStaffList("没有找到人员：表头应含“用户名、姓名、角色”，下面每行一人")
    if len(rows) > MOST:
        raise UnfitStaffList(f"一次最多 {MOST} 人，请分成几个文件")
    faults += _twice(rows)
    if faults:
        raise UnfitStaffList("；".join(faults[:SHOWN_FAULTS]) + ("；……" if len(faults) > SHOWN_FAULTS else ""))
    return rows


def _listed(row: Row, over: Heading, district: District, faults: list[str], now: datetime) -> Listed:
    cells = dict.fromkeys(LABELS, "")
    found: list[str] = []
    if row.fault:
        found.append(f"第 {row.number} 行：{row.fault}")
    for column, name in over.fields.items():
        value = row.at(column)
        if isinstance(value, Formula | Unfit):
            found.append(f"第 {row.number} 行“{LABELS[name]}”：应直接填写，不能是公式或错误值")
        elif not is_blank(value):
            cells[name] = shown(value).strip()
    if not found:
        cells["role"] = _role(cells["role"])
        wrong = (*_shapes(cells), *_of_unit(cells, district, now))
        found += [f"第 {row.number} 行“{LABELS[name]}”：{why}" for name, why in wrong]
    faults += found
    return Listed(row.number, **cells)


def faults_of(cells: dict[str, str], district: District, *, now: datetime) -> list[str]:
    """What is wrong with one member of staff as he is written down; his unit is put down as its code."""
    wrong = (*_shapes(cells), *_of_unit(cells, district, now))
    return [f"“{LABELS[name]}”{why}" for name, why in wrong]


def _role(given: str) -> str:
    return next((str(role) for role, label in ROLES.items() if given in (label, str(role))), f"?{given}")


def _shapes(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not LOGIN.fullmatch(cells["login"]):
        yield "login", "应为 1 至 60 个字，不含空白和控制字符"
    if not cells["name"]:
        yield "name", "没有填写"
    for name, most in LENGTHS.items():
        if len(cells[name]) > most:
            yield name, f"最多 {most} 个字"
    if cells["role"].startswith("?"):
        yield "role", f"没有角色“{cells['role'][1:20]}”，可选：{'、'.join(ROLES.values())}"
    if cells["phone"] and not PHONE.fullmatch(cells["phone"]):
        yield "phone", "应为电话号码"
    if cells["email"] and not EMAIL.fullmatch(cells["email"]):
        yield "email", "不是邮箱地址"


def _of_unit(cells: dict[str, str], district: District, now: datetime) -> Iterator[tuple[str, str]]:
    """The unit by code or name, put down as its code."""
    given = cells["unit"]
    if not given:
        if cells["role"] in {str(role) for role in UNIT_ROLES}:
            yield "unit", "承办人和承办单位负责人须填单位"
        return
    try:
        found = district.units.typed(given).code
    except UnitNotMeant as problem:
        yield "unit", problem.sentence()
        return
    try:
        ended_units.check(district, found, now=now)
    except UnitEnded as ended:
        yield "unit", f"{ended.name}已撤并" + (f"，现为{ended.successor}" if ended.successor else "")
    cells["unit"] = found


def _twice(rows: Sequence[Listed]) -> Iterator[str]:
    first: dict[str, int] = {}
    for each in rows:
        if each.login in first:
            yield f"第 {each.row} 行“用户名”：{each.login} 与第 {first[each.login]} 行重复"
        first.setdefault(each.login, each.row)


def plan(session: Session, rows: Sequence[Listed], *, actor: Actor, disable_missing: bool = False) -> Plan:
    """What the list would change. Raises ``NotAllowed``, and ``UnfitStaffList`` where no administrator would be left.

    A column that the list leaves empty keeps what is known of phone and address.
    """
    _check(actor)
    users = {user.login: user for user in identity.list_users(session)}
    made = Plan()
    same = 0
    for each in rows:
        user = users.get(each.login)
        if user is None:
            made.added.append(each)
        elif changes := _changes(user, each):
            made.changed.append((each, changes))
        else:
            same += 1
    named = {each.login for each in rows}
    if disable_missing:
        made.disabled.extend(user.login for user in users.values() if user.login not in named and not user.disabled)
    _keep_an_administrator(users, rows, made)
    return Plan(made.added, made.changed, same, made.disabled)


def _check(actor: Actor) -> None:
    if actor.role not in (Role.ADMINISTRATOR, Role.SYSTEM):
        raise NotAllowed("导入人员", "由管理员办理")


def _changes(user: User, listed: Listed) -> dict[str, object]:
    wanted: dict[str, object] = {"name": listed.name, "role": listed.role, "unit": listed.unit, "disabled": False}
    wanted |= {name: value for name, value in (("phone", listed.phone), ("email", listed.email)) if value}
    return {name: value for name, value in wanted.items() if getattr(user, name) != value}


def _keep_an_administrator(users: Mapping[str, User], rows: Sequence[Listed], made: Plan) -> None:
    admin = str(Role.ADMINISTRATOR)
    before = {login for login, user in users.items() if user.role == admin and not user.disabled}
    by_list = {each.login: each.role == admin for each in rows}
    after = {login for login in before if by_list.get(login, login not in made.disabled)}
    if before and not after and not any(by_list.values()):
        raise UnfitStaffList("这样导入后一位管理员也不剩，请在名单中至少保留一位管理员")


def apply(session: Session, wanted: Plan, hashes: Mapping[str, str], *, actor: Actor, now: datetime) -> None:
    """Do what the plan says; ``hashes`` are those of the new staff's one-time passwords, by login.

    Raises ``NotAllowed``, and ``LoginTaken`` or ``UnknownRow`` where somebody changed the staff since the plan.
    """
    _check(actor)
    for each in wanted.added:
        user = identity.add_with_one_time_password(
            session,
            login=each.login,
            name=each.name,
            role=each.role,
            unit=each.unit,
            phone=each.phone,
            email=each.email,
            password_hash=hashes[each.login],
            now=now,
        )
        _record(session, user, "add_user", actor, now=now, role=each.role, unit=each.unit)
    for each, changes in wanted.changed:
        user = identity.find_user(session, each.login)
        for name, value in changes.items():
            setattr(user, name, value)
        told = {name: value for name, value in changes.items() if name in ("role", "unit", "disabled")}
        _record(session, user, "change_user", actor, now=now, fields=sorted(changes), **told)
    for login in wanted.disabled:
        user = identity.find_user(session, login)
        identity.disable(session, login)
        at_desk.signed_out(session, user.id, now=now)
        _record(session, user, "disable_user", actor, now=now)


def _record(session: Session, user: User, act: str, actor: Actor, *, now: datetime, **details: object) -> None:
    recording.record(session, actor, act, "user", user.id, now=now, details=details)


def set_contact(session: Session, login: str, *, phone: str, email: str, actor: Actor, now: datetime) -> None:
    """Where a member of staff is called and written to; what is empty is taken away.

    Raises ``NotAllowed``, ``UnfitStaffList``, and ``UnknownRow`` for a login that nobody has.
    """
    _check(actor)
    phone, email = phone.strip(), email.strip()
    if phone and not PHONE.fullmatch(phone):
        raise UnfitStaffList("“电话”应为电话号码")
    if email and not EMAIL.fullmatch(email):
        raise UnfitStaffList("“邮箱”不是邮箱地址")
    user = identity.find_user(session, login)
    changed = [name for name, value in (("phone", phone), ("email", email)) if getattr(user, name) != value]
    user.phone, user.email = phone, email
    if changed:
        _record(session, user, "change_user", actor, now=now, fields=sorted(changed))
