"""Messages as Slack's incoming webhooks and Teams' workflows take them."""

from __future__ import annotations

import msgspec

from milepost.messages.wording import Said

#: Slack's limits: characters of a header, and of a section.
_HEADER, _SECTION = 150, 3_000
_TEAMS_LINE = 2_000


def slack(said: Said, url: str) -> bytes:
    """Blocks, and the same as `text`, which notifications show: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _short(said.title, _HEADER), "emoji": False}}
    ]
    if said.lines:
        text = _short("\n".join(_escaped(line) for line in said.lines), _SECTION)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    if said.path:
        link = f"<{url}{_escaped(said.path)}|Open in Milepost>"
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": link}]})
    return msgspec.json.encode({"text": _escaped(_short(said.title, _SECTION)), "blocks": blocks})


def teams(said: Said, url: str) -> bytes:
    """An Adaptive Card, as the workflow "Post to a channel when a webhook request is received" takes it."""
    body: list[dict[str, object]] = [
        {"type": "TextBlock", "text": _plain(said.title), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    body += [{"type": "TextBlock", "text": _plain(line), "wrap": True, "spacing": "Small"} for line in said.lines]
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if said.path:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Milepost", "url": f"{url}{said.path}"}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return msgspec.json.encode({"type": "message", "attachments": [attachment]})


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _escaped(text: str) -> str:
    """What a customer is called links nowhere, and calls nobody (<!channel>)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> str:
    """Cards read Markdown: its signs are taken as they are."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]()#" else sign for sign in _short(text, _TEAMS_LINE))
