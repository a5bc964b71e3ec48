"""What a target's page says: a verdict, what it rests on, charts with their tables."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.predictions.panels import panels_of
from milepost.dashboard.questions.shown import Panel
from milepost.plan.predictions import GOES_QUIET, Predictions
from milepost.predict.said import Figures
from milepost.predict.stored import Stored, StoredModel

_TOO_LITTLE: Final = (
    "It takes 50 days of customers to whom it happened and 50 to whom it did not, of at least 20 customers, later than"
    " those it learns from, and of others. It is tried again each Sunday."
)
_NEVER: Final = (
    "Milepost learns of your own history each Sunday by itself; the command milepost predict train does it now."
)


class PredictionsPage(msgspec.Struct, frozen=True):
    """predictions.html. `empty` and `hint` say why there are no figures; `targets` are (address, words, whether it is
    this one). `likeliest`: the list of customers is sorted by it."""

    answer: Markup
    asked: str
    targets: tuple[tuple[str, str, str | bool], ...]
    tried_at: datetime | None
    empty: str = ""
    hint: str = ""
    summary: str = ""
    figures: tuple[v.Figure, ...] = ()
    panels: tuple[Panel, ...] = ()
    likeliest: bool = False


def predictions_page(stored: Stored, asked: Predictions, target: str) -> PredictionsPage:
    """`target` is one of the plan's."""
    label, model = asked.labels[target], stored.model
    page = begun(_verdict(label, stored), stored, asked, target, nothing=model is None)
    if model is None:
        return page
    return msgspec.structs.replace(
        page,
        summary=_summary(model, stored),
        figures=_figures(model, stored),
        panels=panels_of(model, stored.checks),
        likeliest=target == GOES_QUIET and stored.predicted > 0,
    )


def begun(answer: Markup, stored: Stored, asked: Predictions, target: str, *, nothing: bool) -> PredictionsPage:
    """What every target's page has; where there is `nothing`, why."""
    planned = next((one for one in asked.targets if one.id == target), None)
    days, active = (planned.days, planned.active_days) if planned else (asked.quiet_days, asked.active_days)
    label, whom = asked.labels[target], f"asked of customers with an event in the {active} days before."
    when = "in" if target not in asked.likelihoods else "within"
    empty = hint = ""
    if nothing:
        empty = "Not enough history yet" if stored.says else "Nothing was learned yet"
        hint = _TOO_LITTLE if stored.says else _NEVER
    return PredictionsPage(
        answer=answer,
        asked=f"{label}: {when} {days} days, {whom}" if planned else f"{label}: no event in {days} days, {whom}",
        targets=tuple(
            (f"/predictions?target={one}", words, "page" if one == target else False)
            for one, words in asked.labels.items()
        ),
        tried_at=stored.tried_at,
        empty=empty,
        hint=hint,
    )


def _verdict(label: str, stored: Stored) -> Markup:
    model, name = stored.model, Markup("<bdi>{}</bdi>").format(label)
    if model is None:
        if stored.says:
            return Markup("{} is not predicted: {}").format(name, stored.says)
        return Markup("Nobody knows yet whether this can be told: {}").format(name)
    best = model.report.beside[0].name if model.report.beside else "a simple guess"
    if model.withdrawn_why and not model.predicts:
        return Markup('{} is <span class="worse">not predicted</span> any more: it did not come true').format(name)
    if not model.holds:
        return Markup("{} is not predicted: {} says as much").format(name, best)
    return Markup('{} can be told <span class="better">better than</span> by {}').format(name, best)


def _summary(model: StoredModel, stored: Stored) -> str:
    report, found = model.report, model.report.figures
    said = [
        f"Of two customers, one to whom it happened and one to whom it did not, it was likelier of the right one in"
        f" {_of_100(found.auc)} of 100 pairs ({_of_100(found.low)} to {_of_100(found.high)}),"
        f" on later days and of other customers than it learned from."
    ]
    if report.beside:
        said.append(f"The best simple guess, {report.beside[0].name}, has {_of_100(report.beside[0].auc)}.")
    said.append(f"Told of other customers on the same days it would have {_of_100(report.apart_auc)}, which flatters.")
    if (people := report.without_people) is not None:
        sure = "" if people.low > 0 else ", which may be chance, so it is left out"
        said.append(
            f"What is known of people adds {round(100 * people.more, 1) + 0.0:+.1f} ({100 * people.low:+.1f} to"
            f" {100 * people.high:+.1f}){sure}."
        )
    if model.withdrawn_why and not model.predicts:
        said.append(model.withdrawn_why)
    if report.older_goes_on:
        said.append("It tells less than the model before, which still holds: that one goes on predicting.")
    if stored.says:
        said.append(f"The newest training learned nothing: {stored.says}.")
    return " ".join(said)


def _of_100(auc: float) -> str:
    return f"{100 * auc:.1f}"


def _figures(model: StoredModel, stored: Stored) -> tuple[v.Figure, ...]:
    found: Figures = model.report.figures
    learned = f"{fmt.short_date(model.first_day)} to {fmt.short_date(model.last_day)}"
    share = found.happened / found.rows if found.rows else 0.0
    waits = "from tonight on" if model.predicts else "by no model that holds"
    as_of = f"as of {fmt.short_date(stored.as_of)}" if stored.as_of else waits
    return (
        v.Figure("Predicted now", stored.predicted, hint=as_of),
        v.Figure("Customers’ days learned from", model.report.trained_rows, hint=learned),
        v.Figure("Customers’ days checked", found.rows, hint=f"of {fmt.integer(found.customers)} customers"),
        v.Figure("Of these it happened to", found.happened, hint=fmt.percent(share)),
    )
