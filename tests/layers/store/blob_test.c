/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/store/blob.c, with SpatiaLite as the independent reader and writer. */
#include <test.h>

#include <layers/store.h>

#include <math.h>
#include <spatialite.h>
#include <stdlib.h>

struct bench {
    sqlite3 *db;
    void *cache;
    struct im_arena *arena;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    *state = b;
    sqlite3_open(":memory:", &b->db);
    b->cache = spatialite_alloc_connection();
    spatialite_init_ex(b->db, b->cache, 0);
    b->arena = im_arena_new(64 << 20);
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;

    sqlite3_close(b->db);
    spatialite_cleanup_ex(b->cache);
    im_arena_free(b->arena);
    free(b);
    return 0;
}

/* The blob that SpatiaLite makes from a well-known text. */
static struct im_bytes from_wkt(struct bench *b, const char *wkt, int srid)
{
    sqlite3_stmt *stmt;
    struct im_bytes blob = {0};

    assert_int_equal(
        sqlite3_prepare_v2(b->db, "SELECT ST_GeomFromText(?, ?)", -1, &stmt, NULL), 0);
    sqlite3_bind_text(stmt, 1, wkt, -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 2, srid);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    blob.len = (size_t)sqlite3_column_bytes(stmt, 0);
    assert_true(blob.len > 0);
    uint8_t *copy = im_arena_alloc(b->arena, blob.len);
    memcpy(copy, sqlite3_column_blob(stmt, 0), blob.len);
    blob.data = copy;
    sqlite3_finalize(stmt);
    return blob;
}

static char *to_wkt(struct bench *b, struct im_bytes blob)
{
    sqlite3_stmt *stmt;

    sqlite3_prepare_v2(b->db, "SELECT ST_AsText(?), ST_Srid(?)", -1, &stmt, NULL);
    sqlite3_bind_blob(stmt, 1, blob.data, (int)blob.len, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 2, blob.data, (int)blob.len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 1), 4326);
    char *text = strdup((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return text;
}

static void round_trip(struct bench *b, const char *wkt, const char *expected)
{
    struct im_buf out = {.max = 1 << 20};
    struct im_error err = {0};
    struct geom g;

    assert_int_equal(blob_decode(from_wkt(b, wkt, 4326), b->arena, &g, &err), IM_OK);
    assert_int_equal(blob_encode(&g, &out, &err), IM_OK);
    char *text = to_wkt(b, im_buf_bytes(&out));
    assert_string_equal(text, expected);
    free(text);
    im_buf_release(&out);
}

static void spatialite_reads_what_we_write_and_the_other_way_round(void **state)
{
    round_trip(*state, "POINT(121.5 31.25)", "POINT(121.5 31.25)");
    round_trip(*state, "MULTIPOINT(1 2, 3 4)", "MULTIPOINT(1 2, 3 4)");
    round_trip(*state, "LINESTRING(1 2, 3 4)", "MULTILINESTRING((1 2, 3 4))");
    round_trip(*state, "MULTILINESTRING((1 2, 3 4), (5 6, 7 8, 9 9))",
               "MULTILINESTRING((1 2, 3 4), (5 6, 7 8, 9 9))");
    round_trip(*state,
               "MULTIPOLYGON(((0 0, 9 0, 9 9, 0 0), (1 1, 2 2, 2 1, 1 1)), "
               "((20 20, 21 20, 21 21, 20 20)))",
               "MULTIPOLYGON(((0 0, 9 0, 9 9, 0 0), (1 1, 2 2, 2 1, 1 1)), "
               "((20 20, 21 20, 21 21, 20 20)))");
    round_trip(*state, "GEOMETRYCOLLECTION(POINT(1 2), POINT(3 4))",
               "MULTIPOINT(1 2, 3 4)");
}

/* RFC 7946, 3.1.6: outer rings run counter-clockwise, holes clockwise */
static void rings_are_turned_on_reading(void **state)
{
    round_trip(*state, "POLYGON((0 0, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 1))",
               "MULTIPOLYGON(((0 0, 9 0, 9 9, 0 0), (1 1, 2 2, 2 1, 1 1)))");
}

static void refuse(struct bench *b, const char *wkt, int srid, const char *why)
{
    struct im_error err = {0};
    struct geom g;

    assert_int_equal(blob_decode(from_wkt(b, wkt, srid), b->arena, &g, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, why));
}

static void other_systems_dimensions_and_mixtures_are_refused(void **state)
{
    refuse(*state, "POINT(1 2)", 3857, "EPSG:4326");
    refuse(*state, "POINTZ(1 2 3)", 4326, "two-dimensional");
    refuse(*state, "LINESTRINGM(1 2 3, 4 5 6)", 4326, "two-dimensional");
    refuse(*state, "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4))", 4326,
           "mixes");
}

static void a_big_endian_blob_says_the_same(void **state)
{
    struct bench *b = *state;
    struct im_bytes little = from_wkt(b, "POINT(121.5 31.25)", 4326);
    uint8_t *big = im_arena_alloc(b->arena, little.len);
    static const struct {
        size_t at;
        size_t bytes;
    } numbers[] = {{2, 4},  {6, 8},  {14, 8}, {22, 8},
                   {30, 8}, {39, 4}, {43, 8}, {51, 8}};
    struct im_error err;
    struct geom g;

    memcpy(big, little.data, little.len);
    big[1] = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t j = 0; j < numbers[i].bytes; j++)
            big[numbers[i].at + j] =
                little.data[numbers[i].at + numbers[i].bytes - 1 - j];
    assert_int_equal(
        blob_decode((struct im_bytes){big, little.len}, b->arena, &g, &err), IM_OK);
    assert_true(g.lonlat[0] == 121.5 && g.lonlat[1] == 31.25);
}

