"""What is refused about the files of a case."""

from __future__ import annotations

from casework.errors import CaseworkError


class UnknownCaseFile(CaseworkError):
    """No file of this case has this id, it is not the actor's to see, or it was erased."""

    def __init__(self, number: str, key: str) -> None:
        super().__init__(f"no file {key} on case {number}")
        self.number = number
        self.key = key


class TooManyPhotos(CaseworkError):
    """More photos came with one form than it takes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} photos of one form")
        self.most = most
