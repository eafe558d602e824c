"""The taxonomy of matters (诉求分类), three levels deep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from district.errors import UnknownName
from district.schemas import Category


class Taxonomy:
    """All categories by code. Read only, safe to share between threads."""

    def __init__(self, categories: Iterable[Category]) -> None:
        self._categories = {category.code: category for category in categories}
        self.leaves = tuple(category for category in self._categories.values() if category.level == 3)

    def __iter__(self) -> Iterator[Category]:
        return iter(self._categories.values())

    def __len__(self) -> int:
        return len(self._categories)

    def __contains__(self, code: object) -> bool:
        return code in self._categories

    def get(self, code: str) -> Category:
        """The category with this code; raises ``UnknownName``."""
        try:
            return self._categories[code]
        except KeyError:
            raise UnknownName("分类", code) from None

    def path(self, code: str) -> tuple[str, ...]:
        """The names down to the category; the code alone where it is not known, or not any more."""
        found = self._categories.get(code)
        return found.path if found is not None else (code,)
