/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas/levels.c, arcs.c and untangle.c: what neighbours share they share
 * at every zoom, nothing crosses, and islands keep their share of the picture. */
#include <test.h>

#include <support/memory_source.h>
#include <support/random.h>

#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LAYER(id, geometry)                                                            \
    "{\"id\": \"" id                                                                   \
    "\", \"title\": {\"zh\": \"x\", \"en\": \"x\"}, \"geometry\": \"" geometry         \
    "\", \"key\": \"id\", \"group\": \"areas\", \"order\": 1, \"in_map\": "            \
    "true, \"visibility\": \"public\", \"fields\": [{\"name\": \"id\", \"title\": "    \
    "{\"zh\": \"i\", \"en\": \"i\"}, \"type\": \"integer\"}], \"source\": {\"zh\": "   \
    "\"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

enum { SIDE = 6, STEPS = 48, CELLS = SIDE * SIDE };
static const unsigned ZOOMS[] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
enum { N_ZOOMS = sizeof ZOOMS / sizeof *ZOOMS };

/* A country of cells whose borders wander; each border is made once for both. */
struct country {
    double across[SIDE + 1][SIDE][STEPS + 1][2]; /* west to east, by row */
    double down[SIDE][SIDE + 1][STEPS + 1][2];   /* south to north */
};

static void wander(struct test_random *r, double way[STEPS + 1][2], bool is_across)
{
    for (int i = 1; i < STEPS; i++) {
        double t = (double)i / STEPS;
        int to_end = i < STEPS - i ? i : STEPS - i;
        /* less near the corners, where four borders meet */
        double most = 0.011 * (to_end < 4 ? to_end / 4.0 : 1);

        for (int k = 0; k < 2; k++)
            way[i][k] = way[0][k] + (way[STEPS][k] - way[0][k]) * t;
        way[i][is_across] += test_random_in(r, -most, most);
    }
}

static void make_country(struct country *c, struct test_random *r, double cell)
{
    double node[SIDE + 1][SIDE + 1][2];

    for (int y = 0; y <= SIDE; y++)
        for (int x = 0; x <= SIDE; x++) {
            node[y][x][0] = 110 + cell * x + test_random_in(r, -0.1, 0.1) * cell;
            node[y][x][1] = 30 + cell * y + test_random_in(r, -0.1, 0.1) * cell;
        }
    for (int y = 0; y <= SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            memcpy(c->across[y][x][0], node[y][x], sizeof node[y][x]);
            memcpy(c->across[y][x][STEPS], node[y][x + 1], sizeof node[y][x]);
            wander(r, c->across[y][x], true);
        }
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x <= SIDE; x++) {
            memcpy(c->down[y][x][0], node[y][x], sizeof node[y][x]);
            memcpy(c->down[y][x][STEPS], node[y + 1][x], sizeof node[y][x]);
            wander(r, c->down[y][x], false);
        }
}

static uint32_t copy_way(double *to, double way[STEPS + 1][2], bool is_back)
{
    for (int i = 0; i < STEPS; i++)
        memcpy(to + 2 * (size_t)i, way[is_back ? STEPS - i : i], sizeof way[0]);
    return STEPS;
}

/* Begun at another corner each, so that nothing depends on where a ring begins. */
static void add_cell(struct memory_source *source, struct country *c, int y, int x)
{
    double ring[4 * STEPS + 1][2];
    double turned[4 * STEPS + 1][2];
    uint32_t n = 0;
    size_t by = (size_t)(7 * y + 31 * x) % (4 * STEPS);
    char id[16];

    n += copy_way(ring[n], c->across[y][x], false);
    n += copy_way(ring[n], c->down[y][x + 1], false);
    n += copy_way(ring[n], c->across[y + 1][x], true);
    n += copy_way(ring[n], c->down[y][x], true);
    for (size_t i = 0; i <= n; i++)
        memcpy(turned[i], ring[(i + by) % n], sizeof ring[0]);
    n++;
    (void)snprintf(id, sizeof id, "%d", y * SIDE + x + 1);
    memory_source_feature(
        source, &(struct geom){GEOM_AREA, n, 1, 1, turned[0], &n, &(uint32_t){1}}, id);
}

static void add_border(struct memory_source *source, double way[STEPS + 1][2], int id)
{
    uint32_t n = STEPS + 1;
    char text[16];

    (void)snprintf(text, sizeof text, "%d", id);
    memory_source_feature(source, &(struct geom){GEOM_LINE, n, 1, 0, way[0], &n, NULL},
                          text);
}

static const struct atlas *make_atlas(struct memory_source **source, uint64_t seed)
{
    struct test_random r = test_random_new("borders");
    struct country *c = malloc(sizeof *c);
    int id = 1;

    assert_non_null(c);
    for (uint64_t i = 0; i < seed; i++)
        (void)test_random_in(&r, 0, 1);
    make_country(c, &r, 0.5);
    *source = memory_source_new();
    memory_source_layer(*source, LAYER("cells", "area"), "", 1);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            add_cell(*source, c, y, x);
    memory_source_layer(*source, LAYER("edges", "line"), "", 1);
    for (int y = 0; y <= SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            add_border(*source, c->across[y][x], id++);
            add_border(*source, c->down[x][y], id++);
        }
    free(c);
    return memory_source_atlas(*source);
}

