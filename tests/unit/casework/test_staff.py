"""Rules of the staff list: upsert by login, faults by row and field, one-time passwords, nobody disabled unasked."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from casework import staff as lists
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.people_errors import UnfitStaffList
from district.schemas import Role
from district.unit_changes import UnitChange, UnitChanges
from storage import identity
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, NOW, SUPERVISOR, Bench
from .people_bench import NOBODYS, staff, user

ADMIN = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
HEAD = "用户名,姓名,角色,单位,电话,邮箱\n"


@pytest.fixture
def bench(sqlite_bench: Bench) -> Bench:
    return sqlite_bench


def read(bench: Bench, text: str) -> list[lists.Listed]:
    return lists.read((HEAD + text).encode(), bench.district, now=NOW)


def bring_in(bench: Bench, text: str, *, actor: Actor = ADMIN, disable_missing: bool = False) -> lists.Plan:
    rows = read(bench, text)
    with bench.database.write.begin() as session:
        made = lists.plan(session, rows, actor=actor, disable_missing=disable_missing)
        lists.apply(session, made, {each.login: NOBODYS for each in made.added}, actor=actor, now=NOW)
        return made


def test_new_staff_are_added_with_a_password_to_change(bench: Bench) -> None:
    made = bring_in(bench, "wang,王某,坐席,,0999-5550-0001,wang@example.org\nli,李某,承办人,区城市管理委,,\n")
    assert made.counts() == {"added": 2, "changed": 0, "same": 0, "disabled": 0}
    found = user(bench, "wang")
    assert (found.role, found.unit, found.phone, found.email) == ("agent", "", "0999-5550-0001", "wang@example.org")
    assert found.one_time
    assert (user(bench, "li").role, user(bench, "li").unit) == ("unit_officer", "U001")


def test_who_is_there_is_brought_up_to_the_list_and_keeps_his_password(bench: Bench) -> None:
    staff(bench, "wang", Role.AGENT, phone="0999-5550-0001")
    assert bring_in(bench, "wang,王某,派单员,,,\n").counts()["changed"] == 1
    found = user(bench, "wang")
    assert (found.name, found.role, found.phone, found.one_time) == ("王某", "dispatcher", "0999-5550-0001", False)
    assert bring_in(bench, "wang,王某,派单员,,,\n").counts() == {"added": 0, "changed": 0, "same": 1, "disabled": 0}


def test_who_is_missing_stays_unless_asked_otherwise(bench: Bench) -> None:
    for login, role in (("wang", Role.AGENT), ("root", Role.ADMINISTRATOR)):
        staff(bench, login, role)
    bring_in(bench, "li,李某,坐席,,,\n")
    assert not user(bench, "wang").disabled
    made = bring_in(bench, "li,李某,坐席,,,\nroot,管某,管理员,,,\n", disable_missing=True)
    assert made.disabled == ["wang"]
    assert user(bench, "wang").disabled
    assert bring_in(bench, "wang,员工wang,坐席,,,\n").counts()["changed"] == 1
    assert not user(bench, "wang").disabled, "whoever is on the list is staff again"


@pytest.mark.parametrize(("text", "missing"), [("li,李某,坐席,,,\n", True), ("root,管某,坐席,,,\n", False)])
def test_an_administrator_is_always_left(bench: Bench, text: str, *, missing: bool) -> None:
    staff(bench, "root", Role.ADMINISTRATOR)
    with pytest.raises(UnfitStaffList, match="管理员"):
        bring_in(bench, text, disable_missing=missing)
    assert (user(bench, "root").role, user(bench, "root").disabled) == ("administrator", False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("w w,王某,坐席,,,\n", "第 2 行“用户名”"),
        ("wang,,坐席,,,\n", "第 2 行“姓名”：没有填写"),
        ("wang,王某,主任,,,\n", "第 2 行“角色”：没有角色“主任”"),
        ("wang,王某,resident,,,\n", "第 2 行“角色”"),
        ("wang,王某,承办人,,,\n", "第 2 行“单位”：承办人和承办单位负责人须填单位"),
        ("wang,王某,承办人,没有的局,,\n", "第 2 行“单位”：没有单位“没有的局”"),
        ("wang,王某,坐席,,,没有地址\n", "第 2 行“邮箱”"),
        (f"wang,王某,坐席,,{'9' * 31},\n", "第 2 行“电话”：最多 30 个字"),
        ("wang,王某,坐席,,,\nwang,李某,坐席,,,\n", "第 3 行“用户名”：wang 与第 2 行重复"),
    ],
)
def test_a_fault_is_told_by_row_and_field(bench: Bench, text: str, told: str) -> None:
    with pytest.raises(UnfitStaffList) as refused:
        read(bench, text)
    assert told in refused.value.why


def test_all_faults_are_told_at_once(bench: Bench) -> None:
    with pytest.raises(UnfitStaffList) as refused:
        read(bench, "a,,坐席,,,\nb,王某,主任,,,\n")
    assert "第 2 行“姓名”" in refused.value.why
    assert "第 3 行“角色”" in refused.value.why


def test_a_unit_that_ended_is_refused_and_its_successor_named(bench: Bench) -> None:
    change = UnitChange.model_validate({"day": date(2026, 1, 1), "kind": "rename", "from": "U001", "to": "U022"})
    bench.district = replace(bench.district, unit_changes=UnitChanges([change]))
    with pytest.raises(UnfitStaffList, match=bench.district.units.get("U022").name):
        read(bench, "li,李某,承办人,U001,,\n")


@pytest.mark.parametrize("payload", [b"", b"a,b\n1,2\n", "用户名,电话\nwang,1\n".encode(), b"%PDF-1.4", b"PK\x03\x04x"])
def test_what_is_no_staff_list_is_refused(bench: Bench, payload: bytes) -> None:
    with pytest.raises(UnfitStaffList):
        lists.read(payload, bench.district, now=NOW)


def test_a_workbook_is_read_like_a_csv_and_a_formula_is_refused(bench: Bench) -> None:
    book = Workbook()
    book.active.append(["用户名", "姓名", "角色", "电话"])
    book.active.append(["wang", "王某", "坐席", 99955500001])
    saved = io.BytesIO()
    book.save(saved)
    (row,) = lists.read(saved.getvalue(), bench.district, now=NOW)
    assert (row.login, row.phone) == ("wang", "99955500001")
    book.active.append(["li", "=1+1", "坐席", ""])
    saved = io.BytesIO()
    book.save(saved)
    with pytest.raises(UnfitStaffList, match="第 3 行“姓名”"):
        lists.read(saved.getvalue(), bench.district, now=NOW)


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR, AUDITOR, Actor("u", "负责人", Role.UNIT_LEAD, "U001")])
def test_no_other_role_brings_staff_in(bench: Bench, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        bring_in(bench, "wang,王某,坐席,,,\n", actor=actor)


def test_each_change_is_on_record_without_names_or_numbers(bench: Bench) -> None:
    bring_in(bench, "wang,王某,坐席,,0999-5550-0001,\n")
    bring_in(bench, "wang,王某某,派单员,,0999-5550-0002,\n")
    rows = bench.look(lambda session: list(session.scalars(select(AuditRow).order_by(AuditRow.id))))
    assert [row.act for row in rows] == ["add_user", "change_user"]
    assert rows[1].details == {"fields": ["name", "phone", "role"], "role": "dispatcher"}


def test_one_time_passwords_are_long_and_never_the_same() -> None:
    made = {lists.one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert min(map(len, made)) >= 10


def test_the_users_own_password_is_no_longer_one_time_and_ends_his_other_sessions(bench: Bench) -> None:
    bring_in(bench, "wang,王某,坐席,,,\n")
    with bench.database.write.begin() as session:
        found = identity.find_user(session, "wang")
        tokens = [identity.open_session(session, found, now=NOW) for _ in range(2)]
        identity.change_own_password(session, found.id, NOBODYS + "x", keep=tokens[0] or "")
    with bench.database.read() as session:
        alive = [identity.resume_session(session, token or "", now=NOW) is not None for token in tokens]
    assert alive == [True, False]
    assert not user(bench, "wang").one_time
