"""Mass events from outside: messages through the real way, the interface, the pages, the command."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import packs
from api import judging, pipeline
from api.desk import Desk
from casework.event_tables import EventTicket
from casework.tables import Notice, Ticket
from drills.payloads import wechat_text
from storage.audit import AuditRow
from tests.integration.commands import Command, alone, worked_home
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, world

__all__ = ["alone", "worked_home", "world"]

GAZETTEER = Path(packs.__file__).parent / "demo" / "gazetteer.csv"
COMPOUNDS = (
    name
    for name, kind, *_ in csv.reader(GAZETTEER.read_text(encoding="utf-8").splitlines())
    if kind == "compound" and name[-1] in "园苑邸寓居"
)
"""Each test's event is in a compound of its own."""
SAID = (
    "{}停水了，家里一滴水都没有",
    "{}怎么没水了，拧开龙头什么都不出",
    "{}整个小区断水，问什么时候能来水",
    "{}停水两个小时了，物业说不知道，请派送水车",
)
OUTSIDE = ("callback", "editor", "admin", "lead-U001", "officer-U001")


def payload(text: str) -> bytes:
    return wechat_text(next(NUMBERS), text)


def told(desk: Desk, *texts: str) -> list[str]:
    """Tickets of messages that came one by one; their ids."""
    return [pipeline.take(desk, MAIN, payload(text)).receipts[0].ticket_id for text in texts]


def cut(desk: Desk) -> list[str]:
    """A water cut in a compound of its own, told by four residents."""
    place = next(COMPOUNDS)
    return told(desk, *(each.format(place) for each in SAID))


def event_id(desk: Desk, ticket_id: str) -> str:
    with desk.database.read() as session:
        return session.get_one(EventTicket, ticket_id).event_id


