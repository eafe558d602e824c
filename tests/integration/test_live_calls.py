"""A call while people talk: who sees what of it, and how he hears of its changes; on both databases."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from api import running_calls
from api.setting_up import DEMO_PASSWORD
from storage.quarantine import Quarantined
from tests.integration.calls_on_line import GAS, LIGHTS, SEES, Events, OnLine, account, call, following
from tests.integration.interface import World, csrf, problem, signed_in, world

__all__ = ["account", "call", "world"]


def test_what_is_said_stands_in_its_own_order_and_a_corrected_piece_in_its_place(call: OnLine) -> None:
    call.say("晚上看不清路", sequence=3)
    call.say("您好，请讲", sequence=1, speaker="坐席")
    call.say("惠风里小区的陆登", sequence=2, final=False)
    call.say("惠风里小区的陆登", sequence=2, final=False)
    assert [turn["text"] for turn in call.read()["turns"]] == ["您好，请讲", "惠风里小区的陆登", "晚上看不清路"]
    assert [turn["final"] for turn in call.read()["turns"]] == [True, False, True]
    call.say("惠风里小区的路灯不亮", sequence=2)
    told = call.read()
    assert [(turn["side"], turn["text"]) for turn in told["turns"]] == [
        ("agent", "您好，请讲"), ("caller", "惠风里小区的路灯不亮"), ("caller", "晚上看不清路"),
    ]  # fmt: skip


def test_only_the_residents_words_are_judged(call: OnLine) -> None:
    call.say("您好，是反映路灯不亮吗", speaker="坐席")
    assert call.read()["suggestion"] == {}
    call.say(LIGHTS)
    suggestion = call.read()["suggestion"]
    assert suggestion["category"][0]["path"][-1] == "路灯不亮"
    assert len(suggestion["category"]) == 3
    assert suggestion["unit"][0]["clause"]


def test_words_of_nobody_known_are_all_judged(call: OnLine) -> None:
    call.say(LIGHTS, speaker="")
    assert call.read()["suggestion"]["category"][0]["path"][-1] == "路灯不亮"


def test_what_is_missing_is_asked_for_in_the_packs_words(call: OnLine) -> None:
    call.say("路灯不亮，晚上看不清路，这都好几天了")
    told = call.read()
    assert [(each["name"], each["ask"]) for each in told["missing"]] == [
        ("place", call.world.desk.district.ask_words.place)
    ]
    call.note(place="惠风里小区3号楼")
    assert call.read()["missing"] == [], "what the agent puts down is judged with what the caller says"


def test_a_stream_brings_the_whole_first_and_then_what_changed(call: OnLine) -> None:
    call.say("您好，请讲", speaker="坐席")
    with following(call.world, f"{call.path}/events") as events:
        first = events.next()
        assert first["whole"] is True
        call.say(LIGHTS)
        second = events.next()
        assert (second["whole"], second["gone"]) == (False, [])
        assert [(turn["text"], turn["after"]) for turn in second["turns"]] == [(LIGHTS, 1)]
        assert second["suggestion"]["category"][0]["path"][-1] == "路灯不亮"
        seen = events.number
    call.say("一共坏了五盏")
    with following(call.world, f"{call.path}/events", had=seen) as events:
        again = events.next()
        assert again["whole"] is True, "who was away takes the whole in the place of what he has"
        assert len(again["turns"]) == 3
        seen = events.number
    with following(call.world, f"{call.path}/events", had=seen) as events:
        call.hang_up()
        assert events.next()["state"] == "ended", "who has the present state is sent nothing until it changes"


def test_a_change_made_in_another_process_is_told_too(call: OnLine, monkeypatch: pytest.MonkeyPatch) -> None:
    call.say(LIGHTS)
    with following(call.world, f"{call.path}/events") as events:
        events.next()
        monkeypatch.setattr(call.world.desk.live_calls, "stir", lambda: None)  # as where another process took it
        began = time.monotonic()
        call.say("一共坏了五盏")
        assert events.next()["turns"][-1]["text"] == "一共坏了五盏"
        assert time.monotonic() - began < 2


def test_nobody_looks_while_nobody_watches(call: OnLine) -> None:
    with following(call.world, f"{call.path}/events") as events:
        events.next()
    live = call.world.desk.live_calls
    for _ in range(400):
        if live._thread is None:
            break
        call.say("喂")  # a connection that is gone is noticed when something is sent to it
        time.sleep(0.05)
    assert live._thread is None


@pytest.mark.parametrize("login", ["officer-U001", "lead-U001", "callback", "editor"])
def test_who_has_no_business_with_calls_sees_none(call: OnLine, login: str) -> None:
    call.say(LIGHTS)
    for path in ("/calls", "/calls/events", call.path, f"{call.path}/events"):
        problem(call.world.as_(login).get(path), 403, "not-allowed")
    problem(call.note(login, place="惠风里"), 403, "not-allowed")
    browser = signed_in(call.world, login)
    assert [browser.get(path).status_code for path in ("/calls", call.path, f"{call.path}/events")] == [403, 403, 403]
    assert 'href="/calls"' not in browser.get("/articles").text


@pytest.mark.parametrize("login", SEES)
def test_who_sees_calls_finds_them_in_the_menu(call: OnLine, login: str) -> None:
    call.say(LIGHTS)
    browser = signed_in(call.world, login)
    assert 'href="/calls"' in browser.get("/calls").text
    assert "路灯不亮" in browser.get(call.path).text
    may = login in ("agent", "dispatcher", "supervisor")
    assert call.read(login)["may_note"] is may
    if not may:
        problem(call.note(login, place="惠风里"), 403, "not-allowed")


@pytest.mark.parametrize(
    ("login", "open_"), [("agent", True), ("dispatcher", True), ("supervisor", False), ("auditor", False)]
)
def test_the_caller_is_masked_for_who_does_not_work_with_residents(call: OnLine, login: str, open_: bool) -> None:
    call.say(f"我叫王小明，电话{call.phone}，惠风里小区3号楼2单元501室门口路灯不亮")
    call.note(contact="打13900139123找王小明")
    page = signed_in(call.world, login).get(call.path).text
    document = call.world.as_(login).get(call.path).text
    listed = signed_in(call.world, login).get("/calls").text
    with following(call.world, f"{call.path}/events", login) as events:
        streamed = json.dumps(events.next(), ensure_ascii=False)
    for shown in (page, document, streamed):
        assert (call.phone in shown) is open_
        assert ("王小明" in shown) is open_
        assert ("13900139123" in shown) is open_
        assert ("501室" in shown) is open_
    assert (call.phone in listed) is open_


def test_html_in_words_is_text(call: OnLine) -> None:
    call.say('<img src=x onerror="alert(1)"><script>alert(2)</script>路灯不亮')
    call.note(note="<b>急</b>")
    browser = signed_in(call.world, "agent")
    pages = [browser.get(call.path).text, browser.get("/calls").text]
    with browser.stream("GET", f"{call.path}/events", timeout=10) as answer:
        pages.append(json.dumps(Events(answer).next()["turns"]))
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "<b>急" not in page
        assert "&lt;img" in page


def test_two_thousand_segments_and_a_huge_text_are_shown_and_judged(call: OnLine) -> None:
    account = call.world.desk.account_or_bare("hotline", "line")
    for number in range(2, 402):
        piece = {"sequence": number, "speaker": "市民", "text": f"第{number}盏路灯不亮", "start": number}
        running_calls.take(call.world.desk, account, call.call_id, json.dumps(piece).encode())
    call.say("长" * 19_000 + "路灯不亮", sequence=402)
    began = time.monotonic()
    told = call.read()
    assert time.monotonic() - began < 3
    assert len(told["turns"]) == 401
    assert told["suggestion"]["category"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"sequence": -1, "text": "x"}', b'{"sequence": 1, "text": 7}'])
def test_garbage_is_refused_and_leaves_the_call_as_it_was(call: OnLine, body: bytes) -> None:
    call.say(LIGHTS)
    before = call.read()
    problem(call.post(body), 400, "unreadable-message")
    after = call.read()
    assert (after["version"], after["turns"]) == (before["version"], before["turns"])
    with call.world.desk.database.read() as session:
        assert session.scalars(select(Quarantined).where(Quarantined.delivery_id.contains(call.call_id))).all() == []


def test_a_piece_sent_twice_tells_nobody_anything(call: OnLine) -> None:
    call.say(LIGHTS, sequence=1)
    version = call.read()["version"]
    call.say(LIGHTS, sequence=1)
    assert call.read()["version"] == version


def test_the_list_has_running_calls_and_those_that_ended_with_what_became_of_them(world: World) -> None:
    running, over, silent = (OnLine(world) for _ in range(3))
    for each in (running, over, silent):
        each.begin()
    running.say(GAS)
    over.say(LIGHTS)
    number = over.hang_up()
    silent.hang_up()
    items = {each["call_id"]: each for each in world.as_("agent").get("/calls").json()["items"]}
    assert items[running.call_id]["emergency"]
    assert items[running.call_id]["words"] == GAS
    assert items[running.call_id]["caller"]["phone"] == running.phone
    assert items[over.call_id]["ticket"]["number"] == number
    assert "无声" in items[silent.call_id]["ignored"]
    order = list(items)
    assert order.index(running.call_id) < order.index(over.call_id)


def test_the_list_is_told_of_every_call(world: World) -> None:
    with following(world, "/calls/events") as events:
        events.next()
        made = OnLine(world)
        made.begin()
        made.say(LIGHTS)
        for _ in range(5):
            found = {each["call_id"]: each for each in events.next()["items"]}
            if found.get(made.call_id, {}).get("words"):
                break
        assert found[made.call_id]["category"]["path"][-1] == "路灯不亮"


def test_without_javascript_the_page_shows_the_same_and_its_form_works(call: OnLine) -> None:
    call.say("路灯不亮，晚上看不清路，好几天了")
    browser = signed_in(call.world, "agent")
    page = browser.get(call.path).text
    assert "路灯不亮" in page
    assert call.world.desk.district.ask_words.place in page
    kept = browser.post(f"{call.path}/notes", data={"csrf": csrf(page), "place": "惠风里小区5号楼"})
    assert kept.status_code == 200
    assert "惠风里小区5号楼" in kept.text
    assert browser.post(f"{call.path}/notes", data={"place": "别处"}).status_code == 403


def test_a_call_whose_number_is_odd_has_its_page(world: World) -> None:
    made = OnLine(world)
    made.call_id = "甲 乙?x=1&y#z%"
    made.path = f"/calls/line/{quote(made.call_id, safe='')}"
    made.begin()
    made.say(LIGHTS)
    assert made.read()["call_id"] == made.call_id
    page = signed_in(world, "agent").get(made.path)
    assert page.status_code == 200
    assert made.path in page.text


def test_a_stream_ends_when_its_reader_has_signed_out(call: OnLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live_stream.HEARTBEAT", 0.2)
    login = {"login": "agent", "password": DEMO_PASSWORD}
    with httpx.Client(base_url=f"{call.world.url}/api/v1", timeout=10) as client:
        token = client.post("/sessions", json=login).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        with client.stream("GET", f"{call.path}/events") as answer:
            lines = answer.iter_lines()
            assert any(line.startswith("data: ") for line in lines)
            assert httpx.delete(
                f"{call.world.url}/api/v1/sessions", headers={"authorization": f"Bearer {token}"}, timeout=10
            ).is_success
            assert "event: over" in list(lines)
