/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/projection.c and grid_crs.c: positions in every grid beside PROJ asked
 * directly, edges beside their image point by point. */
#include <test.h>

#include "projection.h"

#include <support/random.h>

#include <engine/gcj02.h>

#include <math.h>
#include <proj.h>
#include <stdlib.h>

static struct grid_set *open_grids(const char *directory)
{
    struct grid_set *set = NULL;
    struct im_error err;

    if (grid_set_open(directory, &set, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return set;
}

static const struct tile_grid *grid_of(const struct grid_set *set, const char *id)
{
    const struct tile_grid *grid = grid_set_find(set, im_bytes_of(id));

    if (!grid)
        fail_msg("no grid %s", id);
    return grid;
}

/* Pixels of the whole matrix, by PROJ in the authority's axis order. */
struct oracle {
    PJ *pj;
    bool north_first;
    double origin[2]; /* east, north */
    double cell;
};

static void expect_pixel(const struct oracle *o, double lon, double lat, double out[2])
{
    PJ_COORD at = proj_trans(o->pj, PJ_FWD, proj_coord(lat, lon, 0, 0));
    double east = o->north_first ? at.xy.y : at.xy.x;
    double north = o->north_first ? at.xy.x : at.xy.y;

    out[0] = (east - o->origin[0]) / o->cell;
    out[1] = (o->origin[1] - north) / o->cell;
}

static void check_points(const struct tile_grid *grid,
                         uint32_t zoom,
                         const struct oracle *o,
                         struct bbox where,
                         double most_px)
{
    struct test_random r = test_random_new("projection");
    struct tile_projection p;
    double worst = 0;

    projection_open(&p, grid, zoom, 1000, 2000, 16);
    for (int i = 0; i < 2000; i++) {
        uint32_t x = world_x(test_random_in(&r, where.min_x, where.max_x));
        uint32_t y = world_y(test_random_in(&r, where.min_y, where.max_y));
        double want[2];
        double got[2];

        expect_pixel(o, world_lon(x), world_lat(y), want);
        assert_true(projection_point(&p, x, y, got));
        worst = fmax(worst, fabs(got[0] / 16 + 1000 - want[0]));
        worst = fmax(worst, fabs(got[1] / 16 + 2000 - want[1]));
    }
    projection_close(&p);
    if (worst > most_px)
        fail_msg("%s: %g px beside PROJ", grid->id, worst);
}

TEST(positions_are_those_of_proj_in_every_grid)
{
    struct grid_set *shipped = open_grids(SHIPPED_GRIDS);
    struct grid_set *own = open_grids(TEST_GRIDS);
    PJ_CONTEXT *context = proj_context_create();
    struct oracle o = {.origin = {-180, 90}};
    const struct bbox delta = {118.6, 29, 121.9, 33};

    o.pj = proj_create_crs_to_crs(context, "EPSG:4326", "EPSG:4490", NULL);
    o.north_first = true;
    o.cell = 360.0 / 512 / (1 << 18);
    check_points(grid_of(shipped, "CGCS2000Quad"), 18, &o, delta, 1e-5);
    proj_destroy(o.pj);

    o.pj = proj_create_crs_to_crs(context, "EPSG:4326", "OGC:CRS84", NULL);
    o.north_first = false;
    o.cell = 360.0 / 512 / 8;
    check_points(grid_of(shipped, "WorldCRS84Quad"), 3, &o,
                 (struct bbox){-180, -85, 180, 85}, 1e-6);
    proj_destroy(o.pj);

    o.pj = proj_create_crs_to_crs(context, "EPSG:4326", "EPSG:4549", NULL);
    o.north_first = true; /* X points north */
    o.origin[0] = 300000;
    o.origin[1] = 3700000;
    o.cell = 1000 * 0.00028;
    check_points(grid_of(own, "City4549"), 10, &o, delta, 1e-4);
    proj_destroy(o.pj);
    proj_context_destroy(context);
    grid_set_close(shipped);
    grid_set_close(own);
}

/* The expected numbers come from another transcription of the published formula. */
TEST(gcj02_moves_each_vertex_and_then_lays_it_into_the_usual_square)
{
    struct grid_set *shipped = open_grids(SHIPPED_GRIDS);
    const struct tile_grid *grid = grid_of(shipped, "GCJ02Quad");
    struct tile_projection p;
    double got[2];
    double n = 256.0 * (1 << 18);
    struct crs_lonlat wgs84 = {121.4952, 31.2419};

    projection_open(&p, grid, 18, 0, 0, 1);
    assert_true(projection_point(&p, world_x(wgs84.lon), world_y(wgs84.lat), got));
    projection_close(&p);
    double lon = got[0] / n * 360 - 180;
    double lat = atan(sinh(M_PI * (1 - 2 * got[1] / n))) * 180 / M_PI;
    assert_true(fabs(lon - 121.499650) < 1e-6);
    assert_true(fabs(lat - 31.239901) < 1e-6);
    assert_true(tile_grid_crs(grid) == NULL);
    /* far from China nothing is moved */
    projection_open(&p, grid, 18, 0, 0, 1);
    assert_true(projection_point(&p, world_x(2.35), world_y(48.85), got));
    projection_close(&p);
    assert_true(fabs(got[0] / n * 360 - 180 - 2.35) < 1e-6);
    grid_set_close(shipped);
}

/* Distance in pixels of a position from a polyline. */
static double off_line(const struct clip_path *path, const double at[2])
{
    double least = HUGE_VAL;

    for (uint32_t i = 0; i + 1 < path->n_points; i++) {
        const double *a = path->xy + 2 * i;
        double dx = a[2] - a[0];
        double dy = a[3] - a[1];
        double t = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy);

        t = fmin(1, fmax(0, t));
        least = fmin(least, hypot(a[0] + t * dx - at[0], a[1] + t * dy - at[1]));
    }
    return least;
}

static void check_edge(const struct tile_grid *grid,
                       uint32_t zoom,
                       const uint32_t xy[4],
                       struct clip_box box)
{
    static const uint32_t end[1] = {2};
    struct atlas_shape shape = {
        .kind = GEOM_LINE, .n_points = 2, .n_parts = 1, .xy = xy, .part_end = end};
    struct clip_scratch scratch = {0};
    struct clip_path path = {0};
    struct tile_projection p;
    uint32_t inside = 0;

