"""The command line's grammar: every verb, its options, and which function does it."""

import argparse
import asyncio
import errno
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from ibdesk import __version__
from ibdesk.cli.channel_client import handed_over
from ibdesk.cli.channel_server import serve
from ibdesk.cli.door import home_of, in_desk
from ibdesk.cli.talk import CODES, Talk
from ibdesk.domain.accounts import AccountId, looks_like_account
from ibdesk.domain.diagnosis import Complaint
from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.domain.settings import names

SIGN_IN_WITHIN = 600.0
#: The modes a desk can be opened in from here, as settings.
_MODES = {
    "local_paper": [("local_paper", "true")],
    "ibkr_paper": [("local_paper", "false"), ("default_environment", "paper")],
    "ibkr_live": [("local_paper", "false"), ("default_environment", "live")],
}
VARIABLES = """
environment variables:
  IBKR_DB_PATH          a database file; the vault lies in its folder (--home wins)
  IBDESK_PASSPHRASE     what opens the vault, for scripts
  VITE_ENCRYPTION_KEY   the same, of at least 32 characters
  IBKR_GATEWAY_URL, ... every setting's own names; Settings in the window shows them and where each value came from
While the window has the vault open, commands are done there, with its settings.
"""


def parser() -> argparse.ArgumentParser:
    """Everything that can be typed. `args.run(args, talk)` does it."""
    from ibdesk.cli import accounts, digest_verb, permission_verbs, sync_verbs, verbs
    from ibdesk.cli.disclosure_verbs import add_disclosure_verbs
    from ibdesk.cli.expiry_verbs import add_expiry_verbs
    from ibdesk.cli.order_grammar import add_order_verbs
    from ibdesk.cli.receipt_verbs import add_receipt_verbs

    top = argparse.ArgumentParser(
        prog="ibdesk",
        description="Your desk for trading and managing money at Interactive Brokers. No verb opens the window.",
        epilog=VARIABLES + CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--home", type=_path,
        help="the vault's folder (default: that of IBKR_DB_PATH, else this system's place for application data)",
    )  # fmt: skip
    top.add_argument("--json", action="store_true", help="answer with JSON")
    top.add_argument("--quiet", action="store_true", help="say nothing but errors")
    top.add_argument(
        "--set", action="append", default=[], type=_setting, metavar="NAME=VALUE",
        help="a setting for this run alone, such as gateway_port=5001; it wins over file and environment",
    )  # fmt: skip
    top.add_argument(
        "--mode", action=_Mode, choices=_MODES, default=argparse.SUPPRESS,
        help="who receives orders in this run: the account on this computer, IBKR's paper account, or real money",
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"ibdesk {__version__}")
    top.set_defaults(run=show_window)
    every = top.add_subparsers(title="verbs", metavar="VERB")
    _demo_verb(every)
    _verb(every, "health", "is the gateway there, who is signed in, does TWS answer, when was the last sync",
          in_desk(verbs.health, when_busy=verbs.known_health))
    session = _group(every, "session", "the sign-in at the broker")
    _verb(session, "status", "what the gateway says", in_desk(verbs.status, when_busy=verbs.known_status))
    login = _verb(session, "login", "open the sign-in page and wait until somebody signed in", in_desk(verbs.login))
    login.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    login.add_argument("--take-over", action="store_true", help="end another login that has the session")
    login.add_argument("--within", type=float, default=SIGN_IN_WITHIN, metavar="SECONDS", help="how long to wait")
    _verb(session, "logout", "end the session", in_desk(verbs.logout))
    account = _group(every, "account", "the accounts in the vault")
    _add_verb(account, in_desk(accounts.connect, before=accounts.settle_certificate, alone=accounts.add))
    _verb(account, "list", "every account that was seen, with its last figures",
          in_desk(accounts.list_accounts, reads_only=True))
    one = _verb(account, "sync", "read positions and balances", in_desk(sync_verbs.sync))
    one.set_defaults(source="portal")
    one.add_argument("account", nargs="?", type=_account_id, metavar="U…")
    may = _verb(account, "permissions", "what an account may trade, and why not",
                in_desk(permission_verbs.permissions, reads_only=True))
    may.add_argument("account", nargs="?", type=_account_id, metavar="U…")
    _sync_verbs(every)
    _verb(every, "digest", "the day in short: fills, changed positions, what works on and what expires",
          in_desk(digest_verb.digest, reads_only=True))
    contract = _group(every, "contract", "what can be traded")
    _verb(contract, "find", "contracts by symbol or name", in_desk(verbs.find)).add_argument("text")
    add_order_verbs(every, _group, _verb)
    add_receipt_verbs(every, _group, _verb)
    add_disclosure_verbs(every, _group, _verb)
    add_expiry_verbs(every, _group, _verb)
    _flex_verbs(every)
    _vault_verbs(every)
    _trouble_verbs(every)
    return top


