/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that arrive as documents, pictures, drawings, foreign archives: recognised by
 * their content, answered with the next step. */
#include "internal.h"

#include <ctype.h>

struct answer {
    const char *what_zh;
    const char *what_en;
    const char *step_zh;
    const char *step_en;
};

static const struct answer WORD = {
    "文字文档（Word、WPS）", "a text document (Word, WPS)",
    "请用 WPS 或 Word 打开，全选其中的表格，复制到新建的表格文件，另存为 XLSX 后导入",
    "open it in WPS or Word, copy its table into a new spreadsheet, save that as XLSX "
    "and "
    "import it"};
static const struct answer SLIDES = {
    "演示文稿（PPT）", "a presentation (PPT)",
    "请打开，把其中的表格复制到新建的表格文件，另存为 XLSX 后导入",
    "open it, copy its table into a new spreadsheet, save that as XLSX and import it"};
static const struct answer PDF = {
    "PDF 文档", "a PDF document",
    "请向来文单位索取原始表格；或用 WPS“PDF 转 Excel”另存为 XLSX，核对后导入",
    "ask the sender for the table it was made from; or turn it into XLSX (WPS: PDF to "
    "Excel), compare, and import that"};
static const struct answer PICTURE = {
    "图片或扫描件", "a picture or scan",
    "请向来文单位索取原始表格；或用 WPS 图片转表格，另存为 XLSX，核对后导入",
    "ask the sender for the table it was made from; or type it into a spreadsheet, "
    "save "
    "that as XLSX and import it"};
static const struct answer DWG = {
    "DWG 图纸", "a DWG drawing",
    "请用 AutoCAD、中望 CAD 或 ODA File Converter 另存为 DXF（2004 或 2010 版）后导入",
    "save it as DXF (2004 or 2010) with a CAD program or the ODA File Converter and "
    "import "
    "that"};
static const struct answer RAR = {
    "RAR 压缩包", "a RAR archive", "请解压，导入其中的文件，或重新压缩为 ZIP 后导入",
    "unpack it and import the file in it, or pack it as ZIP"};
static const struct answer SEVEN_ZIP = {
    "7z 压缩包", "a 7z archive", "请解压，导入其中的文件，或重新压缩为 ZIP 后导入",
    "unpack it and import the file in it, or pack it as ZIP"};
static const struct answer GZIP = {"gzip 压缩文件", "a gzip archive",
                                   "请解压（gunzip、tar）后导入其中的文件",
                                   "unpack it (gunzip, tar) and import the file in it"};
static const struct answer WEB_PAGE = {
    "网页表格（HTML），不是真正的电子表格", "a web page (HTML), not a spreadsheet",
    "请用 WPS 或 Excel 打开，另存为 XLSX 后导入",
    "open it in WPS or Excel, save it as XLSX and import that"};
static const struct answer SHEET_XML = {
    "XML 电子表格 2003", "an XML spreadsheet of 2003",
    "请用 WPS 或 Excel 打开，另存为 XLSX 后导入",
    "open it in WPS or Excel, save it as XLSX and import that"};
static const struct answer TEXT_AS_SHEET = {
    "改了扩展名的文本表格（CSV），不是真正的电子表格",
    "a text table (CSV) under the name of a spreadsheet", "请把扩展名改为 .csv 后导入",
    "rename it to .csv and import it"};
static const struct answer LOCKED_SHEET = {
    "加密的电子表格", "an encrypted spreadsheet",
    "请用 WPS 或 Excel 打开，去掉密码另存为 XLSX 后导入",
    "open it, remove the password, save it as XLSX and import that"};
static const struct answer ACCESS = {
    "Access 数据库", "an Access database",
    "请用 Access 打开，把表导出为 XLSX 或 CSV 后导入（个人地理数据库可由 ArcGIS 导出为 "
    "Shapefile）",
    "open it in Access and export the table as XLSX or CSV (a personal geodatabase: as "
    "Shapefile from ArcGIS)"};
static const struct answer VRT = {
    "GDAL 虚拟数据源（VRT）", "a virtual data source (VRT)",
    "它只指向别的文件；请直接导入那个文件",
    "it only points to other files; import the file that it points to"};

/* ---- OLE2 compound files: Word, PowerPoint, WPS, old Excel ---- */

enum { OLE_ENTRY_BYTES = 128, OLE_ENTRIES = 64 };

