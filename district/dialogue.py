"""How the desk converses (会话): the pack's ``dialogue.yaml``. Patience, questions, and the words it understands.

The words are regular expressions that a whole message must be, folded by ``spoken``: a message that says more is no
command but what the resident has to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "dialogue.yaml"
Asked = Literal["place", "time", "object", "contact"]
"""What triage may find missing (``Assessment.missing``)."""
Word = Literal[
    "greeting", "thanks", "nod", "menu", "progress", "person", "supplement", "edit", "unknown",
    "right", "wrong", "solved", "unsolved", "same", "new", "verdict", "abuse",
]  # fmt: skip
WORDS: tuple[Word, ...] = get_args(Word)


_ENDS = re.compile(r"^[\W_]+|[\W_]+$")
_INSIDE = re.compile(r"[\s,，。.、!！?？~～…;；]+")
_FACES = re.compile(r"\[[^\[\]]{1,8}\]|/:[\w<>@\-&!~|]{1,6}")
_OPTION = re.compile(
    r"(?:我?选(?:择|的?是)?|回复?|答|按)?第?([1-9]|[一二三四五六七八九])(?:[号个条项]|选项)?(?:吧|的)?", re.IGNORECASE
)
_PARTICLES = re.compile("[啊呀哇哦噢哈呢嘛啦喽咯哩哟]+$")
_DIGITS = {word: at for at, word in enumerate("一二三四五六七八九", 1)}
_SAID = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
_HAN = re.compile(r"[\u3400-\u9fff]")


def spoken(text: str) -> str:
    """A message as its words are looked for: folded, without faces, blanks and marks."""
    folded = unicodedata.normalize("NFKC", _FACES.sub("", text)).lower()
    words = _INSIDE.sub("", _ENDS.sub("", folded))
    return _PARTICLES.sub("", words) or words


def letters(text: str) -> int:
    """How many letters and ideographs a text has."""
    return len(_LETTER.findall(text))


def has_letters_or_digits(text: str) -> bool:
    """Whether a text is more than marks and faces."""
    return _SAID.search(text) is not None


def is_foreign(text: str) -> bool:
    """Whether a text is in letters, and none of them Chinese."""
    return letters(text) >= 4 and _HAN.search(text) is None


def option(text: str, most: int) -> int | None:
    """Which of ``most`` numbered options a message names (1 …), if it says nothing else."""
    found = _OPTION.fullmatch(spoken(text))
    if found is None:
        return None
    number = _DIGITS.get(found[1]) or int(found[1])
    return number if number <= most else None


class DialogueRules(Rule):
    """Patience in seconds and minutes, how much is asked, and the words that are understood.

    ``states`` tells a resident in his words how his ticket stands; ``fields`` names what is asked for.
    """

    pause_seconds: float = Field(6, ge=0, le=60)
    """So long after a fragment more of it may come before anything is said."""
    longest_pause_seconds: float = Field(20, ge=0, le=120)
    fragment: int = Field(8, ge=0)
    """Letters of a message that may be only a part of what somebody is typing."""
    bare: int = Field(4, ge=1)
    """Letters without which a message with no known word says nothing yet."""
    questions: int = Field(3, ge=0, le=6)
    order: tuple[Asked, ...] = ("place", "time", "object", "contact")
    question_minutes: int = Field(10, ge=1)
    answer_minutes: int = Field(120, ge=1)
    unsure_hours: int = Field(24, ge=0)
    person_minutes: int = Field(30, ge=1)
    """So long nobody has come after 转人工 until the bot speaks again."""
    again_minutes: int = Field(10, ge=1)
    """What need not be said twice is said again after so long."""
    courtesies: int = Field(10, ge=1)
    """So often in ``again_minutes`` thanks, the menu, the progress and the like are answered: then it is a machine."""
    on_site: tuple[str, ...] = ()
    """Categories, of any level, for which somebody goes there: the place is asked for though the unit is known."""
    on_site_types: tuple[str, ...] = ()
    """Request types of which that holds."""
    person_matter: str = "要求人工服务"
    """What a ticket says that is opened because somebody wants to speak with a person and has said nothing yet."""
    answers: bool = True
    """Whether questions are answered out of articles without a person."""
    fields: Mapping[Asked, str] = {"place": "地点", "time": "时间", "object": "对象", "contact": "联系方式"}
    states: Mapping[str, str] = {
        "received": "已收到，正在研判",
        "assessed": "已收到，等待派单",
        "on_case": "正在办理",
        "told": "已答复，等您评价",
        "answered_directly": "已答复",
    }
    choices: Mapping[str, str] = {
        "confirm": "没有问题",
        "edit": "要修改",
        "solved": "解决了",
        "unsolved": "没解决",
        "noted": "知道了",
        "different": "情况不同，请人处理",
        "same": "是补充",
        "new": "是新的事",
        "none": "都不是",
        "more": "补充内容",
    }
    """What stands on the buttons where a channel has some; a field's is its name."""
    orders: tuple[str, ...] = ()
    """Words that command the bot; without a matter beside them there is nothing to do."""
    words: Mapping[Word, tuple[str, ...]] = {}
    """Ways of saying each; what has none is not understood."""

    @model_validator(mode="after")
    def _sound(self) -> DialogueRules:
        for name, patterns in [*self.words.items(), ("orders", self.orders)]:
            for pattern in patterns:
                try:
                    re.compile(pattern)
                except re.error:
                    msg = f"{name} 中的“{pattern}”不是正则表达式"
                    raise ValueError(msg) from None
        if len(set(self.order)) != len(self.order):
            msg = "order 里有重复"
            raise ValueError(msg)
        return self

    @cached_property
    def _forms(self) -> Mapping[Word, re.Pattern[str]]:
        return {word: _any(self.words.get(word, ())) for word in WORDS}

    def says(self, word: Word, text: str) -> bool:
        """Whether the whole message is this word."""
        return self._forms[word].fullmatch(spoken(text)) is not None

    def is_word(self, text: str) -> bool:
        """Whether the whole message is any of the words."""
        return any(form.fullmatch(spoken(text)) for word, form in self._forms.items() if word != "abuse")

    def orders_about(self, text: str) -> bool:
        """Whether the message commands the bot."""
        return _any(self.orders).search(unicodedata.normalize("NFKC", text).lower()) is not None


@lru_cache(maxsize=64)
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


def read_dialogue(folder: Path, problems: Problems) -> Stated[DialogueRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(DialogueRules, read_document(folder, FILE, problems), problems)
