"""How a receipt's document is written as HTML that screens, printers and browsers show alike; everything is escaped."""

from dataclasses import dataclass
from html import escape

from ibdesk.domain.receipt_document import Cell, Document, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Inks:
    """The colours of one medium as `#rrggbb`."""

    paper: str
    text: str
    muted: str
    line: str
    gain: str
    loss: str
    warn: str

    def of(self, tone: str) -> str:
        """The colour of a tone; that of text where it has none."""
        return {"gain": self.gain, "loss": self.loss, "warn": self.warn}.get(tone, self.text)


#: Ink on white paper, for printers and files; the tones are those of the light theme.
PAPER = Inks(
    paper="#ffffff", text="#161a20", muted="#5a6472", line="#c9ced6", gain="#0f8a5f", loss="#cf3339", warn="#a86a00",
)  # fmt: skip


def html_of(document: Document, inks: Inks = PAPER) -> str:
    """The whole document. Only tables, spans and colours: Qt's rich text knows little more, and enlarges headings."""
    sections = "\n".join(_section(each, inks) for each in document.sections)
    lead = f'<p style="margin:2px 0 0 0">{_text(document.lead)}</p>' if document.lead else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Receipt: {_text(document.title)}</title></head>
<body style="background:{inks.paper}; color:{inks.text}; font-family:'Segoe UI','Inter','Noto Sans',sans-serif">
<p style="margin:0; color:{inks.muted}">Compliance receipt</p>
<p style="margin:2px 0 0 0; font-size:14pt; font-weight:600">{_text(document.title)}</p>
<p style="margin:4px 0 0 0"><b><span style="color:{inks.of(document.tone)}">{_text(document.word)}</span></b></p>
{lead}
<p style="margin:6px 0 0 0; color:{inks.of(document.seal_tone)}">{_text(document.seal)}</p>
{sections}
</body></html>
"""


def _section(section: Section, inks: Inks) -> str:
    first = section.rows[0]
    widths = [f' width="{share}%"' for share in section.widths] or [""] * len(first)
    heads = "".join(
        f'<th align="{_align(cell)}"{width} style="color:{inks.muted}; font-weight:400;'
        f' padding:3px {_gap(cell)}px 3px 0">{_text(head)}</th>'
        for head, cell, width in zip(section.heads, first, widths, strict=False)
    )
    rows = "\n".join(_row(row, widths, inks, is_fact=not section.heads) for row in section.rows)
    return f"""<p style="margin:16px 0 3px 0; font-size:10.5pt; font-weight:600">{_text(section.title)}</p>
<table width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse">
{f"<tr>{heads}</tr>" if heads else ""}
{rows}
</table>"""


def _row(row: tuple[Cell, ...], widths: list[str], inks: Inks, *, is_fact: bool) -> str:
    cells = "".join(
        _cell(cell, inks, width, muted=is_fact and at == 0)
        for at, (cell, width) in enumerate(zip(row, widths, strict=False))
    )
    return f"<tr>{cells}</tr>"


def _cell(cell: Cell, inks: Inks, width: str, *, muted: bool) -> str:
    colour = inks.muted if muted else inks.of(cell.tone)
    note = f'<br><span style="color:{inks.muted}; font-size:8.5pt">{_text(cell.note)}</span>' if cell.note else ""
    strong = f"<b>{_text(cell.text)}</b>" if cell.tone else _text(cell.text)
    style = f"color:{colour}; padding:4px {_gap(cell)}px 4px 0; border-top:1px solid {inks.line}"
    return f'<td align="{_align(cell)}" valign="top"{width} style="{style}">{strong}{note}</td>'


def _align(cell: Cell) -> str:
    return "right" if cell.is_number else "left"


def _gap(cell: Cell) -> int:
    """White to the right of a column, in pixels: numbers need more before the next text."""
    return 22 if cell.is_number else 12


def _text(text: str) -> str:
    """Nothing of it is markup; its own line breaks stay."""
    return escape(text).replace("\n", "<br>")
