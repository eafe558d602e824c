"""Signature and AES envelope of WeChat's callbacks (公众平台「消息加解密说明」).

Written on ``cryptography`` and not on wechatpy's crypto module: that one compares signatures with ``!=`` and
trusts the padding byte, so a damaged text gives an ``IndexError`` or a silently shortened message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # WeChat pads to 32 bytes, not to AES's own 16
_RANDOM = 16


class EnvelopeDamaged(ValueError):
    """密文 cannot be opened with this key: wrong key, or bytes changed on the way."""


def signature(*parts: str) -> str:
    """SHA-1 of the parts, sorted and joined, in lower-case hex, as the platform prescribes."""
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def matches(given: str, *parts: str) -> bool:
    """Whether ``given`` signs the parts; compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), signature(*parts).encode())


def decrypt(text: str, key: bytes) -> tuple[bytes, str]:
    """Open an envelope: its content and the AppID it was made for. Raises ``EnvelopeDamaged``.

    Call it on text whose signature was checked: only then is a padding error no oracle.
    """
    try:
        sealed = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnvelopeDamaged("not base64") from error
    if len(sealed) < _BLOCK or len(sealed) % 16:
        raise EnvelopeDamaged("length")
    decryptor = _cipher(key).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise EnvelopeDamaged("padding")
    inner = plain[_RANDOM:-padding]
    length = int.from_bytes(inner[:4], "big")
    if len(inner) < 4 or length > len(inner) - 4:
        raise EnvelopeDamaged("content length")
    try:
        return inner[4 : 4 + length], inner[4 + length :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise EnvelopeDamaged("app id") from error


def encrypt(content: bytes, key: bytes, app_id: str, *, salt: bytes) -> str:
    """Seal ``content`` for ``app_id``. ``salt``: 16 fresh random bytes."""
    plain = salt[:_RANDOM] + len(content).to_bytes(4, "big") + content + app_id.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(key).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode("ascii")


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))  # the platform prescribes the key's head as IV
