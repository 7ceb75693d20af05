/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a collection as JSON Schema: what is returned, what may be filtered and
 * sorted by (OGC API Features Part 5; Part 3, 6.2). */
#include "ogc.h"

#include <math.h>

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static const char *type_of(const struct schema_field *field)
{
    return field->format == FORMAT_BOOLEAN ? "boolean"
           : field->type == FIELD_TEXT     ? "string"
           : field->type == FIELD_INTEGER  ? "integer"
                                           : "number";
}

static void write_codes(struct ogc *o, struct im_json *w, const struct schema_field *f)
{
    int64_t number;

    im_json_key(w, "enum");
    im_json_array(w);
    for (size_t i = 0; i < f->n_codes; i++)
        if (f->type == FIELD_TEXT)
            im_json_text(w, f->codes[i].code);
        else if (im_parse_int64(im_bytes_of(f->codes[i].code), &number))
            im_json_int(w, number);
    im_json_array_end(w);
    im_json_key(w, "x-innomap-titles");
    im_json_object(w);
    for (size_t i = 0; i < f->n_codes; i++)
        write_text(w, f->codes[i].code, query_title(f->codes[i].title, o->lang));
    im_json_object_end(w);
}

static void write_limits(struct im_json *w, const struct schema_field *field)
{
    if (field->type == FIELD_TEXT || field->format == FORMAT_BOOLEAN)
        return;
    if (isfinite(field->min)) {
        im_json_key(w, "minimum");
        im_json_number(w, field->min, 9);
    }
    if (isfinite(field->max)) {
        im_json_key(w, "maximum");
        im_json_number(w, field->max, 9);
    }
}

static void write_values(struct ogc *o, struct im_json *w, const struct schema_field *f)
{
    write_text(w, "type", type_of(f));
    if (f->format == FORMAT_DATE || f->format == FORMAT_DATETIME)
        write_text(w, "format", f->format == FORMAT_DATE ? "date" : "date-time");
    write_limits(w, f);
    if (f->n_codes && f->format != FORMAT_BOOLEAN)
        write_codes(o, w, f);
}

static void write_field(struct ogc *o, struct im_json *w, int index)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    const struct schema_field *field = &schema->fields[index];

    im_json_key(w, field->name);
    im_json_object(w);
    write_text(w, "title", query_title(field->title, o->lang));
    if (index == schema->key)
        write_text(w, "x-ogc-role", "id");
    else if (index == schema->roles.time && field->type == FIELD_TEXT)
        write_text(w, "x-ogc-role", "primary-instant");
    im_json_key(w, "x-ogc-propertySeq");
    im_json_int(w, index + 1);
    if (field->unit[0])
        write_text(w, "x-ogc-unit", field->unit);
    if (field->list) {
        write_text(w, "type", "array");
        im_json_key(w, "items");
        im_json_object(w);
        write_values(o, w, field);
        im_json_object_end(w);
    } else {
        write_values(o, w, field);
    }
    im_json_object_end(w);
}

/* Part 5, 7.3: the formats of geometries. */
static void write_geometry(struct ogc *o, struct im_json *w)
{
    static const char *const formats[] = {
        [SCHEMA_NONE] = "",
        [SCHEMA_POINT] = "geometry-point",
        [SCHEMA_LINE] = "geometry-linestring-or-multilinestring",
        [SCHEMA_AREA] = "geometry-polygon-or-multipolygon",
        [SCHEMA_MIXED] = "geometry-any"};
    enum schema_geometry kind = atlas_layer_schema(o->layer)->geometry;

    if (kind == SCHEMA_NONE)
        return;
    im_json_key(w, "geometry");
    im_json_object(w);
    write_text(w, "title", ogc_say(o, "位置", "Position"));
    write_text(w, "x-ogc-role", "primary-geometry");
    write_text(w, "format", formats[kind]);
    im_json_object_end(w);
}

static const char *title_of(struct ogc *o)
{
    return o->what == OGC_QUERYABLES ? ogc_say(o, "可过滤的字段", "Fields for filters")
           : o->what == OGC_SORTABLES
               ? ogc_say(o, "可排序的字段", "Fields for sorting")
               : query_title(atlas_layer_schema(o->layer)->title, o->lang);
}

void ogc_write_schema(struct ogc *o, struct im_json *w)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    const char *rest = o->what == OGC_QUERYABLES  ? "/queryables"
                       : o->what == OGC_SORTABLES ? "/sortables"
                                                  : "/schema";

    im_json_object(w);
    write_text(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    write_text(w, "$id", ogc_address(o, ogc_layer_path(o, schema, rest), NULL));
    write_text(w, "title", title_of(o));
    write_text(w, "type", "object");
    im_json_key(w, "properties");
    im_json_object(w);
    if (o->what != OGC_SORTABLES)
        write_geometry(o, w);
    for (size_t i = 0; i < schema->n_fields; i++)
        if (o->what == OGC_SORTABLES ? ogc_field_sorts(&schema->fields[i])
                                     : ogc_field_is_open(&schema->fields[i]))
            write_field(o, w, (int)i);
    im_json_object_end(w);
    im_json_key(w, "additionalProperties");
    im_json_bool(w, false);
    im_json_object_end(w);
}
