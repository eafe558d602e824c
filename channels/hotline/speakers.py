"""Which side of a call is the resident's: by the labels, and where they do not tell, by what only agents say.

In doubt a turn counts as the caller's: an agent's sentence too much in a ticket is read over, a resident's sentence
too few is lost.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from channels.hotline.reading import Reading
from channels.hotline.transcript import Transcript

Role = Literal["agent", "caller", "machine"]


def roles(call: Transcript, reading: Reading) -> tuple[list[Role], tuple[str, ...]]:
    """The role of each turn, in order, and notes on what had to be inferred."""
    said_by = {label: _by_label(label, reading) for label in {each.speaker for each in call.turns}}
    known = {role for role in said_by.values() if role}
    persons = {label for label, role in said_by.items() if role != "machine"}
    if len(persons) == 1:
        return _one_label(call, reading, said_by, next(iter(persons)))
    unknown = sorted(label for label, role in said_by.items() if role is None)
    notes: tuple[str, ...] = ()
    if unknown:
        inferred = _by_formulas(call, reading, unknown, known)
        if inferred is None:
            notes = ("分不清哪一方是来电人，各方的话都算作来电内容",)
        else:
            told = "、".join(f"“{_named(label)}”是{_SIDES[inferred[label]]}" for label in unknown[:4])
            notes = (f"说话人标签不明，按用语判断：{told}",)
        said_by.update(inferred or dict.fromkeys(unknown, "caller"))
    return [said_by[each.speaker] or "caller" for each in call.turns], notes


_INTO_SILENCE = 30
"""Characters beyond formulas that an agent says when nobody answers."""

_SIDES: dict[Role | None, str] = {"agent": "坐席", "caller": "来电人", "machine": "系统"}


def _by_label(label: str, reading: Reading) -> Role | None:
    """By the longest known word in the label: 客户服务代表 is an agent although it begins as a 客户 does."""
    lower = label.lower()
    for word, role in reading.labels:
        if word in lower:
            return role  # type: ignore[return-value]  # only the three words are put into ``labels``
    return None


def _by_formulas(
    call: Transcript, reading: Reading, unknown: list[str], known: set[Role]
) -> dict[str, Role | None] | None:
    """Roles of labels that say nothing themselves; None where the words do not tell either."""
    if "agent" in known and "caller" not in known:
        return dict.fromkeys(unknown, "caller")
    hits = Counter(dict.fromkeys(unknown, 0))
    for each in call.turns:
        if each.speaker in hits and reading.formulas.search(each.text):
            hits[each.speaker] += 1
    (first, most), *others = hits.most_common()
    if "caller" in known and "agent" not in known and len(unknown) == 1:
        return {first: "agent"}
    if "agent" in known:
        return {label: "agent" if hits[label] else "caller" for label in unknown}
    if most == 0 or (others and others[0][1] == most):
        return None
    return {label: "agent" if label == first else "caller" for label in unknown}


def _one_label(
    call: Transcript, reading: Reading, said_by: dict[str, Role | None], label: str
) -> tuple[list[Role], tuple[str, ...]]:
    """All persons under one label (or none): each turn is judged by itself.

    Under an agent's label alone it is rather a silent call, unless more is said there than an agent says into silence.
    """
    role = said_by[label]
    agents = [bool(reading.formulas.search(each.text)) and each.speaker == label for each in call.turns]
    if role == "caller" and not any(agents):
        return [said_by[each.speaker] or "caller" for each in call.turns], ()
    judged: list[Role] = [
        "machine" if said_by[each.speaker] == "machine" else "agent" if formula else "caller"
        for each, formula in zip(call.turns, agents, strict=True)
    ]
    beyond = sum(len(each.text) for each, one in zip(call.turns, judged, strict=True) if one == "caller")
    if role == "agent" and beyond <= _INTO_SILENCE:
        return [said_by[each.speaker] or "agent" for each in call.turns], ()
    return judged, (f"各句的说话人都写作“{_named(label)}”，逐句按用语区分坐席和来电人",)


def _named(label: str) -> str:
    return label or "（空）"
