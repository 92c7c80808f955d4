"""aser-bench: what lossy audio codecs cost automatic speech emotion recognition."""

__version__ = "0.1.0"
