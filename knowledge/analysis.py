"""Chinese text cut for searching: single characters and character bigrams, and of a question jieba words too.

Words alone miss what the dictionary cuts differently in question and article; characters and bigrams need no
dictionary and found more on every collection we measured (docs/knowledge.md). They alone are indexed; a word is
asked for by its rarest gram (``asking``), and the second stage looks for it in the text.
"""

from __future__ import annotations

import re
import threading
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from pathlib import Path
from typing import Any

from knowledge.segmentation import Segmenter

TOKENISER = "chars+bigrams/2"
"""Changes with everything that changes the cut of ordinary text; an index cut by another version has to be rebuilt."""

MAX_TERM = 40
"""Longer runs of letters and digits (links, keys) are cut off here."""

LONGEST_RUN = 500
"""So many characters without punctuation or space are cut into words at a time: jieba's time grows with the square."""

_HAN = "\u3400-\u9fff\U00020000-\U0003134f"
_RUN = re.compile(f"[{_HAN}a-z0-9]+")
_PIECE = re.compile(f"[{_HAN}]|[a-z0-9]+")
# What jieba takes as one run: its `re_han_default`.
_UNBROKEN = re.compile(rf"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]{{{LONGEST_RUN}}}")
_WIDE = tuple((sign, unicodedata.normalize("NFKC", sign)) for sign in "，：；！？（）")
_SEARCHABLE = re.compile(f"[{_HAN}a-z0-9]")

STOP_WORDS = frozenset(
    (  # noqa: SIM905  a list would take seventy lines
        "的 了 是 在 和 与 及 或 也 都 就 而 着 吗 呢 吧 啊 呀 嘛 么 之 于 其 以 被 "
        "把 从 向 对 为 我 你 您 他 她 它 我们 你们 他们 这 那 这个 那个 这些 那些 一个 "
        "有 没有 很 还 又 请 请问 您好 你好 谢谢 一下 如何 怎么 怎样 什么 为什么 哪里 可以 "
        "能 能否 是否 关于 "
    ).split()
)
"""Words that carry no matter. They are left out of the word terms only: characters and bigrams keep everything."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A text's terms in order, repeats kept. ``grams`` are single characters and pairs of neighbours."""

    words: tuple[str, ...]
    grams: tuple[str, ...]


@lru_cache(maxsize=64)  # of a question and of an article it is asked for several times in a row
def fold(text: str) -> str:
    """One spelling for one thing: full-width forms, compatibility characters and capitals are folded (NFKC, lower)."""
    plain = _narrow(text)
    return (plain if unicodedata.is_normalized("NFKC", plain) else unicodedata.normalize("NFKC", plain)).lower()


def keeps_places(text: str) -> bool:
    """Whether every character of the text is one when folded, so that positions in both are the same."""
    return unicodedata.is_normalized("NFKC", _narrow(text)) and len(fold(text)) == len(text)


def _narrow(text: str) -> str:
    """Without the full-width signs that are all there is to normalise in most Chinese texts: much the quicker way."""
    for sign, plain in _WIDE:
        text = text.replace(sign, plain)
    return text


def grams(folded: str) -> Iterator[str]:
    """Characters and bigrams of folded text; a run of letters or digits counts as one character.

    Pairs never reach over punctuation or space: ``A3区 停车`` gives a3, 区, a3区, 停, 车, 停车.
    """
    for run in runs(folded):
        pieces = [piece[:MAX_TERM] for piece in _PIECE.findall(run)]
        yield from pieces
        yield from map(add, pieces, pieces[1:])


def runs(folded: str) -> list[str]:
    """What stands between punctuation and spaces."""
    return _RUN.findall(folded)


def is_bigram(gram: str) -> bool:
    """Whether the gram is a pair of neighbours, not a single character or run of letters."""
    return len(gram) > 1 and not gram.isascii()  # two runs of letters are never neighbours


class Analyzer:
    """Cuts text into ``Terms``. Has its own jieba tokenizer, loaded at the first text (about a second).

    jieba's compiled dictionary is kept in ``cache`` (``YINGSHENG_HOME``), not in the machine's shared temporary
    folder where another user could have put a file of that name.
    """

    version = TOKENISER

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._jieba: Any = None
        self._loading = threading.Lock()

    def load(self) -> None:
        """Load the dictionary now instead of at the first text."""
        with self._loading:
            if self._jieba is None:
                self._jieba = _tokenizer(self._cache)

    def terms(self, text: str) -> Terms:
        """Cut ``text``. Any string is allowed; without a searchable character both tuples are empty."""
        folded = fold(text)
        return Terms(words=self._words(folded), grams=tuple(grams(folded)))

    def _words(self, folded: str) -> tuple[str, ...]:
        if self._jieba is None:
            self.load()
        return tuple(
            word[:MAX_TERM]
            for word in self._jieba.cut_for_search(_UNBROKEN.sub("\\g<0>\n", folded))
            if word not in STOP_WORDS and _SEARCHABLE.match(word)
        )


def _tokenizer(cache: Path) -> Segmenter:
    with warnings.catch_warnings():
        # jieba 0.42 has unescaped regular expressions and imports pkg_resources; both warn on newer Pythons.
        warnings.filterwarnings("ignore", category=SyntaxWarning, message="invalid escape sequence")
        warnings.filterwarnings("ignore", category=DeprecationWarning, message="invalid escape sequence")
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        import jieba
    jieba.setLogLevel(60)  # it prints its loading time to stderr, where our progress lines go
    cache.mkdir(parents=True, exist_ok=True)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache)
    tokenizer.cache_file = "jieba.cache"
    tokenizer.initialize()
    return Segmenter(tokenizer)
