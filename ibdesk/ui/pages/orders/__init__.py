"""The Orders room: every order and what became of it, and every print with what it cost."""

from ibdesk.ui.pages.orders.page import OrdersPage, build

__all__ = ["OrdersPage", "build"]
