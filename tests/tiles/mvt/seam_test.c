/* SPDX-License-Identifier: Apache-2.0 */
/* Proves that vector tiles fit together: where two of them hold the same piece of the
 * world, points, lines and areas have the same vertices, and so have a tile and the one
 * above it as far as its units are fine. */
#include <test.h>

#include "fixture.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <math.h>

/* clang-format off */
#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"key\", \"group\": \"places\","         \
    "\"order\": " order ", \"in_map\": true, \"visibility\": \"public\","              \
    "\"fields\": [{\"name\": \"key\", \"title\": {\"zh\": \"k\", \"en\": \"k\"},"      \
    "\"type\": \"text\", \"tile_zoom\": 0}],"                                          \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"
/* clang-format on */

enum {
    PAIRS = 200,
    BUFFER = 64,
    DRAWN = 16,
    LOST = 4, /* beside the types of MVT */
    SPOTS = 300,
    ROADS = 40,
    STARS = 60,
    CELLS = 6, /* areas with shared borders: so many a side */
    BORDER = 30
};

struct fixture {
    struct map_fixture map;
    struct test_random r;
};

static void put_row(struct fixture *f, struct im_buf *wkt, int key)
{
    char values[32];

    im_buf_byte(wkt, '\0');
    (void)snprintf(values, sizeof values, "%d", key);
    memory_source_row(f->map.source, (const char *)wkt->data, values);
    im_buf_clear(wkt);
}

static void put_roads(struct fixture *f, struct im_buf *wkt)
{
    for (int i = 0; i < ROADS; i++) {
        double x = test_random_in(&f->r, -0.7, 0.7);
        double y = test_random_in(&f->r, 0, 0.7);
        double step = pow(10, test_random_in(&f->r, -4, -1));

        im_buf_printf(wkt, "LINESTRING(%.9f %.9f", x, y);
        for (int k = 0; k < 150; k++) {
            x += test_random_in(&f->r, -step, step);
            y += test_random_in(&f->r, -step, step);
            im_buf_printf(wkt, ",%.9f %.9f", x, y);
        }
        im_buf_byte(wkt, ')');
        put_row(f, wkt, i);
    }
}

/* Rays of all lengths: rounding closes them, crosses their sides, makes them vanish. */
static void put_stars(struct fixture *f, struct im_buf *wkt)
{
    for (int i = 0; i < STARS; i++) {
        double size = pow(10, test_random_in(&f->r, -2.5, -0.3));
        double x = test_random_in(&f->r, -0.7, 0.7);
        double y = test_random_in(&f->r, 0, 0.7);
        int n = 5 + (int)test_random_below(&f->r, 300);
        double first[2] = {0, 0};

        im_buf_text(wkt, "POLYGON((");
        for (int k = 0; k < n; k++) {
            double angle = 2 * 3.14159265358979 * k / n;
            double d =
                size * (test_random_below(&f->r, 3) ? test_random_in(&f->r, 0.9, 1)
                                                    : test_random_in(&f->r, 0.01, 1));
            double at[2] = {x + d * cos(angle), y + d * sin(angle)};

            if (k == 0)
                memcpy(first, at, sizeof first);
            im_buf_printf(wkt, "%.9f %.9f,", at[0], at[1]);
        }
        im_buf_printf(wkt, "%.9f %.9f))", first[0], first[1]);
        put_row(f, wkt, i);
    }
}

/* A place on the border between cell corners (i, j) and the next one east or south,
 * the same for both cells. */
static void put_border(struct im_buf *wkt, int i, int j, bool is_east, int k)
{
    uint32_t seed = (uint32_t)(((i * 31 + j) * 2 + is_east) * 97 + k) * 2654435761u;
    double off =
        k == 0 || k == BORDER ? 0 : ((seed >> 8 & 0xffff) / 65536.0 - 0.5) / 20;
    double along = k / (double)BORDER;
    double x = i + (is_east ? along : off);
    double y = j + (is_east ? off : along);

    im_buf_printf(wkt, "%.9f %.9f,", x * 1.4 / CELLS - 0.7, y * 0.7 / CELLS);
}

