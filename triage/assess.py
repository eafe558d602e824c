"""``Engine``: text in, ``Assessment`` out. Pure: no clock but a stopwatch, no database, no environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from zoneinfo import ZoneInfo

import numpy as np

from district.gazetteer import Location, PlaceMatch
from district.pack import District
from triage import entities, explain, features, lockstep, matters, organisations, routing
from triage.assessment import Assessment, CategoryGuess, Context, PastGuess, SimilarCase, UnitGuess
from triage.calibration import Shares
from triage.decision import GUESS, Ground, decide
from triage.duplicates import WEIGHTS, Comparer
from triage.features import Counts
from triage.missing import Questions
from triage.model import Model
from triage.request_type import RequestTypes
from triage.sides import COMPARED, Side, SideReader
from triage.urgency import judge_of

ROUTED = 12
"""Categories whose units are added up; what is less likely changes no unit's place."""
OUTSIDE = 0.5
"""What the shares count of a text unlike anything brought to a desk: a classifier has to choose one."""
POSSIBLE = 0.1
"""Probability from which past cases of a category are looked at."""
SHOWN = 3
STRANGE = 0.35
"""Share of known features below which a text is not of this desk's world: its confidence is cut in proportion."""
REMEMBERED = 2_000
"""Texts kept as they are compared, from one assessment to the next."""


