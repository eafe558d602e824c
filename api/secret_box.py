"""Seals small secrets that the desk must read again (the secrets of authenticator apps) before they are stored.

The key is no row of the database: who gets hold of a dump or a backup of it alone can make no codes. It is the file
``secrets.key`` of the home, readable by its owner only and made when first needed; several machines that share one
database are given the same key by ``YINGSHENG_SECRETS_KEY``. A lost key costs no account: second factors are reset.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from storage.database import new_id

FILE = "secrets.key"


class CannotUnseal(Exception):
    """What was sealed cannot be opened: the key is another one now."""


class SecretBox:
    """Seals and opens with the desk's key."""

    def __init__(self, home: Path, given: SecretStr | None) -> None:
        self._file = home / FILE
        self._given = given

    @cached_property
    def _fernet(self) -> Fernet:
        return Fernet(self._given.get_secret_value().encode() if self._given else self._kept())

    def seal(self, text: str) -> str:
        """The text as it may be stored."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises ``CannotUnseal``."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotUnseal from None

    def _kept(self) -> bytes:
        with suppress(FileNotFoundError):
            return self._file.read_bytes().strip()
        part = self._file.with_name(f".{FILE}.{new_id()}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process made one meanwhile: that one is it
                os.link(part, self._file)
        finally:
            part.unlink(missing_ok=True)
        return self._file.read_bytes().strip()
