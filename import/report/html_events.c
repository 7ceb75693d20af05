/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of the page: refused rows first, then what else happened to which row. */
#include "page.h"

enum {
    MAX_OPEN = 40, /* a longer list is folded up, unless it is of refused rows */
    MAX_REASONS = 64
};

struct list {
    enum import_event_kind kind;
    const char *class;
    const char *zh;
    const char *en;
    const char *lead_zh;
    const char *lead_en;
    unsigned columns; /* enum column */
};

/* Row and name are always there. */
enum column { FOUND = 1, AFTER = 2, KNOWN = 4, REASON = 8, TIP = 16 };

static void put_row_number(const struct page *p, const struct import_event *e)
{
    page_put(p, "<td class=\"row\">");
    if (e->row && p->w->is_zh)
        fprintf(p->w->file, "第 %llu 行", (unsigned long long)e->row);
    else if (e->row)
        fprintf(p->w->file, "Row %llu", (unsigned long long)e->row);
    if (*e->sheet && strcmp(e->sheet, report_text(p->w->report->sheet)) != 0) {
        page_put(p, "<small>");
        page_text(p, e->sheet);
        page_put(p, "</small>");
    }
    page_put(p, "</td>");
}

static void put_name(const struct page *p, const struct import_event *e)
{
    const char *name = *e->name ? e->name : e->key;

    if (!*name) {
        page_put(p, "<td class=\"name none\">–</td>");
        return;
    }
    page_put(p, "<td class=\"name\">");
    page_text(p, name);
    page_put(p, "</td>");
}

static void put_value(const struct page *p, const char *class, const char *value)
{
    page_put(p, "<bdi class=\"value");
    page_put(p, class);
    page_put(p, "\">");
    page_text(p, value);
    page_put(p, "</bdi>");
}

/* A value, or that there is none where the reader expects one. */
static void put_found_value(const struct page *p, const char *class, const char *value)
{
    if (*value)
        put_value(p, class, value);
    else
        page_put(p, page_say(p, "<span class=\"none\">（空）</span>",
                             "<span class=\"none\">(empty)</span>"));
}

static void put_found(const struct page *p, const struct import_event *e)
{
    bool is_change = (p->list->columns & (AFTER | KNOWN)) != 0;
    bool has_field = *e->field && !(p->list->columns & KNOWN); /* always the position */

    if (!has_field && !*e->value && !(is_change && *e->after)) {
        page_put(p, "<td class=\"none\">–</td>");
        return;
    }
    page_cell(p, "found", "内容", "Found");
    if (has_field) {
        page_put(p, "<span class=\"field\">");
        page_text(p, e->field);
        page_put(p, "</span> ");
    }
    if (is_change) {
        put_found_value(p, " old", e->value);
        page_put(p, "<span class=\"arrow\">→</span>");
        put_found_value(p, "", e->after);
    } else if (*e->value) {
        put_value(p, "", e->value);
    }
    page_put(p, "</td>");
}

static void put_reason(const struct page *p, const struct import_event *e)
{
    const char *reason = page_say(p, e->reason_zh, e->reason_en);

    if (!*reason && !*e->code) {
        page_put(p, "<td class=\"none\"></td>");
        return;
    }
    page_cell(p, "reason", "原因", "Reason");
    page_text(p, *reason ? reason : e->code);
    page_put(p, "</td>");
}

/* At most 63 bytes of it. Returns how many, whole characters. */
static size_t put_part(const struct page *p, const char *text, size_t len)
{
    char part[64];
    size_t n = im_utf8_cut(text, len < sizeof part ? len : sizeof part - 1);

    snprintf(part, sizeof part, "%.*s", (int)n, text);
    page_text(p, part);
    return n;
}

/* Options stay on one line: a browser would break behind their "--". */
static void put_with_options(const struct page *p, const char *text)
{
    const char *option;

    while ((option = strstr(text, "--"))) {
        size_t len = 2 + strspn(option + 2, "abcdefghijklmnopqrstuvwxyz-");

        while (text < option)
            text += put_part(p, text, (size_t)(option - text));
        page_put(p, "<code>");
        text += put_part(p, text, len);
        page_put(p, "</code>");
    }
    page_text(p, text);
}

