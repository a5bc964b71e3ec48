"""A message as the text and the HTML of a mail: one column, as wide as a phone, legible in light and dark."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from milepost.messages.wording import Part, Said, Table

_GREEN: Final = "#1d6b4f"
#: Mail programs that have a dark side read this; the others leave style sheets out, and show the light one.
_DARK: Final = (
    "<style>@media (prefers-color-scheme: dark){body{background:#14191a!important;color:#e6ebe9!important}"
    "a{color:#5cc39a!important}i.bar{background:#3f9f79!important}tr{border-color:#39423f!important}}</style>"
)
#: Once a row, not once a cell: some programs show no more than 100 KB of a mail.
_ROW: Final = '<tr align="right" valign="top" style="border-bottom:1px solid #dfe4e1">'
#: Characters of "Mon 23 Nov".
_SHORT: Final = 10
_LONG_WORD: Final = re.compile(r"\S{10}(?=\S{5})")


def text_of(said: Said, url: str, unsubscribe: str) -> str:
    """`url`: where people find this server; `unsubscribe`: what ends mails of this kind, "" where nothing does."""
    blocks = [said.title, *said.lines]
    for part in said.parts:
        lines = [part.title.upper(), *([part.text] if part.text else [])]
        for table in part.tables:
            lines += _table_lines(table)
        lines += [
            f"- {title}{f': {text}' if text else ''}{f' ({url}{path})' if path else ''}"
            for title, text, path in part.lines
        ]
        if part.path:
            lines.append(f"{url}{part.path}")
        blocks.append("\n".join(lines))
    if said.path:
        blocks.append(f"{url}{said.path}")
    if unsubscribe:
        blocks.append(f"No more of these mails: {unsubscribe}")
    return "\n\n".join(blocks) + "\n"


def html_of(said: Said, url: str, unsubscribe: str) -> str:
    """Takes what `text_of` takes."""
    body = "".join(f'<p style="margin:0 0 12px">{escape(line)}</p>' for line in said.lines)
    body += "".join(_part(part, url) for part in said.parts)
    if said.path:
        body += f'<p style="margin:24px 0 0">{_link(f"{url}{said.path}", "Open in Milepost")}</p>'
    if unsubscribe:
        body += f'<p style="margin:24px 0 0;font-size:13px">{_link(unsubscribe, "No more of these mails")}</p>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark">{_DARK}</head><body style="margin:0 auto;max-width:600px;'
        'padding:24px 16px;font:16px/1.5 Inter,system-ui,sans-serif;overflow-wrap:anywhere">'
        f'<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">{escape(said.title)}</h1>{body}</body></html>'
    )


def _table_lines(table: Table) -> list[str]:
    """'- Mon 23 Nov: events 12, before 10'. Columns would stand crooked: a mail's text has letters of any width."""
    names = table.columns[1:]
    lines = []
    for first, *rest in table.rows:
        named = (f"{name[:1].lower()}{name[1:]} {cell}" for name, cell in zip(names, rest, strict=True) if cell)
        lines.append(f"- {first}: {rest[0] if len(rest) == 1 else ', '.join(named)}")
    return lines + ([f"  {_left_out(table)}"] if table.more else [])


def _part(part: Part, url: str) -> str:
    title = _link(f"{url}{part.path}", part.title) if part.path else escape(part.title)
    html = f'<h2 style="margin:28px 0 8px;font-size:16px">{title}</h2>'
    if part.text:
        html += f'<p style="margin:0 0 8px">{escape(part.text)}</p>'
    html += "".join(map(_table, part.tables))
    rows = ""
    for name, text, path in part.lines:
        linked = _link(f"{url}{path}", name) if path else escape(name)
        rows += f'<li style="margin:0 0 8px">{linked}{f"<br>{escape(text)}" if text else ""}</li>'
    return html + (f'<ul style="margin:0;padding:0;list-style:none">{rows}</ul>' if rows else "")


def _table(table: Table) -> str:
    first, *others = (_breakable(name) for name in table.columns)
    head = f'<th align="left" style="padding-left:0">{first}</th>'
    head += "".join(f'<th align="right">{name}</th>' for name in others) + ("<th></th>" if table.bars else "")
    rows = ""
    for at, row in enumerate(table.rows):
        # A date, as all that is so short, stays on its line, and so do figures; other names break between words.
        cells = f'<td align="left" style="padding-left:0"{" nowrap" if len(row[0]) <= _SHORT else ""}>'
        cells += f"{_breakable(row[0])}</td>" + "".join(f"<td nowrap>{escape(text)}</td>" for text in row[1:])
        if table.bars:
            cells += f'<td align="left" width="22%">{_bar(table.bars[at])}</td>'
        rows += f"{_ROW}{cells}</tr>"
    left_out = f'<p style="margin:4px 0 0;font-size:13px">{_left_out(table)}</p>' if table.more else ""
    return (
        '<table cellpadding="5" cellspacing="0" style="width:100%;margin:0 0 12px;border-collapse:collapse;'
        'font-size:14px;line-height:1.4;font-variant-numeric:tabular-nums;overflow-wrap:normal">'
        f'<thead style="font-size:13px">{_ROW.replace("top", "bottom")}{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"{left_out}"
    )


def _breakable(text: str) -> str:
    """A word that is longer than a column may be broken within; others would be, too, if the style said so."""
    words = (_LONG_WORD.sub(lambda found: f"{found[0]}\u200b", word) for word in text.split(" "))
    return escape(" ".join(words)).replace("\u200b", "<wbr>")


def _bar(part: float) -> str:
    width = max(1, min(100, round(part * 100))) if part > 0 else 0
    style = f"display:block;margin-top:5px;height:10px;width:{width}%;background:{_GREEN}"
    return f'<i class="bar" style="{style}"></i>'


def _left_out(table: Table) -> str:
    return f"{table.more:,} more {'row stands' if table.more == 1 else 'rows stand'} on its page."


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address, quote=True)}" style="color:{_GREEN}">{escape(text)}</a>'
