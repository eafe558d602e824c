"""``yingsheng answers``: what the answer bot learns from how its proposals were judged."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.on_record import COMMAND
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from knowledge import weights
from knowledge.acts import Unattended
from knowledge.confidence import ENOUGH, Confidence

app = typer.Typer(help="应答机器人的权重", no_args_is_help=True)
ACTOR = Unattended(COMMAND, "命令行")


@app.command()
def refit(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会怎样，不改动")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="回到随程序的权重")] = False,
) -> None:
    """用最近一年对建议答复的判断，从随程序的权重起重新拟合；每周自动进行一次。"""
    if dry_run and reset:
        raise Refused("--dry-run 和 --reset 只能给一个")
    with desk_open() as desk, desk.database.write.begin() as session:
        if reset:
            row = weights.reset(session, actor=ACTOR, now=desk.now())
            say(f"第 {row.version} 版：已回到随程序的权重")
            return
        before = weights.in_use(session)
        known, made = weights.relearn(session, now=desk.now())
        say(_counted(known))
        if made is None:
            say("权重不变" if known.enough else f"采用和不合适各需 {ENOUGH} 条，权重不变")
            return
        if dry_run:
            say("将改动：")
        else:
            say(f"第 {weights.keep(session, known, made, actor=ACTOR, now=desk.now()).version} 版，改动：")
    table(_lines(before, made), ("特征", "原来", "现在"))


def _counted(known: weights.Learnt) -> str:
    passed = f"，略过 {known.passed_over} 条（特征不同或已损坏）" if known.passed_over else ""
    return f"最近一年的判断：采用 {known.accepted} 条，不合适 {known.refused} 条{passed}"


def _lines(before: Confidence, after: Confidence) -> list[tuple[str, str, str]]:
    return [(name, f"{old:.3f}", f"{new:.3f}") for name, old, new in weights.changes(before, after)]


@app.command()
def status(as_json: AsJson = False) -> None:
    """已有多少判断，正在用哪一版权重，比随程序的改动了什么。"""
    with desk_open() as desk, desk.database.read() as session:
        known, found = weights.learnt(session, now=desk.now()), weights.using(session)
        zone = desk.district.calendars.zone
        at = found.stored.at if found.stored else None
    if as_json:
        print_json(document(known, found))
        return
    print(_counted(known))
    since = f"（{at.astimezone(zone):%Y-%m-%d %H:%M}）" if at else ""
    print(f"权重：第 {found.version} 版{since}" if found.version else "权重：随程序")
    if found.why_not and found.stored:
        print(f"第 {found.stored.version} 版未用：{found.why_not}")
    if found.version:
        table(_lines(weights.shipped(), found.confidence), ("特征", "随程序", "现在"))


def document(known: weights.Learnt, found: weights.InUse) -> dict[str, Any]:
    """The same as JSON."""
    changed = weights.changes(weights.shipped(), found.confidence)
    return {
        "accepted": known.accepted,
        "refused": known.refused,
        "passed_over": known.passed_over,
        "enough": known.enough,
        "version": found.version,
        "at": found.stored.at if found.stored and found.version else None,
        "why_not": found.why_not,
        "threshold": found.confidence.threshold,
        "changes": [each._asdict() for each in changed],
    }
