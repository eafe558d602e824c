"""How a worded appeal sounds: speech recognition, an old voice, chat, letters, call records, slips."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

Fragments = Mapping[str, tuple[str, ...]]
Pairs = tuple[tuple[str, tuple[str, ...]], ...]
"""Words with those that may stand for them."""


def pairs(block: str) -> Pairs:
    """Read lines ``word=a/b``; longer words go first, so that 没人管 is exchanged before 没人."""
    found = [line.strip().partition("=") for line in block.splitlines() if line.strip()]
    return tuple(
        sorted(((word, tuple(others.split("/"))) for word, _, others in found), key=lambda pair: -len(pair[0]))
    )


def exchange(rng: random.Random, text: str, words: Pairs, at_most: int) -> str:
    """Put other words for at most so many of those that the text has, each once."""
    here = [pair for pair in words if pair[0] in text]
    for word, others in rng.sample(here, min(at_most, len(here))):
        text = text.replace(word, rng.choice(others), 1)
    return text


def mend(text: str) -> str:
    """Take away the punctuation that empty slots leave behind."""
    text = re.sub(r"，+", "，", text)
    text = re.sub(r"，(?=[。！？：；])|(?<=[。！？：；])，", "", text)
    text = re.sub(r"[：；](?=[。！？])", "", text)
    text = re.sub(r"([。！？；])[。！；]+", r"\1", text)
    return re.sub(r"^[，。！？：；]+|[，：；]+$", "", text)


def speak(rng: random.Random, voice: str, text: str, fragments: Fragments) -> str:
    """The text as this voice says it; an unknown voice says it plainly."""
    return _VOICES.get(voice, _plain)(rng, text, fragments)


def _plain(rng: random.Random, text: str, fragments: Fragments) -> str:
    if rng.random() < 0.05:
        text = f"{rng.choice(fragments['ramble'])}，{text}"
    return text if text[-1] in "。！？" or rng.random() < 0.4 else text + "。"


def _spoken(rng: random.Random, text: str, fragments: Fragments) -> str:
    """Speech recognition: fillers, hardly any punctuation, words said twice."""
    said = []
    for clause in re.split(r"[，。！？：；]", text):
        filler = rng.choice(fragments["filler"]) if clause and rng.random() < 0.4 else ""
        twice = clause[:2] if len(clause) > 4 and clause[:2].isprintable() and rng.random() < 0.06 else ""
        said.append(filler + twice + clause)
    if rng.random() < 0.3:
        said.insert(rng.randrange(len(said) + 1), rng.choice(fragments["ramble"]))
    return rng.choices(("", "，", " "), weights=(6, 2, 2))[0].join(filter(None, said))


def _elderly(rng: random.Random, text: str, fragments: Fragments) -> str:
    parts = [rng.choice(fragments["elderly"]).rstrip("，")]
    if rng.random() < 0.6:
        parts.append(rng.choice(fragments["ramble"]))
    parts.append(text)
    if rng.random() < 0.4:
        parts.append(rng.choice(fragments["bye"]))
    said = mend("，".join(parts))
    return said if said[-1] in "。！？" else said + rng.choice(("。", "啊。", ""))


def _chat(rng: random.Random, text: str, fragments: Fragments) -> str:
    """WeChat and Telegram: broken lines, emoji, no full stop."""
    clauses = [clause for clause in re.split(r"[，。；]", text) if clause]
    text = rng.choices(("，", " ", "\n"), weights=(5, 4, 1))[0].join(clauses)
    return text + (rng.choice(fragments["emoji"]) if rng.random() < 0.45 else "")


def _letter(rng: random.Random, text: str, fragments: Fragments) -> str:
    parts = [rng.choice(fragments["letter_open"])]
    if rng.random() < 0.5:
        parts.append("    " + rng.choice(fragments["letter_frame"]))
    parts.append("    " + text.rstrip("。") + "。")
    if rng.random() < 0.25:
        parts.append("    " + rng.choice(fragments["ramble"]) + "。")
    if rng.random() < 0.75:
        parts.append(rng.choice(fragments["letter_close"]))
    return "\n".join(parts)


def _record(rng: random.Random, text: str, fragments: Fragments) -> str:
    """As a call taker or the city's platform writes it down."""
    return rng.choice(fragments["record"]) + text.rstrip("。！？") + rng.choice(fragments["record_end"])


_VOICES = {"spoken": _spoken, "elderly": _elderly, "chat": _chat, "letter": _letter, "record": _record}
