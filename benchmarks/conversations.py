"""Residents who chat: how soon the answer is in the response, and how soon a callback is acknowledged in a rush.

The server is ``yingsheng serve`` with its jobs, and the platforms' stand-ins are processes beside it. Each request has
its moment, fixed beforehand, and its time is counted from that, so one that waits for a slow one before counts the
wait. The baseline is WeChat's check of the address at the same moments: the same server's way in and out, the
signature looked at, and nothing stored or thought.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from api.desk import Desk
from api.settings import Settings
from api.standins.wechat.signer import Signer
from benchmarks.figures import Figure, percentile
from benchmarks.load import Call, ask, send
from benchmarks.place import Place
from benchmarks.talkers import Crowd, Said
from casework.message_tables import Message
from drills.payloads import wechat_text, words
from drills.served import Running, Served, free_port

ACCOUNT = "bench"
WECHAT = {"token": "bench-token", "app_id": "wx000000000000bench", "app_secret": "bench-secret"}
WECHAT |= {"encoding_aes_key": "bench0bench0bench0bench0bench0bench0bench00", "mode": "aes"}
TELEGRAM = {"token": "900000009:bench", "secret_token": "bench-secret"}
SECRET = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["secret_token"], "Content-Type": "application/json"}
PASSIVE_AIM, ACKNOWLEDGED_AIM = 1000.0, 50.0
PER_SECOND, SECONDS = 50, 20
CALLS = PER_SECOND * SECONDS
ECHO = "WeChat's check of the address, same server and moments"
ECHO_SECONDS = 20.0
TIMEOUT = 10.0


class StandIn(Running):
    """A platform's stand-in as a process."""

    def __init__(self, home: Path, platform: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(home, {}, ["standin", platform, "--port", str(self.port)])

    def _is_up(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/")
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
        return True


@contextmanager
def _served(home: Path) -> Iterator[Served]:
    """The desk with a WeChat account and a bot, and the platforms that they belong to."""
    with ExitStack() as ends:
        wechat = ends.enter_context(StandIn(home, "wechat"))
        telegram = ends.enter_context(StandIn(home, "telegram"))
        accounts = {
            "wechat": {ACCOUNT: WECHAT | {"api_base": wechat.url}},
            "telegram": {ACCOUNT: TELEGRAM | {"base_url": telegram.url}},
        }
        yield ends.enter_context(Served(home, accounts))


@dataclass(slots=True)
class Heard:
    """What came back, by turn: milliseconds since it was due, and the words in the response if there were any."""

    ms: dict[Said, float] = field(default_factory=dict)
    words: dict[Said, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def chats(place: Place) -> list[Figure]:
    """200 residents by WeChat: the time until the answer is there, where it came in the response, and how often."""
    home, crowd, signer = place.copy(), Crowd(), Signer(WECHAT)
    with _served(home) as server:
        first = [said for said in crowd.turns if said.at < ECHO_SECONDS]
        echoes = _talk(server.port, first, lambda _: _check_of_address(signer), lambda _answer: None)
        heard = _talk(server.port, crowd.turns, lambda said: _spoken(signer, said), signer.shown)
    assert not echoes.errors, f"{len(echoes.errors)} checks of the address failed: {echoes.errors[0]}"
    assert not heard.errors, f"{len(heard.errors)} turns failed: {heard.errors[0]}"
    _check(home, "wechat", len(crowd.turns))
    found = [heard.ms[said] for said in heard.words]
    bare = list(echoes.ms.values())
    figures = [
        Figure(f"chats.{name}", percentile(found, share), "ms", ECHO, percentile(bare, share), "lower", aim)
        for name, share, aim in (("p50", 0.5, None), ("p95", 0.95, None), ("p99", 0.99, PASSIVE_AIM))
    ]
    answered = Figure("chats.answered_passively", len(found), "", "turns", len(crowd.turns), "higher")
    return [*figures, answered, Figure("chats.turns", crowd.per_second, "/s", "residents", crowd.many, "higher")]


def acknowledgements(place: Place) -> list[Figure]:
    """50 messages to a bot a second, each another resident's matter, while those before are thought about."""
    home, signer = place.copy(), Signer(WECHAT)
    with _served(home) as server:
        bare = send(server.port, [_check_of_address(signer) for _ in range(CALLS)], per_second=PER_SECOND)
        asked = send(server.port, [_update(number) for number in range(CALLS)], per_second=PER_SECOND)
    assert not bare.errors, f"{len(bare.errors)} checks of the address failed: {bare.errors[0]}"
    assert not asked.errors, f"{len(asked.errors)} messages failed: {asked.errors[0]}"
    _check(home, "telegram", CALLS)
    return [
        Figure(
            f"acknowledgement.{name}", percentile(asked.ms, share), "ms", ECHO, percentile(bare.ms, share), "lower", aim
        )
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, ACKNOWLEDGED_AIM))
    ]


def _talk(
    port: int, turns: Sequence[Said], call: Callable[[Said], Call], shown: Callable[[bytes], str | None]
) -> Heard:
    """Everybody says everything at its moment, each over a line of his own, and reads what comes back."""
    of: dict[int, list[Said]] = defaultdict(list)
    for said in turns:
        of[said.resident].append(said)
    heard, began = Heard(), time.perf_counter() + 0.5
    threads = [threading.Thread(target=_resident, args=(port, began, his, call, shown, heard)) for his in of.values()]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return heard


def _resident(
    port: int,
    began: float,
    turns: Sequence[Said],
    call: Callable[[Said], Call],
    shown: Callable[[bytes], str | None],
    heard: Heard,
) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    for said in turns:
        due = began + said.at
        time.sleep(max(0.0, due - time.perf_counter() - 0.05))
        request = call(said)  # signed a moment before
        time.sleep(max(0.0, due - time.perf_counter()))
        try:
            status, answer = ask(line, request)
        except (OSError, http.client.HTTPException) as problem:
            heard.errors.append(type(problem).__name__)
            line.close()
            continue
        heard.ms[said] = 1000 * (time.perf_counter() - due)
        if status != http.HTTPStatus.OK:
            heard.errors.append(str(status))
        elif text := shown(answer):
            heard.words[said] = text
        line.close()  # the server lets an idle line go after five seconds: a platform begins a new one as well
    line.close()


def _check_of_address(signer: Signer) -> Call:
    return Call("GET", f"/channels/wechat/{ACCOUNT}", dict(signer.echo("bench").query))


def _spoken(signer: Signer, said: Said) -> Call:
    payload = wechat_text(said.resident, said.text, message=said.resident * 100 + said.turn)
    request = signer.request(payload)
    return Call("POST", f"/channels/wechat/{ACCOUNT}", dict(request.query), request.body)


def _update(number: int) -> Call:
    sender = 700_000 + number
    update = {
        "update_id": 1 + number,
        "message": {
            "message_id": 1,
            "from": {"id": sender, "is_bot": False, "first_name": "居民"},
            "chat": {"id": sender, "type": "private", "first_name": "居民"},
            "date": int(time.time()),
            "text": words(number),
        },
    }
    return Call("POST", f"/channels/telegram/{ACCOUNT}", body=json.dumps(update).encode(), headers=SECRET)


def _check(home: Path, channel: str, many: int) -> None:
    desk = Desk(Settings(home=home))
    try:
        with desk.database.read() as session:
            mine = select(func.count(Message.id)).where(Message.channel == channel, Message.account == ACCOUNT)
            stored = session.scalar(mine)
    finally:
        desk.close()
    assert stored == many, f"{stored} of {many} messages stored"
