/* SPDX-License-Identifier: Apache-2.0 */
/* The description of all of it: one OpenAPI 3.0 document.
 *
 * Each collection has its own literal path, because GDAL looks up
 * "/collections/ID/items" for the page size; what all of them share stands once under
 * components, so that hundreds of collections stay a document of a few hundred
 * kilobytes. */
#include "ogc.h"

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static void open_member(struct im_json *w, const char *key)
{
    im_json_key(w, key);
    im_json_object(w);
}

static void write_ref(struct im_json *w, const char *kind, const char *name)
{
    char text[160];

    snprintf(text, sizeof text, "#/components/%s/%s", kind, name);
    im_json_object(w);
    write_text(w, "$ref", text);
    im_json_object_end(w);
}

/* ---- parameters ---- */

static void write_choices(struct im_json *w, const char *const *choices)
{
    im_json_key(w, "enum");
    im_json_array(w);
    for (size_t i = 0; choices[i]; i++)
        im_json_text(w, choices[i]);
    im_json_array_end(w);
}

static void write_crs_choices(struct im_json *w)
{
    const char *uris[OGC_CRS_COUNT + 1] = {0};

    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        uris[i] = ogc_crs_list[i].uri;
    write_text(w, "type", "string");
    write_text(w, "format", "uri");
    write_choices(w, uris);
    write_text(w, "default", uris[0]);
}

static void write_limit_schema(struct im_json *w)
{
    write_text(w, "type", "integer");
    im_json_key(w, "minimum");
    im_json_int(w, 1);
    im_json_key(w, "maximum");
    im_json_int(w, OGC_MAX_LIMIT);
    im_json_key(w, "default");
    im_json_int(w, OGC_DEFAULT_LIMIT);
}

static void write_bbox_schema(struct im_json *w)
{
    write_text(w, "type", "array");
    im_json_key(w, "minItems");
    im_json_int(w, 4);
    im_json_key(w, "maxItems");
    im_json_int(w, OGC_MAX_BBOX);
    open_member(w, "items");
    write_text(w, "type", "number");
    im_json_object_end(w);
}

static void write_item_param_schema(struct im_json *w, enum ogc_item_param p)
{
    switch (p) {
    case OGC_P_F:
        write_text(w, "type", "string");
        write_choices(w, (const char *const[]){"json", "html", "csv", "xlsx", NULL});
        break;
    case OGC_P_LIMIT:
        write_limit_schema(w);
        break;
    case OGC_P_OFFSET:
        write_text(w, "type", "integer");
        im_json_key(w, "minimum");
        im_json_int(w, 0);
        im_json_key(w, "maximum");
        im_json_int(w, OGC_MAX_LIMIT - 1);
        im_json_key(w, "default");
        im_json_int(w, 0);
        break;
    case OGC_P_BBOX:
        write_bbox_schema(w);
        break;
    case OGC_P_BBOX_CRS:
    case OGC_P_CRS:
    case OGC_P_FILTER_CRS:
        write_crs_choices(w);
        break;
    case OGC_P_SORTBY:
        write_text(w, "type", "array");
        open_member(w, "items");
        write_text(w, "type", "string");
        write_text(w, "pattern", "[+|-]?[a-z].*");
        im_json_object_end(w);
        break;
    default:
        write_text(w, "type", "string");
        if (ogc_item_params[p].kind == PARAM_CHOICE) {
            write_choices(w, ogc_item_params[p].choices);
            write_text(w, "default", ogc_item_params[p].choices[0]);
        }
    }
}

static void write_item_param(struct ogc *o, struct im_json *w, enum ogc_item_param p)
{
    const char *name = ogc_item_params[p].name;
    bool is_list = p == OGC_P_BBOX || p == OGC_P_SORTBY;

    open_member(w, name);
    write_text(w, "name", name);
    write_text(w, "in", "query");
    write_text(w, "description", query_title(ogc_item_param_about[p], o->lang));
    im_json_key(w, "required");
    im_json_bool(w, false);
    write_text(w, "style", "form");
    im_json_key(w, "explode");
    im_json_bool(w, !is_list);
    open_member(w, "schema");
    write_item_param_schema(w, p);
    im_json_object_end(w);
    im_json_object_end(w);
}

