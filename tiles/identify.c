/* SPDX-License-Identifier: Apache-2.0 */
/* What lies under a pixel: the style layers from the top, each asked with its own
 * filter and zooms, the shapes as they are drawn, cut to a box around the pixel. */
#include <tiles/identify.h>

#include "clip.h"
#include "late.h"
#include "map.h"
#include "projection.h"
#include "render/pass.h"

#include <math.h>
#include <stdlib.h>

enum { TILE_PX = 256, MAX_REACH_PX = 128, FEATURE_STEPS = 16 };

/* A feature of the style layer at hand. */
struct found {
    struct tile_hit hit;
    double key; /* the larger it is, the later it is drawn */
};

struct search {
    const struct tile_map *map;
    struct tile_id id;
    double x_px;
    double y_px;
    struct tile_frame frame;
    struct tile_projection projection;
    const struct map_style *ms;
    struct map_clusters clusters;
    struct clip_box box;
    struct tile_late late;
    struct clip_scratch clip;
    struct clip_path path;
    struct style_eval at;
    struct found found[TILE_MAX_HITS]; /* the topmost ones, from the top */
    uint32_t n_found;
    struct tile_hit *hits;
    uint32_t max;
    uint32_t n;
    bool failed; /* memory */
};

/* ---- does it lie there? ---- */

static bool points_near(struct search *s, const struct atlas_shape *shape, double reach)
{
    for (uint32_t i = 0; i < shape->n_points; i++) {
        double xy[2];

        if (frame_point(s->frame, &shape->xy[2 * (size_t)i], xy) &&
            hypot(xy[0] - s->x_px, xy[1] - s->y_px) <= reach)
            return true;
    }
    return false;
}

/* The shape in the box, in s->path. */
static bool cut(struct search *s, uint32_t feature, bool as_rings)
{
    struct atlas_shape shape =
        atlas_shape(s->ms->layer->layer, feature, map_detail_zoom(s->map, s->id.z));

    (void)tile_late(&s->late, shape.n_points);
    clip_path_clear(&s->path);
    clip_shape(&shape, s->frame, s->box, as_rings, NULL, &s->clip, &s->path);
    s->failed = s->failed || s->path.failed;
    return !s->path.failed && s->path.n_parts > 0;
}

/* How often a ring winds around the pixel: what is filled has no 0 (draw_fill). */
static int winding(const struct search *s, const double *xy, uint32_t n)
{
    int turns = 0;

    for (uint32_t i = 0; i + 1 < n; i++) {
        const double *a = xy + 2 * (size_t)i;
        const double *b = a + 2;
        bool goes_down = a[1] <= s->y_px && b[1] > s->y_px;
        bool goes_up = b[1] <= s->y_px && a[1] > s->y_px;

        if ((goes_down || goes_up) &&
            a[0] + (s->y_px - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) > s->x_px)
            turns += goes_down ? 1 : -1;
    }
    return turns;
}

static bool is_filled(struct search *s, uint32_t feature)
{
    int turns = 0;
    uint32_t start = 0;

    if (!cut(s, feature, true))
        return false;
    for (uint32_t i = 0; i < s->path.n_parts; i++) {
        turns +=
            winding(s, s->path.xy + 2 * (size_t)start, s->path.part_end[i] - start);
        start = s->path.part_end[i];
    }
    return turns != 0;
}

static double
edge_distance(const struct search *s, const double a[2], const double b[2])
{
    double dx = b[0] - a[0];
    double dy = b[1] - a[1];
    double length2 = dx * dx + dy * dy;
    double along = (s->x_px - a[0]) * dx + (s->y_px - a[1]) * dy;
    double t = length2 > 0 ? fmin(1, fmax(0, along / length2)) : 0;

    return hypot(a[0] + t * dx - s->x_px, a[1] + t * dy - s->y_px);
}

static bool is_line_near(struct search *s, uint32_t feature, double reach)
{
    uint32_t start = 0;

    if (!cut(s, feature, false))
        return false;
    for (uint32_t i = 0; i < s->path.n_parts; i++) {
        for (uint32_t j = start; j + 1 < s->path.part_end[i]; j++)
            if (edge_distance(s, s->path.xy + 2 * (size_t)j,
                              s->path.xy + 2 * (size_t)(j + 1)) <= reach)
                return true;
        start = s->path.part_end[i];
    }
    return false;
}

