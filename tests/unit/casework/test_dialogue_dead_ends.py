"""What random chats (``drills.talks``) have found, each as the shortest chat that showed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework.dialogue.judging import Offer
from casework.tables import Ticket
from district.pack import District
from drills import talks
from drills.chat_rules import said
from drills.chats import Chat, Thinking
from drills.talks import NUMBERS, category_of, prepare
from storage.database import Database

ANSWER = Offer("answer", "请带身份证到窗口办理。")
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


def test_a_pin_that_is_sent_to_an_agent_stands_in_the_ticket(chat: Chat) -> None:
    chat.write("我们这边晚上路灯不亮，黑得看不清路。")
    chat.agent("say")
    receipt = chat.pin("光明路1号")
    with chat.database.read() as session:
        assert "光明路1号" in session.get_one(Ticket, receipt.ticket_id).text