static const char OLE_MAGIC[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/* [MS-CFB] 2.6.1: the name in UTF-16LE, its length in bytes with the zero at 64. */
static void ole_name(const uint8_t *entry, char out[33])
{
    size_t n = entry[64] / 2u;

    n -= n > 0; /* the zero */
    if (n > 32)
        n = 32;
    for (size_t i = 0; i < n; i++)
        out[i] =
            entry[2 * i + 1] == 0 && isprint(entry[2 * i]) ? (char)entry[2 * i] : '?';
    out[n] = '\0';
}

/* The first entries of the directory, which in what programs write stand together. */
static size_t read_ole(const struct source_input *input, uint8_t *to, size_t max)
{
    const uint8_t *head = input->head.data;
    size_t n = 0;

    if (input->head.len < 512)
        return 0;
    unsigned shift = head[30];
    uint64_t sector = head[48] | (uint64_t)head[49] << 8 | (uint64_t)head[50] << 16 |
                      (uint64_t)head[51] << 24;
    VSILFILE *file = VSIFOpenL(input->path, "rb");
    if (file && (shift == 9 || shift == 12) &&
        VSIFSeekL(file, (sector + 1) << shift, SEEK_SET) == 0)
        n = VSIFReadL(to, 1, max, file);
    if (file)
        VSIFCloseL(file);
    return n;
}

/* NULL: a workbook, or not known. */
static const struct answer *answer_ole(const struct source_input *input)
{
    uint8_t entries[OLE_ENTRIES * OLE_ENTRY_BYTES];
    size_t n = read_ole(input, entries, sizeof entries);
    const struct answer *found = NULL;
    char name[33];

    for (size_t at = 0; at + OLE_ENTRY_BYTES <= n; at += OLE_ENTRY_BYTES) {
        ole_name(entries + at, name);
        if (strcmp(name, "Workbook") == 0 || strcmp(name, "Book") == 0)
            return NULL;
        if (strcmp(name, "WordDocument") == 0)
            found = &WORD;
        else if (strcmp(name, "PowerPoint Document") == 0)
            found = &SLIDES;
        else if (strcmp(name, "EncryptedPackage") == 0)
            found = &LOCKED_SHEET;
    }
    if (!found && (strcasecmp(input->extension, "doc") == 0 ||
                   strcasecmp(input->extension, "wps") == 0))
        return &WORD;
    if (!found && (strcasecmp(input->extension, "ppt") == 0 ||
                   strcasecmp(input->extension, "dps") == 0))
        return &SLIDES;
    return found;
}

/* ---- texts ---- */

/* Does the head hold `word` (ASCII, lower case), in any case? */
bool head_has(struct im_bytes head, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= head.len; i++) {
        size_t j = 0;

        while (j < n && tolower(head.data[i + j]) == word[j])
            j++;
        if (j == n)
            return true;
    }
    return false;
}

bool head_starts(struct im_bytes head, const char *magic, size_t n)
{
    return head.len >= n && memcmp(head.data, magic, n) == 0;
}

/* Behind the prolog: of what kind is the document? A web page may stand in the
 * description of a place. */
static bool is_known_root(struct im_bytes text)
{
    static const char *const ROOTS[] = {"kml", "gpx", "featurecollection"};

    while (text.len && text.data[0] == '<') {
        bool is_prolog = text.len > 1 && (text.data[1] == '?' || text.data[1] == '!');
        bool is_remark = head_starts(text, "<!--", 4);
        const uint8_t *end = is_remark ? memmem(text.data, text.len, "-->", 3)
                                       : memchr(text.data, '>', text.len);

        if (!is_prolog)
            break;
        if (!end)
            return false;
        end += is_remark ? 3 : 1;
        while (end < text.data + text.len && isspace(*end))
            end++;
        text = (struct im_bytes){end, text.len - (size_t)(end - text.data)};
    }
    const uint8_t *name = text.len ? text.data + 1 : NULL;
    size_t n = 0, from = 0;
    while (name && n + 1 < text.len &&
           (isalnum(name[n]) || (name[n] && strchr("_-.:", name[n])))) {
        from = name[n] == ':' ? n + 1 : from;
        n++;
    }
    for (size_t i = 0; name && i < sizeof ROOTS / sizeof *ROOTS; i++)
        if (n - from == strlen(ROOTS[i]) &&
            strncasecmp((const char *)name + from, ROOTS[i], n - from) == 0)
            return true;
    return false;
}