static void begin_path_param(struct im_json *w, const char *name)
{
    open_member(w, name);
    write_text(w, "name", name);
    write_text(w, "in", "path");
    im_json_key(w, "required");
    im_json_bool(w, true);
    open_member(w, "schema");
    write_text(w, "type", "string");
}

static void write_path_params(struct ogc *o, struct im_json *w)
{
    begin_path_param(w, "collectionId");
    im_json_key(w, "enum");
    im_json_array(w);
    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            im_json_text(w, atlas_layer_schema(atlas_layer_at(o->atlas, i))->id);
    im_json_array_end(w);
    im_json_object_end(w);
    im_json_object_end(w);
    begin_path_param(w, "featureId");
    im_json_object_end(w);
    im_json_object_end(w);
}

static void write_parameters(struct ogc *o, struct im_json *w)
{
    open_member(w, "parameters");
    for (int p = 0; p < OGC_ITEM_PARAMS; p++)
        write_item_param(o, w, (enum ogc_item_param)p);
    write_path_params(o, w);
    im_json_object_end(w);
}

/* ---- schemas and answers ---- */

/* An object whose members of these names are arrays. */
static void write_object_schema(struct im_json *w,
                                const char *name,
                                const char *const *required,
                                const char *const *arrays)
{
    open_member(w, name);
    write_text(w, "type", "object");
    im_json_key(w, "required");
    im_json_array(w);
    for (size_t i = 0; required[i]; i++)
        im_json_text(w, required[i]);
    im_json_array_end(w);
    open_member(w, "properties");
    for (size_t i = 0; arrays[i]; i++) {
        bool is_links = strcmp(arrays[i], "links") == 0;

        open_member(w, arrays[i]);
        write_text(w, "type", "array");
        im_json_key(w, "items");
        if (is_links) {
            write_ref(w, "schemas", "link");
        } else {
            im_json_object(w);
            im_json_object_end(w);
        }
        im_json_object_end(w);
    }
    im_json_object_end(w);
    im_json_object_end(w);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void write_schemas(struct im_json *w)
{
    open_member(w, "schemas");
    write_object_schema(w, "link", NAMES("href", "rel"), NAMES(NULL));
    write_object_schema(w, "landingPage", NAMES("links"), NAMES("links"));
    write_object_schema(w, "confClasses", NAMES("conformsTo"), NAMES("conformsTo"));
    write_object_schema(w, "functions", NAMES("functions"), NAMES("functions"));
    write_object_schema(w, "collections", NAMES("links", "collections"),
                        NAMES("links", "collections"));
    write_object_schema(w, "collection", NAMES("id", "links"), NAMES("links", "crs"));
    write_object_schema(w, "featureCollectionGeoJSON", NAMES("type", "features"),
                        NAMES("features", "links"));
    write_object_schema(w, "featureGeoJSON",
                        NAMES("type", "id", "geometry", "properties"), NAMES("links"));
    write_object_schema(w, "fields", NAMES("type", "properties"), NAMES(NULL));
    write_object_schema(w, "problem", NAMES("title", "status", "detail"), NAMES(NULL));
    im_json_object_end(w);
}

static void write_media(struct im_json *w, const char *type, const char *schema)
{
    open_member(w, type);
    im_json_key(w, "schema");
    if (schema) {
        write_ref(w, "schemas", schema);
    } else {
        im_json_object(w);
        write_text(w, "type", "string");
        im_json_object_end(w);
    }
    im_json_object_end(w);
}

struct answer {
    const char *name;
    enum ogc_what what;
    const char *schema;
};

static const struct answer answers[] = {
    {"landingPage", OGC_LANDING, "landingPage"},
    {"conformance", OGC_CONFORMANCE, "confClasses"},
    {"functions", OGC_FUNCTIONS, "functions"},
    {"collections", OGC_COLLECTIONS, "collections"},
    {"collection", OGC_COLLECTION, "collection"},
    {"fields", OGC_SCHEMA, "fields"},
    {"features", OGC_ITEMS, "featureCollectionGeoJSON"},
    {"feature", OGC_ITEM, "featureGeoJSON"},
};

static void write_answer(struct ogc *o, struct im_json *w, const struct answer *a)
{
    unsigned formats = ogc_formats_of(a->what);

    open_member(w, a->name);
    write_text(w, "description", ogc_say(o, "成功", "the answer"));
    open_member(w, "content");
    for (int f = 0; f < OGC_FORMATS; f++)
        if (formats & 1u << f)
            write_media(w, ogc_type_of(a->what, (enum ogc_format)f),
                        f == OGC_JSON ? a->schema : NULL);
    im_json_object_end(w);
    im_json_object_end(w);
}

static void write_responses(struct ogc *o, struct im_json *w)
{
    open_member(w, "responses");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        write_answer(o, w, &answers[i]);
    open_member(w, "problem");
    write_text(w, "description",
               ogc_say(o, "出错：原因、所给的值和可用的值",
                       "what was wrong, the value and what is allowed"));
    open_member(w, "content");
    write_media(w, "application/problem+json", "problem");
    write_media(w, OGC_TYPE_HTML, NULL);
    im_json_object_end(w);
    im_json_object_end(w);
    im_json_object_end(w);
}

/* ---- paths ---- */

static void write_results(struct im_json *w, const char *answer)
{
    open_member(w, "responses");
    im_json_key(w, "200");
    write_ref(w, "responses", answer);
    im_json_key(w, "default");
    write_ref(w, "responses", "problem");
    im_json_object_end(w);
}

static void begin_operation(struct im_json *w,
                            const char *method,
                            const char *id,
                            const char *summary,
                            const char *tag)
{
    open_member(w, method);
    write_text(w, "operationId", id);
    write_text(w, "summary", summary);
    im_json_key(w, "tags");
    im_json_array(w);
    im_json_text(w, tag);
    im_json_array_end(w);
    im_json_key(w, "parameters");
    im_json_array(w);
}

static void end_operation(struct im_json *w, const char *answer)
{
    im_json_array_end(w);
    write_results(w, answer);
    im_json_object_end(w);
}

static void write_document_path(struct im_json *w,
                                const char *path,
                                const char *id,
                                const char *summary,
                                const char *answer)
{
    open_member(w, path);
    begin_operation(w, "get", id, summary, "Capabilities");
    if (strchr(path, '{'))
        write_ref(w, "parameters", "collectionId");
    write_ref(w, "parameters", "f");
    write_ref(w, "parameters", "lang");
    end_operation(w, answer);
    im_json_object_end(w);
}

static void write_document_paths(struct ogc *o, struct im_json *w)
{
    write_document_path(w, "/", "getLandingPage", ogc_say(o, "首页", "landing page"),
                        "landingPage");
    write_document_path(w, "/conformance", "getConformanceDeclaration",
                        ogc_say(o, "遵循的标准", "conformance"), "conformance");
    write_document_path(w, "/functions", "getFunctions",
                        ogc_say(o, "过滤函数", "functions of filters"), "functions");
    write_document_path(w, "/collections", "getCollections",
                        ogc_say(o, "数据集合", "collections"), "collections");
    write_document_path(w, "/collections/{collectionId}", "describeCollection",
                        ogc_say(o, "一个集合", "one collection"), "collection");
    write_document_path(w, "/collections/{collectionId}/schema", "getSchema",
                        ogc_say(o, "字段", "fields"), "fields");
    write_document_path(w, "/collections/{collectionId}/queryables", "getQueryables",
                        ogc_say(o, "可过滤的字段", "fields for filters"), "fields");
    write_document_path(w, "/collections/{collectionId}/sortables", "getSortables",
                        ogc_say(o, "可排序的字段", "fields for sorting"), "fields");
}

static bool is_item_param(const char *name)
{
    for (size_t i = 0; i < OGC_ITEM_PARAMS; i++)
        if (strcmp(name, ogc_item_params[i].name) == 0)
            return true;
    return false;
}

/* A field as a parameter (Part 3, 6.4). */
static void
write_property(struct ogc *o, struct im_json *w, const struct schema_field *field)
{
    im_json_object(w);
    write_text(w, "name", field->name);
    write_text(w, "in", "query");
    write_text(w, "description", query_title(field->title, o->lang));
    open_member(w, "schema");
    write_text(w, "type",
               field->format == FORMAT_BOOLEAN ? "boolean"
               : field->type == FIELD_TEXT     ? "string"
               : field->type == FIELD_INTEGER  ? "integer"
                                               : "number");
    im_json_object_end(w);
    im_json_object_end(w);
}

static void write_item_refs(struct ogc *o,
                            struct im_json *w,
                            const struct layer_schema *schema,
                            bool with_filter)
{
    for (int p = 0; p < OGC_ITEM_PARAMS; p++)
        if (with_filter || (p != OGC_P_FILTER && p != OGC_P_FILTER_LANG))
            write_ref(w, "parameters", ogc_item_params[p].name);
    for (size_t i = 0; i < schema->n_fields; i++)
        if (ogc_field_is_open(&schema->fields[i]) &&
            !is_item_param(schema->fields[i].name))
            write_property(o, w, &schema->fields[i]);
}

static void
write_post(struct ogc *o, struct im_json *w, const struct layer_schema *schema)
{
    char id[80];

    snprintf(id, sizeof id, "query.%s", schema->id);
    begin_operation(w, "post", id, query_title(schema->title, o->lang), schema->id);
    write_item_refs(o, w, schema, false);
    im_json_array_end(w);
    open_member(w, "requestBody");
    write_text(w, "description", "CQL2 JSON");
    open_member(w, "content");
    open_member(w, OGC_TYPE_JSON);
    im_json_object_end(w);
    open_member(w, "application/query-cql-json");
    im_json_object_end(w);
    im_json_object_end(w);
    im_json_object_end(w);
    write_results(w, "features");
    im_json_object_end(w);
}

static void
write_items_paths(struct ogc *o, struct im_json *w, const struct layer_schema *schema)
{
    const char *title = query_title(schema->title, o->lang);
    char text[160];

    snprintf(text, sizeof text, "/collections/%s/items", schema->id);
    open_member(w, text);
    snprintf(text, sizeof text, "getFeatures.%s", schema->id);
    begin_operation(w, "get", text, title, schema->id);
    write_item_refs(o, w, schema, true);
    end_operation(w, "features");
    write_post(o, w, schema);
    im_json_object_end(w);

    snprintf(text, sizeof text, "/collections/%s/items/{featureId}", schema->id);
    open_member(w, text);
    snprintf(text, sizeof text, "getFeature.%s", schema->id);
    begin_operation(w, "get", text, title, schema->id);
    write_ref(w, "parameters", "featureId");
    write_ref(w, "parameters", "f");
    write_ref(w, "parameters", "lang");
    write_ref(w, "parameters", "crs");
    end_operation(w, "feature");
    im_json_object_end(w);
}

static void write_info(struct ogc *o, struct im_json *w)
{
    open_member(w, "info");
    write_text(w, "title", ogc_say(o, "innomap 开放数据接口", "innomap open data"));
    write_text(w, "version", "1.0.0");
    write_text(w, "description", "OGC API – Features");
    im_json_object_end(w);
    im_json_key(w, "servers");
    im_json_array(w);
    im_json_object(w);
    write_text(w, "url", o->base);
    im_json_object_end(w);
    im_json_array_end(w);
}

void ogc_write_openapi(struct ogc *o, struct im_json *w)
{
    im_json_object(w);
    write_text(w, "openapi", "3.0.3");
    write_info(o, w);
    open_member(w, "paths");
    write_document_paths(o, w);
    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            write_items_paths(o, w, atlas_layer_schema(atlas_layer_at(o->atlas, i)));
    im_json_object_end(w);
    open_member(w, "components");
    write_parameters(o, w);
    write_schemas(w);
    write_responses(o, w);
    im_json_object_end(w);
    im_json_object_end(w);
}
