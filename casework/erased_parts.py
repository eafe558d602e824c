"""Where a resident's words and names stand, table by table: the one list that an erasure works through.

Who adds a table with free text about a ticket or a case adds it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session, selectinload

from casework.calling_tables import CallerMark, CallerMarkEvidence, QuestionnaireSent
from casework.case_file_tables import CaseFile
from casework.city_tables import CityOrder
from casework.dialogue.note_tables import InternalNote
from casework.dialogue.tables import Dialogue
from casework.dispatch import TITLE
from casework.inspection_tables import Inspection
from casework.lookup_codes import new_code
from casework.message_tables import Message
from casework.people_tables import Alert, HandedCase
from casework.privacy import Sight, Veil
from casework.reading import OF_THE_MATTER, person_of
from casework.resident_tables import Identity, PersonRequest, PhoneCode, Resident, ResidentJoin
from casework.supervision_tables import FollowedUp, LeadersNote, SupervisionOrder
from casework.tables import Callback, Case, Notice, Request, Step, Ticket
from district.pack import District
from storage import deliveries, running_calls
from storage.deliveries import Delivery, DeliveryAttempt
from triage.decision import NO_CATEGORY

UNSENT = ("queued", "leased", "waiting", "grouped", "to_tell", "to_upload")


class Eraser(Protocol):
    """What ``casework.erasure`` hands in."""

    tombstone: str

    def put(self, row: Any, name: str, instead: Any) -> None: ...
    def words(self, row: Any, *names: str) -> None: ...
    def empty(self, row: Any, *names: str) -> None: ...


def former_cases(session: Session, his: Sequence[Ticket]) -> Sequence[Case]:
    """Cases that his tickets have left (并单、拆单), of which words of his are the title, or that were merged into his.

    A case keeps no list of the tickets that were on it; its title is the beginning of the words it was opened for.
    """
    now = {ticket.case_id for ticket in his if ticket.case_id}
    titles = {words[:TITLE] for ticket in his if (words := ticket.title or ticket.text)}
    found = {case.id: case for case in session.scalars(select(Case).where(Case.title.in_(titles)))}
    into = now | found.keys()
    while into:
        merged = {case.id: case for case in session.scalars(select(Case).where(Case.merged_into.in_(into)))}
        into = merged.keys() - found.keys()
        found |= merged
    return [case for key, case in sorted(found.items()) if key not in now]


def of_case(session: Session, eraser: Eraser, case: Case, his: Sequence[Ticket], district: District) -> None:
    """A case that is his alone loses its words and files; on one he shares his names and numbers are taken out.

    One that all have left is his where its title is. The public answer stays where the pack keeps it, without his
    names and numbers: it was told to all.
    """
    people = [person_of(ticket) for ticket in his]
    veil = Veil(Sight.HIDDEN, hidden=people)
    others = [ticket for ticket in case.tickets if ticket not in his]
    has_his_title = _begins(case, his) and not _begins(case, others)
    alone = not others if case.tickets else has_his_title

    def take(row: Any, name: str) -> None:
        held = getattr(row, name)
        if alone:
            eraser.words(row, name)
        elif held and (left := veil.text(held)) != held:
            eraser.put(row, name, left)

    if alone or has_his_title:
        eraser.words(case, "title")
    take(case, "record")
    if case.answer and "answer" in district.retention.keeps:
        eraser.put(case, "answer", veil.text(case.answer))
    else:
        take(case, "answer")
    of_follow_up(session, eraser, case.id)
    of_co_handlers(session, case, lambda words: eraser.tombstone if alone else veil.text(words))
    for table, names in _OF_CASES:
        for row in session.scalars(select(table).where(table.case_id == case.id)):
            if getattr(row, "ticket_id", None) is None:
                for name in names:
                    take(row, name)
                if isinstance(row, Alert):
                    of_alert_letters(session, eraser, row)
                if isinstance(row, CaseFile) and alone:
                    eraser.empty(row, "blob")


def _begins(case: Case, tickets: Sequence[Ticket]) -> bool:
    """Whether the title of the case is the beginning of the words of one of these."""
    return bool(case.title) and any((each.title or each.text).startswith(case.title) for each in tickets)


def of_co_handlers(session: Session, case: Case, instead: Callable[[str], str]) -> None:
    """What co-handlers answered, also as hand-overs keep it, to be given back. No mark: these rows have no id."""
    for part in case.units:
        part.answer = instead(part.answer) if part.answer else ""
    for row in session.scalars(select(HandedCase).where(HandedCase.case_id == case.id)):
        for name in ("before", "after"):
            kept = getattr(row, name)
            units = {
                unit: said | {"answer": instead(said["answer"]) if said.get("answer") else ""}
                for unit, said in kept["units"].items()
            }
            setattr(row, name, kept | {"units": units})


def of_alert_letters(session: Session, eraser: Eraser, alert: Alert) -> None:
    """Letters to staff that said what the alert says; they hang on no ticket."""
    for letter in session.scalars(select(Delivery).where(Delivery.purpose.startswith(f"alert:{alert.id}:"))):
        eraser.words(letter, "title", "text")


_OF_CASES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Step, ("text",)),
    (Request, ("text", "decision", "record", "changed_text")),
    (Notice, ("text",)),
    (SupervisionOrder, ("text", "reason", "answer", "decision")),
    (LeadersNote, ("text", "answer", "withdrawn_for")),
    (Alert, ("text",)),
    (CaseFile, ("name",)),
    (InternalNote, ("text",)),
)
_OF_TICKETS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Step, ("text",)),
    (Notice, ("text",)),
    (Callback, ("text",)),
    (CityOrder, ("said",)),
    (QuestionnaireSent, ("said",)),
    (Inspection, ("comment", "objection", "decision")),
    (Alert, ("text",)),
    (InternalNote, ("text",)),
)


def of_follow_up(session: Session, eraser: Eraser, subject: str) -> None:
    """What a supervisor wrote beside a line of the follow-up list about this ticket, case or resident."""
    for row in session.scalars(select(FollowedUp).where(FollowedUp.subject == subject)):
        row.word = eraser.tombstone  # no mark: it goes by subject, and says nothing a receipt need prove


def of_ticket(session: Session, eraser: Eraser, ticket: Ticket, *, keeps: Collection[str]) -> None:
    """A ticket keeps what it was about in the district's own words, its states and its clocks."""
    for table, names in _OF_TICKETS:
        for row in session.scalars(select(table).where(table.ticket_id == ticket.id)):
            eraser.words(row, *names)
            if isinstance(row, Alert):
                of_alert_letters(session, eraser, row)
    about_him = select(CallerMark).join(CallerMarkEvidence).where(CallerMarkEvidence.ticket_id == ticket.id)
    for mark in session.scalars(about_him):
        eraser.words(mark, "text", "decision", "lift_reason")
    of_follow_up(session, eraser, ticket.id)
    people = Veil(Sight.HIDDEN, hidden=[person_of(ticket)])
    if "answer" in keeps:
        eraser.put(ticket, "answer", people.text(ticket.answer))
    else:
        eraser.words(ticket, "answer")
    if "community" not in keeps:
        eraser.empty(ticket, "community")
    whole = ticket.suggestion
    kept = {name: value for name, value in whole.items() if name in OF_THE_MATTER}
    if whole.get("why") in NO_CATEGORY:
        kept["why"] = whole["why"]  # a fixed sentence of triage's, from which a fact is read
    eraser.put(ticket, "suggestion", kept)
    eraser.words(ticket, "title", "text")
    eraser.put(ticket, "sender", f"erased:{ticket.id}")
    eraser.put(ticket, "code", new_code())


