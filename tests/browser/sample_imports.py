"""The import of a table as its page shows it, before it is stored: full, empty and absurd."""

from __future__ import annotations

import csv
import io

from milepost.dashboard.imports.view import TablePreview, preview_view
from milepost.importing.customers.mapping import ColumnSaid, CustomerMap
from milepost.importing.customers.prepare import prepare

from .sample import EVIL, Scenario

_HEAD = ["Record ID", "Company name", "Company owner", "Number of Employees", "Annual Revenue", "Create Date", "Notes"]
_ROWS = [
    ["901", "Northwind Traders", "Dana Weiss", "120", "1,200,000", "03/04/2025", ""],
    ["902", "Øresund Maritime A/S", "", "11-50", "90,000.50", "04/05/2025", "asked for SSO"],
    ["", "No id", "", "5", "1", "01/01/2025", ""],
    ["904", "Kreuzberg Röstwerk", "Lee Park", "48", "n/a", "05/06/2025", ""],
]


def preview(scenario: Scenario) -> TablePreview | None:
    if scenario == "empty":
        return None
    if scenario == "full":
        said = CustomerMap(columns={"Notes": False, "Create Date": ColumnSaid(format="MM/DD/YYYY")})
        return preview_view(prepare(_file([_HEAD, *_ROWS]), said), said, ["name", "owner"], of=False, id_=False)
    head = ["id", *(f"{EVIL * 2}{n}" for n in range(10))]
    rows = [[f"{EVIL}{n}"[:200], *((EVIL * 9)[: 500 * (1 + m % 2)] for m in range(10))] for n in range(15)]
    rows.append(["short"])
    return preview_view(prepare(_file([head, *rows])), CustomerMap(), [EVIL] * 50, of=True, id_=True)


def _file(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
