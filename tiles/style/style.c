/* SPDX-License-Identifier: Apache-2.0 */
/* Reads style.json: members, layers, their properties. Strict: what is not known is a
 * typing error and is named. */
#include "style/style.h"

#include <tiles/tile.h>

#include <math.h>

static enum im_code
refuse_unknown(struct expr_compiler *c, const json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        const char *best = known[0];
        unsigned least = ~0u;
        int i = 0;

        for (; known[i] && strcmp(known[i], key) != 0; i++) {
            unsigned distance = style_name_distance(known[i], key);

            if (distance < least) {
                least = distance;
                best = known[i];
            }
        }
        if (!known[i]) {
            expr_path_key(c, key);
            return expr_fail(c, "unknown member; the nearest known one is \"%s\"",
                             "未知成员；最接近的是“%s”", best);
        }
    }
    return IM_OK;
}

static enum im_code need_text(struct expr_compiler *c,
                              const json_t *object,
                              const char *key,
                              const char **out)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value) || json_string_length(value) == 0) {
        expr_path_key(c, key);
        return expr_fail(c, "a text that is not empty is needed", "需要非空文本");
    }
    *out = im_arena_strdup(c->arena, im_bytes_of(json_string_value(value)));
    return *out ? IM_OK : expr_nomem(c);
}

static enum im_code
read_zoom(struct expr_compiler *c, const json_t *object, const char *key, double *out)
{
    const json_t *value = json_object_get(object, key);

    if (!value)
        return IM_OK;
    if (!json_is_number(value) || !(json_number_value(value) >= 0) ||
        !(json_number_value(value) <= 24)) {
        expr_path_key(c, key);
        return expr_fail(c, "a number 0..24 is needed", "需要 0..24 的数字");
    }
    *out = json_number_value(value);
    return IM_OK;
}

static enum im_code
read_type(struct expr_compiler *c, const json_t *object, enum style_type *out)
{
    const char *text;
    enum im_code rc = need_text(c, object, "type", &text);

    if (rc != IM_OK)
        return rc;
    for (int i = 0; i < STYLE_TYPE_COUNT; i++)
        if (strcmp(text, style_type_name((enum style_type)i)) == 0) {
            *out = (enum style_type)i;
            return IM_OK;
        }
    expr_path_key(c, "type");
    return expr_fail(
        c,
        "\"%.40s\" is not drawn; known are background, fill, line, circle, symbol, "
        "heatmap",
        "不绘制“%.40s”；可用的有 background, fill, line, circle, symbol, heatmap",
        text);
}

/* The drawing order of ARCHITECTURE.md; without one a type has its usual place. */
static enum im_code
read_order(struct expr_compiler *c, const json_t *object, struct style_layer *layer)
{
    static const int usual[STYLE_TYPE_COUNT] = {0, 50, 250, 500, 700, 450};
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *order = json_object_get(metadata, "order");

    layer->order = usual[layer->type];
    if (metadata && !json_is_object(metadata)) {
        expr_path_key(c, "metadata");
        return expr_fail(c, "an object is needed", "需要对象");
    }
    if (!order)
        return IM_OK;
    if (!json_is_integer(order) || json_integer_value(order) < 0 ||
        json_integer_value(order) > STYLE_MAX_ORDER) {
        expr_path_key(c, "metadata");
        expr_path_key(c, "order");
        return expr_fail(c, "a whole number 0..%d is needed", "需要 0..%d 的整数",
                         STYLE_MAX_ORDER);
    }
    layer->order = (int)json_integer_value(order);
    return IM_OK;
}

struct check_context {
    struct expr_compiler *c;
    const struct style_property_def *def;
};

static enum im_code check_output(void *ctx, const struct style_value *value)
{
    const struct check_context *check = ctx;

    return style_property_check(check->c, check->def, value);
}

