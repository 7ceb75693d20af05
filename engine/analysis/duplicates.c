/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the atlas that may be the same place. */
#include <engine/duplicates.h>

#include "analysis/near_set.h"

#include "atlas/layer.h"
#include "geom/check.h"

#include <engine/alike.h>
#include <engine/text_identity.h>

#include <math.h>
#include <stdlib.h>

enum { STEPS = 256, MAX_BYTES = 1 << 28, SCRATCH_BYTES = 1 << 20 };

struct row {
    int64_t fid;
    uint32_t feature;
};

struct finder {
    const struct duplicates_request *request;
    struct im_arena *arena;
    struct im_arena *scratch;
    struct division_index divisions;
    const struct atlas_layer *layer;
    int operated_by;
    struct im_buf rows;  /* of the layer at hand */
    struct im_buf pairs; /* of all layers */
    uint64_t n_seen;
    struct duplicates_answer answer;
};

static enum im_code no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "likely duplicates: out of memory");
}

/* ---- rows ---- */

static struct im_bytes name_of(const struct atlas_layer *layer, uint32_t feature)
{
    return query_name(layer, feature, LANG_ZH);
}

static bool collect(void *ctx, uint32_t feature)
{
    struct finder *f = ctx;
    struct row row = {atlas_fid(f->layer, feature), feature};

    if (name_of(f->layer, feature).len == 0) {
        f->answer.n_nameless++;
        return true;
    }
    /* beyond the limit they are only counted */
    if (++f->n_seen <= DUPLICATES_MAX_ROWS)
        im_buf_append(&f->rows, &row, sizeof row);
    return !f->rows.failed;
}

static int by_fid(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    return (x->fid > y->fid) - (x->fid < y->fid);
}

/* The seat of a district or city is where all stand of whom no more is known: it tells
 * nothing of two places. */
static struct alike_place place_of(const struct atlas_layer *layer, uint32_t feature)
{
    struct geom g = atlas_geom(layer, feature);
    struct alike_place place = {0};

    place.is_known = query_precision(layer, feature) < PRECISION_DISTRICT &&
                     geom_middle(&g, &place.x, &place.y);
    return place;
}

/* By the code, because names are written in many ways; else as the row has it. */
static struct im_bytes city_of(const struct finder *f, uint32_t feature)
{
    uint32_t code = division_code_of(f->layer, feature);
    uint32_t city = code ? division_up(&f->divisions, code, DIVISION_CITY) : 0;
    uint32_t row;

    if (city && division_find(f->divisions.divisions, city, &row))
        return name_of(f->divisions.divisions, row);
    return atlas_text(f->layer, feature, f->layer->schema->roles.city);
}

static enum im_code
add_rows(struct finder *f, struct alike *alike, struct im_error *err)
{
    const struct row *rows = (const struct row *)(const void *)f->rows.data;
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < f->rows.len / sizeof *rows; i++)
        rc = alike_add(
            alike,
            (struct alike_row){.place = place_of(f->layer, rows[i].feature), .key = ""},
            name_of(f->layer, rows[i].feature), city_of(f, rows[i].feature), err);
    return rc;
}

/* ---- reasons ---- */

static bool is_same_text(struct finder *f, uint32_t a, uint32_t b, int field)
{
    struct im_bytes x = atlas_text(f->layer, a, field);
    struct im_bytes y = atlas_text(f->layer, b, field);

    if (x.len == 0 || y.len == 0)
        return false;
    if (im_bytes_equal(x, y))
        return true;
    im_arena_reset(f->scratch);
    x = text_name_identity(x, f->scratch);
    y = text_name_identity(y, f->scratch);
    return x.len && im_bytes_equal(x, y);
}

static void
say_name(const struct duplicate_pair *p, struct im_buf *zh, struct im_buf *en)
{
    int percent = (int)(p->likeness * 100);

    switch (p->kind) {
    case DUPLICATE_SAME:
        im_buf_text(zh, "名称相同");
        im_buf_text(en, "the same name");
        break;
    case DUPLICATE_LOOSE:
        im_buf_text(zh, "除括号内文字和城市名外，名称相同");
        im_buf_text(en, "the same name but for brackets and city");
        break;
    case DUPLICATE_NAME:
        im_buf_printf(zh, "名称相似（%d%%）", percent);
        im_buf_printf(en, "similar names (%d%%)", percent);
        break;
    case DUPLICATE_SPOT:
        im_buf_printf(zh, "位置相同，名称相似（%d%%）", percent);
        im_buf_printf(en, "the same position, similar names (%d%%)", percent);
        break;
    }
}

