"""Half-filled forms (草稿) of the residents' page: kept between its steps, and gone when nobody goes on with one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.draft_tables import AppealDraft
from casework.self_service_errors import UnknownDraft
from district.pack import District


def begin(session: Session, district: District, given: Mapping[str, Any], *, now: datetime) -> str:
    """Keep what was given first; return the key under which the form goes on. It is nowhere but in his addresses."""
    key = secrets.token_urlsafe(18)
    session.add(AppealDraft(key=_digest(key), given=dict(given), photos=[], expires_at=_until(district, now)))
    session.flush()
    return key


def find(session: Session, key: str, *, now: datetime) -> AppealDraft:
    """The form under the key. Raises ``UnknownDraft``."""
    found = session.get(AppealDraft, _digest(key))
    if found is None or found.expires_at <= now:
        raise UnknownDraft
    return found


def give(session: Session, district: District, draft: AppealDraft, given: Mapping[str, Any], *, now: datetime) -> None:
    """Add to what was given, or change it; the hours begin anew."""
    draft.given = {**draft.given, **given}
    draft.expires_at = _until(district, now)
    session.flush()


def attach(session: Session, district: District, draft: AppealDraft, photos: list[Any], *, now: datetime) -> None:
    """The photos that are now kept with the form."""
    draft.photos = list(photos)
    draft.expires_at = _until(district, now)
    session.flush()


def sent(session: Session, draft: AppealDraft, code: str, **told: str) -> None:
    """It became the ticket of this code: what was written in it is deleted, the page of its number stays.

    ``told`` is what that page says beside the number, nothing that he wrote.
    """
    draft.code, draft.given, draft.photos = code, told, []
    session.flush()


def blobs(session: Session) -> Iterator[str]:
    """The blobs of the photos of all forms."""
    for photos in session.scalars(select(AppealDraft.photos)):
        yield from (each["blob"] for each in photos)


def forget(session: Session, *, now: datetime) -> int:
    """Delete the forms whose hours are over. Return how many."""
    dropped = session.execute(delete(AppealDraft).where(AppealDraft.expires_at <= now))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _until(district: District, now: datetime) -> datetime:
    return now + timedelta(hours=district.self_service.draft_hours)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
