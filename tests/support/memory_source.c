/* SPDX-License-Identifier: Apache-2.0 */
/* A feature source of a few lines. */
#include <support/memory_source.h>

#include <stdio.h>
#include <stdlib.h>

struct memory_row {
    struct geom geom;
    struct source_value *values;
    int64_t fid;
};

struct memory_layer {
    const char *id;
    const char *definition;
    const char *style;
    uint64_t version;
    const struct layer_schema *schema; /* NULL: the definition is broken */
    struct memory_row *rows;
    size_t n_rows;
    size_t cap;
    unsigned scans;
    bool is_logged;
    uint64_t since;
    const int64_t *changed;
    size_t n_changed;
};

enum { MAX_LAYERS = 512 };

struct memory_source {
    struct im_arena *arena;
    struct memory_layer layers[MAX_LAYERS];
    size_t n_layers;
    size_t newest;
    const char *failing;
};

struct source_cursor {
    struct memory_source *ms;
    struct memory_layer *layer;
    size_t row;
    const int64_t *fids; /* NULL: all rows */
    size_t n_fids;
};

static void fail(const char *what, const char *value)
{
    fprintf(stderr, "memory_source: %s: %s\n", what, value);
    abort();
}

static void *take(struct memory_source *ms, size_t n, size_t size)
{
    void *p = im_arena_calloc(ms->arena, n ? n : 1, size);

    if (!p)
        fail("out of memory", "");
    return p;
}

static char *copy(struct memory_source *ms, const char *text, size_t len)
{
    char *p = im_arena_strdup(ms->arena, (struct im_bytes){(const uint8_t *)text, len});

    if (!p)
        fail("out of memory", text);
    return p;
}

struct memory_source *memory_source_new(void)
{
    struct memory_source *ms = calloc(1, sizeof *ms);

    if (ms)
        ms->arena = im_arena_new((size_t)4 << 30);
    if (!ms || !ms->arena)
        fail("out of memory", "");
    return ms;
}

void memory_source_free(struct memory_source *ms)
{
    if (!ms)
        return;
    for (size_t i = 0; i < ms->n_layers; i++)
        free(ms->layers[i].rows);
    im_arena_free(ms->arena);
    free(ms);
}

/* The id of a definition that does not compile: what stands after "id":" in it. */
static char *rough_id(struct memory_source *ms, const char *json)
{
    const char *at = strstr(json, "\"id\":");
    const char *end;

    at = at ? strchr(at + 5, '"') : NULL;
    end = at ? strchr(at + 1, '"') : NULL;
    return end ? copy(ms, at + 1, (size_t)(end - at - 1)) : copy(ms, "broken", 6);
}

void memory_source_layer(struct memory_source *ms,
                         const char *layer_json,
                         const char *style_json,
                         uint64_t version)
{
    struct memory_layer *layer = &ms->layers[ms->n_layers];
    struct im_error err;

    if (ms->n_layers == MAX_LAYERS)
        fail("too many layers", layer_json);
    *layer =
        (struct memory_layer){.definition = copy(ms, layer_json, strlen(layer_json)),
                              .style = copy(ms, style_json, strlen(style_json)),
                              .version = version};
    if (schema_parse(im_bytes_of(layer_json), ms->arena, &layer->schema, &err) == IM_OK)
        layer->id = layer->schema->id;
    else
        layer->id = rough_id(ms, layer_json);
    ms->newest = ms->n_layers++;
}

static struct memory_layer *find(const struct memory_source *ms, const char *id)
{
    for (size_t i = 0; i < ms->n_layers; i++)
        if (strcmp(ms->layers[i].id, id) == 0)
            return (struct memory_layer *)&ms->layers[i];
    fail("no such layer", id);
    return NULL;
}

static void parse_value(struct memory_source *ms,
                        const struct schema_field *field,
                        const char *text,
                        size_t len,
                        struct source_value *out)
{
    struct im_bytes bytes = {(const uint8_t *)copy(ms, text, len), len};
    bool fits = true;

