/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute addresses and link objects: every link has href, rel and type, because
 * OWSLib and ogc-client fail on one without. */
#include "ogc.h"

const char *const ogc_format_names[OGC_FORMATS] = {"json", "html", "csv", "xlsx"};

unsigned ogc_formats_of(enum ogc_what what)
{
    switch (what) {
    case OGC_ITEMS:
        return 1u << OGC_JSON | 1u << OGC_HTML | 1u << OGC_CSV | 1u << OGC_XLSX;
    case OGC_API_PAGE:
        return 1u << OGC_HTML;
    default:
        return 1u << OGC_JSON | 1u << OGC_HTML;
    }
}

const char *ogc_type_of(enum ogc_what what, enum ogc_format format)
{
    if (format == OGC_HTML)
        return OGC_TYPE_HTML;
    if (format == OGC_CSV)
        return OGC_TYPE_CSV;
    if (format == OGC_XLSX)
        return OGC_TYPE_XLSX;
    switch (what) {
    case OGC_ITEMS:
    case OGC_ITEM:
        return OGC_TYPE_GEOJSON;
    case OGC_QUERYABLES:
    case OGC_SCHEMA:
    case OGC_SORTABLES:
        return OGC_TYPE_SCHEMA;
    case OGC_API:
        return OGC_TYPE_OPENAPI;
    default:
        return OGC_TYPE_JSON;
    }
}

static const char *in_arena(struct ogc *o, struct im_buf *buf)
{
    const char *text =
        buf->failed ? NULL : im_arena_strdup(o->arena, im_buf_bytes(buf));

    im_buf_release(buf);
    return text ? text : "";
}

static void add_param(struct im_buf *buf, char *before, const char *name)
{
    im_buf_byte(buf, (uint8_t)*before);
    *before = '&';
    im_buf_text(buf, name);
    im_buf_byte(buf, '=');
}

const char *ogc_address(struct ogc *o, const char *path, const char *f)
{
    struct im_buf buf = {.max = 8192};
    char before = '?';

    im_buf_text(&buf, o->base);
    im_buf_text(&buf, path);
    if (f) {
        add_param(&buf, &before, "f");
        im_buf_text(&buf, f);
    }
    if (o->lang_is_given) {
        add_param(&buf, &before, "lang");
        im_buf_text(&buf, o->lang == LANG_ZH ? "zh" : "en");
    }
    return in_arena(o, &buf);
}

static bool is_name(struct im_bytes text, const char *name)
{
    return im_bytes_equal(text, im_bytes_of(name));
}

/* v, t and _ only make an address new (http_params.h). */
static bool is_passing(struct im_bytes name)
{
    return name.len == 1 && memchr("vt_", name.data[0], 3);
}

static void write_path(const struct ogc *o, struct im_buf *buf)
{
    const struct http_url *url = &o->x->url;

    im_buf_text(buf, o->base);
    for (size_t i = 1; i < url->n_segments; i++) { /* the first is "ogc" */
        im_buf_byte(buf, '/');
        url_encode(buf, url->segments[i]);
    }
}

/* What came as an address fits again when every byte of it is escaped. */
static struct im_buf
address_of(struct ogc *o, const char *f, const char *cursor, bool with_posted)
{
    struct im_buf buf = {.max = 4 * URL_MAX_BYTES + sizeof o->base};
    size_t n = o->x->n_pairs;
    char before = '?';

    if (!with_posted && o->x->url.n_params < n)
        n = o->x->url.n_params;
    write_path(o, &buf);
    for (size_t i = 0; i < n && !buf.failed; i++) {
        const struct url_param *p = &o->x->pairs[i];

        if (is_name(p->name, "cursor") || (cursor && is_name(p->name, "offset")) ||
            (f && is_name(p->name, "f")) || is_passing(p->name) ||
            (o->x->request_body.len && is_name(p->name, "filter-lang")))
            continue;
        im_buf_byte(&buf, (uint8_t)before);
        before = '&';
        url_encode(&buf, p->name);
        im_buf_byte(&buf, '=');
        url_encode(&buf, p->value);
    }
    if (with_posted && o->x->request_body.len) { /* what was posted, as a parameter */
        add_param(&buf, &before, "filter-lang");
        im_buf_text(&buf, "cql2-json");
        add_param(&buf, &before, "filter");
        if (o->x->request_body.len < URL_MAX_BYTES)
            url_encode(&buf, o->x->request_body);
        else
            buf.failed = true;
    }
    if (f) {
        add_param(&buf, &before, "f");
        im_buf_text(&buf, f);
    }
    if (cursor) {
        add_param(&buf, &before, "cursor");
        url_encode(&buf, im_bytes_of(cursor));
    }
    return buf;
}

