"""When a letter was sent, as far as its header can be believed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from channels.mailbox.headers import Headers

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_CHINA = timezone(timedelta(hours=8))
_AHEAD = timedelta(days=2)


def sent_at(headers: Headers) -> tuple[datetime | None, str]:
    """The Date field in UTC and a note; None where it is missing, unreadable or absurd.

    Absurd is: before 1995, after 2100, or more than two days after the receiving server's own mark. Parsing has no
    clock, so the topmost Received field stands for it.
    """
    raw = headers.text("date")
    if not raw:
        return None, "没有发信时间"
    moment = _read(raw)
    if moment is None:
        return None, f"发信时间无法识别：{raw[:60]}"
    received = _read(headers.text("received").rpartition(";")[2])
    if not _EARLIEST <= moment <= _LATEST or (received and received > _EARLIEST and moment > received + _AHEAD):
        return None, f"发信时间不可信：{raw[:60]}"
    return moment, ""


def _read(raw: str) -> datetime | None:
    for reading in (_rfc_date, datetime.fromisoformat):
        try:
            moment = reading(raw.strip())
            aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _rfc_date(raw: str) -> datetime:
    moment = parsedate_to_datetime(raw)
    # A bare CST from a Chinese server is China Standard Time; the library reads it as American Central.
    if re.search(r"\d\s+CST\b", raw):
        return moment.replace(tzinfo=_CHINA)
    return moment
