"""A stand-in of 企业微信's group robots: one address, the published limits and error codes, and faults on demand."""

from api.standins.wecom.server import WecomServer

__all__ = ["WecomServer"]
