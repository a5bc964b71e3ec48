"""Pages are made of the parts of templates/parts/: there is no second way to make one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from milepost.dashboard.environment import PARTS_DIR, TEMPLATES_DIR
from tests.support.dashboard import member
from tests.support.server import Server

#: What only a part may have, and the file of templates/parts/ that has it.
_PARTS: Final = {
    r"<table\b": "table",
    r"<dialog\b|\spopover[\s>]": "dialog",
    r'role="tab|class="(line-)?tabs[ "]': "tabs",
    r'class="pager[ "]': "table",
    r'class="field[ "]': "field",
    r"<select[^>]*\sdata-pick=": "combobox",
    r'class="chip[ "]': "chips",
    r'class="menu[ "-]': "menu",
    r'class="(notice|problem|empty)[ "]': "said",
    r'class="figures[ "]': "marks",
    r'class="(tag|meter|impact|spark)[ "]': "marks",
    r'class="chart-t(ools|able)[ "]': "chart",
    r'class="earlier[ "]': "menu",
    r'id="days"': "period",
}
#: What is of a kind of its own, and why.
_OTHERS: Final = {
    ("_command.html", "dialog"): "the command bar is a field with its list, and has no title",
    ("live.html", "marks"): "what else happened, in the place of an impact",
    ("questions/_question.html", "said"): "hidden until a script finds that the answer did not arrive",
    ("questions/_saved.html", "said"): "a section with forms, of which a line is the status",
    ("sql/sql.html", "said"): "hidden until a script finds that the answer did not arrive",
    ("settings/data.html", "said"): "a figure of a list that is wrong",
}


def _found() -> Iterator[tuple[str, str]]:
    for file in sorted(TEMPLATES_DIR.rglob("*.html")):
        name = file.relative_to(TEMPLATES_DIR).as_posix()
        if PARTS_DIR in file.parents:
            continue
        text = re.sub(r"\{#.*?#\}", "", file.read_text("utf-8"), flags=re.DOTALL)
        yield from ((name, part) for pattern, part in _PARTS.items() if re.search(pattern, text))


def test_no_template_makes_by_hand_what_is_a_part() -> None:
    found = set(_found())
    assert found - _OTHERS.keys() == set(), "use the part of templates/parts/ that is named beside the file"
    assert _OTHERS.keys() - found == set(), "these exceptions are no longer needed"


def test_the_page_of_parts_shows_every_part() -> None:
    """Itself, or as a part of another that it shows."""
    texts = {
        file: re.sub(r"\{#.*?#\}", "", file.read_text("utf-8"), flags=re.DOTALL) for file in PARTS_DIR.glob("*.html")
    }
    used = "".join([(TEMPLATES_DIR / "dev/parts.html").read_text("utf-8"), *texts.values()])
    parts = {name for text in texts.values() for name in re.findall(r"macro (\w+)\(", text)}
    assert {name for name in parts if not re.search(rf"(\{{\{{ |ui\.){name}\(", used)} == set()


def test_the_page_of_parts_is_not_there_unless_it_is_asked_for(shared_server: Server) -> None:
    """With MILEPOST_DEVELOPMENT it is: tests/access/test_routes.py."""
    with member(shared_server, "127.0.3.91") as client:
        answer = client.get("/dev/parts", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
