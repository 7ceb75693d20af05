/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an import as people read it in a terminal. */
#include "text.h"

#include <engine/cli.h>

enum {
    SHOWN_EVENTS = 20,
    SHOWN_COLUMNS = 40,
    SHOWN_BYTES = 210,
    SHOWN_NOTE_BYTES = 2000
};

static void print_event(enum lang lang, const struct import_event *e)
{
    const char *reason = cli_text(lang, e->reason_zh, e->reason_en);
    const char *next = cli_text(lang, e->suggestion_zh, e->suggestion_en);

    if (lang == LANG_ZH)
        printf("  %s%s%s 第 %llu 行%s%s%s%s%s：%s%s%s\n", e->source,
               *e->sheet ? "，" : "", e->sheet, (unsigned long long)e->row,
               *e->field ? "，" : "", e->field, *e->value ? " “" : "", e->value,
               *e->value ? "”" : "", reason, *next ? "；" : "", next);
    else
        printf("  %s%s%s, row %llu%s%s%s%s%s: %s%s%s\n", e->source,
               *e->sheet ? ", " : "", e->sheet, (unsigned long long)e->row,
               *e->field ? ", " : "", e->field, *e->value ? " '" : "", e->value,
               *e->value ? "'" : "", reason, *next ? "; " : "", next);
}

static void print_kind(enum lang lang,
                       const struct import_report *r,
                       enum import_event_kind kind,
                       const char *title)
{
    uint64_t shown = 0;

    if (r->events[kind] == 0)
        return;
    if (*title)
        printf("  %s\n", title);
    for (size_t i = 0; i < r->n_first && shown < SHOWN_EVENTS; i++)
        if (r->first[i].kind == kind) {
            print_event(lang, &r->first[i]);
            shown++;
        }
    if (r->events[kind] > shown)
        printf(cli_text(lang, "  ……还有 %llu 处\n", "  ... and %llu more\n"),
               (unsigned long long)(r->events[kind] - shown));
}

void report_print_events(enum lang lang, const struct import_report *r)
{
    print_kind(lang, r, IMPORT_REFUSED, "");
    print_kind(lang, r, IMPORT_REPAIRED, cli_text(lang, "修复：", "repaired:"));
    print_kind(lang, r, IMPORT_UNPLACED,
               cli_text(lang, "没有位置：", "without a position:"));
    print_kind(lang, r, IMPORT_WARNED, cli_text(lang, "请核对：", "please check:"));
}

/* "report": 问题 and its like, which an earlier report added. */
static bool is_stored(const struct import_mapping *m)
{
    return strcmp(m->how, "unknown") != 0 && strcmp(m->how, "personal") != 0 &&
           strcmp(m->how, "report") != 0;
}

/* What a file calls its columns or itself may hold anything; of the report's own texts
 * only the events are tidied when they are made. */
static const char *seemly(char *out, size_t size, const char *text)
{
    struct im_bytes bytes = im_bytes_of(text);
    size_t n = 0;

    for (size_t i = 0; i < bytes.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(bytes, &i);
        bool is_one = !im_utf8_is_unseemly(c);

        if (n + (is_one ? i - from : 1) > size - sizeof "…") {
            memcpy(out + n, "…", sizeof "…");
            return out;
        }
        if (is_one)
            memcpy(out + n, text + from, i - from);
        else
            out[n] = ' ';
        n += is_one ? i - from : 1;
    }
    out[n] = '\0';
    return out;
}

static void print_columns(enum lang lang,
                          const struct import_report *r,
                          const char *how,
                          const char *title)
{
    char name[SHOWN_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < r->n_mappings; i++)
        if (strcmp(r->mappings[i].how, how) == 0 && n++ < SHOWN_COLUMNS)
            printf("%s%s", n > 1 ? cli_text(lang, "、", ", ") : title,
                   seemly(name, sizeof name, r->mappings[i].column));
    if (n > SHOWN_COLUMNS)
        printf(cli_text(lang, "……还有 %zu 列", " ... and %zu more"), n - SHOWN_COLUMNS);
    if (n)
        printf("\n");
}

void report_print_unknown(enum lang lang, const struct import_report *r)
{
    print_columns(lang, r, "unknown",
                  cli_text(lang, "  未存入的列：", "  columns not stored: "));
    print_columns(
        lang, r, "personal",
        cli_text(lang, "  个人信息，未存入：", "  personal data, not stored: "));
}

