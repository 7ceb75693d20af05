/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes column by column. */
#include "atlas/column.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

#define NULL_CODE UINT32_MAX

void column_builder_init(struct column_builder *b, enum field_type type)
{
    *b = (struct column_builder){.type = type,
                                 .rows = {.max = SIZE_MAX / 2},
                                 .nulls = {.max = SIZE_MAX / 2},
                                 .blob = {.max = UINT32_MAX},
                                 .starts = {.max = SIZE_MAX / 2}};
}

void column_builder_release(struct column_builder *b)
{
    im_buf_release(&b->rows);
    im_buf_release(&b->nulls);
    im_buf_release(&b->blob);
    im_buf_release(&b->starts);
    free(b->slots);
    b->slots = NULL;
}

static struct im_bytes entry(const struct column_builder *b, uint32_t code)
{
    const uint32_t *starts = (const uint32_t *)b->starts.data;
    size_t end = code + 1 < b->n_codes ? starts[code + 1] : b->blob.len;

    return (struct im_bytes){b->blob.data + starts[code], end - starts[code]};
}

/* The slot that holds `text`, or the free one where it belongs. */
static struct column_slot *
find_slot(const struct column_builder *b, struct im_bytes text, uint32_t hash)
{
    uint32_t mask = b->n_slots - 1;
    uint32_t i = hash & mask;

    while (b->slots[i].next_code &&
           (b->slots[i].hash != hash ||
            !im_bytes_equal(entry(b, b->slots[i].next_code - 1), text)))
        i = (i + 1) & mask;
    return &b->slots[i];
}

static bool grow_slots(struct column_builder *b)
{
    /* fourfold: texts that all differ are put in anew seldom, for a little more room
     * while the layer is read */
    uint32_t n = b->n_slots ? b->n_slots * 4 : 64;
    struct column_slot *slots = calloc(n, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < b->n_slots; i++) {
        uint32_t at = b->slots[i].hash & (n - 1);

        if (b->slots[i].next_code == 0)
            continue;
        while (slots[at].next_code) /* all texts differ */
            at = (at + 1) & (n - 1);
        slots[at] = b->slots[i];
    }
    free(b->slots);
    b->slots = slots;
    b->n_slots = n;
    return true;
}

static enum im_code
append_entry(struct column_builder *b, struct im_bytes text, struct im_error *err)
{
    uint32_t start = (uint32_t)b->blob.len;

    im_buf_append(&b->blob, text.data, text.len);
    im_buf_append(&b->starts, &start, sizeof start);
    if (b->blob.failed || b->starts.failed)
        return im_buf_check(b->blob.failed ? &b->blob : &b->starts, "texts of a column",
                            err);
    b->n_codes++;
    return IM_OK;
}

static enum im_code
add_text(struct column_builder *b, struct im_bytes text, struct im_error *err)
{
    uint32_t hash = (uint32_t)XXH3_64bits(text.data, text.len);
    uint32_t code = b->n_codes;
    struct column_slot *slot;

    if (b->n_codes >= b->n_slots / 2 && !grow_slots(b))
        return im_fail(err, IM_ENOMEM, "out of memory");
    slot = find_slot(b, text, hash);
    if (slot->next_code) {
        code = slot->next_code - 1;
    } else {
        enum im_code rc = append_entry(b, text, err);

        if (rc != IM_OK)
            return rc;
        *slot = (struct column_slot){hash, code + 1};
    }
    im_buf_append(&b->rows, &code, sizeof code);
    return IM_OK;
}

static void add_null(struct column_builder *b)
{
    uint32_t code = NULL_CODE;
    int64_t zero = 0;
    double nan = (double)NAN;
    uint8_t yes = 1;

    b->has_null = true;
    if (b->type == FIELD_TEXT) {
        im_buf_append(&b->rows, &code, sizeof code);
    } else if (b->type == FIELD_REAL) {
        im_buf_append(&b->rows, &nan, sizeof nan);
    } else {
        im_buf_append(&b->rows, &zero, sizeof zero);
        im_buf_append(&b->nulls, &yes, 1);
    }
}

/* SQLite keeps a whole number in a REAL column as either: both are taken. */
static bool to_integer(const struct source_value *v, int64_t *out)
{
    *out = v->integer;
    if (v->kind == SOURCE_REAL && fabs(v->real) < 9e15 && v->real == floor(v->real))
        *out = (int64_t)v->real;
    else if (v->kind != SOURCE_INTEGER)
        return false;
    return true;
}

