"""Categories and units as offices write them in a cell: by code, by name, by path."""

from __future__ import annotations

import re
from collections import Counter

from district.taxonomy import Taxonomy
from district.units import Units

_JOINT = re.compile(r"\s*(?:/|>|＞|／|\\|—|->|-)\s*")


class Vocabulary:
    """Finds codes for what a file says. Read only."""

    def __init__(self, taxonomy: Taxonomy, units: Units) -> None:
        self._taxonomy, self._units = taxonomy, units
        leaves = Counter(category.name for category in taxonomy.leaves)
        self._categories = {category.name: category.code for category in taxonomy.leaves if leaves[category.name] == 1}
        self._categories |= {"/".join(category.path): category.code for category in taxonomy}

    def category(self, text: str) -> str | None:
        """The code of a category by code, name or path; None where none is meant."""
        if text in self._taxonomy:
            return text
        if text.isdecimal():  # a spreadsheet drops the noughts before a number
            return next((code for wide in (2, 4, 6) if (code := text.zfill(wide)) in self._taxonomy), None)
        return self._categories.get(text) or self._categories.get("/".join(_JOINT.split(text.strip(" /"))))

    def unit(self, text: str) -> str | None:
        """The code of a unit by code, name, short name or alias; None where none is meant."""
        if text in self._units:
            return text
        found = self._units.by_name(text)
        return None if found is None else found.code