static const struct answer *answer_markup(const struct source_input *input)
{
    struct im_bytes head = input->head;
    size_t i = input->bytes.has_bom || head_starts(head, "\xEF\xBB\xBF", 3) ? 3 : 0;

    while (i < head.len && isspace(head.data[i]))
        i++;
    if (head_starts(head, "MIME-Version:", 13))
        return &WEB_PAGE;
    if (i == head.len || head.data[i] != '<')
        return NULL;
    if (is_known_root((struct im_bytes){head.data + i, head.len - i}))
        return NULL;
    if (head_has(head, "<html") || head_has(head, "<!doctype html") ||
        head_has(head, "<table"))
        return &WEB_PAGE;
    if (head_has(head, "office:spreadsheet") || head_has(head, "excel.sheet"))
        return &SHEET_XML;
    if (head_has(head, "word.document") || head_has(head, "wordprocessingml"))
        return &WORD;
    return head_has(head, "<ogrvrtdatasource") || head_has(head, "<vrtdataset") ? &VRT
                                                                                : NULL;
}

static const struct answer *answer_text(const struct source_input *input)
{
    static const char *const SHEETS[] = {"xls", "xlsx", "xlsm", "et", "ods", NULL};

    /* a workbook begins with "PK", OLE2's magic or a BIFF record, never with a letter
     */
    for (size_t i = 0; SHEETS[i]; i++)
        if (strcmp(input->extension, SHEETS[i]) == 0 && input->head.len > 0 &&
            !head_starts(input->head, "PK\3\4", 4) &&
            !head_starts(input->head, OLE_MAGIC, 8) &&
            (!memchr(input->head.data, 0, input->head.len) ||
             head_starts(input->head, "\xFF\xFE", 2)))
            return &TEXT_AS_SHEET;
    return NULL;
}

/* ---- all ---- */

static const struct answer *answer_binary(const struct source_input *input)
{
    static const struct {
        const char *magic;
        size_t n;
        const struct answer *answer;
    } MAGIC[] = {
        {"%PDF", 4, &PDF},
        {"\xFF\xD8\xFF", 3, &PICTURE},
        {"\x89PNG", 4, &PICTURE},
        {"GIF8", 4, &PICTURE},
        {"BM", 2, &PICTURE},
        {"II*\0", 4, &PICTURE},
        {"MM\0*", 4, &PICTURE},
        {"AC10", 4, &DWG},
        {"Rar!", 4, &RAR},
        {"7z\xBC\xAF\x27\x1C", 6, &SEVEN_ZIP},
        {"\x1F\x8B", 2, &GZIP},
        {"{\\rtf", 5, &WORD},
        {"\0\1\0\0Standard Jet", 16, &ACCESS},
        {"\0\1\0\0Standard ACE", 16, &ACCESS},
    };

    for (size_t i = 0; i < sizeof MAGIC / sizeof *MAGIC; i++)
        if (head_starts(input->head, MAGIC[i].magic, MAGIC[i].n) &&
            /* "BM" begins a text too */
            (MAGIC[i].magic[0] != 'B' || memchr(input->head.data, 0, input->head.len)))
            return MAGIC[i].answer;
    return NULL;
}

static enum im_code refuse(const struct source_input *input,
                           const struct answer *answer,
                           struct im_error *err)
{
    im_fail(err, IM_EDATA, "'%s' is %s: %s", input->name, answer->what_en,
            answer->step_en);
    return im_zh(err, IM_EDATA, "“%s”是%s：%s", input->name, answer->what_zh,
                 answer->step_zh);
}

enum im_code document_refuse(const struct source_input *input, struct im_error *err)
{
    const struct answer *answer = answer_binary(input);

    if (!answer && head_starts(input->head, OLE_MAGIC, 8))
        answer = answer_ole(input);
    if (!answer)
        answer = answer_markup(input);
    if (!answer)
        answer = answer_text(input);
    return answer ? refuse(input, answer, err) : IM_OK;
}

enum im_code document_refuse_zip(const struct source_input *input,
                                 const struct archive *archive,
                                 struct im_error *err)
{
    if (archive_has(archive, "word/document.xml"))
        return refuse(input, &WORD, err);
    if (archive_has(archive, "ppt/presentation.xml"))
        return refuse(input, &SLIDES, err);
    if (archive_has(archive, "content.xml") && strcmp(input->extension, "ods") != 0)
        return refuse(input, strcmp(input->extension, "odp") == 0 ? &SLIDES : &WORD,
                      err);
    return IM_OK;
}

bool document_is_ole(struct im_bytes head)
{
    return head_starts(head, OLE_MAGIC, 8);
}