static bool to_real(const struct source_value *v, double *out)
{
    *out = v->kind == SOURCE_INTEGER ? (double)v->integer : v->real;
    return v->kind == SOURCE_INTEGER || (v->kind == SOURCE_REAL && isfinite(v->real));
}

enum im_code column_add(struct column_builder *b,
                        const struct source_value *value,
                        struct im_error *err)
{
    static const char *const kinds[] = {"null", "an integer", "a real", "a text"};
    static const char *const types[] = {"text", "integer", "real"};
    enum im_code rc = IM_OK;
    bool fits = true;
    int64_t integer;
    double real;
    uint8_t no = 0;

    if (value->kind == SOURCE_NULL) {
        add_null(b);
    } else if (b->type == FIELD_TEXT) {
        fits = value->kind == SOURCE_TEXT;
        if (fits)
            rc = add_text(b, value->text, err);
    } else if (b->type == FIELD_INTEGER) {
        fits = to_integer(value, &integer);
        im_buf_append(&b->rows, &integer, sizeof integer);
        im_buf_append(&b->nulls, &no, 1);
    } else {
        fits = to_real(value, &real);
        im_buf_append(&b->rows, &real, sizeof real);
    }
    if (!fits)
        return im_fail(err, IM_EDATA, "holds %s, the field is of type %s",
                       kinds[value->kind], types[b->type]);
    if (rc == IM_OK && (b->rows.failed || b->nulls.failed))
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    return rc;
}

/* ---- merging ---- */

/* A text of `changed` that `old` has too goes by its code there. */
static void find_aliases(const struct column *old,
                         const struct column_builder *changed,
                         uint32_t *alias)
{
    for (uint32_t code = 0; code < changed->n_codes; code++)
        alias[code] = NULL_CODE;
    for (uint32_t code = 0; changed->n_codes && code < old->n_codes; code++) {
        struct im_bytes text = column_text(old, code);
        const struct column_slot *slot =
            find_slot(changed, text, (uint32_t)XXH3_64bits(text.data, text.len));

        if (slot->next_code)
            alias[slot->next_code - 1] = code;
    }
}

/* Codes are given anew in the order in which texts come, as when all are read. */
static enum im_code merge_text(struct column_builder *b,
                               const struct column_sources *s,
                               struct im_error *err)
{
    const uint32_t *changed_codes = (const uint32_t *)s->changed->rows.data;
    uint32_t *rows = (uint32_t *)b->rows.data;
    size_t n_codes = (size_t)s->old->n_codes + s->changed->n_codes;
    /* of each code of `old`, then of `changed`: the new one + 1 */
    uint32_t *codes = calloc(n_codes + 1, sizeof *codes);
    uint32_t *alias = malloc(((size_t)s->changed->n_codes + 1) * sizeof *alias);
    enum im_code rc = IM_OK;

    if (!codes || !alias ||
        !im_buf_reserve(&b->blob, s->old->starts[s->old->n_codes]) ||
        !im_buf_reserve(&b->starts, n_codes * sizeof(uint32_t))) {
        rc = im_fail(err, IM_ENOMEM, "out of memory");
        goto done;
    }
    find_aliases(s->old, s->changed, alias);
    for (uint32_t i = 0; i < s->n && rc == IM_OK; i++) {
        bool is_old = s->from[i] < s->n_old;
        uint32_t code =
            is_old ? s->old->codes[s->from[i]] : changed_codes[s->from[i] - s->n_old];
        size_t at = code;

        rows[i] = NULL_CODE;
        if (code == NULL_CODE)
            continue;
        if (!is_old)
            at =
                alias[code] != NULL_CODE ? alias[code] : (size_t)s->old->n_codes + code;
        if (codes[at] == 0) {
            rc = append_entry(
                b, is_old ? column_text(s->old, code) : entry(s->changed, code), err);
            codes[at] = b->n_codes;
        }
        rows[i] = codes[at] - 1;
    }
done:
    free(codes);
    free(alias);
    return rc;
}

