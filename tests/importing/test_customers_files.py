"""Files of customers, whatever they look like: what is read, what is found out, and what is reported by line."""

from __future__ import annotations

import gzip
import io
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from milepost.errors import ImportFailed
from milepost.importing.customers.mapping import CustomerMap
from milepost.importing.customers.prepare import Prepared, prepare
from milepost.importing.customers.text import unpacked
from milepost.importing.mapping import MapError
from tests.support.examples import examples

_PLAIN = "account_id,name,seats\r\nacme,Müller,5\r\nglobex,Söhne & Co,7\r\n"
_READ = {"acme": {"name": "Müller", "seats": 5}, "globex": {"name": "Söhne & Co", "seats": 7}}


def told(prepared: Prepared) -> dict[str, dict[str, Any]]:
    return {one: {each.name: each.value for each in traits} for one, (_, traits) in prepared.told.items()}


def column(text: str, *cells: str, delimiter: str = ",") -> tuple[list[Any], list[tuple[int, str]]]:
    """What becomes of a column's cells, and the lines of those that are wrong with what was expected."""
    rows = "".join(f"c{at}{delimiter}{cell}\n" for at, cell in enumerate(cells))
    prepared = prepare(f"id{delimiter}{text}\n{rows}".encode())
    found = told(prepared)
    values = [found.get(f"c{at}", {}).get(text) for at in range(len(cells))]
    return values, [(one.line, one.message) for one in prepared.faults if one.code == "invalid_value"]


@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found_out(encoding: str, called: str, delimiter: str) -> None:
    prepared = prepare(_PLAIN.replace(",", delimiter).encode(encoding))
    assert told(prepared) == _READ
    assert not prepared.faults
    assert (prepared.preview.encoding, prepared.preview.delimiter) == (called, delimiter)


def test_an_encoding_that_is_told_counts() -> None:
    said = msgspec.convert({"file": {"encoding": "cp852"}}, CustomerMap)
    assert told(prepare(_PLAIN.encode("cp852"), said)) == _READ
    for wrong in ("klingon", "hex", "punycode"):
        with pytest.raises(ImportFailed, match="not an encoding"):
            prepare(_PLAIN.encode(), msgspec.convert({"file": {"encoding": wrong}}, CustomerMap))


def test_a_broken_character_costs_its_cell_and_in_an_id_its_row() -> None:
    raw = "id,name,plan\n1,Zoë,pro\n2,X,pro\n3,Søren,pro\nX,Ann,pro\n".encode().replace(b"X", b"\xff")
    prepared = prepare(raw)
    assert told(prepared) == {
        "1": {"name": "Zoë", "plan": "pro"},
        "2": {"plan": "pro"},
        "3": {"name": "Søren", "plan": "pro"},
    }
    assert [(one.line, one.field) for one in prepared.faults] == [(3, "name"), (5, "id")]


def test_ndjson_parquet_and_gzip_come_for_nothing() -> None:
    lines = b'{"account_id": "acme", "name": "M\xc3\xbcller", "seats": 5}\nnot json\n[]\n'
    lines += '{"account_id": "globex", "name": "Söhne & Co", "seats": 7, "tags": ["a", "b"]}\n'.encode()
    prepared = prepare(unpacked(gzip.compress(lines)))
    assert told(prepared) == {"acme": _READ["acme"], "globex": _READ["globex"] | {"tags": ["a", "b"]}}
    assert [(one.line, one.code) for one in prepared.faults] == [(2, "invalid_json"), (3, "invalid_type")]
    out = io.BytesIO()
    columns = {"account_id": ["acme", "globex"], "name": ["Müller", "Söhne & Co"], "seats": [5, 7]}
    pq.write_table(pa.table(columns), out)
    assert told(prepare(out.getvalue())) == _READ


def test_rows_of_another_shape_cost_no_neighbour() -> None:
    text = 'id,name,note\n1,One,"two\nlines"\n2,Two\n3,"Three, open,x\n4,Four,"5"" pipe"\n\n5,Five,5" pipe\n'
    text += '6,"a "b" c",x\n'
    prepared = prepare(text.encode())
    assert told(prepared) == {
        "1": {"name": "One", "note": "two\nlines"},
        "4": {"name": "Four", "note": '5" pipe'},
        "5": {"name": "Five", "note": '5" pipe'},
        "6": {"name": 'a b" c"', "note": "x"},
    }
    assert [one.line for one in prepared.faults] == [4, 5]
    assert (prepared.preview.rows, prepared.preview.refused, prepared.preview.taken) == (6, 2, 4)


