"""``evaluate search``: every field of the interface page, figures as counted by hand, faults named by line."""

from __future__ import annotations

import gzip
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from knowledge import analysis, evaluation
from knowledge.errors import UnknownEngine, UnreadableFile
from knowledge.evaluation import evaluate_search
from knowledge.index import Message

FIELDS = {
    "engine", "n_articles", "n_queries", "mrr_at_10", "recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10",
    "ms_per_query", "index_seconds", "index_bytes",
}  # fmt: skip
THINGS = ("路灯", "垃圾", "公厕", "噪声", "停车", "供暖", "水管", "电梯", "树木", "井盖", "公交", "学校")
PLACES = ("东门", "西门", "南门", "北门", "桥头", "河边")


def lines(path: Path, rows: list[Any]) -> Path:
    content = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    rows = [
        {"id": f"{thing}{place}", "reply": f"您好，您反映的{place}{thing}问题已收悉，将派人到{place}处理{thing}。"}
        for thing in THINGS
        for place in PLACES
    ]
    return lines(tmp_path / "articles.jsonl.gz", rows)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    rows = [
        {"query": f"{place}的{thing}没人管", "relevant": [f"{thing}{place}"]} for thing in THINGS for place in PLACES
    ]
    return lines(tmp_path / "queries.jsonl", rows)


def test_the_document_has_every_field(
    articles: Path, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "_tokenizer", inspect.unwrap(analysis._tokenizer))
    document = evaluate_search(articles, queries, home=tmp_path / "home")
    assert set(document) >= FIELDS
    assert json.loads(json.dumps(document)) == document
    assert (document["engine"], document["n_articles"], document["n_queries"]) == ("whoosh", 72, 72)
    assert document["mrr_at_10"] > 0.95
    assert set(document["ms_per_query"]) == {"p50", "p95", "p99"}
    assert document["index_bytes"] > 0
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["cache"]  # the index itself is gone


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_each_engine_can_be_measured_by_name(articles: Path, queries: Path, tmp_path: Path, engine: str) -> None:
    document = evaluate_search(articles, queries, engine=engine, home=tmp_path / "home")
    assert document["engine"] == engine
    assert document["mrr_at_10"] > 0.95


def test_pairs_fit_the_ranking_and_queries_do_not(articles: Path, queries: Path, tmp_path: Path) -> None:
    rows = [
        {
            "title": f"请问{place}{thing}的事",
            "text": "",
            "reply": f"您好，您反映的{place}{thing}问题已收悉，将派人到{place}处理{thing}。",
        }
        for thing in THINGS
        for place in PLACES
    ]
    pairs = lines(tmp_path / "pairs.jsonl", rows)
    document = evaluate_search(articles, queries, pairs=pairs, home=tmp_path / "home")
    assert document["n_pairs"] == 72
    assert document["mrr_at_10"] > 0.95


def test_figures_are_those_of_a_hand_count(articles: Path, tmp_path: Path) -> None:
    asked = lines(
        tmp_path / "q.jsonl",
        [{"query": "东门路灯", "relevant": "路灯东门"}, {"query": "西门垃圾", "relevant": ["公厕桥头"]}],
    )
    document = evaluate_search(articles, asked, home=tmp_path / "home")
    assert (document["mrr_at_10"], document["recall_at_1"], document["ndcg_at_10"]) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "1", "text": "一"}, {"text": "二"}], "articles.jsonl:2: id：缺少编号"),
        ([{"id": "1", "text": "一"}, {"id": "1", "text": "二"}], "与第 1 行重复"),
        ([{"id": "1"}], "缺少正文"),
        (["{"], "articles.jsonl:1: 不是 UTF-8 的 JSON"),
        (["[]"], "不是 JSON 对象"),
        ([], "没有数据"),
    ],
)
def test_a_faulty_article_names_file_and_line(tmp_path: Path, queries: Path, rows: list[Any], said: str) -> None:
    file = lines(tmp_path / "articles.jsonl", rows)
    with pytest.raises(UnreadableFile) as raised:
        evaluate_search(file, queries, home=tmp_path / "home")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"query": "路灯"}, "缺少答案编号"),
        ({"relevant": "路灯东门"}, "缺少问题"),
        ({"query": "路灯", "relevant": ["没有"]}, "没有编号“没有”"),
    ],
)
def test_a_faulty_query_names_file_and_line(tmp_path: Path, articles: Path, row: dict[str, Any], said: str) -> None:
    file = lines(tmp_path / "q.jsonl", [row])
    with pytest.raises(UnreadableFile) as raised:
        evaluate_search(articles, file, home=tmp_path / "home")
    assert "q.jsonl:1" in str(raised.value)
    assert said in str(raised.value)


def test_a_pair_falls_back_to_its_text(tmp_path: Path) -> None:
    file = lines(tmp_path / "p.jsonl", [{"title": "", "text": "路灯不亮", "reply": "已修"}])
    assert evaluation.read_pairs(file) == [evaluation.Pair(Message("路灯不亮"), "已修")]
    file = lines(tmp_path / "p.jsonl", [{"title": "路灯", "text": "东门的不亮", "reply": "已修"}])
    assert evaluation.read_pairs(file) == [evaluation.Pair(Message("路灯", "东门的不亮"), "已修")]
    with pytest.raises(UnreadableFile, match="缺少问题"):
        evaluation.read_pairs(lines(tmp_path / "p.jsonl", [{"title": "路灯"}]))


def test_a_query_is_asked_with_the_text_below_it(tmp_path: Path) -> None:
    articles = lines(tmp_path / "a.jsonl", [{"id": 1, "text": "路灯东门"}, {"id": 2, "text": "路灯西门"}])
    rows = [{"query": "路灯", "text": "西门的不亮", "relevant": 2}, {"query": "路灯", "text": "东门的", "relevant": 1}]
    asked = evaluate_search(articles, lines(tmp_path / "q.jsonl", rows), home=tmp_path / "home")
    assert asked["recall_at_1"] == 1.0


def test_files_that_cannot_be_read_are_named(tmp_path: Path, queries: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"id": "1", "text": "x"}\n' * 900)[:-9])
    plain = tmp_path / "plain.jsonl.gz"
    plain.write_text("{}")
    for file in (cut, plain, tmp_path / "none.jsonl"):
        with pytest.raises(UnreadableFile, match=file.name):
            evaluate_search(file, queries, home=tmp_path / "home")


def test_an_unknown_engine_is_named_with_those_there_are(articles: Path, queries: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownEngine, match="whoosh"):
        evaluate_search(articles, queries, engine="lucene", home=tmp_path / "home")
