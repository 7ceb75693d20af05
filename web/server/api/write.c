/* SPDX-License-Identifier: Apache-2.0 */
/* Members that answers share: what was understood, and what the answer is worth. */
#include "api/call.h"
#include "api/notice.h"

#include <math.h>

void api_write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

void api_write_int(struct im_json *w, const char *key, uint64_t value)
{
    im_json_key(w, key);
    im_json_int(w, (int64_t)value);
}

void api_write_number(struct im_json *w, const char *key, double value, int decimals)
{
    im_json_key(w, key);
    im_json_number(w, value, decimals);
}

/* ---- the question as an address ---- */

static void write_value(const struct api_call *c, enum api_param p, struct im_buf *out)
{
    const struct param_value *v = &c->values[p];
    char digits[IM_NUMBER_MAX];

    if (p == API_POLYGON && c->request.area) { /* however it was written */
        struct im_buf shape = {.max = 16 * CQL_MAX_BYTES};
        struct im_json w = {.out = &shape};

        geom_write_json(&c->area.shape, &w);
        url_encode(out, im_buf_bytes(&shape));
        out->failed = out->failed || shape.failed;
        im_buf_release(&shape);
    } else if (api_params[p].spec.kind == PARAM_NUMBER) {
        im_buf_append(out, digits, im_format_exact(digits, v->number));
    } else {
        url_encode(out, v->text);
    }
}

bool api_write_url(const struct api_call *c, const char *cursor, struct im_buf *out)
{
    const struct api_operation *op = c->operation;
    size_t start = out->len;
    uint8_t separator = '?';

    im_buf_text(out, "/api/");
    im_buf_text(out, op->name);
    for (size_t i = 0; i < op->n_params; i++) {
        enum api_param p = op->params[i];

        if (!c->values[p].is_set || p == API_CURSOR || p == API_LANG ||
            (p == API_FORMAT && !cursor))
            continue;
        im_buf_byte(out, separator);
        im_buf_text(out, api_params[p].spec.name);
        im_buf_byte(out, '=');
        write_value(c, p, out);
        separator = '&';
    }
    if (cursor) {
        im_buf_byte(out, separator);
        im_buf_text(out, "cursor=");
        url_encode(out, im_bytes_of(cursor));
        separator = '&';
    }
    if (c->lang == LANG_EN) {
        im_buf_byte(out, separator);
        im_buf_text(out, "lang=en");
    }
    return !out->failed && out->len - start <= URL_MAX_BYTES;
}

/* ---- the member `query` ---- */

static void write_area(const struct api_call *c, struct im_json *w)
{
    static const enum api_param kinds[] = {API_IN, API_BBOX, API_POLYGON, API_CORRIDOR,
                                           API_FROM};

    im_json_key(w, "area");
    im_json_object(w);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (c->values[kinds[i]].is_set)
            api_write_text(w, "by", api_params[kinds[i]].spec.name);
    api_write_text(w, "title", query_title(c->area.title, c->lang));
    api_write_text(w, "note", query_title(c->area.note, c->lang));
    api_write_number(w, "half_width_km", c->area.margin_m / 1000, 3);
    api_write_number(w, "uncertainty_m", c->area.uncertainty_m, 0);
    im_json_object_end(w);
}

static void
write_filter(const char *key, const struct cql_node *node, struct im_json *w)
{
    struct im_buf text = {.max = 2 * CQL_MAX_BYTES};

    if (!node)
        return;
    cql_write_text(node, &text);
    im_json_key(w, key);
    im_json_string(w, im_buf_bytes(&text));
    im_buf_release(&text);
}

/* Values that the answer does not show in another form. */
static void write_values(const struct api_call *c, struct im_json *w)
{
    static const enum api_param shown[] = {
        API_EACH,   API_Q,         API_DATETIME, API_BY,        API_AREAS,  API_MEASURE,
        API_PER,    API_INDICATOR, API_EMPTY,    API_MIN_COUNT, API_OTHER,  API_SHOW,
        API_ACROSS, API_LEVEL,     API_ORIGIN,   API_HOST,      API_MUTUAL, API_OUTSIDE,
        API_RUN,    API_FIELDS,    API_LIMIT,    API_SORTBY};

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const struct param_value *v = &c->values[shown[i]];
        const struct param_spec *spec = &api_params[shown[i]].spec;

        if (!v->is_set)
            continue;
        im_json_key(w, spec->name);
        if (spec->kind == PARAM_INTEGER)
            im_json_int(w, v->integer);
        else if (spec->kind == PARAM_FLAG)
            im_json_bool(w, v->choice == 1);
        else
            im_json_string(w, v->text);
    }
}

void api_write_query_members(const struct api_call *c, struct im_json *w)
{
    struct im_buf url = {.max = 16 * CQL_MAX_BYTES};

    if (c->request.area)
        write_area(c, w);
    write_filter("filter", c->request.filter, w);
    write_values(c, w);
    im_json_key(w, "url");
    if (api_write_url(c, NULL, &url))
        im_json_string(w, im_buf_bytes(&url));
    else
        im_json_null(w);
    im_buf_release(&url);
}

struct query_answer_context api_context(const struct api_call *c)
{
    return (struct query_answer_context){.lang = c->lang,
                                         .request = &c->request,
                                         .near = c->near.n ? &c->near : NULL,
                                         .show_geometry_of_unreviewed =
                                             !c->leave_out_unreviewed,
                                         .notice = notice_text(c->lang),
                                         .review_number = c->review_number,
                                         .fields = c->fields,
                                         .n_fields = c->n_fields,
                                         .forms = query_forms_new(c->arena)};
}

void api_write_query(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);
    struct query_request shown = c->request;

    /* as it was asked: some operations use these two in a way of their own */
    shown.max_m = api_is_set(c, API_MAX_KM) ? c->values[API_MAX_KM].number * 1000
                                            : c->request.max_m;
    if (!api_is_set(c, API_LIMIT) && c->operation->run == api_counts_run)
        shown.k = 0; /* all groups */
    context.request = &shown;
    im_json_key(w, "query");
    im_json_object(w);
    api_write_text(w, "operation", c->operation->name);
    query_write_request(w, &context);
    api_write_query_members(c, w);
    im_json_object_end(w);
}

void api_write_about(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);

    query_write_about(w, &context);
}
