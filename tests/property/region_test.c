/* SPDX-License-Identifier: Apache-2.0 */
/* Proves areas against GEOS (membership) and against brute force (margins). */
#include <test.h>

#include <engine/query.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <geos_c.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400, SHAPES = 40 };

static const char *const THINGS =
    "{\"id\":\"things\",\"title\":{\"zh\":\"物\"},\"geometry\":\"mixed\",\"key\":"
    "\"id\","
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"}]}";
static const char *const AREAS =
    "{\"id\":\"areas\",\"title\":{\"zh\":\"面\"},\"geometry\":\"area\",\"key\":\"id\","
    "\"group\":\"areas\","
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"}]}";

struct world {
    struct memory_source *ms;
    const struct atlas *atlas;
    const struct atlas_layer *things;
    const struct atlas_layer *areas;
    struct im_arena *arena;
    GEOSContextHandle_t h;
};

/* A star around (lon, lat), with a hole now and then. */
static void
star(struct test_random *r, double lon, double lat, double size, char *out, size_t max)
{
    enum { POINTS = 12 };
    size_t len = (size_t)snprintf(out, max, "POLYGON((");
    char first[64] = "";

    for (int i = 0; i < POINTS; i++) {
        double angle = i * 6.283185307179586 / POINTS;
        double far = size * test_random_in(r, 0.5, 1);
        char at[64];

        snprintf(at, sizeof at, "%.6f %.6f", lon + far * cos(angle),
                 lat + far * sin(angle));
        if (i == 0)
            memcpy(first, at, sizeof first);
        len += (size_t)snprintf(out + len, max - len, "%s,", at);
    }
    len += (size_t)snprintf(out + len, max - len, "%s)", first);
    if (test_random_below(r, 2)) {
        double a = size * 0.2;

        len += (size_t)snprintf(
            out + len, max - len, ",(%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f)", lon - a,
            lat - a, lon, lat + a, lon + a, lat - a, lon - a, lat - a);
    }
    snprintf(out + len, max - len, ")");
}

static void add_things(struct world *w, struct test_random *r)
{
    memory_source_layer(w->ms, THINGS, "", 1);
    for (int i = 0; i < N; i++) {
        double lon = test_random_in(r, 119, 122);
        double lat = test_random_in(r, 29, 32);
        char wkt[2000];
        char key[16];

        snprintf(key, sizeof key, "%d", i);
        if (i % 3 == 0)
            star(r, lon, lat, 0.1, wkt, sizeof wkt);
        else if (i % 3 == 1)
            snprintf(wkt, sizeof wkt, "LINESTRING(%.6f %.6f,%.6f %.6f,%.6f %.6f)", lon,
                     lat, lon + 0.1, lat + 0.05, lon + 0.02, lat + 0.2);
        else
            snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", lon, lat);
        memory_source_row(w->ms, wkt, key);
    }
}

static struct world begin(struct test_random *r)
{
    struct world w = {.ms = memory_source_new(), .arena = im_arena_new(256 << 20)};

    add_things(&w, r);
    memory_source_layer(w.ms, AREAS, "", 1);
    for (int i = 0; i < SHAPES; i++) {
        char wkt[2000];
        char key[16];

        snprintf(key, sizeof key, "%d", i);
        star(r, test_random_in(r, 119, 122), test_random_in(r, 29, 32), 0.6, wkt,
             sizeof wkt);
        memory_source_row(w.ms, wkt, key);
    }
    w.atlas = memory_source_atlas(w.ms);
    w.things = atlas_layer_find(w.atlas, im_bytes_of("things"));
    w.areas = atlas_layer_find(w.atlas, im_bytes_of("areas"));
    w.h = GEOS_init_r();
    return w;
}

static void end(struct world *w)
{
    GEOS_finish_r(w->h);
    atlas_unref(w->atlas);
    im_arena_free(w->arena);
    memory_source_free(w->ms);
}

/* ---- GEOS's own reading of a feature: through text, by no code of ours ---- */

static void write_ring(const struct geom *g, uint32_t part, struct im_buf *out)
{
    uint32_t start = part ? g->part_end[part - 1] : 0;

    for (uint32_t i = start; i < g->part_end[part]; i++)
        im_buf_printf(out, "%s%.17g %.17g", i == start ? "(" : ",",
                      g->lonlat[2 * (size_t)i], g->lonlat[2 * (size_t)i + 1]);
    im_buf_text(out, ")");
}

