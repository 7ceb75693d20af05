/* SPDX-License-Identifier: Apache-2.0 */
/* Compile a layer.json. Strict: what is not understood is refused with its JSON path.
 */
#include <engine/clusters.h>
#include <engine/schema.h>

#include "base/json_read.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>

enum {
    MAX_JSON_BYTES = 1 << 20,
    MAX_DEPTH = 32,
    MAX_TEXT_BYTES = 4096,
    MAX_CODES = 2000,
    MAX_SYNONYMS = 100,
    MAX_TILE_ZOOM = 24
};

/* The first fault stays; after it all readers return harmless values. */
struct reader {
    struct im_arena *arena;
    struct im_error *err;
    enum im_code rc;
};

/* Refuse the value at `at`: what it is (NULL: not worth showing), what is allowed. */
static void refuse(struct reader *r,
                   const struct json_at *at,
                   const char *value,
                   const char *zh,
                   const char *en)
{
    char path[120];
    char shown[64] = "";

    if (r->rc != IM_OK)
        return;
    if (json_at_write(at, path, sizeof path) == 0)
        snprintf(path, sizeof path, "layer.json");
    if (value) {
        size_t len = im_utf8_cut(value, 48);

        snprintf(shown, sizeof shown, " (\"%.*s\")", (int)len, value);
    }
    r->rc = im_fail(r->err, IM_EDATA, "%s%s: %s", path, shown, en);
    im_zh(r->err, r->rc, "%s%s：%s", path, shown, zh);
}

static void *take(struct reader *r, size_t n, size_t size)
{
    void *p = im_arena_calloc(r->arena, n ? n : 1, size);

    if (!p && r->rc == IM_OK)
        r->rc = im_fail(r->err, IM_ENOMEM, "layer.json: out of memory");
    return p;
}

/* Every member must be one of `allowed`; "$comment" may stand anywhere. */
static void only_members(struct reader *r,
                         const struct json_at *at,
                         const json_t *object,
                         const char *const *allowed)
{
    const char *name;
    json_t *value;

    /* jansson's iteration takes no const, but changes nothing */
    json_object_foreach((json_t *)object, name, value)
    {
        size_t i = 0;

        while (allowed[i] && strcmp(allowed[i], name) != 0)
            i++;
        if (!allowed[i] && strcmp(name, "$comment") != 0) {
            struct json_at member = {at, name, 0};

            refuse(r, &member, NULL, "不认识的成员，请检查拼写",
                   "unknown member, please check the spelling");
        }
    }
}

static bool is_object(struct reader *r, const struct json_at *at, const json_t *value)
{
    if (json_is_object(value))
        return true;
    refuse(r, at, NULL, "应为对象 { }", "must be an object { }");
    return false;
}

static const char *
text_value(struct reader *r, const struct json_at *at, const json_t *value)
{
    char *copy;

    if (!json_is_string(value)) {
        refuse(r, at, NULL, "应为文本", "must be a text");
        return "";
    }
    if (json_string_length(value) > MAX_TEXT_BYTES) {
        refuse(r, at, json_string_value(value), "文本超过 4096 字节",
               "is longer than 4096 bytes");
        return "";
    }
    copy = im_arena_strdup(r->arena, im_bytes_of(json_string_value(value)));
    if (!copy && r->rc == IM_OK)
        r->rc = im_fail(r->err, IM_ENOMEM, "layer.json: out of memory");
    return copy ? copy : "";
}

enum need { OPTIONAL, REQUIRED };

static const char *get_text(struct reader *r,
                            const struct json_at *up,
                            const json_t *object,
                            const char *name,
                            enum need need)
{
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);
    const char *text;

    if (!value) {
        if (need == REQUIRED)
            refuse(r, &at, NULL, "缺少此项", "is missing");
        return "";
    }
    text = text_value(r, &at, value);
    if (need == REQUIRED && !*text)
        refuse(r, &at, NULL, "不能为空", "must not be empty");
    return text;
}

