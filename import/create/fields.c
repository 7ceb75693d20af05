/* SPDX-License-Identifier: Apache-2.0 */
/* Columns into fields. A column whose heading is known gets the name that other layers
 * have for it, so that questions and filters work alike; the heading stays its title.
 */
#include "parts.h"

enum { MAX_FIELDS = 200 }; /* SCHEMA_MAX_FIELDS, less those that are added */

static const struct {
    const char *zh;
    const char *en;
    int tile_zoom;
} COMMON_TITLES[COMMON_FIELDS] = {
    [COMMON_ID] = {"编号", "ID", 0},
    [COMMON_NAME_ZH] = {"名称", "Name", 0},
    [COMMON_NAME_EN] = {"英文名称", "English name", 0},
    [COMMON_ALIASES] = {"别名", "Other names", -1},
    [COMMON_FORMER] = {"曾用名", "Former name", -1},
    [COMMON_CATEGORY] = {"类别", "Category", 0},
    [COMMON_LEVEL] = {"级别", "Level", 0},
    [COMMON_PROVINCE] = {"省份", "Province", 9},
    [COMMON_CITY] = {"城市", "City", 9},
    [COMMON_DISTRICT] = {"区县", "District", 9},
    [COMMON_ADCODE] = {"行政区划代码", "Division code", 9},
    [COMMON_ADDRESS] = {"地址", "Address", 12},
    [COMMON_OPERATOR] = {"运营单位", "Operator", 12},
    [COMMON_INDUSTRY] = {"产业方向", "Industry", 10},
    [COMMON_ESTABLISHED_YEAR] = {"设立年份", "Year established", 10},
    [COMMON_AREA_KM2] = {"面积", "Area", 10},
    [COMMON_BUILDING_AREA_M2] = {"建筑面积", "Floor area", 12},
    [COMMON_WEBSITE] = {"网站", "Website", 12},
    [COMMON_SOURCE] = {"来源", "Source", 12},
    [COMMON_CONFIDENCE] = {"可信度", "Confidence", 12},
    [COMMON_NOTE] = {"备注", "Note", -1},
    [COMMON_PRECISION] = {"位置精度", "Position precision", 0},
};

static const struct {
    const char *role;
    enum common_field field;
} ROLES[] = {{"name_zh", COMMON_NAME_ZH}, {"name_en", COMMON_NAME_EN},
             {"aliases", COMMON_ALIASES}, {"former", COMMON_FORMER},
             {"adcode", COMMON_ADCODE},   {"city", COMMON_CITY},
             {"level", COMMON_LEVEL},     {"precision", COMMON_PRECISION}};

/* ---- names ---- */

static bool is_common(const char *name)
{
    for (size_t f = 0; f < COMMON_FIELDS; f++)
        if (strcmp(common_layer()->fields[f].name, name) == 0)
            return true;
    return false;
}

/* A name that no field has, and that does not promise what the column is not. */
static void
own_name(const struct new_layer *layer, size_t column, char out[SCHEMA_MAX_ID + 1])
{
    const struct survey_column *c = &layer->survey->columns[column];
    char wish[SCHEMA_MAX_ID + 1];
    char base[SCHEMA_MAX_ID + 1];

    if (c->wish)
        snprintf(wish, sizeof wish, "%.*s", (int)strcspn(c->wish, "="), c->wish);
    heading_field_name(c->wish ? wish : c->name, base);
    if (!*base)
        snprintf(base, sizeof base, "field_%zu", column + 1);
    snprintf(out, SCHEMA_MAX_ID + 1, "%s", base);
    if (is_common(out) || !schema_field_name_valid(im_bytes_of(out)))
        snprintf(out, SCHEMA_MAX_ID + 1, "file_%.40s", base);
    for (unsigned i = 2; fields_have(layer->fields, out); i++)
        snprintf(out, SCHEMA_MAX_ID + 1, "%.40s_%u", base, i);
}

/* ---- fields ---- */

