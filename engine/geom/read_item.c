/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries that clients send: collected, checked, made one. */
#include "geom/check.h"
#include "geom/read.h"
#include "geom/tangle.h"
#include <engine/geom_geos.h>

#include <math.h>
#include <stdlib.h>

const char *geom_type_name(enum geom_type type)
{
    static const char *const names[] = {
        "Point",           "LineString",   "Polygon",           "MultiPoint",
        "MultiLineString", "MultiPolygon", "GeometryCollection"};

    return names[type];
}

static enum geom_kind kind_of(enum geom_type type)
{
    static const enum geom_kind kinds[] = {GEOM_POINT, GEOM_LINE, GEOM_AREA, GEOM_POINT,
                                           GEOM_LINE,  GEOM_AREA, GEOM_EMPTY};

    return kinds[type];
}

/* ---- collect ---- */

struct geom_builder geom_builder_of(struct geom_budget *budget)
{
    return (struct geom_builder){.budget = budget,
                                 .xy = {.max = SIZE_MAX / 2},
                                 .parts = {.max = SIZE_MAX / 2},
                                 .areas = {.max = SIZE_MAX / 2}};
}

void geom_builder_release(struct geom_builder *b)
{
    im_buf_release(&b->xy);
    im_buf_release(&b->parts);
    im_buf_release(&b->areas);
}

bool geom_builder_add(struct geom_builder *b, double x, double y)
{
    double position[2] = {x, y};

    if (b->budget->points == 0) {
        b->is_over = true;
        return false;
    }
    b->budget->points--;
    im_buf_append(&b->xy, position, sizeof position);
    return !b->xy.failed;
}

static bool end_one(struct geom_builder *b, struct im_buf *ends, size_t at)
{
    uint32_t end = (uint32_t)at;

    if (b->budget->parts == 0) {
        b->is_over = true;
        return false;
    }
    b->budget->parts--;
    im_buf_append(ends, &end, sizeof end);
    return !ends->failed;
}

bool geom_builder_end_part(struct geom_builder *b)
{
    return end_one(b, &b->parts, b->xy.len / (2 * sizeof(double)));
}

bool geom_builder_end_area(struct geom_builder *b)
{
    return end_one(b, &b->areas, b->parts.len / sizeof(uint32_t));
}

static enum im_code no_memory(struct im_error *err)
{
    im_fail(err, IM_ENOMEM, "the geometry: out of memory");
    return im_zh(err, IM_ENOMEM, "图形：内存不足");
}

enum im_code geom_builder_fail(const struct geom_builder *b, struct im_error *err)
{
    if (!b->is_over)
        return no_memory(err);
    im_fail(err, IM_ELIMIT,
            "the geometry has more than %d vertices or %d parts, please simplify it",
            GEOM_READ_MAX_POINTS, GEOM_READ_MAX_PARTS);
    return im_zh(err, IM_ELIMIT, "图形超过 %d 个顶点或 %d 个部分，请先简化",
                 GEOM_READ_MAX_POINTS, GEOM_READ_MAX_PARTS);
}

static bool copy(struct im_arena *arena, const struct im_buf *from, void **out)
{
    *out = im_arena_alloc(arena, from->len);
    if (*out && from->len)
        memcpy(*out, from->data, from->len);
    return *out != NULL;
}

enum im_code geom_builder_finish(struct geom_builder *b,
                                 enum geom_type type,
                                 struct im_arena *arena,
                                 struct geom_item *out,
                                 struct im_error *err)
{
    struct geom_item item = {.type = type};
    void *xy;
    void *parts;
    void *areas;

    if (b->is_over || b->xy.failed || b->parts.failed || b->areas.failed)
        return geom_builder_fail(b, err);
    if (!copy(arena, &b->xy, &xy) || !copy(arena, &b->parts, &parts) ||
        !copy(arena, &b->areas, &areas))
        return no_memory(err);
    item.xy = xy;
    item.g = (struct geom){.kind = kind_of(type),
                           .n_points = (uint32_t)(b->xy.len / (2 * sizeof(double))),
                           .n_parts = (uint32_t)(b->parts.len / sizeof(uint32_t)),
                           .n_areas = (uint32_t)(b->areas.len / sizeof(uint32_t)),
                           .lonlat = xy};
    if (item.g.kind != GEOM_POINT)
        item.g.part_end = parts;
    else
        item.g.n_parts = 0;
    if (item.g.kind == GEOM_AREA)
        item.g.area_end = areas;
    else
        item.g.n_areas = 0;
    *out = item;
    return IM_OK;
}

enum im_code geom_collection(const struct im_buf *items,
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err)
{
    struct geom_item item = {.type = GEOM_TYPE_COLLECTION};
    void *list;

    if (items->failed || !copy(arena, items, &list))
        return no_memory(err);
    item.items = list;
    item.n_items = items->len / sizeof(struct geom_item);
    *out = item;
    return IM_OK;
}

