/* SPDX-License-Identifier: Apache-2.0 */
/* Reads style.json: members, layers, their properties. Strict: what is not known is a
 * typing error and is named. */
#include "style/style.h"

#include "style/json_fault.h"

#include <tiles/tile.h>

#include <math.h>
#include <stdlib.h>

enum doc { DOC_LAYER, DOC_MAP }; /* of one map layer; of the whole map */

struct reader {
    struct expr_compiler c;
    enum doc doc;
};

static void
refuse_unknown(struct expr_compiler *c, const json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        const char *best = known[0];
        unsigned least = ~0u;
        size_t mark;
        int i = 0;

        for (; known[i] && strcmp(known[i], key) != 0; i++) {
            unsigned distance = style_name_distance(known[i], key);

            if (distance < least) {
                least = distance;
                best = known[i];
            }
        }
        if (known[i])
            continue;
        mark = expr_path_key(c, key);
        expr_fail(c, "unknown member; the nearest known one is \"%s\"",
                  "未知成员；最接近的是“%s”", best);
        expr_path_pop(c, mark);
    }
}

/* A problem with a member of the object at the path. */
static void
fail_member(struct expr_compiler *c, const char *key, const char *en, const char *zh)
{
    size_t mark = expr_path_key(c, key);

    /* both formats get both arguments */
    expr_fail(c, "%s", "%.0s%s", en, zh);
    expr_path_pop(c, mark);
}

static const char *
need_text(struct expr_compiler *c, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *copy;

    if (!json_is_string(value) || json_string_length(value) == 0) {
        fail_member(c, key, "a text that is not empty is needed", "需要非空文本");
        return NULL;
    }
    copy = im_arena_strdup(c->arena, im_bytes_of(json_string_value(value)));
    if (!copy)
        expr_nomem(c);
    return copy;
}

static void
read_zoom(struct expr_compiler *c, const json_t *object, const char *key, double *out)
{
    const json_t *value = json_object_get(object, key);

    if (!value)
        return;
    if (!json_is_number(value) || !(json_number_value(value) >= 0) ||
        !(json_number_value(value) <= 24)) {
        fail_member(c, key, "a number 0..24 is needed", "需要 0..24 的数字");
        return;
    }
    *out = json_number_value(value);
}

static bool
read_type(struct expr_compiler *c, const json_t *object, enum style_type *out)
{
    const char *text = need_text(c, object, "type");
    size_t mark;

    if (!text)
        return false;
    for (int i = 0; i < STYLE_TYPE_COUNT; i++)
        if (strcmp(text, style_type_name((enum style_type)i)) == 0) {
            *out = (enum style_type)i;
            return true;
        }
    mark = expr_path_key(c, "type");
    expr_fail(
        c,
        "\"%.40s\" is not drawn; known are background, fill, line, circle, symbol, "
        "heatmap",
        "不绘制“%.40s”；可用的有 background, fill, line, circle, symbol, heatmap",
        text);
    expr_path_pop(c, mark);
    return false;
}

/* The drawing order of ARCHITECTURE.md; without one a type has its usual place. */
static void
read_order(struct expr_compiler *c, const json_t *object, struct style_layer *layer)
{
    static const int usual[STYLE_TYPE_COUNT] = {0, 50, 250, 500, 700, 450};
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *order = json_object_get(metadata, "order");
    size_t mark;

    layer->order = usual[layer->type];
    if (metadata && !json_is_object(metadata)) {
        fail_member(c, "metadata", "an object is needed", "需要对象");
        return;
    }
    if (!order)
        return;
    if (json_is_integer(order) && json_integer_value(order) >= 0 &&
        json_integer_value(order) <= STYLE_MAX_ORDER) {
        layer->order = (int)json_integer_value(order);
        return;
    }
    mark = expr_path_key(c, "metadata");
    expr_path_key(c, "order");
    expr_fail(c, "a whole number 0..%d is needed", "需要 0..%d 的整数",
              STYLE_MAX_ORDER);
    expr_path_pop(c, mark);
}