/* "孵化器名称 → name_zh": how the file was understood. */
static void print_mapping(enum lang lang, const struct import_report *r)
{
    char name[SHOWN_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < r->n_mappings; i++) {
        const struct import_mapping *m = &r->mappings[i];
        const char *note = cli_text(lang, m->note_zh, m->note_en);

        if (!is_stored(m) || !*m->column || strcmp(m->column, m->field) == 0 ||
            n++ >= SHOWN_COLUMNS)
            continue;
        printf("%s%s → %s%s%s%s",
               n > 1 ? cli_text(lang, "，", ", ")
                     : cli_text(lang, "  对应：", "  mapping: "),
               seemly(name, sizeof name, m->column), *m->field ? m->field : m->how,
               *note ? cli_text(lang, "（", " (") : "", note,
               *note ? cli_text(lang, "）", ")") : "");
    }
    if (n > SHOWN_COLUMNS)
        printf(cli_text(lang, "……还有 %zu 列", " ... and %zu more"), n - SHOWN_COLUMNS);
    if (n)
        printf("\n");
}

/* Does the list go on? */
static bool has_derived(const struct import_report *r, size_t from)
{
    for (size_t i = from; i < r->n_mappings; i++)
        if (is_stored(&r->mappings[i]) && !*r->mappings[i].column)
            return true;
    return false;
}

/* "city、adcode（由所述区划或位置得出）": what no column says; fields of one origin
 * together. */
static void print_derived(enum lang lang, const struct import_report *r)
{
    bool any = false;

    for (size_t i = 0; i < r->n_mappings; i++) {
        const struct import_mapping *m = &r->mappings[i];
        const struct import_mapping *next = m + 1;
        const char *note = cli_text(lang, m->note_zh, m->note_en);
        bool goes_on = i + 1 < r->n_mappings && !*next->column && is_stored(next) &&
                       strcmp(cli_text(lang, next->note_zh, next->note_en), note) == 0;

        if (!is_stored(m) || *m->column)
            continue;
        printf("%s%s", any ? "" : cli_text(lang, "  推定：", "  derived: "), m->field);
        if (!goes_on && *note)
            printf(cli_text(lang, "（%s）", " (%s)"), note);
        if (goes_on || has_derived(r, i + 1))
            printf("%s", cli_text(lang, goes_on ? "、" : "，", ", "));
        any = true;
    }
    if (any)
        printf("\n");
}

static void print_notes(enum lang lang, const struct import_report *r)
{
    char text[SHOWN_NOTE_BYTES];

    /* columns of personal data are listed with the columns already */
    for (size_t i = 0; i < r->n_notes; i++)
        if (strcmp(r->notes[i].code, "personal_dropped") != 0)
            printf("  %s\n", seemly(text, sizeof text,
                                    cli_text(lang, r->notes[i].zh, r->notes[i].en)));
}

static void print_count(enum lang lang, uint64_t n, const char *zh, const char *en)
{
    if (n && lang == LANG_ZH)
        printf("，%s %llu", zh, (unsigned long long)n);
    else if (n)
        printf(", %llu %s", (unsigned long long)n, en);
}

void report_print_counts(enum lang lang, const struct import_counts *c)
{
    printf(cli_text(lang, "读取 %llu 行", "%llu rows read"),
           (unsigned long long)c->read);
    print_count(lang, c->added, "新增", "added");
    print_count(lang, c->changed, "更新", "changed");
    print_count(lang, c->unchanged, "未变", "unchanged");
    print_count(lang, c->gone, "移除", "removed");
    print_count(lang, c->refused, "拒绝", "refused");
    print_count(lang, c->repaired, "修复", "repaired");
    print_count(lang, c->skipped, "非数据行", "no data");
    print_count(lang, c->unplaced, "无位置", "without a position");
}

void report_print(enum lang lang,
                  const struct import_report *r,
                  const char *name,
                  bool is_quiet,
                  bool is_dry_run)
{
    char text[SHOWN_BYTES];

    if (!is_quiet) {
        printf("%s: ", seemly(text, sizeof text, name));
        if (r->is_repeat)
            printf("%s", cli_text(lang, "以前导入过，没有变化；",
                                  "imported before, "
                                  "nothing changed; "));
        report_print_counts(lang, &r->counts);
        if (is_dry_run)
            printf("%s",
                   cli_text(lang, "（试运行，未写入）", " (dry run, not written)"));
        printf("\n");
        if (*r->crs && !r->is_repeat)
            printf(cli_text(lang, "  坐标系：%s\n", "  coordinates: %s\n"),
                   seemly(text, sizeof text,
                          cli_text(lang, r->crs_zh ? r->crs_zh : r->crs, r->crs)));
        if (*r->encoding && !r->is_repeat)
            printf(cli_text(lang, "  编码：%s\n", "  encoding: %s\n"),
                   cli_text(lang, r->encoding_zh ? r->encoding_zh : r->encoding,
                            r->encoding));
        print_mapping(lang, r);
        print_derived(lang, r);
        report_print_unknown(lang, r);
        print_notes(lang, r);
    }
    report_print_events(lang, r);
}
