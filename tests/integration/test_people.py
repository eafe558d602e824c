"""Absences, hand-overs, staff lists, the roster and alerts by interface and page: what they do, and whom they refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from casework import acts, desk_work, rules
from casework.actors import Actor, Given
from casework.tables import Case, Ticket
from channels import watching
from channels.message import Account
from district.schemas import Role
from storage import identity
from storage.audit import AuditRow
from storage.database import new_id
from tests.integration.interface import World, csrf, problem, signed_in, unjudged
from tests.unit.casework.conftest import DISPATCHER, Bench, assessment
from triage.assessment import UnitGuess, Urgency

__all__ = ["unjudged"]

PASSWORD = "a-password-of-my-own"
ROLES = ("agent", "dispatcher", "callback", "editor", "supervisor", "admin", "auditor", "lead-U001", "officer-U001")


def bench(world: World) -> Bench:
    made = Bench(world.desk.database, world.desk.district, now=datetime.now(UTC))
    made._count = datetime.now(UTC).microsecond * 1000
    with world.desk.database.write.begin() as session:
        rules.keep(session, world.desk.district, now=made.now)
    return made


def case_of(world: World, unit: str, text: str = "光明路的路灯坏了三天没人修", **changes: object) -> Case:
    """A case dispatched to this unit."""
    made = bench(world)
    guess = UnitGuess(unit, world.desk.district.units.get(unit).name, 0.9)
    ticket = made.ticket_unfiled(text)
    made.file(ticket, assessment(made.district, unit=(guess,), **changes))
    with world.desk.database.write.begin() as session:
        found = session.get_one(Ticket, ticket)
        return found.case or desk_work.accept(
            session, made.district, found, actor=DISPATCHER, now=made.now, unit=unit, reason="测试"
        )


def hours(number: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=number)).isoformat()


def local(world: World, number: float) -> str:
    """As a form's datetime-local field has it."""
    zone = world.desk.district.calendars.zone
    return f"{(datetime.now(UTC) + timedelta(hours=number)).astimezone(zone):%Y-%m-%dT%H:%M}"


def staff_list(text: str) -> dict[str, tuple[str, bytes]]:
    return {"file": ("staff.csv", f"用户名,姓名,角色,单位,电话,邮箱\n{text}".encode())}


def test_an_absence_is_entered_seen_and_ended(unjudged: World) -> None:
    lead, officer = unjudged.as_("lead-U002"), unjudged.as_("officer-U002")
    given = {"login": "lead-U002", "stand_in": "officer-U002", "starts": hours(-1), "ends": hours(5)}
    made = lead.post("/absences", json=given)
    assert made.status_code == 201, made.text
    assert [each["login"] for each in officer.get("/absences").json()["standing_in_for"]] == ["lead-U002"]
    page = signed_in(unjudged, "officer-U002")
    assert "正代理" in page.get("/banner").text
    problem(lead.post("/absences", json=given), 422, "unfit-absence")
    problem(officer.post(f"/absences/{made.json()['id']}/end"), 403, "not-allowed")
    assert lead.post(f"/absences/{made.json()['id']}/end").status_code == 200
    problem(lead.post(f"/absences/{made.json()['id']}/end"), 409, "absence-over")
    problem(lead.post(f"/absences/{new_id()}/end"), 404, "unknown-absence")
    assert officer.get("/absences").json()["standing_in_for"] == []


def test_an_absence_is_entered_on_its_page_or_told_why_not(unjudged: World) -> None:
    browser = signed_in(unjudged, "lead-U003")
    form = {
        "csrf": csrf(browser.get("/absences").text),
        "login": "lead-U003",
        "stand_in": "officer-U003",
        "starts": local(unjudged, 1),
        "ends": local(unjudged, 9),
    }
    done = browser.post("/absences", data=form)
    assert done.status_code == 200
    assert "已登记请假" in done.text
    again = browser.post("/absences", data=form)
    assert again.status_code == 422
    assert "已有请假" in again.text
    assert browser.post("/absences", data=form | {"starts": "gestern"}).status_code == 422