static bool get_bool(struct reader *r,
                     const struct json_at *up,
                     const json_t *object,
                     const char *name)
{
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);

    if (value && !json_is_boolean(value))
        refuse(r, &at, NULL, "应为 true 或 false", "must be true or false");
    return json_is_true(value);
}

static double get_number(struct reader *r,
                         const struct json_at *up,
                         const json_t *object,
                         const char *name,
                         double otherwise)
{
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);

    if (!value)
        return otherwise;
    if (!json_is_number(value)) {
        refuse(r, &at, NULL, "应为数", "must be a number");
        return otherwise;
    }
    return json_number_value(value);
}

static int get_int(struct reader *r,
                   const struct json_at *up,
                   const json_t *object,
                   const char *name,
                   int otherwise,
                   int max)
{
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);
    char zh[64];
    char en[64];

    if (!value)
        return otherwise;
    if (json_is_integer(value) && json_integer_value(value) >= 0 &&
        json_integer_value(value) <= max)
        return (int)json_integer_value(value);
    snprintf(zh, sizeof zh, "应为 0 到 %d 的整数", max);
    snprintf(en, sizeof en, "must be an integer from 0 to %d", max);
    refuse(r, &at, NULL, zh, en);
    return otherwise;
}

/* Index of a text in a NULL-terminated list. */
static int get_word(struct reader *r,
                    const struct json_at *up,
                    const json_t *object,
                    const char *name,
                    const char *const *words,
                    int otherwise)
{
    struct json_at at = {up, name, 0};
    const char *text;
    char list[120] = "";
    size_t len = 0;

    if (!json_object_get(object, name) && otherwise >= 0)
        return otherwise;
    text = get_text(r, up, object, name, REQUIRED);
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
                                words[i]);
    }
    char zh[160];
    char en[160];
    snprintf(zh, sizeof zh, "只能是 %s", list);
    snprintf(en, sizeof en, "must be one of %s", list);
    refuse(r, &at, text, zh, en);
    return otherwise >= 0 ? otherwise : 0;
}

static struct schema_title get_title(struct reader *r,
                                     const struct json_at *up,
                                     const json_t *object,
                                     const char *name,
                                     enum need need)
{
    static const char *const members[] = {"zh", "en", NULL};
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);
    struct schema_title title = {"", ""};

    if (!value && need == OPTIONAL)
        return title;
    if (!value) {
        refuse(r, &at, NULL, "缺少此项", "is missing");
        return title;
    }
    if (!is_object(r, &at, value))
        return title;
    only_members(r, &at, value, members);
    title.zh = get_text(r, &at, value, "zh", need);
    title.en = get_text(r, &at, value, "en", OPTIONAL);
    return title;
}

static const json_t *get_array(struct reader *r,
                               const struct json_at *up,
                               const json_t *object,
                               const char *name,
                               size_t max)
{
    struct json_at at = {up, name, 0};
    const json_t *value = json_object_get(object, name);
    char zh[64];
    char en[64];

    if (!value)
        return NULL;
    if (!json_is_array(value)) {
        refuse(r, &at, NULL, "应为数组 [ ]", "must be an array [ ]");
        return NULL;
    }
    if (json_array_size(value) > max) {
        snprintf(zh, sizeof zh, "最多 %zu 项", max);
        snprintf(en, sizeof en, "has more than %zu elements", max);
        refuse(r, &at, NULL, zh, en);
        return NULL;
    }
    return value;
}

/* {"zh": [...], "en": [...]} as one NULL-terminated list. */
static const char *const NONE[] = {NULL};

