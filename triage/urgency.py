"""How urgent a text is, by the pack's rules: signs clause by clause, taken back by negation and by the past tense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from district.schemas import UrgencyRule, UrgencyRules
from triage.assessment import Urgency
from triage.text import clauses

BEFORE = 6
"""Characters before a sign within which a negation takes it back: 没有漏气, but not 没有人管,一直在漏气."""
TIME_CLAUSE = 8
"""Length up to which a clause in the past only sets the time of the next: 去年冬天，楼下起火."""
REASONS = 5
LOOKED_AT_HEAD, LOOKED_AT_TAIL = 16_000, 4_000
"""Characters of a text that are looked at, from its beginning and at its end."""
PIECE = 500
"""Characters that a pattern is held against at once: a pack's pattern may take the square of them, or the cube."""


_END = re.compile(r"[。！？!?；;\n，,、：:]")


@dataclass(frozen=True, slots=True)
class _Sign:
    rule: UrgencyRule
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None


class UrgencyJudge:
    """The compiled rules of one pack. Read only, safe to share between threads."""

    def __init__(self, rules: UrgencyRules) -> None:
        self._signs = [
            _Sign(rule, tuple(map(re.compile, rule.patterns)), _any_of(rule.unless))
            for rule in sorted(rules.rules, key=lambda rule: rule.level != "emergency")
        ]
        self._negation = _any_of(rules.negations)
        self._past = _any_of(rules.past)

    def judge(self, text: str, *, title: str = "") -> Urgency:
        """The highest level any clause shows, with the signs found as reasons and the gravest one's advice.

        Where several signs are as grave, the one the text names first gives the advice.
        """
        found = [*self._found(text), *self._found(title)]
        if not found:
            return Urgency("normal")
        found.sort(key=lambda each: each[0].level != "emergency")
        reasons = dict.fromkeys(f"{rule.label}：{words}" for rule, words in found)
        level = found[0][0].level
        advice = next((rule.advice for rule, _ in found if rule.level == level and rule.advice), "")
        return Urgency(level, tuple(reasons)[:REASONS], advice)

    def _found(self, text: str) -> Iterator[tuple[UrgencyRule, str]]:
        """Every sign that stands, clause by clause.

        Most texts show nothing: only patterns found somewhere in a piece are held against its clauses.
        """
        before = ""
        for piece in _pieces(text):
            alive = [(sign, [each for each in sign.patterns if each.search(piece)]) for sign in self._signs]
            alive = [(sign, patterns) for sign, patterns in alive if patterns]
            for clause in clauses(piece):
                lead, before = before if len(before) <= TIME_CLAUSE else "", clause.text
                shown = [(sign.rule, self._shows(sign, patterns, clause.text)) for sign, patterns in alive]
                if any(words for _, words in shown) and not self._is_past(clause.text, lead):
                    yield from ((rule, words) for rule, words in shown if words)

    def _is_past(self, clause: str, lead: str) -> bool:
        if self._past is None:
            return False
        return bool(self._past.search(clause) or (self._past.search(lead) and self._past.search(lead + clause)))

    def _shows(self, sign: _Sign, patterns: Sequence[re.Pattern[str]], clause: str) -> str | None:
        for pattern in patterns:
            for found in pattern.finditer(clause):
                at = found.start()
                if self._negation is None or not self._negation.search(clause, max(0, at - BEFORE), at):
                    return None if sign.unless and sign.unless.search(clause) else found.group()
        return None


def _pieces(text: str) -> Iterator[str]:
    """What is looked at, in pieces of bounded length that end with a clause where there is one."""
    if len(text) > LOOKED_AT_HEAD + LOOKED_AT_TAIL:
        text = f"{text[:LOOKED_AT_HEAD]}\n{text[-LOOKED_AT_TAIL:]}"
    start = 0
    while len(text) - start > PIECE:
        ends = [found.end() for found in _END.finditer(text, start, start + PIECE)]
        end = ends[-1] if ends else start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
