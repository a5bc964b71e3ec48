"""What a question is called until somebody calls it something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from milepost.analytics.asking import EventKind, Filter
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.retention import Retention
from milepost.analytics.trends import Trends
from milepost.dashboard.questions import show_trends, words
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.tabs import TITLES
from milepost.dashboard.questions.unnamed import is_of_somebody
from milepost.vocabulary import MAX_NAME_LENGTH

_MOST_FILTERS: Final = 3


def proposed_name(asked: PageQuestion, names: words.Names) -> str:
    """'Signed up → Paid by device, Plan is pro'; at most as long as a name may be. Nobody is named in it: a name stays
    when who is filtered by is erased."""
    question = asked.questions[0]
    filters = [words.filter_words(one, names) for one in _unnamed(question.filters)[:_MOST_FILTERS]]
    said = ", ".join([_said(asked, names), *filters])
    return said if len(said) <= MAX_NAME_LENGTH else f"{said[: MAX_NAME_LENGTH - 1]}…"


def _unnamed(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    return tuple(one for one in filters if not is_of_somebody(one.field))


def _kind(kind: EventKind, names: words.Names) -> str:
    return words.kind_words(msgspec.structs.replace(kind, filters=_unnamed(kind.filters)), names)


def _said(asked: PageQuestion, names: words.Names) -> str:
    question, title = asked.questions[0], TITLES[asked.name]
    if isinstance(question, Funnel):
        steps = " → ".join(_kind(step, names) for step in question.steps)
        return steps + _by([question.breakdown], names)
    if isinstance(question, Trends):
        what = show_trends.measured(question)
        kinds = " and ".join(_kind(step, names) for step in question.series if step != EventKind())
        every = f"{what[:1].upper()}{what[1:]} by {question.interval}"
        return f"{every}: {kinds}{_by(question.by, names)}"
    kind = (
        question.start
        if isinstance(question, Retention)
        else question.activity
        if isinstance(question, Lifecycle)
        else None
    )
    return f"{title}: {_kind(kind, names)}" if kind is not None and kind != EventKind() else title


def _by(fields: tuple[str, ...] | list[str | None], names: words.Names) -> str:
    said = [words.field_words(field, names).lower() for field in fields if field]
    return f" by {' and '.join(said)}" if said else ""
