/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/ask on the shipped layers: the forty questions of planners and
 * investors, paraphrases of them, what others ask, and what must not be guessed. The
 * phrases stand in *.txt beside this file, a line each:
 *
 *     question => parsed query [| needs=point] [| missing] [| unknown=words]
 *     question => ?                          not understood; there are closest forms
 *     # a remark
 */
#include <test.h>

#include "engine/ask/shipped.h"

#include <engine/ask.h>

#include <stdio.h>
#include <stdlib.h>

enum { THIS_YEAR = 2026, MAX_LINE = 4096 };

static const struct atlas *atlas;

struct expected {
    char *question;
    char *line;
    const char *needs; /* NULL none */
    const char *unknown;
    bool missing;
};

static char *trim(char *text)
{
    size_t n;

    while (*text == ' ')
        text++;
    n = strlen(text);
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\n'))
        text[--n] = 0;
    return text;
}

static void read_extra(struct expected *e, char *text)
{
    text = trim(text);
    if (strncmp(text, "needs=", 6) == 0)
        e->needs = text + 6;
    else if (strncmp(text, "unknown=", 8) == 0)
        e->unknown = text + 8;
    else if (strcmp(text, "missing") == 0)
        e->missing = true;
    else
        fail_msg("'%s' is no remark", text);
}

static bool read_expected(char *line, struct expected *e)
{
    char *arrow = strstr(line, "=>");
    char *bar;

    memset(e, 0, sizeof *e);
    if (line[0] == '#' || trim(line)[0] == 0)
        return false;
    if (!arrow)
        fail_msg("no arrow in: %s", line);
    *arrow = 0;
    e->question = trim(line);
    bar = strstr(arrow + 2, " | ");
    while (bar) {
        char *next = strstr(bar + 3, " | ");

        *bar = 0;
        if (next)
            *next = 0;
        read_extra(e, bar + 3);
        bar = next;
        if (next)
            *next = ' ';
    }
    e->line = trim(arrow + 2);
    return true;
}

static void
write_unknown(const char *question, const struct ask_parse *p, struct im_buf *out)
{
    struct im_bytes text = im_bytes_of(question);

    for (size_t s = 0; s < p->n_unknown; s++) {
        size_t c = 0;

        if (s)
            im_buf_byte(out, ' ');
        for (size_t i = 0; i < text.len; c++) {
            size_t from = i;

            im_utf8_next(text, &i);
            if (c >= p->unknown[s].start &&
                c < p->unknown[s].start + p->unknown[s].length)
                im_buf_append(out, text.data + from, i - from);
        }
    }
    im_buf_byte(out, 0);
}

static bool same(const char *what, const char *wanted, const char *got)
{
    if (strcmp(wanted, got) == 0)
        return true;
    print_message("    %s\n      wanted %s\n      got    %s\n", what, wanted, got);
    return false;
}

/* Every form that is offered has to be understood. */
static bool check_closest(const struct ask_parse *p, struct im_arena *arena)
{
    bool good = p->n_closest > 0;

    for (size_t i = 0; i < p->n_closest; i++) {
        struct ask_parse again;

        if (ask_parse(atlas, im_bytes_of(p->closest[i]), THIS_YEAR, arena, &again,
                      NULL) != IM_OK ||
            !again.operation) {
            print_message("    offered but not understood: %s\n", p->closest[i]);
            good = false;
        }
    }
    return good;
}

static bool check(const struct expected *e)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_buf line = {.max = MAX_LINE};
    struct im_buf unknown = {.max = MAX_LINE};
    struct im_error err = {0};
    struct ask_parse p;
    bool good = true;

    assert_int_equal(
        ask_parse(atlas, im_bytes_of(e->question), THIS_YEAR, arena, &p, &err), IM_OK);
    ask_write_line(&p, &line);
    im_buf_byte(&line, 0);
    write_unknown(e->question, &p, &unknown);
    good &= same("line", strcmp(e->line, "?") == 0 ? "" : e->line, (char *)line.data);
    good &= same("needs", e->needs ? e->needs : "", p.needs ? p.needs : "");
    good &= same("missing", e->missing ? "yes" : "", *p.missing.zh ? "yes" : "");
    if (e->unknown || p.operation)
        good &= same("unknown", e->unknown ? e->unknown : "", (char *)unknown.data);
    if (!p.operation && !check_closest(&p, arena)) {
        print_message("    no closest forms\n");
        good = false;
    }
    if (!good)
        print_message("  %s\n", e->question);
    im_buf_release(&line);
    im_buf_release(&unknown);
    im_arena_free(arena);
    return good;
}