/* ---- values ---- */

static const struct expr *check_depends(struct expr_compiler *c,
                                        const struct style_target *target,
                                        const struct expr *e)
{
    unsigned beyond = e->depends & ~target->depends;

    if (beyond & EXPR_FEATURE && target->depends & EXPR_DENSITY)
        return expr_fail(c, "this property may only use \"heatmap-density\"",
                         "该属性只能用 \"heatmap-density\"");
    if (beyond & EXPR_FEATURE && c->is_plain)
        return expr_fail(c, "data expressions not supported", "不能用要素的数据");
    if (beyond & EXPR_FEATURE)
        return expr_fail(c,
                         "this property is the same for all features of a layer; "
                         "\"get\" and the like are not possible here",
                         "该属性对图层的所有要素相同，不能用 \"get\" 等");
    if (beyond & EXPR_ZOOM)
        return expr_fail(c, "zoom expressions not supported", "此处不能用 \"zoom\"");
    if (beyond & EXPR_DENSITY && !c->is_plain)
        return expr_fail(c, "\"heatmap-density\" belongs into \"heatmap-color\"",
                         "\"heatmap-density\" 只能用于 \"heatmap-color\"");
    if (beyond & EXPR_PROGRESS && !c->is_plain)
        return expr_fail(c,
                         "\"line-progress\" is not possible: gradients are not drawn",
                         "不能用 \"line-progress\"：不绘制渐变线");
    return e;
}

static const struct expr *check_zoom(struct expr_compiler *c,
                                     const struct style_target *target,
                                     const struct expr *e)
{
    switch (expr_zoom_use(e)) {
    case EXPR_ZOOM_NOT_ON_TOP:
        return expr_fail(
            c,
            "\"zoom\" expression may only be used as input to a top-level "
            "\"step\" or \"interpolate\" expression.",
            "\"zoom\" 只能作为最外层 \"step\" 或 \"interpolate\" 的输入。");
    case EXPR_ZOOM_TWICE:
        return expr_fail(c,
                         "Only one zoom-based \"step\" or \"interpolate\" "
                         "subexpression may be used in an expression.",
                         "一个表达式只能有一个以 \"zoom\" 为输入的 \"step\" 或 "
                         "\"interpolate\"。");
    case EXPR_ZOOM_INTERPOLATE:
        if (!target->is_interpolated)
            return expr_fail(c,
                             "\"interpolate\" expressions cannot be used with this "
                             "property",
                             "该属性不能用 \"interpolate\"");
        break;
    case EXPR_ZOOM_NONE:
    case EXPR_ZOOM_STEP:
        break;
    }
    return e;
}

const struct expr *style_compile(struct expr_compiler *c,
                                 const json_t *json,
                                 const struct style_target *target)
{
    json_t *made = NULL;
    const struct expr *e;

    if (json_is_object(json)) {
        made = style_function_expression(json, &target->function);
        if (!made)
            return c->is_plain
                       ? expr_fail(c,
                                   "Bare objects invalid. Use [\"literal\", {...}] "
                                   "instead.",
                                   "对象不是表达式。")
                       : expr_fail(c,
                                   "an object is no expression; write a value, "
                                   "[\"operator\", …] or {\"stops\": [[z, value], …]}",
                                   "对象不是表达式；请写值、[\"运算符\", …] 或 "
                                   "{\"stops\": [[z, 值], …]}");
        json = made;
    }
    e = expr_compile(c, json, target->type,
                     target->is_text ? EXPR_COERCE : EXPR_ASSERT);
    json_decref(made);
    if (e)
        e = check_depends(c, target, e);
    return e ? check_zoom(c, target, e) : NULL;
}

/* A plain list is a list, not a call; "{name}" in a plain text is a property. */
static json_t *plain_value(const json_t *json, const struct style_target *target)
{
    json_t *out;

    if (json_is_string(json) && target->function.has_tokens)
        return style_token_expression(json_string_value(json));
    if (!json_is_array(json) || expr_is_call(json) || !target->type ||
        (target->type->kind != STYLE_ARRAY && target->type->kind != STYLE_PADDING &&
         target->type->kind != STYLE_OFFSETS))
        return json_incref((json_t *)json);
    out = json_array();
    json_array_append_new(out, json_string("literal"));
    json_array_append(out, (json_t *)json);
    return out;
}

