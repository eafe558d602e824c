"""Looks an answer over before it goes out (答复体检). Pure: rules and words in, warnings out.

Was what was asked for answered, each point of it; personal data; promises without a day, past or beyond the deadline;
tone; who speaks; the last answer over again; blanks of a form, which alone keep an answer back. What is looked for is
the pack's (``reply_check.yaml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz

from casework.privacy import Person, traces
from casework.reply_dates import moments
from casework.reply_matters import Asked, Part, Speaker, parts_of, shown
from district.pack import District
from district.phrases import blanks_left
from district.replies import BUILT_IN, Phrase, ReplyRules, pattern_of

_SENTENCE = re.compile(r"[^。！!？?；;\n]+")
_CLAUSE = re.compile(r"[^。！!？?；;，,\n]+")
_DONE = re.compile(r"已[经于]?|(?<!未)完成了|(?:当|昨)[日天]")
_OFFICES_OWN = {
    "手机号": re.compile(r"客服|热线|(?:服务|咨询|联系|办公|值班|监督)电话"),
    "社交账号": re.compile(r"(?:公众|官方|服务|局|中心|公司)[^，。、；（(]{0,3}$"),
    "门牌": re.compile(r"地址|地点|中心|大厅|门诊|医院|局|办公"),
}
"""What offices give out of themselves, by the words before it."""
BEFORE = 12


@dataclass(frozen=True, slots=True)
class ReplyWarning:
    """One thing to look at: ``kind``, what it is called, a sentence, and where in the answer (None: all of it)."""

    kind: str
    label: str
    sentence: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the words: the day, the deadline, the last answer, whom the writer knows by name."""

    today: date
    due: date | None = None
    last: str = ""
    people: tuple[Person, ...] = ()


def check(
    rules: ReplyRules, district: District, asked: Sequence[Asked], answer: str, known: Known
) -> tuple[ReplyWarning, ...]:
    """The warnings, in the order of the answer; those about all of it first. An empty answer has none."""
    answer = answer.strip()
    if not answer:
        return ()
    found: list[ReplyWarning] = []
    for look in (_length, _blanks, _copied, _matters, _questions, _places, _personal, _promises, _signs):
        found += look(rules, district, asked, answer, known)
    found = [each for each in found if each.kind not in rules.without]
    for phrase in rules.phrases:
        found += _phrase(rules, phrase, answer, known)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.start is not None, each.start or 0)))


def _warn(kind: str, sentence: str, start: int | None = None, end: int | None = None) -> ReplyWarning:
    return ReplyWarning(kind, BUILT_IN[kind], sentence, start, end)


