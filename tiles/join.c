/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.join of a stylesheet, resolved over the rows of an atlas (join.h). */
#include "join.h"

#include <engine/cql.h>
#include <engine/log.h>

#include <math.h>
#include <stdlib.h>

enum { FILTER_MAX_BYTES = 16 * 1024 * 1024, MAX_SOURCES = 12 };

/* One join while it is made. */
struct maker {
    struct map_join *join;
    const json_t *said;
    const struct atlas_layer *table;
    struct im_arena *arena;
    struct im_arena *scratch; /* of the filters */
    json_t *rows;             /* the row that was taken, by its key */
    struct im_error *err;
};

static enum im_code fault(struct maker *m, const char *member, const char *what)
{
    im_fail(m->err, IM_EDATA, "metadata.join: \"%s\" %s", member, what);
    return im_zh(m->err, IM_EDATA, "metadata.join：\"%s\" 有误或缺失（%s）", member,
                 what);
}

static const char *text_of(const struct maker *m, const char *member)
{
    const char *text = json_string_value(json_object_get(m->said, member));

    return text && *text ? text : NULL;
}

/* ---- fields and filters ---- */

static enum im_code find_field(struct maker *m,
                               const struct atlas_layer *layer,
                               const char *member,
                               bool is_needed,
                               int *out)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    const char *name = text_of(m, member);

    *out = SCHEMA_NO_FIELD;
    if (!name)
        return is_needed ? fault(m, member, "has to name a field") : IM_OK;
    *out = schema_field_index(schema, im_bytes_of(name));
    if (*out != SCHEMA_NO_FIELD)
        return IM_OK;
    im_fail(m->err, IM_EDATA, "metadata.join: layer '%s' has no field '%.60s'",
            schema->id, name);
    return im_zh(m->err, IM_EDATA, "metadata.join：图层“%s”没有字段“%.60s”", schema->id,
                 name);
}

/* A bit for each feature of the layer; NULL: all pass. */
static enum im_code filter_of(struct maker *m,
                              const struct atlas_layer *layer,
                              const char *member,
                              const uint8_t **out)
{
    const char *text = text_of(m, member);
    const struct cql_program *program;
    const struct cql_node *node;
    uint32_t n = atlas_layer_size(layer);
    struct cql_scratch *scratch;
    uint8_t *bits;
    enum im_code rc;

    *out = NULL;
    if (!text)
        return json_object_get(m->said, member)
                   ? fault(m, member, "has to be a CQL2 filter")
                   : IM_OK;
    rc = cql_parse(im_bytes_of(text), CQL_TEXT, m->scratch, &node, NULL, m->err);
    if (rc == IM_OK)
        rc = cql_compile(node, layer, NULL, m->scratch, &program, NULL, m->err);
    if (rc != IM_OK) /* the fault is the stylesheet's, not that of a request */
        return im_context(m->err, "metadata.join: \"%s\"", member) == IM_ENOMEM
                   ? IM_ENOMEM
                   : IM_EDATA;
    scratch = cql_scratch_new(program, m->scratch);
    bits = im_arena_calloc(m->scratch, n / 8 + 1, 1);
    if (!scratch || !bits)
        return im_fail(m->err, IM_ENOMEM, "join of a map");
    for (uint32_t f = 0; f < n; f++)
        if (cql_test(program, scratch, f))
            bits[f / 8] |= (uint8_t)(1u << f % 8);
    *out = bits;
    return IM_OK;
}

static bool passes(const uint8_t *bits, uint32_t feature)
{
    return !bits || (bits[feature / 8] >> feature % 8 & 1);
}

/* A field as text, also an integer: what rows are found by. */
static struct im_bytes key_of(const struct atlas_layer *layer,
                              uint32_t feature,
                              int field,
                              char number[IM_NUMBER_MAX])
{
    int64_t value;

    if (!atlas_integer(layer, feature, field, &value))
        return atlas_text(layer, feature, field);
    int n = snprintf(number, IM_NUMBER_MAX, "%lld", (long long)value);
    return (struct im_bytes){(const uint8_t *)number, n > 0 ? (size_t)n : 0};
}

/* ---- rows ---- */

/* Newer, or of the same time and entered later. */
static bool is_newer(const struct maker *m, int newest, uint32_t row, uint32_t than)
{
    double a = -INFINITY;
    double b = -INFINITY;

    (void)atlas_number(m->table, row, newest, &a);
    (void)atlas_number(m->table, than, newest, &b);
    return a != b ? a > b : atlas_fid(m->table, row) > atlas_fid(m->table, than);
}

