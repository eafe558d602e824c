"""What the contract's samples do not show: floods, other encodings, and what tells one event from another."""

from __future__ import annotations

import random

import pytest

from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage
from channels.wechat import CHANNEL

ACCOUNT = Account("wechat", "unit", {})


def body(
    content: str,
    kind: str = "text",
    *,
    sender: str = "o_unit",
    created: str = "1764000000",
    last: str = "<MsgId>1</MsgId>",
) -> bytes:
    return (
        f"<xml><ToUserName>gh_unit</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>{created}</CreateTime>"
        f"<MsgType>{kind}</MsgType>{content}{last}</xml>"
    ).encode("utf-8", "surrogatepass")


def said(words: str) -> str:
    return f"<Content><![CDATA[{words}]]></Content>"


def message(payload: bytes) -> InboundMessage:
    (found,) = CHANNEL.parse(payload, ACCOUNT)
    assert isinstance(found, InboundMessage), found
    return found


def identifier(payload: bytes) -> str:
    return CHANNEL.parse(payload, ACCOUNT)[0].delivery_id


def test_a_hundred_thousand_characters_are_taken_whole() -> None:
    assert message(body(said("路" * 100_000))).text == "路" * 100_000


@pytest.mark.parametrize(
    "payload",
    [
        b"<xml>" + b"<a>" * 300_000,
        b"<xml>" + b"<a>" * 120_000 + b"</a>" * 120_000 + b"</xml>",
        b"<xml>" + b"<a/>" * 250_000 + b"</xml>",
        b"<xml>" + b"x" * 1_048_577 + b"</xml>",
        b'<!DOCTYPE xml [<!ENTITY a "' + b"b" * 500_000 + b'">]><xml>&a;</xml>',
        b'<?xml version="1.0" encoding="no-such-encoding"?>',
        body(said("路灯不亮")).replace(b"</xml>", b"<a></a>" * 5_000 + b"</xml>"),
        b"<html><body>Bad Gateway</body></html>",
        b'{"MsgType": "text"}',
    ],
    ids=["open", "deep", "wide", "long", "entity", "declaration only", "many tags", "html", "json"],
)
def test_what_is_no_callback_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableMessage) as raised:
        CHANNEL.parse(payload, ACCOUNT)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_is_read_whatever_its_encoding(encoding: str) -> None:
    words = "领导您好，文化街菜市场污水横流，已经一个多星期了，请尽快处理"
    assert message(body(said(words)).decode().encode(encoding)).text == words


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "utf-8", "iso-8859-1", "x-unknown"])
def test_a_wrongly_declared_encoding_costs_no_text(declared: str) -> None:
    words = "领导您好，文化街菜市场污水横流，已经一个多星期了，请尽快处理"
    head = f'<?xml version="1.0" encoding="{declared}"?>'.encode()
    assert message(head + body(said(words))).text == words


def test_a_text_cut_in_the_middle_of_a_character_keeps_the_rest_and_says_so() -> None:
    found = message(body(said("请尽快处理路灯")).replace("灯".encode(), "灯".encode()[:2]))
    assert found.text.startswith("请尽快处理路")
    assert any("无法识别" in note for note in found.notes)


@pytest.mark.parametrize("created", ["", "0", "-1", "1764000000.5", "9" * 30, "１７６４", "yesterday"])
def test_a_time_that_cannot_be_is_left_out_and_noted(created: str) -> None:
    found = message(body(said("停水"), created=created))
    assert found.sent_at is None
    assert found.notes


def test_events_are_told_apart_by_sender_time_and_content() -> None:
    click = body("<Event>CLICK</Event><EventKey>A</EventKey>", "event", last="")
    others = [
        body("<Event>CLICK</Event><EventKey>B</EventKey>", "event", last=""),
        body("<Event>VIEW</Event><EventKey>A</EventKey>", "event", last=""),
        body("<Event>CLICK</Event><EventKey>A</EventKey>", "event", last="", created="1764000001"),
        body("<Event>CLICK</Event><EventKey>A</EventKey>", "event", last="", sender="o_other"),
    ]
    assert identifier(click) == identifier(click.replace(b"><", b">\n  <"))
    assert len({identifier(click), *map(identifier, others)}) == 5


def test_an_envelope_beside_the_plain_fields_does_not_change_the_delivery_id() -> None:
    plain = body("<Event>CLICK</Event><EventKey>A</EventKey>", "event", last="")
    once, again = (plain.replace(b"</xml>", b"<Encrypt>" + salt + b"</Encrypt></xml>") for salt in (b"AAAA", b"BBBB"))
    assert identifier(plain) == identifier(once) == identifier(again)


def test_a_msgid_with_other_content_is_another_message_and_with_the_same_the_same() -> None:
    first, again, other = (body(said(words)) for words in ("路灯坏了", "路灯坏了", "井盖丢了"))
    assert identifier(first) == identifier(again)
    assert identifier(first) != identifier(other)


def test_a_report_on_our_own_sending_is_not_taken_for_the_sending_s_id() -> None:
    reports = [
        body(f"<Event>TEMPLATESENDJOBFINISH</Event><MsgID>77</MsgID><Status>{status}</Status>", "event", last="")
        for status in ("success", "failed:user block")
    ]
    assert isinstance(CHANNEL.parse(reports[0], ACCOUNT)[0], Ignored)
    assert message(reports[1]).thread == (message(reports[1]).external_id,) == ("template:77",)
    assert len(set(map(identifier, reports))) == 2
    assert "77" not in map(identifier, reports)


@pytest.mark.parametrize("given", ["0", "", "1" * 500])
def test_a_message_id_that_is_none_gives_way_to_sender_time_and_content(given: str) -> None:
    last = f"<MsgId>{given}</MsgId>"
    one, other = body(said("停水"), last=last), body(said("停电"), last=last)
    assert identifier(one).startswith("o_unit:1764000000:")
    assert identifier(one) != identifier(other)
    assert message(one).external_id == ""


def test_names_of_files_lead_nowhere() -> None:
    found = message(body("<Title>../../etc/\u202egnp.exe</Title><FileKey>k</FileKey>", "file"))
    name = found.attachments[0].name
    assert not set(name) & set("/\\\u202e")
    assert not name.startswith(".")


def test_damaged_bytes_raise_nothing_but_unreadable() -> None:
    dice = random.Random(20261124)
    whole = [
        body(said("你好😀")),
        body("<Event>subscribe</Event><EventKey>qrscene_1</EventKey>", "event", last=""),
        body("<Location_X>1</Location_X><Location_Y>2</Location_Y><Label>文化街</Label>", "location"),
        body("<MediaId>m</MediaId><Format>amr</Format><Recognition>停水</Recognition>", "voice"),
    ]
    pieces = [
        b"\0",
        b"\xff",
        b"<",
        b"&",
        b"]]>",
        b"\xed\xa0\xbd",
        b"\x1b",
        b"<![CDATA[",
        b"&#0;",
        b"&#xD800;",
        b"\xfe\xff",
    ]
    unreadable = 0
    for _ in range(3000):
        damaged = bytearray(dice.choice(whole))
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(damaged))
            damaged[at : at + dice.randrange(4)] = dice.choice(pieces)
        try:
            CHANNEL.parse(bytes(damaged), ACCOUNT)
        except UnreadableMessage:
            unreadable += 1
    assert 0 < unreadable < 3000
