"""A person takes a conversation over, speaks, hands back; whoever says nothing or is not there loses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from casework import telling
from casework.actors import Actor
from casework.dialogue import speaking, takeover, talks
from casework.dialogue.errors import NotAChat, NotOwnWords, NoWayToWrite, SpokenToByOther, TooLateToTakeBack
from casework.dialogue.tables import Dialogue
from casework.errors import NeedMissing, NotAllowed
from casework.people_tables import Absence, DutyShift
from casework.tables import Notice, Ticket
from district.schemas import Role
from storage import deliveries
from storage.database import new_id
from storage.deliveries import Delivery
from storage.identity import User

from .conftest import AUDITOR, CALLER, NOW, Bench, text_message

MINUTE = timedelta(minutes=1)


@dataclass
class Room:
    """A resident's ticket of a chat, and people of the desk."""

    bench: Bench
    ticket_id: str
    first: Actor
    second: Actor
    boss: Actor

    def act(self, verb: Callable[..., Any], *args: Any, actor: Actor, now: datetime = NOW, **more: Any) -> Any:
        with self.bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, self.ticket_id)
            return verb(session, self.bench.district, ticket, *args, actor=actor, now=now, **more)

    def take(self, actor: Actor, now: datetime = NOW) -> None:
        self.act(takeover.take, actor=actor, now=now)

    def say(self, text: str, actor: Actor, now: datetime = NOW, once: str = "1") -> Delivery:
        return self.act(speaking.speak, text, actor=actor, now=now, once=once)

    def back(self, actor: Actor, now: datetime = NOW) -> bool:
        return self.act(takeover.hand_back, actor=actor, now=now)

    def write(self, text: str, now: datetime) -> None:
        ticket = self.bench.look(lambda session: session.get_one(Ticket, self.ticket_id))
        self.bench.receive(text_message(text, delivery=f"w{now.timestamp()}", sender=ticket.sender), now=now)

    def call_person(self, since: datetime) -> None:
        """As the dialogue keeps it when a resident writes 转人工."""
        with self.bench.database.write.begin() as session:
            dialogue = takeover.hold(session, session.get_one(Ticket, self.ticket_id), now=since)
            dialogue.state = {"phase": "with_person", "waiting_since": since.isoformat(), "ticket": self.ticket_id}

    def release(self, now: datetime) -> int:
        with self.bench.database.write.begin() as session:
            found = takeover.idle(session, self.bench.district, now=now)
            return sum(takeover.release_idle(session, self.bench.district, each, now=now) for each in found)

    @property
    def dialogue(self) -> Dialogue:
        return self.bench.look(lambda session: session.scalars(select(Dialogue)).one())

    def due(self, now: datetime) -> list[str]:
        return self.bench.look(lambda session: [each.id for each in deliveries.due(session, now=now)])

    def templates(self) -> list[str]:
        return [each.template for each in self.bench.said() if each.template != "received"]

    def notices(self, template: str) -> list[Notice]:
        query = select(Notice).where(Notice.template == template)
        return self.bench.look(lambda session: list(session.scalars(query)))


def person(session: Session, name: str, role: Role) -> Actor:
    user = User(id=new_id(), login=name, name=name, role=str(role), password_hash="-", created_at=NOW)
    session.add(user)
    session.flush()
    return Actor(user.id, name, role)


@pytest.fixture
def room(bench: Bench) -> Room:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        people = [person(session, name, Role.AGENT) for name in ("甲", "乙")]
        boss = person(session, "督", Role.SUPERVISOR)
        for each in session.scalars(select(Delivery)):
            each.state = "sent"
    return Room(bench, ticket_id, *people, boss)


def test_a_resident_who_asked_for_a_person_hears_once_that_one_is_there(room: Room) -> None:
    room.call_person(NOW)
    room.take(room.first)
    room.take(room.first)
    assert room.templates() == ["person_here"]
    assert (room.dialogue.agent_name, room.dialogue.waiting_since) == ("甲", None)


def test_a_resident_who_asked_for_nobody_is_told_nothing_of_a_takeover(room: Room) -> None:
    room.take(room.first)
    assert room.templates() == []


def test_who_speaks_in_a_chat_takes_it_over_by_it(room: Room) -> None:
    said = room.say("请问在哪里？", room.first)
    assert room.dialogue.agent_id == room.first.id
    assert (said.text, said.template, speaking.speaker_name(said)) == ("请问在哪里？", "agent_said", "甲")


def test_words_of_one_act_are_said_once(room: Room) -> None:
    assert room.say("请稍等", room.first).id == room.say("请稍等", room.first).id
    assert room.templates() == ["agent_said"]


def test_no_words_are_not_sent(room: Room) -> None:
    with pytest.raises(NeedMissing):
        room.say("  \n", room.first)


