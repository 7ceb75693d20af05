/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression starts from: the feature, the zoom, literals and names. */
#include "style/operators.h"

/* ---- data of the feature ---- */

static struct style_value
field_value(const struct atlas_layer *layer, uint32_t feature, int field)
{
    double number;

    if (field == SCHEMA_NO_FIELD || !layer || atlas_is_null(layer, feature, field))
        return style_null();
    if (atlas_number(layer, feature, field, &number))
        return style_of_number(number);
    return style_of_text(atlas_text(layer, feature, field));
}

/* ---- data of a cluster ---- */

static const char CLUSTER_COUNT_OF[] = "count:";
enum cluster_property {
    CLUSTER_POINT_COUNT,
    CLUSTER_ABBREVIATED,
    CLUSTER_IS_CLUSTER,
    CLUSTER_ID,
    CLUSTER_EXPANSION_ZOOM,
    CLUSTER_PROPERTIES
};
static const char *const cluster_names[CLUSTER_PROPERTIES] = {
    "point_count", "point_count_abbreviated", "cluster", "cluster_id",
    "expansion_zoom"};

static struct style_value cluster_own(struct style_eval *at, unsigned property)
{
    const struct cluster *cluster = cluster_at(at->clusters, at->cluster);
    struct style_text text;
    char count[CLUSTER_COUNT_TEXT];

    switch (property) {
    case CLUSTER_POINT_COUNT:
        return style_of_number(cluster->n_points);
    case CLUSTER_ABBREVIATED:
        text = style_text_begin(at);
        cluster_count_text(cluster->n_points, count);
        style_text_put(&text, count, strlen(count));
        return style_text_end(&text);
    case CLUSTER_IS_CLUSTER:
        return style_of_bool(true);
    case CLUSTER_ID:
        return style_of_number((double)cluster_id(at->clusters, at->cluster));
    case CLUSTER_EXPANSION_ZOOM:
        return style_of_number(cluster->max_zoom + 1);
    default:
        return style_null();
    }
}

/* The number of points of one kind. */
static struct style_value cluster_kind(struct style_eval *at, struct im_bytes kind)
{
    int field = atlas_layer_schema(at->layer)->cluster.by;
    uint32_t n;
    const struct cluster_code *codes = cluster_codes(at->clusters, at->cluster, &n);

    for (uint32_t i = 0; i < n; i++)
        if (im_bytes_equal(atlas_code_text(at->layer, field, codes[i].code), kind))
            return style_of_number(codes[i].n_points);
    return style_null();
}

static struct style_value cluster_value(struct style_eval *at, struct im_bytes name)
{
    const size_t prefix = sizeof CLUSTER_COUNT_OF - 1;

    for (unsigned i = 0; i < CLUSTER_PROPERTIES; i++)
        if (im_bytes_equal(name, im_bytes_of(cluster_names[i])))
            return cluster_own(at, i);
    if (name.len < prefix || memcmp(name.data, CLUSTER_COUNT_OF, prefix) != 0)
        return style_null();
    return cluster_kind(at, (struct im_bytes){name.data + prefix, name.len - prefix});
}

static struct style_value cluster_properties(struct style_eval *at)
{
    int field = atlas_layer_schema(at->layer)->cluster.by;
    uint32_t n_codes;
    const struct cluster_code *codes =
        cluster_codes(at->clusters, at->cluster, &n_codes);
    uint32_t n = CLUSTER_PROPERTIES + n_codes;
    struct style_value *items = style_scratch(at, 2 * n * sizeof *items);

    if (!items)
        return style_failed(at, "no room for the properties");
    for (unsigned i = 0; i < CLUSTER_PROPERTIES; i++) {
        items[2 * i] = style_of_text(im_bytes_of(cluster_names[i]));
        items[2 * i + 1] = cluster_own(at, i);
    }
    for (uint32_t i = 0; i < n_codes; i++) {
        struct im_bytes code = atlas_code_text(at->layer, field, codes[i].code);
        struct style_text text = style_text_begin(at);
        struct style_value *item = &items[2 * (CLUSTER_PROPERTIES + i)];

        style_text_put(&text, CLUSTER_COUNT_OF, sizeof CLUSTER_COUNT_OF - 1);
        style_text_put(&text, code.data, code.len);
        item[0] = style_text_end(&text);
        item[1] = style_of_number(codes[i].n_points);
    }
    return (struct style_value){.kind = STYLE_OBJECT, .n = n, .items = items};
}

/* ---- data of the feature ---- */

static const struct style_value *member(struct style_value object,
                                        struct style_value key)
{
    for (uint32_t i = 0; i < object.n; i++)
        if (object.items[2 * i].n == key.n &&
            memcmp(object.items[2 * i].bytes, key.bytes, key.n) == 0)
            return &object.items[2 * i + 1];
    return NULL;
}

