"""Half-filled forms: found by their key alone, kept for the pack's hours since the last touch, emptied when sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import drafts
from casework.draft_tables import AppealDraft
from casework.self_service_errors import UnknownDraft
from storage import used_once

from .conftest import Bench


def begin(bench: Bench) -> str:
    with bench.database.write.begin() as session:
        return drafts.begin(session, bench.district, {"text": "路灯坏了"}, now=bench.now)


def given(bench: Bench, key: str, *, after: timedelta = timedelta(0)) -> dict[str, Any]:
    found: dict[str, Any] = bench.look(lambda session: dict(drafts.find(session, key, now=bench.now + after).given))
    return found


def test_the_key_is_not_in_the_table(bench: Bench) -> None:
    key = begin(bench)
    row = bench.look(lambda session: session.scalars(select(AppealDraft)).one())
    assert key not in row.key
    assert given(bench, key) == {"text": "路灯坏了"}


def test_a_form_nobody_touches_is_gone_after_its_hours_and_one_that_is_touched_stays(bench: Bench) -> None:
    hours = timedelta(hours=bench.district.self_service.draft_hours)
    left, touched = begin(bench), begin(bench)
    with bench.database.write.begin() as session:
        draft = drafts.find(session, touched, now=bench.now + hours / 2)
        drafts.give(session, bench.district, draft, {"place": "东门"}, now=bench.now + hours / 2)
    with pytest.raises(UnknownDraft):
        given(bench, left, after=hours)
    assert given(bench, touched, after=hours) == {"text": "路灯坏了", "place": "东门"}
    with bench.database.write.begin() as session:
        assert drafts.forget(session, now=bench.now + hours) == 1


def test_a_form_that_was_sent_keeps_nothing_of_what_was_written(bench: Bench) -> None:
    key = begin(bench)
    with bench.database.write.begin() as session:
        draft = drafts.find(session, key, now=bench.now)
        drafts.attach(session, bench.district, draft, [{"blob": "b" * 64, "name": "a.png"}], now=bench.now)
        assert list(drafts.blobs(session)) == ["b" * 64]
        drafts.sent(session, draft, "ABCD-2345-EFGH")
    row = bench.look(lambda session: drafts.find(session, key, now=bench.now))
    assert (row.given, row.photos, row.code) == ({}, [], "ABCD-2345-EFGH")


def test_a_token_is_good_once_and_forgotten_when_it_has_expired(bench: Bench) -> None:
    later = bench.now + timedelta(minutes=10)
    with bench.database.write.begin() as session:
        assert used_once.use(session, "k", expires_at=later)
        assert not used_once.use(session, "k", expires_at=later)
        assert used_once.use(session, "other", expires_at=later)
    with bench.database.write.begin() as session:
        assert used_once.forget(session, now=later) == 0
        assert used_once.forget(session, now=later + timedelta(seconds=1)) == 2
