"""The words of an HTML letter: one pass over its tags, linear in its length whatever the tags are.

A tree is not built: letters nested a hundred thousand levels deep, or made of unclosed tags, took a tree-building
parser minutes. Paragraphs, lists and links are kept; a table's row becomes a line, its cells parted by ``|``;
scripts, styles and what is hidden from the reader (preheaders) are dropped.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_BREAKS = frozenset(
    [
        "br",
        "div",
        "tr",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "address",
        "form",
        "fieldset",
        "figure",
        "figcaption",
        "center",
        "body",
        "title",
        "caption",
    ]
)
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"])
_RAW = frozenset(
    ["script", "style", "title", "noembed", "xml", "template", "object", "applet", "select", "button", "svg", "math"]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_HIDDEN = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|(?:font-size|max-height|line-height):0(?:px|pt|em|%)?(?:;|$|!)|opacity:0(?:;|$|!)"
)
_STYLE = re.compile(r"style\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_HREF = re.compile(r"href\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_HIDDEN_ATTRIBUTE = re.compile(r"(?:^|\s)hidden(?:$|\s|=)", re.IGNORECASE)
_CITED = re.compile(r"type\s*=\s*[\"']?cite|gmail_quote|isReplyContent|yahoo_quoted|mbox-quote", re.IGNORECASE)
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:]{0,30})")
_BETWEEN_HAN = re.compile(
    r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])[ \t]*\r?\n[ \t\r\n]*(?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])"
)
_OPENING = re.compile(r"<(?=[a-zA-Z!?/])")
_LINK_LIMIT = 300
_TAG_LIMIT = 20_000


@dataclass(slots=True)
class _Writer:
    """Lines as they grow."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    cited: int = 0
    """How many of the open block quotes are citations."""
    preformatted: int = 0
    hidden_tag: str = ""
    hid: bool = False
    """Whether anything was dropped as hidden."""
    hidden_depth: int = 0
    link: str = ""
    link_start: int = 0
    cell_due: bool = False
    unclosed: set[str] = field(default_factory=set)
    """Raw elements found to have no end: not looked for again."""

    def text(self, raw: str) -> None:
        if self.hidden_tag or not raw:
            return
        if self.preformatted:
            first, *others = html.unescape(raw).split("\n")
            self.line.append(first)
            for other in others:
                self.end_line()
                self.line.append(other)
            return
        words = html.unescape(_BETWEEN_HAN.sub("", raw))
        flat = re.sub(r"[ \t\r\n\f\u00a0]+", " ", words)
        if flat == " " and not self.line:
            return
        if self.cell_due and flat.strip():
            self.cell_due = False
            if self.line:
                self.line.append(" | ")
        self.line.append(flat)

    def end_line(self, *, paragraph: bool = False) -> None:
        text = "".join(self.line)
        text = text.rstrip() if self.preformatted else text.strip()
        self.line.clear()
        self.cell_due = False
        prefix = "> " if self.cited else ""
        if text:
            self.lines.append(prefix + text)
        if paragraph and self.lines and self.lines[-1].strip("> "):
            self.lines.append(prefix.strip())


def html_to_text(source: str) -> str:
    """Return the readable text of an HTML document; where all of it is hidden, all of it."""
    text, hid = _render(source, hide=True)
    return text or (_render(source, hide=False)[0] if hid else "")


def _render(source: str, *, hide: bool) -> tuple[str, bool]:
    """The text, and whether something was left out as hidden."""
    writer = _Writer()
    position, size = 0, len(source)
    comments_close = True
    while position < size:
        found = _OPENING.search(source, position)
        if found is None:
            writer.text(source[position:])
            break
        opening = found.start()
        writer.text(source[position:opening])
        if comments_close and source.startswith("<!--", opening):
            closing = source.find("-->", opening + 4)
            comments_close = closing >= 0
            position = closing + 3 if comments_close else opening + 4
            continue
        position = _tag(source, opening, writer, hide=hide)
    writer.end_line()
    return "\n".join(writer.lines).strip(), writer.hid


