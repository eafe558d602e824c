"""A call that comes piece by piece over HTTP: kept as it comes, one ticket when it is over, revised by what is late."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api import clock, running_calls
from casework.message_tables import Message
from casework.tables import Ticket
from channels.hotline import Hotline
from channels.message import Account
from channels.registry import CHANNELS
from storage.running_calls import CallPiece, RunningCall
from tests.integration.interface import World, problem, world

__all__ = ["world"]

TOKEN = "line-test-token"
CALLS = itertools.count(1)
BEGAN = {"caller": "13800138007", "started_at": "2026-03-05T10:00:00+08:00"}
ASKS = {"sequence": 1, "speaker": "坐席", "text": "您好，这里是12345热线，请讲", "start": 0.5}
SAYS = {"sequence": 2, "speaker": "市民", "text": "惠风里小区3号楼前的路灯不亮，晚上看不清路", "start": 3}
MORE = {"sequence": 3, "speaker": "市民", "text": "一共坏了五盏", "start": 9}
OVER = {"ended": True}


class Line:
    """A call platform's line to the desk, with a call on it; each caller is somebody new."""

    def __init__(self, world: World, token: str = TOKEN) -> None:
        number = next(CALLS)
        self.world, self.call_id = world, f"live-{number}"
        self.began = BEGAN | {"caller": f"1380013{number:04d}"}
        self._headers = {"authorization": f"Bearer {token}"}

    def post(self, body: bytes | dict[str, Any], path: str = "") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        address = f"{self.world.url}/channels/hotline/{path or f'calls/{self.call_id}/segments'}"
        return httpx.post(address, content=content, headers=self._headers, timeout=30)

    def send(self, *bodies: dict[str, Any]) -> dict[str, Any]:
        """How the call stands after the last of these."""
        answers = [self.post(each) for each in bodies]
        assert [each.status_code for each in answers] == [200] * len(bodies), answers[-1].text
        told: dict[str, Any] = answers[-1].json()
        return told

    def ticket(self) -> Ticket:
        """The one ticket of this call."""
        with self.world.desk.database.read() as session:
            return session.scalars(select(Ticket).where(Ticket.sender == self.began["caller"])).one()

    def tickets(self) -> int:
        return self.world.count(select(func.count()).where(Ticket.sender == self.began["caller"]))


@pytest.fixture(autouse=True)
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(world.desk.settings.accounts, "hotline", {"line": {"token": TOKEN}})
    yield
    world.desk.now = clock.now


@pytest.fixture
def line(world: World) -> Line:
    return Line(world)


def test_a_call_becomes_a_ticket_when_it_is_over_and_not_before(line: Line) -> None:
    running = line.send(line.began, SAYS, ASKS)
    assert (running["state"], running["segments"], running["ticket"]) == ("running", 3, None)
    assert line.tickets() == 0
    over = line.send(OVER)
    assert over["state"] == "ended"
    assert over["ticket"]["number"] == line.ticket().number
    assert line.ticket().text == SAYS["text"]


def test_the_same_piece_again_adds_nothing_before_and_after_the_end(line: Line) -> None:
    assert line.send(line.began, SAYS, SAYS)["segments"] == 2
    first = line.send(OVER)
    assert line.send(OVER, SAYS) == first
    with line.world.desk.database.read() as session:
        assert len(session.scalars(select(Message).where(Message.external_id == line.call_id)).all()) == 1


def test_a_late_piece_revises_the_ticket(line: Line) -> None:
    number = line.send(line.began, SAYS, OVER)["ticket"]["number"]
    assert line.send(MORE)["ticket"]["number"] == number
    assert line.ticket().text == f"{SAYS['text']}\n{MORE['text']}"


def test_late_pieces_stand_once_and_in_order_whatever_the_clocks_of_the_workers_say(line: Line) -> None:
    line.send(line.began, SAYS, OVER)
    said = ["一共坏了五盏", "已经一个星期了", "请尽快来修"]
    for number, (text, minutes) in enumerate(zip(said, (5, 4, 6), strict=True), start=3):
        _later(line.world, minutes=minutes)
        line.send({"sequence": number, "speaker": "市民", "text": text, "start": number})
    assert line.ticket().text.split("\n") == [SAYS["text"], *said]


def test_a_number_that_comes_late_makes_no_second_ticket_of_a_call_that_had_none(line: Line) -> None:
    number = line.send(SAYS, OVER)["ticket"]["number"]
    assert line.send(MORE | line.began)["ticket"]["number"] == number
    assert line.tickets() == 0, "the caller is who he was when the call was over"


def test_a_corrected_piece_takes_the_place_of_the_first(line: Line) -> None:
    line.send(line.began, SAYS | {"text": "惠风里小区的陆登不亮"}, SAYS, OVER)
    assert line.ticket().text == SAYS["text"]


