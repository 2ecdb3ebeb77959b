"""The second room: every position with every column, its totals, and the cash."""

from ibdesk.ui.pages.portfolio.page import Portfolio, build

__all__ = ["Portfolio", "build"]
