/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place/shape.c and valid.c. */
#include <arena.h>
#include <test.h>

#include <place/shape.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct crs_transform degrees;

static struct shape make(enum schema_geometry kind, const struct geom *in, bool repair)
{
    struct layer_schema schema = {.geometry = kind};
    struct shape_rules rules = {.schema = &schema, .crs = &degrees, .repair = repair};
    struct shape out;

    shape_make(&rules, in, arena, &out);
    return out;
}

static struct geom point(const double xy[2])
{
    return (struct geom){.kind = GEOM_POINT, .n_points = 1, .lonlat = xy};
}

/* An area of one ring, or a line. */
static uint32_t one_end;
static const uint32_t ONE = 1;
static struct geom one_part(enum geom_kind kind, const double *xy, size_t n_doubles)
{
    one_end = (uint32_t)(n_doubles / 2);
    return (struct geom){.kind = kind,
                         .n_points = one_end,
                         .n_parts = 1,
                         .n_areas = kind == GEOM_AREA,
                         .lonlat = xy,
                         .part_end = &one_end,
                         .area_end = kind == GEOM_AREA ? &ONE : NULL};
}
#define RING(xy) one_part(GEOM_AREA, xy, sizeof(xy) / sizeof *(xy))
#define LINE(xy) one_part(GEOM_LINE, xy, sizeof(xy) / sizeof *(xy))

static void assert_good(struct shape s)
{
    if (s.refusal.code)
        fail_msg("refused: %s, %s", s.refusal.code, s.refusal.en);
}

/* Refused, with reason and next step in both languages, and nothing else. */
static void assert_refused(struct shape s, const char *code, const char *en)
{
    if (!s.refusal.code || strcmp(s.refusal.code, code) != 0)
        fail_msg("got %s (%s), want %s", s.refusal.code ? s.refusal.code : "good",
                 s.refusal.code ? s.refusal.en : "", code);
    if (!strstr(s.refusal.en, en))
        fail_msg("'%s' lacks '%s'", s.refusal.en, en);
    assert_true(s.refusal.zh[0] && im_utf8_valid(im_bytes_of(s.refusal.zh)));
    assert_non_null(s.refusal.suggestion_zh);
    assert_non_null(s.refusal.suggestion_en);
    assert_true(s.refusal.suggestion_zh[0] && s.refusal.suggestion_en[0]);
    assert_int_equal(s.geom.kind, GEOM_EMPTY);
    assert_int_equal(s.repairs, 0);
}

static void refuse_point(double x, double y, const char *code, const char *en)
{
    const double xy[2] = {x, y};
    struct geom in = point(xy);

    assert_refused(make(SCHEMA_POINT, &in, false), code, en);
}

/* ---- the rows of messy file 07 ---- */

TEST(x002_swapped_is_offered_for_exchange_and_exchanged_when_asked)
{
    const double xy[2] = {31.19, 121.59};
    struct geom in = point(xy);
    struct layer_schema schema = {.geometry = SCHEMA_POINT};
    struct shape_rules rules = {.schema = &schema, .crs = &degrees, .fix_swap = true};
    struct shape fixed;
    struct shape s = make(SCHEMA_POINT, &in, false);

    assert_refused(s, "swapped", "31.19, 121.59");
    assert_non_null(strstr(s.refusal.suggestion_en, "--fix swap"));
    shape_make(&rules, &in, arena, &fixed);
    assert_good(fixed);
    assert_int_equal(fixed.repairs, SHAPE_SWAPPED);
    assert_true(fixed.geom.lonlat[0] == 121.59 && fixed.geom.lonlat[1] == 31.19);
}

TEST(x003_a_longitude_over_180_is_out_of_range)
{
    refuse_point(221.59, 31.19, "out_of_range",
                 "longitude 221.59 is outside of -180..180");
}

TEST(x004_zero_zero_is_a_blank)
{
    refuse_point(0, 0, "null_island", "0, 0");
}

TEST(x005_beijing_is_outside_the_area)
{
    refuse_point(116.39, 39.91, "outside_area", "116.39, 39.91");
    refuse_point(116.39, 39.91, "outside_area", "114.45..123.55 E");
}

