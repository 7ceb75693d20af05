/* SPDX-License-Identifier: Apache-2.0 */
/* SpatiaLite's geometry blob, two dimensions, EPSG:4326 ("BLOB-Geometry" of
 * libspatialite).
 *
 *   byte  0      0x00 start
 *         1      0x01 little endian, 0x00 big endian (of all numbers that follow)
 *         2..5   SRID, int32
 *         6..37  box: min x, min y, max x, max y
 *        38      0x7c end of the box
 *        39..42  class: 1 point, 2 line, 3 polygon, 4..6 their multiples, 7 collection
 *        43..    body
 *         last   0xfe end
 *
 *   body of a point       x, y
 *           a line        n, then n points
 *           a polygon     number of rings, then each as a line
 *           a multiple    n, then n times 0x69, class, body
 */
#include <layers/store.h>

#include <math.h>

enum {
    MARK_START = 0x00,
    MARK_BOX = 0x7c,
    MARK_ENTITY = 0x69,
    MARK_END = 0xfe,
    HEADER_BYTES = 39,
    SRID = 4326,
    CLASS_POINT = 1,
    CLASS_LINE = 2,
    CLASS_POLYGON = 3,
    CLASS_MULTI = 3, /* class of a multiple minus class of its member */
    CLASS_COLLECTION = 7,
    POINT_BYTES = 16
};

/* ---- writing ---- */

static void put_u32(struct im_buf *out, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
                    (uint8_t)(v >> 24)};

    im_buf_append(out, b, sizeof b);
}

static void put_double(struct im_buf *out, double v)
{
    uint64_t u;
    uint8_t b[8];

    memcpy(&u, &v, sizeof u);
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(u >> (8 * i));
    im_buf_append(out, b, sizeof b);
}

static void
put_points(struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to)
{
    for (size_t i = 2 * (size_t)from; i < 2 * (size_t)to; i++)
        put_double(out, g->lonlat[i]);
}

static void put_entity(struct im_buf *out, uint32_t class)
{
    im_buf_byte(out, MARK_ENTITY);
    put_u32(out, class);
}

static void put_part(struct im_buf *out, const struct geom *g, uint32_t part)
{
    uint32_t from = part ? g->part_end[part - 1] : 0;

    put_u32(out, g->part_end[part] - from);
    put_points(out, g, from, g->part_end[part]);
}

static void put_point_body(struct im_buf *out, const struct geom *g)
{
    if (g->n_points == 1) {
        put_u32(out, CLASS_POINT);
        put_points(out, g, 0, 1);
        return;
    }
    put_u32(out, CLASS_POINT + CLASS_MULTI);
    put_u32(out, g->n_points);
    for (uint32_t i = 0; i < g->n_points; i++) {
        put_entity(out, CLASS_POINT);
        put_points(out, g, i, i + 1);
    }
}

static void put_line_body(struct im_buf *out, const struct geom *g)
{
    put_u32(out, CLASS_LINE + CLASS_MULTI);
    put_u32(out, g->n_parts);
    for (uint32_t i = 0; i < g->n_parts; i++) {
        put_entity(out, CLASS_LINE);
        put_part(out, g, i);
    }
}

static void put_area_body(struct im_buf *out, const struct geom *g)
{
    uint32_t ring = 0;

    put_u32(out, CLASS_POLYGON + CLASS_MULTI);
    put_u32(out, g->n_areas);
    for (uint32_t i = 0; i < g->n_areas; i++) {
        put_entity(out, CLASS_POLYGON);
        put_u32(out, g->area_end[i] - ring);
        for (; ring < g->area_end[i]; ring++)
            put_part(out, g, ring);
    }
}

enum im_code blob_encode(const struct geom *g, struct im_buf *out, struct im_error *err)
{
    struct bbox box = bbox_empty();

