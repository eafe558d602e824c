"""The administrator's acts and the audit search, on both databases."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from api import models
from api.jobs import watched
from api.jobs.runner import SCHEDULES
from api.jobs.upkeep import seal_audit
from api.web.admin import JOBS
from casework import directory_versions, recording, rules
from casework.actors import Actor
from casework.tables import RuleVersion
from district.schemas import Role
from storage import deliveries, job_runs, quarantine
from storage.audit import AuditRow
from storage.database import new_id
from storage.identity import User
from tests.integration.entrance import PASSWORD, Entrance, Opening, csrf, door, is_in, opening, submit

__all__ = ["door", "opening"]
pytestmark = pytest.mark.xdist_group("entrance")


def key_of(door: Entrance, login: str) -> str:
    with door.desk.database.read() as session:
        return session.scalars(select(User.id).where(User.login == login)).one()


@pytest.fixture(scope="module")
def admin(door: Entrance) -> httpx.Client:
    return door.enter(door.user("administrator"))


def test_the_last_administrator_stays(opening: Opening) -> None:
    door = opening()
    login = door.user("administrator")
    window, key = door.enter(login), key_of(door, login)
    page = f"/admin/users/{key}"
    assert submit(window, page, f"{page}/disable").status_code == 409
    assert submit(window, page, page, name="李", role="agent").status_code == 422
    assert is_in(window)
    other = key_of(door, door.user("administrator"))
    assert submit(window, page, f"/admin/users/{other}/disable").status_code == 303
    assert submit(window, page, page, name="李", role="auditor").status_code == 422, "the other one is shut out"
    assert submit(window, page, f"/admin/users/{other}/enable").status_code == 303
    assert submit(window, page, page, name="李", role="auditor").status_code == 303


def test_of_two_administrators_who_shut_each_other_out_at_once_one_stays(opening: Opening) -> None:
    door = opening()
    logins = [door.user("administrator") for _ in range(2)]
    windows = [door.enter(login) for login in logins]
    tokens = [csrf(window.get("/password").text) for window in windows]
    keys = [key_of(door, login) for login in reversed(logins)]

    def shut(number: int) -> int:
        path = f"/admin/users/{keys[number]}/disable"
        return windows[number].post(path, data={"csrf": tokens[number]}).status_code

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(shut, range(2)))
    assert sum(is_in(window) for window in windows) == 1


def test_a_newcomer_gets_a_password_that_is_told_once_and_changed_first(door: Entrance, admin: httpx.Client) -> None:
    login = new_id()[-12:]
    given = {"login": login, "name": "新人", "role": "unit_officer"}
    refused = submit(admin, "/admin/users/new", "/admin/users/new", **given)
    assert (refused.status_code, "须填单位" in refused.text) == (422, True)
    unit = next(iter(door.desk.district.units))
    made = submit(admin, "/admin/users/new", "/admin/users/new", **given, unit=unit.name)
    password = re.search(r'class="told-once mono">([^<]+)<', made.text)
    assert password
    window = door.enter(login, password[1])
    assert window.get("/todo", follow_redirects=True).url.path == "/password"
    again = admin.get(f"/admin/users/{key_of(door, login)}").text
    assert password[1] not in again
    assert submit(admin, "/admin/users/new", "/admin/users/new", **given, unit=unit.name).status_code == 422
    assert door.acts(login) == ["add_user", "sign_in"]


def test_a_new_password_by_an_administrator_ends_every_session(door: Entrance, admin: httpx.Client) -> None:
    login = door.user()
    window, page = door.enter(login), f"/admin/users/{key_of(door, login)}"
    made = submit(admin, page, f"{page}/password")
    password = re.search(r'class="told-once mono">([^<]+)<', made.text)
    assert password
    assert not is_in(window)
    assert door.window().post("/login", data={"login": login, "password": PASSWORD}).status_code == 401
    assert is_in(door.enter(login, password[1]))


def test_an_app_is_reset_on_record_and_the_password_serves_again(door: Entrance, admin: httpx.Client) -> None:
    login, _ = door.with_app()
    page = f"/admin/users/{key_of(door, login)}"
    assert submit(admin, page, f"{page}/totp").status_code == 303
    assert is_in(door.enter(login))
    assert door.acts(login)[-2:] == ["reset_totp", "sign_in"]


def test_users_are_found_by_words_role_and_state_a_page_at_a_time(door: Entrance, admin: httpx.Client) -> None:
    agents = sorted(door.user(email="") for _ in range(3))
    page = f"/admin/users/{key_of(door, agents[0])}"
    submit(admin, page, page, name="百%分号", role="callback_agent")
    submit(admin, page, f"{page}/disable")
    for query, there in (("q=百%25", True), ("q=百_", False), ("role=callback_agent", True), ("state=active", False)):
        assert (agents[0] in admin.get(f"/admin/users?{query}").text) is there, query


def rows_of(window: httpx.Client, query: str) -> list[list[str]]:
    answer = window.get(f"/audit.csv?{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


def put_down(door: Entrance, act: str, count: int, **details: object) -> Actor:
    """Acts of somebody, one a minute."""
    actor = Actor(new_id(), "某", Role.AGENT)
    with door.desk.database.write.begin() as session:
        for number in range(count):
            now = door.now + timedelta(minutes=number)
            recording.record(session, actor, act, "user", actor.id, now=now, details=details)
    return actor


def test_the_audit_is_searched_by_actor_act_thing_and_day(door: Entrance, admin: httpx.Client) -> None:
    actor = put_down(door, "confirm", 3)
    day = f"{door.now:%Y-%m-%d}"
    for query, count in (
        (f"actor={actor.id}", 3),
        (f"actor={actor.id}&act=confirm", 3),
        (f"actor={actor.id}&act=采纳研判", 3),
        (f"actor={actor.id}&act=merge", 0),
        (f"subject=user&key={actor.id}", 3),
        (f"actor={actor.id}&from={day}&to={day}", 3),
        (f"actor={actor.id}&to=2026-03-01", 0),
        ("about=20260101-9999", 0),
    ):
        assert len(rows_of(admin, query)) == count, query
    assert admin.get("/audit?from=2026-02-31").status_code == 200, "a day that is in no calendar narrows nothing"


def test_a_page_of_the_audit_ends_where_the_next_begins(door: Entrance, admin: httpx.Client) -> None:
    actor = put_down(door, "confirm", 230)
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = admin.get(f"/audit?actor={actor.id}&after={after}").text
        seen += re.findall(r'<td class="tight"><time datetime="([^"]+)"', page)
        following = re.search(r'after=([0-9a-f-]{36})[^"]*" rel="next"', page)
        after = following[1] if following else ""
    assert (len(seen), len(set(seen))) == (230, 230)
    assert seen == sorted(seen, reverse=True)
    assert not after


def test_what_is_taken_along_is_on_record_and_runs_nowhere(door: Entrance, admin: httpx.Client) -> None:
    actor = put_down(door, "correct", 1, reason="=1+1", words="电话 13800005678")
    (row,) = rows_of(admin, f"actor={actor.id}")
    assert "13800005678" not in " ".join(row)
    assert not any(cell.startswith("=") for cell in row)
    with door.desk.database.read() as session:
        last = session.scalars(select(AuditRow).where(AuditRow.act == "export_audit").order_by(AuditRow.id)).all()[-1]
    assert last.details == {"filters": ["actor"], "rows": 1}


def test_who_was_called_stands_there_by_his_name_and_the_way_in_words(door: Entrance, admin: httpx.Client) -> None:
    called = key_of(door, door.user("supervisor"))
    actor = put_down(door, "call_for_alert", 1, user=called, ways=["robot"], kind="red_deadline")
    (row,) = rows_of(admin, f"actor={actor.id}")
    with door.desk.database.read() as session:
        name = session.scalars(select(User.name).where(User.id == called)).one()
    assert set(row[6].split("；")) == {f"用户：{name}", "方式：企业微信群机器人", "种类：时限告急"}


def test_a_row_that_was_altered_is_told_when_the_chain_is_checked(opening: Opening) -> None:
    door = opening()
    window = door.enter(door.user("auditor"))
    seal_audit(door.desk)
    submit(window, "/audit", "/audit/verify")
    assert "完整" in window.get("/audit").text
    with door.desk.database.write.begin() as session:
        session.execute(update(AuditRow).where(AuditRow.act == "sign_in").values(actor="somebody else"))
    door.later(minutes=1)
    submit(window, "/audit", "/audit/verify")
    assert "断裂" in window.get("/audit").text


def test_a_job_that_fails_is_put_down_at_once_and_says_so_until_it_goes_well(
    door: Entrance, admin: httpx.Client
) -> None:
    def fails(_desk: object) -> int:
        raise RuntimeError("a resident's words")

    name = "check_clocks"
    watched.run(door.desk, name, lambda _desk: 3)
    with pytest.raises(RuntimeError):
        watched.run(door.desk, name, fails)
    page = admin.get("/admin/jobs").text
    assert "RuntimeError" in page
    assert "resident's words" not in page
    assert "任务出错" in admin.get("/admin").text
    door.later(seconds=5)
    watched.run(door.desk, name, lambda _desk: 0)
    with door.desk.database.read() as session:
        row = next(each for each in job_runs.list_all(session) if each.name == name)
    assert (row.error, row.failed_at is not None) == ("", True)


def test_every_job_has_words() -> None:
    assert JOBS.keys() == SCHEDULES.keys()


def test_a_kept_directory_and_kept_rules_are_compared(door: Entrance, admin: httpx.Client) -> None:
    with door.desk.database.write.begin() as session:
        rules.keep(session, door.desk.district, now=door.now)
        directory_versions.keep(session, door.desk.district, now=door.now)
        present = session.get_one(RuleVersion, door.desk.district.rule_version)
        changed = {**present.rules, "timezone": "Asia/Urumqi"}
        session.add(RuleVersion(version="older", pack="demo", pack_version="2025", rules=changed, first_seen=door.now))
        directory = session.get_one(directory_versions.DirectoryVersion, door.desk.district.directory.version)
        lines = [dict(each) for each in directory.lines]
        lines[0]["lead"] = "U999"
        session.add(
            directory_versions.DirectoryVersion(
                version="older", pack="demo", pack_version="2025", lines=lines, first_seen=door.now
            )
        )
    page = admin.get("/admin/pack?of=rules&before=older").text
    assert "Asia/Urumqi" in page
    page = admin.get("/admin/pack?of=directory&before=older").text
    assert "1 处不同" in page
    assert "U999" in page
    assert admin.get("/admin/pack?before=nowhere").status_code == 404


def test_what_failed_is_counted_at_its_account_and_many_are_tried_again(opening: Opening) -> None:
    door = opening(accounts={"hotline": {"main": {"token": "t"}}})
    window = door.enter(door.user("administrator"))
    with door.desk.database.write.begin() as session:
        for number in range(2):
            made = deliveries.queue(
                session,
                purpose=f"t{number}",
                channel="hotline",
                account="main",
                recipient="a",
                text="您好",
                now=door.now,
            )
            made.state = "failed"
        blob = door.desk.blobs.put(b"no message")
        held = quarantine.hold(
            session,
            channel="hotline",
            account="main",
            delivery_id="x",
            blob=blob,
            size=10,
            where="1",
            why="cut",
            now=door.now,
        )
        keys, bad = [row.id for row in session.scalars(select(deliveries.Delivery))], held.id
    assert "2 条失败" in window.get("/admin/channels").text
    assert "no message" in window.get(f"/trouble/quarantine/{bad}").text
    assert "no message" not in door.enter(door.user("auditor")).get(f"/trouble/quarantine/{bad}").text
    token = csrf(window.get("/trouble").text)
    done = window.post("/trouble/retry", data={"csrf": token, "held": [bad], "unsent": keys}, follow_redirects=True)
    assert "1 份仍然读不出，2 条消息已排队重发" in done.text
    assert [row[3] for row in rows_of(window, f"key={bad}")] == ["重新读取来件", "查看无法读取的来件"]


def test_a_model_that_cannot_be_used_is_not_put_to_use(door: Entrance, admin: httpx.Client) -> None:
    refused = submit(admin, "/admin/models", "/admin/models/promote", version="2026-01-01.1")
    assert refused.status_code == 409
    with door.desk.database.read() as session:
        assert session.scalar(select(AuditRow.id).where(AuditRow.act == "promote_model")) is None


def test_the_models_page_warns_only_where_no_model_is_in_use(opening: Opening) -> None:
    door = opening()
    window = door.enter(door.user("administrator"))
    assert "没有启用的模型" in window.get("/admin/models").text
    door.desk.models.mkdir(parents=True, exist_ok=True)
    (door.desk.models / models.PROMOTED).write_text("2026-01-01.1", encoding="utf-8")
    assert "没有启用的模型" not in window.get("/admin/models").text


def test_settings_are_shown_without_their_secrets(opening: Opening) -> None:
    door = opening(accounts={"hotline": {"main": {"token": "not-to-be-seen"}}})
    page = door.enter(door.user("auditor")).get("/admin/settings").text
    assert "hotline/main" in page
    assert "not-to-be-seen" not in page
