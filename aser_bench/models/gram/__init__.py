"""SVC by kernel matrices: the matrices, the classifier, and a grid search that shares them.

Importing this package is cheap; `classifier` imports scikit-learn.
"""
