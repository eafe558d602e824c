"""What the published articles of a moment say, for all that helps a person to ask: more words, slips, suggestions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.analysis import Terms
from knowledge.index import Document
from knowledge.spelling import Spelling
from knowledge.suggestions import Suggestions
from knowledge.synonyms import Addition, Synonyms, numbers


@dataclass(frozen=True, slots=True)
class Wording:
    """Made from the articles as an index has them at ``cursor``. Never changes; for all threads."""

    cursor: int
    synonyms: Synonyms
    spelling: Spelling
    suggestions: Suggestions

    @classmethod
    def of(
        cls, documents: Sequence[Document], synonyms: Synonyms, cut: Callable[[str], Terms], *, cursor: int = 0
    ) -> Wording:
        """The wording of these articles. ``cut`` is the analyzer's. About 2 s for 2,000 articles of a page."""
        spelling = Spelling.of(documents, cut, synonyms.words)
        return cls(cursor, synonyms, spelling, Suggestions.of(documents))

    def widen(self, query: str) -> Sequence[Addition]:
        """What to look for beside the query: what was meant by its slips, the district's synonyms, numbers."""
        return [*self.spelling.additions(query), *self.synonyms.widen(query), *numbers(query)]
