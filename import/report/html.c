/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one page for people: nothing is fetched, no script, every text of the
 * file escaped. What a data keeper sends to the office the list came from. */
#include "page.css.h"
#include "page.h"

/* ---- the head ---- */

static const char *layer_name(const struct page *p)
{
    const struct import_report *r = p->w->report;
    const char *zh = report_text(r->layer_title.zh);
    const char *en = report_text(r->layer_title.en);
    const char *title = p->w->is_zh || !*en ? zh : en;

    return *title ? title : report_text(r->layer_id);
}

static void put_title(const struct page *p)
{
    page_text(p, p->w->report->source);
    if (*layer_name(p)) {
        page_put(p, " → ");
        page_text(p, layer_name(p));
    }
}

/* "2026-01-02T03:04:05Z" as people write it. */
static void put_time(const struct page *p, const char *time)
{
    if (strlen(report_text(time)) == 20 && time[10] == 'T')
        fprintf(p->w->file, "%.10s %.8s UTC", time, time + 11);
    else
        page_text(p, time);
}

static void put_begin(const struct page *p)
{
    page_put(p, "<!doctype html>\n<html lang=\"");
    page_put(p, page_say(p, "zh-CN", "en"));
    page_put(
        p, "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    page_put(p, page_say(p, "导入报告：", "Import report: "));
    put_title(p);
    page_put(p, "</title>\n<style>\n");
    for (size_t i = 0; i < sizeof PAGE_CSS / sizeof *PAGE_CSS; i++)
        page_put(p, PAGE_CSS[i]);
    page_put(p, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">");
    page_put(p, page_say(p, "导入报告", "Import report"));
    page_put(p, "</p>\n<h1>");
    put_title(p);
    page_put(p, "</h1>\n<p>");
    put_time(p, p->w->report->finished_at);
    page_put(p, "</p>\n");
}

static bool is_written(const struct import_report *r)
{
    return r->run_id != 0;
}

/* "36 rows were read: 34 are in the layer, 2 were refused." */
static void put_verdict(const struct page *p)
{
    const struct import_report *r = p->w->report;
    const struct import_counts *c = &r->counts;
    uint64_t taken = c->added + c->changed + c->unchanged;

    page_put(p, "<p class=\"verdict\">");
    page_put(p, page_say(p, "共读取 <b>", "<b>"));
    page_number(p, c->read);
    page_put(p, page_say(p, "</b> 行：<b>",
                         c->read == 1 ? "</b> row was read: <b>"
                                      : "</b> rows were read: <b>"));
    page_number(p, taken);
    if (is_written(r) || r->is_repeat)
        page_put(p, page_say(p, "</b> 行已在图层中", "</b> in the layer"));
    else
        page_put(p, page_say(p, "</b> 行合格", "</b> good"));
    if (c->refused) {
        page_put(p, page_say(p, "，<b class=\"bad\">", ", <b class=\"bad\">"));
        page_number(p, c->refused);
        page_put(p, page_say(p, "</b> 行被拒绝，原因和改法见下",
                             "</b> refused, with the reasons "
                             "and what to do below"));
    }
    page_put(p, page_say(p, "。", "."));
    if (r->is_dry_run)
        page_put(p, page_say(p, "这是试运行，没有写入任何内容。",
                             " This was a dry run: nothing was written."));
    else if (r->is_repeat)
        page_put(p, page_say(p, "同一文件以前导入过，没有变化。",
                             " The same file was imported before; nothing changed."));
    else if (!is_written(r))
        page_put(p, page_say(p, "没有写入任何内容。", " Nothing was written."));
    page_put(p, "</p>\n");
}

struct count {
    uint64_t n;
    const char *zh;
    const char *en;
    const char *colour; /* of its part of the bar; NULL: it is part of another */
};

static void put_bar(const struct page *p, const struct count *counts, size_t n)
{
    page_put(p, "<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t i = 0; i < n; i++) {
        if (!counts[i].n || !counts[i].colour)
            continue;
        fprintf(p->w->file, "<i style=\"flex:%llu 0 0;background:var(--%s)\"></i>",
                (unsigned long long)counts[i].n, counts[i].colour);
    }
    page_put(p, "</div>\n");
}

static void put_counts(const struct page *p)
{
    const struct import_counts *c = &p->w->report->counts;
    const struct count counts[] = {
        {c->added, "新增", "Added", "good"},
        {c->changed, "更新", "Changed", "change"},
        {c->unchanged, "未变", "Unchanged", "same"},
        {c->refused, "拒绝", "Refused", "bad"},
        {c->skipped, "跳过（空行、合计、说明）", "Skipped (empty, totals, notes)",
         "skip"},
        {c->gone, "移除", "Removed", NULL},
        {c->repaired, "已修复", "Repaired", NULL},
        {c->unplaced, "新增中暂无位置", "Added without a position", NULL}};
    size_t n = sizeof counts / sizeof *counts;

    put_bar(p, counts, n);
    page_put(p, "<dl class=\"counts\">\n");
    for (size_t i = 0; i < n; i++) {
        if (!counts[i].n && i != 0 && i != 3)
            continue; /* added and refused are answers also when they are 0 */
        if (counts[i].colour)
            fprintf(p->w->file, "<div style=\"--c:var(--%s)\"><dt>", counts[i].colour);
        else
            page_put(p, "<div class=\"plain\"><dt>");
        page_put(p, page_say(p, counts[i].zh, counts[i].en));
        page_put(p, "</dt><dd>");
        page_number(p, counts[i].n);
        page_put(p, "</dd></div>\n");
    }
    page_put(p, "</dl>\n</header>\n");
}

/* ---- how the file was understood ---- */

static const char *how_text(const struct page *p, const char *how)
{
    static const struct {
        const char *how;
        const char *zh;
        const char *en;
    } texts[] = {{"name", "同名", "same name"},
                 {"title", "标题相同", "same title"},
                 {"synonym", "同义", "synonym"},
                 {"content", "看内容认出", "seen from its content"},
                 {"given", "由导入者指定", "as given"},
                 {"saved", "沿用保存的对应", "from a saved mapping"},
                 {"set", "由导入者填写", "set for all rows"},
                 {"position", "坐标", "position"},
                 {"unit", "单位", "unit"},
                 {"derived", "推得", "derived"},
                 {"extra", "另存为附加属性", "kept as an extra attribute"},
                 {"personal", "个人信息，不导入", "personal, not imported"},
                 {"report", "上一份报告加的列", "added by an earlier report"},
                 {"unknown", "不认识，未导入", "not known, not imported"}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].how, how) == 0)
            return page_say(p, texts[i].zh, texts[i].en);
    return how;
}

