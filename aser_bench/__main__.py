"""``python -m aser_bench``: the same as the command ``aser-bench``."""

import sys

from .cli import main

sys.exit(main())
