"""A message of several matters: a ticket for each, nothing of the words lost, the resident told once, undone in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import desk_work, splitting
from casework.actors import Actor
from casework.dialogue.errors import TooLateToTakeBack
from casework.errors import NotAllowed, NothingToSplit, WordsChanged, WrongState
from casework.splitting import Part, spans
from casework.tables import Step, Ticket
from storage.deliveries import Delivery

from .conftest import AGENT, CALLER, DISPATCHER, NOW, Bench, assessment

FIRST, SECOND, THIRD = "光明路的路灯坏了三天没人修。", "另外小区门口的井盖也松了。", "还有公交站牌倒了"
WHOLE = FIRST + SECOND + THIRD


def split(bench: Bench, key: str, *words: str, actor: Actor = AGENT) -> list[str]:
    parts = [Part(each, assessment(bench.district)) for each in words]
    with bench.database.write.begin() as session:
        made = splitting.split(session, bench.district, session.get_one(Ticket, key), parts, actor=actor, now=NOW)
        return [each.id for each in made]


def put_back(bench: Bench, key: str) -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, key)
        splitting.put_back(session, bench.district, ticket, assessment(bench.district), actor=AGENT, now=NOW)


def words(bench: Bench, *keys: str) -> list[str]:
    found: list[str] = bench.look(lambda session: [session.get_one(Ticket, key).text for key in keys])
    return found


def test_each_matter_is_a_ticket_of_the_same_resident_that_waits_for_the_desk(bench: Bench) -> None:
    key = bench.ticket(WHOLE)
    second, third = split(bench, key, FIRST, SECOND, THIRD)
    assert words(bench, key, second, third) == [FIRST, SECOND, THIRD]
    first, other = bench.look(lambda session: (session.get_one(Ticket, key), session.get_one(Ticket, second)))
    assert (other.resident_id, other.channel, other.sender) == (first.resident_id, first.channel, first.sender)
    assert (other.state, other.split_from, other.opened_at) == ("assessed", key, first.opened_at)
    assert len({first.number, other.number}) == len({first.code, other.code}) == 2
    moves = bench.look(lambda session: list(session.scalars(select(Step.move).where(Step.ticket_id == second))))
    assert moves == ["receive", "assess", "split_off"]
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, second)
        assert desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW).state == "dispatched"


def test_the_resident_is_told_all_numbers_in_one_message_that_leaves_after_the_time_to_undo(bench: Bench) -> None:
    key = bench.ticket(WHOLE)
    before = len(bench.said())
    made = split(bench, key, FIRST, SECOND, THIRD)
    [told] = bench.said("split_told")
    assert len(bench.said()) == before + 1
    assert (told.state, told.due_at) == ("queued", NOW + splitting.UNDO)
    for each in (key, *made):
        ticket = bench.look(lambda session, of=each: session.get_one(Ticket, of))
        assert ticket.number in told.text
        assert ticket.code in told.text


def test_put_back_in_time_it_is_as_if_nothing_had_been(bench: Bench) -> None:
    key = bench.ticket(WHOLE)
    made = split(bench, key, FIRST, SECOND, THIRD)
    put_back(bench, key)
    assert words(bench, key) == [WHOLE]
    assert [bench.ticket_state(each) for each in (key, *made)] == ["assessed", "withdrawn", "withdrawn"]
    assert [each.state for each in bench.said("split_told")] == ["withdrawn"]
    with pytest.raises(NothingToSplit):
        put_back(bench, key)
    assert len(split(bench, key, FIRST, SECOND + THIRD)) == 1, "it may be split otherwise"


def test_it_is_not_put_back_once_the_resident_was_told_or_a_part_decided(bench: Bench) -> None:
    told, decided = bench.ticket(WHOLE), bench.ticket(WHOLE)
    split(bench, told, FIRST, SECOND + THIRD)
    with bench.database.write.begin() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.template == splitting.TOLD)).one()
        delivery.state, delivery.sent_at = "sent", NOW + timedelta(seconds=11)
    with pytest.raises(TooLateToTakeBack):
        put_back(bench, told)
    [part] = split(bench, decided, FIRST, SECOND + THIRD)
    with bench.database.write.begin() as session:
        desk_work.accept(session, bench.district, session.get_one(Ticket, part), actor=DISPATCHER, now=NOW)
    with pytest.raises(WrongState):
        put_back(bench, decided)
    assert words(bench, told, decided) == [FIRST, FIRST]


def test_words_that_changed_meanwhile_are_looked_at_again_before(bench: Bench) -> None:
    key = bench.ticket(WHOLE)
    with bench.database.write.begin() as session:
        session.get_one(Ticket, key).text = WHOLE + "\n补充：是二单元"
    with pytest.raises(WordsChanged):
        split(bench, key, FIRST, SECOND, THIRD)


def test_only_the_desk_splits_and_only_what_is_undecided_and_more_than_one(bench: Bench) -> None:
    key = bench.ticket(WHOLE)
    with pytest.raises(NotAllowed):
        split(bench, key, FIRST, SECOND + THIRD, actor=CALLER)
    with pytest.raises(NothingToSplit):
        split(bench, key, WHOLE)
    with bench.database.write.begin() as session:
        desk_work.accept(session, bench.district, session.get_one(Ticket, key), actor=DISPATCHER, now=NOW)
    with pytest.raises(WrongState):
        split(bench, key, FIRST, SECOND + THIRD)


@pytest.mark.parametrize("cuts", [[], [0], [999], [14], [27, 14], [14, 14]])
def test_no_word_is_lost_wherever_it_is_cut(cuts: list[int]) -> None:
    assert "".join(spans(WHOLE, cuts)) == WHOLE
    assert all(each.strip() for each in spans("灯坏了  井盖也松了", [3, 5]))