static void put_cells(struct fixture *f, struct im_buf *wkt)
{
    for (int c = 0; c < CELLS * CELLS; c++) {
        int i = c % CELLS;
        int j = c / CELLS;

        im_buf_text(wkt, "POLYGON((");
        for (int k = 0; k < BORDER; k++)
            put_border(wkt, i, j, true, k);
        for (int k = 0; k < BORDER; k++)
            put_border(wkt, i + 1, j, false, k);
        for (int k = BORDER; k > 0; k--)
            put_border(wkt, i, j + 1, true, k);
        for (int k = BORDER; k >= 0; k--)
            put_border(wkt, i, j, false, k);
        wkt->len--;
        im_buf_text(wkt, "))");
        put_row(f, wkt, c);
    }
}

static int open_fixture(void **state)
{
    static struct fixture f;
    struct im_buf wkt = {.max = 1 << 22};

    f = (struct fixture){.map.source = memory_source_new(),
                         .r = test_random_new("mvt seams")};
    memory_source_layer(f.map.source, LAYER("spots", "point", "1"), "", 1);
    for (int i = 0; i < SPOTS; i++) {
        im_buf_printf(&wkt, "POINT(%.9f %.9f)", test_random_in(&f.r, -0.7, 0.7),
                      test_random_in(&f.r, 0, 0.7));
        put_row(&f, &wkt, i);
    }
    memory_source_layer(f.map.source, LAYER("roads", "line", "2"), "", 1);
    put_roads(&f, &wkt);
    memory_source_layer(f.map.source, LAYER("stars", "area", "3"), "", 1);
    put_stars(&f, &wkt);
    memory_source_layer(f.map.source, LAYER("cells", "area", "4"), "", 1);
    put_cells(&f, &wkt);
    open_map(&f.map);
    im_buf_release(&wkt);
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    close_map(&f->map);
    return 0;
}

static struct tile_id random_tile(struct fixture *f, uint32_t z)
{
    uint32_t side = 1u << z;

    return (struct tile_id){
        z,
        side / 2 + (uint32_t)(int)floor(test_random_in(&f->r, -0.7, 0.7) / 360 * side),
        side / 2 - 1 - (uint32_t)floor(test_random_in(&f->r, 0, 0.7) / 360 * side)};
}

static const struct decoded_feature *find_feature(const struct decoded_tile *t,
                                                  const struct decoded_feature *like)
{
    for (uint32_t i = 0; i < t->n_features; i++)
        if (t->features[i].id == like->id &&
            strcmp(t->features[i].layer, like->layer) == 0)
            return &t->features[i];
    return NULL;
}

static bool has_vertex(const struct decoded_tile *t,
                       const struct decoded_feature *d,
                       int32_t x,
                       int32_t y)
{
    for (uint32_t p = d ? d->first_part : 0; d && p < d->first_part + d->n_parts; p++)
        for (uint32_t k = 0; k < t->part_n[p]; k++) {
            const int32_t *v = t->xy + 2 * ((size_t)t->part_first[p] + k);

            if (v[0] == x && v[1] == y)
                return true;
        }
    return false;
}

/* What the cut to the buffer made lies on its edge. Rays of areas that are narrower
 * than a unit there are gone, which shows further inside than the cut: pages draw the
 * tile, and of the buffer as much as an outline is wide. */
static bool is_inside(uint32_t type, int32_t x, int32_t y)
{
    int32_t reach = type == 3 ? DRAWN : BUFFER - 1;

    return x >= -reach && x <= 4096 + reach && y >= -reach && y <= 4096 + reach;
}

/* Are the vertices of `a` in the strip that both have in `b` too, `dx`, `dy` tiles on?
 */
static void compare(const struct decoded_tile *a,
                    const struct decoded_tile *b,
                    int32_t dx,
                    int32_t dy,
                    unsigned seen[LOST + 1])
{
    for (uint32_t i = 0; i < a->n_features; i++) {
        const struct decoded_feature *d = &a->features[i];
        const struct decoded_feature *other = find_feature(b, d);

        for (uint32_t p = d->first_part; p < d->first_part + d->n_parts; p++)
            for (uint32_t k = 0; k < a->part_n[p]; k++) {
                const int32_t *v = a->xy + 2 * ((size_t)a->part_first[p] + k);
                int32_t x = v[0] - 4096 * dx;
                int32_t y = v[1] - 4096 * dy;

                if (!is_inside(d->type, v[0], v[1]) || !is_inside(d->type, x, y))
                    continue;
                seen[d->type]++;
                if (has_vertex(b, other, x, y))
                    continue;
                seen[LOST]++;
                if (strcmp(d->layer, "stars") != 0)
                    fail_msg("%s %llu: the neighbour lacks %d %d", d->layer,
                             (unsigned long long)d->id, x, y);
            }
    }
}

