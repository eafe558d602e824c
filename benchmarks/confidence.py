"""Fits the answer bot's weights and chooses its thresholds: ``python -m benchmarks.confidence [--write]``.

Learnt from ``tests/sets/answers/develop.jsonl`` over the demo pack's articles, from the pack's sample appeals that are
no questions (as what must not be answered), and from questions about plain documents where a file of either is given
(``--articles``, ``--queries``, as ``yingsheng evaluate search`` reads them): every second question is learnt from, the
others are measured. The held part of the set is not read. Everything printed is cross-fitted. To be run again whenever
the ranking of the search changes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answer_figures import PACK, Library, Telling, evidence, library, of_documents, of_pack, telling
from benchmarks.sets import SETS, engine_of_the_demo
from knowledge import confidence
from knowledge.confidence import FILE, Floats, Record, careful_of, cross_fitted, fit, threshold_of
from knowledge.evaluation import Query, read_articles, read_queries
from knowledge.evidence import Source
from knowledge.index import Document
from knowledge.manner import manner_of

SAMPLES = PACK / "samples" / "appeals.jsonl"
EACH = 4
"""Every so many-th sample appeal is learnt from: they were made by a grammar, and there are thousands."""
QUESTIONS = frozenset({"咨询", "其他"})
SAMPLE, DOCUMENT, KNOWN = 0.3, 0.5, 0.5
"""How much a sample appeal, a question about a document and a known question count beside a message of the set."""
TURNS = 5
"""Articles are left out in so many turns; most have as many similar questions."""
TARGET = Path(confidence.__file__).parent / FILE


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of_set(rows: Sequence[dict[str, Any]], shelf: Library, tell: Telling) -> tuple[list[Record], list[str]]:
    """Records of the messages for which something is found, and their kinds."""
    records, kinds = [], []
    for row in rows:
        seen, number = evidence(row["text"], shelf, tell(row["text"]))
        if seen:
            records.append(Record(seen, number == row["article"]))
            kinds.append(row["kind"])
    return records, kinds


def of_samples(shelf: Library, tell: Telling) -> list[Record]:
    """The pack's sample appeals that are no questions: none is to be answered."""
    rows = [row for row in _rows(SAMPLES)[::EACH] if row["request_type"] not in QUESTIONS]
    texts = ["\n".join((row["title"], row["text"])).strip() for row in rows]
    found = [evidence(text, shelf, tell(text))[0] for text in texts]
    return [Record(seen, accepted=False, weight=SAMPLE) for seen in found if seen]


def of_known_questions(articles: Sequence[tuple[Document, Source]], tell: Telling) -> list[Record]:
    """The articles teach by themselves: a known question that its article does not show is to be answered with it, and
    one whose article is not there is not to be answered. Only those that ask and tell of no trouble of one's own.
    """
    records = []
    for turn in range(TURNS):
        shown = [_hiding(document, source, turn) for document, source in articles]
        with library([(document, source) for document, source, _ in shown]) as shelf:
            for document, _, hidden in shown:
                records += _asked(hidden, document.id, shelf, tell)
        there = [pair for at, pair in enumerate(articles) if at % TURNS != turn]
        with library(there) as shelf:
            for document, _ in articles[turn::TURNS]:
                for question in (document.title, *document.questions):
                    records += _asked(question, document.id, shelf, tell)
    return records


def _hiding(document: Document, source: Source, turn: int) -> tuple[Document, Source, str]:
    """The article without one of its similar questions, and that one."""
    if turn >= len(document.questions):
        return document, source, ""
    left = (*document.questions[:turn], *document.questions[turn + 1 :])
    return replace(document, questions=left), replace(source, similar=left), document.questions[turn]


def _asked(question: str, number: str, shelf: Library, tell: Telling) -> list[Record]:
    manner = manner_of(question)
    if not manner.asks or manner.own_trouble:
        return []
    seen, first = evidence(question, shelf, tell(question))
    return [Record(seen, first == number, KNOWN)] if seen else []


def of_queries(queries: Sequence[Query], shelf: Library, tell: Telling) -> list[Record]:
    """Questions about plain documents."""
    found = [(evidence(query.text, shelf, tell(query.text)), query) for query in queries]
    return [Record(seen, number in query.relevant, DOCUMENT) for (seen, number), query in found if seen]


def _print(name: str, probabilities: Floats, right: Sequence[bool], among: Sequence[bool]) -> None:
    """What would be answered from several probabilities on: the share of ``among``, and how much of it is right."""
    outcomes, counted = np.array(right), np.array(among)
    for at in (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
        said = probabilities >= at
        share, hits = said[counted].mean() if counted.any() else 0.0, outcomes[said].mean() if said.any() else 1.0
        print(f"{name:14s} from {at:.2f}  answered {share:.3f}  right of all answered {hits:.3f}")


def main() -> None:
    """Fit, print what the threshold would do, and write the weights if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, help="plain documents (JSON Lines)")
    parser.add_argument("--queries", type=Path, help="questions about them (JSON Lines)")
    parser.add_argument("--write", action="store_true", help=f"write {FILE}")
    given = parser.parse_args()
    tell = telling(engine_of_the_demo())
    with library(of_pack()) as shelf:
        records, kinds = of_set(_rows(SETS / "answers" / "develop.jsonl"), shelf, tell)
        samples = of_samples(shelf, tell)
    known = of_known_questions(of_pack(), tell)
    documents: list[Record] = []
    if given.articles and given.queries:
        texts = read_articles(given.articles)
        queries = read_queries(given.queries, {text.id for text in texts})
        with library(of_documents(texts)) as shelf:
            documents = of_queries(queries, shelf, tell)
    learnt, measured = documents[::2], documents[1::2]
    probabilities = cross_fitted(records, also=[*samples, *known, *learnt])
    right = [record.accepted for record in records]
    _print("develop", probabilities, right, [kind == "answerable" for kind in kinds])
    for kind in ("unanswerable", "complaint"):
        _print(kind, probabilities, right, [each == kind for each in kinds])
    others = cross_fitted(known, also=[*records, *samples, *learnt])
    _print("known", others, [record.accepted for record in known], [record.accepted for record in known])
    threshold = threshold_of(probabilities, right)
    careful = max(threshold, careful_of(probabilities, [kind == "complaint" for kind in kinds]))
    made = fit([*records, *samples, *known, *learnt], threshold=threshold, careful=careful)
    if measured:
        found = made.probabilities(np.array([record.evidence for record in measured]))
        _print("documents", found, [record.accepted for record in measured], [True] * len(measured))
    print(made.to_json())
    if given.write:
        TARGET.write_text(made.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