def of_messages(session: Session, eraser: Eraser, resident: Resident, tickets: Sequence[Ticket]) -> None:
    """His messages and their files; the raw payload and the bytes are named by no row any more."""
    of_these = [each.id for each in tickets]
    for row in _in_parts(session, select(Message).options(selectinload(Message.attachments)), resident, of_these):
        eraser.words(row, "title", "text", "full_text")
        if row.external_id:
            running_calls.erase(session, row.channel, row.account, row.external_id)  # of other channels there are none
        eraser.empty(row, "sender", "place", "event_key", "notes", "external_id", "revises", "blob", "recording")
        eraser.empty(row, "response")
        eraser.put(row, "delivery_id", f"erased:{row.id}")
        for file in row.attachments:
            eraser.words(file, "name")
            eraser.empty(file, "blob", "reference")
            file.fetch_state, file.fetch_note, file.fetch_due_at = "gone", eraser.tombstone, None


def _in_parts(session: Session, query: Select[Message], resident: Resident, ticket_ids: Sequence[str]) -> list[Message]:
    found = {each.id: each for each in session.scalars(query.where(Message.resident_id == resident.id))}
    for start in range(0, len(ticket_ids), 500):
        some = query.where(Message.ticket_id.in_(ticket_ids[start : start + 500]))
        found |= {each.id: each for each in session.scalars(some)}
    return list(found.values())


