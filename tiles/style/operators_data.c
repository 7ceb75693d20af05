/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression starts from: the feature, the zoom, literals and names.
 * Names and meaning: MapLibre style specification, "Expressions". */
#include "style/operators.h"

/* ---- data of the feature ---- */

static struct style_value
field_value(const struct atlas_layer *layer, uint32_t feature, int field)
{
    double number;

    if (field == SCHEMA_NO_FIELD || !layer || atlas_is_null(layer, feature, field))
        return (struct style_value){.kind = STYLE_NULL};
    if (atlas_number(layer, feature, field, &number))
        return style_of_number(number);
    return style_of_text(atlas_text(layer, feature, field));
}

static struct style_value eval_get(const struct expr *e, struct style_eval *at)
{
    return field_value(at->layer, at->feature, e->field);
}

static struct style_value eval_has(const struct expr *e, struct style_eval *at)
{
    return style_of_bool(field_value(at->layer, at->feature, e->field).kind !=
                         STYLE_NULL);
}

static enum im_code compile_field(struct expr_compiler *c,
                                  const struct expr_operator *op,
                                  const json_t *json,
                                  enum style_kind expected,
                                  const struct expr **out)
{
    const json_t *name = json_array_get(json, 1);
    struct style_value text;
    enum im_code rc;
    struct expr *e;

    (void)expected;
    if (!json_is_string(name))
        return expr_fail(c, "\"%s\" needs the name of a field", "“%s”需要字段名",
                         op->name);
    rc = expr_literal(c, name, &text);
    e = rc == IM_OK ? expr_new(c, op, op->result, 0) : NULL;
    if (!e)
        return c->err->code;
    e->value = text;
    if (c->schema)
        e->field = schema_field_index(c->schema, text.text);
    return expr_finish(c, e, out);
}

static struct style_value eval_id(const struct expr *e, struct style_eval *at)
{
    (void)e;
    if (!at->layer)
        return (struct style_value){.kind = STYLE_NULL};
    return style_of_number((double)atlas_fid(at->layer, at->feature));
}

static struct style_value eval_geometry_type(const struct expr *e,
                                             struct style_eval *at)
{
    (void)e;
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

/* ---- literal, let, var ---- */

static enum im_code compile_literal(struct expr_compiler *c,
                                    const struct expr_operator *op,
                                    const json_t *json,
                                    enum style_kind expected,
                                    const struct expr **out)
{
    struct style_value value;
    size_t mark = expr_path_index(c, 1);
    enum im_code rc = expr_literal(c, json_array_get(json, 1), &value);
    struct expr *e;

    (void)op;
    (void)expected;
    if (rc != IM_OK)
        return rc;
    expr_path_pop(c, mark);
    e = expr_new(c, NULL, value.kind, 0);
    if (!e)
        return c->err->code;
    e->value = value;
    *out = e;
    return IM_OK;
}

/* A variable is replaced by the node it is bound to: nothing is left of it at
 * evaluation. */
static enum im_code compile_let(struct expr_compiler *c,
                                const struct expr_operator *op,
                                const json_t *json,
                                enum style_kind expected,
                                const struct expr **out)
{
    size_t n = json_array_size(json);
    const struct expr_binding *outer = c->bindings;
    enum im_code rc;

    if (n % 2 != 0)
        return expr_fail(c, "\"%s\" needs pairs of name and value, then the result",
                         "“%s”需要成对的名称和值，最后是结果", op->name);
    for (size_t i = 1; i + 1 < n; i += 2) {
        struct expr_binding *b = im_arena_calloc(c->arena, 1, sizeof *b);

        if (!b)
            return expr_nomem(c);
        if (!json_is_string(json_array_get(json, i)))
            return expr_fail(c, "argument %zu of \"let\" must be a name",
                             "“let”的第 %zu 个参数应是名称", i);
        b->name = im_arena_strdup(
            c->arena, im_bytes_of(json_string_value(json_array_get(json, i))));
        if (!b->name)
            return expr_nomem(c);
        rc = expr_compile_arg(c, json, i + 1, STYLE_ANY, &b->value);
        if (rc != IM_OK)
            return rc;
        b->outer = c->bindings;
        c->bindings = b;
    }
    rc = expr_compile_arg(c, json, n - 1, expected, out);
    c->bindings = outer;
    return rc;
}

static enum im_code compile_var(struct expr_compiler *c,
                                const struct expr_operator *op,
                                const json_t *json,
                                enum style_kind expected,
                                const struct expr **out)
{
    const char *name = json_string_value(json_array_get(json, 1));

    (void)op;
    (void)expected;
    for (const struct expr_binding *b = c->bindings; b && name; b = b->outer)
        if (strcmp(b->name, name) == 0) {
            *out = b->value;
            return IM_OK;
        }
    return expr_fail(c, "variable \"%.40s\" is not bound by \"let\" around it",
                     "变量“%.40s”没有在外层 \"let\" 中绑定", name ? name : "?");
}

/* ---- the rows ---- */

static const struct expr_operator rows[] = {
    {"get", ANY, STR, 1, 1, EXPR_FEATURE, compile_field, eval_get},
    {"has", BOOL, STR, 1, 1, EXPR_FEATURE, compile_field, eval_has},
    {"id", ANY, ANY, 0, 0, EXPR_FEATURE, NULL, eval_id},
    {"geometry-type", STR, ANY, 0, 0, EXPR_FEATURE, NULL, eval_geometry_type},
    {"zoom", NUM, ANY, 0, 0, EXPR_ZOOM, NULL, eval_zoom},
    {"heatmap-density", NUM, ANY, 0, 0, EXPR_DENSITY, NULL, eval_density},
    {"literal", ANY, ANY, 1, 1, 0, compile_literal, NULL},
    {"let", ANY, ANY, 3, -1, 0, compile_let, NULL},
    {"var", ANY, ANY, 1, 1, 0, compile_var, NULL},
};

const struct expr_family expr_family_data = {rows, sizeof rows / sizeof *rows};
