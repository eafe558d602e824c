"""The gate before what anybody may do: who does much of it from one address is asked a captcha, not barred.

Counted for each desk of this process. A right answer gives the address its whole share anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from api import captcha
from api.brake import Brake
from api.errors import CaptchaWanted

if TYPE_CHECKING:
    from api.desk import Desk

What = Literal["appeals", "lookups", "opinions", "acts"]
WHATS: tuple[What, ...] = ("appeals", "lookups", "opinions", "acts")

_brakes: WeakKeyDictionary[Desk, Brake] = WeakKeyDictionary()


def _brake(desk: Desk) -> Brake:
    return _brakes.setdefault(desk, Brake())


def count(desk: Desk, what: What, address: str) -> None:
    """Count one. Raises ``CaptchaWanted`` where the address has had its share."""
    if not _brake(desk).count(_limits(desk, what, address), now=desk.now()):
        raise CaptchaWanted("操作次数较多，请先输入验证码")


def check(desk: Desk, what: What, address: str) -> None:
    """The same before it is known whether this one counts."""
    if _brake(desk).is_on(_limits(desk, what, address), now=desk.now()):
        raise CaptchaWanted("操作次数较多，请先输入验证码")


def answered(desk: Desk, address: str, token: str, given: str) -> bool:
    """Whether the captcha was answered rightly; then the address begins anew with all it may do."""
    right = captcha.is_right(desk, token, given)
    if right:
        _brake(desk).start_anew(f"{what} {address}" for what in WHATS)
    return right


def _limits(desk: Desk, what: What, address: str) -> dict[str, int]:
    return {f"{what} {address}": int(getattr(desk.district.self_service.captcha, what))}
