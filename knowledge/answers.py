"""Articles for what a resident wrote: rambling text made into a query that stays quick."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.index import Filters, Hit, Inquiry, Message, SearchIndex

LONGEST = 160
"""Characters of a query: the index chooses the telling terms among them; more costs time and adds noise."""
BEHIND = 3.0
"""How far behind the best an article may be and still stand beside a ticket."""
RELEVANT = 0.05
"""Share of the question that an article, or one of the questions it answers, has to cover."""
_POLITE = re.compile(
    r"(您好|你好|领导好?|尊敬的[^，,：:]{0,8}|麻烦(您|你们)?|谢谢(您|你们)?|请问一下?|想(咨询|问)一下?|我想(问|咨询))"
    r"[，,：:！!。\s]*"
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_ASKS = re.compile(r"[?？吗呢么]|怎么|如何|哪里|哪些|什么|多少|能不能|可不可以|材料|条件|流程|手续")


def query_of(text: str) -> str:
    """A query of at most ``LONGEST`` characters: the sentences that ask first, then the others in their order."""
    plain = _POLITE.sub("", text).strip()
    if len(plain) <= LONGEST:
        return plain or text.strip()[:LONGEST]
    sentences = [found.group().strip() for found in _SENTENCE.finditer(plain[:4000]) if found.group().strip()]
    ordered = sorted(range(len(sentences)), key=lambda at: (not _ASKS.search(sentences[at]), at))
    chosen: list[str] = []
    for at in ordered:
        if sum(map(len, chosen)) >= LONGEST:
            break
        chosen.append(sentences[at])
    return " ".join(chosen)[:LONGEST]


@dataclass(frozen=True, slots=True)
class Matter:
    """What a resident wrote, the code of the category triage is fairly sure of, empty where it is not, and the title
    of a letter.
    """

    text: str
    category: str = ""
    title: str = ""

    def message(self) -> Message:
        """What to look for: the title as it is, of the text what asks and tells."""
        title, text = (query_of(part) for part in (self.title, self.text))
        return Message(title, text) if title else Message(text)


def beside(
    index: SearchIndex, matters: Sequence[Matter], *, limit: int = 3, on: date | None = None
) -> list[Sequence[Hit]]:
    """For each matter the articles to show beside its ticket: of its category first, then of its kind, then what is
    plainly about it.

    Unlike ``find``, which gives a person who asks the best there is, nothing is shown that only shares a common word.
    """
    messages = [matter.message() for matter in matters]
    inquiries = index.inquire(messages)
    return [
        _beside(inquiry, matter.category, limit, on) if message.title else ()
        for matter, message, inquiry in zip(matters, messages, inquiries, strict=True)
    ]


def _beside(inquiry: Inquiry, category: str, limit: int, on: date | None) -> Sequence[Hit]:
    chosen: dict[str, Hit] = {}
    for area in (category, category[:-2]):
        if area and len(chosen) < limit:
            near = inquiry.best(limit=limit, filters=Filters(on=on, category=area))
            chosen |= {hit.id: hit for hit in near if hit.id not in chosen}
    if len(chosen) < limit:
        found = inquiry.best(limit=limit, filters=Filters(on=on), behind=BEHIND)
        chosen |= {hit.id: hit for hit in found if hit.id not in chosen and hit.relevance >= RELEVANT}
    return list(chosen.values())[:limit]


def find(index: SearchIndex, text: str, *, limit: int = 3, on: date | None = None) -> Sequence[Hit]:
    """The articles in force on ``on`` that answer what was written, the best first; none for a text without words."""
    query = query_of(text)
    return index.search(query, limit=limit, filters=Filters(on=on)) if query else []
