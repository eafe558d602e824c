"""A call that is still running, as it has been heard so far: what ``parse`` will say of it, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence

from channels.heard import Heard, HeardTurn
from channels.hotline.parse import phone_of, sound
from channels.hotline.pieces import read_all
from channels.hotline.segments import latest
from channels.hotline.speakers import roles
from channels.hotline.transcript import Transcript, Turn, in_order, moment
from channels.hotline.words import by_side, words_of
from channels.message import Account


def heard(call_id: str, pieces: Sequence[bytes], late: Sequence[bytes], account: Account) -> Heard:
    """The call as its pieces have it. Raises ``UnreadableMessage``.

    Speakers, order and words are settled by the same functions as in a whole transcript, so that nothing jumps when
    the call is over. In doubt a turn is the caller's, as there.
    """
    given = read_all(call_id, pieces, late, account)
    held = latest(given.segments)
    after = {each.sequence for each in given.segments[given.late_from :]}
    call = in_order(
        sound(
            Transcript(
                call_id=call_id,
                turns=tuple(
                    Turn(each.sequence, each.speaker, each.text, each.start, each.end)
                    for each in held.values()
                    if each.text.strip()
                ),
                phone=given.facts["phone"],
                name=given.facts["name"],
                started=given.facts["started"],
            )
        )
    )
    sides, inferred = roles(call, given.reading) if call.turns else ([], ())
    phone, about_phone = phone_of(call, given.reading) if call.phone else ("", ())
    return Heard(
        turns=tuple(
            HeardTurn(
                each.number, side, each.speaker, each.text, each.start, held[each.number].final, each.number in after
            )
            for each, side in zip(call.turns, sides, strict=True)
        ),
        words=words_of(by_side(call, sides), given.reading),
        phone=phone,
        name=call.name,
        started=moment(call.started),
        notes=(*inferred, *about_phone),
    )
