/* SPDX-License-Identifier: Apache-2.0 */
/* One published case: what the expression is compiled to, and its values. */
#include "style/case.h"

#include <math.h>

/* ---- what the property wants ---- */

static const struct expr_type *named_type(const char *name)
{
    static const struct {
        const char *name;
        enum style_kind kind;
    } types[] = {{"color", STYLE_COLOR},
                 {"string", STYLE_STRING},
                 {"number", STYLE_NUMBER},
                 {"enum", STYLE_STRING},
                 {"boolean", STYLE_BOOL},
                 {"formatted", STYLE_FORMATTED},
                 {"padding", STYLE_PADDING},
                 {"numberArray", STYLE_NUMBER_ARRAY},
                 {"colorArray", STYLE_COLOR_ARRAY},
                 {"projectionDefinition", STYLE_PROJECTION},
                 {"resolvedImage", STYLE_IMAGE},
                 {"variableAnchorOffsetCollection", STYLE_OFFSETS}};

    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return &expr_types[types[i].kind];
    return NULL;
}

static bool lists(const json_t *array, const char *name)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *item = json_string_value(json_array_get(array, i));

        if (item && strcmp(item, name) == 0)
            return true;
    }
    return false;
}

static const char *text_or(const json_t *json, const char *otherwise)
{
    const char *text = json_string_value(json);

    return text ? text : otherwise;
}

static struct style_target target_of(struct expr_compiler *c, const json_t *spec)
{
    const json_t *expression = json_object_get(spec, "expression");
    const json_t *parameters = json_object_get(expression, "parameters");
    const json_t *length = json_object_get(spec, "length");
    const char *type = text_or(json_object_get(spec, "type"), "");
    const char *item = text_or(json_object_get(spec, "value"), "");
    const char *kind = text_or(json_object_get(spec, "property-type"), "data-driven");
    struct style_target target = {.type = named_type(type)};

    if (strcmp(type, "array") == 0) {
        const struct expr_type *items = named_type(item);

        target.type = expr_array_type(c, items ? items : &expr_types[STYLE_ANY],
                                      length ? (int32_t)json_number_value(length) : -1);
    }
    target.is_text = strcmp(type, "string") == 0;
    target.depends = EXPR_DENSITY | EXPR_PROGRESS | EXPR_OTHER;
    if (strstr(kind, "data-driven"))
        target.depends |= EXPR_FEATURE;
    if (!expression || lists(parameters, "zoom"))
        target.depends |= EXPR_ZOOM;
    target.is_interpolated =
        !expression || json_is_true(json_object_get(expression, "interpolated"));
    target.function = (struct style_function_target){
        .type = type,
        .item = item,
        .length = length ? (int)json_number_value(length) : -1,
        .is_interpolated = target.is_interpolated,
        .has_tokens = json_is_true(json_object_get(spec, "tokens")),
        .fallback = json_object_get(spec, "default")};
    return target;
}

/* Names of an enum's values: the specification has them as members. */
static json_t *enum_values(const json_t *spec)
{
    const json_t *values = json_object_get(spec, "values");
    json_t *out = json_array();
    const char *key;
    json_t *value;

    if (json_is_array(values))
        json_array_extend(out, (json_t *)values);
    json_object_foreach((json_t *)values, key, value)
        json_array_append_new(out, json_string(key));
    return out;
}

/* ---- the feature ---- */

struct shape_reader {
    double z; /* tiles a side */
    double x;
    double y;
    uint32_t n_points;
    uint32_t n_parts;
    uint32_t n_areas;
    double *lonlat; /* NULL: only counting */
    uint32_t *part_end;
    uint32_t *area_end;
};

/* Rounded to units of the tile and back, as coordinates come out of vector tiles. */
static void add_position(struct shape_reader *r, const json_t *position)
{
    const double extent = 8192;
    double lon = json_number_value(json_array_get(position, 0));
    double lat = json_number_value(json_array_get(position, 1));

    if (r->lonlat) {
        double x = (180 + lon) / 360;
        double y = (180 - (180 / M_PI) * log(tan(M_PI / 4 + lat * M_PI / 360))) / 360;

        x = floor((x * r->z - r->x) * extent + 0.5);
        y = floor((y * r->z - r->y) * extent + 0.5);
        x = (x / extent + r->x) / r->z;
        y = (y / extent + r->y) / r->z;
        r->lonlat[2 * (size_t)r->n_points] = x * 360 - 180;
        r->lonlat[2 * (size_t)r->n_points + 1] =
            (360 / M_PI) * atan(exp((180 - y * 360) * M_PI / 180)) - 90;
    }
    r->n_points++;
}