static enum im_code check_depends(struct expr_compiler *c,
                                  const struct style_property_def *def,
                                  const struct expr *e)
{
    if (e->depends & EXPR_DENSITY & ~def->depends)
        return expr_fail(c, "\"heatmap-density\" belongs into \"heatmap-color\"",
                         "\"heatmap-density\" 只能用于 \"heatmap-color\"");
    if (def->depends == PROPERTY_DENSITY && e->depends & ~(unsigned)PROPERTY_DENSITY)
        return expr_fail(c, "this property may only use \"heatmap-density\"",
                         "该属性只能用 \"heatmap-density\"");
    if (e->depends & EXPR_FEATURE & ~def->depends)
        return expr_fail(c,
                         "this property is the same for all features of a layer; "
                         "\"get\" and the like are not possible here",
                         "该属性对图层的所有要素相同，不能用 \"get\" 等");
    if (!expr_zoom_is_on_top(e))
        return expr_fail(c,
                         "\"zoom\" may only be the input of a \"step\" or "
                         "\"interpolate\" that is the whole value",
                         "\"zoom\" 只能作为最外层 \"step\" 或 \"interpolate\" 的输入");
    return IM_OK;
}

/* text-field takes any value and turns it into text (MapLibre: "formatted") */
static enum im_code
to_text(struct expr_compiler *c, const struct expr *e, const struct expr **out)
{
    struct expr *wrapped;

    if (e->type == STYLE_STRING) {
        *out = e;
        return IM_OK;
    }
    wrapped = expr_new(c, expr_conversion(STYLE_STRING, false), STYLE_STRING, 1);
    if (!wrapped)
        return c->err->code;
    wrapped->args[0] = e;
    return expr_finish(c, wrapped, out);
}

/* A curve stays on top when its outputs become text. */
static enum im_code compile_property(struct expr_compiler *c,
                                     enum style_property property,
                                     const json_t *json,
                                     const struct expr **out)
{
    const struct style_property_def *def = &style_properties[property];
    struct check_context check = {c, def};
    enum style_kind kind =
        property == ICON_PADDING && json_is_number(json) ? STYLE_NUMBER : def->kind;
    bool complete = true;
    enum im_code rc;

    if (property == TEXT_FIELD) {
        rc = expr_compile(c, json, STYLE_ANY, out);
        if (rc == IM_OK)
            rc = check_depends(c, def, *out);
        return rc == IM_OK ? to_text(c, *out, out) : rc;
    }
    rc = expr_compile(c, json, kind, out);
    if (rc == IM_OK)
        rc = check_depends(c, def, *out);
    if (rc == IM_OK)
        rc = expr_each_constant(*out, check_output, &check, &complete);
    if (rc == IM_OK && !complete && kind == STYLE_ARRAY)
        return expr_fail(c, "a list must be given as [\"literal\", […]]",
                         "列表应写为 [\"literal\", […]]");
    return rc;
}

static enum im_code
read_visibility(struct expr_compiler *c, const json_t *value, struct style_layer *layer)
{
    const char *text = json_string_value(value);

    if (text && strcmp(text, "none") == 0)
        layer->visible = false;
    else if (!text || strcmp(text, "visible") != 0)
        return expr_fail(c, "visibility is \"visible\" or \"none\"",
                         "visibility 应为 \"visible\" 或 \"none\"");
    return IM_OK;
}

static enum im_code read_property(struct expr_compiler *c,
                                  const char *key,
                                  const json_t *value,
                                  bool is_layout,
                                  struct style_layer *layer)
{
    enum style_property property;

    if (strcmp(key, "$comment") == 0)
        return IM_OK;
    if (is_layout && strcmp(key, "visibility") == 0)
        return read_visibility(c, value, layer);
    property = style_property_find(layer->type, is_layout, key);
    if (property != STYLE_PROPERTY_COUNT)
        return compile_property(c, property, value, &layer->properties[property]);
    if (style_property_find(layer->type, !is_layout, key) != STYLE_PROPERTY_COUNT)
        return expr_fail(c, "this property belongs into \"%s\"", "该属性应写在“%s”中",
                         is_layout ? "paint" : "layout");
    return expr_fail(c,
                     "unknown property of a %s layer; the nearest known one is \"%s\"",
                     "%s 图层没有此属性；最接近的是“%s”", style_type_name(layer->type),
                     style_property_nearest(layer->type, key));
}

static enum im_code read_properties(struct expr_compiler *c,
                                    const json_t *object,
                                    const char *part,
                                    struct style_layer *layer)
{
    json_t *properties = json_object_get(object, part);
    size_t mark = expr_path_key(c, part);
    const char *key;
    json_t *value;

