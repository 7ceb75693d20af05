/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/cql/spatial.c: each relation of random features to random literals is
 * what GEOS says of the two, and lies within the bounds. Everything is on a small grid,
 * so that edges, corners and whole shapes often coincide. */
#include <test.h>

#include <engine/cql.h>
#include <support/memory_source.h>
#include <support/random.h>

#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_FEATURES = 60, N_LITERALS = 150, GRID = 9, N_POINTS = 1000, N_CIRCLES = 300 };

static struct test_random random_numbers;
static GEOSContextHandle_t geos;
static GEOSGeometry *shapes[N_FEATURES];

static unsigned below(uint32_t n)
{
    return test_random_below(&random_numbers, n);
}

static void corner(struct im_buf *out, unsigned x, unsigned y)
{
    im_buf_printf(out, "%u %u", x, y);
}

/* ( ... ): a rectangle, or the triangle that is half of it */
static void ring(struct im_buf *out, unsigned x, unsigned y, unsigned w, unsigned h)
{
    bool is_triangle = below(2);

    im_buf_text(out, "(");
    corner(out, x, y);
    im_buf_text(out, ",");
    corner(out, x + w, y);
    im_buf_text(out, ",");
    corner(out, x + w, y + h);
    im_buf_text(out, ",");
    if (!is_triangle) {
        corner(out, x, y + h);
        im_buf_text(out, ",");
    }
    corner(out, x, y);
    im_buf_text(out, ")");
}

static void polygon(struct im_buf *out)
{
    unsigned x = below(GRID - 4);
    unsigned y = below(GRID - 4);

    im_buf_text(out, "(");
    if (below(3)) {
        ring(out, x, y, 1 + below(4), 1 + below(4));
    } else { /* with a hole */
        im_buf_printf(out, "(%u %u,%u %u,%u %u,%u %u,%u %u),", x, y, x + 4, y, x + 4,
                      y + 4, x, y + 4, x, y);
        ring(out, x + 1, y + 1, 1 + below(2), 1 + below(2));
    }
    im_buf_text(out, ")");
}

static void line(struct im_buf *out)
{
    unsigned x = below(GRID - 2);
    unsigned y = below(GRID - 2);

    im_buf_printf(out, "(%u %u,%u %u", x, y, x + 1 + below(2), y + below(3));
    if (below(2))
        im_buf_printf(out, ",%u %u", x, y + 2);
    im_buf_text(out, ")");
}

static void point(struct im_buf *out)
{
    im_buf_text(out, "(");
    corner(out, below(GRID), below(GRID));
    im_buf_text(out, ")");
}

static void several(struct im_buf *out, void (*one)(struct im_buf *), unsigned n)
{
    im_buf_text(out, "(");
    for (unsigned i = 0; i < n; i++) {
        im_buf_text(out, i ? "," : "");
        one(out);
    }
    im_buf_text(out, ")");
}

static void any_shape(struct im_buf *out)
{
    switch (below(6)) {
    case 0:
        im_buf_text(out, "POINT");
        point(out);
        break;
    case 1:
        im_buf_text(out, "MULTIPOINT");
        several(out, point, 2 + below(3));
        break;
    case 2:
        im_buf_text(out, "LINESTRING");
        line(out);
        break;
    case 3:
        im_buf_text(out, "MULTILINESTRING");
        several(out, line, 2);
        break;
    default:
        im_buf_text(out, "POLYGON");
        polygon(out);
        break;
    }
    im_buf_byte(out, 0);
}

/* Up to `most` in size, often nearly that. */
static double anywhere(double most)
{
    double value = test_random_in(&random_numbers, -most, most);

    return below(3) ? value : (value < 0 ? -most : most) + value / -1000;
}

static GEOSGeometry *parsed(const char *wkt)
{
    GEOSWKTReader *reader = GEOSWKTReader_create_r(geos);
    GEOSGeometry *g = GEOSWKTReader_read_r(geos, reader, wkt);

    assert_non_null(g);
    GEOSWKTReader_destroy_r(geos, reader);
    return g;
}

