"""The counter (现场登记): sheets of residents' matters, and records of a counter's screen. There is no line back."""

from __future__ import annotations

from channels.errors import ChannelMisconfigured
from channels.message import Account, Parsed, Refused
from channels.walk_in.headings import HeadingsUnfit, words_of
from channels.walk_in.parse import CHANNEL_NAME
from channels.walk_in.parse import parse as _parse
from channels.walk_in.written import record
from channels.written import Written


class WalkInChannel:
    """``Channel``, ``ReturnsRows``, ``WritesDown`` and ``Checked`` for one counter."""

    name = CHANNEL_NAME
    label = "现场登记"

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        """A sheet (CSV, XLSX) or JSON records, one message or refusal a row. Raises ``UnreadableMessage``."""
        return _parse(payload, account)

    def returned(self, payload: bytes, account: Account) -> bytes:
        """The refused rows as a sheet. Raises ``UnreadableMessage``."""
        refused = [each for each in self.parse(payload, account) if isinstance(each, Refused)]
        if not refused:
            return b""
        from channels.walk_in.faulty import faulty_sheet  # openpyxl is slow to import and seldom needed

        return faulty_sheet(payload, refused, account)

    def written(self, given: Written, account: Account) -> bytes:
        """A record of the counter's screen. Raises ``HeadingsUnfit``."""
        return record(given, account)

    def check(self, account: Account) -> None:
        """The headings and what to make of equal rows. Raises ``ChannelMisconfigured``."""
        try:
            words_of(account)
        except HeadingsUnfit as problem:
            raise ChannelMisconfigured("headings", problem.why) from problem
        if account.settings.get("equal_rows", "each") not in {"each", "one"}:
            raise ChannelMisconfigured("equal_rows", "应是 each（各算一件）或 one（只算一件）")


CHANNEL = WalkInChannel()
