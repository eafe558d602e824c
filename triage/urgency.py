"""How urgent a text is, by the pack's rules: signs clause by clause, taken back by negation and by the past tense."""

from __future__ import annotations

import re
from dataclasses import dataclass

from district.schemas import UrgencyRule, UrgencyRules
from triage.assessment import Urgency
from triage.text import clauses

BEFORE = 6
"""Characters before a sign within which a negation takes it back: 没有漏气, but not 没有人管,一直在漏气."""


@dataclass(frozen=True, slots=True)
class _Sign:
    rule: UrgencyRule
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None


class UrgencyJudge:
    """The compiled rules of one pack. Read only, safe to share between threads."""

    def __init__(self, rules: UrgencyRules) -> None:
        self._signs = [
            _Sign(
                rule,
                tuple(re.compile(pattern) for pattern in rule.patterns),
                re.compile("|".join(rule.unless)) if rule.unless else None,
            )
            for rule in sorted(rules.rules, key=lambda rule: rule.level != "emergency")
        ]
        self._any = re.compile("|".join(f"(?:{pattern})" for rule in rules.rules for pattern in rule.patterns))
        self._negation = re.compile("|".join(map(re.escape, rules.negations))) if rules.negations else None
        self._past = re.compile("|".join(map(re.escape, rules.past))) if rules.past else None

    def judge(self, text: str, *, title: str = "") -> Urgency:
        """The highest level any clause shows, with the signs found as reasons and the first one's advice."""
        if not self._any.search(text) and not self._any.search(title):
            return Urgency("normal")
        reasons: list[str] = []
        level, advice = "normal", ""
        for clause in [*clauses(text), *clauses(title)]:
            for sign in self._signs:
                found = self._shows(sign, clause.text)
                if found is None:
                    continue
                if sign.rule.level == "emergency" or level == "normal":
                    level = sign.rule.level if level != "emergency" else level
                advice = advice or sign.rule.advice
                reasons.append(f"{sign.rule.label}：{found}")
        return Urgency(level, tuple(dict.fromkeys(reasons))[:5], advice)  # type: ignore[arg-type]

    def _shows(self, sign: _Sign, clause: str) -> str | None:
        if (sign.unless and sign.unless.search(clause)) or (self._past and self._past.search(clause)):
            return None
        for pattern in sign.patterns:
            for found in pattern.finditer(clause):
                before = clause[max(0, found.start() - BEFORE) : found.start()]
                if self._negation is None or not self._negation.search(before):
                    return found.group()
        return None