    projection_open(&p, grid, zoom, 0, 0, 1);
    projection_set_window(&p, box);
    projection_clip_shape(&p, &shape, (struct tile_frame){0}, box, false, NULL,
                          &scratch, &path);
    for (int i = 0; i <= 20000; i++) {
        double t = i / 20000.0;
        double at[2];

        if (!projection_point(&p, xy[0] + t * ((double)xy[2] - xy[0]),
                              xy[1] + t * ((double)xy[3] - xy[1]), at) ||
            at[0] < box.min_x || at[0] > box.max_x || at[1] < box.min_y ||
            at[1] > box.max_y)
            continue;
        inside++;
        if (off_line(&path, at) > 0.25)
            fail_msg("%s: %g px off", grid->id, off_line(&path, at));
    }
    assert_true(inside > 20);
    assert_true(path.n_points > 2 && path.n_points < 2000);
    projection_close(&p);
    clip_scratch_release(&scratch);
    clip_path_release(&path);
}

TEST(long_edges_bend_as_the_plane_wants)
{
    struct grid_set *shipped = open_grids(SHIPPED_GRIDS);
    struct grid_set *own = open_grids(TEST_GRIDS);
    const uint32_t far[4] = {world_x(70), world_y(-60), world_x(150), world_y(75)};
    const uint32_t near[4] = {world_x(112), world_y(22), world_x(127), world_y(39)};
    /* from where the projection has no image any more */
    const uint32_t world[4] = {world_x(-170), world_y(-40), world_x(122), world_y(31)};

    check_edge(grid_of(shipped, "CGCS2000Quad"), 2, far,
               (struct clip_box){0, 0, 2048, 1024});
    check_edge(grid_of(own, "City4549"), 0, near,
               (struct clip_box){-256, -256, 512, 512});
    check_edge(grid_of(own, "City4549"), 0, world,
               (struct clip_box){-64, -64, 1024, 1024});
    grid_set_close(shipped);
    grid_set_close(own);
}

/* The box of a tile holds whatever falls into the tile. */
TEST(the_window_holds_what_the_tile_shows)
{
    struct grid_set *shipped = open_grids(SHIPPED_GRIDS);
    struct grid_set *own = open_grids(TEST_GRIDS);
    const struct tile_grid *grids[] = {grid_of(shipped, "GCJ02Quad"),
                                       grid_of(shipped, "CGCS2000Quad"),
                                       grid_of(own, "City4549")};
    struct test_random r = test_random_new("projection");

    for (int i = 0; i < 3000; i++) {
        const struct tile_grid *grid = grids[i % 3];
        uint32_t zoom = (uint32_t)test_random_in(&r, 0, grid->depth - 0.01);
        double lon = test_random_in(&r, 118.6, 121.9);
        double lat = test_random_in(&r, 30, 33);
        struct tile_projection p;
        double px[2];
        double tile[2];
        struct bbox window;

        projection_open(&p, grid, zoom, 0, 0, 1);
        assert_true(projection_point(&p, world_x(lon), world_y(lat), px));
        tile[0] = floor(px[0] / 256) * 256;
        tile[1] = floor(px[1] / 256) * 256;
        window = projection_set_window(
            &p, (struct clip_box){tile[0], tile[1], tile[0] + 256, tile[1] + 256});
        projection_close(&p);
        assert_true(lon >= window.min_x - 1e-7 && lon <= window.max_x + 1e-7);
        assert_true(lat >= window.min_y - 1e-7 && lat <= window.max_y + 1e-7);
    }
    grid_set_close(shipped);
    grid_set_close(own);
}

/* The rest of the frame says nothing in such a grid, as vector tiles leave it. */
TEST(shapes_are_cut_with_nothing_but_the_projection)
{
    struct grid_set *shipped = open_grids(SHIPPED_GRIDS);
    const struct tile_grid *grid = grid_of(shipped, "GCJ02Quad");
    const uint32_t xy[] = {world_x(121), world_y(31), world_x(122), world_y(31),
                           world_x(122), world_y(32), world_x(121), world_y(31)};
    const uint32_t end = 4;
    const struct atlas_shape shape = {
        .kind = GEOM_AREA, .n_points = 4, .n_parts = 1, .xy = xy, .part_end = &end};
    const struct clip_box box = {-64, -64, 320, 320};
    struct clip_scratch scratch = {0};
    struct clip_path path = {0};
    struct tile_projection p;

    projection_open(&p, grid, 0, 0, 0, 1);
    (void)projection_set_window(&p, box);
    clip_shape(&shape, (struct tile_frame){.projection = &p}, box, true, NULL, &scratch,
               &path);
    projection_close(&p);
    assert_false(path.failed);
    assert_int_equal(path.n_parts, 1);
    clip_scratch_release(&scratch);
    clip_path_release(&path);
    grid_set_close(shipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_those_of_proj_in_every_grid),
        cmocka_unit_test(
            gcj02_moves_each_vertex_and_then_lays_it_into_the_usual_square),
        cmocka_unit_test(long_edges_bend_as_the_plane_wants),
        cmocka_unit_test(the_window_holds_what_the_tile_shows),
        cmocka_unit_test(shapes_are_cut_with_nothing_but_the_projection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
