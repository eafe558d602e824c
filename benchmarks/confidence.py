"""Fits the answer bot's weights and chooses its threshold: ``python -m benchmarks.confidence [--write]``.

Learnt from the messages of five hands in ``tests/sets/answers`` over the demo pack's articles, from the pack's sample
appeals that are no questions (as what must not be answered), and from questions about plain documents where a file of
either is given (``--articles``, ``--queries``, as ``yingsheng evaluate search`` reads them): every second question is
learnt from, the others are measured. Questions of a hand that the pack's articles know are unknown to them while that
hand is asked. Everything printed of a hand is by weights that were learnt without it. To be run again whenever the
ranking of the search changes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answer_figures import PACK, Library, Telling, evidence, library, of_documents, of_pack, telling
from benchmarks.grievances import learnt as grievance_learnt
from benchmarks.sets import SETS, engine_of_the_demo
from knowledge import confidence, grievance
from knowledge.confidence import FILE, Floats, Record, fit, threshold_of
from knowledge.evaluation import Query, read_articles, read_queries
from knowledge.evidence import FEATURES, Row
from knowledge.grievance import Grievance

HANDS = {name: (name,) for name in ("second", "third", "fourth", "fifth")} | {"first": ("develop", "held")}
"""Who wrote which files. ``sixth`` is not read."""
SAMPLES = PACK / "samples" / "appeals.jsonl"
EACH = 4
"""Every so many-th sample appeal is learnt from: they were made by a grammar, and there are thousands."""
QUESTIONS = frozenset({"咨询", "其他"})
SAMPLE, DOCUMENT = 0.3, 0.5
"""How much a sample appeal and a question about a document count beside a message of the sets."""
FOLDER = Path(confidence.__file__).parent
_GRIEVANCES = [FEATURES.index(name) for name in ("grievance", "plain_grievance")]
_PLAIN = FEATURES.index("plain")


@dataclass(frozen=True)
class Message:
    """A message of a set, the evidence for what is found first, and whether that is right."""

    hand: str
    text: str
    kind: str
    seen: Row
    right: bool

    def record(self, learnt: Grievance) -> Record:
        """As it is learnt from, by this grievance."""
        return Record(_with(self.seen, learnt.log_odds(self.text)), self.right)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _with(row: Row, log_odds: float) -> Row:
    here = _GRIEVANCES[int(row[_PLAIN])]
    return (*row[:here], log_odds, *row[here + 1 :])


def of_hand(hand: str, tell: Telling) -> list[Message]:
    """The hand's messages for which something is found, in a pack that does not know its questions."""
    rows = [row for name in HANDS[hand] for row in _rows(SETS / "answers" / f"{name}.jsonl")]
    made = []
    with library(of_pack(unlearnt={row["text"] for row in rows})) as shelf:
        for row in rows:
            seen, number = evidence(row["text"], shelf, tell(row["text"]))
            if seen:
                made.append(Message(hand, row["text"], row["kind"], seen, number == row.get("article")))
    return made


def sample_complaints() -> list[str]:
    """The pack's sample appeals that are no questions, one of ``EACH``."""
    rows = [row for row in _rows(SAMPLES)[::EACH] if row["request_type"] not in QUESTIONS]
    return ["\n".join((row["title"], row["text"])).strip() for row in rows]


def of_samples(texts: Sequence[str], shelf: Library, tell: Telling, learnt: Grievance) -> list[Record]:
    """None of these is to be answered."""
    found = [(text, evidence(text, shelf, tell(text))[0]) for text in texts]
    return [Record(_with(seen, learnt.log_odds(text)), accepted=False, weight=SAMPLE) for text, seen in found if seen]


def of_queries(queries: Sequence[Query], shelf: Library, tell: Telling, learnt: Grievance) -> list[Record]:
    """Questions about plain documents."""
    made = []
    for (text, _), relevant in queries:
        seen, number = evidence(text, shelf, tell(text))
        if seen:
            made.append(Record(_with(seen, learnt.log_odds(text)), number in relevant, DOCUMENT))
    return made


def _told_apart(messages: Sequence[Message], complaints: Sequence[str]) -> Grievance:
    """What tells the complaints among these messages from the others."""
    asked = [message.text for message in messages if message.kind != "complaint"]
    return grievance_learnt(
        [*(message.text for message in messages if message.kind == "complaint"), *complaints], asked
    )


def records(messages: Sequence[Message], complaints: Sequence[str]) -> list[Record]:
    """What is learnt from messages: of each hand the grievance is by the other hands, as it will be of a new one."""
    made = []
    for hand in sorted({message.hand for message in messages}):
        others = _told_apart([message for message in messages if message.hand != hand], complaints)
        made += [message.record(others) for message in messages if message.hand == hand]
    return made


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
    parser.add_argument("--write", action="store_true", help=f"write {FILE} and {grievance.FILE}")
    given = parser.parse_args()
    tell = telling(engine_of_the_demo())
    messages = [message for hand in HANDS for message in of_hand(hand, tell)]
    complaints = sample_complaints()
    apart, others = complaints[::2], complaints[1::2]
    learnt = _told_apart(messages, apart)
    with library(of_pack()) as shelf:
        samples = of_samples(others, shelf, tell, learnt)
    documents: list[Record] = []
    if given.articles and given.queries:
        texts = read_articles(given.articles)
        queries = read_queries(given.queries, {text.id for text in texts})
        with library(of_documents(texts)) as shelf:
            documents = of_queries(queries, shelf, tell, learnt)
    further, measured = [*samples, *documents[::2]], documents[1::2]
    probabilities = _by_the_others(messages, apart, further)
    right = [message.right for message in messages]
    for kind in ("answerable", "unanswerable", "complaint"):
        _print(kind, probabilities, right, [message.kind == kind for message in messages])
    threshold = threshold_of(probabilities, right)
    made = fit([*records(messages, apart), *further], threshold=threshold)
    if measured:
        found = made.probabilities(np.array([record.evidence for record in measured]))
        _print("documents", found, [record.accepted for record in measured], [True] * len(measured))
    print(made.to_json())
    if given.write:
        (FOLDER / FILE).write_text(made.to_json() + "\n", encoding="utf-8")
        (FOLDER / grievance.FILE).write_text(learnt.to_json(), encoding="utf-8")


def _by_the_others(messages: Sequence[Message], complaints: Sequence[str], further: Sequence[Record]) -> Floats:
    """Each message's probability by what was learnt without its hand."""
    found = np.zeros(len(messages))
    for hand in HANDS:
        others = [message for message in messages if message.hand != hand]
        made = fit([*records(others, complaints), *further], threshold=1.0)
        told_apart = _told_apart(others, complaints)
        here = [at for at, message in enumerate(messages) if message.hand == hand]
        found[here] = made.probabilities(np.array([messages[at].record(told_apart).evidence for at in here]))
    return found


if __name__ == "__main__":
    main()
