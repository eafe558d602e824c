"""WeChat's stand-in keeps the rules that 公众平台 publishes, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.standins.wechat import WeChatServer
from tests.contract.wechat_caller import MENU, TEMPLATE, Desk

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with WeChatServer() as server:
        yield Desk(server)


@pytest.mark.parametrize(
    ("act", "count", "seconds"), [("message", 5, 48 * 3600), ("menu", 3, 60), ("scan", 3, 60), ("subscribe", 3, 60)]
)
def test_the_window_and_its_count_follow_from_what_the_resident_did(
    desk: Desk, act: str, count: int, seconds: int
) -> None:
    desk.act(act, text="路灯不亮")
    assert [desk.say() for _ in range(count + 1)] == [0] * count + [45047]
    desk.act(act, text="还是不亮")
    assert desk.say() == 0  # counted anew with each act
    desk.later(seconds - 5)
    assert desk.say() == 0
    desk.later(10)
    assert desk.say() == 45015


def test_a_click_adds_a_minute_beside_a_window_that_is_used_up(desk: Desk) -> None:
    desk.act("message", text="路灯不亮")
    assert [desk.say() for _ in range(6)][-1] == 45047
    desk.act("menu", key="progress")
    assert [desk.say() for _ in range(4)] == [0, 0, 0, 45047]
    desk.later(61)
    assert desk.say() == 45047  # the message's window is open still, and used up


def test_who_left_gets_nothing_until_he_follows_again(desk: Desk) -> None:
    desk.act("message", text="路灯不亮")
    desk.act("unsubscribe")
    assert (desk.say(), desk.typing(), desk.template()["errcode"]) == (43004, 43004, 43004)
    desk.act("subscribe")
    assert desk.say() == 0


@pytest.mark.parametrize("openid", ["", "有 空格", "x" * 65])
def test_an_openid_is_of_letters_and_digits(desk: Desk, openid: str) -> None:
    assert desk.say(openid=openid) == 40003


def test_a_refusal_spends_nothing(desk: Desk) -> None:
    desk.act("menu", key="x")
    assert [desk.say("好" * 683) for _ in range(5)] == [45002] * 5
    assert [desk.say() for _ in range(4)] == [0, 0, 0, 45047]


def test_words_of_a_refusal_end_with_a_request_id(desk: Desk) -> None:
    told = desk.call("message/custom/send", {"msgtype": "text", "text": {"content": "x"}}, token="guessed")
    assert (told["errcode"], " rid: " in told["errmsg"]) == (40001, True)
    assert desk.call("message/custom/send", {}, token="")["errcode"] == 41001
    desk.later(7201, same_token=True)
    assert desk.say() == 42001


def test_a_msgmenu_is_shown_with_its_head_items_and_tail(desk: Desk) -> None:
    assert desk.menu(tail_content="也可以直接回复") == 0
    (row,) = desk.received()
    assert (row["kind"], row["text"]) == ("msgmenu", "解决了吗？\n解决了\n没有\n也可以直接回复")
    assert row["content"]["msgmenu"]["list"] == MENU["list"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"list": []}, 44004),
        ({"list": [{"id": "1", "content": ""}]}, 44004),
        ({"list": [{"content": "没有编号"}]}, 47001),
        ({"head_content": "好" * 680}, 45002),
    ],
)
def test_a_msgmenu_has_items_with_ids_and_at_most_2048_bytes(desk: Desk, change: Any, errcode: int) -> None:
    assert desk.menu(**change) == errcode


def test_an_image_names_a_media_id_that_is_kept_for_three_days(desk: Desk) -> None:
    files = {"media": ("p.png", b"\x89PNG", "image/png")}
    query = {"access_token": desk.token, "type": "image"}
    told = httpx.post(f"{desk.server.url}/cgi-bin/media/upload", params=query, files=files).json()
    image = {"msgtype": "image", "image": {"media_id": told["media_id"]}}
    assert desk.call("message/custom/send", image)["errcode"] == 0
    assert (desk.received()[0]["kind"], desk.received()[0]["text"]) == ("image", told["media_id"])
    other = {"msgtype": "image", "image": {"media_id": "unknown"}}
    assert desk.call("message/custom/send", other)["errcode"] == 40007
    assert desk.call("message/custom/send", {"msgtype": "image", "image": {}})["errcode"] == 41006
    assert httpx.post(f"{desk.server.url}/cgi-bin/media/upload", params=query).json()["errcode"] == 41005
    assert desk.call("message/custom/send", {"msgtype": "hologram"})["errcode"] == 40008


def test_typing_needs_a_word_within_30_seconds_and_is_not_shown_twice(desk: Desk) -> None:
    desk.act("message", text="在吗")
    assert (desk.typing("Dancing"), desk.typing(), desk.typing()) == (45072, 0, 45081)
    assert (desk.typing("CancelTyping"), desk.typing()) == (0, 0)
    desk.later(16)
    assert desk.typing() == 0  # shown for 15 seconds
    assert (desk.say(), desk.typing()) == (0, 0)  # a message ends it
    desk.later(31)
    assert desk.typing() == 45080
    desk.later(48 * 3600)
    assert desk.typing() == 45015
    assert [each["text"] for each in desk.received() if each["kind"] == "typing"].count("Typing") == 4


def test_typing_is_no_message_and_spends_nothing(desk: Desk) -> None:
    desk.act("message", text="在吗")
    desk.typing()
    assert [desk.say() for _ in range(6)] == [0] * 5 + [45047]
    assert desk.server.sent("o_1") == ["已受理"] * 5


def test_a_template_message_is_sent_outside_the_window_and_answered_with_a_number(desk: Desk) -> None:
    desk.act("menu", key="x")
    desk.later(100)
    first, second = desk.template(), desk.template()
    assert (first["errcode"], first["msgid"] != second["msgid"]) == (0, True)
    assert desk.received()[0]["text"] == "thing1: 路灯不亮\ntime2: 2026-03-25 10:00"


@pytest.mark.parametrize(
    ("name", "value", "errcode"),
    [
        ("thing1", "好" * 20, 0),
        ("thing1", "好" * 21, 47003),
        ("thing1", "两\n行", 47003),
        ("thing1", "", 47003),
        ("short_thing1", "好" * 6, 47003),
        ("character_string1", "20260325-0001", 0),
        ("character_string1", "单号1", 47003),
        ("character_string1", "1" * 33, 47003),
        ("number1", "12.5", 0),
        ("number1", "十二", 47003),
        ("letter1", "abc", 0),
        ("letter1", "ab1", 47003),
        ("symbol1", "?!", 0),
        ("symbol1", "abc", 47003),
        ("phrase1", "处理中", 0),
        ("phrase1", "已经处理完成", 47003),
        ("phrase1", "done", 47003),
        ("name1", "张某某", 0),
        ("name1", "好" * 11, 47003),
        ("phone_number1", "+86-0766-66888866", 0),
        ("phone_number1", "8" * 18, 47003),
        ("car_number1", "粤A8Z888挂", 0),
        ("amount1", "¥29.90", 0),
        ("amount1", "很多钱", 47003),
        ("time1", "2019年10月1日 15:01", 0),
        ("time1", "15:01~16:00", 0),
        ("time1", "明天下午", 47003),
        ("date1", "2019年10月1日", 0),
        ("date1", "十月一日", 47003),
        ("first", "好" * 200, 0),
        ("first", "好" * 201, 47003),
    ],
)
def test_a_value_fits_the_kind_of_its_place(desk: Desk, name: str, value: str, errcode: int) -> None:
    told = desk.template({name: {"value": value}})
    assert told["errcode"] == errcode
    assert errcode == 0 or f"data.{name}.value" in told["errmsg"]


def test_a_template_is_one_that_the_account_chose_with_every_place(desk: Desk) -> None:
    assert desk.template(template_id="short")["errcode"] == 40037
    desk.meddle("templates", template_id=TEMPLATE, content="事项{{thing1.DATA}}，时间{{time2.DATA}}")
    assert desk.template()["errcode"] == 0
    assert desk.received()[0]["text"] == "事项路灯不亮，时间2026-03-25 10:00"
    missing = desk.template({"thing1": {"value": "路灯"}})
    assert (missing["errcode"], "data.time2.value is empty" in missing["errmsg"]) == (47003, True)
    assert desk.template(template_id=TEMPLATE[::-1])["errcode"] == 40037


def test_the_same_client_msg_id_within_ten_minutes_is_shown_once(desk: Desk) -> None:
    first = desk.template(client_msg_id="case-1")
    assert desk.template(client_msg_id="case-1") == first
    assert len(desk.received()) == 1
    desk.later(601)
    assert desk.template(client_msg_id="case-1")["msgid"] != first["msgid"]


def test_a_notice_goes_out_as_often_as_it_was_allowed(desk: Desk) -> None:
    assert desk.notice() == 43101
    desk.act("allow", template_id=TEMPLATE, count=2)
    assert [desk.notice() for _ in range(3)] == [0, 0, 43101]
    desk.act("allow", template_id=TEMPLATE, long=True)
    assert [desk.notice() for _ in range(3)] == [0, 0, 0]
    desk.act("refuse", template_id=TEMPLATE)
    assert desk.notice() == 43101
    assert [each["kind"] for each in desk.received()] == ["subscribe"] * 5


def button(**change: Any) -> dict[str, Any]:
    return {"type": "click", "name": "查进度", "key": "progress", **change}


def test_the_account_s_menu_is_told_as_it_was_made(desk: Desk) -> None:
    address, query = f"{desk.server.url}/cgi-bin/menu/get", {"access_token": desk.token}
    assert httpx.get(address, params=query).json()["errcode"] == 46003
    below = {"name": "办事", "sub_button": [button(), {"type": "view", "name": "指南", "url": "https://x.cn/"}]}
    assert desk.call("menu/create", {"button": [button(), below]})["errcode"] == 0
    made = httpx.get(address, params=query).json()["menu"]["button"]
    assert made[0] == {**button(), "sub_button": []}
    assert [each["name"] for each in made[1]["sub_button"]] == ["查进度", "指南"]
    assert httpx.post(address, params=query, json={}).json()["errcode"] == 43001
    assert httpx.get(f"{desk.server.url}/cgi-bin/menu/create", params=query).json()["errcode"] == 43002


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([button()] * 4, 40016),
        ([button(type="dance")], 40017),
        ([button(name="好" * 6)], 40018),
        ([button(key="k" * 129)], 40019),
        ([button(type="view", url="")], 40020),
        ([{"name": "办事", "sub_button": [button()] * 6}], 40023),
        ([{"name": "办事", "sub_button": [{"name": "再下", "sub_button": [button()]}]}], 40022),
        ([{"name": "办事", "sub_button": [button(type="dance")]}], 40024),
        ([{"name": "办事", "sub_button": [button(name="好" * 21)]}], 40025),
        ([{"name": "办事", "sub_button": [button(key="")]}], 40026),
        ([{"name": "办事", "sub_button": [button(type="view", url="u" * 1025)]}], 40027),
        (["查进度"], 47001),
    ],
)
def test_a_menu_that_does_not_fit_is_refused_by_its_code(desk: Desk, buttons: Any, errcode: int) -> None:
    assert desk.call("menu/create", {"button": buttons})["errcode"] == errcode


def test_the_calls_of_a_day_are_counted(desk: Desk) -> None:
    desk.meddle("limits", template=2)
    assert [desk.template()["errcode"] for _ in range(3)] == [0, 0, 45009]
    desk.meddle("limits", template=0)
    assert desk.template()["errcode"] == 0


@pytest.mark.parametrize("errcode", [-1, 45009, 48001, 40001])
def test_an_errcode_can_be_had_for_so_many_calls(desk: Desk, errcode: int) -> None:
    desk.meddle("faults", fault=f"errcode {errcode}", times=2)
    assert [desk.say() for _ in range(3)] == [errcode, errcode, 0]


@pytest.mark.parametrize(
    ("at", "path"),
    [
        ("typing", "message/custom/typing"),
        ("template", "message/template/send"),
        ("subscribe", "message/subscribe/bizsend"),
        ("menu", "menu/create"),
    ],
)
def test_every_call_can_break(desk: Desk, at: str, path: str) -> None:
    desk.meddle("faults", fault="errcode -1", at=at, times=1)
    assert desk.call(path, {})["errcode"] == -1
    assert desk.call(path, {})["errcode"] != -1
    desk.meddle("faults", fault="http 502", at=at)
    answer = httpx.post(f"{desk.server.url}/cgi-bin/{path}", params={"access_token": desk.token}, json={})
    assert answer.status_code == 502


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("act", {"act": "message", "text": "x"}),
        ("act", {"who": "o_1", "act": "sing"}),
        ("act", {"who": "o_1", "act": "message"}),
        ("act", {"who": "o_1", "act": "allow"}),
        ("residents", {"openid": "o_1", "act": "sing"}),
        ("clock", {"seconds": -5}),
        ("faults", {"fault": "explode"}),
        ("faults", {"fault": "cut", "at": "nowhere"}),
        ("limits", {"template": "many"}),
        ("delivery", {"to": "o_1", "status": "lost"}),
        ("callback", {"to": "http://127.0.0.1/"}),
        ("templates", {"template_id": TEMPLATE, "content": "没有位置"}),
    ],
)
def test_an_order_that_does_not_fit_is_refused(desk: Desk, name: str, given: dict[str, Any]) -> None:
    answer = httpx.post(f"{desk.server.url}/standin/{name}", json=given)
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)