def test_words_leave_after_five_seconds_and_are_taken_back_until_then(room: Room) -> None:
    said = room.say("说错了", room.first)
    before = said.due_at - timedelta(seconds=0.1)
    assert said.due_at == NOW + timedelta(seconds=5)
    assert room.due(before) == []
    assert room.due(said.due_at) == [said.id]
    for _ in range(2):
        with room.bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, room.ticket_id)
            taken = speaking.take_back(session, ticket, said.id, actor=room.first, now=before)
            assert taken.state == "withdrawn"
    assert room.due(NOW + MINUTE) == []


def test_what_is_being_sent_is_not_taken_back(room: Room) -> None:
    said = room.say("已经发出", room.first)
    with room.bench.database.write.begin() as session:
        assert deliveries.lease(session, said.id, by="sender", now=said.due_at)
    with room.bench.database.write.begin() as session, pytest.raises(TooLateToTakeBack):
        speaking.take_back(session, session.get_one(Ticket, room.ticket_id), said.id, actor=room.first, now=NOW)


def test_another_ones_words_are_not_taken_back(room: Room) -> None:
    said = room.say("我的话", room.first)
    with room.bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, room.ticket_id)
        for key in (said.id, room.bench.said("received")[0].id, "nothing"):
            with pytest.raises(NotOwnWords):
                speaking.take_back(session, ticket, key, actor=room.second, now=NOW)


def test_a_colleague_does_not_speak_in_between_but_may_take_over_and_the_first_is_told(room: Room) -> None:
    room.take(room.first)
    with pytest.raises(SpokenToByOther):
        room.say("插一句", room.second)
    room.take(room.second, NOW + MINUTE)
    (notice,) = room.notices("conversation_taken")
    assert (notice.audience, notice.reader, "乙" in notice.text) == ("person", room.first.id, True)
    assert room.dialogue.agent_name == "乙"
    assert room.say("我来", room.second, NOW + MINUTE).state == "queued"


def test_who_hands_back_gives_the_word_to_the_bot_and_the_resident_hears_it(room: Room) -> None:
    room.take(room.first)
    assert room.back(room.first)
    assert not room.back(room.first)
    assert room.templates() == ["back_to_bot"]
    assert room.dialogue.agent_id is None


def test_only_a_supervisor_ends_what_another_has(room: Room) -> None:
    room.take(room.first)
    with pytest.raises(SpokenToByOther):
        room.back(room.second)
    assert room.back(room.boss)


@pytest.mark.parametrize("role", [CALLER, AUDITOR, Actor(new_id(), "承办", Role.UNIT_LEAD, "U001")])
def test_who_is_not_of_the_desk_neither_takes_over_nor_speaks(room: Room, role: Actor) -> None:
    with pytest.raises(NotAllowed):
        room.take(role)
    with pytest.raises(NotAllowed):
        room.say("我说", role)
    with pytest.raises(NotAllowed):
        room.back(role)


def test_the_bot_is_silent_while_a_person_speaks_but_for_emergencies(room: Room) -> None:
    room.take(room.first)
    room.write("怎么还没有人来处理", NOW + MINUTE)
    assert room.templates() == []
    room.write("现在煤气泄漏了，味道很大", NOW + 2 * MINUTE)
    assert room.templates() == ["emergency_advice"]


def test_the_bot_speaks_again_after_the_handing_back(room: Room) -> None:
    room.take(room.first)
    room.back(room.first)
    room.write("怎么还没有人来处理", NOW + MINUTE)
    assert room.templates() == ["back_to_bot", "urging_noted"]


def test_who_says_nothing_for_the_packs_minutes_is_handed_back_and_nobody_hears_it(room: Room) -> None:
    room.take(room.first)
    room.say("还有吗？", room.first, NOW + MINUTE)
    assert room.release(NOW + 30 * MINUTE) == 0
    assert room.release(NOW + 31 * MINUTE) == 1
    assert room.templates() == ["agent_said"]
    assert (room.dialogue.agent_id, room.dialogue.waiting_since) == (None, None)


def test_a_resident_who_waits_for_one_who_is_gone_is_told_and_waits_for_a_person_again(room: Room) -> None:
    room.take(room.first)
    room.write("在吗？", NOW + MINUTE)
    assert room.release(NOW + 30 * MINUTE) == 1
    assert room.templates() == ["agent_left"]
    assert room.dialogue.waiting_since == NOW + MINUTE
    assert len(room.notices("resident_waits")) == 1
    (waiting,) = room.bench.look(lambda session: talks.listed(session, room.second))
    assert waiting.waiting_since == NOW + MINUTE