TEST(x009_an_open_ring_is_refused_or_closed)
{
    static const double xy[] = {121.4, 31.1, 121.5, 31.1, 121.5, 31.2, 121.4, 31.2};
    struct geom in = RING(xy);
    struct shape s = make(SCHEMA_AREA, &in, false);

    assert_refused(s, "not_closed", "11087"); /* metres of 0.1 degree of latitude */
    assert_non_null(strstr(s.refusal.suggestion_zh, "--repair"));
    assert_refused(make(SCHEMA_POINT, &in, false), "not_closed",
                   "takes points only, this is an area");
    s = make(SCHEMA_AREA, &in, true);
    assert_good(s);
    assert_int_equal(s.repairs, SHAPE_CLOSED);
    assert_int_equal(s.geom.n_points, 5);
    assert_true(s.geom.lonlat[8] == 121.4 && s.geom.lonlat[9] == 31.1);
}

TEST(x010_a_self_crossing_ring_is_refused_with_its_place_or_mended)
{
    static const double xy[] = {121.4, 31.1,  121.5, 31.2,  121.5,
                                31.1,  121.4, 31.2,  121.4, 31.1};
    struct geom in = RING(xy);

    assert_refused(make(SCHEMA_AREA, &in, false), "self_crossing",
                   "at 121.450000, 31.150000");
    assert_refused(make(SCHEMA_POINT, &in, false), "self_crossing", "points only");
    struct shape s = make(SCHEMA_AREA, &in, true);
    assert_good(s);
    assert_int_equal(s.repairs, SHAPE_MADE_VALID);
    assert_int_equal(s.geom.n_areas, 2);
    for (uint32_t i = 0, first = 0; i < 2; first = s.geom.part_end[i++]) {
        double area2 = geom_ring_area2(s.geom.lonlat + 2 * (size_t)first,
                                       s.geom.part_end[i] - first);

        assert_true(fabs(area2 - 0.005) < 1e-9); /* counter-clockwise: positive */
    }
}

TEST(x011_a_ring_of_three_positions_is_no_ring)
{
    static const double xy[] = {121.4, 31.1, 121.5, 31.1, 121.4, 31.1};
    struct geom in = RING(xy);

    assert_refused(make(SCHEMA_AREA, &in, false), "bad_geometry", "3 positions");
    assert_refused(make(SCHEMA_AREA, &in, true), "bad_geometry", "3 positions");
}

TEST(x014_several_points_are_no_point)
{
    static const double xy[] = {121.45, 31.15, 121.46, 31.16};
    struct geom in = {.kind = GEOM_POINT, .n_points = 2, .lonlat = xy};
    struct shape s = make(SCHEMA_POINT, &in, false);

    assert_refused(s, "wrong_kind", "2 points");
    assert_non_null(strstr(s.refusal.suggestion_zh, "多行"));
    assert_good(make(SCHEMA_MIXED, &in, false));
    in.n_points = 1; /* one part: a point */
    assert_good(make(SCHEMA_POINT, &in, false));
}

TEST(x017_web_mercator_metres_are_out_of_range_and_recognised)
{
    const double xy[2] = {13526000, 3660000};
    struct geom in = point(xy);
    struct shape s = make(SCHEMA_POINT, &in, false);

    assert_refused(s, "out_of_range", "13526000");
    assert_non_null(strstr(s.refusal.suggestion_en, "EPSG:3857"));
    assert_non_null(strstr(s.refusal.suggestion_zh, "EPSG:3857"));
}

TEST(x013_good_points_pass_unchanged)
{
    const double xy[2] = {121.45, 31.15};
    struct geom in = point(xy);
    struct shape s = make(SCHEMA_POINT, &in, false);

    assert_good(s);
    assert_int_equal(s.geom.kind, GEOM_POINT);
    assert_true(s.geom.lonlat[0] == 121.45 && s.geom.lonlat[1] == 31.15);
    assert_null(s.geom.part_end);
}

/* ---- positions ---- */

TEST(what_is_empty_is_not_refused)
{
    struct shape s = make(SCHEMA_POINT, &(struct geom){.kind = GEOM_EMPTY}, false);

    assert_null(s.refusal.code);
    assert_int_equal(s.geom.kind, GEOM_EMPTY);
    assert_refused(make(SCHEMA_POINT, &(struct geom){.kind = GEOM_POINT}, false),
                   "bad_geometry", "empty");
}

TEST(nan_and_infinity_are_no_positions)
{
    refuse_point((double)NAN, 31, "bad_geometry", "not a number");
    refuse_point(121, (double)INFINITY, "bad_geometry", "not a number");
    refuse_point(-(double)INFINITY, -(double)INFINITY, "bad_geometry", "not a number");
}

