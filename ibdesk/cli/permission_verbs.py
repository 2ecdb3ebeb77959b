"""The verb that says what an account may trade, and why not: the rule's own answers, as the window shows them."""

import argparse
from typing import Any

from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.granted import Granted, granted_level, own_level
from ibdesk.domain.compliance.permission_matrix import MatrixRow, matrix_context, permission_matrix
from ibdesk.domain.compliance.policy import policies_at
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.hours import NEW_YORK
from ibdesk.services.desk import Desk


async def permissions(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Every strategy for one account or for each; asks nobody. Refused(UNKNOWN_ACCOUNT) before its first sync."""
    wanted = [args.account] if args.account else [each.id for each in await desk.book.accounts()]
    told = [await _of(desk, account) for account in wanted]
    talk.tell(
        {"status": "success", "accounts": [_told(*each) for each in told]},
        [line for each in told for line in _lines(*each)],
    )  # fmt: skip
    return 0


async def _of(desk: Desk, account: AccountId) -> tuple[AccountId, Granted, tuple[MatrixRow, ...]]:
    page = await desk.book.page(account, with_history=False)
    if page is None:
        raise Refused(
            f"{account} has not been read yet, so nobody knows what it may trade.",
            remedy=f"Sync it once: ibdesk account sync {account}", cause=Cause.UNKNOWN_ACCOUNT,
        )  # fmt: skip
    today, settings = desk.clock().astimezone(NEW_YORK).date(), desk.preferences.sourced.settings
    granted = granted_level(
        policies_at(today).broker.id, settings,
        entered=await desk.preferences.options_level(desk.environment, account),
    )  # fmt: skip
    context = matrix_context(granted, own_level(settings), page.summary.margin_type)
    return account, granted, permission_matrix(context, today)


def _told(account: AccountId, granted: Granted, rows: tuple[MatrixRow, ...]) -> dict[str, Any]:
    return {
        "account": account, "broker": granted.broker, "level": granted.name or None, "told_by": granted.origin.value,
        "strategies": [
            {
                "strategy": row.strategy, "example": row.legs, "needs": sorted(row.needs), "least_level": row.least,
                "answer": row.worst.severity.word, "why": row.worst.sentence, "remedy": row.worst.remedy,
                "source": row.worst.source.value,
            }
            for row in rows
        ],
    }  # fmt: skip


def _lines(account: AccountId, granted: Granted, rows: tuple[MatrixRow, ...]) -> list[str]:
    lines = [f"{account}  {granted.name or 'no option level known'} ({granted.origin.value})"]
    for row in rows:
        remedy = f" {row.worst.remedy}" if row.worst.remedy else ""
        lines.append(f"  {row.worst.severity.word:<8} {row.strategy:<26} {row.worst.sentence}{remedy}")
    return lines
