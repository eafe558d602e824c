"""The dispatch directory of each version, kept whole as the rules are: what it said when a case was dispatched can be
read later, and two versions can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from casework.tables import RuleVersion
from district.differences import Difference, between
from district.pack import District
from storage.database import Base, Document
from storage.errors import UnknownRow


class DirectoryVersion(Base):
    """派单目录的一个版本: its lines as the pack had them."""

    __tablename__ = "directory_versions"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    pack_version: Mapped[str] = mapped_column(String(40))
    lines: Mapped[list[Any]] = mapped_column(Document)
    first_seen: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """A version that is kept: of the rules, or of the directory."""

    version: str
    pack_version: str
    first_seen: datetime
    current: bool


def keep(session: Session, district: District, *, now: datetime) -> None:
    """Write the pack's directory under its version, once."""
    version = district.directory.version
    known = select(DirectoryVersion.version).where(DirectoryVersion.version == version)
    if session.scalar(known) is not None:
        return
    session.add(
        DirectoryVersion(
            version=version,
            pack=district.manifest.name,
            pack_version=district.manifest.version,
            lines=[line.model_dump(mode="json") for line in district.directory],
            first_seen=now,
        )
    )
    session.flush()


def rules_kept(session: Session, district: District) -> Sequence[Kept]:
    """Versions of workflow, clocks and calendars, the newest first."""
    newest = select(RuleVersion).options(defer(RuleVersion.rules)).order_by(RuleVersion.first_seen.desc())
    return _kept(session.scalars(newest), district.rule_version)


def directories_kept(session: Session, district: District) -> Sequence[Kept]:
    """Versions of the directory, the newest first."""
    brief = select(DirectoryVersion).options(defer(DirectoryVersion.lines))
    return _kept(session.scalars(brief.order_by(DirectoryVersion.first_seen.desc())), district.directory.version)


def _kept(rows: Iterable[RuleVersion] | Iterable[DirectoryVersion], present: str) -> list[Kept]:
    return [Kept(row.version, row.pack_version, row.first_seen, row.version == present) for row in rows]


def compare_rules(session: Session, before: str, now: str) -> list[Difference]:
    """What differs between two kept versions of the rules. Raises ``UnknownRow``."""
    return between(_rules(session, before), _rules(session, now))


def compare_directories(session: Session, before: str, now: str) -> list[Difference]:
    """What differs between two kept directories. Raises ``UnknownRow``."""
    return between({"directory": _lines(session, before)}, {"directory": _lines(session, now)})


def _rules(session: Session, version: str) -> dict[str, Any]:
    row = session.get(RuleVersion, version)
    if row is None:
        raise UnknownRow("rule_version", version)
    return row.rules


def _lines(session: Session, version: str) -> list[Any]:
    row = session.get(DirectoryVersion, version)
    if row is None:
        raise UnknownRow("rule_version", version)
    return row.lines
