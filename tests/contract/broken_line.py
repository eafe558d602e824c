"""A line to a mail server that can be cut or go mute, as lines do."""

from __future__ import annotations

import asyncio
from typing import Self


class Proxy:
    """A line in between that can be cut, or go mute: bytes vanish and nobody is told."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.mute = False
        self.cut_after = 0
        """Bytes after which the line breaks, once; 0 for never."""
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    def cut(self) -> None:
        """Break every line at once."""
        for writer in list(self._writers):
            writer.transport.abort()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._connected(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mine = {writer}
        self._writers |= mine
        try:
            if self.mute:
                await asyncio.Event().wait()
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self.target)
            mine.add(onward_writer)
            self._writers.add(onward_writer)
            pumps = {
                asyncio.ensure_future(self._pump(reader, onward_writer)),
                asyncio.ensure_future(self._pump(onward_reader, writer)),
            }
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass
        finally:
            self._writers -= mine
            for each in mine:
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        muted = self.mute
        passed = 0
        while data := await reader.read(65_536):
            passed += len(data)
            if 0 < self.cut_after < passed:
                self.cut_after = 0
                self.cut()
            # A line that went mute stays so; lines made after it spoke again are new.
            muted = muted or self.mute
            if not muted:
                writer.write(data)
                await writer.drain()
        if muted:
            await asyncio.Event().wait()