def _sync_verbs(every: Any) -> None:
    from ibdesk.cli import sync_verbs

    sync = _verb(every, "sync", "read positions and balances of every account", in_desk(sync_verbs.sync))
    sync.add_argument("--account", type=_account_id, metavar="U…", help="only this account")
    sync.add_argument("--source", choices=["portal", "tws"], default="portal",
                      help="where from: the gateway, or the socket of TWS or IB Gateway (default: portal)")
    portfolio = _group(every, "portfolio", "the accounts as TWS or IB Gateway has them")
    same = _verb(portfolio, "sync", "read positions and balances over the socket: the same as sync --source tws",
                 in_desk(sync_verbs.sync))
    same.set_defaults(source="tws")
    same.add_argument("--account", type=_account_id, metavar="U…", help="only this account")


def _flex_verbs(every: Any) -> None:
    from ibdesk.cli import flex_verbs

    group = _group(every, "flex", "statements from the broker's Flex Web Service, as files; reading them into the "
                                  "books comes later")
    add = _verb(group, "add", "keep a query with its token (the token is asked for, or comes on standard input)",
                in_desk(flex_verbs.add))
    add.add_argument("--label", required=True, metavar="L", help="what to call it; one that is there is replaced")
    add.add_argument("--query", required=True, metavar="ID", help="the query's id in Client Portal")
    add.add_argument("--service-url", default="", metavar="URL", help="only for the demo: where its service listens")
    add.add_argument("--accept-certificate", default="", metavar="SHA256", help="only for the demo: its certificate")
    _verb(group, "list", "the queries there are, tokens masked", in_desk(flex_verbs.list_queries, reads_only=True))
    gone = _verb(group, "remove", "delete a query and its token", in_desk(flex_verbs.remove))
    gone.add_argument("label", metavar="LABEL")
    pull = _verb(group, "pull", "ask for a statement, wait while it is made, and write it to a private file; importing "
                                "comes later", in_desk(flex_verbs.pull))
    pull.add_argument("label", nargs="?", metavar="LABEL", help="default: the only query")
    pull.add_argument("--out", required=True, type=_path, metavar="FILE")
    _replace_option(pull)
    pull.add_argument("--from", dest="first", type=_day, metavar="DATE", help="first day, as 2026-01-31")
    pull.add_argument("--to", dest="last", type=_day, metavar="DATE",
                      help="last day (default: a year up to yesterday; the query's own period where it takes no dates)")


def _trouble_verbs(every: Any) -> None:
    from ibdesk.cli import doctor, gateway

    ill = _verb(every, "doctor", "examine everything and say what to do; works without a vault too", doctor.verb())
    ill.add_argument(
        "--about", choices=[each.value for each in Complaint], metavar="COMPLAINT",
        help="only what answers a complaint: " + ", ".join(f"“{each.value}”" for each in Complaint),
    )  # fmt: skip
    ill.add_argument("--bundle", type=_path, metavar="FILE", help="print what a support bundle holds, and write it")
    _replace_option(ill)
    group = _group(every, "gateway", "the Client Portal Gateway on this computer; needs no vault")
    start = _verb(group, "start", "start it and wait until it answers", gateway.with_keeper(gateway.start))
    start.add_argument("--folder", type=_path, metavar="DIR", help="where it is unpacked; remembered")
    start.add_argument("--port", type=_listen_port, metavar="N", help="write this listenPort into conf.yaml first")
    for name, text, run in (
        ("stop", "end it, with all it started", gateway.stop), ("restart", "stop and start", gateway.restart),
    ):  # fmt: skip
        ended = _verb(group, name, text, gateway.with_keeper(run))
        ended.add_argument("--yes", action="store_true", help="also one that ibdesk did not start")
    _verb(group, "status", "is it running, and whose is it", gateway.with_keeper(gateway.status))
    log = _verb(group, "log", "the end of its logs", gateway.with_keeper(gateway.log))
    log.add_argument("--lines", type=int, default=100, metavar="N")
    conf = _verb(group, "conf", "show, examine or change conf.yaml", gateway.with_keeper(gateway.conf))
    conf.add_argument("--listen-port", type=_listen_port, metavar="N")
    conf.add_argument("--listen-ssl", choices=["on", "off"])
    for name in ("allow", "deny", "account-ids"):
        conf.add_argument(f"--{name}", metavar="A,B", help="the whole list, separated by commas")