static bool is_point_near(struct search *s, uint32_t feature, double reach)
{
    struct atlas_shape shape;

    if (feature & CLUSTER_BIT)
        shape = (struct atlas_shape){
            .kind = GEOM_POINT,
            .n_points = 1,
            .xy = cluster_at(s->clusters.clusters, feature & ~CLUSTER_BIT)->xy};
    else
        shape = atlas_shape(s->ms->layer->layer, feature, TILE_MAX_ZOOM);
    (void)tile_late(&s->late, shape.n_points);
    return points_near(s, &shape, reach);
}

/* The place of the name of a line or an area. */
static bool is_name_near(struct search *s, uint32_t feature, double reach)
{
    uint32_t xy[2];
    struct atlas_shape shape = {.kind = GEOM_POINT, .n_points = 1, .xy = xy};

    return map_label_point(s->ms->layer, feature, &xy[0], &xy[1]) &&
           points_near(s, &shape, reach);
}

static bool lies_there(struct search *s, uint32_t feature, enum geom_kind kind)
{
    const struct style_layer *style = s->ms->style;
    bool has_line = kind == GEOM_LINE || kind == GEOM_AREA;

    switch (style->type) {
    case STYLE_FILL:
        return kind == GEOM_AREA && is_filled(s, feature);
    case STYLE_LINE:
        return has_line &&
               is_line_near(s, feature,
                            fmax(TILE_HIT_LINE_PX,
                                 style_number(style, LINE_WIDTH, &s->at) / 2 +
                                     style_number(style, LINE_GAP_WIDTH, &s->at) / 2));
    case STYLE_CIRCLE:
        return kind == GEOM_POINT &&
               is_point_near(
                   s, feature,
                   fmax(TILE_HIT_POINT_PX,
                        style_number(style, CIRCLE_RADIUS, &s->at) +
                            style_number(style, CIRCLE_STROKE_WIDTH, &s->at)));
    case STYLE_SYMBOL:
        return kind == GEOM_POINT
                   ? is_point_near(s, feature, TILE_HIT_POINT_PX)
                   : has_line && is_name_near(s, feature, TILE_HIT_POINT_PX);
    case STYLE_BACKGROUND:
    case STYLE_HEATMAP:
        break;
    }
    return false;
}

/* ---- one style layer ---- */

static bool same(const struct tile_hit *a, const struct tile_hit *b)
{
    return a->layer == b->layer && a->feature == b->feature &&
           a->n_points == b->n_points;
}

static bool is_known(const struct search *s, const struct tile_hit *hit)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (same(&s->hits[i], hit))
            return true;
    return false;
}

static double drawn_at(struct search *s)
{
    static const enum style_property keys[STYLE_TYPE_COUNT] = {
        [STYLE_FILL] = FILL_SORT_KEY,
        [STYLE_LINE] = LINE_SORT_KEY,
        [STYLE_CIRCLE] = CIRCLE_SORT_KEY,
        [STYLE_SYMBOL] = SYMBOL_SORT_KEY};
    enum style_property key = keys[s->ms->style->type];

    if (style_has(s->ms->style, key))
        return style_number(s->ms->style, key, &s->at);
    if (s->ms->style->type != STYLE_FILL || style_has(s->ms->style, FILL_PATTERN))
        return 0;
    /* areas of one look are drawn together (render/fill.c) */
    return (double)color_look(
        style_color_opacity(s->ms->style, FILL_COLOR, FILL_OPACITY, &s->at));
}

/* Later ones lie above those before; what falls out below is not among the first. */
static void keep(struct search *s, struct tile_hit hit)
{
    struct found found = {hit, drawn_at(s)};
    uint32_t i = 0;

    while (i < s->n_found && s->found[i].key > found.key)
        i++;
    if (i == s->max)
        return;
    if (s->n_found < s->max)
        s->n_found++;
    memmove(&s->found[i + 1], &s->found[i], (s->n_found - 1 - i) * sizeof *s->found);
    s->found[i] = found;
}