static const char *const *
get_synonyms(struct reader *r, const struct json_at *up, const json_t *object)
{
    static const char *const members[] = {"zh", "en", NULL};
    struct json_at at = {up, "synonyms", 0};
    const json_t *value = json_object_get(object, "synonyms");
    size_t n = 0;

    if (!value || !is_object(r, &at, value))
        return NONE;
    const char **list = take(r, 2 * MAX_SYNONYMS + 1, sizeof *list);
    if (!list)
        return NONE;
    only_members(r, &at, value, members);
    for (size_t m = 0; members[m]; m++) {
        const json_t *array = get_array(r, &at, value, members[m], MAX_SYNONYMS);

        for (size_t i = 0; array && i < json_array_size(array); i++) {
            struct json_at lang = {&at, members[m], 0};
            struct json_at element = {&lang, NULL, i};

            list[n++] = text_value(r, &element, json_array_get(array, i));
        }
    }
    return list;
}

static void check_code(struct reader *r,
                       const struct json_at *at,
                       const struct schema_field *field,
                       size_t i)
{
    const char *code = field->codes[i].code;
    int64_t number;

    if (field->list && strchr(code, ';'))
        refuse(r, at, code, "列表字段的代码不能含 ;",
               "codes of a list must not contain ';'");
    if (field->type == FIELD_INTEGER && !im_parse_int64(im_bytes_of(code), &number))
        refuse(r, at, code, "整数字段的代码应为整数",
               "codes of an integer field must be integers");
    for (size_t j = 0; j < i; j++)
        if (strcmp(field->codes[j].code, code) == 0)
            refuse(r, at, code, "代码重复", "the code is there twice");
}

static void get_codes(struct reader *r,
                      const struct json_at *up,
                      const json_t *object,
                      struct schema_field *field)
{
    static const char *const members[] = {"code", "title", "synonyms", NULL};
    const json_t *array = get_array(r, up, object, "codes", MAX_CODES);
    struct json_at at = {up, "codes", 0};
    size_t n = array ? json_array_size(array) : 0;
    struct schema_code *codes;

    if (n == 0)
        return;
    if (field->type == FIELD_REAL) {
        refuse(r, &at, NULL, "小数字段不能有代码表",
               "a field of type real cannot have codes");
        return;
    }
    codes = take(r, n, sizeof *codes);
    field->codes = codes;
    for (size_t i = 0; codes && i < n && r->rc == IM_OK; i++) {
        struct json_at element = {&at, NULL, i};
        const json_t *value = json_array_get(array, i);

        if (!is_object(r, &element, value))
            return;
        only_members(r, &element, value, members);
        codes[i].code = get_text(r, &element, value, "code", REQUIRED);
        codes[i].title = get_title(r, &element, value, "title", REQUIRED);
        codes[i].synonyms = get_synonyms(r, &element, value);
        field->n_codes = i + 1;
        check_code(r, &element, field, i);
    }
}

static void get_range(struct reader *r,
                      const struct json_at *at,
                      const json_t *object,
                      struct schema_field *field)
{
    field->min = get_number(r, at, object, "min", -HUGE_VAL);
    field->max = get_number(r, at, object, "max", HUGE_VAL);
    if (field->type == FIELD_TEXT &&
        (json_object_get(object, "min") || json_object_get(object, "max")))
        refuse(r, at, field->name, "文本字段不能有 min、max",
               "a field of type text cannot have min or max");
    if (field->min > field->max)
        refuse(r, at, field->name, "min 大于 max", "min is larger than max");
}

static void get_format(struct reader *r,
                       const struct json_at *up,
                       const json_t *object,
                       struct schema_field *field)
{
    static const char *const formats[] = {"none",    "date", "datetime",
                                          "boolean", "year", NULL};
    struct json_at at = {up, "format", 0};
    bool is_text;

    field->format =
        (enum field_format)get_word(r, up, object, "format", formats, FORMAT_NONE);
    is_text = field->format == FORMAT_DATE || field->format == FORMAT_DATETIME;
    if (field->format != FORMAT_NONE &&
        (field->list || field->type != (is_text ? FIELD_TEXT : FIELD_INTEGER)))
        refuse(r, &at, formats[field->format],
               "date、datetime 用于文本字段，boolean、year 用于整数字段，不用于列表",
               "date and datetime are for type text, boolean and year for integer, "
               "none for lists");
}

