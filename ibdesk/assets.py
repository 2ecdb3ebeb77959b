"""Where the shipped resources are: the only file that knows about source trees, wheels and frozen bundles."""

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """The path of one file or folder below resources/."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    return root.joinpath("resources", *parts)
