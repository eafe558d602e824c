"""The words of templates in another language: found and put in when a template is compiled, never when it is rendered.

Chinese is the language of the templates, and its words are the keys of a catalogue. Nothing has to be marked: a run of
text between two tags, or the value of an attribute that people read, is one message, with its variables as ``{names}``
(``催办 {urgings} 次``); what stands on both sides of a ``·`` is two. Words in expressions are messages by themselves,
where they are shown: not what is compared, looked up or tested. Whatever comes out of a variable is not touched, with
one exception: what is called ``label``, ``sentence`` and so on (``SPOKEN``), or is shown by ``| said``, is a sentence of our
own code (``api.web.language``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from jinja2 import Environment, nodes

HAN = re.compile(r"[\u3400-\u9fff]")
READ = frozenset({"title", "alt", "aria-label", "placeholder", "label", "data-confirm", "data-label", "data-exact"})
"""Attributes whose value people read."""
KEPT = ("script", "style", "textarea")
"""Elements whose text is not the page's own words."""
SPOKEN = frozenset(
    {
        *("label", "labels", "sentence", "words", "heading", "says", "because", "problem", "hint", "remark", "lead"),
        *("state_label", "kind_label", "ground_label", "proof_label", "subject_label", "lost_words", "ignored", "error"),
        *("states", "ticket_states", "act_labels", "groupings", "kinds", "outcomes", "verdicts", "roles", "ways", "reasons"),
        *("actor", "contact", "resident_name", "state", "why", "act", "interval", "curve_words", "proofs", "quiet", "entities"),
    }
)
"""Variables that hold words of our own code, or tables of them; any other holds what people or the pack have said."""
PUNCTUATION = {"（": " (", "）": ")", "，": ", ", "、": ", ", "：": ": ", "；": "; ", "。": ". ", "！": "!", "？": "?"}
_HOLE = re.compile(r"\{(\w+)\}")
_DOT = re.compile(r"(\s*·\s*)")

Translate = Callable[[str], str | None]
"""Gives the words of a message in the other language; None where there are none."""
Part = str | nodes.Expr


@dataclass(slots=True)
class _Place:
    """Where in the HTML the template's text has come to."""

    kind: Literal["text", "tag", "value", "comment"] = "text"
    element: str = ""
    attribute: str = ""
    quote: str = ""

    def is_read(self) -> bool:
        return self.attribute in READ if self.kind == "value" else self.kind == "text" and self.element not in KEPT


