"""The workbook to be filled in: headers with their help, lists to choose from, and one example."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.exchange.cells import option
from matcher.exchange.columns import Column, columns_of
from matcher.exchange.reading import EXAMPLE_MARK
from matcher.exchange.sides import Side, side_of
from matcher.exchange.writing import HEADER_FILL, HEADER_FONT, TOP

OPTIONS = Label("选项", "Options")
REQUIRED = Label("必填。", "Required.")
EITHER = Label("机构名称和信用代码至少填一项。", "Give the name or the credit code of the organisation.")
SEVERAL = Label(
    "可填多项，用分号隔开，选项见“选项”工作表。",
    "Several may be given, separated by semicolons; see the sheet “Options”.",
)
ONE = Label("请从列表中选择。", "Choose one of the list.")
LIMIT = Label("最多 {limit} 字。", "{limit} characters at most.")
DATE = Label("日期，如 2027-06-30。", "A date such as 2027-06-30.")
WAN = Label("以万元计的数字，如 120 或 80.5。", "A number in 10,000 yuan, such as 120 or 80.5.")
NOT_LISTED = Label("不在选项之中，导入时可能不能识别。", "This is not one of the options and may not be understood.")
EXAMPLE_TITLE = Label("此行为示例，导入时跳过", "this row is an example and is not imported")
#: Rows that have the lists to choose from.
ROWS = 2000

EXAMPLES: dict[str, Label] = {
    "ref": Label("2026-001", "2026-001"),
    "organisation.name": Label("成都某某科技有限公司", "Example Ltd."),
    "keywords": Label("增材制造；孔隙率；单晶叶片", "additive manufacturing; porosity; single crystal"),
    "background": Label("每年修复叶片 6000 片，良品率 71 %。", "6,000 blades are repaired a year; 71 % are good."),
    "difficulties": Label("修复层孔隙率为 1.2 %，热处理后再结晶。", "The repaired layer has 1.2 % pores and recrystallises."),
    "content": Label("建立工艺窗口与在线监测方法。", "A process window and on-line monitoring."),
    "indicators": Label("孔隙率 ≤ 0.5 %\n抗拉强度 ≥ 980 MPa", "porosity ≤ 0.5 %\ntensile strength ≥ 980 MPa"),
    "summary": Label("熔池在线监测与闭环控制，修复层孔隙率低于 0.3 %。", "The melt pool is monitored and controlled; pores are below 0.3 %."),
    "innovation": Label("双波长测温，毫秒级功率调节。", "Two-colour pyrometry adjusts the power within milliseconds."),
    "application": Label("航空发动机与燃气轮机叶片修复。", "Repair of blades of engines and gas turbines."),
    "ip": Label("发明专利 ZL202110000001.2 已授权", "发明专利 ZL202110000001.2 已授权"),
    "ipc": Label("B22F10/28", "B22F10/28"),
    "team": Label("增材制造团队", "Additive manufacturing group"),
    "budget": Label("300", "300"),
    "price_low": Label("80", "80"),
    "price_high": Label("150", "150"),
    "year": Label("2025", "2025"),
}  # fmt: skip


def template(what: str, language: str, *, is_own: bool) -> bytes:
    """Return the template for a list of "needs" or "offers" as a workbook.

    `is_own`: for a list of one's own organisation, without the columns that tell of it.
    """
    side = side_of(what)
    columns = columns_of(side, owner=not is_own)
    book = Workbook()
    page, options = book.active, book.create_sheet(OPTIONS.text(language))
    page.title = side.title.text(language)
    page.freeze_panes = "A2"
    ranges = _write_options(options, columns, language)
    for place, column in enumerate(columns, 1):
        _write_column(page, place, column, language)
        if column.key in ranges and column.field.kind is Kind.CODE:
            page.add_data_validation(_choice(place, ranges[column.key], language))
    _write_example(page, side, columns, language)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def width_of(field: Field) -> int:
    """Return a sensible width of a column, in characters."""
    match field.kind:
        case Kind.LONG_TEXT | Kind.INDICATORS:
            return 48
        case Kind.IP_ROWS | Kind.CODES | Kind.TAGS | Kind.NAMES:
            return 30
        case Kind.TEXT:
            return 36 if field.name in {"title", "name"} else 20
    return 22 if field.vocabulary is not None or field.kind in (Kind.USCC, Kind.EMAIL) else 16


def help_of(column: Column, language: str) -> str:
    """Return what there is to know of a column before filling it in."""
    field = column.field
    told: list[Label] = []
    if column.is_owner and field.name in {"name", "uscc"}:
        told.append(EITHER)
    elif column.required:
        told.append(REQUIRED)
    if field.help is not None:
        told.append(field.help)
    if field.kind in (Kind.TEXT, Kind.LONG_TEXT):
        told.append(LIMIT.format(limit=field.max_length))
    kinds = {Kind.CODE: ONE, Kind.CODES: SEVERAL, Kind.DATE: DATE, Kind.MONEY: WAN}
    if field.kind in kinds:
        told.append(kinds[field.kind])
    return "\n".join(label.text(language) for label in told)


def _write_column(page: Any, place: int, column: Column, language: str) -> None:
    cell = page.cell(1, place, column.header.text(language) + (" *" if column.required else ""))
    cell.font = Font(bold=True, color="9C0006") if column.required else HEADER_FONT
    cell.fill = HEADER_FILL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    told = help_of(column, language)
    if told:
        cell.comment = Comment(told, "", width=320, height=40 + 24 * told.count("\n") + len(told))
    page.column_dimensions[get_column_letter(place)].width = width_of(column.field)


def _write_options(page: Any, columns: Sequence[Column], language: str) -> dict[str, str]:
    """Write the options of every vocabulary once, and return the range of cells by key of the column."""
    places: dict[str, str] = {}
    ranges = {}
    for column in columns:
        vocabulary = column.field.vocabulary
        if vocabulary is None:
            continue
        if vocabulary.name not in places:
            letter = get_column_letter(len(places) + 1)
            page[f"{letter}1"] = column.field.label.text(language)
            page[f"{letter}1"].font = HEADER_FONT
            for row, code in enumerate(vocabulary, 2):
                page[f"{letter}{row}"] = option(vocabulary, code, language)
            page.column_dimensions[letter].width = 30
            places[vocabulary.name] = f"'{page.title}'!${letter}$2:${letter}${len(vocabulary) + 1}"
        ranges[column.key] = places[vocabulary.name]
    page.freeze_panes = "A2"
    return ranges


def _choice(place: int, cells: str, language: str) -> DataValidation:
    """Return a list to choose from; what is not in it is warned of, for spellings are understood too."""
    choice = DataValidation(type="list", formula1=cells, allow_blank=True, errorStyle="warning", showErrorMessage=True)
    choice.error = NOT_LISTED.text(language)
    letter = get_column_letter(place)
    choice.add(f"{letter}2:{letter}{ROWS}")
    return choice


def _write_example(page: Any, side: Side, columns: Sequence[Column], language: str) -> None:
    for place, column in enumerate(columns, 1):
        cell = page.cell(2, place, _example(side, column, language))
        cell.font = Font(italic=True, color="7F7F7F")
        cell.alignment = TOP
        if column.field.kind is Kind.DATE:
            cell.number_format = "yyyy-mm-dd"


def _example(side: Side, column: Column, language: str) -> str | date | int:
    field = column.field
    if column.key == "title":
        return f"{EXAMPLE_MARK.text(language)} {EXAMPLE_TITLE.text(language)}"
    if field.kind is Kind.DATE:
        return date(2028, 6, 30)
    if field.vocabulary is not None:
        return option(field.vocabulary, next(iter(field.vocabulary)), language)
    text = EXAMPLES[column.key].text(language) if column.key in EXAMPLES else ""
    return int(text) if text.isdigit() else text