static const struct atlas_layer *layer_of(const struct atlas *atlas, const char *id)
{
    return atlas_layer_find(atlas, im_bytes_of(id));
}

struct edge {
    uint32_t xy[4]; /* the lesser end first */
};

static int compare_edges(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct edge));
}

/* All edges of a layer, sorted. */
static struct edge *
list_edges(const struct atlas_layer *layer, unsigned zoom, size_t *n_out)
{
    struct edge *edges = malloc(sizeof *edges * CELLS * 4 * (STEPS + 1) * 2);
    size_t n = 0;

    assert_non_null(edges);
    for (uint32_t f = 0; f < atlas_layer_size(layer); f++) {
        struct atlas_shape s = atlas_shape(layer, f, zoom);
        uint32_t first = 0;

        for (uint32_t p = 0; p < s.n_parts; first = s.part_end[p++])
            for (uint32_t i = first; i + 1 < s.part_end[p]; i++) {
                const uint32_t *a = s.xy + 2 * (size_t)i;
                bool swap = a[0] > a[2] || (a[0] == a[2] && a[1] > a[3]);

                edges[n++] = (struct edge){{a[swap ? 2 : 0], a[swap ? 3 : 1],
                                            a[swap ? 0 : 2], a[swap ? 1 : 3]}};
            }
    }
    qsort(edges, n, sizeof *edges, compare_edges);
    *n_out = n;
    return edges;
}

/* Every inner edge is there twice, every outer one once. */
TEST(a_border_is_one_line_for_both_sides_at_every_zoom)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct memory_source *source;
        const struct atlas *atlas = make_atlas(&source, seed);
        size_t fewest = SIZE_MAX;

        for (int z = 0; z < N_ZOOMS; z++) {
            size_t n;
            struct edge *edges = list_edges(layer_of(atlas, "cells"), ZOOMS[z], &n);
            size_t n_single = 0;

            fewest = n < fewest ? n : fewest;
            for (size_t i = 0; i < n;) {
                size_t end = i + 1;

                while (end < n && compare_edges(&edges[i], &edges[end]) == 0)
                    end++;
                assert_in_range(end - i, 1, 2);
                n_single += end - i == 1;
                i = end;
            }
            /* the coast is a small part: 4 of 14 sides of cells */
            assert_true(n_single * 2 < n);
            assert_true(n_single >= 4 * SIDE);
            free(edges);
        }
        assert_true(fewest < CELLS * 4 * STEPS / 10);
        atlas_unref(atlas);
        memory_source_free(source);
    }
}

TEST(lines_of_another_layer_along_the_borders_stay_on_them)
{
    struct memory_source *source;
    const struct atlas *atlas = make_atlas(&source, 9);

    for (int z = 0; z < N_ZOOMS; z++) {
        size_t n_areas;
        size_t n_lines;
        struct edge *areas = list_edges(layer_of(atlas, "cells"), ZOOMS[z], &n_areas);
        struct edge *lines = list_edges(layer_of(atlas, "edges"), ZOOMS[z], &n_lines);
        size_t apart = 0;

        for (size_t i = 0; i < n_lines; i++)
            apart += !bsearch(&lines[i], areas, n_areas, sizeof *areas, compare_edges);
        /* where arcs were in each other's way both give way, but not always alike */
        assert_true(apart * 50 <= n_lines);
        free(areas);
        free(lines);
    }
    atlas_unref(atlas);
    memory_source_free(source);
}

static GEOSGeometry *polygon_of(GEOSContextHandle_t geos, const struct atlas_shape *s)
{
    uint32_t n = s->part_end[0];
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(geos, n, 2);

    for (uint32_t i = 0; i < n; i++)
        GEOSCoordSeq_setXY_r(geos, seq, i, s->xy[2 * (size_t)i],
                             s->xy[2 * (size_t)i + 1]);
    return GEOSGeom_createPolygon_r(geos, GEOSGeom_createLinearRing_r(geos, seq), NULL,
                                    0);
}

