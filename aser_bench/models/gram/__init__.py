"""SVC with precomputed kernel (Gram) matrices: the matrices, the classifier, a grid search.

Importing this package is cheap; `classifier` imports scikit-learn.
"""
