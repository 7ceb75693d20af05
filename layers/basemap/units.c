/* SPDX-License-Identifier: Apache-2.0 */
/* Administrative units as the ECharts packages carry them. */
#include "units.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    UNIT_BIAS = 64,
    MAX_X = 180 * GRID_PER_DEG,
    MAX_Y = 90 * GRID_PER_DEG,
    CHONGMING = 310151 /* carries neither id nor seat in the source */
};
static const double CHONGMING_LON = 121.397516; /* GCJ-02 */
static const double CHONGMING_LAT = 31.626946;

void unit_set_release(struct unit_set *set)
{
    free(set->unit);
    free(set->ring);
    free(set->point);
    *set = (struct unit_set){0};
}

static bool make_room(void **data, size_t *cap, size_t n, size_t size)
{
    size_t more;
    size_t bytes;

    if (n < *cap)
        return true;
    more = *cap ? *cap : 64;
    if (!im_size_add(*cap, more, &more) || !im_size_mul(more, size, &bytes))
        return false;
    void *grown = realloc(*data, bytes);
    if (!grown)
        return false;
    *data = grown;
    *cap = more;
    return true;
}

bool unit_set_add_unit(struct unit_set *set, int32_t adcode, const char *name_zh)
{
    void *data = set->unit;

    if (!make_room(&data, &set->cap_units, set->n_units, sizeof *set->unit))
        return false;
    set->unit = data;
    struct unit *u = &set->unit[set->n_units++];
    *u = (struct unit){.adcode = adcode, .first_ring = set->n_rings};
    size_t len = im_utf8_cut(name_zh, sizeof u->name_zh - 1);
    memcpy(u->name_zh, name_zh, len);
    u->name_zh[len] = '\0';
    return true;
}

bool unit_set_add_ring(struct unit_set *set, unsigned polygon)
{
    void *data = set->ring;

    if (!make_room(&data, &set->cap_rings, set->n_rings, sizeof *set->ring))
        return false;
    set->ring = data;
    set->ring[set->n_rings++] =
        (struct grid_ring){.first = set->n_points, .polygon = polygon};
    set->unit[set->n_units - 1].n_rings++;
    return true;
}

bool unit_set_add_point(struct unit_set *set, struct grid_point p)
{
    void *data = set->point;

    if (!make_room(&data, &set->cap_points, set->n_points, sizeof *set->point))
        return false;
    set->point = data;
    set->point[set->n_points++] = p;
    set->ring[set->n_rings - 1].n++;
    return true;
}

static bool same(struct grid_point a, struct grid_point b)
{
    return a.x == b.x && a.y == b.y;
}

static bool has_three_distinct(const struct grid_point *p, size_t n)
{
    size_t second = 1;

    while (second < n && same(p[second], p[0]))
        second++;
    for (size_t i = second + 1; i < n; i++)
        if (!same(p[i], p[0]) && !same(p[i], p[second]))
            return true;
    return false;
}

void unit_set_end_ring(struct unit_set *set)
{
    struct grid_ring *ring = &set->ring[set->n_rings - 1];
    struct grid_point *p = set->point + ring->first;
    size_t n = 0;

    for (size_t i = 0; i < ring->n; i++)
        if (n == 0 || !same(p[n - 1], p[i]))
            p[n++] = p[i];
    while (n > 1 && same(p[n - 1], p[0]))
        n--;
    if (!has_three_distinct(p, n)) {
        set->n_points = ring->first;
        set->n_rings--;
        set->unit[set->n_units - 1].n_rings--;
        set->dropped_rings++;
        return;
    }
    ring->n = n;
    set->n_points = ring->first + n;
}

static int32_t unzigzag(uint32_t v)
{
    return (int32_t)(v >> 1) ^ -(int32_t)(v & 1);
}

static bool next_delta(struct im_bytes text, size_t *pos, int32_t *delta)
{
    uint32_t c = im_utf8_next(text, pos);

    if (c < UNIT_BIAS || c > 0xFFFF)
        return false;
    *delta = unzigzag(c - UNIT_BIAS);
    return true;
}

