"""Documents of questions and answers (问：… 答：…), as offices explain a policy: an article a question."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from knowledge.importing.blocks import Block, as_text
from knowledge.importing.cleaning import one_line, safe_markdown, tidy
from knowledge.importing.material import Draft, Place, Reading, number_of_question

_COUNTED = r"(?:(?:\d{1,3}|[一二三四五六七八九十]{1,3})[.、．]\s*)?"
_ASKED = re.compile(_COUNTED + r"(?:问题?|提问|Q)\s*\d{0,3}\s*[:：.、]\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_ANSWERED = re.compile(r"(?:答复?|回答|A)\s*\d{0,3}\s*[:：.、]\s*(.*)", re.IGNORECASE | re.DOTALL)
_FEWEST = 2


def is_dialogue(blocks: Sequence[Block]) -> bool:
    """Whether questions in the document are followed by answers, two of them at least."""
    pairs = itertools.pairwise(blocks)
    return sum(bool(_ASKED.match(one.text) and _ANSWERED.match(next_.text)) for one, next_ in pairs) >= _FEWEST


def take(reading: Reading, blocks: Sequence[Block]) -> None:
    """Add a draft for each question; one without an answer is refused, what stands before the first is named."""
    starts = [at for at, block in enumerate(blocks) if _ASKED.match(block.text)]
    if starts[0]:
        reading.notes.append("第一个问题之前的文字没有导入")
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        found = _ASKED.match(blocks[start].text)
        question = one_line(found[1] if found else "")
        answer = tidy(safe_markdown(as_text(_answer(blocks[start + 1 : end])))).strip()
        if not answer:
            reading.refuse(f"问题“{question[:40]}”没有答案", row=blocks[start].at)
            continue
        fields = {"id": number_of_question(question), "question": question, "body": answer}
        reading.drafts.append(Draft(fields, Place(reading.file, row=blocks[start].at)))


def _answer(blocks: Sequence[Block]) -> list[Block]:
    """The answer's blocks, the first without the word before it."""
    found = _ANSWERED.match(blocks[0].text) if blocks else None
    return [Block(found[1], at=blocks[0].at), *blocks[1:]] if found else list(blocks)