/* ---- check ---- */

static enum im_code check_positions(const struct geom *g, struct im_error *err)
{
    for (size_t i = 0; i < g->n_points; i++) {
        double lon = g->lonlat[2 * i];
        double lat = g->lonlat[2 * i + 1];

        if (lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90)
            continue;
        im_fail(err, IM_EDATA,
                "vertex %zu is at %.7g, %.7g; longitude is first, -180..180, then "
                "latitude, -90..90",
                i + 1, lon, lat);
        return im_zh(err, IM_EDATA,
                     "第 %zu 个顶点为 %.7g, %.7g；先经度 -180..180，后纬度 -90..90",
                     i + 1, lon, lat);
    }
    return IM_OK;
}

static enum im_code
check_part(const struct geom *g, uint32_t part, struct im_error *err)
{
    uint32_t start = part ? g->part_end[part - 1] : 0;
    uint32_t n = g->part_end[part] - start;
    const double *first = g->lonlat + 2 * (size_t)start;
    const double *last = first + 2 * ((size_t)n - 1);
    uint32_t least = g->kind == GEOM_AREA ? 4 : 2;

    if (n < least) {
        im_fail(err, IM_EDATA, "%s %u has %u positions, needs %u",
                g->kind == GEOM_AREA ? "ring" : "line", part + 1, n, least);
        return im_zh(err, IM_EDATA, "第 %u 个%s有 %u 个点，至少 %u 个", part + 1,
                     g->kind == GEOM_AREA ? "环" : "线", n, least);
    }
    if (g->kind == GEOM_AREA && (first[0] != last[0] || first[1] != last[1])) {
        im_fail(err, IM_EDATA,
                "ring %u is not closed: it begins at %.7g, %.7g and ends at %.7g, "
                "%.7g; the last position repeats the first",
                part + 1, first[0], first[1], last[0], last[1]);
        return im_zh(err, IM_EDATA,
                     "第 %u 个环没有闭合：起点 %.7g, %.7g，终点 %.7g, %.7g；终点应与"
                     "起点相同",
                     part + 1, first[0], first[1], last[0], last[1]);
    }
    return IM_OK;
}

static const char *reason_zh(const char *reason)
{
    static const struct {
        const char *en; /* GEOS 3.11, TopologyValidationError */
        const char *zh;
    } table[] = {{"Self-intersection", "边界自相交"},
                 {"Ring Self-intersection", "环自相交"},
                 {"Hole lies outside shell", "洞在外环之外"},
                 {"Holes are nested", "洞相互嵌套"},
                 {"Nested shells", "外环相互嵌套"},
                 {"Duplicate Rings", "环重复"},
                 {"Interior is disconnected", "内部不连通"}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(reason, table[i].en) == 0)
            return table[i].zh;
    return "图形无效";
}

static enum im_code not_valid(GEOSContextHandle_t h,
                              const char *reason,
                              const GEOSGeometry *place,
                              struct im_error *err)
{
    double x;
    double y;

    if (place && GEOSGeomGetX_r(h, place, &x) == 1 &&
        GEOSGeomGetY_r(h, place, &y) == 1) {
        im_fail(err, IM_EDATA, "the area is not valid: %s at %.7g, %.7g", reason, x, y);
        return im_zh(err, IM_EDATA, "面无效：%s，在 %.7g, %.7g", reason_zh(reason), x,
                     y);
    }
    im_fail(err, IM_EDATA, "the area is not valid: %s", reason);
    return im_zh(err, IM_EDATA, "面无效：%s", reason_zh(reason));
}

static enum im_code
ask_geos(GEOSContextHandle_t h, const GEOSGeometry *area, struct im_error *err)
{
    char *reason = NULL;
    GEOSGeometry *place = NULL;
    char answer = GEOSisValidDetail_r(h, area, 0, &reason, &place);
    enum im_code rc = IM_OK;

    if (answer == 0)
        rc = not_valid(h, reason ? reason : "invalid", place, err);
    else if (answer != 1)
        rc = no_memory(err);
    GEOSFree_r(h, reason);
    GEOSGeom_destroy_r(h, place);
    return rc;
}

static enum im_code tangled(struct im_error *err)
{
    im_fail(err, IM_ELIMIT,
            "the area's outline is too tangled to be checked, please simplify it");
    return im_zh(err, IM_ELIMIT, "面的边界过于密集交错，无法检查，请先简化");
}

static enum im_code check_valid(const struct geom *g, struct im_error *err)
{
    GEOSContextHandle_t h;
    GEOSGeometry *area;
    enum im_code rc;

    if (geom_is_tangled(g))
        return tangled(err);
    h = GEOS_init_r();
    area = h ? geom_to_geos(h, g) : NULL;
    rc = area ? ask_geos(h, area, err) : no_memory(err);
    if (h) {
        GEOSGeom_destroy_r(h, area);
        GEOS_finish_r(h);
    }
    return rc;
}

