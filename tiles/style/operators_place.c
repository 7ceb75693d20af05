/* SPDX-License-Identifier: Apache-2.0 */
/* within and distance: the feature against a GeoJSON object of the style. As MapLibre:
 * within compares rounded coordinates of the Mercator square, what touches the edge is
 * not inside; distance is flat, with the radii of the ellipsoid at the feature. */
#include "style/operators.h"

#include <math.h>

enum { PLACE_MAX_POINTS = 100000, CHUNK = 32 };

/* `n` segments x0 y0 x1 y1 in degrees (points: both ends the same), and the boxes of
 * each CHUNK of them */
struct place {
    struct geom areas;      /* its polygons */
    const double *mercator; /* their vertices in 0..1 */
    double *segments;
    uint32_t n;
    struct bbox *boxes;
};

/* ---- reading GeoJSON ---- */

struct place_reader {
    struct expr_compiler *c;
    bool wants_all; /* distance: points and lines too */
    bool ok;
    uint32_t n_points;
    uint32_t n_rings;
    uint32_t n_areas;
    uint32_t n_segments;
    double *lonlat; /* NULL: only counting */
    uint32_t *part_end;
    uint32_t *area_end;
    double *segments;
};

static bool read_position(const json_t *json, double out[2])
{
    out[0] = json_number_value(json_array_get(json, 0));
    out[1] = json_number_value(json_array_get(json, 1));
    return json_is_number(json_array_get(json, 0)) &&
           json_is_number(json_array_get(json, 1));
}

static void add_segment(struct place_reader *r, const double a[2], const double b[2])
{
    if (r->segments) {
        double *s = r->segments + (size_t)r->n_segments * 4;

        memcpy(s, a, 2 * sizeof *s);
        memcpy(s + 2, b, 2 * sizeof *s);
    }
    r->n_segments++;
}

static void read_line(struct place_reader *r, const json_t *line, bool is_ring)
{
    size_t n = json_array_size(line);
    double before[2] = {0, 0};
    double p[2];

    if (!json_is_array(line) || n == 0 || r->n_points + n > PLACE_MAX_POINTS)
        r->ok = false;
    for (size_t i = 0; i < n && r->ok; i++) {
        r->ok = read_position(json_array_get(line, i), p);
        if (i > 0 || n == 1)
            add_segment(r, i ? before : p, p);
        memcpy(before, p, sizeof before);
        if (is_ring && r->lonlat)
            memcpy(r->lonlat + (size_t)r->n_points * 2, p, sizeof p);
        r->n_points += is_ring;
    }
    if (r->n_segments > PLACE_MAX_POINTS)
        r->ok = false;
    if (is_ring && r->ok) {
        if (r->part_end)
            r->part_end[r->n_rings] = r->n_points;
        r->n_rings++;
    }
}

static void read_polygon(struct place_reader *r, const json_t *rings)
{
    if (!json_is_array(rings) || json_array_size(rings) == 0)
        r->ok = false;
    for (size_t i = 0; i < json_array_size(rings) && r->ok; i++)
        read_line(r, json_array_get(rings, i), true);
    if (!r->ok)
        return;
    if (r->area_end)
        r->area_end[r->n_areas] = r->n_rings;
    r->n_areas++;
}

static void read_geometry(struct place_reader *r, const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *coordinates = json_object_get(json, "coordinates");
    size_t n = json_array_size(coordinates);

    if (!type || !json_is_array(coordinates))
        return;
    if (strcmp(type, "Polygon") == 0)
        read_polygon(r, coordinates);
    for (size_t i = 0; i < n && r->ok && strcmp(type, "MultiPolygon") == 0; i++)
        read_polygon(r, json_array_get(coordinates, i));
    if (!r->wants_all)
        return;
    if (strcmp(type, "LineString") == 0)
        read_line(r, coordinates, false);
    for (size_t i = 0; i < n && r->ok && strcmp(type, "MultiLineString") == 0; i++)
        read_line(r, json_array_get(coordinates, i), false);
    if (strcmp(type, "Point") == 0) {
        double p[2];

        r->ok = read_position(coordinates, p);
        add_segment(r, p, p);
    }
    for (size_t i = 0; i < n && r->ok && strcmp(type, "MultiPoint") == 0; i++) {
        double p[2];

        r->ok = read_position(json_array_get(coordinates, i), p);
        add_segment(r, p, p);
    }
    r->ok = r->ok && r->n_segments <= PLACE_MAX_POINTS;
}