    if (g->kind == GEOM_EMPTY || g->n_points == 0)
        return im_fail(err, IM_EARG, "an empty geometry has no blob; store null");
    for (uint32_t i = 0; i < g->n_points; i++) {
        double x = g->lonlat[2 * (size_t)i];
        double y = g->lonlat[2 * (size_t)i + 1];

        if (!isfinite(x) || !isfinite(y))
            return im_fail(err, IM_EDATA, "vertex %u is not a number", i);
        box.min_x = fmin(box.min_x, x);
        box.min_y = fmin(box.min_y, y);
        box.max_x = fmax(box.max_x, x);
        box.max_y = fmax(box.max_y, y);
    }
    im_buf_byte(out, MARK_START);
    im_buf_byte(out, 1);
    put_u32(out, SRID);
    put_double(out, box.min_x);
    put_double(out, box.min_y);
    put_double(out, box.max_x);
    put_double(out, box.max_y);
    im_buf_byte(out, MARK_BOX);
    if (g->kind == GEOM_POINT)
        put_point_body(out, g);
    else if (g->kind == GEOM_LINE)
        put_line_body(out, g);
    else
        put_area_body(out, g);
    im_buf_byte(out, MARK_END);
    return im_buf_check(out, "geometry", err);
}

/* ---- reading ---- */

/* The blob is walked twice: first with NULL arrays to check and count, then to fill. */
struct reader {
    const uint8_t *p;
    const uint8_t *end;
    bool is_big;
    const char *fault; /* NULL while all is well */
    enum geom_kind kind;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    double *lonlat;
    uint32_t *part_end;
    uint32_t *area_end;
};

static void fault(struct reader *r, const char *what)
{
    if (!r->fault)
        r->fault = what;
    r->p = r->end;
}

static uint64_t get(struct reader *r, size_t bytes)
{
    uint64_t v = 0;

    if ((size_t)(r->end - r->p) < bytes) {
        fault(r, "is cut short");
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)r->p[r->is_big ? bytes - 1 - i : i] << (8 * i);
    r->p += bytes;
    return v;
}

static uint32_t get_u32(struct reader *r)
{
    return (uint32_t)get(r, 4);
}

static double get_double(struct reader *r)
{
    uint64_t u = get(r, 8);
    double v;

    memcpy(&v, &u, sizeof v);
    return v;
}

/* A count of things that take at least `min_bytes` each: no more than what is left. */
static uint32_t get_count(struct reader *r, size_t min_bytes)
{
    uint32_t n = get_u32(r);

    if (n > (size_t)(r->end - r->p) / min_bytes) {
        fault(r, "is cut short");
        return 0;
    }
    return n;
}

static void get_point(struct reader *r)
{
    double x = get_double(r);
    double y = get_double(r);

    if (!isfinite(x) || !isfinite(y))
        fault(r, "has a coordinate that is not a number");
    if (r->lonlat) {
        r->lonlat[2 * (size_t)r->n_points] = x;
        r->lonlat[2 * (size_t)r->n_points + 1] = y;
    }
    r->n_points++;
}

static void get_part(struct reader *r)
{
    uint32_t n = get_count(r, POINT_BYTES);

    for (uint32_t i = 0; i < n; i++)
        get_point(r);
    if (r->part_end)
        r->part_end[r->n_parts] = r->n_points;
    r->n_parts++;
}

static void get_line(struct reader *r)
{
    uint32_t first = r->n_points;

    get_part(r);
    if (r->n_points - first < 2)
        fault(r, "has a line of fewer than 2 points");
}

/* The blob has no rule which way a ring runs; struct geom has. */
static void get_ring(struct reader *r, bool is_outer)
{
    uint32_t first = r->n_points;

    get_part(r);
    uint32_t n = r->n_points - first;
    if (n < 4) {
        fault(r, "has a ring of fewer than 4 points");
    } else if (r->lonlat) {
        double *ring = r->lonlat + 2 * (size_t)first;

        if (ring[0] != ring[2 * (size_t)n - 2] || ring[1] != ring[2 * (size_t)n - 1])
            fault(r, "has a ring that is not closed");
        else
            geom_ring_orient(ring, n, is_outer);
    }
}

static void get_polygon(struct reader *r)
{
    uint32_t n = get_count(r, 4 + 4 * POINT_BYTES);

    if (n == 0)
        fault(r, "has a polygon without rings");
    for (uint32_t i = 0; i < n && !r->fault; i++)
        get_ring(r, i == 0);
    if (r->area_end)
        r->area_end[r->n_areas] = r->n_parts;
    r->n_areas++;
}

