"""The pack's sample messages as payloads: what a channel would deliver, when, and what a dispatcher would call it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml

from api.demo import doors
from api.demo.payloads import wechat_xml
from api.desk import Desk
from channels.message import Account


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload and its time. ``category`` is what a person would choose, empty for a message without a matter;
    ``place`` the place it speaks of.

    ``stage`` says how far the desk has got with what a message of today opens; history lives on until now.
    """

    name: str
    account: Account
    payload: bytes
    at: datetime
    category: str = ""
    place: str = ""
    stage: str = ""


def history(desk: Desk, now: datetime) -> list[Sample]:
    """Chats and letters of the pack's fictional period, in order of time and as much nearer as ``nearer`` says."""
    moved = nearer(desk, now)
    return sorted([*_chats(desk, moved), *_letters(desk, moved)], key=lambda sample: sample.at)


def nearer(desk: Desk, now: datetime) -> timedelta:
    """How many whole weeks later the fictional period is played: it ends in the week before ``now``.

    Not later than the working days are known, for then its clocks would only be provisional.
    """
    period, calendars = desk.district.manifest.fictional_period, desk.district.calendars
    if period is None:
        return timedelta()
    end = datetime.combine(date.fromisoformat(period[1]) + timedelta(days=1), time(), calendars.zone)
    known = [max(each.certain_years) for each in calendars if each.certain_years]
    latest = min([now, *(datetime(year, 12, 1, tzinfo=calendars.zone) for year in known)])
    return timedelta(weeks=max(0, (latest - end) // timedelta(weeks=1)))


def today(desk: Desk, now: datetime) -> list[Sample]:
    """Messages of the last days and minutes before ``now``, of every channel, in order of time."""
    folder = desk.district.folder / "samples"
    labels = _letter_labels(folder)
    found = list(_doors(desk, now))
    for row in _rows(folder / "today.jsonl"):
        at = now - timedelta(minutes=row["minutes_ago"])
        if name := row.get("letter"):
            payload = _dated((folder / "letters" / f"{name}.eml").read_bytes(), at)
            account, label = _account(desk, "mailbox"), labels.get(name, ("", ""))
        else:
            payload, account, label = _chat(row, at), _account(desk, "wechat"), _label(row)
        found.append(Sample(row["id"], account, payload, at, *label, stage=row["stage"]))
    return sorted(found, key=lambda sample: sample.at)


def _doors(desk: Desk, now: datetime) -> Iterator[Sample]:
    zone = desk.district.calendars.zone
    for row in _rows(desk.district.folder / "samples" / "doors.jsonl"):
        at = (now - timedelta(minutes=row["minutes_ago"])).astimezone(zone)
        account = _account(desk, row["channel"], row.get("account", "demo"))
        payload = doors.payload(row, at=at, now=now)
        yield Sample(row.get("file", row["id"]), account, payload, at, *_label(row), stage=row.get("stage", "queue"))


def _account(desk: Desk, channel: str, name: str = "demo") -> Account:
    return desk.account_or_bare(channel, name)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def _chats(desk: Desk, moved: timedelta) -> Iterator[Sample]:
    account = _account(desk, "wechat")
    for row in _rows(desk.district.folder / "samples" / "chats.jsonl"):
        at = datetime.fromisoformat(row["time"]) + moved
        yield Sample(row["id"], account, _chat(row, at), at, *_label(row))


def _chat(row: dict[str, Any], at: datetime) -> bytes:
    kind, text = row.get("kind", "text"), row.get("text", "")
    number = str(row.get("msg_id") or int.from_bytes(row["id"].encode()[-7:], "big"))
    return wechat_xml(sender=row["sender"], at=at, kind=kind, text=text, message_id=number)


def _letters(desk: Desk, moved: timedelta) -> Iterator[Sample]:
    account = _account(desk, "mailbox")
    folder = desk.district.folder / "samples"
    labels = _letter_labels(folder)
    for file in sorted((folder / "letters").glob("*.eml")):
        payload = file.read_bytes()
        written = message_from_bytes(payload, policy=policy.compat32)["Date"]
        if written:
            at = parsedate_to_datetime(str(written)) + moved
            yield Sample(file.stem, account, _dated(payload, at), at, *labels.get(file.stem, ("", "")))


def _label(row: dict[str, Any]) -> tuple[str, str]:
    return row.get("category", ""), row.get("place", "")


def _letter_labels(folder: Path) -> dict[str, tuple[str, str]]:
    file = folder / "letters.yaml"
    if not file.is_file():
        return {}
    return {letter["name"]: _label(letter) for letter in yaml.safe_load(file.read_text(encoding="utf-8"))}


def _dated(payload: bytes, at: datetime) -> bytes:
    """The letter with another date, as if it were written then."""
    head, blank, body = payload.partition(b"\r\n\r\n")
    head = re.sub(rb"(?m)^Date: [^\r\n]*", b"Date: " + format_datetime(at).encode("ascii"), head)
    return head + blank + body