static json_t *new_field(
    const char *name, const char *zh, const char *en, const char *type, int tile_zoom)
{
    json_t *field = json_pack("{s:s, s:{s:s, s:s}, s:s}", "name", name, "title", "zh",
                              zh, "en", en, "type", type);

    if (field && tile_zoom >= 0 &&
        json_object_set_new(field, "tile_zoom", json_integer(tile_zoom)) != 0) {
        json_decref(field);
        return NULL;
    }
    return field;
}

static bool add_field(struct new_layer *layer, json_t *field)
{
    return json_array_append_new(layer->fields, field) == 0;
}

static const char *type_of(const struct survey_column *c, const struct choice *choice)
{
    static const char *const types[] = {"text", "integer", "real"};

    if (choice->is_key)
        return "text"; /* numbers are compared as they are written */
    if (choice->common != SCHEMA_NO_FIELD)
        return types[common_layer()->fields[choice->common].type];
    if (c->n_integer == c->n_filled)
        return "integer";
    return c->n_number == c->n_filled ? "real" : "text";
}

/* Where nearly all rows have a name, one without is a mistake. */
static bool is_required(const struct new_layer *layer,
                        const struct survey_column *c,
                        const struct choice *choice)
{
    return choice->is_key ||
           (choice->common == COMMON_NAME_ZH &&
            (double)c->n_filled >= NEARLY_ALL * (double)layer->survey->n_rows);
}

static bool
set_more(json_t *field, const struct survey_column *c, const struct choice *choice)
{
    int f = choice->common;
    const char *unit = f == SCHEMA_NO_FIELD ? "" : common_layer()->fields[f].unit;
    int rc = 0;

    if (*unit) {
        rc |= json_object_set_new(field, "unit", json_string(unit));
        rc |= json_object_set_new(field, "min", json_integer(0));
    }
    if (f == COMMON_PRECISION)
        rc |= json_object_set_new(field, "codes", codes_of_precision());
    else if (strcmp(type_of(c, choice), "text") == 0 && codes_fit(c, choice))
        rc |= json_object_set_new(field, "codes", codes_make(c));
    if (f == COMMON_ALIASES || f == COMMON_FORMER)
        rc |= json_object_set_new(field, "list", json_true());
    return rc == 0;
}

static bool has_slug(const struct new_layer *layer, const char *name)
{
    char slug[SCHEMA_MAX_ID + 1];

    for (size_t i = 0; i < layer->survey->n_columns; i++) {
        heading_field_name(layer->survey->columns[i].name, slug);
        if (strcmp(slug, name) == 0)
            return true;
    }
    return false;
}

/* 编号 is called id, where nothing else is. */
static void
key_name(const struct new_layer *layer, size_t i, char out[SCHEMA_MAX_ID + 1])
{
    heading_field_name(layer->survey->columns[i].name, out);
    if (*out && schema_field_name_valid(im_bytes_of(out)))
        return;
    if (!*out && !has_slug(layer, "id"))
        snprintf(out, SCHEMA_MAX_ID + 1, "id");
    else
        own_name(layer, i, out);
}

static bool add_column(struct new_layer *layer, size_t i, const struct choice *choice)
{
    const struct survey_column *c = &layer->survey->columns[i];
    int f = choice->common;
    char name[SCHEMA_MAX_ID + 1];
    char title[40];
    int zoom = choice->is_key || choice->is_name ? 0 : 12;

    if (choice->is_key)
        key_name(layer, i, name);
    else if (f == SCHEMA_NO_FIELD)
        own_name(layer, i, name);
    else
        snprintf(name, sizeof name, "%s", common_layer()->fields[f].name);
    snprintf(title, sizeof title, "column %zu", i + 1);
    const char *en = f != SCHEMA_NO_FIELD     ? COMMON_TITLES[f].en
                     : text_is_ascii(c->name) ? c->name
                                              : "";
    json_t *field = new_field(name, *c->name ? c->name : title, en, type_of(c, choice),
                              f != SCHEMA_NO_FIELD ? COMMON_TITLES[f].tile_zoom : zoom);
    if (!field || !set_more(field, c, choice) ||
        (is_required(layer, c, choice) &&
         json_object_set_new(field, "required", json_true()) != 0)) {
        json_decref(field);
        return false;
    }
    if (choice->is_key)
        layer->key = im_arena_strdup(layer->arena, im_bytes_of(name));
    if (choice->is_name)
        layer->name = im_arena_strdup(layer->arena, im_bytes_of(name));
    layer->has_name_en |= f == COMMON_NAME_EN;
    return layer->key && layer->name && add_field(layer, field);
}