def _vault_verbs(every: Any) -> None:
    from ibdesk.cli import audit_verbs, vault_verbs, verbs

    db = _group(every, "db", "the vault")
    _verb(db, "check", "examine every page, reference and the chains of audit and receipts",
          in_desk(verbs.check, reads_only=True))
    kept = _verb(db, "backup", "keep an encrypted copy in one file, checked", in_desk(vault_verbs.backup))
    kept.add_argument("file", nargs="?", type=_path, metavar="FILE", help="a new file, or a folder")
    _verb(db, "backups", "the backups there are", in_desk(vault_verbs.list_backups, reads_only=True))
    back = _verb(db, "restore", "make the vault what a backup holds, here or on another computer; no desk may be open",
                 vault_verbs.restore)
    back.add_argument("file", type=_path, metavar="FILE", help="the backup")
    _verb(db, "rekey", "give the vault a new key and a new recovery code; no desk may be open", vault_verbs.rekey)
    _verb(db, "passphrase", "change the passphrase (standard input: the old one, then the new one)",
          in_desk(vault_verbs.passphrase))
    _verb(db, "recovery-code", "make a new recovery code", in_desk(vault_verbs.recovery_code))
    _verb(db, "new-passphrase", "print a strong random passphrase", vault_verbs.new_passphrase)
    _verb(db, "remember", "let this computer's key store open the vault", in_desk(vault_verbs.remember))
    _verb(db, "forget", "ask for the passphrase again", in_desk(vault_verbs.forget))
    log = _group(every, "audit", "the log of every call")
    _verb(log, "verify", "find a row that was changed, removed or moved", in_desk(audit_verbs.verify, reads_only=True))
    _verb(log, "hints", "what a careful person would look at", in_desk(audit_verbs.hints, reads_only=True))
    out = _verb(log, "export", "write the log with its hashes", in_desk(audit_verbs.export, reads_only=True))
    out.add_argument("file", type=_path, metavar="FILE")
    out.add_argument("--format", choices=["csv", "jsonl"], help="default: by the file's name, else csv")
    _replace_option(out)


def _replace_option(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--replace", action="store_true", help="over a file that is there already")


def _verb(group: Any, name: str, text: str, run: Callable[[argparse.Namespace, Talk], int]) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
    made.set_defaults(run=run)
    return made


def _group(every: Any, name: str, text: str) -> Any:
    return every.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="VERB")


def _demo_verb(every: Any) -> None:
    demo = _verb(every, "demo", "the desk on a pretend broker, leaving no trace", _demo)
    demo.add_argument("--shots", type=_path, metavar="DIR", help="walk through everything and leave pictures in DIR")
    demo.add_argument("--mode", choices=["demo", "local_paper"], default="demo", dest="demo_mode",
                      help="local_paper: trade on an account of this computer, at the demo's prices")
    demo.add_argument("--theme", choices=["dark", "light"], default="", help="with --shots: in this theme alone")
    demo.add_argument("--serve", action="store_true", help="run the pretend broker's servers alone")
    demo.add_argument("--portal-port", type=_port, default=0, metavar="N", help="with --serve: the gateway's port")
    demo.add_argument("--flex-port", type=_port, metavar="N", help="with --serve: also the Flex service, at this port")
    demo.add_argument("--tws-port", type=_port, metavar="N", help="with --serve: also a TWS socket, at this port")
    demo.add_argument("--signed-out", action="store_true", help="with --serve: begin at the sign-in page")
    demo.add_argument("--upstream", action="store_true", help="with --serve: stand behind a real gateway")


