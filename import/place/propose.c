/* SPDX-License-Identifier: Apache-2.0 */
/* Which coordinate system do the numbers speak for? */
#include "crs.h"

#include <engine/geom.h>

#include <math.h>

struct words {
    const char *zh;
    const char *en;
};

static const struct words FROM_A_MAP = {
    "若取自高德、腾讯地图，请用 gcj02；若取自百度地图，请用 bd09",
    "if they come from Amap or Tencent, use gcj02; from Baidu, bd09"};
static const struct words WHICH_DATUM = {
    "数字本身分不出 CGCS2000 与西安 80、北京 54（相差约 100 米），请核对来源",
    "the numbers do not tell CGCS2000 from Xian 80 or Beijing 54 (about 100 m apart): "
    "ask where they come from"};
static const struct words WHICH_MERIDIAN = {
    "没有带号，中央经线 117°、120°、123° "
    "都可能，以各行所属的区县为准；也请核对不是西安 80 "
    "或北京 54",
    "without a zone number 117, 120 and 123 E are all possible: the districts of the "
    "rows "
    "decide; make sure that it is not Xian 80 or Beijing 54"};
static const struct words WHICH_PROJECTION = {
    "国内多用高斯—克吕格投影；来源写明 UTM 时才用",
    "Gauss-Krüger is usual here; only when the source says UTM"};
static const struct words WHICH_MERCATOR = {
    "若取自百度地图（百度墨卡托），会偏约 20 公里；请导出经纬度后用 bd09",
    "if they come from Baidu (BD-09 MC) they would be 20 km off: export longitude and "
    "latitude and use bd09"};
static const struct words NO_CRS = {
    "百度墨卡托没有公开定义，无法换算；请导出经纬度后用 bd09",
    "Baidu's metres have no public definition: export longitude and latitude and use "
    "bd09"};
static const struct words DIVIDE = {"请先把数字除以 1,000,000",
                                    "divide the numbers by 1,000,000 first"};
static const struct words EXCHANGED = {
    "x 与 y（经度与纬度）是反的：北坐标在前；测量上 X 指北，请对调两列",
    "x and y (longitude and latitude) are exchanged, as in surveying, where X is "
    "north: "
    "exchange the two columns"};

/* A 6-degree zone without number has the numbers of the 3-degree one of the same
 * meridian; it only reaches further. */
enum reach { REACH_ANY, REACH_NARROW, REACH_WIDE };

struct candidate {
    const char *crs; /* "": none to be given */
    struct words title;
    const struct words *hint;
    const char *test; /* the system that tells where they would lie; NULL: degrees */
    double scale;
    enum reach reach;
    struct bbox range; /* numbers of the four provinces, generously */
};

/* clang-format off: a table */
#define DEGREES                                                                        \
    {                                                                                  \
        110, 24, 128, 38                                                               \
    }
#define METRES(km)                                                                     \
    {                                                                                  \
        (km) * 1e3 - 1e5, 2.85e6, (km)*1e3 + 1.1e6, 4.05e6                             \
    }
#define MERCATOR                                                                       \
    {                                                                                  \
        12.6e6, 2.9e6, 13.9e6, 4.4e6                                                   \
    }
