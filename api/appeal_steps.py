"""The guided form of residents (我要反映问题), step by step: what is kept, what is answered at once, how it is sent.

Only the first step needs anything of triage, and goes on without it where there is none: an answer of the knowledge
base, an emergency, and matters of others that are alike are offers, and nothing waits for them.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from api import answering, appeals, gathering
from api.appeals import Sent
from casework import alarms, alike, drafts
from casework.alike import Matter
from casework.draft_tables import AppealDraft
from casework.self_service_errors import NothingAlike
from casework.tables import Ticket
from channels import form_fields
from channels.errors import UnreadableMessage
from channels.file_limits import limits_of
from district.schemas import UnitKind

if TYPE_CHECKING:
    from api.desk import Desk
    from channels.message import Account
    from district.pack import District
    from triage.assessment import Urgency

log = logging.getLogger(__name__)

PLACE = "地点：{place}"


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it now stands. ``code`` is not empty once it was sent."""

    key: str
    given: Mapping[str, str]
    photos: Sequence[Mapping[str, Any]] = ()
    code: str = ""

    def of(self, name: str) -> str:
        """What was given under the name; empty where nothing was."""
        return str(self.given.get(name, ""))


def begin(desk: Desk, text: str) -> Form:
    """A form with its first words, and what the desk can say to them at once. Raises ``UnreadableMessage``."""
    given = {"text": text, **_offered(desk, text)}
    with desk.database.write.begin() as session:
        key = drafts.begin(session, desk.district, given, now=desk.now())
    return Form(key, given)


def find(desk: Desk, key: str) -> Form:
    """The form under the key. Raises ``UnknownDraft``."""
    with desk.database.read() as session:
        return _form(key, drafts.find(session, key, now=desk.now()))


def give(desk: Desk, key: str, **given: str) -> Form:
    """Put in, or change, what was given. New words are looked at as the first were. Raises ``UnknownDraft``."""
    if "text" in given:
        given |= _offered(desk, given["text"])
    with desk.database.write.begin() as session:
        draft = drafts.find(session, key, now=desk.now())
        if not draft.code:
            drafts.give(session, desk.district, draft, given, now=desk.now())
        return _form(key, draft)


def _form(key: str, draft: AppealDraft) -> Form:
    return Form(key, dict(draft.given), list(draft.photos), draft.code)


def check_text(text: str) -> str:
    """The words as they are kept. Raises ``UnreadableMessage``."""
    if not (words := text.strip()):
        raise UnreadableMessage("text", "请写一写发生了什么事")
    if len(words) > form_fields.LONGEST:
        raise UnreadableMessage("text", f"最多 {form_fields.LONGEST} 个字，现在有 {len(words)} 个，请写短一些")
    return words


def urgency(desk: Desk, text: str) -> Urgency:
    """How urgent the words are, by the pack's rules alone."""
    return alarms.look(desk.district, text)


def is_emergency(desk: Desk, text: str) -> bool:
    """Whether whoever writes this is to call for help first."""
    return urgency(desk, text).level == alarms.EMERGENCY


def _offered(desk: Desk, text: str) -> dict[str, str]:
    """The knowledge base's answer, if the bot would give it on any channel; the same judgement, the same threshold."""
    nothing = {"answer": "", "basis": "", "asked": ""}
    try:
        reply = answering.answer(desk, text)
    except Exception as problem:  # noqa: BLE001  told in the log; the form goes on without an answer
        log.warning("no answer beside a form: %s", type(problem).__name__)
        return nothing
    if reply.act != "answer":
        return nothing
    return {"answer": reply.text, "basis": reply.article or "", "asked": ""}


def matters_alike(desk: Desk, form: Form) -> list[Matter]:
    """What others reported already of the same, as far as anybody may hear of it."""
    reading = gathering.reading(desk)
    if reading is None:
        return []
    now = desk.now()
    side = reading.side("", words_of(desk.district, form), now)
    with desk.database.read() as session:
        return alike.shown(session, desk.district, side, reading, now=now)


def account(desk: Desk) -> Account:
    """The account of the web channel that these forms come in by."""
    return desk.account_or_bare("web")


