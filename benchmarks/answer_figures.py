"""The answer bot on messages: what it says beside what it should, over the demo pack's articles or plain documents."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from api.answering import LOOKED_AT, told_of
from district.articles import load_articles
from district.pack import District, load
from district.schemas import ArticleSource
from knowledge import answers as finding
from knowledge import bot
from knowledge.analysis import Analyzer
from knowledge.evidence import Found, Row, Source, Told, describe, weighed
from knowledge.index import Document, SearchIndex
from knowledge.synonyms import Synonyms
from knowledge.weights import shipped
from knowledge.whoosh_index import WhooshIndex
from knowledge.wording import Wording
from triage.assess import Engine

PACK = Path(__file__).parent.parent / "packs" / "demo"
NOON = datetime(2026, 11, 30, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
"""When the messages are asked: all of the demo pack's articles are in force."""


class _All:
    def __contains__(self, code: object) -> bool:
        return True


@dataclass(frozen=True)
class Library:
    """Articles with their index."""

    index: SearchIndex
    sources: dict[str, Source]

    def found(self, message: str) -> list[Found]:
        """What the search gives the bot."""
        hits = finding.find(self.index, message, limit=LOOKED_AT, on=NOON.date())
        return [Found(hit, self.sources[hit.id]) for hit in hits]


@contextmanager
def library(articles: Sequence[tuple[Document, Source]]) -> Iterator[Library]:
    """An index of these, for as long as inside, that knows the demo pack's synonyms."""
    with tempfile.TemporaryDirectory(prefix="yingsheng-") as folder:
        analyzer = Analyzer(Path(folder) / "words")
        index = WhooshIndex(Path(folder) / "index", analyzer=analyzer)
        documents = [document for document, _ in articles]
        index.rebuild(documents, cursor=0)
        index.widen = Wording.of(documents, Synonyms(load(PACK).synonyms), analyzer.terms, cursor=0).widen
        try:
            yield Library(index, {document.id: source for document, source in articles})
        finally:
            index.close()


def of_pack(*, unlearnt: Container[str] = ()) -> list[tuple[Document, Source]]:
    """The demo pack's articles as index and bot see them, without the similar questions that are to be unknown."""
    articles = load_articles(PACK, categories=_All(), units=_All())
    return [
        _of(article.model_copy(update={"similar": tuple(each for each in article.similar if each not in unlearnt)}))
        for article in articles
    ]


def _of(article: ArticleSource) -> tuple[Document, Source]:
    document = Document(
        id=article.id,
        title=article.question,
        body=f"{article.short_answer}\n{article.body}",
        questions=article.similar,
        keywords=article.keywords,
        category=article.category,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )
    source = Source(
        number=article.id,
        question=article.question,
        short_answer=article.short_answer,
        similar=article.similar,
        keywords=article.keywords,
        body=article.body,
        category=article.category,
        basis=article.basis,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )
    return document, source


def of_documents(documents: Sequence[Document]) -> list[tuple[Document, Source]]:
    """Plain documents: no known questions, no short answer."""
    return [(each, Source(each.id, each.title, "", body=each.body)) for each in documents]


class Telling(Protocol):
    """What tells the bot about a message."""

    def __call__(self, message: str) -> Told: ...


def telling(engine: Engine) -> Telling:
    """Triage as it is."""
    district: District = engine.district
    return lambda message: told_of(message, engine.assess(message), district)


def evidence(message: str, shelf: Library, told: Told) -> tuple[Row, str]:
    """The evidence for the first article found, and its number; nothing where nothing is found."""
    found = weighed(shelf.found(message), told)
    return (describe(message, found, told), found[0].article.number) if found else ((), "")


def answers(engine: Engine, rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Of the answerable ones the share answered, of those the share right; of all answered the share right; the shares
    of unanswerable ones and complaints answered; the share asked back and, of these, how many name the right article.
    """
    tell = telling(engine)
    with library(of_pack()) as shelf:
        said = [
            bot.decide(row["text"], shelf.found(row["text"]), tell(row["text"]), now=NOON, confidence=shipped())
            for row in rows
        ]
    pairs = list(zip(said, rows, strict=True))
    asked_back = [(reply, row) for reply, row in pairs if reply.act == "clarify"]
    answered = [(reply, row) for reply, row in pairs if reply.act == "answer"]
    fair = [(reply, row) for reply, row in answered if row["kind"] == "answerable"]
    right = sum(reply.article == row["article"] for reply, row in fair)
    figures = {
        "answered": len(fair) / _count(rows, "answerable"),
        "right": right / max(1, len(fair)),
        "right_of_all": right / max(1, len(answered)),
    }
    for kind in ("unanswerable", "complaint"):
        figures[f"{kind}_answered"] = sum(row["kind"] == kind for _, row in answered) / _count(rows, kind)
    figures["asked_back"] = len(asked_back) / len(rows)
    named = sum(row.get("article") in reply.options for reply, row in asked_back)
    figures["named_right"] = named / max(1, len(asked_back))
    figures["complaint_asked_back"] = sum(row["kind"] == "complaint" for _, row in asked_back) / _count(
        rows, "complaint"
    )
    return {name: round(value, 3) for name, value in figures.items()}


def _count(rows: Sequence[dict[str, Any]], kind: str) -> int:
    return max(1, sum(row["kind"] == kind for row in rows))
