"""A text made ready to be held against others: where, what, which thing, and its writer's stance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np

from district.gazetteer import PlaceMatch
from district.pack import District
from district.roles import Role
from district.schemas import Place, PlaceKind
from triage import entities, features, naming, swaps, traits
from triage.features import Floats
from triage.model import Model
from triage.text import mask, narrow
from triage.traits import Traits

COMPARED = 400
"""Characters of each text that are compared."""
SHORTEST_HEAD = 2
_SPOTS = (PlaceKind.COMPOUND, PlaceKind.LANDMARK)
_ESTATE = re.compile(
    r"(?:家园|花园|佳园|嘉园|雅园|雅苑|嘉苑|佳苑|新苑|名苑|苑|新居|名邸|公寓|小区|新村|名城|[东西南北][里区院]|[一二三四五六七八九十]号?[区院]|"
    r"职工宿舍|宿舍|家属院|家属区|大院|院儿)$"
)
_PHRASES = re.compile(
    r"【[^】]{1,12}】|(?:来电人?|市民|群众|居民|业主|家长|诉求人|本人|该?住户)(?:再次|多次)?(?:来电|来访|来信|来单)?(?:反映|称其?|举报|投诉|询问|咨询|诉|意见)?"
    r"|^(?:反映|举报|投诉|咨询|催办?)|您好|你好|领导|谢谢|要求|希望|请求|恳请|建议|尽快|有关部门|相关部门|解决|处理|没人管|管管"
)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The places a text names, the communities they may lie in, and the house numbers given."""

    names: frozenset[str] = frozenset()
    communities: frozenset[str] = frozenset()
    numbers: frozenset[tuple[str, int | None]] = frozenset()
    spots: frozenset[str] = frozenset()
    """Those of the names that are no road."""
    heads: frozenset[str] = frozenset()
    """What people call them for short: 康泽 for 康泽佳园. Too short to be looked for, but known where both are told."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its text and what was read from it."""

    text: str
    at: datetime | None = None
    places: Whereabouts = Whereabouts()
    core: str = ""
    """The text without places, numbers and phrases of the form; blanks stand for what was taken out."""
    stripped: str = ""
    """The text as copies are told by it (``triage.swaps``)."""
    traits: Traits = field(default_factory=Traits)
    strange_order: tuple[str, ...] = ()
    """Pair by pair of the core: those the model has never read (names, mostly), an empty text for each other."""
    strange: frozenset[str] = frozenset()
    shares: Floats | None = None
    """The model's shares of the categories."""
    meaning: Floats = field(default_factory=lambda: np.zeros(1, dtype=np.float32))
    """What the core means by the company of its words, of length one; zeros where it says nothing."""
    names: frozenset[tuple[str, str]] = frozenset()
    """Names read by their endings (``triage.naming``)."""
    wide: bool = False
    """Whether the trouble strikes a whole estate at once."""
    objects: frozenset[str] = frozenset()
    troubles: frozenset[str] = frozenset()
    """What it speaks of, and what is wrong with it, by the pack's names."""
    settings: frozenset[str] = frozenset()
    """Those of both that only tell the setting: a school, a car park."""


def whereabouts(matches: Iterable[PlaceMatch]) -> Whereabouts:
    """What a text's places say for comparing: roads, compounds, landmarks and communities; streets are too wide."""
    told = [
        match
        for match in matches
        if match.role < Role.OFFICE and any(place.kind != PlaceKind.STREET for place in match.places)
    ]
    return Whereabouts(
        frozenset(place.name for match in told for place in match.places),
        frozenset(place.community for match in told for place in match.places if place.community),
        frozenset((match.places[0].name, match.number) for match in told if match.number is not None),
        frozenset(
            place.name
            for match in told
            for place in match.places
            if place.kind in (PlaceKind.COMPOUND, PlaceKind.LANDMARK)
        ),
        frozenset(head for match in told for place in match.places for head in _heads(place)),
    )


def _heads(place: Place) -> Iterator[str]:
    if place.kind in _SPOTS:
        for name in (place.name, *place.aliases):
            longer, head = name, _ESTATE.sub("", name)
            while head != longer and len(head) >= SHORTEST_HEAD:
                yield head
                longer, head = head, _ESTATE.sub("", head)


class SideReader:
    """Reads texts for comparing. Read only, safe to share between threads."""

    def __init__(self, district: District, model: Model) -> None:
        self._gazetteer = district.gazetteer
        self._objects = _patterns(district.matters.objects)
        self._troubles = _patterns(district.matters.troubles)
        self._wide = frozenset(district.matters.wide)
        self._settings = frozenset(district.matters.settings)
        self._vocabulary = model.vocabulary
        self._head = model.category

    def read(self, text: str, at: datetime | None = None) -> Side:
        """The side of a text received at a moment."""
        text = narrow(text[:COMPARED])
        matches = entities.places(text, self._gazetteer)
        told = traits.read(text)
        named = list(naming.names(text))
        core = _core(
            text, [*((match.start, match.end) for match in matches), *told.spans, *(span for *_, span in named)]
        )
        plain = mask(core)
        strange = tuple(self._strange(plain))
        known, scores, meaning = self._scores(core)
        objects, troubles = _matching(self._objects, core), _matching(self._troubles, core)
        return Side(
            text=text,
            at=at,
            places=whereabouts(matches),
            core=plain,
            stripped=swaps.stripped(text),
            traits=told,
            strange_order=strange,
            strange=frozenset(strange),
            names=frozenset((kind, name) for kind, name, _ in named),
            objects=objects,
            troubles=troubles,
            settings=(objects | troubles) & self._settings,
            wide=not self._wide.isdisjoint(troubles),
            meaning=meaning,
            shares=self._head.calibration.probabilities(scores).astype(np.float32) if known else None,
        )

    def _scores(self, core: str) -> tuple[int, Floats, Floats]:
        counts = self._vocabulary.counts(features.prepared("", core))
        scorer = self._head.scorer
        return counts.known, scorer.scores_of(*scorer.weighting.vector(counts), counts.meaning), counts.meaning

    def _strange(self, plain: str) -> Iterator[str]:
        for one, other in pairwise(plain):
            pair = one + other
            yield "" if " " in pair or "0" in pair or pair in self._vocabulary.column else pair


def _patterns(given: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in given.items())


def _matching(patterns: Iterable[tuple[str, re.Pattern[str]]], text: str) -> frozenset[str]:
    return frozenset(name for name, pattern in patterns if pattern.search(text))


def _core(text: str, spans: Iterable[tuple[int, int]]) -> str:
    left = list(text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    return _PHRASES.sub(lambda found: " " * len(found[0]), "".join(left))
