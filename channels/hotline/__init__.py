"""热线: transcripts of finished calls and pieces of running ones, as a call platform hands them out.

See ``docs/channels/hotline.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import ValidationError

from channels.base import Piece
from channels.errors import ChannelMisconfigured
from channels.heard import Heard
from channels.message import Account, Parsed
from channels.written import Written

__all__ = ["CHANNEL", "Hotline"]

SILENCE_MINUTES = 10
"""Nobody on a line says nothing for that long: the platform's word that the call is over got lost."""


class Hotline:
    """``Channel``, ``JoinsPieces``, ``WritesDown`` and ``Checked``. There is no line back: who called is called."""

    name = "hotline"
    label = "热线"

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        from channels.hotline import parse  # pydantic and YAML are not for a command that takes no call

        return parse.parse(payload, account)

    def piece(self, payload: bytes, call_id: str, account: Account) -> Piece:
        from channels.hotline import pieces

        return pieces.read(payload, call_id, account)

    def heard(self, call_id: str, pieces: Sequence[bytes], late: Sequence[bytes], account: Account) -> Heard:
        from channels.hotline import live

        return live.heard(call_id, pieces, late, account)

    def whole(
        self,
        call_id: str,
        pieces: Sequence[bytes],
        late: Sequence[bytes],
        account: Account,
        *,
        stated: Sequence[str] = (),
    ) -> bytes:
        from channels.hotline.pieces import put_together

        return put_together(call_id, pieces, late, account, stated=stated)

    def written(self, given: Written, account: Account) -> bytes:
        from channels.hotline.written import document

        return document(given, account)

    def silence(self, account: Account) -> timedelta:
        return timedelta(minutes=_minutes(account))

    def check(self, account: Account) -> None:
        from channels import recordings
        from channels.hotline import reading

        try:
            reading.rules_of(account)
        except ValueError as problem:
            raise ChannelMisconfigured("layouts", f"不是 hotline.yaml 的内容：{_first(problem)}") from problem
        _minutes(account)
        try:
            recordings.hosts_of(account)
        except ValueError as problem:
            raise ChannelMisconfigured("recording_hosts", "应是主机名的列表") from problem


def _first(problem: ValueError) -> str:
    """The place that does not fit, on one line."""
    if isinstance(problem, ValidationError):
        return ".".join(str(part) for part in problem.errors(include_url=False)[0]["loc"])
    return " ".join(str(problem).split())[:120]


def _minutes(account: Account) -> float:
    given = account.settings.get("silence_minutes", SILENCE_MINUTES)
    try:
        minutes = float(given)
    except (TypeError, ValueError):
        minutes = 0.0
    if not 1 <= minutes <= 1440:
        raise ChannelMisconfigured("silence_minutes", "应为 1 到 1440 之间的分钟数")
    return minutes


CHANNEL = Hotline()
