"""A delivery keeps what its template was filled with, and no more."""

from __future__ import annotations

from sqlalchemy import select

from casework import writing_back
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