def test_work_is_handed_over_and_given_back(unjudged: World) -> None:
    case = case_of(unjudged, "U011")
    admin = unjudged.as_("admin")
    listed = admin.get("/open-work", params={"unit": "U011"}).json()
    assert [(each["number"], each["part"]) for each in listed["items"]] == [(case.number, "lead")]
    given = {"source": "U011", "target": "U012", "reason": "职责调整"}
    made = admin.post("/hand-overs", json=given)
    assert (made.status_code, made.json()["cases"], made.json()["may_undo"]) == (201, 1, True)
    assert admin.get("/open-work", params={"unit": "U011"}).json()["items"] == []
    problem(admin.post("/hand-overs", json=given), 422, "unfit-hand-over")
    assert admin.get("/hand-overs").json()["items"][0]["id"] == made.json()["id"]
    undone = unjudged.as_("supervisor").post(f"/hand-overs/{made.json()['id']}/undo")
    assert undone.json()["cases"] == 1
    problem(admin.post(f"/hand-overs/{made.json()['id']}/undo"), 409, "hand-over-undone")
    problem(admin.post(f"/hand-overs/{new_id()}/undo"), 404, "unknown-hand-over")


def test_chosen_cases_are_handed_over_on_the_page(unjudged: World) -> None:
    case, other = case_of(unjudged, "U013"), case_of(unjudged, "U013")
    browser = signed_in(unjudged, "supervisor")
    page = browser.get("/hand-overs", params={"unit": "U013"})
    assert case.number in page.text
    form = {"csrf": csrf(page.text), "source": "U013", "target": "U014 区园林绿化局", "reason": "职责调整"}
    nothing = browser.post("/hand-overs", data=form)
    assert nothing.status_code == 422
    done = browser.post("/hand-overs", data=form | {"numbers": case.number})
    assert "已移交 1 件" in done.text
    with unjudged.desk.database.read() as session:
        units = {each: session.get_one(Case, each).lead_unit for each in (case.id, other.id)}
    assert units == {case.id: "U014", other.id: "U013"}
    assert browser.get("/hand-overs", params={"unit": "没有的局"}).status_code == 422
    assert browser.get("/hand-overs", params={"login": "nobody"}).status_code == 422


def test_a_staff_list_is_looked_at_first_and_its_passwords_are_changed_at_the_first_sign_in(unjudged: World) -> None:
    admin = unjudged.as_("admin")
    files = staff_list("zhao,赵某,坐席,,,\n")
    looked = admin.post("/staff/import", files=files).json()
    assert (looked["added"], "password" in looked["new"][0]) == (1, False)
    done = admin.post("/staff/import", params={"dry_run": False}, files=files).json()
    given = done["new"][0]["password"]
    assert admin.post("/staff/import", files=files).json()["same"] == 1

    client = unjudged.stack.enter_context(httpx.Client(base_url=f"{unjudged.url}/api/v1", timeout=60))
    token = client.post("/sessions", json={"login": "zhao", "password": given}).json()["token"]
    client.headers["authorization"] = f"Bearer {token}"
    problem(client.get("/tickets"), 403, "password-to-change")
    problem(client.post("/password", json={"current": "wrong-one", "password": PASSWORD}), 422, "unfit-password")
    problem(client.post("/password", json={"current": given, "password": "short"}), 422, "unfit-password")
    problem(client.post("/password", json={"current": given, "password": given}), 422, "unfit-password")
    assert client.post("/password", json={"current": given, "password": PASSWORD}).status_code == 204
    assert client.get("/tickets").status_code == 200


def test_the_page_leads_to_the_own_password_first_and_shows_the_given_one_once(unjudged: World) -> None:
    browser = signed_in(unjudged, "admin")
    page = browser.get("/staff").text
    looked = browser.post("/staff/import", data={"csrf": csrf(page)}, files=staff_list("qian,钱某,派单员,,,\n"))
    assert "将要导入：新增 1" in looked.text
    token = looked.text.split('action="/staff/import/')[1].split('"')[0]
    done = browser.post(f"/staff/import/{token}", data={"csrf": csrf(looked.text)})
    assert "已导入：新增 1" in done.text
    given = done.text.split('<td class="mono">qian</td>')[1].split('<td class="mono">')[1].split("<")[0]
    assert given not in browser.get("/staff").text
    bad = browser.post("/staff/import", data={"csrf": csrf(page)}, files=staff_list("sun,孙某,主任,,,\n"))
    assert (bad.status_code, "第 2 行“角色”" in bad.text) == (422, True)

    own = unjudged.stack.enter_context(httpx.Client(base_url=unjudged.url, timeout=60, follow_redirects=True))
    first = own.post("/login", data={"login": "qian", "password": given})
    assert str(first.url).endswith("/password")
    form = {"csrf": csrf(first.text), "current": given, "password": PASSWORD, "again": PASSWORD + "x"}
    assert "不一致" in own.post("/password", data=form).text
    changed = own.post("/password", data=form | {"again": PASSWORD})
    assert "/tickets" in str(changed.url)


