"""What only Tantivy does: few articles stay in memory, and damage is found when the damaged part is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import asking, kept_articles, tantivy_index
from knowledge.analysis import Analyzer, fold, grams
from knowledge.errors import IndexMissing
from knowledge.features import View
from knowledge.index import Document, Message
from knowledge.kept_articles import Article
from knowledge.tantivy_index import TantivyIndex
from tests.unit.knowledge.conftest import ARTICLES


@pytest.fixture
def index(tmp_path: Path, analyzer: Analyzer) -> Iterator[TantivyIndex]:
    made = TantivyIndex(tmp_path / "index", analyzer=analyzer)
    made.rebuild([Document(id=key, title=title, body=body) for key, (title, body) in ARTICLES.items()], cursor=7)
    yield made
    made.close()


@given(st.text(st.sampled_from("路灯坏了Aa３3b，。 \n\0\ud800𠀀㐀+"), max_size=60), st.integers(0, 99))
def test_tantivy_makes_of_a_text_the_grams_that_questions_are_cut_into(text: str, letters: int) -> None:
    body = text + "x" * letters + "路"
    made = tantivy_index.tokenizer()
    found = [term for run in tantivy_index._laid_out(Document("KB-1", "", body)) for term in made.analyze(run)]
    assert Counter(found) == Counter(tantivy_index._signs(gram) for gram in grams(fold(body)))


def test_fewer_articles_kept_than_found_give_the_same(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, analyzer: Analyzer
) -> None:
    texts = [" ".join(parts) for parts in ARTICLES.values()] * 2
    expected = [index.search(text) for text in texts]
    assert all(len(hits) > 1 for hits in expected)
    monkeypatch.setattr(kept_articles, "KEPT", 1)
    small = TantivyIndex(tmp_path / "index", analyzer=analyzer)
    assert [small.search(text) for text in texts] == expected


def test_a_view_holds_what_every_part_of_a_message_looks_for(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "CANDIDATES", 1)  # the title finds one article, the whole another
    message = Message("路灯", "噪声扰民怎么投诉，广场舞太吵")
    found = index.inquire([message])[0].best()
    assert len(found) == 2
    monkeypatch.setattr(Article, "seen", lambda article, _parts: View.of(article.document))
    assert index.inquire([message])[0].best() == found


def test_an_article_kept_from_before_is_not_taken_for_its_new_text(index: TantivyIndex) -> None:
    assert "二十四小时" in index.search("路灯坏了")[0].highlights
    index.apply([Document("KB-0002", "路灯坏了找谁修", "四十八小时")], [], cursor=8)
    assert "四十八小时" in index.search("路灯坏了")[0].highlights


def test_damage_that_shows_when_a_text_is_read_makes_the_index_one_to_rebuild(
    index: TantivyIndex, tmp_path: Path, analyzer: Analyzer
) -> None:
    index.rebuild([Document(f"KB-{at}", f"路灯{at}", f"报修{at}" * 400) for at in range(200)], cursor=8)
    index.close()
    (store,) = (tmp_path / "index" / "g2").glob("*.store")
    content = store.read_bytes()
    # The last block stays: it holds the cursor, which is read at once.
    store.write_bytes(bytes(len(content) // 2) + content[len(content) // 2 :])
    warmed = TantivyIndex(tmp_path / "index", analyzer=analyzer)
    warmed.warm()
    assert not warmed.ready()
    fresh = TantivyIndex(tmp_path / "index", analyzer=analyzer)
    assert fresh.ready()
    with pytest.raises(IndexMissing):
        for at in range(200):
            fresh.search(f"路灯{at}")
    assert not fresh.ready()
    with pytest.raises(IndexMissing):
        fresh.apply([], [], cursor=9)
    fresh.rebuild([Document("KB-0002", "路灯坏了找谁修", "报修")], cursor=9)
    assert fresh.search("路灯")[0].id == "KB-0002"
    fresh.close()
