"""The demo district's samples: every one is read by its channel, and nothing in them is real or out of place."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import yaml

import packs
from api.demo import doors
from api.demo.payloads import wechat_xml
from api.settings import DEMO_ACCOUNTS
from channels.message import Account, InboundMessage
from channels.registry import CHANNELS
from district.pack import District, load
from packs.demo.samples import generate, letters

PACK = Path(packs.__file__).parent / "demo"
SAMPLES = PACK / "samples"
CHINA = timezone(timedelta(hours=8))
STAGES = {
    "queue",
    "dispatched",
    "signed",
    "contacted",
    "in_progress",
    "asked_extension",
    "asked_return",
    "asked_answer",
    "told",
}


@pytest.fixture(scope="module")
def district() -> District:
    return load(PACK)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]


def all_texts() -> dict[str, str]:
    """Every text of the samples by where it is."""
    texts = {
        f"{name} {row['id']}": f"{row.get('title', '')} {row.get('text', '')}"
        for name in ("chats.jsonl", "today.jsonl", "appeals.jsonl")
        for row in rows(name)
    }
    texts |= {f"doors.jsonl {row['id']}": json.dumps(row, ensure_ascii=False) for row in rows("doors.jsonl")}
    texts |= {f"letters.yaml {letter['name']}": str(letter) for letter in letters.read_letters()}
    return texts | {"answers.yaml": (SAMPLES / "answers.yaml").read_text(encoding="utf-8")}


def parse_letter(file: Path) -> InboundMessage:
    account = Account("mailbox", "demo", {"address": letters.MAILBOX})
    (message,) = CHANNELS["mailbox"].parse(file.read_bytes(), account)
    assert isinstance(message, InboundMessage)
    return message


def test_every_chat_is_read_as_it_was_written() -> None:
    for row in [*rows("chats.jsonl"), *(row for row in rows("today.jsonl") if "letter" not in row)]:
        at = datetime.fromisoformat(row.get("time", "2026-05-31T12:00:00+08:00"))
        payload = wechat_xml(sender=row["sender"], at=at, kind=row["kind"], text=row["text"], message_id="7")
        (message,) = CHANNELS["wechat"].parse(payload, Account("wechat", "demo"))
        assert isinstance(message, InboundMessage), row["id"]
        said = message.event if row["kind"] == "event" else message.text
        assert (message.kind, said, message.sender.id, message.sent_at) == (row["kind"], row["text"], row["sender"], at)


def test_every_letter_is_read_whole() -> None:
    for letter in letters.read_letters():
        message = parse_letter(SAMPLES / "letters" / f"{letter['name']}.eml")
        squeezed = "".join(message.text.split())
        assert "".join(letter["text"].split())[:400] in squeezed, letter["name"]
        assert message.title == letter["subject"]
        assert message.sent_at == datetime.fromisoformat(letter["date"]).replace(tzinfo=CHINA)
        if "attachment" in letter:
            name = letter.get("attachment_name", letter["attachment"])
            content = (SAMPLES / "letters" / "attached" / letter["attachment"]).read_bytes()
            assert [(file.name, file.content) for file in message.attachments] == [(name, content)]


def test_letters_come_in_the_shapes_and_charsets_of_real_mail() -> None:
    files = sorted((SAMPLES / "letters").glob("*.eml"))
    assert len(files) >= 30
    mails = [message_from_bytes(file.read_bytes()) for file in files]
    charsets = {
        str(part.get_content_charset())
        for mail in mails
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    }
    assert charsets >= {"gb2312", "gbk", "gb18030", "utf-8"}
    assert {mail.get_content_type() for mail in mails} >= {
        "text/plain",
        "text/html",
        "multipart/mixed",
        "multipart/alternative",
    }
    assert Counter(parse_letter(file).automatic for file in files if parse_letter(file).automatic) == {
        "auto_reply": 1,
        "bounce": 1,
        "list": 1,
    }
    for attached in (SAMPLES / "letters" / "attached").iterdir():
        assert attached.stat().st_size < 5_000


def test_a_reply_names_the_letter_it_answers() -> None:
    known = {letter["name"]: letters.message_id(letter) for letter in letters.read_letters()}
    replies = [letter for letter in letters.read_letters() if letter.get("reply_to_letter")]
    assert len(replies) >= 3
    for letter in replies:
        message = parse_letter(SAMPLES / "letters" / f"{letter['name']}.eml")
        assert message.thread == (known[letter["reply_to_letter"]],)


def test_there_are_enough_voices() -> None:
    chats = rows("chats.jsonl")
    assert len(chats) >= 140
    assert len({row["sender"] for row in chats}) >= 110
    assert {row["kind"] for row in chats} == {"text", "voice", "image", "location", "event"}


def test_the_same_matter_is_told_by_several_within_days() -> None:
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows("chats.jsonl"):
        if row.get("place") and row.get("category"):
            told[row["category"], row["place"]].add(row["sender"])
    assert sum(len(senders) > 1 for senders in told.values()) >= 8


def test_every_place_named_is_in_the_gazetteer(district: District) -> None:
    for row in [*rows("chats.jsonl"), *rows("today.jsonl"), *rows("doors.jsonl"), *letters.read_letters()]:
        assert row.get("place", "") in district.gazetteer.names | {""}, row


def test_every_category_is_a_leaf_of_the_taxonomy(district: District) -> None:
    leaves = {category.code for category in district.taxonomy.leaves}
    for row in [*rows("chats.jsonl"), *rows("today.jsonl"), *rows("doors.jsonl"), *letters.read_letters()]:
        assert row.get("category", "") in leaves | {""}, row
    assert {row["category"] for row in rows("appeals.jsonl")} == leaves


def test_request_types_and_areas_of_appeals_are_the_districts(district: District) -> None:
    types = {kind.name for kind in district.request_types}
    for row in rows("appeals.jsonl"):
        assert row["request_type"] in types
        assert not row["street"] or row["street"] in district.units
        assert not row["community"] or district.units.get(row["community"]).parent == row["street"]


def test_all_dates_lie_in_the_fictional_period() -> None:
    start, end = map(
        date.fromisoformat, yaml.safe_load((PACK / "pack.yaml").read_text(encoding="utf-8"))["fictional_period"]
    )
    moments = [datetime.fromisoformat(row["time"]) for name in ("chats.jsonl", "appeals.jsonl") for row in rows(name)]
    moments += [datetime.fromisoformat(letter["date"]) for letter in letters.read_letters()]
    assert all(start <= moment.date() <= end for moment in moments)
    assert len({moment.date() for moment in moments}) == (end - start).days + 1


def test_messages_of_today_have_an_age_and_a_stage() -> None:
    names = {letter["name"] for letter in letters.read_letters()}
    for row in rows("today.jsonl"):
        assert row["minutes_ago"] > 0
        assert row["stage"] in STAGES
        assert "letter" not in row or row["letter"] in names
    for row in rows("doors.jsonl"):
        assert row["minutes_ago"] > 0
        assert row.get("stage", "queue") in STAGES


def test_every_payload_of_a_door_is_read_by_its_channel_with_the_time_it_was_given() -> None:
    now = datetime(2026, 9, 15, 11, 0, tzinfo=CHINA)
    for row in rows("doors.jsonl"):
        at = now - timedelta(minutes=row["minutes_ago"])
        payload = doors.payload(row, at=at, now=now)
        assert b"{at" not in payload
        assert b"{now" not in payload
        channel, account = row["channel"], row.get("account", "demo")
        settings = DEMO_ACCOUNTS.get(channel, {}).get(account, {})
        parsed = CHANNELS[channel].parse(payload, Account(channel, account, settings))
        moments = [part.sent_at for part in parsed if isinstance(part, InboundMessage)]
        assert all(moment and at - timedelta(minutes=120) < moment <= at for moment in moments), row["id"]


def test_times_of_a_payload_are_written_as_its_row_says() -> None:
    at = datetime(2026, 9, 15, 10, 30, tzinfo=CHINA)
    row = {"payload": {"a": "{at}", "b": ["{now+60:%H:%M}起", 7], "c": {"d": "{at-1:unix}"}}}
    made = json.loads(doors.payload(row, at=at, now=datetime(2026, 9, 15, 3, 0, tzinfo=UTC)))
    assert made == {"a": "2026-09-15T10:30:00+08:00", "b": ["12:00起", 7], "c": {"d": int(at.timestamp()) - 60}}


@pytest.mark.parametrize("name", ["chats.jsonl", "today.jsonl", "doors.jsonl", "appeals.jsonl"])
def test_ids_are_unique(name: str) -> None:
    ids = [row["id"] for row in rows(name)]
    assert len(ids) == len(set(ids))


def test_no_text_comes_twice_among_chats() -> None:
    texts = Counter(row["text"] for row in rows("chats.jsonl") if len(row["text"]) > 8)
    assert texts.most_common(1)[0][1] == 1


def test_no_number_could_be_a_real_persons() -> None:
    for where, text in all_texts().items():
        for found in re.findall(r"(?<!\d)1[3-9]\d[- ]?[\d*]{4}[- ]?[\d*]{4}(?!\d)", text):
            assert re.sub("[- ]", "", found).startswith("1990000"), (where, found)
        for found in re.findall(r"(?<!\d)0\d{2,3}-\d{3,4}-?\d{3,4}(?!\d)", text):
            assert found.startswith("0999-5550-"), (where, found)
        assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\d)", text), where


def test_no_address_belongs_to_anybody() -> None:
    for where, text in all_texts().items():
        for host in re.findall(r"@([\w.-]+)", text):
            assert host.endswith(".example"), (where, host)


def test_letters_are_assembled_to_the_same_bytes_as_those_in_the_repository() -> None:
    known = {letter["name"]: letter for letter in letters.read_letters()}
    for name, letter in known.items():
        assert letters.assemble(letter, known) == (SAMPLES / "letters" / f"{name}.eml").read_bytes(), name
    files = {
        file.relative_to(SAMPLES / "letters").with_suffix("").as_posix()
        for file in (SAMPLES / "letters").rglob("*.eml")
    }
    assert files == set(known)


def test_appeals_are_generated_to_the_same_bytes_as_those_in_the_repository() -> None:
    made = generate.as_lines(generate.appeals(generate.load())).encode()
    assert len(made) < 2_500_000
    assert made == (SAMPLES / "appeals.jsonl").read_bytes()