/* The value of a property that is not known before; NULL: there is none. */
static bool
find_property(struct style_eval *at, struct style_value key, struct style_value *out)
{
    const struct style_value *found;
    int field;

    if (at->given) {
        found = member(at->given->properties, key);
        *out = found ? *found : style_null();
        return found != NULL;
    }
    *out = style_null();
    if (!at->layer)
        return false;
    if (at->clusters) {
        *out = cluster_value(at, style_bytes(key));
        return out->kind != STYLE_NULL;
    }
    field = schema_field_index(atlas_layer_schema(at->layer), style_bytes(key));
    *out = field_value(at->layer, at->feature, field);
    return out->kind != STYLE_NULL;
}

static bool
feature_property(const struct expr *e, struct style_eval *at, struct style_value *out)
{
    if (e->n_args == 0 && !at->given && !at->clusters &&
        e->more) { /* the field was found before */
        *out = field_value(at->layer, at->feature, e->field);
        return out->kind != STYLE_NULL;
    }
    if (e->n_args == 0)
        return find_property(at, e->value, out);
    *out = expr_eval(e->args[0], at);
    if (out->kind != STYLE_STRING)
        return false;
    return find_property(at, *out, out);
}

static bool lookup(const struct expr *e, struct style_eval *at, struct style_value *out)
{
    struct style_value object;
    struct style_value key;
    const struct style_value *found;

    if (e->n_args < 2)
        return feature_property(e, at, out);
    key = expr_eval(e->args[0], at);
    object = expr_eval(e->args[1], at);
    *out = key.kind == STYLE_ERROR ? key : object;
    if (key.kind != STYLE_STRING || object.kind != STYLE_OBJECT)
        return false;
    found = member(object, key);
    *out = found ? *found : style_null();
    return found != NULL;
}

static struct style_value eval_get(const struct expr *e, struct style_eval *at)
{
    struct style_value v;

    if (lookup(e, at, &v) || v.kind == STYLE_ERROR)
        return v;
    return style_null();
}

/* A style that was written for pages asks for names that the plan has chosen, in vector
 * tiles. The plan itself is asked with all of them. */
static bool asks_for_the_plan(const struct expr *e, const struct style_eval *at)
{
    return e->n_args == 0 && !at->given && at->layer && !(e->more && e->field >= 0) &&
           im_bytes_equal(style_bytes(e->value), im_bytes_of(STYLE_LABEL_ZOOM));
}

static struct style_value eval_has(const struct expr *e, struct style_eval *at)
{
    struct style_value v = style_null();
    bool found = asks_for_the_plan(e, at) || lookup(e, at, &v);

    return !found && v.kind == STYLE_ERROR ? v : style_of_bool(found);
}

/* ["get", name] and ["get", name, object]. A constant name is looked up in the schema
 * once. */
static const struct expr *compile_get(struct expr_compiler *c,
                                      const struct expr_operator *op,
                                      const json_t *json,
                                      const struct expr_type *expected)
{
    size_t n = json_array_size(json) - 1;
    const struct expr *name;
    struct expr *e;

    (void)expected;
    if (n != 1 && n != 2)
        return expr_fail_signature(c, json, "(string) | (string, object)");
    name = expr_compile_arg(c, json, 1, STR);
    if (!name)
        return NULL;
    e = expr_new(c, op, op->result, n == 1 && name->is_literal ? 0 : n);
    if (!e)
        return NULL;
    if (n == 1)
        e->depends = EXPR_FEATURE;
    if (e->n_args == 0) {
        e->value = name->value;
        e->more = c->schema;
        if (c->schema)
            e->field = schema_field_index(c->schema, style_bytes(name->value));
        return expr_finish(c, e);
    }
    e->args[0] = name;
    if (n == 2)
        e->args[1] = expr_compile_arg(c, json, 2, OBJ);
    return n == 2 && !e->args[1] ? NULL : expr_finish(c, e);
}

static struct style_value eval_feature_state(const struct expr *e,
                                             struct style_eval *at)
{
    EVAL_ARG(key, 0);
    (void)key;
    return style_null(); /* a server has no pointer that hovers */
}

static struct style_value eval_properties(const struct expr *e, struct style_eval *at)
{
    const struct layer_schema *schema;
    struct style_value *items;
    uint32_t n = 0;

    (void)e;
    if (at->given)
        return at->given->properties;
    if (!at->layer)
        return (struct style_value){.kind = STYLE_OBJECT};
    if (at->clusters)
        return cluster_properties(at);
    schema = atlas_layer_schema(at->layer);
    items = style_scratch(at, 2 * schema->n_fields * sizeof *items);
    if (!items)
        return style_failed(at, "no room for the properties");
    for (size_t i = 0; i < schema->n_fields; i++) {
        struct style_value v = field_value(at->layer, at->feature, (int)i);

        if (v.kind == STYLE_NULL)
            continue;
        items[2 * n] = style_of_text(im_bytes_of(schema->fields[i].name));
        items[2 * n + 1] = v;
        n++;
    }
    return (struct style_value){.kind = STYLE_OBJECT, .n = n, .items = items};
}

