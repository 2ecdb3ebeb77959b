import stat
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.settings import Origin, ThemeName, meta_of, names
from ibdesk.store.settings import FILE_NAME, load_settings, reset_setting, save_setting
from tests.store.examples import SETTING_TEXTS


def test_without_a_file_everything_is_as_shipped(home: Path) -> None:
    sourced = load_settings(home, {}, {})
    assert sourced.settings.gateway_port == 5000
    assert set(sourced.origins.values()) == {Origin.DEFAULT}
    assert not home.exists()


def test_command_line_beats_environment_beats_file_beats_default(home: Path) -> None:
    save_setting(home, "gateway_port", "5001")
    save_setting(home, "benchmark", "QQQ")
    save_setting(home, "theme", "dark")
    environment = {"IBKR_GATEWAY_PORT": "5002", "IBDESK_BENCHMARK": "IWM"}
    sourced = load_settings(home, environment, {"gateway_port": "5003"})
    settings = sourced.settings
    assert (settings.gateway_port, settings.benchmark, settings.theme) == (5003, "IWM", ThemeName.DARK)
    assert sourced.origins["gateway_port"] is Origin.COMMAND_LINE
    assert sourced.origins["benchmark"] is Origin.ENVIRONMENT
    assert sourced.variables["benchmark"] == "IBDESK_BENCHMARK"
    assert sourced.origins["theme"] is Origin.FILE
    assert sourced.origins["region"] is Origin.DEFAULT


def test_the_documents_milliseconds_become_seconds(home: Path) -> None:
    sourced = load_settings(home, {"VITE_IBKR_SYNC_INTERVAL": "30000", "VITE_IBKR_TICKLE_INTERVAL": "240000"}, {})
    assert sourced.settings.sync_interval == Decimal(30)
    assert sourced.settings.tickle_interval == Decimal(240)


@pytest.mark.parametrize("name", names())
def test_every_variable_of_every_setting_works_and_is_shown(home: Path, name: str) -> None:
    for variable in meta_of(name).env:
        sourced = load_settings(home, {variable: SETTING_TEXTS.get(name, "true")}, {})
        assert sourced.origins[name] is Origin.ENVIRONMENT
        assert sourced.variables[name] == variable


def test_the_documents_own_names_come_first(home: Path) -> None:
    environment = {"IBKR_DEFAULT_ENVIRONMENT": "paper", "VITE_IBKR_DEFAULT_ENVIRONMENT": "live"}
    assert load_settings(home, environment, {}).settings.default_environment is Environment.LIVE


def test_an_empty_variable_is_no_value(home: Path) -> None:
    assert load_settings(home, {"IBKR_GATEWAY_PORT": ""}, {}).origins["gateway_port"] is Origin.DEFAULT


@pytest.mark.parametrize("name", names())
def test_what_was_saved_is_read_back(home: Path, name: str) -> None:
    text = SETTING_TEXTS.get(name, "true").removesuffix("000")
    save_setting(home, name, text)
    sourced = load_settings(home, {}, {})
    assert sourced.origins[name] is Origin.FILE
    assert str(getattr(sourced.settings, name)).lower() == text.lower()
    reset_setting(home, name)
    assert load_settings(home, {}, {}).origins[name] is Origin.DEFAULT


def test_the_file_is_private_and_keeps_what_a_newer_version_wrote(home: Path) -> None:
    home.mkdir()
    (home / FILE_NAME).write_text('from_the_future = "kept"\n')
    save_setting(home, "dense_rows", "true")
    assert (home / FILE_NAME).read_text() == 'from_the_future = "kept"\ndense_rows = true\n'
    assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "told"),
    [("gateway_port = 99999", "gateway_port"), ("gateway_port =", FILE_NAME), ('theme = "pink"', "theme")],
)
def test_a_bad_file_is_named(home: Path, content: str, told: str) -> None:
    home.mkdir()
    (home / FILE_NAME).write_text(content)
    with pytest.raises(Refused) as caught:
        load_settings(home, {}, {})
    assert caught.value.cause is Cause.BAD_SETTING
    assert told in caught.value.message
    assert FILE_NAME in caught.value.message


def test_a_bad_variable_is_named(home: Path) -> None:
    with pytest.raises(Refused, match="IBKR_GATEWAY_PORT"):
        load_settings(home, {"IBKR_GATEWAY_PORT": "ninety"}, {})


def test_a_bad_value_is_not_saved(home: Path) -> None:
    with pytest.raises(Refused):
        save_setting(home, "gateway_port", "0")
    assert not home.exists()
