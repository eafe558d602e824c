"""Finding (查找) tickets and cases: what a clerk types, read as words that must all be there, each in any field.

The fields are the numbers of ticket and case, the texts and, for who works with residents, their names and telephones.
Numbers and telephones are asked for by their indexes, in every way they are written; only texts are looked through.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Select, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from casework.resident_tables import Identity, Resident
from casework.residents import PROVING, written_as
from casework.tables import Case, Ticket

_NUMBER = re.compile(r"([A-Z]?)(20\d{6})-?(\d{4,6})")
_END = re.compile(r"\d{0,7}-\d{4,6}")
_SEQUENCE = re.compile(r"\d{4,6}")
_TELEPHONE = re.compile(r"\+?[\d()\s-]{7,24}")
_COUNTRY = re.compile(r"(?:\+?86)?(?=1[3-9]\d{9}$)")
_STROKES = re.compile(r"[\u2010-\u2015\u2212]")
_DIALLED = re.compile(r"1[3-9]\d{9}|0\d{9,11}")
LOCAL = (7, 8)
"""Digits of a line within its area, as people say it: kept with the area's code before it."""
_KEPT = (Resident.phone, Resident.verified_phone)


@dataclass(frozen=True)
class Word:
    """One word of what was typed, and what else it may be."""

    text: str

    @cached_property
    def _plain(self) -> str:
        return _plain(self.text)

    @cached_property
    def number(self) -> str:
        """The number of a ticket or case that it is, as it is written; empty: it is none."""
        found = _NUMBER.fullmatch(self._plain)
        return f"{found[1]}{found[2]}-{found[3]}" if found else ""

    @cached_property
    def end(self) -> str:
        """The end of such a number that it is, from four digits on; empty: it is none."""
        if _SEQUENCE.fullmatch(self._plain):
            return f"-{self._plain}"
        return self._plain if _END.fullmatch(self._plain) else ""

    def is_number(self, number: str) -> bool:
        """Whether it is this number, or its end."""
        return number == self.number if self.number else bool(self.end) and number.endswith(self.end)

    def within(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """Whether a text has the word, in small or capital letters.

        What knows no capitals is asked for as it is: making each of 100,000 texts small takes longer than reading it.
        """
        if self.text.lower() == self.text.upper():
            return column.contains(self.text, autoescape=True)
        return column.icontains(self.text, autoescape=True)

    def names(self, number: InstrumentedAttribute[str]) -> ColumnElement[bool] | None:
        """``is_number`` of a column; None where it is no number at all."""
        if self.number:
            return number == self.number
        return number.endswith(self.end, autoescape=True) if self.end else None

    @cached_property
    def telephones(self) -> frozenset[str]:
        """The ways in which channels keep the telephone that it is; none: it is no telephone."""
        if not _TELEPHONE.fullmatch(self._plain):
            return frozenset()
        digits = _digits(self._plain)
        return written_as(self._plain) | written_as(digits) if len(digits) >= min(LOCAL) else frozenset()


def _plain(text: str) -> str:
    """Without full-width and small letters, and with one kind of stroke."""
    return _STROKES.sub("-", unicodedata.normalize("NFKC", text)).upper()


def _digits(text: str) -> str:
    return _COUNTRY.sub("", re.sub(r"[^\d+]", "", text))


def words(typed: str) -> tuple[Word, ...]:
    """What was typed, word by word; one number or telephone with spaces in it is one word."""
    plain = _plain(typed).strip()
    together = re.sub(r"\s", "", plain)
    if _NUMBER.fullmatch(together):
        return (Word(together),)
    if _TELEPHONE.fullmatch(plain) and _DIALLED.fullmatch(_digits(plain)):
        return (Word(plain if plain == together else _digits(plain)),)
    return tuple(Word(each) for each in typed.split())


def in_tickets(word: Word, *, people: bool) -> ColumnElement[bool]:
    """Whether the word is in a ticket; ``people``: also whether it names its resident."""
    ways = [word.within(Ticket.text), word.within(Ticket.title)]
    of_ticket, of_case = word.names(Ticket.number), word.names(Case.number)
    if of_ticket is not None and of_case is not None:
        ways += [of_ticket, Ticket.case_id.in_(select(Case.id).where(of_case))]
    if people:
        ways.append(Ticket.resident_id.in_(_residents(word)))
    return or_(*ways)


def in_cases(word: Word, *, people: bool) -> ColumnElement[bool]:
    """Whether the word is in a case or in one of its tickets."""
    ways = [word.within(Case.title)]
    of_case = word.names(Case.number)
    if of_case is not None:
        ways.append(of_case)
    tickets = select(Ticket.case_id).where(Ticket.case_id.is_not(None), in_tickets(word, people=people))
    return or_(*ways, Case.id.in_(tickets))


def _residents(word: Word) -> Select[str]:
    """Asked way by way, each by its own index (``callers``)."""
    ways = [select(Resident.id).where(word.within(Resident.name))]
    if word.telephones:
        ways += [select(Resident.id).where(column.in_(word.telephones)) for column in _KEPT]
        named = Identity.channel.in_(PROVING), Identity.external.in_(word.telephones)
        ways.append(select(Identity.resident_id).where(*named))
    ways += [
        select(Resident.id).where(Resident.phone.endswith(digits)) for digits in word.telephones if len(digits) in LOCAL
    ]
    found = union(*ways).subquery()
    return select(found.c.id)