    if (properties && !json_is_object(properties))
        return expr_fail(c, "an object is needed", "需要对象");
    json_object_foreach(properties, key, value)
    {
        size_t inner = expr_path_key(c, key);
        enum im_code rc =
            read_property(c, key, value, strcmp(part, "layout") == 0, layer);

        if (rc != IM_OK)
            return rc;
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
    return IM_OK;
}

static enum im_code
read_filter(struct expr_compiler *c, const json_t *object, struct style_layer *layer)
{
    const json_t *filter = json_object_get(object, "filter");
    size_t mark = expr_path_key(c, "filter");
    enum im_code rc = IM_OK;

    if (filter && layer->type == STYLE_BACKGROUND)
        return expr_fail(c, "a background has no features to filter",
                         "背景没有可过滤的要素");
    if (filter)
        rc = expr_compile_filter(c, filter, &layer->filter);
    if (rc == IM_OK)
        expr_path_pop(c, mark);
    return rc;
}

static enum im_code
read_layer(struct expr_compiler *c, const json_t *object, struct style_layer *layer)
{
    static const char *const known[] = {"id",       "type",  "minzoom", "maxzoom",
                                        "filter",   "paint", "layout",  "metadata",
                                        "$comment", NULL};
    enum im_code rc;

    if (!json_is_object(object))
        return expr_fail(c, "a layer is an object", "图层应是对象");
    if (json_object_get(object, "source") || json_object_get(object, "source-layer"))
        return expr_fail(c,
                         "\"source\" and \"source-layer\" follow from the folder; "
                         "leave them out",
                         "\"source\" 和 \"source-layer\" 由目录决定，请删去");
    rc = refuse_unknown(c, object, known);
    layer->visible = true;
    layer->max_zoom = HUGE_VAL;
    layer->min_zoom = -HUGE_VAL; /* a 256 px tile at 0 is at zoom -1 */
    if (rc == IM_OK)
        rc = need_text(c, object, "id", &layer->id);
    if (rc == IM_OK)
        rc = read_type(c, object, &layer->type);
    if (rc == IM_OK)
        rc = read_zoom(c, object, "minzoom", &layer->min_zoom);
    if (rc == IM_OK)
        rc = read_zoom(c, object, "maxzoom", &layer->max_zoom);
    if (rc == IM_OK)
        rc = read_order(c, object, layer);
    if (rc == IM_OK)
        rc = read_filter(c, object, layer);
    if (rc == IM_OK)
        rc = read_properties(c, object, "layout", layer);
    if (rc == IM_OK)
        rc = read_properties(c, object, "paint", layer);
    if (rc == IM_OK && layer->min_zoom > 0 && layer->min_zoom >= layer->max_zoom)
        return expr_fail(c, "minzoom %g is not below maxzoom %g",
                         "minzoom %g 不小于 maxzoom %g", layer->min_zoom,
                         layer->max_zoom);
    return rc;
}

static enum im_code
read_layers(struct expr_compiler *c, const json_t *root, struct style *out)
{
    const json_t *array = json_object_get(root, "layers");
    size_t n = json_array_size(array);
    size_t mark = expr_path_key(c, "layers");
    struct style_layer *layers;

    if (!json_is_array(array))
        return expr_fail(c, "a list of layers is needed", "需要图层列表");
    if (n > STYLE_MAX_LAYERS)
        return expr_fail(c, "%zu layers, at most %d", "有 %zu 个图层，最多 %d 个", n,
                         STYLE_MAX_LAYERS);
    layers = im_arena_calloc(c->arena, n + 1, sizeof *layers);
    if (!layers)
        return expr_nomem(c);
    for (size_t i = 0; i < n; i++) {
        size_t inner = expr_path_index(c, i);
        enum im_code rc = read_layer(c, json_array_get(array, i), &layers[i]);

        if (rc != IM_OK)
            return rc;
        layers[i].index = (uint32_t)i;
        for (size_t j = 0; j < i; j++)
            if (strcmp(layers[j].id, layers[i].id) == 0)
                return expr_fail(c, "id \"%.60s\" is taken by layers[%zu]",
                                 "id “%.60s” 已被 layers[%zu] 使用", layers[i].id, j);
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
    *out = (struct style){layers, (uint32_t)n};
    return IM_OK;
}

static enum im_code read_legend_entry(struct expr_compiler *c, const json_t *entry)
{
    static const char *const known[] = {"title", "shape", "color", "$comment", NULL};
    const json_t *title = json_object_get(entry, "title");
    const char *shape = json_string_value(json_object_get(entry, "shape"));
    const char *color = json_string_value(json_object_get(entry, "color"));
    struct draw_color parsed;
    enum im_code rc = refuse_unknown(c, entry, known);

    if (rc != IM_OK)
        return rc;
    if (!json_is_string(json_object_get(title, "zh")) ||
        !json_is_string(json_object_get(title, "en")))
        return expr_fail(c, "a legend entry needs \"title\" with \"zh\" and \"en\"",
                         "图例项需要带 \"zh\" 和 \"en\" 的 \"title\"");
    if (!shape ||
        (strcmp(shape, "circle") && strcmp(shape, "line") && strcmp(shape, "fill")))
        return expr_fail(c, "a legend entry needs \"shape\": circle, line or fill",
                         "图例项需要 \"shape\"：circle、line 或 fill");
    if (!color || !style_color_parse(im_bytes_of(color), &parsed))
        return expr_fail(c, "a legend entry needs \"color\", a CSS colour",
                         "图例项需要 \"color\"，即 CSS 颜色");
    return IM_OK;
}

static enum im_code read_legend(struct expr_compiler *c, const json_t *root)
{
    const json_t *legend = json_object_get(root, "legend");
    size_t mark = expr_path_key(c, "legend");

    if (legend && !json_is_array(legend))
        return expr_fail(c, "a list of entries is needed", "需要图例项列表");
    for (size_t i = 0; i < json_array_size(legend); i++) {
        size_t inner = expr_path_index(c, i);
        enum im_code rc = read_legend_entry(c, json_array_get(legend, i));

        if (rc != IM_OK)
            return rc;
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
    return IM_OK;
}

static enum im_code
read_root(struct expr_compiler *c, const json_t *root, struct style *out)
{
    static const char *const known[] = {"layers", "legend", "$comment", NULL};
    enum im_code rc;

    if (!json_is_object(root))
        return im_fail(c->err, IM_EDATA, "a style is a JSON object with \"layers\"");
    rc = refuse_unknown(c, root, known);
    if (rc == IM_OK)
        rc = read_legend(c, root);
    return rc == IM_OK ? read_layers(c, root, out) : rc;
}

enum im_code style_parse(struct im_bytes json,
                         const struct layer_schema *schema,
                         enum lang lang,
                         struct im_arena *arena,
                         struct style *out,
                         struct im_error *err)
{
    struct im_error unused;
    struct expr_compiler c = {
        .arena = arena, .schema = schema, .lang = lang, .err = err ? err : &unused};
    json_error_t fault;
    json_t *root = NULL;
    enum im_code rc;

    *out = (struct style){NULL, 0};
    if (json.len == 0)
        return IM_OK;
    if (json.len > STYLE_MAX_BYTES) {
        im_fail(err, IM_ELIMIT, "style of %zu bytes, at most %d", json.len,
                STYLE_MAX_BYTES);
        return im_zh(err, IM_ELIMIT, "样式有 %zu 字节，最多 %d", json.len,
                     STYLE_MAX_BYTES);
    }
    root =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (!root) {
        im_fail(err, IM_EDATA, "line %d, column %d: %s", fault.line, fault.column,
                fault.text);
        return im_zh(err, IM_EDATA, "第 %d 行第 %d 列：%s", fault.line, fault.column,
                     fault.text);
    }
    rc = read_root(&c, root, out);
    json_decref(root);
    return rc;
}

enum im_code style_check(struct im_bytes json, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(64u * 1024 * 1024);
    struct style style;
    enum im_code rc;

    if (!arena)
        return im_fail(err, IM_ENOMEM, "check a style");
    rc = style_parse(json, NULL, LANG_ZH, arena, &style, err);
    im_arena_free(arena);
    return rc;
}
