"""The settings file, and the variables that override it: command line over environment over file over default."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import tomli_w

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.settings import Origin, Sourced, defaults, meta_of, names, parse_value, with_values
from ibdesk.store.files import disk_errors, make_folder, replace_private

FILE_NAME = "settings.toml"
#: The documents' variable for their database file. Ours are several files, so the folder around it is meant.
DATABASE_PATH = "IBKR_DB_PATH"


def home_named(environment: Mapping[str, str]) -> Path | None:
    """The folder that IBKR_DB_PATH means: the one its file lies in, or itself where it is a folder; None when unset.
    A database that lies there already under that name is not ours and left alone."""
    named = environment.get(DATABASE_PATH, "").strip()
    if not named:
        return None
    path = Path(named).expanduser()
    return path if path.is_dir() else path.parent


def load_settings(folder: Path, environment: Mapping[str, str], command_line: Mapping[str, str]) -> Sourced:
    """The settings in force. `command_line` holds setting names and texts. Refused(BAD_SETTING) names the culprit."""
    sourced = _from_file(defaults(), folder / FILE_NAME)
    sourced = _from_environment(sourced, environment)
    given = {name: parse_value(name, text) for name, text in command_line.items()}
    return with_values(sourced, given, Origin.COMMAND_LINE, {})


def save_setting(folder: Path, name: str, text: str) -> None:
    """Keep one setting in the file, checked first; the rest of the file's values stay."""
    value = parse_value(name, text)
    _save(folder, {**_read(folder / FILE_NAME), name: _plain(value)})


def reset_setting(folder: Path, name: str) -> None:
    """Take one setting out of the file, so that its default is in force again."""
    kept = _read(folder / FILE_NAME)
    if kept.pop(name, None) is not None:
        _save(folder, kept)


def _from_file(sourced: Sourced, path: Path) -> Sourced:
    known = {name: value for name, value in _flat(_read(path)).items() if name in names()}
    try:
        values = {name: parse_value(name, _text(value)) for name, value in known.items()}
    except Refused as error:
        raise Refused(f"{path}: {error.message}", remedy=error.remedy, cause=error.cause) from error
    return with_values(sourced, values, Origin.FILE, {})


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """A person may write a table, `[risk]` and under it `bp_buffer_pct = 10`; it means `risk_bp_buffer_pct`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= {f"{name}_{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
    return found


def _from_environment(sourced: Sourced, environment: Mapping[str, str]) -> Sourced:
    values, variables = dict[str, Any](), dict[str, str]()
    for name in names():
        meta = meta_of(name)
        variable = next((variable for variable in meta.env if environment.get(variable)), None)
        if variable is not None:
            values[name] = _parse_variable(name, variable, environment[variable], meta.env_scale)
            variables[name] = variable
    return with_values(sourced, values, Origin.ENVIRONMENT, variables)


def _parse_variable(name: str, variable: str, text: str, scale: Decimal) -> Any:
    try:
        return parse_value(name, text, scale=scale)
    except Refused as error:
        message = f"The environment variable {variable} cannot be {text!r}."
        raise Refused(message, remedy=_in_its_unit(name, scale) or error.remedy, cause=error.cause) from error


def _in_its_unit(name: str, scale: Decimal) -> str:
    """What is allowed in a variable that counts in a smaller unit than the setting; empty where it does not."""
    low, high = meta_of(name).minimum, meta_of(name).maximum
    if scale == 1 or low is None or high is None:
        return ""
    return f"It counts in thousandths of a second: use {low * scale:f} to {high * scale:f}."


def _read(path: Path) -> dict[str, Any]:
    with disk_errors(path):
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Refused(
                f"The settings file {path} cannot be read: {error}.",
                remedy="Correct that line, or delete the file to go back to the defaults.",
                cause=Cause.BAD_SETTING,
            ) from error


def _save(folder: Path, values: Mapping[str, Any]) -> None:
    with disk_errors(folder):
        make_folder(folder)
        replace_private(folder / FILE_NAME, tomli_w.dumps(values).encode())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Decimal() if value == value.to_integral_value():
            return int(value)
        case _:
            return value