TEST(neighbours_have_the_same_vertices_where_they_overlap)
{
    struct fixture *f = *state;
    unsigned seen[LOST + 1] = {0};

    for (int i = 0; i < PAIRS; i++) {
        struct tile_id id = random_tile(f, 6 + (uint32_t)i % 9);
        bool is_east = i % 2;
        struct tile_id next = {id.z, id.x + is_east, id.y + !is_east};
        struct decoded_tile *a = decode(&f->map, id);
        struct decoded_tile *b = decode(&f->map, next);

        compare(a, b, is_east, !is_east, seen);
        compare(b, a, -is_east, -!is_east, seen);
        free(a);
        free(b);
    }
    for (int type = 1; type <= 3; type++)
        assert_true(seen[type] > 1000);
    /* rays that are cut thinner than a unit: with some seeds one or two, with most none
     */
    assert_true(seen[LOST] * 1000 < seen[3]);
}

static const struct atlas_layer *layer_of(const struct fixture *f, const char *id)
{
    size_t i = 0;

    while (strcmp(atlas_layer_schema(atlas_layer_at(f->map.atlas, i))->id, id) != 0)
        i++;
    return atlas_layer_at(f->map.atlas, i);
}

/* A vertex of the zoom above is one of those below, rounded again: at most one unit of
 * the finer ones away. From zoom 20 on a tile unit is a world unit or less, and they
 * are the same. */
TEST(a_tile_below_has_the_vertices_of_the_one_above)
{
    struct fixture *f = *state;
    unsigned n = 0;

    for (int i = 0; i < PAIRS; i++) {
        uint32_t z = 13 + (uint32_t)i % 9; /* the full shapes */
        const uint32_t *at =
            atlas_shape(layer_of(f, i % 2 ? "roads" : "spots"),
                        test_random_below(&f->r, i % 2 ? ROADS : SPOTS), 22)
                .xy;
        struct tile_id above = {z, at[0] >> (WORLD_BITS - z),
                                at[1] >> (WORLD_BITS - z)};
        struct tile_id below = {z + 1, at[0] >> (WORLD_BITS - z - 1),
                                at[1] >> (WORLD_BITS - z - 1)};
        struct decoded_tile *a = decode(&f->map, above);
        struct decoded_tile *b = decode(&f->map, below);
        int32_t most = z >= 20 ? 0 : 1;

        for (uint32_t k = 0; k < b->n_features; k++) {
            const struct decoded_feature *d = &b->features[k];
            const struct decoded_feature *parent = find_feature(a, d);

            for (uint32_t p = 0; p < d->n_parts && d->type < 3; p++)
                for (uint32_t v = 0; v < b->part_n[d->first_part + p]; v++) {
                    const int32_t *xy =
                        b->xy + 2 * ((size_t)b->part_first[d->first_part + p] + v);
                    int32_t x = xy[0] + 4096 * (int32_t)(below.x & 1);
                    int32_t y = xy[1] + 4096 * (int32_t)(below.y & 1);
                    bool found = false;

                    if (!is_inside(d->type, xy[0], xy[1]))
                        continue;
                    for (int32_t dx = -most; dx <= most; dx++)
                        for (int32_t dy = -most; dy <= most; dy++)
                            if ((x + dx) % 2 == 0 && (y + dy) % 2 == 0)
                                found |=
                                    has_vertex(a, parent, (x + dx) / 2, (y + dy) / 2);
                    assert_true(found);
                    n++;
                }
        }
        free(a);
        free(b);
    }
    assert_true(n > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_have_the_same_vertices_where_they_overlap),
        cmocka_unit_test(a_tile_below_has_the_vertices_of_the_one_above),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
