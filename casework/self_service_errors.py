"""What is refused of residents' own pages: forms, urgings, opinions. Mapped as ``casework.errors`` are."""

from __future__ import annotations

from datetime import datetime

from casework.errors import CaseworkError


class UnknownDraft(CaseworkError):
    """No form is kept under this key: it never was, or its hours are over."""

    def __init__(self) -> None:
        super().__init__("no draft under this key")


class UrgedLately(CaseworkError):
    """The matter was urged a short while ago; it may be urged again from ``again_at`` on."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"urged lately, again at {again_at:%Y-%m-%d %H:%M}")
        self.again_at = again_at


class NothingAlike(CaseworkError):
    """The matter he would join takes nobody any more: it was answered or closed meanwhile."""

    def __init__(self) -> None:
        super().__init__("the matter takes nobody any more")


class UnknownConsultation(CaseworkError):
    """No opinion collection has this number, or not one that is shown to whoever asks."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no consultation {key}")
        self.key = key


class ConsultationOver(CaseworkError):
    """The opinion collection takes no answers: it is closed, or was not published."""

    def __init__(self) -> None:
        super().__init__("the consultation is not open")


class AnsweredBefore(CaseworkError):
    """Who has this link, or this browser, has answered: one answer each."""

    def __init__(self) -> None:
        super().__init__("answered before")


class UnfitOpinion(CaseworkError):
    """What was answered, or what is to be asked, does not fit; ``field`` and ``why`` say where and how, in Chinese."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class WrongConsultationState(CaseworkError):
    """The opinion collection is not in a state in which this is done; ``act`` and ``state`` are Chinese."""

    def __init__(self, act: str, state: str) -> None:
        super().__init__(f"{act} in state {state}")
        self.act = act
        self.state = state
