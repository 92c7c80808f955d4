"""scikit-learn's SVC with a precomputed kernel matrix, and a grid search over it."""

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

_BLOCK = 1024  # rows per prediction: each needs one kernel value per training row


class GramSVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A support vector machine with the predictions of scikit-learn's SVC.

    The kernel matrices, between training rows and between predicted and training rows, are matrix
    products by BLAS; libsvm would compute their values one by one. If the matrix of the training
    set would be too large (`kernels.GRAM_BYTES`), SVC is fitted to the rows instead.

    Parameters
    ----------
    C : float
        Penalty of errors.
    kernel : {"linear", "rbf", "poly", "sigmoid"}
        ``poly`` has degree 3 and no constant.
    gamma : float or "scale"
        As for SVC; without effect for a linear kernel.
    class_weight : None or "balanced"
        Whether each class has the same total weight.
    cache_size : float
        Size of libsvm's kernel cache in MB.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes, sorted.
    svc_ : sklearn.svm.SVC
        The fitted SVC.
    rows_ : numpy.ndarray of float64 or None
        The training rows, shape (train, features); None if ``svc_`` is fitted to rows.
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
        """Fit to features (rows, features) of any float type and labels (rows,)."""
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
        """Return one-vs-rest values (rows, classes), or (rows,) for two classes."""
        return np.concatenate([self.svc_.decision_function(part) for part in self._parts(X)])

    def svc(self, kernel: str, gamma: float | str = "scale") -> SVC:
        """Return an unfitted SVC with the C, class weights and cache size of this classifier."""
        return SVC(
            C=self.C,
            kernel=kernel,
            gamma=gamma,
            class_weight=self.class_weight,
            cache_size=self.cache_size,
        )

    def _parts(self, X: Any) -> Iterator[np.ndarray]:
        """Yield the inputs of the SVC, a block of rows at a time."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, order="C", reset=False)
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            if self.rows_ is None:
                yield part
            else:
                yield Gram(part, self.rows_).matrix(self.kernel, self._gamma)


def search(
    pipeline: Pipeline,
    candidates: Sequence[dict[str, Any]],
    features: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return the UAR of each candidate on each fold, equal to `search.score_grid` but faster.

    The scaler and the dot products are computed once per fold, each kernel matrix once per fold,
    kernel and gamma. Equivalent candidates are fitted once.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        A scaler ``scale`` and a `GramSVC` ``svc``.
    candidates : sequence of dict
        Parameters of ``svc`` (``svc__C``).

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, folds)
    """
    settings = [{name.removeprefix("svc__"): c[name] for name in c} for c in candidates]
    classifiers = [clone(pipeline["svc"]).set_params(**params) for params in settings]
    scores = np.empty((len(candidates), len(folds)))
    for column, (train, check) in enumerate(folds):
        if not matrix_fits(len(train)):
            fold = [(train, check)]
            scores[:, column] = score_grid(pipeline, candidates, features, labels, fold)[:, 0]
            continue
        scale = clone(pipeline["scale"]).fit(features[train])
        # libsvm sorts by class and iterates over pairs of classes. With sorted rows, the kernel
        # values of a pair are contiguous; the result is the same to the last bit.
        train = train[np.argsort(labels[train], kind="stable")]
        rows, others = (
            check_array(scale.transform(features[part]), dtype=np.float64, order="C")
            for part in (train, check)
        )
        scores[:, column] = _scores_on_fold(classifiers, rows, labels[train], others, labels[check])
    return scores


def _scores_on_fold(
    classifiers: list[GramSVC],
    rows: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
    truth: np.ndarray,
) -> list[float]:
    """Fit each classifier to scaled rows, and return its UAR on the other rows."""
    scale = gamma_of("scale", rows)
    keys = [(_kernel(svc, scale), svc.C, svc.class_weight) for svc in classifiers]
    distinct = dict(zip(keys, classifiers, strict=True))
    train, test = Gram(rows, rows), Gram(others, rows)
    scores: dict[tuple[Any, ...], float] = {}
    # The rows are validated in `search`; SVC would validate the whole matrix again for every C.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for kernel in dict.fromkeys(key[0] for key in distinct):
            train_matrix, test_matrix = train.matrix(*kernel), test.matrix(*kernel)
            for key, classifier in distinct.items():
                if key[0] == kernel:
                    svc = classifier.svc("precomputed").fit(train_matrix, labels)
                    scores[key] = uar(truth, svc.predict(test_matrix))
    return [scores[key] for key in keys]


def _kernel(svc: GramSVC, scale: float) -> tuple[str, float]:
    """Return the kernel and gamma of a classifier; the gamma of a linear kernel is 0."""
    if svc.kernel == "linear":
        return svc.kernel, 0.0
    return svc.kernel, scale if svc.gamma == "scale" else float(svc.gamma)
