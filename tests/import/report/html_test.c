/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

static size_t occurrences(const char *text, const char *what)
{
    size_t n = 0;

    while ((text = strstr(text, what))) {
        n++;
        text += strlen(what);
    }
    return n;
}

/* Elements whose end may not be left out, each as often closed as opened. */
static void assert_balanced(const char *page)
{
    static const char *const names[] = {
        "html",  "head",  "body", "main", "header", "section", "details", "table",
        "thead", "tbody", "tr",   "td",   "th",     "dl",      "dt",      "dd",
        "ul",    "li",    "h1",   "h2",   "bdi",    "style",   "title",   "summary"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char open[2][24];
        char close[24];

        snprintf(open[0], sizeof open[0], "<%s>", names[i]);
        snprintf(open[1], sizeof open[1], "<%s ", names[i]);
        snprintf(close, sizeof close, "</%s>", names[i]);
        assert_int_equal(occurrences(page, open[0]) + occurrences(page, open[1]),
                         occurrences(page, close));
    }
}

TEST(no_text_of_the_file_becomes_markup)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    for (int zh = 0; zh < 2; zh++) {
        char *page = made_write(&m, "report.html", zh ? "zh" : "en");
        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "\xE2\x80\xAE")); /* U+202E turns the line around */
        assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;"
                                     "&quot;&#39;&amp;"));
        assert_true(im_utf8_valid(im_bytes_of(page)));
        assert_balanced(page);
        free(page);
    }
    made_release(&m);
}

TEST(the_page_fetches_nothing_and_runs_nothing)
{
    static const char *const never[] = {"http://", "https://",   " src=", "<link",
                                        "@import", "url(",       "<img",  "<iframe",
                                        "onclick", "javascript:"};
    struct made m;

    made_init(&m);
    made_fill(&m);
    char *page = made_write(&m, "report.html", "zh");
    assert_non_null(strstr(page, "Content-Security-Policy\" content=\"default-src "
                                 "'none'; style-src 'unsafe-inline'"));
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(page, never[i]));
    free(page);
    made_release(&m);
}

TEST(it_speaks_the_asked_language)
{
    struct made m;

    made_init(&m);
    made_fill(&m);
    char *zh = made_write(&m, "zh.html", "zh");
    char *en = made_write(&m, "en.html", "en");
    assert_non_null(strstr(zh, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(zh, "孵化器"));
    assert_non_null(strstr(zh, "加 <code>--fix</code> swap"));
    assert_null(strstr(zh, "exchanged"));
    assert_non_null(strstr(en, "<html lang=\"en\">"));
    assert_non_null(strstr(en, "Incubators"));
    assert_non_null(strstr(en, "longitude and latitude exchanged"));
    assert_null(strstr(en, "经纬度写反"));
    free(zh);
    free(en);
    made_release(&m);
}

TEST(it_says_whether_anything_was_written)
{
    struct made m;

    made_init(&m);
    m.report.run_id = 0;
    char *page = made_write(&m, "none.html", "en");
    assert_non_null(strstr(page, "Nothing was written."));
    free(page);
    m.report.is_dry_run = true;
    page = made_write(&m, "dry.html", "en");
    assert_non_null(strstr(page, "dry run"));
    free(page);
    made_release(&m);
}

TEST(a_long_list_is_cut_and_says_how_long_it_is)
{
    struct made m;

    made_init(&m);
    for (uint64_t row = 1; row <= 12345; row++)
        made_add(&m, (struct import_event){.kind = IMPORT_REFUSED,
                                           .row = row,
                                           .reason_en = row % 3 ? "no name" : "other"});
    char *page = made_write(&m, "long.html", "en");
    assert_non_null(strstr(page, "The first 2,000 are listed, of 12,345"));
    assert_int_equal(occurrences(page, "<td class=\"row\">"), 2000);
    /* and what would mend most of them */
    assert_non_null(strstr(page, "<li>no name<span class=\"n\">× 8,230"));
    free(page);
    made_release(&m);
}

TEST(the_cells_of_a_refused_row_are_not_on_the_page)
{
    static const char *const cells[] = {"", "张三", "13800000000", "", NULL};
    struct made m;

    made_init(&m);
    made_add(&m,
             (struct import_event){.kind = IMPORT_REFUSED, .row = 1, .cells = cells});
    char *page = made_write(&m, "cells.html", "zh");
    char *json = made_write(&m, "cells.json", "zh");
    assert_null(strstr(page, "13800000000"));
    assert_null(strstr(page, "张三"));
    assert_null(strstr(json, "13800000000"));
    free(page);
    free(json);
    made_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_of_the_file_becomes_markup),
        cmocka_unit_test(the_page_fetches_nothing_and_runs_nothing),
        cmocka_unit_test(it_speaks_the_asked_language),
        cmocka_unit_test(it_says_whether_anything_was_written),
        cmocka_unit_test(a_long_list_is_cut_and_says_how_long_it_is),
        cmocka_unit_test(the_cells_of_a_refused_row_are_not_on_the_page)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
