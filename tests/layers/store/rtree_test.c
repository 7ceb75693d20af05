/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/store/rtree.c: a packed index is an R*Tree like any other. */
#include <test.h>

#include <layers/sql.h>
#include <layers/store.h>

#include "layers/fixture.h"
#include <scratch.h>
#include <support/random.h>

struct bench {
    struct store *store;
    struct im_arena *arena;
    const struct layer_schema *schema;
    struct im_error err;
};

static void open_bench(struct bench *b, const char *geometry)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *definition =
        fixture_definition("parks", geometry, "places", FIXTURE_FIELDS, NULL);

    for (size_t i = 0; i < 3; i++) {
        char name[32];

        snprintf(name, sizeof name, "rtree.db%s", suffixes[i]);
        unlink(scratch_path(name));
    }
    *b = (struct bench){.arena = im_arena_new(1 << 26)};
    if (store_open(scratch_path("rtree.db"), STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
    fixture_put(b->store, definition, "");
    assert_int_equal(
        schema_parse(im_bytes_of(definition), b->arena, &b->schema, &b->err), IM_OK);
}

static void close_bench(struct bench *b)
{
    store_close(b->store);
    im_arena_free(b->arena);
}

static void done(struct bench *b, enum im_code rc)
{
    if (rc)
        fail_msg("%s", b->err.msg);
}

/* A box of random size, or a point. */
static void insert(struct bench *b, struct test_random *r, bool is_area)
{
    double x = test_random_in(r, 115, 123);
    double y = test_random_in(r, 27, 35);
    double w = is_area ? test_random_in(r, 0.001, 1) : 0;

    if (is_area)
        done(b, sql_execf(store_db(b->store), &b->err,
                          "INSERT INTO parks (id, geom) VALUES (hex(randomblob(8)), "
                          "CastToMulti(BuildMbr(%.17g, %.17g, %.17g, %.17g, 4326)))",
                          x, y, x + w, y + w));
    else
        done(b, sql_execf(store_db(b->store), &b->err,
                          "INSERT INTO parks (id, geom) VALUES (hex(randomblob(8)), "
                          "MakePoint(%.17g, %.17g, 4326))",
                          x, y));
}

static void assert_sound(struct bench *b)
{
    assert_int_equal(
        fixture_number(b->store, "SELECT rtreecheck('idx_parks_geom') = 'ok'"), 1);
    assert_int_equal(
        fixture_number(b->store, "SELECT CheckSpatialIndex('parks', 'geom')"), 1);
    assert_int_equal(
        fixture_number(b->store, "SELECT count(*) FROM idx_parks_geom"),
        fixture_number(b->store, "SELECT count(*) FROM parks WHERE geom NOTNULL"));
}

/* Every row whose box meets the window is found; the index may give a few more, because
 * it keeps 32 bits. */
static void assert_finds(struct bench *b, struct test_random *r)
{
    char sql[512];
    double x = test_random_in(r, 115, 123);
    double y = test_random_in(r, 27, 35);
    double w = test_random_in(r, 0.01, 2);

    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM parks WHERE MbrMinX(geom) <= %.17g AND MbrMaxX(geom) "
        ">= %.17g AND MbrMinY(geom) <= %.17g AND MbrMaxY(geom) >= %.17g AND fid NOT "
        "IN (SELECT pkid FROM idx_parks_geom WHERE xmin <= %.17g AND xmax >= %.17g "
        "AND ymin <= %.17g AND ymax >= %.17g)",
        x + w, x, y + w, y, x + w, x, y + w, y);
    assert_int_equal(fixture_number(b->store, sql), 0);
    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM idx_parks_geom JOIN parks ON fid = pkid WHERE xmin <= "
        "%.17g AND xmax >= %.17g AND ymin <= %.17g AND ymax >= %.17g AND NOT "
        "(MbrMinX(geom) <= %.17g + 1e-4 AND MbrMaxX(geom) >= %.17g - 1e-4 AND "
        "MbrMinY(geom) <= %.17g + 1e-4 AND MbrMaxY(geom) >= %.17g - 1e-4)",
        x + w, x, y + w, y, x + w, x, y + w, y);
    assert_int_equal(fixture_number(b->store, sql), 0);
}

