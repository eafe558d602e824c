"""A drill on both databases, each with a home of its own that is gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from api.settings import Settings
from drills.servers import postgres


@contextmanager
def both() -> Iterator[dict[str, Settings]]:
    """Settings of a desk by the name of its database; SQLite's alone, and said so, where there is no PostgreSQL.

    Raises ``AssertionError`` in CI where it is missing.
    """
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        there = {"SQLite": Settings(home=Path(folder) / "sqlite")}
        if url is None:
            print("   PostgreSQL: not here (apt-get install postgresql)")
            assert os.environ.get("CI") != "true", "PostgreSQL is missing in CI"
        else:
            there["PostgreSQL"] = Settings(home=Path(folder) / "postgres", database_url=SecretStr(url))
        yield there
