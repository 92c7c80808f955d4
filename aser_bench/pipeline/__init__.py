"""The tasks of a run: reading, coding and training, their cache and their scheduling."""