static void pack(struct bench *b, struct test_random *r, size_t n, bool is_area)
{
    done(b, store_begin(b->store, &b->err));
    done(b, store_drop_indexes(b->store, b->schema, &b->err));
    for (size_t i = 0; i < n; i++)
        insert(b, r, is_area);
    done(b, sql_exec(store_db(b->store),
                     "INSERT INTO parks (id) VALUES (hex(randomblob(8)))", &b->err));
    done(b, store_make_indexes(b->store, b->schema, &b->err));
    done(b, store_commit(b->store, &b->err));
}

/* 51 cells fill a node of a 4096-byte page: one level, two, three. */
TEST(trees_of_all_heights_are_sound)
{
    static const size_t sizes[] = {0, 1, 50, 51, 52, 46 * 51, 46 * 51 + 7, 6000};
    struct test_random r = test_random_new("rtree");

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bench b;
        bool is_area = i % 2;

        open_bench(&b, is_area ? "area" : "point");
        pack(&b, &r, sizes[i], is_area);
        assert_sound(&b);
        for (int q = 0; q < 5; q++)
            assert_finds(&b, &r);
        close_bench(&b);
    }
}

TEST(others_can_change_a_packed_tree)
{
    struct test_random r = test_random_new("rtree changed");
    struct bench b;

    open_bench(&b, "point");
    int64_t triggers =
        fixture_number(b.store, "SELECT count(*) FROM sqlite_master WHERE type = "
                                "'trigger' AND tbl_name = 'parks'");
    pack(&b, &r, 4000, false);
    assert_int_equal(fixture_number(b.store,
                                    "SELECT count(*) FROM sqlite_master WHERE type = "
                                    "'trigger' AND tbl_name = 'parks'"),
                     triggers);
    done(&b,
         sql_exec(store_db(b.store), "DELETE FROM parks WHERE fid % 3 = 0", &b.err));
    assert_sound(&b);
    for (int i = 0; i < 2000; i++)
        insert(&b, &r, false);
    done(&b,
         sql_exec(store_db(b.store),
                  "UPDATE parks SET geom = MakePoint(120, 30, 4326) WHERE fid % 7 = "
                  "0",
                  &b.err));
    assert_sound(&b);
    assert_finds(&b, &r);
    pack(&b, &r, 10, false); /* over what others have left */
    assert_sound(&b);
    assert_finds(&b, &r);
    close_bench(&b);
}

TEST(a_rollback_leaves_the_old_tree)
{
    struct test_random r = test_random_new("rtree rolled back");
    struct bench b;

    open_bench(&b, "point");
    pack(&b, &r, 100, false);
    done(&b, store_begin(b.store, &b.err));
    done(&b, store_drop_indexes(b.store, b.schema, &b.err));
    for (int i = 0; i < 3000; i++)
        insert(&b, &r, false);
    done(&b, store_make_indexes(b.store, b.schema, &b.err));
    store_rollback(b.store);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM parks"), 101);
    assert_sound(&b);
    pack(&b, &r, 60, false);
    assert_sound(&b);
    close_bench(&b);
}

/* QGIS and spatialite_gui have a button for it. */
TEST(an_index_that_another_program_took_away_is_made_again)
{
    struct test_random r = test_random_new("rtree gone");
    struct bench b;

    open_bench(&b, "point");
    pack(&b, &r, 100, false);
    assert_int_equal(
        fixture_number(b.store, "SELECT DisableSpatialIndex('parks', 'geom')"), 1);
    done(&b, sql_exec(store_db(b.store), "DROP TABLE idx_parks_geom", &b.err));
    done(&b, store_analyze(b.store, "parks", &b.err));
    pack(&b, &r, 60, false);
    assert_sound(&b);
    done(&b, store_analyze(b.store, "parks", &b.err));
    assert_int_equal(
        fixture_number(b.store, "SELECT row_count FROM geometry_columns_statistics"),
        162);
    insert(&b, &r, false); /* the triggers are back */
    assert_sound(&b);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_of_all_heights_are_sound),
        cmocka_unit_test(others_can_change_a_packed_tree),
        cmocka_unit_test(a_rollback_leaves_the_old_tree),
        cmocka_unit_test(an_index_that_another_program_took_away_is_made_again),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
