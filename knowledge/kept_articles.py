"""Articles as Tantivy stores them: with what the second stage sees of each, so that finding one costs no folding.

Of a view all but ``parts`` is stored: they are ten times as large as the rest, and of them a question needs only its
own, which are soon found in the text.
"""

from __future__ import annotations

import marshal
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from knowledge.engine import to_document, to_stored
from knowledge.features import View
from knowledge.index import Document

KEPT = 8_000
"""So many articles are kept ready in memory, about 50 MB."""

_whole = lru_cache(maxsize=3_000)(View.of)  # only learning needs them, the same ones again and again
_SAMPLE = Document(
    "id", "Ｔitle 标题A1", "第一句。第二句，１２号；\n第三句？" * 20, ("问题一", "Ab问题"), ("词",), "01", "U1"
)
_OUTLINES = list(View.outlines(_SAMPLE))


class Article(NamedTuple):
    """A document, and the values of the view of it without ``parts``."""

    document: Document
    view: Mapping[str, Any]

    @classmethod
    def of(cls, document: Document) -> Article:
        return cls(document, View.outlines(document))

    def stored(self) -> bytes:
        """For ``read``, in the same version of Python."""
        return marshal.dumps((to_stored(self.document), list(self.view.values())))

    @classmethod
    def read(cls, stored: bytes) -> Article:
        """The way back. Raises ``ValueError``, ``EOFError`` or ``TypeError`` for what is not stored so."""
        document, values = marshal.loads(stored)  # noqa: S302  from our own index
        return cls(to_document(document), dict(zip(_OUTLINES, values, strict=True)))

    def seen(self, parts: Iterable[str] | None) -> View:
        """The view for questions that look for these parts, single characters or two together; None: the whole view."""
        if parts is None:
            return _whole(self.document)
        solid = self.view["solid"]
        return View(**self.view, parts=frozenset([part for part in parts if part in solid]))


def fingerprint(stored: bytes) -> int:
    """64 bits that stand for the content."""
    return int.from_bytes(blake2b(stored, digest_size=8).digest())


FORM = fingerprint(Article.of(_SAMPLE).stored())
"""What a sample looks like when stored: an index with articles of another form cannot be read."""


class Kept:
    """Articles kept ready by the fingerprint of their content, so that a later state of the index finds them too.

    The one known longest makes room. Safe for several threads.
    """

    def __init__(self) -> None:
        self._most = KEPT
        self._known: dict[int, Article] = {}
        self._adding = threading.Lock()

    def get(self, key: int) -> Article | None:
        """The article of this fingerprint, if it is kept."""
        return self._known.get(key)

    def add(self, key: int, article: Article) -> None:
        """Keep it."""
        with self._adding:
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[key] = article