TEST(latitudes_beyond_90_and_huge_numbers_are_out_of_range)
{
    refuse_point(31.19, 221.59, "out_of_range", "latitude 221.59");
    refuse_point(1e300, 1e300, "out_of_range", "longitude");
    refuse_point(640000, 3450000, "out_of_range", "640000");
    refuse_point(121500000, 31200000, "out_of_range", "121500000");
}

TEST(a_position_is_named_by_its_number)
{
    static const double xy[] = {121.4, 31.1, 121.5, 31.2, 116.4, 39.9};
    struct geom in = LINE(xy);

    assert_refused(make(SCHEMA_LINE, &in, false), "outside_area", "position 3");
}

TEST(only_a_geometry_that_fits_as_a_whole_is_swapped)
{
    static const double all[] = {31.1, 121.4, 31.2, 121.5};
    static const double half[] = {31.1, 121.4, 121.5, 31.2};
    struct geom in = LINE(all);

    assert_refused(make(SCHEMA_LINE, &in, false), "swapped", "swapped");
    in = LINE(half);
    assert_refused(make(SCHEMA_LINE, &in, false), "out_of_range", "position 1");
}

TEST(base_layers_reach_further)
{
    const double xy[2] = {113, 30};
    struct geom in = point(xy);
    struct layer_schema schema = {.geometry = SCHEMA_POINT, .is_base = true};
    struct shape_rules rules = {.schema = &schema, .crs = &degrees};
    struct shape s;

    shape_make(&rules, &in, arena, &s);
    assert_good(s);
    assert_refused(make(SCHEMA_POINT, &in, false), "outside_area", "map");
}

static struct shape make_with(const char *system, double x, double y, bool fix_swap)
{
    const double xy[2] = {x, y};
    struct geom in = point(xy);
    struct crs_transform crs;
    struct layer_schema schema = {.geometry = SCHEMA_POINT};
    struct shape_rules rules = {.schema = &schema, .crs = &crs, .fix_swap = fix_swap};
    struct shape s;

    assert_int_equal(crs_from_text(system, &crs, NULL), IM_OK);
    shape_make(&rules, &in, arena, &s);
    crs_release(&crs);
    return s;
}

TEST(projected_positions_are_transformed_and_their_faults_named)
{
    struct shape s = make_with("EPSG:4549", 640000, 3450000, false);

    assert_good(s);
    assert_true(fabs(s.geom.lonlat[0] - 121.465) < 0.01);
    /* north first, as surveyors write */
    assert_refused(make_with("EPSG:4549", 3450000, 640000, false), "swapped",
                   "3450000");
    s = make_with("EPSG:4549", 3450000, 640000, true);
    assert_good(s);
    assert_int_equal(s.repairs, SHAPE_SWAPPED);
    /* the wrong system */
    s = make_with("EPSG:4549", 40640000, 3450000, false);
    assert_non_null(s.refusal.code);
    assert_non_null(strstr(s.refusal.suggestion_en, "EPSG:4528"));
    s = make_with("EPSG:4549", 121.5, 31.2, false);
    assert_refused(s, "outside_area", "lies outside");
    assert_non_null(strstr(s.refusal.suggestion_en, "EPSG:4326"));
    assert_refused(make_with("EPSG:4549", 0, 0, false), "null_island", "0, 0");
    assert_refused(make_with("bd09", 0, 0, false), "null_island", "0, 0");
    assert_refused(make_with("EPSG:4549", 1e30, 1e30, false), "out_of_range", "1e+30");
}

/* ---- kinds ---- */

TEST(each_layer_takes_its_kind)
{
    static const double line_xy[] = {121.4, 31.1, 121.5, 31.2};
    static const double ring_xy[] = {121.4, 31.1, 121.5, 31.1,
                                     121.5, 31.2, 121.4, 31.1};
    const double xy[2] = {121.45, 31.15};
    struct geom in[3] = {point(xy)};
    static const enum schema_geometry kinds[] = {SCHEMA_NONE, SCHEMA_POINT, SCHEMA_LINE,
                                                 SCHEMA_AREA, SCHEMA_MIXED};
    static const bool takes[3][5] = {{0, 1, 0, 0, 1}, {0, 0, 1, 0, 1}, {0, 0, 0, 1, 1}};

    for (int g = 0; g < 3; g++)
        for (int k = 0; k < 5; k++) {
            if (g == 1)
                in[1] = LINE(line_xy);
            if (g == 2)
                in[2] = RING(ring_xy);
            struct shape s = make(kinds[k], &in[g], false);

            if (takes[g][k])
                assert_good(s);
            else
                assert_refused(s, "wrong_kind", "the layer takes");
        }
}