static void add_part(struct shape_reader *r, const json_t *line)
{
    for (size_t i = 0; i < json_array_size(line); i++)
        add_position(r, json_array_get(line, i));
    if (r->part_end)
        r->part_end[r->n_parts] = r->n_points;
    r->n_parts++;
}

static void add_area(struct shape_reader *r, const json_t *rings)
{
    for (size_t i = 0; i < json_array_size(rings); i++)
        add_part(r, json_array_get(rings, i));
    if (r->area_end)
        r->area_end[r->n_areas] = r->n_parts;
    r->n_areas++;
}

static enum geom_kind
add_shape(struct shape_reader *r, const char *type, const json_t *coordinates)
{
    bool is_multi = strncmp(type, "Multi", 5) == 0;
    const char *simple = is_multi ? type + 5 : type;
    size_t n = is_multi ? json_array_size(coordinates) : 1;

    for (size_t i = 0; i < n; i++) {
        const json_t *part = is_multi ? json_array_get(coordinates, i) : coordinates;

        if (strcmp(simple, "Point") == 0)
            add_position(r, part);
        else if (strcmp(simple, "LineString") == 0)
            add_part(r, part);
        else if (strcmp(simple, "Polygon") == 0)
            add_area(r, part);
    }
    return strcmp(simple, "Point") == 0        ? GEOM_POINT
           : strcmp(simple, "LineString") == 0 ? GEOM_LINE
           : strcmp(simple, "Polygon") == 0    ? GEOM_AREA
                                               : GEOM_EMPTY;
}

static const struct geom *read_shape(struct im_arena *arena,
                                     const json_t *geometry,
                                     const json_t *tile,
                                     double *scale)
{
    const char *type = text_or(json_object_get(geometry, "type"), "");
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    struct shape_reader r = {.z = exp2(json_number_value(json_object_get(tile, "z"))),
                             .x = json_number_value(json_object_get(tile, "x")),
                             .y = json_number_value(json_object_get(tile, "y"))};
    struct geom *g = im_arena_calloc(arena, 1, sizeof *g);
    enum geom_kind kind = add_shape(&r, type, coordinates);

    *scale = r.z * 8192;
    r.lonlat = im_arena_calloc(arena, (size_t)r.n_points + 1, 2 * sizeof(double));
    r.part_end = im_arena_calloc(arena, (size_t)r.n_parts + 1, sizeof(uint32_t));
    r.area_end = im_arena_calloc(arena, (size_t)r.n_areas + 1, sizeof(uint32_t));
    if (!g || !r.lonlat || !r.part_end || !r.area_end || r.n_points == 0)
        return NULL;
    r.n_points = r.n_parts = r.n_areas = 0;
    add_shape(&r, type, coordinates);
    *g = (struct geom){kind,     r.n_points, r.n_parts, r.n_areas,
                       r.lonlat, r.part_end, r.area_end};
    return g;
}

static struct style_value value_of(struct expr_compiler *c, const json_t *json)
{
    struct style_value v = style_null();

    if (json && !expr_literal(c, json, &v))
        v = style_null();
    return v;
}

/* "MultiPoint" is "Point" in a tile; without a tile it keeps its name. */
static struct style_value
type_of(struct expr_compiler *c, const json_t *geometry, bool in_tile)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));

    if (!type || (in_tile && !json_object_get(geometry, "coordinates")))
        return style_null();
    if (in_tile && strncmp(type, "Multi", 5) == 0)
        type += 5;
    type = im_arena_strdup(c->arena, im_bytes_of(type));
    return type ? style_of_bytes(type, strlen(type)) : style_null();
}

static void read_feature(struct expr_compiler *c,
                         const json_t *feature,
                         const json_t *tile,
                         struct style_given *out)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    bool in_tile = json_is_object(tile);

    *out = (struct style_given){.id = value_of(c, json_object_get(feature, "id"))};
    out->properties = value_of(c, json_object_get(feature, "properties"));
    if (out->properties.kind != STYLE_OBJECT)
        out->properties = (struct style_value){.kind = STYLE_OBJECT};
    if (!json_is_object(geometry))
        return;
    out->type = type_of(c, geometry, in_tile);
    if (in_tile)
        out->shape = read_shape(c->arena, geometry, tile, &out->scale);
}

