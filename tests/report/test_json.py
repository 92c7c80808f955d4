"""JSON: the schema, and that its numbers are those of the CSV files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from aser_bench.report import csv as csv_tables
from aser_bench.report import json as json_tables
from aser_bench.report import tables


@pytest.fixture(scope="module")
def built(found):
    return tables.build(*found)


def strict(text: str) -> dict:
    def refuse(word: str) -> None:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def test_the_schema(built):
    for table in built:
        whole = strict(json_tables.render(table))
        assert list(whole) == ["schema", "name", "title", "caption", "notes", "columns", "rows"]
        assert whole["schema"] == 1
        assert (whole["name"], whole["title"]) == (table.stem, table.title)
        assert all(list(row) == whole["columns"] for row in whole["rows"])
        assert set(table.footnotes) <= set(whole["notes"])


def test_the_same_numbers_as_the_csv(built):
    numbers = 0
    for table in built:
        whole = strict(json_tables.render(table))
        rows = list(csv.DictReader(io.StringIO(csv_tables.render(table))))
        assert list(rows[0]) == whole["columns"]
        for one, other in zip(rows, whole["rows"], strict=True):
            for name, value in other.items():
                if value is None:
                    assert one[name] == "", (table.stem, name)
                elif isinstance(value, bool):
                    assert one[name] == str(value).lower()
                elif isinstance(value, int | float):
                    assert float(one[name]) == value, (table.stem, name)
                    numbers += 1
                else:
                    assert one[name] == value
    assert numbers > 1000


def test_what_is_not_defined_is_null(built):
    (losses,) = (table for table in built if table.stem.endswith("losses"))
    (row,) = (
        row
        for row in strict(json_tables.render(losses))["rows"]
        if (row["model"], row["training"], row["condition"]) == ("svm", "clean", "lowpass-3k0")
    )
    assert row["low"] is None
    assert row["why"].startswith("no interval")
    assert row["significant"] is False
    assert -0.1 < row["difference"] < 0.1
