/* SPDX-License-Identifier: Apache-2.0 */
/* Layers as collections (OGC API Common Part 2; Features Part 1, 7.13 and 7.14). */
#include "ogc.h"

bool ogc_offers(const struct atlas_layer *layer)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);

    return !schema->is_internal && !schema->is_base;
}

const struct atlas_layer *ogc_layer_find(const struct atlas *atlas, struct im_bytes id)
{
    const struct atlas_layer *layer = atlas_layer_find(atlas, id);

    return layer && ogc_offers(layer) ? layer : NULL;
}

bool ogc_field_is_open(const struct schema_field *field)
{
    return !field->hidden;
}

bool ogc_field_sorts(const struct schema_field *field)
{
    return ogc_field_is_open(field) && !field->list;
}

bool ogc_is_hidden(const struct ogc *o,
                   const struct atlas_layer *layer,
                   uint32_t feature)
{
    int reviewed = atlas_layer_schema(layer)->roles.reviewed;
    double flag;

    return server_leaves_out_unreviewed(o->x->server) && reviewed != SCHEMA_NO_FIELD &&
           (!atlas_number(layer, feature, reviewed, &flag) || flag == 0);
}

uint32_t ogc_count(const struct ogc *o, const struct atlas_layer *layer)
{
    uint32_t n = atlas_layer_size(layer);
    uint32_t shown = 0;

    if (!server_leaves_out_unreviewed(o->x->server) ||
        atlas_layer_schema(layer)->roles.reviewed == SCHEMA_NO_FIELD)
        return n;
    for (uint32_t i = 0; i < n; i++)
        shown += !ogc_is_hidden(o, layer, i);
    return shown;
}

bool ogc_has_time(const struct atlas_layer *layer)
{
    return atlas_layer_schema(layer)->roles.time != SCHEMA_NO_FIELD;
}

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

/* A member that is left out where there is nothing to say. */
static void write_known(struct im_json *w, const char *key, const char *value)
{
    if (value[0])
        write_text(w, key, value);
}

/* ---- extents ---- */

static bool is_before(struct im_bytes a, struct im_bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order ? order < 0 : a.len < b.len;
}

/* The first and last of the times that a layer has: texts of dates sort as dates. */
static bool text_span(const struct atlas_layer *layer,
                      int field,
                      struct im_bytes *first,
                      struct im_bytes *last)
{
    uint32_t n = atlas_code_count(layer, field);

    for (uint32_t code = 0; code < n; code++) {
        struct im_bytes text = atlas_code_text(layer, field, code);

        if (code == 0 || is_before(text, *first))
            *first = text;
        if (code == 0 || is_before(*last, text))
            *last = text;
    }
    return n > 0;
}

static bool year_span(const struct atlas_layer *layer, int field, int64_t span[2])
{
    bool is_known = false;

    for (uint32_t i = 0; i < atlas_layer_size(layer); i++) {
        int64_t year;

        if (!atlas_integer(layer, i, field, &year))
            continue;
        if (!is_known || year < span[0])
            span[0] = year;
        if (!is_known || year > span[1])
            span[1] = year;
        is_known = true;
    }
    return is_known;
}

static void write_instant(struct im_json *w, struct im_bytes text, bool is_last)
{
    char instant[64];

    snprintf(instant, sizeof instant, text.len == 10 ? "%.*s%s" : "%.*s",
             (int)(text.len < 40 ? text.len : 40), (const char *)text.data,
             is_last ? "T23:59:59Z" : "T00:00:00Z");
    im_json_text(w, instant);
}

static void write_span(struct im_json *w, struct im_bytes first, struct im_bytes last)
{
    im_json_key(w, "temporal");
    im_json_object(w);
    im_json_key(w, "interval");
    im_json_array(w);
    im_json_array(w);
    write_instant(w, first, false);
    write_instant(w, last, true);
    im_json_array_end(w);
    im_json_array_end(w);
    write_text(w, "trs", "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian");
    im_json_object_end(w);
}

static void write_temporal(struct im_json *w, const struct atlas_layer *layer)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    int field = schema->roles.time;
    struct im_bytes text[2];
    char day[2][24];
    int64_t year[2];

    if (field == SCHEMA_NO_FIELD)
        return;
    if (schema->fields[field].type == FIELD_TEXT) {
        if (text_span(layer, field, &text[0], &text[1]))
            write_span(w, text[0], text[1]);
    } else if (year_span(layer, field, year) && year[0] >= 0 && year[1] <= 9999) {
        snprintf(day[0], sizeof day[0], "%04d-01-01", (int)year[0]);
        snprintf(day[1], sizeof day[1], "%04d-12-31", (int)year[1]);
        write_span(w, im_bytes_of(day[0]), im_bytes_of(day[1]));
    }
}

static void write_spatial(struct im_json *w, struct bbox box)
{
    im_json_key(w, "spatial");
    im_json_object(w);
    im_json_key(w, "bbox");
    im_json_array(w);
    im_json_array(w);
    im_json_number(w, box.min_x, 7);
    im_json_number(w, box.min_y, 7);
    im_json_number(w, box.max_x, 7);
    im_json_number(w, box.max_y, 7);
    im_json_array_end(w);
    im_json_array_end(w);
    write_text(w, "crs", ogc_crs_list[0].uri);
    im_json_object_end(w);
}

