"""Settings check what they are given and remember who gave it."""

from decimal import Decimal

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.session import Region
from ibdesk.domain.settings import Origin, Settings, defaults, meta_of, names, parse_value, with_values


def test_the_documents_defaults_are_ours() -> None:
    shipped = Settings()
    assert shipped.gateway == "https://localhost:5000"
    assert (shipped.default_environment, shipped.ibkr_enabled) == (Environment.PAPER, True)
    assert (shipped.sync_interval, shipped.tickle_interval, shipped.session_warning_minutes) == (30, 240, 60)


def test_the_documents_milliseconds_become_seconds() -> None:
    scale = meta_of("sync_interval").env_scale
    assert parse_value("sync_interval", "30000", scale=scale) == Decimal(30)


def test_a_whole_address_wins_over_its_parts() -> None:
    assert Settings(gateway_url="https://127.0.0.1:5001/", gateway_port=7).gateway == "https://127.0.0.1:5001"
    assert Settings(gateway_ssl=False, gateway_port=5055).gateway == "http://localhost:5055"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tickle_interval", "301"),  # the session dies at 300 to 360 s
        ("gateway_port", "0"),
        ("gateway_port", "five"),
        ("requests_per_second", "51"),
        ("sync_interval", "NaN"),
        ("gateway_ssl", "maybe"),
        ("default_environment", "demo"),
        ("default_environment", "production"),
        ("account_id", "1234567"),
        ("gateway_url", "localhost:5000"),
        ("gateway_url", "ftp://localhost"),
        ("gateway_url", "https://localhost:99999"),
        ("gateway_url", "https://[::1"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_value(name, text)
    assert refusal.value.cause is Cause.BAD_SETTING
    assert name in refusal.value.message
    assert refusal.value.remedy.startswith("Use ")


def test_choices_are_read_by_value_or_name_in_any_case() -> None:
    assert parse_value("default_environment", "LIVE") is Environment.LIVE
    assert parse_value("region", "zug") is Region.ZUG
    assert parse_value("gateway_ssl", "False") is False


def test_each_value_remembers_who_set_it() -> None:
    sourced = with_values(
        defaults(), {"gateway_port": 5055}, Origin.ENVIRONMENT, {"gateway_port": "VITE_IBKR_GATEWAY_PORT"}
    )
    assert sourced.settings.gateway_port == 5055
    assert sourced.origins["gateway_port"] is Origin.ENVIRONMENT
    assert sourced.origins["gateway_host"] is Origin.DEFAULT
    assert sourced.variables == {"gateway_port": "VITE_IBKR_GATEWAY_PORT"}


def test_every_setting_is_described_for_people() -> None:
    for name in names():
        meta = meta_of(name)
        assert meta.section and meta.title and meta.help.endswith("."), name
        assert meta.env, name


def test_a_whole_address_leaves_its_parts_unused() -> None:
    given = Settings(gateway_url="https://127.0.0.1:5001")

    assert {name for name in names() if given.unused(name)} == {"gateway_host", "gateway_port", "gateway_ssl"}
    assert not any(Settings().unused(name) for name in names())


def test_sections_come_in_the_order_they_are_shown() -> None:
    sections = list(dict.fromkeys(meta_of(name).section for name in names()))

    assert sections == [
        "Interactive Brokers", "Gateway", "Session", "Vault", "TWS and IB Gateway", "Charts", "Reminders",
        "Appearance", "Risk limits",
    ]  # fmt: skip
