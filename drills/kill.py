"""``kill -9`` during a run of mixed messages: none is lost, and no answer is recorded twice.

A real server takes WeChat callbacks over HTTP (signed, encrypted) and letters by IMAP from a real Dovecot, and sends
through the stand-ins of WeChat's API and of a mail server. On SQLite it is one process, on PostgreSQL a server
without jobs and a worker. They are killed again and again while they receive, think and send; the residents'
platforms do as they always do: WeChat asks again, a letter stays in its mailbox.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from api.desk import Desk
from api.jobs import sending, upkeep
from api.setting_up import set_up
from api.settings import Settings
from api.standins.mail import MailStandIn
from api.standins.wechat import WeChatServer
from casework.message_tables import Message
from casework.tables import Ticket
from channels.registry import CHANNELS
from drills.dovecot import Dovecot, dovecot
from drills.residents import Residents
from drills.served import Running, Served, Working
from drills.servers import postgres
from storage import deliveries
from storage.deliveries import LEASE, OPEN, Delivery, DeliveryAttempt

WECHAT = {
    "token": "drill-token",
    "app_id": "wx000000000000drill",
    "app_secret": "drill-secret",
    "encoding_aes_key": "drill0drill0drill0drill0drill0drill0drill00",
    "mode": "aes",
}
PATIENCE = 300.0
"""Seconds after the last message until everything is told; a lease of a killed sender alone lasts 90."""

STANDSTILL = 60.0
"""Seconds in which something is stored or sent, unless the run has failed."""

_MESSAGES_EACH_KILL = 125


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the desk is."""

    stored: int
    unjudged: int
    waiting: int
    sent: int

    @property
    def done(self) -> int:
        """Messages stored and answers sent: two for each message at the end."""
        return self.stored + self.sent


@dataclass(frozen=True, slots=True)
class Ended:
    """How the run ended. ``arrived`` counts, by delivery, what its resident got."""

    stored: dict[str, int]
    tickets: int
    unjudged: int
    rows: list[Delivery]
    recorded: Counter[str]
    arrived: dict[str, int]


