"""Articles as Tantivy stores them: with what the second stage sees of each, so that finding one costs no folding.

Of a view all but ``parts`` is stored: they are ten times as large as the rest, and of them a question needs only its
own, which are soon found in the text.
"""

from __future__ import annotations

import marshal
import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from knowledge.engine import to_document, to_stored
from knowledge.features import Outline, View
from knowledge.index import Document

KEPT = 20_000
"""So many articles are kept ready in memory, about 125 MB."""

_whole = lru_cache(maxsize=3_000)(View.whole)  # only learning needs them, the same ones again and again
_SAMPLE = Document(
    "id", "Ｔitle 标题A1", "第一句。第二句，１２号；\n第三句？" * 20, ("问题一", "Ab问题"), ("词",), "01", "U1"
)


class Article:
    """An article found: its document, which few of those found are asked for, and the view of it without ``parts``."""

    __slots__ = ("_document", "_view")

    def __init__(self, document: bytes, outline: Outline) -> None:
        self._document: bytes | Document = document
        self._view = View.seen(outline)

    @classmethod
    def read(cls, stored: bytes) -> Article:
        """The way back from ``stored``. Raises ``ValueError``, ``EOFError`` or ``TypeError`` for anything else."""
        document, outline = marshal.loads(stored)  # noqa: S302  from our own index
        return cls(document, Outline(*outline))

    @property
    def document(self) -> Document:
        if isinstance(self._document, bytes):
            self._document = to_document(marshal.loads(self._document))  # noqa: S302  from our own index
        return self._document

    def seen(self, parts: Iterable[str] | None) -> View:
        """The view for questions that look for these parts; None: the whole view."""
        return self._view.among(parts) if parts is not None else _whole(self._view)


def stored(document: Document) -> bytes:
    """What ``Article.read`` makes an article of, in the same version of Python."""
    return marshal.dumps((marshal.dumps(to_stored(document)), tuple(Outline.of(document))))


def fingerprint(stored: bytes) -> int:
    """64 bits that stand for the content."""
    return int.from_bytes(blake2b(stored, digest_size=8).digest())


FORM = fingerprint(stored(_SAMPLE))
"""What a sample looks like when stored: an index with articles of another form cannot be read."""


class Kept:
    """Articles kept ready by the fingerprint of their content, so that a later state of the index finds them too.

    The one known longest makes room. Safe for several threads.
    """

    def __init__(self) -> None:
        self.most = KEPT
        self._known: OrderedDict[int, Article] = OrderedDict()  # a dict finds its first key slower with each one gone
        self._adding = threading.Lock()

    def get(self, key: int) -> Article | None:
        """The article of this fingerprint, if it is kept."""
        return self._known.get(key)

    def add(self, key: int, article: Article) -> None:
        """Keep it."""
        with self._adding:
            if len(self._known) >= self.most:
                self._known.popitem(last=False)
            self._known[key] = article