static struct style_value eval_id(const struct expr *e, struct style_eval *at)
{
    (void)e;
    if (at->given)
        return at->given->id;
    if (!at->layer)
        return style_null();
    if (at->clusters)
        return cluster_own(at, CLUSTER_ID);
    return style_of_number((double)atlas_fid(at->layer, at->feature));
}

static struct style_value eval_geometry_type(const struct expr *e,
                                             struct style_eval *at)
{
    (void)e;
    if (at->given)
        return at->given->type;
    switch (at->geometry) {
    case GEOM_POINT:
        return style_of_text(im_bytes_of("Point"));
    case GEOM_LINE:
        return style_of_text(im_bytes_of("LineString"));
    case GEOM_AREA:
        return style_of_text(im_bytes_of("Polygon"));
    case GEOM_EMPTY:
        break;
    }
    return style_of_text(im_bytes_of("Unknown"));
}

/* ---- data of the map ---- */

static struct style_value eval_zoom(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return style_of_number(at->zoom);
}

static struct style_value eval_density(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return style_of_number(at->density);
}

static struct style_value eval_elevation(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return style_of_number(at->elevation);
}

static struct style_value eval_progress(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return style_of_number(at->line_progress);
}

static struct style_value eval_accumulated(const struct expr *e, struct style_eval *at)
{
    (void)e;
    return at->accumulated;
}

static struct style_value eval_global_state(const struct expr *e, struct style_eval *at)
{
    const struct style_value *found =
        at->state.kind == STYLE_OBJECT ? member(at->state, e->value) : NULL;

    return found ? *found : style_null();
}

static const struct expr *compile_global_state(struct expr_compiler *c,
                                               const struct expr_operator *op,
                                               const json_t *json,
                                               const struct expr_type *expected)
{
    const json_t *key = json_array_get(json, 1);
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 2)
        return expr_fail_count(c, "1 argument", json);
    if (json_is_null(key))
        return expr_fail(c, "Global state property must be defined.",
                         "全局状态属性必须给出名称。");
    if (!json_is_string(key))
        return expr_fail(c,
                         "Global state property must be string, but found %s instead.",
                         "全局状态属性应是文本，却是 %s。",
                         json_is_number(key)    ? "number"
                         : json_is_boolean(key) ? "boolean"
                                                : "object");
    e = expr_new(c, op, op->result, 0);
    if (!e || !expr_literal(c, key, &e->value))
        return NULL;
    return expr_finish(c, e);
}

/* ---- literal, let, var, error ---- */

static const struct expr *compile_literal(struct expr_compiler *c,
                                          const struct expr_operator *op,
                                          const json_t *json,
                                          const struct expr_type *expected)
{
    struct style_value value;
    const struct expr *e;

    (void)op;
    if (json_array_size(json) != 2)
        return expr_fail(c,
                         "'literal' expression requires exactly one argument, but "
                         "found %zu instead.",
                         "“literal”只要一个参数，却有 %zu 个。",
                         json_array_size(json) - 1);
    if (!expr_literal(c, json_array_get(json, 1), &value))
        return NULL;
    e = expr_constant(c, value);
    /* an empty list is of the type that is asked for */
    if (e && value.kind == STYLE_ARRAY && value.n == 0 && expected &&
        expected->kind == STYLE_ARRAY && expected->n <= 0) {
        struct expr *typed = im_arena_alloc(c->arena, sizeof *typed);

        if (!typed)
            return expr_nomem(c);
        *typed = *e;
        typed->type = expected;
        e = typed;
    }
    return e;
}

static struct style_value eval_last(const struct expr *e, struct style_eval *at)
{
    return expr_eval(e->args[e->n_args - 1], at);
}

static bool is_variable_name(const char *name)
{
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
              (*name >= '0' && *name <= '9') || *name == '_'))
            return false;
    return true;
}

static const struct expr *read_binding(struct expr_compiler *c,
                                       const json_t *json,
                                       size_t i,
                                       struct expr_binding *b)
{
    const json_t *name = json_array_get(json, i);

    if (!json_is_string(name))
        return expr_fail_at(c, i, "Expected string, but found %s instead.",
                            "应是变量名，却是 %s。",
                            json_is_number(name)    ? "number"
                            : json_is_boolean(name) ? "boolean"
                                                    : "object");
    if (!is_variable_name(json_string_value(name)))
        return expr_fail_at(c, i,
                            "Variable names must contain only alphanumeric characters "
                            "or '_'.",
                            "变量名只能由字母、数字和 _ 组成。");
    b->name = im_arena_strdup(c->arena, im_bytes_of(json_string_value(name)));
    if (!b->name)
        return expr_nomem(c);
    b->value = expr_compile_arg(c, json, i + 1, NULL);
    return b->value;
}

