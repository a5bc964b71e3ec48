"""What a question is called until somebody calls it something else."""

from __future__ import annotations

from typing import Final

from milepost.analytics.asking import EventKind
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.retention import Retention
from milepost.analytics.trends import Trends
from milepost.dashboard.questions import show_trends, words
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.tabs import TITLES
from milepost.vocabulary import MAX_NAME_LENGTH

_MOST_FILTERS: Final = 3


def proposed_name(asked: PageQuestion, names: words.Names) -> str:
    """'Signed up → Paid by device, Plan is pro'; at most as long as a name may be."""
    question = asked.questions[0]
    filters = [words.filter_words(one, names) for one in question.filters[:_MOST_FILTERS]]
    said = ", ".join([_said(asked, names), *filters])
    return said if len(said) <= MAX_NAME_LENGTH else f"{said[: MAX_NAME_LENGTH - 1]}…"


def _said(asked: PageQuestion, names: words.Names) -> str:
    question, title = asked.questions[0], TITLES[asked.name]
    if isinstance(question, Funnel):
        steps = " → ".join(words.kind_words(step, names) for step in question.steps)
        return steps + _by([question.breakdown], names)
    if isinstance(question, Trends):
        what = show_trends.measured(question)
        kinds = " and ".join(words.kind_words(step, names) for step in question.series if step != EventKind())
        every = f"{what[:1].upper()}{what[1:]} by {question.interval}"
        return f"{every}: {kinds}{_by(question.by, names)}"
    kind = (
        question.start
        if isinstance(question, Retention)
        else question.activity
        if isinstance(question, Lifecycle)
        else None
    )
    return f"{title}: {words.kind_words(kind, names)}" if kind not in (None, EventKind()) else title


def _by(fields: tuple[str, ...] | list[str | None], names: words.Names) -> str:
    said = [words.field_words(field, names).lower() for field in fields if field]
    return f" by {' and '.join(said)}" if said else ""
