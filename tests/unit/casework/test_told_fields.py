"""A delivery keeps what its template was filled with, and no more."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from casework import telling, writing_back
from casework.tables import Ticket
from storage.deliveries import Delivery

from .conftest import NOW, Bench


def test_a_delivery_keeps_what_its_template_was_filled_with_and_no_more(sqlite_bench: Bench) -> None:
    ticket = sqlite_bench.ticket()
    found = sqlite_bench.look(
        lambda session: session.scalars(select(Delivery).where(Delivery.ticket_id == ticket)).all()
    )
    assert found
    for delivery in found:
        assert delivery.fields.keys() == sqlite_bench.district.templates.fields(delivery.template)
        assert all(value in delivery.text + delivery.title for value in delivery.fields.values())


def test_so_does_one_that_is_about_no_ticket(sqlite_bench: Bench) -> None:
    with sqlite_bench.database.write.begin() as session:
        to = writing_back.Name("wechat", "main", "o-1")
        district = sqlite_bench.district
        key = writing_back.say(
            session,
            district,
            to,
            "withdraw_confirm",
            purpose="p",
            now=NOW,
            fields={"number": "1", "matter": "灯", "other": "不用的"},
        )
        assert session.get_one(Delivery, key).fields == {"number": "1", "matter": "灯"}


def test_the_page_of_a_code_is_told_with_it_where_residents_reach_the_desk_and_nowhere_else(
    sqlite_bench: Bench,
) -> None:
    key = sqlite_bench.ticket()

    def told(template: str, pages: str) -> tuple[str, str]:
        with sqlite_bench.database.write.begin() as session:
            ticket, district = session.get_one(Ticket, key), replace(sqlite_bench.district, pages=pages)
            made = telling.say(session, district, ticket, template, purpose=template + pages, now=NOW)
            return session.get_one(Delivery, made).text, f"{pages}/q/{ticket.code}"

    text, page = told("received", "https://desk.example")
    assert text.count(page) == 1
    assert "/q/" not in told("received", "")[0]
    assert "/q/" not in told("withdrawn", "https://desk.example")[0]