static void get_field(struct reader *r,
                      const struct json_at *at,
                      const json_t *object,
                      struct schema_field *field)
{
    static const char *const members[] = {
        "name",  "title",    "type", "unit", "required",  "list",   "hidden",
        "codes", "synonyms", "min",  "max",  "tile_zoom", "format", NULL};
    static const char *const types[] = {"text", "integer", "real", NULL};
    struct json_at name = {at, "name", 0};

    if (!is_object(r, at, object))
        return;
    only_members(r, at, object, members);
    field->name = get_text(r, at, object, "name", REQUIRED);
    if (!schema_field_name_valid(im_bytes_of(field->name)))
        refuse(r, &name, field->name,
               "字段名应为小写字母开头的小写字母、数字和 _，至多 48 个，且不是保留名",
               "a field name has up to 48 of a-z, 0-9 and _, begins with a letter and "
               "is not reserved");
    field->title = get_title(r, at, object, "title", REQUIRED);
    field->type = (enum field_type)get_word(r, at, object, "type", types, -1);
    field->unit = get_text(r, at, object, "unit", OPTIONAL);
    field->required = get_bool(r, at, object, "required");
    field->list = get_bool(r, at, object, "list");
    field->hidden = get_bool(r, at, object, "hidden");
    field->tile_zoom = get_int(r, at, object, "tile_zoom", -1, MAX_TILE_ZOOM);
    field->synonyms = get_synonyms(r, at, object);
    if (field->list && field->type != FIELD_TEXT)
        refuse(r, at, field->name, "只有文本字段可以是列表",
               "only a field of type text can be a list");
    get_format(r, at, object, field);
    get_range(r, at, object, field);
    get_codes(r, at, object, field);
}

static void get_fields(struct reader *r,
                       const struct json_at *up,
                       const json_t *object,
                       struct layer_schema *schema)
{
    const json_t *array = get_array(r, up, object, "fields", SCHEMA_MAX_FIELDS);
    struct json_at at = {up, "fields", 0};
    size_t n = array ? json_array_size(array) : 0;
    struct schema_field *fields = take(r, n, sizeof *fields);

    if (n == 0)
        refuse(r, &at, NULL, "至少要有一个字段", "must have at least one field");
    schema->fields = fields;
    for (size_t i = 0; fields && i < n && r->rc == IM_OK; i++) {
        struct json_at element = {&at, NULL, i};

        get_field(r, &element, json_array_get(array, i), &fields[i]);
        if (r->rc == IM_OK &&
            schema_field_index(schema, im_bytes_of(fields[i].name)) != SCHEMA_NO_FIELD)
            refuse(r, &element, fields[i].name, "字段重复", "the field is there twice");
        schema->n_fields = i + 1;
    }
}

enum role_kind { ROLE_TEXT, ROLE_NUMBER, ROLE_TIME, ROLE_ANY };

struct role_rule {
    const char *name;
    size_t offset; /* of the int in struct schema_roles */
    enum role_kind kind;
};

static const struct role_rule ROLE_RULES[] = {
    {"name_zh", offsetof(struct schema_roles, name_zh), ROLE_TEXT},
    {"name_en", offsetof(struct schema_roles, name_en), ROLE_TEXT},
    {"aliases", offsetof(struct schema_roles, aliases), ROLE_TEXT},
    {"former", offsetof(struct schema_roles, former), ROLE_TEXT},
    {"precision", offsetof(struct schema_roles, precision), ROLE_TEXT},
    {"adcode", offsetof(struct schema_roles, adcode), ROLE_ANY},
    {"city", offsetof(struct schema_roles, city), ROLE_ANY},
    {"level", offsetof(struct schema_roles, level), ROLE_ANY},
    {"importance", offsetof(struct schema_roles, importance), ROLE_NUMBER},
    {"reviewed", offsetof(struct schema_roles, reviewed), ROLE_NUMBER},
    {"time", offsetof(struct schema_roles, time), ROLE_TIME},
};
enum { N_ROLES = sizeof ROLE_RULES / sizeof ROLE_RULES[0] };

