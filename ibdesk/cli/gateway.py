"""The gateway's verbs: they need no vault, only the folder a person unpacked it into."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ibdesk import wiring
from ibdesk.cli.door import home_of
from ibdesk.cli.talk import Talk
from ibdesk.domain.diagnosis import Examined, GatewayProcess, Verdict
from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.gateway_conf import changed, exposures, lint, read_conf, save_conf
from ibdesk.wiring.diagnosis import diagnosis_without_vault

if TYPE_CHECKING:
    from ibdesk.services.gateway import GatewayKeeper

KeeperVerb = Callable[["GatewayKeeper", argparse.Namespace, Talk], Coroutine[Any, Any, int]]


def with_keeper(verb: KeeperVerb) -> Callable[[argparse.Namespace, Talk], int]:
    """A verb on the gateway of this computer."""

    def run(args: argparse.Namespace, talk: Talk) -> int:
        keeper = diagnosis_without_vault(home_of(args), dict(args.set), clock=wiring.now).gateway
        return asyncio.run(verb(keeper, args, talk))

    return run


async def start(keeper: "GatewayKeeper", args: argparse.Namespace, talk: Talk) -> int:
    """Start it and wait until it answers."""
    if args.folder is not None:
        report = await keeper.choose(args.folder.absolute())
        if not report.is_gateway:
            raise Refused(
                f"{args.folder} is no gateway: {' and '.join(report.missing)} is missing.",
                remedy="Name the folder that holds bin and root.", cause=Cause.BAD_SETTING,
            )
    found = await _doubts(keeper, talk)
    return _tell(await keeper.start(port=args.port), talk, found)


async def stop(keeper: "GatewayKeeper", args: argparse.Namespace, talk: Talk) -> int:
    """End the one ibdesk started; with --yes also one that runs from the chosen folder."""
    return 0 if _tell(await keeper.stop(confirm=args.yes), talk) == 4 else 1


async def restart(keeper: "GatewayKeeper", args: argparse.Namespace, talk: Talk) -> int:
    """Stop and start."""
    found = await _doubts(keeper, talk)
    return _tell(await keeper.restart(confirm=args.yes), talk, found)


async def status(keeper: "GatewayKeeper", _args: argparse.Namespace, talk: Talk) -> int:
    """Is it running, whose is it; 4 when it is not."""
    return _tell(await keeper.look(), talk)


async def log(keeper: "GatewayKeeper", args: argparse.Namespace, talk: Talk) -> int:
    """The end of its logs."""
    lines = await asyncio.to_thread(keeper.log_tail, args.lines)
    talk.tell({"status": "success", "lines": list(lines)}, list(lines) or ["There is no log yet."])
    return 0


async def conf(keeper: "GatewayKeeper", args: argparse.Namespace, talk: Talk) -> int:
    """Show and examine conf.yaml; with options change it, keeping a copy."""
    if keeper.conf is None:
        raise Refused(
            "No gateway folder is chosen.", remedy="Name it once: ibdesk gateway start --folder DIR",
            cause=Cause.BAD_SETTING,
        )
    now = await asyncio.to_thread(read_conf, keeper.conf)
    wanted = {
        "listen_port": args.listen_port,
        "listen_ssl": None if args.listen_ssl is None else args.listen_ssl == "on",
        "allow": _words(args.allow), "deny": _words(args.deny), "account_ids": _words(args.account_ids),
    }  # fmt: skip
    backup = None
    if any(value is not None for value in wanted.values()):
        backup = await asyncio.to_thread(save_conf, now, changed(now, **wanted), wiring.now())
        now = await asyncio.to_thread(read_conf, keeper.conf)
    found = lint(now, port=keeper.port)
    talk.tell(
        {
            "status": "success", "path": str(now.path), "listen_port": now.listen_port, "listen_ssl": now.listen_ssl,
            "allow": now.allow, "deny": now.deny, "account_ids": now.account_ids, "problem": now.problem,
            "backup": None if backup is None else str(backup),
            "findings": _plain(found),
        },
        [*_values(now.text), *([] if backup is None else [f"The file as it was: {backup}"]), *_findings(found)],
    )  # fmt: skip
    return 3 if any(each.verdict is Verdict.BAD for each in found) else 0


def _values(text: str) -> list[str]:
    return [line for line in text.splitlines() if "sslPwd" not in line]


async def _doubts(keeper: "GatewayKeeper", talk: Talk) -> tuple[Examined, ...]:
    """What is bad in conf.yaml, said before it comes into force: a gateway is never exposed without a word."""
    if keeper.conf is None or not keeper.conf.is_file():
        return ()
    found = exposures(await asyncio.to_thread(read_conf, keeper.conf))
    for line in _findings(found):
        talk.insist(line)
    return found


def _plain(found: tuple[Examined, ...]) -> list[dict[str, str]]:
    return [
        {"verdict": each.verdict.value, "key": each.target, "statement": each.statement, "advice": each.advice}
        for each in found
    ]


def _findings(found: tuple[Examined, ...]) -> list[str]:
    return [f"[{each.verdict}] {each.statement} {each.advice}".rstrip() for each in found]


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(filter(None, (each.strip() for each in text.split(","))))


def _tell(process: GatewayProcess, talk: Talk, found: tuple[Examined, ...] = ()) -> int:
    told: dict[str, Any] = {
        "status": "running" if process.is_running else "stopped", "starting": process.starting, "ours": process.ours,
        "pid": process.pid, "owner": process.owner, "port": process.port, "since": process.since,
        "detail": process.detail, "findings": _plain(found),
    }  # fmt: skip
    whose = "started by ibdesk" if process.ours else "started elsewhere"
    line = f"running on port {process.port}, process {process.pid}, {whose}" if process.is_running else "not running"
    if not process.is_running and process.detail:  # it may answer all the same: behind a forwarder, or another user's
        line = "no gateway is seen; whether one answers there, ibdesk doctor tells"
    talk.tell(told, [line, *filter(None, [process.detail])])
    return 0 if process.is_running else 4
