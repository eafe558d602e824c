"""Phrases (常用语) that an agent puts into what he writes to a resident: the pack's ``phrases.yaml``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "phrases.yaml"
MOST = 9
"""As many as there are number keys."""


class Phrase(Rule):
    """One phrase: what its button is called, and the words it puts in."""

    name: str = Field(min_length=1, max_length=12)
    text: str = Field(min_length=1, max_length=500)


class Phrases(Rule):
    """The phrases, in the order of the number keys that put them in."""

    phrases: tuple[Phrase, ...] = Field((), max_length=MOST)


def read_phrases(folder: Path, problems: Problems) -> Stated[Phrases] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(Phrases, read_document(folder, FILE, problems), problems)
