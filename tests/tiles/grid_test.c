/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/grid.c (OGC 17-083r4, annex D.1). */
#include <test.h>

#include "grid_parts.h"

#include <tiles/tile.h>

#include <math.h>

TEST(a_tile_outside_the_grid_is_refused_with_the_range)
{
    struct im_error err;

    assert_int_equal(tile_id_check((struct tile_id){0, 0, 0}, &err), IM_OK);
    assert_int_equal(tile_id_check((struct tile_id){22, 4194303, 4194303}, &err),
                     IM_OK);
    assert_int_equal(tile_id_check((struct tile_id){23, 0, 0}, &err), IM_EARG);
    assert_string_equal(err.msg, "zoom 23 is outside 0..22");
    assert_string_equal(err.msg_zh, "缩放级别 23 超出 0..22");
    assert_int_equal(tile_id_check((struct tile_id){3, 8, 0}, &err), IM_EARG);
    assert_string_equal(err.msg, "x 8 is outside 0..7 at zoom 3");
    assert_int_equal(tile_id_check((struct tile_id){3, 0, 4294967295u}, &err), IM_EARG);
    assert_string_equal(err.msg, "y 4294967295 is outside 0..7 at zoom 3");
}

TEST(bounds_are_those_of_the_web_mercator_grid)
{
    struct bbox b = tile_bounds((struct tile_id){8, 214, 104}, 0);

    assert_true(fabs(b.min_x - 120.9375) < 1e-9);
    assert_true(fabs(b.max_x - 122.34375) < 1e-9);
    assert_true(fabs(b.max_y - 31.952162) < 1e-6);
    assert_true(fabs(b.min_y - 30.751278) < 1e-6);
}

TEST(neighbours_share_their_edge_and_the_world_is_covered)
{
    struct bbox a = tile_bounds((struct tile_id){10, 855, 417}, 0);
    struct bbox b = tile_bounds((struct tile_id){10, 856, 417}, 0);
    struct bbox world = tile_bounds((struct tile_id){0, 0, 0}, 0);

    assert_true(a.max_x == b.min_x);
    assert_true(world.min_x == -180 && world.max_x == 180);
    assert_true(world.min_y == -90 && world.max_y == 90);
}

TEST(a_buffer_widens_on_all_sides_but_not_beyond_the_world)
{
    struct bbox b = tile_bounds((struct tile_id){2, 0, 3}, 0.5);

    assert_true(b.min_x == -180);
    assert_true(fabs(b.max_x - -45) < 1e-9);
    assert_true(b.min_y == -90);
    assert_true(fabs(b.max_y - -40.9798981) < 1e-6);
}

#define MATRIX(id, scale, cell, more)                                                  \
    "{\"id\": \"" id "\", \"scaleDenominator\": " scale ", \"cellSize\": " cell        \
    ", \"pointOfOrigin\": [3700000, 300000], \"tileWidth\": 256, \"tileHeight\": "     \
    "256, \"matrixWidth\": 4, \"matrixHeight\": 3" more "}"
#define SET(crs, axes, matrices)                                                       \
    "{\"id\": \"city\", \"crs\": \"" crs "\", \"orderedAxes\": " axes                  \
    ", \"tileMatrices\": [" matrices "]}"
#define ONE MATRIX("a", "500000", "140", "")

static struct tile_grid *read_grid(const char *json)
{
    struct tile_grid *grid = NULL;
    struct im_error err;

