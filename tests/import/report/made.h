/* SPDX-License-Identifier: Apache-2.0 */
/* A report as an import would leave it, with texts that mean harm. */
#ifndef TESTS_IMPORT_REPORT_MADE_H
#define TESTS_IMPORT_REPORT_MADE_H

#include "../../../import/report/log.h"

#include "scratch.h"
#include "test.h"

#define HOSTILE "<script>alert(1)</script>\"'&\xE2\x80\xAE]]>"

struct made {
    struct import_report report;
    struct im_arena *arena;
};

static const char *const MADE_COLUMNS[] = {"名称", "联系人", "经度", "=备注", NULL};

static inline void made_add(struct made *m, struct import_event event)
{
    struct im_error err = {0};

    if (!event.source)
        event.source = "名单.xlsx";
    assert_int_equal(import_log_add(m->report.log, &event, &err), IM_OK);
}

static inline void made_init(struct made *m)
{
    static const struct import_mapping mappings[] = {
        {"名称", "name_zh", "title", "", ""},
        {"联系人", "", "personal", "", ""},
        {"经度", "", "position", "度分秒换算为度", "degrees, minutes, seconds"},
        {"=备注", "", "unknown", HOSTILE, HOSTILE}};
    static const struct import_note notes[] = {{"header_found", HOSTILE, HOSTILE}};
    struct im_error err = {0};

    *m = (struct made){.arena = im_arena_new(64 << 20)};
    assert_non_null(m->arena);
    m->report = (struct import_report){.counts = {.read = 9,
                                                  .added = 3,
                                                  .changed = 1,
                                                  .unchanged = 1,
                                                  .gone = 1,
                                                  .refused = 3,
                                                  .repaired = 1,
                                                  .unplaced = 1,
                                                  .skipped = 1},
                                       .run_id = 7,
                                       .layer_id = "incubators",
                                       .layer_title = {"孵化器", "Incubators"},
                                       .mode = "upsert",
                                       .source = "名单" HOSTILE ".xlsx",
                                       .driver = "XLSX",
                                       .sheet = "名单",
                                       .encoding = "",
                                       .crs = "EPSG:4326",
                                       .file_hash = "0123456789abcdef",
                                       .started_at = "2026-01-02T03:04:05Z",
                                       .finished_at = "2026-01-02T03:04:06Z",
                                       .columns = MADE_COLUMNS,
                                       .n_columns = 4,
                                       .mappings = mappings,
                                       .n_mappings = 4,
                                       .notes = notes,
                                       .n_notes = 1};
    assert_int_equal(import_log_open(&m->report, m->arena, &err), IM_OK);
}

/* Three refused rows, one of them with two faults, and one event of each other kind. */
static inline void made_fill(struct made *m)
{
    static const char *const hostile[] = {"=1+1", "", "'@x", "a\"b,\nc", NULL};
    static const char *const plain[] = {"某孵化器", "", "-121.5", "", NULL};

    made_add(m, (struct import_event){.kind = IMPORT_REFUSED,
                                      .sheet = "名单",
                                      .row = 5,
                                      .name = HOSTILE,
                                      .field = "经度",
                                      .value = HOSTILE,
                                      .code = "out_of_range",
                                      .reason_zh = "不是经度" HOSTILE,
                                      .reason_en = "no longitude" HOSTILE,
                                      .suggestion_zh = "=HYPERLINK(\"x\")",
                                      .suggestion_en = "=HYPERLINK(\"x\")",
                                      .cells = hostile});
    made_add(m, (struct import_event){.kind = IMPORT_REFUSED,
                                      .sheet = "名单",
                                      .row = 5,
                                      .field = "名称",
                                      .code = "required",
                                      .reason_zh = "没有名称",
                                      .reason_en = "no name"});
    made_add(m, (struct import_event){.kind = IMPORT_WARNED,
                                      .row = 6,
                                      .code = "far_from_city",
                                      .reason_zh = "离所写的城市 80 公里",
                                      .reason_en = "80 km from the stated city"});
    made_add(m, (struct import_event){.kind = IMPORT_REFUSED,
                                      .sheet = "名单",
                                      .row = 8,
                                      .code = "swapped",
                                      .reason_zh = "经纬度写反",
                                      .reason_en = "longitude and latitude exchanged",
                                      .suggestion_zh = "加 --fix swap",
                                      .suggestion_en = "add --fix swap",
                                      .cells = plain});
    made_add(m, (struct import_event){.kind = IMPORT_CHANGED,
                                      .key = "I1",
                                      .name = "甲",
                                      .field = "level",
                                      .value = "市级",
                                      .after = "国家级"});
    made_add(m, (struct import_event){.kind = IMPORT_REPAIRED,
                                      .row = 9,
                                      .code = "not_closed",
                                      .reason_zh = "已闭合",
                                      .reason_en = "closed"});
    made_add(m,
             (struct import_event){
                 .kind = IMPORT_PLACED, .row = 10, .value = "张江", .code = "placed"});
    made_add(m,
             (struct import_event){.kind = IMPORT_UNPLACED, .row = 11, .name = "乙"});
    made_add(m, (struct import_event){.kind = IMPORT_GONE, .key = "I9", .name = "丙"});
    made_add(m, (struct import_event){.kind = IMPORT_REFUSED,
                                      .row = 12,
                                      .code = "duplicate_key",
                                      .reason_zh = "与第 3 行重复",
                                      .reason_en = "the same as row 3"});
}

static inline void made_release(struct made *m)
{
    import_report_release(&m->report);
    im_arena_free(m->arena);
}

/* A whole file of the scratch folder; the caller frees it. */
static inline char *made_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    text = calloc(1, *len + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *len, file), *len);
    fclose(file);
    return text;
}

/* The report in one form, as text; the caller frees it. */
static inline char *made_write(struct made *m, const char *name, const char *lang)
{
    struct im_error err = {0};
    const char *path = scratch_path(name);
    size_t len = 0;

    assert_int_equal(import_report_write(&m->report, path, lang, &err), IM_OK);
    return made_read(path, &len);
}

#endif
