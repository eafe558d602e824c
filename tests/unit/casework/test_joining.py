"""Two records of residents become one on proof, never by name, and come apart again exactly as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from casework import joining
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed
from casework.message_tables import Message
from casework.resident_errors import JoinedSince, JoinRing, NoProof, NothingToUndo, PhonesDiffer
from casework.resident_tables import Identity, Resident, ResidentJoin
from casework.tables import Ticket
from channels.message import InboundMessage, Sender
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, DISPATCHER, NOW, SUPERVISOR, Bench, text_message


def met(bench: Bench, sender: str, channel: str = "wechat", text: str = "楼下的路灯坏了三天了", **more: Any) -> str:
    """A resident who wrote once; his id."""
    message = text_message(text, delivery=f"m-{sender}-{text}", sender=sender, channel=channel, **more)
    found = bench.receive(message).ticket_id
    return bench.look(lambda session: session.get_one(Ticket, found).resident_id)


def called(bench: Bench, phone: str) -> str:
    """A resident who called the hotline from this number; his id."""
    message = InboundMessage(
        channel="hotline",
        account="main",
        delivery_id=f"call-{phone}",
        kind="text",
        sender=Sender(phone, "刘先生", phone),
        text="小区的水管漏水了",
    )
    found = bench.receive(message).ticket_id
    return bench.look(lambda session: session.get_one(Ticket, found).resident_id)


def join(
    bench: Bench, kept: str, lost: str, actor: Actor = AGENT, proof: str = "called", reason: str = "回拨核实"
) -> str:
    with bench.database.write.begin() as session:
        return joining.join(session, bench.district, kept, lost, proof=proof, actor=actor, now=NOW, reason=reason).id


def unjoin(bench: Bench, key: str, actor: Actor = AGENT, reason: str = "认错了人") -> None:
    with bench.database.write.begin() as session:
        joining.unjoin(session, bench.district, key, actor=actor, now=NOW, reason=reason)


def owned(bench: Bench, resident: str) -> dict[str, list[str]]:
    def read(session: Any) -> dict[str, list[str]]:
        return {
            table.__name__: sorted(session.scalars(select(table.id).where(table.resident_id == resident)))
            for table in (Identity, Ticket, Message)
        }

    return bench.look(read)


def test_names_tickets_and_messages_go_to_the_one_that_is_kept_and_the_lost_row_says_where(bench: Bench) -> None:
    kept, lost = met(bench, "o-1"), met(bench, "88", "telegram")
    before = owned(bench, lost)
    join(bench, kept, lost)
    assert owned(bench, lost) == {"Identity": [], "Ticket": [], "Message": []}
    assert all(set(ids) <= set(owned(bench, kept)[name]) for name, ids in before.items())
    assert bench.look(lambda session: session.get_one(Resident, lost).merged_into) == kept
    assert bench.look(lambda session: joining.get(session, lost).id) == kept


def test_who_writes_under_a_moved_name_is_the_kept_resident_and_goes_on_with_his_ticket(bench: Bench) -> None:
    kept, lost = met(bench, "o-1"), met(bench, "88", "telegram")
    (ticket,) = owned(bench, lost)["Ticket"]
    join(bench, kept, lost)
    receipt = bench.receive(text_message("补充：三号杆", delivery="later", sender="88", channel="telegram"))
    assert receipt.ticket_id == ticket
    assert bench.look(lambda session: session.get_one(Ticket, ticket).resident_id) == kept


def test_undoing_gives_back_exactly_what_came(bench: Bench) -> None:
    kept, lost = met(bench, "o-1"), called(bench, "13800005678")
    before = owned(bench, kept), owned(bench, lost)
    phone = bench.look(lambda session: session.get_one(Resident, kept).phone)
    key = join(bench, kept, lost)
    unjoin(bench, key)
    assert (owned(bench, kept), owned(bench, lost)) == before
    again = bench.look(lambda session: session.get_one(Resident, kept))
    assert (again.phone, again.merged_into) == (phone, None)
    assert bench.look(lambda session: session.get_one(Resident, lost).merged_into) is None


def test_what_a_name_wrote_after_the_join_goes_back_with_the_name(bench: Bench) -> None:
    kept, lost = met(bench, "o-1"), met(bench, "88", "telegram")
    key = join(bench, kept, lost)
    later = met(bench, "88", "telegram", text="另外幼儿园门口每天早上都有人乱停车堵住出入口没有人管")
    assert later == kept
    unjoin(bench, key)
    assert len(owned(bench, lost)["Ticket"]) == 2
    assert len(owned(bench, kept)["Ticket"]) == 1


def test_a_join_is_undone_once(bench: Bench) -> None:
    key = join(bench, met(bench, "o-1"), met(bench, "88", "telegram"))
    unjoin(bench, key)
    with pytest.raises(NothingToUndo):
        unjoin(bench, key)


def test_a_later_join_is_undone_first(bench: Bench) -> None:
    first, second, third = met(bench, "o-1"), met(bench, "88", "telegram"), met(bench, "o-3")
    early = join(bench, first, second)
    late = join(bench, third, first)
    with pytest.raises(JoinedSince):
        unjoin(bench, early)
    unjoin(bench, late)
    unjoin(bench, early)
    assert [len(owned(bench, each)["Ticket"]) for each in (first, second, third)] == [1, 1, 1]


def test_joins_close_no_ring(bench: Bench) -> None:
    first, second = met(bench, "o-1"), met(bench, "88", "telegram")
    join(bench, first, second)
    for kept, lost in ((second, first), (first, second), (first, first)):
        with pytest.raises(JoinRing):
            join(bench, kept, lost)


@pytest.mark.parametrize("proof", ["", "name", "same_name", "code"])
def test_a_name_in_common_is_no_proof(bench: Bench, proof: str) -> None:
    with pytest.raises(NoProof):
        join(bench, met(bench, "o-1"), met(bench, "88", "telegram"), proof=proof)


@pytest.mark.parametrize("proof", ["same_phone", "same_mail"])
def test_a_telephone_or_mail_that_was_only_stated_is_no_proof(bench: Bench, proof: str) -> None:
    one = met(bench, "13800005678", "web")
    other = met(bench, "13800005678", "walk_in")
    with pytest.raises(NoProof):
        join(bench, one, other, proof=proof)


def test_the_number_that_was_called_from_proves_a_verified_one(bench: Bench) -> None:
    one, other = met(bench, "o-1"), called(bench, "13800005678")
    with bench.database.write.begin() as session:
        found = session.get_one(Resident, one)
        joining.verify_phone(session, found, "13800005678", actor=AGENT, now=NOW, reason="回拨本人接听")
    join(bench, one, other, proof="same_phone")
    assert len(owned(bench, one)["Ticket"]) == 2


def test_two_with_different_verified_telephones_are_joined_by_a_supervisor_alone(bench: Bench) -> None:
    one, other = called(bench, "13800005678"), called(bench, "13900001234")
    for actor in (AGENT, DISPATCHER):
        with pytest.raises(PhonesDiffer):
            join(bench, one, other, actor)
    join(bench, one, other, SUPERVISOR)


def test_a_join_needs_a_reason(bench: Bench) -> None:
    with pytest.raises(NeedMissing):
        join(bench, met(bench, "o-1"), met(bench, "88", "telegram"), reason=" ")


@pytest.mark.parametrize("act", [join, unjoin])
def test_only_the_desk_joins_and_undoes(bench: Bench, act: Callable[..., Any]) -> None:
    one, other = met(bench, "o-1"), met(bench, "88", "telegram")
    target = (one, other) if act is join else (join(bench, one, other),)
    for role in set(Role) - {Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR}:
        with pytest.raises(NotAllowed):
            act(bench, *target, Actor("u", "某人", role, "U001"))


def test_a_join_and_its_undoing_are_on_record_without_names(bench: Bench) -> None:
    key = join(bench, met(bench, "o-1"), met(bench, "88", "telegram"))
    unjoin(bench, key)
    acts = bench.look(
        lambda session: list(
            session.scalars(select(AuditRow).where(AuditRow.subject == "resident").order_by(AuditRow.id))
        )
    )
    assert [row.act for row in acts] == ["join_residents", "unjoin_residents"]
    assert "刘先生" not in str([row.details for row in acts])
    found = bench.look(lambda session: session.get_one(ResidentJoin, key))
    assert (found.reason, found.undone_reason) == ("回拨核实", "认错了人")