static enum im_code collect_rows(struct maker *m, int value_field, int newest)
{
    const uint8_t *where;
    int on;
    enum im_code rc = find_field(m, m->table, "on", true, &on);

    if (rc == IM_OK)
        rc = filter_of(m, m->table, "where", &where);
    for (uint32_t row = 0; row < atlas_layer_size(m->table) && rc == IM_OK; row++) {
        char number[IM_NUMBER_MAX];
        struct im_bytes key = key_of(m->table, row, on, number);
        double value;

        if (!key.len || !passes(where, row) ||
            !atlas_number(m->table, row, value_field, &value) || !isfinite(value))
            continue;
        const json_t *known =
            json_object_getn(m->rows, (const char *)key.data, key.len);
        if (known && !is_newer(m, newest, row, (uint32_t)json_integer_value(known)))
            continue;
        if (json_object_setn_new(m->rows, (const char *)key.data, key.len,
                                 json_integer(row)) != 0)
            rc = im_fail(m->err, IM_ENOMEM, "join of a map");
    }
    return rc;
}

/* ---- features ---- */

static json_t *number_json(double value)
{
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

struct told { /* years and sources of the rows that were taken */
    double first;
    double last;
    struct im_bytes sources[MAX_SOURCES];
    uint32_t n_sources;
    bool has_more;
};

static void
tell(const struct maker *m, struct told *told, int newest, int source, uint32_t row)
{
    struct im_bytes text = atlas_text(m->table, row, source);
    double year;

    if (atlas_number(m->table, row, newest, &year)) {
        told->first = fmin(told->first, year);
        told->last = fmax(told->last, year);
    }
    for (uint32_t i = 0; i < told->n_sources; i++)
        if (im_bytes_equal(told->sources[i], text))
            return;
    if (!text.len)
        return;
    if (told->n_sources == MAX_SOURCES)
        told->has_more = true;
    else
        told->sources[told->n_sources++] = text;
}

static int compare_texts(const void *a, const void *b)
{
    const struct im_bytes *x = a;
    const struct im_bytes *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum im_code write_told(struct maker *m, struct told *told)
{
    struct im_buf text = {.max = 8192};
    char *years = m->join->years;
    size_t room = sizeof m->join->years;

    if (told->first > told->last)
        snprintf(years, room, "–");
    else if (told->first == told->last)
        snprintf(years, room, "%.0f", told->last);
    else
        snprintf(years, room, "%.0f–%.0f", told->first, told->last);
    qsort(told->sources, told->n_sources, sizeof *told->sources, compare_texts);
    for (uint32_t i = 0; i < told->n_sources; i++) {
        im_buf_text(&text, i ? "；" : "");
        im_buf_append(&text, told->sources[i].data, told->sources[i].len);
    }
    im_buf_text(&text, told->has_more ? "…" : told->n_sources ? "" : "–");
    m->join->sources = im_arena_strdup(m->arena, im_buf_bytes(&text));
    im_buf_release(&text);
    return m->join->sources ? IM_OK : im_fail(m->err, IM_ENOMEM, "join of a map");
}

static enum im_code give_values(struct maker *m, int value_field, int newest)
{
    const struct atlas_layer *layer = m->join->layer;
    uint32_t n = atlas_layer_size(layer);
    double *values = im_arena_alloc(m->arena, (n + 1u) * sizeof *values);
    struct told told = {.first = INFINITY, .last = -INFINITY};
    const uint8_t *only = NULL;
    int source = SCHEMA_NO_FIELD;
    int on = SCHEMA_NO_FIELD;
    enum im_code rc = values ? find_field(m, layer, "on", true, &on)
                             : im_fail(m->err, IM_ENOMEM, "join of a map");

    if (rc == IM_OK)
        rc = find_field(m, m->table, "source", false, &source);
    if (rc == IM_OK)
        rc = filter_of(m, layer, "only", &only);
    for (uint32_t f = 0; f < n && rc == IM_OK; f++) {
        char number[IM_NUMBER_MAX];
        struct im_bytes key = key_of(layer, f, on, number);
        const json_t *row =
            passes(only, f) && key.len
                ? json_object_getn(m->rows, (const char *)key.data, key.len)
                : NULL;

        values[f] = NAN;
        if (!row)
            continue;
        (void)atlas_number(m->table, (uint32_t)json_integer_value(row), value_field,
                           &values[f]);
        tell(m, &told, newest, source, (uint32_t)json_integer_value(row));
        if (json_object_setn_new(m->join->by_key, (const char *)key.data, key.len,
                                 number_json(values[f])) != 0)
            rc = im_fail(m->err, IM_ENOMEM, "join of a map");
    }
    m->join->values = values;
    return rc == IM_OK ? write_told(m, &told) : rc;
}

/* ---- one join ---- */

static const struct atlas_layer *
open_layer(const struct maker *m, const struct atlas *atlas, const char *member)
{
    const char *id = text_of(m, member);
    const struct atlas_layer *layer =
        id ? atlas_layer_find(atlas, im_bytes_of(id)) : NULL;

    return layer && !atlas_layer_schema(layer)->is_internal ? layer : NULL;
}

static enum im_code take_names(struct maker *m)
{
    static const char *const members[] = {"layer", "table", "on", "value", "as"};
    const char *as = text_of(m, "as");

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!text_of(m, members[i]))
            return fault(m, members[i], "has to be a name");
    if (strlen(as) > JOIN_MAX_NAME)
        return fault(m, "as", "has at most 48 bytes");
    m->join->as = im_arena_strdup(m->arena, im_bytes_of(as));
    m->join->key = im_arena_strdup(m->arena, im_bytes_of(text_of(m, "on")));
    m->join->by_key = json_object();
    m->rows = json_object();
    m->scratch = im_arena_new(FILTER_MAX_BYTES);
    return m->join->as && m->join->key && m->join->by_key && m->rows && m->scratch
               ? IM_OK
               : im_fail(m->err, IM_ENOMEM, "join of a map");
}

/* The map of an indicator that nobody imported is one without data. */
static enum im_code join_nothing(struct maker *m)
{
    struct told none = {.first = 1, .last = 0};

    m->join->layer = NULL;
    im_log(IM_LOG_WARN, "join_empty", "layer=%.60s table=%.60s", text_of(m, "layer"),
           text_of(m, "table"));
    return write_told(m, &none);
}

static enum im_code make(struct maker *m, const struct atlas *atlas)
{
    int value;
    int newest;
    enum im_code rc = take_names(m);

    if (rc != IM_OK)
        return rc;
    m->join->layer = open_layer(m, atlas, "layer");
    m->table = open_layer(m, atlas, "table");
    if (!m->join->layer || !m->table)
        return join_nothing(m);
    rc = find_field(m, m->table, "value", true, &value);
    if (rc == IM_OK)
        rc = find_field(m, m->table, "newest", false, &newest);
    if (rc == IM_OK)
        m->join->title = atlas_layer_schema(m->table)->fields[value].title;
    if (rc == IM_OK && schema_field_index(atlas_layer_schema(m->join->layer),
                                          im_bytes_of(m->join->as)) != SCHEMA_NO_FIELD)
        rc = fault(m, "as", "is a field that the layer already has");
    if (rc == IM_OK)
        rc = collect_rows(m, value, newest);
    return rc == IM_OK ? give_values(m, value, newest) : rc;
}

/* ---- what the stylesheet says of them ---- */

/* `text` with each `mark` replaced; the caller frees it. */
static char *replaced(const char *text, const char *mark, const char *by)
{
    struct im_buf out = {.max = 256 * 1024};
    char *copy;

    for (const char *at; (at = strstr(text, mark)); text = at + strlen(mark)) {
        im_buf_append(&out, text, (size_t)(at - text));
        im_buf_text(&out, by);
    }
    im_buf_text(&out, text);
    copy = out.failed
               ? NULL
               : strndup((const char *)im_buf_bytes(&out).data, im_buf_bytes(&out).len);
    im_buf_release(&out);
    return copy;
}

static bool fill_in(json_t *value, const char *mark, const char *by)
{
    const char *key;
    json_t *member;
    size_t i;
    bool ok = true;

    if (json_is_string(value) && strstr(json_string_value(value), mark)) {
        char *text = replaced(json_string_value(value), mark, by);

        ok = text && json_string_set(value, text) == 0;
        free(text);
    }
    json_object_foreach(value, key, member) ok = ok && fill_in(member, mark, by);
    if (json_is_array(value))
        json_array_foreach(value, i, member) ok = ok && fill_in(member, mark, by);
    return ok;
}

static bool fill_in_all(struct map_joins *joins)
{
    json_t *metadata = json_object_get(joins->root, "metadata");
    bool ok = true;

    for (uint32_t i = 0; i < joins->n && ok; i++) {
        const struct map_join *join = &joins->items[i];
        char mark[JOIN_MAX_NAME + 16];

        snprintf(mark, sizeof mark, "{%s.years}", join->as);
        ok = fill_in(metadata, mark, join->years);
        snprintf(mark, sizeof mark, "{%s.sources}", join->as);
        ok = ok && fill_in(metadata, mark, join->sources);
    }
    return ok;
}

static enum im_code add_join(struct map_joins *joins,
                             const json_t *said,
                             const struct atlas *atlas,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct maker m = {
        .join = &joins->items[joins->n], .said = said, .arena = arena, .err = err};
    enum im_code rc;

    if (joins->n == JOIN_MAX) {
        im_fail(err, IM_ELIMIT, "metadata.join: at most %d", JOIN_MAX);
        return im_zh(err, IM_ELIMIT, "metadata.join：最多 %d 项", JOIN_MAX);
    }
    joins->n++;
    rc = make(&m, atlas);
    json_decref(m.rows);
    im_arena_free(m.scratch);
    return rc;
}

enum im_code map_joins_init(struct map_joins *joins,
                            const struct stylesheet *sheet,
                            const struct atlas *atlas,
                            struct im_arena *arena,
                            struct im_error *err)
{
    const json_t *said =
        json_object_get(json_object_get(stylesheet_root(sheet), "metadata"), "join");
    enum im_code rc = IM_OK;

    if (!said)
        return IM_OK;
    joins->root = json_deep_copy(stylesheet_root(sheet));
    if (!joins->root)
        rc = im_fail(err, IM_ENOMEM, "join of a map");
    if (rc == IM_OK && !json_is_array(said))
        rc = add_join(joins, said, atlas, arena, err);
    for (size_t i = 0; i < json_array_size(said) && rc == IM_OK; i++)
        rc = add_join(joins, json_array_get(said, i), atlas, arena, err);
    if (rc == IM_OK && !fill_in_all(joins))
        rc = im_fail(err, IM_ENOMEM, "join of a map");
    return rc == IM_OK ? rc : im_context(err, "stylesheet '%s'", stylesheet_id(sheet));
}

void map_joins_release(struct map_joins *joins)
{
    for (uint32_t i = 0; i < joins->n; i++)
        json_decref(joins->items[i].by_key);
    json_decref(joins->root);
}

/* ---- expressions ---- */

static const struct map_join *asked(const struct map_joins *joins,
                                    const struct atlas_layer *layer,
                                    const json_t *call)
{
    const char *name = json_string_value(json_array_get(call, 1));
    const char *op = json_string_value(json_array_get(call, 0));

    if (json_array_size(call) != 2 || !name || !op ||
        (strcmp(op, "get") != 0 && strcmp(op, "has") != 0))
        return NULL;
    for (uint32_t i = 0; i < joins->n; i++)
        if (joins->items[i].layer == layer && strcmp(joins->items[i].as, name) == 0)
            return &joins->items[i];
    return NULL;
}

/* ["get", as] becomes ["get", ["to-string", ["get", on]], ["literal", {..}]]. */
static bool
resolve(const struct map_joins *joins, const struct atlas_layer *layer, json_t *value)
{
    const struct map_join *join = asked(joins, layer, value);
    const char *key;
    json_t *member;
    size_t i;
    bool ok = true;

    if (join) {
        json_t *of = json_pack("[s,[s,s]]", "to-string", "get", join->key);
        json_t *in = json_pack("[s,O]", "literal", join->by_key);

        ok = json_array_set_new(value, 1, of) == 0;
        return json_array_append_new(value, in) == 0 && ok;
    }
    json_object_foreach(value, key, member) ok = ok && resolve(joins, layer, member);
    if (json_is_array(value))
        json_array_foreach(value, i, member) ok = ok && resolve(joins, layer, member);
    return ok;
}

const char *map_joins_resolve(const struct map_joins *joins,
                              const struct atlas_layer *layer,
                              const char *style_json,
                              struct im_arena *arena)
{
    const char *out = NULL;
    bool is_joined = false;
    json_t *root;

    for (uint32_t i = 0; i < joins->n; i++)
        is_joined |= joins->items[i].layer == layer;
    if (!is_joined)
        return style_json;
    root = json_loads(style_json, 0, NULL);
    if (root && resolve(joins, layer, root)) {
        char *text = json_dumps(root, JSON_COMPACT);

        out = text ? im_arena_strdup(arena, im_bytes_of(text)) : NULL;
        free(text);
    }
    json_decref(root);
    return out;
}