static enum im_code say_why(struct finder *f, struct duplicate_pair *p)
{
    struct im_buf zh = {.max = 400};
    struct im_buf en = {.max = 400};
    char text[QUERY_DISTANCE_TEXT];

    say_name(p, &zh, &en);
    if (p->same_operator) {
        im_buf_text(&zh, "，运营机构相同");
        im_buf_text(&en, ", the same operator");
    }
    if (p->same_division) {
        im_buf_text(&zh, "，同一行政区");
        im_buf_text(&en, ", the same division");
    }
    if (!isnan(p->distance_m)) {
        query_distance_text(text, p->distance_m, p->uncertainty_m, LANG_ZH);
        im_buf_printf(&zh, "，相距%s", text);
        query_distance_text(text, p->distance_m, p->uncertainty_m, LANG_EN);
        im_buf_printf(&en, ", %s apart", text);
    }
    p->reason.zh = zh.failed ? NULL : im_arena_strdup(f->arena, im_buf_bytes(&zh));
    p->reason.en = en.failed ? NULL : im_arena_strdup(f->arena, im_buf_bytes(&en));
    im_buf_release(&zh);
    im_buf_release(&en);
    return p->reason.zh && p->reason.en ? IM_OK : IM_ENOMEM;
}

static void measure(const struct atlas_layer *layer, struct duplicate_pair *p)
{
    struct geom a = atlas_geom(layer, p->feature);
    struct geom b = atlas_geom(layer, p->other);
    enum precision u = query_precision(layer, p->feature);
    enum precision v = query_precision(layer, p->other);

    p->distance_m = (double)NAN;
    if (u >= PRECISION_DISTRICT || v >= PRECISION_DISTRICT || !a.n_points ||
        !b.n_points)
        return;
    p->uncertainty_m = precision_uncertainty_m(u) + precision_uncertainty_m(v);
    p->distance_m = geom_between_m(&a, &b, HUGE_VAL, NULL, NULL);
}

static enum im_code tell(struct finder *f,
                         uint32_t feature,
                         uint32_t other,
                         const struct alike_finding *found,
                         struct im_error *err)
{
    static const enum duplicate_kind kinds[] = {[ALIKE_SPOT] = DUPLICATE_SPOT,
                                                [ALIKE_NAME] = DUPLICATE_NAME,
                                                [ALIKE_LOOSE] = DUPLICATE_LOOSE,
                                                [ALIKE_SAME] = DUPLICATE_SAME};
    uint32_t code = division_code_of(f->layer, feature);
    struct duplicate_pair p = {.layer = f->layer,
                               .feature = feature,
                               .other = other,
                               .kind = kinds[found->rank]};

    p.likeness = p.kind <= DUPLICATE_LOOSE ? 1 : found->likeness;
    p.same_operator = is_same_text(f, feature, other, f->operated_by);
    p.same_division = code && code == division_code_of(f->layer, other);
    measure(f->layer, &p);
    im_buf_append(&f->pairs, &p, sizeof p);
    return f->pairs.failed ? no_memory(err) : IM_OK;
}

/* ---- one layer ---- */

static enum im_code compare(struct finder *f, struct alike *alike, struct im_error *err)
{
    const struct row *rows = (const struct row *)(const void *)f->rows.data;
    enum im_code rc = IM_OK;

    alike_count(alike);
    for (size_t i = 0; rc == IM_OK && i < alike->n; i++) {
        struct alike_finding found = alike_find(alike, i);

        if (found.rank != ALIKE_NOT)
            rc = tell(f, rows[i].feature, rows[found.other - alike->rows].feature,
                      &found, err);
        alike_put(alike, i);
        if (rc == IM_OK && i % STEPS == 0 &&
            im_deadline_passed(&f->request->rows->deadline))
            rc = im_deadline_fail(err);
    }
    return rc == IM_OK ? alike_check(alike, err) : rc;
}

