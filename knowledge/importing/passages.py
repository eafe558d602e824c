"""Long documents in passages, parted at their own headings, each with the path of headings above it.

A regulation is parted at 编, 章, 节 and 条; a notice at 一、 and （一）; a document with headings of its own at those.
What is only an enumeration within a clause stays with its clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from district import numerals
from knowledge.errors import UnfitFile
from knowledge.importing import dialogue
from knowledge.importing.blocks import Block, as_text
from knowledge.importing.cleaning import first_sentence, one_line, safe_markdown, tidy
from knowledge.importing.material import Draft, Place, Reading, number_of_passage, series_of, stem

SHORT = 400
"""A text of so many characters is not parted at 一、 or （一）: it is one answer."""
LONG = 2_000
"""A clause, or a text without other headings, is parted at its enumeration only beyond this."""
LONGEST = 6_000
"""What has no headings at all is parted between paragraphs beyond this."""
MAX_BLOCKS = 100_000
_A_LINE = 25
"""Characters of an entry on average below which an enumeration is a list of things, not of headings."""
_ANSWER = 100
"""Characters of an entry of a numbered list on average from which entries are passages of their own."""
_HEADING = 40
"""Characters of what stands behind a label, or of a heading, at most."""
_QUESTION = 80
_RUN_IN = 24
JOINT = " > "

_N = "[0-9零〇○一二三四五六七八九十百千]{1,9}"
_PART, _CHAPTER, _SECTION, _ANNEX, _CLAUSE, _FIRST, _SECOND, _THIRD, _FOURTH = 10, 20, 30, 12, 40, 50, 60, 70, 80
_LABELS = (
    (re.compile(f"第({_N})(?:编|部分|分编)"), _PART),
    (re.compile(f"(?:附件|附录|附表)(?:({_N})(?=[\\s:：.、]|$)|$)"), _ANNEX),
    (re.compile(f"第({_N})章"), _CHAPTER),
    (re.compile(f"第({_N})节"), _SECTION),
    (re.compile(f"第({_N})条(?:之{_N})?"), _CLAUSE),
    (re.compile("([零〇一二三四五六七八九十百]{1,5})[、．]"), _FIRST),
    (re.compile("[（(]([零〇一二三四五六七八九十百]{1,5})[）)]"), _SECOND),
    (re.compile(r"(\d{1,3})(?:[、．]|\.(?!\d))"), _THIRD),
    (re.compile(r"[（(](\d{1,3})[）)]"), _FOURTH),
)
_REFERS = re.compile(r"[的规款项和与至或及、，,。；;）)》]|第[一二三四五六七八九十]+[款项]")
_CONTENTS_LINE = re.compile(r"[.．…·]{4,}\s*\d*\s*$|\t\d+\s*$")
_SENTENCE = re.compile("[。；;！!？?]|，.*，")
_KIND = re.compile(
    "(?:条例|办法|规定|细则|通知|意见|方案|指南|规程|规范|章程|公告|通告|决定|法|规则|措施|手册|须知|标准|守则)"
    r"(?:[（(][^（）()]{1,20}[）)])*$"
)
_OPENING_LINES = 12


@dataclass(slots=True)
class _Node:
    rank: int
    label: str = ""
    heading: str = ""
    at: int = 0
    number: int = 0
    begins: str = ""
    """What a part without a heading begins with, where it reads like one: （一）改善设施。…"""
    own: list[Block] = field(default_factory=list)
    below: list[_Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As it stands in a path: 第二章 保障."""
        gap = " " if self.rank in (_PART, _CHAPTER, _SECTION, _ANNEX) and self.heading else ""
        return f"{self.label}{gap}{self.called}"

    @property
    def called(self) -> str:
        """Its heading, or the words at its beginning that serve as one."""
        return self.heading or self.begins

    @property
    def key(self) -> str:
        """What tells it from its neighbours: the label alone, so that a heading may be reworded."""
        return self.label or self.heading

    def blocks(self) -> Iterator[Block]:
        """All that stands in it and below, the headings of those below among it."""
        yield from self.own
        for each in self.below:
            if each.heading or not each.own:
                yield Block(each.name, at=each.at)
            yield from each.blocks()

    def length(self) -> int:
        """Characters of it and of all below."""
        return sum(len(block.text) for block in self.own) + sum(len(b.name) + b.length() for b in self.below)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document: the headings down to it, what names it to a re-import, its own heading, its text."""

    path: tuple[str, ...]
    key: tuple[str, ...]
    heading: str
    text: str
    at: int = 0


def take(file: str, blocks: Sequence[Block], *, title: str = "") -> Reading:
    """A document as a reading: a draft for each question and answer, where it has such, else for each passage.

    One without any text has none and a fault.

    Raises ``UnfitFile`` for a text of more than ``MAX_BLOCKS`` paragraphs.
    """
    if len(blocks) > MAX_BLOCKS:
        raise UnfitFile(f"超过 {MAX_BLOCKS // 10_000} 万段，请分成几个文件")
    if dialogue.is_dialogue(blocks):
        reading = Reading(file)
        dialogue.take(reading, blocks)
        return reading
    title, rest = _title(file, blocks, title)
    reading = Reading(file, title=title, series=series_of(title))
    for passage in split(rest):
        reading.drafts.append(_draft(reading, passage))
    if not reading.drafts:
        reading.refuse("没有可以导入的文字")
    return reading


def _title(file: str, blocks: Sequence[Block], stated: str) -> tuple[str, Sequence[Block]]:
    """The title and what is left: as stated, else a line at the top that reads like one, else the file's name."""
    if stated:
        return one_line(stated)[:200], blocks
    opening = [block for block in blocks[:_OPENING_LINES] if not block.is_table and not block.is_item]
    tops = [block for block in blocks if block.level == 1]
    if len(tops) == 1 and blocks and tops[0] in opening and _label(tops[0].text) is None:
        return one_line(tops[0].text)[:200], [block for block in blocks if block is not tops[0]]
    for block in opening if len(blocks) > 1 else ():
        line = one_line(block.text)
        if _label(line) is not None or _SENTENCE.search(line):
            break
        if 4 <= len(line) <= 60 and _KIND.search(line):
            return line, [other for other in blocks if other is not block]
    return one_line(stem(file))[:200], blocks


