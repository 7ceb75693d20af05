/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/mvt/encoder.c and tile.c (Mapbox Vector Tile specification 2.1). */
#include <test.h>

#include "decoder.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <cpl_vsi.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>

#define FIELD(name, type, zoom)                                                        \
    "{\"name\": \"" name "\", \"title\": {\"zh\": \"" name "\", \"en\": \"" name       \
    "\"}, \"type\": \"" type "\"" zoom "}"

/* clang-format off */
#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"key\", \"group\": \"places\","         \
    "\"order\": " order ", \"in_map\": true, \"visibility\": \"public\","              \
    "\"fields\": ["                                                                    \
    FIELD("key", "text", ", \"required\": true, \"tile_zoom\": 0") ","                 \
    FIELD("kind", "text", ", \"tile_zoom\": 0") ","                                    \
    FIELD("n", "integer", ", \"tile_zoom\": 5") ","                                    \
    FIELD("r", "real", ", \"tile_zoom\": 0") ","                                       \
    FIELD("secret", "text", "") ","                                                    \
    FIELD("reviewed", "integer", "") "],"                                              \
    "\"roles\": {\"reviewed\": \"reviewed\"},"                                         \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\","                \
    "\"attribution\": {\"zh\": \"甲\", \"en\": \"A\"}}"

static const char HEAVY_LAYER[] =
    "{\"id\": \"heavy\", \"title\": {\"zh\": \"重\", \"en\": \"heavy\"},"
    "\"geometry\": \"point\", \"key\": \"key\", \"group\": \"places\", \"order\": 2,"
    "\"in_map\": true, \"visibility\": \"public\","
    "\"fields\": ["
    FIELD("key", "integer", ", \"tile_zoom\": 0") ","
    FIELD("text", "text", ", \"tile_zoom\": 0") ","
    FIELD("rank", "real", "") "],"
    "\"roles\": {\"importance\": \"rank\"},"
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}";
/* clang-format on */

static const char AREA_STYLE[] =
    "{\"layers\": [{\"id\": \"a\", \"type\": \"fill\"}, {\"id\": \"b\", \"type\": "
    "\"symbol\", \"layout\": {\"text-field\": [\"get\", \"key\"]}}]}";

static struct tile_worker *worker; /* of all tests: opening fonts takes long */

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
};

