/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a list that are no data: empty ones, totals, notes, signatures, headings of
 * sections, the header again on each page. A row that may be data is data: it is then
 * refused and reported, while a row taken for a note would be lost. */
#include "header.h"

enum { FOLDED_MAX = 240, SHORT_MAX_CHARS = 24, MIN_TABLE_COLUMNS = 3 };

/* The text of a cell without white space and with ASCII punctuation; cut. */
struct plain {
    uint8_t bytes[FOLDED_MAX];
    size_t len;
    bool is_cut;
};

static const struct {
    const char *wide;
    char narrow;
} WIDTHS[] = {{"：", ':'}, {"（", '('}, {"）", ')'}, {"．", '.'}, {"，", ','}};

static bool is_space(uint32_t c)
{
    return c <= ' ' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) ||
           c == 0xFEFF;
}

static struct plain plain_of(struct im_bytes text)
{
    struct plain out = {.len = 0};

    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);
        char narrow = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : 0;

        if (is_space(c))
            continue;
        for (size_t w = 0; w < sizeof WIDTHS / sizeof *WIDTHS; w++)
            if (i - from == 3 && memcmp(text.data + from, WIDTHS[w].wide, 3) == 0)
                narrow = WIDTHS[w].narrow;
        if (c >= 0xFF10 && c <= 0xFF19) /* full-width digits */
            narrow = (char)('0' + (c - 0xFF10));
        size_t n = narrow ? 1 : i - from;
        if (out.len + n > FOLDED_MAX) {
            out.is_cut = true;
            return out;
        }
        if (narrow)
            out.bytes[out.len++] = (uint8_t)narrow;
        else
            memcpy(out.bytes + out.len, text.data + from, n);
        out.len += narrow ? 0 : n;
    }
    return out;
}

static struct im_bytes view(const struct plain *plain)
{
    return (struct im_bytes){plain->bytes, plain->len};
}

static bool begins(struct im_bytes text, const char *with, struct im_bytes *rest)
{
    size_t n = strlen(with);

    if (text.len < n || memcmp(text.data, with, n) != 0)
        return false;
    *rest = (struct im_bytes){text.data + n, text.len - n};
    return true;
}

static bool ends(struct im_bytes text, const char *with)
{
    size_t n = strlen(with);

    return text.len >= n && memcmp(text.data + text.len - n, with, n) == 0;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- one cell ---- */

/* "合计", "总计：36家", "小计(12)", "上海市合计", "共36家". Not "合计科技公司". */
static bool is_total(struct im_bytes text)
{
    static const char *const words[] = {"合计",     "总计",   "小计",
                                        "共计",     "总合计", "累计",
                                        "subtotal", "total",  "grandtotal"};
    struct im_bytes rest;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (begins(text, words[i], &rest) &&
            (rest.len == 0 || is_digit(rest.data[0]) || strchr(":(,", rest.data[0]) ||
             begins(rest, "数", &rest) || begins(rest, "共", &rest)))
            return text_length(rest) <= SHORT_MAX_CHARS;
        /* English words end names of companies */
        if ((uint8_t)words[i][0] >= 0x80 && ends(text, words[i]) &&
            text_length(text) <= 12)
            return true;
    }
    return (begins(text, "共", &rest) || begins(text, "总共", &rest) ||
            begins(text, "总数", &rest)) &&
           rest.len && is_digit(rest.data[0]) && text_length(rest) <= 8;
}

/* What people sign with, and when: only with a colon, or with nothing behind. */
static bool is_signature(struct im_bytes text)
{
    static const char *const words[] = {
        "填表人",   "填报人",   "制表人",   "制表",       "填表",     "审核人",
        "审核",     "审批人",   "负责人",   "单位负责人", "经办人",   "复核人",
        "统计人",   "填报单位", "填表单位", "制表单位",   "编制单位", "填表日期",
        "填报日期", "制表日期", "填报时间", "制表时间",   "统计时间", "统计日期",
        "编制日期", "报送单位", "联系人",   "联系电话",   "签字",     "盖章",
        "打印日期", "导出时间", "截止日期", "截至日期"};
    struct im_bytes rest;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(text, words[i], &rest) && rest.len && rest.data[0] == ':')
            return true;
    return false;
}

