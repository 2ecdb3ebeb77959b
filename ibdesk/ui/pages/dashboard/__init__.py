"""The first room: the account at a glance, and every figure the broker gives of it."""

from ibdesk.ui.pages.dashboard.page import Dashboard, build

__all__ = ["Dashboard", "build"]