typedef char relate_fn(GEOSContextHandle_t, const GEOSGeometry *, const GEOSGeometry *);

static const struct {
    const char *name;
    relate_fn *relate;
} RELATIONS[] = {{"S_INTERSECTS", GEOSIntersects_r}, {"S_EQUALS", GEOSEquals_r},
                 {"S_DISJOINT", GEOSDisjoint_r},     {"S_TOUCHES", GEOSTouches_r},
                 {"S_WITHIN", GEOSWithin_r},         {"S_OVERLAPS", GEOSOverlaps_r},
                 {"S_CROSSES", GEOSCrosses_r},       {"S_CONTAINS", GEOSContains_r}};
enum { N_RELATIONS = sizeof RELATIONS / sizeof *RELATIONS };

static void fill(struct memory_source *source)
{
    memory_source_layer(source,
                        "{\"id\":\"t\",\"title\":{\"zh\":\"t\"},\"geometry\":\"mixed\","
                        "\"key\":\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":"
                        "\"i\"},\"type\":\"integer\"}]}",
                        "", 1);
    for (int i = 0; i < N_FEATURES; i++) {
        struct im_buf wkt = {.max = 4096};
        char id[16];

        any_shape(&wkt);
        snprintf(id, sizeof id, "%d", i);
        memory_source_row(source, (const char *)wkt.data, id);
        shapes[i] = parsed((const char *)wkt.data);
        im_buf_release(&wkt);
    }
}

static const struct cql_program *
compile(const char *filter, const struct atlas_layer *layer, struct im_arena *arena)
{
    const struct cql_node *node;
    const struct cql_program *program = NULL;
    struct im_error err;

    if (cql_parse(im_bytes_of(filter), CQL_TEXT, arena, &node, NULL, &err) != IM_OK ||
        cql_compile(node, layer, NULL, arena, &program, NULL, &err) != IM_OK)
        fail_msg("%s: %s", filter, err.msg);
    return program;
}

/* `is_first`: the literal is the first argument. */
static size_t check(const struct atlas_layer *layer,
                    int relation,
                    const char *literal,
                    const GEOSGeometry *shape,
                    bool is_first)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_buf filter = {.max = 8192};
    const struct cql_program *program;
    struct cql_scratch *scratch;
    struct cql_bounds bounds;
    size_t matches = 0;

    im_buf_printf(&filter, "%s(%s,%s)", RELATIONS[relation].name,
                  is_first ? literal : "geom", is_first ? "geom" : literal);
    im_buf_byte(&filter, 0);
    program = compile((const char *)filter.data, layer, arena);
    scratch = cql_scratch_new(program, arena);
    cql_bounds_of(program, &bounds);
    for (uint32_t i = 0; i < N_FEATURES; i++) {
        int64_t id;
        bool found = cql_test(program, scratch, i);
        bool expected;

        assert_true(atlas_integer(layer, i, 0, &id));
        expected = is_first ? RELATIONS[relation].relate(geos, shape, shapes[id]) == 1
                            : RELATIONS[relation].relate(geos, shapes[id], shape) == 1;
        if (found != expected)
            fail_msg("%s: feature %d: %d, GEOS: %d", filter.data, (int)id, found,
                     expected);
        if (found && bounds.has_box)
            assert_true(bbox_intersects(bounds.box, atlas_bbox(layer, i)));
        matches += found;
    }
    im_buf_release(&filter);
    im_arena_free(arena);
    return matches;
}

/* BBOX(...), and the same as GEOS knows it */
static GEOSGeometry *any_literal(struct im_buf *literal)
{
    struct im_buf wkt = {.max = 4096};
    GEOSGeometry *shape;
    unsigned x = below(GRID - 4);
    unsigned y = below(GRID - 4);
    unsigned e = x + 1 + below(4);
    unsigned n = y + 1 + below(4);

    if (below(3)) {
        any_shape(literal);
        return parsed((const char *)literal->data);
    }
    im_buf_printf(literal, "BBOX(%u,%u,%u,%u)", x, y, e, n);
    im_buf_byte(literal, 0);
    im_buf_printf(&wkt, "POLYGON((%u %u,%u %u,%u %u,%u %u,%u %u))", x, y, e, y, e, n, x,
                  n, x, y);
    im_buf_byte(&wkt, 0);
    shape = parsed((const char *)wkt.data);
    im_buf_release(&wkt);
    return shape;
}

