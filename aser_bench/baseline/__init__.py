"""Baselines, and the check of results against one."""
