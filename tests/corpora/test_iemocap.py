"""IEMOCAP as it is distributed: labels, transcripts and recordings in three places."""

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
"""How often each label stands in the real corpus."""


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(found):
    columns = ["utterance", "emotion", "speaker", "sex", "session"]
    return found.utterances[columns].to_numpy().tolist()


def test_labels_speakers_and_sessions(tmp_path):
    found = load_corpus("iemocap", iemocap(tmp_path, LABELS))
    assert rows(found) == [
        ["Ses01F_impro01_F000", "neutral", "1F", "female", "1"],
        ["Ses01F_impro01_M000", "excited", "1M", "male", "1"],
        ["Ses01M_script01_1_F001", "frustrated", "1F", "female", "1"],
        ["Ses02M_impro08b_F012", "angry", "2F", "female", "2"],
    ]
    assert found.refused == []
    assert found.notes == [
        "1 utterances left out on whose emotion the annotators did not agree (xxx)",
        "1 utterances left out of some other emotion (oth)",
        "there are no recordings: transcripts and labels alone",
    ]


def test_transcripts(tmp_path):
    texts = {
        "Ses01F_impro01_F000": "Well, [laughs]: no.  ",
        "Ses01F_impro01_M000": "",
        "Ses02M_impro08b_F012": "It\u2019s caf\u00e9.",
    }
    found = load_corpus("iemocap", iemocap(tmp_path, LABELS, texts))
    assert found.utterances["text"].tolist() == [
        "Well, [laughs]: no.",
        "",
        "",
        "It\u2019s caf\u00e9.",
    ]
    assert found.notes[2] == "2 utterances without a transcript: their text is empty"


def test_old_encodings_are_read(tmp_path):
    iemocap(tmp_path, {"Ses01F_impro01_F000": "neu", "Ses01F_impro01_F001": "sad"})
    path = tmp_path / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    path.write_bytes(b"Ses01F_impro01_F000 [006.2901-008.2357]: It\x92s caf\xe9.\r\n")
    assert load_corpus("iemocap", tmp_path).utterances["text"].tolist() == [
        "It\u2019s caf\u00e9.",
        "",
    ]


def test_what_lies_about_is_passed_over(tmp_path):
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
    odd = ("Ses01F_impro01_FXX0", "Ses01F_impro01", "Ses01F_impro01_F000")
    write(evaluation / "odd.txt", "".join(label.format(name, "neu") for name in odd))
    found = load_corpus("iemocap", root)
    assert len(found.utterances) == 4
    assert found.notes[2:4] == [
        "2 labels of something whose name is no utterance's left out",
        "1 second copies of a label left out",
    ]
    # The folder above, and one session alone, are as good.
    assert rows(load_corpus("iemocap", tmp_path)) == rows(found)
    assert len(load_corpus("iemocap", root / "Session2").utterances) == 1


def test_labels_that_cannot_be_used_are_refused_by_name(tmp_path):
    iemocap(tmp_path, {**LABELS, "Ses03F_impro01_F000": "huh"})
    write(
        tmp_path / "Session1/dialog/EmoEvaluation/z.txt",
        "[1 - 2]\tSes01F_impro01_F000\tsad\t[1, 1, 1]\n",
    )
    found = load_corpus("iemocap", tmp_path)
    assert "Ses01F_impro01_F000" not in set(found.utterances["utterance"])
    (torn, unknown) = found.refused
    assert torn == (
        "Session1/dialog/EmoEvaluation/z.txt",
        "Ses01F_impro01_F000 is labelled both neu and sad",
    )
    assert unknown[0] == "Session3/dialog/EmoEvaluation/Ses03F_impro01.txt"
    assert unknown[1].startswith("Ses03F_impro01_F000: unknown emotion 'huh'")


def test_recordings_are_found_and_missed_by_name(tmp_path):
    iemocap(tmp_path, LABELS)
    kept = [name for name in LABELS if name != "Ses02M_impro08b_F012"]
    for name in kept:
        iemocap_wav(tmp_path, name).write_bytes(b"x")
        iemocap_wav(tmp_path, name).with_name(f"._{name}.wav").write_bytes(b"x")
    iemocap_wav(tmp_path, kept[0]).with_suffix(".mp3").write_bytes(b"x")
    found = load_corpus("iemocap", tmp_path)
    assert [file.rpartition("/")[2] for file in found.utterances["file"]] == [
        "Ses01F_impro01_F000.wav",
        "Ses01F_impro01_M000.wav",
        "Ses01M_script01_1_F001.wav",
    ]
    assert found.refused == [("Ses02M_impro08b_F012.wav", "there is no such recording")]
    assert not any("no recordings" in note for note in found.notes)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({}, "no file like Session1/dialog/EmoEvaluation.* the folder is empty"),
        ({"Ses01F_impro01_F000": "xxx"}, "nothing to use .* all labels are xxx"),
        ({"Ses01F_impro01_F000": "huh"}, "nothing to use .* unknown emotion 'huh'"),
    ],
)
def test_nothing_to_use(tmp_path, labels, words):
    with pytest.raises(UsageError, match=words):
        load_corpus("iemocap", iemocap(tmp_path, labels))


def test_recordings_without_labels_are_told(tmp_path):
    iemocap_wav(tmp_path, "Ses01F_impro01_F000").write_bytes(b"x")
    with pytest.raises(UsageError, match="these look like iemocap"):
        load_corpus("tess", tmp_path)
    with pytest.raises(UsageError, match="1 audio files with other names"):
        load_corpus("iemocap", tmp_path)


def whole(root):
    """Write as many labels of each kind as the real corpus has, spread over its ten speakers."""
    names = (
        f"Ses{session:02}F_impro{dialogue:02}_{who}{number:03}"
        for number in range(250)
        for dialogue in range(1, 6)
        for session in range(1, 6)
        for who in "FM"
    )
    every = (label for label, count in COUNTS.items() for _ in range(count))
    return iemocap(root, dict(zip(names, every, strict=False)))


def test_the_four_classes_of_the_real_corpus(tmp_path):
    assert sum(COUNTS.values()) == 10039
    found = load_corpus("iemocap", whole(tmp_path))
    table = found.utterances
    assert len(table) + 2507 + 3 == 10039
    assert [note.split()[0] for note in found.notes[:2]] == ["2507", "3"]
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


def test_ingested_and_split_by_session(tmp_path):
    choice = CorpusChoice("iemocap", str(whole(tmp_path / "corpus")))
    with Pool(1) as pool:
        found = ingest(choice, None, Cache(tmp_path / "cache"), pool, labels="4")
    assert not found.has_audio
    assert (len(found.utterances), found.speakers) == (5531, 10)
    assert found.emotions == ["angry", "happy", "neutral", "sad"]
    folds = split("session", found.utterances, 0)
    table = found.utterances
    assert len(folds) == 5
    for one in folds:
        assert table["session"].iloc[one.test].nunique() == 1
        speakers = [
            table["speaker"].iloc[part].nunique() for part in (one.train, one.dev, one.test)
        ]
        assert speakers == [7, 1, 2]


def test_real_speech_in_its_layout(shared_corpora, tmp_path):
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
        found = ingest(choice, 40, cache, pool, labels="4")
    assert found.has_audio
    assert found.refused == []
    assert len(found.utterances) == 40
    assert found.utterances["duration_s"].between(0.9, 9).all()
    assert set(found.utterances["session"]) == set("12345")
    assert "fearful" not in found.emotions
