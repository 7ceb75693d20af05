/* SPDX-License-Identifier: Apache-2.0 */
/* Coordinate reference systems through PROJ, one context for each thread. */
#include "crs.h"

#include <math.h>
#include <proj.h>
#include <strings.h>

#define EPSG "http://www.opengis.net/def/crs/EPSG/0/"
#define CGCS(code, meridian, decimals)                                                 \
    {                                                                                  \
        EPSG code, "EPSG:" code,                                                       \
            {"CGCS2000 三度带，中央经线 " meridian " 度",                              \
             "CGCS2000 3-degree zone, central meridian " meridian " E"},               \
            {"北、东（米）", "northing, easting (metres)"}, false, false, decimals     \
    }

/* 7 decimals of a degree are 1.1 cm, 3 of a metre 1 mm */
const struct ogc_crs ogc_crs_list[OGC_CRS_COUNT] = {
    {"http://www.opengis.net/def/crs/OGC/1.3/CRS84",
     "OGC:CRS84",
     {"WGS 84 经纬度", "WGS 84 longitude, latitude"},
     {"经度、纬度", "longitude, latitude"},
     true,
     true,
     7},
    {EPSG "4326",
     "EPSG:4326",
     {"WGS 84", "WGS 84"},
     {"纬度、经度", "latitude, longitude"},
     false,
     true,
     7},
    {EPSG "3857",
     "EPSG:3857",
     {"Web 墨卡托", "Web Mercator"},
     {"东、北（米）", "easting, northing (metres)"},
     false,
     true,
     3},
    {EPSG "4490",
     "EPSG:4490",
     {"CGCS2000", "CGCS2000"},
     {"纬度、经度", "latitude, longitude"},
     false,
     true,
     7},
    CGCS("4547", "114", 3),
    CGCS("4548", "117", 3),
    CGCS("4549", "120", 3),
    CGCS("4550", "123", 3),
};

static bool cut_prefix(struct im_bytes *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (text->len < len || strncasecmp((const char *)text->data, prefix, len) != 0)
        return false;
    text->data += len;
    text->len -= len;
    return true;
}

static bool is_same(struct im_bytes text, const char *other)
{
    return cut_prefix(&text, other) && text.len == 0;
}

const struct ogc_crs *ogc_crs_find(struct im_bytes name)
{
    char code[32];

    if (cut_prefix(&name, "[") && (name.len == 0 || name.data[--name.len] != ']'))
        return NULL;
    if (is_same(name, "urn:ogc:def:crs:OGC:1.3:CRS84") ||
        is_same(name, "urn:ogc:def:crs:OGC::CRS84"))
        return &ogc_crs_list[0];
    if (cut_prefix(&name, "https://") || cut_prefix(&name, "http://")) {
        if (is_same(name, "www.opengis.net/def/crs/OGC/1.3/CRS84") ||
            is_same(name, "www.opengis.net/def/crs/OGC/0/CRS84"))
            return &ogc_crs_list[0];
        if (!cut_prefix(&name, "www.opengis.net/def/crs/EPSG/0/"))
            return NULL;
    } else if (is_same(name, "OGC:CRS84")) {
        return &ogc_crs_list[0];
    } else if (!cut_prefix(&name, "urn:ogc:def:crs:EPSG::") &&
               !cut_prefix(&name, "EPSG:")) {
        return NULL;
    }
    if (name.len > 8)
        return NULL;
    snprintf(code, sizeof code, "EPSG:%.*s", (int)name.len, (const char *)name.data);
    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        if (strcmp(ogc_crs_list[i].code, code) == 0)
            return &ogc_crs_list[i];
    return NULL;
}

struct ogc_transform {
    const struct ogc_crs *crs;
    PJ *pj;
};

struct ogc_crs_book {
    PJ_CONTEXT *context;
    struct ogc_transform of[OGC_CRS_COUNT];
};

static void be_quiet(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

struct ogc_crs_book *ogc_crs_book_new(void)
{
    struct ogc_crs_book *book = calloc(1, sizeof *book);

    if (!book)
        return NULL;
    book->context = proj_context_create();
    if (!book->context) {
        free(book);
        return NULL;
    }
    proj_log_func(book->context, NULL, be_quiet);
    proj_context_set_enable_network(book->context, 0);
    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        book->of[i].crs = &ogc_crs_list[i];
    return book;
}

void ogc_crs_book_free(struct ogc_crs_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        proj_destroy(book->of[i].pj);
    proj_context_destroy(book->context);
    free(book);
}

enum im_code ogc_crs_book_get(struct ogc_crs_book *book,
                              const struct ogc_crs *crs,
                              struct ogc_transform **out,
                              struct im_error *err)
{
    struct ogc_transform *t = &book->of[crs - ogc_crs_list];

    if (!crs->is_lonlat && !t->pj) {
        t->pj = proj_create_crs_to_crs(book->context, ogc_crs_list[0].code, crs->code,
                                       NULL);
        if (!t->pj) {
            im_fail(err, IM_EENV,
                    "PROJ does not know %s: is its database (package proj-data) there?",
                    crs->code);
            return im_zh(err, IM_EENV,
                         "PROJ 不认识 %s：是否缺少其数据库（软件包 proj-data）？",
                         crs->code);
        }
    }
    *out = t;
    return IM_OK;
}

static bool transform(struct ogc_transform *t, PJ_DIRECTION way, double *xy, size_t n)
{
    const size_t step = 2 * sizeof *xy;

    if (t->crs->is_lonlat || n == 0)
        return true;
    proj_errno_reset(t->pj);
    if (proj_trans_generic(t->pj, way, xy, step, n, xy + 1, step, n, NULL, 0, 0, NULL,
                           0, 0) != n)
        return false;
    for (size_t i = 0; i < 2 * n; i++)
        if (!isfinite(xy[i]) || fabs(xy[i]) > 1e12) /* PROJ's HUGE_VAL, or nonsense */
            return false;
    return true;
}

bool ogc_crs_forward(struct ogc_transform *t, double *xy, size_t n)
{
    return transform(t, PJ_FWD, xy, n);
}

bool ogc_crs_inverse(struct ogc_transform *t, double *xy, size_t n)
{
    return transform(t, PJ_INV, xy, n);
}

enum im_code ogc_crs_ring(struct ogc_transform *t,
                          const double box[4],
                          double ring[2 * OGC_CRS_RING],
                          struct im_error *err)
{
    const double corner[5][2] = {{box[0], box[1]},
                                 {box[2], box[1]},
                                 {box[2], box[3]},
                                 {box[0], box[3]},
                                 {box[0], box[1]}};
    double *p = ring;

    for (int side = 0; side < 4; side++)
        for (int i = 0; i < OGC_CRS_EDGE; i++, p += 2)
            for (int axis = 0; axis < 2; axis++)
                p[axis] =
                    corner[side][axis] +
                    (corner[side + 1][axis] - corner[side][axis]) * i / OGC_CRS_EDGE;
    p[0] = corner[0][0];
    p[1] = corner[0][1];
    bool fits = ogc_crs_inverse(t, ring, OGC_CRS_RING);
    for (size_t i = 0; i < OGC_CRS_RING && fits; i++)
        fits = fabs(ring[2 * i]) <= 180 && fabs(ring[2 * i + 1]) <= 90;
    if (!fits) {
        im_fail(err, IM_EARG, "the box lies partly outside of where %s can be used",
                t->crs->code);
        return im_zh(err, IM_EARG, "范围有一部分在 %s 的适用范围之外", t->crs->code);
    }
    geom_ring_orient(ring, OGC_CRS_RING, true); /* northing first turns it round */
    return IM_OK;
}
