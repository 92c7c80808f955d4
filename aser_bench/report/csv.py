"""Tables as CSV: plain numbers, one column each."""

from __future__ import annotations

import csv
import io
import math

from .base import Plain, Table


def render(table: Table) -> str:
    """Return the records of a table as CSV text.

    The first columns identify the row (corpus, features, protocol ...). In the tables of a metric
    and of training x test conditions they are followed by ``effective_kbps``, ``codec_rate_hz``
    and ``note`` and, for each cell, ``_n_folds``, ``_n_runs`` and ``_n_failed``. Then follow, for
    example ``svm_matched_uar``: the value over the test utterances of all folds, mean over runs,
    which is compared everywhere; ``_low`` and ``_high``: its interval; ``_mean_folds`` and
    ``_sd_folds``: mean and standard deviation over folds; ``_sd_runs``: standard deviation over
    runs; with statistical tests also ``_p_holm`` and ``_significant``. Without predictions the
    value is empty. All other tables have the columns of the table of `aser_bench.core.findings`
    that they show. Numbers are fractions with six decimals, even if other formats show percentage
    points; bitrates and frequencies are in kbit/s and Hz. Undefined values are empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.records[0])
    for record in table.records:
        writer.writerow(_plain(name, value) for name, value in record.items())
    return out.getvalue()


def _plain(name: str, value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return ""
    return f"{value:.10g}" if name.endswith(("_kbps", "_hz")) else f"{value:.6f}"