@dataclass(slots=True)
class Translator:
    """Puts other words into a parsed template, and keeps the messages that it asked for."""

    translate: Translate
    asked: dict[str, int] = field(default_factory=dict)
    _place: _Place = field(default_factory=_Place)

    def template(self, tree: nodes.Template) -> None:
        """Change the tree in place."""
        self._body(tree.body)

    def _ask(self, message: str, line: int) -> str | None:
        self.asked.setdefault(message, line)
        return self.translate(message)

    # Statements.

    def _body(self, body: list[nodes.Node]) -> None:
        for each in body:
            self._statement(each)

    def _statement(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Output):
            node.nodes = list(self._output(node))
        elif isinstance(node, nodes.Assign):
            node.node = self._shown(node.node)
        elif isinstance(node, nodes.For):
            node.iter = self._shown(node.iter)
            self._body(node.body)
            self._body(node.else_)
        elif isinstance(node, nodes.If):
            self._body(node.body)
            for each in node.elif_:
                self._body(each.body)
            self._body(node.else_)
        elif isinstance(node, nodes.Macro):
            node.defaults = [self._shown(each) for each in node.defaults]
            before, self._place = self._place, _Place()
            self._body(node.body)
            self._place = before
        elif isinstance(node, nodes.With):
            node.values = [self._shown(each) for each in node.values]
            self._body(node.body)
        elif isinstance(node, (nodes.Block, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Scope)):
            if isinstance(node, nodes.CallBlock):
                node.call = cast("nodes.Call", self._shown(node.call))
            self._body(node.body)

    # Text with what is put into it.

    def _output(self, node: nodes.Output) -> Iterator[nodes.Expr]:
        run: list[Part] = []
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                run.append(child)
                continue
            for text, ends in self._pieces(child.data):
                if text:
                    run.append(text)
                if ends:
                    yield from self._run(run, node.lineno)
                    run = []
        yield from self._run(run, node.lineno)

    def _pieces(self, data: str) -> Iterator[tuple[str, bool]]:
        """The text cut where a run begins or ends: True after a piece that ends one. The place moves along."""
        at = 0
        while at < len(data):
            found, after = self._next(data, at)
            if found > at:
                yield data[at:found], False
            if after is None:
                return
            yield "", True
            step = max(found, at)
            end = self._enter(data, step)
            yield data[step:end], False
            yield "", True
            self._place = after
            at = end

    def _next(self, data: str, at: int) -> tuple[int, _Place | None]:
        """Where the present place ends, and the place after it; None when it goes on beyond the data."""
        here = self._place
        if here.kind == "text":
            sign = f"</{here.element}" if here.element in KEPT else "<"
            found = data.find(sign, at)
            if found < 0:
                return len(data), None
            if data.startswith("<!--", found):
                return found, _Place("comment", here.element)
            name = re.compile(r"</?([a-z0-9]*)").match(data, found)
            closing = data.startswith("</", found)
            return found, _Place("tag", "" if closing or name is None else name[1])
        if here.kind == "comment":
            found = data.find("-->", at)
            return (found, _Place("text", here.element)) if found >= 0 else (len(data), None)
        if here.kind == "value":
            found = data.find(here.quote, at)
            return (found, _Place("tag", here.element)) if found >= 0 else (len(data), None)
        mark = re.compile(r"""([\w-]+)=(["'])|>""").search(data, at)
        if mark is None:
            return len(data), None
        if mark[0] == ">":
            return mark.start(), _Place("text", here.element)
        return mark.start(), _Place("value", here.element, mark[1], mark[2])

    def _enter(self, data: str, found: int) -> int:
        """The end of the sign that ends the present place."""
        here = self._place
        if here.kind == "comment":
            return found + 3
        if here.kind == "value":
            return found + 1
        sign = re.compile(r"""<!--|</?[a-z0-9!]*|[\w-]+=["']|>""").match(data, found)
        return sign.end() if sign else found + 1

    def _run(self, run: list[Part], line: int) -> Iterator[nodes.Expr]:
        if not self._place.is_read():
            yield from (nodes.TemplateData(each) if isinstance(each, str) else each for each in run)
            return
        part: list[Part] = []
        for each in run:
            pieces: list[Part] = list(_DOT.split(each)) if isinstance(each, str) else [each]
            for piece in pieces:
                if isinstance(piece, str) and piece.strip() == "·":
                    yield from self._message(part, line)
                    yield nodes.TemplateData(piece)
                    part = []
                elif piece:
                    part.append(piece)
        yield from self._message(part, line)

    def _message(self, parts: list[Part], line: int) -> Iterator[nodes.Expr]:
        for each in self._words(parts, line):
            yield nodes.TemplateData(each) if isinstance(each, str) else each

    def _words(self, parts: list[Part], line: int) -> Iterable[Part]:
        """The parts in the other language; as they are where it has no words for them."""
        if not any(isinstance(each, str) and HAN.search(each) for each in parts):
            return [plain(each) if isinstance(each, str) else self._shown(each) for each in parts]
        holes: dict[str, nodes.Expr] = {}
        text = "".join(each if isinstance(each, str) else f"{{{_named(holes, each)}}}" for each in parts)
        core = text.strip()
        head, tail = text[: text.index(core)], text[text.index(core) + len(core) :]
        words = self._ask(" ".join(core.split()), line)
        if words is None:
            return [each if isinstance(each, str) else self._shown(each) for each in parts]
        shown = {name: self._shown(each) for name, each in holes.items()}
        pieces = _HOLE.split(head + words + tail)
        return [(shown[each] if number % 2 else each) for number, each in enumerate(pieces) if each]

    # Expressions: what of them is shown.

    def _shown(self, node: nodes.Expr) -> nodes.Expr:
        if _holder(node) in SPOKEN:
            return nodes.Filter(node, "said", [], [], None, None, lineno=node.lineno)
        if isinstance(node, nodes.Const):
            return self._const(node)
        if isinstance(node, nodes.Concat):
            return self._concat(node)
        if isinstance(node, nodes.CondExpr):
            node.expr1 = self._shown(node.expr1)
            node.expr2 = self._shown(node.expr2) if node.expr2 is not None else None
        elif isinstance(node, (nodes.Or, nodes.And, nodes.Add)):
            node.left, node.right = self._shown(node.left), self._shown(node.right)
        elif isinstance(node, (nodes.List, nodes.Tuple)):
            node.items = [self._shown(each) for each in node.items]
        elif isinstance(node, nodes.Dict):
            for pair in node.items:
                pair.value = self._shown(pair.value)
        elif isinstance(node, nodes.Getattr):
            node.node = self._shown(node.node)
        elif isinstance(node, nodes.Getitem):
            node.node = self._shown(node.node)
        elif isinstance(node, (nodes.Call, nodes.Filter)):
            if node.node is not None:
                node.node = self._shown(node.node)
            node.args = [self._shown(each) for each in node.args]
            for pair in node.kwargs:
                pair.value = self._shown(pair.value)
        return node

    def _const(self, node: nodes.Const) -> nodes.Const:
        if not isinstance(node.value, str):
            return node
        return nodes.Const("".join(cast("Iterable[str]", self._words([node.value], node.lineno))), lineno=node.lineno)

    def _concat(self, node: nodes.Concat) -> nodes.Expr:
        parts: list[Part] = [_text(each) or each for each in node.nodes]
        words = list(self._words(parts, node.lineno))
        made = [nodes.Const(each, lineno=node.lineno) if isinstance(each, str) else each for each in words]
        return nodes.Concat(made, lineno=node.lineno)


