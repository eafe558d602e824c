"""What cannot be done with a running call."""

from __future__ import annotations

from casework.errors import CaseworkError


class UnknownCall(CaseworkError):
    """No piece of a call of this number ever came by this account, or not for this reader."""

    def __init__(self, call_id: str) -> None:
        super().__init__(call_id)
        self.call_id = call_id


class CallOver(CaseworkError):
    """The call is over: what is still to be said of it is said on its ticket."""

    def __init__(self, call_id: str) -> None:
        super().__init__(call_id)
        self.call_id = call_id


class UnknownCallField(CaseworkError):
    """Nothing of this name is put down of a call."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field
