/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas/layer_follow.c: a layer made from the one before and the rows
 * that have changed is, byte for byte, the one that a scan of all rows gives. */
#include "same_layer.h"

#include <stdio.h>
#include <support/memory_source.h>
#include <support/random.h>

#define LAYER(geometry)                                                                \
    "{\"id\":\"places\",\"title\":{\"zh\":\"层\"},\"geometry\":\"" geometry            \
    "\",\"key\":\"id\",\"names_places\":true,\"fields\":["                             \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"name\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\"},"             \
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"                \
    "{\"name\":\"n\",\"title\":{\"zh\":\"数\"},\"type\":\"integer\"},"                \
    "{\"name\":\"x\",\"title\":{\"zh\":\"值\"},\"type\":\"real\"}],"                  \
    "\"roles\":{\"name_zh\":\"name\",\"importance\":\"x\",\"reviewed\":\"n\"}}"

enum { MAX_ROWS = 600, SHARE = 16 };

/* A row is what its fid and its revision say, so that both ways read the same. */
struct row {
    int64_t fid;
    uint32_t revision;
};

struct world {
    struct test_random random;
    enum geom_kind kinds[3];
    unsigned n_kinds;
    struct row rows[MAX_ROWS];
    size_t n_rows;
    int64_t last_fid;
    uint32_t revision;
    int64_t changed[MAX_ROWS];
    size_t n_changed;
};

static double degree(double degrees, uint32_t number)
{
    return degrees + (number % 1000) / 1000.0;
}

static void add_row(const struct world *w, struct memory_source *ms, struct row row)
{
    uint32_t h = (uint32_t)row.fid * 2654435761u ^ row.revision * 40503u;
    double x = degree(120, h);
    double y = degree(30, h >> 7);
    enum geom_kind kind = w->kinds[(h >> 3) % w->n_kinds];
    char wkt[256] = "";
    char values[128];
    char x_value[32] = "";

    if (kind == GEOM_POINT)
        snprintf(wkt, sizeof wkt, h % 5 ? "POINT(%g %g)" : "MULTIPOINT(%g %g,121 31)",
                 x, y);
    else if (kind == GEOM_LINE)
        snprintf(wkt, sizeof wkt, "LINESTRING(%g %g,121.5 31.2,122 31)", x, y);
    else /* the ring is given the wrong way round */
        snprintf(wkt, sizeof wkt, "POLYGON((%g %g,%g %g,%g %g,%g %g))", x, y, x,
                 y + 0.5, x + 0.5, y + 0.5, x, y);
    if (w->kinds[0] == GEOM_POINT && w->n_kinds == 1)
        snprintf(wkt, sizeof wkt, "POINT(%g %g)", x, y);
    if (h % 4)
        snprintf(x_value, sizeof x_value, "%g", (h >> 2) % 100 / 8.0);
    snprintf(values, sizeof values, "k%lld|名%u|%s|%s|%s", (long long)row.fid, h % 97,
             h % 7 ? (h % 2 ? "park" : "tower") : "", h % 3 ? "1" : "", x_value);
    memory_source_row(ms, h % 11 ? wkt : NULL, values);
    memory_source_fid(ms, row.fid);
}

static void give_rows(const struct world *w, struct memory_source *ms)
{
    for (size_t i = 0; i < w->n_rows; i++)
        add_row(w, ms, w->rows[i]);
}

static void note(struct world *w, int64_t fid)
{
    size_t at = w->n_changed;

    for (size_t i = 0; i < w->n_changed; i++)
        if (w->changed[i] == fid)
            return;
    for (; at > 0 && w->changed[at - 1] > fid; at--)
        w->changed[at] = w->changed[at - 1];
    w->changed[at] = fid;
    w->n_changed++;
}

static void change_one(struct world *w)
{
    size_t at = test_random_below(&w->random, (uint32_t)w->n_rows);

    switch (test_random_below(&w->random, 4)) {
    case 0: /* the fid is gone */
        note(w, w->rows[at].fid);
        w->n_rows--;
        memmove(&w->rows[at], &w->rows[at + 1], (w->n_rows - at) * sizeof *w->rows);
        break;
    case 1:
        w->last_fid += 1 + test_random_below(&w->random, 3);
        note(w, w->last_fid);
        w->rows[w->n_rows++] = (struct row){w->last_fid, 0};
        break;
    case 2: /* said to have changed, and is as before */
        note(w, w->rows[at].fid);
        break;
    default:
        note(w, w->rows[at].fid);
        w->rows[at].revision = ++w->revision;
    }
}

static const struct atlas *build(struct memory_source *ms, const struct atlas *previous)
{
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas = NULL;
    struct im_error err;

    if (atlas_build(&source, previous, &atlas, &err) != IM_OK)
        fail_msg("%s", err.msg);
    if (atlas_problem_count(atlas))
        fail_msg("%s", atlas_problem(atlas, 0));
    return atlas;
}

static void begin_world(struct world *w, size_t n)
{
    w->n_rows = n;
    for (size_t i = 0; i < n; i++)
        w->rows[i] = (struct row){w->last_fid += 1 + (int64_t)(i % 3), 0};
}

/* Versions follow each other; each is built from the one before and from nothing. */
static void follow_on(const char *definition, struct world *w, int generations)
{
    struct memory_source *ms = memory_source_new();
    const struct atlas *atlas;

    begin_world(w, MAX_ROWS / 2);
    memory_source_layer(ms, definition, "", 1);
    give_rows(w, ms);
    atlas = build(ms, NULL);
    for (int i = 2; i < generations + 2; i++) {
        uint32_t n = test_random_below(&w->random, (uint32_t)w->n_rows / SHARE + 1);
        unsigned scans = memory_source_scans(ms, "places");

        w->n_changed = 0;
        for (uint32_t k = 0; k < n; k++)
            change_one(w);
        memory_source_clear(ms, "places", (uint64_t)i);
        give_rows(w, ms);
        memory_source_changed(ms, (uint64_t)i - 1, w->changed, w->n_changed);
        const struct atlas *next = build(ms, atlas);
        assert_int_equal(memory_source_scans(ms, "places"), scans);
        const struct atlas *scanned = build(ms, NULL);
        assert_same_layer(atlas_layer_at(next, 0), atlas_layer_at(scanned, 0));
        atlas_unref(scanned);
        atlas_unref(atlas);
        atlas = next;
    }
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(a_followed_layer_of_points_is_the_one_that_a_scan_gives)
{
    struct world w = {test_random_new("points"), .kinds = {GEOM_POINT}, .n_kinds = 1};

    follow_on(LAYER("point"), &w, 60);
}

TEST(a_followed_layer_of_areas_is_the_one_that_a_scan_gives)
{
    struct world w = {test_random_new("areas"), .kinds = {GEOM_AREA}, .n_kinds = 1};

    follow_on(LAYER("area"), &w, 40);
}

TEST(a_followed_layer_of_all_kinds_is_the_one_that_a_scan_gives)
{
    struct world w = {test_random_new("mixed"),
                      .kinds = {GEOM_POINT, GEOM_LINE, GEOM_AREA}, .n_kinds = 3};

    follow_on(LAYER("mixed"), &w, 60);
}

/* 40 rows, version 1, and what becomes of them as version 2. */
static void check_scanned(uint64_t since, size_t n_changed, const char *definition)
{
    struct world w = {.kinds = {GEOM_POINT}, .n_kinds = 1};
    struct memory_source *ms = memory_source_new();
    const int64_t fids[] = {1, 2, 4};

    begin_world(&w, 40);
    memory_source_layer(ms, LAYER("point"), "", 1);
    give_rows(&w, ms);
    const struct atlas *atlas = build(ms, NULL);
    struct memory_source *later = memory_source_new();
    memory_source_layer(later, definition, "", 2);
    w.rows[0].revision = 1;
    w.n_rows--; /* what the log does not know must not be believed */
    give_rows(&w, later);
    memory_source_changed(later, since, fids, n_changed);
    const struct atlas *next = build(later, atlas);
    const struct atlas *scanned = build(later, NULL);
    assert_int_equal(memory_source_scans(later, "places"), 2);
    assert_same_layer(atlas_layer_at(next, 0), atlas_layer_at(scanned, 0));
    atlas_unref(next);
    atlas_unref(scanned);
    atlas_unref(atlas);
    memory_source_free(ms);
    memory_source_free(later);
}

TEST(all_is_read_when_the_rows_are_not_as_many_as_the_changes_say)
{
    check_scanned(1, 1, LAYER("point"));
}

TEST(all_is_read_when_the_changes_since_that_version_are_not_known)
{
    check_scanned(0, 1, LAYER("point"));
}

TEST(all_is_read_when_too_much_has_changed)
{
    check_scanned(1, 3, LAYER("point"));
}

TEST(all_is_read_when_the_definition_has_changed)
{
    check_scanned(1, 1, LAYER("mixed"));
}

/* A changed row that cannot be taken is reported in the words of a scan. */
TEST(a_bad_changed_row_is_reported_as_a_scan_reports_it)
{
    struct world w = {.kinds = {GEOM_POINT}, .n_kinds = 1};
    struct memory_source *ms = memory_source_new();
    struct feature_source source = memory_source_source(ms);
    const int64_t fid = 3;
    const struct atlas *next = NULL;
    struct im_error err;

    begin_world(&w, 40);
    memory_source_layer(ms, LAYER("point"), "", 1);
    give_rows(&w, ms);
    memory_source_layer(ms,
                        "{\"id\":\"other\",\"title\":{\"zh\":\"层\"},\"geometry\":"
                        "\"point\",\"key\":\"id\",\"fields\":[{\"name\":\"id\","
                        "\"title\":{\"zh\":\"编号\"},\"type\":\"text\"}]}",
                        "", 1);
    const struct atlas *atlas = build(ms, NULL);
    memory_source_clear(ms, "places", 2);
    for (int64_t i = 1; i <= 40; i++) {
        memory_source_row(ms, i == fid ? "LINESTRING(1 2,3 4)" : "POINT(121 31)",
                          "a||||");
        memory_source_fid(ms, i);
    }
    memory_source_changed(ms, 1, &fid, 1);
    assert_int_equal(atlas_build(&source, atlas, &next, &err), IM_OK);
    assert_int_equal(atlas_problem_count(next), 1);
    assert_string_equal(atlas_problem(next, 0),
                        "layer 'places': row 3: is a line, the layer's geometry is "
                        "'point'");
    atlas_unref(next);
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_followed_layer_of_points_is_the_one_that_a_scan_gives),
        cmocka_unit_test(a_followed_layer_of_areas_is_the_one_that_a_scan_gives),
        cmocka_unit_test(a_followed_layer_of_all_kinds_is_the_one_that_a_scan_gives),
        cmocka_unit_test(all_is_read_when_the_rows_are_not_as_many_as_the_changes_say),
        cmocka_unit_test(all_is_read_when_the_changes_since_that_version_are_not_known),
        cmocka_unit_test(all_is_read_when_too_much_has_changed),
        cmocka_unit_test(all_is_read_when_the_definition_has_changed),
        cmocka_unit_test(a_bad_changed_row_is_reported_as_a_scan_reports_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
