"""What taking a conversation over, speaking in it and taking words back refuse."""

from __future__ import annotations

from casework.errors import CaseworkError


class NotAChat(CaseworkError):
    """Nobody takes over where no bot speaks: the ticket's channel is no chat."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is of no chat")
        self.number = number


class NoWayToWrite(CaseworkError):
    """The resident of this ticket cannot be written to on the channel that he used."""

    def __init__(self, number: str) -> None:
        super().__init__(f"the resident of ticket {number} cannot be written to")
        self.number = number


class SpokenToByOther(CaseworkError):
    """Another member of staff has the conversation now."""

    def __init__(self, number: str, by_name: str) -> None:
        super().__init__(f"the conversation of ticket {number} is another's")
        self.number = number
        self.by_name = by_name


class TooLateToTakeBack(CaseworkError):
    """The words have left, or are leaving."""

    def __init__(self) -> None:
        super().__init__("the words have left")


class NotOwnWords(CaseworkError):
    """What is to be taken back is nothing that this member of staff said on this ticket."""

    def __init__(self, key: str) -> None:
        super().__init__(f"delivery {key} is not of this speaker")
        self.key = key
