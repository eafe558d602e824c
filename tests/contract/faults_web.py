"""The form of the web page has no line back: nothing can go wrong in sending."""

from channels.message import Account

TRUNCATED_IS_GARBAGE = True
ACCOUNT = Account("web", "default")
