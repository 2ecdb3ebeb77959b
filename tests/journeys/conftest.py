"""Journeys run the whole application on the Qt loop, in folders of their own."""

from tests.ui.conftest import dressed, loop, own_window_settings, qtbot

__all__ = ["dressed", "loop", "own_window_settings", "qtbot"]
