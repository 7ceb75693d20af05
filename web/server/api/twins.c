/* SPDX-License-Identifier: Apache-2.0 */
/* duplicates: rows that may be the same place. */
#include "api/call.h"

#include "api/table.h"

#include <engine/duplicates.h>

#include <math.h>

/* Lists of places: no tables, no links, no divisions. */
static enum im_code all_places(struct api_call *c, struct im_error *err)
{
    const struct atlas_layer **layers =
        im_arena_calloc(c->arena, QUERY_MAX_LAYERS, sizeof *layers);

    if (!layers)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < atlas_layer_count(c->atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(c->atlas, i);
        const struct layer_schema *schema = atlas_layer_schema(layer);

        if (api_takes_layer(schema, API_PLACED) && schema->group == SCHEMA_PLACES &&
            schema->key != schema->roles.adcode &&
            c->request.n_layers < QUERY_MAX_LAYERS)
            layers[c->request.n_layers++] = layer;
    }
    c->request.layers = layers;
    return IM_OK;
}

enum im_code api_twins_run(struct api_call *c, struct im_error *err)
{
    struct duplicates_answer *a = im_arena_calloc(c->arena, 1, sizeof *a);
    struct duplicates_request r = {.rows = &c->request};
    const struct atlas_layer **layers;
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = a;
    if (api_is_set(c, API_LAYER)) {
        rc = api_layers(c, API_LAYER, API_ROWS, &layers, &c->request.n_layers, err);
        c->request.layers = rc == IM_OK ? layers : NULL;
    } else {
        rc = all_places(c, err);
    }
    if (rc == IM_OK)
        rc = api_request(c, err);
    r.limit = c->request.k;
    if (rc == IM_OK)
        rc = duplicates_find(&r, c->arena, a, &c->cql_fault, err);
    return api_fault_of(c, rc, err);
}

static const char *kind_name(enum duplicate_kind kind)
{
    static const char *const names[] = {"same", "loose", "name", "spot"};

    return names[kind];
}

/* ---- JSON ---- */

static void write_row(const struct api_call *c,
                      const char *key,
                      const struct atlas_layer *layer,
                      uint32_t feature,
                      struct im_json *w)
{
    struct geom g = atlas_geom(layer, feature);
    bool is_point = g.kind == GEOM_POINT && g.n_points == 1;
    const char *in = query_where(c->atlas, layer, feature, c->lang, c->arena);
    struct query_place place = {.layer = layer,
                                .feature = feature,
                                .lon = is_point ? g.lonlat[0] : (double)NAN,
                                .lat = is_point ? g.lonlat[1] : (double)NAN,
                                .precision = query_precision(layer, feature),
                                .in_zh = in,
                                .in_en = in};

    im_json_key(w, key);
    query_write_place(w, &place, c->lang);
}

static void write_pair(const struct api_call *c,
                       const struct duplicate_pair *pair,
                       struct im_json *w)
{
    im_json_object(w);
    write_row(c, "row", pair->layer, pair->feature, w);
    write_row(c, "other", pair->layer, pair->other, w);
    api_write_text(w, "alike", kind_name(pair->kind));
    api_write_text(w, "reason", query_title(pair->reason, c->lang));
    api_write_number(w, "likeness", pair->likeness, 3);
    if (isfinite(pair->distance_m))
        query_write_distance(w, pair->distance_m, pair->uncertainty_m, c->lang);
    im_json_key(w, "same_operator");
    im_json_bool(w, pair->same_operator);
    im_json_key(w, "same_division");
    im_json_bool(w, pair->same_division);
    im_json_object_end(w);
}

void api_twins_write(const struct api_call *c, struct im_json *w)
{
    const struct duplicates_answer *a = c->other;

    im_json_object(w);
    api_write_query(c, w);
    im_json_key(w, "pairs");
    im_json_array(w);
    for (size_t i = 0; i < a->n_pairs; i++)
        write_pair(c, &a->pairs[i], w);
    im_json_array_end(w);
    api_write_int(w, "numberMatched", a->n_matched);
    api_write_int(w, "numberReturned", a->n_pairs);
    api_write_int(w, "rows", a->n_rows);
    api_write_int(w, "nameless", a->n_nameless);
    api_write_int(w, "left_out", a->n_left_out);
    if (a->n_matched == 0)
        api_write_text(
            w, "note",
            api_text(c, "没有疑似重复的条目。", "No rows look like duplicates."));
    api_write_about(c, w);
    im_json_object_end(w);
}

/* ---- tables ---- */

static void put_row(const struct atlas_layer *layer,
                    uint32_t feature,
                    enum lang lang,
                    struct api_table *t)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    atlas_key(layer, feature, number, &key);
    table_copy(t, key);
    table_text(t, query_name(layer, feature, lang));
}

void api_twins_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct duplicates_answer *a = c->other;

    api_lead_area(c, t);
    table_column(t, api_text(c, "编号", "ID"), "row");
    table_column(t, api_text(c, "名称", "Name"), "row_name");
    table_column(t, api_text(c, "疑似与此重复", "May be the same as"), "other");
    table_column(t, api_text(c, "其名称", "Its name"), "other_name");
    table_column(t, api_text(c, "依据", "Because"), "reason");
    for (size_t i = 0; i < a->n_pairs && !t->failed; i++) {
        const struct duplicate_pair *pair = &a->pairs[i];

        put_row(pair->layer, pair->feature, c->lang, t);
        put_row(pair->layer, pair->other, c->lang, t);
        table_copy(t, im_bytes_of(query_title(pair->reason, c->lang)));
    }
    table_note(t,
               api_text(c,
                        "比较了 %llu 条，疑似重复 %zu 对，列出 %zu 对；不会自动合并。",
                        "%llu rows compared, %zu pairs may be duplicates, %zu are "
                        "listed; nothing is merged."),
               (unsigned long long)a->n_rows, a->n_matched, a->n_pairs);
    if (a->n_left_out)
        table_note(
            t,
            api_text(c, "条目过多的图层未比较（%llu 条）：请用 filter 或 in 缩小范围。",
                     "Layers with too many rows were left out (%llu): narrow with "
                     "filter or in."),
            (unsigned long long)a->n_left_out);
}