static void merge_integers(struct column_builder *b, const struct column_sources *s)
{
    const int64_t *changed_rows = (const int64_t *)s->changed->rows.data;
    int64_t *rows = (int64_t *)b->rows.data;

    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t at = s->from[i] - s->n_old;
        bool is_old = s->from[i] < s->n_old;
        bool is_null =
            is_old ? column_is_null(s->old, s->from[i]) : s->changed->nulls.data[at];

        rows[i] = is_old ? s->old->integers[s->from[i]] : changed_rows[at];
        b->nulls.data[i] = is_null;
        b->has_null |= is_null;
    }
    b->nulls.len = s->n;
}

static void merge_reals(struct column_builder *b, const struct column_sources *s)
{
    const double *changed_rows = (const double *)s->changed->rows.data;
    double *rows = (double *)b->rows.data;

    for (uint32_t i = 0; i < s->n; i++)
        rows[i] = s->from[i] < s->n_old ? s->old->reals[s->from[i]]
                                        : changed_rows[s->from[i] - s->n_old];
}

enum im_code column_merge(struct column_builder *b,
                          const struct column_sources *s,
                          struct im_error *err)
{
    size_t width = b->type == FIELD_TEXT ? sizeof(uint32_t) : sizeof(int64_t);
    enum im_code rc = IM_OK;

    if (s->n == 0)
        return IM_OK;
    if (!im_buf_reserve(&b->rows, s->n * width) ||
        (b->type == FIELD_INTEGER && !im_buf_reserve(&b->nulls, s->n)))
        return im_fail(err, IM_ENOMEM, "out of memory");
    if (b->type == FIELD_TEXT)
        rc = merge_text(b, s, err);
    else if (b->type == FIELD_INTEGER)
        merge_integers(b, s);
    else
        merge_reals(b, s);
    b->rows.len = s->n * width;
    return rc;
}

static bool finish_text(const struct column_builder *b,
                        const uint32_t *order,
                        uint32_t n,
                        struct im_arena *arena,
                        struct column *out)
{
    const uint32_t *rows = (const uint32_t *)b->rows.data;
    uint32_t *codes = im_arena_calloc(arena, n, sizeof *codes);
    uint32_t *starts = im_arena_calloc(arena, (size_t)b->n_codes + 1, sizeof *starts);
    uint8_t *blob = im_arena_alloc(arena, b->blob.len);

    if (!codes || !starts || !blob)
        return false;
    for (uint32_t i = 0; i < n; i++)
        codes[i] = rows[order[i]];
    if (b->n_codes) {
        memcpy(starts, b->starts.data, b->n_codes * sizeof *starts);
        if (b->blob.len)
            memcpy(blob, b->blob.data, b->blob.len);
    }
    starts[b->n_codes] = (uint32_t)b->blob.len;
    out->codes = codes;
    out->starts = starts;
    out->blob = blob;
    out->n_codes = b->n_codes;
    return true;
}

static bool finish_integers(const struct column_builder *b,
                            const uint32_t *order,
                            uint32_t n,
                            struct im_arena *arena,
                            struct column *out)
{
    const int64_t *rows = (const int64_t *)b->rows.data;
    int64_t *integers = im_arena_calloc(arena, n, sizeof *integers);
    uint8_t *nulls = NULL;

    if (b->has_null)
        nulls = im_arena_calloc(arena, (size_t)n / 8 + 1, 1);
    if (!integers || (b->has_null && !nulls))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        integers[i] = rows[order[i]];
        if (nulls && b->nulls.data[order[i]])
            nulls[i / 8] |= (uint8_t)(1u << i % 8);
    }
    out->integers = integers;
    out->nulls = nulls;
    return true;
}

static bool finish_reals(const struct column_builder *b,
                         const uint32_t *order,
                         uint32_t n,
                         struct im_arena *arena,
                         struct column *out)
{
    const double *rows = (const double *)b->rows.data;
    double *reals = im_arena_calloc(arena, n, sizeof *reals);

    for (uint32_t i = 0; reals && i < n; i++)
        reals[i] = rows[order[i]];
    out->reals = reals;
    return reals != NULL;
}

enum im_code column_finish(const struct column_builder *b,
                           const uint32_t *order,
                           uint32_t n,
                           struct im_arena *arena,
                           struct column *out,
                           struct im_error *err)
{
    bool done;

    *out = (struct column){.type = b->type};
    if (b->type == FIELD_TEXT)
        done = finish_text(b, order, n, arena, out);
    else if (b->type == FIELD_INTEGER)
        done = finish_integers(b, order, n, arena, out);
    else
        done = finish_reals(b, order, n, arena, out);
    return done ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory");
}
