"""The words of templates in another language: found and put in when a template is compiled, never when it is rendered.

Chinese is the language of the templates, and its words are the keys of a catalogue. Nothing has to be marked: a run of
text between two tags, or the value of an attribute that people read, is one message, with its variables as ``{names}``
(``催办 {urgings} 次``); what stands on both sides of a ``·`` is two. Words in expressions are messages by themselves,
where they are shown: not what is compared, looked up or tested. Whatever comes out of a variable is not touched, with
one exception: what is called ``label``, ``sentence`` and so on (``SPOKEN``), or is shown by ``| said``, is a sentence
of our own code (``api.web.language``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from jinja2 import Environment, nodes

from api.web.places import TEXT, Place, pieces

HAN = re.compile(r"[\u3400-\u9fff]")
SPOKEN = frozenset(
    {
        "act",
        "act_labels",
        "actor",
        "because",
        "contact",
        "curve_words",
        "entities",
        "error",
        "ground_label",
        "groupings",
        "heading",
        "hint",
        "ignored",
        "interval",
        "kind_label",
        "kinds",
        "label",
        "labels",
        "lead",
        "lost_words",
        "outcomes",
        "problem",
        "proof_label",
        "proofs",
        "quiet",
        "reasons",
        "remark",
        "resident_name",
        "roles",
        "says",
        "sentence",
        "state",
        "state_label",
        "states",
        "steps",
        "subject_label",
        "ticket_states",
        "verdicts",
        "ways",
        "why",
        "words",
    }
)
"""Variables that hold words of our own code, or tables of them; any other holds what people or the pack have said."""
PUNCTUATION = {"（": " (", "）": ")", "，": ", ", "、": ", ", "：": ": ", "；": "; ", "。": ". ", "！": "!", "？": "?"}
_HOLE = re.compile(r"\{(\w+)\}")
_DOT = re.compile(r"(\s*·\s*)")

_SHOWN: dict[type[nodes.Expr], tuple[str, ...]] = {
    nodes.CondExpr: ("expr1", "expr2"),
    nodes.Or: ("left", "right"),
    nodes.And: ("left", "right"),
    nodes.Add: ("left", "right"),
    nodes.List: ("items",),
    nodes.Tuple: ("items",),
    nodes.Dict: ("items",),
    nodes.Getattr: ("node",),
    nodes.Getitem: ("node",),
    nodes.Call: ("node", "args", "kwargs"),
    nodes.Filter: ("node", "args", "kwargs"),
}
"""What of an expression is shown: not what is tested, nor what is looked up."""

Translate = Callable[[str], str | None]
"""Gives the words of a message in the other language; None where there are none."""
Part = str | nodes.Expr


@dataclass(slots=True)
class Translator:
    """Puts other words into a parsed template, and keeps the messages that it asked for."""

    translate: Translate
    asked: dict[str, int] = field(default_factory=dict)
    _place: Place = TEXT

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
            node.node = self._part(node.node)
        elif isinstance(node, nodes.For):
            node.iter = self._part(node.iter)
            self._body(node.body)
            self._body(node.else_)
        elif isinstance(node, nodes.If):
            self._body(node.body)
            for each in node.elif_:
                self._body(each.body)
            self._body(node.else_)
        elif isinstance(node, nodes.Macro):
            node.defaults = [self._shown(each) for each in node.defaults]
            before, self._place = self._place, TEXT
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
            if _is_picture(child):
                yield from self._run(run, node.lineno)
                yield child
                run = []
                continue
            if not isinstance(child, nodes.TemplateData):
                run.append(child)
                continue
            for text, place in pieces(child.data, self._place):
                if place != self._place:
                    yield from self._run(run, node.lineno)
                    self._place, run = place, []
                run.append(text)
        yield from self._run(run, node.lineno)

    def _run(self, run: list[Part], line: int) -> Iterator[nodes.Expr]:
        if not self._place.is_read:
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
            if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):  # a macro that has such a name
                node.args, node.kwargs = self._part(node.args), self._part(node.kwargs)
            return nodes.Filter(node, "said", [], [], None, None, lineno=node.lineno)
        if isinstance(node, nodes.Const):
            return self._const(node)
        if isinstance(node, nodes.Concat):
            return self._concat(node)
        for name in _SHOWN.get(type(node), ()):
            setattr(node, name, self._part(getattr(node, name)))
        return node

    def _part(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self._part(each) for each in part]
        if isinstance(part, (nodes.Pair, nodes.Keyword)):
            part.value = self._shown(part.value)
            return part
        return self._shown(part) if isinstance(part, nodes.Expr) else part

    def _const(self, node: nodes.Const) -> nodes.Const:
        if not isinstance(node.value, str):
            return node
        return nodes.Const("".join(cast("Iterable[str]", self._words([node.value], node.lineno))), lineno=node.lineno)

    def _concat(self, node: nodes.Concat) -> nodes.Expr:
        parts: list[Part] = [_text(each) or each for each in node.nodes]
        words = list(self._words(parts, node.lineno))
        made = [nodes.Const(each, lineno=node.lineno) if isinstance(each, str) else each for each in words]
        return nodes.Concat(made, lineno=node.lineno)


def _is_picture(node: nodes.Expr) -> bool:
    """An icon stands beside words, and is no part of them."""
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "icon"


def _holder(node: nodes.Node) -> str:
    """The variable that a value comes from: itself, or the table that it is looked up in."""
    if isinstance(node, nodes.Call):
        table = node.node.node if isinstance(node.node, nodes.Getattr) and node.node.attr == "get" else node.node
        return _holder(table) if table is not node.node or isinstance(table, nodes.Name) else ""
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
    found = ""
    if isinstance(node, nodes.Name):
        found = node.name
    elif isinstance(node, nodes.Getattr):
        found = _name(node.node) if node.attr in {"items", "get"} else node.attr
    elif isinstance(node, nodes.Filter):
        found = _name(node.node)
    elif isinstance(node, nodes.Call):
        found = next((name for each in node.args if (name := _name(each))), "") or _name(node.node)
    elif isinstance(node, nodes.Getitem):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        found = key if isinstance(key, str) and key.isidentifier() else _name(node.node)
    elif isinstance(node, nodes.CondExpr):
        found = _name(node.expr1) or _name(node.expr2)
    elif isinstance(node, nodes.Or):
        found = _name(node.left)
    return found


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
