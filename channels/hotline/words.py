"""What a caller said, made readable, and whether there is anything in it for the desk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.hotline.reading import Reading, any_of
from channels.hotline.speakers import Role
from channels.hotline.transcript import Transcript, clock

_CLAUSES = re.compile(r"[，。！？、；：,.!?;:\s…~～]+")
_SHORT = 200
_SHOWN = {"agent": "坐席", "caller": "来电人", "machine": "系统"}


@dataclass(frozen=True, slots=True)
class Said:
    """A call by sides: raw turns of the caller and of the agent."""

    caller: tuple[str, ...]
    agent: tuple[str, ...]


def by_side(call: Transcript, roles: Sequence[Role]) -> Said:
    turns = list(zip(call.turns, roles, strict=True))
    caller = tuple(each.text for each, role in turns if role == "caller" and each.text)
    return Said(caller, tuple(each.text for each, role in turns if role == "agent" and each.text))


def cleaned(text: str, reading: Reading) -> str:
    """A turn without fillers and the recogniser's stutters, by the rules of ``cleaning``, in their order."""
    for pattern, becomes in reading.cleaning:
        text = pattern.sub(becomes, text)
    return " ".join(text.split())


def words_of(said: Said, reading: Reading) -> str:
    """The caller's words, a turn a line, without turns that only greet, thank or agree.

    Where nothing else is left, those stay: a 对 may confirm what the agent put into words.
    """
    turns = [text for text in (cleaned(each, reading) for each in said.caller) if _clauses(text)]
    small = any_of((*reading.rules.empty.courtesy, *reading.rules.empty.silence))
    telling = [text for text in turns if not all(small.fullmatch(clause) for clause in _clauses(text))]
    return "\n".join(telling or turns)


def nothing_in_it(call: Transcript, said: Said, reading: Reading) -> tuple[str, tuple[str, ...]]:
    """Why the desk has nothing to do with this call ("" if it has), and notes.

    Emergency words on either side, outside of the agent's formulas, keep a call whatever else speaks against it.
    """
    kind, reason = _suspected(call, said, reading)
    if not kind:
        return "", ()
    heard = [*said.caller, *(text for text in said.agent if not reading.formulas.search(text)), call.remark]
    if any(reading.emergency.search(text) for text in heard):
        return "", (f"{reason}；但话中有紧急情形的字样，仍予受理",)
    if kind == "silence" and _speaks(said, reading):
        return "", (f"{reason}；但来电人说了话，仍予受理",)
    return reason, ()


def _suspected(call: Transcript, said: Said, reading: Reading) -> tuple[str, str]:
    """What kind of empty call this looks like, and the sentence that says by what sign."""
    kind = reading.marks.get(call.mark.strip().lower(), "")
    if kind:
        return kind, f"{_KINDS[kind]}（平台标记“{call.mark.strip()[:20]}”）"
    if any(pattern.search(clause) for clause in _clauses(call.remark) for pattern in reading.malicious):
        return "malicious", f"{_KINDS['malicious']}（坐席备注）"
    if any(_announced(text, reading) for text in said.agent):
        return "malicious", f"{_KINDS['malicious']}（坐席当场标记）"
    return _by_own_words(said, reading)


def _by_own_words(said: Said, reading: Reading) -> tuple[str, str]:
    empty = reading.rules.empty
    if not _speaks(said, reading):
        return "silence", _KINDS["silence"]
    if _only(said, empty.wrong_number, empty.wrong_number_more, reading):
        return "wrong_number", f"{_KINDS['wrong_number']}（来电人说打错了）"
    if _only(said, empty.test, (), reading):
        return "test", f"{_KINDS['test']}（来电人说是测试）"
    return "", ""


_KINDS = {
    "silence": "无声电话，来电人没有说话",
    "wrong_number": "打错的电话",
    "test": "测试电话",
    "malicious": "恶意骚扰电话",
}


def _announced(text: str, reading: Reading) -> bool:
    """Whether the agent tells the caller that the call is put down as malicious; a clause that starts so is no sign."""
    return any(pattern.search(text) for pattern in reading.malicious if not pattern.pattern.startswith("^"))


def _speaks(said: Said, reading: Reading) -> bool:
    """Whether the caller said anything but a greeting into the line."""
    silence = any_of(reading.rules.empty.silence)
    return any(not silence.fullmatch(clause) for text in said.caller for clause in _clauses(text))


def _only(said: Said, signs: Sequence[str], more: Sequence[str], reading: Reading) -> bool:
    """Whether one clause holds a sign and every clause is made of signs, courtesy and silence, or is one of ``more``.

    Such a call is short: above ``_SHORT`` characters it is none, which also bounds what the expressions may cost.
    """
    if sum(map(len, said.caller)) > _SHORT:
        return False
    clauses = [clause for text in said.caller for clause in _clauses(cleaned(text, reading))]
    empty = reading.rules.empty
    sign, beside = any_of(signs), any_of(more)
    made_of = re.compile(f"(?:{any_of((*signs, *empty.courtesy, *empty.silence)).pattern}){{1,4}}")
    empty_words = all(made_of.fullmatch(clause) or beside.fullmatch(clause) for clause in clauses)
    return empty_words and any(sign.search(clause) for clause in clauses)


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSES.split(text) if clause]


def dialogue(call: Transcript, roles: Sequence[Role]) -> str:
    """The call as it was: header lines, then every turn with its time, its speaker as labelled, and its raw words."""
    lines = [f"呼叫编号：{call.call_id}"]
    for name, value in (
        ("主叫号码", call.phone),
        ("来电人", call.name),
        ("开始时间", call.started),
        ("标记", call.mark),
        ("备注", call.remark),
    ):
        lines += [f"{name}：{value}"] if value else []
    lines += [*call.others, ""]
    for each, role in zip(call.turns, roles, strict=True):
        times = "-".join(part for part in (clock(each.start), clock(each.end)) if part)
        side = each.speaker or _SHOWN[role]
        lines.append(f"{f'[{times}] ' if times else ''}{side}：{each.text}")
    return "\n".join(lines).strip()