/* ---- lines ---- */

TEST(lines_need_two_different_positions)
{
    static const double same[] = {121.4, 31.1, 121.4, 31.1};
    static const double one[] = {121.4, 31.1};
    static const double repeated[] = {121.4, 31.1, 121.4, 31.1, 121.5, 31.2};
    struct geom in = LINE(same);

    assert_refused(make(SCHEMA_LINE, &in, true), "bad_geometry", "two different");
    in = LINE(one);
    assert_refused(make(SCHEMA_LINE, &in, false), "bad_geometry", "two different");
    in = LINE(repeated);
    assert_int_equal(make(SCHEMA_LINE, &in, false).geom.n_points, 3);
    struct shape s = make(SCHEMA_LINE, &in, true);
    assert_int_equal(s.geom.n_points, 2);
    assert_int_equal(s.repairs, SHAPE_DEDUPLICATED);
    assert_true(s.geom.lonlat[2] == 121.5);
}

/* ---- rings ---- */

TEST(rings_are_turned)
{
    /* RFC 7946, 3.1.6: outer rings counter-clockwise, holes clockwise */
    static const double xy[] = {121.0, 31.0,  121.0, 31.3,  121.3, 31.3,  121.3,
                                31.0,  121.0, 31.0,  121.1, 31.1,  121.2, 31.1,
                                121.2, 31.2,  121.1, 31.2,  121.1, 31.1};
    static const uint32_t ends[] = {5, 10};
    static const uint32_t two = 2;
    struct geom in = {GEOM_AREA, 10, 2, 1, xy, ends, &two};
    struct shape s = make(SCHEMA_AREA, &in, false);

    assert_good(s);
    assert_int_equal(s.repairs, 0);
    assert_true(geom_ring_area2(s.geom.lonlat, 5) > 0);
    assert_true(geom_ring_area2(s.geom.lonlat + 10, 5) < 0);
    struct shape again = make(SCHEMA_AREA, &s.geom, false);
    assert_good(again);
    assert_memory_equal(again.geom.lonlat, s.geom.lonlat, sizeof xy);
}

TEST(rings_without_area_are_refused)
{
    static const double flat[] = {121.4, 31.1, 121.5, 31.1, 121.6, 31.1, 121.4, 31.1};
    static const double spike[] = {121.4, 31.1,  121.5, 31.1,  121.5,
                                   31.1,  121.4, 31.1,  121.4, 31.1};
    struct geom in = RING(flat);

    assert_refused(make(SCHEMA_AREA, &in, false), "bad_geometry", "no area");
    assert_refused(make(SCHEMA_AREA, &in, true), "bad_geometry", "no area");
    in = RING(spike);
    assert_refused(make(SCHEMA_AREA, &in, true), "bad_geometry", "different");
}

TEST(repeated_positions_are_left_out_only_when_mending)
{
    static const double xy[] = {121.4, 31.1, 121.5, 31.1, 121.5, 31.1,
                                121.5, 31.2, 121.4, 31.1, 121.4, 31.1};
    struct geom in = RING(xy);
    struct shape s = make(SCHEMA_AREA, &in, false);

    assert_good(s);
    assert_int_equal(s.geom.n_points, 6);
    s = make(SCHEMA_AREA, &in, true);
    assert_good(s);
    assert_int_equal(s.repairs, SHAPE_DEDUPLICATED);
    assert_int_equal(s.geom.n_points, 4);
}

static struct shape make_two_rings(const double *xy, bool is_hole)
{
    static const uint32_t ends[] = {5, 10};
    static const uint32_t one_area[] = {2};
    static const uint32_t two_areas[] = {1, 2};
    struct geom in = {
        GEOM_AREA, 10, 2, is_hole ? 1 : 2, xy, ends, is_hole ? one_area : two_areas};

    return make(SCHEMA_AREA, &in, false);
}

#define SQUARE(x, y, size) x, y, x + size, y, x + size, y + size, x, y + size, x, y

