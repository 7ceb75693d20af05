/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a layer in the order of their scan. */
#include "atlas/layer_rows.h"
#include "geom/check.h"

void layer_rows_init(struct layer_builder *b, struct atlas_layer *layer)
{
    *b = (struct layer_builder){.layer = layer,
                                .extent = bbox_empty(),
                                .rows = {.max = SIZE_MAX / 2},
                                .lonlat = {.max = SIZE_MAX / 2},
                                .parts = {.max = SIZE_MAX / 2},
                                .areas = {.max = SIZE_MAX / 2}};
    for (size_t i = 0; i < layer->schema->n_fields; i++)
        column_builder_init(&b->columns[i], layer->schema->fields[i].type);
}

void layer_rows_release(struct layer_builder *b)
{
    im_buf_release(&b->rows);
    im_buf_release(&b->lonlat);
    im_buf_release(&b->parts);
    im_buf_release(&b->areas);
    for (size_t i = 0; i < SCHEMA_MAX_FIELDS; i++)
        column_builder_release(&b->columns[i]);
    free(b->order);
}

static enum im_code
check_kind(const struct layer_schema *schema, enum geom_kind kind, struct im_error *err)
{
    static const char *const names[] = {"empty", "a point", "a line", "an area"};
    static const enum geom_kind expected[] = {
        [SCHEMA_NONE] = GEOM_EMPTY,
        [SCHEMA_POINT] = GEOM_POINT,
        [SCHEMA_LINE] = GEOM_LINE,
        [SCHEMA_AREA] = GEOM_AREA,
    };

    if (kind == GEOM_EMPTY || schema->geometry == SCHEMA_MIXED ||
        expected[schema->geometry] == kind)
        return IM_OK;
    return im_fail(err, IM_EDATA, "is %s, the layer's geometry is '%s'", names[kind],
                   schema_geometry_name(schema->geometry));
}

enum im_code
layer_rows_geom(struct layer_builder *b, const struct geom *g, struct im_error *err)
{
    if (g->kind == GEOM_EMPTY)
        return IM_OK;
    im_buf_append(&b->lonlat, g->lonlat, (size_t)g->n_points * 16);
    if (g->kind != GEOM_POINT)
        im_buf_append(&b->parts, g->part_end, (size_t)g->n_parts * 4);
    if (g->kind == GEOM_AREA)
        im_buf_append(&b->areas, g->area_end, (size_t)g->n_areas * 4);
    if (b->lonlat.failed || b->parts.failed || b->areas.failed)
        return im_fail(err, IM_ENOMEM, "out of memory");
    /* numbers of vertices and parts are uint32 all the way down */
    if (b->lonlat.len / 16 >= UINT32_MAX || b->parts.len / 4 >= UINT32_MAX)
        return im_fail(err, IM_ELIMIT, "the layer has more than %u vertices",
                       UINT32_MAX);
    if (b->kind == GEOM_EMPTY)
        b->kind = g->kind;
    b->needs.starts |= g->kind != GEOM_POINT || g->n_points != 1;
    b->needs.kinds |= g->kind != b->kind;
    b->needs.areas |= g->kind == GEOM_AREA;
    for (uint32_t i = 0; i < g->n_points; i++)
        b->extent = bbox_extend(b->extent, g->lonlat[2 * i], g->lonlat[2 * i + 1]);
    return IM_OK;
}

enum im_code layer_rows_start(struct layer_builder *b,
                              int64_t fid,
                              enum geom_kind kind,
                              struct im_error *err)
{
    struct raw_row *row;

    if (!im_buf_reserve(&b->rows, sizeof *row))
        return im_buf_check(&b->rows, "rows", err);
    row = (struct raw_row *)(b->rows.data + b->rows.len);
    *row = (struct raw_row){.fid = fid,
                            .point = (uint32_t)(b->lonlat.len / 16),
                            .part = (uint32_t)(b->parts.len / 4),
                            .area = (uint32_t)(b->areas.len / 4),
                            .kind = kind};
    b->rows.len += sizeof *row;
    return IM_OK;
}

static enum im_code
add_row(struct layer_builder *b, const struct source_feature *f, struct im_error *err)
{
    const struct layer_schema *schema = b->layer->schema;
    size_t first = b->lonlat.len;
    enum im_code rc = geom_check(&f->geom, err);

    if (rc == IM_OK)
        rc = check_kind(schema, f->geom.kind, err);
    if (rc == IM_OK)
        rc = layer_rows_start(b, f->fid, f->geom.kind, err);
    if (rc == IM_OK)
        rc = layer_rows_geom(b, &f->geom, err);
    if (rc == IM_OK && f->geom.kind == GEOM_AREA)
        geom_orient(&f->geom, (double *)(b->lonlat.data + first));
    for (size_t i = 0; rc == IM_OK && i < schema->n_fields; i++) {
        rc = column_add(&b->columns[i], &f->values[i], err);
        if (rc != IM_OK)
            rc = im_context(err, "field '%s'", schema->fields[i].name);
    }
    if (rc != IM_OK)
        return im_context(err, "row %lld", (long long)f->fid);
    b->n_rows++;
    return IM_OK;
}

enum im_code layer_rows_read(struct layer_builder *b,
                             const struct feature_source *source,
                             struct source_cursor *cursor,
                             struct im_error *err)
{
    struct source_feature feature;
    bool more = true;
    enum im_code rc = IM_OK;

    while (rc == IM_OK) {
        rc = source->next(cursor, &feature, &more, err);
        if (rc != IM_OK || !more)
            break;
        rc = add_row(b, &feature, err);
        if (rc == IM_OK && b->n_rows > LAYER_MAX_ROWS)
            rc = im_fail(err, IM_ELIMIT, "has more than %d rows", LAYER_MAX_ROWS);
    }
    return rc == IM_OK ? layer_rows_start(b, 0, GEOM_EMPTY, err) : rc;
}