def _tag(source: str, opening: int, writer: _Writer, *, hide: bool) -> int:
    """Handle what stands at ``<`` and return where to go on."""
    named = _TAG_NAME.match(source, opening + 1)
    closing = _tag_end(source, opening)
    if closing < 0:
        # An unclosed tag at the end: the rest holds no tag any more, so nothing is searched twice.
        writer.text(html.escape(source[opening:]) if named is None else "")
        return len(source)
    if not named:
        return closing + 1
    name = named.group(1).lower()
    if source[opening + 1] == "/":
        _end(name, writer)
        return closing + 1
    attributes = source[named.end() : min(closing, named.end() + _TAG_LIMIT)]
    if name in _RAW and not attributes.endswith("/"):
        return _after_raw(source, name, closing + 1, writer)
    _start(name, attributes, writer, hide=hide)
    return closing + 1


def _tag_end(source: str, opening: int) -> int:
    """The ``>`` that closes the tag; one inside quotes does not, unless the quotes never end."""
    first = closing = source.find(">", opening)
    for _ in range(4):
        if closing < 0 or closing - opening > _TAG_LIMIT:
            return first
        inside = source[opening:closing]
        if inside.count('"') % 2 == 0 and inside.count('="') * 2 >= inside.count('"') - 2:
            return closing
        if inside.count('"') % 2 == 0:
            return closing
        closing = source.find(">", closing + 1)
    return first


def _after_raw(source: str, name: str, position: int, writer: _Writer) -> int:
    if name in writer.unclosed:
        return position
    end = re.compile(rf"</{name}\b[^>]{{0,100}}>?", re.IGNORECASE).search(source, position)
    if end:
        return end.end()
    writer.unclosed.add(name)
    return len(source) if name in {"script", "style"} else position


def _start(name: str, attributes: str, writer: _Writer, *, hide: bool) -> None:
    if writer.hidden_tag:
        writer.hidden_depth += name == writer.hidden_tag
        return
    if hide and name not in _VOID and _is_hidden(attributes):
        writer.hidden_tag, writer.hidden_depth, writer.hid = name, 1, True
        return
    if name in _PARAGRAPHS or (name == "br" and not "".join(writer.line).strip()):
        writer.end_line(paragraph=True)
    elif name in _BREAKS:
        writer.end_line()
    if name in {"td", "th"}:
        writer.cell_due = True
    elif name == "li":
        writer.line.append("- ")
    elif name == "pre":
        writer.preformatted += 1
    elif name == "blockquote":
        writer.quoted.append(bool(_CITED.search(attributes)))
        writer.cited += writer.quoted[-1]
    elif name == "a":
        writer.link, writer.link_start = _link(attributes), len(writer.line)


def _end(name: str, writer: _Writer) -> None:
    if writer.hidden_tag:
        writer.hidden_depth -= name == writer.hidden_tag
        if writer.hidden_depth <= 0:
            writer.hidden_tag = ""
        return
    if name == "a" and writer.link:
        shown = "".join(writer.line[writer.link_start :])
        if writer.link not in shown and shown.strip():
            writer.line.append(f" ({writer.link})")
        writer.link = ""
    if name in _PARAGRAPHS:
        writer.end_line(paragraph=True)
    elif name in _BREAKS and name != "br":
        writer.end_line()
    if name == "pre":
        writer.preformatted = max(0, writer.preformatted - 1)
    elif name == "blockquote" and writer.quoted:
        writer.cited -= writer.quoted.pop()


def _is_hidden(attributes: str) -> bool:
    style = _STYLE.search(attributes)
    if style and _HIDDEN.search(re.sub(r"\s", "", style.group(1).strip("\"'")).lower()):
        return True
    # Values are taken out first: title="hidden charges" hides nothing.
    return "hidden" in attributes.lower() and bool(
        _HIDDEN_ATTRIBUTE.search(re.sub(r"=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", "= ", attributes))
    )


def _link(attributes: str) -> str:
    found = _HREF.search(attributes)
    target = html.unescape(found.group(1).strip("\"'").strip()) if found else ""
    return target if target.lower().startswith(("http://", "https://")) and len(target) <= _LINK_LIMIT else ""
