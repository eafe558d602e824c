"""热线: transcripts of finished calls, as a call platform hands them out. See ``docs/channels.md``."""

from __future__ import annotations

from channels.errors import ChannelMisconfigured
from channels.message import Account, Parsed

__all__ = ["CHANNEL", "Hotline"]


class Hotline:
    """``Channel`` and ``Checked``. There is no line back: who called is called."""

    name = "hotline"
    label = "热线"

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        from channels.hotline import parse  # pydantic and YAML are not for a command that takes no call

        return parse.parse(payload, account)

    def check(self, account: Account) -> None:
        from channels.hotline import reading

        try:
            reading.rules_of(account)
        except ValueError as problem:
            raise ChannelMisconfigured("layouts", f"不是 hotline.yaml 的内容：{str(problem)[:300]}") from problem


CHANNEL = Hotline()
