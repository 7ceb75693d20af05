/* SPDX-License-Identifier: Apache-2.0 */
/* What each row has to pass: review, time, words, filter, area. */
#include "cql/ast.h"
#include "query/select.h"

#include <engine/search.h>

#include <math.h>

static enum im_code compile(struct select_layer *s,
                            const struct query_request *request,
                            struct im_arena *arena,
                            struct cql_fault *fault,
                            struct im_error *err)
{
    enum im_code rc;

    if (!request->filter)
        return IM_OK;
    rc = cql_compile(request->filter, s->layer, request->filter_crs, arena, &s->program,
                     fault, err);
    if (rc != IM_OK)
        return rc;
    cql_bounds_of(s->program, &s->bounds);
    s->scratch = cql_scratch_new(s->program, arena);
    return s->scratch ? IM_OK : im_fail(err, IM_ENOMEM, "no memory for the filter");
}

enum im_code select_layer_init(struct select_layer *out,
                               const struct query_request *request,
                               const struct atlas_layer *layer,
                               struct query_region *region,
                               struct im_arena *arena,
                               struct cql_fault *fault,
                               struct im_error *err)
{
    struct select_layer s = {.layer = layer,
                             .region = region,
                             .region_is_box =
                                 region && request->area->kind == QUERY_IN_BOX,
                             .has_words = request->words.len > 0,
                             .time = request->time,
                             .leave_out_unreviewed = request->leave_out_unreviewed};
    enum im_code rc = compile(&s, request, arena, fault, err);

    if (rc == IM_OK && s.has_words)
        rc = search_select(layer, request->words, &request->deadline, arena, &s.words,
                           &s.n_words, err);
    if (rc != IM_OK)
        return rc;
    s.is_open = !s.program && !s.region && !s.has_words && !s.time.is_set;
    *out = s;
    return IM_OK;
}

bool select_is_reviewed(const struct atlas_layer *layer, uint32_t feature)
{
    int field = layer->schema->roles.reviewed;
    double flag = 0;

    if (feature < layer->n_placed)
        return atlas_class(layer, feature) < atlas_class_of(PRECISION_EXACT, true);
    return field == SCHEMA_NO_FIELD ||
           (atlas_number(layer, feature, field, &flag) && flag != 0);
}

/* A year lasts from its first second to its last, a date all day. */
static bool is_in_time(const struct select_layer *s, uint32_t feature)
{
    int field = s->layer->schema->roles.time;
    struct cql_span span;
    int64_t year;

    if (field == SCHEMA_NO_FIELD)
        return false;
    if (s->layer->schema->fields[field].type == FIELD_TEXT) {
        if (cql_read_instant(atlas_text(s->layer, feature, field), &span) ==
            CQL_NO_INSTANT)
            return false;
    } else {
        if (!atlas_integer(s->layer, feature, field, &year) || year < -9999 ||
            year > 9999)
            return false;
        span = cql_year_span(year);
    }
    return (double)span.from / 1e6 <= s->time.to &&
           (double)span.to / 1e6 >= s->time.from;
}

static bool has_words(const struct select_layer *s, uint32_t feature)
{
    size_t low = 0;
    size_t high = s->n_words;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->words[middle] < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n_words && s->words[low] == feature;
}

/* Cheap ones first. */
bool select_admits_unplaced(struct select_layer *s, uint32_t feature)
{
    return (!s->leave_out_unreviewed || select_is_reviewed(s->layer, feature)) &&
           (!s->time.is_set || is_in_time(s, feature)) &&
           (!s->has_words || s->words_are_sure || has_words(s, feature)) &&
           (!s->program || s->filter_is_sure ||
            cql_test(s->program, s->scratch, feature));
}

bool select_admits(struct select_layer *s, uint32_t feature)
{
    return select_admits_unplaced(s, feature) &&
           (!s->region || s->region_is_sure ||
            query_region_has(s->region, s->layer, feature, NULL, NULL));
}
