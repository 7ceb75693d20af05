/* SPDX-License-Identifier: Apache-2.0 */
/* --keep-extra: columns that no field takes become fields of the layer. */
#include "parts.h"

enum { EXTRA_MAX = 100, TITLE_MAX_BYTES = 200 };

bool heading_field_name(const char *heading, char out[SCHEMA_MAX_ID + 1])
{
    enum { MAX = SCHEMA_MAX_ID - 8 }; /* room for what tells equal names apart */
    size_t n = 0;

    out[0] = '\0';
    for (const char *p = heading; *p && n < MAX; p++) {
        char c = *p;

        if ((unsigned char)c >= 0x80) {
            out[0] = '\0';
            return false;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if ((c >= 'a' && c <= 'z') || (n && c >= '0' && c <= '9'))
            out[n++] = c;
        else if (n && out[n - 1] != '_')
            out[n++] = '_';
    }
    while (n && out[n - 1] == '_')
        n--;
    out[n] = '\0';
    return schema_field_name_valid(im_bytes_of(out));
}

bool fields_have(const json_t *fields, const char *name)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *other =
            json_string_value(json_object_get(json_array_get(fields, i), "name"));

        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

static void
choose_name(const json_t *fields, const char *column, char out[SCHEMA_MAX_ID + 1])
{
    if (heading_field_name(column, out) && !fields_have(fields, out))
        return;
    for (size_t n = 1; n <= SCHEMA_MAX_FIELDS; n++) {
        snprintf(out, SCHEMA_MAX_ID + 1, "extra_%zu", n);
        if (!fields_have(fields, out))
            return;
    }
}

static bool is_whole(void *ctx, struct im_bytes cell)
{
    int64_t number;

    (void)ctx;
    return im_parse_int64(cell, &number);
}

/* Numbers only where the format says so: a list's columns hold what people write. */
static const char *
type_of(const struct plan *plan, const struct sample *sample, size_t column)
{
    size_t n = 0;

    if (plan->is_grid || !sample->is_typed[column])
        return "text";
    size_t whole = sample_count(sample, (int)column, is_whole, NULL, &n);
    return n == 0 ? "text" : whole == n ? "integer" : "real";
}

static json_t *make_field(const struct plan *plan,
                          const struct sample *sample,
                          const json_t *fields,
                          size_t column)
{
    char name[SCHEMA_MAX_ID + 1];
    const char *title = plan->columns[column].name;
    size_t len = im_utf8_cut(title, TITLE_MAX_BYTES);

    choose_name(fields, title, name);
    return json_pack("{s:s, s:{s:s%}, s:s, s:i}", "name", name, "title", "zh", title,
                     len, "type", type_of(plan, sample, column), "tile_zoom", 12);
}

static bool is_wanted(const struct column *column)
{
    return !column->how && !column->is_personal && column->name[0] &&
           !heading_is_row_number(&column->heading);
}

static enum im_code note_too_many(struct plan *plan, size_t n, struct im_error *err)
{
    char zh[120];
    char en[120];

    snprintf(zh, sizeof zh, "多余的列太多，有 %zu 列没有保留", n);
    snprintf(en, sizeof en, "too many extra columns: %zu are not kept", n);
    return plan_note(plan, "too_many_columns", zh, en, err);
}

static enum im_code add_fields(struct plan *plan,
                               const struct sample *sample,
                               json_t *fields,
                               size_t *n_added,
                               struct im_error *err)
{
    size_t n_left = 0;

    for (size_t i = 0; i < plan->n_columns; i++) {
        struct column *column = &plan->columns[i];

        if (!is_wanted(column))
            continue;
        if (*n_added == EXTRA_MAX || json_array_size(fields) == SCHEMA_MAX_FIELDS) {
            n_left++;
            continue;
        }
        json_t *field = make_field(plan, sample, fields, i);
        if (!field || json_array_append_new(fields, field) != 0)
            return plan_no_memory(err);
        column->how = "extra";
        column->field = (int)json_array_size(fields) - 1;
        ++*n_added;
    }
    return n_left ? note_too_many(plan, n_left, err) : IM_OK;
}

static enum im_code take_schema(struct plan *plan, json_t *root, struct im_error *err)
{
    const struct layer_schema *schema = NULL;
    struct field_plan *fields;
    size_t n_old = plan->schema->n_fields;
    char *text = json_dumps(root, JSON_COMPACT);
    char *copy = text ? im_arena_strdup(plan->arena, im_bytes_of(text)) : NULL;

    free(text);
    if (!copy)
        return plan_no_memory(err);
    enum im_code rc = schema_parse(im_bytes_of(copy), plan->arena, &schema, err);
    if (rc)
        return rc;
    fields = im_arena_calloc(plan->arena, schema->n_fields, sizeof *fields);
    if (!fields)
        return plan_no_memory(err);
    memcpy(fields, plan->fields, n_old * sizeof *fields);
    for (size_t f = n_old; f < schema->n_fields; f++)
        fields[f] = (struct field_plan){.column = NO_COLUMN,
                                        .unit = {(const uint8_t *)"", 0},
                                        .note_zh = "",
                                        .note_en = ""};
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].how && plan->columns[i].field >= (int)n_old) {
            fields[plan->columns[i].field].column = (int)i;
            fields[plan->columns[i].field].how = "extra";
        }
    plan->definition = im_bytes_of(copy);
    plan->schema = schema;
    plan->fields = fields;
    return IM_OK;
}

enum im_code extra_fields(struct plan *plan,
                          struct im_bytes definition,
                          const struct sample *sample,
                          struct im_error *err)
{
    json_t *root = json_loadb((const char *)definition.data, definition.len, 0, NULL);
    json_t *fields = json_object_get(root, "fields");
    size_t n = 0;
    enum im_code rc = IM_OK;

    if (!json_is_array(fields)) {
        rc = im_fail(
            err, IM_EDATA,
            "the definition of the layer has no list \"fields\"; mend its layer.json");
        im_zh(err, rc, "图层定义没有 fields 列表；请修改其 layer.json");
        goto done;
    }
    rc = add_fields(plan, sample, fields, &n, err);
    if (!rc && n)
        rc = take_schema(plan, root, err);
done:
    json_decref(root);
    return rc;
}
