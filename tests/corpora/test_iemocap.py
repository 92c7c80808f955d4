"""IEMOCAP as distributed: labels, transcripts and recordings in three folders."""

from __future__ import annotations

import shutil

import pytest
from corpus_trees import iemocap, iemocap_wav

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.labels import apply_label_set
from aser_bench.evaluation.splits import split
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.config import CorpusChoice

LABELS = {
    "Ses01F_impro01_F000": "neu",
    "Ses01F_impro01_M000": "exc",
    "Ses01F_impro01_M001": "xxx",
    "Ses01M_script01_1_F001": "fru",
    "Ses02M_impro08b_M012": "oth",
    "Ses02M_impro08b_F012": "ang",
}
COUNTS = {
    "ang": 1103,
    "hap": 595,
    "exc": 1041,
    "sad": 1084,
    "neu": 1708,
    "fru": 1849,
    "sur": 107,
    "fea": 40,
    "dis": 2,
    "oth": 3,
    "xxx": 2507,
}
"""Number of utterances with each label in the real corpus."""


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(listing):
    columns = ["utterance", "emotion", "speaker", "sex", "session"]
    return listing.utterances[columns].to_numpy().tolist()


def test_labels_speakers_and_sessions_are_read(tmp_path):
    listing = load_corpus("iemocap", iemocap(tmp_path, LABELS))
    assert rows(listing) == [
        ["Ses01F_impro01_F000", "neutral", "1F", "female", "1"],
        ["Ses01F_impro01_M000", "excited", "1M", "male", "1"],
        ["Ses01M_script01_1_F001", "frustrated", "1F", "female", "1"],
        ["Ses02M_impro08b_F012", "angry", "2F", "female", "2"],
    ]
    assert listing.refused == []
    assert listing.notes == [
        "1 utterances without agreement of the annotators (xxx) left out",
        "1 utterances with another emotion (oth) left out",
        "there are no recordings: transcripts and labels only",
    ]


def test_transcripts_are_read(tmp_path):
    texts = {
        "Ses01F_impro01_F000": "Well, [laughs]: no.  ",
        "Ses01F_impro01_M000": "",
        "Ses02M_impro08b_F012": "It\u2019s caf\u00e9.",
    }
    listing = load_corpus("iemocap", iemocap(tmp_path, LABELS, texts))
    assert listing.utterances["text"].tolist() == [
        "Well, [laughs]: no.",
        "",
        "",
        "It\u2019s caf\u00e9.",
    ]
    assert listing.notes[2] == "2 utterances without a transcript: their text is empty"


def test_transcripts_in_cp1252_are_read(tmp_path):
    iemocap(tmp_path, {"Ses01F_impro01_F000": "neu", "Ses01F_impro01_F001": "sad"})
    path = tmp_path / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    path.write_bytes(b"Ses01F_impro01_F000 [006.2901-008.2357]: It\x92s caf\xe9.\r\n")
    assert load_corpus("iemocap", tmp_path).utterances["text"].tolist() == [
        "It\u2019s caf\u00e9.",
        "",
    ]


def test_other_files_are_ignored(tmp_path):
    root = iemocap(tmp_path / "IEMOCAP_full_release", LABELS)
    label = "[1.0 - 2.0]\t{}\t{}\t[1, 1, 1]\n"
    evaluation = root / "Session1/dialog/EmoEvaluation"
    for name in (
        "Categorical/Ses01F_impro01_e2_cat.txt",
        "Self-evaluation/x.txt",
        "Attribute/deep/x.txt",
        "._Ses01F_impro01.txt",
        "notes.md",
    ):
        write(evaluation / name, label.format("Ses01F_impro01_F099", "sad"))
    (evaluation / "folder.txt").mkdir()
    hidden = root / "__MACOSX/Session1/dialog/EmoEvaluation/a.txt"
    write(hidden, label.format("Ses01F_impro01_F098", "sad"))
    write(root / "Documentation/readme.txt")
    write(root / "Session1/dialog/avi/Ses01F_impro01.avi")
    other_names = ("Ses01F_impro01_FXX0", "Ses01F_impro01", "Ses01F_impro01_F000")
    write(
        evaluation / "other_names.txt", "".join(label.format(name, "neu") for name in other_names)
    )
    listing = load_corpus("iemocap", root)
    assert len(listing.utterances) == 4
    assert listing.notes[2:4] == [
        "2 labels that do not belong to an utterance left out",
        "1 duplicates of a label left out",
    ]
    # The folder above, and a single session, can be given too.
    assert rows(load_corpus("iemocap", tmp_path)) == rows(listing)
    assert len(load_corpus("iemocap", root / "Session2").utterances) == 1


def test_rejects_contradictory_and_unknown_labels(tmp_path):
    iemocap(tmp_path, {**LABELS, "Ses03F_impro01_F000": "huh"})
    write(
        tmp_path / "Session1/dialog/EmoEvaluation/z.txt",
        "[1 - 2]\tSes01F_impro01_F000\tsad\t[1, 1, 1]\n",
    )
    listing = load_corpus("iemocap", tmp_path)
    assert "Ses01F_impro01_F000" not in set(listing.utterances["utterance"])
    (contradictory, unknown) = listing.refused
    assert contradictory == (
        "Session1/dialog/EmoEvaluation/z.txt",
        "Ses01F_impro01_F000 is labelled both neu and sad",
    )
    assert unknown[0] == "Session3/dialog/EmoEvaluation/Ses03F_impro01.txt"
    assert unknown[1].startswith("Ses03F_impro01_F000: unknown emotion 'huh'")


