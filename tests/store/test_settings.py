import stat
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.settings import Origin, ThemeName, meta_of, names
from ibdesk.store.settings import FILE_NAME, home_named, load_settings, reset_setting, save_setting
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


def test_a_table_in_the_file_names_its_settings(home: Path) -> None:
    """B64: `risk.bp_buffer_pct`."""
    home.mkdir()
    (home / FILE_NAME).write_text("[risk]\nbp_buffer_pct = 12.5\n")
    sourced = load_settings(home, {}, {})
    assert sourced.settings.risk_bp_buffer_pct == Decimal("12.5")
    assert sourced.origins["risk_bp_buffer_pct"] is Origin.FILE


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


#: What the documents say: the variable, its default, and a value just outside what is allowed (None where any text or
#: a choice is meant).
DOCUMENTED = (
    ("VITE_IBKR_ENABLED", "true", "maybe"), ("VITE_IBKR_GATEWAY_HOST", "localhost", None),
    ("VITE_IBKR_GATEWAY_PORT", "5000", "65536"), ("VITE_IBKR_GATEWAY_SSL", "true", "2"),
    ("VITE_IBKR_DEFAULT_ENVIRONMENT", "paper", "demo"), ("VITE_IBKR_SYNC_INTERVAL", "30000", "4999"),
    ("VITE_IBKR_TICKLE_INTERVAL", "240000", "300001"), ("VITE_IBKR_SESSION_WARNING_MINUTES", "60", "4"),
    ("IBKR_GATEWAY_URL", "", "localhost"), ("IBKR_ACCOUNT_ID", "", "1234567"), ("IBKR_HOST", "127.0.0.1", None),
    ("IBKR_PORT", "7497", "0"), ("IBKR_CLIENT_ID", "1", "-1"), ("IBKR_ORDER_CLIENT_ID", "0", "-1"),
    ("IBKR_BASE_CURRENCY", "USD", "usd"), ("IBKR_READONLY", "true", "perhaps"), ("IBKR_AUTO_SYNC", "true", "perhaps"),
    ("IBKR_RECONNECT_MIN_DELAY", "3", "0"), ("IBKR_RECONNECT_MAX_DELAY", "60", "601"),
    ("IBKR_KEEPALIVE_SECONDS", "15", "4"),
)  # fmt: skip


@pytest.mark.parametrize(("variable", "default", "outside"), DOCUMENTED)
def test_each_documented_variable_has_its_default_and_its_range(
    home: Path, variable: str, default: str, outside: str | None
) -> None:
    shipped = load_settings(home, {}, {})
    given = load_settings(home, {variable: default}, {})
    assert given.settings == shipped.settings
    assert variable in (*given.variables.values(), "" if default else variable)
    if outside is not None:
        with pytest.raises(Refused, match=variable) as caught:
            load_settings(home, {variable: outside}, {})
        assert repr(outside) in caught.value.message
        assert caught.value.remedy


def test_a_refused_interval_is_told_in_the_variable_s_own_unit(home: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(home, {"VITE_IBKR_SYNC_INTERVAL": "30"}, {})
    assert "5000 to 3600000" in caught.value.remedy


def test_the_order_client_is_the_client_plus_one_unless_given(home: Path) -> None:
    assert load_settings(home, {"IBKR_CLIENT_ID": "7"}, {}).settings.order_client_id == 8
    assert load_settings(home, {"IBKR_ORDER_CLIENT_ID": "40"}, {}).settings.order_client_id == 40


def test_an_address_wins_over_host_port_and_encryption_wherever_they_come_from(home: Path) -> None:
    save_setting(home, "gateway_host", "elsewhere")
    sourced = load_settings(home, {"IBKR_GATEWAY_URL": "https://127.0.0.1:5055"}, {"gateway_port": "6000"})
    assert sourced.settings.gateway == "https://127.0.0.1:5055"
    assert sourced.settings.unused("gateway_port") == "gateway_url"


def test_the_oauth_profile_raises_the_budget_and_nothing_exceeds_it(home: Path) -> None:
    assert load_settings(home, {}, {}).settings.request_budget == 10
    oauth = {"IBKR_CONNECTION_PROFILE": "oauth"}
    assert load_settings(home, oauth, {}).settings.request_budget == 50
    assert load_settings(home, {**oauth, "IBKR_REQUESTS_PER_SECOND": "20"}, {}).settings.request_budget == 20
    assert load_settings(home, {"IBKR_REQUESTS_PER_SECOND": "50"}, {}).settings.request_budget == 10


def test_the_documents_database_path_names_the_folder_of_the_vault(tmp_path: Path) -> None:
    assert home_named({}) is None
    assert home_named({"IBKR_DB_PATH": "  "}) is None
    assert home_named({"IBKR_DB_PATH": "backend/data/ibkr.db"}) == Path("backend/data")
    assert home_named({"IBKR_DB_PATH": str(tmp_path / "ibkr.db")}) == tmp_path
    assert home_named({"IBKR_DB_PATH": str(tmp_path)}) == tmp_path
    assert home_named({"IBKR_DB_PATH": "~/desk/ibkr.db"}) == Path.home() / "desk"