static enum im_code search(struct finder *f, struct im_error *err)
{
    size_t n = f->rows.len / sizeof(struct row);
    struct alike alike = {0};
    enum im_code rc;

    if (f->n_seen > DUPLICATES_MAX_ROWS) {
        f->answer.n_left_out += f->n_seen;
        return IM_OK;
    }
    if (n < 2) {
        f->answer.n_rows += n;
        return IM_OK;
    }
    qsort(f->rows.data, n, sizeof(struct row), by_fid);
    rc = alike_init(&alike, n, err);
    if (rc != IM_OK)
        return rc;
    rc = add_rows(f, &alike, err);
    if (rc == IM_OK)
        rc = compare(f, &alike, err);
    f->answer.n_rows += n;
    alike_release(&alike);
    return rc;
}

/* ---- the answer ---- */

static int by_likeness(const void *a, const void *b)
{
    const struct duplicate_pair *x = a;
    const struct duplicate_pair *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->likeness != y->likeness)
        return x->likeness > y->likeness ? -1 : 1;
    return analysis_compare_rows(x->layer, x->feature, y->layer, y->feature);
}

static enum im_code finish(struct finder *f, struct im_error *err)
{
    struct duplicates_answer *a = &f->answer;
    struct duplicate_pair *pairs = (struct duplicate_pair *)(void *)f->pairs.data;

    a->n_matched = f->pairs.len / sizeof *pairs;
    a->n_pairs = f->request->limit && f->request->limit < a->n_matched
                     ? f->request->limit
                     : a->n_matched;
    if (a->n_matched)
        qsort(pairs, a->n_matched, sizeof *pairs, by_likeness);
    a->pairs = im_arena_calloc(f->arena, a->n_pairs + 1, sizeof *a->pairs);
    if (!a->pairs)
        return no_memory(err);
    for (size_t i = 0; i < a->n_pairs; i++) {
        a->pairs[i] = pairs[i];
        if (say_why(f, &a->pairs[i]) != IM_OK)
            return no_memory(err);
    }
    return IM_OK;
}

static enum im_code
each_layer(struct finder *f, struct cql_fault *fault, struct im_error *err)
{
    const struct query_request *q = f->request->rows;
    enum im_code rc = division_index_init(&f->divisions, q->atlas, f->arena, err);

    for (size_t i = 0; rc == IM_OK && i < q->n_layers; i++) {
        f->layer = q->layers[i];
        f->operated_by = schema_field_index(f->layer->schema, im_bytes_of("operator"));
        f->n_seen = 0;
        im_buf_clear(&f->rows);
        rc = query_each(q, f->layer, f->arena, collect, f, fault, err);
        if (rc == IM_OK && f->rows.failed)
            rc = no_memory(err);
        if (rc == IM_OK)
            rc = search(f, err);
    }
    return rc;
}

enum im_code duplicates_find(const struct duplicates_request *request,
                             struct im_arena *arena,
                             struct duplicates_answer *out,
                             struct cql_fault *fault,
                             struct im_error *err)
{
    struct finder f = {.request = request,
                       .arena = arena,
                       .rows = {.max = MAX_BYTES},
                       .pairs = {.max = MAX_BYTES}};
    enum im_code rc = IM_OK;

    if (request->rows->n_layers == 0) {
        im_fail(err, IM_EARG, "layers is empty, allowed: 1 to %d", QUERY_MAX_LAYERS);
        return im_zh(err, IM_EARG, "未指定图层，应为 1 到 %d 个", QUERY_MAX_LAYERS);
    }
    f.scratch = im_arena_new(SCRATCH_BYTES);
    if (!f.scratch) {
        rc = no_memory(err);
        goto done;
    }
    rc = each_layer(&f, fault, err);
    if (rc == IM_OK)
        rc = finish(&f, err);
    if (rc == IM_OK)
        *out = f.answer;
done:
    im_buf_release(&f.rows);
    im_buf_release(&f.pairs);
    im_arena_free(f.scratch);
    return rc;
}
