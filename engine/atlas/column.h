/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes column by column.
 *
 *   text     codes   uint32 a row: number in the dictionary, ATLAS_NULL_CODE for null
 *            starts  uint32 an entry, and one more: where its text begins in `blob`
 *            blob    the texts, one after another
 *   integer  integers int64 a row; nulls a bit a row, NULL when no row is null
 *   real     reals   double a row, NaN for null
 */
#ifndef ENGINE_ATLAS_COLUMN_H
#define ENGINE_ATLAS_COLUMN_H

#include <engine/feature_source.h>
#include <engine/schema.h>

struct column {
    enum field_type type;
    const uint32_t *codes;
    const uint32_t *starts;
    const uint8_t *blob;
    uint32_t n_codes;
    const int64_t *integers;
    const uint8_t *nulls;
    const double *reals;
};

/* The hash is kept beside the code, so that neither probing past other texts nor
 * growing reads a text: with a million different ones each would be a cache miss. */
struct column_slot {
    uint32_t hash;
    uint32_t next_code; /* code + 1, 0 is free */
};

/** A column while rows come in. */
struct column_builder {
    enum field_type type;
    struct im_buf rows;  /* uint32 codes, int64 or double */
    struct im_buf nulls; /* integers: a byte a row */
    bool has_null;
    struct im_buf blob;
    struct im_buf starts;
    struct column_slot *slots; /* open addressing */
    uint32_t n_slots;
    uint32_t n_codes;
};

void column_builder_init(struct column_builder *b, enum field_type type);
void column_builder_release(struct column_builder *b);
/** Errors: IM_EDATA a value of another type, IM_ELIMIT over 4 GiB of text, IM_ENOMEM.
 */
IM_CHECKED enum im_code column_add(struct column_builder *b,
                                   const struct source_value *value,
                                   struct im_error *err);
/** Where the rows of a merged column are: row i is row from[i] of `old` where that is
 *  below n_old, else row from[i] - n_old of `changed`, which was filled beside it. */
struct column_sources {
    const struct column *old;
    const struct column_builder *changed;
    const uint32_t *from;
    uint32_t n_old;
    uint32_t n;
};
/** The rows of an empty builder from others. The result is what adding them one by one
 *  gives. Errors: IM_ELIMIT, IM_ENOMEM. */
IM_CHECKED enum im_code column_merge(struct column_builder *b,
                                     const struct column_sources *s,
                                     struct im_error *err);
/** The finished column in `arena`, row i being row order[i] of the builder. */
IM_CHECKED enum im_code column_finish(const struct column_builder *b,
                                      const uint32_t *order,
                                      uint32_t n,
                                      struct im_arena *arena,
                                      struct column *out,
                                      struct im_error *err);

static inline struct im_bytes column_text(const struct column *c, uint32_t code)
{
    return (struct im_bytes){c->blob + c->starts[code],
                             c->starts[code + 1] - c->starts[code]};
}

static inline bool column_is_null(const struct column *c, uint32_t row)
{
    switch (c->type) {
    case FIELD_TEXT:
        return c->codes[row] == UINT32_MAX;
    case FIELD_INTEGER:
        return c->nulls && (c->nulls[row / 8] >> row % 8 & 1);
    case FIELD_REAL:
        return c->reals[row] != c->reals[row];
    }
    return true;
}

#endif
