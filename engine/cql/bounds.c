/* SPDX-License-Identifier: Apache-2.0 */
/* What every match must have: for planners, which need not look elsewhere. */
#include "cql/program.h"

#include <math.h>

enum {
    MAX_LOOKED_AT = 1 << 20, /* codes that one compilation tries */
    MAX_CODES = 1 << 16,     /* of a dictionary that is gone through */
    TEMPORARY_BYTES = 16 * 1024 * 1024
};

struct found {
    bool is_never;
    bool has_box;
    struct bbox box;
    const uint32_t *codes; /* ascending; NULL: nothing is known */
    size_t n_codes;
    int field;
};

struct finder {
    const struct atlas_layer *layer;
    struct cql_scratch *scratch;
    struct im_arena *arena;
    size_t looked_at;
};

static struct found find(struct finder *f, const struct cql_step *step);

/* ---- codes ---- */

static bool is_yes(struct finder *f, const struct cql_step *step, uint32_t code)
{
    struct cql_run run = {f->layer, f->scratch, 0, step->depends_on, code};

    if (im_arena_used(f->scratch->temporary))
        im_arena_reset(f->scratch->temporary);
    return cql_eval_truth(&run, step) == CQL_YES;
}

static bool may_not_be_composed(struct im_bytes text)
{
    return text.len &&
           (memchr(text.data, 0xCC, text.len) || memchr(text.data, 0xCD, text.len));
}

/* Without a value for each of what may be a million keys. Composing only shortens, so
 * a text that is not longer is what it is. */
bool cql_find_code(const struct column *column, struct im_bytes text, uint32_t *out)
{
    *out = ATLAS_NULL_CODE;
    for (uint32_t code = 0; code < column->n_codes; code++) {
        struct im_bytes other = column_text(column, code);

        if (other.len == text.len && im_bytes_equal(other, text))
            *out = code;
        else if (other.len > text.len && may_not_be_composed(other))
            return false;
    }
    return true;
}

const struct cql_value *cql_plain_equality(const struct cql_step *step)
{
    if (step->op != CQL_EQ || step->args[0]->op != CQL_PROPERTY ||
        step->args[0]->read != CQL_READ_TEXT || !step->args[1]->is_constant ||
        step->args[1]->value.is_null)
        return NULL;
    return &step->args[1]->value;
}

static struct found keep_codes(struct finder *f, int field, const struct im_buf *codes)
{
    struct found found = {.field = field};
    uint32_t *kept = codes->len ? im_arena_alloc(f->arena, codes->len) : NULL;

    if (codes->failed)
        return found;
    if (kept)
        memcpy(kept, codes->data, codes->len);
    found.codes = kept;
    found.n_codes = codes->len / sizeof(uint32_t);
    found.is_never = codes->len == 0;
    return found;
}

static struct found find_codes(struct finder *f, const struct cql_step *step)
{
    uint32_t n = f->layer->columns[step->depends_on].n_codes;
    struct im_buf codes = {.max = SIZE_MAX / 2};
    struct found found = {.field = step->depends_on};

    if (step->has_code) {
        if (step->code != ATLAS_NULL_CODE)
            im_buf_append(&codes, &step->code, sizeof step->code);
    } else {
        if (n > MAX_CODES || n > MAX_LOOKED_AT - f->looked_at ||
            is_yes(f, step, ATLAS_NULL_CODE))
            return found;
        f->looked_at += n;
        for (uint32_t code = 0; code < n; code++)
            if (is_yes(f, step, code))
                im_buf_append(&codes, &code, sizeof code);
    }
    found = keep_codes(f, step->depends_on, &codes);
    im_buf_release(&codes);
    return found;
}

/* Codes of both (`all`) or of any of the two. */
static void
merge_codes(struct finder *f, struct found *a, const struct found *b, bool all)
{
    uint32_t *out = im_arena_calloc(f->arena, a->n_codes + b->n_codes, sizeof *out);
    size_t i = 0;
    size_t j = 0;
    size_t n = 0;

    while (out && (i < a->n_codes || j < b->n_codes)) {
        bool has_a = i < a->n_codes;
        bool has_b = j < b->n_codes;
        bool is_both = has_a && has_b && a->codes[i] == b->codes[j];
        bool takes_a = is_both || !has_b || (has_a && a->codes[i] < b->codes[j]);
        uint32_t code = takes_a ? a->codes[i] : b->codes[j];

        if (is_both || !all)
            out[n++] = code;
        i += takes_a;
        j += is_both || !takes_a;
    }
    a->codes = out;
    a->n_codes = n;
    a->is_never |= out && n == 0;
}

/* ---- boxes ---- */

/* All positions up to `metres` away. A degree of latitude has 110,574 m and more; one
 * of longitude 111,319 m times the cosine, which is least at the cap's far side. */
static struct bbox box_around(double lon, double lat, double metres)
{
    double dlat = metres / 110500 * 1.001 + 1e-9;
    double far = fabs(lat) + dlat;
    double dlon =
        far < 89 ? metres / (111300 * cos(far * 0.017453292519943295)) * 1.01 + 1e-9
                 : 360;
    struct bbox box = {lon - dlon, lat - dlat, lon + dlon, lat + dlat};

    if (box.min_x < -180 || box.max_x > 180) {
        box.min_x = -180;
        box.max_x = 180;
    }
    return box;
}

