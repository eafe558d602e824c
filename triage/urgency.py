"""How urgent a text is, by the pack's rules: signs clause by clause, and a second opinion learnt from examples.

A sign is taken back by a negation just before it or by the past in its clause. The second opinion (``opinion.py``)
raises what no sign names and takes back what a sign misread; it leans to recall, for an emergency missed costs more
than one too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import inf

from district.examples import NONE, Examples
from district.schemas import UrgencyRule, UrgencyRules
from triage.assessment import Urgency
from triage.opinion import Judgement, Opinion
from triage.text import Span, fold

BEFORE = 6
"""Characters before a sign within which a negation takes it back: 没有漏气, but not 没有人管,一直在漏气."""
TIME_CLAUSE = 8
"""Length up to which a clause in the past only sets the time of the next: 去年冬天，楼下起火."""
REASONS = 5
LOOKED_AT_HEAD, LOOKED_AT_TAIL = 6_000, 2_000
"""Characters of a text that are looked at, from its beginning and at its end."""
PASSAGE, WHOLE = 100, 160
"""A text up to ``WHOLE`` characters is one passage; longer ones are cut into passages of this length.

Patterns are held against passages only: a pack's pattern may take the square of their length, or the cube."""
RAISED, DOUBTED = -0.15, -0.3
"""Likeness from which a text without a sign is an emergency, and below which a sign is not believed."""
PRESSING = 0.15
"""Likeness from which a text without a sign is urgent."""
STORY = 0.5
"""How much more that takes in a passage of a long text, or in a title: who has time for these is rarely in danger."""
BRIEF, BREVITY = 6, 1.0
"""A passage of up to ``BRIEF`` letters takes ``BREVITY``, divided by their number, more: one common run sways it.

What a chat is full of (在, 刚才, 第一个) came out anywhere, cries as short (割了, 火上来了) high."""
TOGETHER = 0.2
"""How much more that takes in several lines together, where each is looked at by itself too, or its cry would drown."""
FOREIGN, STRANGE = 0.0, -0.35
"""Likeness to what no desk could act on from which nothing is suspected, and from which a person looks."""
HAN, HAN_SHARE = 4, 0.3
"""Chinese characters, by number and by share of what is seen, below which a text says nothing that could be judged."""
CLAUSES = 12
"""Clauses of a passage that are looked at for the one that alarms."""
READ = 64
"""Passages kept as they were read, for urgency and foreignness ask for the same."""
PASSAGES = 4
"""Passages of a text that are looked at to say whether it is foreign."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_SEEN = re.compile(r"\S")
_LINE = re.compile(r"[^\n]*\w[^\n]*")
_LETTER = re.compile(r"\w")
_STOPS = "。!?;\n"
_END = re.compile(r"[。！？!?；;\n，,、：:]")
_CLAUSE = re.compile(r"[^。！？!?；;\n，,、：:\s]+")


@dataclass(frozen=True, slots=True)
class _Sign:
    rule: UrgencyRule
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class _Found:
    level: str
    label: str
    advice: str
    start: int
    end: int

    def moved(self, by: int) -> _Found:
        return _Found(self.level, self.label, self.advice, self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class _Read:
    """A passage folded, its signs, and what it is like where the pack has examples."""

    plain: str
    signs: list[_Found]
    like: Judgement | None


class UrgencyJudge:
    """The compiled rules of one pack, and what its examples taught. Read only, safe to share between threads."""

    def __init__(self, rules: UrgencyRules, examples: Examples = NONE) -> None:
        self._signs = [
            _Sign(rule, tuple(map(re.compile, rule.patterns)), _any_of(rule.unless))
            for rule in sorted(rules.rules, key=lambda rule: rule.level != "emergency")
        ]
        self._negation = _any_of(rules.negations)
        self._past = _any_of(rules.past)
        self._spellings = rules.spellings
        self._suspected = rules.suspected
        taught = {"emergency", "normal"} <= {row.urgency for row in examples.rows}
        self._opinion = Opinion(examples, plain=self._plain) if taught else None
        cries = (row.text for row in examples.rows if row.urgency == "emergency" and len(row.text) == 1)
        self._cries = frozenset(map(self._plain, cries))
        self._read = lru_cache(maxsize=READ)(self._reading)

    def judge(self, text: str, *, title: str = "") -> Urgency:
        """The highest level any passage shows, with the signs found as reasons and the gravest one's advice.

        Where several signs are as grave, the one the text names first gives the advice.
        """
        body = list(self._shown(text, STORY * (len(text) > WHOLE)))
        head = list(self._shown(title, STORY * bool(text)))
        if not body and not head:
            return Urgency("normal")
        said = sorted(
            [(each, text) for each in body] + [(each, title) for each in head],
            key=lambda one: one[0].level != "emergency",
        )
        reasons = dict.fromkeys(f"{each.label}：{source[each.start : each.end]}" for each, source in said)
        level = said[0][0].level
        advice = next((each.advice for each, _ in said if each.level == level and each.advice), "")
        spans = dict.fromkeys((each.start, each.end) for each, source in said if source is text)
        return Urgency(level, tuple(reasons)[:REASONS], advice, tuple(spans)[:REASONS])  # type: ignore[arg-type]

    def foreign(self, text: str) -> bool:
        """Whether a text is unlike anything brought to a desk: hardly any Chinese, or chatter, advertising, verse."""
        head = text[:LOOKED_AT_HEAD]
        han = len(_HAN.findall(head))
        if han < HAN or han < HAN_SHARE * len(_SEEN.findall(head)):
            return True
        read = [self._read(passage) for _, passage in islice(_passages(text), PASSAGES)]
        likeness = [each.like.foreign for each in read if each.like is not None]
        return bool(likeness) and sum(likeness) > STRANGE * len(likeness)

    def _reading(self, passage: str) -> _Read:
        plain = self._plain(passage)
        signs = self._signs_in(plain)
        like = self._opinion.of(plain) if self._opinion is not None and _CLAUSE.search(plain) else None
        return _Read(plain, signs, like)

    def _plain(self, text: str) -> str:
        plain = fold(text)
        for slip, right in self._spellings:
            plain = plain.replace(slip, right)
        return plain

    def _shown(self, text: str, margin: float) -> Iterator[_Found]:
        """What stands in each passage, with the offsets of the text."""
        suspected = 0
        for start, passage, least in _looked_at(text, margin):
            read = self._read(passage)
            needed = inf if suspected == REASONS else least
            found = read.signs if self._opinion is None else self._weighed(read, self._opinion, needed)
            suspected += len(found) > len(read.signs)
            yield from (each.moved(start) for each in found)

    def _weighed(self, read: _Read, opinion: Opinion, margin: float) -> list[_Found]:
        """The signs that the second opinion leaves, or what it sees by itself, that by a margin."""
        plain, found, like = read.plain, read.signs, read.like
        if like is None:
            return found
        grave = [each for each in found if each.level == "emergency"]
        if not found and like.foreign > FOREIGN:
            return found
        if grave and max(like.emergency, self._alone(plain, grave, opinion) if margin else -inf) > DOUBTED:
            return found
        margin += self._caution(plain)
        if like.emergency > RAISED + margin:
            return [self._suspicion("emergency", plain, opinion), *found]
        found = [each for each in found if each.level != "emergency"]
        if found or like.pressing <= PRESSING + margin:
            return found
        return [self._suspicion("urgent", plain, opinion)]

    def _caution(self, plain: str) -> float:
        """How much more a passage must show for its brevity; one letter shows nothing unless it is an example."""
        letters = _LETTER.findall(plain)
        if len(letters) < 2:
            return 0.0 if letters and letters[0] in self._cries else inf
        return BREVITY / len(letters) if len(letters) <= BRIEF else 0.0

    def _alone(self, plain: str, grave: Sequence[_Found], opinion: Opinion) -> float:
        """How like an emergency the sentences are in which its signs stand, without the story around them."""
        best = -inf
        for sign in grave:
            start = max(plain.rfind(mark, 0, sign.start) for mark in _STOPS) + 1
            ends = [at for mark in _STOPS if (at := plain.find(mark, sign.end)) >= 0]
            best = max(best, opinion.of(plain[start : min(ends, default=len(plain))]).emergency)
        return best

    def _suspicion(self, level: str, plain: str, opinion: Opinion) -> _Found:
        """The clause without which the passage is least like the examples of the level."""

        def rest(clause: Span) -> float:
            like = opinion.of(plain[: clause.start] + plain[clause.end :])
            return like.emergency if level == "emergency" else like.pressing

        clauses = islice(_CLAUSE.finditer(plain), CLAUSES)
        parts = [Span(found.start(), found.end(), found[0]) for found in clauses]
        worst = min(parts, key=rest, default=Span(0, len(plain), plain)) if len(parts) > 1 else parts[0]
        label, advice = self._suspected.urgent, ""
        if level == "emergency":
            label, advice = self._suspected.emergency, self._suspected.advice
        return _Found(level, label, advice, worst.start, worst.end)

    def _signs_in(self, passage: str) -> list[_Found]:
        """Every sign that stands, clause by clause.

        Most texts show nothing: only patterns found somewhere in the passage are held against its clauses.
        """
        alive = [(sign, [each for each in sign.patterns if each.search(passage)]) for sign in self._signs]
        alive = [(sign, patterns) for sign, patterns in alive if patterns]
        found: list[_Found] = []
        before = ""
        for clause in _CLAUSE.finditer(passage) if alive else ():
            lead, before = before if len(before) <= TIME_CLAUSE else "", clause[0]
            shown = [(sign.rule, self._shows(sign, patterns, clause[0])) for sign, patterns in alive]
            if any(span for _, span in shown) and not self._is_past(clause[0], lead):
                at = clause.start()
                found += [
                    _Found(rule.level, rule.label, rule.advice, at + span[0], at + span[1])
                    for rule, span in shown
                    if span
                ]
        return found

    def _is_past(self, clause: str, lead: str) -> bool:
        if self._past is None:
            return False
        return bool(self._past.search(clause) or (self._past.search(lead) and self._past.search(lead + clause)))

    def _shows(self, sign: _Sign, patterns: Sequence[re.Pattern[str]], clause: str) -> tuple[int, int] | None:
        for pattern in patterns:
            for found in pattern.finditer(clause):
                at = found.start()
                if self._negation is None or not self._negation.search(clause, max(0, at - BEFORE), at):
                    return None if sign.unless and sign.unless.search(clause) else found.span()
        return None


@lru_cache(maxsize=4)
def judge_of(rules: UrgencyRules, examples: Examples) -> UrgencyJudge:
    """The judge of a pack's rules, made once a process: learning its examples takes a second."""
    return UrgencyJudge(rules, examples)


def _passages(text: str) -> Iterator[tuple[int, str]]:
    """What is looked at, in passages of bounded length that end with a clause where there is one."""
    if len(text) > LOOKED_AT_HEAD + LOOKED_AT_TAIL:
        yield from _cut(text, 0, LOOKED_AT_HEAD)
        yield from _cut(text, len(text) - LOOKED_AT_TAIL, len(text))
    elif len(text) > WHOLE:
        yield from _cut(text, 0, len(text))
    elif text:
        yield 0, text


def _looked_at(text: str, margin: float) -> Iterator[tuple[int, str, float]]:
    """The passages with the margin for each; before one of several lines its lines, as turns of a chat are joined."""
    lines = list(_LINE.finditer(text)) if len(text) <= WHOLE else []
    if len(lines) > 1:
        yield from ((line.start(), line[0], margin) for line in lines)
        margin += TOGETHER
    yield from ((start, passage, margin) for start, passage in _passages(text))


def _cut(text: str, start: int, stop: int) -> Iterator[tuple[int, str]]:
    while start < stop:
        end = min(start + PASSAGE, stop)
        if end < stop:
            ends = [found.end() for found in _END.finditer(text, start, end)]
            end = ends[-1] if ends else end
        yield start, text[start:end]
        start = end


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