def _holder(node: nodes.Node) -> str:
    """The variable that a value comes from: itself, or the table that it is looked up in."""
    if isinstance(node, nodes.Call):
        looked_up = isinstance(node.node, nodes.Getattr) and node.node.attr == "get"
        return _holder(node.node.node) if looked_up else _holder(node.node) if isinstance(node.node, nodes.Name) else ""
    if isinstance(node, nodes.Getitem):
        return _holder(node.node)
    return node.name if isinstance(node, nodes.Name) else node.attr if isinstance(node, nodes.Getattr) else ""


def _text(node: nodes.Expr) -> str:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else ""


def plain(text: str) -> str:
    """Full-width punctuation between words of another language as that language writes it."""
    return re.sub("[（），、：；。！？]", lambda sign: PUNCTUATION[sign[0]], text)


def _named(holes: dict[str, nodes.Expr], node: nodes.Expr) -> str:
    """A name for what stands in the message's hole: that of the variable, made unlike the others'."""
    name = wanted = _name(node) or "value"
    number = 1
    while name in holes:
        number += 1
        name = f"{wanted}{number}"
    holes[name] = node
    return name


def _name(node: nodes.Node | None) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return _name(node.node) if node.attr in ("items", "get") else node.attr
    if isinstance(node, nodes.Filter):
        return _name(node.node)
    if isinstance(node, nodes.Call):
        return next((found for each in node.args if (found := _name(each))), "") or _name(node.node)
    if isinstance(node, nodes.Getitem):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        return key if isinstance(key, str) and key.isidentifier() else _name(node.node)
    if isinstance(node, nodes.CondExpr):
        return _name(node.expr1) or _name(node.expr2)
    if isinstance(node, nodes.Or):
        return _name(node.left)
    return ""


class Worded(Environment):
    """An environment whose templates speak another language than the one they are written in."""

    translate: Translate = staticmethod(lambda _message: None)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        Translator(self.translate).template(tree)
        return tree


class Unchanged(Environment):
    """The environment of the language that templates are written in: to say what is said already takes no time."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _forget_said(tree)
        return tree


def _forget_said(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, name, _unsaid(value))
        elif isinstance(value, list):
            value[:] = [_unsaid(each) if isinstance(each, nodes.Node) else each for each in value]


def _unsaid(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.Filter) and node.name == "said" and node.node is not None:
        node = node.node
    _forget_said(node)
    return node


def messages(environment: Environment, source: str) -> dict[str, int]:
    """The messages of a template's source, each with its line."""
    found = Translator(lambda _message: None)
    found.template(environment.parse(source))
    return found.asked
