"""The city's adapter: words as data, signatures in both directions, acts as calls or as a sheet, files of its own host."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from api.standins.city import CityServer
from api.standins.city.signing import signed
from channels.city import CHANNEL
from channels.city.words import ACTS, DEFAULT_FIELDS, DEFAULT_VALUES
from channels.errors import ChannelMisconfigured, ForgedMessage, MediaGone, SendByHand, SendFailed, UnreadableMessage
from channels.message import Account, InboundMessage, OutboundMessage, Refused, WebhookRequest
from district.city import FIELDS, VALUES
from district.sheets import bare_heading

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
SECRET = "a-secret-of-this-test"
ACCOUNT = Account("city", "main", {"secret": SECRET, "app_key": "district"})
ORDER = {"number": "YC1", "text": "路灯三天不亮"}


def parsed(payload: Any, **settings: Any) -> list[Any]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    return CHANNEL.parse(body, Account("city", "main", settings))


def test_every_field_and_value_of_the_pack_has_words() -> None:
    assert set(DEFAULT_FIELDS) == FIELDS
    assert set(DEFAULT_VALUES) == VALUES
    assert set(DEFAULT_VALUES) >= ACTS


def test_no_word_means_two_things() -> None:
    for words in (DEFAULT_FIELDS, DEFAULT_VALUES):
        bare = [bare_heading(word) for several in words.values() for word in several]
        assert sorted(set(bare)) == sorted(bare)


def test_a_citys_own_words_go_before_the_known_ones() -> None:
    (order,) = parsed(
        {"热线单号": "YC7", "text": "路灯", "操作": "首派"}, fields={"number": ["热线单号"]}, values={"issue": ["首派"]}
    )
    assert order.order.number == "YC7"
    with pytest.raises(UnreadableMessage, match=r"city\.yaml"):
        parsed(ORDER, fields={"nonsense": ["x"]})


def test_words_that_are_no_table_are_named_before_the_first_order() -> None:
    with pytest.raises(ChannelMisconfigured, match="fields"):
        CHANNEL.check(Account("city", "main", {"values": {"yes": "好"}}))
    CHANNEL.check(Account("city", "main"))
    with pytest.raises(ChannelMisconfigured, match="secret"):
        CHANNEL.check(Account("city", "main", {"api_base": "https://city.example", "app_key": "a", "secret": "short"}))


def request(body: bytes, headers: dict[str, str], method: str = "POST") -> WebhookRequest:
    return WebhookRequest(method, {}, {name.lower(): value for name, value in headers.items()}, body)


def test_a_push_signed_by_the_platform_is_opened() -> None:
    body = json.dumps(ORDER).encode()
    assert CHANNEL.open(request(body, signed(SECRET, "district", body, now=NOW)), ACCOUNT, now=NOW).payload == body


@pytest.mark.parametrize("change", ["body", "secret", "old", "no time", "get"])
def test_a_push_that_is_not_the_platforms_is_refused(change: str) -> None:
    body = json.dumps(ORDER).encode()
    at = NOW - timedelta(minutes=6) if change == "old" else NOW
    headers = signed("another-secret-than-ours" if change == "secret" else SECRET, "district", body, now=at)
    if change == "no time":
        headers["X-Timestamp"] = ""
    asked = request(body + b" " if change == "body" else body, headers, "GET" if change == "get" else "POST")
    with pytest.raises(ForgedMessage):
        CHANNEL.open(asked, ACCOUNT, now=NOW)


def test_the_same_said_twice_is_one_delivery_and_a_change_is_another() -> None:
    (first,), (again,), (changed,) = (
        parsed(each) for each in (ORDER, dict(reversed(ORDER.items())), ORDER | {"text": "灯亮了"})
    )
    assert first.delivery_id == again.delivery_id != changed.delivery_id


def test_a_row_that_cannot_be_taken_leaves_its_neighbours() -> None:
    sheet = "工单编号,诉求内容,办结时限\nA1,路灯,2026-03-05\n,没有编号,\nA3,井盖,尽快\nA4,公厕,2026-03-06\n"
    found = parsed(sheet.encode("gb18030"))
    assert [type(each) for each in found] == [InboundMessage, Refused, Refused, InboundMessage]
    assert [each.row for each in found if isinstance(each, Refused)] == [3, 4]


ACT = OutboundMessage("id-1", "city", "main", "YC1", "路灯已修好。", act="answer", details={"outcome": "answered"})


class NoState:
    def get(self, key: str) -> str | None:
        raise AssertionError(key)

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        raise AssertionError(key)


async def test_an_act_is_reported_once_however_often_it_is_sent() -> None:
    with CityServer() as city:
        city.platform.issue({"number": "YC1"})
        account = Account("city", "main", city.settings)
        now = datetime.now(UTC)  # the stand-in reads the clock, as a platform does
        ids = [await CHANNEL.send(ACT, account, NoState(), now=now) for _ in range(2)]
        assert len(set(ids)) == len(city.platform.reports("YC1")) == 1
        assert city.platform.reports("YC1")[0]["given"]["outcome"] == "answered"
        with pytest.raises(ChannelMisconfigured, match="签名"):
            await CHANNEL.send(
                ACT, replace(account, settings={**city.settings, "secret": "x" * 20}), NoState(), now=now
            )


async def test_without_an_interface_an_act_is_left_to_a_person() -> None:
    with pytest.raises(SendByHand):
        await CHANNEL.send(ACT, ACCOUNT, NoState(), now=NOW)
    with pytest.raises(SendFailed):
        await CHANNEL.send(replace(ACT, act=""), ACCOUNT, NoState(), now=NOW)


def test_the_sheet_to_upload_has_a_line_for_each_act_and_no_formula() -> None:
    acts = [replace(ACT, text="=HYPERLINK(1)"), replace(ACT, act="return", details={"reason": "不属本区"})]
    (head, first, second) = load_workbook(io.BytesIO(CHANNEL.upload(acts, ACCOUNT))).active.iter_rows()
    assert [cell.value for cell in head][:3] == ["工单编号", "办理动作", "办理内容"]
    assert [cell.value for cell in first][:4] == ["YC1", "答复", "=HYPERLINK(1)", "已办理"]
    assert first[2].data_type == "s"
    assert [cell.value for cell in second][1:5:3] == ["退单", "不属本区"]


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest", "http://127.0.0.1:1/files/x", "file:///etc/passwd"]
)
async def test_a_file_elsewhere_than_at_the_platform_is_never_asked_for(address: str) -> None:
    with CityServer() as city:
        account = Account("city", "main", city.settings)
        with pytest.raises(MediaGone, match="不属于市平台"):
            await CHANNEL.fetch(address, account, NoState(), now=NOW)
