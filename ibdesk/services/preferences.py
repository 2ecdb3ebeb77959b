"""How settings and connections are changed while the desk is open, and who hears of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.events import SettingsChanged
from ibdesk.domain.modes import Mode, face_of, is_local
from ibdesk.domain.records import Credentials
from ibdesk.domain.settings import Origin, Settings, Sourced, meta_of, parse_value
from ibdesk.services.desk import Clock
from ibdesk.services.hub import Hub
from ibdesk.store import audit, records, secrets
from ibdesk.store.database import Database
from ibdesk.store.settings import load_settings, reset_setting, save_setting
from ibdesk.store.vault import OpenVault

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Preferences:
    """Settings from file, environment and command line; credentials and acknowledgments from the vault."""

    def __init__(
        self,
        folder: Path,
        *,
        vault: OpenVault,
        database: Database,
        hub: Hub,
        clock: Clock,
        environment: Mapping[str, str],
        overrides: Mapping[str, str],
    ) -> None:
        self._folder = folder
        self._vault = vault
        self._database = database
        self._hub = hub
        self._clock = clock
        self._environment = environment
        self._overrides = overrides
        self.sourced = self._load()

    @property
    def folder(self) -> Path:
        """Where the vault and its files lie."""
        return self._folder

    @property
    def settings(self) -> Settings:
        """The values in force."""
        return self.sourced.settings

    async def change(self, name: str, text: str) -> Sourced:
        """Check and keep one setting. Refused(BAD_SETTING) says what is allowed.

        A value the environment or the command line overrides is kept but not in force: its origin still names them.
        """
        save_setting(self._folder, name, text)
        return self._reload(name)

    async def reset(self, name: str) -> Sourced:
        """Back to the default, unless the environment or the command line says otherwise."""
        reset_setting(self._folder, name)
        return self._reload(name)

    async def choose_mode(self, mode: Mode) -> None:
        """Open in this mode from the next time on. Local Paper keeps the environment, which lends it prices.
        Refused(BAD_SETTING) when an environment variable or the command line holds on to another choice."""
        wanted = {"local_paper": "true" if mode is Mode.LOCAL_PAPER else "false"}
        if mode in (Mode.IBKR_PAPER, Mode.IBKR_LIVE):
            wanted["default_environment"] = face_of(mode).environment.value
        for name, text in wanted.items():
            self._refuse_where_held(name, text)
        for name, text in wanted.items():
            save_setting(self._folder, name, text)
        self.sourced = self._load()
        self._hub.publish(SettingsChanged(names=("local_paper", "default_environment")))

    async def credentials(self) -> tuple[Credentials, ...]:
        """How each connected environment is reached."""
        return await self._database.read(secrets.load_credentials, self._vault)

    async def options_level(self, environment: Environment, account: AccountId) -> int | None:
        """The option level entered with the connection of this account, as `Credentials.options_level_of` has it; each
        check of an order asks."""
        whose = None if is_local(account) else account
        return await self._database.recall(secrets.load_options_level, environment, whose)

    async def delete_credentials(self, environment: Environment) -> None:
        """Remove user name, gateway and certificate pin of one environment for good, with a line in the audit; the
        books stay."""
        await self._database.write(_delete, environment, self._clock(), urgent=True)
        self._hub.publish(SettingsChanged(names=("credentials",)))

    async def acknowledgments(self) -> tuple[Acknowledgment, ...]:
        """Every disclosure a person agreed to, oldest first; each check of an order asks."""
        return await self._database.recall(records.load_acknowledgments)

    async def acknowledge(self, given: Sequence[Acknowledgment]) -> None:
        """Keep the proof that a person agreed once more."""
        await self._database.write(records.add_acknowledgments, given, urgent=True)

    def _refuse_where_held(self, name: str, text: str) -> None:
        """A variable or the command line wins over what is kept, so that keeping would change nothing now."""
        origin = self.sourced.origins[name]
        is_held = origin in (Origin.ENVIRONMENT, Origin.COMMAND_LINE)
        if is_held and getattr(self.settings, name) != parse_value(name, text):
            holds = self.sourced.variables.get(name) or origin.value
            raise Refused(
                f"The mode stays as it is: {holds} sets “{meta_of(name).title}”.",
                remedy=f"Take {holds} away and open ibdesk again.", cause=Cause.BAD_SETTING)

    def _reload(self, name: str) -> Sourced:
        self.sourced = self._load()
        self._hub.publish(SettingsChanged(names=(name,)))
        return self.sourced

    def _load(self) -> Sourced:
        return load_settings(self._folder, self._environment, self._overrides)


def _delete(tx: "Connection", environment: Environment, now: datetime) -> None:
    if secrets.delete_credentials(tx, environment):
        done = ApiCall(
            at=now,
            channel="desk",
            method="DELETE",
            path=f"credentials/{environment}",
            status=None,
            outcome="ok",
            milliseconds=0,
            bytes_out=0,
            bytes_in=0,
            detail="Credentials deleted by a person.",
            environment=environment.value,
        )
        audit.append_calls(tx, (done,))
