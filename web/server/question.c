/* SPDX-License-Identifier: Apache-2.0 */
/* "Nearest" and "within" as people ask them. */
#include "question.h"

#include <engine/cli.h>

bool question_takes_layer(const struct layer_schema *schema)
{
    return !schema->is_internal && !schema->is_base && schema->geometry != SCHEMA_NONE;
}

static void
set_fault(struct param_fault *fault, const char *name, struct im_bytes value)
{
    memset(fault, 0, sizeof *fault);
    snprintf(fault->name, sizeof fault->name, "%s", name);
    param_quote(fault->value, sizeof fault->value, value);
}

static enum im_code unknown_layer(const struct atlas *atlas,
                                  struct im_bytes id,
                                  struct param_fault *fault,
                                  struct im_error *err)
{
    const char *names[256] = {0};
    struct im_buf known = {.data = (uint8_t *)fault->allowed,
                           .cap = sizeof fault->allowed,
                           .max = sizeof fault->allowed - 1};
    const char *nearest;
    size_t n = 0;

    set_fault(fault, "layer", id);
    for (size_t i = 0; i < atlas_layer_count(atlas) && n < 255; i++) {
        const struct layer_schema *schema =
            atlas_layer_schema(atlas_layer_at(atlas, i));

        if (question_takes_layer(schema)) {
            im_buf_printf(&known, n ? ", %s" : "%s", schema->id);
            names[n++] = schema->id;
        }
    }
    nearest = cli_nearest(fault->value, names);
    if (nearest) {
        im_fail(err, IM_ENOTFOUND, "there is no layer '%s' to ask: did you mean %s?",
                fault->value, nearest);
        return im_zh(err, IM_ENOTFOUND, "没有可查询的图层 “%s”：是否想写 %s？",
                     fault->value, nearest);
    }
    im_fail(err, IM_ENOTFOUND, "there is no layer '%s' to ask; known are %s",
            fault->value, fault->allowed);
    return im_zh(err, IM_ENOTFOUND, "没有可查询的图层 “%s”；可用图层为 %s",
                 fault->value, fault->allowed);
}

static enum im_code no_layer(struct param_fault *fault, struct im_error *err)
{
    set_fault(fault, "layer", im_bytes_of(""));
    im_fail(err, IM_EARG,
            "say which layer to search, for example layer=concept_verification");
    return im_zh(err, IM_EARG, "请指定要查询的图层，例如 layer=concept_verification");
}

static enum im_code find_layers(const struct atlas *atlas,
                                const struct question *question,
                                struct im_arena *arena,
                                struct query_request *request,
                                struct param_fault *fault,
                                struct im_error *err)
{
    const struct atlas_layer **layers =
        im_arena_calloc(arena, QUERY_MAX_LAYERS, sizeof *layers);
    struct im_bytes rest = question->layers;

    if (!layers)
        return im_fail(err, IM_ENOMEM, "out of memory");
    if (rest.len == 0)
        return no_layer(fault, err);
    request->layers = layers;
    request->n_layers = 0;
    for (bool more = true; more;) {
        const uint8_t *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        struct im_bytes id = {rest.data,
                              comma ? (size_t)(comma - rest.data) : rest.len};
        const struct atlas_layer *layer = atlas_layer_find(atlas, id);
        bool is_new = true;

        if (!layer || !question_takes_layer(atlas_layer_schema(layer)))
            return unknown_layer(atlas, id, fault, err);
        for (size_t i = 0; i < request->n_layers; i++)
            is_new = is_new && layers[i] != layer;
        if (is_new && request->n_layers == QUERY_MAX_LAYERS) {
            im_fail(err, IM_ELIMIT, "over %d layers in one question", QUERY_MAX_LAYERS);
            return im_zh(err, IM_ELIMIT, "一次最多查询 %d 个图层", QUERY_MAX_LAYERS);
        }
        if (is_new)
            layers[request->n_layers++] = layer;
        more = comma != NULL;
        if (more)
            rest = (struct im_bytes){comma + 1, rest.len - id.len - 1};
    }
    return IM_OK;
}

static enum im_code
check_origin(const struct question *q, struct param_fault *fault, struct im_error *err)
{
    if (q->near.len && (q->has_lon || q->has_lat)) {
        set_fault(fault, "near", q->near);
        im_fail(err, IM_EARG, "give either near or lon and lat, not both");
        return im_zh(err, IM_EARG, "near 与 lon、lat 只能给一种");
    }
    if (q->near.len || (q->has_lon && q->has_lat))
        return IM_OK;
    if (q->has_lon || q->has_lat) {
        set_fault(fault, q->has_lon ? "lat" : "lon", im_bytes_of(""));
        im_fail(err, IM_EARG, "%s is missing: lon and lat belong together",
                fault->name);
        return im_zh(err, IM_EARG, "缺少 %s：lon 与 lat 须同时给出", fault->name);
    }
    set_fault(fault, "near", im_bytes_of(""));
    im_fail(err, IM_EARG,
            "say from where: near=张江, or lon=121.59&lat=31.2 (degrees, WGS 84)");
    return im_zh(err, IM_EARG,
                 "请给出起点：near=张江，或 lon=121.59&lat=31.2（WGS 84 经纬度）");
}

static enum im_code ambiguous(const struct question *q,
                              const struct query_places *places,
                              struct param_fault *fault,
                              struct im_error *err)
{
    set_fault(fault, "near", q->near);
    im_fail(err, IM_EAMBIGUOUS,
            "'%s' fits %zu places; ask again with one of the choices (near=layer:id)",
            fault->value, places->n);
    return im_zh(err, IM_EAMBIGUOUS,
                 "“%s” 对应 %zu 个地点，请从候选中选一个再查（near=图层:编号）",
                 fault->value, places->n);
}

static enum im_code find_origin(const struct atlas *atlas,
                                const struct question *q,
                                struct im_arena *arena,
                                struct question_answer *out,
                                struct param_fault *fault,
                                struct im_error *err)
{
    const struct query_place *place;
    enum im_code rc;

    if (!q->near.len) {
        out->request.lon = q->lon;
        out->request.lat = q->lat;
        out->request.origin_uncertainty_m = 0;
        return IM_OK;
    }
    rc = query_find_place(atlas, q->near, arena, &out->places, err);
    if (rc != IM_OK) {
        set_fault(fault, "near", q->near);
        return rc;
    }
    if (out->places.ambiguous)
        return ambiguous(q, &out->places, fault, err);
    place = &out->places.places[0];
    query_start_at(&out->request, place);
    return IM_OK;
}

enum im_code question_ask(const struct atlas *atlas,
                          const struct question *q,
                          struct im_arena *arena,
                          struct question_answer *out,
                          struct param_fault *fault,
                          struct im_error *err)
{
    enum im_code rc;

    *out = (struct question_answer){
        .request = {.k = q->k,
                    .max_m = q->max_m,
                    .coarsest = q->coarsest,
                    .leave_out_unreviewed = q->leave_out_unreviewed,
                    .deadline = q->deadline}};
    rc = find_layers(atlas, q, arena, &out->request, fault, err);
    if (rc == IM_OK)
        rc = check_origin(q, fault, err);
    if (rc == IM_OK)
        rc = find_origin(atlas, q, arena, out, fault, err);
    if (rc == IM_OK)
        rc = q->within ? query_within(&out->request, arena, &out->answer, err)
                       : query_nearest(&out->request, arena, &out->answer, err);
    return rc;
}
