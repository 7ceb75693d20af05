/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one layer as GeoJSON. */
#include <engine/row_json.h>

#include "atlas/layer.h"

struct member {
    int field;
    uint32_t key_len;
    const uint8_t *key; /* `,"name":` */
    bool is_list;
    bool is_boolean;
};

struct row_json {
    const struct atlas_layer *layer;
    enum row_json_style style;
    struct im_arena *arena;
    struct member *members; /* room for all fields */
    size_t n;
};

struct row_json *row_json_new(const struct atlas_layer *layer,
                              enum row_json_style style,
                              struct im_arena *arena)
{
    struct row_json *rows = im_arena_calloc(arena, 1, sizeof *rows);

    if (!rows)
        return NULL;
    rows->layer = layer;
    rows->style = style;
    rows->arena = arena;
    rows->members =
        im_arena_calloc(arena, layer->schema->n_fields + 1, sizeof *rows->members);
    return rows->members ? rows : NULL;
}

bool row_json_add(struct row_json *rows, int field)
{
    const struct schema_field *f = &rows->layer->schema->fields[field];
    struct im_bytes name = im_bytes_of(f->name);
    uint8_t *key = im_arena_alloc(rows->arena, JSON_STRING_ROOM(name.len) + 2);
    struct member *m = &rows->members[rows->n];
    uint8_t *end;

    if (!key)
        return false;
    key[0] = ',';
    end = im_json_put_string(key + 1, name);
    *end++ = ':';
    *m = (struct member){.field = field,
                         .key = key,
                         .key_len = (uint32_t)(end - key),
                         .is_list = f->list && rows->style == ROW_JSON_TYPED,
                         .is_boolean = f->format == FORMAT_BOOLEAN &&
                                       rows->style == ROW_JSON_TYPED};
    rows->n++;
    return true;
}

/* Room for `n` bytes and the bytes themselves; NULL: the buffer cannot have so many,
 * but perhaps those that are really needed. */
static uint8_t *room(struct im_buf *out, size_t n)
{
    if (out->cap - out->len >= n && !out->failed)
        return out->data + out->len;
    if (out->failed || n > out->max - out->len || !im_buf_reserve(out, n))
        return NULL;
    return out->data + out->len;
}

static void write_list(struct im_json *w, struct im_bytes rest)
{
    im_json_array(w);
    while (rest.len) {
        const uint8_t *end = memchr(rest.data, ';', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;

        if (len)
            im_json_string(w, (struct im_bytes){rest.data, len});
        len += end != NULL;
        rest = (struct im_bytes){rest.data + len, rest.len - len};
    }
    im_json_array_end(w);
}

static uint8_t *put_null(uint8_t *to)
{
    memcpy(to, "null", 4);
    return to + 4;
}

static uint8_t *
put_number(uint8_t *to, const struct member *m, const struct column *c, uint32_t row)
{
    if (column_is_null(c, row))
        return put_null(to);
    if (c->type == FIELD_REAL)
        return to + im_format_double((char *)to, c->reals[row], 9);
    if (!m->is_boolean)
        return to + im_format_int64((char *)to, c->integers[row]);
    memcpy(to, c->integers[row] ? "true " : "false", 5);
    return to + (c->integers[row] ? 4 : 5);
}

static uint8_t *put_key(uint8_t *to, const struct member *m, bool follows)
{
    memcpy(to, m->key + !follows, m->key_len);
    return to + m->key_len - !follows;
}

/* Where the room for the longest form is not to be had. */
static void write_long(struct im_json *w, const struct member *m, struct im_bytes text)
{
    bool follows = w->comma;

    im_buf_append(w->out, m->key + !follows, m->key_len - !follows);
    w->comma = false;
    if (m->is_list)
        write_list(w, text);
    else
        im_json_string(w, text);
}

static void write_text(struct im_json *w,
                       const struct member *m,
                       const struct column *c,
                       uint32_t row)
{
    bool is_null = c->codes[row] == ATLAS_NULL_CODE;
    struct im_bytes text = {0};
    uint8_t *to;

    if (!is_null)
        text = column_text(c, c->codes[row]);
    to = m->is_list && !is_null ? NULL
                                : room(w->out, m->key_len + JSON_STRING_ROOM(text.len));
    if (!to) {
        write_long(w, m, text);
        return;
    }
    to = put_key(to, m, w->comma);
    to = is_null ? put_null(to) : im_json_put_string(to, text);
    w->out->len = (size_t)(to - w->out->data);
    w->comma = true;
}

static void write_number(struct im_json *w,
                         const struct member *m,
                         const struct column *c,
                         uint32_t row)
{
    uint8_t *to = room(w->out, m->key_len + IM_NUMBER_MAX);
    uint8_t digits[IM_NUMBER_MAX];

    if (to) {
        to = put_number(put_key(to, m, w->comma), m, c, row);
        w->out->len = (size_t)(to - w->out->data);
    } else {
        im_buf_append(w->out, m->key + !w->comma, m->key_len - !w->comma);
        im_buf_append(w->out, digits, (size_t)(put_number(digits, m, c, row) - digits));
    }
    w->comma = true;
}

void row_json_members(const struct row_json *rows, uint32_t feature, struct im_json *w)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct member *m = &rows->members[i];
        const struct column *c = &rows->layer->columns[m->field];

        if (c->type == FIELD_TEXT)
            write_text(w, m, c, feature);
        else
            write_number(w, m, c, feature);
    }
}

/* ---- the beginning ---- */

#define BEGIN ",{\"type\":\"Feature\",\"id\":"
#define POINT ",\"geometry\":{\"type\":\"Point\",\"coordinates\":["
#define OTHER ",\"geometry\":"
#define AFTER ",\"properties\":"
#define PUT(to, literal)                                                               \
    (memcpy(to, literal, sizeof(literal) - 1), (to) + sizeof(literal) - 1)

static uint8_t *put_point(uint8_t *to, const double *lonlat, int decimals)
{
    to = PUT(to, POINT);
    to += im_format_double((char *)to, lonlat[0], decimals);
    *to++ = ',';
    to += im_format_double((char *)to, lonlat[1], decimals);
    return PUT(to, "]}" AFTER);
}

static void begin_long(const struct row_json *rows,
                       uint32_t feature,
                       const struct geom *geometry,
                       int decimals,
                       struct im_json *w)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    atlas_key(rows->layer, feature, number, &key);
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, "Feature");
    im_json_key(w, "id");
    im_json_string(w, key);
    im_json_key(w, "geometry");
    geom_write_json_as(geometry, decimals, w);
    im_json_key(w, "properties");
}

void row_json_begin(const struct row_json *rows,
                    uint32_t feature,
                    const struct geom *geometry,
                    int decimals,
                    struct im_json *w)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;
    uint8_t *to;

    if (geometry->kind != GEOM_POINT || geometry->n_points != 1) {
        begin_long(rows, feature, geometry, decimals, w);
        return;
    }
    atlas_key(rows->layer, feature, number, &key);
    to = room(w->out,
              JSON_STRING_ROOM(key.len) + sizeof BEGIN POINT AFTER + 2 * IM_NUMBER_MAX);
    if (!to) {
        begin_long(rows, feature, geometry, decimals, w);
        return;
    }
    memcpy(to, &BEGIN[!w->comma], sizeof BEGIN - 1);
    to += sizeof BEGIN - 1 - !w->comma;
    to = im_json_put_string(to, key);
    to = put_point(to, geometry->lonlat, decimals);
    w->out->len = (size_t)(to - w->out->data);
    w->comma = false;
}