def _add_verb(account: Any, run: Callable[[argparse.Namespace, Talk], int]) -> None:
    add = _verb(account, "add", "connect an account; makes the vault where there is none", run)
    add.add_argument("--broker", choices=["ibkr"], default="ibkr")
    add.add_argument("--gateway-url", required=True, metavar="URL", help="such as https://localhost:5000")
    add.add_argument("--id", required=True, type=_account_id, metavar="U…")
    add.add_argument("--environment", required=True, choices=["paper", "live"])
    add.add_argument("--user", default="", metavar="NAME", help="the user name at the broker, kept encrypted")
    add.add_argument("--type", choices=["brokerage"], default="brokerage")
    add.add_argument("--currency", default="USD")
    add.add_argument("--allow-remote", action="store_true", help="the gateway may be another computer")
    add.add_argument("--pin-certificate", action="store_true", help="show the certificate and ask whether to trust it")
    add.add_argument("--accept-certificate", default="", metavar="SHA256", help="trust exactly this certificate")


class _Mode(argparse.Action):
    """A mode is two settings for this run: the environment, and whether orders stay on this computer."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: Any, _option: str | None = None) -> None:
        namespace.set = [*namespace.set, *_MODES[values]]


def _setting(text: str) -> tuple[str, str]:
    written, is_there, value = text.partition("=")
    name = written.replace(".", "_")  # risk.bp_buffer_pct, as in a settings file's table
    if not is_there or name not in names():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with a name among {', '.join(names())}")
    return name, value


def _path(text: str) -> Path:
    """A file or folder; it belongs to the folder the command was typed in, see `located`."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("the name of a file or folder is empty")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is in the home folder of nobody known here") from error


def located(args: argparse.Namespace, folder: Path) -> None:
    """Make every path absolute that was typed in `folder`."""
    for name, value in list(vars(args).items()):
        if isinstance(value, Path):
            setattr(args, name, folder / value)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-01-31") from error


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 1 to 65535, or 0 for any free one")
    return int(text)


def _listen_port(text: str) -> int:
    """A port to write down; any free one is for servers that begin now."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 1 to 65535")
    return int(text)


def _account_id(text: str) -> AccountId:
    if not looks_like_account(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no account id such as U1234567 or DU1234567")
    return AccountId(text)


def show_window(args: argparse.Namespace, talk: Talk) -> int:
    """Open the window, or bring the one that has this vault open to the front."""
    code = handed_over(args, home_of(args), talk)
    if code is not None:
        return code
    from ibdesk import app

    return app.main(home=home_of(args), overrides=dict(args.set), serve=serve)


def _demo(args: argparse.Namespace, _talk: Talk) -> int:
    if not args.serve:
        from ibdesk import app

        chosen = {"local_paper": "true"} if args.demo_mode == "local_paper" else {}
        return app.main(demo=True, shots=args.shots, theme_name=args.theme, overrides=chosen, serve=serve)
    from ibdesk.demo import gateway

    try:
        return asyncio.run(
            gateway.serve(
                portal_port=args.portal_port, flex_port=args.flex_port, tws_port=args.tws_port,
                signed_out=args.signed_out, upstream=args.upstream,
            )
        )
    except OSError as error:
        ports = " or ".join(str(port) for port in (args.portal_port, args.flex_port, args.tws_port) if port)
        raise Unavailable(
            f"The port {ports} cannot be used: {_why(error)}.",
            remedy="Choose another with --portal-port, --flex-port or --tws-port, or leave it away.",
            cause=Cause.BAD_SETTING,
        ) from error


def _why(error: OSError) -> str:
    """What the system says, without the words asyncio puts around it."""
    if error.errno == errno.EADDRINUSE:
        return "another program has it"
    return os.strerror(error.errno) if error.errno else str(error)