def test_the_roster_is_kept_imported_and_read(unjudged: World) -> None:
    boss, agent = unjudged.as_("supervisor"), unjudged.as_("agent")
    given = {"starts": hours(200), "ends": hours(210), "login": "agent", "position": 1}
    made = boss.post("/duty", json=given)
    assert made.status_code == 201, made.text
    problem(boss.post("/duty", json=given), 422, "unfit-roster")
    rows = agent.get("/duty", params={"from": hours(199), "to": hours(211)}).json()["items"]
    assert [(row["login"], row["position"]) for row in rows] == [("agent", 1)]
    sheet = f"开始,结束,用户名,顺序\n{local(unjudged, 300)},{local(unjudged, 310)},dispatcher,1\n".replace("T", " ")
    assert boss.post("/duty/import", files={"file": ("a.csv", sheet.encode())}).json() == {"entered": 1}
    told = problem(boss.post("/duty/import", files={"file": ("a.csv", sheet.encode())}), 422, "unfit-roster")
    assert "第 2 行" in told["detail"]
    assert boss.delete(f"/duty/{made.json()['id']}").status_code == 200
    problem(boss.delete(f"/duty/{made.json()['id']}"), 404, "unknown-shift")


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        ("开始,结束,用户名\n2026-10-01,2026-10-01 08:00,agent\n", "第 2 行“开始”：须写明几点"),
        ("开始,结束,用户名\n下周,2026-10-01 08:00,agent\n", "第 2 行“开始”"),
        ("开始,结束,用户名,顺序\n2026-10-01 00:00:01,2026-10-01 08:00,agent,先\n", "“顺序”"),
        ("开始,用户名\n2026-10-01 00:30,agent\n", "缺少列：结束"),
        ("什么\n", "找不到“开始”这样的表头"),
    ],
)
def test_a_roster_that_cannot_be_read_is_told_by_row_and_field(unjudged: World, sheet: str, told: str) -> None:
    answer = unjudged.as_("supervisor").post("/duty/import", files={"file": ("a.csv", sheet.encode())})
    assert told in problem(answer, 422, "unfit-roster")["detail"]


def test_an_alert_reaches_the_banner_and_is_acknowledged_by_one_click(unjudged: World) -> None:
    shift = {"starts": hours(-1), "ends": hours(1), "login": "agent", "position": 1}
    made = unjudged.as_("supervisor").post("/duty", json=shift).json()
    case_of(unjudged, "U015", "燃气泄漏，楼道里味道很大", urgency=Urgency("emergency"))
    browser = signed_in(unjudged, "agent")
    banner = browser.get("/banner").text
    assert "【突发】" in banner
    assert "【突发】" in browser.get("/notices", headers={"accept": "text/html"}).text, "a page comes with its banner"
    number = re.search(r'<a href="/cases/(C[0-9-]+)">\1</a>', banner)
    assert number, "the case is named and linked"
    assert "告警" in browser.get("/duty").text
    (alert, *_) = unjudged.as_("agent").get("/alerts", params={"state": "open"}).json()["items"]
    assert [call["name"] for call in alert["calls"]][:1] != []
    problem(unjudged.as_("callback").post(f"/alerts/{alert['id']}/acknowledge"), 404, "unknown-alert")
    problem(unjudged.as_("auditor").post(f"/alerts/{alert['id']}/acknowledge"), 403, "not-allowed")
    key = banner.split('action="/alerts/')[1].split("/")[0]
    done = browser.post(f"/alerts/{key}/acknowledge", data={"csrf": csrf(banner)})
    assert done.status_code == 200
    assert done.url.path == f"/cases/{number[1]}"
    problem(unjudged.as_("agent").post(f"/alerts/{key}/acknowledge"), 409, "alert-ended")
    unjudged.as_("supervisor").delete(f"/duty/{made['id']}")


def test_an_account_whose_watch_failed_three_times_is_failing_until_it_is_heard(unjudged: World) -> None:
    state = unjudged.desk.state(Account("mailbox", "north", {}))
    for failures, failing in ((0, False), (2, False), (3, True), (9, True), (0, False)):
        watching.note(state, failures)
        assert watching.is_failing(state) is failing