def of_deliveries(session: Session, eraser: Eraser, resident: Resident, tickets: Sequence[Ticket]) -> None:
    """What he was sent. Nothing that still waits is sent: there is nobody to send it to."""
    names = list(session.scalars(select(Identity).where(Identity.resident_id == resident.id)))
    to_him = [
        and_(Delivery.channel == each.channel, Delivery.account == each.account, Delivery.recipient == each.external)
        for each in names
    ]
    about = Delivery.ticket_id.in_([each.id for each in tickets])
    carrying = Delivery.id.in_(select(Delivery.grouped_into).where(about, Delivery.grouped_into.is_not(None)))
    for row in list(session.scalars(select(Delivery).where(or_(about, carrying, *to_him)))):
        if row.state in UNSENT:
            row.state = "failed"
        row.followed = row.followed or "none"
        deliveries.forget_line(session, row.channel, row.account, row.recipient)  # an SMS went to no name of his
        eraser.words(row, "title", "text")
        eraser.empty(row, "recipient_name", "ticket_token", "replies_to", "thread", "details", "fields")
        eraser.empty(row, "platform_id", "reason")
        eraser.put(row, "recipient", f"erased:{row.id}")
        for tried in session.scalars(select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == row.id)):
            eraser.empty(tried, "reason")
    for each in names:
        deliveries.forget_line(session, each.channel, each.account, each.external)
        named = and_(
            Dialogue.channel == each.channel, Dialogue.account == each.account, Dialogue.sender == each.external
        )
        session.execute(delete(Dialogue).where(named))  # where a conversation stands says nothing of a closed matter
    for ticket in tickets:
        deliveries.forget_line(session, ticket.channel, ticket.account, ticket.sender)


def of_person(session: Session, eraser: Eraser, resident: Resident) -> None:
    """Who he is: name, telephones, wishes, the names platforms know him by, and what was said of him in deciding."""
    eraser.empty(resident, "name", "phone", "verified_phone", "wishes")
    codes = or_(PhoneCode.asker_id == resident.id, PhoneCode.target_id == resident.id)
    for code in session.scalars(select(PhoneCode).where(codes, PhoneCode.phone != "")):
        code.phone = ""  # a number of his, or one he named: no mark, it was never shown
    of_follow_up(session, eraser, resident.id)
    for name in session.scalars(select(Identity).where(Identity.resident_id == resident.id)):
        eraser.empty(name, "name")
        eraser.put(name, "external", f"erased:{name.id}")
        name.reachable = False
    ours = or_(ResidentJoin.kept_id == resident.id, ResidentJoin.lost_id == resident.id)
    for join in session.scalars(select(ResidentJoin).where(ours)):
        eraser.words(join, "reason", "undone_reason")
        eraser.empty(join, "before")
    for asked in session.scalars(select(PersonRequest).where(PersonRequest.resident_id == resident.id)):
        eraser.words(asked, "proof")
