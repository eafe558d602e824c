"""Which rules an account reads transcripts by, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources

from channels.message import Account
from district.transcripts import Transcripts, as_transcripts, read_transcripts

SETTING = "layouts"


@dataclass(frozen=True)
class Reading:
    """The rules with their expressions made ready. Shared by all calls of the same rules; holds nothing else."""

    rules: Transcripts

    @cached_property
    def formulas(self) -> re.Pattern[str]:
        return any_of(self.rules.speakers.formulas)

    @cached_property
    def emergency(self) -> re.Pattern[str]:
        return any_of(self.rules.empty.emergency)

    @cached_property
    def malicious(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.rules.empty.malicious)

    @cached_property
    def cleaning(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple((re.compile(each.pattern), each.becomes) for each in self.rules.cleaning)

    @cached_property
    def names(self) -> dict[str, str]:
        """What a platform calls a thing, in lower case, to what we call it; the first that lists a word has it."""
        named: dict[str, str] = {}
        for name, words in self.rules.fields.items():
            for word in words:
                named.setdefault(word.lower(), name)
        return named

    @cached_property
    def listed(self) -> dict[str, list[tuple[str, int]]]:
        """What a platform calls a thing, in lower case, to our names of it and the word's place in the list of each."""
        found: dict[str, list[tuple[str, int]]] = {}
        for name, words in self.rules.fields.items():
            for place, word in enumerate(words):
                found.setdefault(word.lower(), []).append((name, place))
        return found

    @cached_property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Words in speakers' labels with the role they prove, longest first."""
        speakers = self.rules.speakers
        roles = (("agent", speakers.agent), ("caller", speakers.caller), ("machine", speakers.machine))
        known = [(word.lower(), role) for role, words in roles for word in words]
        return tuple(sorted(known, key=lambda pair: -len(pair[0])))

    @cached_property
    def no_number(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.rules.no_number)

    @cached_property
    def marks(self) -> dict[str, str]:
        return {word.lower(): kind for kind, words in self.rules.empty.marks.items() for word in words}


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for several; none of them matches nothing at all."""
    return _any_of(tuple(patterns))


@lru_cache(maxsize=256)  # asked for with each call of a day's list
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined or r"(?!)")


def rules_of(account: Account) -> Reading:
    """By ``account.settings["layouts"]``, where there is one, else those that come with the adapter.

    The setting is a loaded ``Transcripts`` (``district.transcripts.load_transcripts``) or plain data of the same shape.
    Raises ``ValueError`` where it is neither.
    """
    given = account.settings.get(SETTING)
    if given is None:
        return default()
    return _kept(_ById(given)) if isinstance(given, Transcripts) else Reading(as_transcripts(given))


@cache
def default() -> Reading:
    """``hotline.yaml`` beside this module: the same file as the demo pack's."""
    return Reading(read_transcripts(resources.files("channels.hotline").joinpath("hotline.yaml").read_text("utf-8")))


class _ById:
    """Rules hold dictionaries and cannot be hashed; the same loaded object is compiled once."""

    def __init__(self, rules: Transcripts) -> None:
        self.rules = rules

    def __hash__(self) -> int:
        return id(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.rules is self.rules


@lru_cache(maxsize=8)
def _kept(rules: _ById) -> Reading:
    return Reading(rules.rules)
