from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from PySide6.QtWidgets import QApplication

from ibdesk.ui.expiry.columns import LEAVE, SETTLINGS, ExpiryModel, key_of
from ibdesk.ui.pages.activity.model import RecordModel
from tests.ui.expiry.sample import EVERYTHING, LONG_CALL, SHORT_PUT, SPREAD_LONG, board
from tests.ui.sample_desk import NOW


def texts(model: RecordModel, line: int) -> dict[str, str]:
    return {field.title: model.data(model.index(line, at)) for at, field in enumerate(model.fields)}


def test_a_line_tells_everything_that_matters_on_the_last_day(dressed: QApplication) -> None:
    model = ExpiryModel()
    model.show_lines(board(SHORT_PUT).lines, NOW)
    assert texts(model, 0) == {
        "Contract": "SPY Nov 20 588 P", "Account": "DU7654321", "Position": "−10", "Ends": "Today · 3 h 11 m",
        "Underlying": "588.40", "Money": "ATM 0.40", "Bid": "0.41", "Time value": "0.42",
        "If it closes here": "Expires worthless", "Attention": "Near strike",
    }  # fmt: skip


def test_moved_prices_repaint_only_their_line_and_reset_nothing(dressed: QApplication) -> None:
    model = ExpiryModel()
    model.show_lines(board(LONG_CALL, SHORT_PUT).lines, NOW)
    resets: list[int] = []
    changed: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    for at in range(2):
        texts(model, at)  # they were looked at
    model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    model.show_lines(board(LONG_CALL, replace(SHORT_PUT, spot=Decimal("589.10"))).lines, NOW)
    assert changed == [1] and not resets and texts(model, 1)["Money"] == "OTM 1.10"
    model.show_lines(board(LONG_CALL).lines, NOW)
    assert resets


def test_the_clock_moves_on_without_prices(dressed: QApplication) -> None:
    model = ExpiryModel()
    lines = board(LONG_CALL).lines
    model.show_lines(lines, NOW)
    model.show_lines(lines, NOW + timedelta(hours=1))
    assert texts(model, 0)["Ends"] == "Today · 2 h 11 m"


def test_a_position_is_found_by_account_and_contract(dressed: QApplication) -> None:
    model = ExpiryModel()
    lines = board(*EVERYTHING).lines
    model.show_lines(lines, NOW)
    assert model.line_of(key_of(lines[3])) == 3 and model.line_of("nobody") is None


def test_what_is_left_out_first_is_a_column() -> None:
    titles = [field.title for field in ExpiryModel().fields]
    assert set(LEAVE) < set(titles) and not {"Contract", "Ends", "Money", "Attention"} & set(LEAVE)


def test_a_spread_is_told_as_one(dressed: QApplication) -> None:
    model = RecordModel(SETTLINGS)
    below = (replace(SHORT_PUT, spot=Decimal(585)), replace(SPREAD_LONG, spot=Decimal(585)))
    model.show(board(*below).settlings)
    told = texts(model, 0)
    assert told["Expiry"] == "Fri Nov 20" and told["Positions"] == "2"
    assert told["All of them leave"] == "+1,000 SPY · −$588,000.00"
