"""A process to be killed while it writes an index: ``python -m tests.unit.knowledge.doomed ENGINE FOLDER WHAT``."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from knowledge import engines
from knowledge.analysis import Analyzer, Terms, fold, grams
from knowledge.index import Document

HALF = 40
"""So many documents are written before the process waits to be killed."""


class Grams(Analyzer):
    """Asks without the dictionary, whose loading takes longer than all else here."""

    version = "grams"

    def terms(self, text: str) -> Terms:
        return Terms((), tuple(grams(fold(text))))


def numbered(number: int) -> list[Document]:
    """The state of every article at this place in the change log: each says the number."""
    return [Document(f"KB-{at}", f"第{at}条", f"路灯报修，编号{number}") for at in range(3)]


def say() -> None:
    sys.stdout.write("writing\n")
    sys.stdout.flush()


class Endless(Collection[Document]):
    """Gives ``HALF`` documents, says so, and waits."""

    def __len__(self) -> int:
        return 10 * HALF

    def __contains__(self, document: object) -> bool:
        return False

    def __iter__(self) -> Iterator[Document]:
        for at in range(HALF):
            yield Document(f"KB-9{at}", "新的", "只写了一半" * 20)
        say()
        time.sleep(60)


def main() -> None:
    name, folder, what = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if what == "changes":
        index = engines.open_index(folder, name, analyzer=Grams(folder))
        for number in range(index.cursor() + 1, 100_000):
            index.apply(numbered(number), (), cursor=number)
            say()
    index = engines.open_index(folder, name, analyzer=Grams(folder))
    if what == "apply":
        index.apply(Endless(), ("KB-0",), cursor=99)
    index.rebuild(Endless(), cursor=99)


if __name__ == "__main__":
    main()