static void open_map(struct fixture *f, const char *layers, bool leave_out)
{
    struct tile_map_options options = {
        .layers = layers, .lang = LANG_ZH, .leave_out_unreviewed = leave_out};
    struct im_error err;

    if (!f->atlas)
        f->atlas = memory_source_atlas(f->source);
    if (tile_map_new(f->atlas, &options, &f->map, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static void close_map(struct fixture *f)
{
    tile_map_unref(f->map);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
}

static struct im_buf encode(const struct tile_map *map, struct tile_id id)
{
    struct im_buf out = {.max = 16 * 1024 * 1024};
    struct im_error err;

    if (tile_encode_mvt(map, worker, id, &out, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return out;
}

static struct decoded_tile *decode(const struct tile_map *map, struct tile_id id)
{
    struct im_buf bytes = encode(map, id);
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));

    im_buf_release(&bytes);
    return tile;
}

TEST(points_carry_id_and_typed_properties_of_their_zoom)
{
    struct fixture f = {.source = memory_source_new()};
    struct decoded_tile *tile;

    memory_source_layer(f.source, LAYER("spots", "point", "1"), "", 1);
    memory_source_row(f.source, "POINT(0 0)", "a|园|-7|2.5|hidden|");
    memory_source_row(f.source, "POINT(0 0)", "b|园|7||hidden|");
    open_map(&f, "map", false);
    tile = decode(f.map, (struct tile_id){0, 0, 0});
    assert_int_equal(tile->n_features, 2);
    for (int i = 0; i < 2; i++) {
        const struct decoded_feature *d = &tile->features[i];

        assert_string_equal(d->layer, "spots");
        assert_true(d->has_id);
        assert_string_equal(d->properties, d->id == 1 ? "key='a' kind='园' r=2.5"
                                                      : "key='b' kind='园'");
        assert_int_equal(tile->xy[0], 2048);
        assert_int_equal(tile->xy[1], 2048);
    }
    free(tile);
    tile = decode(f.map, (struct tile_id){5, 16, 16});
    assert_string_equal(tile->features[tile->features[0].id == 1 ? 0 : 1].properties,
                        "key='a' kind='园' n=-7 r=2.5");
    assert_string_equal(tile->features[tile->features[0].id == 2 ? 0 : 1].properties,
                        "key='b' kind='园' n=7");
    free(tile);
    close_map(&f);
}

/* 4.3.3.3 */
TEST(outer_rings_are_positive_their_holes_negative)
{
    struct fixture f = {.source = memory_source_new()};

    memory_source_layer(f.source, LAYER("land", "area", "1"), AREA_STYLE, 1);
    memory_source_row(f.source,
                      "MULTIPOLYGON(((10 10,50 10,50 50,10 50,10 10),(20 20,20 30,30 "
                      "30,30 20,20 20)),((-50 -50,-40 -50,-40 -40,-50 -40,-50 -50)))",
                      "a|x|1|1|s|");
    open_map(&f, "map", false);
    for (uint32_t z = 0; z < 4; z++)
        for (uint32_t x = 0; x < 1u << z; x++)
            for (uint32_t y = 0; y < 1u << z; y++) {
                struct decoded_tile *tile = decode(f.map, (struct tile_id){z, x, y});

                for (uint32_t i = 0; i < tile->n_features; i++) {
                    const struct decoded_feature *d = &tile->features[i];

                    if (d->type != 3)
                        continue;
                    assert_true(decoded_area2(tile, d->first_part) > 0);
                    if (z == 0) {
                        assert_int_equal(d->n_parts, 3);
                        assert_true(decoded_area2(tile, d->first_part + 1) < 0);
                        assert_true(decoded_area2(tile, d->first_part + 2) > 0);
                    }
                }
                free(tile);
            }
    close_map(&f);
}

TEST(an_area_has_one_label_point_in_the_whole_map)
{
    struct fixture f = {.source = memory_source_new()};
    unsigned seen = 0;

    memory_source_layer(f.source, LAYER("land", "area", "1"), AREA_STYLE, 1);
    memory_source_row(f.source, "POLYGON((-60 -50,70 -50,70 60,-60 60,-60 -50))",
                      "a|x|1|1|s|");
    open_map(&f, "map", false);
    for (uint32_t x = 0; x < 8; x++)
        for (uint32_t y = 0; y < 8; y++) {
            struct decoded_tile *tile = decode(f.map, (struct tile_id){3, x, y});

            for (uint32_t i = 0; i < tile->n_features; i++) {
                const int32_t *p =
                    tile->xy + 2 * tile->part_first[tile->features[i].first_part];

                if (strcmp(tile->features[i].layer, "land_label") != 0)
                    continue;
                assert_int_equal(tile->features[i].type, 1);
                assert_int_equal(tile->features[i].id, 1);
                assert_string_equal(tile->features[i].properties,
                                    "key='a' kind='x' r=1 label_zoom=0");
                seen += p[0] >= 0 && p[0] < 4096 && p[1] >= 0 && p[1] < 4096;
            }
            free(tile);
        }
    assert_int_equal(seen, 1);
    close_map(&f);
}

/* A wandering line through both tiles: in the strip that both hold, their vertices are
 * the same, moved by one tile. */
TEST(neighbouring_tiles_agree_where_they_overlap)
{
    struct test_random r = test_random_new("mvt seam");
    struct fixture f = {.source = memory_source_new()};
    struct im_buf wkt = {.max = 1 << 20};
    uint32_t shared = 0;

    memory_source_layer(f.source, LAYER("roads", "line", "1"), "", 1);
    for (int line = 0; line < 40; line++) {
        im_buf_clear(&wkt);
        im_buf_text(&wkt, "LINESTRING(");
        for (int i = 0; i < 60; i++)
            im_buf_printf(&wkt, "%s%.7f %.7f", i ? "," : "",
                          test_random_in(&r, -0.35, 0.35),
                          test_random_in(&r, 0.02, 0.3));
        im_buf_append(&wkt, ")", 2);
        char values[32];

        snprintf(values, sizeof values, "%d|x|1|1|s|", line);
        memory_source_row(f.source, (const char *)wkt.data, values);
    }
    open_map(&f, "map", false);
    struct decoded_tile *west = decode(f.map, (struct tile_id){10, 511, 511});
    struct decoded_tile *east = decode(f.map, (struct tile_id){10, 512, 511});
    for (uint32_t i = 0; i < west->n_points; i++) {
        int32_t x = west->xy[2 * i] - 4096;
        int32_t y = west->xy[2 * i + 1];
        bool found = false;

        /* inside both buffers, and not one of the cuts */
        if (x <= -63 || x >= 63 || y <= -63 || y >= 4096 + 63)
            continue;
        for (uint32_t k = 0; k < east->n_points && !found; k++)
            found = east->xy[2 * k] == x && east->xy[2 * k + 1] == y;
        assert_true(found);
        shared++;
    }
    assert_true(shared > 10);
    free(west);
    free(east);
    im_buf_release(&wkt);
    close_map(&f);
}

TEST(unreviewed_features_are_left_out_for_the_public)
{
    struct fixture f = {.source = memory_source_new()};
    struct decoded_tile *tile;

    memory_source_layer(f.source, LAYER("lines", "line", "1"), "", 1);
    memory_source_row(f.source, "LINESTRING(0 0,40 40)", "a|x|1|1|s|0");
    memory_source_row(f.source, "LINESTRING(0 0,40 -40)", "b|x|1|1|s|1");
    memory_source_row(f.source, "LINESTRING(0 0,-40 -40)", "c|x|1|1|s|");
    open_map(&f, "map", false);
    tile = decode(f.map, (struct tile_id){0, 0, 0});
    assert_int_equal(tile->n_features, 3);
    free(tile);
    uint64_t version = tile_map_version(f.map);
    tile_map_unref(f.map);
    open_map(&f, "map", true);
    tile = decode(f.map, (struct tile_id){0, 0, 0});
    assert_int_equal(tile->n_features, 2);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_not_equal(tile->features[i].id, 1);
    assert_true(version != tile_map_version(f.map));
    free(tile);
    close_map(&f);
}

TEST(an_empty_tile_has_no_bytes_and_equal_input_gives_equal_bytes)
{
    struct fixture f = {.source = memory_source_new()};

    memory_source_layer(f.source, LAYER("spots", "point", "1"), "", 1);
    memory_source_row(f.source, "POINT(100 30)", "a|x|1|1|s|");
    open_map(&f, "map", false);
    struct im_buf none = encode(f.map, (struct tile_id){3, 0, 0});
    struct im_buf one = encode(f.map, (struct tile_id){0, 0, 0});
    struct im_buf two = encode(f.map, (struct tile_id){0, 0, 0});
    assert_int_equal(none.len, 0);
    assert_true(one.len > 0);
    assert_true(im_bytes_equal(im_buf_bytes(&one), im_buf_bytes(&two)));
    im_buf_release(&none);
    im_buf_release(&one);
    im_buf_release(&two);
    close_map(&f);
}

TEST(a_layer_no_style_shows_yet_is_not_sent)
{
    struct fixture f = {.source = memory_source_new()};

    memory_source_layer(
        f.source, LAYER("spots", "point", "1"),
        "{\"layers\": [{\"id\": \"a\", \"type\": \"circle\", \"minzoom\": 5.5}]}", 1);
    memory_source_row(f.source, "POINT(0 0)", "a|x|1|1|s|");
    open_map(&f, "map", false);
    struct im_buf before = encode(f.map, (struct tile_id){4, 8, 8});
    struct im_buf after = encode(f.map, (struct tile_id){5, 16, 16});
    assert_int_equal(before.len, 0);
    assert_true(after.len > 0);
    im_buf_release(&before);
    im_buf_release(&after);
    close_map(&f);
}

enum { HEAVY_FEATURES = 800, HEAVY_BYTES = 2000 };

/* An area and, over the same place, more points than a tile has room for. */
static void open_heavy_map(struct fixture *f, bool equals)
{
    static char values[HEAVY_BYTES + 64];

    *f = (struct fixture){.source = memory_source_new()};
    memory_source_layer(f->source, LAYER("land", "area", "1"), AREA_STYLE, 1);
    memory_source_row(f->source, "POLYGON((-9 -9,9 -9,9 9,-9 9,-9 -9))", "a|x|1|1|s|");
    memory_source_layer(f->source, HEAVY_LAYER, "", 1);
    for (int i = 1; i <= HEAVY_FEATURES; i++) {
        int n = snprintf(values, sizeof values, "%d|", i);

        for (int k = 0; k < HEAVY_BYTES / 4; k++)
            n += snprintf(values + n, sizeof values - (size_t)n, "%04d", i);
        (void)snprintf(values + n, sizeof values - (size_t)n, "|%d",
                       equals ? 0 : i * 7919 % (HEAVY_FEATURES + 1));
        memory_source_row(f->source, "POINT(0 0)", values);
    }
    open_map(f, "map", false);
}

/* Which of the points are there, by fid; the layers around them as they should be. */
static unsigned
read_heavy(const struct tile_map *map, struct tile_id id, bool kept[HEAVY_FEATURES + 1])
{
    struct im_buf bytes = encode(map, id);
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));
    char expected[64];
    unsigned n = 0;

    memset(kept, 0, (HEAVY_FEATURES + 1) * sizeof *kept);
    assert_true(bytes.len <= TILE_MAX_MVT_BYTES);
    assert_true(bytes.len > TILE_MAX_MVT_BYTES / 10 * 8);
    assert_string_equal(tile->features[0].layer, "land");
    assert_string_equal(tile->features[1].layer, "land_label");
    for (uint32_t i = 2; i + 1 < tile->n_features; i++, n++) {
        assert_string_equal(tile->features[i].layer, "heavy");
        assert_in_range(tile->features[i].id, 1, HEAVY_FEATURES);
        kept[tile->features[i].id] = true;
    }
    (void)snprintf(expected, sizeof expected, "layer='heavy' features=%u",
                   HEAVY_FEATURES - n);
    assert_string_equal(tile->features[n + 2].layer, "innomap:left_out");
    assert_string_equal(tile->features[n + 2].properties, expected);
    free(tile);
    im_buf_release(&bytes);
    return n;
}

TEST(a_tile_over_its_budget_keeps_the_most_important_and_says_so)
{
    struct fixture f;
    bool kept[HEAVY_FEATURES + 1];

    open_heavy_map(&f, false);
    int n = (int)read_heavy(f.map, (struct tile_id){0, 0, 0}, kept);
    for (int i = 1; i <= HEAVY_FEATURES; i++) {
        int rank = i * 7919 % (HEAVY_FEATURES + 1); /* a permutation of 1 to 800 */

        assert_int_equal(kept[i], rank > HEAVY_FEATURES - n);
    }
    close_map(&f);
}

TEST(equals_are_thinned_alike_in_all_tiles)
{
    struct fixture f;
    bool kept[2][HEAVY_FEATURES + 1];

    open_heavy_map(&f, true);
    (void)read_heavy(f.map, (struct tile_id){1, 0, 0}, kept[0]);
    for (uint32_t i = 1; i < 4; i++) {
        int n_only[2] = {0, 0};

        (void)read_heavy(f.map, (struct tile_id){1, i & 1, i >> 1}, kept[1]);
        /* the same lots, drawn a little further or less far */
        for (int k = 1; k <= HEAVY_FEATURES; k++)
            n_only[kept[1][k] ? 1 : 0] += kept[0][k] != kept[1][k];
        assert_true(n_only[0] == 0 || n_only[1] == 0);
        assert_true(n_only[0] + n_only[1] <= HEAVY_FEATURES / 16);
    }
    close_map(&f);
}

/* What stays of a tile over its budget is as it would be in one that has room for it.
 */
TEST(the_smallest_areas_go_first_and_the_rest_keep_all_attributes)
{
    enum { AREAS = 700 };
    static char text[HEAVY_BYTES + 1];
    static char values[HEAVY_BYTES + 64];
    struct fixture f = {.source = memory_source_new()};
    unsigned n = 0;
    unsigned n_spots = 0;

    memset(text, 'x', HEAVY_BYTES);
    memory_source_layer(f.source, LAYER("spots", "point", "1"), "", 1);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(values, sizeof values, "s%d|x|1|1|s|", i);
        memory_source_row(f.source, "POINT(1 1)", values);
    }
    memory_source_layer(f.source, LAYER("land", "area", "2"), "", 1);
    for (int i = 1; i <= AREAS; i++) {
        double side = 0.05 + 0.001 * (i * 7919 % 701); /* a permutation of 1 to 700 */
        char wkt[200];

        (void)snprintf(wkt, sizeof wkt, "POLYGON((0 0,%f 0,%f %f,0 %f,0 0))", side,
                       side, side, side);
        (void)snprintf(values, sizeof values, "%s%d|%d|%d|0.5|s|", text, i, i, i);
        memory_source_row(f.source, wkt, values);
    }
    open_map(&f, "map", false);
    struct im_buf bytes = encode(f.map, (struct tile_id){8, 128, 127});
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));
    assert_true(bytes.len <= TILE_MAX_MVT_BYTES);
    for (uint32_t i = 0; i < tile->n_features; i++)
        n += strcmp(tile->features[i].layer, "land") == 0;
    assert_true(n > AREAS / 2);
    for (uint32_t i = 0; i < tile->n_features; i++) {
        const struct decoded_feature *d = &tile->features[i];
        char expected[64];

        n_spots += strcmp(d->layer, "spots") == 0;
        if (strcmp(d->layer, "land") != 0)
            continue;
        assert_true(d->id * 7919 % 701 > AREAS - n);
        (void)snprintf(expected, sizeof expected, "x%d' kind='%d' n=%d r=0.5",
                       (int)d->id, (int)d->id, (int)d->id);
        assert_non_null(strstr(d->properties, expected));
    }
    assert_int_equal(n_spots, 50); /* under an even share */
    free(tile);
    im_buf_release(&bytes);
    close_map(&f);
}

