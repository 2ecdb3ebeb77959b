"""What is examined of this computer: settings, folder, conf.yaml, Java, process, port.

The gateway may answer although no process of it is seen: behind a forwarder (docker, ssh), under another user of this
computer, or the demo's own server. Then nothing here is wrong, and nobody is told to end what works.
"""

import asyncio
from collections.abc import AsyncIterator

from ibdesk.domain.diagnosis import Check, Examined, Fix, GatewayProcess, Verdict
from ibdesk.domain.settings import Origin, Sourced, names
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.forwarding import behind, beside, is_forwarder
from ibdesk.services.doctor.sources import Sources, found, good, span, unknown
from ibdesk.services.findings import is_encrypted, is_loopback
from ibdesk.services.gateway_conf import lint, read_conf
from ibdesk.services.gateway_folder import JAVA_8_UPDATE, JAVA_SINCE, inspect_folder, installed_java

CHECKS = (Check.GATEWAY_FOLDER, Check.GATEWAY_CONF, Check.JAVA, Check.GATEWAY_PROCESS, Check.PORT_OWNER)
#: Settings whose values say who a person is; only that they are set is told.
_PRIVATE = ("account_id", "gateway_folder", "backup_folder")


async def examine(sources: Sources, contact: Contact) -> AsyncIterator[Examined]:
    """Every check of this part but the settings, as it ends."""
    yield await _folder(sources, contact)
    for each in await _conf(sources):
        yield each
    yield await _java(sources, contact)
    process = await sources.gateway.look()
    yield running(sources, process, contact)
    yield port(sources, process, contact)


def settings(sources: Sources) -> Examined:
    """Which settings were changed and by whom: the documents' "variables set?"."""
    problem, sourced = sources.settings_problem, sources.settings()
    if problem is not None:
        return found(Check.SETTINGS, Verdict.BAD, problem.message, problem.remedy, fix=Fix.OPEN_SETTING)
    facts = _origins(sourced)
    url = sources.connection().url
    if not sourced.settings.ibkr_enabled:
        return found(
            Check.SETTINGS, Verdict.WARN, "Interactive Brokers is switched off.",
            "Switch it on in Settings; until then nothing is asked of the gateway.", *facts, fix=Fix.OPEN_SETTING,
            target="ibkr_enabled",
        )
    if not is_loopback(url):
        return found(
            Check.SETTINGS, Verdict.WARN, "The gateway is looked for on another computer.",
            "Run the gateway on this computer: whoever reaches it acts as you.", f"address: {url}", *facts,
            fix=Fix.OPEN_SETTING, target="gateway_host",
        )
    ours = sum(origin is not Origin.DEFAULT for origin in sourced.origins.values())
    return good(Check.SETTINGS, _changed(ours, len(sourced.variables)), f"address: {url}", *facts)


def _changed(ours: int, variables: int) -> str:
    if not ours:
        return "Every setting has its default."
    told = "1 setting differs from its default" if ours == 1 else f"{ours} settings differ from their defaults"
    if not variables:
        return f"{told}."
    if variables == ours:
        return f"{told}, by {'a variable' if variables == 1 else 'variables'} of the environment."
    return f"{told}, {variables} of them by {'a variable' if variables == 1 else 'variables'} of the environment."


def _origins(sourced: Sourced) -> tuple[str, ...]:
    told = []
    for name in names():
        origin = sourced.origins[name]
        if origin is not Origin.DEFAULT:
            value = "set" if name in _PRIVATE else str(getattr(sourced.settings, name))
            told.append(f"{name} = {value} ({sourced.variables.get(name, origin.value)})")
    return tuple(told)


async def _folder(sources: Sources, contact: Contact) -> Examined:
    folder = sources.gateway.folder
    if folder is None:
        if contact.is_gateway or (await sources.gateway.look()).is_running:
            return unknown(Check.GATEWAY_FOLDER, "No gateway folder is chosen; the gateway was started elsewhere.")
        return found(
            Check.GATEWAY_FOLDER, Verdict.WARN, "No gateway folder is chosen, so ibdesk cannot start the gateway.",
            "Choose the folder you unpacked the gateway into.", fix=Fix.CHOOSE_FOLDER,
        )
    report = await asyncio.to_thread(inspect_folder, folder)
    if not folder.is_dir():
        return found(
            Check.GATEWAY_FOLDER, Verdict.BAD, "The gateway's folder is gone.", "Choose it again, or download it anew.",
            str(folder), fix=Fix.CHOOSE_FOLDER,
        )
    if not report.is_gateway:
        return found(
            Check.GATEWAY_FOLDER, Verdict.BAD, f"The folder is no gateway: {' and '.join(report.missing)} is missing.",
            "Choose the folder that holds bin and root.", str(folder), fix=Fix.CHOOSE_FOLDER,
        )
    return good(Check.GATEWAY_FOLDER, "The gateway's folder is complete.", str(folder))


