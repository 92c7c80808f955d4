"""Set new results against a baseline: the gate of a CI."""