def test_a_row_without_a_usable_id_is_refused_by_line() -> None:
    prepared = prepare(b"id,name\n,Nobody\n1.23457E+11,Rounded\n" + b"x" * 201 + b",Long\nok,Good\nbare,\n")
    assert told(prepared) == {"ok": {"name": "Good"}}
    assert [(one.line, one.code) for one in prepared.faults] == [
        (2, "invalid_value"),
        (3, "invalid_value"),
        (4, "invalid_value"),
        (6, "no_traits"),
    ]


def test_of_two_rows_of_one_id_the_later_counts_and_it_is_said() -> None:
    prepared = prepare(b"id,name,plan\n1,Old,pro\n2,Two,pro\n1,New,\n")
    assert told(prepared) == {"1": {"name": "New", "plan": "pro"}, "2": {"name": "Two", "plan": "pro"}}
    assert [(one.line, one.code) for one in prepared.faults] == [(4, "duplicate_id")]
    assert "line 2" in prepared.faults[0].message


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2.5", "-3"], [1, 2.5, -3]),
        (["$1,200.50", "$ 900", "-$5"], [1200.5, 900, -5]),
        (["1.200,50 €", "900,00 €", "EUR 7"], [1200.5, 900, 7]),
        (["1 200,5", "1'000'000,25"], [1200.5, 1000000.25]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["1,234", "2,345,678"], [1234, 2345678]),
        (["0.125", "0.250"], [0.125, 0.25]),
        (["yes", "No", "TRUE"], [True, False, True]),
        (["2026-01-31", "2026-02-01"], ["2026-01-31", "2026-02-01"]),
        (["2026-01-31 10:00", "2026-02-01T10:00:00+02:00"], ["2026-01-31T10:00:00Z", "2026-02-01T10:00:00+02:00"]),
        (["1/2/2026", "12/31/2026"], ["2026-01-02", "2026-12-31"]),
        (["1/2/2026", "31/12/2026"], ["2026-02-01", "2026-12-31"]),
        (["01.02.2026", "02.02.2026"], ["2026-02-01", "2026-02-02"]),
        (["1/31/2026 4:05 PM", "1/31/2026 12:05 am"], ["2026-01-31T16:05:00Z", "2026-01-31T00:05:00Z"]),
        # No numbers, though they are digits.
        (["01234", "55555"], ["01234", "55555"]),
        (["+4930123", "5"], ["+4930123", "5"]),
        (["12345678901234567", "1"], ["12345678901234567", "1"]),
        (["1.2.3", "1.2.4"], ["1.2.3", "1.2.4"]),
        (["11-50", "51-200"], ["11-50", "51-200"]),
    ],
)
def test_a_columns_type_is_found_out_of_all_of_it(cells: list[str], values: list[object]) -> None:
    assert column("thing", *(f'"{cell}"' for cell in cells)) == (values, [])


def test_what_does_not_fit_its_column_is_named_and_its_row_stays() -> None:
    values, wrong = column("seats", *map(str, range(1, 20)), "n/a")
    assert values == [*range(1, 20), None]
    assert [line for line, _ in wrong] == [21]
    assert "such as 1,200.50" in wrong[0][1]
    values, wrong = column("since", *["2026-01-31"] * 19, "2026-02-31")
    assert values[-1] is None
    assert "a date or a time, such as 2026-01-31" in wrong[0][1]
    # Where as many do not fit, it is another type.
    assert column("seats", "1", "2", "n/a") == (["1", "2", "n/a"], [])


def test_what_nothing_tells_goes_by_the_delimiter_and_is_said() -> None:
    for delimiter, date, number in ((",", "2026-01-02", 1234), (";", "2026-02-01", 1.234)):
        prepared = prepare('id;on;size\na;1/2/2026;"1,234"\n'.replace(";", delimiter).encode())
        assert told(prepared) == {"a": {"on": date, "size": number}}
        notes = [one.note for one in prepared.preview.columns]
        assert all(note and "nothing tells" in note for note in notes), notes