struct check_context {
    struct expr_compiler *c;
    const struct style_property_def *def;
};

static void check_output(void *ctx, struct style_value value)
{
    const struct check_context *check = ctx;

    style_property_check(check->c, check->def, value);
}

/* "{lang}" comes before "{name}". */
static json_t *in_language(const struct expr_compiler *c, const json_t *json)
{
    static const char mark[] = "{lang}";
    const char *text = json_string_value(json);
    const char *found = text ? strstr(text, mark) : NULL;
    json_t *out;
    char *copy;
    size_t n = 0;

    if (!found)
        return json_incref((json_t *)json);
    copy = strdup(text);
    if (!copy)
        return json_incref((json_t *)json);
    for (const char *p = text; *p;) {
        if (strncmp(p, mark, sizeof mark - 1) == 0) {
            memcpy(copy + n, c->lang == LANG_EN ? "en" : "zh", 2);
            n += 2;
            p += sizeof mark - 1;
        } else {
            copy[n++] = *p++;
        }
    }
    out = json_stringn(copy, n);
    free(copy);
    return out ? out : json_incref((json_t *)json);
}

static void compile_property(struct expr_compiler *c,
                             enum style_property property,
                             const json_t *json,
                             const struct expr **out)
{
    struct style_target target = style_property_target(c, property);
    struct check_context check = {c, &style_properties[property]};
    json_t *spoken = in_language(c, json);
    json_t *value = plain_value(spoken, &target);
    bool complete = true;

    *out = target.type ? style_compile(c, value, &target) : NULL;
    json_decref(value);
    json_decref(spoken);
    if (*out)
        expr_each_constant(*out, check_output, &check, &complete);
}

static void
read_visibility(struct expr_compiler *c, const json_t *value, struct style_layer *layer)
{
    const char *text = json_string_value(value);

    if (text && strcmp(text, "none") == 0)
        layer->visible = false;
    else if (!text || strcmp(text, "visible") != 0)
        expr_fail(c, "visibility is \"visible\" or \"none\"",
                  "visibility 应为 \"visible\" 或 \"none\"");
}

static bool is_text(const json_t *value, const char *text)
{
    const char *own = json_string_value(value);

    return own && strcmp(own, text) == 0;
}

/* What is known and not drawn. */
static bool refuse_known(struct expr_compiler *c,
                         const struct style_layer *layer,
                         const char *key,
                         const json_t *value)
{
    if (layer->type == STYLE_LINE && strcmp(key, "line-gradient") == 0)
        expr_fail(c, "gradients along lines are not drawn; use \"line-color\"",
                  "不绘制渐变线；请用“line-color”");
    else if (strcmp(key, "text-writing-mode") == 0 &&
             is_text(json_array_get(value, 0), "vertical"))
        expr_fail(c, "vertical text is not drawn; use [\"horizontal\"]",
                  "不支持竖排文字；请用 [\"horizontal\"]");
    else if (strcmp(key, "icon-keep-upright") == 0 && !json_is_false(value))
        expr_fail(c, "icons along lines are not turned back; it can only be false",
                  "沿线图标不会翻转，只能为 false");
    else if (strcmp(key, "symbol-z-order") == 0 && !is_text(value, "auto"))
        expr_fail(c, "labels lie in the order of \"symbol-sort-key\"; use \"auto\"",
                  "标注按“symbol-sort-key”叠放；请用“auto”");
    else
        return false;
    return true;
}

static void read_property(struct expr_compiler *c,
                          const char *key,
                          const json_t *value,
                          bool is_layout,
                          struct style_layer *layer)
{
    enum style_property property;
    size_t n = strlen(key);

