"""Which accounts and rates the live sums are made with, and the sums themselves, followed row by row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.money import Currency
from ibdesk.domain.pnl import PnlRow
from ibdesk.domain.pnl_totals import RunningTotals

if TYPE_CHECKING:
    from ibdesk.services.live_pnl import LivePnl


class LiveSums:
    """The sums of each account in its own currency, and of all of them: in the one they share, else in `overall`."""

    def __init__(
        self, bases: Mapping[AccountId, Currency], rates: Mapping[AccountId, Mapping[Currency, Decimal]],
        overall: Currency,
    ) -> None:  # fmt: skip
        self.bases = bases
        self._rates = rates
        self._wanted = overall
        shared = set(bases.values())
        self._is_shared = len(shared) == 1
        self._overall = next(iter(shared)) if self._is_shared else overall
        self._accounts: dict[AccountId, RunningTotals] = {}
        self._together = self._running(self._overall)

    def is_made_with(
        self, bases: Mapping[AccountId, Currency], rates: Mapping[AccountId, Mapping[Currency, Decimal]],
        overall: Currency,
    ) -> bool:  # fmt: skip
        """Whether these would make the same sums."""
        return (bases, rates, overall) == (self.bases, self._rates, self._wanted)

    def put(self, rows: Iterable[PnlRow]) -> None:
        """Count rows in their newest state."""
        for row in rows:
            if row.is_shown or row.account in self._accounts:
                self._of(row.account).put(row)
                if not self._is_shared:
                    self._together.put(row)

    def of(self, chosen: AccountId | None) -> tuple[Sequence[tuple[str, RunningTotals]], RunningTotals | None]:
        """The sums by account, in the accounts' order, and of all together where there are several and none is
        chosen."""
        order = list(self.bases)
        known = sorted(self._accounts, key=lambda each: order.index(each) if each in order else len(order))
        totals = [(str(each), self._accounts[each]) for each in known if chosen in (None, each)]
        if len(totals) < 2:
            return totals, None
        return totals, self._added_up() if self._is_shared else self._together

    def rate(self, account: AccountId, currency: Currency) -> tuple[Currency, Decimal] | None:
        """The account's own currency and what one unit of another costs in it; None when it is its own or unknown."""
        base = self.bases.get(account)
        rate = self._rates.get(account, {}).get(currency)
        return None if base is None or rate is None or base == currency else (base, rate)

    def _of(self, account: AccountId) -> RunningTotals:
        found = self._accounts.get(account)
        if found is None:
            base = self.bases.get(account, self._overall)
            found = self._accounts[account] = self._running(base)
        return found

    def _added_up(self) -> RunningTotals:
        made = self._running(self._overall)
        for running in self._accounts.values():
            if running.currency == made.currency:
                made.add(running)
        return made

    def _running(self, base: Currency) -> RunningTotals:
        """Sums in a currency, by the rates of the accounts that are kept in it."""
        rates: dict[Currency, Decimal] = {}
        for account, currency in self.bases.items():
            if currency == base:
                rates.update(self._rates.get(account, {}))
        return RunningTotals(base, rates)


async def read_rates(live: "LivePnl", accounts: Iterable[AccountId]) -> dict[AccountId, Mapping[Currency, Decimal]]:
    """The stored rates of each account."""
    return {account: dict(await live.rates(account)) for account in accounts}


async def oldest_rates(live: "LivePnl", accounts: Iterable[AccountId]) -> datetime | None:
    """Of when the oldest of the stored rates are."""
    known = [at for account in accounts if (at := await live.rates_as_of(account)) is not None]
    return min(known, default=None)