def test_rejects_utterances_without_recording_if_others_have_one(tmp_path):
    iemocap(tmp_path, LABELS)
    recorded = [name for name in LABELS if name != "Ses02M_impro08b_F012"]
    for name in recorded:
        iemocap_wav(tmp_path, name).write_bytes(b"x")
        iemocap_wav(tmp_path, name).with_name(f"._{name}.wav").write_bytes(b"x")
    iemocap_wav(tmp_path, recorded[0]).with_suffix(".mp3").write_bytes(b"x")
    listing = load_corpus("iemocap", tmp_path)
    assert [file.rpartition("/")[2] for file in listing.utterances["file"]] == [
        "Ses01F_impro01_F000.wav",
        "Ses01F_impro01_M000.wav",
        "Ses01M_script01_1_F001.wav",
    ]
    assert listing.refused == [("Ses02M_impro08b_F012.wav", "there is no such recording")]
    assert not any("no recordings" in note for note in listing.notes)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "no file like Session1/dialog/EmoEvaluation.* the folder is empty"),
        ({"Ses01F_impro01_F000": "xxx"}, "no usable utterance .* all labels are xxx"),
        ({"Ses01F_impro01_F000": "huh"}, "no usable utterance .* unknown emotion 'huh'"),
    ],
)
def test_rejects_corpus_without_usable_label(tmp_path, labels, message):
    with pytest.raises(UsageError, match=message):
        load_corpus("iemocap", iemocap(tmp_path, labels))


def test_rejects_recordings_without_labels(tmp_path):
    iemocap_wav(tmp_path, "Ses01F_impro01_F000").write_bytes(b"x")
    with pytest.raises(UsageError, match="these look like iemocap"):
        load_corpus("tess", tmp_path)
    with pytest.raises(UsageError, match="1 audio files with other names"):
        load_corpus("iemocap", tmp_path)


def real_size_corpus(root):
    """Write the numbers of labels of the real corpus, distributed over its ten speakers."""
    names = (
        f"Ses{session:02}F_impro{dialogue:02}_{sex}{number:03}"
        for number in range(250)
        for dialogue in range(1, 6)
        for session in range(1, 6)
        for sex in "FM"
    )
    every = (label for label, count in COUNTS.items() for _ in range(count))
    return iemocap(root, dict(zip(names, every, strict=False)))


def test_four_classes_have_the_published_sizes(tmp_path):
    assert sum(COUNTS.values()) == 10039
    listing = load_corpus("iemocap", real_size_corpus(tmp_path))
    table = listing.utterances
    assert len(table) + 2507 + 3 == 10039
    assert [note.split()[0] for note in listing.notes[:2]] == ["2507", "3"]
    assert (table["file"] == "").all()
    assert table["speaker"].nunique() == 10
    four, notes = apply_label_set(table, "4")
    assert len(four) == 5531
    assert four["emotion"].value_counts().to_dict() == {
        "angry": 1103,
        "happy": 1636,
        "sad": 1084,
        "neutral": 1708,
    }
    assert notes == [
        "label set 4: 1041 excited count as happy",
        "label set 4: 1998 utterances left out (disgusted 2, fearful 40, frustrated 1849, "
        "surprised 107)",
    ]


def test_split_by_session(tmp_path):
    choice = CorpusChoice("iemocap", str(real_size_corpus(tmp_path / "corpus")))
    with Pool(1) as pool:
        ingested = ingest(choice, None, Cache(tmp_path / "cache"), pool, labels="4")
    assert not ingested.has_audio
    assert (len(ingested.utterances), ingested.speakers) == (5531, 10)
    assert ingested.emotions == ["angry", "happy", "neutral", "sad"]
    folds = split("session", ingested.utterances, 0)
    table = ingested.utterances
    assert len(folds) == 5
    for fold in folds:
        assert table["session"].iloc[fold.test].nunique() == 1
        speakers = [
            table["speaker"].iloc[part].nunique() for part in (fold.train, fold.dev, fold.test)
        ]
        assert speakers == [7, 1, 2]


def test_real_speech_in_the_layout_is_ingested(shared_corpora, tmp_path):
    speech = load_corpus("emodb", shared_corpora / "emodb").utterances
    codes = {"angry": "ang", "happy": "hap", "sad": "sad", "neutral": "neu", "fearful": "fea"}
    labels, source = {}, {}
    for number, row in enumerate(speech[speech["speaker"].isin(["03", "08"])].itertuples()):
        name = f"Ses0{1 + number % 5}F_impro01_{'M' if row.sex == 'male' else 'F'}{number:03}"
        if row.emotion in codes:
            labels[name], source[name] = codes[row.emotion], row.file
    root = iemocap(tmp_path / "IEMOCAP_full_release", labels)
    for name, file in source.items():
        shutil.copyfile(file, iemocap_wav(root, name).with_suffix(".flac"))
    choice, cache = CorpusChoice("iemocap", str(root)), Cache(tmp_path / "cache")
    with Pool(1) as pool:
        ingested = ingest(choice, 40, cache, pool, labels="4")
    assert ingested.has_audio
    assert ingested.refused == []
    assert len(ingested.utterances) == 40
    assert ingested.utterances["duration_s"].between(0.9, 9).all()
    assert set(ingested.utterances["session"]) == set("12345")
    assert "fearful" not in ingested.emotions