    *out = (struct source_value){.kind = SOURCE_NULL};
    if (len == 0)
        return;
    switch (field->type) {
    case FIELD_TEXT:
        out->kind = SOURCE_TEXT;
        out->text = bytes;
        break;
    case FIELD_INTEGER:
        out->kind = SOURCE_INTEGER;
        fits = im_parse_int64(bytes, &out->integer);
        break;
    case FIELD_REAL:
        out->kind = SOURCE_REAL;
        fits = im_parse_double(bytes, &out->real);
        break;
    }
    if (!fits)
        fail(field->name, (const char *)bytes.data);
}

static struct source_value *parse_values(struct memory_source *ms,
                                         const struct layer_schema *schema,
                                         const char *text)
{
    struct source_value *values = take(ms, schema->n_fields, sizeof *values);
    const char *at = text;

    for (size_t i = 0; i < schema->n_fields; i++) {
        size_t len = strcspn(at, "|");

        if ((at[len] == '|') != (i + 1 < schema->n_fields))
            fail("wrong number of values", text);
        parse_value(ms, &schema->fields[i], at, len, &values[i]);
        at += len + 1;
    }
    return values;
}

static struct geom copy_geom(struct memory_source *ms, const struct geom *g)
{
    struct geom out = *g;
    double *lonlat = take(ms, (size_t)g->n_points * 2, sizeof *lonlat);
    uint32_t *parts = take(ms, g->n_parts, sizeof *parts);
    uint32_t *areas = take(ms, g->n_areas, sizeof *areas);

    if (g->kind == GEOM_EMPTY)
        return (struct geom){.kind = GEOM_EMPTY};
    memcpy(lonlat, g->lonlat, (size_t)g->n_points * 16);
    out.lonlat = lonlat;
    if (g->kind != GEOM_POINT) {
        memcpy(parts, g->part_end, g->n_parts * sizeof *parts);
        out.part_end = parts;
    }
    if (g->kind == GEOM_AREA) {
        memcpy(areas, g->area_end, g->n_areas * sizeof *areas);
        out.area_end = areas;
    }
    return out;
}

void memory_source_feature(struct memory_source *ms,
                           const struct geom *geom,
                           const char *values)
{
    struct memory_layer *layer = &ms->layers[ms->newest];

    if (ms->n_layers == 0 || !layer->schema)
        fail("a row without a layer", values);
    if (layer->n_rows == layer->cap) {
        layer->cap = layer->cap ? layer->cap * 2 : 16;
        layer->rows = realloc(layer->rows, layer->cap * sizeof *layer->rows);
        if (!layer->rows)
            fail("out of memory", values);
    }
    layer->rows[layer->n_rows] = (struct memory_row){
        copy_geom(ms, geom), parse_values(ms, layer->schema, values),
        (int64_t)layer->n_rows + 1};
    layer->n_rows++;
}

void memory_source_fid(struct memory_source *ms, int64_t fid)
{
    struct memory_layer *layer = &ms->layers[ms->newest];

    if (ms->n_layers == 0 || layer->n_rows == 0)
        fail("a fid without a row", "");
    layer->rows[layer->n_rows - 1].fid = fid;
}

/* WKT: coordinates are numbers; a ')' after them ends a part, one level higher a
 * polygon. */
struct wkt {
    const char *text;
    const char *at;
    double lonlat[4096];
    uint32_t parts[512];
    uint32_t areas[512];
    struct geom geom;
};

static void expect(struct wkt *w, char c)
{
    w->at += strspn(w->at, " ");
    if (*w->at != c)
        fail("bad WKT", w->text);
    w->at++;
}

static bool accept(struct wkt *w, char c)
{
    w->at += strspn(w->at, " ");
    if (*w->at != c)
        return false;
    w->at++;
    return true;
}

static void read_positions(struct wkt *w)
{
    expect(w, '(');
    do {
        bool wrapped = accept(w, '('); /* MULTIPOINT((1 2), (3 4)) */

        for (int axis = 0; axis < 2; axis++) {
            w->at += strspn(w->at, " ");
            size_t len = strspn(w->at, "+-.0123456789eE");
            double *out = &w->lonlat[2 * w->geom.n_points + (uint32_t)axis];

            if (!im_parse_double((struct im_bytes){(const uint8_t *)w->at, len}, out))
                fail("bad number in WKT", w->at);
            w->at += len;
        }
        if (++w->geom.n_points >= 2048)
            fail("WKT too long", w->text);
        if (wrapped)
            expect(w, ')');
    } while (accept(w, ','));
    expect(w, ')');
}