def _draft(reading: Reading, passage: Passage) -> Draft:
    text = tidy(safe_markdown(passage.text))
    path = JOINT.join(passage.path)
    quoted = reading.title if "《" in reading.title else f"《{reading.title}》"
    own = passage.heading or first_sentence(_without_label(text.lstrip()), _QUESTION - 20) or path
    question = own if own == reading.title or not passage.heading else f"{reading.title}：{own}"
    if not passage.path:
        question = reading.title
    fields = {
        "id": number_of_passage(reading.series, passage.key),
        "question": question if len(question) > 1 else f"{reading.title}：{question}",
        "body": text,
        "basis": (f"{quoted}{path}",),
    }
    hints = () if len(text) <= LONGEST else (f"这一段有 {len(text)} 字，建议再分成几条",)
    return Draft(fields, Place(reading.file, row=passage.at), hints=hints)


def _without_label(line: str) -> str:
    found = _label(line)
    return line[found[1] :].lstrip(" \u3000:：") if found else line


def split(blocks: Sequence[Block]) -> list[Passage]:
    """The passages in the order of the text; every paragraph is in one of them, headings without text are in none."""
    passages: list[Passage] = []
    seen: dict[tuple[str, ...], int] = {}
    for passage in _passages(_tree(blocks), (), ()):
        seen[passage.key] = again = seen.get(passage.key, 0) + 1
        key = passage.key if again == 1 else (*passage.key, f"#{again}")
        passages.append(Passage(passage.path, key, passage.heading, passage.text, passage.at))
    return passages


def _tree(blocks: Sequence[Block]) -> _Node:
    root = _Node(0)
    open_nodes = [root]
    last: dict[int, int] = {}
    for block in blocks:
        if _CONTENTS_LINE.search(block.text):
            continue
        node = _heading(block, open_nodes, last)
        if node is None:
            open_nodes[-1].own.append(block)
            continue
        last[node.rank] = node.number
        if node.rank == _ANNEX:
            last.clear()  # an annex counts anew
        while open_nodes[-1].rank >= node.rank:
            open_nodes.pop()
        open_nodes[-1].below.append(node)
        open_nodes.append(node)
    return root


