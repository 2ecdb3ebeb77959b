"""How a web address leaves the window: only to the system's own browser, and only if it is one."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

#: Where a Java that runs the gateway can be had for every system (Eclipse Temurin).
JAVA_PAGE = "https://adoptium.net/temurin/releases/"


def open_link(address: str) -> None:
    """Show a page of the web. Only https and http leave; anything else is ignored."""
    if QUrl(address).scheme() in ("https", "http"):
        QDesktopServices.openUrl(QUrl(address))
