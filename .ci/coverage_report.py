"""Print line and branch coverage of a coverage.json; fail below the required line coverage."""

from __future__ import annotations

import json
import sys
from pathlib import Path

REQUIRED_PERCENT = 95.0


def percent(covered: int, total: int) -> float:
    """Return a share in per cent; of nothing, all is covered."""
    return 100 * covered / total if total else 100.0


def main(path: str) -> int:
    """Print the totals and the files with the most missing lines; return the exit code."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    totals = report["totals"]
    lines = percent(totals["covered_lines"], totals["num_statements"])
    branches = percent(totals["covered_branches"], totals["num_branches"])
    files = sorted(report["files"].items(), key=lambda item: -item[1]["summary"]["missing_lines"])
    print("files with the most missing lines:")
    for name, file in files[:15]:
        summary = file["summary"]
        share = percent(summary["covered_lines"], summary["num_statements"])
        print(f"  {summary['missing_lines']:4} missing, {share:5.1f} % covered  {name}")
    print(f"coverage: {lines:.1f} % of lines, {branches:.1f} % of branches")
    if lines < REQUIRED_PERCENT:
        print(f"line coverage is below the required {REQUIRED_PERCENT:g} %", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
