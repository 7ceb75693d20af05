/* SPDX-License-Identifier: Apache-2.0 */
/* search, suggest: places by text. */
#include "api/call.h"

#include "api/table.h"

#include <math.h>

static bool is_suggest(const struct api_call *c)
{
    return strcmp(c->operation->name, "suggest") == 0;
}

/* From here on the question is about the layers in which something was found: their
 * notes and sources go with the answer. */
static enum im_code keep_layers(struct api_call *c, struct im_error *err)
{
    const struct atlas_layer **layers =
        im_arena_calloc(c->arena, c->found.n_hits + 1, sizeof *layers);
    size_t n = 0;

    if (!layers)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < c->found.n_hits; i++) {
        bool known = false;

        for (size_t k = 0; k < n; k++)
            known = known || layers[k] == c->found.hits[i].layer;
        if (!known)
            layers[n++] = c->found.hits[i].layer;
    }
    c->request.layers = layers;
    c->request.n_layers = n;
    return IM_OK;
}

/* The same as rows, for tables. */
static enum im_code keep_rows(struct api_call *c, struct im_error *err)
{
    size_t n = c->found.n_hits;
    struct query_hit *hits = im_arena_calloc(c->arena, n + 1, sizeof *hits);

    if (!hits)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const struct search_hit *hit = &c->found.hits[i];

        hits[i] = (struct query_hit){
            .layer = hit->layer,
            .feature = hit->feature,
            .distance_m = hit->distance_m,
            .uncertainty_m =
                c->request.origin_uncertainty_m +
                precision_uncertainty_m(query_precision(hit->layer, hit->feature)),
            .along_m = (double)NAN,
            .off_m = (double)NAN};
    }
    c->rows = (struct query_answer){
        .hits = hits, .n_hits = n, .n_matched = (size_t)c->found.n_matched};
    return IM_OK;
}

enum im_code api_words_run(struct api_call *c, struct im_error *err)
{
    struct search_request request = {.atlas = c->atlas,
                                     .rows = &c->request,
                                     .words = c->values[API_Q].text,
                                     .is_suggest = is_suggest(c),
                                     .with_facets = api_flag(c, API_FACETS)};
    const struct atlas_layer **layers = NULL;
    enum im_code rc = IM_OK;

    if (!api_is_set(c, API_Q))
        return api_missing(c, API_Q, "请给出要找的文字：q=张江",
                           "say what to look for: q=张江", err);
    if (c->values[API_LIMIT].integer > SEARCH_MAX_LIMIT) {
        api_fault(c, API_LIMIT, c->values[API_LIMIT].text);
        snprintf(c->fault.allowed, sizeof c->fault.allowed, "1..%d", SEARCH_MAX_LIMIT);
        im_fail(err, IM_EARG, "limit is %s, allowed is %s", c->fault.value,
                c->fault.allowed);
        return im_zh(err, IM_EARG, "limit 为 %s，允许范围是 %s", c->fault.value,
                     c->fault.allowed);
    }
    if (api_is_set(c, API_LAYER))
        rc = api_layers(c, API_LAYER, API_ROWS, &layers, &c->request.n_layers, err);
    c->request.layers = layers;
    if (rc == IM_OK)
        rc = api_request(c, err);
    c->request.words = (struct im_bytes){NULL, 0};
    request.limit = c->request.k;
    if (rc == IM_OK)
        rc = search_run(&request, c->arena, &c->found, &c->cql_fault, err);
    if (rc == IM_OK)
        rc = keep_layers(c, err);
    if (rc == IM_OK)
        rc = keep_rows(c, err);
    c->is_geojson = !is_suggest(c);
    return api_fault_of(c, rc, err);
}

/* ---- JSON ---- */

static const char *match_name(enum search_match match)
{
    static const char *const names[] = {"exact",  "prefix", "inside",
                                        "pinyin", "other",  "mistyped"};

    return names[match];
}

static const char *field_name(const struct search_hit *hit)
{
    const struct layer_schema *schema = atlas_layer_schema(hit->layer);

    return hit->field >= 0 && (size_t)hit->field < schema->n_fields
               ? schema->fields[hit->field].name
               : NULL;
}

struct found_one {
    const struct api_call *call;
    size_t i;
};

static void write_match(void *ctx, struct im_json *w)
{
    const struct found_one *one = ctx;
    const struct api_call *c = one->call;
    const struct search_hit *hit = &c->found.hits[one->i];

    if (!isnan(hit->distance_m))
        query_write_distance(w, hit->distance_m, c->rows.hits[one->i].uncertainty_m,
                             c->lang);
    api_write_text(w, "in",
                   query_where(c->atlas, hit->layer, hit->feature, c->lang, c->arena));
    api_write_text(w, "match", match_name(hit->match));
    api_write_text(w, "matched_field", field_name(hit));
}

