"""The room of what the desk did: syncs, session states and every call to the broker, newest first."""

from ibdesk.ui.pages.activity.page import ActivityPage, build

__all__ = ["ActivityPage", "build"]
