/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts of a layer are searched, and how they come out of its columns. */
#include "search/texts.h"
#include "text/reading.h"

static void add_name(struct search_fields *out, int field)
{
    if (field != SCHEMA_NO_FIELD)
        out->names[out->n_names++] = field;
}

static bool is_name(const struct search_fields *fields, int field)
{
    for (size_t i = 0; i < fields->n_names; i++)
        if (fields->names[i] == field)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Where a row comes from, how far it is to be trusted and where to read on would be
 * found by everybody and wanted by nobody. */
static bool is_about_the_row(const struct layer_schema *schema, int field)
{
    static const char *const names[] = {"website", "confidence", "note", "unit"};
    const char *name = schema->fields[field].name;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return ends_with(name, "source") || field == schema->roles.precision;
}

void search_fields_of(const struct layer_schema *schema, struct search_fields *out)
{
    const struct schema_roles *roles = &schema->roles;

    *out = (struct search_fields){.n_names = 0};
    add_name(out, roles->name_zh);
    add_name(out, roles->name_en);
    add_name(out, roles->aliases);
    add_name(out, roles->former);
    for (size_t i = 0; i < schema->n_fields; i++) {
        int field = (int)i;

        if (schema->fields[i].type == FIELD_TEXT && !schema->fields[i].hidden &&
            field != schema->key && !is_name(out, field) &&
            !is_about_the_row(schema, field))
            out->others[out->n_others++] = field;
    }
}

bool search_is_read(const struct layer_schema *schema, int field)
{
    const char *name = schema->fields[field].name;

    return field == schema->roles.city || ends_with(name, "city") ||
           ends_with(name, "district") || ends_with(name, "province");
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

bool search_next_part(struct im_bytes *rest, struct im_bytes *part)
{
    const uint8_t *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->data, ';', rest->len);
    *part = (struct im_bytes){rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = part->len + (end ? 1 : 0);
    rest->data += used;
    rest->len -= used;
    while (part->len && is_blank(part->data[0])) {
        part->data++;
        part->len--;
    }
    while (part->len && is_blank(part->data[part->len - 1]))
        part->len--;
    return true;
}

static void add_text(struct im_bytes text, struct im_buf *out)
{
    size_t start = out->len;

    text_searched(text, TEXT_SPACES_OF_LATIN, out);
    if (out->len > start)
        im_buf_byte(out, '\n');
}

void search_name_field_of(const struct atlas_layer *layer,
                          int field,
                          uint32_t feature,
                          struct im_buf *out)
{
    struct im_bytes text = atlas_text(layer, feature, field);
    struct im_bytes part;

    /* aliases and former names are lists whether the definition says so or not */
    if (!layer->schema->fields[field].list && field != layer->schema->roles.aliases &&
        field != layer->schema->roles.former) {
        add_text(text, out);
        return;
    }
    while (search_next_part(&text, &part))
        add_text(part, out);
}

void search_names_of(const struct atlas_layer *layer,
                     const struct search_fields *fields,
                     uint32_t feature,
                     struct im_buf *out)
{
    for (size_t i = 0; i < fields->n_names; i++)
        search_name_field_of(layer, fields->names[i], feature, out);
}

const struct schema_code *search_code(const struct schema_field *field,
                                      struct im_bytes code)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), code))
            return &field->codes[i];
    return NULL;
}

static void
add_code(const struct schema_field *field, struct im_bytes text, struct im_buf *out)
{
    const struct schema_code *code = search_code(field, text);

    add_text(text, out);
    if (!code)
        return;
    add_text(im_bytes_of(code->title.zh), out);
    add_text(im_bytes_of(code->title.en), out);
    for (const char *const *s = code->synonyms; *s; s++)
        add_text(im_bytes_of(*s), out);
}

void search_value_of(const struct atlas_layer *layer,
                     int field,
                     uint32_t code,
                     struct im_buf *out)
{
    const struct schema_field *f = &layer->schema->fields[field];
    struct im_bytes text = atlas_code_text(layer, field, code);
    struct im_bytes part;

    if (!f->codes && !f->list) {
        add_text(text, out);
        return;
    }
    while (search_next_part(&text, &part))
        add_code(f, part, out);
}