def _label(line: str) -> tuple[int, int, int, str] | None:
    """Rank, length of the label, its number and itself, where a line begins with one."""
    for pattern, rank in _LABELS:
        if found := pattern.match(line):
            return rank, found.end(), numerals.value(found[1]) or 0 if found[1] else 0, found[0]
    return None


def _heading(block: Block, open_nodes: Sequence[_Node], last: Mapping[int, int]) -> _Node | None:
    """The block as the beginning of a part; None where it is text."""
    if block.is_table or block.is_item:
        return None
    line = block.text.strip()
    found = _label(line)
    if found is None:
        return _Node(block.level, heading=one_line(line)[:200], at=block.at) if block.level else None
    rank, end, number, label = found
    rest = line[end:]
    if block.level and rank > _CLAUSE:
        return _Node(block.level, label, one_line(rest)[:200], block.at, number)
    heads = len(rest) <= _HEADING and "\n" not in rest and not _SENTENCE.search(rest)
    if rank < _CLAUSE:
        begins = heads
    elif rank == _CLAUSE:
        begins = _is_clause(rest, number, last.get(_CLAUSE, 0), label)
    else:  # （五） may go on in 二、 from where 一、 ended
        begins = number in (1, _last(open_nodes, rank) + 1, last.get(rank, 0) + 1)
    if not begins:
        return None
    if heads and rank != _CLAUSE:
        return _Node(rank, label, rest.strip(" \u3000:："), block.at, number)
    start = rest.lstrip().partition("。")[0]
    begins_with = start if rank != _CLAUSE and len(start) <= _RUN_IN and not set("，；：") & set(start) else ""
    return _Node(rank, label, "", block.at, number, begins_with, [block])


def _is_clause(rest: str, number: int, last: int, label: str) -> bool:
    """第八条 at the beginning of a line may only refer to one: numbers go on, and what follows is no part of speech."""
    if _REFERS.match(rest):
        return False
    parted = not rest or rest[0] in " \u3000\t:：【[（("
    return number == last + 1 or number == 1 or ("之" in label and number == last) or (parted and number > last)


def _last(open_nodes: Sequence[_Node], rank: int) -> int:
    """The number of the heading of this rank that came before within the same part."""
    for node in reversed(open_nodes):
        if node.rank < rank:
            return next((each.number for each in reversed(node.below) if each.rank == rank), 0)
    return 0


def _passages(node: _Node, path: tuple[str, ...], key: tuple[str, ...]) -> Iterator[Passage]:
    if node.rank:
        path, key = (*path, node.name), (*key, node.key)
    if not node.below and not node.own and node.rank >= _FIRST:
        yield Passage(path, key, node.heading, node.name, node.at)
        return
    if not node.below or not _apart(node):
        yield from _cut(node, path, key, list(node.blocks()))
        return
    if as_text(node.own).strip():
        yield from _cut(node, path, key, node.own)
    for each in node.below:
        yield from _passages(each, path, key)


def _apart(node: _Node) -> bool:
    """Whether the parts of a node are passages of their own, or an enumeration that belongs together."""
    ranks = {each.rank for each in node.below}
    if min(ranks) <= _CLAUSE:
        return True
    length = node.length()
    if min(ranks) >= _THIRD or node.rank == _CLAUSE:
        return length > LONG and length / len(node.below) > _ANSWER
    return length > SHORT and length / len(node.below) > _A_LINE


def _cut(node: _Node, path: tuple[str, ...], key: tuple[str, ...], blocks: Sequence[Block]) -> Iterator[Passage]:
    """The blocks as one passage, or as several between paragraphs where they are beyond ``LONGEST``."""
    parts: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        if parts[-1] and size + len(block.text) > LONGEST:
            parts.append([])
            size = 0
        parts[-1].append(block)
        size += len(block.text)
    for number, part in enumerate(parts, 1):
        text = as_text(part)
        if not text.strip():
            continue
        at = part[0].at or node.at
        if len(parts) == 1:
            yield Passage(path, key, node.called, text, at)
        else:
            named = f"第 {number} 部分"
            yield Passage((*path, named), (*key, named), f"{node.called} {named}".strip(), text, at)


def begins_part(line: str) -> bool:
    """Whether a line begins with a label such as 第八条 or 一、, so that it goes on from no line before."""
    found = _label(line)
    return found is not None and not (found[0] == _CLAUSE and _REFERS.match(line[found[1] :]))