def test_words_taken_back_are_no_answer(room: Room) -> None:
    said = room.say("说错了", room.first)
    with room.bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, room.ticket_id)
        speaking.take_back(session, ticket, said.id, actor=room.first, now=NOW)
    room.write("在吗？", NOW + MINUTE)
    (talk,) = room.bench.look(lambda session: talks.listed(session, room.first, mine=True))
    assert talk.unanswered_since == NOW + MINUTE


def gone(session: Session, room: Room, how: str) -> None:
    me = room.first.id
    if how == "disabled":
        session.get_one(User, me).disabled = True
    elif how == "role":
        session.get_one(User, me).role = str(Role.KNOWLEDGE_EDITOR)
    elif how == "shift":
        shift = DutyShift(starts=NOW - MINUTE, ends=NOW + 5 * MINUTE, position=1, user_id=me, phone="", entered_by="x")
        session.add(shift)
    else:
        away = Absence(
            user_id=me,
            stand_in_id=room.second.id,
            starts=NOW + 4 * MINUTE,
            ends=NOW + 60 * MINUTE,
            entered_by="x",
            entered_at=NOW,
        )
        session.add(away)


@pytest.mark.parametrize("how", ["disabled", "role", "shift", "absence"])
def test_who_is_off_duty_or_disabled_loses_the_conversation(room: Room, how: str) -> None:
    room.take(room.first)
    room.write("在吗？", NOW + MINUTE)
    assert room.release(NOW + 5 * MINUTE) == 0
    with room.bench.database.write.begin() as session:
        gone(session, room, how)
    assert room.release(NOW + 5 * MINUTE) == 1
    assert room.templates() == ["agent_left"]


def test_who_waits_longest_stands_first_and_what_one_has_comes_after(room: Room) -> None:
    others = [
        Room(room.bench, room.bench.ticket(f"第{each}件路灯不亮"), room.first, room.second, room.boss)
        for each in "一二三"
    ]
    others[0].call_person(NOW + 2 * MINUTE)
    others[1].call_person(NOW + MINUTE)
    others[2].take(room.first)
    room.take(room.second)
    room.write("在吗？", NOW + 3 * MINUTE)
    found = room.bench.look(lambda session: [each.ticket.id for each in talks.listed(session, room.first)])
    assert found == [others[1].ticket_id, others[0].ticket_id, room.ticket_id, others[2].ticket_id]
    assert room.bench.look(talks.count_waiting) == 2
    own = room.bench.look(lambda session: [each.ticket.id for each in talks.listed(session, room.first, mine=True)])
    assert own == [others[2].ticket_id]


def test_a_longer_list_asks_the_database_no_more_often(room: Room) -> None:
    def asked() -> int:
        count = 0

        def counted(*_: Any) -> None:
            nonlocal count
            count += 1

        with room.bench.database.read() as session:
            bind = session.get_bind()
            event.listen(bind, "before_cursor_execute", counted)
            found = talks.listed(session, room.first)
            assert all(each.ticket.resident is not None for each in found)
            event.remove(bind, "before_cursor_execute", counted)
        return count

    room.take(room.first)
    few = asked()
    for each in "一二三四":
        one = Room(room.bench, room.bench.ticket(f"第{each}件路灯不亮"), room.first, room.second, room.boss)
        one.call_person(NOW)
    assert asked() == few


def test_who_has_nothing_to_do_with_residents_sees_no_list(room: Room) -> None:
    with pytest.raises(NotAllowed):
        room.bench.look(lambda session: talks.listed(session, CALLER))


def test_nobody_waits_for_a_person_about_a_matter_that_is_over(room: Room) -> None:
    room.call_person(NOW)
    with room.bench.database.write.begin() as session:
        session.get_one(Ticket, room.ticket_id).state = "closed"
    assert room.bench.look(talks.count_waiting) == 0


def test_a_letter_is_answered_without_a_takeover(room: Room) -> None:
    letter = text_message("路灯坏了", delivery="m1", sender="liu@example.com", channel="mailbox")
    room.ticket_id = room.bench.receive(letter).ticket_id
    with pytest.raises(NotAChat):
        room.take(room.first)
    said = room.say("请告诉我们位置", room.first)
    assert (said.channel, "请告诉我们位置" in said.text) == ("mailbox", True)
    letters = select(Dialogue).where(Dialogue.channel == "mailbox")
    assert room.bench.look(lambda session: session.scalars(letters).all()) == []


def test_a_caller_cannot_be_written_to(room: Room) -> None:
    room.ticket_id = room.bench.receive(
        text_message("路灯坏了", delivery="h1", sender="13900000000", channel="hotline")
    ).ticket_id
    assert not telling.has_line_back("hotline")
    with pytest.raises(NoWayToWrite):
        room.say("您好", room.first)