const char *
ogc_address_here(struct ogc *o, const char *f, const char *cursor, bool *is_whole)
{
    struct im_buf buf = address_of(o, f, cursor, true);
    bool fits = !buf.failed && buf.len < URL_MAX_BYTES;

    if (is_whole)
        *is_whole = fits;
    if (!fits) {
        im_buf_release(&buf);
        buf = address_of(o, f, cursor, false);
    }
    return in_arena(o, &buf);
}

const char *
ogc_layer_path(struct ogc *o, const struct layer_schema *schema, const char *rest)
{
    struct im_buf buf = {.max = 256};

    im_buf_printf(&buf, "/collections/%s%s", schema->id, rest);
    return in_arena(o, &buf);
}

const char *
ogc_item_path(struct ogc *o, const struct atlas_layer *layer, uint32_t feature)
{
    struct im_buf buf = {.max = 8192};
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    atlas_key(layer, feature, number, &key);
    im_buf_printf(&buf, "/collections/%s/items/", atlas_layer_schema(layer)->id);
    url_encode(&buf, key);
    return in_arena(o, &buf);
}

void ogc_link(struct im_json *w,
              const char *rel,
              const char *type,
              const char *title,
              const char *href)
{
    im_json_object(w);
    im_json_key(w, "rel");
    im_json_text(w, rel);
    im_json_key(w, "type");
    im_json_text(w, type);
    im_json_key(w, "title");
    im_json_text(w, title);
    im_json_key(w, "href");
    im_json_text(w, href);
    im_json_object_end(w);
}

void ogc_links_here(struct ogc *o, struct im_json *w)
{
    unsigned formats = ogc_formats_of(o->what);
    struct im_bytes cursor = o->params[OGC_P_CURSOR].text;
    const char *page =
        o->what == OGC_ITEMS && cursor.len ? im_arena_strdup(o->arena, cursor) : NULL;

    ogc_link(w, "self", ogc_type_of(o->what, o->format),
             ogc_say(o, "本文档", "This document"),
             ogc_address_here(o, NULL, page, NULL));
    for (int f = 0; f < OGC_FORMATS; f++)
        if ((formats & 1u << f) && f != (int)o->format)
            ogc_link(w, "alternate", ogc_type_of(o->what, (enum ogc_format)f),
                     f == OGC_HTML  ? ogc_say(o, "网页", "As a page")
                     : f == OGC_CSV ? ogc_say(o, "表格（CSV）", "As a table (CSV)")
                     : f == OGC_XLSX
                         ? ogc_say(o, "工作簿（XLSX）", "As a workbook (XLSX)")
                         : ogc_say(o, "JSON", "As JSON"),
                     ogc_address_here(o, ogc_format_names[f], page, NULL));
}

const char *ogc_licence_address(const char *licence)
{
    static const struct {
        const char *name;
        const char *address;
    } known[] = {
        {"Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"},
        {"LGPL-3.0-or-later", "https://www.gnu.org/licenses/lgpl-3.0.html"},
        {"ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"},
        {"CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"},
        {"CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"},
        {"CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"},
        {"CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/"},
        {"MIT", "https://opensource.org/license/mit"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(licence, known[i].name) == 0)
            return known[i].address;
    return NULL;
}
