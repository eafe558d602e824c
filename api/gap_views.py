"""The gaps as pages and interface show them: of a period and a channel, open or dealt with, with their first draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.gap_report import NAME, WEEKS
from casework.privacy import NOTHING_LEFT
from knowledge import articles, gap_marks, overlaps
from knowledge.acts import Acting
from knowledge.errors import GapNotFound
from knowledge.evidence import Source
from knowledge.gap_tables import GapMark, GapReport
from knowledge.overlaps import Outdated
from knowledge.tables import Article

if TYPE_CHECKING:
    from api.desk import Desk

Show = Literal["open", "handled", "ignored"]
PERIODS = (1, 4, 8, WEEKS)
LONGEST_QUESTION, LONGEST_SHORT = 60, 300
LEFT_OUT = "（略）"
"""What stands in a draft where something personal stood: asterisks would be bold there."""


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A gap in the period and channel chosen: ``count`` and ``weeks`` (Monday, how many) are of these alone.

    ``kept`` is what the report says of it.
    """

    kept: Mapping[str, Any]
    count: int
    weeks: Sequence[tuple[date, int]]
    channels: Mapping[str, int]
    mark: GapMark | None

    @property
    def topic(self) -> str:
        """What it is marked by."""
        return str(self.kept["topic"])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the gaps is looked at."""

    weeks: int = WEEKS
    channel: str = ""
    show: Show = "open"


def report_of(session: Session) -> GapReport | None:
    """The report last computed, or being computed for the first time."""
    return session.get(GapReport, NAME)


def shown(session: Session, report: GapReport | None, chosen: Chosen) -> list[ShownGap]:
    """The gaps of the choice, the most asked first."""
    if report is None or not report.document:
        return []
    known = gap_marks.marks(session)
    last = date.fromisoformat(report.document["day"])
    found = [_shown(gap, chosen, last, known) for gap in report.document["gaps"]]
    wanted = [gap for gap in found if gap.count and chosen.show == (gap.mark.state if gap.mark else "open")]
    return sorted(wanted, key=lambda gap: (-gap.count, gap.topic))


def _shown(gap: Mapping[str, Any], chosen: Chosen, last: date, known: Mapping[str, GapMark]) -> ShownGap:
    mondays = [_monday(last) - timedelta(weeks=back) for back in reversed(range(chosen.weeks))]
    begin = mondays[0].isoformat()
    days = [each for each in gap["days"] if each[0] >= begin and chosen.channel in ("", each[1])]
    weeks = Counter(dict.fromkeys(mondays, 0))
    channels: Counter[str] = Counter()
    for day, channel, count in days:
        weeks[_monday(date.fromisoformat(day))] += count
        channels[channel] += count
    return ShownGap(
        gap,
        sum(channels.values()),
        [(monday, weeks[monday]) for monday in mondays],
        dict(channels.most_common()),
        gap_marks.standing(known, gap["topic"], gap["days"]),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def channels(report: GapReport | None) -> list[str]:
    """The channels and pages on which any gap was asked."""
    document = report.document if report is not None else {}
    return sorted({channel for gap in document.get("gaps", ()) for channel in gap["channels"]})


def gap_of(report: GapReport | None, topic: str) -> Mapping[str, Any]:
    """The gap of this topic. Raises ``GapNotFound``."""
    document = report.document if report is not None else {}
    for gap in document.get("gaps", ()):
        if gap["topic"] == topic:
            found: Mapping[str, Any] = gap
            return found
    raise GapNotFound(topic)


def set_mark(session: Session, desk: Desk, topic: str, state: gap_marks.State | None, actor: Acting) -> None:
    """Mark a gap of the report. Raises ``RoleRefused``, ``GapNotFound``."""
    gap_marks.check_may_mark(actor)
    report = report_of(session)
    if state is None and topic in gap_marks.marks(session):
        gap_marks.mark(session, topic, None, count=0, day="", actor=actor, now=desk.now())
        return
    gap = gap_of(report, topic)
    day = report.document["day"] if report is not None else ""
    found = gap_marks.standing(gap_marks.marks(session), topic, gap["days"])
    key = found.topic if state is None and found is not None else topic
    gap_marks.mark(session, key, state, count=gap["count"], day=day, actor=actor, now=desk.now())


def named(session: Session, numbers: Iterable[str]) -> dict[str, Article]:
    """The articles that a part of the report speaks of and that are still there."""
    return articles.by_numbers(session, sorted(set(numbers)))


def outdated(session: Session, desk: Desk) -> list[tuple[Outdated, str]]:
    """Articles in use that cite a replaced regulation, each with its question: as of now, not of the report."""
    pairs = gap_marks.replacements(session)
    if not pairs:
        return []
    wanted = select(Article.number, Article.question, Article.basis).where(*articles.in_use(desk.today()))
    rows = list(session.execute(wanted.order_by(Article.number)))
    sources = [Source(row.number, row.question, "", basis=tuple(row.basis)) for row in rows if row.basis]
    questions = {row.number: row.question for row in rows}
    return [(each, questions[each.number]) for each in overlaps.replaced(sources, pairs)]


def first_draft(session: Session, topic: str) -> dict[str, str]:
    """What the form for a new article is filled in with. Raises ``GapNotFound``."""
    gap = gap_of(report_of(session), topic)
    asked = [_plain(line) for line in dict.fromkeys(_question(each) for each in gap["examples"]) if line]
    asked = asked or [gap["name"]]
    standard = min(asked, key=lambda line: (NOTHING_LEFT in line or LEFT_OUT in line, len(line) < 6, len(line)))
    draft = _plain(gap["draft"])
    return {
        "question": standard,
        "similar": "\n".join(line for line in asked if line != standard),
        "short_answer": draft if len(draft) <= LONGEST_SHORT else "",
        "body": draft if len(draft) > LONGEST_SHORT else "",
    }


def draft_for(desk: Desk, topic: str) -> dict[str, str]:
    """``first_draft``; nothing without a topic."""
    if not topic:
        return {}
    with desk.database.read() as session:
        return first_draft(session, topic)


def _question(text: str) -> str:
    """The title of a letter, or how a message begins."""
    line = text.strip().splitlines()[0].strip() if text.strip() else ""
    return line[:LONGEST_QUESTION]


def _plain(text: str) -> str:
    return text.replace(NOTHING_LEFT, LEFT_OUT)
