/* SPDX-License-Identifier: Apache-2.0 */
/* OGC API Features under /ogc, seen from inside of the room.
 *
 *   route.c        which resource, which format and language, ETag, cached or worker
 *   links.c        absolute addresses and link objects
 *   crs.c          coordinate systems
 *   landing.c      landing page, conformance, functions
 *   collections.c  layers as collections
 *   schema.c       schema, queryables, sortables (Part 5)
 *   query.c        the parameters of /items as a query
 *   items.c        features as GeoJSON and CSV
 *   openapi.c      the description of all of it
 *   layout.c, page_*.c   the same for people, as HTML */
#ifndef WEB_OGC_OGC_H
#define WEB_OGC_OGC_H

#include "../exchange.h"
#include "../html.h"
#include "../http_problem.h"
#include "../server_state.h"
#include "crs.h"

#include <engine/row_json.h>

enum ogc_what {
    OGC_LANDING,
    OGC_API,
    OGC_API_PAGE,
    OGC_CONFORMANCE,
    OGC_FUNCTIONS,
    OGC_COLLECTIONS,
    OGC_STYLE,
    OGC_COLLECTION,
    OGC_ITEMS,
    OGC_QUERYABLES,
    OGC_SCHEMA,
    OGC_SORTABLES,
    OGC_ITEM,
    OGC_WHATS
};

enum ogc_format { OGC_JSON, OGC_HTML, OGC_CSV, OGC_XLSX, OGC_FORMATS };

#define OGC_TYPE_HTML "text/html"
#define OGC_TYPE_JSON "application/json"
#define OGC_TYPE_GEOJSON "application/geo+json"
#define OGC_TYPE_SCHEMA "application/schema+json"
#define OGC_TYPE_OPENAPI "application/vnd.oai.openapi+json;version=3.0"
#define OGC_TYPE_CSV "text/csv"
#define OGC_TYPE_XLSX                                                                  \
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#define OGC_REL "http://www.opengis.net/def/rel/ogc/1.0/"

enum { OGC_DEFAULT_LIMIT = 100, OGC_MAX_LIMIT = 10000, OGC_MAX_BBOX = 6 };

/** The parameters of /items, checked, in the order of ogc_item_params. */
enum ogc_item_param {
    OGC_P_F,
    OGC_P_LANG,
    OGC_P_LIMIT,
    OGC_P_OFFSET,
    OGC_P_CURSOR,
    OGC_P_BBOX,
    OGC_P_BBOX_CRS,
    OGC_P_CRS,
    OGC_P_DATETIME,
    OGC_P_FILTER,
    OGC_P_FILTER_LANG,
    OGC_P_FILTER_CRS,
    OGC_P_SORTBY,
    OGC_P_Q,
    OGC_ITEM_PARAMS
};
extern const struct param_spec ogc_item_params[OGC_ITEM_PARAMS];
/** What a parameter does, for the OpenAPI document and the page about it. */
extern const struct schema_title ogc_item_param_about[OGC_ITEM_PARAMS];

/** One request, in the arena of its exchange. */
struct ogc {
    struct exchange *x;
    const struct atlas *atlas;
    struct im_arena *arena;
    enum ogc_what what;
    enum ogc_format format;
    enum lang lang;
    bool lang_is_given;                         /* by ?lang=: links keep it */
    char base[300];                             /* "http://host/ogc" */
    const struct atlas_layer *layer;            /* of a collection, else NULL */
    struct param_value params[OGC_ITEM_PARAMS]; /* of /items; else the first two */

    /* /items */
    const struct url_param *properties[PARAM_MAX]; /* field=value */
    int property_fields[PARAM_MAX];
    size_t n_properties;
    uint32_t limit;
    uint32_t offset;
    const struct ogc_crs *crs; /* of the answer */
    struct ogc_crs_book *book; /* of the worker that is at it */
    struct query_answer answer;
    struct row_json *rows; /* the fields that are shown */
    bool has_begun;        /* its head is written */
    size_t n_written;      /* of its hits */
};

/** "中文" or "English". */
static inline const char *ogc_say(const struct ogc *o, const char *zh, const char *en)
{
    return o->lang == LANG_ZH ? zh : en;
}

/* collections.c: what is offered */

/** A public layer that is no base map: also tables, whose features have no geometry. */
bool ogc_offers(const struct atlas_layer *layer);
/** The layer of that id, NULL when it is not offered. */
const struct atlas_layer *ogc_layer_find(const struct atlas *atlas, struct im_bytes id);
/** Is the field shown, and may it be filtered by? */
bool ogc_field_is_open(const struct schema_field *field);
/** Is it an outline of a division that nobody has reviewed, and this the public
 * profile?
 */
bool ogc_is_hidden(const struct ogc *o,
                   const struct atlas_layer *layer,
                   uint32_t feature);
/** Features that are listed. */
uint32_t ogc_count(const struct ogc *o, const struct atlas_layer *layer);
/** Does the layer say when its features are from? */
bool ogc_has_time(const struct atlas_layer *layer);
/** May it be sorted by? */
bool ogc_field_sorts(const struct schema_field *field);

