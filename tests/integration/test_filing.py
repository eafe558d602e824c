"""Tickets judged together are filed together; one that cannot be filed holds up no other and is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from api import pipeline
from api.desk import Desk
from api.jobs import upkeep
from api.pipeline import Reading
from api.settings import Settings
from casework import rules
from casework.filing import MAX_ASSESS_FAILURES
from casework.tables import Ticket
from channels.message import InboundMessage, Sender
from storage.database import Database
from triage.assessment import Assessment, CategoryGuess, Context, RequestTypeGuess, Urgency

BAD = "这一件不能归档"


class Judge:
    """Finds one category for everything; an emergency of a category nobody knows cannot be filed."""

    def __init__(self, category: CategoryGuess) -> None:
        self.category = category

    def assess_all(self, asked: Sequence[tuple[str, Context]]) -> list[Assessment]:
        return [self.assess(text) for text, _ in asked]

    def assess(self, text: str) -> Assessment:
        made = Assessment(
            category=(self.category,),
            request_type=RequestTypeGuess("投诉", 0.8),
            urgency=Urgency("normal"),
            unit=(),
            co_units=(),
            matters=(),
            missing=(),
            entities=(),
            similar_cases=(),
            articles=(),
            reasons=(),
            decision="review",
            why="测试",
            model="test",
            took_ms=1.0,
        )
        if BAD not in text:
            return made
        return replace(
            made, category=(CategoryGuess("999999", "", 0.1),), urgency=Urgency("emergency", ("测试",), "打119")
        )


class Nothing:
    """An index without articles."""

    def inquire(self, queries: Sequence[str]) -> list[Any]:
        return [self] * len(queries)

    def best(self, **_given: Any) -> tuple[()]:
        return ()


class Bench(Desk):
    """A desk whose triage is the judge's."""

    @property
    def engine(self) -> Any:
        leaf = self.district.taxonomy.leaves[0]
        return Judge(CategoryGuess(leaf.code, leaf.path, 0.1))

    @property
    def index(self) -> Any:
        return Nothing()


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(Settings(home=tmp_path / "home", database_url=database.url, _env_file=None))  # type: ignore[call-arg, arg-type]
    with database.write.begin() as session:
        rules.keep(session, made.district, now=made.now())
    yield made
    made.close()


def receive(desk: Desk, *texts: str) -> list[str]:
    messages = [
        InboundMessage("wechat", "main", f"d{number}", "text", Sender(f"o{number}"), text=text)
        for number, text in enumerate(texts)
    ]
    stored = pipeline.store(desk, [Reading([message], desk.blobs.put(message.text.encode())) for message in messages])
    return [receipt.ticket_id for (receipt,) in stored]


def found(desk: Desk) -> dict[str, Ticket]:
    with desk.database.read() as session:
        return {ticket.text: ticket for ticket in session.scalars(select(Ticket))}


def test_one_ticket_that_cannot_be_filed_holds_up_none_of_its_batch(desk: Bench) -> None:
    pipeline.assess(desk, receive(desk, "路灯坏了", BAD, "井盖没了"))
    tickets = found(desk)
    assert tickets["路灯坏了"].state == tickets["井盖没了"].state == "assessed"
    assert (tickets[BAD].state, tickets[BAD].assess_failures) == ("received", 1)


def test_the_sweep_gives_a_ticket_that_cannot_be_filed_to_a_person_at_last(desk: Bench) -> None:
    receive(desk, BAD, "路灯坏了")
    started = desk.now()
    desk.now = lambda: started + timedelta(minutes=5)
    for _ in range(MAX_ASSESS_FAILURES):
        assert upkeep.assess_left_over(desk)
    assert upkeep.assess_left_over(desk) == 0
    ticket = found(desk)[BAD]
    assert (ticket.state, ticket.needs_review) == ("assessed", True)


def test_a_ticket_that_cannot_be_filed_alone_is_counted_and_not_raised(desk: Bench) -> None:
    pipeline.assess(desk, receive(desk, BAD))
    assert found(desk)[BAD].assess_failures == 1


def test_an_error_of_the_database_does_not_print_residents_words(desk: Bench) -> None:
    with pytest.raises(DBAPIError) as raised, desk.database.read() as session:
        session.execute(select(Ticket).where(Ticket.text == "我家住光明路").add_columns(_no_such_column()))
    assert "光明路" not in str(raised.value)


def _no_such_column() -> Any:
    from sqlalchemy import literal_column

    return literal_column("no_such_column")
