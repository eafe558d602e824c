"""Telegram's rules as the desk keeps them: buttons, waits, who may be written to, parts. Over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.desk import Desk
from api.jobs import sending
from api.jobs.pollers import Pollers
from api.settings import Settings
from api.standins.telegram import TelegramServer
from casework.message_tables import Message
from casework.resident_tables import Identity
from channels.base import Types
from channels.registry import CHANNELS, capabilities
from storage import deliveries, migrate
from storage.deliveries import Delivery

TOKEN = "900000001:rules"
WHO = 700000077
CHOICES = [["1", "解决了"], ["2", "没解决"]]
LONG = "".join(f"第{number}条：您反映的事项已经转给承办单位核实办理😀。\n" for number in range(1, 400))


class Bench:
    def __init__(self, home: Path, server: TelegramServer) -> None:
        account = {"token": TOKEN, "base_url": server.url, "polling": True, "poll_seconds": 1, "timeout_seconds": 2}
        settings = Settings(home=home, accounts={"telegram": {"main": account}}, _env_file=None)  # type: ignore[call-arg]
        self.desk, self.server, self.numbers = Desk(settings), server, 0
        migrate.upgrade(self.desk.database)

    def act(self, act: str, **more: Any) -> dict[str, Any]:
        given = {"token": TOKEN, "who": WHO, "act": act} | more
        answer = httpx.post(f"{self.server.url}/standin/act", json=given)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def say(self, text: str = "解决了吗？", **more: Any) -> Delivery:
        self.numbers += 1
        with self.desk.database.write.begin() as session:
            key = deliveries.enqueue(
                session,
                channel="telegram",
                account="main",
                recipient=str(WHO),
                purpose=f"p{self.numbers}",
                text=text,
                now=self.desk.now(),
                **more,
            )
        sending.send(self.desk, key, by="test")
        with self.desk.database.read() as session:
            return deliveries.get(session, key)

    def sent(self, kind: str = "message") -> list[dict[str, Any]]:
        found = httpx.get(f"{self.server.url}/standin/sent", params={"to": str(WHO)}).json()["sent"]
        return [each for each in found if each["kind"] == kind]

    def messages(self) -> list[Message]:
        with self.desk.database.read() as session:
            return list(session.scalars(select(Message).order_by(Message.received_at, Message.id)))

    def reachable(self) -> bool:
        with self.desk.database.read() as session:
            return session.scalars(select(Identity.reachable).where(Identity.external == str(WHO))).one()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with TelegramServer() as server:
        made = Bench(tmp_path, server)
        pollers = Pollers(made.desk)
        pollers.start()
        yield made
        pollers.stop()
        made.desk.close()


def until(holds: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 30
    while not (found := holds()):
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.05)
    return found


def test_telegram_offers_choices_as_buttons_under_the_last_part_only(bench: Bench) -> None:
    bench.act("start")
    assert bench.say(LONG, choices=CHOICES).state == "sent"
    *before, last = bench.sent()
    assert before
    assert not any(each.get("reply_markup") for each in before)
    rows = last["reply_markup"]["inline_keyboard"]
    assert [[(each["text"], each["callback_data"]) for each in row] for row in rows] == [
        [("解决了", "1")],
        [("没解决", "2")],
    ]


@pytest.mark.parametrize(
    "choices",
    [[[str(number), f"第{number}项"] for number in range(9)], [["键" * 22, "甲"]], [["", "甲"]], [["1", " "]]],
    ids=["nine", "key of 66 bytes", "no key", "no label"],
)
def test_what_telegram_takes_no_buttons_for_leaves_as_text_with_its_numbers(bench: Bench, choices: Any) -> None:
    bench.act("start")
    assert bench.say("1 甲", choices=choices).state == "sent"
    [sent] = bench.sent()
    assert not sent.get("reply_markup")


def test_a_pressed_button_is_the_resident_s_word_and_its_keyboard_is_taken_off(bench: Bench) -> None:
    bench.act("start")
    asked = bench.say(choices=CHOICES)
    bench.act("press", data="2")
    [pressed] = until(lambda: [each for each in bench.messages() if each.event_key == "2"])
    assert (pressed.kind, pressed.text, pressed.notes) == ("text", "2", ["居民按下了选项按钮"])
    until(lambda: bench.server.platform.answered(TOKEN))
    [edit] = until(lambda: bench.sent("edit"))
    assert f"{WHO}:{edit['message_id']}" == asked.platform_id
    assert not edit.get("reply_markup")


def test_a_second_press_is_one_delivery_more_and_harms_nothing(bench: Bench) -> None:
    bench.act("start")
    bench.say(choices=CHOICES)
    bench.server.inject("internal", "editMessageReplyMarkup")
    bench.act("press", data="1")
    until(lambda: len(bench.server.platform.answered(TOKEN)) == 1)
    bench.act("press", data="1")
    until(lambda: len(bench.server.platform.answered(TOKEN)) == 2)
    pressed = [each for each in bench.messages() if each.event_key == "1"]
    assert [each.text for each in pressed] == ["1", "1"]
    assert len({each.delivery_id for each in pressed}) == 2


def test_telegram_waits_as_long_as_429_says(bench: Bench) -> None:
    bench.act("start")
    bench.server.inject("too many requests")
    before = bench.desk.now()
    found = bench.say()
    assert found.state == "queued"
    asked = httpx.post(f"{bench.server.url}/bot{TOKEN}/sendMessage", json={"chat_id": WHO, "text": "x"}).json()
    wait = timedelta(seconds=asked["parameters"]["retry_after"])
    assert before + wait <= found.due_at <= bench.desk.now() + wait
    assert bench.sent() == []


@pytest.mark.parametrize(
    ("how", "why"), [("blocked", "blocked"), ("deactivated", "unknown_person"), ("cannot initiate", "unknown_person")]
)
def test_who_cannot_be_written_to_on_telegram_is_written_to_no_more(bench: Bench, how: str, why: str) -> None:
    bench.act("message", text="井盖坏了")
    until(bench.messages)
    bench.server.platform.block(WHO, how)
    found = bench.say()
    assert (found.state, found.why) == ("failed", why)
    assert not bench.reachable()


def test_who_blocks_the_bot_is_unreachable_until_he_lets_it_in_again(bench: Bench) -> None:
    bench.act("message", text="井盖坏了")
    until(bench.messages)
    assert bench.reachable()
    bench.act("block")
    until(lambda: not bench.reachable())
    bench.act("unblock")
    until(bench.reachable)


def test_a_refused_message_says_nothing_of_its_resident(bench: Bench) -> None:
    bench.act("message", text="井盖坏了")
    until(bench.messages)
    bench.server.inject("bad request")
    assert bench.say().why == "refused"
    assert bench.reachable()


def test_telegram_shows_typing_once_in_five_seconds_and_a_refusal_is_passed_over(bench: Bench) -> None:
    channel, account = CHANNELS["telegram"], bench.desk.account("telegram", "main")
    assert isinstance(channel, Types)
    assert account is not None
    assert capabilities("telegram").typing
    state, now = bench.desk.state(account), bench.desk.now()
    bench.act("start")
    for seconds in (0, 4.9, 5.1):
        at = now + timedelta(seconds=seconds)
        asyncio.run(channel.typing(str(WHO), account, state, now=at))
    assert [each["kind"] for each in bench.sent("action")] == ["action", "action"]
    bench.server.inject("blocked", "sendChatAction")
    asyncio.run(channel.typing(str(WHO), account, state, now=now + timedelta(seconds=60)))
    asyncio.run(channel.typing("nobody", account, state, now=now))
    assert len(bench.sent("action")) == 2
