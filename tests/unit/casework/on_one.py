"""The bench on SQLite alone, for rules that neither locking nor a dialect has a part in. Import ``bench`` to use it."""

from __future__ import annotations

import pytest

from casework import rules
from district.pack import District
from storage.database import Database

from .conftest import NOW, Bench


@pytest.fixture
def bench(sqlite_database: Database, district: District) -> Bench:
    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    return Bench(sqlite_database, district)
