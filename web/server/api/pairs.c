/* SPDX-License-Identifier: Apache-2.0 */
/* join, coverage, chain: rows A against rows B of other layers. */
#include "api/call.h"

#include "api/table.h"

#include <math.h>

struct pairs_question {
    struct join_request request;
    struct query_request others[API_MAX_OTHERS];
    const struct query_request *list[API_MAX_OTHERS];
    const struct atlas_layer **layers; /* of B */
};

static bool is_operation(const struct api_call *c, const char *name)
{
    return strcmp(c->operation->name, name) == 0;
}

/* ---- understanding ---- */

static enum im_code
read_others(struct api_call *c, struct pairs_question *q, struct im_error *err)
{
    size_t max = is_operation(c, "chain") ? API_MAX_OTHERS : 1;
    size_t n;
    enum im_code rc = api_layers(c, API_OTHER, API_PLACED, &q->layers, &n, err);

    if (rc == IM_OK && n > max) {
        api_fault(c, API_OTHER, c->values[API_OTHER].text);
        im_fail(err, IM_EARG, "other names %zu layers, allowed are 1 to %zu", n, max);
        rc = im_zh(err, IM_EARG, "other 有 %zu 个图层，允许 1 至 %zu 个", n, max);
    }
    for (size_t i = 0; i < n && rc == IM_OK; i++) {
        rc = api_other_request(c, &q->layers[i], &q->others[i], err);
        q->list[i] = &q->others[i];
    }
    q->request.others = q->list;
    q->request.n_others = n;
    return rc;
}

/* Can a B lie inside of its rows: areas, or divisions, which stand for theirs? */
static bool has_inside(const struct layer_schema *schema)
{
    return schema->geometry == SCHEMA_AREA || schema->geometry == SCHEMA_MIXED ||
           schema->key == schema->roles.adcode;
}

/* Coverage of divisions asks for a B inside; all else for a B within a distance. */
static enum im_code
read_reach(struct api_call *c, struct pairs_question *q, struct im_error *err)
{
    bool have_inside = is_operation(c, "coverage");

    for (size_t i = 0; i < c->request.n_layers; i++)
        have_inside =
            have_inside && has_inside(atlas_layer_schema(c->request.layers[i]));
    q->request.max_m = c->request.max_m;
    if (api_is_set(c, API_MAX_KM) || is_operation(c, "join"))
        return IM_OK;
    if (have_inside) {
        q->request.by_membership = true;
        return IM_OK;
    }
    return api_missing(c, API_MAX_KM, "请给出距离：max_km=5（公里，0..20038）",
                       "say how far: max_km=5 (kilometres, 0..20038)", err);
}

static enum im_code
read_rows(struct api_call *c, struct pairs_question *q, struct im_error *err)
{
    bool is_place = is_operation(c, "chain") && !api_is_set(c, API_LAYER);
    const struct atlas_layer **layers = NULL;
    enum im_code rc = IM_OK;

    if (!is_place)
        rc = api_layers(c, API_LAYER, API_PLACED, &layers, &c->request.n_layers, err);
    c->request.layers = layers;
    if (rc == IM_OK)
        rc = api_request(c, err);
    if (rc == IM_OK && is_place && !c->request.has_origin)
        rc =
            api_missing(c, API_LAYER, "请给出要检查的图层 layer，或一个地点：near=张江",
                        "say which layer to check, or one place: near=张江", err);
    /* max_km is how far B may be from A, not A from the origin */
    q->request.rows = &c->request;
    return rc;
}

enum im_code api_pairs_run(struct api_call *c, struct im_error *err)
{
    struct pairs_question *q = im_arena_calloc(c->arena, 1, sizeof *q);
    enum im_code rc;

    if (!q)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = q;
    c->is_geojson = true;
    rc = read_rows(c, q, err);
    if (rc == IM_OK)
        rc = read_others(c, q, err);
    if (rc == IM_OK)
        rc = read_reach(c, q, err);
    if (rc != IM_OK)
        return rc;
    c->request.max_m = HUGE_VAL;
    q->request.is_across = api_is_set(c, API_ACROSS);
    q->request.across =
        c->values[API_ACROSS].choice == 0 ? DIVISION_CITY : DIVISION_PROVINCE;
    q->request.show_covered =
        api_is_set(c, API_SHOW) && c->values[API_SHOW].choice == 1;
    q->request.limit = c->request.k;
    rc = is_operation(c, "join")
             ? analysis_join(&q->request, c->arena, &c->joined, &c->cql_fault, err)
         : is_operation(c, "coverage")
             ? analysis_coverage(&q->request, c->arena, &c->joined, &c->cql_fault, err)
             : analysis_chain(&q->request, c->arena, &c->joined, &c->cql_fault, err);
    return api_fault_of(c, rc, err);
}

/* ---- JSON ---- */

static void write_place_id(struct im_json *w, const struct query_hit *hit)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    atlas_key(hit->layer, hit->feature, number, &key);
    im_json_key(w, "id");
    im_json_string(w, key);
}

