"""The verbs that connect an account and list what is connected; connecting is what the wizard does, in one command."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from ibdesk import wiring
from ibdesk.brokers.base import Certificate, CertificateUnknown
from ibdesk.cli.door import home_of, new_passphrase, open_desk
from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import Account, Environment, looks_paper
from ibdesk.domain.errors import Cause, NeedsPerson
from ibdesk.domain.modes import check_environment
from ibdesk.domain.money import Currency
from ibdesk.domain.positions import Source
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult

#: What is said of a vault without accounts: whoever began it may have been stopped before its code was shown.
BEGUN = "The vault was empty. If you never saw its recovery code, make a new one: ibdesk db recovery-code"


def settle_certificate(args: argparse.Namespace, talk: Talk) -> None:
    """Look at the gateway's certificate and have it trusted by the person, or stop. What follows accepts this one."""
    args.accept_certificate = _trusted(args, talk)
    args.words = (*args.words, "--accept-certificate", args.accept_certificate)


def add(args: argparse.Namespace, talk: Talk) -> int:
    """Keep how the gateway is reached, in a new vault if there is none."""
    result = _result(args)
    _tell_connected(result, talk, code=asyncio.run(_save(args, result, talk)))
    return 0


async def connect(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """The same in the open desk, which goes on as it is until its vault is opened again."""
    result = _result(args)
    await desk.connector.save(result)
    _tell_connected(result, talk)
    talk.say("Close the vault in the window and open it again to use this connection.")
    return 0


def _result(args: argparse.Namespace) -> FirstRunResult:
    """What the wizard would have found. Raises what `check_environment` does."""
    environment, currency = Environment(args.environment), Currency(args.currency.upper())
    account = Account(id=args.id, title=args.id, currency=currency, is_paper=looks_paper(args.id))
    check_environment(environment, account)
    credentials = Credentials(
        environment=environment,
        gateway_url=args.gateway_url.rstrip("/"),
        user_name=args.user,
        account=account.id,
        certificate_sha256=args.accept_certificate,
    )
    return FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())


def _tell_connected(result: FirstRunResult, talk: Talk, *, code: str = "") -> None:
    account, credentials = result.account, result.credentials
    assert credentials is not None  # noqa: S101 - this verb connects gateways alone
    talk.tell(
        {
            "status": "success",
            "account": account.id,
            "environment": credentials.environment.value,
            "gateway": credentials.gateway_url,
            "certificate_sha256": credentials.certificate_sha256,
        }
        | ({"recovery_code": code} if code else {}),
        [f"{account.id} is connected through {credentials.gateway_url}."],
    )
    if code:
        talk.insist(f"Write this recovery code down; it is shown this once:\n{code}")


async def _save(args: argparse.Namespace, result: FirstRunResult, talk: Talk) -> str:
    """Keep it in the vault; the recovery code when the vault is new."""
    home = home_of(args)
    if wiring.vault_exists(home):
        async with open_desk(args) as desk:
            if not await desk.book.every_account():
                talk.say(BEGUN)
            await desk.connector.save(result)
        return ""
    desk, code = await wiring.create_desk(
        home, new_passphrase(), result, overrides=dict(args.set), watching=False
    )
    await desk.close()
    return code


def _trusted(args: argparse.Namespace, talk: Talk) -> str:
    """The certificate's fingerprint once it is trusted; empty for plain HTTP."""
    if not args.gateway_url.startswith("https:"):
        return ""
    shown = asyncio.run(wiring.show_certificate(args.gateway_url, allow_remote=args.allow_remote))
    wanted = args.accept_certificate.replace(":", "").upper()
    if wanted and wanted != shown.sha256.replace(":", ""):
        raise NeedsPerson(
            f"The gateway shows another certificate: {shown.sha256}.",
            remedy="Find out why before you trust it.",
            cause=Cause.CERTIFICATE_CHANGED,
        )
    if wanted or (args.pin_certificate and _says_yes(shown, talk)):
        return shown.sha256
    raise CertificateUnknown(
        f"The gateway's certificate is not trusted yet: {shown.sha256}.",
        remedy="Compare it and repeat the command with --accept-certificate and these characters.",
        certificate=shown,
    )


def _says_yes(shown: Certificate, talk: Talk) -> bool:
    """Whether the person in front of the terminal trusts the certificate; nobody there is no."""
    if talk.json or sys.stdin is None or not sys.stdin.isatty():
        return False
    talk.insist(f"{shown.subject}\nvalid {shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d}\n{shown.sha256}")
    return input("Trust this certificate? [yes/no] ").strip().lower() == "yes"


async def list_accounts(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """Every account that was seen, with its last figures: of TWS where the gateway never told any."""
    rows: list[dict[str, Any]] = []
    for account in await desk.book.every_account():
        page = await desk.book.page(account.id) or await desk.book.page(account.id, source=Source.TWS)
        rows.append(
            {
                "id": account.id,
                "title": account.title,
                "currency": account.currency,
                "is_paper": account.is_paper,
                "margin_type": account.margin_type.value,
                "net_liquidation": None if page is None else page.summary.net_liquidation,
                "positions": None if page is None else len(page.rows),
                "as_of": None if page is None else page.as_of,
                "source": None if page is None else page.source.value,
            }
        )
    talk.tell({"status": "success", "accounts": rows}, [_line(row) for row in rows] or ["No account yet.", BEGUN])
    return 0


def _line(row: Mapping[str, Any]) -> str:
    if row["as_of"] is None:
        return f"{row['id']}  not synced yet"
    value, at = row["net_liquidation"], f"{row['as_of']:%Y-%m-%d %H:%M:%S} UTC"
    worth = "—" if value is None else f"{value:,.2f} {row['currency']}"
    over = ", over the socket" if row["source"] == Source.TWS else ""
    return f"{row['id']}  {worth}  {row['positions']} positions  {at}{over}"
