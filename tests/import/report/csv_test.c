/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../import/report/mend.h"
#include "made.h"

#include <engine/csv.h>

#include <gdal.h>
#include <ogr_api.h>

/* The table as another programme reads it. */
struct table {
    GDALDatasetH dataset;
    OGRLayerH layer;
};

static struct table opened(const char *path)
{
    static const char *const drivers[] = {"CSV", NULL};
    struct table t = {0};

    GDALAllRegister();
    t.dataset = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, NULL, NULL);
    assert_non_null(t.dataset);
    t.layer = GDALDatasetGetLayer(t.dataset, 0);
    return t;
}

static const char *column(const struct table *t, int i)
{
    OGRFeatureDefnH defn = OGR_L_GetLayerDefn(t->layer);

    assert_true(i < OGR_FD_GetFieldCount(defn));
    return OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(defn, i));
}

static struct table written(struct made *m, const char *lang)
{
    free(made_write(m, "refused.csv", lang));
    return opened(scratch_path("refused.csv"));
}

TEST(the_files_own_columns_then_row_problem_and_suggestion)
{
    static const char *const names[] = {"名称", "经度", "'=备注",
                                        "行号", "问题", "建议"};
    struct made m;

    made_init(&m);
    made_fill(&m);
    struct table t = written(&m, "zh");
    assert_int_equal(OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(t.layer)), 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(column(&t, i), names[i]);
    assert_int_equal(OGR_L_GetFeatureCount(t.layer, 1), 3);
    GDALClose(t.dataset);
    made_release(&m);
}

TEST(cells_come_back_with_formulas_made_harmless)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    struct table t = written(&m, "en");
    OGRFeatureH row = OGR_L_GetNextFeature(t.layer);
    assert_string_equal(OGR_F_GetFieldAsString(row, 0), "'=1+1");
    assert_string_equal(OGR_F_GetFieldAsString(row, 1), "''@x");
    assert_string_equal(OGR_F_GetFieldAsString(row, 2), "a\"b,\nc");
    assert_string_equal(OGR_F_GetFieldAsString(row, 3), "5");
    assert_non_null(strstr(OGR_F_GetFieldAsString(row, 4), "no longitude"));
    assert_non_null(strstr(OGR_F_GetFieldAsString(row, 4), "; 名称: no name"));
    assert_string_equal(OGR_F_GetFieldAsString(row, 5), "'=HYPERLINK(\"x\")");
    OGR_F_Destroy(row);
    row = OGR_L_GetNextFeature(t.layer);
    assert_string_equal(OGR_F_GetFieldAsString(row, 1), "-121.5"); /* a number */
    OGR_F_Destroy(row);
    row = OGR_L_GetNextFeature(t.layer); /* found out when its cells were gone */
    assert_string_equal(OGR_F_GetFieldAsString(row, 0), "");
    assert_string_equal(OGR_F_GetFieldAsString(row, 3), "12");
    OGR_F_Destroy(row);
    GDALClose(t.dataset);
    made_release(&m);
}

TEST(a_byte_order_mark_and_line_ends_for_table_programmes)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    char *text = made_write(&m, "bom.csv", "zh");
    assert_memory_equal(text, "\xEF\xBB\xBF名称,", 10);
    assert_non_null(strstr(text, ",建议\r\n"));
    free(text);
    made_release(&m);
}

TEST(columns_of_persons_are_left_out)
{
    static const char *const cells[] = {"甲", "张三", "121", "", NULL};
    struct made m;

    made_init(&m);
    made_add(&m,
             (struct import_event){.kind = IMPORT_REFUSED, .row = 1, .cells = cells});
    char *text = made_write(&m, "personal.csv", "zh");
    assert_null(strstr(text, "联系人"));
    assert_null(strstr(text, "张三"));
    free(text);
    made_release(&m);
}

TEST(our_columns_stand_once_when_a_mended_file_is_refused_again)
{
    static const char *const columns[] = {"名称", "行号", "问题", "建议", NULL};
    static const char *const cells[] = {"甲", "5", "旧问题", "旧建议", NULL};
    struct made m;

    made_init(&m);
    m.report.columns = columns;
    made_add(&m,
             (struct import_event){
                 .kind = IMPORT_REFUSED, .row = 2, .reason_zh = "新", .cells = cells});
    char *text = made_write(&m, "again.csv", "zh");
    assert_string_equal(text, "\xEF\xBB\xBF名称,行号,问题,建议\r\n甲,2,新,\r\n");
    free(text);
    made_release(&m);
}

TEST(a_guard_taken_away_gives_back_what_was_there)
{
    static const char *const texts[] = {
        "",    "甲",  "=1+1", "-5",      "-5.5", "+86 21", "+5",   "-x",  "@a", "'",
        "'甲", "'=1", "''=1", "\t=1",    "\r1",  "－1",    "＝1",  "'-5", "--", "'",
        "=",   "-",   "1-2",  "-121.5E", "-1e5", "＠",     "it's", "'12"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct im_bytes in = im_bytes_of(texts[i]);
        char guarded[32];

        snprintf(guarded, sizeof guarded, "%s%s", im_csv_needs_guard(in) ? "'" : "",
                 texts[i]);
        assert_true(im_bytes_equal(im_csv_unguard(im_bytes_of(guarded)), in));
        if (strchr("=@\t\r", guarded[0]))
            assert_string_equal(guarded, "");
    }
    assert_true(im_csv_needs_guard(im_bytes_of("-1+cmd|' /C calc'!A0")));
    assert_false(im_csv_needs_guard(im_bytes_of("-121.5")));
}

TEST(only_the_three_together_at_the_end_are_our_columns)
{
    static const char *const zh[] = {"名称", "行号", "问题", "建议"};
    static const char *const en[] = {"name", "row", "problem", "suggestion"};
    static const char *const own[] = {"行号", "问题", "建议", "名称"};
    static const char *const apart[] = {"建议", "行号", "问题", "建议_2"};
    static const char *const other[] = {"名称", "行号", "问题", "建议_b"};
    static const char *const part[] = {"名称", "地址", "问题", "建议"};

    assert_true(mend_header(zh, 4));
    assert_true(mend_header(en, 4));
    assert_true(mend_header(apart, 4)); /* equal names are told apart like this */
    assert_false(mend_header(other, 4));
    assert_false(mend_header(own, 4));
    assert_false(mend_header(part, 4));
    assert_false(mend_header(zh + 1, 3)); /* nothing of the file's own */
    assert_false(mend_header(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_own_columns_then_row_problem_and_suggestion),
        cmocka_unit_test(cells_come_back_with_formulas_made_harmless),
        cmocka_unit_test(a_byte_order_mark_and_line_ends_for_table_programmes),
        cmocka_unit_test(columns_of_persons_are_left_out),
        cmocka_unit_test(our_columns_stand_once_when_a_mended_file_is_refused_again),
        cmocka_unit_test(a_guard_taken_away_gives_back_what_was_there),
        cmocka_unit_test(only_the_three_together_at_the_end_are_our_columns)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
