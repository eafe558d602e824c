"""What time does to articles: scheduled texts come out once, old ones are looked at again, outdated ones expire."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, lifecycle, upkeep, versions, writing
from knowledge.upkeep import Upkeep
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, SECOND

Make = Callable[..., ArticleSource]
KEY = "KB-0001"
ZONE_HOURS = timedelta(hours=8)


@pytest.fixture
def keep(database: Database, district: District) -> Callable[[datetime], Upkeep]:
    def kept(now: datetime) -> Upkeep:
        with database.write.begin() as session:
            return upkeep.keep(session, now=now, zone=district.calendars.zone)

    return kept


Keep = Callable[[datetime], Upkeep]


@pytest.fixture
def brought(database: Database, source: Make, now: datetime) -> Callable[..., None]:
    def bring(key: str = KEY, **changes: Any) -> None:
        with database.write.begin() as session:
            articles.import_sources(session, [source(key, **changes)], actor="pack", now=now, publish_them=True)

    return bring


def article(database: Database, key: str = KEY) -> tuple[str, int, str]:
    with database.read() as session:
        found = articles.get(session, key)
        return found.state, found.version, found.fee


def schedule(database: Database, district: District, source: Make, now: datetime, at: datetime) -> None:
    with database.write.begin() as session:
        if articles.by_numbers(session, [KEY]):
            lifecycle.edit(session, district, KEY, source(fee="免费"), actor=EDITOR, now=now)
        else:
            lifecycle.create(session, district, source(fee="免费"), actor=EDITOR, now=now)
        lifecycle.submit(session, district, KEY, actor=EDITOR, now=now)
        lifecycle.publish(session, district, KEY, actor=SECOND, now=now, publish_at=at)


def midnight(day: date) -> datetime:
    """The first moment of the day in China."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - ZONE_HOURS


def test_a_scheduled_text_comes_out_at_its_moment_and_once(
    database: Database, district: District, source: Make, now: datetime, keep: Keep, brought: Callable[..., None]
) -> None:
    brought(fee="十元")
    at = now + timedelta(hours=3)
    schedule(database, district, source, now, at)
    assert keep(at - timedelta(seconds=1)).count == 0
    assert article(database) == ("published", 1, "十元")
    assert keep(at).published == (KEY,)
    assert article(database) == ("published", 2, "免费")
    assert keep(at).published == keep(at + timedelta(hours=1)).published == ()
    with database.read() as session:
        acts = [act.act for act in versions.history(session, KEY)]
        assert acts[0] == "published"
        assert acts.count("published") == 2


def test_two_processes_at_once_publish_and_remind_once(
    database: Database, district: District, source: Make, now: datetime, keep: Keep, brought: Callable[..., None]
) -> None:
    brought("KB-0002", valid_until="2026-03-24")
    at = now + timedelta(hours=3)
    schedule(database, district, source, now, at)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(keep, [at] * 4))
    assert [number for each in done for number in each.published] == [KEY]
    assert [reminder.number for each in done for reminder in each.reminders] == ["KB-0002"]


def test_a_new_article_that_waits_for_its_moment_does_not_answer(
    database: Database, district: District, source: Make, now: datetime, keep: Keep
) -> None:
    at = now + timedelta(days=2)
    schedule(database, district, source, now, at)
    keep(at - timedelta(minutes=1))
    with database.read() as session:
        assert not articles.usable(articles.get(session, KEY), at.date())
    keep(at + timedelta(days=30))  # the desk was off meanwhile
    assert article(database)[0] == "published"


def test_what_was_sent_back_before_its_moment_does_not_come_out(
    database: Database, district: District, source: Make, now: datetime, keep: Keep
) -> None:
    at = now + timedelta(hours=3)
    schedule(database, district, source, now, at)
    with database.write.begin() as session:
        lifecycle.send_back(session, district, KEY, actor=SECOND, now=now, reason="再看看")
    assert keep(at).count == 0
    assert article(database)[0] == "draft"