    if (strcmp(key, "$comment") == 0 || refuse_known(c, layer, key, value))
        return;
    if (is_layout && strcmp(key, "visibility") == 0) {
        read_visibility(c, value, layer);
        return;
    }
    property = style_property_find(layer->type, is_layout, key);
    if (property != STYLE_PROPERTY_COUNT)
        compile_property(c, property, value, &layer->properties[property]);
    else if (style_property_find(layer->type, !is_layout, key) != STYLE_PROPERTY_COUNT)
        expr_fail(c, "this property belongs into \"%s\"", "该属性应写在“%s”中",
                  is_layout ? "paint" : "layout");
    else if (n > 11 && strcmp(key + n - 11, "-transition") == 0 && !is_layout)
        return; /* tiles do not fade */
    else
        expr_fail(c, "unknown property of a %s layer; the nearest known one is \"%s\"",
                  "%s 图层没有此属性；最接近的是“%s”", style_type_name(layer->type),
                  style_property_nearest(layer->type, key));
}

static void read_properties(struct expr_compiler *c,
                            const json_t *object,
                            const char *part,
                            struct style_layer *layer)
{
    json_t *properties = json_object_get(object, part);
    size_t mark = expr_path_key(c, part);
    const char *key;
    json_t *value;

    if (properties && !json_is_object(properties))
        expr_fail(c, "an object is needed", "需要对象");
    json_object_foreach(properties, key, value)
    {
        size_t inner = expr_path_key(c, key);

        read_property(c, key, value, strcmp(part, "layout") == 0, layer);
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
}

static void
read_filter(struct expr_compiler *c, const json_t *object, struct style_layer *layer)
{
    const json_t *filter = json_object_get(object, "filter");
    size_t mark = expr_path_key(c, "filter");

    if (filter && layer->type == STYLE_BACKGROUND)
        expr_fail(c, "a background has no features to filter", "背景没有可过滤的要素");
    else if (filter)
        layer->filter = expr_compile_filter(c, filter);
    expr_path_pop(c, mark);
}

static void check_members(struct reader *r, const json_t *object)
{
    static const char *const own[] = {"id",       "type",  "minzoom", "maxzoom",
                                      "filter",   "paint", "layout",  "metadata",
                                      "$comment", NULL};
    static const char *const map[] = {"id",     "type",         "minzoom",  "maxzoom",
                                      "filter", "paint",        "layout",   "metadata",
                                      "source", "source-layer", "$comment", NULL};

    if (r->doc == DOC_LAYER &&
        (json_object_get(object, "source") || json_object_get(object, "source-layer")))
        expr_fail(&r->c,
                  "\"source\" and \"source-layer\" follow from the folder; "
                  "leave them out",
                  "\"source\" 和 \"source-layer\" 由目录决定，请删去");
    refuse_unknown(&r->c, object, r->doc == DOC_LAYER ? own : map);
}

static void
read_layer(struct reader *r, const json_t *object, struct style_layer *layer)
{
    struct expr_compiler *c = &r->c;

    if (!json_is_object(object)) {
        expr_fail(c, "a layer is an object", "图层应是对象");
        return;
    }
    check_members(r, object);
    layer->visible = true;
    layer->max_zoom = HUGE_VAL;
    layer->min_zoom = -HUGE_VAL; /* a 256 px tile at 0 is at zoom -1 */
    layer->id = need_text(c, object, "id");
    read_zoom(c, object, "minzoom", &layer->min_zoom);
    read_zoom(c, object, "maxzoom", &layer->max_zoom);
    if (!read_type(c, object, &layer->type))
        return;
    read_order(c, object, layer);
    read_filter(c, object, layer);
    read_properties(c, object, "layout", layer);
    read_properties(c, object, "paint", layer);
    if (layer->min_zoom > 0 && layer->min_zoom >= layer->max_zoom)
        expr_fail(c, "minzoom %g is not below maxzoom %g",
                  "minzoom %g 不小于 maxzoom %g", layer->min_zoom, layer->max_zoom);
}

static void
check_id(struct expr_compiler *c, const struct style_layer *layers, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (layers[i].id && layers[j].id && strcmp(layers[j].id, layers[i].id) == 0)
            expr_fail(c, "id \"%.60s\" is taken by layers[%zu]",
                      "id “%.60s” 已被 layers[%zu] 使用", layers[i].id, j);
}

static void read_layers(struct reader *r, const json_t *root, struct style *out)
{
    struct expr_compiler *c = &r->c;
    const json_t *array = json_object_get(root, "layers");
    size_t n = json_array_size(array);
    size_t mark = expr_path_key(c, "layers");
    struct style_layer *layers = NULL;

    if (!json_is_array(array))
        expr_fail(c, "a list of layers is needed", "需要图层列表");
    else if (n > STYLE_MAX_LAYERS)
        expr_fail(c, "%zu layers, at most %d", "有 %zu 个图层，最多 %d 个", n,
                  STYLE_MAX_LAYERS);
    else
        layers = im_arena_calloc(c->arena, n + 1, sizeof *layers);
    for (size_t i = 0; layers && i < n && !c->is_out_of_memory; i++) {
        size_t inner = expr_path_index(c, i);

        read_layer(r, json_array_get(array, i), &layers[i]);
        layers[i].index = (uint32_t)i;
        check_id(c, layers, i);
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
    *out = (struct style){layers, layers ? (uint32_t)n : 0};
}

static bool is_legend_shape(const char *shape)
{
    static const char *const shapes[] = {"circle", "ring", "cluster",
                                         "line",   "fill", NULL};

    for (int i = 0; shape && shapes[i]; i++)
        if (strcmp(shape, shapes[i]) == 0)
            return true;
    return false;
}

static bool is_color(const json_t *value)
{
    const char *text = json_string_value(value);
    struct draw_color parsed;

    return text && style_color_parse(im_bytes_of(text), &parsed);
}

/* [[zoom, name of an image], ..], from the lowest zoom up. */
static bool is_images(const json_t *images)
{
    double before = -1;

    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *pair = json_array_get(images, i);
        double zoom = json_number_value(json_array_get(pair, 0));

        if (json_array_size(pair) != 2 || !json_is_number(json_array_get(pair, 0)) ||
            !json_is_string(json_array_get(pair, 1)) || zoom <= before)
            return false;
        before = zoom;
    }
    return json_is_array(images);
}

static void read_legend_entry(struct expr_compiler *c, const json_t *entry)
{
    static const char *const known[] = {"title",   "shape",   "color",    "minzoom",
                                        "opacity", "outline", "images",   "pattern",
                                        "layer",   "radius",  "$comment", NULL};
    const json_t *title = json_object_get(entry, "title");
    const json_t *outline = json_object_get(entry, "outline");
    const json_t *images = json_object_get(entry, "images");

    refuse_unknown(c, entry, known);
    if (!json_is_string(json_object_get(title, "zh")) ||
        !json_is_string(json_object_get(title, "en")))
        expr_fail(c, "a legend entry needs \"title\" with \"zh\" and \"en\"",
                  "图例项需要带 \"zh\" 和 \"en\" 的 \"title\"");
    if (!is_legend_shape(json_string_value(json_object_get(entry, "shape"))))
        expr_fail(c,
                  "a legend entry needs \"shape\": circle, ring, cluster, line or fill",
                  "图例项需要 \"shape\"：circle、ring、cluster、line 或 fill");
    if (!is_color(json_object_get(entry, "color")) || (outline && !is_color(outline)))
        expr_fail(c, "a legend entry needs \"color\", a CSS colour",
                  "图例项需要 \"color\"，即 CSS 颜色");
    if (images && !is_images(images))
        expr_fail(c, "\"images\" is a list of [zoom, name], zooms ascending",
                  "\"images\" 应为 [缩放级别, 图标名] 的列表，级别递增");
}

static void read_legend(struct expr_compiler *c, const json_t *root)
{
    const json_t *legend = json_object_get(root, "legend");
    size_t mark = expr_path_key(c, "legend");

    if (legend && !json_is_array(legend))
        expr_fail(c, "a list of entries is needed", "需要图例项列表");
    for (size_t i = 0; i < json_array_size(legend); i++) {
        size_t inner = expr_path_index(c, i);

        read_legend_entry(c, json_array_get(legend, i));
        expr_path_pop(c, inner);
    }
    expr_path_pop(c, mark);
}

static void read_root(struct reader *r, const json_t *root, struct style *out)
{
    static const char *const own[] = {"layers", "legend", "$comment", NULL};
    static const char *const map[] = {
        "layers",     "version",  "name",           "metadata",   "center",
        "zoom",       "bearing",  "pitch",          "roll",       "sources",
        "sprite",     "glyphs",   "light",          "state",      "legend",
        "transition", "$comment", "centerAltitude", "font-faces", NULL};

    refuse_unknown(&r->c, root, r->doc == DOC_LAYER ? own : map);
    if (r->doc == DOC_MAP && json_number_value(json_object_get(root, "version")) != 8)
        fail_member(&r->c, "version", "must be 8", "应为 8");
    read_legend(&r->c, root);
    read_layers(r, root, out);
}

/* IM_ELIMIT, IM_EDATA: no JSON that can be looked at. */
static enum im_code load(struct im_bytes json, json_t **out, struct im_error *err)
{
    json_error_t fault;

