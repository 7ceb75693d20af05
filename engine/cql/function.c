/* SPDX-License-Identifier: Apache-2.0 */
/* Own functions of filters (OGC 21-065r2, 7.10). */
#include "cql/program.h"

#include <engine/query.h>

#include <geodesic.h>
#include <math.h>
#include <strings.h>

static void set_text(struct cql_value *out, bool good)
{
    out->is_null = !good;
}

static void
run_lower(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    set_text(out,
             cql_change_case(a[0].text, false, run->scratch->temporary, &out->text));
}

static void
run_upper(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    set_text(out,
             cql_change_case(a[0].text, true, run->scratch->temporary, &out->text));
}

static void
run_length(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    size_t at = 0;
    uint32_t n = 0;

    (void)run;
    for (; at < a[0].text.len; n++)
        im_utf8_next(a[0].text, &at);
    out->number = n;
}

static void
run_contains(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->truth = a[1].text.len == 0 || memmem(a[0].text.data, a[0].text.len,
                                              a[1].text.data, a[1].text.len)
                     ? CQL_YES
                     : CQL_NO;
}

static void
run_abs(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = fabs(a[0].number);
}

static void
run_floor(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = floor(a[0].number);
}

static void
run_ceil(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = ceil(a[0].number);
}

static void
run_round(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = round(a[0].number);
}

static void
run_min(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = fmin(a[0].number, a[1].number);
}

static void
run_max(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->number = fmax(a[0].number, a[1].number);
}

static void
run_year(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)run;
    out->is_null = a[0].start.from == INT64_MIN;
    if (!out->is_null)
        out->number = (double)cql_year_of(a[0].start.from);
}

static void
run_distance(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    bool second = a[1].geom.kind == GEOM_POINT && a[1].geom.n_points == 1;
    const struct geom *g = &a[second ? 0 : 1].geom;
    const double *point = a[second ? 1 : 0].geom.lonlat;

    (void)run;
    out->number = geom_distance_m(g, point[0], point[1], NULL, NULL);
}

/* Square metres inside a ring, positive when it runs counter-clockwise; or metres round
 * about it. */
static void
measure(const struct geom *g, uint32_t part, bool is_line, double *area, double *length)
{
    struct geod_geodesic earth;
    struct geod_polygon polygon;
    uint32_t i = part ? g->part_end[part - 1] : 0;

    geod_init(&earth, 6378137, 1 / 298.257223563); /* WGS 84 */
    geod_polygon_init(&polygon, is_line);
    for (; i + !is_line < g->part_end[part]; i++)
        geod_polygon_addpoint(&earth, &polygon, g->lonlat[2 * (size_t)i + 1],
                              g->lonlat[2 * (size_t)i]);
    geod_polygon_compute(&earth, &polygon, 0, 1, is_line ? NULL : area, length);
}

static void
run_area(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    const struct geom *g = &a[0].geom;
    double sum = 0;

    (void)run;
    for (uint32_t part = 0; g->kind == GEOM_AREA && part < g->n_parts; part++) {
        double area = 0;
        double length;

        measure(g, part, false, &area, &length);
        sum += area; /* holes run the other way */
    }
    out->number = sum / 1e6;
}

static void
run_line_length(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    const struct geom *g = &a[0].geom;
    double sum = 0;

    (void)run;
    for (uint32_t part = 0; g->kind == GEOM_LINE && part < g->n_parts; part++) {
        double length = 0;

        measure(g, part, true, NULL, &length);
        sum += length;
    }
    out->number = sum / 1000;
}

static void
run_precision(struct cql_run *run, const struct cql_value *a, struct cql_value *out)
{
    (void)a;
    out->number = precision_uncertainty_m(query_precision(run->layer, run->feature));
}

static const char *const NOTHING[] = {NULL};
static const char *const ONE_TEXT[] = {"string", NULL};
static const char *const TWO_TEXTS[] = {"string", "string", NULL};
static const char *const ONE_NUMBER[] = {"number", NULL};
static const char *const TWO_NUMBERS[] = {"number", "number", NULL};
static const char *const ONE_TIME[] = {"datetime", NULL};
static const char *const ONE_GEOMETRY[] = {"geometry", NULL};
static const char *const TWO_GEOMETRIES[] = {"geometry", "geometry", NULL};

/* The order is that of the list people are shown; ABOUT and CALLS go together. */
#define DISTANCE                                                                       \
    {                                                                                  \
        "distance_m",                                                                  \
            {"到一个点的测地距离（米），从最近的边缘算起，面内为 0",                   \
             "geodesic metres to a POINT from the nearest edge, 0 inside of an area"}, \
            TWO_GEOMETRIES, "number"                                                   \
    }
#define AREA                                                                           \
    {                                                                                  \
        "area_km2",                                                                    \
            {"面积（平方公里），点和线为 0",                                           \
             "square kilometres; 0 for points and lines"},                             \
            ONE_GEOMETRY, "number"                                                     \
    }
