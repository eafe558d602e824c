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
WORDS = "words"
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


class AskWords(Rule):
    """How each missing thing is asked for, in words that an agent may say as they stand."""

    place: str = Field("请问具体在哪里？哪条路、哪个小区、几号楼？", min_length=2, max_length=120)
    time: str = Field("请问是什么时候的事？一直这样吗？", min_length=2, max_length=120)
    object: str = Field("请问具体是哪一家、哪一个？", min_length=2, max_length=120)
    contact: str = Field("请问怎么联系您？", min_length=2, max_length=120)

    def of(self, missing: str) -> str:
        """The words for one; empty for what nobody asks for."""
        return str(getattr(self, missing, "")) if missing in type(self).model_fields else ""


def read_asks(folder: Path, problems: Problems) -> list[Stated[Ask]]:
    """The pack's ``asks.yaml``; empty where it has none."""
    if not (folder / FILE).exists():
        return []
    return build_items(Ask, read_document(folder, FILE, problems), "asks", problems, beside=WORDS)