static int role_field(struct reader *r,
                      const struct json_at *up,
                      const json_t *roles,
                      const struct role_rule *rule,
                      const struct layer_schema *schema)
{
    struct json_at at = {up, rule->name, 0};
    const char *name;
    int field;

    if (!json_object_get(roles, rule->name))
        return SCHEMA_NO_FIELD;
    name = get_text(r, up, roles, rule->name, REQUIRED);
    field = schema_field_index(schema, im_bytes_of(name));
    if (field == SCHEMA_NO_FIELD) {
        refuse(r, &at, name, "没有这个字段", "there is no such field");
        return SCHEMA_NO_FIELD;
    }
    bool is_text = schema->fields[field].type == FIELD_TEXT;
    if (rule->kind == ROLE_TEXT && !is_text)
        refuse(r, &at, name, "此角色需要文本字段",
               "the role needs a field of type text");
    if (rule->kind == ROLE_NUMBER && is_text)
        refuse(r, &at, name, "此角色需要数字字段",
               "the role needs a field of type integer or real");
    if (rule->kind == ROLE_TIME && (schema->fields[field].format == FORMAT_NONE ||
                                    schema->fields[field].format == FORMAT_BOOLEAN))
        refuse(r, &at, name, "此角色需要 format 为 date、datetime 或 year 的字段",
               "the role needs a field of format date, datetime or year");
    return field;
}

static void get_roles(struct reader *r,
                      const struct json_at *up,
                      const json_t *object,
                      struct layer_schema *schema)
{
    struct json_at at = {up, "roles", 0};
    const json_t *roles = json_object_get(object, "roles");
    const char *names[N_ROLES + 1] = {NULL};

    for (size_t i = 0; i < N_ROLES; i++)
        names[i] = ROLE_RULES[i].name;
    if (roles && is_object(r, &at, roles))
        only_members(r, &at, roles, names);
    for (size_t i = 0; i < N_ROLES; i++) {
        int field = role_field(r, &at, roles, &ROLE_RULES[i], schema);

        memcpy((char *)&schema->roles + ROLE_RULES[i].offset, &field, sizeof field);
    }
}

static int cluster_field(struct reader *r,
                         const struct json_at *up,
                         const json_t *object,
                         const struct layer_schema *s)
{
    struct json_at at = {up, "by", 0};
    const char *name = get_text(r, up, object, "by", OPTIONAL);
    int field = schema_field_index(s, im_bytes_of(name));

    if (!json_object_get(object, "by"))
        return SCHEMA_NO_FIELD;
    if (field == SCHEMA_NO_FIELD)
        refuse(r, &at, name, "没有这个字段", "there is no such field");
    else if (s->fields[field].type != FIELD_TEXT || s->fields[field].list)
        refuse(r, &at, name, "应为文本字段，且不是列表",
               "must be a field of type text that is no list");
    return field;
}

static void get_cluster(struct reader *r,
                        const struct json_at *up,
                        const json_t *object,
                        struct layer_schema *s)
{
    static const char *const members[] = {"max_zoom", "radius_px", "by", NULL};
    struct json_at at = {up, "cluster", 0};
    struct json_at radius = {&at, "radius_px", 0};
    const json_t *cluster = json_object_get(object, "cluster");

    s->cluster.by = SCHEMA_NO_FIELD;
    s->cluster.max_zoom = -1;
    if (!cluster || !is_object(r, &at, cluster))
        return;
    only_members(r, &at, cluster, members);
    s->cluster = (struct schema_cluster){
        .is_on = true,
        .max_zoom = get_int(r, &at, cluster, "max_zoom", 12, CLUSTERS_MAX_ZOOM),
        .radius_px = get_int(r, &at, cluster, "radius_px", 40, CLUSTERS_MAX_RADIUS),
        .by = cluster_field(r, &at, cluster, s)};
    if (s->cluster.radius_px == 0)
        refuse(r, &radius, "0", "应为 1 到 256 的整数",
               "must be an integer from 1 to 256");
    if (s->geometry != SCHEMA_POINT)
        refuse(r, &at, NULL, "只有 geometry 为 point 的图层可以聚合",
               "only layers with geometry point are clustered");
}

