"""scikit-learn's SVC with the kernel matrix made at once, and the grid search over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ..search import score_grid, uar
from .kernels import Gram, gamma_of, matrix_fits

_BLOCK = 1024  # rows that are predicted at a time, since each needs a value a training row


class GramSVC(ClassifierMixin, BaseEstimator):
    """A support vector machine that predicts what scikit-learn's SVC of these settings does.

    The kernel matrix is made by BLAS, of the training rows among themselves and of each row
    that is predicted, where libsvm would compute its values one by one. A training set whose
    matrix would be too large (`kernels.GRAM_BYTES`) is given to SVC as rows instead.

    Parameters
    ----------
    C : float
        How much an error counts.
    kernel : {"linear", "rbf", "poly", "sigmoid"}
        ``poly`` is of degree 3, without a constant.
    gamma : float or "scale"
        As SVC has it; nothing to a linear kernel.
    class_weight : None or "balanced"
        Whether rare classes count as much as frequent ones.
    cache_size : float
        MB for what libsvm keeps of the kernel.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes, sorted.
    svc_ : sklearn.svm.SVC
        The fitted machine.
    rows_ : numpy.ndarray of float64 or None
        The training rows, shape (train, features); None where ``svc_`` takes rows itself.
    """

    def __init__(
        self,
        C: float = 1.0,
        kernel: str = "rbf",
        gamma: float | str = "scale",
        class_weight: str | None = None,
        cache_size: float = 200,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.class_weight = class_weight
        self.cache_size = cache_size

    def fit(self, X: Any, y: Any) -> GramSVC:
        """Fit to features (rows, features), in any float type, and labels (rows,)."""
        rows, labels = validate_data(self, X, y, dtype=np.float64, order="C")
        if not matrix_fits(len(rows)):
            self.rows_ = None
            self.svc_ = self.svc(self.kernel, gamma=self.gamma).fit(rows, labels)
        else:
            self.rows_ = rows
            self._gamma = gamma_of(self.gamma, rows)
            matrix = Gram(rows, rows).matrix(self.kernel, self._gamma)
            self.svc_ = self.svc("precomputed").fit(matrix, labels)
        self.classes_ = self.svc_.classes_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row, shape (rows,)."""
        return np.concatenate([self.svc_.predict(part) for part in self._parts(X)])

    def decision_function(self, X: Any) -> np.ndarray:
        """Return one-vs-rest values (rows, classes), or (rows,) where there are two classes."""
        return np.concatenate([self.svc_.decision_function(part) for part in self._parts(X)])

    def svc(self, kernel: str, **settings: Any) -> SVC:
        """Return an SVC of this one's C, class weights and cache, with a kernel of its own."""
        common = {"C": self.C, "class_weight": self.class_weight, "cache_size": self.cache_size}
        return SVC(kernel=kernel, **common, **settings)

    def _parts(self, X: Any) -> Iterator[np.ndarray]:
        """Yield what the SVC is to be asked, some rows at a time."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, order="C", reset=False)
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            known = self.rows_
            yield part if known is None else Gram(part, known).matrix(self.kernel, self._gamma)


def search(
    pipeline: Pipeline,
    candidates: Sequence[dict[str, Any]],
    features: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return the UAR of each candidate on each fold, as `search.score_grid` does, but sooner.

    The scaler is fitted and the dot products are made once a fold, each kernel matrix once a
    fold, kernel and gamma; candidates that are the same machine are fitted once.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        A scaler ``scale`` and a `GramSVC` ``svc``.
    candidates : sequence of dict
        Settings of ``svc`` (``svc__C``).

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, folds)
    """
    settings = [{name.removeprefix("svc__"): one[name] for name in one} for one in candidates]
    machines = [clone(pipeline["svc"]).set_params(**one) for one in settings]
    scores = np.empty((len(candidates), len(folds)))
    for column, (train, check) in enumerate(folds):
        if not matrix_fits(len(train)):
            fold = [(train, check)]
            scores[:, column] = score_grid(pipeline, candidates, features, labels, fold)[:, 0]
            continue
        scale = clone(pipeline["scale"]).fit(features[train])
        # libsvm sorts by class and walks through pairs of classes: that is now one stretch of
        # a row of the matrix. What it computes stays the same to the last bit.
        train = train[np.argsort(labels[train], kind="stable")]
        rows, others = (
            check_array(scale.transform(features[part]), dtype=np.float64, order="C")
            for part in (train, check)
        )
        scores[:, column] = _on_fold(machines, rows, labels[train], others, labels[check])
    return scores


def _on_fold(
    machines: list[GramSVC],
    rows: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
    truth: np.ndarray,
) -> list[float]:
    """Fit each machine to scaled rows, and return their UAR on the others."""
    scale = gamma_of("scale", rows)
    keys = [(_kernel(one, scale), one.C, one.class_weight) for one in machines]
    distinct = dict(zip(keys, machines, strict=True))
    own, other = Gram(rows, rows), Gram(others, rows)
    scores: dict[tuple[Any, ...], float] = {}
    # The rows were looked at above; SVC would look at the whole matrix again for every C.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for kernel in dict.fromkeys(key[0] for key in distinct):
            seen, unseen = own.matrix(*kernel), other.matrix(*kernel)
            for key, machine in distinct.items():
                if key[0] == kernel:
                    svc = machine.svc("precomputed").fit(seen, labels)
                    scores[key] = uar(truth, svc.predict(unseen))
    return [scores[key] for key in keys]


def _kernel(machine: GramSVC, scale: float) -> tuple[str, float]:
    """Return a machine's kernel and gamma; a linear kernel has none, and gets 0."""
    if machine.kernel == "linear":
        return machine.kernel, 0.0
    return machine.kernel, scale if machine.gamma == "scale" else float(machine.gamma)
