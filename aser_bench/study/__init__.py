"""The study: its configuration, and how text becomes one."""