/* Variables of one `let` are seen by its result only. */
static const struct expr *compile_let(struct expr_compiler *c,
                                      const struct expr_operator *op,
                                      const json_t *json,
                                      const struct expr_type *expected)
{
    size_t n = json_array_size(json);
    const struct expr_binding *outer = c->bindings;
    const struct expr_binding *inner = outer;
    size_t n_bound = 0;
    struct expr *e;

    if (n < 4)
        return expr_fail_count(c, "at least 3 arguments", json);
    e = expr_new(c, op, ANY, n / 2 + 1);
    if (!e)
        return NULL;
    for (size_t i = 1; i + 1 < n; i += 2) {
        struct expr_binding *b = im_arena_calloc(c->arena, 1, sizeof *b);

        if (!b)
            return expr_nomem(c);
        b->outer = inner;
        e->args[n_bound] = read_binding(c, json, i, b);
        if (!e->args[n_bound++])
            return NULL;
        inner = b;
    }
    c->bindings = inner;
    e->args[n_bound] =
        expr_compile_as(c, json_array_get(json, n - 1), n - 1, expected, EXPR_ASSERT);
    c->bindings = outer;
    if (!e->args[n_bound])
        return NULL;
    e->n_args = (uint32_t)n_bound + 1;
    e->type = e->args[n_bound]->type;
    return expr_finish(c, e);
}

static const struct expr *compile_var(struct expr_compiler *c,
                                      const struct expr_operator *op,
                                      const json_t *json,
                                      const struct expr_type *expected)
{
    const char *name = json_string_value(json_array_get(json, 1));

    (void)expected;
    if (json_array_size(json) != 2 || !name)
        return expr_fail(
            c, "'var' expression requires exactly one string literal argument.",
            "“var”需要一个变量名。");
    for (const struct expr_binding *b = c->bindings; b; b = b->outer)
        if (strcmp(b->name, name) == 0) {
            struct expr *e = expr_new(c, op, b->value->type, 1);

            if (!e)
                return NULL;
            e->args[0] = b->value;
            return expr_finish(c, e);
        }
    return expr_fail_at(
        c, 1,
        "Unknown variable \"%.60s\". Make sure \"%.60s\" has been bound "
        "in an enclosing \"let\" expression before using it.",
        "未知变量“%.60s”。请先在外层 \"let\" 中绑定“%.60s”。", name, name);
}

bool expr_is_variable(const struct expr *e)
{
    return e->op && e->op->compile == compile_var;
}

static struct style_value eval_error(const struct expr *e, struct style_eval *at)
{
    EVAL_ARG(text, 0);
    return style_failed(at, "%.*s", (int)text.n, text.bytes);
}

bool expr_is_never_folded(const struct expr *e)
{
    return e->op && (e->op->eval == eval_error || strcmp(e->op->name, "collator") == 0);
}

static const struct expr_operator rows[] = {
    {"get", compile_get, eval_get, ANY, 1, {STR}, 0},
    {"has", compile_get, eval_has, BOOL, 1, {STR}, 0},
    {"feature-state", NULL, eval_feature_state, ANY, 1, {STR}, EXPR_FEATURE},
    {"properties", NULL, eval_properties, OBJ, 0, {NULL}, EXPR_FEATURE},
    {"geometry-type", NULL, eval_geometry_type, STR, 0, {NULL}, EXPR_FEATURE},
    {"id", NULL, eval_id, ANY, 0, {NULL}, EXPR_FEATURE},
    {"zoom", NULL, eval_zoom, NUM, 0, {NULL}, EXPR_ZOOM},
    {"heatmap-density", NULL, eval_density, NUM, 0, {NULL}, EXPR_DENSITY},
    {"elevation", NULL, eval_elevation, NUM, 0, {NULL}, EXPR_OTHER},
    {"line-progress", NULL, eval_progress, NUM, 0, {NULL}, EXPR_PROGRESS},
    {"accumulated", NULL, eval_accumulated, ANY, 0, {NULL}, EXPR_OTHER},
    {"global-state",
     compile_global_state,
     eval_global_state,
     ANY,
     1,
     {STR},
     EXPR_OTHER},
    {"literal", compile_literal, NULL, ANY, 1, {ANY}, 0},
    {"let", compile_let, eval_last, ANY, 3, {ANY, ANY, ANY}, 0},
    {"var", compile_var, eval_last, ANY, 1, {STR}, 0},
    {"error", NULL, eval_error, &expr_types[STYLE_ERROR], 1, {STR}, 0},
};

const struct expr_family expr_family_data = {rows, sizeof rows / sizeof *rows};