static bool has_member(const char *const *list, const char *name)
{
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* `facts` belongs to the importer; here only its shape is checked. */
static void
check_facts(struct reader *r, const struct json_at *up, const json_t *object)
{
    static const char *const basemap[] = {"basemap", NULL};
    static const char *const by_code[] = {"derive", "file",   "code",
                                          "areas",  "points", NULL};
    static const char *const arcs[] = {"derive", "from", "origin", "points", NULL};
    static const char *const file[] = {"file", "lon", "lat", "crs", NULL};
    static const char *const derivations[] = {"areas_by_code", "arcs", NULL};
    struct json_at at = {up, "facts", 0};
    const json_t *facts = json_object_get(object, "facts");
    const char *const *shape = file;

    if (!facts || !is_object(r, &at, facts))
        return;
    if (json_object_get(facts, "basemap"))
        shape = basemap;
    else if (json_object_get(facts, "derive"))
        shape = get_word(r, &at, facts, "derive", derivations, -1) ? arcs : by_code;
    only_members(r, &at, facts, shape);
    for (size_t i = 0; shape[i]; i++)
        get_text(r, &at, facts, shape[i],
                 shape == file && i > 0 && !json_object_get(facts, shape[i])
                     ? OPTIONAL
                     : REQUIRED);
    if (!json_object_get(facts, "lon") != !json_object_get(facts, "lat"))
        refuse(r, &at, NULL, "lon 与 lat 要么都有，要么都没有",
               "lon and lat come together or not at all");
    const char *name = get_text(r, &at, facts, "file", OPTIONAL);
    if (has_member(shape, "file") && (strchr(name, '/') || name[0] == '.')) {
        struct json_at member = {&at, "file", 0};

        refuse(r, &member, name, "应为本文件夹内的文件名",
               "must be the name of a file in the same folder");
    }
}

static void
check_layer(struct reader *r, const struct json_at *at, struct layer_schema *s)
{
    struct json_at id = {at, "id", 0};
    struct json_at group = {at, "group", 0};
    struct json_at key = {at, "key", 0};

    if (!schema_id_valid(im_bytes_of(s->id)))
        refuse(r, &id, s->id,
               "图层名应为小写字母开头的小写字母、数字和 _，至多 48 个，且不是保留名",
               "a layer id has up to 48 of a-z, 0-9 and _, begins with a letter and is "
               "not reserved");
    if ((s->geometry == SCHEMA_NONE) != (s->group == SCHEMA_TABLES))
        refuse(r, &group, schema_group_name(s->group),
               "geometry 为 none 的图层属于 tables，其他图层不能属于 tables",
               "layers with geometry none belong to tables, and no others do");
    if (r->rc == IM_OK && s->key == SCHEMA_NO_FIELD)
        refuse(r, &key, NULL, "没有这个字段", "there is no such field");
    else if (r->rc == IM_OK && s->fields[s->key].type == FIELD_REAL)
        refuse(r, &key, s->fields[s->key].name, "主键应为文本或整数字段",
               "the key must be a field of type text or integer");
}

static const char *const GROUPS[] = {"places", "areas", "links",
                                     "tables", "base",  NULL};
static const char *const GEOMETRIES[] = {"none", "point", "line",
                                         "area", "mixed", NULL};

const char *schema_group_name(enum schema_group group)
{
    return GROUPS[group];
}

const char *schema_geometry_name(enum schema_geometry geometry)
{
    return GEOMETRIES[geometry];
}

static void get_layer(struct reader *r, const json_t *object, struct layer_schema *s)
{
    static const char *const members[] = {
        "id",      "title",       "synonyms",     "geometry",     "key",
        "group",   "order",       "in_map",       "names_places", "visibility",
        "fields",  "roles",       "facts",        "source",       "source_date",
        "licence", "attribution", "completeness", "cluster",      "sparse",
        NULL};
    static const char *const visibilities[] = {"public", "internal", NULL};
    struct json_at at = {NULL, NULL, 0};

    if (!is_object(r, &at, object))
        return;
    only_members(r, &at, object, members);
    s->id = get_text(r, &at, object, "id", REQUIRED);
    s->title = get_title(r, &at, object, "title", REQUIRED);
    s->synonyms = get_synonyms(r, &at, object);
    s->geometry =
        (enum schema_geometry)get_word(r, &at, object, "geometry", GEOMETRIES, -1);
    s->group = (enum schema_group)get_word(r, &at, object, "group", GROUPS,
                                           s->geometry == SCHEMA_NONE ? SCHEMA_TABLES
                                                                      : SCHEMA_PLACES);
    s->is_base = s->group == SCHEMA_BASE;
    s->order = get_int(r, &at, object, "order", 0, 1000000);
    s->in_map = get_bool(r, &at, object, "in_map");
    s->sparse = get_bool(r, &at, object, "sparse");
    s->names_places = get_bool(r, &at, object, "names_places");
    s->is_internal = get_word(r, &at, object, "visibility", visibilities, 0) == 1;
    s->source = get_title(r, &at, object, "source", OPTIONAL);
    s->source_date = get_text(r, &at, object, "source_date", OPTIONAL);
    s->licence = get_text(r, &at, object, "licence", OPTIONAL);
    s->attribution = get_title(r, &at, object, "attribution", OPTIONAL);
    s->completeness = get_title(r, &at, object, "completeness", OPTIONAL);
    get_fields(r, &at, object, s);
    if (r->rc != IM_OK)
        return;
    s->key =
        schema_field_index(s, im_bytes_of(get_text(r, &at, object, "key", REQUIRED)));
    get_roles(r, &at, object, s);
    get_cluster(r, &at, object, s);
    check_facts(r, &at, object);
    check_layer(r, &at, s);
}

static enum im_code load_json(struct im_bytes json, json_t **out, struct im_error *err)
{
    json_error_t fault;

    if (json.len > MAX_JSON_BYTES) {
        im_fail(err, IM_EDATA, "layer.json has %zu bytes, allowed are %d", json.len,
                MAX_JSON_BYTES);
        return im_zh(err, IM_EDATA, "layer.json 有 %zu 字节，至多 %d", json.len,
                     MAX_JSON_BYTES);
    }
    if (json_is_too_deep(json, MAX_DEPTH)) {
        im_fail(err, IM_EDATA, "layer.json is nested deeper than %d levels", MAX_DEPTH);
        return im_zh(err, IM_EDATA, "layer.json 嵌套超过 %d 层", MAX_DEPTH);
    }
    *out =
        json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &fault);
    if (*out)
        return IM_OK;
    im_fail(err, IM_EDATA, "layer.json, line %d, column %d: %s", fault.line,
            fault.column, fault.text);
    return im_zh(err, IM_EDATA, "layer.json 第 %d 行第 %d 列不是合法的 JSON：%s",
                 fault.line, fault.column, fault.text);
}

enum im_code schema_parse(struct im_bytes json,
                          struct im_arena *arena,
                          const struct layer_schema **out,
                          struct im_error *err)
{
    struct reader r = {arena, err, IM_OK};
    struct layer_schema *schema = NULL;
    json_t *root = NULL;

    r.rc = load_json(json, &root, err);
    if (r.rc != IM_OK)
        return r.rc;
    schema = take(&r, 1, sizeof *schema);
    if (schema)
        get_layer(&r, root, schema);
    json_decref(root);
    if (r.rc == IM_OK)
        *out = schema;
    return r.rc;
}

int schema_field_index(const struct layer_schema *schema, struct im_bytes name)
{
    for (size_t i = 0; i < schema->n_fields; i++)
        if (im_bytes_equal(im_bytes_of(schema->fields[i].name), name))
            return (int)i;
    return SCHEMA_NO_FIELD;
}