    if (grid_read(im_bytes_of(json), "x.json", &grid, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return grid;
}

/* X of EPSG:4549 points north, and so does a set that says so or says nothing. */
TEST(the_corner_is_read_in_the_order_of_the_axes)
{
    static const char *const sets[] = {
        SET("EPSG:4549", "[\"X\", \"Y\"]", ONE),
        SET("urn:ogc:def:crs:EPSG::4549", "[\"Northing\", \"Easting\"]", ONE),
        "{\"id\": \"city\", \"crs\": \"http://www.opengis.net/def/crs/EPSG/0/4549\", "
        "\"tileMatrices\": [" ONE "]}"};
    struct tile_grid *turned = read_grid(SET("EPSG:4549", "[\"E\", \"N\"]", ONE));

    for (size_t i = 0; i < 3; i++) {
        struct tile_grid *grid = read_grid(sets[i]);
        const struct grid_matrix *m = tile_grid_matrix(grid, 0);

        assert_true(m->origin[0] == 300000 && m->origin[1] == 3700000);
        assert_string_equal(tile_grid_crs(grid),
                            "http://www.opengis.net/def/crs/EPSG/0/4549");
        assert_true(tile_grid_is_north_first(grid));
        tile_grid_free(grid);
    }
    assert_true(tile_grid_matrix(turned, 0)->origin[0] == 3700000);
    tile_grid_free(turned);
}

static const struct {
    const char *json;
    const char *message;
} refused[] = {
    {"[]", "grid 'x.json': line 1: needed is an object"},
    {"{", "grid 'x.json': line 1: "},
    {SET("EPSG:4549", "[\"X\"]", ONE), "grid 'x.json': orderedAxes: needed are"},
    {SET("EPSG:4549", "[\"X\", \"Up\"]", ONE),
     "grid 'x.json': orderedAxes: 'X', 'Up' are no axes of EPSG:4549; allowed are 'X' "
     "and 'Y'"},
    {SET("+proj=tmerc", "[\"X\", \"Y\"]", ONE), "grid 'x.json': crs: needed is"},
    {SET("EPSG:99999", "[\"X\", \"Y\"]", ONE),
     "grid 'x.json': crs: 'EPSG:99999' is no two-dimensional"},
    {SET("EPSG:4978", "[\"X\", \"Y\"]", ONE),
     "grid 'x.json': crs: 'EPSG:4978' is no two-dimensional"},
    /* Xian 1980 */
    {SET("EPSG:2385", "[\"X\", \"Y\"]", ONE),
     "grid 'x.json': crs: PROJ has no transformation of known accuracy"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", ""),
     "grid 'x.json': tileMatrices: needed is a list of 1 to 23"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", ONE ", " ONE),
     "grid 'x.json': tileMatrices[1].id: this id is there already"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", ONE ", " MATRIX("b", "500000", "140", "")),
     "grid 'x.json': tileMatrices[1].cellSize: matrices are ordered"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", MATRIX("a", "529166", "140", "")),
     "grid 'x.json': tileMatrices[0].scaleDenominator: 529166 does not go with "
     "cellSize 140: by pixels of 0.28 mm it is 500000"},
    {SET("EPSG:4549",
         "[\"X\", \"Y\"]",
         MATRIX("a", "500000", "140", ", \"variableMatrixWidths\": []")),
     "grid 'x.json': tileMatrices[0].variableMatrixWidths: rows of different"},
    {SET("EPSG:4549",
         "[\"X\", \"Y\"]",
         MATRIX("a", "500000", "140", ", \"cornerOfOrigin\": \"bottomLeft\"")),
     "grid 'x.json': tileMatrices[0].cornerOfOrigin: allowed is 'topLeft'"},
    {SET("EPSG:4549",
         "[\"X\", \"Y\"]",
         MATRIX("a", "500000", "140", ", \"matrixWith\": 3")),
     "grid 'x.json': tileMatrices[0].matrixWith: no member"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", MATRIX("a", "1e300", "140", "")),
     "grid 'x.json': tileMatrices[0].scaleDenominator: needed is a number, 0.001 to "
     "1e+10"},
    {SET("EPSG:4549", "[\"X\", \"Y\"]", MATRIX("a b", "500000", "140", "")),
     "grid 'x.json': tileMatrices[0].id: needed is a text"},
    {"{\"id\": \"512\", \"crs\": \"EPSG:4549\", \"tileMatrices\": [" ONE "]}",
     "grid 'x.json': id: the id of a set is more than digits"},
};

TEST(what_is_wrong_in_a_set_is_said_with_its_path)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct tile_grid *grid = NULL;
        struct im_error err;
        size_t n = strlen(refused[i].message);

        assert_int_not_equal(
            grid_read(im_bytes_of(refused[i].json), "x.json", &grid, &err), IM_OK);
        if (strncmp(err.msg, refused[i].message, n) != 0)
            fail_msg("%zu: %s", i, err.msg);
        assert_true(err.msg_zh[0] != '\0');
        assert_null(grid);
    }
}

