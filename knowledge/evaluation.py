"""``evaluate search``: index a collection, ask its questions, say how well and how fast it answers."""

from __future__ import annotations

import gzip
import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from knowledge import engines
from knowledge.analysis import Analyzer
from knowledge.errors import RowProblem, UnreadableFile
from knowledge.index import Document, Message
from knowledge.learning import Lesson, fit
from knowledge.local_index import LocalIndex

DEPTH = 10
_MAX_PROBLEMS = 100
Row = TypeVar("Row")


class Query(NamedTuple):
    """A question, the text below it where it is a title, and the ids of the articles that answer it."""

    message: Message
    relevant: frozenset[str]


class Pair(NamedTuple):
    """A question, the text below it where it is a title, and the text of its answer."""

    message: Message
    reply: str


def evaluate_search(
    articles: Path, queries: Path, *, pairs: Path | None = None, engine: str = "auto", home: Path
) -> dict[str, Any]:
    """Measure ``engine`` on files of the interface page; the index is built in a temporary folder below ``home``.

    ``auto`` is the engine that would serve so many articles. ``pairs`` fit the second stage before the queries are
    asked; the queries are never learned from. Times are wall times of one thread. Raises ``UnknownEngine``, and
    ``UnreadableFile`` naming file and line.
    """
    engines.check(engine)
    documents = read_articles(articles)
    asked = read_queries(queries, {document.id for document in documents})
    known = read_pairs(pairs) if pairs else []
    home.mkdir(parents=True, exist_ok=True)
    analyzer = Analyzer(home / "cache")
    analyzer.load()
    with tempfile.TemporaryDirectory(prefix="evaluate-", dir=home) as folder:
        index = engines.open_index(Path(folder), engine, analyzer=analyzer)
        try:
            started = time.perf_counter()
            index.rebuild(documents, cursor=0)
            index_seconds, name = time.perf_counter() - started, index.engine
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            learned = _learn(index, documents, known) if known else {}
            figures = _ask(index, asked)
        finally:
            index.close()
    return {
        "engine": name,
        "n_articles": len(documents),
        "n_queries": len(asked),
        **figures,
        "index_seconds": round(index_seconds, 3),
        "index_bytes": size,
        **learned,
    }


def _learn(index: LocalIndex, documents: Sequence[Document], pairs: Sequence[Pair]) -> dict[str, Any]:
    started = time.perf_counter()
    by_text = {document.body.strip(): document.id for document in documents}
    lessons = [_lesson(pair, by_text) for pair in pairs]
    index.ranking = fit(lessons, index, [f"{document.title} {document.body}" for document in documents])
    return {"n_pairs": len(pairs), "fit_seconds": round(time.perf_counter() - started, 3)}


def _lesson(pair: Pair, by_text: Mapping[str, str]) -> Lesson:
    return Lesson(pair.message.title, by_text.get(pair.reply.strip(), ""), pair.reply, pair.message.text)


