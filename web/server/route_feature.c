/* SPDX-License-Identifier: Apache-2.0 */
/* One place with all its fields, and where they come from. */
#include "api/notice.h"
#include "routes.h"
#include "server_state.h"

#include <engine/json_writer.h>

enum { ANSWER_MAX_BYTES = 32 * 1024 * 1024 };

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
        .review_number = server_review_number(x->server),
        .forms = query_forms_new(exchange_arena(x))};
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