enum im_code ring_decode(struct unit_set *set,
                         struct im_bytes text,
                         struct grid_point p,
                         struct im_error *err)
{
    if (!im_utf8_valid(text))
        return im_fail(err, IM_EDATA, "an encoded ring is not valid UTF-8");
    for (size_t pos = 0; pos < text.len;) {
        struct grid_point d = {0, 0};
        size_t at = pos;

        if (!next_delta(text, &pos, &d.x))
            return im_fail(err, IM_EDATA, "byte %zu is not an encoded difference", at);
        if (pos == text.len)
            return im_fail(err, IM_EDATA, "an encoded ring ends inside a pair");
        at = pos;
        if (!next_delta(text, &pos, &d.y))
            return im_fail(err, IM_EDATA, "byte %zu is not an encoded difference", at);
        if (__builtin_add_overflow(p.x, d.x, &p.x) ||
            __builtin_add_overflow(p.y, d.y, &p.y) || abs(p.x) > MAX_X ||
            abs(p.y) > MAX_Y)
            return im_fail(err, IM_EDATA,
                           "an encoded ring leaves the Earth at byte %zu", at);
        if (!unit_set_add_point(set, p))
            return im_fail(err, IM_ENOMEM, "out of memory for outlines");
    }
    return IM_OK;
}

static enum im_code read_encoded_ring(struct unit_set *set,
                                      json_t *text,
                                      json_t *offset,
                                      struct im_error *err)
{
    json_t *jx = json_array_get(offset, 0);
    json_t *jy = json_array_get(offset, 1);
    struct im_bytes bytes = {(const uint8_t *)json_string_value(text),
                             json_string_length(text)};

    if (!json_is_string(text) || !json_is_integer(jx) || !json_is_integer(jy))
        return im_fail(err, IM_EDATA, "a ring lacks its text or its start");
    json_int_t x = json_integer_value(jx);
    json_int_t y = json_integer_value(jy);
    if (x < -MAX_X || x > MAX_X || y < -MAX_Y || y > MAX_Y)
        return im_fail(err, IM_EDATA,
                       "a ring starts at %lld, %lld; allowed are +-%d, +-%d",
                       (long long)x, (long long)y, MAX_X, MAX_Y);
    return ring_decode(set, bytes, (struct grid_point){(int32_t)x, (int32_t)y}, err);
}

static enum im_code
read_plain_ring(struct unit_set *set, json_t *points, struct im_error *err)
{
    size_t i;
    json_t *point;

    if (!json_is_array(points))
        return im_fail(err, IM_EDATA, "a ring is not a list of positions");
    json_array_foreach(points, i, point)
    {
        json_t *lon = json_array_get(point, 0);
        json_t *lat = json_array_get(point, 1);
        double x = json_number_value(lon) * GRID_PER_DEG;
        double y = json_number_value(lat) * GRID_PER_DEG;

        if (!json_is_number(lon) || !json_is_number(lat) || !(fabs(x) <= MAX_X) ||
            !(fabs(y) <= MAX_Y))
            return im_fail(err, IM_EDATA, "position %zu is not on Earth", i);
        if (!unit_set_add_point(
                set, (struct grid_point){(int32_t)lround(x), (int32_t)lround(y)}))
            return im_fail(err, IM_ENOMEM, "out of memory for outlines");
    }
    return IM_OK;
}

/* `offsets` is NULL where coordinates are plain numbers. */
static enum im_code read_polygon(struct unit_set *set,
                                 json_t *rings,
                                 json_t *offsets,
                                 unsigned polygon,
                                 struct im_error *err)
{
    size_t i;
    json_t *ring;

    if (!json_is_array(rings))
        return im_fail(err, IM_EDATA, "a polygon is not a list of rings");
    json_array_foreach(rings, i, ring)
    {
        enum im_code rc;

        if (!unit_set_add_ring(set, polygon))
            return im_fail(err, IM_ENOMEM, "out of memory for outlines");
        rc = offsets ? read_encoded_ring(set, ring, json_array_get(offsets, i), err)
                     : read_plain_ring(set, ring, err);
        if (rc)
            return rc;
        unit_set_end_ring(set);
    }
    return IM_OK;
}

