"""``Engine``: text in, ``Assessment`` out. Pure: no clock but a stopwatch, no database, no environment."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Literal

import numpy as np

from district.gazetteer import Location, PlaceMatch
from district.pack import District
from triage import duplicates, entities, explain, features, routing
from triage.assessment import Assessment, CategoryGuess, Context, Matter, UnitGuess
from triage.calibration import Shares
from triage.duplicates import Side
from triage.features import Counts
from triage.model import Model
from triage.request_type import RequestTypes
from triage.urgency import UrgencyJudge

ROUTED = 12
"""Categories whose units are added up; what is less likely changes no unit's place."""
STRANGE = 0.35
"""Share of known features below which a text is not of this desk's world: its confidence is cut in proportion."""
MATTER = 0.5
_TURN = re.compile(r"(?:另外|还有(?:就是|一个|件)|此外|再(?:就是|反映|问)|顺便|第二[，,、个件]|二是|其次)")


class Engine:
    """A pack's rules and a trained model. Read only, safe to share between threads."""

    def __init__(self, district: District, model: Model) -> None:
        self.district = district
        self.model = model
        self._urgency = UrgencyJudge(district.urgency)
        self._types = RequestTypes(district.request_types)
        self._labels = model.category.labels

    def assess(self, text: str, context: Context = Context()) -> Assessment:  # noqa: B008  (frozen)
        """Everything triage says of one text. A text of any length costs about the same; never raises for a string."""
        started = perf_counter()
        text = text.encode("utf-8", "replace").decode("utf-8")
        title = context.title.encode("utf-8", "replace").decode("utf-8")
        words = features.prepared(title, text)
        counts = self.model.vocabulary.counts(words)
        shares = self._probabilities(counts)
        order = np.argsort(shares)[::-1][:ROUTED]
        found = entities.places(text, self.district.gazetteer)
        location = self._location(found, title)
        route = routing.route(
            [(self._labels[at], float(shares[at])) for at in order],
            street=location.street,
            community=location.community,
            directory=self.district.directory,
            units=self.district.units,
        )
        guesses = tuple(self._category(at, shares) for at in order[:3])
        decision, why = self._decide(guesses, shares, int(order[0]), route.units, route.missing)
        side = Side(text, guesses[0].code, location.street or "", context.at)
        return Assessment(
            category=guesses,
            request_type=self._types.guess(title, text, counts, self.model.request_type),
            urgency=self._urgency.judge(text, title=title),
            unit=tuple(_rounded(unit) for unit in route.units),
            co_units=tuple(_rounded(unit) for unit in route.co_units),
            matters=self._matters(text, guesses[0]),
            missing=route.missing,
            entities=entities.find(text, found),
            similar_cases=duplicates.similar(side, context.open_cases) if context.open_cases else (),
            articles=tuple(context.articles)[:3],
            reasons=explain.reasons(
                text, words.body, counts, self.model.category, self.model.vocabulary, int(order[0])
            ),
            decision=decision,
            why=why,
            model=self.model.version,
            took_ms=round((perf_counter() - started) * 1000, 3),
            street=location.street or "",
            community=location.community or "",
        )

    def _probabilities(self, counts: Counts) -> Shares:
        """Calibrated shares, drawn towards "any" where the text's features are mostly unknown."""
        if not counts.known:
            return np.full(len(self._labels), 1 / len(self._labels))
        shares = self.model.category.probabilities(counts)
        known = counts.known / (counts.known + sum(counts.unknown))
        if known < STRANGE:
            trust = known / STRANGE
            shares = shares * trust + (1 - trust) / len(shares)
        return shares

    def _category(self, at: int, shares: Shares) -> CategoryGuess:
        code = self._labels[at]
        return CategoryGuess(code, self.district.taxonomy.get(code).path, round(float(shares[at]), 4))

    def _location(self, found: list[PlaceMatch], title: str) -> Location:
        location = self.district.gazetteer.locate_matches(found)
        if location.street is None and title:
            return self.district.gazetteer.locate(title)
        return location

    def _decide(
        self,
        guesses: tuple[CategoryGuess, ...],
        shares: Shares,
        best: int,
        units: tuple[UnitGuess, ...],
        missing: tuple[str, ...],
    ) -> tuple[Literal["auto", "review"], str]:
        """``auto`` only above the category's own threshold, with a unit and nothing missing; else why not."""
        name = guesses[0].path[-1]
        if "place" in missing:
            return "review", f"“{name}”按目录由属地办理，缺少具体位置，请向居民核实"
        if not units:
            return "review", "派单目录没有给出承办单位，请人工确定"
        if shares[best] < self.model.category.thresholds[best]:
            return "review", f"把握 {shares[best]:.0%}，未达到“{name}”自动派单的门槛，请人工确认"
        return "auto", f"把握 {shares[best]:.0%}，按派单目录 {units[0].directory_line} 由{units[0].name}承办"

    def _matters(self, text: str, whole: CategoryGuess) -> tuple[Matter, ...]:
        """Separate matters: the text is cut where the writer turns to another, if the parts are of other categories."""
        cuts = [0, *(turn.start() for turn in _TURN.finditer(text[:3000]) if turn.start() > 8), len(text)]
        if len(cuts) == 2:
            return (Matter(0, len(text), whole),)
        found: list[Matter] = []
        for start, end in zip(cuts, cuts[1:], strict=False):
            counts = self.model.vocabulary.counts(features.prepared("", text[start:end]))
            shares = self._probabilities(counts)
            guess = self._category(int(shares.argmax()), shares)
            if found and (guess.probability < MATTER or guess.code == found[-1].category.code):
                found[-1] = Matter(found[-1].start, end, found[-1].category)
            else:
                found.append(Matter(start, end, guess))
        return tuple(found) if len(found) > 1 else (Matter(0, len(text), whole),)


def _rounded(unit: UnitGuess) -> UnitGuess:
    return UnitGuess(unit.code, unit.name, round(unit.probability, 4), unit.directory_line, unit.clause)
