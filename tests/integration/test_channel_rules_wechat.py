"""WeChat's rules as the desk keeps them: window and count, templates outside it, menus, parts. Over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.desk import Desk
from api.jobs import sending
from api.settings import Settings
from api.standins.wechat import WeChatServer
from casework import intake
from casework.resident_tables import Identity
from channels.base import Types
from channels.message import InboundMessage, Sender
from channels.registry import CHANNELS, capabilities
from storage import deliveries, migrate
from storage.deliveries import Delivery, DeliveryAttempt

WHO = "o_rules_0001"
TEMPLATE = "template-id-of-the-platform-0001"
MAPPED = {
    "answered": {
        "id": TEMPLATE,
        "kind": "template",
        "fields": {"thing1": "{matter}", "character_string2": "{number}"},
        "url": "https://12345.example/t/{number}",
    }
}
FIELDS = {"matter": "槐安里三号楼门口的路灯已经不亮三个晚上了请尽快修好", "number": "260310-0001"}
LONG = "".join(f"第{number}条：您反映的事项已经转给承办单位核实办理。\n" for number in range(1, 100))


class Bench:
    """A desk with one account, the stand-in it sends through, and a clock that both go by."""

    def __init__(self, home: Path, server: WeChatServer, templates: dict[str, Any]) -> None:
        account = {"token": "t", "app_id": "wx000000000000rules", "app_secret": "s", "api_base": server.url}
        accounts = {"wechat": {"main": account | {"timeout_seconds": 2, "templates": templates}}}
        self.desk = Desk(Settings(home=home, accounts=accounts, _env_file=None))  # type: ignore[call-arg]
        migrate.upgrade(self.desk.database)
        self.server, self.started, self.ahead, self.numbers = server, self.desk.now(), timedelta(), 0
        self.desk.now = lambda: self.started + self.ahead

    def forward(self, **time: float) -> None:
        self.ahead += timedelta(**time)
        httpx.post(f"{self.server.url}/standin/clock", json={"seconds": timedelta(**time).total_seconds()})

    def heard(self, kind: Any = "text", event: str = "", *, act: str = "message") -> None:
        """The resident does something, the desk and the platform hear of it."""
        self.numbers += 1
        message = InboundMessage(
            "wechat", "main", f"d{self.numbers}", kind, Sender(WHO), text="" if event else "您好", event=event
        )
        with self.desk.database.write.begin() as session:
            intake.receive(session, self.desk.district, message, blob="b" * 64, now=self.desk.now())
        httpx.post(f"{self.server.url}/standin/residents", json={"openid": WHO, "act": act})

    def report(self, msgid: str, status: str) -> None:
        xml = (
            f"<xml><ToUserName>gh</ToUserName><FromUserName>{WHO}</FromUserName><CreateTime>1795500000</CreateTime>"
            f"<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>{msgid}</MsgID>"
            f"<Status>{status}</Status></xml>"
        )
        account = self.desk.account("wechat", "main")
        assert account is not None
        [message] = CHANNELS["wechat"].parse(xml.encode(), account)
        assert isinstance(message, InboundMessage)
        with self.desk.database.write.begin() as session:
            intake.receive(session, self.desk.district, message, blob="b" * 64, now=self.desk.now())

    def queue(self, text: str = "已答复您", **more: Any) -> str:
        self.numbers += 1
        given = {"template": "answered", "fields": FIELDS, "text": text, "purpose": f"p{self.numbers}"} | more
        with self.desk.database.write.begin() as session:
            return deliveries.enqueue(
                session, channel="wechat", account="main", recipient=WHO, now=self.desk.now(), **given
            )

    def say(self, text: str = "已答复您", **more: Any) -> Delivery:
        key = self.queue(text, **more)
        sending.send(self.desk, key, by="test")
        return self.row(key)

    def row(self, key: str) -> Delivery:
        with self.desk.database.read() as session:
            return deliveries.get(session, key)

    def sent(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.server.url}/standin/sent", params={"to": WHO}).json()["sent"]
        return found

    @property
    def calls(self) -> int:
        return self.server.platform.calls["send"]


@pytest.fixture
def server() -> Iterator[WeChatServer]:
    with WeChatServer() as made:
        yield made


@pytest.fixture
def bench(server: WeChatServer, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, server, {})
    yield made
    made.desk.close()


@pytest.fixture
def mapped(server: WeChatServer, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, server, MAPPED)
    yield made
    made.desk.close()


def test_wechat_says_nothing_after_48_hours_without_a_template(bench: Bench) -> None:
    bench.heard()
    bench.forward(hours=47, minutes=59)
    assert bench.say().state == "sent"
    bench.forward(minutes=2)
    calls = bench.calls
    found = bench.say()
    assert (found.state, found.why) == ("failed", "window")
    assert found.reason == "超出 48 小时，微信公众号不再允许发送"
    assert bench.calls == calls, "the platform need not be asked"


def test_wechat_hears_five_messages_for_each_word_of_the_resident(bench: Bench) -> None:
    bench.heard()
    assert [bench.say().state for _ in range(5)] == ["sent"] * 5
    found = bench.say()
    assert (found.state, found.why, found.reason) == ("failed", "count", "本轮客服消息已满 5 条")
    bench.forward(minutes=1)
    bench.heard()
    assert bench.say().state == "sent"
    assert len(bench.sent()) == 6


def test_wechat_counts_each_part_of_a_long_text(bench: Bench) -> None:
    bench.heard()
    assert bench.say(LONG).state == "sent"
    parts = len(bench.sent())
    assert 2 < parts <= 5
    assert "\n".join(each["text"] for each in bench.sent()) == LONG.strip()
    found = bench.say(LONG)
    assert (found.state, found.why) == ("failed", "count")
    assert len(bench.sent()) == parts, "no half of a text leaves"


def test_wechat_does_not_count_what_was_answered_in_the_response(bench: Bench) -> None:
    bench.heard()
    for _ in range(6):
        key = bench.queue()
        with bench.desk.database.write.begin() as session:
            by = f"{deliveries.WEBHOOK}{key}"
            deliveries.lease(session, key, by=by, now=bench.desk.now())
            deliveries.mark_sent(session, key, by=by, platform_id=f"passive:{key}", now=bench.desk.now())
    assert bench.say().state == "sent"


@pytest.mark.parametrize(
    ("event", "act"), [("click", "menu"), ("scancode_push", "menu"), ("scan", "scan"), ("subscribe", "subscribe")]
)
def test_wechat_hears_three_messages_within_a_minute_of_a_menu_a_scan_or_a_new_follower(
    bench: Bench, event: str, act: str
) -> None:
    bench.heard("event", event, act=act)
    assert [bench.say().state for _ in range(4)] == ["sent"] * 3 + ["failed"]
    bench.heard("event", event, act=act)
    bench.forward(seconds=61)
    found = bench.say()
    assert (found.why, found.reason) == ("window", "超出 1 分钟，微信公众号不再允许发送")


@pytest.mark.parametrize("event", ["view", "unsubscribe", "location"])
def test_other_events_open_no_window(bench: Bench, event: str) -> None:
    bench.heard("event", event)
    assert bench.say().why == "window"


def test_a_menu_tapped_after_a_message_closes_nothing(bench: Bench) -> None:
    bench.heard()
    bench.heard("event", "click", act="menu")
    bench.forward(minutes=5)
    assert bench.say().state == "sent"


@pytest.mark.parametrize(("errcode", "why"), [(45015, "window"), (45047, "count")])
def test_what_wechat_itself_says_of_window_and_count_is_the_same_answer(mapped: Bench, errcode: int, why: str) -> None:
    mapped.heard()
    mapped.server.inject(f"errcode {errcode}")
    unmapped = mapped.say(template="received")
    assert (unmapped.state, unmapped.why) == ("failed", why)
    assert mapped.say().state == "sent"
    assert [each["kind"] for each in mapped.sent()] == ["template"]


def test_wechat_is_told_by_a_template_outside_the_window_and_its_values_are_cut_to_the_published_lengths(
    mapped: Bench,
) -> None:
    mapped.heard()
    mapped.forward(hours=49)
    found = mapped.say(LONG)
    assert found.state == "sent", found.reason
    assert found.platform_id.startswith("template:")
    [sent] = mapped.sent()
    content = sent["content"]
    assert content["template_id"] == TEMPLATE
    assert content["url"] == "https://12345.example/t/260310-0001"
    assert content["data"] == {
        "thing1": {"value": FIELDS["matter"][:19] + "…"},
        "character_string2": {"value": "260310-0001"},
    }
    with mapped.desk.database.read() as session:
        tried = session.scalars(select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == found.id)).one()
        assert (tried.outcome, tried.why) == ("sent", "window")


def test_a_template_is_not_counted_among_the_customer_service_messages(mapped: Bench) -> None:
    mapped.heard()
    assert [mapped.say().state for _ in range(7)] == ["sent"] * 7
    assert [each["kind"] for each in mapped.sent()] == ["text"] * 5 + ["template"] * 2


def test_a_message_whose_template_the_account_does_not_name_stays_unsaid_outside_the_window(mapped: Bench) -> None:
    found = mapped.say(template="received")
    assert (found.state, found.why) == ("failed", "window")
    assert mapped.sent() == []


def test_a_subscription_notice_goes_only_to_who_allowed_it(server: WeChatServer, tmp_path: Path) -> None:
    bench = Bench(tmp_path, server, {"answered": MAPPED["answered"] | {"kind": "subscribe", "url": "pages/t"}})
    refused = bench.say()
    assert (refused.state, refused.why) == ("failed", "refused")
    httpx.post(f"{server.url}/standin/act", json={"who": WHO, "act": "allow", "template_id": TEMPLATE, "count": 1})
    assert bench.say().state == "sent"
    assert bench.say().why == "refused"
    bench.desk.close()


def test_a_template_that_does_not_arrive_marks_its_delivery_and_no_other(mapped: Bench) -> None:
    found = mapped.say()
    msgid = found.platform_id.removeprefix("template:")
    mapped.report(msgid + "9", "failed:user block")
    assert mapped.row(found.id).state == "sent"
    mapped.report(msgid, "failed:user block")
    after = mapped.row(found.id)
    assert (after.state, after.why, after.reason) == ("failed", "blocked", "居民拒收了公众号的模板消息")


def test_a_template_that_wechat_failed_on_does_not_make_the_resident_unreachable(mapped: Bench) -> None:
    mapped.heard()
    mapped.forward(hours=49)
    found = mapped.say()
    mapped.report(found.platform_id.removeprefix("template:"), "failed: system failed")
    assert mapped.row(found.id).why == "refused"
    with mapped.desk.database.read() as session:
        assert session.scalars(select(Identity.reachable).where(Identity.external == WHO)).one()


def test_a_report_that_is_quicker_than_the_answer_to_the_sending_is_not_lost(mapped: Bench) -> None:
    first = mapped.say()
    following = str(int(first.platform_id.removeprefix("template:")) + 1)
    mapped.report(following, "failed: system failed")
    found = mapped.say()
    assert (found.platform_id, found.state, found.why) == (f"template:{following}", "failed", "refused")


def test_who_left_the_account_is_written_to_no_more(bench: Bench) -> None:
    bench.heard()
    bench.server.platform.unfollow(WHO)
    found = bench.say()
    assert (found.state, found.why) == ("failed", "blocked")
    with bench.desk.database.read() as session:
        assert not session.scalars(select(Identity.reachable).where(Identity.external == WHO)).one()


def test_wechat_offers_choices_as_a_menu_with_the_last_part_only(bench: Bench) -> None:
    bench.heard()
    bench.say(LONG, choices=[["1", "解决了"], ["2", "没解决"]])
    kinds = [each["kind"] for each in bench.sent()]
    assert kinds == ["text"] * (len(kinds) - 1) + ["msgmenu"]
    menu = bench.sent()[-1]["content"]["msgmenu"]
    assert menu["list"] == [{"id": "1", "content": "解决了"}, {"id": "2", "content": "没解决"}]
    said = [each["content"]["text"]["content"] for each in bench.sent()[:-1]] + [menu["head_content"]]
    assert "\n".join(said) == LONG.strip()


def test_a_menu_that_would_be_too_long_with_its_text_is_parted_once_more(bench: Bench) -> None:
    bench.heard()
    bench.say("字" * 682, choices=[["1", "解决了"], ["2", "没解决"]])
    assert [each["kind"] for each in bench.sent()] == ["text", "msgmenu"]


def test_wechat_shows_typing_once_in_five_seconds_and_its_errors_are_passed_over(bench: Bench) -> None:
    channel, account = CHANNELS["wechat"], bench.desk.account("wechat", "main")
    assert isinstance(channel, Types)
    assert account is not None
    state = bench.desk.state(account)

    def type_() -> None:
        asyncio.run(channel.typing(WHO, account, state, now=bench.desk.now()))

    bench.heard()
    type_()
    type_()
    assert bench.server.platform.calls["typing"] == 1
    bench.forward(seconds=6)
    bench.server.inject("errcode 45081", "typing")
    type_()
    assert bench.server.platform.calls["typing"] == 2


def test_only_an_account_that_names_templates_reaches_outside(bench: Bench, mapped: Bench) -> None:
    assert not capabilities("wechat", bench.desk.account("wechat", "main")).outside
    assert capabilities("wechat", mapped.desk.account("wechat", "main")).outside
