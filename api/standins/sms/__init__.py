"""A stand-in of an SMS provider, by the protocol of docs/standins.md."""

from __future__ import annotations

from api.standins.sms.server import SmsServer

__all__ = ["SmsServer"]
