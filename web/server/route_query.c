/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: nearest, within, one place. */
#include "question.h"
#include "routes.h"
#include "server_state.h"

#include <engine/json_writer.h>

#include <math.h>

enum {
    ANSWER_MAX_BYTES = 32 * 1024 * 1024,
    DEFAULT_K = 5,
    DEFAULT_LIMIT = 100,
    /* A search from a position for few places takes microseconds: less than the way to
     * a worker and back. Names are looked up and long answers written by workers. */
    INLINE_MAX_K = 50
};

static const char *const languages[] = {"zh", "en", NULL};
static const char *const precisions[] = {"site", "park", "town", "district",
                                         "city", "all",  NULL};
static const enum precision precision_of[] = {PRECISION_SITE, PRECISION_PARK,
                                              PRECISION_TOWN, PRECISION_DISTRICT,
                                              PRECISION_CITY, PRECISION_CITY};

enum { LAYER, LON, LAT, NEAR, COUNT, DISTANCE, PRECISION, LANGUAGE };

/* In the order of the enum above. Half the equator is the farthest there is. */
const struct param_spec nearest_params[QUESTION_PARAMS] = {
    {"layer", PARAM_TEXT, 1, 1000, NULL},
    {"lon", PARAM_NUMBER, -180, 180, NULL},
    {"lat", PARAM_NUMBER, -90, 90, NULL},
    {"near", PARAM_TEXT, 1, 200, NULL},
    {"k", PARAM_INTEGER, 1, QUERY_MAX_K, NULL},
    {"max_km", PARAM_NUMBER, 0, 20038, NULL},
    {"precision", PARAM_CHOICE, 0, 0, precisions},
    {"lang", PARAM_CHOICE, 0, 0, languages},
};
const struct param_spec within_params[QUESTION_PARAMS] = {
    {"layer", PARAM_TEXT, 1, 1000, NULL},
    {"lon", PARAM_NUMBER, -180, 180, NULL},
    {"lat", PARAM_NUMBER, -90, 90, NULL},
    {"near", PARAM_TEXT, 1, 200, NULL},
    {"limit", PARAM_INTEGER, 1, QUERY_MAX_K, NULL},
    {"radius_km", PARAM_NUMBER, 0, 20038, NULL},
    {"precision", PARAM_CHOICE, 0, 0, precisions},
    {"lang", PARAM_CHOICE, 0, 0, languages},
};

static struct question question_of(const struct exchange *x, bool within)
{
    const struct param_value *p = x->params;

    return (struct question){
        .within = within,
        .layers = p[LAYER].text,
        .near = p[NEAR].text,
        .has_lon = p[LON].is_set,
        .has_lat = p[LAT].is_set,
        .lon = p[LON].number,
        .lat = p[LAT].number,
        .k = p[COUNT].is_set ? (uint32_t)p[COUNT].integer
             : within        ? DEFAULT_LIMIT
                             : DEFAULT_K,
        .max_m = p[DISTANCE].is_set ? p[DISTANCE].number * 1000 : HUGE_VAL,
        .coarsest =
            p[PRECISION].is_set ? precision_of[p[PRECISION].choice] : PRECISION_TOWN,
        .leave_out_unreviewed = server_leaves_out_unreviewed(x->server),
        .deadline = x->deadline};
}

static enum im_code
ask(struct exchange *x, struct im_buf *buf, struct body **out, struct im_error *err)
{
    bool within = x->route->answer == route_within;
    struct question question = question_of(x, within);
    struct question_answer answer;
    struct im_json w = {.out = buf};
    enum im_code rc;

    if (!exchange_arena(x))
        return im_fail(err, IM_ENOMEM, "out of memory");
    rc = question_ask(snapshot_atlas(x->snapshot), &question, x->arena, &answer,
                      &x->fault, err);
    if (rc != IM_OK) {
        if (rc == IM_EAMBIGUOUS)
            x->places = answer.places;
        return rc;
    }
    struct query_answer_context context = {
        .lang = x->lang,
        .request = &answer.request,
        .near = answer.places.n ? &answer.places : NULL,
        .show_geometry_of_unreviewed = !question.leave_out_unreviewed,
        .notice = notice_text(x->lang),
        .review_number = server_review_number(x->server)};
    query_write_answer(&w, &answer.answer, &context);
    return exchange_reply(x, buf, "application/geo+json", NULL, out, err);
}

static enum im_code run_ask(struct work_waiter *first,
                            struct worker *worker,
                            struct body **out,
                            struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));

    return ask(x, &worker->buf, out, err);
}