/* With GEOS: every cell is valid, and no two have an inner point in common. */
TEST(thinned_outlines_cross_neither_themselves_nor_their_neighbours)
{
    GEOSContextHandle_t geos = GEOS_init_r();

    for (uint64_t seed = 20; seed < 24; seed++) {
        struct memory_source *source;
        const struct atlas *atlas = make_atlas(&source, seed);
        const struct atlas_layer *layer = layer_of(atlas, "cells");

        for (int z = 0; z < N_ZOOMS; z++) {
            GEOSGeometry *all[CELLS];

            for (uint32_t f = 0; f < CELLS; f++) {
                struct atlas_shape s = atlas_shape(layer, f, ZOOMS[z]);

                assert_int_equal(s.n_parts, 1);
                all[f] = polygon_of(geos, &s);
                if (GEOSisValid_r(geos, all[f]) != 1) {
                    char *why = GEOSisValidReason_r(geos, all[f]);

                    fail_msg("zoom %u, cell %u: %s", ZOOMS[z], f, why);
                }
            }
            for (uint32_t f = 0; f < CELLS; f++)
                for (uint32_t g = 0; g < f; g++)
                    assert_int_equal(
                        GEOSRelatePattern_r(geos, all[f], all[g], "T********"), 0);
            for (uint32_t f = 0; f < CELLS; f++)
                GEOSGeom_destroy_r(geos, all[f]);
        }
        atlas_unref(atlas);
        memory_source_free(source);
    }
    GEOS_finish_r(geos);
}

static double shape_area(const struct atlas_shape *s)
{
    double sum = 0;
    uint32_t first = 0;

    for (uint32_t p = 0; p < s->n_parts; first = s->part_end[p++])
        for (uint32_t i = first; i + 1 < s->part_end[p]; i++) {
            const uint32_t *a = s->xy + 2 * (size_t)i;

            sum += ((double)a[2] - s->xy[0]) * ((double)a[1] - s->xy[1]) -
                   ((double)a[0] - s->xy[0]) * ((double)a[3] - s->xy[1]);
        }
    return sum / 2;
}

static double layer_area(const struct atlas_layer *layer, unsigned zoom)
{
    double sum = 0;

    for (uint32_t f = 0; f < atlas_layer_size(layer); f++) {
        struct atlas_shape s = atlas_shape(layer, f, zoom);

        if (s.kind == GEOM_AREA)
            sum += shape_area(&s);
    }
    return sum;
}

/* Thousands of islands of a few hundred metres, from a whole pixel at zoom 10 to a
 * hundredth of one at zoom 4: at each zoom they cover what they cover. */
TEST(islands_too_small_to_see_keep_their_share_of_the_picture)
{
    struct test_random r = test_random_new("islands");
    struct memory_source *source = memory_source_new();
    const struct atlas *atlas;

    memory_source_layer(source, LAYER("cells", "area"), "", 1);
    for (int i = 0; i < 4000; i++) {
        double lon = test_random_in(&r, 121, 123);
        double lat = test_random_in(&r, 29, 31);
        double size = test_random_in(&r, 0.001, 0.006);
        double ring[9][2];
        uint32_t n = 9;
        char id[16];

        for (int k = 0; k < 9; k++) {
            double angle = 2 * M_PI * (k % 8) / 8;

            ring[k][0] = lon + size * cos(angle);
            ring[k][1] = lat + size * sin(angle);
        }
        (void)snprintf(id, sizeof id, "%d", i + 1);
        memory_source_feature(
            source, &(struct geom){GEOM_AREA, n, 1, 1, ring[0], &n, &(uint32_t){1}},
            id);
    }
    atlas = memory_source_atlas(source);
    double truth = layer_area(layer_of(atlas, "cells"), 22);
    for (unsigned z = 4; z <= 12; z++) {
        double area = layer_area(layer_of(atlas, "cells"), z);

        assert_true(fabs(area - truth) < truth * 0.08);
    }
    atlas_unref(atlas);
    memory_source_free(source);
}

/* Each vertex farther out than the one before: cut off one by one by the algorithm as
 * it was published. */
TEST(vertices_laid_out_against_it_do_not_take_forever)
{
    enum { N = 200000 };
    double *xy = malloc(sizeof *xy * 2 * N);
    struct memory_source *source = memory_source_new();
    uint32_t n = N;
    clock_t began = clock();

    assert_non_null(xy);
    for (int i = 0; i < N; i++) {
        xy[2 * (size_t)i] = 100 + 20.0 * i / N;
        xy[2 * (size_t)i + 1] = i % 2 ? 30 : 30 + 10.0 * (i + 1) / N;
    }
    memory_source_layer(source, LAYER("edges", "line"), "", 1);
    memory_source_feature(source, &(struct geom){GEOM_LINE, n, 1, 0, xy, &n, NULL},
                          "1");
    atlas_unref(memory_source_atlas(source));
    /* 200,000² / 2 distances take over a minute */
    assert_true((double)(clock() - began) / CLOCKS_PER_SEC < 30);
    free(xy);
    memory_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_border_is_one_line_for_both_sides_at_every_zoom),
        cmocka_unit_test(lines_of_another_layer_along_the_borders_stay_on_them),
        cmocka_unit_test(
            thinned_outlines_cross_neither_themselves_nor_their_neighbours),
        cmocka_unit_test(islands_too_small_to_see_keep_their_share_of_the_picture),
        cmocka_unit_test(vertices_laid_out_against_it_do_not_take_forever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
