/* SPDX-License-Identifier: Apache-2.0 */
/* Are two layers the same in memory, byte for byte? For tests that see the private
 * headers of engine/. */
#ifndef TESTS_ENGINE_ATLAS_SAME_LAYER_H
#define TESTS_ENGINE_ATLAS_SAME_LAYER_H

#include <test.h>

#include "atlas/layer.h"

/* NULL on both sides is the same; on one only is not. */
static inline void
assert_same_bytes(const char *what, const void *a, const void *b, size_t n)
{
    if ((a == NULL) != (b == NULL) || (a && n && memcmp(a, b, n) != 0))
        fail_msg("%s differ", what);
}

static inline void
assert_same_shapes(const struct shape_level *a, const struct shape_level *b, size_t n)
{
    size_t points = a->point_start ? a->point_start[n] : n;

    assert_int_equal(a->max_zoom, b->max_zoom);
    assert_same_bytes("starts", a->point_start, b->point_start, (n + 1) * 4);
    assert_same_bytes("part starts", a->part_start, b->part_start, (n + 1) * 4);
    assert_same_bytes("world units", a->xy, b->xy, points * 8);
    assert_same_bytes("parts", a->parts, b->parts,
                      a->part_start ? (size_t)a->part_start[n] * 4 : 0);
}

static inline void assert_same_geometry(const struct atlas_layer *a,
                                        const struct atlas_layer *b)
{
    size_t n = a->n_placed;
    size_t points = a->full.point_start ? a->full.point_start[n] : n;

    assert_int_equal(a->kind, b->kind);
    assert_memory_equal(&a->extent, &b->extent, sizeof a->extent);
    if (n)
        assert_same_shapes(&a->full, &b->full, n);
    assert_int_equal(a->n_levels, b->n_levels);
    for (unsigned i = 0; i < a->n_levels; i++)
        assert_same_shapes(&a->levels[i], &b->levels[i], n);
    assert_same_bytes("kinds", a->kinds, b->kinds, n);
    assert_same_bytes("positions", a->lonlat, b->lonlat, points * 16);
    assert_same_bytes("boxes", a->boxes, b->boxes, n * sizeof *a->boxes);
    assert_same_bytes("area starts", a->area_start, b->area_start, (n + 1) * 4);
    assert_same_bytes("area ends", a->area_ends, b->area_ends,
                      a->area_start ? (size_t)a->area_start[n] * 4 : 0);
}

static inline void assert_same_tree(const struct tree *a, const struct tree *b)
{
    size_t nodes = 0;

    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_levels, b->n_levels);
    for (unsigned i = 0; i < a->n_levels; i++) {
        assert_int_equal(a->level_size[i], b->level_size[i]);
        nodes += a->level_size[i];
    }
    assert_same_bytes("boxes of the tree", a->boxes, b->boxes,
                      nodes * sizeof *a->boxes);
    assert_same_bytes("masks of the tree", a->masks, b->masks,
                      nodes * sizeof *a->masks);
}

static inline void
assert_same_column(const struct column *a, const struct column *b, size_t n)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->n_codes, b->n_codes);
    assert_same_bytes("codes", a->codes, b->codes, n * 4);
    assert_same_bytes("starts of texts", a->starts, b->starts,
                      ((size_t)a->n_codes + 1) * 4);
    assert_same_bytes("texts", a->blob, b->blob, a->blob ? a->starts[a->n_codes] : 0);
    assert_same_bytes("integers", a->integers, b->integers, n * 8);
    assert_same_bytes("nulls", a->nulls, b->nulls, n / 8 + 1);
    assert_same_bytes("reals", a->reals, b->reals, n * 8);
}

static inline void assert_same_layer(const struct atlas_layer *a,
                                     const struct atlas_layer *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_placed, b->n_placed);
    assert_int_equal(a->version, b->version);
    assert_string_equal(a->definition_json, b->definition_json);
    assert_string_equal(a->style_json, b->style_json);
    assert_string_equal(a->changed_at, b->changed_at);
    assert_same_bytes("fids", a->fids, b->fids, (size_t)a->n * 8);
    assert_same_geometry(a, b);
    assert_same_tree(&a->tree, &b->tree);
    assert_same_bytes("classes", a->classes, b->classes, a->n_placed);
    assert_int_equal(a->one_class, b->one_class);
    assert_same_bytes("counts", a->class_count, b->class_count, sizeof a->class_count);
    assert_same_bytes("importance", a->importance, b->importance, (size_t)a->n * 4);
    for (size_t i = 0; i < a->schema->n_fields; i++)
        assert_same_column(&a->columns[i], &b->columns[i], a->n);
    assert_int_equal(a->n_key_slots, b->n_key_slots);
    assert_same_bytes("keys", a->key_slots, b->key_slots, (size_t)a->n_key_slots * 4);
    assert_int_equal(a->names.n, b->names.n);
    assert_int_equal(a->names.blob_len, b->names.blob_len);
    assert_same_bytes("names", a->names.blob, b->names.blob, a->names.blob_len);
    for (uint32_t i = 0; i < a->names.n; i++) {
        assert_int_equal(a->names.entries[i].start, b->names.entries[i].start);
        assert_int_equal(a->names.entries[i].feature, b->names.entries[i].feature);
        assert_int_equal(a->names.entries[i].is_alias, b->names.entries[i].is_alias);
    }
}

#endif
