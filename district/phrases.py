"""Phrases (常用语) that an agent puts into what he writes to a resident, and forms of answers (答复模板) that a unit
writes from: the pack's ``phrases.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "phrases.yaml"
MOST = 9
"""As many as there are number keys."""


BLANK = re.compile(r"【[^【】\n]{1,20}】")
ADDRESSED, PHONE = "【称呼】", "【联系电话】"
"""Blanks that stand in a past answer, offered again, where it named its resident."""


class Phrase(Rule):
    """One phrase: what its button is called, and the words it puts in."""

    name: str = Field(min_length=1, max_length=12)
    text: str = Field(min_length=1, max_length=500)


class AnswerForm(Rule):
    """A form of an answer: what it is called, what 【】 in it must be filled in, and for which request types it is."""

    name: str = Field(min_length=1, max_length=30)
    text: str = Field(min_length=1, max_length=2000)
    request_types: tuple[str, ...] = ()
    """Empty: for every one."""


class Phrases(Rule):
    """The phrases, in the order of the number keys that put them in; the forms of answers, in the order offered."""

    phrases: tuple[Phrase, ...] = Field((), max_length=MOST)
    answers: tuple[AnswerForm, ...] = Field((), max_length=50)


def blanks_left(forms: Iterable[AnswerForm], answer: str) -> list[re.Match[str]]:
    """The blanks of these forms in an answer. Other words in 【】 are its writer's own, a signature say."""
    known = {ADDRESSED, PHONE, *(blank for form in forms for blank in BLANK.findall(form.text))}
    return [found for found in BLANK.finditer(answer) if found[0] in known]


def read_phrases(folder: Path, problems: Problems) -> Stated[Phrases] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(Phrases, read_document(folder, FILE, problems), problems)