static void get_single(struct reader *r, uint32_t class)
{
    static const enum geom_kind kinds[] = {[CLASS_POINT] = GEOM_POINT,
                                           [CLASS_LINE] = GEOM_LINE,
                                           [CLASS_POLYGON] = GEOM_AREA};

    if (class < CLASS_POINT || class > CLASS_POLYGON) {
        fault(r, "is of a class that is not two-dimensional and plain");
        return;
    }
    if (r->kind != GEOM_EMPTY && r->kind != kinds[class]) {
        fault(r, "mixes points, lines and areas");
        return;
    }
    r->kind = kinds[class];
    if (class == CLASS_POINT)
        get_point(r);
    else if (class == CLASS_LINE)
        get_line(r);
    else
        get_polygon(r);
}

static void get_multiple(struct reader *r, uint32_t class)
{
    uint32_t n = get_count(r, 5);

    for (uint32_t i = 0; i < n && !r->fault; i++) {
        if (get(r, 1) != MARK_ENTITY) {
            fault(r, "has a part without its mark");
            return;
        }
        uint32_t member = get_u32(r);
        if (class != CLASS_COLLECTION && member != class - CLASS_MULTI) {
            fault(r, "has a part of another class");
            return;
        }
        get_single(r, member);
    }
}

static void get_all(struct reader *r, struct im_bytes blob)
{
    r->p = blob.data;
    r->end = blob.data + blob.len;
    r->fault = NULL;
    r->kind = GEOM_EMPTY;
    r->n_points = r->n_parts = r->n_areas = 0;
    if (blob.len < HEADER_BYTES + 5 || blob.data[0] != MARK_START || blob.data[1] > 1 ||
        blob.data[HEADER_BYTES - 1] != MARK_BOX || r->end[-1] != MARK_END) {
        fault(r, "lacks the marks of a SpatiaLite geometry");
        return;
    }
    r->end--; /* the end mark is checked */
    r->is_big = blob.data[1] == 0;
    r->p += 2;
    if (get_u32(r) != SRID) {
        fault(r, "is not in EPSG:4326");
        return;
    }
    r->p = blob.data + HEADER_BYTES;
    uint32_t class = get_u32(r);
    if (class > CLASS_POLYGON && class <= CLASS_COLLECTION)
        get_multiple(r, class);
    else
        get_single(r, class);
    if (r->p != r->end)
        fault(r, "has bytes left over");
}

static bool allocate(struct reader *r, struct im_arena *arena)
{
    r->lonlat = im_arena_calloc(arena, r->n_points, 2 * sizeof(double));
    if (!r->lonlat)
        return false;
    if (r->kind == GEOM_POINT)
        return true;
    r->part_end = im_arena_calloc(arena, r->n_parts, sizeof *r->part_end);
    if (!r->part_end || r->kind == GEOM_LINE)
        return r->part_end != NULL;
    r->area_end = im_arena_calloc(arena, r->n_areas, sizeof *r->area_end);
    return r->area_end != NULL;
}

enum im_code blob_decode(struct im_bytes blob,
                         struct im_arena *arena,
                         struct geom *out,
                         struct im_error *err)
{
    struct reader r = {0};

    get_all(&r, blob);
    if (!r.fault && r.kind != GEOM_EMPTY) {
        if (!allocate(&r, arena))
            return im_fail(err, IM_ENOMEM, "geometry of %u points: out of memory",
                           r.n_points);
        get_all(&r, blob);
    }
    if (r.fault)
        return im_fail(err, IM_EDATA, "geometry blob of %zu bytes %s", blob.len,
                       r.fault);
    *out = (struct geom){.kind = r.kind,
                         .n_points = r.n_points,
                         .n_parts = r.n_parts,
                         .n_areas = r.n_areas,
                         .lonlat = r.lonlat,
                         .part_end = r.part_end,
                         .area_end = r.area_end};
    return IM_OK;
}