static bool is_distance(const struct cql_step *step, const double **point)
{
    const struct cql_step *a;
    const struct cql_step *b;

    if (step->op != CQL_FUNCTION || step->is_constant ||
        strcmp(step->call->about.name, "distance_m") != 0)
        return false;
    a = step->args[0];
    b = step->args[1];
    if (!a->shape && !b->shape)
        return false;
    *point = a->shape ? a->value.geom.lonlat : b->value.geom.lonlat;
    return true;
}

/* distance_m(...) <= number, or the other way round */
static struct found find_distance(const struct cql_step *step)
{
    bool is_below = step->op == CQL_LE || step->op == CQL_LT;
    const struct cql_step *distance = step->args[is_below ? 0 : 1];
    const struct cql_step *limit = step->args[is_below ? 1 : 0];
    struct found found = {.field = -1};
    const double *point;

    if (!is_distance(distance, &point) || !limit->is_constant || limit->value.is_null)
        return found;
    found.is_never = limit->value.number < 0;
    found.has_box = !found.is_never;
    found.box = box_around(point[0], point[1], limit->value.number);
    return found;
}

static struct found find_shape(const struct cql_step *step)
{
    const struct cql_shape *a = step->args[0]->shape;
    const struct cql_shape *b = step->args[1]->shape;
    struct found found = {.field = -1};

    if (a || b) {
        found.has_box = true;
        found.box = a ? a->box : b->box;
    }
    return found;
}

static double size_of(struct bbox b)
{
    return (b.max_x - b.min_x) * (b.max_y - b.min_y);
}

static struct bbox common(struct bbox a, struct bbox b)
{
    return (struct bbox){fmax(a.min_x, b.min_x), fmax(a.min_y, b.min_y),
                         fmin(a.max_x, b.max_x), fmin(a.max_y, b.max_y)};
}

/* ---- logic ---- */

/* A point is in both boxes; anything larger may meet them in different places. */
static void and_box(struct finder *f, struct found *a, const struct found *b)
{
    bool are_points = atlas_layer_is_single(f->layer);

    if (!b->has_box)
        return;
    if (!a->has_box || (!are_points && size_of(b->box) < size_of(a->box)))
        a->box = b->box;
    else if (are_points)
        a->box = common(a->box, b->box);
    a->has_box = true;
    a->is_never |= bbox_is_empty(a->box);
}

static void and_codes(struct finder *f, struct found *a, const struct found *b)
{
    if (!b->codes)
        return;
    if (a->codes && a->field == b->field) {
        merge_codes(f, a, b, true);
    } else if (!a->codes || b->n_codes < a->n_codes) {
        a->codes = b->codes;
        a->n_codes = b->n_codes;
        a->field = b->field;
    }
}

static struct found find_and(struct finder *f, const struct cql_step *step)
{
    struct found all = {.field = -1};

    for (uint32_t i = 0; i < step->n_args; i++) {
        struct found one = find(f, step->args[i]);

        all.is_never |= one.is_never;
        and_box(f, &all, &one);
        and_codes(f, &all, &one);
    }
    return all;
}

static struct found find_or(struct finder *f, const struct cql_step *step)
{
    struct found any = {.is_never = true, .field = -1};

    for (uint32_t i = 0; i < step->n_args; i++) {
        struct found one = find(f, step->args[i]);

        if (one.is_never)
            continue;
        if (any.is_never) {
            any = one;
            continue;
        }
        any.has_box = any.has_box && one.has_box;
        any.box = bbox_union(any.box, one.box);
        if (any.codes && one.codes && any.field == one.field)
            merge_codes(f, &any, &one, false);
        else
            any.codes = NULL;
    }
    return any;
}

static struct found find(struct finder *f, const struct cql_step *step)
{
    struct found nothing = {.field = -1};

    if (step->is_constant) {
        nothing.is_never = step->value.is_null || step->value.truth != CQL_YES;
        return nothing;
    }
    if (step->depends_on >= 0)
        return find_codes(f, step);
    if (step->op == CQL_AND)
        return find_and(f, step);
    if (step->op == CQL_OR)
        return find_or(f, step);
    if (cql_op_is_spatial(step->op) && step->op != CQL_S_DISJOINT)
        return find_shape(step);
    if (cql_op_is_between(step->op, CQL_LT, CQL_GE))
        return find_distance(step);
    return nothing;
}

void cql_find_bounds(struct cql_program *program, struct im_arena *arena)
{
    struct cql_scratch scratch = {.temporary = im_arena_new(TEMPORARY_BYTES)};
    struct finder f = {program->layer, &scratch, arena, 0};
    struct found found = {.field = -1};

    if (scratch.temporary) /* without memory nothing is known, which is right too */
        found = find(&f, program->root);
    program->bounds = (struct cql_bounds){
        .is_never = found.is_never,
        .has_box = found.has_box,
        .box = found.box,
        .codes = found.codes,
        .n_codes = found.codes ? found.n_codes : 0,
        .field = found.codes ? found.field : -1,
        .codes_decide = found.codes && program->root->depends_on >= 0,
        .cost = program->root->cost};
    im_arena_free(scratch.temporary);
}

void cql_bounds_of(const struct cql_program *program, struct cql_bounds *out)
{
    *out = program->bounds;
}
