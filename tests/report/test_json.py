"""JSON tables: the schema, and the same numbers as in the CSV files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from aser_bench.report import csv as csv_tables
from aser_bench.report import json as json_tables
from aser_bench.report import tables


@pytest.fixture(scope="module")
def built(full_with_findings):
    return tables.build(*full_with_findings)


def strict(text: str) -> dict:
    def reject(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=reject)


def test_schema(built):
    for table in built:
        content = strict(json_tables.render(table))
        assert list(content) == ["schema", "name", "title", "caption", "notes", "columns", "rows"]
        assert content["schema"] == 2
        assert (content["name"], content["title"]) == (table.stem, table.title)
        assert all(list(row) == content["columns"] for row in content["rows"])
        assert set(table.footnotes) <= set(content["notes"])


def test_same_numbers_as_csv(built):
    numbers = 0
    for table in built:
        content = strict(json_tables.render(table))
        rows = list(csv.DictReader(io.StringIO(csv_tables.render(table))))
        assert list(rows[0]) == content["columns"]
        for one, other in zip(rows, content["rows"], strict=True):
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


def test_undefined_values_are_null(built):
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