static GEOSGeometry *to_geos(GEOSContextHandle_t h, const struct geom *g)
{
    struct im_buf text = {.max = 1 << 20};
    GEOSWKTReader *reader = GEOSWKTReader_create_r(h);
    GEOSGeometry *out;

    if (g->kind == GEOM_POINT)
        im_buf_printf(&text, "POINT(%.17g %.17g)", g->lonlat[0], g->lonlat[1]);
    else if (g->kind == GEOM_LINE) {
        im_buf_text(&text, "LINESTRING");
        write_ring(g, 0, &text);
    } else {
        im_buf_text(&text, "POLYGON(");
        for (uint32_t part = 0; part < g->n_parts; part++) {
            im_buf_text(&text, part ? "," : "");
            write_ring(g, part, &text);
        }
        im_buf_text(&text, ")");
    }
    im_buf_byte(&text, 0);
    out = GEOSWKTReader_read_r(h, reader, (const char *)text.data);
    assert_non_null(out);
    GEOSWKTReader_destroy_r(h, reader);
    im_buf_release(&text);
    return out;
}

TEST(a_shape_holds_what_geos_says_it_meets)
{
    struct test_random r = test_random_new("region");
    struct world w = begin(&r);
    unsigned met = 0;

    for (uint32_t s = 0; s < SHAPES; s++) {
        struct query_area area = {.kind = QUERY_IN_SHAPE,
                                  .shape = atlas_geom(w.areas, s)};
        GEOSGeometry *shape = to_geos(w.h, &area.shape);
        struct query_region *region;

        assert_int_equal(query_region_new(&area, w.arena, &region, NULL), IM_OK);
        for (uint32_t i = 0; i < N; i++) {
            struct geom g = atlas_geom(w.things, i);
            GEOSGeometry *thing = to_geos(w.h, &g);
            bool expected = GEOSIntersects_r(w.h, shape, thing) == 1;

            assert_int_equal(query_region_has(region, w.things, i, NULL, NULL),
                             expected);
            met += expected;
            GEOSGeom_destroy_r(w.h, thing);
        }
        GEOSGeom_destroy_r(w.h, shape);
    }
    assert_true(met > 100);
    end(&w);
}

/* Polygons that overlap are a union, not an exclusive or. */
TEST(all_members_of_a_corridor_are_their_union)
{
    struct test_random r = test_random_new("union");
    struct world w = begin(&r);
    GEOSGeometry *all = NULL;
    struct query_area area;
    struct query_region *region;
    struct im_error err = {0};

    for (uint32_t s = 0; s < SHAPES; s++) {
        struct geom g = atlas_geom(w.areas, s);
        GEOSGeometry *one = to_geos(w.h, &g);

        if (all) {
            GEOSGeometry *both = GEOSUnion_r(w.h, all, one);

            GEOSGeom_destroy_r(w.h, all);
            GEOSGeom_destroy_r(w.h, one);
            all = both;
        } else {
            all = one;
        }
    }
    assert_int_equal(
        query_area_corridor(w.atlas, im_bytes_of("areas"), 0, w.arena, &area, &err),
        IM_OK);
    assert_int_equal(query_region_new(&area, w.arena, &region, NULL), IM_OK);
    for (uint32_t i = 0; i < N; i++) {
        struct geom g = atlas_geom(w.things, i);
        GEOSGeometry *thing = to_geos(w.h, &g);

        assert_int_equal(query_region_has(region, w.things, i, NULL, NULL),
                         GEOSIntersects_r(w.h, all, thing) == 1);
        GEOSGeom_destroy_r(w.h, thing);
    }
    GEOSGeom_destroy_r(w.h, all);
    end(&w);
}

TEST(a_margin_reaches_as_far_as_the_geodesic_to_the_nearest_edge)
{
    struct test_random r = test_random_new("margin");
    struct world w = begin(&r);

    for (uint32_t s = 0; s < SHAPES; s++) {
        struct query_area area = {.kind = QUERY_IN_SHAPE,
                                  .shape = atlas_geom(w.areas, s),
                                  .margin_m = test_random_in(&r, 100, 30000)};
        struct query_region *region;
        struct bbox boxes[2];

        assert_int_equal(query_region_new(&area, w.arena, &region, NULL), IM_OK);
        size_t n = query_region_boxes(region, boxes);
        for (uint32_t i = 0; i < N; i++) {
            struct geom g = atlas_geom(w.things, i);
            double metres =
                g.kind == GEOM_POINT
                    ? geom_distance_m(&area.shape, g.lonlat[0], g.lonlat[1], NULL, NULL)
                    : geom_between_m(&area.shape, &g, HUGE_VAL, NULL, NULL);
            bool has = query_region_has(region, w.things, i, NULL, NULL);
            bool meets = false;

            if (fabs(metres - area.margin_m) < 1e-5)
                continue; /* rounding decides */
            assert_int_equal(has, metres <= area.margin_m);
            for (size_t k = 0; k < n; k++)
                meets |= bbox_intersects(boxes[k], atlas_bbox(w.things, i));
            assert_true(meets || !has);
        }
    }
    end(&w);
}

