"""The pieces every page is built from. They know how things look and nothing about what they mean.

| piece                                         | for                                                      |
|-----------------------------------------------|----------------------------------------------------------|
| `Card`, `caption`                             | a surface with a title row and trailing controls           |
| `Figure`                                      | one key figure: caption, value, line below, age            |
| `Pill`, `paint_dot`                           | a state in one line that can be pressed                    |
| `Segmented`                                   | one choice of a few                                        |
| `Chip`, `Label`, `line`                       | text, counts, separators                                   |
| `hold_size`                                   | a text that counts each second, without a new layout       |
| `Button`, `PrimaryButton`, `IconButton`       | buttons by weight                                          |
| `EmptyState`, `SkeletonRows`, `Banner`        | nothing there, loading, something to say                   |
| `CheckRow` with `Check`, `StepList`           | what was checked; the steps of a walk                      |
| `Countdown`, `Icon`, `labelled`               | time left, a picture, a field under its label              |
"""

from ibdesk.ui.widgets.buttons import Button, IconButton, PrimaryButton
from ibdesk.ui.widgets.card import Card, caption
from ibdesk.ui.widgets.checks import Check, CheckRow, Step, StepList, StepState
from ibdesk.ui.widgets.countdown import Countdown
from ibdesk.ui.widgets.figure import Figure
from ibdesk.ui.widgets.labels import Chip, Label, hold_size, line
from ibdesk.ui.widgets.pill import Pill, paint_dot
from ibdesk.ui.widgets.segmented import Segmented
from ibdesk.ui.widgets.states import Banner, EmptyState, Icon, SkeletonRows, labelled

__all__ = [
    "Banner", "Button", "Card", "Check", "CheckRow", "Chip", "Countdown", "EmptyState", "Figure", "Icon", "IconButton",
    "Label", "Pill", "PrimaryButton", "Segmented", "SkeletonRows", "Step", "StepList", "StepState", "caption",
    "hold_size", "labelled", "line", "paint_dot",
]
