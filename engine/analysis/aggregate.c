/* SPDX-License-Identifier: Apache-2.0 */
/* Counts, sums and means by group. */
#include "analysis/groups.h"

#include "atlas/layer.h"

#include <math.h>
#include <stdlib.h>

struct aggregate {
    const struct aggregate_request *request;
    struct groups groups;
    const struct atlas_layer *layer;
    int measure; /* field of the layer at hand */
    struct aggregate_answer answer;
};

/* ---- the request ---- */

static bool is_number(const struct atlas_layer *layer, int field)
{
    return field != SCHEMA_NO_FIELD && layer->schema->fields[field].type != FIELD_TEXT;
}

static enum im_code check(const struct aggregate_request *q, struct im_error *err)
{
    int len = q->measure_field.len < 100 ? (int)q->measure_field.len : 100;

    if (q->rows->n_layers < 1 || q->rows->n_layers > QUERY_MAX_LAYERS) {
        im_fail(err, IM_EARG, "layers is %zu, allowed: 1 to %d", q->rows->n_layers,
                QUERY_MAX_LAYERS);
        return im_zh(err, IM_EARG, "图层数为 %zu，应为 1 到 %d", q->rows->n_layers,
                     QUERY_MAX_LAYERS);
    }
    if (q->measure == AGGREGATE_COUNT)
        return IM_OK;
    for (size_t i = 0; i < q->rows->n_layers; i++)
        if (is_number(q->rows->layers[i],
                      schema_field_index(q->rows->layers[i]->schema, q->measure_field)))
            return IM_OK;
    im_fail(err, IM_EARG, "none of the layers has a field of numbers '%.*s'", len,
            (const char *)q->measure_field.data);
    return im_zh(err, IM_EARG, "所选图层都没有数值字段“%.*s”", len,
                 (const char *)q->measure_field.data);
}

/* ---- rows ---- */

static bool visit(void *ctx, uint32_t feature)
{
    struct aggregate *a = ctx;
    struct groups *g = &a->groups;
    double value = 0;
    bool has_value;

    if (query_precision(a->layer, feature) > a->request->rows->coarsest) {
        a->answer.n_apart++;
        return true;
    }
    if (!groups_find(g, feature))
        return false;
    a->answer.n_unknown += g->is_unknown;
    a->answer.total += g->is_unknown || g->n_ids;
    has_value = atlas_number(a->layer, feature, a->measure, &value);
    for (uint32_t i = 0; i < g->n_ids; i++) {
        struct group *group = group_at(g, g->ids[i]);

        group->answer.count++;
        group->answer.n_values += has_value;
        group->sum += value;
    }
    return true;
}

static enum im_code count_rows(struct aggregate *a,
                               struct im_arena *arena,
                               struct cql_fault *fault,
                               struct im_error *err)
{
    const struct aggregate_request *q = a->request;
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < q->rows->n_layers; i++) {
        a->layer = q->rows->layers[i];
        a->measure = q->measure == AGGREGATE_COUNT
                         ? SCHEMA_NO_FIELD
                         : schema_field_index(a->layer->schema, q->measure_field);
        rc = groups_begin(&a->groups, a->layer, err);
        if (rc == IM_OK)
            rc = query_each(q->rows, a->layer, arena, visit, a, fault, err);
        if (rc == IM_OK)
            rc = a->groups.rc;
    }
    return rc;
}

/* ---- what stands beside a count ---- */

static void measure(const struct aggregate_request *q, struct group *group)
{
    struct aggregate_group *out = &group->answer;

    switch (q->measure) {
    case AGGREGATE_COUNT:
        out->n_values = out->count;
        out->value = (double)out->count;
        break;
    case AGGREGATE_SUM:
        out->value = out->n_values ? group->sum : (double)NAN;
        break;
    case AGGREGATE_MEAN:
        out->value = out->n_values ? group->sum / (double)out->n_values : (double)NAN;
        break;
    }
}

