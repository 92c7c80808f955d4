"""Text for a terminal: worst first, 80 columns, commands whole, nothing left out unsaid."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from check_factory import (
    CELLS,
    COMMAND,
    cell,
    every_verdict,
    guard,
    incomparable,
    odd_checks,
    passing,
    unmeasured,
)
from hypothesis import given, settings

from aser_bench.baseline.formats import FORMATS, format_text, wants_color
from aser_bench.baseline.options import DIFFERENCES, CheckOptions
from aser_bench.baseline.verdicts import CheckResult, verdict_label
from aser_bench.report.terminal import display_width

pytestmark = pytest.mark.usefixtures("named_folders")


def check(*cells, guards=(), **options):
    return CheckResult("results/new", "baselines/demo", CheckOptions(**options), cells, guards)


def uncolored(told):
    return re.sub(r"\x1b\[\d+m", "", told)


def commands_out(told):
    return [line for line in told.splitlines() if not line.startswith("    aser-bench ")]


@pytest.mark.parametrize("width", [60, 80, 100, 132])
def test_only_commands_are_wider_than_asked(width):
    told = format_text(every_verdict(), width=width)
    assert max(map(display_width, commands_out(told))) <= width
    assert told.count(f"\n    {COMMAND}\n") == 2


def test_the_first_and_the_last_part_say_the_whole():
    found = every_verdict()
    parts = format_text(found, width=200).strip().split("\n\n")
    assert parts[0] == f"{found.sentence} (results/new against baselines/demo)"
    assert parts[-1].splitlines()[0] == found.sentence
    assert "machine" in parts[1]


def test_rows_come_in_the_order_given_with_numbers_and_reason():
    lines = format_text(every_verdict()).splitlines()
    rows = [line.split() for line in lines if line.split()[:1] and line[0].isalpha()]
    verdicts = [row[0] for row in rows if row[0] in {verdict_label(one.verdict) for one in CELLS}]
    assert verdicts[:6] == ["worse", "missing", "changed", "inconclusive", "new", "better"]
    at = next(place for place, line in enumerate(lines) if line.startswith("worse"))
    assert " ".join(lines[at].split()) == "worse svm mp3-8k .543 .509 -3.4 [-6.1, -2.1]"
    assert lines[at + 1] == "    lost 3.4 points over 20 speakers, more than 2 (p .012)"


def test_what_all_cells_share_is_said_once_and_is_no_column():
    told = format_text(every_verdict(), width=200)
    shared = "corpus demo, features functionals, protocol speaker, trained at original"
    assert f"All cells: {shared}." in told
    head = next(line for line in told.splitlines() if line.startswith("verdict"))
    assert head.split() == ["verdict", "model", "tested", "at", "baseline", "new", "difference"]


def test_a_cell_that_is_not_listed_counts_for_what_all_share():
    told = format_text(check(cell("worse"), cell("same", corpus="emodb")), width=200)
    assert "corpus demo," not in told
    assert re.search(r"^verdict +corpus ", told, re.MULTILINE)


def test_pairs_of_conditions_are_one_column():
    told = format_text(check(cell("worse"), cell("worse", "gsm", train="gsm")))
    assert "trained at -> tested at" in told
    assert "gsm -> gsm" in told


def test_names_that_do_not_fit_stand_whole_below():
    cells = [
        cell(
            "worse",
            f"mp3:64+gsm-{n}",
            train=f"opus:application=voip-{n}",
            model=f"model-{n}",
            corpus=f"a-corpus-with-a-long-name-{n}",
        )
        for n in range(3)
    ]
    told = format_text(check(*cells))
    assert max(map(display_width, commands_out(told))) <= 80
    below = "a-corpus-with-a-long-name-2, model-2, opus:application=voip-2 -> mp3:64+gsm-2"
    assert below in " ".join(told.split())
    assert "corpus, model, trained at -> tested at" in told


def test_the_same_are_counted_and_the_largest_loss_is_named():
    cells = [
        cell("same", "mp3-64k", difference=-0.002, low=-0.004, high=0.001),
        cell("same", "mp3-32k", difference=-0.014, low=-0.019, high=-0.009),
        cell("same", "gsm", difference=float("nan")),
    ]
    told = " ".join(format_text(check(*cells)).split())
    assert "3 the same; the largest loss among them: -1.4 [-1.9, -0.9] points in demo" in told
    assert "original -> mp3-32k" in told
    assert "mp3-64k" not in told
    gained = replace(cells[0], difference=0.01)
    assert "1 the same; none of them lost." in format_text(check(gained))


@pytest.mark.parametrize("least", [0.0, -0.0004])
def test_a_loss_that_is_told_as_zero_is_none(least):
    told = format_text(check(cell("same", difference=least), cell("same", "gsm", difference=0.01)))
    assert "2 the same; none of them lost." in told
    assert "largest loss" not in told


def within(test, difference=-0.01, low=-0.04, high=0.02, **changes):
    return cell("undecided", test, difference=difference, low=low, high=high, **changes)


def test_what_is_undecided_within_the_margin_is_counted():
    told = " ".join(
        format_text(
            check(
                cell("worse"),
                within("mp3-64k"),
                within("mp3-32k", -0.019, -0.041, 0.003),
                within("gsm"),
                within("g722", -0.021),
                within("g726", 0.03),
                within("amr", float("nan")),
            )
        ).split()
    )
    assert (
        "3 inconclusive within the margin; the largest loss among them: -1.9 [-4.1, 0.3] points in "
        "demo / functionals / svm / speaker: original -> mp3-32k; the widest interval: -1.0 "
        "[-4.0, 2.0] points in demo / functionals / svm / speaker: original -> mp3-64k"
    ) in told
    assert [word for word in ("g722", "g726", "amr", "gsm") if f"inconclusive {word} " in told] == [
        "g722",
        "g726",
        "amr",
    ]


def test_the_widest_interval_is_told_once_and_only_where_there_is_one():
    told = format_text(check(within("gsm"), within("g722", 0.01, -0.021, 0.03)), width=400)
    assert "\n2 inconclusive within the margin; the largest loss among them: -1.0" in told
    assert "widest" not in told
    nan = float("nan")
    told = format_text(
        check(within("gsm", 0.01, nan, nan), within("g722", 0.0, -0.03, 0.03)), width=400
    )
    assert "within the margin; none of them lost; the widest interval: 0.0 [-3.0, 3.0]" in told
    told = format_text(check(within("gsm", 0.01, nan, nan)), width=400)
    assert "\n1 inconclusive within the margin; none of them lost\n" in told


def test_a_difference_that_is_the_margin_but_for_rounding_is_within_it():
    told = format_text(check(within("gsm", 0.48 - 0.5)))
    assert "1 inconclusive within the margin" in told


def test_what_is_undecided_is_listed_where_it_fails():
    told = format_text(check(within("mp3-64k"), within("gsm"), strict=True))
    assert told.count("\ninconclusive ") == 2
    assert "within the margin;" not in told


def test_more_than_ten_new_are_counted():
    found = check(*(unmeasured("new", f"opus-{n}k", "not there") for n in range(23)))
    told = format_text(found)
    assert told.count("\nnew ") == 10
    assert "13 more new; --format json lists all." in told


def test_what_is_cut_is_counted_by_verdict():
    cells = [cell("worse", f"mp3-{n}k") for n in range(52)]
    cells += [cell("undecided", f"gsm-{n}k", difference=-0.03) for n in range(7)]
    guards = [guard("worse", what=f"mp3-{n}k") for n in range(54)]
    told = format_text(check(*cells, guards=tuple(guards)))
    assert "9 more not listed here (2 worse, 7 inconclusive); --format json lists all." in told
    assert "4 more not listed here (4 worse); --format json lists all." in told
    assert told.count("\nworse ") == 100


def test_commands_stand_below_what_fails_and_only_there():
    found = [cell("worse"), cell("undecided", "gsm"), cell("better", "g722")]
    assert format_text(check(*found)).count(COMMAND) == 1
    assert format_text(check(*found, strict=True)).count(COMMAND) == 2


def test_a_long_command_is_not_broken():
    command = "aser-bench run --out '" + "a folder/" * 40 + "'"
    assert f"\n    {command}\n" in format_text(check(cell(command=command)))


def test_guards_that_moved_name_what_decides_and_the_rest_is_counted():
    told = format_text(every_verdict())
    assert "codec: demo mp3-8k: delay, 1105 samples -> 1129 samples" in told
    assert "moved by 24 samples (--max-lag-shift 1)" in told
    assert "(--max-cpu-ratio off)" in told
    assert "2 guards pass" in told
    assert "utterances" not in told
    assert "(--max-lag-shift 3)" in format_text(every_verdict(tolerances={"max-lag-shift": 3.0}))


def test_a_check_that_fails_says_how_to_accept_it(named_folders):
    (named_folders / "results" / "my run").mkdir()
    (named_folders / "results" / "my run" / "manifest.json").touch()
    found = replace(every_verdict(), new="results/my run")
    last = format_text(found).rstrip().splitlines()[-1]
    assert last == "    aser-bench baseline update 'results/my run' baselines/demo"
    assert "baseline update" not in format_text(passing())
    assert "baseline update" in format_text(
        replace(every_verdict(), baseline="baselines/not there yet")
    )


@pytest.mark.parametrize(
    ("new", "baseline"),
    [
        ("results/new/drift.csv", "baselines/demo"),
        ("baselines", "baselines/demo"),
        ("results/nowhere", "baselines/demo"),
        ("results/new", "results/new"),
        ("results/new", "results/new/drift.csv"),
        ("results/new", "baselines"),
        ("results/new", "baselines/both"),
        ("results/new", "x" * 300),
        ("results/new", "a\0b"),
        ("results/new", "-x"),
    ],
)
@pytest.mark.parametrize("form", ["text", "markdown", "github", "junit"])
def test_no_update_is_advised_that_would_be_refused(named_folders, new, baseline, form):
    (named_folders / "baselines" / "both").mkdir(exist_ok=True)
    for name in ("cells.csv", "drift.csv"):
        (named_folders / "baselines" / "both" / name).touch()
    for found in (every_verdict(), incomparable("the encoder"), incomparable()):
        told = FORMATS[form](replace(found, new=new, baseline=baseline))
        assert "baseline update" not in told
        assert "as the baseline" not in told
        assert "```sh\n\n```" not in told
        if found.exit_code == 5 and form != "junit":
            assert "No cell could be compared" in told


def test_what_is_changed_names_what_would_compare_it_once():
    changed = unmeasured("changed", "gsm", "another encoder", differs=("the encoder",))
    said = "--allow NAME compares in spite of the changes (corpus, settings, components,"
    for rows in [(changed, changed), (cell("worse"), changed)]:
        told = " ".join(
            format_text(check(cell("same"), *rows, allow=("encoder", "packages"))).split()
        )
        assert told.count(said) == 1
        assert "packages" not in told
    moved = format_text(replace(passing(), guards=(guard("changed"),)))
    assert moved.count("--allow NAME") == 1
    assert FORMATS["markdown"](check(cell("same"), changed)).count("--allow NAME") == 1


def test_what_cannot_be_allowed_names_nothing():
    untested = unmeasured("changed", "gsm", "not one utterance was tested on both sides")
    assert "--allow" not in format_text(check(cell("same"), untested))
    changed = replace(untested, differs=("the encoder",))
    every = check(cell("same"), changed, allow=tuple(DIFFERENCES))
    assert "--allow" not in format_text(every)
    assert format_text(incomparable("the encoder")).count("--allow NAME") == 1


def test_nothing_comparable_names_what_stood_in_the_way():
    told = format_text(incomparable("the encoder", "the recordings", allow=("packages",)))
    end = told[told.rindex("NOTHING COMPARABLE") :]
    assert end.count("  - the encoder\n") == 1
    assert end.count("  - the recordings\n") == 1
    assert "--allow NAME" in end
    assert "encoder, settings" in end
    assert "packages" not in end
    assert "aser-bench baseline update results/new baselines/demo" in end


def test_nothing_comparable_without_a_difference_allows_nothing():
    told = format_text(check(unmeasured("new", "gsm", "not there")))
    assert "No cell could be compared" in told
    assert "--allow" not in told


def test_obstacles_are_counted_where_there_are_many():
    told = format_text(incomparable(*(f"package {n}" for n in range(33))))
    assert told.count("  - package") == 20
    assert "  - 13 more; --format json lists all" in told


def test_no_cells_at_all_can_be_told():
    told = format_text(check())
    assert told.startswith("NOTHING COMPARABLE: no cells")
    assert "verdict" not in told


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("worse", 31),
        ("missing", 31),
        ("changed", 33),
        ("inconclusive", 33),
        ("better", 32),
        ("new", 36),
    ],
)
def test_colours_change_no_column(verdict, code):
    told = format_text(every_verdict(), color=True)
    assert f"\n\x1b[{code}m{verdict}\x1b[0m " in told
    assert uncolored(told) == format_text(every_verdict())
    assert "\x1b" not in format_text(every_verdict())


def test_what_is_the_same_is_dim_and_the_sentence_has_the_colour_of_the_end():
    told = format_text(every_verdict(), color=True)
    assert "\x1b[2m2 the same;" in told
    assert "\x1b[2m2 guards pass\x1b[0m" in told
    assert told.startswith("\x1b[31mFAILED\x1b[0m: 1 worse")
    assert format_text(passing(), color=True).startswith("\x1b[32mpassed\x1b[0m:")


def test_names_cannot_command_a_terminal_or_a_log():
    nasty = "\x1b[31mred\x9b2J\u202eevil\nx"
    found = check(
        cell("worse", nasty, corpus=nasty, reason="::error::a ##[error]b", command=nasty),
        cell("same", nasty, difference=-0.01),
        guards=(guard(what=nasty, reason=nasty),),
    )
    found = replace(found, new=nasty, baseline="::error::b", notes=("::warning::c", nasty))
    told = format_text(found)
    assert all(char.isprintable() or char == "\n" for char in told)
    assert not re.search(r"(?m)^\s*::", told)
    assert "##[" not in told
    assert "\ufffd[31mred" in told


def test_a_broken_word_starts_no_line_with_a_command():
    told = format_text(check(cell("worse", reason="a" * 76 + "::error::b")))
    assert not re.search(r"(?m)^\s*::", told)


@settings(deadline=None)
@given(odd_checks)
def test_any_names_are_told_in_the_width(found):
    told = format_text(found)
    assert all(char.isprintable() or char in "\n\u00a0\u3000" or char.isspace() for char in told)
    told.encode("utf-8")
    commands = {one.command for one in found.cells}
    if commands <= {""}:
        assert max(map(display_width, commands_out(told))) <= 80


class Stream(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.mark.parametrize(
    ("tty", "environment", "wanted"),
    [
        (True, {}, True),
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_and_for_who_asks(tty, environment, wanted):
    assert wants_color(Stream(tty), environment) is wanted


def test_the_environment_of_the_process_is_read(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_color(Stream(False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Stream(True))
