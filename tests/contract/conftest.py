"""What the contract suite runs over: every channel of the registry, and the one that the documentation shows.

Layout, one set per channel ``<name>``:

- ``samples/<name>/<sample>.<ext>``: a payload, byte for byte as the platform delivers it;
- ``samples/<name>/<sample>.expected.json``: ``{"results": [...], "redelivery_of": "<sample>"?}``. Each result has
  ``type`` (``message``, ``ignored``, ``refused`` or ``unreadable``) and any of the attributes of what ``parse`` gives, with
  times in ISO 8601; attributes left out are not compared. ``redelivery_of`` names the sample this one repeats;
- ``faults_<name>.py``: ``ACCOUNT`` (for parsing), and for a channel with a line back ``FAULTS`` (pairs of a fault's
  name and the exception class that ``send`` must raise), ``RECIPIENT``, and ``bench()``: an async context manager that runs the stand-in of the
  platform on loopback and yields an object with ``account``, ``state`` and ``async inject(fault)``.
  ``OUTBOUND``: attributes of a message that the channel needs beside the text.
  For a channel that fetches media (``MediaSource``) also ``MEDIA_FAULTS``, such pairs for ``fetch``, and on the bench
  ``async keep(content, media_type) -> reference`` and ``async inject_media(fault)``.
  ``TRUNCATED_IS_GARBAGE = True`` says that no beginning of a payload may be taken for a whole one.

The fixtures ``subject`` and ``sample`` are what a test over stored tickets needs too: the payload, its channel and
its account; ``sample.redelivered()`` gives the bytes to deliver a second time.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from channels.base import Channel, LineBack
from channels.registry import CHANNELS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
GUIDE = ROOT / "docs" / "adding-a-channel.md"
_BLOCK = re.compile(r"^<!-- file: (?P<path>\S+) -->\n+```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """One recorded payload and what it must become."""

    name: str
    payload: bytes
    results: list[dict[str, Any]]
    redelivery_of: str = ""

    def redelivered(self) -> bytes:
        return self.payload


@dataclass(frozen=True)
class Subject:
    """One channel with all that the suite knows about it."""

    name: str
    channel: Channel
    samples: tuple[Sample, ...]
    faults: ModuleType | None = field(default=None)

    @property
    def account(self) -> Any:
        assert self.faults is not None, f"tests/contract/faults_{self.name}.py is missing"
        return self.faults.ACCOUNT


def load_module(path: Path) -> ModuleType:
    name = f"contract_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_samples(folder: Path) -> tuple[Sample, ...]:
    found = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if not path.is_file() or path.name.endswith(".expected.json"):
            continue
        beside = path.with_name(path.stem + ".expected.json")
        assert beside.is_file(), f"{path}: no {beside.name} beside it"
        expected = json.loads(beside.read_text("utf-8"))
        found.append(Sample(path.stem, path.read_bytes(), expected["results"], expected.get("redelivery_of", "")))
    return tuple(found)


def guide_files() -> dict[str, str]:
    """The files that the guide shows, by path."""
    return {match["path"]: match["text"] for match in _BLOCK.finditer(GUIDE.read_text("utf-8"))}


def guide_subject(folder: Path) -> Subject:
    """The worked example of the guide, written out and registered in a copy of ``CHANNELS``."""
    for path, text in guide_files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    channel = load_module(next((folder / "channels").glob("*.py"))).CHANNEL
    registered = {**CHANNELS, channel.name: channel}
    return _subject(channel.name, registered[channel.name], folder / "tests" / "contract")


def _subject(name: str, channel: Channel, folder: Path) -> Subject:
    faults = folder / f"faults_{name}.py"
    return Subject(
        name, channel, load_samples(folder / "samples" / name), load_module(faults) if faults.is_file() else None
    )


def registered(name: str) -> Subject:
    """A channel of the registry with its samples and its table of faults."""
    return _subject(name, CHANNELS[name], HERE)


def pytest_configure(config: pytest.Config) -> None:
    import tempfile

    subjects = [registered(name) for name in CHANNELS]
    with tempfile.TemporaryDirectory() as folder:
        subjects.append(guide_subject(Path(folder)))
    config.stash[_SUBJECTS] = subjects


_SUBJECTS: pytest.StashKey[list[Subject]] = pytest.StashKey()


@pytest.fixture
def guide(request: pytest.FixtureRequest) -> Subject:
    """The channel of the guide."""
    return request.config.stash[_SUBJECTS][-1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    subjects = metafunc.config.stash[_SUBJECTS]
    names = metafunc.fixturenames
    if "subject" not in names:
        return
    if metafunc.definition.get_closest_marker("line_back"):
        subjects = [one for one in subjects if isinstance(one.channel, LineBack)]
    if "media_fault" in names:
        pairs = [(one, fault) for one in subjects for fault in getattr(one.faults, "MEDIA_FAULTS", ())]
        ids = [f"{one.name}-{fault[0]}" for one, fault in pairs]
        metafunc.parametrize(("subject", "media_fault"), pairs, ids=ids)
    elif "fault" in names:
        pairs = [(one, fault) for one in subjects for fault in getattr(one.faults, "FAULTS", ())]
        metafunc.parametrize(("subject", "fault"), pairs, ids=[f"{one.name}-{fault[0]}" for one, fault in pairs])
    elif "sample" in names:
        rows = [(one, sample) for one in subjects for sample in one.samples]
        metafunc.parametrize(("subject", "sample"), rows, ids=[f"{one.name}-{sample.name}" for one, sample in rows])
    else:
        metafunc.parametrize("subject", subjects, ids=[one.name for one in subjects])
