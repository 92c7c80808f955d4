"""Text output: the worst first, at most 80 columns, unbroken commands, counts of cut rows."""

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


def uncolored(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def commands_out(text):
    return [line for line in text.splitlines() if not line.startswith("    aser-bench ")]


@pytest.mark.parametrize("width", [60, 80, 100, 132])
def test_only_commands_exceed_the_width(width):
    text = format_text(every_verdict(), width=width)
    assert max(map(display_width, commands_out(text))) <= width
    assert text.count(f"\n    {COMMAND}\n") == 2


def test_the_first_and_the_last_part_have_the_outcome():
    result = every_verdict()
    parts = format_text(result, width=200).strip().split("\n\n")
    assert parts[0] == f"{result.sentence} (results/new against baselines/demo)"
    assert parts[-1].splitlines()[0] == result.sentence
    assert "machine" in parts[1]


def test_rows_have_numbers_and_reasons_in_the_given_order():
    lines = format_text(every_verdict()).splitlines()
    rows = [line.split() for line in lines if line.split()[:1] and line[0].isalpha()]
    verdicts = [row[0] for row in rows if row[0] in {verdict_label(one.verdict) for one in CELLS}]
    assert verdicts[:6] == ["worse", "missing", "changed", "inconclusive", "new", "better"]
    at = next(place for place, line in enumerate(lines) if line.startswith("worse"))
    assert " ".join(lines[at].split()) == "worse svm mp3-8k .543 .509 -3.4 [-6.1, -2.1]"
    assert lines[at + 1] == "    lost 3.4 points over 20 speakers, more than 2 (p .012)"


def test_shared_names_are_listed_once_and_have_no_column():
    text = format_text(every_verdict(), width=200)
    shared = "corpus demo, features functionals, protocol speaker, trained at original"
    assert f"All cells: {shared}." in text
    head = next(line for line in text.splitlines() if line.startswith("verdict"))
    assert head.split() == ["verdict", "model", "tested", "at", "baseline", "new", "difference"]


def test_unlisted_cells_count_for_shared_names():
    text = format_text(check(cell("worse"), cell("same", corpus="emodb")), width=200)
    assert "corpus demo," not in text
    assert re.search(r"^verdict +corpus ", text, re.MULTILINE)


def test_pairs_of_conditions_are_one_column():
    text = format_text(check(cell("worse"), cell("worse", "gsm", train="gsm")))
    assert "trained at -> tested at" in text
    assert "gsm -> gsm" in text


def test_names_that_do_not_fit_are_printed_below():
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
    text = format_text(check(*cells))
    assert max(map(display_width, commands_out(text))) <= 80
    below = "a-corpus-with-a-long-name-2, model-2, opus:application=voip-2 -> mp3:64+gsm-2"
    assert below in " ".join(text.split())
    assert "corpus, model, trained at -> tested at" in text


def test_same_cells_are_counted_with_their_largest_loss():
    cells = [
        cell("same", "mp3-64k", difference=-0.002, low=-0.004, high=0.001),
        cell("same", "mp3-32k", difference=-0.014, low=-0.019, high=-0.009),
        cell("same", "gsm", difference=float("nan")),
    ]
    text = " ".join(format_text(check(*cells)).split())
    assert "3 the same; the largest loss among them: -1.4 [-1.9, -0.9] points in demo" in text
    assert "original -> mp3-32k" in text
    assert "mp3-64k" not in text
    gained = replace(cells[0], difference=0.01)
    assert "1 the same; none of them lost." in format_text(check(gained))


@pytest.mark.parametrize("least", [0.0, -0.0004])
def test_a_loss_that_rounds_to_zero_is_not_named(least):
    text = format_text(check(cell("same", difference=least), cell("same", "gsm", difference=0.01)))
    assert "2 the same; none of them lost." in text
    assert "largest loss" not in text


def within(test, difference=-0.01, low=-0.04, high=0.02, **changes):
    return cell("undecided", test, difference=difference, low=low, high=high, **changes)


def test_inconclusive_within_the_margin_is_counted():
    text = " ".join(
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
    ) in text
    assert [word for word in ("g722", "g726", "amr", "gsm") if f"inconclusive {word} " in text] == [
        "g722",
        "g726",
        "amr",
    ]


def test_the_widest_interval_is_named_once():
    text = format_text(check(within("gsm"), within("g722", 0.01, -0.021, 0.03)), width=400)
    assert "\n2 inconclusive within the margin; the largest loss among them: -1.0" in text
    assert "widest" not in text
    nan = float("nan")
    text = format_text(
        check(within("gsm", 0.01, nan, nan), within("g722", 0.0, -0.03, 0.03)), width=400
    )
    assert "within the margin; none of them lost; the widest interval: 0.0 [-3.0, 3.0]" in text
    text = format_text(check(within("gsm", 0.01, nan, nan)), width=400)
    assert "\n1 inconclusive within the margin; none of them lost\n" in text


def test_a_difference_equal_to_the_margin_is_within_it():
    text = format_text(check(within("gsm", 0.48 - 0.5)))
    assert "1 inconclusive within the margin" in text


def test_inconclusive_is_listed_if_it_fails():
    text = format_text(check(within("mp3-64k"), within("gsm"), strict=True))
    assert text.count("\ninconclusive ") == 2
    assert "within the margin;" not in text


def test_more_than_ten_new_cells_are_counted():
    result = check(*(unmeasured("new", f"opus-{n}k", "not there") for n in range(23)))
    text = format_text(result)
    assert text.count("\nnew ") == 10
    assert "13 more new; --format json lists all." in text


def test_cut_rows_are_counted_by_verdict():
    cells = [cell("worse", f"mp3-{n}k") for n in range(52)]
    cells += [cell("undecided", f"gsm-{n}k", difference=-0.03) for n in range(7)]
    guards = [guard("worse", what=f"mp3-{n}k") for n in range(54)]
    text = format_text(check(*cells, guards=tuple(guards)))
    assert "9 more not listed here (2 worse, 7 inconclusive); --format json lists all." in text
    assert "4 more not listed here (4 worse); --format json lists all." in text
    assert text.count("\nworse ") == 100


def test_commands_follow_failing_cells_only():
    result = [cell("worse"), cell("undecided", "gsm"), cell("better", "g722")]
    assert format_text(check(*result)).count(COMMAND) == 1
    assert format_text(check(*result, strict=True)).count(COMMAND) == 2


def test_a_long_command_is_not_broken():
    command = "aser-bench run --out '" + "a folder/" * 40 + "'"
    assert f"\n    {command}\n" in format_text(check(cell(command=command)))


def test_guards_are_listed_with_their_flag_or_counted():
    text = format_text(every_verdict())
    assert "codec: demo mp3-8k: delay, 1105 samples -> 1129 samples" in text
    assert "moved by 24 samples (--max-lag-shift 1)" in text
    assert "(--max-cpu-ratio off)" in text
    assert "2 guards pass" in text
    assert "utterances" not in text
    assert "(--max-lag-shift 3)" in format_text(every_verdict(tolerances={"max-lag-shift": 3.0}))


def test_a_failing_check_has_the_update_command(named_folders):
    (named_folders / "results" / "my run").mkdir()
    (named_folders / "results" / "my run" / "manifest.json").touch()
    result = replace(every_verdict(), new="results/my run")
    last = format_text(result).rstrip().splitlines()[-1]
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
def test_an_update_that_would_be_refused_is_not_advised(named_folders, new, baseline, form):
    (named_folders / "baselines" / "both").mkdir(exist_ok=True)
    for name in ("cells.csv", "drift.csv"):
        (named_folders / "baselines" / "both" / name).touch()
    for result in (every_verdict(), incomparable("the encoder"), incomparable()):
        text = FORMATS[form](replace(result, new=new, baseline=baseline))
        assert "baseline update" not in text
        assert "as the baseline" not in text
        assert "```sh\n\n```" not in text
        if result.exit_code == 5 and form != "junit":
            assert "No cell could be compared" in text


def test_changed_cells_are_followed_by_allow_once():
    changed = unmeasured("changed", "gsm", "another encoder", differs=("the encoder",))
    message = "--allow NAME compares in spite of the changes (corpus, settings, components,"
    for rows in [(changed, changed), (cell("worse"), changed)]:
        text = " ".join(
            format_text(check(cell("same"), *rows, allow=("encoder", "packages"))).split()
        )
        assert text.count(message) == 1
        assert "packages" not in text
    moved = format_text(replace(passing(), guards=(guard("changed"),)))
    assert moved.count("--allow NAME") == 1
    assert FORMATS["markdown"](check(cell("same"), changed)).count("--allow NAME") == 1


def test_allow_is_not_advised_without_effect():
    untested = unmeasured("changed", "gsm", "not one utterance was tested on both sides")
    assert "--allow" not in format_text(check(cell("same"), untested))
    changed = replace(untested, differs=("the encoder",))
    every = check(cell("same"), changed, allow=tuple(DIFFERENCES))
    assert "--allow" not in format_text(every)
    assert format_text(incomparable("the encoder")).count("--allow NAME") == 1


def test_nothing_comparable_lists_the_obstacles():
    text = format_text(incomparable("the encoder", "the recordings", allow=("packages",)))
    end = text[text.rindex("NOTHING COMPARABLE") :]
    assert end.count("  - the encoder\n") == 1
    assert end.count("  - the recordings\n") == 1
    assert "--allow NAME" in end
    assert "encoder, settings" in end
    assert "packages" not in end
    assert "aser-bench baseline update results/new baselines/demo" in end


def test_nothing_comparable_without_a_difference_allows_nothing():
    text = format_text(check(unmeasured("new", "gsm", "not there")))
    assert "No cell could be compared" in text
    assert "--allow" not in text


def test_many_obstacles_are_counted():
    text = format_text(incomparable(*(f"package {n}" for n in range(33))))
    assert text.count("  - package") == 20
    assert "  - 13 more; --format json lists all" in text


def test_a_check_without_cells_is_formatted():
    text = format_text(check())
    assert text.startswith("NOTHING COMPARABLE: no cells")
    assert "verdict" not in text


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
def test_colors_change_no_column(verdict, code):
    text = format_text(every_verdict(), color=True)
    assert f"\n\x1b[{code}m{verdict}\x1b[0m " in text
    assert uncolored(text) == format_text(every_verdict())
    assert "\x1b" not in format_text(every_verdict())


def test_same_is_dim_and_the_outcome_has_its_color():
    text = format_text(every_verdict(), color=True)
    assert "\x1b[2m2 the same;" in text
    assert "\x1b[2m2 guards pass\x1b[0m" in text
    assert text.startswith("\x1b[31mFAILED\x1b[0m: 1 worse")
    assert format_text(passing(), color=True).startswith("\x1b[32mpassed\x1b[0m:")


def test_control_codes_and_log_commands_are_not_printed():
    nasty = "\x1b[31mred\x9b2J\u202eevil\nx"
    result = check(
        cell("worse", nasty, corpus=nasty, reason="::error::a ##[error]b", command=nasty),
        cell("same", nasty, difference=-0.01),
        guards=(guard(what=nasty, reason=nasty),),
    )
    result = replace(result, new=nasty, baseline="::error::b", notes=("::warning::c", nasty))
    text = format_text(result)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert not re.search(r"(?m)^\s*::", text)
    assert "##[" not in text
    assert "\ufffd[31mred" in text


def test_line_breaks_create_no_log_command():
    text = format_text(check(cell("worse", reason="a" * 76 + "::error::b")))
    assert not re.search(r"(?m)^\s*::", text)


@settings(deadline=None)
@given(odd_checks)
def test_any_names_fit_the_width(result):
    text = format_text(result)
    assert all(char.isprintable() or char in "\n\u00a0\u3000" or char.isspace() for char in text)
    text.encode("utf-8")
    commands = {one.command for one in result.cells}
    if commands <= {""}:
        assert max(map(display_width, commands_out(text))) <= 80


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
def test_colors_are_for_terminals_unless_variables_decide(tty, environment, wanted):
    assert wants_color(Stream(tty), environment) is wanted


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_color(Stream(False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Stream(True))