def test_an_article_expires_at_the_end_of_its_last_day_in_the_districts_zone(
    database: Database, keep: Keep, brought: Callable[..., None]
) -> None:
    brought(valid_until="2026-04-10")
    keep(midnight(date(2026, 4, 11)) - timedelta(seconds=1))
    assert article(database)[0] == "published"
    (told,) = keep(midnight(date(2026, 4, 11))).reminders
    assert (told.kind, told.number, told.unit, told.day) == ("expired", KEY, "U001", date(2026, 4, 10))
    assert article(database)[0] == "expired"
    assert keep(midnight(date(2026, 4, 12))).count == 0


def test_a_text_scheduled_long_ago_that_is_out_of_force_by_now_never_answers(
    database: Database, district: District, source: Make, now: datetime, keep: Keep
) -> None:
    with database.write.begin() as session:
        lifecycle.create(session, district, source(valid_until="2026-03-26"), actor=EDITOR, now=now)
        lifecycle.submit(session, district, KEY, actor=EDITOR, now=now)
        at = now + timedelta(days=1)
        lifecycle.publish(session, district, KEY, actor=SECOND, now=now, publish_at=at)
    keep(now + timedelta(days=10))
    assert article(database)[0] == "expired"


def test_the_unit_is_reminded_thirty_seven_and_no_days_before_the_last_once_each(
    database: Database, keep: Keep, brought: Callable[..., None]
) -> None:
    last = date(2026, 6, 30)
    brought(valid_until=last.isoformat())
    told = []
    for left in range(40, -1, -1):
        for hour in (1, 9):  # the job runs all day
            found = keep(midnight(last - timedelta(days=left)) + timedelta(hours=hour)).reminders
            told += [(each.kind, each.days_left, left) for each in found]
    assert told == [("expiring", 30, 30), ("expiring", 7, 7), ("expiring", 0, 0)]


def test_reminders_that_were_missed_are_said_once_with_the_days_that_are_left(
    database: Database, keep: Keep, brought: Callable[..., None]
) -> None:
    brought(valid_until="2026-06-30")
    assert [each.days_left for each in keep(midnight(date(2026, 6, 25))).reminders] == [5]
    assert keep(midnight(date(2026, 6, 28))).count == 0


def test_a_new_version_with_a_new_last_day_is_reminded_of_anew(
    database: Database, keep: Keep, brought: Callable[..., None]
) -> None:
    brought(valid_until="2026-06-30")
    keep(midnight(date(2026, 6, 1)))
    brought(valid_until="2026-12-31")
    assert [each.days_left for each in keep(midnight(date(2026, 12, 1))).reminders] == [30]


def test_drafts_and_withdrawn_texts_are_nobodys_reminder(
    database: Database, district: District, source: Make, now: datetime, keep: Keep, brought: Callable[..., None]
) -> None:
    brought(valid_until="2026-04-10")
    with database.write.begin() as session:
        lifecycle.create(session, district, source("KB-0002", valid_until="2026-04-10"), actor=EDITOR, now=now)
        lifecycle.withdraw(session, district, KEY, actor=EDITOR, now=now, reason="有误")
    assert keep(midnight(date(2026, 4, 10))).count == 0
    assert keep(now + 2 * writing.REVIEW_AFTER).count == 0
    assert (article(database)[0], article(database, "KB-0002")[0]) == ("withdrawn", "draft")


def test_what_is_past_its_review_is_asked_about_once_until_it_is_confirmed(
    database: Database, district: District, now: datetime, keep: Keep, brought: Callable[..., None]
) -> None:
    brought()
    later = now + writing.REVIEW_AFTER
    assert keep(later - timedelta(days=1)).count == 0
    assert [each.kind for each in keep(later).reminders] == ["due"]
    assert article(database)[0] == "due"
    assert keep(later + timedelta(days=3)).count == 0
    with database.write.begin() as session:
        day = (later + timedelta(days=30)).date()
        lifecycle.confirm(session, district, KEY, actor=EDITOR, now=later, review_due=day)
    assert article(database)[0] == "published"
    assert [each.kind for each in keep(later + timedelta(days=30)).reminders] == ["due"]
