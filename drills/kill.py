"""``kill -9`` during a run of mixed messages: none is lost, and no answer is recorded twice.

A real server takes WeChat callbacks over HTTP (signed, encrypted) and letters by IMAP from a real Dovecot, and sends
through the stand-ins of WeChat's API and of a mail server. It is killed again and again; the senders do as their
platforms do: WeChat asks again, a letter stays in its mailbox.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
from sqlalchemy import func, select

from api.desk import Desk
from api.setting_up import set_up
from api.settings import Settings
from api.standins.mail import MailStandIn
from api.standins.wechat import Signer, WeChatServer
from casework.tables import Message, Ticket
from drills.dovecot import Dovecot, dovecot
from drills.payloads import letter, wechat_text
from drills.served import Served
from storage.deliveries import Delivery, DeliveryAttempt

WECHAT = {
    "token": "drill-token",
    "app_id": "wx000000000000drill",
    "app_secret": "drill-secret",
    "encoding_aes_key": "drill0drill0drill0drill0drill0drill0drill00",
    "mode": "aes",
}
SENDERS = 6
PATIENCE = 240.0


def _push(server: Served, signer: Signer, numbers: list[int], done: Counter[str]) -> None:
    """Send callbacks as WeChat does: asked again until it is answered."""
    with httpx.Client(timeout=6) as client:
        for number in numbers:
            for _ in range(400):
                try:
                    request = signer.request(wechat_text(number))
                    answer = client.post(
                        f"http://127.0.0.1:{server.port}/channels/wechat/drill",
                        params=request.query,
                        content=request.body,
                    )
                    if answer.status_code == 200:
                        done["pushed"] += 1
                        break
                except httpx.HTTPError:
                    time.sleep(0.1)


def run(given: argparse.Namespace) -> None:
    """Half the messages by WeChat, half by mail, with kills in between."""
    drill(given.messages, kills=max(3, given.messages // 200))


def drill(messages: int, *, kills: int) -> None:
    """Raises ``AssertionError`` when anything was lost or recorded twice."""
    half = messages // 2
    with tempfile.TemporaryDirectory() as folder, dovecot() as mailbox, WeChatServer() as wechat:
        if mailbox is None:
            raise AssertionError("Dovecot is not here: apt-get install dovecot-imapd")
        mail = MailStandIn()
        mail.start()
        try:
            home = Path(folder)
            set_up(Desk(Settings(home=home)), lambda _line: None)
            server = Served(home, _accounts(mailbox, mail, wechat))
            _run(server, mailbox, half, kills)
            _check(home, server, half)
        finally:
            mail.stop()


def _accounts(mailbox: Dovecot, mail: MailStandIn, wechat: WeChatServer) -> dict[str, object]:
    letters = mailbox.settings() | {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_tls": "none",
        "address": "mayor@yuquan.example",
    }
    return {"wechat": {"drill": WECHAT | {"api_base": wechat.url}}, "mailbox": {"drill": letters}}


def _run(server: Served, mailbox: Dovecot, half: int, kills: int) -> None:
    dice = random.Random(11)
    done: Counter[str] = Counter()
    server.start()
    signer = Signer(WECHAT)
    senders = [
        threading.Thread(target=_push, args=(server, signer, list(range(first, half, SENDERS)), done))
        for first in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for number in range(half):
        mailbox.deliver(letter(number))
        if kills and number % max(1, half // (kills + 1)) == half // (kills + 1) - 1:
            time.sleep(dice.uniform(0.2, 1.5))
            server.kill()
            server.start()
            kills -= 1
    for sender in senders:
        sender.join()
    assert done["pushed"] == half, f"{done['pushed']} of {half} callbacks answered"
    server.kill()
    server.start()


def _check(home: Path, server: Served, half: int) -> None:
    desk = Desk(Settings(home=home))
    ends = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < ends and not _settled(desk, half):
            time.sleep(1)
        with desk.database.read() as session:
            stored = dict(session.execute(select(Message.channel, func.count()).group_by(Message.channel)).tuples())
            tickets = session.scalar(select(func.count(Ticket.id))) or 0
            unjudged = session.scalar(select(func.count(Ticket.id)).where(Ticket.assessed_at.is_(None))) or 0
            answers = Counter(session.scalars(select(Delivery.ticket_id).where(Delivery.template == "received")))
            states = Counter(session.scalars(select(Delivery.state)))
            sent = Counter(
                session.scalars(select(DeliveryAttempt.delivery_id).where(DeliveryAttempt.outcome == "sent"))
            )
    finally:
        desk.close()
        server.kill()
    print(
        f"   {half} callbacks + {half} letters, {server.starts - 1} kills → {stored}, {tickets} tickets, {dict(states)}"
    )
    assert stored == {"wechat": half, "mailbox": half}, f"stored {stored}"
    assert tickets == 2 * half, f"{tickets} tickets"
    assert unjudged == 0, f"{unjudged} tickets never judged"
    assert len(answers) == 2 * half, f"{2 * half - len(answers)} residents without an answer on record"
    assert max(answers.values()) == 1, "an answer is on record twice"
    assert max(sent.values()) == 1, "a delivery was recorded as sent twice"


def _settled(desk: Desk, half: int) -> bool:
    with desk.database.read() as session:
        stored = session.scalar(select(func.count(Message.id))) or 0
        unjudged = session.scalar(select(func.count(Ticket.id)).where(Ticket.assessed_at.is_(None))) or 0
        waiting = session.scalar(select(func.count(Delivery.id)).where(Delivery.state.in_(("queued", "leased")))) or 0
    return stored >= 2 * half and unjudged == 0 and waiting == 0
