/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a layer from its version before and the few that have changed since.
 *
 * Reading a million rows from a database takes most of the time of building their
 * layer. What comes out here is what such a scan would give: rows by fid, codes of
 * texts in the order in which they first come; so all that is built from the rows is
 * the same too. */
#include "atlas/layer_rows.h"

enum {
    SHARE =
        16, /* up to one row of so many: single rows cost more than those in a row */
    ARENA_MAX = 1 << 30
};

struct follower {
    const struct atlas_layer *old;
    const uint32_t *by_fid; /* rows of `old`; NULL: as they are numbered */
    const int64_t *fids;    /* that may differ */
    size_t n_fids;
    struct layer_builder changed; /* those of them that are there */
    /* row i is row from[i] of `old`, or from[i] - old->n of `changed` */
    uint32_t *from;
    size_t n;
    struct im_arena *arena;
};

static void release(struct follower *f)
{
    if (!f)
        return;
    layer_rows_release(&f->changed);
    free(f->from);
    im_arena_free(f->arena);
    free(f);
}

static enum im_code find_changes(struct follower *f,
                                 const struct feature_source *source,
                                 bool *known,
                                 struct im_error *err)
{
    const struct atlas_layer *old = f->old;

    f->arena = im_arena_new(ARENA_MAX);
    if (!f->arena)
        return im_fail(err, IM_ENOMEM, "out of memory");
    return source->changes(source->self, old->schema->id, old->version, old->n / SHARE,
                           f->arena, &f->fids, &f->n_fids, known, err);
}

static enum im_code read_changed(struct follower *f,
                                 const struct feature_source *source,
                                 struct atlas_layer *layer,
                                 struct im_error *err)
{
    struct source_cursor *cursor = NULL;
    enum im_code rc;

    layer_rows_init(&f->changed, layer);
    rc = source->open_rows(source->self, layer->schema->id, f->fids, f->n_fids, &cursor,
                           err);
    if (rc == IM_OK)
        rc = layer_rows_read(&f->changed, source, cursor, err);
    source->close(cursor);
    return rc;
}

static const struct raw_row *changed_row(const struct follower *f, size_t i)
{
    return (const struct raw_row *)f->changed.rows.data + i;
}

static uint32_t old_row(const struct follower *f, uint32_t i)
{
    return f->by_fid ? f->by_fid[i] : i;
}

/* Takes the changed rows up to `fid`. *is_touched: `fid` is one of those that may
 * differ, so its row in `old` no longer counts. */
static void
take_changed(struct follower *f, size_t *at, size_t *row, int64_t fid, bool *is_touched)
{
    *is_touched = false;
    for (; *at < f->n_fids && f->fids[*at] <= fid; ++*at) {
        *is_touched = f->fids[*at] == fid;
        if (*row < f->changed.n_rows && changed_row(f, *row)->fid == f->fids[*at])
            f->from[f->n++] = f->old->n + (uint32_t)(*row)++;
    }
}

/* Both lists by rising fid. False when that is not so, or when the rows are not as many
 * as the source has: then it has not told all. */
static bool merge_rows(struct follower *f, uint64_t n_expected)
{
    const struct atlas_layer *old = f->old;
    size_t at = 0;
    size_t row = 0;
    bool is_touched;

    for (uint32_t i = 0; i < old->n; i++) {
        int64_t fid = old->fids[old_row(f, i)];

        if (i && fid <= old->fids[old_row(f, i - 1)])
            return false;
        take_changed(f, &at, &row, fid, &is_touched);
        if (!is_touched)
            f->from[f->n++] = old_row(f, i);
    }
    take_changed(f, &at, &row, INT64_MAX, &is_touched);
    return row == f->changed.n_rows && f->n == n_expected;
}

/* Nothing of the builder is written before it is certain that this will do. */
static enum im_code plan(struct follower *f,
                         const struct feature_source *source,
                         const struct source_layer *from,
                         struct atlas_layer *layer,
                         bool *fits,
                         struct im_error *err)
{
    const struct fid_order *order;
    enum im_code rc = find_changes(f, source, fits, err);

