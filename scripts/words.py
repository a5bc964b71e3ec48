"""Prints every string that people read, by file: of templates, scripts, messages of the server and of its commands.

What is put in at run time shows as …, so that a sentence is read whole.
"""

from __future__ import annotations

import ast
import html
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

_SOURCE = Path(__file__).parents[1] / "src" / "milepost"
_TEMPLATES = _SOURCE / "dashboard" / "templates"
_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-empty", "data-label", "content")
#: Elements that break a sentence: what stands within others is a part of it.
_INLINE = {"a", "abbr", "b", "bdi", "code", "data", "em", "kbd", "span", "strong", "time"}
_GAP = "…"
#: Arguments of parts that nobody reads.
_NO_WORDS = ("css", "room", "autocomplete")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_SCRIPT_STRING = re.compile(r'"((?:[^"\\\n]|\\.)+)"|`((?:[^`\\]|\\.)+)`')


def main() -> None:
    """To standard output: a line a string, under the file it is in."""
    for path in sorted([*_TEMPLATES.rglob("*.html"), *_SOURCE.rglob("*.py"), *_scripts()]):
        if found := list(dict.fromkeys(_words(path))):
            sys.stdout.write(f"\n# {path.relative_to(_SOURCE).as_posix()}\n" + "".join(f"{one}\n" for one in found))


def _scripts() -> Iterator[Path]:
    return (_SOURCE / "dashboard" / "static" / "js").rglob("*.js")


def _words(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        found = _of_template(text)
    elif path.suffix == ".py":
        found = _of_python(text)
    else:
        found = (re.sub(r"\$\{[^}]*\}", _GAP, one or other) for one, other in _SCRIPT_STRING.findall(text))
        found = (one for one in found if _is_prose(one))
    for one in found:
        if _LETTERS.search(plain := " ".join(html.unescape(one).split())):
            yield plain


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self.end()
        self.found += [value for name, value in attrs if name in _ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.end()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def end(self) -> None:
        self.found.append("".join(self._text))
        self._text = []


def _of_template(text: str) -> Iterator[str]:
    """Its texts and attributes, and the strings of its expressions that are prose: most are what parts are given."""
    parser, expressions, argument = _Texts(), list[str](), ""
    for _, kind, value in Environment(autoescape=True).lex(text):
        if kind == "data":
            parser.feed(value)
        elif kind == "variable_begin":
            parser.feed(_GAP)
        elif kind == "string" and argument not in _NO_WORDS and _is_prose(value[1:-1], sql=False):
            expressions.append(value[1:-1])
        if kind == "name":
            argument = value
        elif value != "=":
            argument = ""
    parser.end()
    return iter([one.strip() for one in parser.found if one.strip(f" {_GAP}\n")] + expressions)


def _of_python(text: str) -> Iterator[str]:
    """Strings and f-strings that are prose; docstrings are for developers."""
    tree = ast.parse(text)
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
            parts = [str(p.value) if isinstance(p, ast.Constant) else _GAP for p in node.values]
            if _is_prose(whole := "".join(parts)):
                yield whole
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_prose(node.value):
            yield node.value


def _is_prose(text: str, *, sql: bool = True) -> bool:
    """Two words or more, and no markup, address or selector; no SQL either, where there may be some."""
    if re.search(r"[<>{}=]|://|::", text):
        return False
    if sql and re.search(r";|^\s*(select|insert|update|delete|with|create|alter|set) ", text, re.IGNORECASE):
        return False
    return bool(re.search(r"[A-Za-z’'\d]+ [A-Za-z’'(“…\d]", text)) or bool(
        re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*[.…?!]?", text)
    )


if __name__ == "__main__":
    main()
