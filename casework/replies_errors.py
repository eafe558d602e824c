"""What is refused about answers and their approval."""

from __future__ import annotations

from casework.errors import CaseworkError


class TextNotChangeable(CaseworkError):
    """Whoever decides may change the text of an answer that he approves, and no other request's."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the text of a request {kind} is not the approver's to change")
        self.kind = kind


class BlanksLeft(CaseworkError):
    """The answer still has blanks of the form it was written from."""

    def __init__(self, blanks: tuple[str, ...]) -> None:
        super().__init__(f"the answer has {len(blanks)} blanks left")
        self.blanks = blanks
