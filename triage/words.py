"""Learning words: jieba cuts the training texts, what it finds becomes the model's own lexicon.

jieba is needed at training only. It gets a tokenizer of its own with its cache in a folder given, never the shared
temporary folder, where another user's file would be read as a pickle-like cache.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from triage.text import Lexicon

MAX_WORD = 8


class Cutter:
    """jieba with its own dictionary and words of the district. Loaded on first use; safe to share between threads."""

    def __init__(self, cache: Path | None = None, user_words: Iterable[str] = ()) -> None:
        self._cache = cache
        self._user_words = tuple(user_words)
        self._loading = threading.Lock()
        self._tokenizer: Any = None

    def _loaded(self) -> Any:
        with self._loading:
            if self._tokenizer is None:
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
                    warnings.filterwarnings("ignore", message="invalid escape sequence")
                    import jieba
                jieba.setLogLevel(logging.WARNING)
                tokenizer = jieba.Tokenizer()
                if self._cache is None:
                    with tempfile.TemporaryDirectory(prefix="yingsheng-words-") as folder:
                        tokenizer.tmp_dir = folder
                        tokenizer.initialize()
                else:
                    self._cache.mkdir(parents=True, exist_ok=True)
                    tokenizer.tmp_dir = str(self._cache)
                    tokenizer.initialize()
                for word in self._user_words:
                    tokenizer.add_word(word)
                self._tokenizer = tokenizer
        return self._tokenizer

    def cut(self, masked: str) -> list[str]:
        """The words of a masked text, blanks left out."""
        return [word for word in self._loaded().lcut(masked, HMM=False) if not word.isspace()]


def learn(masked: Iterable[str], cutter: Cutter, *, at_least: int = 2) -> Lexicon:
    """The lexicon of texts: words of two to eight characters seen ``at_least`` times, and every character seen."""
    seen: Counter[str] = Counter()
    for text in masked:
        seen.update(cutter.cut(text))
    return Lexicon(
        {word: count for word, count in seen.items() if len(word) <= MAX_WORD and (len(word) == 1 or count >= at_least)}
    )