static void put_mapping_row(const struct page *p, const struct import_mapping *m)
{
    const char *how = report_text(m->how);
    const char *note = page_say(p, report_text(m->note_zh), report_text(m->note_en));
    bool is_off = strcmp(how, "personal") == 0 || strcmp(how, "unknown") == 0 ||
                  strcmp(how, "report") == 0;

    page_put(p, is_off ? "<tr class=\"off\">" : "<tr>");
    page_put(p, "<td class=\"name\">");
    if (*report_text(m->column))
        page_text(p, m->column);
    else
        page_put(p, page_say(p, "<span class=\"none\">（文件没有这一列）</span>",
                             "<span class=\"none\">(not in the file)</span>"));
    page_put(p, "</td>");
    page_cell(p, "target", "字段", "Field");
    page_text(p, *report_text(m->field) ? m->field : "–");
    page_put(p, "</td>");
    page_cell(p, "how", "依据", "How");
    page_text(p, how_text(p, how));
    page_put(p, "</td>");
    if (*note) {
        page_cell(p, "how", "说明", "Note");
        page_text(p, note);
        page_put(p, "</td>");
    } else {
        page_put(p, "<td class=\"none\"></td>");
    }
    page_put(p, "</tr>\n");
}

static void put_mapping(const struct page *p)
{
    const struct import_report *r = p->w->report;

    if (r->n_mappings == 0)
        return;
    page_put(p, "<section class=\"mapping\">\n<h2>");
    page_put(p, page_say(p, "列与字段的对应", "Columns and fields"));
    page_put(p, "</h2>\n<table>\n<thead><tr>");
    page_heading(p, "文件中的列", "Column of the file");
    page_heading(p, "图层字段", "Field of the layer");
    page_heading(p, "依据", "How");
    page_heading(p, "说明", "Note");
    page_put(p, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_mappings && i < PAGE_MAX_SHOWN; i++)
        put_mapping_row(p, &r->mappings[i]);
    page_put(p, "</tbody>\n</table>\n</section>\n");
}

