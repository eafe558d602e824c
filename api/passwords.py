"""A member of staff sets his own password: the present one is asked for, and guessing is braked as at the entrance."""

from __future__ import annotations

from fastapi import Request

from api.auth import Visitor, token_of
from api.brake import Brake
from api.desk import Desk
from api.errors import Forbidden, UnfitPassword
from api.signing_in import AT_MOST
from storage import audit, identity

MIN_LENGTH = 10
MAX_LENGTH = 200
_brake = Brake()


def change(desk: Desk, request: Request, who: Visitor, current: str, new: str) -> None:
    """Set the new password and end the user's other sessions.

    Raises ``UnfitPassword`` where the present one is wrong, or the new one too short, too long, or the same;
    ``Forbidden`` after too many wrong tries.
    """
    if not MIN_LENGTH <= len(new) <= MAX_LENGTH:
        raise UnfitPassword(f"新密码须为 {MIN_LENGTH} 至 {MAX_LENGTH} 位")
    if new == current:
        raise UnfitPassword("新密码不能和现在的一样")
    now, limits = desk.now(), {who.actor.id: AT_MOST}
    if not _brake.count(limits, now=now):
        raise Forbidden("密码输错次数过多，请十分钟后再试")
    with desk.database.read() as session:
        user = identity.known(session, who.login)
    if not identity.fits(user, current):
        raise UnfitPassword("现在的密码不正确")
    _brake.forgive(limits, at=now)
    hashed = identity.hash_password(new)
    token, _ = token_of(request)
    with desk.database.write.begin() as session:
        identity.change_own_password(session, who.actor.id, hashed, keep=token)
        audit.record(
            session,
            actor=who.actor.id,
            role=str(who.actor.role),
            act="change_password",
            subject="user",
            subject_id=who.actor.id,
            now=now,
            details={},
        )