TEST(holes_lie_inside_and_areas_apart)
{
    static const double inside[] = {SQUARE(121.0, 31.0, 0.4), SQUARE(121.1, 31.1, 0.2)};
    static const double apart[] = {SQUARE(121.0, 31.0, 0.4), SQUARE(121.5, 31.1, 0.2)};
    static const double across[] = {SQUARE(121.0, 31.0, 0.4), SQUARE(121.3, 31.1, 0.2)};
    static const double touching[] = {SQUARE(121.0, 31.0, 0.5),
                                      SQUARE(121.5, 31.5, 0.2)};
    static const double same[] = {SQUARE(121.0, 31.0, 0.4), SQUARE(121.0, 31.0, 0.4)};

    assert_good(make_two_rings(inside, true));
    assert_refused(make_two_rings(inside, false), "bad_geometry", "overlap");
    assert_refused(make_two_rings(apart, true), "bad_geometry", "hole is not inside");
    assert_good(make_two_rings(apart, false));
    assert_refused(make_two_rings(across, true), "self_crossing", "crosses");
    assert_refused(make_two_rings(across, false), "bad_geometry", "overlap");
    assert_good(make_two_rings(touching, false)); /* at one position: allowed */
    assert_non_null(make_two_rings(same, false).refusal.code);
    assert_non_null(make_two_rings(same, true).refusal.code);
}

TEST(a_ring_that_touches_itself_is_refused_and_mended)
{
    /* two squares that share a corner, drawn as one ring */
    static const double xy[] = {121.0, 31.0, 121.1, 31.0, 121.1, 31.1,
                                121.2, 31.1, 121.2, 31.2, 121.1, 31.2,
                                121.1, 31.1, 121.0, 31.1, 121.0, 31.0};
    struct geom in = RING(xy);

    assert_refused(make(SCHEMA_AREA, &in, false), "self_crossing", "121.1");
    struct shape s = make(SCHEMA_AREA, &in, true);
    assert_good(s);
    assert_int_equal(s.geom.n_areas, 2);
}

TEST(mending_that_loses_area_is_refused)
{
    /* the same square round twice: as drawn it has twice the area */
    static const double twice[] = {121.0, 31.0, 121.4, 31.0, 121.4, 31.4,
                                   121.0, 31.4, 121.0, 31.0, 121.4, 31.0,
                                   121.4, 31.4, 121.0, 31.4, 121.0, 31.0};
    struct geom in = RING(twice);

    assert_refused(make(SCHEMA_AREA, &in, true), "self_crossing", "50.0%");
}