/* links.c: addresses are in the arena; "" when there is no memory */

/** base + path, with f= unless NULL and lang= when it was given. */
const char *ogc_address(struct ogc *o, const char *path, const char *f);
/** The address asked for, with another format (NULL: as it was) and page (NULL: the
 *  first). What was posted becomes a part of it; not `is_whole` (may be NULL): the
 *  address would be too long, and what was posted is left out. */
const char *
ogc_address_here(struct ogc *o, const char *f, const char *cursor, bool *is_whole);
/** "/collections/ID" + rest. */
const char *
ogc_layer_path(struct ogc *o, const struct layer_schema *schema, const char *rest);
/** "/collections/ID/items/KEY" */
const char *
ogc_item_path(struct ogc *o, const struct atlas_layer *layer, uint32_t feature);
void ogc_link(struct im_json *w,
              const char *rel,
              const char *type,
              const char *title,
              const char *href);
/** self and alternates of the address asked for, as its formats are. */
void ogc_links_here(struct ogc *o, struct im_json *w);
/** "json", "html", "csv", "xlsx". */
extern const char *const ogc_format_names[OGC_FORMATS];
/** Formats that a resource has, as bits. */
unsigned ogc_formats_of(enum ogc_what what);
/** The media type of a resource in a format. */
const char *ogc_type_of(enum ogc_what what, enum ogc_format format);
/** The address of a licence with an SPDX identifier or a known name; NULL. */
const char *ogc_licence_address(const char *licence);

/* writers of documents */
void ogc_write_landing(struct ogc *o, struct im_json *w);
void ogc_write_conformance(struct ogc *o, struct im_json *w);
void ogc_write_functions(struct ogc *o, struct im_json *w);
void ogc_write_collections(struct ogc *o, struct im_json *w);
void ogc_write_collection(struct ogc *o, struct im_json *w);
void ogc_write_schema(struct ogc *o, struct im_json *w);
void ogc_write_openapi(struct ogc *o, struct im_json *w);
extern const char *const ogc_conformance[]; /* NULL-terminated */

/* query.c */

/** Read and check the parameters; nothing is asked yet. */
IM_CHECKED enum im_code ogc_params_parse(struct ogc *o, struct im_error *err);
/** Ask: fills `answer`. `fault` of the exchange names parameter and value. */
IM_CHECKED enum im_code ogc_query_run(struct ogc *o, struct im_error *err);
/** Set the fault of the exchange. */
void ogc_fault(struct ogc *o, const char *name, struct im_bytes value);

/* items.c */

/** The next piece of a page of features; *end: it was the last. */
IM_CHECKED enum im_code
ogc_write_items(struct ogc *o, struct im_buf *out, bool *end, struct im_error *err);
IM_CHECKED enum im_code
ogc_write_item(struct ogc *o, struct im_buf *out, struct im_error *err);
/** The feature asked for by its key. */
IM_CHECKED enum im_code
ogc_item_find(struct ogc *o, uint32_t *feature, struct im_error *err);
/** The page of features as a workbook for people: titles instead of names and codes. */
IM_CHECKED enum im_code
ogc_write_workbook(struct ogc *o, struct im_buf *out, struct im_error *err);
/** A value as a person reads it: titles of codes, numbers with their unit. */
void ogc_value_text(const struct ogc *o,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    int field,
                    struct im_buf *out);
/** Columns of positions in a table, for the CRS of the answer; NULL-terminated. */
const char *const *ogc_position_columns(const struct ogc *o);
/** Its geometry, empty where nobody may see it. */
struct geom ogc_geometry(const struct ogc *o, uint32_t feature);

/* layout.c */
void ogc_page_begin(struct ogc *o, struct html *h, const char *title);
void ogc_page_end(struct ogc *o, struct html *h);
extern const char ogc_css[];
extern const char ogc_page_policy[]; /* Content-Security-Policy */
void ogc_problem_page(struct exchange *x,
                      const struct http_problem *problem,
                      struct im_buf *out);

/* page_*.c */
void ogc_page_landing(struct ogc *o, struct html *h);
void ogc_page_conformance(struct ogc *o, struct html *h);
void ogc_page_functions(struct ogc *o, struct html *h);
void ogc_page_collections(struct ogc *o, struct html *h);
void ogc_page_collection(struct ogc *o, struct html *h);
void ogc_page_schema(struct ogc *o, struct html *h);
void ogc_page_api(struct ogc *o, struct html *h);
void ogc_page_items_begin(struct ogc *o, struct html *h);
void ogc_page_items_row(struct ogc *o, struct html *h, uint32_t feature);
void ogc_page_items_end(struct ogc *o, struct html *h);
void ogc_page_item(struct ogc *o, struct html *h, uint32_t feature);
/** The form with what was asked; `error` NULL: none. */
void ogc_page_query_form(struct ogc *o, struct html *h);

#endif
