"""``WhooshIndex``: the embedded engine, for a desk's first two thousand articles.

Whoosh keeps the documents and posting lists on disk and commits them atomically; reading and adding up is ours
(``snapshot``), the final order is the second stage's (``ranking``), the same for every engine.
"""

from __future__ import annotations

import struct
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from knowledge.analysis import Analyzer, fold, grams
from knowledge.engine import BOOSTS, Stand, State, texts, to_stored
from knowledge.errors import IndexMissing
from knowledge.index import Document
from knowledge.local_index import LocalIndex
from knowledge.ranking import Ranking
from knowledge.snapshot import STATE, UNREADABLE, Snapshot

with warnings.catch_warnings():
    # Whoosh 2.7.4 has unescaped regular expressions and `is` with literals, which warn on newer Pythons.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from whoosh import fields, formats
    from whoosh import index as whoosh
    from whoosh.codec import whoosh3  # noqa: F401  Whoosh imports it at the first write or read, and would warn there

MOST_MEGABYTES = 256
"""Memory of a writer before it writes a part out."""


class CountedTerms(fields.FieldType):  # type: ignore[misc]
    """A field whose value is its terms already counted, so that Whoosh analyses nothing."""

    def __init__(self) -> None:
        super().__init__(formats.Frequency(), None, scorable=False)

    def index(self, value: Counter[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for term, count in value.items():
            yield term.encode(), count, float(count), struct.pack("!I", count)


def _schema() -> Any:
    return fields.Schema(
        id=fields.ID(unique=True, stored=True), raw=fields.STORED, **{field: CountedTerms() for field in BOOSTS}
    )


class WhooshEngine:
    """Indexes of Whoosh."""

    name = "whoosh"

    def open(self, folder: Path, known: State | None) -> Snapshot:
        """The newest state. Raises ``IndexMissing``."""
        try:
            index = known.index if isinstance(known, Snapshot) else whoosh.open_dir(str(folder))
            key = (folder.name, index.latest_generation())
            if isinstance(known, Snapshot) and known.key == key:
                return known
            return Snapshot(index, key)
        except UNREADABLE as fault:
            raise IndexMissing(str(folder)) from fault

    def create(self, folder: Path, documents: Iterable[Document], stand: Stand) -> None:
        """Make an index in an empty folder."""
        _write(whoosh.create_in(str(folder), _schema()), documents, (), stand)

    def change(self, folder: Path, changed: Iterable[Document], removed: Iterable[str], stand: Stand) -> None:
        """Replace and remove documents, and move the cursor, in one commit."""
        _write(whoosh.open_dir(str(folder)), changed, removed, stand)


def _write(index: Any, changed: Iterable[Document], removed: Iterable[str], stand: Stand) -> None:
    writer = index.writer(limitmb=MOST_MEGABYTES)
    try:
        for document in changed:
            terms = {field: Counter(grams(fold(text))) for field, text in texts(document).items()}
            # Field lengths are kept exactly: Whoosh rounds its own.
            raw = to_stored(document) | {"lengths": [sum(count.values()) for count in terms.values()]}
            writer.update_document(id=document.id, raw=raw, **terms)
        for key in removed:
            writer.delete_by_term("id", key)
        # The cursor is a document of the same commit: whatever happens, it stands where the documents stand.
        writer.update_document(id=STATE, raw={"cursor": stand.cursor, "tokeniser": stand.tokeniser})
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


class WhooshIndex(LocalIndex):
    """The index in ``folder``, by Whoosh whatever the number of articles."""

    def __init__(self, folder: Path, *, analyzer: Analyzer | None = None, ranking: Ranking | None = None) -> None:
        super().__init__(folder, [WhooshEngine()], lambda _size, _serving: "whoosh", analyzer=analyzer, ranking=ranking)
