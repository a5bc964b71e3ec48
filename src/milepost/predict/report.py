"""What a model is worth, on rows of known outcome that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from milepost.predict import measures
from milepost.predict.measures import Floats
from milepost.predict.models import Kind
from milepost.predict.rows import Rows
from milepost.predict.said import Beside, Drawn, Figures
from milepost.predict.spread import Spread
from milepost.predict.targets import Target


class Report(msgspec.Struct, frozen=True):
    """How a target can be told. `apart_auc`: customers apart but the same days, which flatters."""

    target: Target
    kind: Kind
    features: tuple[str, ...]
    trained_rows: int
    figures: Figures
    apart_auc: float
    beside: list[Beside]
    tried: dict[str, float]
    segments: dict[str, float]
    #: The versions of what fitted it: another may not read it, or say something else.
    made_with: str = ""
    #: All rows there were; it learned from `trained_rows` of them.
    rows: int = 0
    #: It tells less than the model before, which still holds and goes on.
    older_goes_on: bool = False
    #: How each feature was spread where it learned.
    spread: dict[str, Spread] = {}
    drawn: Drawn | None = None
    #: The same kind without what is known of people, by the same folds; None where nothing is.
    without_people: Beside | None = None

    @property
    def uses_people(self) -> bool:
        """Whether what is known of people earned its place: it tells more beyond chance."""
        return self.without_people is not None and self.without_people.low > 0

    @property
    def holds(self) -> bool:
        """Whether it beats every simple guess, beyond chance; else it is not shown."""
        return beats(self.beside)

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.older_goes_on:
            return "It tells less than the model before, which still holds on later days: that one goes on predicting."
        if self.holds:
            return f"It beats every simple guess beyond chance, so it predicts ({self.kind})."
        return "It does not beat every simple guess beyond chance, so it predicts nothing."


def figures(rows: Rows, probability: Floats) -> Figures:
    """What rows of known outcome say of probabilities."""
    happened = rows.happened
    low, high = measures.middle(measures.auc_draws(happened, probability, rows.known.customers))
    base = np.full(len(happened), happened.mean())
    return Figures(
        rows=len(happened),
        customers=len(np.unique(rows.known.customers)),
        happened=int(happened.sum()),
        auc=measures.auc(happened, probability),
        low=low,
        high=high,
        somers_d=measures.somers_d(happened, probability),
        brier=measures.brier(happened, probability),
        brier_of_base=measures.brier(happened, base),
        log_loss=measures.log_loss(happened, probability),
        calibration_error=measures.calibration_error(happened, probability),
        reliability=measures.reliability(happened, probability),
    )


def beside(rows: Rows, figure: Floats, rivals: Mapping[str, Floats], *, target: Target | None = None) -> list[Beside]:
    """Simple guesses on the same rows, the best first. Of what is no kind of staying away nobody
    can say beforehand which way a guess points, so each has the way that is better for it."""
    found = []
    draws = measures.auc_draws(rows.happened, figure, rows.known.customers)
    for name, guess in rivals.items():
        back = target is not None and not target.is_quiet and measures.auc(rows.happened, guess) < 0.5
        found.append(against(name, rows, figure, -guess if back else guess, draws=draws))
    return sorted(found, key=lambda one: -one.auc)


def against(name: str, rows: Rows, figure: Floats, rival: Floats, *, draws: Floats | None = None) -> Beside:
    """A rival on the same rows. `draws`: the AUCs of the figure, where they are known."""
    if draws is None:
        draws = measures.auc_draws(rows.happened, figure, rows.known.customers)
    low, high = measures.middle(draws - measures.auc_draws(rows.happened, rival, rows.known.customers))
    theirs = measures.auc(rows.happened, rival)
    more = measures.auc(rows.happened, figure) - theirs
    return Beside(name, theirs, measures.somers_d(rows.happened, rival), more, low, high)


def beats(rivals: Sequence[Beside]) -> bool:
    """Whether something is better than each of them, beyond chance."""
    return all(one.low > 0 for one in rivals)


def by_segment(rows: Rows, figure: Floats, *, most: int = 20) -> dict[str, float]:
    """The AUC within each segment, the largest first; of those where it happened to some and not to all."""
    names, counts = np.unique(rows.known.segments, return_counts=True)
    found = {}
    for index in np.argsort(-counts)[:most]:
        which = rows.known.segments == names[index]
        if 0 < rows.happened[which].sum() < which.sum():
            found[str(names[index])] = measures.auc(rows.happened[which], figure[which])
    return found