static enum im_code read_geometry(struct unit_set *set,
                                  json_t *geometry,
                                  bool encoded,
                                  struct im_error *err)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    json_t *coordinates = json_object_get(geometry, "coordinates");
    json_t *offsets = encoded ? json_object_get(geometry, "encodeOffsets") : NULL;
    size_t i;
    json_t *polygon;
    enum im_code rc = IM_OK;

    if (encoded && !json_is_array(offsets))
        return im_fail(err, IM_EDATA, "an encoded geometry lacks encodeOffsets");
    if (type && strcmp(type, "Polygon") == 0)
        return read_polygon(set, coordinates, offsets, 0, err);
    if (!type || strcmp(type, "MultiPolygon") != 0 || !json_is_array(coordinates))
        return im_fail(err, IM_EDATA,
                       "geometry type '%s'; allowed are Polygon and MultiPolygon",
                       type ? type : "");
    json_array_foreach(coordinates, i, polygon)
    {
        json_t *offset = encoded ? json_array_get(offsets, i) : NULL;

        if (encoded && !json_is_array(offset))
            return im_fail(err, IM_EDATA, "polygon %zu lacks encodeOffsets", i);
        rc = read_polygon(set, polygon, offset, (unsigned)i, err);
        if (rc)
            break;
    }
    return rc;
}

static int32_t adcode_of(json_t *feature, const char *name)
{
    const char *id = json_string_value(json_object_get(feature, "id"));
    int64_t code;

    if (id && im_parse_int64(im_bytes_of(id), &code) && code >= 100000 &&
        code <= 999999)
        return (int32_t)code;
    return strcmp(name, "崇明区") == 0 ? CHONGMING : 0;
}

static void read_seat(struct unit *u, json_t *properties)
{
    json_t *cp = json_object_get(properties, "cp");
    json_t *lon = json_array_get(cp, 0);
    json_t *lat = json_array_get(cp, 1);

    if (json_is_number(lon) && json_is_number(lat)) {
        u->has_seat = true;
        u->seat_lon = json_number_value(lon);
        u->seat_lat = json_number_value(lat);
    } else if (u->adcode == CHONGMING) {
        u->has_seat = true;
        u->seat_lon = CHONGMING_LON;
        u->seat_lat = CHONGMING_LAT;
    }
}

static enum im_code
read_feature(struct unit_set *set, json_t *feature, bool encoded, struct im_error *err)
{
    json_t *properties = json_object_get(feature, "properties");
    const char *name = json_string_value(json_object_get(properties, "name"));
    int32_t adcode = name ? adcode_of(feature, name) : 0;
    enum im_code rc;

    if (!adcode)
        return im_fail(err, IM_EDATA, "a feature lacks its name or its id");
    if (!unit_set_add_unit(set, adcode, name))
        return im_fail(err, IM_ENOMEM, "out of memory for outlines");
    read_seat(&set->unit[set->n_units - 1], properties);
    rc = read_geometry(set, json_object_get(feature, "geometry"), encoded, err);
    return rc ? im_context(err, "%s", name) : IM_OK;
}

enum im_code
units_read_json(struct unit_set *set, struct im_bytes json, struct im_error *err)
{
    json_error_t fault;
    json_t *root =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    enum im_code rc = IM_OK;
    size_t i;
    json_t *feature;

    if (!root)
        return im_fail(err, IM_EDATA, "line %d: %s", fault.line, fault.text);
    bool encoded = json_is_true(json_object_get(root, "UTF8Encoding"));
    json_t *features = json_object_get(root, "features");
    if (!json_is_array(features)) {
        rc = im_fail(err, IM_EDATA, "the file has no list of features");
        goto done;
    }
    json_array_foreach(features, i, feature)
    {
        rc = read_feature(set, feature, encoded, err);
        if (rc) {
            rc = im_context(err, "feature %zu", i);
            break;
        }
    }
done:
    json_decref(root);
    return rc;
}
