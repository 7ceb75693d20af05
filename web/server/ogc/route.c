/* SPDX-License-Identifier: Apache-2.0 */
/* From a path under /ogc to a finished answer. */
#include "../http_headers.h"
#include "../routes.h"
#include "../tag.h"
#include "ogc.h"

#include <engine/cli.h>

/* Raised when answers are written differently from the same data: ETags contain it. */
enum { FORM = 1 };

/* Nothing on these pages runs; a form asks this server only. */
const char ogc_page_policy[] =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'";

static const char *const languages[] = {"zh", "en", NULL};

/* ---- which resource ---- */

static bool is_name(struct im_bytes text, const char *name)
{
    return im_bytes_equal(text, im_bytes_of(name));
}

static bool find_page(struct im_bytes name, enum ogc_what *out)
{
    static const struct {
        const char *name;
        enum ogc_what what;
    } pages[] = {
        {"api", OGC_API},
        {"api.html", OGC_API_PAGE},
        {"conformance", OGC_CONFORMANCE},
        {"collections", OGC_COLLECTIONS},
        {"functions", OGC_FUNCTIONS},
        {"style.css", OGC_STYLE},
    };

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (is_name(name, pages[i].name)) {
            *out = pages[i].what;
            return true;
        }
    return false;
}

static bool find_part(struct im_bytes name, enum ogc_what *out)
{
    static const struct {
        const char *name;
        enum ogc_what what;
    } parts[] = {
        {"items", OGC_ITEMS},
        {"queryables", OGC_QUERYABLES},
        {"schema", OGC_SCHEMA},
        {"sortables", OGC_SORTABLES},
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (is_name(name, parts[i].name)) {
            *out = parts[i].what;
            return true;
        }
    return false;
}

static enum im_code no_page(struct ogc *o, struct im_error *err)
{
    char path[128];

    param_quote(path, sizeof path, im_bytes_of(o->x->raw));
    path[strcspn(path, "?")] = '\0';
    im_fail(err, IM_ENOTFOUND,
            "there is no '%s' here; /ogc/collections lists what can be asked", path);
    return im_zh(err, IM_ENOTFOUND, "没有 “%s”；/ogc/collections 列出可查询的内容",
                 path);
}

static enum im_code no_collection(struct ogc *o, struct im_error *err)
{
    const char *names[256] = {0};
    const char *nearest;
    size_t n = 0;

    ogc_fault(o, "collectionId", o->x->url.segments[2]);
    for (size_t i = 0; i < atlas_layer_count(o->atlas) && n < 255; i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            names[n++] = atlas_layer_schema(atlas_layer_at(o->atlas, i))->id;
    nearest = cli_nearest(o->x->fault.value, names);
    im_fail(err, IM_ENOTFOUND,
            "there is no collection '%s'%s%s; /ogc/collections lists them",
            o->x->fault.value, nearest ? ": did you mean " : "",
            nearest ? nearest : "");
    return im_zh(err, IM_ENOTFOUND, "没有集合 “%s”%s%s；/ogc/collections 列出全部集合",
                 o->x->fault.value, nearest ? "：是否想写 " : "",
                 nearest ? nearest : "");
}

/* Paths have 1 to 5 segments: ogc / collections / ID / items / KEY. */
static enum im_code find_what(struct ogc *o, struct im_error *err)
{
    const struct http_url *url = &o->x->url;
    bool found = true;

    o->what = OGC_LANDING;
    if (url->n_segments == 2)
        found = find_page(url->segments[1], &o->what);
    else if (url->n_segments == 3)
        o->what = OGC_COLLECTION;
    else if (url->n_segments == 4)
        found = find_part(url->segments[3], &o->what);
    else if (url->n_segments == 5)
        o->what = OGC_ITEM;
    if (!found)
        return no_page(o, err);
    if (o->what < OGC_COLLECTION)
        return IM_OK;
    o->layer = ogc_layer_find(o->atlas, url->segments[2]);
    return o->layer ? IM_OK : no_collection(o, err);
}

/* ---- which format and language ---- */

/* The format that the client wants most; JSON where it does not matter or where it
 * wants nothing of what there is (OWSLib asks for text/xml). */
static enum ogc_format accepted(const struct ogc *o)
{
    unsigned formats = ogc_formats_of(o->what);
    enum ogc_format best = formats & 1u << OGC_JSON ? OGC_JSON : OGC_HTML;
    int most = 0;

    for (int f = 0; f < OGC_FORMATS; f++) {
        const char *type = ogc_type_of(o->what, (enum ogc_format)f);
        char bare[96];
        int weight;

        if (!(formats & 1u << f))
            continue;
        snprintf(bare, sizeof bare, "%.*s", (int)strcspn(type, ";"), type);
        weight = header_media_weight(o->x->accept, bare);
        if (f == OGC_JSON) { /* also by its general name */
            int general = header_media_weight(o->x->accept, OGC_TYPE_JSON);

            weight = general > weight ? general : weight;
        }
        if (weight > most) {
            most = weight;
            best = (enum ogc_format)f;
        }
    }
    return best;
}

static enum im_code no_format(struct ogc *o, struct im_bytes f, struct im_error *err)
{
    struct param_fault *fault = &o->x->fault;
    struct im_buf list = {.data = (uint8_t *)fault->allowed,
                          .cap = sizeof fault->allowed,
                          .max = sizeof fault->allowed - 1};

    ogc_fault(o, "f", f);
    for (int i = 0; i < OGC_FORMATS; i++)
        if (ogc_formats_of(o->what) & 1u << i)
            im_buf_printf(&list, list.len ? ", %s" : "%s", ogc_format_names[i]);
    im_fail(err, IM_EARG, "f is '%s', allowed here are %s", fault->value,
            fault->allowed);
    return im_zh(err, IM_EARG, "f 为 “%s”，此处可用值为 %s", fault->value,
                 fault->allowed);
}

static enum im_code set_format(struct ogc *o, struct im_error *err)
{
    struct im_bytes f;

    o->format = accepted(o);
    if (!param_find(o->x->pairs, o->x->n_pairs, "f", &f))
        return IM_OK;
    if (is_name(f, "geojson") && (o->what == OGC_ITEMS || o->what == OGC_ITEM))
        f = im_bytes_of("json");
    for (int i = 0; i < OGC_FORMATS; i++)
        if (is_name(f, ogc_format_names[i]) && (ogc_formats_of(o->what) & 1u << i)) {
            o->format = (enum ogc_format)i;
            return IM_OK;
        }
    return no_format(o, f, err);
}

static void set_language(struct ogc *o)
{
    struct im_bytes lang;

    o->lang = header_language(o->x->accept_language, LANG_ZH);
    if (param_find(o->x->pairs, o->x->n_pairs, "lang", &lang))
        for (int i = 0; languages[i]; i++)
            if (is_name(lang, languages[i])) {
                o->lang = i == 0 ? LANG_ZH : LANG_EN;
                o->lang_is_given = true;
            }
    o->x->lang = o->lang;
}

/* ---- ETag and cache ---- */

/* Documents about all layers are made once a snapshot, language and host. */
static bool is_kept(const struct ogc *o)
{
    return o->what == OGC_API || o->what == OGC_COLLECTIONS;
}

/* What the answer is made from: the layers, the request, the server's settings, and the
 * form that this program gives them. */
static uint64_t tag_of(const struct ogc *o)
{
    const struct server *server = o->x->server;
    uint8_t kind[4] = {FORM, (uint8_t)o->what, (uint8_t)o->format, (uint8_t)o->lang};
    bool given[2] = {o->params[OGC_P_F].is_set, o->lang_is_given};
    uint64_t hash = tag_fold(0, kind, sizeof kind);

    hash = tag_fold_text(hash, o->base);
    /* documents that are kept are the same whatever makes their address new */
    hash = is_kept(o) ? tag_fold(hash, given, sizeof given)
                      : tag_fold_text(hash, o->x->raw);
    hash = tag_fold_text(hash, server->review_number);
    hash = tag_fold(hash, &server->is_public, sizeof server->is_public);
    if (o->layer)
        return tag_fold_layer(hash, o->layer);
    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            hash = tag_fold_layer(hash, atlas_layer_at(o->atlas, i));
    return hash;
}

/* ---- the answer ---- */

static const char *body_type(const struct ogc *o)
{
    return o->format == OGC_HTML  ? "text/html; charset=utf-8"
           : o->format == OGC_CSV ? "text/csv; charset=utf-8; header=present"
                                  : ogc_type_of(o->what, o->format);
}

static void write_json(struct ogc *o, struct im_buf *out)
{
    static void (*const writers[OGC_WHATS])(struct ogc *, struct im_json *) = {
        [OGC_LANDING] = ogc_write_landing,
        [OGC_API] = ogc_write_openapi,
        [OGC_CONFORMANCE] = ogc_write_conformance,
        [OGC_FUNCTIONS] = ogc_write_functions,
        [OGC_COLLECTIONS] = ogc_write_collections,
        [OGC_COLLECTION] = ogc_write_collection,
        [OGC_QUERYABLES] = ogc_write_schema,
        [OGC_SCHEMA] = ogc_write_schema,
        [OGC_SORTABLES] = ogc_write_schema,
    };
    struct im_json w = {.out = out};

    writers[o->what](o, &w);
}

static void write_page(struct ogc *o, struct im_buf *out)
{
    static void (*const writers[OGC_WHATS])(struct ogc *, struct html *) = {
        [OGC_LANDING] = ogc_page_landing,
        [OGC_API] = ogc_page_api,
        [OGC_API_PAGE] = ogc_page_api,
        [OGC_CONFORMANCE] = ogc_page_conformance,
        [OGC_FUNCTIONS] = ogc_page_functions,
        [OGC_COLLECTIONS] = ogc_page_collections,
        [OGC_COLLECTION] = ogc_page_collection,
        [OGC_QUERYABLES] = ogc_page_schema,
        [OGC_SCHEMA] = ogc_page_schema,
        [OGC_SORTABLES] = ogc_page_schema,
    };
    struct html h = {.out = out};

    writers[o->what](o, &h);
}

static enum im_code
begin_work(struct ogc *o, struct worker *worker, struct im_error *err)
{
    if (!worker->crs)
        worker->crs = ogc_crs_book_new();
    o->book = worker->crs;
    return o->book ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory");
}

static enum im_code next_piece(struct exchange *x,
                               struct worker *worker,
                               void *state,
                               struct im_buf *out,
                               bool *end,
                               struct im_error *err)
{
    enum im_code rc = begin_work(state, worker, err);

    (void)x;
    return rc == IM_OK ? ogc_write_items(state, out, end, err) : rc;
}

static enum im_code
write_document(struct ogc *o, struct im_buf *out, struct im_error *err)
{
    if (o->what == OGC_ITEM)
        return ogc_write_item(o, out, err);
    if (o->format == OGC_HTML)
        write_page(o, out);
    else
        write_json(o, out);
    return IM_OK;
}

static enum im_code run(struct work_waiter *first,
                        struct worker *worker,
                        struct body **out,
                        struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    struct ogc *o = x->own;
    enum im_code rc = begin_work(o, worker, err);

    if (rc == IM_OK && o->what == OGC_ITEMS) {
        rc = ogc_query_run(o, err);
        if (rc == IM_OK && o->format != OGC_XLSX) {
            exchange_stream(x, body_type(o), next_piece, o);
            return IM_OK;
        }
        if (rc == IM_OK)
            rc = ogc_write_workbook(o, &worker->buf, err);
    } else if (rc == IM_OK) {
        rc = write_document(o, &worker->buf, err);
    }
    if (rc == IM_OK)
        rc = exchange_reply(x, &worker->buf, body_type(o),
                            is_kept(o) ? worker->compressor : NULL, out, err);
    if (rc == IM_OK && is_kept(o) && x->server->documents)
        body_cache_put(x->server->documents, first->key, *out);
    return rc;
}

static void add_headers(struct ogc *o)
{
    struct exchange *x = o->x;
    char text[128];
    const char *value;

    exchange_add_header(x, "Content-Language", o->lang == LANG_ZH ? "zh" : "en");
    if (o->format == OGC_HTML)
        exchange_add_header(x, "Content-Security-Policy", ogc_page_policy);
    if (o->what != OGC_ITEMS && o->what != OGC_ITEM)
        return;
    snprintf(text, sizeof text, "<%s>", o->crs->uri);
    value = im_arena_strdup(o->arena, im_bytes_of(text));
    if (value)
        exchange_add_header(x, "Content-Crs", value);
    if (o->format == OGC_CSV || o->format == OGC_XLSX) {
        snprintf(text, sizeof text, "attachment; filename=\"%s.%s\"",
                 atlas_layer_schema(o->layer)->id, ogc_format_names[o->format]);
        value = im_arena_strdup(o->arena, im_bytes_of(text));
        if (value)
            exchange_add_header(x, "Content-Disposition", value);
    }
}

static enum im_code begin(struct exchange *x, struct ogc **out, struct im_error *err)
{
    struct im_arena *arena = exchange_arena(x);
    struct ogc *o = arena ? im_arena_calloc(arena, 1, sizeof *o) : NULL;
    char host[288];
    enum im_code rc;

    if (!o)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *out = x->own = o;
    o->x = x;
    o->arena = arena;
    o->atlas = snapshot_atlas(exchange_snapshot(x));
    o->crs = &ogc_crs_list[0];
    exchange_base_url(x, host, sizeof host);
    snprintf(o->base, sizeof o->base, "%s/ogc", host);
    set_language(o);
    rc = find_what(o, err);
    o->format = accepted(o); /* errors come in it, too */
    if (o->format == OGC_HTML)
        x->problem_page = ogc_problem_page;
    if (rc == IM_OK)
        rc = set_format(o, err);
    x->problem_page = o->format == OGC_HTML ? ogc_problem_page : NULL;
    return rc;
}

static enum im_code
answer_style(struct exchange *x, struct ogc *o, struct im_error *err)
{
    struct im_buf buf = {.max = 64 * 1024};
    enum im_code rc;

    (void)o;
    if (exchange_is_known(x, tag_fold_text(0, ogc_css)))
        return IM_OK;
    im_buf_text(&buf, ogc_css);
    rc = exchange_reply(x, &buf, "text/css; charset=utf-8", NULL, &x->body, err);
    im_buf_release(&buf);
    return rc;
}

enum im_code route_ogc(struct exchange *x, struct im_error *err)
{
    struct ogc *o;
    enum im_code rc = begin(x, &o, err);

    if (rc != IM_OK)
        return rc;
    if (o->what == OGC_STYLE)
        return answer_style(x, o, err);
    rc = ogc_params_parse(o, err);
    if (rc != IM_OK)
        return rc;
    uint64_t tag = tag_of(o);
    add_headers(o);
    if (exchange_is_known(x, tag))
        return IM_OK;
    x->waiter.key = (struct body_key){0, 0};
    if (is_kept(o)) {
        x->waiter.key = (struct body_key){tag, tag_fold_text(tag, "ogc")};
        if (x->server->documents)
            x->body = body_cache_get(x->server->documents, x->waiter.key);
    }
    if (!x->body)
        x->waiter.run = run;
    return IM_OK;
}