static void read_geojson(struct place_reader *r, const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *features = json_object_get(json, "features");

    if (type && strcmp(type, "FeatureCollection") == 0)
        for (size_t i = 0; i < json_array_size(features) && r->ok; i++)
            read_geometry(r, json_object_get(json_array_get(features, i), "geometry"));
    else if (type && strcmp(type, "Feature") == 0)
        read_geometry(r, json_object_get(json, "geometry"));
    else
        read_geometry(r, json);
}

static double mercator_x(double lon)
{
    return (180 + lon) / 360;
}

static double mercator_y(double lat)
{
    return (180 - (180 / M_PI) * log(tan(M_PI / 4 + lat * M_PI / 360))) / 360;
}

static struct place *fail_memory(struct expr_compiler *c)
{
    expr_nomem(c);
    return NULL;
}

static struct place *
build_place(struct expr_compiler *c, const json_t *json, struct place_reader *r)
{
    struct place *p = im_arena_calloc(c->arena, 1, sizeof *p);
    double *mercator =
        im_arena_calloc(c->arena, (size_t)r->n_points + 1, 2 * sizeof(double));

    r->lonlat = im_arena_calloc(c->arena, (size_t)r->n_points + 1, 2 * sizeof(double));
    r->part_end =
        im_arena_calloc(c->arena, (size_t)r->n_rings + 1, sizeof *r->part_end);
    r->area_end =
        im_arena_calloc(c->arena, (size_t)r->n_areas + 1, sizeof *r->area_end);
    r->segments =
        im_arena_calloc(c->arena, (size_t)r->n_segments + 1, 4 * sizeof(double));
    if (!p || !mercator || !r->lonlat || !r->part_end || !r->area_end || !r->segments)
        return fail_memory(c);
    r->n_points = r->n_rings = r->n_areas = r->n_segments = 0;
    read_geojson(r, json);
    for (uint32_t i = 0; i < r->n_points; i++) {
        mercator[2 * i] = mercator_x(r->lonlat[2 * i]);
        mercator[2 * i + 1] = mercator_y(r->lonlat[2 * i + 1]);
    }
    p->areas = (struct geom){GEOM_AREA, r->n_points, r->n_rings, r->n_areas,
                             r->lonlat, r->part_end, r->area_end};
    p->mercator = mercator;
    p->segments = r->segments;
    p->n = r->n_segments;
    p->boxes = im_arena_calloc(c->arena, p->n / CHUNK + 1, sizeof *p->boxes);
    if (!p->boxes)
        return fail_memory(c);
    for (uint32_t i = 0; i < p->n; i++) {
        const double *s = p->segments + (size_t)i * 4;
        struct bbox *box = &p->boxes[i / CHUNK];

        if (i % CHUNK == 0)
            *box = bbox_empty();
        *box = bbox_extend(bbox_extend(*box, s[0], s[1]), s[2], s[3]);
    }
    return p;
}

/* ---- within ---- */

struct ring_box {
    double min_x, min_y, max_x, max_y;
};

static void grow(struct ring_box *box, double x, double y)
{
    box->min_x = fmin(box->min_x, x);
    box->min_y = fmin(box->min_y, y);
    box->max_x = fmax(box->max_x, x);
    box->max_y = fmax(box->max_y, y);
}

static const struct ring_box EMPTY_BOX = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};

/* Math.round of JavaScript: halves upward. */
static double round_up(double x)
{
    return floor(x + 0.5);
}

struct within {
    const struct place *place;
    const double *xy; /* of polygons: 0..1 in the Mercator square, or degrees */
    double scale;     /* of `xy` to what is compared; 0: as it is */
};

static void vertex(const struct within *w, uint32_t i, double out[2])
{
    out[0] = w->scale > 0 ? round_up(w->xy[2 * i] * w->scale) : w->xy[2 * i];
    out[1] = w->scale > 0 ? round_up(w->xy[2 * i + 1] * w->scale) : w->xy[2 * i + 1];
}

static bool on_edge(const double p[2], const double a[2], const double b[2])
{
    double x1 = p[0] - a[0];
    double y1 = p[1] - a[1];
    double x2 = p[0] - b[0];
    double y2 = p[1] - b[1];

    return x1 * y2 - x2 * y1 == 0 && x1 * x2 <= 0 && y1 * y2 <= 0;
}

static bool ray_crosses(const double p[2], const double a[2], const double b[2])
{
    return (a[1] > p[1]) != (b[1] > p[1]) &&
           p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0];
}

/* The range of vertices of an area's rings. */
static uint32_t first_ring(const struct geom *g, uint32_t area)
{
    return area ? g->area_end[area - 1] : 0;
}
static uint32_t first_point(const struct geom *g, uint32_t ring)
{
    return ring ? g->part_end[ring - 1] : 0;
}

