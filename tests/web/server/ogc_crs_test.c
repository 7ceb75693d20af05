/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "ogc/crs.h"

#include <math.h>

static const struct ogc_crs *find(const char *name)
{
    return ogc_crs_find(im_bytes_of(name));
}

TEST(every_crs_is_found_by_its_uri_and_its_code)
{
    for (size_t i = 0; i < OGC_CRS_COUNT; i++) {
        assert_ptr_equal(find(ogc_crs_list[i].uri), &ogc_crs_list[i]);
        assert_ptr_equal(find(ogc_crs_list[i].code), &ogc_crs_list[i]);
    }
    assert_ptr_equal(find("[EPSG:4549]"), find("EPSG:4549"));
    assert_ptr_equal(find("urn:ogc:def:crs:EPSG::4549"), find("EPSG:4549"));
    assert_ptr_equal(find("urn:ogc:def:crs:OGC:1.3:CRS84"), &ogc_crs_list[0]);
}

TEST(other_names_are_not_found)
{
    static const char *const bad[] = {"",
                                      "[",
                                      "[]",
                                      "EPSG:",
                                      "EPSG:43",
                                      "EPSG:43260",
                                      "EPSG:4326 ",
                                      "[EPSG:4326",
                                      "4326",
                                      "http://www.opengis.net/def/crs/EPSG/0/",
                                      "ftp://x",
                                      "http://evil/def/crs/EPSG/0/4326",
                                      "EPSG:999999999999999999"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(find(bad[i]));
}

TEST(there_and_back_is_the_same_place)
{
    struct ogc_crs_book *book = ogc_crs_book_new();

    for (size_t i = 0; i < OGC_CRS_COUNT; i++) {
        double xy[4] = {121.5, 31.2, 118.25, 29.75};
        struct ogc_transform *t;

        assert_int_equal(ogc_crs_book_get(book, &ogc_crs_list[i], &t, NULL), IM_OK);
        assert_true(ogc_crs_forward(t, xy, 2));
        assert_true(ogc_crs_inverse(t, xy, 2));
        assert_true(fabs(xy[0] - 121.5) < 1e-9 && fabs(xy[1] - 31.2) < 1e-9);
        assert_true(fabs(xy[2] - 118.25) < 1e-9 && fabs(xy[3] - 29.75) < 1e-9);
    }
    ogc_crs_book_free(book);
}

TEST(northing_comes_first_where_the_authority_says_so)
{
    struct ogc_crs_book *book = ogc_crs_book_new();
    struct ogc_transform *t;
    double xy[2] = {120, 30}; /* on the central meridian of EPSG:4549 */

    assert_int_equal(ogc_crs_book_get(book, find("EPSG:4549"), &t, NULL), IM_OK);
    assert_true(ogc_crs_forward(t, xy, 1));
    assert_true(fabs(xy[0] - 3320113.398) < 0.01); /* meridian arc to 30 N, CGCS2000 */
    assert_true(fabs(xy[1] - 500000) < 0.001);     /* the false easting */
    ogc_crs_book_free(book);
}

TEST(the_ring_of_a_box_is_closed_and_counter_clockwise)
{
    struct ogc_crs_book *book = ogc_crs_book_new();
    const double box[4] = {3300000, 400000, 3500000, 600000};
    double ring[2 * OGC_CRS_RING];
    struct ogc_transform *t;

    assert_int_equal(ogc_crs_book_get(book, find("EPSG:4549"), &t, NULL), IM_OK);
    assert_int_equal(ogc_crs_ring(t, box, ring, NULL), IM_OK);
    assert_true(ring[0] == ring[2 * OGC_CRS_RING - 2]);
    assert_true(ring[1] == ring[2 * OGC_CRS_RING - 1]);
    assert_true(geom_ring_area2(ring, OGC_CRS_RING) > 0);
    ogc_crs_book_free(book);
}

TEST(a_box_that_has_no_place_on_earth_is_refused)
{
    struct ogc_crs_book *book = ogc_crs_book_new();
    const double box[4] = {1e12, 1e12, 2e12, 2e12};
    double ring[2 * OGC_CRS_RING];
    struct im_error err = {0};
    struct ogc_transform *t;

    assert_int_equal(ogc_crs_book_get(book, find("EPSG:4549"), &t, NULL), IM_OK);
    assert_int_equal(ogc_crs_ring(t, box, ring, &err), IM_EARG);
    assert_non_null(strstr(err.msg, "EPSG:4549"));
    ogc_crs_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_crs_is_found_by_its_uri_and_its_code),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(there_and_back_is_the_same_place),
        cmocka_unit_test(northing_comes_first_where_the_authority_says_so),
        cmocka_unit_test(the_ring_of_a_box_is_closed_and_counter_clockwise),
        cmocka_unit_test(a_box_that_has_no_place_on_earth_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
