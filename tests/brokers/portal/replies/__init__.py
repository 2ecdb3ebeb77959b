"""Made-up answers in the shapes the broker really sends, one file per surprise."""

from pathlib import Path


def reply(name: str) -> bytes:
    """The bytes of one answer."""
    return Path(__file__).with_name(f"{name}.json").read_bytes()
