"""The Trade room: chain, ticket and today's orders beside each other."""

from ibdesk.ui.pages.trade.page import build

__all__ = ["build"]
