"""The room where everything that can be chosen is chosen, with the origin of every value."""

from ibdesk.ui.pages.settings.page import SettingsPage, build

__all__ = ["SettingsPage", "build"]