static void
put_fact(const struct page *p, const char *zh, const char *en, const char *value)
{
    if (!*report_text(value))
        return;
    page_put(p, "<dt>");
    page_put(p, page_say(p, zh, en));
    page_put(p, "</dt><dd>");
    page_text(p, value);
    page_put(p, "</dd>\n");
}

static const char *mode_text(const struct page *p)
{
    const char *mode = report_text(p->w->report->mode);

    if (strcmp(mode, "upsert") == 0)
        return page_say(p, "更新与新增，其余保留", "update and add, keep the rest");
    if (strcmp(mode, "replace") == 0)
        return page_say(p, "整体替换，文件没有的移除",
                        "replace, remove what the file lacks");
    if (strcmp(mode, "append") == 0)
        return page_say(p, "只新增", "add only");
    return mode;
}

static void put_lineage(const struct page *p)
{
    const struct import_report *r = p->w->report;
    char run[24] = "";

    if (r->run_id)
        snprintf(run, sizeof run, "%lld", (long long)r->run_id);
    page_put(p, "<section class=\"lineage\">\n<h2>");
    page_put(p, page_say(p, "来龙去脉", "Lineage"));
    page_put(p, "</h2>\n<dl class=\"facts\">\n");
    put_fact(p, "文件", "File", r->source);
    put_fact(p, "工作表或图层", "Sheet or layer", r->sheet);
    put_fact(p, "格式", "Format", r->driver);
    put_fact(p, "编码", "Encoding",
             page_say(p, r->encoding_zh ? r->encoding_zh : r->encoding, r->encoding));
    put_fact(p, "坐标系", "Coordinates",
             page_say(p, r->crs_zh ? r->crs_zh : r->crs, r->crs));
    put_fact(p, "导入到", "Into", layer_name(p));
    put_fact(p, "方式", "Mode", mode_text(p));
    put_fact(p, "批次", "Run", run);
    put_fact(p, "开始", "Started", r->started_at);
    put_fact(p, "结束", "Finished", r->finished_at);
    put_fact(p, "文件指纹（XXH3）", "Fingerprint (XXH3)", r->file_hash);
    page_put(p, "</dl>\n</section>\n");
}

static void put_notes(const struct page *p)
{
    const struct import_report *r = p->w->report;

    if (r->n_notes == 0)
        return;
    page_put(p, "<section class=\"remarks\">\n<h2>");
    page_put(p, page_say(p, "关于整个文件", "About the whole file"));
    page_put(p, "</h2>\n<ul class=\"notes\">\n");
    for (size_t i = 0; i < r->n_notes && i < PAGE_MAX_SHOWN; i++) {
        page_put(p, "<li>");
        page_text(p, page_say(p, r->notes[i].zh, r->notes[i].en));
        page_put(p, "</li>\n");
    }
    page_put(p, "</ul>\n</section>\n");
}

enum im_code report_write_html(const struct report_writer *w, struct im_error *err)
{
    struct page page = {.w = w};
    enum im_code rc;

    put_begin(&page);
    put_verdict(&page);
    put_counts(&page);
    put_notes(&page);
    rc = page_lists(&page, err);
    put_mapping(&page);
    put_lineage(&page);
    page_put(&page, "<footer>");
    page_put(
        &page,
        page_say(&page,
                 "除非导入者要求保留，个人信息（联系人、电话等）不写入本报告。时间为"
                 "协调世界时（UTC）。",
                 "Personal data (contacts, telephones) are left out unless the "
                 "importer asked to keep them. Times are UTC."));
    page_put(&page, "</footer>\n</main>\n</body>\n</html>\n");
    return rc;
}
