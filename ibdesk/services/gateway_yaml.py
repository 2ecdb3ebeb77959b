"""How a YAML text is read to positions, and one value in it replaced with everything else left as a person wrote it.

The parser names where each value begins and ends; only that stretch is exchanged. So comments, quotes, indentation and
keys nobody here knows stay as they are, which dumping a parsed document anew does not promise.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ibdesk.domain.errors import Cause, Refused

#: What SnakeYAML, the gateway's reader, takes for true (YAML 1.1).
_TRUE = ("true", "yes", "on", "y")
_PLAIN = re.compile(r"[A-Za-z0-9][\w.*/:-]*")


@dataclass(slots=True)
class Edit:
    """A text on its way to another; positions are looked up anew for each change, so they are never stale."""

    text: str
    newline: str = field(init=False)

    def __post_init__(self) -> None:
        self.newline = "\r\n" if "\r\n" in self.text else "\n"

    def scalar(self, keys: Sequence[str], value: str) -> None:
        """Write one value, at its place or at the end of its mapping."""
        node = self._find(keys)
        if node is None:
            self._add(keys, f" {value}")
        else:
            self._replace(node.start_mark.index, node.end_mark.index, value)

    def sequence(self, keys: Sequence[str], values: Sequence[str]) -> None:
        """Write one list. In the block form the lines of entries that stay are kept, with their comments."""
        node = self._find(keys)
        if node is None:
            self._add(keys, f" {_flow(values)}")
        elif isinstance(node, SequenceNode) and not node.flow_style and values:
            self._block(node, values)
        else:
            end = self._last_line_end(node) if isinstance(node, SequenceNode) and not node.flow_style \
                else node.end_mark.index  # fmt: skip
            self._replace(node.start_mark.index, end, _flow(values))

    def _block(self, node: SequenceNode, values: Sequence[str]) -> None:
        lines = self.text.splitlines(keepends=True)
        rows = [(item.start_mark.line, text_of(item)) for item in node.value]
        indent = " " * node.start_mark.column
        last = rows[-1][0]
        known = {text for _, text in rows}
        new = [f"{indent}- {_quoted(value)}{self.newline}" for value in values if value not in known]
        if not lines[last].endswith("\n"):
            lines[last] += self.newline
        gone = {line for line, text in rows if text not in values}
        kept = [line for number, line in enumerate(lines[: last + 1]) if number not in gone]
        self.text = "".join([*kept, *new, *lines[last + 1 :]])

    def _last_line_end(self, node: SequenceNode) -> int:
        last: Node = node.value[-1]
        end = self.text.find("\n", last.end_mark.index)
        return len(self.text) if end < 0 else end

    def _add(self, keys: Sequence[str], value: str) -> None:
        top = compose(self.text)
        parent = child(top, keys[0]) if len(keys) > 1 and isinstance(top, MappingNode) else top
        if isinstance(parent, MappingNode) and parent.value and not parent.flow_style:
            first = parent.value[0][0].start_mark
            end = self._end_of(parent)
            self._replace(end, end, f"{self.newline}{' ' * first.column}{keys[-1]}:{value}")
        elif len(keys) > 1 and parent is None:
            self._add(keys[:1], f"{self.newline}{' ' * (self._column(top) + 4)}{keys[1]}:{value}")
        else:
            raise unsafe(".".join(keys))

    def _end_of(self, parent: MappingNode) -> int:
        """Where the last line of a mapping's text ends: after its last value, whatever comments follow."""
        node: Node = parent.value[-1][1]
        while isinstance(node, MappingNode | SequenceNode) and node.value and not node.flow_style:
            node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
        end = self.text.find("\n", node.end_mark.index)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[end - 1 : end] == "\r" else end

    def _column(self, top: Node | None) -> int:
        column: int = top.value[0][0].start_mark.column if isinstance(top, MappingNode) and top.value else 0
        return column

    def _find(self, keys: Sequence[str]) -> Node | None:
        node: Node | None = compose(self.text)
        for key in keys:
            node = child(node, key) if isinstance(node, MappingNode) else None
        return node

    def _replace(self, start: int, end: int, value: str) -> None:
        self.text = self.text[:start] + value + self.text[end:]


def compose(text: str) -> Node | None:
    """The text as nodes that know their places. Raises YAMLError."""
    node: Node | None = YAML(typ="rt", pure=True).compose(text)
    return node


def child(node: Node | None, name: str) -> Node | None:
    """The value of a key; of the last of several, as the gateway reads it."""
    if not isinstance(node, MappingNode):
        return None
    found: Node | None = None
    for key, value in node.value:
        if key.value == name:
            found = value
    return found


def text_of(node: Node | None) -> str:
    """A plain value as written; empty for none."""
    return str(node.value).strip() if isinstance(node, ScalarNode) else ""


def texts(node: Node | None) -> tuple[str, ...] | None:
    """A list of plain values; a single one counts as a list of one, None stays None."""
    if isinstance(node, SequenceNode):
        return tuple(text_of(item) for item in node.value)
    return None if node is None else tuple(filter(None, [text_of(node)]))


def flag(node: Node | None) -> bool | None:
    """True or false; None for none."""
    return None if node is None else text_of(node).lower() in _TRUE


def port(node: Node | None) -> int | None:
    """A port; 0 for a value that is none, None for no value."""
    if node is None:
        return None
    try:
        number = int(text_of(node))
    except ValueError:
        return 0
    return number if 0 < number < 65536 else 0


def where(error: YAMLError) -> str:
    """What is wrong, and in which line."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "it is no YAML")
    return f"line {mark.line + 1}: {problem}" if mark is not None else problem


def _flow(values: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(value) for value in values)}]"


def _quoted(value: str) -> str:
    """A value as YAML reads it back; a pattern such as 10.* is plain text, `*` alone would be an alias."""
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


def unsafe(name: str) -> Refused:
    """The sentence for a form that is left to a person."""
    return Refused(
        f"The file writes {name} in a form that ibdesk does not change by itself.",
        remedy="Change it in an editor; nothing was written.", cause=Cause.BAD_SETTING,
    )
