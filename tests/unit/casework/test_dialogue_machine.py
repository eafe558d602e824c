"""Random chats on both databases (a sample of ``make drill``), and that what is looked for in them would be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from casework.dialogue import answering, hearing, judging, keeping, saying, talking
from casework.dialogue.state import State, Step
from casework.dialogue.tables import Dialogue
from casework.message_tables import Message
from casework.people_tables import Alert
from casework.tables import Ticket
from district.pack import District
from drills import talks
from drills.chats import SECRET, Chat, Thinking
from drills.talks import category_of, prepare
from storage.database import Database
from storage.deliveries import Delivery

CHATS = {"sqlite": 14, "postgresql": 4}
LAMPS = "我们这边晚上路灯不亮，黑得看不清路。"


def test_no_chat_comes_to_a_dead_end_or_loses_a_word_or_asks_twice(database: Database, district: District) -> None:
    kind = database.url.partition(":")[0].partition("+")[0]
    talks.talk(database, district, chats=CHATS[kind])


@pytest.fixture
def chat(sqlite_database: Database, district: District) -> Chat:
    with sqlite_database.write.begin() as session:
        prepare(session, district)
    thinking = Thinking(category_of(district), missing=("place", "time"))
    return Chat(sqlite_database, district, thinking)


def change(chat: Chat, *statements: Any) -> None:
    with chat.database.write.begin() as session:
        for statement in statements:
            session.execute(statement)


def faults(chat: Chat) -> str:
    """What the checker says, without the transcript."""
    with pytest.raises(talks.BrokenError) as found:
        talks.hold(chat, far=True)
    return "\n".join(line for line in str(found.value).split("\n") if not line.startswith("   "))


def test_an_ordinary_chat_breaks_nothing(chat: Chat) -> None:
    for text in (LAMPS, "光明路和和平街交叉口", "不知道", "1", "谢谢"):
        chat.write(text)
        talks.hold(chat, far=True)


@pytest.mark.parametrize(
    ("texts", "statement", "sentence"),
    [
        ((LAMPS,), update(Dialogue).values(due_at=None), "asking is due at"),
        ((LAMPS,), update(Delivery).values(template="menu", details={}), "has not said for what"),
        ((LAMPS, "光明路1号门口", "不知道"), update(Delivery).values(choices=[]), "which were not shown"),
        ((LAMPS,), update(Ticket).values(text="别的"), "stands in no ticket"),
        (("路",), update(Message).values(ignored="", ticket_id=None, text=""), ""),
        ((LAMPS,), delete(Message), "is on no message"),
        (("着火了",), update(Alert).values(ticket_id=None, case_id=None), "nobody was alerted"),
        (("着火了",), update(Delivery).values(template="received", details={}), "nobody advised him"),
        ((LAMPS,), update(Delivery).values(text=f"请看{SECRET}"), "tells an internal note"),
        ((LAMPS,), update(Dialogue).values(state={"phase": "idle"}), "the state reads back"),
    ],
)
def test_what_is_wrong_on_record_is_found(chat: Chat, texts: tuple[str, ...], statement: Any, sentence: str) -> None:
    for text in texts:
        chat.write(text)
    talks.hold(chat)
    if not sentence:
        change(chat, statement, update(Dialogue).values(state={}))
        assert "says not why" in faults(chat)
        return
    change(chat, statement)
    assert sentence in faults(chat)


def forgets_what_it_asked(rules: Any, state: State, *given: Any, **more: Any) -> Step:
    return _judge(rules, replace(state, asked=(), phase="idle", done=False), *given, **more)


def speaks_beside(rules: Any, state: State, judged: Any, *, agent: bool, now: Any) -> Step:
    return _judge(rules, state, judged, agent=False, now=now)


def hears_no_numbers(*_: Any) -> None:
    return None


def drops_words(*_: Any) -> str:
    return ""


def greets_twice(*given: Any, **more: Any) -> Any:
    _say(*given, **more)
    return _say(*given, **{**more, "purpose": more["purpose"] + "again"})


def waits_without_end(*given: Any, **more: Any) -> None:
    _put(*given, **more)
    given[2].due_at = None


def loses_the_chat(rules: Any, state: State, *given: Any, **more: Any) -> Step:
    return Step(state)


_judge, _say, _put = judging.judge, saying.say_all, keeping.put


def _talk(chat: Chat) -> None:
    chat.write(LAMPS)
    chat.write("光明路和和平街交叉口")
    chat.write("不知道")


def _with_agent(chat: Chat) -> None:
    chat.write(LAMPS)
    chat.agent("take")
    chat.write("光明路和和平街交叉口，很黑很黑的", after=30)


@pytest.mark.parametrize(
    ("where", "name", "fault", "told", "sentence"),
    [
        (answering, "judge", forgets_what_it_asked, _talk, "ask_place was said 2 times"),
        (answering, "judge", speaks_beside, _with_agent, "beside an agent"),
        (answering, "judge", loses_the_chat, _talk, "who writes anew days later hears nothing"),
        (hearing, "option", hears_no_numbers, _talk, "nothing follows from option 1"),
        (talking.Talk, "words", drops_words, _talk, "stands in no ticket"),
        (saying, "say_all", greets_twice, _talk, "upon one message"),
        (keeping, "put", waits_without_end, _talk, "is due at"),
        (talking, "lapse", loses_the_chat, _talk, "silences"),
    ],
)
def test_a_desk_that_is_built_wrong_is_found(
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    fault: Callable[..., Any],
    told: Callable[[Chat], None],
    sentence: str,
) -> None:
    monkeypatch.setattr(where, name, fault)
    told(chat)
    assert sentence in faults(chat)


def test_time_that_passes_is_acted_on(chat: Chat) -> None:
    chat.write(LAMPS)
    chat.wait(timedelta(minutes=11))
    assert [each.template for act in chat.acted for each in act.said] == ["received", "gone_on"]
