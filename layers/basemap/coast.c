/* SPDX-License-Identifier: Apache-2.0 */
/* Sea and coastline from npm @geo-maps/earth-coastlines-10m.
 *
 * The file is one GeometryCollection of polygons and multipolygons. A tree of it would
 * take some hundred megabytes, so the arrays under "coordinates" are scanned instead:
 * an array of numbers is a position, its parent a ring, the parent of that a polygon.
 */
#include "coast.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_RINGS = 100000, MAX_DEPTH = 8, READ_BYTES = 1 << 16 };

struct scanner {
    FILE *file;
    size_t at;         /* bytes consumed */
    struct path *ring; /* of the polygon that is being read */
    size_t n_rings;    /* finished ones */
    size_t cap_rings;
    struct bbox box;
    struct geos *g;
    const GEOSGeometry *clip;
    struct geos_list land;
    struct im_error *err;
};

static int next(struct scanner *s)
{
    int c = getc_unlocked(s->file);

    if (c != EOF)
        s->at++;
    return c;
}

static int next_solid(struct scanner *s)
{
    int c;

    do
        c = next(s);
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
    return c;
}

static enum im_code broken(struct scanner *s)
{
    if (ferror(s->file))
        return im_fail(s->err, IM_EIO, "reading stops at byte %zu: %s", s->at,
                       strerror(errno));
    return im_fail(s->err, IM_EDATA, "byte %zu: not the expected GeoJSON", s->at);
}

static enum im_code no_memory(struct scanner *s)
{
    return im_fail(s->err, IM_ENOMEM, "out of memory for coasts");
}

/* Reads a number that begins with `c`; leaves the character after it in *after. */
static bool number(struct scanner *s, int c, double *out, int *after)
{
    uint8_t text[64];
    size_t n = 0;

    while (c != EOF && c < 128 && strchr("0123456789+-.eE", c)) {
        if (n == sizeof text)
            return false;
        text[n++] = (uint8_t)c;
        c = next(s);
    }
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t')
        c = next(s);
    *after = c;
    return im_parse_double((struct im_bytes){text, n}, out);
}

/* After '[' and the first character of a number: "lon, lat]" (a height is skipped). */
static enum im_code position(struct scanner *s, int c)
{
    double value[3] = {0};
    int n = 0;

    do {
        if (n == 3 || !number(s, c, &value[n++], &c))
            return broken(s);
        if (c == ',')
            c = next_solid(s);
        else if (c != ']')
            return broken(s);
    } while (c != ']');
    if (n < 2)
        return broken(s);
    return path_add(&s->ring[s->n_rings], value[0], value[1]) ? IM_OK : no_memory(s);
}

/* The open ring is finished: the next one begins. */
static enum im_code end_ring(struct scanner *s)
{
    if (s->ring[s->n_rings].n < 4)
        return broken(s);
    if (s->n_rings + 1 == MAX_RINGS)
        return im_fail(s->err, IM_ELIMIT, "a polygon has over %d rings", MAX_RINGS);
    s->n_rings++;
    if (s->n_rings == s->cap_rings) {
        struct path *grown = realloc(s->ring, 2 * s->cap_rings * sizeof *grown);

        if (!grown)
            return no_memory(s);
        s->ring = grown;
        for (size_t i = s->cap_rings; i < 2 * s->cap_rings; i++)
            s->ring[i] = (struct path){0};
        s->cap_rings *= 2;
    }
    s->ring[s->n_rings].n = 0;
    return IM_OK;
}

/* The rings [0, n_rings) are a polygon: keep what of it lies in the box. */
static enum im_code end_polygon(struct scanner *s)
{
    size_t n = s->n_rings;

    s->n_rings = 0;
    if (n == 0)
        return broken(s);
    if (bbox_intersects(path_bbox(&s->ring[0]), s->box)) {
        GEOSGeometry *polygon = geos_polygon(s->g, s->ring, n);

        if (!polygon || !geos_replace(s->g, &polygon, GEOSIntersection_r, s->clip))
            return geos_fail(s->g, "the coast", s->err);
        if (GEOSisEmpty_r(s->g->h, polygon) == 1)
            GEOSGeom_destroy_r(s->g->h, polygon);
        else if (!geos_list_take(s->g, &s->land, polygon))
            return no_memory(s);
    }
    s->ring[0].n = 0;
    return IM_OK;
}

/* The nested arrays after "coordinates": from their first '[' to its ']'. */
static enum im_code coordinates(struct scanner *s)
{
    int depth = 1;
    int position_depth = 0; /* at which positions are; 0: not seen yet */
    enum im_code rc = IM_OK;