/* Boxes of a margin hold all that is within, also over the pole and past the
 * antimeridian. */
TEST(boxes_of_a_margin_hold_everything_within)
{
    struct test_random r = test_random_new("boxes");
    struct world w = begin(&r);

    for (int k = 0; k < 2000; k++) {
        double lon = test_random_in(&r, -180, 180);
        double lat = test_random_in(&r, -89, 89);
        double xy[4] = {lon, lat, lon < 179 ? lon + 0.5 : lon - 0.5, lat};
        uint32_t part_end = 2;
        struct query_area area = {.kind = QUERY_ALONG,
                                  .shape = {GEOM_LINE, 2, 1, 0, xy, &part_end, NULL},
                                  .margin_m = test_random_in(&r, 0, 500000)};
        struct query_region *region;
        struct bbox boxes[2];

        assert_int_equal(query_region_new(&area, w.arena, &region, NULL), IM_OK);
        size_t n = query_region_boxes(region, boxes);
        for (int i = 0; i < 40; i++) {
            double x = lon + test_random_in(&r, -12, 12);
            double y = lat + test_random_in(&r, -6, 6);
            bool inside = false;

            x += x > 180 ? -360 : x < -180 ? 360 : 0;
            if (y > 90 || y < -90 ||
                geom_distance_m(&area.shape, x, y, NULL, NULL) > area.margin_m)
                continue;
            for (size_t b = 0; b < n; b++)
                inside |= x >= boxes[b].min_x && x <= boxes[b].max_x &&
                          y >= boxes[b].min_y && y <= boxes[b].max_y;
            assert_true(inside);
        }
    }
    end(&w);
}

/* Off the axis by the nearest of all points along it, along it by their sum. */
TEST(along_and_off_are_those_of_the_nearest_point_of_the_axis)
{
    struct test_random r = test_random_new("axis");
    struct world w = begin(&r);
    struct query_place from = {.layer = w.things, .lon = 119, .lat = 29.5};
    struct query_place to = {.layer = w.things, .lon = 122, .lat = 31.5};
    struct query_area area;
    struct query_region *region;
    double whole = geodesic_distance_m(119, 29.5, 122, 31.5);

    assert_int_equal(query_area_between(&from, &to, 200000, w.arena, &area, NULL),
                     IM_OK);
    assert_int_equal(query_region_new(&area, w.arena, &region, NULL), IM_OK);
    for (uint32_t i = 0; i < N; i++) {
        struct geom g = atlas_geom(w.things, i);
        double along;
        double off;
        double least = HUGE_VAL;
        double at = 0;

        if (g.kind != GEOM_POINT ||
            !query_region_has(region, w.things, i, &along, &off))
            continue;
        for (uint32_t v = 0; v + 1 < area.axis.n_points; v++) {
            const double *p = area.axis.lonlat + 2 * (size_t)v;

            for (int step = 0; step <= 400; step++) {
                double x = p[0] + (p[2] - p[0]) * step / 400;
                double y = p[1] + (p[3] - p[1]) * step / 400;
                double m = geodesic_distance_m(g.lonlat[0], g.lonlat[1], x, y);

                if (m < least) {
                    least = m;
                    at = geodesic_distance_m(119, 29.5, x, y);
                }
            }
        }
        assert_true(off <= least + 1e-3 && off > least - 10);
        assert_true(fabs(along - at) < whole / 400);
        assert_true(along >= 0 && along <= whole * 1.0001);
    }
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_holds_what_geos_says_it_meets),
        cmocka_unit_test(all_members_of_a_corridor_are_their_union),
        cmocka_unit_test(a_margin_reaches_as_far_as_the_geodesic_to_the_nearest_edge),
        cmocka_unit_test(boxes_of_a_margin_hold_everything_within),
        cmocka_unit_test(along_and_off_are_those_of_the_nearest_point_of_the_axis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
