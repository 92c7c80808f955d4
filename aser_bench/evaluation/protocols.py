"""Protocols by name: the rules by which utterances train, tune and test.

A protocol is one function that makes splits and one entry in ``PROTOCOLS``, or an entry point of
the group ``aser_bench.protocols`` that leads to a `Protocol`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from ..core import registry
from . import folds
from .folds import Split


@dataclass(frozen=True)
class Protocol:
    """A protocol.

    Attributes
    ----------
    name : str
    title : str
        One line for ``aser-bench list protocols``.
    speaker_disjoint : bool
        Whether no speaker is in two parts of a split. The dev part is then taken from the
        training speakers; otherwise it is a part of the held-out utterances, or the corpus's own.
    make : callable
        (utterances, seed) -> the splits. ``utterances`` has the columns ``tables.UTTERANCES``.
        Identical recordings (the same ``group``) must be in one part of each split.
    """

    name: str
    title: str
    speaker_disjoint: bool
    make: Callable[[pd.DataFrame, int], Iterable[Split]]


PROTOCOLS = (
    Protocol(
        "speaker",
        "five speaker-disjoint folds (fewer if there are fewer speakers), dev included",
        True,
        folds.by_speaker,
    ),
    Protocol(
        "paper",
        "the study's: five random stratified folds, train : dev : test = 8 : 0.5 : 1.5",
        False,
        folds.paper,
    ),
    Protocol("loso", "leave one speaker out", True, folds.leave_one_speaker_out),
    Protocol(
        "session",
        "leave one session out; dev is taken from the speakers of the other sessions",
        True,
        folds.leave_one_session_out,
    ),
    Protocol(
        "yoon2018",
        "Yoon et al. 2018: five random folds, train : dev : test = 8 : 0.6 : 1.4 on average",
        False,
        folds.yoon2018,
    ),
    Protocol("given", "the corpus's own train, dev and test, as one fold", False, folds.given),
)
"""The built-in protocols."""


def get_protocol(name: str) -> Protocol:
    """Return a protocol by its name or its ``package.module:Name``.

    Raises
    ------
    UsageError
        If there is no such protocol, or it cannot be loaded.
    """
    return registry.instance("protocols", name, Protocol)