TEST(relations_are_those_of_geos)
{
    struct memory_source *source = memory_source_new();
    const struct atlas *atlas;
    size_t matches[N_RELATIONS] = {0};

    fill(source);
    atlas = memory_source_atlas(source);
    for (int i = 0; i < N_LITERALS; i++) {
        struct im_buf literal = {.max = 4096};
        GEOSGeometry *shape = any_literal(&literal);

        for (int r = 0; r < N_RELATIONS; r++)
            matches[r] += check(atlas_layer_at(atlas, 0), r, (const char *)literal.data,
                                shape, i % 2);
        GEOSGeom_destroy_r(geos, shape);
        im_buf_release(&literal);
    }
    for (int r = 0; r < N_RELATIONS; r++)
        assert_true(matches[r] > 0);
    atlas_unref(atlas);
    memory_source_free(source);
}

/* Points all over the earth, as many near the poles and the antimeridian. */
static void fill_earth(struct memory_source *source)
{
    memory_source_layer(source,
                        "{\"id\":\"earth\",\"title\":{\"zh\":\"t\"},\"geometry\":"
                        "\"point\",\"key\":\"id\",\"fields\":[{\"name\":\"id\","
                        "\"title\":{\"zh\":\"i\"},\"type\":\"integer\"}]}",
                        "", 1);
    for (int i = 0; i < N_POINTS; i++) {
        char wkt[64];
        char id[16];

        snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", anywhere(180), anywhere(90));
        snprintf(id, sizeof id, "%d", i);
        memory_source_row(source, wkt, id);
    }
}

static size_t check_distance(const struct atlas_layer *layer)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    double lon = anywhere(180);
    double lat = anywhere(90);
    double metres = pow(10, test_random_in(&random_numbers, 3, 7.2));
    const struct cql_program *program;
    struct cql_scratch *scratch;
    struct cql_bounds bounds;
    char filter[128];
    size_t matches = 0;

    snprintf(filter, sizeof filter, "distance_m(geom,POINT(%.6f %.6f))<=%.3f", lon, lat,
             metres);
    program = compile(filter, layer, arena);
    scratch = cql_scratch_new(program, arena);
    assert_non_null(scratch);
    cql_bounds_of(program, &bounds);
    assert_true(bounds.has_box);
    for (uint32_t i = 0; i < N_POINTS; i++)
        if (cql_test(program, scratch, i)) {
            if (!bbox_intersects(bounds.box, atlas_bbox(layer, i)))
                fail_msg("%s: feature %u is out of bounds", filter, i);
            matches++;
        }
    im_arena_free(arena);
    return matches;
}

TEST(nothing_within_a_distance_is_out_of_bounds)
{
    struct memory_source *source = memory_source_new();
    const struct atlas *atlas;
    size_t matches = 0;

    fill_earth(source);
    atlas = memory_source_atlas(source);
    for (int i = 0; i < N_CIRCLES; i++)
        matches += check_distance(atlas_layer_at(atlas, 0));
    assert_true(matches > N_CIRCLES);
    atlas_unref(atlas);
    memory_source_free(source);
}

static int make(void **state __attribute__((unused)))
{
    random_numbers = test_random_new("cql_spatial");
    geos = GEOS_init_r();
    return geos ? 0 : -1;
}

static int drop(void **state __attribute__((unused)))
{
    for (int i = 0; i < N_FEATURES; i++)
        GEOSGeom_destroy_r(geos, shapes[i]);
    GEOS_finish_r(geos);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations_are_those_of_geos),
        cmocka_unit_test(nothing_within_a_distance_is_out_of_bounds)};

    return cmocka_run_group_tests(tests, make, drop);
}