TEST(shipped_sets_are_those_of_the_annex)
{
    struct grid_set *set = NULL;
    struct im_error err;

    assert_int_equal(grid_set_open(SHIPPED_GRIDS, &set, &err), IM_OK);
    assert_int_equal(grid_set_size(set), 4);
    assert_ptr_equal(grid_set_at(set, 0), tile_grid_web_mercator());
    /* 17-083r4, annex D.1 and D.2 */
    const struct grid_matrix *m = tile_grid_matrix(grid_set_at(set, 0), 0);
    assert_true(fabs(m->scale_denominator - 559082264.028717) < 1e-4);
    assert_true(fabs(m->cell_size - 156543.033928041) < 1e-8);
    const struct tile_grid *quad = grid_set_find(set, im_bytes_of("WorldCRS84Quad"));
    m = tile_grid_matrix(quad, 0);
    assert_true(fabs(m->scale_denominator - 279541132.014358) < 1e-5);
    assert_true(m->n_cols == 2 && m->n_rows == 1);
    /* level 1 of 天地图's c is this one's 0 (STANDARDS, 2) */
    m = tile_grid_matrix(grid_set_find(set, im_bytes_of("CGCS2000Quad")), 0);
    assert_true(m->cell_size == 0.703125 && m->origin[0] == -180 && m->origin[1] == 90);
    grid_set_close(set);
}

TEST(the_written_set_reads_back_the_same)
{
    struct tile_grid *grid = read_grid(
        SET("EPSG:4549", "[\"X\", \"Y\"]", ONE ", " MATRIX("b", "2e5", "56", "")));
    struct im_buf buf = {.max = 1 << 20};
    struct im_json w = {.out = &buf};
    struct tile_grid *again = NULL;
    struct im_error err;

    tile_grid_write(grid, &w);
    if (grid_read(im_buf_bytes(&buf), "again", &again, &err) != IM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(tile_grid_depth(again), 2);
    assert_true(tile_grid_matrix(again, 1)->cell_size == 56);
    assert_true(tile_grid_matrix(again, 1)->origin[0] == 300000);
    im_buf_release(&buf);
    tile_grid_free(again);
    tile_grid_free(grid);
}

TEST(limits_are_the_tiles_that_meet_a_box)
{
    uint32_t cols[2];
    uint32_t rows[2];
    const struct tile_grid *world = tile_grid_web_mercator();

    assert_true(
        tile_grid_limits(world, 8, (struct bbox){121, 31, 121.5, 31.5}, cols, rows));
    assert_true(cols[0] == 214 && cols[1] == 214 && rows[0] == 104 && rows[1] == 104);
    assert_true(
        tile_grid_limits(world, 3, (struct bbox){-180, -90, 180, 90}, cols, rows));
    assert_true(cols[0] == 0 && cols[1] == 7 && rows[0] == 0 && rows[1] == 7);
    struct tile_grid *grid = read_grid(SET("EPSG:4549", "[\"X\", \"Y\"]", ONE));
    assert_false(tile_grid_limits(grid, 0, (struct bbox){10, 50, 12, 52}, cols, rows));
    assert_true(tile_grid_limits(grid, 0, (struct bbox){118, 30, 122, 33}, cols, rows));
    assert_true(cols[0] == 0 && cols[1] == 3 && rows[0] == 1 && rows[1] == 2);
    tile_grid_free(grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corner_is_read_in_the_order_of_the_axes),
        cmocka_unit_test(what_is_wrong_in_a_set_is_said_with_its_path),
        cmocka_unit_test(shipped_sets_are_those_of_the_annex),
        cmocka_unit_test(the_written_set_reads_back_the_same),
        cmocka_unit_test(limits_are_the_tiles_that_meet_a_box),
        cmocka_unit_test(a_tile_outside_the_grid_is_refused_with_the_range),
        cmocka_unit_test(bounds_are_those_of_the_web_mercator_grid),
        cmocka_unit_test(neighbours_share_their_edge_and_the_world_is_covered),
        cmocka_unit_test(a_buffer_widens_on_all_sides_but_not_beyond_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
