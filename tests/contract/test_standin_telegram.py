"""Telegram's stand-in keeps the rules of the Bot API and the Bots FAQ, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.standins import STANDINS
from api.standins.background import BackgroundServer
from api.standins.telegram import TelegramServer
from api.standins.telegram.platform import Platform
from tests.contract.desk_end import DeskEnd, until

pytestmark = pytest.mark.timeout(60)

TOKEN = "900000001:known"
RESIDENT = 700000001
GROUP = -4001
SUPERGROUP = -1001700000009
KEYBOARD = {
    "inline_keyboard": [[{"text": "解决了", "callback_data": "solved:1"}, {"text": "没有", "callback_data": "no"}]]
}


class Bot:
    """Calls the stand-in as a bot does, and meddles as a test does."""

    def __init__(self, server: BackgroundServer, token: str = TOKEN) -> None:
        self.server = server
        self.token = token
        self.call("getMe")

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.server.url}/bot{self.token}/{method}", json=given)
        told = answer.json()
        assert told.get("error_code", 200) == answer.status_code
        return told

    def send(self, text: str = "您好", chat: int = RESIDENT, **more: Any) -> dict[str, Any]:
        return self.call("sendMessage", chat_id=chat, text=text, **more)

    def sends(self, count: int, chat: int = RESIDENT) -> list[int]:
        return [self.send(chat=chat).get("error_code", 200) for _ in range(count)]

    def edit(self, message_id: int, text: str, **more: Any) -> dict[str, Any]:
        return self.call("editMessageText", chat_id=RESIDENT, message_id=message_id, text=text, **more)

    def updates(self, kind: str) -> list[dict[str, Any]]:
        return [each[kind] for each in self.call("getUpdates")["result"] if kind in each]

    def meddle(self, name: str, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.server.url}/standin/{name}", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, act: str, chat: int = RESIDENT, **given: Any) -> dict[str, Any]:
        return self.meddle("act", token=self.token, who=RESIDENT, chat=chat, act=act, **given)

    def later(self, seconds: float) -> None:
        self.meddle("clock", seconds=seconds)

    def received(self, chat: int = RESIDENT) -> list[dict[str, Any]]:
        return httpx.get(f"{self.server.url}/standin/sent", params={"to": str(chat)}).json()["sent"]


@pytest.fixture
def bot() -> Iterator[Bot]:
    with TelegramServer() as server:
        yield Bot(server)


@pytest.fixture
def still() -> Iterator[Bot]:
    """A bot on a platform whose clock moves only when it is told to, however slow this machine is."""
    stands = datetime(2026, 3, 25, 2, 0, tzinfo=UTC)
    with TelegramServer(Platform(now=lambda: stands)) as server:
        yield Bot(server)


def said(answer: dict[str, Any]) -> str:
    assert answer["ok"] is False
    return answer["description"]


def test_a_message_is_told_back_with_its_keyboard(bot: Bot) -> None:
    told = bot.send("解决了吗？", reply_markup=KEYBOARD)["result"]
    assert told["chat"] == {"id": RESIDENT, "type": "private", "first_name": "居民"}
    assert (told["from"]["is_bot"], told["text"], told["reply_markup"]) == (True, "解决了吗？", KEYBOARD)
    (row,) = bot.received()
    assert (row["kind"], row["message_id"], row["reply_markup"]) == ("message", told["message_id"], KEYBOARD)


def test_a_keyboard_may_come_as_the_text_of_a_form(bot: Bot) -> None:
    given = {"chat_id": RESIDENT, "text": "解决了吗？", "reply_markup": json.dumps(KEYBOARD)}
    told = httpx.post(f"{bot.server.url}/bot{TOKEN}/sendMessage", data=given).json()
    assert told["result"]["reply_markup"] == KEYBOARD


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[button]]}


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (keyboard(text="x", callback_data="d" * 64), None),
        (keyboard(text="x", callback_data="好" * 21), None),
        (keyboard(text="x", url="https://desk.example.com/x"), None),
        ({"keyboard": [[{"text": "查进度"}]]}, None),
        (keyboard(text="x", callback_data="d" * 65), "Bad Request: BUTTON_DATA_INVALID"),
        (keyboard(text="x", callback_data="好" * 22), "Bad Request: BUTTON_DATA_INVALID"),
        (keyboard(text="x", callback_data=""), "Bad Request: BUTTON_DATA_INVALID"),
        (keyboard(text="x"), "Bad Request: Text buttons are unallowed in the inline keyboard"),
        (keyboard(text="x", url="not a link"), "Bad Request: BUTTON_URL_INVALID"),
        (keyboard(text="", callback_data="d"), "Bad Request: can't parse inline keyboard button"),
        ({"inline_keyboard": [{"text": "x"}]}, 'Bad Request: field "inline_keyboard" must be'),
        ("{not JSON", "Bad Request: can't parse reply markup JSON object"),
        ([1], "Bad Request: object expected as reply markup"),
    ],
)
def test_a_button_carries_1_to_64_bytes_or_a_link(bot: Bot, markup: Any, words: str | None) -> None:
    told = bot.send(reply_markup=markup)
    assert told["ok"] is (words is None)
    assert words is None or told["description"].startswith(words)
    assert len(bot.received()) == (words is None)


def test_a_reply_names_a_message_that_is_there(bot: Bot) -> None:
    asked = bot.act("message", text="路灯不亮")["message_id"]
    told = bot.send(reply_parameters={"message_id": asked})["result"]
    assert told["reply_to_message"]["text"] == "路灯不亮"
    missing = bot.send(reply_parameters={"message_id": 999})
    assert said(missing) == "Bad Request: message to be replied not found"
    assert bot.send(reply_parameters={"message_id": 999, "allow_sending_without_reply": True})["ok"]
    assert bot.send(reply_to_message_id=asked)["ok"]


def test_a_chat_action_is_one_of_the_list(bot: Bot) -> None:
    assert bot.call("sendChatAction", chat_id=RESIDENT, action="typing")["result"] is True
    assert said(bot.call("sendChatAction", chat_id=RESIDENT, action="dancing")).endswith(
        "wrong parameter action in request"
    )
    assert said(bot.call("sendChatAction", chat_id="nobody", action="typing")) == "Bad Request: chat not found"
    assert [(each["kind"], each["text"]) for each in bot.received()] == [("action", "typing")]


def test_an_edit_changes_a_message_and_takes_its_keyboard_away_unless_it_is_given_again(bot: Bot) -> None:
    number = bot.send("解决了吗？", reply_markup=KEYBOARD)["result"]["message_id"]
    told = bot.edit(number, "谢谢", reply_markup=KEYBOARD)["result"]
    assert (told["text"], told["reply_markup"], "edit_date" in told) == ("谢谢", KEYBOARD, True)
    assert "reply_markup" not in bot.edit(number, "谢谢")["result"]
    assert [(each["kind"], each["text"]) for each in bot.received()] == [
        ("message", "解决了吗？"),
        ("edit", "谢谢"),
        ("edit", "谢谢"),
    ]


def test_an_edit_that_changes_nothing_is_refused(bot: Bot) -> None:
    number = bot.send("解决了吗？", reply_markup=KEYBOARD)["result"]["message_id"]
    markup = {"chat_id": RESIDENT, "message_id": number}
    assert said(bot.edit(number, "解决了吗？", reply_markup=KEYBOARD)).startswith(
        "Bad Request: message is not modified"
    )
    assert said(bot.call("editMessageReplyMarkup", **markup, reply_markup=KEYBOARD)).startswith(
        "Bad Request: message is not modified"
    )
    assert "reply_markup" not in bot.call("editMessageReplyMarkup", **markup)["result"]
    assert said(bot.call("editMessageReplyMarkup", **markup)).startswith("Bad Request: message is not modified")


def test_only_the_bot_s_own_message_that_is_there_can_be_edited(bot: Bot) -> None:
    theirs = bot.act("message", text="路灯不亮")["message_id"]
    assert said(bot.edit(theirs, "改")) == "Bad Request: message can't be edited"
    assert said(bot.edit(999, "改")) == "Bad Request: message to edit not found"
    mine = bot.send()["result"]["message_id"]
    assert said(bot.edit(mine, "好" * 4097)) == "Bad Request: message is too long"
    bot.act("delete", message_id=mine)
    assert said(bot.edit(mine, "改")) == "Bad Request: message to edit not found"


def test_a_pressed_button_makes_an_update_with_its_message_and_is_answered_in_time(bot: Bot) -> None:
    number = bot.send("解决了吗？", reply_markup=KEYBOARD)["result"]["message_id"]
    query = bot.act("press", data="no")["query"]
    (told,) = bot.updates("callback_query")
    assert (told["id"], told["data"], told["from"]["id"]) == (query, "no", RESIDENT)
    assert (told["message"]["message_id"], told["message"]["reply_markup"]) == (number, KEYBOARD)
    assert bot.call("answerCallbackQuery", callback_query_id=query, text="已记录")["result"] is True
    assert [each["text"] for each in bot.received() if each["kind"] == "callback answer"] == ["已记录"]
    assert said(bot.call("answerCallbackQuery", callback_query_id=query, text="好" * 201)).endswith("MESSAGE_TOO_LONG")
    bot.later(31)
    assert said(bot.call("answerCallbackQuery", callback_query_id=query)).startswith("Bad Request: query is too old")


def test_a_button_can_be_pressed_by_its_place_and_only_one_that_is_there(bot: Bot) -> None:
    older = bot.send("一", reply_markup=KEYBOARD)["result"]["message_id"]
    bot.send("二", reply_markup=keyboard(text="x", callback_data="two"))
    bot.act("press", button=0)
    bot.act("press", button=1, message_id=older)
    assert [each["data"] for each in bot.updates("callback_query")] == ["two", "no"]
    given = {"token": TOKEN, "who": RESIDENT, "act": "press"}
    for wrong in ({"data": "other"}, {"button": 5}, {"button": 0, "message_id": 999}):
        assert httpx.post(f"{bot.server.url}/standin/act", json=given | wrong).status_code == 422


def test_a_press_and_an_edit_reach_a_webhook_in_their_order(bot: Bot) -> None:
    with DeskEnd(b"") as end:
        bot.call("setWebhook", url=end.url, secret_token="s-1")
        number = bot.act("message", text="路灯不亮")["message_id"]
        bot.act("edit", message_id=number, text="路灯不亮，东门")
        bot.send(reply_markup=KEYBOARD)
        bot.act("press", button=0)
        until(lambda: len(end.came) == 3)
        came = [json.loads(each.body) for each in end.came]
        assert [next(key for key in each if key != "update_id") for each in came] == [
            "message",
            "edited_message",
            "callback_query",
        ]
        edited = came[1]["edited_message"]
        assert (edited["message_id"], edited["text"], "edit_date" in edited) == (number, "路灯不亮，东门", True)
        assert {each.headers["x-telegram-bot-api-secret-token"] for each in end.came} == {"s-1"}


def test_commands_and_mentions_are_marked_in_utf16_units(bot: Bot) -> None:
    bot.act("start", text="case-1")
    bot.act("message", chat=SUPERGROUP, text="😀 @yingsheng_desk_bot 门口堵车")
    started, mentioned = bot.updates("message")
    assert (started["text"], started["entities"]) == (
        "/start case-1",
        [{"type": "bot_command", "offset": 0, "length": 6}],
    )
    assert mentioned["entities"] == [{"type": "mention", "offset": 3, "length": 19}]
    assert mentioned["chat"]["type"] == "supergroup"


def test_who_blocks_the_bot_gets_nothing_until_he_lets_it_in_again(bot: Bot) -> None:
    bot.act("block")
    assert said(bot.send()) == "Forbidden: bot was blocked by the user"
    assert said(bot.call("sendChatAction", chat_id=RESIDENT, action="typing")).startswith("Forbidden")
    bot.act("unblock")
    assert bot.send()["ok"]
    statuses = [each["new_chat_member"]["status"] for each in bot.updates("my_chat_member")]
    assert statuses == ["kicked", "member"]


def test_a_deactivated_user_gets_nothing(bot: Bot) -> None:
    bot.act("deactivate")
    assert said(bot.send()) == "Forbidden: user is deactivated"


@pytest.mark.parametrize(("chat", "kind"), [(GROUP, "group"), (SUPERGROUP, "supergroup")])
def test_a_group_that_kicks_the_bot_gets_nothing_until_it_is_back(bot: Bot, chat: int, kind: str) -> None:
    bot.act("join", chat=chat)
    assert bot.send(chat=chat)["result"]["chat"]["type"] == kind
    bot.act("kick", chat=chat)
    assert said(bot.send(chat=chat)) == f"Forbidden: bot was kicked from the {kind} chat"
    bot.act("join", chat=chat)
    assert bot.send(chat=chat)["ok"]
    assert bot.updates("message")[0]["new_chat_members"][0]["is_bot"] is True


def test_a_group_that_became_a_supergroup_is_told_by_its_new_id(bot: Bot) -> None:
    bot.act("migrate", chat=GROUP, to=SUPERGROUP)
    told = bot.send(chat=GROUP)
    assert said(told) == "Bad Request: group chat was upgraded to a supergroup chat"
    assert told["parameters"] == {"migrate_to_chat_id": SUPERGROUP}
    assert bot.send(chat=SUPERGROUP)["ok"]
    old, new = bot.updates("message")
    assert (old["migrate_to_chat_id"], new["migrate_from_chat_id"]) == (SUPERGROUP, GROUP)


def test_one_message_a_second_goes_to_a_chat_after_a_short_burst(still: Bot) -> None:
    still.meddle("limits", on=True)
    assert still.sends(3) == [200] * 3
    told = still.send()
    assert (told["error_code"], told["parameters"]) == (429, {"retry_after": 1})
    assert said(told) == "Too Many Requests: retry after 1"
    assert still.send(chat=RESIDENT + 1)["ok"]  # another chat waits for nobody
    still.later(1)
    assert still.sends(2) == [200, 429]
    still.later(10)
    assert still.sends(4) == [200, 200, 200, 429]  # a pause gives the burst back, and no more
    assert len(still.received()) == 7


def test_twenty_messages_a_minute_go_to_a_group(still: Bot) -> None:
    still.meddle("limits", on=True, chat=0)
    assert still.sends(20, SUPERGROUP) == [200] * 20
    still.later(18)
    assert still.send(chat=SUPERGROUP)["parameters"] == {"retry_after": 42}
    still.later(42)
    assert still.send(chat=SUPERGROUP)["ok"]


def test_thirty_messages_a_second_go_to_all_chats(still: Bot) -> None:
    still.meddle("limits", on=True)
    codes = [still.send(chat=RESIDENT + number).get("error_code", 200) for number in range(31)]
    assert codes == [200] * 30 + [429]
    still.later(1)
    assert still.send()["ok"]


def test_limits_are_counted_by_the_command_and_can_be_switched_off() -> None:
    with BackgroundServer(STANDINS["telegram"](), lifespan="on") as server:
        bot = Bot(server)
        assert 429 in bot.sends(10)
        bot.meddle("limits", on=False)
        assert bot.sends(10) == [200] * 10


def test_an_error_can_be_had_for_so_many_calls(bot: Bot) -> None:
    bot.meddle("faults", fault="too many requests", times=2)
    assert bot.sends(3) == [429, 429, 200]
    bot.meddle("faults", fault="bad gateway", at="editMessageText", times=1)
    assert bot.edit(1, "改")["error_code"] == 502
    assert bot.edit(1, "改")["ok"]


def test_a_cut_call_was_done_and_a_broken_one_not(bot: Bot) -> None:
    given = {"chat_id": RESIDENT, "text": "您好"}
    bot.meddle("faults", fault="cut", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{bot.server.url}/bot{TOKEN}/sendMessage", json=given)
    bot.meddle("faults", fault="hang", times=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{bot.server.url}/bot{TOKEN}/sendMessage", json=given, timeout=0.3)
    assert len(bot.received()) == 2
    bot.meddle("faults", fault="http 502", times=1)
    assert httpx.post(f"{bot.server.url}/bot{TOKEN}/sendMessage", json=given).status_code == 502
    assert len(bot.received()) == 2


def test_the_only_bot_need_not_be_named(bot: Bot) -> None:
    bot.meddle("act", who=RESIDENT, act="message", text="路灯不亮")
    assert bot.updates("message")[0]["text"] == "路灯不亮"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("act", {"who": RESIDENT, "act": "sing"}),
        ("act", {"who": "somebody", "act": "message", "text": "x"}),
        ("act", {"who": -5, "act": "message", "text": "x"}),
        ("act", {"who": RESIDENT, "act": "message"}),
        ("act", {"who": RESIDENT, "act": "message", "text": "x", "token": "900000001:guessed"}),
        ("act", {"who": RESIDENT, "act": "edit", "message_id": 999, "text": "x"}),
        ("act", {"who": RESIDENT, "act": "press", "button": 0}),
        ("act", {"who": RESIDENT, "act": "join"}),
        ("act", {"who": RESIDENT, "chat": GROUP, "act": "migrate", "to": -5}),
        ("act", {"who": RESIDENT, "act": "delete", "message_id": 999}),
        ("clock", {"seconds": "soon"}),
        ("faults", {"fault": "explode"}),
        ("faults", {"fault": "cut", "at": "getWeather"}),
        ("limits", {"chat": "many"}),
    ],
)
def test_an_order_that_does_not_fit_is_refused(bot: Bot, name: str, given: dict[str, Any]) -> None:
    answer = httpx.post(f"{bot.server.url}/standin/{name}", json=given)
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)
