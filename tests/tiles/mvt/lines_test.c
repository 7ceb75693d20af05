/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/mvt/lines.c: lines of equal attributes that meet are one, as GEOS merges
 * them. */
#include <test.h>

#include "fixture.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <geos_c.h>

/* clang-format off */
#define LAYER(id, order, key_zoom)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"line\", \"key\": \"key\", \"group\": \"places\","                 \
    "\"order\": " order ", \"in_map\": true, \"visibility\": \"public\","              \
    "\"fields\": [{\"name\": \"key\", \"title\": {\"zh\": \"k\", \"en\": \"k\"},"      \
    "\"type\": \"text\"" key_zoom "}, {\"name\": \"kind\", \"title\":"                 \
    "{\"zh\": \"r\", \"en\": \"r\"}, \"type\": \"text\", \"tile_zoom\": 0}],"          \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"
/* clang-format on */

static const char PLAIN[] = "{\"layers\": [{\"id\": \"line\", \"type\": \"line\"}]}";
static const char ASIDE[] = "{\"layers\": [{\"id\": \"line\", \"type\": \"line\", "
                            "\"paint\": {\"line-offset\": 2}}]}";

enum { SIDE = 12 };

/* Streets of a town of blocks: many are missing, each runs either way and is of one of
 * three kinds. */
static void put_streets(struct memory_source *source)
{
    struct test_random r = test_random_new("mvt lines");
    int n = 0;

    for (int i = 0; i < 2 * SIDE * SIDE; i++) {
        double x = 100 + (i / 2) % SIDE;
        double y = 20 + (i / 2) / SIDE;
        double to_x = x + (i & 1);
        double to_y = y + !(i & 1);
        bool is_back = test_random_below(&r, 2);
        char wkt[200];
        char values[40];

        if (test_random_below(&r, 3) == 0)
            continue;
        (void)snprintf(wkt, sizeof wkt, "LINESTRING(%f %f,%f %f,%f %f)",
                       is_back ? to_x : x, is_back ? to_y : y, (x + to_x) / 2 + 0.1,
                       (y + to_y) / 2 + 0.1, is_back ? x : to_x, is_back ? y : to_y);
        (void)snprintf(values, sizeof values, "%d|%c", n++,
                       'a' + (char)test_random_below(&r, 3));
        memory_source_row(source, wkt, values);
    }
}

static GEOSGeometry *lines_of(GEOSContextHandle_t h,
                              const struct decoded_tile *t,
                              const char *layer,
                              const char *kind,
                              unsigned *n_features)
{
    static GEOSGeometry *lines[DECODED_MAX_FEATURES];
    unsigned n = 0;

    *n_features = 0;
    for (uint32_t i = 0; i < t->n_features; i++) {
        const struct decoded_feature *f = &t->features[i];

        if (strcmp(f->layer, layer) != 0 || !strstr(f->properties, kind))
            continue;
        *n_features += 1;
        for (uint32_t p = f->first_part; p < f->first_part + f->n_parts; p++) {
            const int32_t *xy = t->xy + 2 * (size_t)t->part_first[p];
            GEOSCoordSequence *seq = GEOSCoordSeq_create_r(h, t->part_n[p], 2);

            for (uint32_t k = 0; k < t->part_n[p]; k++)
                GEOSCoordSeq_setXY_r(h, seq, k, xy[2 * k], xy[2 * k + 1]);
            lines[n++] = GEOSGeom_createLineString_r(h, seq);
        }
    }
    return GEOSGeom_createCollection_r(h, GEOS_MULTILINESTRING, lines, n);
}

static void compare(const struct decoded_tile *t, const char *joined, bool is_directed)
{
    static const char *const kinds[] = {"kind='a'", "kind='b'", "kind='c'"};
    GEOSContextHandle_t h = GEOS_init_r();

    for (int i = 0; i < 3; i++) {
        unsigned n_pieces;
        unsigned n_features;
        double length;
        double merged_length;
        GEOSGeometry *pieces = lines_of(h, t, "pieces", kinds[i], &n_pieces);
        GEOSGeometry *ours = lines_of(h, t, joined, kinds[i], &n_features);
        GEOSGeometry *merged = is_directed ? GEOSLineMergeDirected_r(h, pieces)
                                           : GEOSLineMerge_r(h, pieces);

        assert_true(n_pieces > 30);
        assert_int_equal(n_features, 1);
        assert_int_equal(GEOSGetNumGeometries_r(h, ours),
                         GEOSGetNumGeometries_r(h, merged));
        assert_true(GEOSGetNumGeometries_r(h, ours) <
                    GEOSGetNumGeometries_r(h, pieces));
        assert_int_equal(GEOSEquals_r(h, ours, merged), 1);
        GEOSLength_r(h, ours, &length);
        GEOSLength_r(h, merged, &merged_length);
        assert_true(length - merged_length < 1e-6 && merged_length - length < 1e-6);
        GEOSGeom_destroy_r(h, pieces);
        GEOSGeom_destroy_r(h, ours);
        GEOSGeom_destroy_r(h, merged);
    }
    GEOS_finish_r(h);
}

TEST(equal_lines_are_joined_as_geos_merges_them)
{
    struct map_fixture f = {.source = memory_source_new()};

    memory_source_layer(f.source, LAYER("pieces", "1", ", \"tile_zoom\": 0"), PLAIN, 1);
    put_streets(f.source);
    memory_source_layer(f.source, LAYER("joined", "2", ""), PLAIN, 1);
    put_streets(f.source);
    memory_source_layer(f.source, LAYER("aside", "3", ""), ASIDE, 1);
    put_streets(f.source);
    open_map(&f);
    struct decoded_tile *tile = decode(&f, (struct tile_id){4, 12, 6});
    assert_false(tile->features[tile->n_features - 1].has_id);
    compare(tile, "joined", false);
    compare(tile, "aside", true);
    free(tile);
    close_map(&f);
}

TEST(a_line_of_its_own_keeps_its_id_and_deep_zooms_join_nothing)
{
    struct map_fixture f = {.source = memory_source_new()};

    memory_source_layer(f.source, LAYER("rivers", "1", ""), PLAIN, 1);
    memory_source_row(f.source, "LINESTRING(120 30,120.01 30)", "1|a");
    memory_source_row(f.source, "LINESTRING(120.01 30,120.01 30.01)", "2|a");
    memory_source_row(f.source, "LINESTRING(120.01 30.01,120 30.01)", "3|b");
    open_map(&f);
    uint32_t x = world_x(120.005) >> (WORLD_BITS - 12);
    uint32_t y = world_y(30.005) >> (WORLD_BITS - 12);
    struct decoded_tile *tile = decode(&f, (struct tile_id){12, x, y});
    assert_int_equal(tile->n_features, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct decoded_feature *d = &tile->features[i];

        assert_int_equal(d->n_parts, 1);
        if (strcmp(d->properties, "kind='a'") == 0) {
            assert_false(d->has_id);
            assert_int_equal(tile->part_n[d->first_part], 3);
        } else {
            assert_int_equal(d->id, 3);
        }
    }
    free(tile);
    tile = decode(&f, (struct tile_id){13, world_x(120.005) >> (WORLD_BITS - 13),
                                       world_y(30.005) >> (WORLD_BITS - 13)});
    assert_int_equal(tile->n_features, 3);
    free(tile);
    close_map(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lines_are_joined_as_geos_merges_them),
        cmocka_unit_test(a_line_of_its_own_keeps_its_id_and_deep_zooms_join_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