static bool in_area(const struct within *w,
                    const struct geom *g,
                    uint32_t area,
                    const double p[2],
                    bool on_boundary)
{
    bool inside = false;

    for (uint32_t ring = first_ring(g, area); ring < g->area_end[area]; ring++)
        for (uint32_t i = first_point(g, ring); i + 1 < g->part_end[ring]; i++) {
            double a[2];
            double b[2];

            vertex(w, i, a);
            vertex(w, i + 1, b);
            if (on_edge(p, a, b))
                return on_boundary;
            if (ray_crosses(p, a, b))
                inside = !inside;
        }
    return inside;
}

/* Are p1 and p2 on different sides of the line through q1 and q2? */
static bool
two_sided(const double *p1, const double *p2, const double *q1, const double *q2)
{
    double x = q2[0] - q1[0];
    double y = q2[1] - q1[1];
    double d1 = (p1[0] - q1[0]) * y - x * (p1[1] - q1[1]);
    double d2 = (p2[0] - q1[0]) * y - x * (p2[1] - q1[1]);

    return (d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0);
}

static bool
segments_cross(const double *a, const double *b, const double *c, const double *d)
{
    double parallel = (d[0] - c[0]) * (b[1] - a[1]) - (d[1] - c[1]) * (b[0] - a[0]);

    return parallel != 0 && two_sided(a, b, c, d) && two_sided(c, d, a, b);
}

static bool crosses_area(const struct within *w,
                         uint32_t area,
                         const double a[2],
                         const double b[2])
{
    const struct geom *g = &w->place->areas;

    for (uint32_t ring = first_ring(g, area); ring < g->area_end[area]; ring++)
        for (uint32_t i = first_point(g, ring); i + 1 < g->part_end[ring]; i++) {
            double c[2];
            double d[2];

            vertex(w, i, c);
            vertex(w, i + 1, d);
            if (segments_cross(a, b, c, d))
                return true;
        }
    return false;
}

static void
feature_point(const struct within *w, const struct geom *g, uint32_t i, double p[2])
{
    p[0] = round_up(mercator_x(g->lonlat[2 * i]) * w->scale);
    p[1] = round_up(mercator_y(g->lonlat[2 * i + 1]) * w->scale);
}

/* To the copy of the world where the polygons are. */
static double shift_of(double x, const struct ring_box *box, double world)
{
    double half = world * 0.5;

    if (x >= box->min_x && x <= box->max_x)
        return 0;
    if (x - box->min_x > half || (x - box->max_x > half && !(box->min_x - x > half)))
        return -world;
    return box->min_x - x > half || box->max_x - x > half ? world : 0;
}

static bool line_in_area(const struct within *w,
                         const struct geom *g,
                         uint32_t area,
                         uint32_t from,
                         uint32_t to,
                         const struct ring_box *shift)
{
    double before[2] = {0, 0};
    double p[2];

    for (uint32_t i = from; i < to; i++) {
        feature_point(w, g, i, p);
        if (shift)
            p[0] += shift_of(p[0], shift, w->scale);
        if (!in_area(w, &w->place->areas, area, p, false))
            return false;
        if (i > from && crosses_area(w, area, before, p))
            return false;
        memcpy(before, p, sizeof before);
    }
    return true;
}

static struct ring_box box_of_places(const struct within *w)
{
    struct ring_box box = EMPTY_BOX;
    double p[2];

    for (uint32_t i = 0; i < w->place->areas.n_points; i++) {
        vertex(w, i, p);
        grow(&box, p[0], p[1]);
    }
    return box;
}

static struct ring_box box_of_feature(const struct within *w,
                                      const struct geom *g,
                                      const struct ring_box *shift)
{
    struct ring_box box = EMPTY_BOX;
    double p[2];

    for (uint32_t i = 0; i < g->n_points; i++) {
        feature_point(w, g, i, p);
        grow(&box, shift ? p[0] + shift_of(p[0], shift, w->scale) : p[0], p[1]);
    }
    return box;
}

static bool is_box_inside(const struct ring_box *a, const struct ring_box *b)
{
    return a->min_x > b->min_x && a->max_x < b->max_x && a->min_y > b->min_y &&
           a->max_y < b->max_y;
}

static bool in_any_area(const struct within *w,
                        const struct geom *g,
                        uint32_t from,
                        uint32_t to,
                        const struct ring_box *shift)
{
    for (uint32_t area = 0; area < w->place->areas.n_areas; area++)
        if (line_in_area(w, g, area, from, to, shift))
            return true;
    return false;
}