static void put_tip(const struct page *p, const struct import_event *e)
{
    const char *tip = page_say(p, e->suggestion_zh, e->suggestion_en);

    if (!*tip) {
        page_put(p, "<td class=\"none\"></td>");
        return;
    }
    page_cell(p, "tip", "改法", "What to do");
    put_with_options(p, tip);
    page_put(p, "</td>");
}

static bool put_event(void *ctx, const struct import_event *e)
{
    struct page *p = ctx;

    if (e->kind != p->list->kind)
        return true;
    if (p->shown == PAGE_MAX_SHOWN)
        return false;
    p->shown++;
    page_put(p, "<tr>");
    put_row_number(p, e);
    put_name(p, e);
    if (p->list->columns & (FOUND | AFTER | KNOWN))
        put_found(p, e);
    if (p->list->columns & REASON)
        put_reason(p, e);
    if (p->list->columns & TIP)
        put_tip(p, e);
    page_put(p, "</tr>\n");
    return !ferror(p->w->file);
}

static void put_more(const struct page *p, uint64_t n)
{
    if (n <= p->shown)
        return;
    page_put(p, "<p class=\"lead\" style=\"margin-top:12px\">");
    page_put(p, page_say(p, "这里列出前 ", "The first "));
    page_number(p, p->shown);
    page_put(p, page_say(p, " 条，共 ", " are listed, of "));
    page_number(p, n);
    page_put(p,
             page_say(p, " 条；全部见 JSON 报告。", "; all are in the JSON report."));
    page_put(p, "</p>\n");
}

static void put_headings(const struct page *p)
{
    unsigned columns = p->list->columns;

    page_put(p, "<thead><tr>");
    page_heading(p, "行", "Row");
    page_heading(p, "名称", "Name");
    if (columns & AFTER)
        page_heading(p, "前 → 后", "Before → after");
    else if (columns & KNOWN)
        page_heading(p, "文中所写 → 地名", "As written → known name");
    else if (columns & FOUND)
        page_heading(p, "字段与内容", "Field and value");
    if (columns & REASON)
        page_heading(p, "原因", "Reason");
    if (columns & TIP)
        page_heading(p, "改法", "What to do");
    page_put(p, "</tr></thead>\n");
}

static enum im_code put_table(struct page *p, struct im_error *err)
{
    p->shown = 0;
    page_put(p, "<table>\n");
    put_headings(p);
    page_put(p, "<tbody>\n");
    enum im_code rc = import_report_each(p->w->report, put_event, p, err);
    page_put(p, "</tbody>\n</table>\n");
    put_more(p, p->w->report->events[p->list->kind]);
    return rc;
}

/* ---- the commonest reasons ---- */

struct reasons {
    const struct page *page;
    struct {
        char *text;
        uint64_t n;
    } list[MAX_REASONS];
    size_t n;
};

static bool count_reason(void *ctx, const struct import_event *e)
{
    struct reasons *r = ctx;
    const char *text = page_say(r->page, e->reason_zh, e->reason_en);

    if (e->kind != IMPORT_REFUSED)
        return true;
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->list[i].text, text) == 0) {
            r->list[i].n++;
            return true;
        }
    }
    if (r->n < MAX_REASONS && (r->list[r->n].text = strdup(text)))
        r->list[r->n++].n = 1;
    return true;
}

/* With many refused rows: what would mend most of them? */
static enum im_code put_reasons(const struct page *p, struct im_error *err)
{
    enum { FEW = 12, LISTED = 6 };
    struct reasons r = {.page = p};
    enum im_code rc = IM_OK;

    if (p->w->report->events[IMPORT_REFUSED] <= FEW)
        return IM_OK;
    rc = import_report_each(p->w->report, count_reason, &r, err);
    page_put(p, "<ul class=\"common\">\n");
    for (size_t listed = 0; listed < LISTED; listed++) {
        size_t best = 0;

        for (size_t i = 1; i < r.n; i++)
            if (r.list[i].n > r.list[best].n)
                best = i;
        if (r.n == 0 || r.list[best].n < 2)
            break;
        page_put(p, "<li>");
        page_text(p, r.list[best].text);
        page_put(p, "<span class=\"n\">× ");
        page_number(p, r.list[best].n);
        page_put(p, "</span></li>\n");
        r.list[best].n = 0;
    }
    page_put(p, "</ul>\n");
    for (size_t i = 0; i < r.n; i++)
        free(r.list[i].text);
    return rc;
}

