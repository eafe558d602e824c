"""What only Whoosh does: posting lists that were read stay in memory, up to a number."""

from __future__ import annotations

import pytest

from knowledge import snapshot
from knowledge.whoosh_index import WhooshIndex
from tests.unit.knowledge.conftest import ARTICLES


def test_more_words_than_are_kept_find_the_same(index: WhooshIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [" ".join(parts) for parts in ARTICLES.values()] * 2
    expected = [index.search(text) for text in texts]
    index.close()
    monkeypatch.setattr(snapshot, "MOST_KNOWN", 3)
    assert [index.search(text) for text in texts] == expected