static bool is_within(const struct within *w, const struct geom *g)
{
    struct ring_box places = box_of_places(w);
    const struct ring_box *shift = &places;
    struct ring_box box;

    if (g->kind == GEOM_LINE) {
        box = box_of_feature(w, g, NULL);
        if (box.max_x - box.min_x > w->scale / 2)
            shift = NULL;
    }
    box = box_of_feature(w, g, shift);
    if (!is_box_inside(&box, &places))
        return false;
    for (uint32_t part = 0, from = 0; from < g->n_points; part++) {
        uint32_t to = g->kind == GEOM_LINE ? g->part_end[part] : from + 1;

        if (!in_any_area(w, g, from, to, shift))
            return false;
        from = to;
    }
    return true;
}

/* The feature's shape; false: it has none here. */
static bool shape_of(struct style_eval *at, struct geom *out)
{
    if (at->given) {
        if (at->given->shape)
            *out = *at->given->shape;
        return at->given->shape != NULL;
    }
    if (!at->layer)
        return false;
    *out = atlas_geom(at->layer, at->feature);
    return out->n_points > 0;
}

static struct style_value eval_within(const struct expr *e, struct style_eval *at)
{
    const double world = 4294967296.0; /* the atlas: units of 9 mm (geom.h) */
    const struct place *place = e->more;
    struct within w = {place, place->mercator, at->given ? at->given->scale : world};
    struct geom g;

    if (!shape_of(at, &g) || (g.kind != GEOM_POINT && g.kind != GEOM_LINE))
        return style_of_bool(false);
    return style_of_bool(is_within(&w, &g));
}

/* ---- distance ---- */

struct ruler {
    double x; /* metres of a degree */
    double y;
};

/* https://en.wikipedia.org/wiki/Earth_radius#Meridional, WGS 84 */
static struct ruler ruler_at(double lat)
{
    const double flattening = 1 / 298.257223563;
    const double e2 = flattening * (2 - flattening);
    const double m = M_PI / 180 * 6378.137 * 1000;
    double c = cos(lat * (M_PI / 180));
    double w2 = 1 / (1 - e2 * (1 - c * c));
    double w = sqrt(w2);

    return (struct ruler){m * w * c, m * w * w2 * (1 - e2)};
}

static double wrap(double degrees)
{
    if (degrees < -180 || degrees > 180)
        degrees = remainder(degrees, 360);
    return degrees;
}

static double
point_distance(struct ruler ruler, double ax, double ay, double bx, double by)
{
    double dx = wrap(ax - bx) * ruler.x;
    double dy = (ay - by) * ruler.y;

    return sqrt(dx * dx + dy * dy);
}

/* From a point to a segment. */
static double
to_segment(struct ruler ruler, const double *p, const double *a, const double *b)
{
    double x = a[0];
    double y = a[1];
    double dx = wrap(b[0] - x) * ruler.x;
    double dy = (b[1] - y) * ruler.y;

    if (dx != 0 || dy != 0) {
        double t = (wrap(p[0] - x) * ruler.x * dx + (p[1] - y) * ruler.y * dy) /
                   (dx * dx + dy * dy);

        if (t > 1) {
            x = b[0];
            y = b[1];
        } else if (t > 0) {
            x += dx / ruler.x * t;
            y += dy / ruler.y * t;
        }
    }
    return point_distance(ruler, p[0], p[1], x, y);
}

static double between_segments(struct ruler ruler, const double *s, const double *t)
{
    if (segments_cross(s, s + 2, t, t + 2))
        return 0;
    return fmin(
        fmin(to_segment(ruler, s, t, t + 2), to_segment(ruler, s + 2, t, t + 2)),
        fmin(to_segment(ruler, t, s, s + 2), to_segment(ruler, t + 2, s, s + 2)));
}

static double box_bound(struct ruler ruler, struct bbox a, struct bbox b)
{
    double dx = fmax(0, fmax(a.min_x - b.max_x, b.min_x - a.max_x));
    double dy = fmax(0, fmax(a.min_y - b.max_y, b.min_y - a.max_y));

    if (fmax(a.max_x, b.max_x) - fmin(a.min_x, b.min_x) > 180)
        dx = 0; /* the way round the other side may be shorter */
    return sqrt(dx * ruler.x * dx * ruler.x + dy * ruler.y * dy * ruler.y);
}

