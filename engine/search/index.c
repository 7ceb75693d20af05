/* SPDX-License-Identifier: Apache-2.0 */
/* The text index of a layer. */
#include "search/index.h"

#include <engine/search.h>

#include <stdlib.h>

/* Fields with fewer different values are looked at value by value. */
enum { LEAST_VALUES = 2048 };

struct text_of {
    const struct atlas_layer *layer;
    const struct search_index *index;
    int field;
};

static void names_text_of(void *ctx, uint32_t i, struct im_buf *out)
{
    const struct text_of *of = ctx;

    search_names_of(of->layer, &of->index->fields, of->index->order[i], out);
}

static void value_text_of(void *ctx, uint32_t i, struct im_buf *out)
{
    const struct text_of *of = ctx;

    search_value_of(of->layer, of->field, i, out);
}

static enum im_code build_names(const struct atlas_layer *layer,
                                const atomic_bool *stop,
                                struct search_index *index,
                                struct im_error *err)
{
    struct text_of of = {.layer = layer, .index = index};
    uint32_t *place =
        im_arena_alloc(index->arena, ((size_t)layer->n + 1) * sizeof *place);

    index->order = search_order(layer, index->arena);
    index->place = place;
    if (!place || !index->order)
        return im_fail(err, IM_ENOMEM, "search index: out of memory");
    for (uint32_t i = 0; i < layer->n; i++)
        place[index->order[i]] = i;
    return search_table_build(&index->names, layer->n, true, names_text_of, &of, stop,
                              index->arena, err);
}

static enum im_code build_values(const struct atlas_layer *layer,
                                 const atomic_bool *stop,
                                 struct search_index *index,
                                 struct im_error *err)
{
    size_t n = index->fields.n_others;
    enum im_code rc = IM_OK;

    index->values = im_arena_calloc(index->arena, n + 1, sizeof *index->values);
    if (!index->values)
        return im_fail(err, IM_ENOMEM, "search index: out of memory");
    for (size_t k = 0; k < n && rc == IM_OK; k++) {
        int field = index->fields.others[k];
        struct text_of of = {.layer = layer, .field = field};
        uint32_t n_codes = atlas_code_count(layer, field);

        if (n_codes >= LEAST_VALUES)
            rc = search_table_build(&index->values[k], n_codes,
                                    search_is_read(layer->schema, field), value_text_of,
                                    &of, stop, index->arena, err);
    }
    return rc;
}

enum im_code search_index_build(const struct atlas_layer *layer,
                                const atomic_bool *stop,
                                struct search_index **out,
                                struct im_error *err)
{
    struct im_arena *arena = im_arena_new(SIZE_MAX / 2);
    struct search_index *index =
        arena ? im_arena_calloc(arena, 1, sizeof *index) : NULL;
    enum im_code rc;

    if (!index) {
        im_arena_free(arena);
        return im_fail(err, IM_ENOMEM, "search index: out of memory");
    }
    index->arena = arena;
    search_fields_of(layer->schema, &index->fields);
    rc = build_names(layer, stop, index, err);
    if (rc == IM_OK)
        rc = build_values(layer, stop, index, err);
    if (rc != IM_OK) {
        search_index_free(index);
        return rc;
    }
    *out = index;
    return IM_OK;
}

void search_index_free(struct search_index *index)
{
    if (index)
        im_arena_free(index->arena);
}

size_t search_index_bytes(const struct search_index *index)
{
    return index ? im_arena_used(index->arena) : 0;
}

const struct search_index *search_index_of(const struct atlas_layer *layer)
{
    return atomic_load_explicit(&layer->search, memory_order_acquire);
}

static bool is_searched(const struct atlas_layer *layer)
{
    return layer->n >= SEARCH_LEAST_INDEXED && !layer->schema->is_internal &&
           !layer->schema->is_base;
}

/* An atlas is const for all who read it; the index is no part of what they see. */
static void prepare(struct atlas_layer *layer, const atomic_bool *stop)
{
    struct search_index *index = NULL;
    struct search_index *none = NULL;
    struct im_error err;

    if (!is_searched(layer) || search_index_of(layer))
        return;
    if (search_index_build(layer, stop, &index, &err) != IM_OK)
        return; /* answers come without it too */
    if (!atomic_compare_exchange_strong_explicit(
            &layer->search, &none, index, memory_order_acq_rel, memory_order_acquire))
        search_index_free(index); /* somebody was faster */
}

void search_prepare(const struct atlas *atlas, const atomic_bool *stop)
{
    for (size_t i = 0; i < atlas_layer_count(atlas) && !(stop && atomic_load(stop));
         i++)
        prepare((struct atlas_layer *)atlas_layer_at(atlas, i), stop);
}
