/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/crs/gcj02.c. */
#include <test.h>

#include <engine/gcj02.h>

#include <math.h>

static void assert_near(struct crs_lonlat got, double lon, double lat, double deg)
{
    if (!(fabs(got.lon - lon) < deg && fabs(got.lat - lat) < deg))
        fail_msg("got %.9f, %.9f, want %.9f, %.9f", got.lon, got.lat, lon, lat);
}

/* Reference values computed with the code in circulation, rounded to six places. */
TEST(four_cities_have_the_published_offsets)
{
    static const double city[4][6] = {
        {121.47, 31.23, 121.474535, 31.228067, 121.481076, 31.233987},
        {120.15, 30.28, 120.154709, 30.277681, 120.161249, 30.283597},
        {118.78, 32.05, 118.785207, 32.047949, 118.791646, 32.054205},
        {117.28, 31.86, 117.285516, 31.858001, 117.292087, 31.863746}};

    for (int i = 0; i < 4; i++) {
        struct crs_lonlat p = {city[i][0], city[i][1]};

        assert_near(crs_gcj02_from_wgs84(p), city[i][2], city[i][3], 0.6e-6);
        assert_near(crs_bd09_from_wgs84(p), city[i][4], city[i][5], 0.6e-6);
    }
}

TEST(every_inverse_undoes_its_forward_function)
{
    for (double lon = 114.5; lon <= 123.5; lon += 0.0731)
        for (double lat = 26.8; lat <= 35.6; lat += 0.0617) {
            struct crs_lonlat p = {lon, lat};

            assert_near(crs_gcj02_to_wgs84(crs_gcj02_from_wgs84(p)), lon, lat, 1e-9);
            assert_near(crs_bd09_to_wgs84(crs_bd09_from_wgs84(p)), lon, lat, 1e-9);
            assert_near(crs_bd09_to_gcj02(crs_bd09_from_gcj02(p)), lon, lat, 1e-9);
        }
}

TEST(outside_china_gcj02_is_wgs84)
{
    struct crs_lonlat paris = {2.35, 48.86};
    struct crs_lonlat nowhere = {(double)NAN, 31};

    assert_near(crs_gcj02_from_wgs84(paris), 2.35, 48.86, 1e-15);
    assert_near(crs_gcj02_to_wgs84(paris), 2.35, 48.86, 1e-15);
    assert_true(isnan(crs_gcj02_to_wgs84(nowhere).lon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_cities_have_the_published_offsets),
        cmocka_unit_test(every_inverse_undoes_its_forward_function),
        cmocka_unit_test(outside_china_gcj02_is_wgs84),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