    while (!rc && depth > 0) {
        int c = next_solid(s);

        if (c == '[') {
            if (++depth > MAX_DEPTH)
                return broken(s);
        } else if (c == ']') {
            if (depth == position_depth - 1)
                rc = end_ring(s);
            else if (depth == position_depth - 2)
                rc = end_polygon(s);
            depth--;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            if (depth < 3 || (position_depth && position_depth != depth))
                return broken(s);
            position_depth = depth;
            rc = position(s, c);
            depth--;
        } else if (c != ',') {
            return broken(s);
        }
    }
    return rc;
}

/* Consumes a string after its opening quote; is it `word`? */
static enum im_code string(struct scanner *s, const char *word, bool *equal)
{
    size_t n = 0;
    size_t len = strlen(word);
    bool same = true;
    int c;

    while ((c = next(s)) != '"') {
        if (c == EOF)
            return broken(s);
        if (c == '\\' && next(s) == EOF)
            return broken(s);
        same = same && n < len && c == word[n];
        n++;
    }
    *equal = same && n == len;
    return IM_OK;
}

static enum im_code scan(struct scanner *s)
{
    enum im_code rc = IM_OK;
    int c = next_solid(s);

    if (c != '{')
        return broken(s);
    while (!rc && (c = next(s)) != EOF) {
        bool found = false;

        if (c != '"')
            continue;
        rc = string(s, "coordinates", &found);
        if (!rc && found && (next_solid(s) != ':' || next_solid(s) != '['))
            rc = broken(s);
        if (!rc && found)
            rc = coordinates(s);
    }
    if (!rc && ferror(s->file))
        rc = broken(s);
    return rc;
}

static enum im_code open_file(struct scanner *s, const char *path, struct im_error *err)
{
    s->file = fopen(path, "rb");
    if (!s->file)
        return im_fail(err, IM_ENOTFOUND, "there is no readable file '%s'", path);
    setvbuf(s->file, NULL, _IOFBF, READ_BYTES);
    s->cap_rings = 16;
    s->ring = calloc(s->cap_rings, sizeof *s->ring);
    return s->ring ? IM_OK : no_memory(s);
}

static void scanner_release(struct scanner *s)
{
    for (size_t i = 0; s->ring && i < s->cap_rings; i++)
        path_release(&s->ring[i]);
    free(s->ring);
    geos_list_release(s->g, &s->land);
    if (s->file)
        fclose(s->file);
}

/* Shores are the land's outline without what the box cut. */
static enum im_code finish(struct geos *g,
                           struct geos_list *pieces,
                           const GEOSGeometry *clip,
                           struct coast *out,
                           struct im_error *err)
{
    GEOSGeometry *all = geos_collect_take(g, GEOS_GEOMETRYCOLLECTION, pieces);
    GEOSGeometry *land = all ? GEOSUnaryUnion_r(g->h, all) : NULL;
    GEOSGeometry *frame = GEOSBoundary_r(g->h, clip);
    GEOSGeometry *shore = land ? GEOSBoundary_r(g->h, land) : NULL;
    GEOSGeometry *merged = NULL;

    if (land)
        out->sea = geos_areas_take(g, GEOSDifference_r(g->h, clip, land));
    if (frame && shore && geos_replace(g, &shore, GEOSDifference_r, frame))
        merged = GEOSLineMerge_r(g->h, shore);
    out->line = geos_lines_take(g, merged);
    GEOSGeom_destroy_r(g->h, all);
    GEOSGeom_destroy_r(g->h, land);
    GEOSGeom_destroy_r(g->h, frame);
    GEOSGeom_destroy_r(g->h, shore);
    if (out->sea && out->line)
        return IM_OK;
    GEOSGeom_destroy_r(g->h, out->sea);
    GEOSGeom_destroy_r(g->h, out->line);
    *out = (struct coast){0};
    return geos_fail(g, "the coast", err);
}

enum im_code coast_read(struct geos *g,
                        const char *path,
                        struct bbox box,
                        struct coast *out,
                        struct im_error *err)
{
    GEOSGeometry *clip = geos_box(g, box);
    struct scanner s = {.box = box, .g = g, .clip = clip, .err = err};
    enum im_code rc = clip ? open_file(&s, path, err) : geos_fail(g, "a box", err);

    if (!rc) {
        rc = scan(&s);
        if (rc)
            rc = im_context(err, "%s", path);
    }
    if (!rc)
        rc = finish(g, &s.land, clip, out, err);
    scanner_release(&s);
    GEOSGeom_destroy_r(g->h, clip);
    return rc;
}