async def _conf(sources: Sources) -> tuple[Examined, ...]:
    path = sources.gateway.conf
    if path is None or not path.is_file():
        return (unknown(Check.GATEWAY_CONF, "conf.yaml is not known without the gateway's folder."),)
    conf = await asyncio.to_thread(read_conf, path)
    url = sources.connection().url
    return lint(conf, port=sources.gateway.port, ssl=is_encrypted(url))


async def _java(sources: Sources, contact: Contact) -> Examined:
    java = await installed_java()
    wanted = f"The gateway needs Java 8 update {JAVA_8_UPDATE} or later, or {JAVA_SINCE} or later."
    if java is not None and java.runs_gateway:
        return good(Check.JAVA, f"Java {java.text} runs the gateway.", wanted)
    told = "No Java is found on this computer" if java is None else f"Java {java.text} is too old for the gateway"
    is_here = (await sources.gateway.look()).is_running
    if contact.is_gateway and not is_here:
        return unknown(Check.JAVA, f"{told}; the gateway that answers runs without it.", wanted)
    return found(
        Check.JAVA, Verdict.WARN if is_here else Verdict.BAD, f"{told}.",
        "Install OpenJDK 11 or later, then start the gateway.", wanted, fix=Fix.GET_JAVA,
    )


def running(sources: Sources, process: GatewayProcess, contact: Contact) -> Examined:
    """Whether the gateway's process is there, since when, and whose it is."""
    facts = _facts(process)
    if not is_loopback(sources.connection().url):
        return unknown(Check.GATEWAY_PROCESS, "The gateway runs on another computer.")
    if not process.is_running and contact.is_gateway:
        return unknown(Check.GATEWAY_PROCESS, f"The gateway answers. It runs elsewhere, {behind(process)}.", *facts)
    if not process.is_running and contact.is_untrusted:
        return unknown(
            Check.GATEWAY_PROCESS, "Something answers; whether it is the gateway, its certificate tells.", *facts
        )
    if not process.is_running:
        can_start = sources.gateway.folder is not None
        return found(
            Check.GATEWAY_PROCESS, Verdict.BAD, "The gateway is not running.",
            "Start it." if can_start else "Start it where you unpacked it, or choose its folder here.", *facts,
            fix=Fix.START_GATEWAY if can_start else Fix.CHOOSE_FOLDER,
        )
    if process.starting:
        return found(
            Check.GATEWAY_PROCESS, Verdict.WARN, "The gateway is starting.", "Wait a moment.", *facts, fix=Fix.WAIT
        )
    if process.detail and process.ours:
        return found(
            Check.GATEWAY_PROCESS, Verdict.BAD, "The gateway's process runs but does not listen.",
            "Read its log; stop it and start it again.", *facts, fix=Fix.SHOW_GATEWAY_LOG,
        )
    since = "" if process.since is None else f" for {span((sources.clock() - process.since).total_seconds())}"
    whose = process.detail or ("ibdesk started it." if process.ours else "It was started elsewhere.")
    return good(Check.GATEWAY_PROCESS, f"The gateway has been running{since}. {whose}", *facts)


def port(sources: Sources, process: GatewayProcess, contact: Contact) -> Examined:
    """Who has the port, and whether that is in the gateway's way."""
    facts = _facts(process)
    if not is_loopback(sources.connection().url):
        return unknown(Check.PORT_OWNER, "The port is another computer's.")
    if process.is_running and process.port is not None and process.port != sources.gateway.port:
        url, settings = sources.connection().url, sources.settings().settings
        return beside(Check.PORT_OWNER, Verdict.WARN, process.port, url, settings, *facts)
    if process.is_running:
        return good(Check.PORT_OWNER, f"Port {process.port} is the gateway's.", *facts)
    if contact.is_gateway:
        return good(Check.PORT_OWNER, f"Port {process.port} leads to the gateway, {behind(process)}.", *facts)
    if not process.detail and not process.owner:
        return good(Check.PORT_OWNER, f"Port {process.port} is free.", *facts)
    owner = process.owner or "another program; the system does not say which"
    if contact.is_untrusted:
        return unknown(
            Check.PORT_OWNER, f"Port {process.port} belongs to {owner}; that may be the way to the gateway.", *facts
        )
    if is_forwarder(process):
        return found(
            Check.PORT_OWNER, Verdict.WARN, f"Port {process.port} belongs to {owner}, which passes it on, and no "
            "gateway answers behind it.", "Start the gateway where it leads to.", *facts,
        )
    return found(
        Check.PORT_OWNER, Verdict.BAD, f"Port {process.port} belongs to {owner}.",
        "Give the gateway another port, or end that program.", *facts, fix=Fix.MOVE_PORT, target=str(process.port),
    )


def _facts(process: GatewayProcess) -> tuple[str, ...]:
    facts = [f"port {process.port}"]
    if process.pid is not None:
        facts.append(f"process {process.pid} {process.owner}".rstrip())
    if process.since is not None:
        facts.append(f"running since {process.since:%Y-%m-%d %H:%M:%S} UTC")
    return (*facts, *filter(None, [process.detail]))
