"""Text of files from anywhere, as an article may hold it: no control characters, no scripts, no links that run."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from urllib.parse import unquote

SHORT = 300
"""Characters of a short answer (``ArticleSource``)."""

_CONTROLS: dict[int, str | None] = dict.fromkeys(
    (*(code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in {0x09, 0x0A}), 0xFEFF, 0xFFFE, 0xFFFF)
)
# Bidirectional marks turn names round; zero-width marks make equal words unequal.
_CONTROLS |= dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0x00AD))
_CONTROLS |= {0x2028: "\n", 0x2029: "\n", 0x00A0: " "}
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_RUNS = "(script|style|iframe|object|embed|template|svg|math|noscript)"
_ACTS = "(?:a|img|image|picture|video|audio|source|form|input|button|select|textarea|meta|base|link|frame|frameset)"
_RUNNING = re.compile(rf"<{_RUNS}\b[^>]{{0,2000}}>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_RUNNING_TAG = re.compile(rf"</?(?:{_RUNS}\b|{_ACTS}(?=[\s/>]|$))[^>\n]{{0,2000}}>?", re.IGNORECASE | re.MULTILINE)
_ON_EVENT = re.compile(r"<[a-z][^<>\n]{0,300}?[\s/\"']on[a-z]{3,30}\s*=[^<>\n]{0,2000}>?", re.IGNORECASE)
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.\-]{1,31}:[^\s<>]{0,2000})>", re.IGNORECASE)
_MOST_ROUNDS = 10
_MOST_TAGS = 200
_LOOKED_AT = 5_000
"""Characters of a text in which its first sentences are looked for."""
_LINK = re.compile(
    r"(!?)\[([^\[\]\n]{0,500})\]\(\s*<?([^()\s<>]{0,2000}(?:\([^()\n]{0,500}\)[^()\s<>]{0,500})?)>?[^()\n]{0,300}\)"
)
_TARGET = re.compile(r"(\](?:\(|:)[ \t]*\n?[ \t]*<?[ \t]*)([!-;=?-~]{1,2000})")
"""Where a link leads, however what stands before it is written: nested, quoted, in a list, on the next line."""
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S[^\n]*", re.MULTILINE)
_ENTITY = re.compile(r"&(?:#|\w{1,30};)")
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]{0,30}):", re.IGNORECASE)
_SAFE = frozenset({"http", "https", "mailto", "tel"})
_ENDS = "。！？!?；;"
_MARKS = re.compile(r"[*_`#>|~]+|!?\[([^\[\]\n]{0,500})\]\([^()\n]{0,500}\)|^[-+]\s+", re.MULTILINE)
_RULES = re.compile(r"^\s*\|?[\s:|-]{3,}\|?\s*$", re.MULTILINE)


def clean(text: str) -> str:
    """The text with line feeds only and nothing unseen in it."""
    return _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS))


def printable(name: str) -> str:
    """A file's name with what cannot be seen in it (control and direction marks, broken bytes) written as escapes."""
    return "".join(
        each if each.isprintable() or each == "\u3000" else each.encode("unicode_escape").decode() for each in name
    )


def tidy(text: str) -> str:
    """``clean``, without blanks at the ends of lines and with one empty line in a row at most."""
    lines = "\n".join(line.rstrip(" \t\u3000") for line in clean(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip("\n")


def one_line(text: str) -> str:
    """The text in one line."""
    return " ".join(clean(text).split())


def safe_markdown(text: str) -> str:
    """Markdown whose links lead to pages, mail or telephones only, and that loads nothing from elsewhere.

    Scripts, frames and drawings are gone with what they hold, of forms and the like the tags. A picture becomes a link.
    """
    for _ in range(_MOST_ROUNDS):  # what is left by one may be such a thing again
        before, text = text, _safer(text)
        if text == before:
            return text
    return text.replace("<", "＜").replace("](", "] (").replace("]:", "] :")


def _safer(text: str) -> str:
    if "<" in text:
        text = _without_programs(text)
    text = _LINK.sub(_safe_link, text).replace("![", "[") if "](" in text or "![" in text else text
    if "]:" in text:
        text = _REFERENCE.sub(_safe_reference, text)
    text = _TARGET.sub(_safe_target, text)
    return _AUTOLINK.sub(lambda found: found[0] if is_safe_link(found[1]) else "", text)


def _without_programs(text: str) -> str:
    """Without elements that run or load something; of those that are not closed, or of very many, only the tags go."""
    if len(_RUNNING_TAG.findall(text)) <= _MOST_TAGS:  # to look for the end of each takes the square of their number
        text = _RUNNING.sub("", text)
    return _ON_EVENT.sub("", _RUNNING_TAG.sub("", text))


def _safe_link(found: re.Match[str]) -> str:
    """The link, or its words where it leads to nothing that may be followed; a picture's name as a link to it."""
    image, words, address = found.groups()
    if not is_safe_link(address) or (image and "://" not in address):
        return str(words)
    return found[0] if not image else f"[{words or '图片'}]({address})"


def _safe_target(found: re.Match[str]) -> str:
    """The place where a link leads, or one that leads nowhere: nothing there would take the next word for it."""
    if is_safe_link(found[2]):
        return found[0]
    return f"{found[1]}#{')' if found[1].startswith('](') else ''}"


def _safe_reference(found: re.Match[str]) -> str:
    return found[0] if is_safe_link(found[0].partition("]:")[2].strip(" \t<")) else ""


def is_safe_link(address: str) -> bool:
    """Whether following the address runs nothing. Blanks, escapes and entities in the scheme do not hide it."""
    bare = re.sub(r"[\s\0-\x20\\]+", "", unquote(unescape(unquote(address))))
    if _ENTITY.search(bare.partition("/")[0].partition("?")[0]):
        return False
    scheme = _SCHEME.match(bare)
    return scheme is None or scheme[1].lower() in _SAFE


def plain(markdown: str) -> str:
    """Markdown as one line of text, for reading out."""
    return one_line(_MARKS.sub(lambda found: found[1] or " ", _RULES.sub(" ", markdown)))


def short_answer(body: str) -> str:
    """The beginning of a body up to the last sentence that ends within ``SHORT`` characters."""
    return shortened(plain(body[:_LOOKED_AT]), SHORT)


def shortened(text: str, limit: int) -> str:
    """The text's whole sentences within so many characters; a first sentence beyond them is cut with an ellipsis."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(mark, 0, limit) for mark in _ENDS)
    if end < limit // 4:
        return text[: limit - 1].rstrip() + "…"
    return text[: end + 1]


def first_sentence(text: str, limit: int) -> str:
    """The first sentence, without the mark that ends it, in so many characters at most."""
    line = plain(text[:_LOOKED_AT])
    ends = [at for mark in _ENDS + "：:" if (at := line.find(mark)) > 0]
    return shortened(line[: min(ends, default=len(line))].strip(), limit)


def same_words(question: str) -> str:
    """What of a question tells it from others: letters, digits and characters."""
    return "".join(each for each in unicodedata.normalize("NFKC", question).lower() if each.isalnum())
