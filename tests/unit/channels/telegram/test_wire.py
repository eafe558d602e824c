"""The webhook's door, and the answer of getUpdates cut into updates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.errors import ForgedMessage
from channels.message import Account, WebhookRequest
from channels.telegram import CHANNEL
from channels.telegram.updates import Garbled, cut

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BODY = b'{"update_id": 1}'
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def opened(headers: dict[str, str], *, method: str = "POST", **settings: Any) -> bytes | None:
    request = WebhookRequest(method, {}, headers, BODY)
    return CHANNEL.open(request, Account("telegram", "d", settings), now=NOW).payload


def test_a_call_that_shows_our_secret_is_opened_whatever_the_case_of_the_header() -> None:
    assert opened({HEADER: "s-1"}, secret_token="s-1") == BODY
    assert opened({HEADER.lower(): "s-1"}, secret_token="s-1") == BODY


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: "s-2"}, {HEADER: "s-1 "}, {HEADER: "é\ud800"}])
def test_a_call_that_does_not_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ForgedMessage):
        opened(headers, secret_token="s-1")


@pytest.mark.parametrize("secret", [None, "", "  ", "not allowed"])
def test_without_a_secret_everything_is_refused(secret: str | None) -> None:
    for shown in ("", "not allowed", "None"):
        with pytest.raises(ForgedMessage, match="secret_token"):
            opened({HEADER: shown}, secret_token=secret)


def test_only_post_is_taken() -> None:
    with pytest.raises(ForgedMessage):
        opened({HEADER: "s-1"}, method="GET", secret_token="s-1")


def test_the_answer_is_always_empty() -> None:
    request = WebhookRequest("POST", {}, {}, BODY)
    for text in (None, "您好"):
        assert CHANNEL.passive_reply(request, BODY, text, Account("telegram", "d"), now=NOW) == (b"", "text/plain")


def test_each_update_keeps_the_very_bytes_it_came_in() -> None:
    updates = [
        b'{"update_id":1,"a":"\\u8def\\u706f"}',
        '{ "update_id" : 2, "text":"路灯" , "text":"twice"}'.encode(),
        b'{"update_id":3,"x":NaN,"y":' + b"9" * 5000 + b"}",
        b'{"update_id":4,"x":"\xff\xfe"}',
        b'{"no":"number"}',
        b'{"update_id":' + b"9" * 40 + b"}",
        b'{"update_id":true}',
        b"[]",
    ]
    answer = b' {"ok":true, "other":{"result":[1]}, "result" : [\n' + b" ,\n".join(updates) + b" ] } "
    assert cut(answer) == list(zip([1, 2, 3, 4, None, None, None, None], updates, strict=True))
    assert cut(b'{"ok":true,"result":[]}') == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"ok":true}',
        b'{"result":{}}',
        b'{"result":[1',
        b'{"result":[1 2]}',
        b'{"result":[' + b"[" * 99999,
    ],
)
def test_what_is_no_list_of_updates_is_garbled(answer: bytes) -> None:
    with pytest.raises(Garbled):
        cut(answer)


def test_a_poisonous_update_does_not_hold_up_its_neighbours() -> None:
    poison = json.dumps({"update_id": 2, "message": "no object"}).encode()
    assert [number for number, _ in cut(b'{"ok":true,"result":[{"update_id":1},' + poison + b',{"update_id":3}]}')] == [
        1,
        2,
        3,
    ]