static void read_parts(struct wkt *w)
{
    expect(w, '(');
    do {
        read_positions(w);
        w->parts[w->geom.n_parts++] = w->geom.n_points;
        if (w->geom.n_parts >= 512)
            fail("WKT too long", w->text);
    } while (accept(w, ','));
    expect(w, ')');
}

static void read_area(struct wkt *w)
{
    read_parts(w);
    w->areas[w->geom.n_areas++] = w->geom.n_parts;
}

static bool begins(struct wkt *w, const char *word, enum geom_kind kind)
{
    size_t len = strlen(word);

    if (strncmp(w->at, word, len) != 0)
        return false;
    w->at += len;
    w->geom.kind = kind;
    return true;
}

static void read_wkt(struct wkt *w)
{
    if (begins(w, "POINT", GEOM_POINT) || begins(w, "MULTIPOINT", GEOM_POINT)) {
        read_positions(w);
    } else if (begins(w, "LINESTRING", GEOM_LINE)) {
        read_positions(w);
        w->parts[w->geom.n_parts++] = w->geom.n_points;
    } else if (begins(w, "MULTILINESTRING", GEOM_LINE)) {
        read_parts(w);
    } else if (begins(w, "POLYGON", GEOM_AREA)) {
        read_area(w);
    } else if (begins(w, "MULTIPOLYGON", GEOM_AREA)) {
        expect(w, '(');
        do
            read_area(w);
        while (accept(w, ','));
        expect(w, ')');
    } else {
        fail("unknown WKT", w->text);
    }
    if (*w->at)
        fail("more after the end of WKT", w->text);
}

void memory_source_row(struct memory_source *ms, const char *wkt, const char *values)
{
    struct geom none = {.kind = GEOM_EMPTY};
    struct wkt *w;

    if (!wkt) {
        memory_source_feature(ms, &none, values);
        return;
    }
    w = calloc(1, sizeof *w);
    if (!w)
        fail("out of memory", wkt);
    w->text = wkt;
    w->at = wkt;
    read_wkt(w);
    w->geom.lonlat = w->lonlat;
    w->geom.part_end = w->parts;
    w->geom.area_end = w->areas;
    memory_source_feature(ms, &w->geom, values);
    free(w);
}

void memory_source_fail(struct memory_source *ms, const char *layer_id)
{
    ms->failing = layer_id;
}

void memory_source_clear(struct memory_source *ms,
                         const char *layer_id,
                         uint64_t version)
{
    struct memory_layer *layer = find(ms, layer_id);

    layer->n_rows = 0;
    layer->version = version;
    ms->newest = (size_t)(layer - ms->layers);
}

unsigned memory_source_scans(const struct memory_source *ms, const char *layer_id)
{
    return find(ms, layer_id)->scans;
}

static enum im_code ms_describe(void *self,
                                struct im_arena *arena,
                                const struct source_layer **layers,
                                size_t *n_layers,
                                uint64_t *data_version,
                                struct im_error *err)
{
    struct memory_source *ms = self;
    struct source_layer *out = im_arena_calloc(arena, MAX_LAYERS, sizeof *out);

    if (!out)
        return im_fail(err, IM_ENOMEM, "describe: out of memory");
    *data_version = 0;
    for (size_t i = 0; i < ms->n_layers; i++) {
        const struct memory_layer *layer = &ms->layers[i];

        out[i] = (struct source_layer){.id = layer->id,
                                       .definition_json = layer->definition,
                                       .style_json = layer->style,
                                       .version = layer->version,
                                       .changed_at = "2026-01-01T00:00:00Z",
                                       .n_features = layer->n_rows};
        if (layer->version > *data_version)
            *data_version = layer->version;
    }
    *layers = out;
    *n_layers = ms->n_layers;
    return IM_OK;
}