static double number_or_zero(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* ---- results ---- */

static void put_output(const struct expr *e, struct style_eval *at, struct im_buf *out)
{
    struct style_value v = expr_eval(e, at);
    struct style_text text = {.at = at, .wide = out};

    if (v.kind == STYLE_ERROR) {
        im_buf_text(out, "{\"error\":");
        style_text_json(&text, style_of_bytes(v.bytes, v.n));
        im_buf_text(out, "}");
    } else if (e->type->kind == STYLE_COLOR && v.kind == STYLE_COLOR) {
        const struct style_rgba *c = v.colors;
        const double parts[4] = {c->r * c->a, c->g * c->a, c->b * c->a, c->a};

        for (int i = 0; i < 4; i++) {
            im_buf_text(out, i ? "," : "[");
            style_text_json(&text, style_of_number(parts[i]));
        }
        im_buf_text(out, "]");
    } else {
        style_text_json(&text, v);
    }
}

static void put_outputs(struct expr_compiler *c,
                        const json_t *test,
                        const struct expr *e,
                        struct im_buf *out)
{
    const json_t *inputs = json_object_get(test, "inputs");

    im_buf_text(out, "[");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        const json_t *globals = json_array_get(json_array_get(inputs, i), 0);
        const json_t *feature = json_array_get(json_array_get(inputs, i), 1);
        struct style_given given;
        struct style_eval at = {.zoom = number_or_zero(globals, "zoom"),
                                .density = number_or_zero(globals, "heatmapDensity"),
                                .elevation = number_or_zero(globals, "elevation"),
                                .line_progress =
                                    number_or_zero(globals, "lineProgress"),
                                .given = &given,
                                .arena = c->arena,
                                .explain = true};

        at.state = value_of(c, json_object_get(test, "globalState"));
        at.accumulated = value_of(c, json_object_get(globals, "accumulated"));
        at.images = value_of(c, json_object_get(globals, "availableImages"));
        read_feature(c, feature, json_object_get(globals, "canonicalID"), &given);
        if (i)
            im_buf_text(out, ",");
        put_output(e, &at, out);
    }
    im_buf_text(out, "]");
}

static void put_errors(const struct expr_compiler *c, struct im_buf *out)
{
    struct style_eval at = {.zoom = 0};
    struct style_text text = {.at = &at, .wide = out};

    im_buf_text(out, "{\"compiled\":{\"result\":\"error\",\"errors\":[");
    for (uint32_t i = 0; i < c->problems.n; i++) {
        const struct style_problem *p = &c->problems.items[i];

        im_buf_text(out, i ? ",{\"key\":" : "{\"key\":");
        style_text_json(&text, style_of_bytes(p->path, strlen(p->path)));
        im_buf_text(out, ",\"error\":");
        style_text_json(&text, style_of_bytes(p->en, strlen(p->en)));
        im_buf_text(out, "}");
    }
    im_buf_text(out, "]}}");
}

static void put_compiled(const struct expr *e, struct im_buf *out)
{
    char type[EXPR_TYPE_TEXT];

    im_buf_printf(out,
                  "{\"compiled\":{\"result\":\"success\",\"isFeatureConstant\":%s,"
                  "\"isZoomConstant\":%s,\"type\":\"%s\"},\"outputs\":",
                  e->depends & EXPR_FEATURE ? "false" : "true",
                  expr_zoom_use(e) == EXPR_ZOOM_NONE ? "true" : "false",
                  expr_type_text(e->type, type));
}

bool style_case_run(const json_t *test,
                    bool whole,
                    struct im_arena *arena,
                    struct im_buf *out)
{
    struct expr_compiler c = {.arena = arena, .is_plain = true};
    const json_t *spec = json_object_get(test, "propertySpec");
    const json_t *expression = json_object_get(test, "expression");
    struct style_target target = target_of(&c, spec);
    json_t *values = enum_values(spec);
    const struct expr *e;

    target.function.values = values;
    e = expression ? style_compile(&c, expression, &target)
                   : expr_fail(&c, "'undefined' value invalid. Use null instead.",
                               "缺少 \"expression\"");
    json_decref(values);
    if (!e) {
        if (c.is_out_of_memory)
            expr_fail(&c, "out of memory", "内存不足");
        put_errors(&c, out);
        return false;
    }
    c.n_nodes = 0;
    if (whole)
        put_compiled(e, out);
    put_outputs(&c, test, e, out);
    if (whole)
        im_buf_text(out, "}");
    return true;
}
