"""What the desk does by itself: judge what was left unjudged, watch the clocks, seal the audit, sweep and tidy."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from api import idempotency, pipeline, running_calls
from api.desk import Desk
from api.import_stash import ImportStash
from casework import (
    case_files,
    directory_versions,
    drafts,
    follow_up,
    inspection_draw,
    questionnaires,
    recounting,
    reviews,
    rules,
    supervision,
    supervision_orders,
)
from casework.actors import SYSTEM
from casework.dialogue import takeover
from casework.filing import unassessed
from casework.message_tables import AttachedFile, Message
from casework.tables import Case
from channels.robots import SENDERS
from knowledge import attachments, search_log
from storage import audit, deliveries, identity, second_factor, sign_ins, used_once
from storage.quarantine import Quarantined

LEFT_OVER = timedelta(seconds=20)
"""A ticket younger than this is still in the hands of whoever received it."""

ORPHAN_AGE = timedelta(days=1)


def assess_left_over(desk: Desk) -> int:
    """Triage tickets that a crash or a failure left between the two transactions. Return how many."""
    with desk.database.read() as session:
        found = [ticket.id for ticket in unassessed(session, before=desk.now() - LEFT_OVER, limit=50)]
    in_hand = desk.thinker.tickets()
    left = [ticket_id for ticket_id in found if ticket_id not in in_hand]
    if left:
        pipeline.assess(desk, left)
    return len(left)


def release_idle(desk: Desk) -> int:
    """Give conversations back whose person says nothing any more. Return how many; each by itself."""
    with desk.database.read() as session:
        found = takeover.idle(session, desk.district, now=desk.now())
    released = 0
    for dialogue_id in found:
        with desk.database.write.begin() as session:
            released += takeover.release_idle(session, desk.district, dialogue_id, now=desk.now())
    return released


def free_leases(desk: Desk) -> int:
    """Deliveries whose sender died: sent again where that is harmless, else left to a person as perhaps-sent."""
    safe = {name for name, channel in SENDERS.items() if getattr(channel, "resend_is_safe", False)}
    with desk.database.write.begin() as session:
        return deliveries.expire_leases(session, safe_channels=safe, now=desk.now())


def check_clocks(desk: Desk) -> int:
    """Warn of clocks that run low or are over, and of overdue supervision orders. Return how many warnings.

    Each case is a transaction of its own: on Monday morning there are hundreds, and officers act on them meanwhile.
    """
    now, told = desk.now(), 0
    with desk.database.write.begin() as session:
        rules.keep(session, desk.district, now=now)
        directory_versions.keep(session, desk.district, now=now)
    with desk.database.read() as session:
        cases = supervision.to_check(session, desk.district, now=now)
    for case_id in cases:
        with desk.database.write.begin() as session:
            told += supervision.check_case(session, desk.district, session.get_one(Case, case_id), now=now)
    return told + _overdue_orders(desk)


def _overdue_orders(desk: Desk) -> int:
    told = 0
    while True:
        with desk.database.write.begin() as session:
            if not supervision_orders.check_overdue(session, desk.district, now=desk.now(), limit=1):
                return told
        told += 1


def check_reviews(desk: Desk) -> int:
    """Tell whom it concerns that a suspended case is to be reviewed. Return how many cases."""
    with desk.database.read() as session:
        cases = reviews.due(session, desk.district, now=desk.now())
    for case_id in cases:
        with desk.database.write.begin() as session:
            reviews.tell(session, desk.district, session.get_one(Case, case_id), now=desk.now())
    return len(cases)


def draw_inspections(desk: Desk) -> int:
    """Draw the work of the weeks that are over for inspection. Return how many pieces were drawn."""
    with desk.database.write.begin() as session:
        return inspection_draw.draw_due(session, desk.district, now=desk.now())


def recount_calendars(desk: Desk) -> int:
    """Count open deadlines anew that days off announced since move. Return how many cases were touched.

    Each case is a transaction of its own, so that others write meanwhile and a stop loses nothing.
    """
    with desk.database.read() as session:
        cases = dict.fromkeys(each.case_id for each in recounting.find_moved(session, desk.district))
    for case_id in cases:
        with desk.database.write.begin() as session:
            case = session.get_one(Case, case_id)
            recounting.recount(session, desk.district, case, actor=SYSTEM, now=desk.now())
    return len(cases)


def ask_residents(desk: Desk) -> int:
    """Ask residents in writing how their answer was (回访问卷). Return how many."""
    with desk.database.write.begin() as session:
        return questionnaires.ask_due(session, desk.district, now=desk.now())


def seal_audit(desk: Desk) -> int:
    """Seal what was committed since the last seal. Return the number of rows."""
    with desk.database.write.begin() as session:
        return audit.seal(session, now=desk.now())


def forget(desk: Desk) -> int:
    """Drop sessions that are over, old answers under idempotency keys, pieces of old calls, files that nobody
    imported, old searches, half-filled forms. Return how many.
    """
    now = desk.now()
    with desk.database.write.begin() as session:
        done = identity.forget_sessions(session, now=now) + idempotency.forget(session, now=now)
        done += second_factor.forget_halves(session, now=now) + sign_ins.forget_lock_outs(session, now=now)
        done += follow_up.forget(session, now=now)
        done += drafts.forget(session, now=now) + used_once.forget(session, now=now)
        done += search_log.forget(session, before=now - timedelta(days=desk.settings.search_log_days))
    return done + running_calls.forget(desk) + ImportStash(desk.home).sweep(now)


def sweep_blobs(desk: Desk) -> int:
    """Remove blobs that no row names and that are old enough to belong to no transaction under way.

    What was drawn of a file goes with its bytes.
    """
    with desk.database.read() as session:
        named = set(session.scalars(select(Message.blob)))
        named |= set(session.scalars(select(AttachedFile.blob)))
        named |= set(session.scalars(select(Quarantined.blob)))
        named |= attachments.blobs(session)
        named |= set(case_files.blobs(session))
        named |= set(drafts.blobs(session))
    removed = desk.blobs.sweep(named, older_than=(desk.now() - ORPHAN_AGE).timestamp())
    return removed + desk.previews.sweep(lambda digest: desk.blobs.path(digest).exists())