static void write_facets(const struct api_call *c, struct im_json *w)
{
    im_json_key(w, "facets");
    im_json_array(w);
    for (size_t i = 0; i < SEARCH_FACETS; i++) {
        const struct search_facet *facet = &c->found.facets[i];

        if (!facet->name)
            continue;
        im_json_object(w);
        api_write_text(w, "name", facet->name);
        im_json_key(w, "values");
        im_json_array(w);
        for (size_t v = 0; v < facet->n_values; v++) {
            im_json_object(w);
            im_json_key(w, "code");
            im_json_string(w, facet->values[v].code);
            api_write_text(w, "title", query_title(facet->values[v].title, c->lang));
            api_write_int(w, "count", facet->values[v].count);
            im_json_object_end(w);
        }
        im_json_array_end(w);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

static const char *note_of(const struct api_call *c)
{
    if (c->found.n_hits == 0)
        return api_text(c, "没有名称、别名、机构、地址或编号与此相符。",
                        "No name, alias, operator, address or code is like this.");
    return c->found.is_mistyped
               ? api_text(c, "没有完全相符的，以下相差一个字母。",
                          "Nothing is written so; these are one letter away.")
               : NULL;
}

static void write_features(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);
    struct found_one one = {c, 0};

    context.more = write_match;
    context.more_ctx = &one;
    im_json_key(w, "features");
    im_json_array(w);
    for (one.i = 0; one.i < c->found.n_hits; one.i++)
        query_write_feature(w, c->found.hits[one.i].layer, c->found.hits[one.i].feature,
                            NULL, &context);
    im_json_array_end(w);
}

void api_search_write(const struct api_call *c, struct im_json *w)
{
    const char *note = note_of(c);

    im_json_object(w);
    api_write_text(w, "type", "FeatureCollection");
    api_write_query(c, w);
    write_features(c, w);
    api_write_int(w, "numberMatched", c->found.n_matched);
    api_write_int(w, "numberReturned", c->found.n_hits);
    if (api_flag(c, API_FACETS))
        write_facets(c, w);
    if (note)
        api_write_text(w, "note", note);
    api_write_about(c, w);
    im_json_object_end(w);
}

/* Of a point; areas and lines are known by name only here. */
static void position_of(const struct search_hit *hit, struct query_place *place)
{
    struct geom g = atlas_geom(hit->layer, hit->feature);
    bool is_point = g.kind == GEOM_POINT && g.n_points == 1;

    place->lon = is_point ? g.lonlat[0] : (double)NAN;
    place->lat = is_point ? g.lonlat[1] : (double)NAN;
}

static void write_suggestion(const struct api_call *c, size_t i, struct im_json *w)
{
    const struct search_hit *hit = &c->found.hits[i];
    const char *in = query_where(c->atlas, hit->layer, hit->feature, c->lang, c->arena);
    struct query_place place = {.layer = hit->layer,
                                .feature = hit->feature,
                                .precision = query_precision(hit->layer, hit->feature),
                                .in_zh = in,
                                .in_en = in};

    position_of(hit, &place);
    query_write_place(w, &place, c->lang);
    if (w->out->failed)
        return;
    w->out->len--; /* the object is reopened */
    w->comma = true;
    api_write_text(w, "layer_title",
                   query_title(atlas_layer_schema(hit->layer)->title, c->lang));
    api_write_text(w, "match", match_name(hit->match));
    im_json_object_end(w);
}

void api_suggest_write(const struct api_call *c, struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "suggestions");
    im_json_array(w);
    for (size_t i = 0; i < c->found.n_hits; i++)
        write_suggestion(c, i, w);
    im_json_array_end(w);
    api_write_int(w, "numberMatched", c->found.n_matched);
    im_json_object_end(w);
}

/* ---- tables ---- */

static void brief(const struct api_call *c, struct api_table *t)
{
    t->no_header = true;
    table_number_column(t, "1", "rank");
    table_column(t, "2", "name");
    table_column(t, "3", "layer");
    table_column(t, "4", "where");
    table_column(t, "5", "match");
    for (size_t i = 0; i < c->found.n_hits && !t->failed; i++) {
        const struct search_hit *hit = &c->found.hits[i];

        table_words(t, "%4zu", i + 1);
        table_text(t, query_name(hit->layer, hit->feature, c->lang));
        table_words(t, "%s",
                    query_title(atlas_layer_schema(hit->layer)->title, c->lang));
        table_text(t, im_bytes_of(query_where(c->atlas, hit->layer, hit->feature,
                                              c->lang, c->arena)));
        table_words(t, "%s", match_name(hit->match));
    }
}

static void note_facets(const struct api_call *c, struct api_table *t)
{
    struct im_buf line = {.max = 1500};

    for (size_t i = 0; i < SEARCH_FACETS; i++) {
        const struct search_facet *facet = &c->found.facets[i];

        im_buf_clear(&line);
        for (size_t v = 0; v < facet->n_values && v < 10; v++)
            im_buf_printf(&line, "%s%s %llu", v ? ", " : "",
                          query_title(facet->values[v].title, c->lang),
                          (unsigned long long)facet->values[v].count);
        if (line.len)
            table_note(t, "%s: %.*s", facet->name, (int)line.len,
                       (const char *)line.data);
    }
    im_buf_release(&line);
}

void api_words_tabulate(const struct api_call *c, struct api_table *t)
{
    const char *note = note_of(c);

    if (t->is_brief)
        brief(c, t);
    else
        api_rows_all_fields(c, t);
    if (note)
        table_note(t, "%s", note);
    if (c->found.n_hits < c->found.n_matched)
        table_note(t,
                   api_text(c, "共 %llu 条，列出前 %zu 条。",
                            "%llu in all, the first %zu are listed."),
                   (unsigned long long)c->found.n_matched, c->found.n_hits);
    if (api_flag(c, API_FACETS))
        note_facets(c, t);
    if (!t->is_brief) {
        api_note_completeness(c, t);
        api_note_source(c, t);
    }
}
