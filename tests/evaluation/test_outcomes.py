"""Predictions read back from files, and the messages for invalid files."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.evaluation.outcomes import Source, read

FRAME = factories.predictions(runs=2)
SMALL = factories.predictions({("original", "mp3-8k"): 0.5}, takes=1)


def one_line(error) -> str:
    said = str(error.value)
    assert "\n" not in said
    return said


def same(one, other):
    assert list(one.corpora) == list(other.corpora)
    for name, corpus in one.corpora.items():
        twin = other.corpora[name]
        assert (corpus.emotions, corpus.speakers) == (twin.emotions, twin.speakers)
        for field in ("utterances", "truth", "speaker"):
            np.testing.assert_array_equal(getattr(corpus, field), getattr(twin, field))
    assert set(one.cells) == set(other.cells)
    for key, cell in one.cells.items():
        for field in ("predicted", "confidence", "brier"):
            np.testing.assert_array_equal(getattr(cell, field), getattr(other.cells[key], field))


@pytest.mark.parametrize("dictionaries", [True, False])
def test_every_prediction_is_read_back(tmp_path, dictionaries):
    skill = {("original", "original"): 0.7}
    more = factories.predictions(
        skill, corpus="others", emotions=("bored", "sad"), speakers=("x", "y", "z"), runs=1
    )
    frame = pd.concat([FRAME, more], ignore_index=True)
    found = read(
        [Source(factories.write(frame, tmp_path / "p.parquet", dictionaries=dictionaries))]
    )
    assert found.corpora["others"].emotions == ("bored", "sad")
    assert found.corpora["voices"].emotions == factories.EMOTIONS
    assert found.corpora["voices"].speakers == ("a", "b", "c", "d")
    place_of = {name: frame.columns.get_loc(name) for name in ("run", "utterance")}
    rows = {
        (row[:6], row[place_of["run"]], row[place_of["utterance"]]): row
        for row in frame.itertuples(index=False, name=None)
    }
    seen = 0
    for key, cell in found.cells.items():
        corpus = found.corpora[key[0]]
        for run, place in zip(*np.nonzero(cell.predicted >= 0), strict=True):
            own = rows[key, run, str(corpus.utterances[place])]
            row = dict(zip(frame.columns, own, strict=True))
            assert corpus.emotions[cell.predicted[run, place]] == row["predicted"]
            assert corpus.emotions[corpus.truth[place]] == row["truth"]
            assert corpus.speakers[corpus.speaker[place]] == row["speaker"]
            assert cell.confidence[run, place] == row[f"p_{row['predicted']}"]
            distance = sum(
                (row[f"p_{name}"] - (name == row["truth"])) ** 2 for name in corpus.emotions
            )
            assert cell.brier[run, place] == pytest.approx(distance, rel=1e-5)
            seen += 1
    assert seen == len(frame)


@settings(max_examples=12, deadline=None)
@given(size=st.integers(1, 40), seed=st.integers(0, 5))
def test_neither_row_groups_nor_the_order_of_rows_matter(tmp_path_factory, size, seed):
    folder = tmp_path_factory.mktemp("groups")
    mixed = SMALL.sample(frac=1, random_state=seed)
    whole = read([Source(factories.write(SMALL, folder / "whole.parquet", len(SMALL)))])
    same(whole, read([Source(factories.write(mixed, folder / "parts.parquet", size))]))


def test_two_files_are_read_as_one(tmp_path):
    half = FRAME["fold"] == 0
    parts = [
        factories.write(FRAME[rows], tmp_path / f"{i}.parquet")
        for i, rows in enumerate((half, ~half))
    ]
    same(factories.outcomes(FRAME, tmp_path), read([Source(path) for path in parts]))


def test_untested_utterances_have_no_prediction(tmp_path):
    key = ("voices", "functionals", "svm", "speaker", "original", "mp3-8k")
    gone = (
        (FRAME["train_condition"] == "original")
        & (FRAME["test_condition"] == "mp3-8k")
        & (FRAME["run"] == 1)
        & (FRAME["fold"] == 0)
    )
    found = factories.outcomes(FRAME[~gone], tmp_path)
    cell, corpus = found.cells[key], found.corpora["voices"]
    missing = np.isin(corpus.utterances, FRAME.loc[gone, "utterance"].to_numpy(dtype=str))
    assert missing.sum() == len(FRAME[gone])
    np.testing.assert_array_equal(cell.predicted[1] < 0, missing)
    np.testing.assert_array_equal(np.isnan(cell.confidence[1]), missing)
    assert (cell.predicted[0] >= 0).all()
    np.testing.assert_array_equal(cell.tested, ~missing)


@pytest.mark.parametrize("unknown", [None, ""])
def test_one_unknown_speaker_makes_all_unknown(tmp_path, unknown):
    frame = FRAME.assign(speaker=FRAME["speaker"].replace({"b": unknown}))
    corpus = factories.outcomes(frame, tmp_path).corpora["voices"]
    assert corpus.speakers == ()
    assert not corpus.speaker.any()
    assert len(corpus.utterances) == FRAME["utterance"].nunique()


def test_without_probabilities_there_is_no_confidence(tmp_path):
    frame = FRAME[list(factories.tables.PREDICTIONS)]
    for cell in factories.outcomes(frame, tmp_path).cells.values():
        assert np.isnan(cell.confidence).all()
        assert np.isnan(cell.brier).all()
        assert (cell.predicted >= 0).all()


def test_a_predicted_emotion_that_is_never_true_is_an_emotion_of_the_corpus(tmp_path):
    frame = FRAME.assign(predicted="bored")
    corpus = factories.outcomes(frame, tmp_path).corpora["voices"]
    assert corpus.emotions == ("angry", "bored", "happy", "neutral", "sad")


def test_corpora_and_models_are_renamed(tmp_path):
    path = factories.write(FRAME, tmp_path / "p.parquet")
    found = read([Source(path, {"voices": "voices (b)"}, {"svm": "svm (b)", "mlp": "no"})])
    assert list(found.corpora) == ["voices (b)"]
    assert found.corpora["voices (b)"].name == "voices (b)"
    assert {key[:3] for key in found.cells} == {("voices (b)", "functionals", "svm (b)")}
    both = read([Source(path), Source(path, models={"svm": "svm (b)"})])
    assert {key[2] for key in both.cells} == {"svm", "svm (b)"}


def test_unusual_names_are_kept(tmp_path):
    names = {"u0_a_angry_0": 'a,b\n"c"', "u0_a_angry_1": "Füße/../x", "u0_a_happy_0": " nan "}
    frame = FRAME.assign(utterance=FRAME["utterance"].replace(names), model="my.mod:Clf(x=1, y)")
    found = factories.outcomes(frame, tmp_path)
    assert set(names.values()) <= set(found.corpora["voices"].utterances.tolist())
    assert {key[2] for key in found.cells} == {"my.mod:Clf(x=1, y)"}


def test_row_groups_are_read_one_by_one(tmp_path, monkeypatch):
    path = factories.write(FRAME, tmp_path / "p.parquet", row_group_size=40)
    sizes = []
    read_group = pq.ParquetFile.read_row_group

    def spy(self, index, **options):
        group = read_group(self, index, **options)
        sizes.append(group.num_rows)
        return group

    def refuse(*args, **options):
        raise AssertionError("the file is read as a whole")

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", spy)
    for whole in ("read", "read_row_groups"):
        monkeypatch.setattr(pq.ParquetFile, whole, refuse)
    monkeypatch.setattr(pq, "read_table", refuse)
    read([Source(path)])
    assert max(sizes) <= 40
    assert sum(sizes) == 2 * len(FRAME)  # once for the names, once for the predictions


# --- what is no file of predictions ---------------------------------------------------------


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(UsageError) as error:
        read([Source(tmp_path / "no.parquet")])
    assert "no.parquet does not exist" in one_line(error)


@pytest.mark.parametrize("content", [b"", b"not parquet at all", b"PAR1\0\0\0\0PAR1"])
def test_a_file_that_is_not_parquet(tmp_path, content):
    path = tmp_path / "p.parquet"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        read([Source(path)])
    assert "p.parquet cannot be read as predictions" in one_line(error)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(UsageError) as error:
        read([Source(tmp_path)])
    assert str(tmp_path) in one_line(error)


def test_a_truncated_file(tmp_path):
    path = factories.write(FRAME, tmp_path / "p.parquet")
    content = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(1).column(8)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        read([Source(path)])
    assert "p.parquet" in one_line(error)


@pytest.mark.parametrize("column", ["truth", "run", "test_condition"])
def test_a_column_that_is_missing(tmp_path, column):
    path = factories.write(FRAME.drop(columns=column), tmp_path / "p.parquet")
    with pytest.raises(UsageError, match=column) as error:
        read([Source(path)])
    assert "p.parquet lacks" in one_line(error)


def test_a_file_without_rows(tmp_path):
    with pytest.raises(UsageError) as error:
        factories.outcomes(FRAME.iloc[:0], tmp_path)
    assert "does not contain predictions" in one_line(error)


@pytest.mark.parametrize("row_group_size", [1, 1000])
def test_the_same_prediction_twice(tmp_path, row_group_size):
    twice = pd.concat([FRAME, FRAME.iloc[[5]]])
    with pytest.raises(UsageError, match="twice") as error:
        read([Source(factories.write(twice, tmp_path / "p.parquet", row_group_size))])
    said = one_line(error)
    assert "p.parquet" in said
    assert "voices, functionals, svm, speaker, original, original, run 0" in said


@pytest.mark.parametrize(("column", "value"), [("truth", "sad"), ("speaker", "d")])
def test_one_utterance_of_two_truths_or_speakers(tmp_path, column, value):
    frame = FRAME.copy()
    frame.loc[frame.index[0], column] = value
    with pytest.raises(UsageError, match="two truths or two speakers") as error:
        factories.outcomes(frame, tmp_path)
    assert frame["utterance"].iloc[0] in one_line(error)


def test_missing_probabilities_are_nan(tmp_path):
    path = factories.write(FRAME, tmp_path / "p.parquet")
    table = pq.read_table(path)
    index = table.schema.get_field_index("p_sad")
    nothing = pa.nulls(len(table), pa.float32())
    pq.write_table(table.set_column(index, "p_sad", nothing), path)
    for cell in read([Source(path)]).cells.values():
        assert np.isnan(cell.brier).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"run": "first"}, "run must contain whole numbers"),
        ({"p_sad": "much"}, "p_sad must contain probabilities"),
        ({"p_sad": np.float32(1.5)}, "not from 0 to 1"),
        ({"p_angry": np.float32(-0.1)}, "not from 0 to 1"),
    ],
)
def test_columns_of_another_type(tmp_path, changes, said):
    path = tmp_path / "p.parquet"
    pq.write_table(pa.Table.from_pandas(FRAME.assign(**changes), preserve_index=False), path)
    with pytest.raises(UsageError, match=said) as error:
        read([Source(path)])
    assert "p.parquet" in one_line(error)


@pytest.mark.parametrize("column", ["utterance", "truth", "predicted", "run"])
def test_a_value_that_is_missing(tmp_path, column):
    table = pa.Table.from_pandas(SMALL, preserve_index=False)
    values = table.column(column).to_pylist()
    values[1] = None
    at = table.schema.get_field_index(column)
    pq.write_table(table.set_column(at, column, pa.array(values)), tmp_path / "p.parquet")
    with pytest.raises(UsageError, match=f"lacks values in its column {column}") as error:
        read([Source(tmp_path / "p.parquet")])
    assert "p.parquet" in one_line(error)
