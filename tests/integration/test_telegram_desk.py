"""A resident's way by Telegram, whole: fetched, on a ticket, answered in his chat, his picture on the desk's disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.desk import Desk
from api.jobs import fetching, sending
from api.jobs.pollers import Pollers
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.standins.telegram import TelegramServer
from casework.message_tables import AttachedFile, Message
from casework.tables import Ticket
from storage import quarantine
from storage.deliveries import Delivery

TOKEN = "900000001:desk"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(400)
CHAT = {"id": 700000001, "type": "private", "first_name": "林"}
FROM = {"id": 700000001, "is_bot": False, "first_name": "林"}


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def desk(home: Path, telegram: TelegramServer) -> Iterator[Desk]:
    account = {"token": TOKEN, "base_url": telegram.url, "polling": True, "poll_seconds": 1, "timeout_seconds": 2}
    made = Desk(Settings(home=home, accounts={"telegram": {"main": account}}, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


@pytest.fixture
def watched(desk: Desk) -> Iterator[Pollers]:
    pollers = Pollers(desk)
    pollers.start()
    yield pollers
    pollers.stop()


def write(telegram: TelegramServer, number: int, **content: Any) -> None:
    message = {"message_id": number, "from": FROM, "chat": CHAT, "date": int(time.time()), **content}
    telegram.offer(TOKEN, {"message": message})


def until(holds: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 30
    while not (found := holds()):
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.05)
    return found


def deliveries(desk: Desk) -> list[Delivery]:
    with desk.database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.channel == "telegram").order_by(Delivery.id)))


def test_a_matter_is_fetched_put_on_a_ticket_and_answered_in_the_chat(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    write(telegram, 1, text="槐安里3号楼门口的路灯不亮，已经三天了")
    [delivery] = until(lambda: deliveries(desk))
    until(lambda: telegram.platform.confirmed(TOKEN) == 2)
    assert sending.send(desk, delivery.id, by="test") == "sent"
    [answer] = telegram.sent(700000001)
    with desk.database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert ticket.number in answer
        assert session.get_one(Delivery, delivery.id).platform_id == "700000001:1"


def test_what_cannot_be_read_is_quarantined_and_the_next_update_taken(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    telegram.offer(TOKEN, {"message": {"message_id": 1.5, "chat": CHAT, "from": FROM, "date": 1, "text": "x"}})
    write(telegram, 2, photo=[{"file_id": "f1", "file_unique_id": "u", "width": 9, "height": 9}], caption="井盖坏了")
    until(lambda: telegram.platform.confirmed(TOKEN) == 3)
    with desk.database.read() as session:
        assert [row.where for row in session.scalars(select(quarantine.Quarantined))] == ["message.message_id"]
        assert session.scalars(select(Message.text)).all() == ["井盖坏了"]
    telegram.keep("f1", PNG)
    assert fetching.fetch_due(desk) == 1
    with desk.database.read() as session:
        kept = session.scalars(select(AttachedFile)).one()
        assert (kept.fetch_state, kept.media_type, desk.blobs.get(kept.blob)) == ("kept", "image/png", PNG)


PRESSED = {"callback_query": {"id": "4382", "from": FROM, "chat_instance": "1", "data": "rate:5"}}


def test_a_pressed_button_is_recorded_and_its_spinner_ended(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    telegram.offer(TOKEN, PRESSED)
    until(lambda: telegram.platform.answered(TOKEN) == ["4382"])
    with desk.database.read() as session:
        assert session.scalars(select(Message.text)).all() == ["rate:5"]


def test_a_platform_that_is_not_told_of_a_button_holds_nothing_up(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    telegram.inject("internal", "answerCallbackQuery")
    telegram.offer(TOKEN, PRESSED)
    write(telegram, 2, text="井盖坏了")
    until(lambda: telegram.platform.confirmed(TOKEN) == 3)
    with desk.database.read() as session:
        assert session.scalars(select(Message.kind).order_by(Message.id)).all() == ["text", "text"]
    assert telegram.platform.answered(TOKEN) == []


def test_by_webhook_too_a_message_comes_in_and_a_pressed_button_is_acknowledged(
    home: Path, telegram: TelegramServer
) -> None:
    settings = {"token": TOKEN, "base_url": telegram.url, "secret_token": "s-1"}
    desk = Desk(Settings(home=home, accounts={"telegram": {"main": settings}}, _env_file=None))  # type: ignore[call-arg]
    with BackgroundServer(create_app(desk), lifespan="on") as served:
        for secret, kept in (("guessed", []), ("s-1", ["text", "text"])):
            hook = {"url": f"{served.url}/channels/telegram/main", "secret_token": secret}
            httpx.post(f"{telegram.url}/bot{TOKEN}/setWebhook", data=hook).raise_for_status()
            if secret == "guessed":
                telegram.offer(TOKEN, PRESSED)
                write(telegram, 2, text="井盖坏了")
                until(lambda: "401" in str(telegram.platform.webhook_info(TOKEN).get("last_error_message")))
            else:
                until(lambda: not telegram.platform.webhook_info(TOKEN)["pending_update_count"])
            with desk.database.read() as session:
                assert session.scalars(select(Message.kind).order_by(Message.id)).all() == kept
        until(lambda: telegram.platform.answered(TOKEN) == ["4382"])


def test_what_a_watch_cannot_read_is_kept_with_the_name_of_its_channel(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    telegram.offer(TOKEN, {"message": 1})
    until(lambda: telegram.platform.confirmed(TOKEN) == 2)
    with desk.database.read() as session:
        assert session.scalars(select(quarantine.Quarantined.source)).all() == ["telegram"]


def test_who_begins_is_welcomed_and_who_sends_a_sticker_is_asked_for_words(
    desk: Desk, telegram: TelegramServer, watched: Pollers
) -> None:
    write(telegram, 1, text="/start", entities=[{"type": "bot_command", "offset": 0, "length": 6}])
    write(telegram, 2, sticker={"file_id": "s"})
    until(lambda: telegram.platform.confirmed(TOKEN) == 3)
    assert [each.template for each in deliveries(desk)] == ["welcome", "unsupported_message"]
    assert {each.recipient for each in deliveries(desk)} == {"700000001"}
