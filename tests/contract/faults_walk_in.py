"""The counter has no line back, so there are no faults to inject: the account that samples are parsed for."""

from channels.message import Account

ACCOUNT = Account("walk_in", "hall")