#define NUMBERED(code, zone, degrees, degrees_zh)                                      \
    {                                                                                  \
        "EPSG:" #code,                                                                 \
            {"CGCS2000 " degrees_zh "度带，带号 " #zone,                               \
             "CGCS2000 " #degrees "-degree zone " #zone},                              \
            &WHICH_DATUM, "EPSG:" #code, 1, REACH_ANY, METRES((zone)*1e3)              \
    }
#define BARE(code, meridian, degrees, degrees_zh, reach)                               \
    {                                                                                  \
        "EPSG:" #code,                                                                 \
            {"CGCS2000 " degrees_zh "度带，中央经线 " #meridian "°，无带号",           \
             "CGCS2000 " #degrees "-degree, meridian " #meridian                       \
             " E, no zone number"},                                                    \
            &WHICH_MERIDIAN, "EPSG:" #code, 1, reach, METRES(0)                        \
    }
#define UTM(code, zone)                                                                \
    {                                                                                  \
        "EPSG:" #code, {"UTM " #zone "（WGS 84）", "UTM zone " #zone " (WGS 84)"},     \
            &WHICH_PROJECTION, "EPSG:" #code, 1, REACH_ANY, METRES(0)                  \
    }

static const struct candidate CANDIDATES[] = {
    {"EPSG:4326",
     {"经纬度（度）", "longitude and latitude, degrees"},
     &FROM_A_MAP,
     NULL,
     1,
     REACH_ANY,
     DEGREES},
    NUMBERED(4528, 40, 3, "三"),
    NUMBERED(4527, 39, 3, "三"),
    NUMBERED(4529, 41, 3, "三"),
    NUMBERED(4526, 38, 3, "三"),
    NUMBERED(4530, 42, 3, "三"),
    NUMBERED(4498, 20, 6, "六"),
    NUMBERED(4499, 21, 6, "六"),
    BARE(4549, 120, 3, "三", REACH_NARROW),
    BARE(4548, 117, 3, "三", REACH_NARROW),
    BARE(4550, 123, 3, "三", REACH_NARROW),
    BARE(4509, 117, 6, "六", REACH_WIDE),
    BARE(4510, 123, 6, "六", REACH_WIDE),
    BARE(4547, 114, 3, "三", REACH_NARROW),
    UTM(32651, 51N),
    UTM(32650, 50N),
    {"EPSG:3857",
     {"Web 墨卡托（米）", "Web Mercator, metres"},
     &WHICH_MERCATOR,
     "EPSG:3857",
     1,
     REACH_ANY,
     MERCATOR},
    /* ellipsoidal as EPSG:3395, of positions 1.2 km off: near enough for a share */
    {"",
     {"百度墨卡托（BD-09 MC，米）", "Baidu Mercator (BD-09 MC), metres"},
     &NO_CRS,
     "EPSG:3395",
     1,
     REACH_ANY,
     MERCATOR},
    {"",
     {"经纬度 × 1,000,000", "degrees times 1,000,000"},
     &DIVIDE,
     NULL,
     1e-6,
     REACH_ANY,
     {110e6, 24e6, 128e6, 38e6}},
};
/* clang-format on */
enum { N_CANDIDATES = sizeof CANDIDATES / sizeof *CANDIDATES, MAX_SAMPLES = 1024 };

/* A share under this is chance or a few bad rows. */
static const double LEAST_SHARE = 0.1;
/* Off the meridian: a 3-degree zone has 143 km each side at 27 N, with its overlap 170
 */
static const double NARROW_M = 170e3;

/* The four provinces, 9 km wider, to within 12 km: simplified from the outlines of the
 * base map (layers/basemap), the Hangzhou Bay filled. Only to count. */
static const double OUTLINE_LONLAT[] = {
    114.81, 33.03, 115.15, 32.53, 115.81, 32.38, 115.81, 31.86, 115.44, 31.73,
    115.29, 31.34, 115.90, 30.98, 115.68, 30.68, 116.07, 29.77, 116.31, 29.72,
    116.65, 30.00, 116.69, 29.49, 117.21, 29.77, 117.51, 29.52, 118.04, 29.46,
    117.96, 29.07, 118.30, 28.74, 118.38, 28.20, 118.68, 28.20, 118.88, 27.39,
    119.28, 27.35, 119.56, 27.55, 119.73, 27.24, 120.21, 27.34, 120.49, 27.06,
    120.82, 27.56, 121.13, 27.36, 121.35, 27.99, 122.01, 28.40, 121.88, 28.92,
    122.09, 28.98, 122.09, 29.39, 122.28, 29.32, 122.22, 29.55, 122.59, 29.84,
    122.49, 30.14, 123.02, 30.14, 122.51, 30.33, 122.47, 30.54, 122.91, 30.67,
    122.74, 30.92, 122.20, 30.68, 122.05, 30.79, 121.92, 32.00, 121.55, 32.23,
    121.48, 32.59, 121.03, 32.71, 120.37, 34.36, 119.36, 34.86, 119.31, 35.19,
    118.82, 35.10, 118.24, 34.49, 118.11, 34.73, 117.52, 34.55, 117.23, 34.61,
    116.83, 35.04, 116.41, 34.97, 116.08, 34.45, 116.52, 33.98, 116.19, 33.81,
    116.00, 34.07, 115.61, 34.13, 115.21, 33.21, 114.89, 33.23, 114.81, 33.03};
static const uint32_t OUTLINE_END = sizeof OUTLINE_LONLAT / sizeof(double) / 2;
static const uint32_t OUTLINE_AREA_END = 1;

static bool is_on_the_map(double lon, double lat)
{
    struct geom outline = {.kind = GEOM_AREA,
                           .n_points = OUTLINE_END,
                           .n_parts = 1,
                           .n_areas = 1,
                           .lonlat = OUTLINE_LONLAT,
                           .part_end = &OUTLINE_END,
                           .area_end = &OUTLINE_AREA_END};

    return geom_contains(&outline, lon, lat);
}

struct samples {
    double xy[2 * MAX_SAMPLES];
    size_t n;
};

static void take_samples(const double *xy, size_t n, struct samples *out)
{
    size_t step = n / MAX_SAMPLES + 1;

    out->n = 0;
    for (size_t i = 0; i < n; i += step) {
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1]))
            continue;
        out->xy[2 * out->n] = xy[2 * i];
        out->xy[2 * out->n + 1] = xy[2 * i + 1];
        out->n++;
    }
}

