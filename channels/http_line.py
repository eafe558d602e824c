"""What calls of platforms over HTTP share: the TLS context, the wait asked for, a file read up to its limit."""

from __future__ import annotations

import functools
import ssl

import httpx

from channels.errors import MediaGone


@functools.lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """One for the process: making it takes 40 ms. It reads no certificate setting from the environment."""
    return httpx.create_ssl_context(trust_env=False)


def asked_to_wait(response: httpx.Response) -> float | None:
    """The seconds of ``Retry-After``, one at least; None where the platform names none."""
    given = response.headers.get("retry-after", "")
    return max(1.0, float(given)) if given.isascii() and given.isdigit() and len(given) <= 5 else None


def retry_after(response: httpx.Response) -> float:
    """Seconds until the next try after a refusal: what the platform asks for, else a minute where it had too much."""
    asked = asked_to_wait(response)
    return asked if asked is not None else 60.0 if response.status_code == 429 else 30.0


async def read_within(response: httpx.Response, limit: int) -> bytes:
    """The body, read no further than ``limit`` bytes. Raises ``MediaGone`` beyond."""
    promised = response.headers.get("content-length", "")
    if promised.isascii() and promised.isdigit() and int(promised[:20]) > limit:
        raise _too_large(limit)
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _too_large(limit: int) -> MediaGone:
    return MediaGone(f"文件超过 {limit / 1_000_000:g} MB，没有取回")