class Engine:
    """A pack's rules and a trained model. Read only, safe to share between threads."""

    def __init__(self, district: District, model: Model) -> None:
        self.district = district
        self.model = model
        self._urgency = judge_of(district.urgency, district.examples)
        self._types = RequestTypes(district.request_types, district.examples)
        self._questions = Questions(district.asks)
        self._labels = model.category.labels
        self._bodies = organisations.known(district.units)
        self._zone = ZoneInfo(district.manifest.timezone)
        self._areas = np.unique([code[:2] for code in self._labels], return_inverse=True)[1]
        self._kinds = np.unique([code[:4] for code in self._labels], return_inverse=True)[1]
        self.sides = SideReader(district, model)
        self.comparer = Comparer(district.matters.weights or WEIGHTS)
        self._side = lru_cache(maxsize=REMEMBERED)(self.sides.read)

    def assess(self, text: str, context: Context = Context()) -> Assessment:  # noqa: B008  (frozen)
        """Everything triage says of one text. A text of any length costs about the same; never raises for a string."""
        return self.assess_all([(text, context)])[0]

    def assess_all(self, asked: Sequence[tuple[str, Context]]) -> list[Assessment]:
        """The same of several texts, in less time than one by one. ``took_ms`` is what each took on an average."""
        started = perf_counter()
        made = lockstep.run(self._assessing(text, context) for text, context in asked)
        took = round((perf_counter() - started) * 1000 / max(1, len(made)), 3)
        return [replace(assessment, took_ms=took) for assessment in made]

    def _assessing(self, text: str, context: Context) -> lockstep.Parts[Assessment]:
        """Each ``yield`` stands where the work goes on with other data."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        title = context.title.encode("utf-8", "replace").decode("utf-8")
        words = features.prepared(title, text)
        counts = self.model.vocabulary.counts(words)
        yield
        weighed = self.model.category.scorer.weighting.vector(counts)
        foreign = self._urgency.foreign(text if len(text) > len(title) else f"{title} {text}")
        shares = self._probabilities(counts, weighed, trust=OUTSIDE if foreign else 1.0)
        order = np.argsort(-shares, kind="stable")[:ROUTED]
        best = int(order[0])
        guesses = tuple(self._category(int(at), shares) for at in order[:3])
        yield
        request_type = self._types.guess(title, text, counts, self.model.request_type)
        yield
        reasons = explain.reasons(text, words.body, weighed, self.model.category, self.model.vocabulary, best)
        yield
        found = entities.places(text, self.district.gazetteer)
        location = self._location(found, title)
        at = context.at.astimezone(self._zone) if context.at else None
        named = entities.find(text, found, at, self._bodies)
        yield
        past = self._past(words, counts, weighed, [guess for guess in guesses if guess.probability >= POSSIBLE], at)
        route = routing.route(
            [(self._labels[at], float(shares[at])) for at in order],
            street=location.street,
            community=location.community,
            directory=self.district.directory,
            units=self.district.units,
            past=past,
        )
        yield
        urgency = self._urgency.judge(text, title=title[: features.TITLE_SEEN])
        yield
        parts = matters.split(text, guesses[0], self._judge_part)
        yield
        missing = route.missing
        if not foreign and urgency.level != "emergency" and guesses[0].probability >= GUESS:
            missing += self._questions.missing(
                f"{title}\n{text}",
                category=guesses[0].code,
                request_type=request_type.value,
                channel=context.channel,
                named={entity.kind for entity in named},
            )
        similar = self._similar(f"{title}\n{text}" if title else text, context)
        decision, why = decide(
            Ground(
                understood=counts.known > 0,
                foreign=foreign,
                best=guesses[0],
                threshold=float(self.model.category.thresholds[best]),
                urgency=urgency,
                matters=parts,
                units=route.units,
                missing=missing,
                similar=similar,
            )
        )
        return Assessment(
            category=guesses,
            request_type=request_type,
            urgency=urgency,
            unit=tuple(_rounded(unit) for unit in route.units),
            co_units=tuple(_rounded(unit) for unit in route.co_units),
            matters=parts,
            missing=missing,
            entities=named,
            similar_cases=similar,
            articles=tuple(context.articles)[:3],
            reasons=reasons,
            decision=decision,
            why=why,
            model=self.model.version,
            took_ms=0.0,
            street=location.street or "",
            community=location.community or "",
            past_cases=tuple(PastGuess(each.case_id, each.unit, each.score) for each in past.likes[:SHOWN]),
        )

    def _probabilities(self, counts: Counts, weighed: explain.Weighed, trust: float = 1.0) -> Shares:
        """Calibrated shares, drawn towards "any" by less ``trust``, and where its features are mostly unknown."""
        if not counts.known:
            return np.full(len(self._labels), 1 / len(self._labels))
        shares = self.model.category.probabilities_of(*weighed, counts.meaning)
        known = counts.known / (counts.known + sum(counts.unknown))
        trust *= min(1.0, known / STRANGE)
        return shares * trust + (1 - trust) / len(shares) if trust < 1 else shares

    def _category(self, at: int, shares: Shares) -> CategoryGuess:
        code = self._labels[at]
        return CategoryGuess(code, self.district.taxonomy.get(code).path, round(float(shares[at]), 4))

    def _judge_part(self, part: str) -> matters.Kind:
        counts = self.model.vocabulary.counts(features.prepared("", part))
        shares = self._probabilities(counts, self.model.category.scorer.weighting.vector(counts))
        sure = float(np.bincount(self._kinds, shares).max())
        return matters.Kind(
            self._category(int(shares.argmax()), shares), np.bincount(self._areas, shares).astype(np.float64), sure
        )

    def _similar(self, text: str, context: Context) -> tuple[SimilarCase, ...]:
        if not context.open_cases:
            return ()
        side = self.sides.read(text, at=context.at)
        return self.comparer.similar(
            side, [(each.case_id, self._side(each.text[:COMPARED], each.opened_at)) for each in context.open_cases]
        )

    def side(self, title: str, text: str, at: datetime | None) -> Side:
        """The side of a text, read once while it is remembered."""
        return self._side(f"{title}\n{text}"[:COMPARED] if title else text[:COMPARED], at)

    def _past(
        self,
        words: features.Words,
        counts: Counts,
        weighed: explain.Weighed,
        possible: Sequence[CategoryGuess],
        at: datetime | None,
    ) -> routing.Past:
        """What the desk's own past cases say: the units that answered such texts, and the cases like this one."""
        past, history = self.model.past, self.model.units
        if past is None or not counts.known:
            return routing.NO_PAST
        likes = past.like(*weighed, (guess.code for guess in possible))
        if history is None:
            return routing.Past({}, likes)
        shares = history.probabilities(words, at.date() if at else None, counts)
        return routing.Past(dict(zip(history.labels, map(float, shares), strict=True)), likes)

    def _location(self, found: list[PlaceMatch], title: str) -> Location:
        """By title and text together: a title names the matter, and a text is often silent of what stands there."""
        titled = entities.places(title, self.district.gazetteer) if title else []
        return self.district.gazetteer.locate_matches([*titled, *found])


def _rounded(unit: UnitGuess) -> UnitGuess:
    return replace(unit, probability=round(min(unit.probability, 1.0), 4))
