"""Alerts on their way to staff: found lines, sent by the robot, failed over, acknowledged on the page and by JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.cli import doctor, doctor_accounts
from api.cli.settings import masked
from api.desk import Desk
from api.jobs import alerting, sending, upkeep
from api.setting_up import add_demo_users
from api.settings import Settings
from api.standins import STANDINS
from api.standins.background import BackgroundServer
from api.standins.wecom import WecomServer
from casework import duty, rules
from casework.alert_calls import Line
from casework.duty import Shift
from casework.people_tables import Alert
from storage import deliveries, migrate
from storage.deliveries import Delivery
from storage.identity import User
from tests.integration.interface import World, csrf, problem, signed_in, unjudged
from tests.unit.casework.conftest import SUPERVISOR, Bench
from triage.assessment import Urgency

__all__ = ["unjudged"]

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def wecom() -> Iterator[WecomServer]:
    with WecomServer() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, wecom: WecomServer) -> Iterator[Desk]:
    """A desk with a robot and a mailbox that nobody answers at; agent, then dispatcher are on duty."""
    accounts = {
        "wecom_robot": {"duty": {"key": KEY, "api_base": wecom.url, "timeout_seconds": 2}},
        "mailbox": {"city": {"address": "a@example.com", "smtp_host": "127.0.0.1", "smtp_port": 9}},
    }
    made = Desk(Settings(home=tmp_path, accounts=accounts, public_url="https://desk.example/", _env_file=None))  # type: ignore[call-arg]
    migrate.upgrade(made.database)
    add_demo_users(made)
    now = made.now()
    with made.database.write.begin() as session:
        rules.keep(session, made.district, now=now)
        shifts = [
            ("", Shift(now, now + timedelta(hours=30), login, at)) for at, login in ((1, "agent"), (2, "dispatcher"))
        ]
        duty.enter(session, shifts, actor=SUPERVISOR, now=now)
        session.scalars(select(User).where(User.login == "agent")).one().phone = "13800000001"
    alerting.know_lines(made)
    yield made
    made.close()


def emergency(desk: Desk) -> None:
    Bench(desk.database, desk.district, now=desk.now()).ticket("燃气泄漏，楼道里味道很大", urgency=Urgency("emergency"))


def queued(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        query = select(Delivery.id).where(Delivery.channel != "wechat", Delivery.state == "queued")
        return list(session.scalars(query.order_by(Delivery.id)))


def send_all(desk: Desk) -> list[str]:
    return [sending.send(desk, key, by="slot-0") for key in queued(desk)]


def called(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return [call.name for call in session.scalars(select(Alert)).one().calls]


def test_the_command_s_stand_in_says_what_was_said_and_can_be_broken() -> None:
    body = {"msgtype": "text", "text": {"content": "您好", "mentioned_mobile_list": ["13800000001"]}}
    with BackgroundServer(STANDINS["wecom"]()) as server:
        address = f"{server.url}/cgi-bin/webhook/send?key={KEY}"
        # json= of httpx leaves Chinese as itself
        assert httpx.post(address, json=body).json() == {"errcode": 0, "errmsg": "ok"}
        (said,) = httpx.get(server.url).json()["said"]
        assert (said["content"], said["mentioned"], KEY in str(said)) == ("您好", ["13800000001"], False)
        assert httpx.post(f"{server.url}/standin/faults", json={"fault": "45009"}).status_code == 200
        assert httpx.post(address, json=body).json()["errcode"] == 45009
        assert httpx.post(f"{server.url}/standin/faults", json={"fault": "nonsense"}).status_code == 422
        assert httpx.post(f"{server.url}/standin/faults", json={"fault": ""}).json() == {"ok": True}
        for wrong, code in (
            ({"msgtype": "sound"}, 40008),
            ([], 40008),
            ({"msgtype": "text"}, 40058),
            ({"msgtype": "text", "text": {"content": " "}}, 44004),
            ({"msgtype": "text", "text": {"content": "a" * 2049}}, 40058),
            ({"msgtype": "markdown", "markdown": {"content": "a" * 4097}}, 40058),
        ):
            assert httpx.post(address, json=wrong).json()["errcode"] == code, wrong
        assert httpx.post(f"{server.url}/cgi-bin/webhook/send", json=body).json()["errcode"] == 93000


def test_lines_are_the_first_account_of_each_channel_that_sends(tmp_path: Path) -> None:
    accounts = {
        "mailbox": {"hears": {"imap_host": "h"}, "sends": {"smtp_host": "h"}},
        "sms": {"one": {}, "two": {}},
        "wecom_robot": {"bare": {}},
    }
    desk = Desk(Settings(home=tmp_path, accounts=accounts, public_url="https://d.example/", _env_file=None))  # type: ignore[call-arg]
    assert alerting.lines(desk) == [
        Line("sms", "sms", "one", "https://d.example"),
        Line("mail", "mailbox", "sends", "https://d.example"),
    ]
    desk.close()


def test_the_robot_says_kind_number_and_link_and_calls_the_one_on_duty(desk: Desk, wecom: WecomServer) -> None:
    emergency(desk)
    assert "sent" in send_all(desk)
    (said,) = wecom.platform.said(KEY)
    assert "突发" in said.content
    assert "https://desk.example/alerts/" in said.content
    assert said.mentioned == ("13800000001",)


def test_a_robot_that_is_gone_hands_the_call_to_the_next_at_once(desk: Desk, wecom: WecomServer) -> None:
    wecom.platform.inject("93000")
    emergency(desk)
    assert set(send_all(desk)) == {"delayed"}  # 300 s: to the very minute of the alert
    assert alerting.check_alerts(desk) == 1
    names = called(desk)
    assert len(names) >= 2
    wecom.platform.inject("")
    send_all(desk)
    assert len(wecom.platform.said(KEY)) == len(names) - 1


def test_a_message_whose_sender_died_is_sent_again_for_a_second_copy_harms_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    emergency(desk)
    with desk.database.write.begin() as session:
        keys = [
            each.id
            for each in session.scalars(select(Delivery).where(Delivery.channel == "wecom_robot"))
            if deliveries.lease(session, each.id, by="dead", now=desk.now())
        ]
    later: datetime = desk.now() + timedelta(minutes=3)
    monkeypatch.setattr(desk, "now", lambda: later)
    upkeep.free_leases(desk)
    with desk.database.read() as session:
        assert [session.get_one(Delivery, key).state for key in keys] == ["queued"]


def test_the_link_leads_past_the_entrance_and_looking_acknowledges_nothing(unjudged: World) -> None:
    shift = {"starts": _hours(-1), "ends": _hours(1), "login": "agent", "position": 1}
    made = unjudged.as_("supervisor").post("/duty", json=shift).json()
    emergency(unjudged.desk)
    (alert, *_) = unjudged.as_("agent").get("/alerts", params={"state": "open"}).json()["items"]
    path = f"/alerts/{alert['id']}"
    with httpx.Client(base_url=unjudged.url) as stranger:
        sent_on = stranger.get(path, headers={"accept": "text/html"})
        assert (sent_on.status_code, sent_on.headers["location"]) == (303, f"/login?next={path}")
    browser = signed_in(unjudged, "agent")
    page = browser.get(path).text
    assert "确认并处置" in page
    assert "无人确认则呼叫下一位" in page
    assert unjudged.as_("agent").get(path).json()["state"] == "open"
    problem(unjudged.as_("callback").get(path), 404, "unknown-alert")
    assert browser.get(f"/alerts/{alert['id'][:-1]}x").status_code == 404
    done = browser.post(f"{path}/acknowledge", data={"csrf": csrf(page)})
    assert done.status_code == 200
    after = browser.get(path).text
    assert "确认并处置" not in after
    assert unjudged.as_("agent").get(path).json()["acknowledged_by"] in after
    unjudged.as_("supervisor").delete(f"/duty/{made['id']}")


def _hours(number: float) -> str:
    from datetime import UTC

    return (datetime.now(UTC) + timedelta(hours=number)).isoformat()


def test_contacts_are_set_on_the_page_of_staff_and_shown_masked(unjudged: World) -> None:
    admin = signed_in(unjudged, "admin")
    page = admin.get("/staff").text
    given = {"csrf": csrf(page), "login": "agent", "phone": "13800000001", "email": "agent@example.org"}
    shown = admin.post("/staff/contact", data=given).text
    assert "138***001" in shown
    assert "13800000001" not in shown
    assert "agent@example.org" not in shown
    for wrong in ({"phone": "请打我手机"}, {"email": "nobody"}):
        assert admin.post("/staff/contact", data=given | wrong).status_code == 422
    assert admin.post("/staff/contact", data=given | {"login": "nobody-here"}).status_code == 404
    with unjudged.desk.database.read() as session:
        user = session.scalars(select(User).where(User.login == "agent")).one()
        assert (user.phone, user.email) == ("13800000001", "agent@example.org")
    admin.post("/staff/contact", data=given | {"phone": "", "email": ""})
    with unjudged.desk.database.read() as session:
        assert session.scalars(select(User).where(User.login == "agent")).one().phone == ""


def findings(desk: Desk) -> list[str]:
    return [f"{each.level} {each.words}" for each in doctor._duty(desk)]


def test_the_doctor_says_which_way_has_no_account_and_whom_no_line_reaches(desk: Desk) -> None:
    told = findings(desk)
    assert "warning 告警方式没有可用的账号：短信" in told
    (unreached, *_) = [each for each in told if "没有手机或邮箱" in each]
    with desk.database.write.begin() as session:
        for user in session.scalars(select(User)):
            user.email = f"{user.login}@example.org"
    assert not any("没有手机或邮箱" in each for each in findings(desk)), unreached


def test_the_doctor_says_when_nobody_is_on_duty(desk: Desk) -> None:
    now = desk.now()
    assert not any("无人值班" in each for each in findings(desk))
    with desk.database.write.begin() as session:
        for shift, _ in duty.roster(session, start=now, end=now + timedelta(days=9)):
            duty.strike(session, shift.id, actor=SUPERVISOR, now=now)
    assert "warning 今后 24 小时无人值班，告警直接通知全体督办" in findings(desk)
    with desk.database.write.begin() as session:
        early = Shift(now - timedelta(hours=1), now + timedelta(hours=8), "agent", 1)
        late = Shift(now + timedelta(hours=10), now + timedelta(hours=30), "agent", 1)
        duty.enter(session, [("", early), ("", late)], actor=SUPERVISOR, now=now)
        gap = duty.first_gap(session, start=now, end=now + timedelta(hours=24))
    assert gap == (now + timedelta(hours=8), now + timedelta(hours=10))
    assert any(" 无人值班" in each and " 至 " in each for each in findings(desk))


def test_the_doctor_checks_a_robot_as_a_sender(tmp_path: Path) -> None:
    robots = {"wecom_robot": {"good": {"key": KEY}, "bad": {"key": "?"}}}
    desk = Desk(Settings(home=tmp_path, accounts=robots, demo=True, _env_file=None))  # type: ignore[call-arg]
    told = {each.words: each.level for each in doctor_accounts.accounts(desk) if each.words.startswith("wecom_robot")}
    desk.close()
    bad = next(words for words in told if words.startswith("wecom_robot/bad"))
    assert told == {"wecom_robot/demo": "ok", "wecom_robot/good": "ok", bad: "warning"}
    assert "key" in bad


def test_the_settings_command_masks_the_key() -> None:
    assert KEY not in str(masked({"wecom_robot": {"duty": {"key": KEY}}}))
