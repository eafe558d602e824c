"""Live pages of conversations: events without words, from where a page stopped, for who is signed in and may see."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from api import following_live
from api.following_live import Entry
from api.web import live, live_talks
from casework import intake
from casework.actors import Actor
from casework.tables import Ticket
from casework.tickets import TicketFilter
from channels.message import InboundMessage, Sender
from district.schemas import Role
from tests.integration.interface import World, signed_in, world

__all__ = ["world"]
pytestmark = [pytest.mark.parametrize("world", ["sqlite"], indirect=True), pytest.mark.timeout(60)]


@contextmanager
def listening(browser: httpx.Client, path: str, **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """The events of a page as they come, comments among them."""
    with browser.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()
        elif event:
            yield event
            event = {}


def write(world: World, ticket_id: str, text: str) -> None:
    """A further message of the ticket's resident."""
    with world.desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        message = InboundMessage(
            channel=ticket.channel,
            account=ticket.account,
            delivery_id=f"live-{time.monotonic_ns()}",
            kind="text",
            sender=Sender(ticket.sender),
            text=text,
        )
        intake.receive(session, world.desk.district, message, blob="b" * 64, now=world.desk.now())


def test_a_message_is_told_within_a_second_and_its_words_are_not_in_the_event(world: World) -> None:
    ticket = world.ticket()
    with listening(signed_in(world, "agent"), f"/tickets/{ticket}/live") as events:
        here = next(events)
        assert here["event"] == "here"
        began = time.monotonic()
        write(world, ticket, "还是没有人来")
        changed = next(events)
        assert changed["event"] == "changed"
        assert time.monotonic() - began < 1.5
        assert changed.keys() == {"id", "event", "data"}
        assert changed["data"] == changed["id"]
        assert int(changed["id"]) > int(here["id"])


def heard(events: Iterator[dict[str, str]], many: int) -> list[str]:
    """The next events of this ticket; that others arrived in the queue is told on the same line."""
    mine = (each["event"] for each in events if each["event"] != "arrived")
    return [next(mine) for _ in range(many)]


def test_a_page_that_was_away_hears_of_what_it_missed(world: World) -> None:
    ticket, browser = world.ticket(), signed_in(world, "agent")
    with listening(browser, f"/tickets/{ticket}/live") as events:
        stopped = next(events)["id"]
    write(world, ticket, "我又写了一句")
    with listening(browser, f"/tickets/{ticket}/live", **{"last-event-id": stopped}) as events:
        assert heard(events, 2) == ["here", "changed"]
    with listening(browser, f"/tickets/{ticket}/live?after={stopped}") as events:
        assert heard(events, 2) == ["here", "changed"]


def test_another_residents_words_are_not_told(world: World) -> None:
    ticket, other = world.ticket(), world.ticket()
    with listening(signed_in(world, "agent"), f"/tickets/{ticket}/live") as events:
        next(events)
        write(world, other, "别人的话")
        time.sleep(1)
        write(world, ticket, "自己的话")
        position = int(next(events)["id"])
    with listening(signed_in(world, "agent"), f"/tickets/{ticket}/live?after={position}") as events:
        assert next(events)["id"] == str(position)


def test_what_came_in_while_a_list_was_away_is_told_it_and_each_once(world: World) -> None:
    browser, lists = signed_in(world, "agent"), "/tickets/arrivals/live?queue=1&channel=wechat"
    with listening(browser, lists) as events:
        stopped = next(events)["id"]
    came = {world.received() for _ in range(3)}
    with listening(browser, lists, **{"last-event-id": stopped}) as events:
        assert next(events)["event"] == "here"
        told: list[str] = []
        while len(told) < len(came):
            event = next(events)
            assert event["event"] == "arrived"
            told += event["data"].split()
    assert sorted(told) == sorted(came)


def test_a_list_is_not_told_of_what_it_would_not_show(world: World) -> None:
    browser = signed_in(world, "agent")
    with listening(browser, "/tickets/arrivals/live") as events:
        stopped = next(events)["id"]
    came = world.received()
    entries = [Entry("tickets", came, "receive")]
    agent, unit = Actor("a", "", Role.AGENT), Actor("u", "", Role.UNIT_LEAD, "U001")
    for actor, channel, told in ((agent, "", True), (agent, "walk_in", False), (unit, "", False)):
        chosen = TicketFilter(channel=channel)
        assert bool(list(live_talks.at_list(world.desk, actor, chosen, entries))) == told
    with listening(browser, f"/tickets/arrivals/live?after={stopped}") as events:
        assert [next(events)["event"], next(events)["data"]] == ["here", came]


def test_what_cannot_be_read_as_a_place_begins_now(world: World) -> None:
    with listening(signed_in(world, "agent"), "/conversations/live?after=%C2%BC", **{"last-event-id": "-3"}) as events:
        assert int(next(events)["id"]) > 0


def test_who_takes_a_conversation_over_moves_the_list(world: World) -> None:
    ticket = world.ticket()
    with listening(signed_in(world, "supervisor"), "/conversations/live") as events:
        next(events)
        assert world.as_("agent").post(f"/tickets/{ticket}/take", json={}).status_code == 200
        assert next(events)["event"] == "changed"


def test_the_line_ends_with_the_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.3)
    browser = signed_in(world, "agent")
    token = browser.cookies["yingsheng_session"]
    with listening(browser, "/conversations/live") as events:
        next(events)
        assert next(events) == {"comment": "still here"}
        ended = httpx.delete(f"{world.url}/api/v1/sessions", headers={"authorization": f"Bearer {token}"})
        assert ended.is_success, ended.text
        assert all(event == {"comment": "still here"} for event in events)  # and it comes to an end


@pytest.mark.parametrize("login", ["lead-U001", "editor"])
def test_who_may_not_see_does_not_listen(world: World, login: str) -> None:
    browser, ticket = signed_in(world, login), world.ticket()
    assert browser.get("/conversations/live").status_code == 403
    if login == "lead-U001":
        assert browser.get(f"/tickets/{ticket}/live").status_code == 404


def test_a_process_follows_so_many_pages_and_takes_the_next_when_one_is_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_live, "FOLLOWERS", 2)
    browser = signed_in(world, "agent")
    with listening(browser, "/conversations/live") as one, listening(browser, "/conversations/live") as other:
        assert (next(one)["event"], next(other)["event"]) == ("here", "here")
        refused = browser.get("/conversations/live")
        assert (refused.status_code, "正在自动刷新的页面太多" in refused.text) == (503, True)
    for _ in range(50):
        with browser.stream("GET", "/conversations/live") as answer:
            if answer.status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail("a closed page is still counted")