static enum im_code check_leaf(struct geom_item *item, struct im_error *err)
{
    enum im_code rc = check_positions(&item->g, err);

    for (uint32_t part = 0; rc == IM_OK && part < item->g.n_parts; part++)
        rc = check_part(&item->g, part, err);
    if (rc != IM_OK || item->g.kind != GEOM_AREA)
        return rc;
    geom_orient(&item->g, item->xy);
    return check_valid(&item->g, err);
}

enum im_code geom_item_check(struct geom_item *item, struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (item->type != GEOM_TYPE_COLLECTION)
        return check_leaf(item, err);
    for (size_t i = 0; rc == IM_OK && i < item->n_items; i++)
        rc = geom_item_check(&item->items[i], err);
    return rc;
}

/* ---- make one ---- */

struct flat {
    enum geom_kind kind;
    struct im_buf xy;
    struct im_buf parts;
    struct im_buf areas;
    size_t n_leaves;
    bool is_mixed;
};

static void append_ends(struct im_buf *to, const uint32_t *ends, uint32_t n, size_t by)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t end = ends[i] + (uint32_t)by;

        im_buf_append(to, &end, sizeof end);
    }
}

static void append(struct flat *f, const struct geom_item *item)
{
    const struct geom *g = &item->g;

    for (size_t i = 0; i < item->n_items; i++)
        append(f, &item->items[i]);
    if (item->type == GEOM_TYPE_COLLECTION)
        return;
    f->is_mixed |= f->n_leaves > 0 && f->kind != g->kind;
    f->kind = g->kind;
    f->n_leaves++;
    append_ends(&f->areas, g->area_end, g->n_areas, f->parts.len / sizeof(uint32_t));
    append_ends(&f->parts, g->part_end, g->n_parts, f->xy.len / (2 * sizeof(double)));
    im_buf_append(&f->xy, g->lonlat, (size_t)g->n_points * 2 * sizeof(double));
}

static enum im_code
to_geom(const struct flat *f, struct im_arena *arena, struct geom *out)
{
    void *xy;
    void *parts;
    void *areas;

    if (f->xy.failed || f->parts.failed || f->areas.failed ||
        !copy(arena, &f->xy, &xy) || !copy(arena, &f->parts, &parts) ||
        !copy(arena, &f->areas, &areas))
        return IM_ENOMEM;
    *out = (struct geom){.kind = f->n_leaves ? f->kind : GEOM_EMPTY,
                         .n_points = (uint32_t)(f->xy.len / (2 * sizeof(double))),
                         .n_parts = (uint32_t)(f->parts.len / sizeof(uint32_t)),
                         .n_areas = (uint32_t)(f->areas.len / sizeof(uint32_t)),
                         .lonlat = xy,
                         .part_end = f->kind == GEOM_POINT ? NULL : parts,
                         .area_end = f->kind == GEOM_AREA ? areas : NULL};
    return IM_OK;
}

static enum im_code mixed(struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "the collection has geometries of several kinds; only points, only lines "
            "or only areas");
    return im_zh(err, IM_EDATA, "集合含有多种图形；只能全是点、全是线或全是面");
}

/* Areas beside each other or one over another are no multipolygon: their union is. */
static enum im_code unite(struct geom *g, struct im_arena *arena, struct im_error *err)
{
    GEOSContextHandle_t h;
    GEOSGeometry *all;
    GEOSGeometry *one = NULL;
    enum im_code rc = IM_OK;

    if (geom_is_tangled(g))
        return tangled(err);
    h = GEOS_init_r();
    all = h ? geom_to_geos(h, g) : NULL;
    if (!all || (GEOSisValid_r(h, all) != 1 && !(one = GEOSUnaryUnion_r(h, all))))
        rc = no_memory(err);
    else if (one && !geom_from_geos(h, one, arena, g))
        rc = no_memory(err);
    if (h) {
        GEOSGeom_destroy_r(h, one);
        GEOSGeom_destroy_r(h, all);
        GEOS_finish_r(h);
    }
    return rc;
}

enum im_code geom_item_flatten(const struct geom_item *item,
                               struct im_arena *arena,
                               struct geom *out,
                               struct im_error *err)
{
    struct flat f = {.xy = {.max = SIZE_MAX / 2},
                     .parts = {.max = SIZE_MAX / 2},
                     .areas = {.max = SIZE_MAX / 2}};
    enum im_code rc;

    append(&f, item);
    if (f.is_mixed)
        rc = mixed(err);
    else if (to_geom(&f, arena, out) != IM_OK)
        rc = no_memory(err);
    else
        rc = f.kind == GEOM_AREA && f.n_leaves > 1 ? unite(out, arena, err) : IM_OK;
    im_buf_release(&f.xy);
    im_buf_release(&f.parts);
    im_buf_release(&f.areas);
    return rc;
}