/* Some segments of the feature against all of the place. */
static double nearest_of(struct ruler ruler,
                         const double *segments,
                         uint32_t n,
                         const struct place *place,
                         double best)
{
    struct bbox box = bbox_empty();

    for (uint32_t i = 0; i < n; i++)
        box = bbox_extend(bbox_extend(box, segments[4 * i], segments[4 * i + 1]),
                          segments[4 * i + 2], segments[4 * i + 3]);
    for (uint32_t chunk = 0; chunk * CHUNK < place->n; chunk++) {
        if (box_bound(ruler, box, place->boxes[chunk]) >= best)
            continue;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = chunk * CHUNK; j < place->n && j < (chunk + 1) * CHUNK;
                 j++)
                best = fmin(best, between_segments(ruler, segments + 4 * (size_t)i,
                                                   place->segments + 4 * (size_t)j));
        if (best == 0)
            return 0;
    }
    return best;
}

static bool any_inside(const struct within *w, const struct geom *g, const double p[2])
{
    for (uint32_t area = 0; area < g->n_areas; area++)
        if (in_area(w, g, area, p, true))
            return true;
    return false;
}

/* Does one have a vertex inside of the other? */
static bool overlaps(const struct geom *g, const struct place *place)
{
    struct within in_place = {place, place->areas.lonlat, 0};
    struct within in_feature = {place, g->lonlat, 0};

    for (uint32_t i = 0; i < g->n_points && place->areas.n_areas; i++)
        if (any_inside(&in_place, &place->areas, g->lonlat + 2 * (size_t)i))
            return true;
    for (uint32_t i = 0; i < place->n && g->kind == GEOM_AREA; i++)
        if (any_inside(&in_feature, g, place->segments + 4 * (size_t)i) ||
            any_inside(&in_feature, g, place->segments + 4 * (size_t)i + 2))
            return true;
    return false;
}

static double nearest(const struct geom *g, const struct place *place)
{
    struct ruler ruler = ruler_at(g->lonlat[1]);
    double segments[CHUNK * 4];
    double best = HUGE_VAL;
    uint32_t part = 0;
    uint32_t n = 0;

    if (overlaps(g, place))
        return 0;
    for (uint32_t i = 0; i < g->n_points; i++) {
        bool is_point = g->kind == GEOM_POINT;
        bool ends = !is_point && i + 1 == g->part_end[part];
        bool is_alone = is_point || (ends && i == first_point(g, part));

        if (!ends || is_alone) {
            memcpy(segments + 4 * (size_t)n, g->lonlat + 2 * (size_t)i,
                   2 * sizeof(double));
            memcpy(segments + 4 * (size_t)n + 2,
                   g->lonlat + 2 * (size_t)(is_alone ? i : i + 1), 2 * sizeof(double));
            n++;
        }
        part += ends;
        if (n == CHUNK || i + 1 == g->n_points) {
            best = nearest_of(ruler, segments, n, place, best);
            n = 0;
        }
    }
    return best;
}

static struct style_value eval_distance(const struct expr *e, struct style_eval *at)
{
    struct geom g;

    if (!shape_of(at, &g) || g.kind == GEOM_EMPTY || g.n_points == 0)
        return style_of_number((double)NAN);
    return style_of_number(nearest(&g, e->more));
}

/* ---- compiling ---- */

static const struct expr *compile_place(struct expr_compiler *c,
                                        const struct expr_operator *op,
                                        const json_t *json,
                                        const struct expr_type *expected)
{
    const json_t *geojson = json_array_get(json, 1);
    struct place_reader r = {
        .c = c, .wants_all = op->eval == eval_distance, .ok = true};
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 2)
        return expr_fail(c,
                         "'%s' expression requires exactly one argument, but found %zu "
                         "instead.",
                         "“%s”只要一个参数，却有 %zu 个。", op->name,
                         json_array_size(json) - 1);
    read_geojson(&r, geojson);
    if (!r.ok || (r.wants_all ? r.n_segments : r.n_areas) == 0)
        return expr_fail(c,
                         "'%s' expression requires valid geojson object that contains "
                         "polygon geometry type.",
                         "“%s”需要有效的 GeoJSON 对象（最多 10 万个点）。", op->name);
    e = expr_new(c, op, op->result, 0);
    if (!e)
        return NULL;
    e->more = build_place(c, geojson, &r);
    return e->more ? expr_finish(c, e) : NULL;
}

static const struct expr_operator rows[] = {
    {"within", compile_place, eval_within, BOOL, 0, {NULL}, EXPR_FEATURE},
    {"distance", compile_place, eval_distance, NUM, 0, {NULL}, EXPR_FEATURE},
};

const struct expr_family expr_family_place = {rows, sizeof rows / sizeof *rows};