static void put_list_title(const struct page *p, const struct list *list, uint64_t n)
{
    page_put(p, "<h2>");
    page_put(p, page_say(p, list->zh, list->en));
    page_put(p, "<span class=\"n\">");
    page_number(p, n);
    page_put(p, "</span></h2>");
}

static enum im_code
put_list(struct page *p, const struct list *list, struct im_error *err)
{
    bool is_section = list->kind == IMPORT_REFUSED || list->kind == IMPORT_WARNED;
    uint64_t n = p->w->report->events[list->kind];
    enum im_code rc = IM_OK;

    if (n == 0)
        return IM_OK;
    p->list = list;
    fprintf(p->w->file, "<%s class=\"%s\"%s>\n", is_section ? "section" : "details",
            list->class, !is_section && n <= MAX_OPEN ? " open" : "");
    page_put(p, is_section ? "" : "<summary>");
    put_list_title(p, list, n);
    page_put(p, is_section ? "\n" : "</summary>\n");
    if (*list->lead_zh) {
        page_put(p, "<p class=\"lead\">");
        page_put(p, page_say(p, list->lead_zh, list->lead_en));
        page_put(p, "</p>\n");
    }
    if (list->kind == IMPORT_REFUSED)
        rc = put_reasons(p, err);
    if (!rc)
        rc = put_table(p, err);
    page_put(p, is_section ? "</section>\n" : "</details>\n");
    return rc;
}

enum im_code page_lists(struct page *p, struct im_error *err)
{
    static const struct list lists[] = {
        {.kind = IMPORT_REFUSED,
         .columns = FOUND | REASON | TIP,
         .class = "refused",
         .zh = "被拒绝的行：问题",
         .en = "Refused rows: faults",
         .lead_zh = "这些行没有进入图层。改好后重新导入即可，已导入的行不会重复。",
         .lead_en = "These rows are not in the layer. Mend them and import again; rows "
                    "that are in already are not doubled."},
        {.kind = IMPORT_WARNED,
         .columns = FOUND | REASON | TIP,
         .class = "warned",
         .zh = "需要人看一看",
         .en = "Worth a look",
         .lead_zh = "这些行已经导入，但内容可疑。",
         .lead_en = "These rows were taken, but something in them looks odd."},
        {.kind = IMPORT_REPAIRED,
         .columns = AFTER | REASON,
         .class = "repaired",
         .zh = "已修复",
         .en = "Repaired",
         .lead_zh = "",
         .lead_en = ""},
        {.kind = IMPORT_UNPLACED,
         .columns = FOUND | REASON | TIP,
         .class = "unplaced",
         .zh = "暂无位置",
         .en = "Kept without a position",
         .lead_zh = "已收入列表，但不上图；补上地址或坐标后重新导入即可。",
         .lead_en = "They are in lists, not on the map; add an address or coordinates "
                    "and import again."},
        {.kind = IMPORT_PLACED,
         .columns = KNOWN | REASON,
         .class = "placed",
         .zh = "按名称定位",
         .en = "Placed by a name",
         .lead_zh = "文件没有给出坐标，位置取自已知的地名。",
         .lead_en = "The file gave no coordinates; the position is that of a known "
                    "name."},
        {.kind = IMPORT_CHANGED,
         .columns = AFTER,
         .class = "changed",
         .zh = "更新的内容",
         .en = "What changed",
         .lead_zh = "",
         .lead_en = ""},
        {.kind = IMPORT_GONE,
         .columns = REASON,
         .class = "gone",
         .zh = "从图层中移除",
         .en = "Removed from the layer",
         .lead_zh = "新文件中没有这些条目。",
         .lead_en = "The new file does not have them."}};
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < sizeof lists / sizeof *lists; i++)
        rc = put_list(p, &lists[i], err);
    return rc;
}
