"""What a setting tells about itself: its section, words, unit, limits and the variables that name it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the settings page and the parser need to know of one setting.

    `env` are the accepted variable names, the documents' own first. `scale` divides a variable given in a smaller
    unit (the documents count in milliseconds, we in seconds).
    """

    section: str
    title: str
    help: str
    env: tuple[str, ...] = ()
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    env_scale: Decimal = Decimal(1)
    advanced: bool = False


def setting(default: Any, meta: Meta) -> Any:
    """A dataclass field with its meta beside it."""
    return field(default=default, metadata={"meta": meta})
