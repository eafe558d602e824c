"""What the desk does by itself with articles: see ``knowledge.upkeep``. Units and editors learn of it by notices.

Once a day it computes what the knowledge base lacks (``api.gap_report``).
"""

from __future__ import annotations

from api.desk import Desk
from casework import notices
from knowledge import upkeep
from knowledge.upkeep import Reminder

ON_THE_LAST_DAY = (
    "知识条目 {number}（{question}）今天是有效期的最后一天，明天起不再用于答复；如仍适用，请修改失效日期。"
)
WORDS = {
    "expiring": "知识条目 {number}（{question}）还有 {left} 天到期（{day}），请责任单位核对，如仍适用请修改失效日期。",
    "expired": "知识条目 {number}（{question}）已于 {day} 到期，不再用于答复；如仍适用，请修改后重新发布。",
    "due": "知识条目 {number}（{question}）已到复核日期 {day}，请责任单位核对，内容仍然正确的请确认。",
}
LONGEST = 40
"""Characters of the question that a notice repeats."""


def keep_articles(desk: Desk) -> int:
    """Publish, expire and remind. Return how much there was to do."""
    now = desk.now()
    with desk.database.write.begin() as session:
        done = upkeep.keep(session, now=now, zone=desk.district.calendars.zone)
        for reminder in done.reminders:
            kind, text = f"article_{reminder.kind}", words(reminder)
            if reminder.unit:
                notices.leave(session, "unit", kind, text, now=now, unit=reminder.unit)
            notices.leave(session, "knowledge", kind, text, now=now)
        return done.count


def find_gaps(desk: Desk) -> int:
    """Compute what the knowledge base lacks. Return how many gaps there are."""
    return desk.gap_reports.compute()


def words(reminder: Reminder) -> str:
    """The notice."""
    said = ON_THE_LAST_DAY if reminder.kind == "expiring" and not reminder.days_left else WORDS[reminder.kind]
    question = reminder.question[:LONGEST] + ("…" if len(reminder.question) > LONGEST else "")
    return said.format(
        number=reminder.number, question=question, left=reminder.days_left, day=f"{reminder.day:%Y-%m-%d}"
    )
