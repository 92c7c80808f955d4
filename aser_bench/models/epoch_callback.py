"""A callback after each epoch of scikit-learn's MLPClassifier.

scikit-learn has no public interface for this. This module is the only place of the package that
uses a private name of scikit-learn; callers must also work without the callback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PRIVATE_METHOD = "_update_no_improvement_count"
"""Method that MLPClassifier calls at the end of every epoch."""


def call_after_epochs(network: Any, callback: Callable[[], None]) -> bool:
    """Call a function after each epoch of a network's next ``fit``.

    The method is wrapped on this instance only, so clones of it are not affected.

    Parameters
    ----------
    network : sklearn.neural_network.MLPClassifier
    callback : callable
        Called without arguments; ``network.n_iter_`` is the number of completed epochs.

    Returns
    -------
    bool
        False, and nothing is changed, if this version of scikit-learn has no such method.
    """
    method = getattr(network, PRIVATE_METHOD, None)
    if method is None:
        return False

    def wrapped(*args: Any, **kwargs: Any) -> None:
        method(*args, **kwargs)
        callback()

    setattr(network, PRIVATE_METHOD, wrapped)
    return True