/* "注:", "备注1.", "说明:", "数据来源:", "※". Not "注册会计师协会". */
static bool is_note(struct im_bytes text)
{
    static const char *const words[] = {
        "注",       "备注",     "附注",      "说明",     "填表说明", "填报说明",
        "编制说明", "注意事项", "注意",      "数据来源", "资料来源", "来源",
        "信息来源", "提示",     "note",      "notes",    "source",   "sources",
        "remark",   "remarks",  "disclaimer"};
    struct im_bytes rest;

    if (begins(text, "※", &rest) || begins(text, "*注", &rest))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(text, words[i], &rest) && rest.len &&
            (strchr(":.,(", rest.data[0]) || is_digit(rest.data[0]) ||
             begins(rest, "、", &rest) || begins(rest, "释:", &rest)))
            return true;
    return false;
}

/* "一、" "(二)" before anything else; `bare` also "三" alone. *rest: what follows. */
static bool skip_ordinal(struct im_bytes text, bool bare, struct im_bytes *rest)
{
    static const char *const ordinals[] = {"一", "二", "三", "四", "五",
                                           "六", "七", "八", "九", "十"};
    bool any = false;
    struct im_bytes at = text;

    (void)begins(text, "(", &at);
    bool has_bracket = at.len < text.len;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; !more && i < sizeof ordinals / sizeof *ordinals; i++)
            more = begins(at, ordinals[i], &at);
        any |= more;
    }
    if (!any || (bare && !has_bracket && at.len == 0)) {
        *rest = at;
        return any;
    }
    return begins(at, has_bracket ? ")" : "、", rest) ||
           (!has_bracket && begins(at, ".", rest));
}

/* Alone in its row: a heading of a section, a mark of a page, a sentence of a note. */
static bool is_remark(struct im_bytes text, bool is_cut)
{
    static const char *const words[] = {"备注",     "说明",       "注",
                                        "续表",     "(续)",       "(续表)",
                                        "以下空白", "(以下空白)", "此页无正文"};
    struct im_bytes rest = text;

    if (skip_ordinal(text, false, &rest))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (im_bytes_equal(text, im_bytes_of(words[i])))
            return true;
    if (begins(text, "第", &rest) && rest.len && is_digit(rest.data[0]) &&
        memmem(rest.data, rest.len, "页", 3) && text_length(text) <= SHORT_MAX_CHARS)
        return true;
    return is_cut || ends(text, "。");
}

/* ---- a row ---- */

static bool is_number_like(struct im_bytes text)
{
    struct text_number number;

    return text_is_blank(text) || text_number(text, &number);
}

/* A total stands beside numbers; a name of its group may stand in front of it. */
static bool is_total_row(const struct source_row *row, size_t n_columns, size_t total)
{
    size_t before = 0;

    for (size_t c = 0; c < n_columns; c++) {
        const struct source_value *cell = &row->cells[c];

        if (c == total || cell->kind != SOURCE_TEXT || is_number_like(cell->text))
            continue;
        struct plain plain = plain_of(cell->text);
        if (is_total(view(&plain)))
            continue;
        if (c > total || ++before > 1)
            return false;
    }
    return true;
}

/* "苏州市", "苏州市:3家", "苏州市(3家)" without the count. */
static struct im_bytes without_count(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '(' || text.data[i] == ':') {
            text.len = i;
            break;
        }
    return text;
}

/* Places that lists are ordered by, not what is listed. */
static bool is_division(struct im_bytes text)
{
    enum { LONGEST = 10 };
    static const char *const endings[] = {"省", "市", "县", "自治区", "自治州"};

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends(text, endings[i]) && text_length(text) >= 2)
            return text_length(text) <= LONGEST;
    return false;
}

/* "一、" in the column of numbers and "浙江省" beside it; nothing else in the row. */
static bool is_section_of_two(const struct source_row *row, const size_t at[2])
{
    const struct source_value *a = &row->cells[at[0]];
    const struct source_value *b = &row->cells[at[1]];
    struct im_bytes rest = {0};

    if (a->kind != SOURCE_TEXT || b->kind != SOURCE_TEXT)
        return false;
    struct plain mark = plain_of(a->text);
    struct plain text = plain_of(b->text);
    if (mark.is_cut || text.is_cut || !skip_ordinal(view(&mark), true, &rest) ||
        rest.len)
        return false;
    return is_division(without_count(view(&text)));
}

