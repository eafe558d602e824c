"""The command ``yingsheng``. Data go to stdout, progress and log lines to stderr.

Exit 0 done, 1 the input or the state refuses it (a message says what and where), 2 wrong usage.
"""

from __future__ import annotations

import sys

import typer

from api.cli import (
    answer,
    answers,
    article_life,
    articles,
    audit,
    automatic,
    calendars,
    cases,
    channels,
    city,
    compare,
    deliveries,
    dialogue,
    doctor,
    duty,
    evaluate,
    events,
    gaps,
    migrating,
    models,
    notices,
    pack,
    rates,
    serving,
    settings,
    suggest,
    units,
    users,
)

app = typer.Typer(
    name="yingsheng",
    help="应声：区级 12345 / 接诉即办工作台",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

article_life.add_to(articles.app)
migrating.add_to(cases.app)
for module in (serving, channels, suggest, answer, gaps, compare, cases, models, rates, settings, doctor):
    module.add_to(app)
for name, group in (
    ("articles", articles.app),
    ("notices", notices.app),
    ("answers", answers.app),
    ("dialogue", dialogue.app),
    ("cases", cases.app),
    ("users", users.app),
    ("units", units.app),
    ("duty", duty.app),
    ("pack", pack.app),
    ("quarantine", channels.quarantine),
    ("deliveries", deliveries.app),
    ("city", city.app),
    ("automatic", automatic.app),
    ("calendars", calendars.app),
    ("events", events.app),
    ("audit", audit.app),
    ("evaluate", evaluate.app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command; an error of the desk's own becomes one line on stderr and exit 1."""
    from api.cli.output import Refused, refuse

    try:
        app()
    except Refused as refused:
        refuse(refused)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
