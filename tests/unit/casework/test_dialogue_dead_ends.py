"""What random chats (``drills.talks``) have found, each as the shortest chat that showed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import pytest
from sqlalchemy import select

from casework.dialogue.judging import Offer
from casework.people_tables import Alert
from casework.tables import Notice, Step, Ticket
from district.pack import District
from drills import talks
from drills.chat_rules import said
from drills.chats import Chat, Thinking
from drills.talks import NUMBERS, category_of, prepare
from storage.database import Database
from storage.deliveries import Delivery

ANSWER = Offer("answer", "请带身份证到窗口办理。")
NOTICE = Offer("answer", "【通告】管网抢修停水。 预计12月01日 06:00结束。", notice=True)
CLARIFY = Offer("clarify", "您想问的是哪一个？", NUMBERS)


@pytest.fixture
def chat(sqlite_database: Database, district: District) -> Chat:
    with sqlite_database.write.begin() as session:
        prepare(session, district)
    return Chat(sqlite_database, district, Thinking(category_of(district)))


def think(chat: Chat, *missing: str, offer: Offer = Offer()) -> None:  # noqa: B008  (frozen)
    chat.thinking = Thinking(category_of(chat.district), missing, "咨询", place=False, offer=offer)


def last(chat: Chat) -> list[str]:
    """The templates of what was said last."""
    return [name for each in chat.acted[-1].said for name in said(each)]


def test_who_is_not_helped_hears_it_though_the_desk_has_dispatched_the_matter_meanwhile(chat: Chat) -> None:
    think(chat, offer=ANSWER)
    chat.write("身份证丢了怎么补办呢？麻烦告诉我")
    chat.desk("accept")
    chat.write("2")
    assert last(chat) == ["received"]
    talks.hold(chat, far=True)


@pytest.mark.parametrize(
    ("answer", "follows", "state"), [("1", "answer_closed", "closed"), ("2", "received", "assessed")]
)
def test_a_notice_is_told_with_the_tickets_number_and_nobody_is_asked_whether_it_solved_anything(
    chat: Chat, answer: str, follows: str, state: str
) -> None:
    nobody = chat.district.workflow.model_copy(update={"direct_callback_share": Decimal(0)})
    chat.district = replace(chat.district, workflow=nobody)  # who is drawn to be called back stays open
    think(chat, offer=NOTICE)
    chat.write("小区怎么停水了，什么时候来水？")
    assert last(chat) == ["bot_notice"]
    with chat.database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        told = session.scalars(select(Delivery).order_by(Delivery.created_at.desc())).first()
    assert told is not None
    assert ticket.number in told.text
    assert "解决了吗" not in told.text
    assert [label for _, label in told.choices] == ["知道了", "情况不同，请人处理"]
    chat.write(answer)
    assert last(chat) == [follows]
    with chat.database.read() as session:
        assert session.scalars(select(Ticket)).one().state == state


@pytest.mark.parametrize("choice", ["1", "2"])
def test_who_says_whether_it_is_another_matter_hears_it_though_the_desk_has_dispatched_it(
    chat: Chat, choice: str
) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.desk("accept")
    chat.write("今天他们又没有来人看一看，我已经等了好几天了，到底什么安排请说一说。", after=3 * 3600)
    assert last(chat) == ["new_or_same"]
    chat.desk("accept")
    chat.write(choice)
    assert last(chat), "nothing was said"


def test_he_is_not_asked_a_second_time_which_article_he_means(chat: Chat) -> None:
    think(chat, offer=CLARIFY)
    chat.write("身份证丢了怎么补办呢？麻烦告诉我")
    assert last(chat) == ["bot_clarify"]
    chat.pin("光明路1号")
    assert "received" in last(chat)
    talks.hold(chat)


def test_who_is_left_by_an_idle_agent_waits_for_the_next_no_longer_than_anybody(chat: Chat) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.agent("take")
    chat.write("什么时候能来修一下路灯呢，大家都等着")
    chat.wait(timedelta(hours=1))
    talks.hold(chat, far=True)
    chat.write("另外，第七中学门口的窨井盖丢了，请尽快补上。", after=3600)
    assert "received" in last(chat)


def test_an_emergency_of_two_words_is_answered_without_a_pause(chat: Chat) -> None:
    receipt = chat.write("着火了")
    assert (receipt.fresh, receipt.pause) == (True, 0)
    assert last(chat)[0] == "emergency_advice"


def test_a_number_that_an_agent_asked_for_stands_in_the_ticket(chat: Chat) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.agent("say")
    receipt = chat.write("13800138000")
    with chat.database.read() as session:
        assert "13800138000" in session.get_one(Ticket, receipt.ticket_id).text


def press(chat: Chat, key: str, at: int) -> None:
    """Press the button of what was said as number ``at`` (from the last, -1)."""
    with chat.database.write.begin() as session:
        query = select(Delivery).where(Delivery.recipient == chat.sender, Delivery.choices != []).order_by(Delivery.id)
        carrier = list(session.scalars(query))[at]
        carrier.platform_id = f"1:1,{carrier.recipient}:{carrier.position}"
        name = f"{carrier.recipient}:{carrier.position}"
    chat.write(key, event_key=key, thread=(name,))


def test_a_button_of_an_earlier_message_chooses_nothing_among_what_was_offered_later(chat: Chat) -> None:
    think(chat, "place")
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.write("光明路1号")
    assert last(chat) == ["summary"]
    chat.write("2")
    assert last(chat) == ["edit_ask"]
    press(chat, "1", -2)
    assert last(chat) == ["choice_over"]
    press(chat, "1", -1)
    assert last(chat) == ["edit_give"]


def test_a_button_pressed_twice_chooses_once_and_says_so_once(chat: Chat) -> None:
    think(chat, "place")
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.write("光明路1号")
    press(chat, "1", -1)
    assert last(chat) == ["confirmed"]
    for expected in (["choice_over"], [], []):
        press(chat, "1", -1)
        assert last(chat) == expected


@pytest.mark.parametrize("key", ["article:../..", "999999999999", "confirm", "a" * 64, "着火了"])
def test_a_key_that_stands_on_no_button_of_ours_is_nobodys_word(chat: Chat, key: str) -> None:
    receipt = chat.write(key, event_key=key)
    assert (receipt.outcome, last(chat)) == ("ignored", ["choice_over"])
    with chat.database.read() as session:
        assert not chat.tickets(session)


def test_who_asks_for_a_person_again_and_again_hears_it_once_and_keeps_his_place(chat: Chat) -> None:
    chat.write("转人工")
    with chat.database.read() as session:
        row = chat.row(session)
        assert row is not None
        since = row.waiting_since
    for _ in range(20):
        chat.write("转人工", after=2)
        assert last(chat) == []
    with chat.database.read() as session:
        row = chat.row(session)
        assert row is not None
        assert row.waiting_since == since
        told = select(Notice.id).where(Notice.template == "person_wanted")
        assert len(list(session.scalars(told))) == 1


@pytest.mark.parametrize("word", ["谢谢", "进度", "菜单", "666"])
def test_a_machine_that_says_one_thing_for_ever_is_answered_a_few_times_only(chat: Chat, word: str) -> None:
    for _ in range(60):
        chat.write(word, after=1)
    assert len([each for acted in chat.acted for each in acted.said]) <= 15
    chat.wait(timedelta(minutes=11))
    chat.write("谢谢")
    assert last(chat) == ["thanks_back"]


def test_who_sends_a_character_a_message_urges_nobody_and_loses_none(chat: Chat) -> None:
    words = "光明路路灯坏了晚上黑得看不清路老人走路时绊倒了胳膊也伤了路灯坏了好几天了没有人来修快来修路灯吧"
    for each in words:
        chat.write(each, after=1)
    with chat.database.read() as session:
        (ticket,) = chat.tickets(session)
        assert (ticket.text.replace("\n", ""), ticket.urgings) == (words, 0)


def test_a_novel_given_as_an_answer_is_kept_whole_and_said_back_in_part(chat: Chat) -> None:
    novel = "从前有一个人住在河边，他天天打水。" * 5000
    think(chat, "place")
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    receipt = chat.write(novel)
    assert last(chat) == ["summary"]
    (said_back,) = chat.acted[-1].said
    assert len(said_back.text) < 600
    with chat.database.read() as session:
        assert novel in session.get_one(Ticket, receipt.ticket_id).text


def test_who_urges_many_times_in_a_minute_is_counted_each_time_and_told_once(chat: Chat) -> None:
    receipt = chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    for _ in range(20):
        chat.write("怎么还没人来", after=1)
    told = [name for acted in chat.acted for each in acted.said for name in said(each) if name == "urging_noted"]
    with chat.database.read() as session:
        assert (session.get_one(Ticket, receipt.ticket_id).urgings, len(told)) == (20, 1)


@pytest.mark.parametrize("word", ["撤回", "修改", "补充"])
def test_a_command_said_a_hundred_times_is_answered_a_few_times(chat: Chat, word: str) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    for _ in range(40):
        chat.write(word, after=1)
    assert len([each for acted in chat.acted for each in acted.said]) <= 12


def test_an_emergency_that_a_message_of_a_matter_long_over_is_reworded_to_tell_is_answered(chat: Chat) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.desk("reject")
    receipt = chat.edit(0, "我家着火了，快来人救命")
    assert receipt is not None
    assert last(chat)[0] == "emergency_advice"
    with chat.database.read() as session:
        over, fresh = chat.tickets(session)
        assert (over.state, over.text) == ("rejected", "我们这边晚上路灯不亮，黑得看不清路。")
        assert receipt.ticket_id == fresh.id
        assert list(session.scalars(select(Alert.ticket_id))) == [fresh.id]


def test_who_is_asked_where_and_says_that_he_wants_to_mend_is_asked_what(chat: Chat) -> None:
    think(chat, "place")
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    assert last(chat)[-1] == "ask_place"
    chat.write("修改")
    assert last(chat) == ["edit_ask"]
    chat.write("1")
    chat.write("光明路1号")
    assert last(chat) == ["summary"]
    with chat.database.read() as session:
        (ticket,) = chat.tickets(session)
        assert "修改" not in ticket.text


def test_a_pin_sent_to_an_agent_stands_in_the_ticket(chat: Chat) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.agent("take")
    receipt = chat.pin("光明路1号")
    with chat.database.read() as session:
        assert "光明路1号" in session.get_one(Ticket, receipt.ticket_id).text


@pytest.mark.parametrize("answered", ["answer", "answer_directly"])
def test_who_has_his_answer_is_not_told_later_that_the_desk_goes_on_without_his_words(
    chat: Chat, answered: Literal["answer", "answer_directly"]
) -> None:
    think(chat, "place")
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    assert "ask_place" in last(chat)
    if answered == "answer":
        chat.desk("accept")
    chat.desk(answered)
    chat.wait(timedelta(minutes=30))
    assert "gone_on" not in [name for act in chat.acted for each in act.said for name in said(each)]
    with chat.database.read() as session:
        assert session.scalars(select(Ticket)).one().state in ("told", "answered_directly", "closed")
        assert session.scalars(select(Step).where(Step.move == "gone_on")).all() == []
    talks.hold(chat, far=True)
