"""Files between preview and landing: for who uploaded them, for a day, and no more than there is room for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import import_stash
from api.errors import NotFound, TooMany
from api.import_stash import KEPT, ImportStash

NOW = datetime(2026, 3, 24, 8, tzinfo=UTC)


def put(stash: ImportStash, content: bytes = b"a", *, owner: str = "one", now: datetime = NOW) -> str:
    return stash.put([("a.md", content)], owner=owner, now=now)


def is_there(stash: ImportStash, token: str, *, owner: str = "one", now: datetime = NOW) -> bool:
    try:
        return stash.get(token, owner=owner, now=now) != []
    except NotFound:
        return False


def test_what_was_uploaded_is_given_to_who_uploaded_it_and_to_nobody_else(tmp_path: Path) -> None:
    stash = ImportStash(tmp_path)
    token = put(stash)
    assert stash.get(token, owner="one", now=NOW) == [("a.md", b"a")]
    for name, owner in ((token, "two"), (token, ""), ("../../etc", "one"), ("x" * 32, "one"), (".", "one")):
        assert not is_there(stash, name, owner=owner)


def test_after_a_day_it_is_not_given_and_the_job_removes_it(tmp_path: Path) -> None:
    stash = ImportStash(tmp_path)
    token, late = put(stash), NOW + KEPT + timedelta(seconds=1)
    kept = put(stash, now=NOW + timedelta(hours=1))
    assert not is_there(stash, token, now=late)
    assert stash.sweep(late) == 1
    assert [each.name for each in stash.folder.iterdir()] == [kept]
    assert stash.sweep(late) == 0


def test_what_a_process_left_half_written_is_given_to_nobody_and_goes_as_well(tmp_path: Path) -> None:
    stash = ImportStash(tmp_path)
    half = put(stash)
    (stash.folder / half / "files.json").write_text("{", "utf-8")
    assert not is_there(stash, half)
    assert stash.sweep(datetime.now(UTC)) == 0
    assert stash.sweep(datetime.now(UTC) + KEPT + timedelta(minutes=1)) == 1


def test_one_user_keeps_so_much_and_his_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_stash, "MOST_OF_ONE", 10)
    stash = ImportStash(tmp_path)
    other = put(stash, b"12345678", owner="two", now=NOW - timedelta(hours=1))
    tokens = [put(stash, b"1234", now=NOW + timedelta(minutes=number)) for number in range(3)]
    assert [is_there(stash, token) for token in tokens] == [False, True, True]
    assert is_there(stash, other, owner="two"), "another's are left alone"


def test_all_together_keep_so_much_and_a_further_upload_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_stash, "MOST_TOGETHER", 10)
    stash = ImportStash(tmp_path)
    first = put(stash, b"12345678", owner="two")
    with pytest.raises(TooMany, match="等待导入的文件太多"):
        put(stash, b"123")
    assert is_there(stash, first, owner="two")
