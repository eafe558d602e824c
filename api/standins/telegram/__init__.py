"""A stand-in of ``api.telegram.org``, by the published Bot API."""

from __future__ import annotations

from api.standins.telegram.server import TelegramServer

__all__ = ["TelegramServer"]