def test_money_keeps_its_currency_and_a_range_is_no_number_of_employees() -> None:
    prepared = prepare('id,MRR,Employees,Renewal Date\na,"€1,200.50",11-50,3/31/2027\n'.encode())
    assert told(prepared) == {
        "a": {"mrr": 1200.5, "currency": "EUR", "employees": "11-50", "renewal_date": "2027-03-31"}
    }


def test_a_map_says_what_is_what() -> None:
    said = msgspec.convert(
        {
            "id": "account no",
            "of": "person",
            "empty": "clear",
            "columns": {
                "Umsatz": {"trait": "arr", "type": "number", "decimal": ","},
                "Seit": {"trait": "created_at", "format": "DD/MM/YYYY"},
                "Tags": {"type": "list", "separator": "|"},
                "Firma": "name",
                "Geheim": False,
            },
        },
        CustomerMap,
    )
    raw = b"Account No;Umsatz;Seit;Tags;Firma;Geheim;PLZ\n007;1.234;1/2/2026;a|b;;x;01234\n"
    prepared = prepare(raw, said)
    assert prepared.preview.of == "person"
    assert told(prepared) == {
        "007": {"arr": 1234, "created_at": "2026-02-01", "tags": ["a", "b"], "name": None, "plz": "01234"}
    }
    left = prepare(raw, msgspec.structs.replace(said, others="leave", empty="keep"))
    assert set(told(left)["007"]) == {"arr", "created_at", "tags"}
    with pytest.raises(MapError, match="no column 'nowhere'"):
        prepare(raw, CustomerMap(id="nowhere"))
    with pytest.raises(MapError, match="Two columns"):
        prepare(raw, CustomerMap(id="PLZ", columns={"Firma": "name", "Geheim": "name"}))
    with pytest.raises(ImportFailed, match="Which column is the customer's id"):
        prepare(raw)


def test_headings_become_names_and_no_two_the_same() -> None:
    prepared = prepare(b"id,Name,name,NumberOfSeats,Umsatz (\xe2\x82\xac),,Company IDs\na,1x,2x,3x,4x,5x,6x\n")
    names = ["name", "name_2", "number_of_seats", "umsatz", "column_6", "company_ids"]
    assert [one.trait for one in prepared.preview.columns] == names


def test_more_columns_than_one_call_may_tell_of_are_all_told() -> None:
    heads = [f"t{n}" for n in range(450)]
    prepared = prepare(f"id,{','.join(heads)}\na,{','.join('1' * 450)}\n".encode())
    assert len(told(prepared)["a"]) == 450
    assert not prepared.faults
    assert prepared.preview.taken == 1


_LIKELY = st.lists(
    st.sampled_from(
        [
            "id",
            "name",
            ",",
            ";",
            "\t",
            '"',
            "\n",
            "\r\n",
            "\x00",
            "1",
            "1,5",
            "2026-01-01",
            "1/2/2026",
            "ü",
            "{",
            "}",
            "$",
        ]
    )
).map(lambda parts: "".join(parts).encode())
_ANY = st.binary(max_size=300) | _LIKELY | _LIKELY.map(lambda raw: b"id,name,on\n" + raw)


@settings(max_examples=examples(400))
@example(raw=b"id,na\xffme,\x00,\xc3\xbc\xc3\xbc\n1,2,3,\xff\n")
@example(raw=b'{"id": "1", "na\xffme": "x"}\n{"id": "2", "\\u0000": "x", "\\ud800": "\\ud800"}\n')
@given(
    raw=_ANY | st.sampled_from(["PAR1", "\ufeff", '{"id": 1}\n']).flatmap(lambda s: _ANY.map(lambda r: s.encode() + r))
)
def test_any_bytes_end_in_a_report(raw: bytes) -> None:
    try:
        prepared = prepare(unpacked(raw))
    except ImportFailed as failed:
        assert failed.message.endswith(".")  # noqa: PT017 -- either is right
        return
    preview = prepared.preview
    assert 0 <= preview.taken <= preview.rows - preview.refused
    assert all(one.line >= 1 and one.message for one in prepared.faults)
    msgspec.json.encode(prepared)