static bool is_in_range(const struct candidate *c, double x, double y)
{
    return x >= c->range.min_x && x <= c->range.max_x && y >= c->range.min_y &&
           y <= c->range.max_y;
}

/* The samples that may be meant, as the candidate's x and y. */
static void select_in_range(const struct candidate *c,
                            const struct samples *all,
                            bool is_exchanged,
                            struct samples *out)
{
    out->n = 0;
    for (size_t i = 0; i < all->n; i++) {
        double x = all->xy[2 * i + (is_exchanged ? 1 : 0)];
        double y = all->xy[2 * i + (is_exchanged ? 0 : 1)];

        if (!is_in_range(c, x, y))
            continue;
        out->xy[2 * out->n] = x * c->scale;
        out->xy[2 * out->n + 1] = y * c->scale;
        out->n++;
    }
}

/* Do more than a few lie further from the meridian than a 3-degree zone reaches? */
static bool reaches_far(const struct samples *s)
{
    size_t far_off = 0;

    for (size_t i = 0; i < s->n; i++)
        far_off += fabs(s->xy[2 * i] - 500e3) > NARROW_M;
    return far_off * 50 > s->n;
}

static size_t count_on_the_map(const struct candidate *c, struct samples *s)
{
    struct crs_transform crs = {0};
    size_t found = 0;

    if (c->test && crs_from_text(c->test, &crs, NULL) != IM_OK)
        return 0;
    for (size_t i = 0; i < s->n; i++) {
        double *p = s->xy + 2 * i;

        found += crs_apply(&crs, p, 1) == 1 && is_on_the_map(p[0], p[1]);
    }
    crs_release(&crs);
    return found;
}

static double share_of(const struct candidate *c,
                       const struct samples *all,
                       bool is_exchanged,
                       struct samples *scratch)
{
    select_in_range(c, all, is_exchanged, scratch);
    if (scratch->n == 0 ||
        (c->reach != REACH_ANY && (c->reach == REACH_WIDE) != reaches_far(scratch)))
        return 0;
    return (double)count_on_the_map(c, scratch) / (double)all->n;
}

static struct crs_proposal
proposal_of(const struct candidate *c, bool is_exchanged, double share)
{
    const struct words *hint = is_exchanged ? &EXCHANGED : c->hint;

    return (struct crs_proposal){.crs = c->crs,
                                 .title_zh = c->title.zh,
                                 .title_en = c->title.en,
                                 .hint_zh = hint->zh,
                                 .hint_en = hint->en,
                                 .is_exchanged = is_exchanged,
                                 .share = share};
}

/* Shares are compared in steps of 5 %: what lies closer is the outline's coarseness or
 * a few bad rows, and then the order of the table counts. */
static int step_of(double share)
{
    return (int)lround(share * 20);
}

static size_t insert(struct crs_proposal *list, size_t n, struct crs_proposal p)
{
    size_t at = n;

    while (at > 0 && step_of(list[at - 1].share) < step_of(p.share))
        at--;
    if (at == CRS_MAX_PROPOSALS)
        return n;
    if (n == CRS_MAX_PROPOSALS)
        n--;
    memmove(list + at + 1, list + at, (n - at) * sizeof *list);
    list[at] = p;
    return n + 1;
}

size_t
crs_propose(const double *xy, size_t n, struct crs_proposal out[CRS_MAX_PROPOSALS])
{
    struct samples all;
    struct samples scratch;
    size_t found = 0;

    take_samples(xy, n, &all);
    for (size_t i = 0; i < N_CANDIDATES; i++)
        for (int exchanged = 0; exchanged < 2; exchanged++) {
            double share = share_of(&CANDIDATES[i], &all, exchanged, &scratch);

            if (share >= LEAST_SHARE)
                found =
                    insert(out, found, proposal_of(&CANDIDATES[i], exchanged, share));
        }
    return found;
}

bool crs_look(double x, double y, struct crs_proposal *out)
{
    for (size_t i = 0; i < N_CANDIDATES; i++) {
        const struct candidate *c = &CANDIDATES[i];

        if (is_in_range(c, x, y) || is_in_range(c, y, x)) {
            *out = proposal_of(c, !is_in_range(c, x, y), 0);
            return true;
        }
    }
    return false;
}
