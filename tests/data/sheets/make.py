#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Made the workbooks of this folder, which are committed: needs Debian's python3-openpyxl
and python3-xlwt, which the tests do not. Places and firms in them are invented."""
import datetime
import struct
import zipfile

import openpyxl
import xlwt

OOXML = "http://schemas.openxmlformats.org/"
DATE = (2026, 1, 1, 0, 0, 0)


def put(archive, name, text, stored=False):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    archive.writestr(info, text)


def xlsx(path, sheets, styles="", texts="", workbook="", folder="xl/", top=""):
    """By hand: what programmes other than openpyxl write. sheets: (name, attributes,
    entry, xml)."""
    with zipfile.ZipFile(path, "w") as z:
        main = OOXML + "spreadsheetml/2006/main"
        office = OOXML + "officeDocument/2006/relationships"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
        put(z, "[Content_Types].xml",
            f'<Types xmlns="{OOXML}package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{folder}book.xml" ContentType="{kind}sheet.main+xml"/></Types>')
        rels = f'<Relationships xmlns="{OOXML}package/2006/relationships">'
        put(z, "_rels/.rels", rels +
            f'<Relationship Id="a" Type="{office}/officeDocument" Target="/{folder}book.xml"/>'
            '</Relationships>')
        names = ""
        for i, (name, attributes, entry, xml) in enumerate(sheets):
            names += f'<sheet name="{name}" sheetId="{i + 5}" {attributes} r:id="s{i}"/>'
            rels += (f'<Relationship Id="s{i}" Type="{office}/worksheet" Target="{entry}"/>')
            at = entry[1:] if entry[0] == "/" else folder + entry
            parts = []
            for part in at.split("/"):
                parts = parts[:-1] if part == ".." else parts + [part]
            put(z, "/".join(parts), f'{top}<worksheet xmlns="{main}">{xml}</worksheet>')
        if styles:
            rels += f'<Relationship Id="y" Type="{office}/styles" Target="st.xml"/>'
            put(z, folder + "st.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        if texts:
            rels += f'<Relationship Id="t" Type="{office}/sharedStrings" Target="tx.xml"/>'
            put(z, folder + "tx.xml", f'<sst xmlns="{main}">{texts}</sst>')
        put(z, folder + "book.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}">{workbook}'
            f'<sheets>{names}</sheets></workbook>')
        put(z, folder + "_rels/book.xml.rels", rels + "</Relationships>")


def text(place, value):
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


STYLES = ('<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/>'
          '<numFmt numFmtId="165" formatCode="000000"/>'
          '<numFmt numFmtId="166" formatCode="0.00E+00"/>'
          '<numFmt numFmtId="167" formatCode="yyyy"/></numFmts>'
          '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
          '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="22"/>'
          '<xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="20"/></cellXfs>')

# every kind of cell; rows that start late, gaps, a hidden row, a row without numbers
CELLS = ('<sheetData>'
         '<row r="3"><c r="C3" t="s"><v>0</v></c><c r="D3" t="s"><v>1</v></c></row>'
         '<row r="5" hidden="1"><c r="A5"><v>1</v></c><c r="B5"><v>120.94000000000001</v></c>'
         '<c r="C5" s="1"><v>45000</v></c><c r="D5" s="2"><v>45000</v></c>'
         '<c r="E5" s="3"><v>45000.521</v></c><c r="F5" t="e"><v>#N/A</v></c>'
         '<c r="G5" t="b"><v>1</v></c><c r="H5" t="str"><f>A5&amp;"x"</f><v>1x</v></c>'
         '<c r="I5"><f>A5+1</f><v>2</v></c><c r="J5" s="5"><v>1E-3</v></c>' + text("K5", "007") +
         '<c r="L5" s="4"><v>42</v></c><c r="M5" s="6"><v>45000</v></c><c r="N5" s="7"><v>0.5</v></c>'
         '</row>'
         '<row r="6"/><row><c><v>7</v></c><c><v>8</v></c></row>'
         '<row r="20000">' + text("B20000", "a_x000D_&#10;b  c ") + '<c r="AA20000"><v>3.0</v></c>'
         + text("AB20000", "  ") + '</row>'
         '<row r="20001"><c r="A20001"><f>NOW()</f></c></row>'
         '<row r="20003" spans="1:9"/></sheetData>')
TEXTS = ('<si><t>名称</t></si><si><r><t>加粗</t></r><r><t>之后</t></r>'
         '<rPh sb="0" eb="1"><t>ジ</t></rPh></si>')
xlsx("cells.xlsx",
     [("数据", "", "../odd place/k.xml", CELLS),
      ("藏", 'state="veryHidden"', "/pages/2.xml",
       "<sheetData><row r='1'>" + text("A1", "x") + "</row></sheetData>"),
      ("空", "", "e.xml", "<sheetData/>")],
     styles=STYLES, texts=TEXTS, folder="work/")

# merged cells: a title, a city over three rows of which one is empty, two columns, a block
MERGES = ('<sheetData><row r="1">' + text("A1", "名单") + '</row>'
          '<row r="2">' + "".join(text(c + "2", v) for c, v in
                                  zip("ABCD", ["名称", "城市", "地址", "级别"])) + '</row>'
          '<row r="3">' + text("A3", "甲") + text("B3", "合肥市") + text("C3", "路1号") + '</row>'
          '<row r="5">' + text("A5", "乙") + text("D5", "市级") + '</row>'
          '<row r="6">' + text("A6", "丙") + text("B6", "自己") + '</row>'
          '<row r="7">' + text("A7", "丁") + text("C7", "块") + '</row>'
          '<row r="8">' + text("A8", "戊") + '</row>'
          '<row r="9">' + text("A9", "己") + '</row></sheetData>'
          '<mergeCells><mergeCell ref="A1:D1"/><mergeCell ref="B3:B6"/>'
          '<mergeCell ref="C3:D3"/><mergeCell ref="C7:D8"/><mergeCell ref="B9:B12"/>'
          '<mergeCell ref="nonsense"/><mergeCell ref="D9:A1"/></mergeCells>')
xlsx("merged.xlsx", [("表", "", "s.xml", MERGES)])
xlsx("doctype.xlsx", [("表", "", "s.xml", "<sheetData/>")],
     top='<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>')
xlsx("backwards.xlsx",
     [("表", "", "s.xml", '<sheetData><row r="5">' + text("A5", "x") + '</row><row r="2">' +
       text("A2", "y") + '</row></sheetData>')])
xlsx("wide.xlsx", [("表", "", "s.xml", '<sheetData><row r="1">' + text("FXE1", "x") +
                                       '</row></sheetData>')])
xlsx("deep.xlsx", [("表", "", "s.xml", "<sheetData>" + "<a>" * 300 + "</a>" * 300 +
                    "</sheetData>")])

# header in the first row with units below, full-width digits and brackets, breaks in names
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "填表说明"
sheet["A1"] = "一、名称填写全称；二、经度、纬度保留六位小数。"
sheet["A2"] = "名称"
sheet["B2"] = "必填，与营业执照一致"
sheet = book.create_sheet("园区")
sheet.append(["序号", "园区\n名称", "所在\n城市", "占地面积", "经　度", "纬　度"])
sheet.append([None, None, None, "（亩）", "（度）", "（度）"])
sheet.append(["１", "星河园（东区）", "合肥市", "１２０．５", "117.27", 31.86])
sheet.append(["2", "云帆园", "合肥市", 300, 117.3, 31.9])
sheet.append(["合计", None, None, 420.5])
sheet = book.create_sheet("旧表")
sheet.sheet_state = "hidden"
sheet.append(["序号", "园区名称", "所在城市", "经度", "纬度"])
sheet.append([1, "旧园", "合肥市", 117.2, 31.8])
book.save("second.xlsx")

# header of two rows, blank columns in front, all texts; footers
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "名单"
sheet["C1"] = "科技企业孵化器汇总表"
sheet.merge_cells("C1:I1")
sheet["C2"] = "填报单位：某局"
sheet.merge_cells("C2:F2")
sheet["G2"] = "填报日期：十一月"
sheet.merge_cells("G2:I2")
for column, value in zip("CDEFGHI", ["序号", "单位名称", "所在地", None, "坐标", None, "备 注"]):
    sheet[column + "3"] = value
for column, value in zip("EFGH", ["市", "区（县）", "经度", "纬度"]):
    sheet[column + "4"] = value
for area in ["C3:C4", "D3:D4", "E3:F3", "G3:H3", "I3:I4"]:
    sheet.merge_cells(area)
for row, values in enumerate([["1", "甲孵化器", "合肥市", "蜀山区", "117.2", "31.8", "无"],
                              ["2", "乙孵化器", None, "包河区", "117.3", "31.8", "无"],
                              ["3", "丙孵化器", None, "瑶海区", "117.3", "31.9", "无"]]):
    for column, value in zip("CDEFGHI", values):
        sheet[f"{column}{row + 5}"] = value
sheet.merge_cells("E5:E7")
sheet["C8"] = "合    计"
sheet.merge_cells("C8:D8")
sheet["E8"] = "3家"
sheet["C9"] = "注：以批复文件为准。"
sheet.merge_cells("C9:I9")
sheet["C10"] = "填表人："
sheet["E10"] = "审核人："
sheet["H10"] = "日期："
book.save("two_rows.xlsx")

# two lists alike
book = openpyxl.Workbook()
for title in ["一季度", "二季度"]:
    sheet = book.active if title == "一季度" else book.create_sheet(title)
    sheet.title = title
    sheet.append(["名称", "城市", "级别"])
    sheet.append(["园" + title, "合肥市", "省级"])
book.save("alike.xlsx")

# ODS by hand: repeats, spans, spaces, breaks, notes on cells, hidden sheets, tracked changes
NAMES = "".join(f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"'
                for p in ["office", "table", "text", "style", "drawing"])
NAMES += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'


def p(value):
    return f"<table:table-cell office:value-type='string'><text:p>{value}</text:p></table:table-cell>"


EMPTY = "<table:table-cell/>"
CONTENT = (
    f"<office:document-content{NAMES}><office:automatic-styles>"
    "<style:style style:name='ta1' style:family='table'><style:table-properties table:display='true'/></style:style>"
    "<style:style style:name='ta2' style:family='table'><style:table-properties table:display='false'/></style:style>"
    "</office:automatic-styles><office:body><office:spreadsheet>"
    "<table:tracked-changes><table:cell-content-change><table:previous><table:change-track-table-cell>"
    "<text:p>旧</text:p></table:change-track-table-cell></table:previous></table:cell-content-change></table:tracked-changes>"
    "<table:table table:name='名单' table:style-name='ta1'>"
    "<table:shapes><table:table table:name='画'/></table:shapes>"
    "<table:table-column table:number-columns-repeated='1024'/>"
    "<table:table-row><table:table-cell table:number-columns-spanned='4' table:number-rows-spanned='1' "
    "office:value-type='string'><text:p>孵化器<text:span>名单</text:span></text:p></table:table-cell>"
    "<table:covered-table-cell table:number-columns-repeated='3'/></table:table-row>"
    "<table:table-row table:number-rows-repeated='2'><table:table-cell table:number-columns-repeated='1024'/></table:table-row>"
    "<table:table-header-rows><table:table-row>" + p("名称") + p("城市") + p("经度") + p("日期") +
    "</table:table-row></table:table-header-rows>"
    "<table:table-row>" + p("甲<text:line-break/>园<text:s text:c='2'/>") +
    "<table:table-cell table:number-rows-spanned='2' office:value-type='string'><text:p>合肥市</text:p></table:table-cell>"
    "<table:table-cell office:value-type='float' office:value='117.27000000000001'><text:p>117.3</text:p></table:table-cell>"
    "<table:table-cell office:value-type='date' office:date-value='2025-03-04'>"
    "<office:annotation><dc:date>x</dc:date><text:p>批注</text:p></office:annotation><text:p>25/3/4</text:p></table:table-cell></table:table-row>"
    "<table:table-row>" + p("乙园") + "<table:covered-table-cell office:value-type='string'><text:p>看不见</text:p></table:covered-table-cell>"
    "<table:table-cell table:formula='of:=NA()' office:value-type='string' office:string-value='' calcext:value-type='error'><text:p>#N/A</text:p></table:table-cell>"
    "<table:table-cell office:value-type='float' office:value='5'><text:p>5</text:p></table:table-cell></table:table-row>"
    "<table:table-row table:number-rows-repeated='2'>" + p("同") + EMPTY +
    "<table:table-cell table:number-columns-repeated='2' office:value-type='float' office:value='1'><text:p>1</text:p></table:table-cell></table:table-row>"
    "<table:table-row table:number-rows-repeated='1048568'><table:table-cell table:number-columns-repeated='1024'/></table:table-row>"
    "</table:table>"
    "<table:table table:name='藏' table:style-name='ta2'><table:table-row>" + p("x") + "</table:table-row></table:table>"
    "</office:spreadsheet></office:body></office:document-content>")
with zipfile.ZipFile("cells.ods", "w") as z:
    put(z, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", stored=True)
    put(z, "content.xml", CONTENT)

# XLS
book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("说明")
sheet.write(0, 0, "请如实填写")
sheet = book.add_sheet("名单")
sheet.write_merge(0, 0, 0, 5, "科技企业孵化器名单")
for i, title in enumerate(["序号", "名称", "所在\n城市", "经度", "成立日期", "面积"]):
    sheet.write(2, i, title)
day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
month = xlwt.easyxf(num_format_str='yyyy"年"m"月"')
minute = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm")
sheet.write_merge(3, 5, 2, 2, "上海市")
for r in range(3, 6):
    sheet.write(r, 0, str(r - 2) if r == 4 else r - 2)
    sheet.write(r, 1, f"孵化器{r}（某地）")
    sheet.write(r, 3, 121.58770700000001)
    sheet.write(r, 4, datetime.date(2020, 5, r), [day, month, day][r - 3])
    sheet.write(r, 5, xlwt.Formula("1+1"))
sheet.write(3, 6, datetime.datetime(2020, 5, 1, 12, 30, 15), minute)
sheet.write(4, 6, True)
sheet.row(7).set_cell_error(6, 0x2A)
sheet.write(8, 1, "长" * 3000)
sheet.write_rich_text(9, 1, ["甲", ("乙", xlwt.easyfont("bold true"))])
sheet.write(10, 1, 7, xlwt.easyxf(num_format_str="000000"))
sheet.write(10, 2, 0.25)
sheet.write(10, 3, -12)
sheet.write(10, 4, 1234567)
for i in range(40):  # texts over the end of a record of 8224 bytes
    sheet.write(12, i, ("宽" if i % 2 else "n") * 150 + str(i))
sheet.row(12).hidden = True
sheet = book.add_sheet("藏")
sheet.visibility = 1
sheet.write(0, 0, "x")
book.save("cells.xls")
# xlwt does not calculate: put results where it has none
with open("cells.xls", "rb") as file:
    data = file.read()
none = b"\x03\x00\x00\x00\x00\x00\xff\xff"
for result in [struct.pack("<d", 2.5), b"\x02\x00\x07\x00\x00\x00\xff\xff",
               b"\x01\x00\x01\x00\x00\x00\xff\xff"]:
    assert none in data
    data = data.replace(none, result, 1)
with open("cells.xls", "wb") as file:
    file.write(data)
