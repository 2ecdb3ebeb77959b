"""What the delegate puts on screen: selection, colours by sign, the flash, and figures that are never cut."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem

from ibdesk.domain.market import Quote
from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.models.columns import OVERVIEW
from ibdesk.ui.models.painting import PositionDelegate
from ibdesk.ui.models.positions import PositionModel
from ibdesk.ui.theme import look
from tests.ui.sample_book import NOW, page

UNREALIZED = next(at for at, column in enumerate(OVERVIEW) if column.key == "unrealized")
LAST = next(at for at, column in enumerate(OVERVIEW) if column.key == "last")
MSFT = 2


@pytest.fixture
def drawn(dressed: QApplication) -> Iterator[tuple[PositionModel, PositionDelegate]]:
    model = PositionModel(OVERVIEW, clock=lambda: 100.0)
    model.visible = lambda: (0, model.rowCount() - 1)
    model.set_book(page().rows, "USD")
    yield model, PositionDelegate(model, model)
    model.deleteLater()


def picture(
    drawn: tuple[PositionModel, PositionDelegate], line: int, column: int, *, width: int = 130,
    state: QStyle.StateFlag = QStyle.StateFlag.State_Enabled,
) -> QImage:
    model, delegate = drawn
    image = QImage(width, 30, QImage.Format.Format_RGB32)
    image.fill(look().colour("surface"))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, width, 30)
    option.state = state
    painter = QPainter(image)
    delegate.paint(painter, option, model.index(line, column))
    painter.end()
    return image


def distance(image: QImage, colour: QColor) -> int:
    """How near the nearest pixel comes to a colour, 0 to 765."""
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return min(
        abs(p.red() - colour.red()) + abs(p.green() - colour.green()) + abs(p.blue() - colour.blue()) for p in pixels
    )


def test_a_gain_and_a_loss_wear_their_colours_and_their_signs(drawn: tuple[PositionModel, PositionDelegate]) -> None:
    model, _ = drawn
    loss = next(line for line in range(model.rowCount()) if model.cell(line, UNREALIZED).text.startswith("−"))
    assert model.cell(0, UNREALIZED).text.startswith("+")
    assert distance(picture(drawn, 0, UNREALIZED), look().colour("gain")) < 30
    assert distance(picture(drawn, loss, UNREALIZED), look().colour("loss")) < 30
    assert distance(picture(drawn, 0, UNREALIZED), look().colour("loss")) > 60


def test_selection_and_focus_are_seen(drawn: tuple[PositionModel, PositionDelegate]) -> None:
    plain = picture(drawn, 0, LAST)
    chosen = picture(drawn, 0, LAST, state=QStyle.StateFlag.State_Selected)
    focused = picture(drawn, 0, LAST, state=QStyle.StateFlag.State_HasFocus)
    assert chosen.pixelColor(3, 3) != plain.pixelColor(3, 3)
    assert focused.pixelColor(0, 10) == look().colour("accent")


def test_a_changed_figure_has_another_ground_for_a_moment(drawn: tuple[PositionModel, PositionDelegate]) -> None:
    model, _ = drawn
    before = picture(drawn, 0, LAST).pixelColor(2, 2)
    price = Decimal(999)
    conid = page().rows[0].position.instrument.conid
    model.set_quotes([Quote(conid=conid, received_at=NOW, last=price, bid=price, ask=price, daily_pnl=price)])
    model.show_changes()
    assert picture(drawn, 0, LAST).pixelColor(2, 2) != before


def test_a_number_that_does_not_fit_becomes_dots_and_is_never_cut(
    drawn: tuple[PositionModel, PositionDelegate],
) -> None:
    tight = picture(drawn, 0, UNREALIZED, width=44)
    ground = look().colour("surface")
    left = [tight.pixelColor(x, y) for x in range(2, 16) for y in range(4, 26)]
    assert all(colour == ground for colour in left)


def test_the_sparkline_is_drawn_and_dims_with_the_rest(drawn: tuple[PositionModel, PositionDelegate]) -> None:
    model, _ = drawn
    trend = next(at for at, column in enumerate(OVERVIEW) if column.key == "trend")
    fresh = picture(drawn, MSFT, trend)
    assert distance(fresh, look().colour("gain")) < 40
    model.set_dimmed(True)
    assert distance(picture(drawn, MSFT, trend), look().colour("gain")) > 60


def test_the_delegate_follows_the_theme(
    drawn: tuple[PositionModel, PositionDelegate], dressed: QApplication
) -> None:
    theme.apply(dressed, theme.Theme(name=ThemeName.LIGHT, colour_blind=True))
    assert distance(picture(drawn, 0, UNREALIZED), look().colour("gain")) < 30


def test_every_kind_of_cell_can_be_drawn_narrow_and_wide(drawn: tuple[PositionModel, PositionDelegate]) -> None:
    model, _ = drawn
    model.arrange(group="class")
    for width in (30, 300):
        for line in range(model.rowCount()):
            for column in range(model.columnCount()):
                assert not picture(drawn, line, column, width=width).isNull()
    assert model.index(0, 0).data(Qt.ItemDataRole.DisplayRole)
