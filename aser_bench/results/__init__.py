"""Results folders: writing, reading and their manifest."""