    if (json.len > STYLE_MAX_BYTES) {
        im_fail(err, IM_ELIMIT, "the style has %zu bytes, at most %d are allowed",
                json.len, STYLE_MAX_BYTES);
        return im_zh(err, IM_ELIMIT, "样式有 %zu 字节，最多 %d", json.len,
                     STYLE_MAX_BYTES);
    }
    *out =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (!*out)
        return json_fault("", json, &fault, err);
    if (json_is_object(*out))
        return IM_OK;
    json_decref(*out);
    *out = NULL;
    im_fail(err, IM_EDATA, "a style is a JSON object with \"layers\"");
    return im_zh(err, IM_EDATA, "样式应是带 \"layers\" 的 JSON 对象");
}

static enum im_code first_problem(const struct expr_compiler *c, struct im_error *err)
{
    const struct style_problem *p = c->problems.items;

    if (c->is_out_of_memory)
        return im_fail(err, IM_ENOMEM, "the style needs too much memory");
    if (c->problems.n == 0)
        return IM_OK;
    im_fail(err, IM_EDATA, "%s: %s", p->path, p->en);
    return im_zh(err, IM_EDATA, "%s：%s", p->path, p->zh);
}

enum im_code style_problems_of(struct im_bytes json,
                               struct im_arena *arena,
                               struct style_problems *out,
                               struct im_error *err)
{
    struct reader r = {.c = {.arena = arena, .lang = LANG_ZH}};
    struct style style;
    json_t *root = NULL;
    enum im_code rc = load(json, &root, err);

    *out = (struct style_problems){NULL, 0, 0};
    if (rc != IM_OK)
        return rc;
    r.doc = json_object_get(root, "sources") || json_object_get(root, "version")
                ? DOC_MAP
                : DOC_LAYER;
    read_root(&r, root, &style);
    json_decref(root);
    *out = r.c.problems;
    return r.c.is_out_of_memory
               ? im_fail(err, IM_ENOMEM, "the style needs too much memory")
               : IM_OK;
}

enum im_code style_parse(struct im_bytes json,
                         const struct layer_schema *schema,
                         enum lang lang,
                         struct im_arena *arena,
                         struct style *out,
                         struct im_error *err)
{
    struct reader r = {.c = {.arena = arena, .schema = schema, .lang = lang}};
    json_t *root = NULL;
    enum im_code rc;

    *out = (struct style){NULL, 0};
    if (json.len == 0)
        return IM_OK;
    rc = load(json, &root, err);
    if (rc != IM_OK)
        return rc;
    read_root(&r, root, out);
    json_decref(root);
    return first_problem(&r.c, err);
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
