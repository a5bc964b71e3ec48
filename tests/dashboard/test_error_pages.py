"""What a page says when it cannot be shown."""

from __future__ import annotations

import pytest
from litestar.testing import RequestFactory

from milepost.app import create_app
from milepost.columns.reading import ColumnsUnavailable
from milepost.errors import DatabaseUnavailable, DiskFull, Overloaded, Problem
from milepost.settings import Settings

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (DatabaseUnavailable(), "The database cannot be reached right now"),
        (DiskFull(), "The database&#39;s disk is full"),
        (Overloaded(), "This cannot be answered right now"),
        (ColumnsUnavailable(), "This cannot be answered right now"),
    ],
)
def test_what_is_away_is_what_the_page_names(problem: Problem, said: str) -> None:
    app = create_app(Settings(database_url="postgresql://nowhere", columns=False))
    request = RequestFactory(app=app).get("/customers", headers={"accept": "text/html"})
    answer = app.exception_handlers[Problem](request, problem)
    assert answer.status_code == 503
    assert said in answer.content.decode()
    assert all(word not in answer.content.decode() for word in ("Retry-After", "/v1/"))
