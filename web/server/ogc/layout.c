/* SPDX-License-Identifier: Apache-2.0 */
/* What all pages have around them, and the page of an error. */
#include "../http_status.h"
#include "ogc.h"

static void crumb(struct ogc *o, struct html *h, const char *path, const char *text)
{
    html_link(h, ogc_address(o, path, "html"), im_bytes_of(text));
}

/* The same page in the other language. */
static void other_language(struct ogc *o, struct html *h)
{
    const struct url_param other = {im_bytes_of("lang"),
                                    im_bytes_of(o->lang == LANG_ZH ? "en" : "zh")};
    const struct url_param *asked = o->x->pairs;
    struct url_param pairs[PARAM_MAX + 1];
    size_t n_asked = o->x->n_pairs;
    size_t n = 0;

    for (size_t i = 0; i < n_asked && i < PARAM_MAX; i++)
        if (!im_bytes_equal(asked[i].name, other.name))
            pairs[n++] = asked[i];
    pairs[n++] = other;
    o->x->pairs = pairs;
    o->x->n_pairs = n;
    html_markup(h, "<a");
    html_attribute(h, "lang", other.value);
    html_attribute(h, "hreflang", other.value);
    html_address(h, "href", ogc_address_here(o, NULL, NULL, NULL));
    html_markup(h, ">");
    html_string(h, o->lang == LANG_ZH ? "English" : "中文");
    html_markup(h, "</a>");
    o->x->pairs = asked;
    o->x->n_pairs = n_asked;
}

static void write_crumbs(struct ogc *o, struct html *h)
{
    html_markup(h, "<nav");
    html_attribute(h, "aria-label", im_bytes_of(ogc_say(o, "位置", "You are here")));
    html_markup(h, ">");
    crumb(o, h, "", "innomap");
    if (o->what == OGC_COLLECTIONS || o->layer)
        crumb(o, h, "/collections", ogc_say(o, "集合", "Collections"));
    if (o->layer) {
        const struct layer_schema *schema = atlas_layer_schema(o->layer);

        crumb(o, h, ogc_layer_path(o, schema, ""), query_title(schema->title, o->lang));
        if (o->what == OGC_ITEMS || o->what == OGC_ITEM)
            crumb(o, h, ogc_layer_path(o, schema, "/items"),
                  ogc_say(o, "要素", "Features"));
    }
    html_markup(h, "</nav>");
}

void ogc_page_begin(struct ogc *o, struct html *h, const char *title)
{
    html_markup(h, "<!doctype html>\n<html");
    html_attribute(h, "lang", im_bytes_of(o->lang == LANG_ZH ? "zh-Hans" : "en"));
    html_markup(h, "><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" "
                   "content=\"width=device-width,initial-scale=1\"><title>");
    html_string(h, title);
    html_markup(h, " · innomap</title><link rel=\"stylesheet\"");
    html_address(h, "href", "/ogc/style.css");
    html_markup(h, "><link rel=\"icon\"");
    html_address(h, "href", "/icon.svg");
    html_markup(h, "></head><body><header>");
    write_crumbs(o, h);
    other_language(o, h);
    html_markup(h, "</header><main><h1>");
    html_string(h, title);
    html_markup(h, "</h1>\n");
}

static void write_formats(struct ogc *o, struct html *h)
{
    static const char *const names[OGC_FORMATS] = {"JSON", NULL, "CSV", "XLSX"};
    unsigned formats = ogc_formats_of(o->what);

    html_markup(h, "<ul class=\"links\">");
    for (int f = 0; f < OGC_FORMATS; f++)
        if ((formats & 1u << f) && names[f]) {
            html_markup(h, "<li>");
            html_link(h, ogc_address_here(o, ogc_format_names[f], NULL, NULL),
                      im_bytes_of(f == OGC_JSON && o->what >= OGC_ITEMS &&
                                          (o->what == OGC_ITEMS || o->what == OGC_ITEM)
                                      ? "GeoJSON"
                                      : names[f]));
            html_markup(h, "</li>");
        }
    html_markup(h, "<li>");
    html_link(h, ogc_address(o, "/api.html", NULL),
              im_bytes_of(ogc_say(o, "接口说明", "The API")));
    html_markup(h, "</li></ul>");
}

static void write_attribution(struct ogc *o, struct html *h)
{
    struct im_buf text = {.max = 16384};

    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(o->atlas, i);

        if (o->layer ? layer == o->layer : ogc_offers(layer))
            query_add_attribution(&text, layer, o->lang);
    }
    html_markup(h, "<p>");
    html_text(h, im_buf_bytes(&text));
    html_markup(h, "</p>");
    im_buf_release(&text);
}

void ogc_page_end(struct ogc *o, struct html *h)
{
    html_markup(h, "</main><footer>");
    if (o->x->status < 400)
        write_formats(o, h);
    write_attribution(o, h);
    html_markup(h, "<p>");
    html_string(h, notice_text(o->lang));
    html_markup(h, " · ");
    html_string(h, server_review_number(o->x->server));
    html_markup(h, "</p></footer></body></html>\n");
}

static void write_fault(struct ogc *o, struct html *h, const struct param_fault *fault)
{
    if (!fault->name[0])
        return;
    html_markup(h, "<p><code>");
    html_string(h, fault->name);
    if (fault->value[0]) {
        html_markup(h, " = ");
        html_string(h, fault->value);
    }
    html_markup(h, "</code></p>");
    if (fault->allowed[0]) {
        html_markup(h, "<p class=\"note\">");
        html_string(h, ogc_say(o, "可用：", "Allowed: "));
        html_string(h, fault->allowed);
        html_markup(h, "</p>");
    }
}

static void
write_error(struct ogc *o, struct html *h, const struct http_problem *problem)
{
    const struct im_error *err = problem->err;

    html_markup(h, "<div class=\"error\" role=\"alert\"><p>");
    html_string(h, o->lang == LANG_ZH && err->msg_zh[0] ? err->msg_zh : err->msg);
    html_markup(h, "</p>");
    if (problem->fault)
        write_fault(o, h, problem->fault);
    html_markup(h, "</div>");
}

/* The form again with what was written in it, so that it can be mended. */
void ogc_problem_page(struct exchange *x,
                      const struct http_problem *problem,
                      struct im_buf *out)
{
    struct ogc *o = x->own;
    struct html h = {.out = out};

    x->status = problem->status;
    exchange_add_header(x, "Content-Security-Policy", ogc_page_policy);
    ogc_page_begin(o, &h, http_status_title(problem->status, o->lang));
    write_error(o, &h, problem);
    if (o->what == OGC_ITEMS && o->layer && problem->status == 400)
        ogc_page_query_form(o, &h);
    else {
        html_markup(&h, "<p>");
        html_link(&h, ogc_address(o, "/collections", "html"),
                  im_bytes_of(ogc_say(o, "所有集合", "All collections")));
        html_markup(&h, "</p>");
    }
    ogc_page_end(o, &h);
}