static bool visit(void *ctx, uint32_t feature)
{
    struct search *s = ctx;
    const struct atlas_layer *layer = s->ms->layer->layer;
    struct tile_hit hit = {.layer = layer, .feature = feature};
    enum geom_kind kind = GEOM_POINT;

    if (tile_late(&s->late, FEATURE_STEPS) || s->failed)
        return false;
    if (feature & CLUSTER_BIT) {
        uint32_t number = feature & ~CLUSTER_BIT;
        const struct cluster *cluster = cluster_at(s->clusters.clusters, number);

        hit.feature = cluster->feature;
        hit.n_points = cluster->n_points;
        style_eval_cluster(&s->at, layer, s->clusters.clusters, number);
    } else {
        if (!map_shows(s->map, layer, feature))
            return true;
        kind = atlas_geom(layer, feature).kind;
        style_eval_feature(&s->at, layer, feature, kind);
    }
    if (style_matches(s->ms->style, &s->at) && lies_there(s, feature, kind) &&
        !is_known(s, &hit))
        keep(s, hit);
    return true;
}

/* How far from the pixel something may lie that is drawn over it. */
static double reach_of(const struct style_layer *style)
{
    double reach = TILE_HIT_POINT_PX;

    if (style->type == STYLE_CIRCLE)
        reach = style_number_bound(style, CIRCLE_RADIUS) +
                style_number_bound(style, CIRCLE_STROKE_WIDTH);
    else if (style->type == STYLE_LINE)
        reach = style_number_bound(style, LINE_WIDTH) / 2 +
                style_number_bound(style, LINE_GAP_WIDTH) / 2;
    else if (style->type == STYLE_FILL)
        return 1;
    return fmin(MAX_REACH_PX, fmax(TILE_HIT_POINT_PX, reach));
}

static enum im_code
search_style(struct search *s, const struct map_style *ms, struct im_error *err)
{
    double reach = reach_of(ms->style);
    double x = s->id.x * (double)TILE_PX;
    double y = s->id.y * (double)TILE_PX;

    s->ms = ms;
    s->n_found = 0;
    s->box = (struct clip_box){s->x_px - reach, s->y_px - reach, s->x_px + reach,
                               s->y_px + reach};
    if (!map_clusters(s->map, ms->layer, s->at.zoom, &s->clusters))
        return im_fail(err, IM_ENOMEM, "clusters of a layer");
    /* only what is around the pixel is projected from now on */
    if (s->frame.projection)
        (void)projection_set_window(&s->projection, s->box);
    map_window(ms->layer, s->clusters,
               map_pixel_window(s->map, s->id.z, x + s->box.min_x, y + s->box.min_y,
                                x + s->box.max_x, y + s->box.max_y),
               visit, s);
    if (s->failed)
        return im_fail(err, IM_ENOMEM, "what lies under a pixel");
    if (s->late.is_late)
        return tile_late_fail(err);
    for (uint32_t i = 0; i < s->n_found && s->n < s->max; i++)
        s->hits[s->n++] = s->found[i].hit;
    return IM_OK;
}

static bool is_asked(const struct search *s, const struct map_style *ms)
{
    return style_layer_visible(ms->style, s->at.zoom) &&
           ms->style->type != STYLE_BACKGROUND && ms->style->type != STYLE_HEATMAP &&
           !atlas_layer_schema(ms->layer->layer)->is_base;
}

enum im_code tile_identify(const struct tile_map *map,
                           struct tile_id id,
                           double x_px,
                           double y_px,
                           const struct im_deadline *deadline,
                           struct tile_hit *hits,
                           uint32_t max,
                           uint32_t *n,
                           struct im_error *err)
{
    struct search *s;
    enum im_code rc = map_check_tile(map, id, err);

    if (rc != IM_OK)
        return rc;
    s = calloc(1, sizeof *s);
    if (!s)
        return im_fail(err, IM_ENOMEM, "what lies under a pixel");
    s->map = map;
    s->id = id;
    s->x_px = x_px;
    s->y_px = y_px;
    s->hits = hits;
    s->max = max < TILE_MAX_HITS ? max : TILE_MAX_HITS;
    s->late.deadline = deadline;
    s->at.zoom = map_style_zoom(map, id.z);
    s->frame = tile_frame_of(id.z, id.x, id.y, TILE_PX);
    if (!map->is_web_mercator) {
        projection_open(&s->projection, map->grid, id.z, id.x * (double)TILE_PX,
                        id.y * (double)TILE_PX, 1);
        s->frame.projection = &s->projection;
    }
    for (uint32_t i = map->n_styles; i > 0 && s->n < s->max && rc == IM_OK; i--)
        if (is_asked(s, &map->styles[i - 1]))
            rc = search_style(s, &map->styles[i - 1], err);
    if (s->frame.projection)
        projection_close(&s->projection);
    clip_scratch_release(&s->clip);
    clip_path_release(&s->path);
    *n = s->n;
    free(s);
    return rc;
}
