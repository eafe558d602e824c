"""``python -m api.cli``: the command, where no entry point is installed."""

from api.cli import main

main()
