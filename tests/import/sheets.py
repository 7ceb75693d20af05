# SPDX-License-Identifier: Apache-2.0
"""Workbooks as offices send them, written by hand: no library is needed, and none puts right what is odd."""

import zipfile
from xml.sax.saxutils import escape

DATE, PERCENT = 1, 2  # styles of a cell (value, style)

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def column_name(n):
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cell(row, column, value):
    where = f"{column_name(column)}{row}"
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f'<c r="{where}" s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, str):
        return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{where}"><v>{value!r}</v></c>'


def _sheet(rows, merges, first_row, first_column):
    body = "".join(
        f'<row r="{r + first_row}">' +
        "".join(_cell(r + first_row, c + first_column, value) for c, value in enumerate(row)) + "</row>"
        for r, row in enumerate(rows, 1))
    merged = "".join(f'<mergeCell ref="{m}"/>' for m in merges)
    return (f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>' +
            (f"<mergeCells>{merged}</mergeCells>" if merged else "") + "</worksheet>")


def write_xlsx(path, *sheets):
    """Each sheet is {"name", "rows"} and may have merges, is_hidden, first_row, first_column."""
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">'
                     '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                     '<Default Extension="xml" ContentType="application/xml"/>'
                     f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
                     f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>' +
                     "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
                             f'ContentType="{_TYPE}.worksheet+xml"/>' for i in numbers) + "</Types>")
        out.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                     f'Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        out.writestr("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>' +
                     "".join(f'<sheet name="{escape(s["name"])}" sheetId="{i}" r:id="rId{i}"' +
                             (' state="hidden"' if s.get("is_hidden") else "") + "/>"
                             for i, s in zip(numbers, sheets)) + "</sheets></workbook>")
        out.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">' +
                     "".join(f'<Relationship Id="rId{i}" Type="{_DOC}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                             for i in numbers) +
                     f'<Relationship Id="rIdS" Type="{_DOC}/styles" Target="styles.xml"/></Relationships>')
        out.writestr("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/>'
                     '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="10" applyNumberFormat="1"/>'
                     "</cellXfs></styleSheet>")
        for i, s in zip(numbers, sheets):
            out.writestr(f"xl/worksheets/sheet{i}.xml",
                         _sheet(s["rows"], s.get("merges", ()), s.get("first_row", 0), s.get("first_column", 0)))
