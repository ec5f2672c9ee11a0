"""How a form looks: its letters, colours and pages, the same in Excel and LibreOffice."""

from functools import partial

from openpyxl.styles import Alignment, Border, PatternFill, Protection, Side
from openpyxl.styles import Font as AnyFont

INK, GREY, FAINT, PALE, AMBER = "1F2D3A", "6B7680", "CFD6DC", "E6EBEF", "FBE7C6"  # as in our pictures
WHITE = "FFFFFF"
Font = partial(AnyFont, name="Arial", size=10)  # a font, or one of the same widths, is on every machine
LINE = Side(style="thin", color=FAINT)
LEFT, RIGHT, CENTRE = (Alignment(horizontal=side, vertical="center") for side in ("left", "right", "center"))
INDENTED = Alignment(horizontal="left", vertical="center", indent=1)


def filled(colour: str) -> PatternFill:
    return PatternFill("solid", colour)


def put(sheet, at: str, text: str | None, alignment: Alignment = LEFT, **font):
    """Words in a cell: they stay words, whatever sign they begin with."""
    cell = sheet[at]
    cell.value = text or None
    cell.font, cell.alignment = Font(**{"color": INK, **font}), alignment
    if text:
        cell.data_type, cell.quotePrefix = "s", text[:1] in "=+-@"
    return cell


def unlocked(cell) -> None:
    cell.protection = Protection(locked=False)


def underlined(cell, between: bool = False) -> None:
    """A line below the cell, and one at both sides."""
    side = LINE if between else None
    cell.border = Border(bottom=LINE, left=side, right=side)


def protected(sheet) -> None:
    """What is printed cannot be overwritten by a slip; there is no password, and rows may be made higher."""
    guard = sheet.protection
    guard.sheet = True
    guard.formatColumns = guard.formatRows = guard.formatCells = False


def printed(sheet, pages: int, footer: str) -> None:
    """A4 across, as wide as the page; on so many pages (0: as many as it takes)."""
    page = sheet.page_setup
    page.orientation, page.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    page.fitToWidth, page.fitToHeight = 1, pages
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = 0.5
    margins.bottom, margins.footer = 0.65, 0.3
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = footer, "&P / &N"
    sheet.oddFooter.left.size = sheet.oddFooter.right.size = 8
    sheet.sheet_view.showGridLines = False