    if (rc == IM_OK && *fits)
        rc = read_changed(f, source, layer, err);
    if (rc != IM_OK || !*fits)
        return rc;
    order = lazy_fids(f->old);
    *fits = order && (uint64_t)f->old->n + f->changed.n_rows <= LAYER_MAX_ROWS;
    if (!*fits)
        return IM_OK;
    f->by_fid = order->features;
    f->from = malloc((f->old->n + f->changed.n_rows + 1) * sizeof *f->from);
    if (!f->from)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *fits = merge_rows(f, from->n_features);
    return IM_OK;
}

static struct geom changed_geom(const struct follower *f, size_t i)
{
    const struct layer_builder *b = &f->changed;
    const struct raw_row *row = changed_row(f, i);
    struct geom g = {.kind = row->kind,
                     .n_points = row[1].point - row->point,
                     .n_parts = row[1].part - row->part,
                     .n_areas = row[1].area - row->area};

    if (g.n_points)
        g.lonlat = (const double *)b->lonlat.data + 2 * (size_t)row->point;
    if (g.n_parts)
        g.part_end = (const uint32_t *)b->parts.data + row->part;
    if (g.n_areas)
        g.area_end = (const uint32_t *)b->areas.data + row->area;
    return g;
}

static enum im_code take_row(struct layer_builder *b,
                             const struct follower *f,
                             size_t i,
                             struct im_error *err)
{
    const struct atlas_layer *old = f->old;
    uint32_t row = f->from[i];
    bool is_old = row < old->n;
    struct geom g = is_old ? atlas_geom(old, row) : changed_geom(f, row - old->n);
    int64_t fid = is_old ? old->fids[row] : changed_row(f, row - old->n)->fid;
    enum im_code rc = layer_rows_start(b, fid, g.kind, err);

    return rc == IM_OK ? layer_rows_geom(b, &g, err) : rc;
}

static enum im_code
take_rows(struct layer_builder *b, const struct follower *f, struct im_error *err)
{
    const struct layer_schema *schema = b->layer->schema;
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < f->n && rc == IM_OK; i++)
        rc = take_row(b, f, i, err);
    if (rc == IM_OK)
        rc = layer_rows_start(b, 0, GEOM_EMPTY, err);
    for (size_t i = 0; i < schema->n_fields && rc == IM_OK; i++) {
        const struct column_sources sources = {.old = &f->old->columns[i],
                                               .changed = &f->changed.columns[i],
                                               .from = f->from,
                                               .n_old = f->old->n,
                                               .n = (uint32_t)f->n};

        rc = column_merge(&b->columns[i], &sources, err);
        if (rc != IM_OK)
            rc = im_context(err, "field '%s'", schema->fields[i].name);
    }
    b->n_rows = f->n;
    return rc;
}

enum im_code layer_rows_follow(struct layer_builder *b,
                               const struct feature_source *source,
                               const struct source_layer *from,
                               const struct atlas_layer *old,
                               bool *done,
                               struct im_error *err)
{
    struct follower *f = NULL; /* too large for a stack */
    bool fits = false;
    enum im_code rc = IM_OK;

    *done = false;
    if (!source->changes || old->n == 0 ||
        strcmp(old->definition_json, from->definition_json) != 0)
        return IM_OK;
    f = calloc(1, sizeof *f);
    if (!f)
        return im_fail(err, IM_ENOMEM, "out of memory");
    f->old = old;
    rc = plan(f, source, from, b->layer, &fits, err);
    if (rc == IM_OK && fits) {
        rc = take_rows(b, f, err);
        *done = rc == IM_OK;
    } else if (rc != IM_ENOMEM) {
        rc = IM_OK; /* the scan will say what is wrong with the layer, if anything is */
    }
    release(f);
    return rc;
}