/* ---- large ---- */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) +
           (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

/* A comb of slanting teeth: the boxes of all its edges overlap. */
static double *comb(uint32_t teeth, uint32_t *n)
{
    double *xy = calloc((size_t)teeth * 4 + 16, sizeof *xy);

    *n = 0;
    for (uint32_t i = 0; i < teeth; i++) {
        double step = 0.5 * i / teeth;

        xy[2 * *n] = 119.0 + step;
        xy[2 * *n + 1] = 29.0;
        ++*n;
        xy[2 * *n] = 122.0 + step;
        xy[2 * *n + 1] = 33.0;
        ++*n;
    }
    xy[2 * *n] = 123.0;
    xy[2 * *n + 1] = 28.0;
    ++*n;
    xy[2 * *n] = 119.0;
    xy[2 * *n + 1] = 29.0;
    ++*n;
    return xy;
}

TEST(a_valid_comb_of_100000_slanting_edges_is_quick)
{
    struct timespec start;
    uint32_t n;
    double *xy = comb(50000, &n);
    struct geom in = one_part(GEOM_AREA, xy, 2 * (size_t)n);

    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_good(make(SCHEMA_AREA, &in, false));
    assert_true(seconds_since(&start) < 10); /* every pair of edges: a minute */
    free(xy);
}

TEST(a_comb_that_crosses_itself_is_quick)
{
    struct timespec start;
    uint32_t n;
    double *xy = comb(50000, &n);
    struct geom in = one_part(GEOM_AREA, xy, 2 * (size_t)n);

    clock_gettime(CLOCK_MONOTONIC, &start);
    xy[2 * 50001] -= 0.3;
    assert_refused(make(SCHEMA_AREA, &in, false), "self_crossing", "crosses itself");
    assert_refused(make(SCHEMA_AREA, &in, true), "self_crossing", "too much to mend");
    assert_true(seconds_since(&start) < 10);
    free(xy);
}

TEST(a_comb_that_touches_itself_is_not_given_to_geos)
{
    struct timespec start;
    uint32_t n;
    double *xy = comb(50000, &n);
    struct geom in = one_part(GEOM_AREA, xy, 2 * (size_t)n);

    clock_gettime(CLOCK_MONOTONIC, &start);
    xy[2 * 5002] = xy[2 * 5000]; /* two roots of teeth at one place */
    assert_refused(make(SCHEMA_AREA, &in, false), "self_crossing", "too tangled");
    assert_true(seconds_since(&start) < 10);
    free(xy);
}

TEST(a_hundred_thousand_random_positions_are_refused_at_once)
{
    enum { N = 100000 };
    struct timespec start;
    double *xy = calloc(2 * N, sizeof *xy);
    uint64_t lcg = 1;

    for (uint32_t i = 0; i < 2 * N; i++) {
        lcg = lcg * 6364136223846793005u + 1442695040888963407u;
        xy[i] = (i % 2 ? 27 : 115) + 8.0 * (double)(lcg >> 40) / (1 << 24);
    }
    xy[2 * N - 2] = xy[0];
    xy[2 * N - 1] = xy[1];
    struct geom in = one_part(GEOM_AREA, xy, 2 * N);
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_refused(make(SCHEMA_AREA, &in, false), "self_crossing", "at 11");
    assert_refused(make(SCHEMA_AREA, &in, true), "self_crossing", "too much to mend");
    assert_true(seconds_since(&start) < 10);
    free(xy);
}

TEST(a_million_vertices_fit_into_120_mb)
{
    enum { N = 1000000 };
    struct im_arena *own = im_arena_new((size_t)120 << 20);
    struct layer_schema schema = {.geometry = SCHEMA_AREA};
    struct shape_rules rules = {.schema = &schema, .crs = &degrees};
    struct shape s;
    double *xy = calloc(2 * N, sizeof *xy);

    for (uint32_t i = 0; i < N; i++) {
        double angle = 6.283185307179586 * i / (N - 1);
        double radius = 2 + 0.001 * sin(angle * 70000);

        xy[2 * i] = 119 + radius * cos(angle);
        xy[2 * i + 1] = 31 + radius * sin(angle);
    }
    xy[2 * N - 2] = xy[0];
    xy[2 * N - 1] = xy[1];
    struct geom in = one_part(GEOM_AREA, xy, 2 * N);
    shape_make(&rules, &in, own, &s);
    assert_good(s);
    im_arena_free(own);
    own = im_arena_new(20 << 20);
    shape_make(&rules, &in, own, &s);
    assert_refused(s, "bad_geometry", "memory");
    im_arena_free(own);
    free(xy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x002_swapped_is_offered_for_exchange_and_exchanged_when_asked),
        cmocka_unit_test(x003_a_longitude_over_180_is_out_of_range),
        cmocka_unit_test(x004_zero_zero_is_a_blank),
        cmocka_unit_test(x005_beijing_is_outside_the_area),
        cmocka_unit_test(x009_an_open_ring_is_refused_or_closed),
        cmocka_unit_test(x010_a_self_crossing_ring_is_refused_with_its_place_or_mended),
        cmocka_unit_test(x011_a_ring_of_three_positions_is_no_ring),
        cmocka_unit_test(x014_several_points_are_no_point),
        cmocka_unit_test(x017_web_mercator_metres_are_out_of_range_and_recognised),
        cmocka_unit_test(x013_good_points_pass_unchanged),
        cmocka_unit_test(what_is_empty_is_not_refused),
        cmocka_unit_test(nan_and_infinity_are_no_positions),
        cmocka_unit_test(latitudes_beyond_90_and_huge_numbers_are_out_of_range),
        cmocka_unit_test(a_position_is_named_by_its_number),
        cmocka_unit_test(only_a_geometry_that_fits_as_a_whole_is_swapped),
        cmocka_unit_test(base_layers_reach_further),
        cmocka_unit_test(projected_positions_are_transformed_and_their_faults_named),
        cmocka_unit_test(each_layer_takes_its_kind),
        cmocka_unit_test(lines_need_two_different_positions),
        cmocka_unit_test(rings_are_turned),
        cmocka_unit_test(rings_without_area_are_refused),
        cmocka_unit_test(repeated_positions_are_left_out_only_when_mending),
        cmocka_unit_test(holes_lie_inside_and_areas_apart),
        cmocka_unit_test(a_ring_that_touches_itself_is_refused_and_mended),
        cmocka_unit_test(mending_that_loses_area_is_refused),
        cmocka_unit_test(a_valid_comb_of_100000_slanting_edges_is_quick),
        cmocka_unit_test(a_comb_that_crosses_itself_is_quick),
        cmocka_unit_test(a_comb_that_touches_itself_is_not_given_to_geos),
        cmocka_unit_test(a_hundred_thousand_random_positions_are_refused_at_once),
        cmocka_unit_test(a_million_vertices_fit_into_120_mb),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