def run(given: argparse.Namespace) -> None:
    """Half the messages by WeChat, half by mail, with kills in between; first on SQLite, then on PostgreSQL."""
    kills = max(3, given.messages // _MESSAGES_EACH_KILL)
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        home = Path(folder) / "sqlite"
        _prepare(home)
        other = Path(folder) / "postgres"
        shutil.copytree(home, other, ignore=shutil.ignore_patterns("*.sqlite*", "index", "*.lock"))
        drill(home, given.messages, kills=kills)
        if url is None:
            print("   PostgreSQL: not here (apt-get install postgresql)")
            assert os.environ.get("CI") != "true", "PostgreSQL is missing in CI"
            return
        _prepare(other, url)
        drill(other, given.messages, kills=kills, database_url=url)


def _prepare(home: Path, database_url: str = "") -> None:
    desk = Desk(_settings(home, {}, database_url))
    try:
        set_up(desk, lambda _line: None)
    finally:
        desk.close()


def _settings(home: Path, accounts: dict[str, dict[str, dict[str, object]]], database_url: str) -> Settings:
    return Settings(home=home, accounts=accounts, database_url=SecretStr(database_url) if database_url else None)


def drill(home: Path, messages: int, *, kills: int, database_url: str = "", wait: bool = True) -> None:
    """Raises ``AssertionError`` when anything was lost, recorded twice, or told twice by WeChat.

    ``home`` is set up. Without ``wait`` the leases of killed senders are not waited for: the clock is set ahead.
    """
    began = time.monotonic()
    mail = MailStandIn()
    mail.start()
    try:
        with dovecot() as mailbox, WeChatServer() as wechat:
            if mailbox is None:
                raise AssertionError("Dovecot is not here: apt-get install dovecot-imapd")
            accounts = _accounts(mailbox, mail, wechat)
            desk = Desk(_settings(home, accounts, database_url))
            processes = _processes(home, accounts, database_url)
            server = processes[0]
            assert isinstance(server, Served)
            residents = Residents(messages // 2, WECHAT, f"{server.url}/channels/wechat/drill")
            try:
                _run(desk, processes, residents, mailbox, kills)
                took = time.monotonic() - began
                _settle(desk, processes, messages, wait=wait)
                ended = _count(desk, residents, wechat, mail)
            finally:
                for process in processes:
                    process.kill()
                residents.give_up()
                desk.close()
    finally:
        mail.stop()
    starts = sum(process.starts - 1 for process in processes)
    print(f"   {'PostgreSQL' if database_url else 'SQLite'}: {messages} messages and {starts} kills in {took:.0f} s")
    _report(ended)
    _check(ended, messages // 2)


def _accounts(mailbox: Dovecot, mail: MailStandIn, wechat: WeChatServer) -> dict[str, dict[str, dict[str, object]]]:
    letters = mailbox.settings() | {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_tls": "none",
        "address": "mayor@yuquan.example",
    }
    return {"wechat": {"drill": WECHAT | {"api_base": wechat.url}}, "mailbox": {"drill": letters}}


def _processes(home: Path, accounts: dict[str, dict[str, dict[str, object]]], database_url: str) -> tuple[Running, ...]:
    if not database_url:
        return (Served(home, accounts),)
    # Without a budget nearly every answer leaves as a message of its own; on SQLite most go in the response.
    where = {"YINGSHENG_DATABASE_URL": database_url, "YINGSHENG_PASSIVE_BUDGET": "0.05"}
    return Served(home, accounts, more=("--no-jobs",), **where), Working(home, accounts, **where)


def _run(desk: Desk, processes: tuple[Running, ...], residents: Residents, mailbox: Dovecot, kills: int) -> None:
    """The kills are spread over the whole of the work, receiving and sending: half of it is each."""
    dice = random.Random(11)
    for process in processes:
        process.start()
    residents.write(mailbox)
    for number in range(1, kills + 1):
        _wait_for(desk, number * 4 * residents.each // (kills + 1))
        time.sleep(dice.uniform(0.0, 0.5))
        struck = dice.choice([processes, processes[:1], processes[1:]]) or processes
        for process in struck:
            process.kill()
        for process in struck:
            process.start()
    residents.join()
    assert len(residents.pushed) == residents.each, f"{len(residents.pushed)} of {residents.each} callbacks answered"


def _wait_for(desk: Desk, work: int) -> None:
    """Until so many messages are stored and answers sent. Raises ``AssertionError`` when nothing goes on any more."""
    best, since = -1, time.monotonic()
    while (done := _progress(desk).done) < work:
        if done > best:
            best, since = done, time.monotonic()
        assert time.monotonic() - since < STANDSTILL, f"nothing goes on at {_progress(desk)}"
        time.sleep(0.05)


def _progress(desk: Desk) -> Progress:
    with desk.database.read() as session:
        return Progress(
            session.scalar(select(func.count(Message.id))) or 0,
            session.scalar(select(func.count(Ticket.id)).where(Ticket.assessed_at.is_(None))) or 0,
            session.scalar(select(func.count(Delivery.id)).where(Delivery.state.in_(OPEN))) or 0,
            session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "sent")) or 0,
        )


def _settle(desk: Desk, processes: tuple[Running, ...], messages: int, *, wait: bool) -> None:
    """Until every message is judged and every answer has left, or is left to a person."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        now = _progress(desk)
        if now.stored >= messages and (not wait or not (now.unjudged or now.waiting)):
            break
        time.sleep(0.2)
    if not wait:
        for process in processes:
            process.kill()
        settle_later(desk)


def settle_later(desk: Desk) -> None:
    """What a worker does that starts when the leases of the killed ones are over."""
    clock = desk.now
    ahead = LEASE + timedelta(seconds=1)
    desk.now = lambda: clock() + ahead
    upkeep.assess_left_over(desk)
    upkeep.free_leases(desk)
    while True:
        with desk.database.read() as session:
            due = [row.id for row in deliveries.due(session, now=desk.now())]
        if not due:
            return
        for key in due:
            sending.send(desk, key, by="drill")


def _count(desk: Desk, residents: Residents, wechat: WeChatServer, mail: MailStandIn) -> Ended:
    with desk.database.read() as session:
        stored = session.execute(select(Message.channel, func.count()).group_by(Message.channel))
        rows = list(session.scalars(select(Delivery)))
        recorded = select(DeliveryAttempt.delivery_id).where(DeliveryAttempt.outcome == "sent")
        now = _progress(desk)
        return Ended(
            stored={str(channel): number for channel, number in stored},
            tickets=session.scalar(select(func.count(Ticket.id))) or 0,
            unjudged=now.unjudged,
            rows=rows,
            recorded=Counter(session.scalars(recorded)),
            arrived=residents.arrived(rows, wechat, mail),
        )


def _again(ended: Ended, *, safe: bool) -> int:
    """Deliveries that reached their resident more than once, on channels where a copy is known as one, or others."""
    return sum(
        ended.arrived[row.id] > 1
        for row in ended.rows
        if getattr(CHANNELS[row.channel], "resend_is_safe", False) is safe
    )


def _report(ended: Ended) -> None:
    states = dict(Counter(f"{row.channel} {row.state}" for row in ended.rows))
    passive = sum(row.platform_id.startswith("passive:") for row in ended.rows)
    undecided = [ended.arrived[row.id] for row in ended.rows if row.state == "perhaps_sent"]
    print(f"   stored {ended.stored}, {ended.tickets} tickets, deliveries {states}")
    print(f"   {passive} answered in the response itself, the others by a message of its own")
    print(
        f"   perhaps sent: {len(undecided)}, of which {sum(undecided)} arrived; told twice by WeChat:"
        f" {_again(ended, safe=False)}; letters sent again under the same Message-ID: {_again(ended, safe=True)}"
    )


def _check(ended: Ended, half: int) -> None:
    assert ended.stored == {"wechat": half, "mailbox": half}, f"stored {ended.stored}"
    assert ended.tickets == 2 * half, f"{ended.tickets} tickets"
    assert ended.unjudged == 0, f"{ended.unjudged} tickets never judged"
    answers = Counter(row.ticket_id for row in ended.rows if row.template == "received")
    assert len(answers) == 2 * half, f"{2 * half - len(answers)} residents without an answer on record"
    assert max(answers.values()) == 1, "an answer is on record twice"
    assert max(ended.recorded.values()) == 1, "a delivery was recorded as sent twice"
    left = Counter(row.state for row in ended.rows if row.state not in {"sent", "perhaps_sent"})
    assert not left, f"deliveries that were not sent: {dict(left)}"
    silent = sum(row.state == "sent" and not ended.arrived[row.id] for row in ended.rows)
    assert not silent, f"{silent} answers on record as sent never arrived"
    assert not _again(ended, safe=False), f"{_again(ended, safe=False)} answers came twice by WeChat"