def _ask(index: LocalIndex, queries: Sequence[Query]) -> dict[str, Any]:
    ranks, gains, times = [], [], []
    index.search(queries[0].message.title, limit=DEPTH)  # opening the files is not part of a query
    for query in queries:
        started = time.perf_counter()
        hits = index.search(query.message.title, text=query.message.text, limit=DEPTH)
        times.append((time.perf_counter() - started) * 1000)
        places = [place for place, hit in enumerate(hits) if hit.id in query.relevant]
        ranks.append(places)
        ideal = sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(query.relevant))))
        gains.append(sum(1 / math.log2(place + 2) for place in places) / ideal)
    count = len(queries)
    recall = {
        f"recall_at_{k}": sum(
            sum(place < k for place in places) / len(query.relevant)
            for places, query in zip(ranks, queries, strict=True)
        )
        / count
        for k in (1, 5, 10)
    }
    figures = {
        "mrr_at_10": sum(1 / (places[0] + 1) for places in ranks if places) / count,
        **recall,
        "ndcg_at_10": sum(gains) / count,
    }
    return {
        **{key: round(value, 4) for key, value in figures.items()},
        "ms_per_query": {f"p{p}": round(_percentile(times, p), 3) for p in (50, 95, 99)},
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def read_articles(path: Path) -> list[Document]:
    """The collection: ``id``, ``title`` (may be absent), ``text`` or ``reply``."""
    documents: list[Document] = []
    seen: dict[str, int] = {}
    problems: list[RowProblem] = []
    for line, row in _rows(path, problems):
        key, body = _text(row, "id"), _text(row, "text") or _text(row, "reply")
        if not key:
            problems.append(RowProblem(path.name, line, "id", "缺少编号 id"))
        elif key in seen:
            problems.append(RowProblem(path.name, line, "id", f"编号“{key}”与第 {seen[key]} 行重复"))
        elif not body:
            problems.append(RowProblem(path.name, line, "text", "缺少正文 text 或 reply"))
        else:
            seen[key] = line
            documents.append(Document(id=key, title=_text(row, "title"), body=body))
    return _checked(path, documents, problems)


def read_queries(path: Path, known: set[str]) -> list[Query]:
    """The questions: ``query``, ``text`` where it is a title, and ``relevant``, an id or ids of the collection."""
    queries: list[Query] = []
    problems: list[RowProblem] = []
    for line, row in _rows(path, problems):
        given = row.get("relevant")
        relevant = frozenset(str(one) for one in (given if isinstance(given, list) else [given]) if one is not None)
        missing = sorted(relevant - known)
        if not _text(row, "query"):
            problems.append(RowProblem(path.name, line, "query", "缺少问题 query"))
        elif not relevant:
            problems.append(RowProblem(path.name, line, "relevant", "缺少答案编号 relevant"))
        elif missing:
            problems.append(RowProblem(path.name, line, "relevant", f"条目文件中没有编号“{missing[0]}”"))
        else:
            queries.append(Query(Message(_text(row, "query"), _text(row, "text")), relevant))
    return _checked(path, queries, problems)


def read_pairs(path: Path) -> list[Pair]:
    """Questions with their known answer: ``title`` and ``text``, one of which may be absent, and ``reply``."""
    pairs: list[Pair] = []
    problems: list[RowProblem] = []
    for line, row in _rows(path, problems):
        title, text, reply = (_text(row, key) for key in ("title", "text", "reply"))
        if not (title or text) or not reply:
            problem = "title" if reply else "reply"
            problems.append(RowProblem(path.name, line, problem, "缺少问题 title 或答复 reply"))
        else:
            pairs.append(Pair(Message(title, text) if title else Message(text), reply))
    return _checked(path, pairs, problems)


def _checked(path: Path, rows: list[Row], problems: list[RowProblem]) -> list[Row]:
    if not rows and not problems:
        problems = [RowProblem(path.name, 1, "", "文件中没有数据")]
    if problems:
        raise UnreadableFile(str(path), problems[:_MAX_PROBLEMS])
    return rows


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value).strip()


def _rows(path: Path, problems: list[RowProblem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Lines of a JSON Lines file, ``.gz`` read as is, with their number from 1."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                if not raw.strip():
                    continue
                try:
                    row = json.loads(raw.decode("utf-8-sig"))
                except (UnicodeDecodeError, json.JSONDecodeError):
                    problems.append(RowProblem(path.name, line, "", "不是 UTF-8 的 JSON"))
                    continue
                if isinstance(row, dict):
                    yield line, row
                else:
                    problems.append(RowProblem(path.name, line, "", "不是 JSON 对象"))
    except (OSError, EOFError) as fault:
        why = (fault.strerror or "不是 gzip 文件") if isinstance(fault, OSError) else "压缩文件不完整"
        problems.append(RowProblem(path.name, 1, "", f"无法读取文件：{why}"))