/* A key that the importer makes: called as no column is, or the column would be it. It
 * is not required: that is how the importer knows that rows never come with one. */
static bool add_generated_key(struct new_layer *layer)
{
    static const char *const names[] = {"id", "key_id", "innomap_id", NULL};
    const char *const *name = names;

    while (name[1] && has_slug(layer, *name))
        name++;
    layer->key = *name;
    json_t *field = new_field(*name, "自动编号", "Generated ID", "text", 0);
    return field && add_field(layer, field);
}

/* Of places the importer knows more than the file says: in which division a position
 * lies, and what the position is worth. */
static bool add_derived(struct new_layer *layer)
{
    static const enum common_field derived[] = {COMMON_CITY, COMMON_DISTRICT,
                                                COMMON_ADCODE, COMMON_PRECISION};

    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        enum common_field f = derived[i];
        const char *name = common_layer()->fields[f].name;

        if (fields_have(layer->fields, name) ||
            (layer->names_repeat && f == COMMON_CITY))
            continue;
        json_t *field = new_field(name, COMMON_TITLES[f].zh, COMMON_TITLES[f].en,
                                  "text", COMMON_TITLES[f].tile_zoom);
        if (f == COMMON_PRECISION && field &&
            json_object_set_new(field, "codes", codes_of_precision()) != 0) {
            json_decref(field);
            return false;
        }
        if (!field || !add_field(layer, field))
            return false;
    }
    layer->has_precision = true;
    return true;
}

static bool add_roles(struct new_layer *layer)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        const char *name = common_layer()->fields[ROLES[i].field].name;

        if (fields_have(layer->fields, name) &&
            !(layer->names_repeat && ROLES[i].field == COMMON_CITY))
            rc |= json_object_set_new(layer->roles, ROLES[i].role, json_string(name));
    }
    if (*layer->name)
        rc |= json_object_set_new(layer->roles, "name_zh", json_string(layer->name));
    return rc == 0;
}

/* Key and name first, then as the file has them. */
static bool add_columns(struct new_layer *layer, const struct choice *choices)
{
    size_t n = layer->survey->n_columns;

    for (size_t i = 0; i < n; i++)
        if (choices[i].is_key && !add_column(layer, i, &choices[i]))
            return false;
    if (!choices_have_key(layer, choices) && !add_generated_key(layer))
        return false;
    for (size_t i = 0; i < n; i++)
        if (choices[i].is_name && !add_column(layer, i, &choices[i]))
            return false;
    for (size_t i = 0; i < n && json_array_size(layer->fields) < MAX_FIELDS; i++)
        if (choices[i].is_kept && !choices[i].is_key && !choices[i].is_name &&
            !add_column(layer, i, &choices[i]))
            return false;
    return true;
}

enum im_code fields_make(struct new_layer *layer, struct im_error *err)
{
    struct choice *choices = NULL;
    enum im_code rc = choices_make(layer, &choices, err);

    if (rc)
        return rc;
    layer->fields = json_array();
    layer->roles = json_object();
    layer->key = layer->name = "";
    if (!layer->fields || !layer->roles || !add_columns(layer, choices) ||
        (layer->geometry == SCHEMA_POINT && !add_derived(layer)) || !add_roles(layer))
        return im_fail(err, IM_ENOMEM, "new layer: out of memory");
    return IM_OK;
}