#define LENGTH                                                                         \
    {                                                                                  \
        "length_km",                                                                   \
            {"线的长度（公里），点和面为 0",                                           \
             "kilometres of lines; 0 for points and areas"},                           \
            ONE_GEOMETRY, "number"                                                     \
    }
#define PRECISION                                                                      \
    {                                                                                  \
        "precision_m",                                                                 \
            {"该行位置的误差范围（米）",                                               \
             "how far off the position of the row may be, in metres"},                 \
            NOTHING, "number"                                                          \
    }
#define LOWER                                                                          \
    {                                                                                  \
        "lower", {"转为小写", "the text in lower case"}, ONE_TEXT, "string"            \
    }
#define UPPER                                                                          \
    {                                                                                  \
        "upper", {"转为大写", "the text in upper case"}, ONE_TEXT, "string"            \
    }
#define CHAR_LENGTH                                                                    \
    {                                                                                  \
        "char_length", {"字符数", "number of characters"}, ONE_TEXT, "number"          \
    }
#define CONTAINS                                                                       \
    {                                                                                  \
        "contains",                                                                    \
            {"第一个文本是否包含第二个", "is the second text inside of the first?"},   \
            TWO_TEXTS, "boolean"                                                       \
    }
#define ABS                                                                            \
    {                                                                                  \
        "abs", {"绝对值", "absolute value"}, ONE_NUMBER, "number"                      \
    }
#define FLOOR                                                                          \
    {                                                                                  \
        "floor", {"不大于它的最大整数", "largest integer not above"}, ONE_NUMBER,      \
            "number"                                                                   \
    }
#define CEIL                                                                           \
    {                                                                                  \
        "ceil", {"不小于它的最小整数", "smallest integer not below"}, ONE_NUMBER,      \
            "number"                                                                   \
    }
#define ROUND                                                                          \
    {                                                                                  \
        "round", {"四舍五入到整数", "nearest integer, halves away from 0"},            \
            ONE_NUMBER, "number"                                                       \
    }
#define MIN                                                                            \
    {                                                                                  \
        "min", {"两数中较小的", "the smaller of two"}, TWO_NUMBERS, "number"           \
    }
#define MAX                                                                            \
    {                                                                                  \
        "max", {"两数中较大的", "the larger of two"}, TWO_NUMBERS, "number"            \
    }
#define YEAR                                                                           \
    {                                                                                  \
        "year_of", {"日期或时间的年份（UTC）", "year of a date or time, UTC"},         \
            ONE_TIME, "number"                                                         \
    }

const struct cql_function cql_functions[] = {
    DISTANCE, AREA,  LENGTH, PRECISION, LOWER, UPPER, CHAR_LENGTH, CONTAINS,
    ABS,      FLOOR, CEIL,   ROUND,     MIN,   MAX,   YEAR};
const size_t cql_n_functions = sizeof cql_functions / sizeof cql_functions[0];

#define TEXT CQL_TYPE_TEXT
#define NUMBER CQL_TYPE_NUMBER
#define TRUTH CQL_TYPE_TRUTH
#define TIME CQL_TYPE_TIME
#define GEOMETRY CQL_TYPE_GEOMETRY

static const struct cql_call CALLS[] = {
    {DISTANCE, {GEOMETRY, GEOMETRY}, NUMBER, false, 60, run_distance},
    {AREA, {GEOMETRY}, NUMBER, false, 100, run_area},
    {LENGTH, {GEOMETRY}, NUMBER, false, 100, run_line_length},
    {PRECISION, {CQL_TYPE_ANY}, NUMBER, true, 5, run_precision},
    {LOWER, {TEXT}, TEXT, false, 10, run_lower},
    {UPPER, {TEXT}, TEXT, false, 10, run_upper},
    {CHAR_LENGTH, {TEXT}, NUMBER, false, 10, run_length},
    {CONTAINS, {TEXT, TEXT}, TRUTH, false, 10, run_contains},
    {ABS, {NUMBER}, NUMBER, false, 1, run_abs},
    {FLOOR, {NUMBER}, NUMBER, false, 1, run_floor},
    {CEIL, {NUMBER}, NUMBER, false, 1, run_ceil},
    {ROUND, {NUMBER}, NUMBER, false, 1, run_round},
    {MIN, {NUMBER, NUMBER}, NUMBER, false, 1, run_min},
    {MAX, {NUMBER, NUMBER}, NUMBER, false, 1, run_max},
    {YEAR, {TIME}, NUMBER, false, 2, run_year},
};

const struct cql_call *cql_call_find(struct im_bytes name)
{
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++)
        if (name.len == strlen(CALLS[i].about.name) &&
            strncasecmp((const char *)name.data, CALLS[i].about.name, name.len) == 0)
            return &CALLS[i];
    return NULL;
}
