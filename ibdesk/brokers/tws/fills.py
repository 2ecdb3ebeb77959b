"""Every print once, however often, late or in whatever order it and its commission are told."""

from dataclasses import replace
from datetime import datetime

from ibdesk.brokers.tws.convert import revision, stem
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, Fill
from ibdesk.domain.orders import OrderId


class FillBook:
    """Prints by what they and their corrections have in common, commissions by their whole id."""

    def __init__(self) -> None:
        self._known: dict[str, Execution] = {}
        self._charged: dict[ExecId, Commission] = {}
        self._carried: dict[str, Commission] = {}
        self._told: dict[str, Fill] = {}

    def executed(self, report: Execution) -> Fill | None:
        """What is news in it; None for a repetition and for a print that was corrected since. The same id with other
        figures counts as a correction."""
        key = stem(report.exec_id)
        before = self._known.get(key)
        if before == report or (before is not None and revision(report.exec_id) < revision(before.exec_id)):
            return None
        if before is not None and (paid := self._commission(before)) is not None:
            # A correction's own report may never come (tws-api.md 5.4).
            self._carried[key] = replace(paid, exec_id=report.exec_id)
        self._known[key] = report
        return self._news(report)

    def charged(self, report: Commission) -> Fill | None:
        """The print it belongs to, with it; None for a repetition, and while the print is not known."""
        if self._charged.get(report.exec_id) == report:
            return None
        self._charged[report.exec_id] = report
        known = self._known.get(stem(report.exec_id))
        if known is None or known.exec_id != report.exec_id:
            return None
        return self._news(known)

    def _news(self, report: Execution) -> Fill | None:
        """The print as it is known now, if that was not told before."""
        key, found = stem(report.exec_id), self._fill(report)
        if self._told.get(key) == found:
            return None
        self._told[key] = found
        return found

    def of(self, account: AccountId, since: datetime) -> tuple[Fill, ...]:
        """All prints of an account from then on, oldest first."""
        found = [each for each in self._known.values() if each.account == account and each.at >= since]
        return tuple(self._fill(each) for each in sorted(found, key=lambda each: (each.at, each.exec_id)))

    def of_orders(self) -> dict[OrderId, tuple[Execution, ...]]:
        """The prints of each order."""
        found: dict[OrderId, tuple[Execution, ...]] = {}
        for each in self._known.values():
            if each.order_id is not None:
                found[each.order_id] = (*found.get(each.order_id, ()), each)
        return found

    def all(self) -> tuple[Fill, ...]:
        """All there are, oldest first."""
        found = sorted(self._known.values(), key=lambda each: (each.at, each.exec_id))
        return tuple(self._fill(each) for each in found)

    def forget(self, before: datetime) -> None:
        """Let go of what is older: TWS repeats a week at most."""
        self._known = {key: each for key, each in self._known.items() if each.at >= before}
        self._told = {key: each for key, each in self._told.items() if key in self._known}
        stems = set(self._known)
        self._charged = {key: each for key, each in self._charged.items() if stem(key) in stems}
        self._carried = {key: each for key, each in self._carried.items() if key in self._known}

    def _fill(self, report: Execution) -> Fill:
        return Fill(execution=report, commission=self._commission(report))

    def _commission(self, report: Execution) -> Commission | None:
        found = self._charged.get(report.exec_id) or self._carried.get(stem(report.exec_id))
        if found is not None and not found.currency:
            return replace(found, currency=report.instrument.currency)
        return found
