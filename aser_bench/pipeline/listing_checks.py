"""Checks of a listed corpus before its recordings are opened: labels, speakers, missing files."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import UsageError
from ..corpora.base import Listing
from ..corpora.labels import apply_label_set, check_unknown_labels
from ..corpora.speakers import merge_spellings


def checked_speakers(listing: Listing, strict: bool, name: str) -> Listing:
    """Return a listing with one spelling of each speaker, and a note on the others.

    Raises
    ------
    UsageError
        With ``strict``, if a speaker has several spellings.
    """
    table, suspects = merge_spellings(listing.utterances)
    if not suspects:
        return listing
    several = "speakers have" if len(suspects) > 1 else "speaker has"
    problem = f"{len(suspects)} {several} several spellings: {'; '.join(suspects)}"
    if strict:
        raise UsageError(
            f"corpus {name!r}: {problem}; write each name in one way: --strict stops here"
        )
    note = f"{problem}; the spellings of a name count as one speaker"
    return replace(listing, utterances=table, notes=[*listing.notes, note])


def checked_labels(listing: Listing, labels: str, drop_unknown: bool, name: str) -> Listing:
    """Return a listing with the classes of a label set; ``name`` is the corpus in errors.

    Raises
    ------
    UsageError
        If a class would be missing without ``drop_unknown``, or fewer than two classes remain.
    """
    try:
        listing = check_unknown_labels(listing, drop_unknown)
        table, notes = apply_label_set(listing.utterances, labels)
    except UsageError as error:
        raise UsageError(f"corpus {name!r}: {error}") from error
    return replace(listing, utterances=table, notes=[*listing.notes, *notes])


def without_incomplete(listing: Listing) -> tuple[Listing, list[tuple[str, str]]]:
    """Return the listing without utterances that lack a recording, and name and reason of each.

    In a corpus without any recordings, utterances that lack a text are left out instead: results
    of utterances with and without recordings cannot be compared in one table.
    """
    table = listing.utterances
    without_file = table["file"] == ""
    if without_file.all():
        bad, reason = table["text"] == "", "it has neither a recording nor a text"
    else:
        bad, reason = without_file, "it has no recording, although other utterances have one"
    refused = [(str(name), reason) for name in table["utterance"][bad]]
    rest = table[~bad].reset_index(drop=True)
    return replace(listing, utterances=rest), refused
