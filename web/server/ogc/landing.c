/* SPDX-License-Identifier: Apache-2.0 */
/* The landing page, what we conform to, functions of filters. */
#include "ogc.h"

#define SPEC "http://www.opengis.net/spec/"

/* Clients compare these as strings. A class is listed when all of it works. */
const char *const ogc_conformance[] = {
    SPEC "ogcapi-common-1/1.0/conf/core", SPEC "ogcapi-common-1/1.0/conf/landing-page",
    SPEC "ogcapi-common-1/1.0/conf/json", SPEC "ogcapi-common-1/1.0/conf/html",
    SPEC "ogcapi-common-1/1.0/conf/oas30", SPEC "ogcapi-common-2/1.0/conf/collections",
    SPEC "ogcapi-features-1/1.0/conf/core", SPEC "ogcapi-features-1/1.0/conf/oas30",
    SPEC "ogcapi-features-1/1.0/conf/html", SPEC "ogcapi-features-1/1.0/conf/geojson",
    SPEC "ogcapi-features-2/1.0/conf/crs", SPEC "ogcapi-features-3/1.0/conf/queryables",
    SPEC "ogcapi-features-3/1.0/conf/queryables-query-parameters",
    SPEC "ogcapi-features-3/1.0/conf/filter",
    SPEC "ogcapi-features-3/1.0/conf/features-filter",
    SPEC "ogcapi-features-5/1.0/conf/schemas",
    SPEC "ogcapi-features-5/1.0/conf/returnables-and-receivables",
    SPEC "ogcapi-features-5/1.0/conf/queryables",
    SPEC "ogcapi-features-5/1.0/conf/sortables", SPEC "cql2/1.0/conf/cql2-text",
    SPEC "cql2/1.0/conf/cql2-json", SPEC "cql2/1.0/conf/basic-cql2",
    SPEC "cql2/1.0/conf/advanced-comparison-operators",
    SPEC "cql2/1.0/conf/case-insensitive-comparison",
    SPEC "cql2/1.0/conf/accent-insensitive-comparison",
    SPEC "cql2/1.0/conf/basic-spatial-functions",
    SPEC "cql2/1.0/conf/basic-spatial-functions-plus",
    SPEC "cql2/1.0/conf/spatial-functions", SPEC "cql2/1.0/conf/temporal-functions",
    SPEC "cql2/1.0/conf/array-functions", SPEC "cql2/1.0/conf/property-property",
    SPEC "cql2/1.0/conf/arithmetic", SPEC "cql2/1.0/conf/functions",
    /* its name in drafts: QGIS looks for it before it sends spatial filters */
    SPEC "cql2/1.0/conf/basic-spatial-operators", NULL};

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static void write_links_here(struct ogc *o, struct im_json *w)
{
    im_json_key(w, "links");
    im_json_array(w);
    ogc_links_here(o, w);
    im_json_array_end(w);
}

static void write_attribution(struct ogc *o, struct im_json *w)
{
    struct im_buf text = {.max = 16384};

    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            query_add_attribution(&text, atlas_layer_at(o->atlas, i), o->lang);
    im_json_key(w, "attribution");
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

void ogc_write_landing(struct ogc *o, struct im_json *w)
{
    const char *data = ogc_say(o, "数据集合", "Collections");
    const char *conformance = ogc_say(o, "遵循的标准", "Conformance");

    im_json_object(w);
    write_text(w, "title", ogc_say(o, "innomap 创新空间", "innomap innovation spaces"));
    write_text(w, "description",
               ogc_say(o, "园区、孵化器、概念验证中心、中试平台、科创飞地等创新空间",
                       "Parks, incubators, concept-verification centres, pilot-test "
                       "platforms, enclaves and other innovation spaces"));
    write_attribution(o, w);
    write_text(w, "notice", notice_text(o->lang));
    write_text(w, "review_number", server_review_number(o->x->server));
    im_json_key(w, "links");
    im_json_array(w);
    ogc_links_here(o, w);
    ogc_link(w, "service-desc", OGC_TYPE_OPENAPI,
             ogc_say(o, "接口描述（OpenAPI 3.0）", "The API (OpenAPI 3.0)"),
             ogc_address(o, "/api", "json"));
    ogc_link(w, "service-doc", OGC_TYPE_HTML,
             ogc_say(o, "接口说明", "The API, for people"),
             ogc_address(o, "/api.html", NULL));
    ogc_link(w, "conformance", OGC_TYPE_JSON, conformance,
             ogc_address(o, "/conformance", "json"));
    ogc_link(w, OGC_REL "conformance", OGC_TYPE_JSON, conformance,
             ogc_address(o, "/conformance", "json"));
    ogc_link(w, "data", OGC_TYPE_JSON, data, ogc_address(o, "/collections", "json"));
    ogc_link(w, OGC_REL "data", OGC_TYPE_JSON, data,
             ogc_address(o, "/collections", "json"));
    ogc_link(w, "data", OGC_TYPE_HTML, data, ogc_address(o, "/collections", "html"));
    ogc_link(w, OGC_REL "functions", OGC_TYPE_JSON,
             ogc_say(o, "过滤条件可用的函数", "Functions of filters"),
             ogc_address(o, "/functions", "json"));
    im_json_array_end(w);
    im_json_object_end(w);
}

void ogc_write_conformance(struct ogc *o, struct im_json *w)
{
    im_json_object(w);
    write_links_here(o, w);
    im_json_key(w, "conformsTo");
    im_json_array(w);
    for (size_t i = 0; ogc_conformance[i]; i++)
        im_json_text(w, ogc_conformance[i]);
    im_json_array_end(w);
    im_json_object_end(w);
}

static void write_type(struct im_json *w, const char *key, const char *type)
{
    im_json_key(w, key);
    im_json_array(w);
    im_json_text(w, type);
    im_json_array_end(w);
}

static void
write_function(struct ogc *o, struct im_json *w, const struct cql_function *function)
{
    im_json_object(w);
    write_text(w, "name", function->name);
    write_text(w, "description", query_title(function->about, o->lang));
    im_json_key(w, "arguments");
    im_json_array(w);
    for (size_t i = 0; function->arguments[i]; i++) {
        im_json_object(w);
        write_type(w, "type", function->arguments[i]);
        im_json_object_end(w);
    }
    im_json_array_end(w);
    write_type(w, "returns", function->returns);
    im_json_object_end(w);
}

/* OGC 21-065r2, 8.6. */
void ogc_write_functions(struct ogc *o, struct im_json *w)
{
    im_json_object(w);
    write_links_here(o, w);
    im_json_key(w, "functions");
    im_json_array(w);
    for (size_t i = 0; i < cql_n_functions; i++)
        write_function(o, w, &cql_functions[i]);
    im_json_array_end(w);
    im_json_object_end(w);
}
