"""``make drill``: the long fault and load runs. Each says what it did and fails loudly."""

from __future__ import annotations

import argparse
import sys
import time

from drills import accessibility, dialogues, hostile, kill, lives, officers, redelivery, talks, walks

DRILLS = {
    "redelivery": redelivery.run,
    "kill": kill.run,
    "hostile": hostile.run,
    "lives": lives.run,
    "officers": officers.run,
    "dialogues": dialogues.run,
    "talks": talks.run,
    "accessibility": accessibility.run,
    "walks": walks.run,
}


def main() -> None:
    """Run the named drills, or all."""
    parser = argparse.ArgumentParser(prog="drills")
    parser.add_argument("names", nargs="*", choices=[[], *DRILLS], default=[])
    parser.add_argument("--messages", type=int, default=2000, help="messages of the kill drill")
    parser.add_argument("--seconds", type=float, default=50, help="of the hostile drill, for each channel")
    parser.add_argument("--lives", type=int, default=lives.LIVES, help="random lives of cases, on each database")
    parser.add_argument("--chats", type=int, default=talks.CHATS, help="random chats, on each database")
    parser.add_argument("--officers", type=int, default=officers.OFFICERS, help="who act at once")
    parser.add_argument("--cases", type=int, default=officers.CASES, help="that the officers act on")
    parser.add_argument("--officer-seconds", type=float, default=officers.SECONDS, help="on each database")
    parser.add_argument("--residents", type=int, default=dialogues.RESIDENTS, help="who talk at once")
    parser.add_argument("--kills", type=int, default=dialogues.KILLS, help="of the desk while they talk")
    given = parser.parse_args()
    failed = []
    for name in given.names or DRILLS:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            DRILLS[name](given)
        except AssertionError as problem:
            failed.append(name)
            print(f"FAILED {name}: {problem}", flush=True)
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