static void write_extent(struct im_json *w, const struct atlas_layer *layer)
{
    struct bbox box = atlas_layer_extent(layer);

    if (bbox_is_empty(box) && !ogc_has_time(layer))
        return;
    im_json_key(w, "extent");
    im_json_object(w);
    if (!bbox_is_empty(box))
        write_spatial(w, box);
    write_temporal(w, layer);
    im_json_object_end(w);
}

/* ---- one collection ---- */

static void write_crs(struct im_json *w)
{
    im_json_key(w, "crs");
    im_json_array(w);
    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        im_json_text(w, ogc_crs_list[i].uri);
    im_json_array_end(w);
    write_text(w, "storageCrs", ogc_crs_list[0].uri);
}

static void write_keywords(struct im_json *w, const struct layer_schema *schema)
{
    if (!schema->synonyms[0])
        return;
    im_json_key(w, "keywords");
    im_json_array(w);
    for (size_t i = 0; schema->synonyms[i]; i++)
        im_json_text(w, schema->synonyms[i]);
    im_json_array_end(w);
}

static void link_to(struct ogc *o,
                    struct im_json *w,
                    const struct layer_schema *schema,
                    const char *rest,
                    const char *rel,
                    const char *type,
                    const char *title)
{
    const char *f = strcmp(type, OGC_TYPE_HTML) == 0  ? "html"
                    : strcmp(type, OGC_TYPE_CSV) == 0 ? "csv"
                                                      : "json";

    ogc_link(w, rel, type, title, ogc_address(o, ogc_layer_path(o, schema, rest), f));
}

static void write_licence_link(struct ogc *o, struct im_json *w, const char *licence)
{
    const char *address = ogc_licence_address(licence);

    if (address)
        ogc_link(w, "license", OGC_TYPE_HTML, licence, address);
    (void)o;
}

static void
write_links(struct ogc *o, struct im_json *w, const struct layer_schema *schema)
{
    bool is_self = o->what == OGC_COLLECTION;

    im_json_key(w, "links");
    im_json_array(w);
    if (is_self)
        ogc_links_here(o, w);
    else
        link_to(o, w, schema, "", "self", OGC_TYPE_JSON,
                ogc_say(o, "此集合", "This collection"));
    link_to(o, w, schema, "/items", "items", OGC_TYPE_GEOJSON,
            ogc_say(o, "要素（GeoJSON）", "Features as GeoJSON"));
    link_to(o, w, schema, "/items", "items", OGC_TYPE_HTML,
            ogc_say(o, "要素（网页）", "Features as a page"));
    link_to(o, w, schema, "/items", "items", OGC_TYPE_CSV,
            ogc_say(o, "要素（CSV）", "Features as CSV"));
    link_to(o, w, schema, "/schema", "describedby", OGC_TYPE_SCHEMA,
            ogc_say(o, "字段", "Fields"));
    link_to(o, w, schema, "/schema", OGC_REL "schema", OGC_TYPE_SCHEMA,
            ogc_say(o, "字段", "Fields"));
    link_to(o, w, schema, "/queryables", OGC_REL "queryables", OGC_TYPE_SCHEMA,
            ogc_say(o, "可过滤的字段", "Fields for filters"));
    link_to(o, w, schema, "/sortables", OGC_REL "sortables", OGC_TYPE_SCHEMA,
            ogc_say(o, "可排序的字段", "Fields for sorting"));
    write_licence_link(o, w, schema->licence);
    im_json_array_end(w);
}

static void write_one(struct ogc *o, struct im_json *w, const struct atlas_layer *layer)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);

    im_json_object(w);
    write_text(w, "id", schema->id);
    write_text(w, "title", query_title(schema->title, o->lang));
    /* what a layer covers, and how completely, is its description */
    write_known(w, "description", query_title(schema->completeness, o->lang));
    write_known(w, "attribution", query_title(schema->attribution, o->lang));
    write_known(w, "license", schema->licence);
    write_known(w, "source", query_title(schema->source, o->lang));
    write_known(w, "source_date", schema->source_date);
    write_keywords(w, schema);
    write_text(w, "itemType", "feature");
    im_json_key(w, "itemCount");
    im_json_int(w, ogc_count(o, layer));
    write_text(w, "geometry", schema_geometry_name(schema->geometry));
    im_json_key(w, "version");
    im_json_int(w, (int64_t)atlas_layer_version(layer));
    write_text(w, "updated", atlas_layer_changed_at(layer));
    write_extent(w, layer);
    write_crs(w);
    write_links(o, w, schema);
    im_json_object_end(w);
}

void ogc_write_collection(struct ogc *o, struct im_json *w)
{
    write_one(o, w, o->layer);
}

void ogc_write_collections(struct ogc *o, struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "links");
    im_json_array(w);
    ogc_links_here(o, w);
    im_json_array_end(w);
    write_crs(w);
    im_json_key(w, "collections");
    im_json_array(w);
    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            write_one(o, w, atlas_layer_at(o->atlas, i));
    im_json_array_end(w);
    write_text(w, "notice", notice_text(o->lang));
    write_text(w, "review_number", server_review_number(o->x->server));
    im_json_object_end(w);
}