def test_pieces_sent_at_once_are_all_kept_and_open_one_ticket(line: Line) -> None:
    said = [
        {"sequence": number, "speaker": "市民", "text": f"第{number}号楼的路灯不亮", "start": number}
        for number in range(2, 14)
    ]
    line.send(line.began)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(line.post, [*said, OVER, *said]))
    assert {each.status_code for each in answers} == {200}
    line.send(OVER)
    assert line.ticket().text.split("\n") == [each["text"] for each in said]
    assert line.tickets() == 1


def test_a_silent_call_opens_no_ticket_and_says_why(line: Line) -> None:
    over = line.send(line.began, ASKS, OVER)
    assert over["ticket"] is None
    assert "无声" in over["ignored"]
    assert line.tickets() == 0
    assert line.send(SAYS)["ticket"]["number"] == line.ticket().number, "the words that were late are not lost"


@pytest.mark.parametrize("revision", ["", "1"])
def test_a_whole_transcript_is_the_last_word_on_its_call(line: Line, revision: str) -> None:
    line.send(line.began, SAYS, OVER)
    whole = {"call_id": line.call_id, "revision": revision, "turns": [ASKS, SAYS | {"text": "惠风里小区的路灯全不亮"}]}
    assert line.post(line.began | whole, "transcripts").json()["accepted"] == 1
    assert line.send(MORE)["segments"] == 4
    assert line.ticket().text == "惠风里小区的路灯全不亮"
    assert line.tickets() == 1


def test_a_whole_transcript_of_a_call_that_nobody_ended_leaves_the_sweep_nothing_to_say(line: Line) -> None:
    line.send(line.began, SAYS)
    line.post(line.began | {"call_id": line.call_id, "turns": [ASKS, SAYS, MORE]}, "transcripts")
    _later(line.world, minutes=30)
    assert running_calls.end_quiet(line.world.desk) >= 1
    assert line.ticket().text == f"{SAYS['text']}\n{MORE['text']}"


def _later(world: World, **by: float) -> None:
    at = clock.now() + timedelta(**by)
    world.desk.now = lambda: at


def test_a_call_that_never_ends_becomes_a_ticket_after_ten_minutes_without_a_word(line: Line) -> None:
    line.send(line.began, SAYS)
    _later(line.world, minutes=9)
    running_calls.end_quiet(line.world.desk)
    assert line.tickets() == 0
    _later(line.world, minutes=11)
    assert running_calls.end_quiet(line.world.desk) >= 1
    assert line.ticket().assessed_at is not None
    assert running_calls.end_quiet(line.world.desk) == 0
    line.send(MORE)
    assert line.ticket().text == f"{SAYS['text']}\n{MORE['text']}"
    assert line.tickets() == 1


def test_a_word_that_comes_while_the_sweep_looks_keeps_the_call_running(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Hotline):
        def silence(self, account: Account) -> timedelta:
            line.send(MORE)
            return super().silence(account)

    line.send(line.began, SAYS)
    _later(line.world, minutes=30)
    monkeypatch.setitem(CHANNELS, "hotline", Interrupted())
    running_calls.end_quiet(line.world.desk)
    assert line.tickets() == 0
    assert line.send(OVER)["segments"] == 4


def test_pieces_are_kept_a_week_and_a_later_one_is_refused(line: Line) -> None:
    line.send(line.began, SAYS, OVER)
    _later(line.world, days=6)
    running_calls.forget(line.world.desk)
    assert _kept(line) == 3
    _later(line.world, days=8)
    assert running_calls.forget(line.world.desk) >= 3
    assert _kept(line) == 0
    told = problem(line.post(MORE), 409, "call-over")
    assert "完整的转写" in told["detail"]
    assert line.ticket().text == SAYS["text"]


def _kept(line: Line) -> int:
    return line.world.count(select(func.count()).where(CallPiece.call_id == line.call_id))


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01", b"[]", b'{"sequence": 1}', b'{"text": "\xe8\xb7\xaf"}', b'{"ended": "yes"}', b"{}"]
)
def test_a_piece_that_cannot_be_read_is_refused_in_words_and_nothing_is_kept(line: Line, body: bytes) -> None:
    problem(line.post(body), 400, "unreadable-message")
    assert line.world.count(select(func.count()).where(RunningCall.call_id == line.call_id)) == 0


def test_a_call_comes_with_the_lines_own_token(line: Line) -> None:
    problem(Line(line.world, token="guess").post(line.began), 401)
    line.call_id = "x" * 129
    problem(line.post(line.began), 422)


def test_the_number_of_a_call_is_one_accounts_own(line: Line) -> None:
    for name in ("line", "other"):
        running_calls.take(line.world.desk, Account("hotline", name), line.call_id, json.dumps(SAYS).encode())
    assert line.world.count(select(func.count()).where(RunningCall.call_id == line.call_id)) == 2
