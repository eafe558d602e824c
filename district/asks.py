"""What a dispatcher asks the resident for (``asks.yaml``): time, object or contact, by category.

The place is not among them: the dispatch directory itself says where it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from district.reading import Problems, Stated, build_items, read_document
from district.rule import Rule

FILE = "asks.yaml"
EntityName = Literal["address", "place", "organisation", "person", "phone", "plate", "time", "money", "order_number"]


class Ask(Rule):
    """One thing to ask for, in cases of these categories (of any level), request types and channels; empty: of all.

    It is there where the text names an entity of one of the kinds or one of the patterns is found.
    """

    missing: Literal["time", "object", "contact"]
    categories: tuple[str, ...] = Field(min_length=1)
    request_types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    entities: tuple[EntityName, ...] = ()
    found: tuple[str, ...] = ()


def read_asks(folder: Path, problems: Problems) -> list[Stated[Ask]]:
    """The pack's ``asks.yaml``; empty where it has none."""
    if not (folder / FILE).exists():
        return []
    return build_items(Ask, read_document(folder, FILE, problems), "asks", problems)