static enum im_code ms_open(void *self,
                            const char *layer_id,
                            struct source_cursor **out,
                            struct im_error *err)
{
    struct memory_source *ms = self;
    struct source_cursor *cursor = calloc(1, sizeof *cursor);

    if (!cursor)
        return im_fail(err, IM_ENOMEM, "open: out of memory");
    *cursor = (struct source_cursor){.ms = ms, .layer = find(ms, layer_id)};
    cursor->layer->scans++;
    *out = cursor;
    return IM_OK;
}

static bool is_among(const struct source_cursor *cursor, int64_t fid)
{
    for (size_t i = 0; i < cursor->n_fids; i++)
        if (cursor->fids[i] == fid)
            return true;
    return false;
}

static enum im_code ms_next(struct source_cursor *cursor,
                            struct source_feature *out,
                            bool *more,
                            struct im_error *err)
{
    const struct memory_layer *layer = cursor->layer;

    if (cursor->ms->failing && strcmp(cursor->ms->failing, layer->id) == 0)
        return im_fail(err, IM_EIO, "the disk is gone");
    while (cursor->fids && cursor->row < layer->n_rows &&
           !is_among(cursor, layer->rows[cursor->row].fid))
        cursor->row++;
    *more = cursor->row < layer->n_rows;
    if (!*more)
        return IM_OK;
    const struct memory_row *row = &layer->rows[cursor->row++];
    *out = (struct source_feature){row->fid, row->geom, row->values};
    return IM_OK;
}

static void ms_close(struct source_cursor *cursor)
{
    free(cursor);
}

static enum im_code ms_changes(void *self,
                               const char *layer_id,
                               uint64_t since,
                               size_t max,
                               struct im_arena *arena,
                               const int64_t **fids,
                               size_t *n,
                               bool *known,
                               struct im_error *err)
{
    const struct memory_layer *layer = find(self, layer_id);
    int64_t *list = im_arena_calloc(arena, layer->n_changed + 1, sizeof *list);

    if (!list)
        return im_fail(err, IM_ENOMEM, "changes: out of memory");
    if (layer->n_changed)
        memcpy(list, layer->changed, layer->n_changed * sizeof *list);
    *fids = list;
    *n = layer->n_changed;
    *known = layer->is_logged && layer->since == since && layer->n_changed <= max;
    return IM_OK;
}

static enum im_code ms_open_rows(void *self,
                                 const char *layer_id,
                                 const int64_t *fids,
                                 size_t n,
                                 struct source_cursor **out,
                                 struct im_error *err)
{
    struct memory_source *ms = self;
    struct source_cursor *cursor = calloc(1, sizeof *cursor);

    if (!cursor)
        return im_fail(err, IM_ENOMEM, "open: out of memory");
    *cursor = (struct source_cursor){
        .ms = ms, .layer = find(ms, layer_id), .fids = fids, .n_fids = n};
    *out = cursor;
    return IM_OK;
}

void memory_source_changed(struct memory_source *ms,
                           uint64_t since,
                           const int64_t *fids,
                           size_t n)
{
    struct memory_layer *layer = &ms->layers[ms->newest];
    int64_t *list = take(ms, n, sizeof *list);

    if (n)
        memcpy(list, fids, n * sizeof *list);
    layer->is_logged = true;
    layer->since = since;
    layer->changed = list;
    layer->n_changed = n;
}

struct feature_source memory_source_source(struct memory_source *ms)
{
    return (struct feature_source){.self = ms,
                                   .describe = ms_describe,
                                   .open = ms_open,
                                   .next = ms_next,
                                   .close = ms_close,
                                   .changes = ms_changes,
                                   .open_rows = ms_open_rows};
}

const struct atlas *memory_source_atlas(struct memory_source *ms)
{
    struct feature_source source = memory_source_source(ms);
    const struct atlas *atlas = NULL;
    struct im_error err = {0};

    if (atlas_build(&source, NULL, &atlas, &err) != IM_OK)
        fail("atlas_build", err.msg);
    if (atlas_problem_count(atlas))
        fail("atlas_build", atlas_problem(atlas, 0));
    return atlas;
}
