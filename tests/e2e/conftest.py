"""What the end-to-end tests need beside a home of their own: real servers, or a loud word when one is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drills import dovecot as mail_server
from tests.conftest import missing


@pytest.fixture
def dovecot() -> Iterator[mail_server.Dovecot]:
    """A private Dovecot."""
    with mail_server.dovecot() as server:
        if server is None:
            missing("dovecot-imapd", "Dovecot")
            return
        yield server
