"""A setting's meta stands beside its field."""

from dataclasses import dataclass, fields
from decimal import Decimal

from ibdesk.domain.setting_meta import Meta, setting


def test_the_meta_stands_beside_the_field() -> None:
    meta = Meta(section="Risk", title="Limit", help="At most.", minimum=Decimal(1), maximum=Decimal(9))

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Few:
        limit: int = setting(3, meta)

    assert Few().limit == 3
    assert fields(Few)[0].metadata["meta"] is meta