static const char SAMPLE[] =
    "MULTIPOLYGON(((0 0, 9 0, 9 9, 0 0), (1 1, 2 2, 2 1, 1 1)), "
    "((20 20, 21 20, 21 21, 20 20)))";

/* The blob is copied to its exact size, so that the address sanitizer sees overruns. */
static void every_truncation_is_refused(void **state)
{
    struct bench *b = *state;
    struct im_bytes blob = from_wkt(b, SAMPLE, 4326);

    for (size_t len = 0; len < blob.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        struct im_error err;
        struct geom g;

        memcpy(copy, blob.data, len);
        assert_int_equal(blob_decode((struct im_bytes){copy, len}, b->arena, &g, &err),
                         IM_EDATA);
        if (len > 44) { /* and with the right last byte, so that the body is reached */
            copy[len - 1] = 0xfe;
            assert_int_equal(
                blob_decode((struct im_bytes){copy, len}, b->arena, &g, &err),
                IM_EDATA);
        }
        free(copy);
    }
}

/* Whatever is in the blob, what comes out keeps the promises of struct geom. */
static void check_promises(const struct geom *g)
{
    assert_true(g->n_points > 0 || g->kind == GEOM_EMPTY);
    for (uint32_t i = 0; i < 2 * g->n_points; i++)
        assert_true(isfinite(g->lonlat[i]));
    if (g->kind == GEOM_LINE || g->kind == GEOM_AREA) {
        assert_true(g->n_parts > 0);
        assert_int_equal(g->part_end[g->n_parts - 1], g->n_points);
    }
    if (g->kind == GEOM_AREA) {
        assert_true(g->n_areas > 0);
        assert_int_equal(g->area_end[g->n_areas - 1], g->n_parts);
        for (uint32_t i = 0, from = 0; i < g->n_parts; from = g->part_end[i++]) {
            const double *first = g->lonlat + 2 * (size_t)from;
            const double *last = g->lonlat + 2 * (size_t)(g->part_end[i] - 1);

            assert_true(g->part_end[i] - from >= 4);
            assert_true(first[0] == last[0] && first[1] == last[1]);
        }
    }
}

static void flipped_bits_are_refused_or_harmless(void **state)
{
    struct bench *b = *state;
    struct im_bytes blob = from_wkt(b, SAMPLE, 4326);
    uint8_t *copy = malloc(blob.len);
    struct im_arena *arena = im_arena_new(1 << 20);
    unsigned seed = 11;
    size_t refused = 0;

    for (size_t round = 0; round < 8 * blob.len + 20000; round++) {
        struct im_error err;
        struct geom g;

        memcpy(copy, blob.data, blob.len);
        if (round < 8 * blob.len) {
            copy[round / 8] ^= (uint8_t)(1u << round % 8);
        } else {
            for (int i = 0; i < 4; i++)
                copy[(size_t)rand_r(&seed) % blob.len] = (uint8_t)rand_r(&seed);
        }
        enum im_code rc =
            blob_decode((struct im_bytes){copy, blob.len}, arena, &g, &err);
        if (rc == IM_OK)
            check_promises(&g);
        else
            refused++;
        assert_true(rc == IM_OK || rc == IM_EDATA);
        im_arena_reset(arena);
    }
    assert_true(refused > 1000);
    im_arena_free(arena);
    free(copy);
}

static void what_cannot_be_stored_is_refused(void **state)
{
    (void)state;
    struct im_buf out = {.max = 1 << 20};
    struct im_error err;
    struct geom empty = {.kind = GEOM_EMPTY};
    struct geom nan = {
        .kind = GEOM_POINT, .n_points = 1, .lonlat = (double[]){(double)NAN, 1}};

    assert_int_equal(blob_encode(&empty, &out, &err), IM_EARG);
    assert_int_equal(blob_encode(&nan, &out, &err), IM_EDATA);
    im_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spatialite_reads_what_we_write_and_the_other_way_round),
        cmocka_unit_test(rings_are_turned_on_reading),
        cmocka_unit_test(other_systems_dimensions_and_mixtures_are_refused),
        cmocka_unit_test(a_big_endian_blob_says_the_same),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(flipped_bits_are_refused_or_harmless),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