def event(world: World, ticket_id: str, login: str = "dispatcher") -> dict[str, Any]:
    answer = world.as_(login).get(f"/events/{event_id(world.desk, ticket_id)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [each["id"] for each in found["items"]]


# The way of messages


def test_a_water_cut_told_in_other_words_is_one_mass_event_of_which_the_desk_is_told(world: World) -> None:
    keys = cut(world.desk)
    found = event(world, keys[0])
    assert ids(found) == keys
    assert (found["mass"], found["over"], found["reporters"], found["channels"]) == (True, False, 4, {"wechat": 4})
    assert found["place"]
    assert found["category"]["path"][0] == "供水供电供气供热"
    assert sum(bar["reporters"] for bar in found["curve"]) == 4
    query = select(func.count(Notice.id)).where(Notice.template == "mass_event", Notice.ticket_id.in_(keys))
    assert world.count(query) == 1


def test_another_matter_of_the_same_place_is_not_of_the_event(world: World) -> None:
    place = next(COMPOUNDS)
    keys = told(world.desk, *(each.format(place) for each in SAID), f"{place}门口路灯坏了三天，晚上看不清路")
    assert keys[4] not in ids(event(world, keys[0]))


def test_messages_filed_in_one_batch_find_each_other(world: World) -> None:
    place = next(COMPOUNDS)
    waiting = [pipeline.receive(world.desk, MAIN, payload(each.format(place))).receipts[0].ticket_id for each in SAID]
    pipeline.assess(world.desk, list(reversed(waiting)))
    assert ids(event(world, waiting[0])) == waiting


def test_a_redelivered_message_is_counted_once(world: World) -> None:
    place = next(COMPOUNDS)
    sent = [payload(each.format(place)) for each in SAID]
    for each in (*sent, *sent):
        last = pipeline.take(world.desk, MAIN, each).receipts[0]
    assert last.outcome == "repeated"
    assert event(world, last.ticket_id)["reporters"] == 4


def test_tickets_are_filed_without_a_model_to_read_them_by(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = pipeline.receive(world.desk, MAIN, payload("瑞泽家园停水了")).receipts[0].ticket_id
    judged = judging.judge(world.desk, judging.questions(world.desk, [key]))
    monkeypatch.setattr(type(world.desk), "engine", property(lambda _: 1 / 0))
    pipeline.file(world.desk, judged)
    with world.desk.database.read() as session:
        assert session.get_one(Ticket, key).state == "assessed"
        assert session.get(EventTicket, key) is None


# The interface


def test_mass_events_are_listed_and_narrowed(world: World) -> None:
    keys = cut(world.desk)
    number = event(world, keys[0])["number"]
    listed = world.as_("supervisor").get("/events", params={"show": "open", "limit": 200}).json()["items"]
    assert number in {each["number"] for each in listed}
    over = world.as_("supervisor").get("/events", params={"show": "over"}).json()["items"]
    assert number not in {each["number"] for each in over}
    assert world.as_("auditor").get(f"/events/{number}").json()["id"] == event_id(world.desk, keys[0])
    one = world.as_("dispatcher").get("/events", params={"limit": 1}).json()
    assert len(one["items"]) == 1
    problem(world.as_("dispatcher").get("/events", params={"show": "some"}), 422)
    problem(world.as_("dispatcher").get("/events/E1"), 404, "unknown-event")


def test_a_ticket_is_taken_out_stays_out_and_is_put_back(world: World) -> None:
    keys = cut(world.desk)
    key, dispatcher = event_id(world.desk, keys[0]), world.as_("dispatcher")
    found = dispatcher.post(f"/events/{key}/tickets/{keys[1]}/out").json()
    assert ids(found) == [keys[0], *keys[2:]]
    assert [each["ticket"]["id"] for each in found["taken_out"]] == [keys[1]]
    assert found["reporters"] == 3
    problem(dispatcher.post(f"/events/{key}/tickets/{keys[1]}/out"), 409, "not-of-event")
    problem(world.as_("auditor").post(f"/events/{key}/tickets/{keys[1]}/back"), 403, "not-allowed")
    back = dispatcher.post(f"/events/{key}/tickets/{keys[1]}/back").json()
    assert (ids(back), back["taken_out"]) == (keys, [])
    problem(dispatcher.post(f"/events/{key}/tickets/{keys[1]}/back"), 409, "not-taken-out")


def test_an_event_is_merged_as_a_whole_and_each_refused_ticket_is_named(world: World) -> None:
    keys = cut(world.desk)
    key, dispatcher = event_id(world.desk, keys[0]), world.as_("dispatcher")
    problem(dispatcher.post(f"/events/{key}/merge"), 409, "no-master-case")
    case = dispatcher.post(f"/tickets/{keys[0]}/accept", json={"unit": "U001", "reason": "测试"}).json()["case_id"]
    dispatcher.post(f"/tickets/{keys[1]}/transitions/withdraw", json={"text": "来水了"})
    done = dispatcher.post(f"/events/{key}/merge").json()
    assert (done["case"]["id"], [each["id"] for each in done["merged"]]) == (case, keys[2:])
    assert [(each["id"], each["why"]) for each in done["refused"]] == [(keys[1], "工单已撤诉")]
    problem(dispatcher.post(f"/events/{key}/tickets/{keys[2]}/out"), 409, "merged-in-event")
    audited = select(func.count(AuditRow.id)).where(AuditRow.act == "event_merge", AuditRow.subject_id == key)
    assert world.count(audited) == 1


@pytest.mark.parametrize("login", OUTSIDE)
def test_others_than_the_desk_see_and_change_nothing(world: World, login: str) -> None:
    keys = cut(world.desk)
    key, client = event_id(world.desk, keys[0]), world.as_(login)
    for path in ("/events", f"/events/{key}"):
        problem(client.get(path), 403, "not-allowed")
    for path in (
        f"/events/{key}/merge",
        f"/events/{key}/tickets/{keys[0]}/out",
        f"/events/{key}/tickets/{keys[0]}/back",
    ):
        problem(client.post(path), 403, "not-allowed")
    assert ids(event(world, keys[0])) == keys


# The pages


def test_the_page_lists_the_event_and_its_own_page_shows_curve_and_tickets(world: World) -> None:
    keys = cut(world.desk)
    found = event(world, keys[0])
    browser = signed_in(world, "dispatcher")
    listed = browser.get("/events").text
    assert f'href="/events/{found["number"]}"' in listed
    page = browser.get(f"/events/{found['number']}").text
    assert "本事件还没有可并入" not in page
    for each in found["items"]:
        assert f'href="/tickets/{each["number"]}"' in page
    bars = re.findall(r'<a href="([^"]+)"><rect', page)
    assert bars
    opened = browser.get(bars[0].replace("&amp;", "&").partition("#")[0])
    assert opened.status_code == 200
    assert "查看全部 4 件" in opened.text
    ticket = browser.get(f"/tickets/{found['items'][0]['number']}").text
    assert "本事件已有 4 人反映" in ticket
    assert f'href="/events/{found["number"]}"' in ticket


def test_taking_out_and_merging_by_the_page(world: World) -> None:
    keys = cut(world.desk)
    found = event(world, keys[0])
    number, browser = found["number"], signed_in(world, "dispatcher")
    out = found["items"][1]["number"]
    form = {"csrf": csrf(browser.get(f"/events/{number}").text)}
    page = browser.post(f"/events/{number}/tickets/{out}/out", data=form).text
    assert "不会再自动归入" in page
    browser.post(f"/events/{number}/tickets/{out}/back", data=form)
    world.as_("dispatcher").post(f"/tickets/{keys[0]}/accept", json={"unit": "U001", "reason": "测试"})
    assert "3 件并入" in browser.get(f"/events/{number}").text
    merged = browser.post(f"/events/{number}/merge", data=form)
    assert "已并单 3 件" in merged.text
    assert "不是同一事件" not in merged.text
    assert browser.post(f"/events/{number}/tickets/{out}/away", data=form).status_code == 422


def test_the_page_of_no_event_says_so(world: World) -> None:
    page = signed_in(world, "supervisor").get("/events?show=over&days=1")
    assert page.status_code == 200
    assert "最近 1 天没有已结束的群体事件" in page.text


@pytest.mark.parametrize("login", ["callback", "lead-U001"])
def test_who_may_not_see_events_gets_no_page_and_no_line(world: World, login: str) -> None:
    keys = cut(world.desk)
    key = event_id(world.desk, keys[0])
    world.as_("dispatcher").post(f"/tickets/{keys[0]}/accept", json={"unit": "U001", "reason": "测试"})
    browser = signed_in(world, login)
    for path in ("/events", f"/events/{key}"):
        assert browser.get(path).status_code == 403
    ticket = browser.get(f"/tickets/{keys[0]}")
    assert ticket.status_code == 200
    assert "人反映" not in ticket.text
    assert "群体事件" not in ticket.text


def test_a_supervisor_reads_masked_words_of_an_event(world: World) -> None:
    place = next(COMPOUNDS)
    keys = told(world.desk, *(f"{each.format(place)}，电话13900001234" for each in SAID))
    number = event(world, keys[0])["number"]
    assert "13900001234" not in signed_in(world, "supervisor").get(f"/events/{number}").text
    assert "13900001234" not in world.as_("supervisor").get(f"/events/{number}").text
    assert "13900001234" in world.as_("dispatcher").get(f"/events/{number}").text


# The command


def test_the_command_lists_and_shows_events(alone: Command) -> None:
    from api.settings import Settings

    assert alone("events", "list", "--json").document == []
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    try:
        cut(desk)
    finally:
        desk.close()
    (listed,) = alone("events", "list", "--show", "open", "--json").document
    assert (listed["reporters"], listed["over"]) == (4, False)
    number = listed["number"]
    assert number in alone("events", "list").out
    shown = alone("events", "show", number, "--json").document
    assert len(shown["items"]) == 4
    assert "▮" in alone("events", "show", number).out
    assert "没有找到事件" in alone("events", "show", "E0").refused()
