"""The verb that tells the day in short."""

import argparse
from typing import Any

from ibdesk.cli.talk import Talk
from ibdesk.domain.digest import AccountDigest, Digest, day_trade_words
from ibdesk.services.desk import Desk


async def digest(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """What the vault holds of today; asks nobody."""
    if desk.digests is None:
        talk.tell({"status": "success", "accounts": []}, ["Nothing is known of today."])
        return 0
    found = await desk.digests.make()
    talk.tell(_told(found), _lines(found))
    return 0


def _told(found: Digest) -> dict[str, Any]:
    return {
        "status": "success",
        "at": found.at,
        "day": found.day.isoformat(),
        "mode": found.mode.value,
        "headline": found.headline,
        "blocked": found.blocked,
        "hints": found.hints,
        "accounts": [_account(each) for each in found.accounts],
    }


def _account(each: AccountDigest) -> dict[str, Any]:
    return {
        "account": each.account,
        "currency": each.currency,
        "read_at": each.read_at,
        "positions": each.positions,
        "moved": [{"instrument": one.label, "before": one.before, "after": one.after} for one in each.moved],
        "fills": each.fills,
        "commission": each.commission,
        "net_liquidation": each.net_liquidation,
        "day_pnl": each.day_pnl,
        "working": [order.ref or order.id for order in each.working],
        "expiring": [
            {"instrument": one.label, "quantity": one.quantity, "expiry": one.expiry.isoformat(), "days": one.days}
            for one in each.expiring
        ],
        "regime": each.regime.regime.value,
        "day_trades": each.day_trades,
        "day_trades_remaining": each.regime.day_trades_remaining,
    }


def _lines(found: Digest) -> list[str]:
    lines = [f"{found.day}  {found.headline}"]
    for each in found.accounts:
        lines.append(f"{each.account}  {each.positions} positions, read {each.read_at:%Y-%m-%d %H:%M} UTC")
        lines += [f"  {one.label}: {one.before:f} → {one.after:f}" for one in each.moved]
        lines += [f"  still works: {order.label or order.ref or order.id}" for order in each.working]
        lines += [f"  ends {one.expiry}: {one.quantity:f} of {one.label}" for one in each.expiring]
        lines.append(f"  {day_trade_words(each)}")
    return lines
