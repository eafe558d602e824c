"""``callback.yaml``: calling hours, attempts that count, and replies read carefully or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import packs
from district.callback import CallbackRules
from district.errors import PackError
from district.pack import District, load
from district.questionnaire import Questionnaire, Reply, read

RULES = CallbackRules.model_validate({"hours": ["08:30-12:00", "14:00-20:30"]})


@pytest.fixture(scope="module")
def asked() -> Questionnaire:
    return load(Path(packs.__file__).parent / "demo").callback.questionnaire


SATISFIED, UNSOLVED = Reply(True, "satisfied"), Reply(False, "dissatisfied")


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("1", SATISFIED),
        (" １ ", SATISFIED),
        ("选1", SATISFIED),
        ("1 已解决 满意", SATISFIED),
        ("1。已经修好了，非常满意！", SATISFIED),
        ("2 未解决", UNSOLVED),
        ("3", Reply(True, "basically_satisfied")),
        ("解决了，满意", SATISFIED),
        ("都弄好了，挺满意的", SATISFIED),
        ("没解决", UNSOLVED),
        ("问题还没有得到解决", UNSOLVED),
        ("又坏了", UNSOLVED),
        ("还是不亮", UNSOLVED),
        ("没人联系我，也没解决", Reply(False, "dissatisfied", False)),
        ("修好了，就是太慢，不太满意", Reply(True, "dissatisfied")),
        ("基本满意，修好了", Reply(True, "basically_satisfied")),
        ("解决了", Reply(True)),
        ("满意", Reply(None, "satisfied")),
        ("不是很满意", Reply(None, "dissatisfied")),
    ],
)
def test_a_reply_is_read_as_it_is_meant(asked: Questionnaire, said: str, means: Reply) -> None:
    assert read(asked, said) == means


@pytest.mark.parametrize(
    "said",
    [
        "",
        "谢谢",
        "11",
        "9",
        "解决了吗？",
        "请尽快解决",
        "什么时候能修好",
        "如果解决了我就满意",
        "1 没解决",
        "2 满意，解决了",
        "解决了又没解决",
        "不满意，满意",
        "满意还是不满意都一样",
        "1号楼的灯还没修",
        "2楼的灯不亮了",
        "满意" + "，很好" * 30,
    ],
)
def test_a_reply_that_may_mean_something_else_is_not_read(asked: Questionnaire, said: str) -> None:
    assert read(asked, said) is None


def test_silence_on_satisfaction_means_what_the_pack_says(asked: Questionnaire) -> None:
    open_minded = asked.model_copy(update={"unresolved_means": None})
    assert read(open_minded, "没解决") == Reply(False, "")


def test_a_later_word_fills_in_what_an_earlier_one_left_open() -> None:
    assert Reply(None, "satisfied").beside(Reply(True, "", False)) == Reply(True, "satisfied", False)
    assert not Reply(True).complete
    assert SATISFIED.complete


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 3, day, hour, minute)


@pytest.mark.parametrize(
    ("now", "missed", "from_"),
    [
        (at(9), [], at(9)),
        (at(7), [], at(8, 30)),
        (at(12), [], at(14)),
        (at(20, 30), [], at(8, 30, day=25)),
        (at(9, 10), [at(9, 5)], at(10)),
        (at(9, 10), [at(9, 5, day=23)], at(9, 10)),
        (at(11, 50), [at(11, 5)], at(14)),
        (at(20, 5), [at(20)], at(8, 30, day=25)),
    ],
)
def test_a_call_waits_for_the_hours_and_for_another_hour(
    now: datetime, missed: list[datetime], from_: datetime
) -> None:
    assert RULES.callable_from(now, missed) == from_


def test_a_wish_that_is_never_fulfilled_ends_the_search() -> None:
    def never(local: datetime) -> datetime:
        return local + timedelta(minutes=1)

    assert RULES.callable_from(at(9), [], never) > at(9)


def test_attempts_within_an_hour_count_once_unless_the_pack_counts_all() -> None:
    missed = [at(9), at(9, 59), at(10), at(23)]
    assert RULES.counted(missed) == 2
    assert RULES.model_copy(update={"different_hours": False}).counted(missed) == 3


@pytest.mark.parametrize(
    "given",
    [
        {"hours": []},
        {"hours": ["14:00-18:00", "09:00-12:00"]},
        {"hours": ["09:00-12:00", "11:00-18:00"]},
        {"questionnaire": {"words": {"resolved": ["("]}}},
        {"questionnaire": {"words": {"resolved": ["x*"]}}},
        {
            "questionnaire": {
                "choices": [{"key": "1", "label": "解决", "resolved": True, "satisfaction": "satisfied"}] * 2
            }
        },
        {"questionnaire": {"channels": ["fax"]}},
        {"script": {"opening": "您好，这里是{office}"}},
        {"questionnaire": {"channels": ["wechat"]}},
    ],
)
def test_an_unsound_file_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CallbackRules.model_validate(given)


def test_a_pack_without_the_file_asks_nobody_in_writing(smallest: District) -> None:
    assert smallest.callback == CallbackRules()
    assert smallest.callback.questionnaire.channels == ()


def test_a_breach_names_file_and_line(copy: Path, edit: Callable[[str, str, str], int]) -> None:
    (copy / "callback.yaml").write_text("claim_minutes: 15\nreopen_days: -1\n", encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load(copy)
    assert "callback.yaml:2" in str(refused.value)