static void check_file(const char *name, size_t least)
{
    char path[1024];
    char line[MAX_LINE];
    size_t n = 0;
    size_t bad = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/engine/ask/%s.txt", TEST_SOURCE_DIR, name);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        struct expected e;

        if (!read_expected(line, &e))
            continue;
        n++;
        bad += !check(&e);
    }
    fclose(file);
    if (bad || n < least)
        fail_msg("%s: %zu of %zu differ (at least %zu are wanted)", name, bad, n,
                 least);
}

TEST(the_forty_questions_are_understood)
{
    check_file("forty", 40);
}

TEST(paraphrases_reach_the_same_query)
{
    check_file("paraphrases", 40);
}

TEST(others_are_asked_too)
{
    check_file("others", 60);
}

TEST(what_is_not_understood_is_not_guessed)
{
    check_file("refused", 20);
}

static const struct ask_part *part_named(const struct ask_parse *p, const char *name)
{
    for (size_t i = 0; i < p->n_parts; i++)
        if (strcmp(p->parts[i].name, name) == 0)
            return &p->parts[i];
    fail_msg("no part '%s'", name);
    return NULL;
}

TEST(what_was_taken_for_the_words_is_said)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct ask_parse p;

    assert_int_equal(ask_parse(atlas, im_bytes_of("松江区政府附近的孵化器"), THIS_YEAR,
                               arena, &p, NULL),
                     IM_OK);
    assert_non_null(strstr(part_named(&p, "near")->title.zh, "不是政府驻地"));
    assert_non_null(strstr(part_named(&p, "near")->title.en, "not its seat"));
    assert_int_equal(part_named(&p, "k")->length, 0); /* supplied */
    assert_int_equal(
        ask_parse(atlas, im_bytes_of("松江附近的孵化器"), THIS_YEAR, arena, &p, NULL),
        IM_OK);
    assert_non_null(strstr(part_named(&p, "near")->title.zh, "松江区"));
    assert_int_equal(ask_parse(atlas, im_bytes_of("浦东新区每平方公里孵化器数量"),
                               THIS_YEAR, arena, &p, NULL),
                     IM_OK);
    assert_non_null(strstr(part_named(&p, "per")->title.zh, "每百平方公里"));
    im_arena_free(arena);
}

TEST(a_place_outside_is_missing_and_what_the_data_cover_is_named)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct ask_parse p;

    assert_int_equal(
        ask_parse(atlas, im_bytes_of("北京有哪些孵化器"), THIS_YEAR, arena, &p, NULL),
        IM_OK);
    assert_null(p.operation);
    assert_non_null(strstr(p.missing.zh, "北京"));
    assert_non_null(strstr(p.missing.zh, "浙江省"));
    assert_non_null(strstr(p.missing.en, "Zhejiang"));
    im_arena_free(arena);
}

int main(int argc, char **argv)
{
    int failed;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forty_questions_are_understood),
        cmocka_unit_test(paraphrases_reach_the_same_query),
        cmocka_unit_test(others_are_asked_too),
        cmocka_unit_test(what_is_not_understood_is_not_guessed),
        cmocka_unit_test(what_was_taken_for_the_words_is_said),
        cmocka_unit_test(a_place_outside_is_missing_and_what_the_data_cover_is_named)};

    atlas = shipped_atlas();
    if (!atlas)
        return 1;
    if (argc > 1) { /* what is made of a question: for those who write rules */
        struct expected e = {.question = argv[1], .line = trim((char[]){""})};
        check(&e);
        failed = 0;
    } else {
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    }
    atlas_unref(atlas);
    return failed;
}