/* The stated area of a division's outline, else that of the outline itself. */
static double area_of(const struct groups *g, const struct aggregate_group *group)
{
    double stated = 0;
    int field;

    if (!group->outline_layer)
        return (double)NAN;
    field = schema_field_index(group->outline_layer->schema, im_bytes_of("area_km2"));
    if (group->outline_layer == g->divisions.outlines &&
        atlas_number(group->outline_layer, group->outline, field, &stated) &&
        stated > 0)
        return stated;
    struct geom outline = atlas_geom(group->outline_layer, group->outline);
    return analysis_area_km2(&outline);
}

static void compare_with(const struct groups *g, struct group *group)
{
    const struct aggregate_request *q = g->request;
    struct aggregate_group *out = &group->answer;

    if (q->per_area) {
        out->area_km2 = area_of(g, out);
        if (out->area_km2 > 0)
            out->per_100km2 = out->value / out->area_km2 * 100;
    }
    if (q->per_indicator && out->indicator > 0)
        out->per_indicator = out->value / out->indicator;
}

/* ---- order ---- */

static int compare_texts(struct im_bytes a, struct im_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_code(const void *a, const void *b)
{
    const struct group *x = a;
    const struct group *y = b;

    return compare_texts(x->answer.code, y->answer.code);
}

static int by_value_of_field(const void *a, const void *b)
{
    const struct group *x = a;
    const struct group *y = b;

    if (x->ordinal != y->ordinal)
        return x->ordinal < y->ordinal ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return by_code(a, b);
}

static int by_ordinal(const void *a, const void *b)
{
    const struct group *x = a;
    const struct group *y = b;

    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* What is not known goes last. */
static int compare_largest(double x, double y)
{
    if (isnan(x) || isnan(y))
        return (isnan(x) ? 1 : 0) - (isnan(y) ? 1 : 0);
    return (x < y) - (x > y);
}

static int by_size(const void *a, const void *b)
{
    const struct group *x = a;
    const struct group *y = b;
    int order = compare_largest(x->sum, y->sum); /* here: what to rank by */

    return order ? order : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static void sort(const struct aggregate_request *q, struct group *groups, size_t n)
{
    static int (*const own[])(const void *, const void *) = {
        [AGGREGATE_TOTAL] = by_ordinal, [AGGREGATE_DIVISION] = by_code,
        [AGGREGATE_AREAS] = by_ordinal, [AGGREGATE_FIELD] = by_value_of_field,
        [AGGREGATE_LAYER] = by_ordinal,
    };

    if (n)
        qsort(groups, n, sizeof *groups, own[q->by]);
    if (q->limit == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        groups[i].ordinal = (uint32_t)i;
        groups[i].sum = q->per_indicator ? groups[i].answer.per_indicator
                        : q->per_area    ? groups[i].answer.per_100km2
                                         : groups[i].answer.value;
    }
    if (n)
        qsort(groups, n, sizeof *groups, by_size);
}

/* ---- what has to be said ---- */

static void add_note(struct schema_title *to,
                     const char *zh,
                     const char *en,
                     struct im_arena *arena)
{
    struct im_buf buf[2] = {{.max = 8000}, {.max = 8000}};
    const char *copy[2];

    im_buf_printf(&buf[0], "%s%s", to->zh, zh);
    im_buf_printf(&buf[1], "%s%s%s", to->en, *to->en ? " " : "", en);
    for (int i = 0; i < 2; i++) {
        copy[i] = buf[i].failed ? NULL : im_arena_strdup(arena, im_buf_bytes(&buf[i]));
        im_buf_release(&buf[i]);
    }
    if (copy[0] && copy[1])
        *to = (struct schema_title){copy[0], copy[1]};
}

static void say_divisions(struct aggregate *a, struct im_arena *arena)
{
    const struct division_index *d = &a->groups.divisions;

    if (a->request->by == AGGREGATE_DIVISION && !d->divisions && !d->outlines)
        add_note(&a->answer.missing, "数据中没有行政区图层，无法按行政区分组。",
                 "There is no layer of divisions to group by.", arena);
}

static void say_areas(struct aggregate *a, struct im_arena *arena)
{
    size_t lacking = 0;
    char zh[160];
    char en[160];

    for (uint32_t i = 0; i < group_count(&a->groups); i++)
        lacking += isnan(group_at(&a->groups, i)->answer.area_km2) ? 1 : 0;
    add_note(
        &a->answer.missing, "面积为图上轮廓面积，未经审核，沿海含部分海域。",
        "Areas are those of the outlines as drawn, not reviewed, on the coast with "
        "some of the sea.",
        arena);
    if (lacking == 0)
        return;
    snprintf(zh, sizeof zh, "%zu 个分组没有轮廓，无法计算每百平方公里数。", lacking);
    snprintf(en, sizeof en,
             "%zu groups have no outline, so nothing can be told per 100 km2.",
             lacking);
    add_note(&a->answer.missing, zh, en, arena);
}

static enum im_code
add_indicators(struct aggregate *a, struct im_arena *arena, struct im_error *err)
{
    struct indicator_note note;
    enum im_code rc;

    if (a->request->indicator.len == 0)
        return IM_OK;
    rc = indicators_add(&a->groups, &note, err);
    if (rc != IM_OK)
        return rc;
    a->answer.indicator_title = note.title;
    a->answer.indicator_unit = note.unit;
    if (*note.missing.zh)
        add_note(&a->answer.missing, note.missing.zh, note.missing.en, arena);
    return IM_OK;
}

/* ---- the answer ---- */

/* Groups that are to be shown move to the front; returns how many. */
static size_t keep(const struct aggregate_request *q, struct groups *g)
{
    size_t kept = 0;

    for (uint32_t i = 0; i < group_count(g); i++) {
        struct group group = *group_at(g, i);
        uint64_t least = q->with_empty || q->by == AGGREGATE_TOTAL ? 0 : 1;

        if (group.answer.count >= least && group.answer.count >= q->min_count)
            *group_at(g, (uint32_t)kept++) = group;
    }
    g->all.len = kept * sizeof(struct group);
    return kept;
}

static enum im_code
finish(struct aggregate *a, struct im_arena *arena, struct im_error *err)
{
    const struct aggregate_request *q = a->request;
    struct aggregate_answer *out = &a->answer;
    size_t n = keep(q, &a->groups);
    enum im_code rc = add_indicators(a, arena, err);

    if (rc != IM_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        measure(q, group_at(&a->groups, (uint32_t)i));
        compare_with(&a->groups, group_at(&a->groups, (uint32_t)i));
    }
    say_divisions(a, arena);
    if (q->per_area)
        say_areas(a, arena);
    sort(q, (struct group *)(void *)a->groups.all.data, n);
    out->n_groups_matched = n;
    out->n_groups = q->limit && q->limit < n ? q->limit : n;
    out->groups = im_arena_calloc(arena, out->n_groups + 1, sizeof *out->groups);
    if (!out->groups)
        return im_fail(err, IM_ENOMEM, "aggregate: out of memory");
    for (size_t i = 0; i < out->n_groups; i++)
        out->groups[i] = group_at(&a->groups, (uint32_t)i)->answer;
    out->counts_overlap = a->groups.overlaps;
    return IM_OK;
}

enum im_code analysis_aggregate(const struct aggregate_request *request,
                                struct im_arena *arena,
                                struct aggregate_answer *out,
                                struct cql_fault *fault,
                                struct im_error *err)
{
    struct aggregate a = {.request = request,
                          .answer = {.missing = {"", ""},
                                     .indicator_title = {"", ""},
                                     .indicator_unit = {"", ""}}};
    enum im_code rc = check(request, err);

    if (rc != IM_OK)
        return rc;
    rc = groups_init(&a.groups, request, arena, err);
    if (rc == IM_OK)
        rc = count_rows(&a, arena, fault, err);
    if (rc == IM_OK && request->with_empty)
        rc = groups_add_empty(&a.groups, err);
    if (rc == IM_OK)
        rc = finish(&a, arena, err);
    if (rc == IM_OK)
        *out = a.answer;
    groups_release(&a.groups);
    return rc;
}
