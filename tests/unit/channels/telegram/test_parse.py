"""Updates read: whom a group message is for, whose phone it is, and what hostile bytes may do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Update

from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Parsed
from channels.telegram import CHANNEL
from channels.telegram.payload import MAX_BYTES

SAMPLES = Path(__file__).parents[3] / "contract" / "samples" / "telegram"
BOT = 900000001
ACCOUNT = Account("telegram", "district", {"token": f"{BOT}:x", "username": "@yuquan_desk_bot"})
FROM = {"id": 5, "is_bot": False, "first_name": "林"}
GROUP = {"id": -100, "type": "supergroup", "title": "业主群"}


def parse(update: Any, account: Account = ACCOUNT) -> Parsed:
    payload = update if isinstance(update, bytes) else json.dumps(update).encode()
    [found] = CHANNEL.parse(payload, account)
    return found


def message(**more: Any) -> dict[str, Any]:
    return {"message_id": 7, "from": FROM, "chat": {"id": 5, "type": "private"}, "date": 1795500000} | more


def update(**more: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": message(**more)}


def entity(text: str, words: str, kind: str, **more: Any) -> dict[str, Any]:
    start = len(text[: text.index(words)].encode("utf-16-le")) // 2
    return {"type": kind, "offset": start, "length": len(words.encode("utf-16-le")) // 2, **more}


def readable() -> list[Path]:
    """Samples that a real platform could send: neither unreadable ones nor kinds that we made up."""
    made_up = {"unknown_update", "unknown_content", "text_date_out_of_range"}
    paths = [path for path in sorted(SAMPLES.glob("*.json")) if not path.name.endswith(".expected.json")]
    return [path for path in paths if not path.stem.startswith("bad_") and path.stem not in made_up]


@pytest.mark.parametrize("path", readable(), ids=lambda path: path.stem)
def test_a_sample_is_an_update_by_the_library_s_reading_too(path: Path) -> None:
    """Ours is read without the library; so the two check each other."""
    raw = json.loads(path.read_bytes())
    read = Update.de_json(raw, None)
    found = parse(path.read_bytes())
    assert found.delivery_id == f"update:{read.update_id}"
    if isinstance(found, InboundMessage):
        assert read.effective_user is not None
        assert found.sender.id == str(read.effective_user.id)
        if found.external_id:
            assert read.effective_message is not None
            assert found.external_id == f"{read.effective_message.chat_id}:{read.effective_message.message_id}"


@pytest.mark.parametrize(
    ("text", "words", "kind", "more", "left"),
    [
        ("@yuquan_desk_bot 停水了", "@yuquan_desk_bot", "mention", {}, "停水了"),
        ("停水了@YUQUAN_desk_bot", "@YUQUAN_desk_bot", "mention", {}, "停水了"),
        ("😀😀@yuquan_desk_bot停水了", "@yuquan_desk_bot", "mention", {}, "😀😀 停水了"),
        ("应声 停水了", "应声", "text_mention", {"user": {"id": BOT, "is_bot": True, "first_name": "应声"}}, "停水了"),
        ("/report@yuquan_desk_bot 停水了", "/report@yuquan_desk_bot", "bot_command", {}, "停水了"),
    ],
)
def test_in_a_group_the_words_that_call_the_bot_are_cut(
    text: str, words: str, kind: str, more: dict[str, Any], left: str
) -> None:
    found = parse(update(chat=GROUP, text=text, entities=[entity(text, words, kind, **more)]))
    assert isinstance(found, InboundMessage)
    assert (found.text, found.full_text) == (left, text)


@pytest.mark.parametrize(
    "more",
    [
        {"text": "停水了"},
        {"text": "@yuquan_desk_bot2 停水", "entities": [{"type": "mention", "offset": 0, "length": 17}]},
        {"text": "@yuquan_desk_bot", "entities": [{"type": "mention", "offset": 1, "length": 400}]},
        {"text": "/start@else_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 15}]},
        {"text": "是的", "reply_to_message": {"message_id": 3, "from": {"id": 6, "is_bot": False}, "chat": GROUP}},
        {
            "text": "是的",
            "reply_to_message": {"message_id": 3, "from": {"id": 9, "is_bot": True, "username": "else_bot"}},
        },
    ],
)
def test_in_a_group_what_is_not_meant_for_the_bot_is_ignored_and_nobody_told(more: dict[str, Any]) -> None:
    found = parse(update(chat=GROUP, **more))
    assert isinstance(found, Ignored)
    assert found.sender == ""


def test_a_group_is_never_the_one_who_is_answered() -> None:
    text = "@yuquan_desk_bot 停水了"
    found = parse(update(chat=GROUP, text=text, entities=[entity(text, "@yuquan_desk_bot", "mention")]))
    assert isinstance(found, InboundMessage)
    assert found.sender.id == "5"


def test_without_a_name_of_the_bot_the_reason_says_so() -> None:
    found = parse(update(chat=GROUP, text="停水"), Account("telegram", "d", {}))
    assert isinstance(found, Ignored)
    assert "username" in found.reason


@pytest.mark.parametrize(("owner", "phone"), [(5, "138"), (6, ""), (None, "")])
def test_a_phone_number_is_the_sender_s_only_when_the_card_is_his(owner: int | None, phone: str) -> None:
    contact = {"phone_number": "138", "first_name": "甲", "user_id": owner}
    found = parse(update(contact=contact))
    assert isinstance(found, InboundMessage)
    assert found.sender.phone == phone
    assert "138" in found.text


def test_a_message_that_is_edited_twice_names_the_same_original() -> None:
    for number in (8, 9):
        found = parse({"update_id": number, "edited_message": message(text=f"第{number}次", edit_date=1795500100)})
        assert isinstance(found, InboundMessage)
        assert (found.revises, found.external_id, found.delivery_id) == ("5:7", "5:7", f"update:{number}")


def test_words_beside_a_notice_of_the_platform_are_not_lost() -> None:
    found = parse(update(text="停水了", users_shared={"user_ids": [1]}))
    assert isinstance(found, InboundMessage)


def test_a_private_chat_of_an_old_server_needs_no_type() -> None:
    assert isinstance(parse(update(chat={"id": 5}, text="停水了")), InboundMessage)
    with pytest.raises(UnreadableMessage, match=r"chat\.type"):
        parse(update(chat={"id": 6}, text="停水了"))


def nested(depth: int) -> bytes:
    return b'{"update_id":1,"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_32_levels_are_read_and_33_are_refused() -> None:
    assert isinstance(parse(nested(32)), Ignored)
    for depth in (33, 500, 100_000):
        with pytest.raises(UnreadableMessage, match="32 层"):
            parse(nested(depth))


def test_one_byte_above_the_limit_is_refused() -> None:
    empty = b'{"update_id":1,"x":""}'
    whole = empty[:-2] + b"a" * (MAX_BYTES - len(empty)) + empty[-2:]
    assert isinstance(parse(whole), Ignored)
    with pytest.raises(UnreadableMessage, match="上限"):
        parse(whole[:-2] + b'a"}')


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 500_000,
        b'{"update_id":1,"message":{"a":' * 30_000,
        b'{"a":[' + b"{}," * 300_000 + b"{}]}",
        b'\\"' * 500_000,
        json.dumps(update(text="a" * 900_000)).encode(),
        json.dumps(
            update(text="@b " * 200, entities=[{"type": "mention", "offset": 0, "length": 2}] * 20_000)
        ).encode(),
        json.dumps(update(text=" \n" * 400_000)).encode(),
        json.dumps(update(text="x", **{f"k{number}": {} for number in range(60_000)})).encode(),
    ],
    ids=["open", "objects", "wide", "quotes", "long text", "entities", "blank lines", "keys"],
)
def test_the_ugliest_update_of_a_mebibyte_takes_less_than_two_seconds(payload: bytes) -> None:
    begun, refusal = time.perf_counter(), None
    try:
        CHANNEL.parse(payload, ACCOUNT)
    except UnreadableMessage as unreadable:
        refusal = unreadable
    assert time.perf_counter() - begun < 2
    assert refusal is None or chinese(refusal.why)


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


UGLY = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 1.5, 10**30, 1e308, "", "x", "\0", "\ud800", 1795500000, 2**63, "private"])
    | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "text", "x"]), inner),
    max_leaves=6,
)
KEYS = [
    "message_id", "from", "chat", "date", "text", "caption", "entities", "photo", "document", "voice", "audio", "video",
    "video_note", "location", "venue", "contact", "forward_origin", "forward_from", "reply_to_message", "sticker",
    "sender_chat", "media_group_id", "edit_date", "new_chat_members",
]  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    kind=st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]),
    fields=st.dictionaries(st.sampled_from(KEYS), UGLY, max_size=4),
    whole=UGLY,
    replaced=st.booleans(),
)
def test_any_value_in_any_field_is_read_or_refused(
    kind: str, fields: dict[str, Any], whole: Any, replaced: bool
) -> None:
    inner = whole if replaced else message(text="停水", data="x", new_chat_member={"status": "left"}) | fields
    refusal = None
    try:
        assert [each.delivery_id for each in CHANNEL.parse(json.dumps({"update_id": 1, kind: inner}).encode(), ACCOUNT)]
    except UnreadableMessage as unreadable:
        refusal = unreadable
    assert refusal is None or (refusal.where and chinese(refusal.why))
