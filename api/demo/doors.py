"""Samples of any channel (``samples/doors.jsonl``): payloads as a platform delivers them, their times still to come.

In every string of a payload ``{at}`` is the moment of the sample and ``{now}`` that of the play, as ISO 8601;
``{at-25}`` is 25 minutes before, ``{now+60:%Y-%m-%d %H:%M}`` writes it otherwise. A string that is nothing but
``{at:unix}`` becomes the number of seconds since 1970.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

_MOMENT = re.compile(r"\{(at|now)([+-]\d+)?(?::([^{}]+))?\}")
UNIX = "unix"


def payload(row: Mapping[str, Any], *, at: datetime, now: datetime) -> bytes:
    """The bytes of a row: a JSON document under ``payload``, or the ``lines`` of a text. Times are in ``at``'s zone."""
    moments = {"at": at, "now": now.astimezone(at.tzinfo)}
    if "lines" in row:
        return "".join(f"{_filled(line, moments)}\n" for line in row["lines"]).encode()
    return json.dumps(_filled(row["payload"], moments), ensure_ascii=False).encode()


def _filled(given: Any, moments: Mapping[str, datetime]) -> Any:
    if isinstance(given, dict):
        return {key: _filled(each, moments) for key, each in given.items()}
    if isinstance(given, list):
        return [_filled(each, moments) for each in given]
    if not isinstance(given, str):
        return given
    alone = _MOMENT.fullmatch(given)
    if alone and alone[3] == UNIX:
        return int(_moment(alone, moments).timestamp())
    return _MOMENT.sub(lambda found: _written(found, moments), given)


def _moment(found: re.Match[str], moments: Mapping[str, datetime]) -> datetime:
    return moments[found[1]] + timedelta(minutes=int(found[2] or 0))


def _written(found: re.Match[str], moments: Mapping[str, datetime]) -> str:
    moment = _moment(found, moments)
    return moment.strftime(found[3]) if found[3] else moment.isoformat(timespec="seconds")
