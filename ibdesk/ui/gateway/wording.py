"""What the gateway's state is called, in its card and in its questions."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ibdesk.domain.diagnosis import GatewayProcess
from ibdesk.ui import format as fmt


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayWords:
    """A state in shape, colour and words, and which buttons make sense in it."""

    icon: str
    tone: str
    title: str
    detail: str
    can_start: bool = False
    can_stop: bool = False


def demo_words(process: GatewayProcess | None) -> GatewayWords:
    """The demo's gateway, which lives inside the program and can only be broken on purpose."""
    if process is None or process.is_running:
        return GatewayWords(
            icon="check", tone="gain", title="The demo gateway is running",
            detail="It lives inside ibdesk, pretends to be Interactive Brokers and needs no Java.",
        )
    return GatewayWords(
        icon="cross", tone="loss", title="The demo gateway was stopped",
        detail="As if the real one had died: what it told before stays readable, with its age.", can_start=True,
    )


def words_of(process: GatewayProcess | None, folder: Path | None, now: datetime | None) -> GatewayWords:
    """The card of a gateway on this computer; None while nobody has looked."""
    if process is None:
        return GatewayWords(icon="pending", tone="muted", title="Gateway", detail="Not looked at yet")
    if process.starting:
        return GatewayWords(
            icon="pending", tone="accent", title="The gateway is starting",
            detail=_facts("it answers in some seconds", process), can_stop=process.ours,
        )
    if process.is_running:
        return GatewayWords(
            icon="check", tone="gain", title=f"The gateway is running{_since(process.since, now)}",
            detail=_facts("started by ibdesk" if process.ours else "not started by ibdesk", process), can_stop=True,
        )
    if process.owner:
        return GatewayWords(
            icon="warn", tone="warn", title=f"The port belongs to {process.owner}",
            detail=process.detail or _facts("the gateway cannot listen there", process),
        )
    where = "choose the folder where it was unpacked" if folder is None else f"folder {folder.name}"
    return GatewayWords(
        icon="cross", tone="muted", title="The gateway is not running", detail=_facts(where, process),
        can_start=folder is not None,
    )


def _since(since: datetime | None, now: datetime | None) -> str:
    return "" if since is None or now is None else f" for {fmt.countdown(now - since)}"


def _facts(first: str, process: GatewayProcess) -> str:
    return " · ".join(part for part in (
        first,
        "" if process.port is None else f"port {process.port}",
        "" if process.pid is None else f"process {process.pid}",
        process.detail,
    ) if part)
