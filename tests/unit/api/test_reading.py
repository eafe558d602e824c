"""How a reader wants pages: what the cookie says, and how times are said in each language."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.web import reading
from api.web.language import TIMES
from api.web.reading import AsChosen, Reading, of_cookie


@pytest.mark.parametrize(
    ("cookie", "wanted"),
    [
        ("", Reading()),
        ("en", Reading(language="en")),
        ("strong-en-dark-largest", Reading("en", "dark", "largest", "strong")),
        ("xx-large-fr-", Reading(type="large")),
    ],
)
def test_a_cookie_says_what_is_unlike_the_usual_and_other_words_say_nothing(cookie: str, wanted: Reading) -> None:
    assert of_cookie(cookie) == wanted
    assert of_cookie(wanted.cookie()) == wanted


def _answered_with(*cookies: str) -> Reading:
    seen: list[Reading] = []

    async def app(*_: Any) -> None:
        seen.append(reading.chosen())

    async def ask(call: Callable[..., Awaitable[None]]) -> None:
        headers = [(b"cookie", each.encode()) for each in cookies]
        await call({"type": "http", "headers": headers}, None, None)

    asyncio.run(ask(AsChosen(app)))
    return seen[0]


def test_a_request_is_answered_as_its_own_cookie_asks() -> None:
    assert _answered_with("a=b; yingsheng_reading=en-dark; c=d") == Reading("en", "dark")
    assert _answered_with("yingsheng_reading_not=en") == Reading()
    assert _answered_with() == Reading()


@pytest.mark.parametrize(
    ("gone", "chinese", "english"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(minutes=3), "3 分钟前", "3 min ago"),
        (timedelta(hours=-21), "21 小时后", "in 21 h"),
        (timedelta(days=1), "1 天前", "1 day ago"),
        (timedelta(days=5), "5 天前", "5 days ago"),
    ],
)
def test_how_far_off_a_moment_is_is_said_in_both_languages(gone: timedelta, chinese: str, english: str) -> None:
    assert (TIMES["zh"].ago(gone), TIMES["en"].ago(gone)) == (chinese, english)


@pytest.mark.parametrize(
    ("rest", "overdue", "chinese", "english"),
    [
        (timedelta(hours=3, minutes=12), False, "还剩 3 小时 12 分", "3 h 12 min left"),
        (timedelta(days=-2, minutes=-40), True, "已超 2 天", "2 d over"),
        (timedelta(0), False, "马上到期", "due in a moment"),
        (timedelta(0), True, "已到期", "due now"),
    ],
)
def test_what_is_left_of_a_deadline_is_said_in_both_languages(
    rest: timedelta, overdue: bool, chinese: str, english: str
) -> None:
    said = [TIMES[language].left(rest, overdue=overdue) for language in ("zh", "en")]
    assert said == [chinese, english]


def test_an_exact_moment_is_written_as_each_language_does() -> None:
    at = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)
    assert [TIMES[language].exact(at) for language in ("zh", "en")] == [
        "2026年03月24日 09:30:00",
        "2026-03-24 09:30:00",
    ]
