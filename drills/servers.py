"""Real servers for drills and tests, private and short-lived: PostgreSQL on a socket in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def postgres_binaries() -> Path | None:
    """The folder of the newest installed PostgreSQL server, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _own_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: its own user runs it then."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def postgres_cluster() -> Iterator[str | None]:
    """A private cluster; gives a URL with ``{name}`` for the database, or None where no server is installed."""
    binaries = postgres_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="yspg-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o755)
    own = _own_user()
    if own:
        shutil.chown(folder, "postgres", "postgres")
    data, log = folder / "data", folder / "log"

    def call(tool: str, *arguments: str | Path) -> None:
        subprocess.run([binaries / tool, "-D", data, *arguments], check=True, cwd=folder, capture_output=True, **own)

    call("initdb", "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync")
    call("pg_ctl", "-w", "-l", log, "-o", f"-k {folder} -h '' -c fsync=off -c max_connections=120", "start")
    try:
        yield f"postgresql+psycopg://tester@/{{name}}?host={folder}"
    finally:
        call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str | None]:
    """One empty database on a private cluster; None where no server is installed."""
    with postgres_cluster() as url:
        yield url.format(name="postgres") if url else None