def _length(
    rules: ReplyRules, _district: District, _asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    if len(answer) < rules.shortest:
        yield _warn("too_short", f"只有 {len(answer)} 个字，请写明查到了什么、做了什么、结果怎样")


def _blanks(
    _rules: ReplyRules, district: District, _asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    for blank in blanks_left(district.answer_forms, answer):
        yield _warn("blank", "换成这件事的实际内容才能发出", *blank.span())


def _copied(
    rules: ReplyRules, _district: District, _asked: Sequence[Asked], answer: str, known: Known
) -> Iterator[ReplyWarning]:
    if known.last:
        likeness = fuzz.ratio("".join(answer.split()), "".join(known.last.split()))
        if likeness >= rules.copied:
            yield _warn("copied", f"与上次答复有 {likeness:.0f}% 相同，请写明这次重新办理做了什么")


def _matters(
    rules: ReplyRules, district: District, asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    speaker = Speaker(rules, district, answer)
    matters = [parts_of(each) for each in asked if each.text.strip()]
    alone = [parts[0] for parts in matters if len(parts) == 1]
    several = [parts for parts in matters if len(parts) > 1]
    silent = [
        list(parts) for parts in several if not any(speaker.speaks_of(each, _others(parts, each)) for each in parts)
    ]
    if matters and len(silent) == len(several) and not any(speaker.speaks_of(each) for each in alone):
        yield _warn("off_topic", "答复里没有提到居民反映的事项，请核对是否答错了工单")
        return
    for parts in several:
        if speaker.numbered >= len(parts):
            continue  # counted off point by point: what a point says is not for a machine to weigh
        for number, part in enumerate(parts, 1):
            if not speaker.speaks_of(part, _others(parts, part)):
                yield _warn("unanswered", f"第 {number} 项诉求“{shown(part)}”没有答复")


def _others(parts: Sequence[Part], part: Part) -> list[Part]:
    return [each for each in parts if each is not part]


def _questions(
    rules: ReplyRules, _district: District, asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    for question in rules.questions:
        wanted, given = pattern_of(question.asked), pattern_of(question.answered)
        if wanted is None or given is None or given.search(answer):
            continue
        if any(wanted.search(each.text) for each in asked):
            yield _warn("unanswered", f"居民问到{question.label}，答复里没有说")


def _places(
    rules: ReplyRules, _district: District, asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    visit, place = pattern_of(rules.visits), pattern_of(rules.places)
    if visit is None or not asked or any("place" not in each.missing for each in asked):
        return
    found = visit.search(answer)
    if found is not None and (place is None or not place.search(answer)):
        yield _warn("unknown_place", "居民没有说明地点，答复也没有写明去的是哪里，请核实", *found.span())


def _personal(
    _rules: ReplyRules, district: District, _asked: Sequence[Asked], answer: str, known: Known
) -> Iterator[ReplyWarning]:
    seen: list[tuple[int, int]] = []
    for start, end, what in _traces(answer, known.people):
        if what in ("手机号", "诉求人的信息") and _is_an_offices(district, answer[start:end]):
            continue
        if not any(start < other_end and other < end for other, other_end in seen):
            seen.append((start, end))
            yield _warn("personal", f"含{what}，答复会公开，请删去或改用“您”", start, end)


def _traces(answer: str, people: Sequence[Person]) -> Iterator[tuple[int, int, str]]:
    for person in people:
        for words, what in (
            (person.names, "诉求人姓名"),
            (person.marks, "诉求人的信息"),
            (person.doors, "诉求人的门牌"),
        ):
            for word in words:
                if len(word) > 1:
                    yield from ((*found.span(), what) for found in re.finditer(re.escape(word), answer))
    for start, end, what in traces(answer):
        own = _OFFICES_OWN.get(what)
        if own is None or not own.search(answer[max(0, start - BEFORE) : start]):
            yield start, end, what


def _is_an_offices(district: District, number: str) -> bool:
    phones = (district.manifest.hotline, *(unit.phone for unit in district.units))
    return _digits(number) in {_digits(phone) for phone in phones if phone}


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _promises(
    rules: ReplyRules, _district: District, _asked: Sequence[Asked], answer: str, known: Known
) -> Iterator[ReplyWarning]:
    promise = pattern_of(rules.promises)
    for clause in _CLAUSE.finditer(answer):
        first = promise.search(clause[0]) if promise is not None else None
        if first is None or _DONE.search(clause[0]):
            continue
        for moment in moments(clause[0], known.today):
            told_before = first.start() < moment.start or clause[0].startswith("前", moment.end)
            if moment.first is None or moment.last is None or not told_before:
                continue
            where = (clause.start() + moment.start, clause.start() + moment.end)
            said = answer[where[0] : where[1]]
            if moment.last < known.today:
                yield _warn("past_date", f"“{said}”已经过去，请核对日期，或写明已经完成", *where)
            elif known.due is not None and moment.first > known.due:
                yield _warn("late_date", f"“{said}”晚于办理时限 {known.due:%m月%d日}，请确认是否需要申请延期", *where)


def _signs(
    rules: ReplyRules, district: District, _asked: Sequence[Asked], answer: str, _known: Known
) -> Iterator[ReplyWarning]:
    sign = pattern_of(rules.signs)
    if sign is not None and sign.search(answer):
        return
    names = (name for unit in district.units for name in (unit.name, unit.short_name))
    if not any(name and name in answer for name in names):
        yield _warn("unsigned", "没有写明是哪个单位答复，也没有联系方式")


def _phrase(rules: ReplyRules, phrase: Phrase, answer: str, known: Known) -> Iterator[ReplyWarning]:
    words, unless, deeds = pattern_of(phrase.words), pattern_of(phrase.unless), pattern_of(rules.deeds)
    if words is None or (phrase.unless_done and deeds is not None and deeds.search(words.sub(" ", answer))):
        return
    if unless is not None and phrase.within == "answer" and unless.search(answer):
        return
    for sentence in _SENTENCE.finditer(answer):
        found = words.search(sentence[0])
        if found is None or (unless is not None and unless.search(sentence[0])):
            continue
        if phrase.unless_dated and next(moments(sentence[0], known.today), None) is not None:
            continue
        where = (sentence.start() + found.start(), sentence.start() + found.end())
        yield ReplyWarning(phrase.kind, phrase.label, phrase.sentence, *where)
        return
