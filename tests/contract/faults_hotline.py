"""The hotline has no line back: nothing can go wrong in sending. A text cut short is a shorter call, not garbage."""

from channels.message import Account

ACCOUNT = Account("hotline", "line-1")