/* GDAL's MVT driver as an independent reader: same layers, same count, valid areas,
 * same values. */
TEST(gdal_reads_the_same)
{
    static const char path[] = "/vsimem/tile.mvt";
    const char *const drivers[] = {"MVT", NULL};
    const char *const options[] = {"X=1", "Y=1", "Z=1", "CLIP=NO", NULL};
    struct fixture f = {.source = memory_source_new()};

    memory_source_layer(f.source, LAYER("land", "area", "1"), AREA_STYLE, 1);
    memory_source_row(f.source,
                      "POLYGON((10 -10,10 -60,60 -60,60 -10,10 -10),(20 -20,40 -20,40 "
                      "-40,20 -40,20 -20))",
                      "a|江|12|0.25|s|");
    memory_source_layer(f.source, LAYER("spots", "point", "2"), "", 1);
    memory_source_row(f.source, "POINT(30 -30)", "p|x|-3|1e-3|s|");
    open_map(&f, "map", false);
    struct im_buf bytes = encode(f.map, (struct tile_id){1, 1, 1});
    GDALAllRegister();
    VSIFCloseL(VSIFileFromMemBuffer(path, bytes.data, bytes.len, FALSE));
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, options, NULL);
    assert_non_null(ds);
    assert_int_equal(GDALDatasetGetLayerCount(ds), 3);
    OGRLayerH land = GDALDatasetGetLayerByName(ds, "land");
    OGRFeatureH feature = OGR_L_GetNextFeature(land);
    assert_non_null(feature);
    assert_string_equal(
        OGR_F_GetFieldAsString(feature, OGR_F_GetFieldIndex(feature, "kind")), "江");
    assert_true(OGR_F_GetFieldAsDouble(feature, OGR_F_GetFieldIndex(feature, "r")) ==
                0.25);
    OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
    assert_true(OGR_G_IsValid(geometry));
    OGREnvelope box;
    OGR_G_GetEnvelope(geometry, &box);
    /* one tile unit at zoom 1 is 4,892 m */
    assert_true(fabs(box.MinX - 1113194.9) < 4892 && fabs(box.MaxX - 6679169.4) < 4892);
    OGR_F_Destroy(feature);
    assert_int_equal(OGR_L_GetFeatureCount(land, TRUE), 1);
    assert_non_null(GDALDatasetGetLayerByName(ds, "land_label"));
    assert_non_null(GDALDatasetGetLayerByName(ds, "spots"));
    GDALClose(ds);
    VSIUnlink(path);
    im_buf_release(&bytes);
    close_map(&f);
}

static int open_worker(void **state)
{
    struct im_error err;

    (void)state;
    return tile_worker_new(NULL, &worker, &err) == IM_OK ? 0 : -1;
}

static int close_worker(void **state)
{
    (void)state;
    tile_worker_free(worker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_carry_id_and_typed_properties_of_their_zoom),
        cmocka_unit_test(outer_rings_are_positive_their_holes_negative),
        cmocka_unit_test(an_area_has_one_label_point_in_the_whole_map),
        cmocka_unit_test(neighbouring_tiles_agree_where_they_overlap),
        cmocka_unit_test(unreviewed_features_are_left_out_for_the_public),
        cmocka_unit_test(an_empty_tile_has_no_bytes_and_equal_input_gives_equal_bytes),
        cmocka_unit_test(a_layer_no_style_shows_yet_is_not_sent),
        cmocka_unit_test(a_tile_over_its_budget_keeps_the_most_important_and_says_so),
        cmocka_unit_test(equals_are_thinned_alike_in_all_tiles),
        cmocka_unit_test(the_smallest_areas_go_first_and_the_rest_keep_all_attributes),
        cmocka_unit_test(gdal_reads_the_same),
    };
    return cmocka_run_group_tests(tests, open_worker, close_worker);
}