static void
write_nearest(const struct api_call *c, const struct query_hit *hit, struct im_json *w)
{
    im_json_key(w, "nearest");
    if (hit->feature == UINT32_MAX) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    write_place_id(w, hit);
    im_json_key(w, "name");
    im_json_string(w, query_name(hit->layer, hit->feature, c->lang));
    api_write_number(w, "lon", hit->nearest_lon, 7);
    api_write_number(w, "lat", hit->nearest_lat, 7);
    api_write_text(w, "precision",
                   precision_name(query_precision(hit->layer, hit->feature)));
    api_write_text(w, "in",
                   query_where(c->atlas, hit->layer, hit->feature, c->lang, c->arena));
    if (isfinite(hit->distance_m))
        query_write_distance(w, hit->distance_m, hit->uncertainty_m, c->lang);
    im_json_object_end(w);
}

struct pair_members {
    const struct api_call *call;
    const struct join_pair *pair;
};

static void write_pair_members(void *ctx, struct im_json *w)
{
    const struct pair_members *m = ctx;
    const struct pairs_question *q = m->call->other;

    im_json_key(w, "uncertain");
    im_json_bool(w, m->pair->is_uncertain);
    im_json_key(w, "others");
    im_json_array(w);
    for (size_t i = 0; i < q->request.n_others; i++) {
        const struct layer_schema *schema = atlas_layer_schema(q->layers[i]);

        im_json_object(w);
        api_write_text(w, "layer", schema->id);
        api_write_text(w, "layer_title", query_title(schema->title, m->call->lang));
        api_write_int(w, "count", m->pair->count[i]);
        write_nearest(m->call, &m->pair->other[i], w);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

/* The place of a chain that asks about one: no row of a layer. */
static void write_origin_feature(const struct api_call *c,
                                 struct pair_members *m,
                                 struct im_json *w)
{
    struct geom g = {.kind = GEOM_POINT,
                     .n_points = 1,
                     .n_parts = 1,
                     .lonlat = (const double[]){c->request.lon, c->request.lat}};

    im_json_object(w);
    api_write_text(w, "type", "Feature");
    im_json_key(w, "geometry");
    geom_write_json(&g, w);
    im_json_key(w, "properties");
    im_json_object(w);
    write_pair_members(m, w);
    im_json_object_end(w);
    im_json_object_end(w);
}

static void write_pairs(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);
    struct pair_members members = {c, NULL};

    context.more = write_pair_members;
    context.more_ctx = &members;
    im_json_key(w, "features");
    im_json_array(w);
    for (size_t i = 0; i < c->joined.n_pairs; i++) {
        const struct query_hit *row = &c->joined.pairs[i].row;

        members.pair = &c->joined.pairs[i];
        if (row->layer)
            query_write_feature(w, row->layer, row->feature, NULL, &context);
        else
            write_origin_feature(c, &members, w);
    }
    im_json_array_end(w);
}

/* Notes and sources of A and of B. */
static struct query_request both(const struct api_call *c)
{
    const struct pairs_question *q = c->other;
    struct query_request all = c->request;
    const struct atlas_layer **layers = im_arena_calloc(
        c->arena, c->request.n_layers + q->request.n_others, sizeof *layers);

    if (!layers)
        return all;
    all.n_layers = 0;
    for (size_t i = 0; i < c->request.n_layers + q->request.n_others; i++) {
        const struct atlas_layer *layer = i < c->request.n_layers
                                              ? c->request.layers[i]
                                              : q->layers[i - c->request.n_layers];
        bool known = false;

        for (size_t k = 0; k < all.n_layers; k++)
            known = known || layers[k] == layer;
        if (!known)
            layers[all.n_layers++] = layer;
    }
    all.layers = layers;
    return all;
}

void api_pairs_write(const struct api_call *c, struct im_json *w)
{
    const struct join_answer *a = &c->joined;
    struct query_answer_context context = api_context(c);
    struct query_request all = both(c);

    im_json_object(w);
    api_write_text(w, "type", "FeatureCollection");
    api_write_query(c, w);
    write_pairs(c, w);
    api_write_int(w, "numberMatched", a->n_matched);
    api_write_int(w, "numberReturned", a->n_pairs);
    api_write_int(w, "rows", a->n_rows);
    api_write_int(w, "within", a->n_within);
    api_write_number(w, "share_within",
                     a->n_rows ? (double)a->n_within / (double)a->n_rows : (double)NAN,
                     4);
    api_write_int(w, "uncertain", a->n_unsure);
    api_write_int(w, "apart", a->n_apart);
    if (a->n_matched == 0)
        api_write_text(w, "note",
                       a->n_rows == 0 ? api_text(c, "没有符合条件的条目可供比较。",
                                                 "No row fits that could be compared.")
                                      : api_text(c, "没有这样的条目。",
                                                 "There is none of this kind."));
    context.request = &all;
    query_write_about(w, &context);
    im_json_object_end(w);
}

/* ---- tables ---- */

static void columns(const struct api_call *c, struct api_table *t)
{
    const struct pairs_question *q = c->other;

    table_column(t, api_text(c, "名称", "Name"), "name");
    if (!t->is_brief)
        table_column(t, api_text(c, "编号", "ID"), "id");
    table_column(t, api_text(c, "所在地", "In"), "in");
    for (size_t i = 0; i < q->request.n_others; i++) {
        const char *title =
            query_title(atlas_layer_schema(q->layers[i])->title, c->lang);
        char text[300];

        snprintf(text, sizeof text, api_text(c, "最近的%s", "Nearest of %s"), title);
        table_column(t, im_arena_strdup(c->arena, im_bytes_of(text)), "nearest");
        if (t->is_brief) {
            table_column(t, api_text(c, "距离", "Distance"), title);
        } else {
            table_number_column(t, api_text(c, "距离（米）", "Distance (m)"), title);
            table_number_column(t, api_text(c, "误差（米）", "Uncertainty (m)"), title);
        }
        table_number_column(t, api_text(c, "个数", "Count"), title);
    }
    table_column(t, api_text(c, "存疑", "Uncertain"), "uncertain");
    if (!t->is_brief) {
        table_number_column(t, api_text(c, "经度", "Longitude"), "lon");
        table_number_column(t, api_text(c, "纬度", "Latitude"), "lat");
    }
}

static void put_other(const struct api_call *c,
                      const struct query_hit *hit,
                      uint64_t count,
                      struct api_table *t)
{
    bool is_there = hit->feature != UINT32_MAX;
    bool is_far = is_there && isfinite(hit->distance_m);
    char text[QUERY_DISTANCE_TEXT] = "";

    if (is_there)
        table_text(t, query_name(hit->layer, hit->feature, c->lang));
    else
        table_empty(t);
    if (is_far && t->is_brief)
        query_distance_text(text, hit->distance_m, hit->uncertainty_m, c->lang);
    if (t->is_brief) {
        table_copy(t, im_bytes_of(text));
    } else {
        table_number(t,
                     is_far ? query_honest_m(hit->distance_m, hit->uncertainty_m)
                            : (double)NAN,
                     0);
        table_number(t, is_far ? hit->uncertainty_m : (double)NAN, 0);
    }
    table_number(t, (double)count, 0);
}

static void
put_row(const struct api_call *c, const struct query_hit *row, struct api_table *t)
{
    char number[IM_NUMBER_MAX];
    struct im_bytes key;

    if (!row->layer) {
        table_words(t, "%s", api_text(c, "起点", "The place asked about"));
        if (!t->is_brief)
            table_empty(t);
        table_empty(t);
        return;
    }
    table_text(t, query_name(row->layer, row->feature, c->lang));
    if (!t->is_brief) {
        atlas_key(row->layer, row->feature, number, &key);
        table_copy(t, key);
    }
    table_text(t, im_bytes_of(query_where(c->atlas, row->layer, row->feature, c->lang,
                                          c->arena)));
}

static void
put_pair(const struct api_call *c, const struct join_pair *pair, struct api_table *t)
{
    const struct pairs_question *q = c->other;
    struct geom g = {.kind = GEOM_EMPTY};

    put_row(c, &pair->row, t);
    for (size_t i = 0; i < q->request.n_others; i++)
        put_other(c, &pair->other[i], pair->count[i], t);
    if (pair->is_uncertain)
        table_words(t, "%s", api_text(c, "是", "yes"));
    else
        table_empty(t);
    if (t->is_brief)
        return;
    if (pair->row.layer)
        g = atlas_geom(pair->row.layer, pair->row.feature);
    bool is_point = g.kind == GEOM_POINT && g.n_points == 1;
    table_number(t, is_point ? g.lonlat[0] : (double)NAN, 7);
    table_number(t, is_point ? g.lonlat[1] : (double)NAN, 7);
}

void api_pairs_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct join_answer *a = &c->joined;

    api_lead_origin(c, t);
    api_lead_area(c, t);
    columns(c, t);
    for (size_t i = 0; i < a->n_pairs && !t->failed; i++)
        put_pair(c, &a->pairs[i], t);
    table_note(
        t,
        api_text(c, "共 %llu 条，其中 %llu 条在范围内有；%llu 条因位置较粗不能确定。",
                 "%llu rows, %llu of them with one within reach; %llu uncertain "
                 "because positions are coarse."),
        (unsigned long long)a->n_rows, (unsigned long long)a->n_within,
        (unsigned long long)a->n_unsure);
    if (a->n_pairs < a->n_matched)
        table_note(t,
                   api_text(c, "共 %zu 条，列出前 %zu 条。",
                            "%zu in all, the first %zu are listed."),
                   a->n_matched, a->n_pairs);
    if (a->n_apart)
        table_note(t,
                   api_text(c, "另有 %llu 条位置较粗，未参与。",
                            "Apart, %llu known too coarsely to take part."),
                   (unsigned long long)a->n_apart);
    struct api_call all = *c;
    all.request = both(c);
    api_note_completeness(&all, t);
    if (!t->is_brief)
        api_note_source(&all, t);
}
