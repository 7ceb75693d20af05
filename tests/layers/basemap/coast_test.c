/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/basemap/coast.c on a coast of a few vertices. */
#include <test.h>

#include "coast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct bbox BOX = {0, 0, 10, 10};

/* A square of land over the left half of the box and beyond, with a bay, and an
 * island; the third polygon is far away. */
static const char LAND[] =
    "{\"type\":\"GeometryCollection\", \"geometries\": [\n"
    "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[-5,-5],[5,-5],[5,4],[4,5],[5,6],"
    "[5,15],[-5,15],[-5,-5]]],[[[7,7],[8,7],[8,8],[7,8],[7,7]]]]},\n"
    "{\"type\":\"Polygon\",\"coordinates\":[[[50,50],[51,50],[51,51],[50,50]]]}]}";

static enum im_code read_text(struct geos *g,
                              const char *text,
                              size_t len,
                              struct coast *out,
                              struct im_error *err)
{
    char path[] = "/tmp/innomap-coast-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
    *out = (struct coast){0};
    enum im_code rc = coast_read(g, path, BOX, out, err);
    unlink(path);
    return rc;
}

static double area(struct geos *g, const GEOSGeometry *geom)
{
    double a = -1;

    GEOSArea_r(g->h, geom, &a);
    return a;
}

TEST(the_sea_is_the_box_without_the_land)
{
    struct geos g;
    struct coast coast;
    struct im_error err = {0};
    double length = 0;

    assert_int_equal(geos_init(&g, &err), IM_OK);
    assert_int_equal(read_text(&g, LAND, strlen(LAND), &coast, &err), IM_OK);
    assert_true(area(&g, coast.sea) == 100 - (50 - 1) - 1);
    /* the frame of the box is no coast */
    assert_int_equal(GEOSLength_r(g.h, coast.line, &length), 1);
    assert_true(fabs(length - (4 + 2 * sqrt(2) + 4 + 4)) < 1e-9); /* bay, island */
    GEOSGeom_destroy_r(g.h, coast.sea);
    GEOSGeom_destroy_r(g.h, coast.line);
    geos_release(&g);
}

TEST(a_file_cut_anywhere_is_refused_or_read)
{
    struct geos g;
    struct im_error err = {0};
    size_t refused = 0;

    assert_int_equal(geos_init(&g, &err), IM_OK);
    for (size_t len = 0; len < strlen(LAND); len += 3) {
        struct coast coast;
        enum im_code rc = read_text(&g, LAND, len, &coast, &err);

        assert_true(rc == IM_OK || rc == IM_EDATA);
        refused += rc != IM_OK;
        assert_true(rc == IM_OK || (!coast.sea && !coast.line));
        GEOSGeom_destroy_r(g.h, coast.sea);
        GEOSGeom_destroy_r(g.h, coast.line);
    }
    assert_true(refused > 50);
    geos_release(&g);
}

TEST(malformed_coordinates_are_refused)
{
    static const char *const bad[] = {
        "{\"coordinates\":[1,2]}",
        "{\"coordinates\":[[[1]]]}",
        "{\"coordinates\":[[[1,2,3,4]]]}",
        "{\"coordinates\":[[[1,2],[3,4],[1,2]]]}",
        "{\"coordinates\":[[[[1,2]],[3,4]]]}",
        "{\"coordinates\":[[[1,x]]]}",
        "{\"coordinates\":[[[1e999,2],[3,4],[5,6],[1,2]]]}",
        "{\"coordinates\":[[[[[[[[[[[[1,2]]]]]]]]]]]]}",
        "{\"coordinates\":[]}x\"",
        "",
    };
    struct geos g;
    struct im_error err = {0};

    assert_int_equal(geos_init(&g, &err), IM_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct coast coast;

        assert_int_equal(read_text(&g, bad[i], strlen(bad[i]), &coast, &err), IM_EDATA);
    }
    geos_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sea_is_the_box_without_the_land),
        cmocka_unit_test(a_file_cut_anywhere_is_refused_or_read),
        cmocka_unit_test(malformed_coordinates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
