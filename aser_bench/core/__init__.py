"""Facilities that all other packages use; this package imports none of them."""
