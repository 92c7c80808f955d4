"""Baselines: what a run's successors are checked against, small enough for a repository."""

from .words import against, kept, show
from .writing import MOST_PREDICTIONS, Updated, update

__all__ = ["MOST_PREDICTIONS", "Updated", "against", "kept", "show", "update"]
