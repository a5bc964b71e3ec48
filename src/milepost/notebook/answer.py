"""An answer of a server: as it came, as a table, as a picture, and as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from milepost.notebook.frames import Row, rows_of

if TYPE_CHECKING:
    import altair
    import pandas
    import polars
    import pyarrow


class Answer:
    """`data` is the API's answer as JSON has it (docs/http.md); `url` the page that shows it, None where none does."""

    def __init__(self, name: str, data: Any, url: str | None) -> None:
        self.name, self.data, self.url = name, data, url

    def rows(self) -> list[Row]:
        """One fact a row; days are `date`, times `datetime`."""
        return rows_of(self.name, self.data)

    def arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table."""
        import pyarrow as pa

        rows = self.rows()
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pa.table({name: _column([row.get(name) for row in rows]) for name in names})

    def pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame. Raises ImportError where pandas is not installed."""
        frame: pandas.DataFrame = self.arrow().to_pandas()
        return frame

    def polars(self) -> polars.DataFrame:
        """The rows as a Polars frame. Raises ImportError where Polars is not installed."""
        import polars

        frame = polars.from_arrow(self.arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def __len__(self) -> int:
        return len(self.rows())

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self)} rows{f', {self.url}' if self.url else ''}>"


class QuestionAnswer(Answer):
    """An answer to a question over all events."""

    def __init__(self, name: str, data: Any, url: str | None, who: Callable[[dict[str, Any]], Answer]) -> None:
        super().__init__(name, data, url)
        self._who = who

    @property
    def unit(self) -> str:
        """Whom it counts: customer or user."""
        return str(self.data["unit"])

    @property
    def fresh_as_of(self) -> str | None:
        """Everything that was stored up to then is in it."""
        said = self.data["fresh_as_of"]
        return None if said is None else str(said)

    def who(self, **place: Any) -> Answer:
        """Who is behind one figure; `place` says which, such as `step=1` of a funnel (docs/questions.md)."""
        return self._who(place)

    def plot(self, *, dark: bool = False) -> altair.Chart | altair.LayerChart | altair.FacetChart:
        """A picture in the style of the server's pages."""
        from milepost.notebook.plots import plot

        return plot(self.name, self.data, self.rows(), dark=dark)


def _column(values: list[Any]) -> Any:
    """Of one type; what has several is written as JSON."""
    import msgspec
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        texts = [
            None if one is None else one if isinstance(one, str) else msgspec.json.encode(one).decode()
            for one in values
        ]
        return pa.array(texts)