/* The first two cells that are there; how many there are. */
static size_t find_cells(const struct source_row *row, size_t n_columns, size_t at[2])
{
    size_t n = 0;

    for (size_t c = 0; c < n_columns; c++)
        if (row->cells[c].kind != SOURCE_NULL && n++ < 2)
            at[n - 1] = c;
    return n;
}

bool header_section(const struct source_row *row,
                    size_t n_columns,
                    struct im_arena *arena,
                    struct im_bytes *out)
{
    size_t at[2] = {0, 0};
    size_t n = find_cells(row, n_columns, at);
    struct im_bytes rest = {0};

    if (n_columns < MIN_TABLE_COLUMNS || n == 0 || n > 2 ||
        row->cells[at[n - 1]].kind != SOURCE_TEXT)
        return false;
    if (n == 2 && !is_section_of_two(row, at))
        return false;
    struct plain text = plain_of(row->cells[at[n - 1]].text);
    if (text.is_cut)
        return false;
    if (n == 1 && skip_ordinal(view(&text), false, &rest))
        rest = without_count(rest);
    else if (is_division(without_count(view(&text))))
        rest = without_count(view(&text));
    else
        return false;
    char *copy = im_arena_strdup(arena, rest);
    *out = im_bytes_of(copy ? copy : "");
    return copy != NULL;
}

bool header_is_no_data(const struct source_row *row, size_t n_columns)
{
    enum { LOOKED_AT = 4 }; /* totals and notes stand in front */
    size_t at[2] = {n_columns, n_columns}, looked = 0;
    size_t full = find_cells(row, n_columns, at), first = at[0];
    struct plain plain;

    if (full == 0)
        return !row->fault.code;
    if (full == 2 && n_columns >= MIN_TABLE_COLUMNS && is_section_of_two(row, at))
        return true;
    for (size_t c = first; c < n_columns && looked < LOOKED_AT; c++) {
        if (row->cells[c].kind != SOURCE_TEXT)
            continue;
        looked++;
        plain = plain_of(row->cells[c].text);
        if (!plain.is_cut && is_total(view(&plain)) && is_total_row(row, n_columns, c))
            return true;
    }
    if (row->cells[first].kind != SOURCE_TEXT)
        return false;
    plain = plain_of(row->cells[first].text);
    if (is_note(view(&plain)) && full <= 2)
        return true;
    if (is_signature(view(&plain)))
        return true;
    return full == 1 && n_columns >= MIN_TABLE_COLUMNS &&
           is_remark(view(&plain), plain.is_cut);
}

/* ---- the header again ---- */

/* `label` is `name`, or the last part of it ("坐标/经度"), its unit left out. */
static bool is_name(struct im_bytes label, const char *name)
{
    struct plain have = plain_of(label);
    struct plain want = plain_of(im_bytes_of(name));
    const uint8_t *slash = memrchr(want.bytes, '/', want.len);
    struct im_bytes part = view(&want);

    if (im_bytes_equal(view(&have), part))
        return true;
    if (slash)
        part =
            (struct im_bytes){slash + 1, want.len - (size_t)(slash + 1 - want.bytes)};
    if (im_bytes_equal(view(&have), part))
        return true;
    return have.len && have.len < part.len && part.data[have.len] == '(' &&
           memcmp(have.bytes, part.data, have.len) == 0;
}

bool header_is_repeated(const struct source *source, const struct source_row *row)
{
    size_t same = 0, other = 0;

    for (size_t c = 0; c < source_columns(source); c++) {
        const struct source_value *cell = &row->cells[c];

        if (cell->kind == SOURCE_NULL)
            continue;
        if (cell->kind == SOURCE_TEXT && is_name(cell->text, source_column(source, c)))
            same++;
        else if (++other > same + 2)
            return false; /* most rows are none: seen after three cells */
    }
    return same >= 2 && other == 0;
}