def add_photos(desk: Desk, key: str, files: Sequence[tuple[str, bytes]]) -> Form:
    """Keep photos with the form. Raises ``UnreadableMessage``, and nothing of these is kept; ``UnknownDraft``."""
    limits = limits_of(account(desk))
    found = [
        form_fields.photo(content, name, number, limits.file_bytes) for number, (name, content) in enumerate(files, 1)
    ]
    digests = desk.blobs.put_many([each.content or b"" for each in found])
    rows = [
        {"name": each.name, "blob": digest, "size": len(each.content or b""), "media_type": each.media_type}
        for each, digest in zip(found, digests, strict=True)
    ]
    with desk.database.write.begin() as session:
        draft = drafts.find(session, key, now=desk.now())
        known = {each["blob"] for each in draft.photos}
        photos = [*draft.photos, *(each for each in rows if each["blob"] not in known)]
        if len(photos) > limits.files:
            raise UnreadableMessage("photos", f"最多 {limits.files} 张，请先去掉几张")
        drafts.attach(session, desk.district, draft, photos, now=desk.now())
        return _form(key, draft)


def remove_photo(desk: Desk, key: str, blob: str) -> Form:
    """Take a photo out of the form. Raises ``UnknownDraft``."""
    with desk.database.write.begin() as session:
        draft = drafts.find(session, key, now=desk.now())
        photos = [each for each in draft.photos if each["blob"] != blob]
        drafts.attach(session, desk.district, draft, photos, now=desk.now())
        return _form(key, draft)


def area_name(district: District, code: str) -> str:
    """What the street, or the community in its street, is called; empty for no code of ours."""
    if code not in district.units:
        return ""
    unit = district.units.get(code)
    above = district.units.get(unit.parent).name if unit.kind is UnitKind.COMMUNITY and unit.parent else ""
    return f"{above}{unit.name}"


def place_of(district: District, form: Form) -> str:
    """Where it is, in words: what he chose and what he wrote."""
    area, place = area_name(district, form.of("area")), form.of("place").strip()
    return place if area and area in place else f"{area}{place}"


def words_of(district: District, form: Form) -> str:
    """The appeal as the desk reads it."""
    place = place_of(district, form)
    return "\n".join(part for part in (form.of("text").strip(), PLACE.format(place=place) if place else "") if part)


def send(desk: Desk, key: str, *, advice: str = "") -> Sent:
    """Hand the form in; once, however often it is pressed. Raises ``UnknownDraft`` and as ``appeals.take`` does."""
    form = find(desk, key)
    if form.code:
        return Sent("", form.code)
    joins, refused = form.of("join"), form.of("refused").split()

    def then(session: Session, ticket: Ticket) -> None:
        alike.refuse(session, ticket, refused, now=desk.now())
        if not joins:
            return
        try:
            alike.join(session, desk.district, ticket, joins, now=desk.now())
        except NothingAlike:
            log.info("the matter to be joined takes nobody any more")

    sent = appeals.take(desk, _body(desk, form), key=f"draft:{key}", then=then if joins or refused else None)
    with desk.database.write.begin() as session:
        draft = drafts.find(session, key, now=desk.now())
        if not draft.code:  # pressed twice, the second finds the first's
            drafts.sent(session, draft, sent.code, joined="yes" if joins else "", advice=advice)
    return sent


def _body(desk: Desk, form: Form) -> dict[str, Any]:
    body: dict[str, Any] = {
        "text": words_of(desk.district, form),
        "name": form.of("name"),
        "phone": form.of("phone"),
        "photos": [
            {"name": each["name"], "content": base64.b64encode(desk.blobs.get(each["blob"])).decode()}
            for each in form.photos
        ],
    }
    if form.of("latitude") and form.of("longitude"):  # the place's label is added to the words by whoever stores them
        spot = {"latitude": float(form.of("latitude")), "longitude": float(form.of("longitude"))}
        body |= {"text": form.of("text"), "place": spot | {"label": place_of(desk.district, form)}}
    return body


def register_at_once(desk: Desk, form: Form) -> None:
    """An emergency is registered with its first words: whoever runs to the telephone does not come back to a form."""
    send(desk, form.key, advice=urgency(desk, form.of("text")).advice or alarms.CALL)


def drop(desk: Desk, key: str) -> None:
    """Delete the form: he needs it no more. Raises ``UnknownDraft``."""
    with desk.database.write.begin() as session:
        session.delete(drafts.find(session, key, now=desk.now()))