static enum im_code
answer_question(struct exchange *x, bool within, struct im_error *err)
{
    struct question question = question_of(x, within);
    struct im_buf buf = {.max = ANSWER_MAX_BYTES};
    enum im_code rc;

    exchange_snapshot(x);
    if (question.near.len || within || question.k > INLINE_MAX_K) {
        x->waiter.key = (struct body_key){0, 0};
        x->waiter.run = run_ask;
        return IM_OK;
    }
    rc = ask(x, &buf, &x->body, err);
    im_buf_release(&buf);
    return rc;
}

enum im_code route_nearest(struct exchange *x, struct im_error *err)
{
    return answer_question(x, false, err);
}

enum im_code route_within(struct exchange *x, struct im_error *err)
{
    if (!x->params[DISTANCE].is_set) {
        snprintf(x->fault.name, sizeof x->fault.name, "radius_km");
        snprintf(x->fault.allowed, sizeof x->fault.allowed, "0..20038");
        im_fail(err, IM_EARG, "say how far: radius_km=10 (kilometres, 0..20038)");
        return im_zh(err, IM_EARG, "请给出距离：radius_km=10（公里，0..20038）");
    }
    return answer_question(x, true, err);
}

/* ---- one place ---- */

enum { FEATURE_LAYER, FEATURE_ID };

static enum im_code missing(struct exchange *x, const char *name, struct im_error *err)
{
    snprintf(x->fault.name, sizeof x->fault.name, "%s", name);
    im_fail(err, IM_EARG,
            "%s is missing; for example /api/feature?layer=incubators&id=IN0001", name);
    return im_zh(err, IM_EARG, "缺少 %s；例如 /api/feature?layer=incubators&id=IN0001",
                 name);
}

static enum im_code no_such_layer(struct exchange *x, struct im_error *err)
{
    snprintf(x->fault.name, sizeof x->fault.name, "layer");
    param_quote(x->fault.value, sizeof x->fault.value, x->params[FEATURE_LAYER].text);
    im_fail(err, IM_ENOTFOUND, "there is no layer '%s'; /api/layers lists them",
            x->fault.value);
    return im_zh(err, IM_ENOTFOUND, "没有图层 “%s”；/api/layers 列出全部图层",
                 x->fault.value);
}

static enum im_code no_such_feature(struct exchange *x, struct im_error *err)
{
    char layer[64];

    snprintf(x->fault.name, sizeof x->fault.name, "id");
    param_quote(x->fault.value, sizeof x->fault.value, x->params[FEATURE_ID].text);
    param_quote(layer, sizeof layer, x->params[FEATURE_LAYER].text);
    im_fail(err, IM_ENOTFOUND, "layer %s has no '%s'", layer, x->fault.value);
    return im_zh(err, IM_ENOTFOUND, "图层 %s 中没有 “%s”", layer, x->fault.value);
}

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static void write_feature(struct exchange *x,
                          const struct atlas_layer *layer,
                          uint32_t feature,
                          struct im_buf *buf)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct query_answer_context context = {
        .lang = x->lang,
        .show_geometry_of_unreviewed = !server_leaves_out_unreviewed(x->server),
        .notice = notice_text(x->lang),
        .review_number = server_review_number(x->server)};
    struct im_json w = {.out = buf};

    query_write_feature(&w, layer, feature, NULL, &context);
    if (buf->failed || !buf->len)
        return;
    /* members of our own beside GeoJSON's (RFC 7946, 6.1): the object is reopened */
    buf->len--;
    w.comma = true;
    write_text(&w, "layer_title", query_title(schema->title, x->lang));
    write_text(&w, "source", query_title(schema->source, x->lang));
    write_text(&w, "source_date", schema->source_date);
    write_text(&w, "licence", schema->licence);
    write_text(&w, "attribution", query_title(schema->attribution, x->lang));
    write_text(&w, "notice", context.notice);
    write_text(&w, "review_number", context.review_number);
    im_buf_byte(buf, '}');
}

enum im_code route_feature(struct exchange *x, struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));
    struct im_buf buf = {.max = ANSWER_MAX_BYTES};
    const struct atlas_layer *layer;
    uint32_t feature;
    enum im_code rc;

    if (!x->params[FEATURE_LAYER].is_set)
        return missing(x, "layer", err);
    if (!x->params[FEATURE_ID].is_set)
        return missing(x, "id", err);
    layer = atlas_layer_find(atlas, x->params[FEATURE_LAYER].text);
    if (!layer || atlas_layer_schema(layer)->is_internal)
        return no_such_layer(x, err);
    if (!atlas_find_key(layer, x->params[FEATURE_ID].text, &feature))
        return no_such_feature(x, err);
    write_feature(x, layer, feature, &buf);
    rc = exchange_reply(x, &buf, "application/geo+json", NULL, &x->body, err);
    im_buf_release(&buf);
    return rc;
}
