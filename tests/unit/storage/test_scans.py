"""What a scanner said of a content is kept once; an infection stays one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import scans
from storage.database import Database

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
DIGEST = "ab" * 32


def test_the_latest_result_counts_and_only_the_first_infection_is_news(database: Database) -> None:
    told = []
    for hours, state, found in (
        (0, "unscannable", "too large"),
        (1, "clean", ""),
        (2, "infected", "Some.Virus"),
        (3, "infected", "Other.Virus"),
        (4, "clean", ""),
    ):
        with database.write.begin() as session:
            told.append(scans.keep(session, DIGEST, state, found, now=NOW + timedelta(hours=hours)))  # type: ignore[arg-type]
    assert told == [False, False, True, False, False]
    with database.read() as session:
        row = scans.of(session, [DIGEST, "cd" * 32])[DIGEST]
        assert (row.state, row.found, row.at) == ("infected", "Some.Virus", NOW + timedelta(hours=2))


def test_an_infection_found_at_first_sight_is_news(database: Database) -> None:
    with database.write.begin() as session:
        assert scans.keep(session, DIGEST, "infected", "Some.Virus", now=NOW)
    with database.read() as session:
        assert scans.of(session, []) == {}
