"""What is refused about residents: codes, joins, and what the law keeps. Mapped as ``casework.errors`` are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casework.errors import CaseworkError


class UnknownResident(CaseworkError):
    """No resident has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no resident {key}")
        self.key = key


class CodeWrong(CaseworkError):
    """The code is not the one that was sent; ``left`` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__(f"wrong code, {left} tries left")
        self.left = left


class CodeExpired(CaseworkError):
    """No code is valid any more: its minutes or its tries are over, or none was asked for."""

    def __init__(self) -> None:
        super().__init__("no valid code")


class TooManyCodes(CaseworkError):
    """Codes were asked for too often; ``minutes`` until the next may be."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"too many codes, wait {minutes} min")
        self.minutes = minutes


class NotAPhone(CaseworkError):
    """What was given is no mobile telephone number."""

    def __init__(self) -> None:
        super().__init__("no mobile number")


class JoinRing(CaseworkError):
    """The two are one already, or one of them has become another: joining them would close a ring."""

    def __init__(self, kept: str, lost: str) -> None:
        super().__init__(f"{lost} into {kept}")
        self.kept = kept
        self.lost = lost


class NoProof(CaseworkError):
    """The proof named is none: not of the list, or the two do not share what it says."""

    def __init__(self, proof: str, known: Mapping[str, str]) -> None:
        super().__init__(f"no proof {proof}")
        self.proof = proof
        self.known = dict(known)


class PhonesDiffer(CaseworkError):
    """Both have a verified telephone, and not the same: a supervisor decides."""

    def __init__(self) -> None:
        super().__init__("verified telephones differ")


class NothingToUndo(CaseworkError):
    """The join was undone before, or is none of this resident's."""

    def __init__(self, key: str) -> None:
        super().__init__(f"join {key} has nothing to undo")
        self.key = key


class JoinedSince(CaseworkError):
    """The kept resident was himself joined to another since: that is undone first."""

    def __init__(self, key: str) -> None:
        super().__init__(f"join {key} has a later one on it")
        self.key = key


class ResidentErased(CaseworkError):
    """His personal data were erased: nothing is left to work with."""

    def __init__(self, key: str) -> None:
        super().__init__(f"resident {key} is erased")
        self.key = key


class BadWish(CaseworkError):
    """A wish that cannot be kept: ``wish`` names it in Chinese."""

    def __init__(self, wish: str) -> None:
        super().__init__(f"bad wish {wish}")
        self.wish = wish


class UnknownGround(CaseworkError):
    """The pack's retention rules know no such legal ground."""

    def __init__(self, ground: str, known: Mapping[str, str]) -> None:
        super().__init__(f"no ground {ground}")
        self.ground = ground
        self.known = dict(known)


class StillInHand(CaseworkError):
    """Nothing is erased while these tickets, or the cases they hang on, are not closed."""

    def __init__(self, numbers: Sequence[str]) -> None:
        super().__init__(f"open: {', '.join(numbers)}")
        self.numbers = tuple(numbers)


class WithinRetention(CaseworkError):
    """The law keeps these tickets until ``until``, and the ground does not go before it."""

    def __init__(self, numbers: Sequence[str], until: str) -> None:
        super().__init__(f"kept until {until}: {', '.join(numbers)}")
        self.numbers = tuple(numbers)
        self.until = until


class PersonRequestDecided(CaseworkError):
    """The request about personal data was decided before, or is not (yet) one that may be carried out."""

    def __init__(self, key: str, state: str) -> None:
        super().__init__(f"request {key} is {state}")
        self.key = key
        self.state = state


class PersonRequestPending(CaseworkError):
    """A request of this kind for this resident waits for its decision."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a request {kind} is pending")
        self.kind = kind


class UnknownPersonRequest(CaseworkError):
    """No request about personal data has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no person request {key}")
        self.key = key


class NotConfirmed(CaseworkError):
    """What cannot be taken back needs the confirmation that it is meant."""

    def __init__(self, act: str) -> None:
        super().__init__(f"{act} not confirmed")
        self.act = act