REFUSED: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "/open-work?unit=U001"): frozenset({"supervisor", "admin", "auditor"}),
    ("GET", "/hand-overs"): frozenset({"supervisor", "admin", "auditor"}),
    ("POST", "/unit-changes/apply"): frozenset({"supervisor", "admin"}),
    ("GET", "/duty"): frozenset({"agent", "dispatcher", "callback", "supervisor", "admin", "auditor"}),
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_and_who_may_not(unjudged: World, role: str) -> None:
    client = unjudged.as_(role)
    for (method, path), allowed in REFUSED.items():
        answer = client.request(method, path)
        assert (answer.status_code == 200) is (role in allowed), (method, path, answer.text)
        if role not in allowed:
            problem(answer, 403, "not-allowed")
    if role != "admin":
        problem(client.post("/staff/import", files=staff_list("x,某,坐席,,,\n")), 403, "not-allowed")
    if role not in ("admin", "supervisor"):
        given = {"source": "U001", "target": "U002", "reason": "试"}
        problem(client.post("/hand-overs", json=given), 403, "not-allowed")
        shift = {"starts": hours(1), "ends": hours(2), "login": "agent"}
        problem(client.post("/duty", json=shift), 403, "not-allowed")


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_leads_to_pages_that_open(unjudged: World, role: str) -> None:
    browser = signed_in(unjudged, role)
    menu = browser.get("/rates").text.rpartition("</nav>")[0]  # of both parts
    for address in ("/absences", "/duty", "/hand-overs", "/staff"):
        status = browser.get(address).status_code
        if f'href="{address}"' in menu:
            assert status == 200, (role, address)
        elif address != "/absences":
            assert status == 403, (role, address)


def test_nobody_reads_any_of_it_without_signing_in(unjudged: World) -> None:
    for path in ("/absences", "/hand-overs", "/duty", "/alerts", "/open-work"):
        problem(unjudged.as_("").get(path), 401, "not-signed-in")


def test_a_password_is_never_on_record(unjudged: World) -> None:
    done = unjudged.as_("admin").post(
        "/staff/import", params={"dry_run": False}, files=staff_list("zhou,周某,坐席,,,\n")
    )
    given = done.json()["new"][0]["password"]
    with unjudged.desk.database.read() as session:
        assert given not in str([row.details for row in session.scalars(select(AuditRow))])


def test_a_piece_of_a_page_whose_session_is_over_is_nothing(unjudged: World) -> None:
    for path in ("/banner", "/notices/unread"):
        answer = httpx.get(f"{unjudged.url}{path}", headers={"hx-request": "true"})
        assert (answer.status_code, answer.text) == (401, "")


def test_a_stand_in_finds_the_answer_he_decides_on_the_page_of_approvals(unjudged: World) -> None:
    case = case_of(unjudged, "U016")
    officer, second = unjudged.as_("officer-U016"), signed_in(unjudged, "officer-U016")
    unjudged.as_("admin").post("/staff/import", params={"dry_run": False}, files=staff_list("wu,吴某,承办人,U016,,\n"))
    times = {"starts": hours(-1), "ends": hours(5)}
    given = {"login": "lead-U016", "stand_in": "officer-U016", **times}
    assert unjudged.as_("lead-U016").post("/absences", json=given).status_code == 201
    assert officer.post(f"/cases/{case.number}/transitions/sign", json={}).status_code == 200
    with unjudged.desk.database.write.begin() as session:
        asker = identity.find_user(session, "wu")
        actor = Actor(asker.id, asker.name, Role.UNIT_OFFICER, "U016")
        words = Given(text="路灯已修好。")
        found, now = session.get_one(Case, case.id), datetime.now(UTC)
        acts.perform(session, unjudged.desk.district, found, "answer", actor=actor, now=now, given=words)
    (waiting,) = officer.get("/requests").json()["items"]
    page = second.get(f"/cases/{case.number}").text
    assert f"/requests/{waiting['id']}/decide" in page
    given = {"csrf": csrf(page), "verdict": "approve"}
    warned = second.post(f"/requests/{waiting['id']}/decide", data=given)
    despite = re.search(r'name="despite" value="([^"]+)"', warned.text)
    assert despite, "a stand-in is warned of an answer as the lead would be"
    done = second.post(f"/requests/{waiting['id']}/decide", data=given | {"despite": despite[1]})
    assert "（代" in done.text
