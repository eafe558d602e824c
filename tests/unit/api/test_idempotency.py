"""One key, one write: a copy gets the first one's answer, a copy at the same moment is told to come again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from api import idempotency
from api.errors import problem_of
from storage.database import Database

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)


def test_the_second_request_under_a_key_gets_the_answer_of_the_first(database: Database) -> None:
    with database.write.begin() as session:
        idempotency.keep(session, "u", "k", "asked", {"number": 1}, now=NOW)
    with database.read() as session:
        assert idempotency.find(session, "u", "k", "asked") == {"number": 1}
        assert idempotency.find(session, "other", "k", "asked") is None
        with pytest.raises(idempotency.KeyReused) as reused:
            idempotency.find(session, "u", "k", "something else")
    found = problem_of(reused.value)
    assert found is not None
    assert found[0] == 422


def test_of_requests_under_one_key_at_the_same_moment_one_is_done(database: Database) -> None:
    looked = threading.Barrier(2)

    def ask(number: int) -> object:
        try:
            with database.write.begin() as session:
                done = idempotency.find(session, "u", "k", "asked")
                if not database.is_sqlite:  # there the second may look only when the first is through
                    looked.wait(10)
                if done is None:
                    idempotency.keep(session, "u", "k", "asked", {"number": number}, now=NOW)
                return done
        except idempotency.KeyInUse as problem:
            return problem_of(problem)[0]  # type: ignore[index]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(ask, (1, 2)))
    with database.read() as session:
        kept = idempotency.find(session, "u", "k", "asked")
    assert None in outcomes
    other = next(each for each in outcomes if each is not None)
    assert other == (kept if database.is_sqlite else 409)


def test_old_answers_are_dropped(database: Database) -> None:
    with database.write.begin() as session:
        idempotency.keep(session, "u", "old", "asked", {}, now=NOW - idempotency.KEPT - timedelta(seconds=1))
        idempotency.keep(session, "u", "young", "asked", {}, now=NOW)
    with database.write.begin() as session:
        assert idempotency.forget(session, now=NOW) == 1
        assert idempotency.find(session, "u", "young", "asked") == {}
