/* SPDX-License-Identifier: Apache-2.0 */
/* The set of layers of one data version. */
#include "ask/vocabulary.h"
#include "atlas/digest.h"
#include "atlas/layer.h"
#include "search/index.h"

#include <engine/clusters.h>

#include <stdlib.h>

struct atlas {
    atomic_uint refs;
    uint64_t version;
    size_t n_layers;
    struct atlas_layer **layers; /* by order, then id; one reference each */
    size_t n_problems;
    char **problems;
    _Atomic(struct vocabulary *) vocabulary; /* see ask/vocabulary.h */
};

static void atlas_free(struct atlas *atlas)
{
    if (!atlas)
        return;
    for (size_t i = 0; i < atlas->n_layers; i++)
        atlas_layer_unref(atlas->layers[i]);
    for (size_t i = 0; i < atlas->n_problems; i++)
        free(atlas->problems[i]);
    vocabulary_free(atomic_load_explicit(&atlas->vocabulary, memory_order_acquire));
    free(atlas->layers);
    free(atlas->problems);
    free(atlas);
}

static struct atlas *atlas_new(size_t max_layers, uint64_t version)
{
    struct atlas *atlas = calloc(1, sizeof *atlas);

    if (!atlas)
        return NULL;
    atomic_init(&atlas->refs, 1);
    atomic_init(&atlas->vocabulary, NULL);
    atlas->version = version;
    atlas->layers = calloc(max_layers + 1, sizeof *atlas->layers);
    atlas->problems = calloc(max_layers + 1, sizeof *atlas->problems);
    if (!atlas->layers || !atlas->problems) {
        atlas_free(atlas);
        return NULL;
    }
    return atlas;
}

static int by_order(const void *a, const void *b)
{
    const struct layer_schema *x = (*(struct atlas_layer *const *)a)->schema;
    const struct layer_schema *y = (*(struct atlas_layer *const *)b)->schema;

    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->id, y->id);
}

/* The layer as it was in the previous atlas. */
static struct atlas_layer *earlier(const struct atlas *previous,
                                   const struct source_layer *from)
{
    for (size_t i = 0; previous && i < previous->n_layers; i++)
        if (strcmp(previous->layers[i]->schema->id, from->id) == 0)
            return previous->layers[i];
    return NULL;
}

static enum im_code add_layer(struct atlas *atlas,
                              const struct feature_source *source,
                              const struct atlas *previous,
                              const struct source_layer *from,
                              struct im_error *err)
{
    struct atlas_layer *old = earlier(previous, from);
    struct atlas_layer *layer = NULL;
    enum im_code rc;

    if (old && old->version == from->version) {
        atlas->layers[atlas->n_layers++] = atlas_layer_ref(old);
        return IM_OK;
    }
    rc = atlas_layer_build(source, from, old, &layer, err);
    if (rc == IM_OK) {
        if (old)
            lazy_follow(layer, old);
        atlas->layers[atlas->n_layers++] = layer;
        return IM_OK;
    }
    if (rc == IM_ENOMEM) /* the layer is not to blame */
        return rc;
    char *problem = strdup(err->msg);
    if (!problem)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", from->id);
    atlas->problems[atlas->n_problems++] = problem;
    return IM_OK;
}

static enum im_code add_layers(struct atlas *atlas,
                               const struct feature_source *source,
                               const struct atlas *previous,
                               const struct source_layer *layers,
                               size_t n_layers,
                               struct im_error *err)
{
    struct im_error problem;

    for (size_t i = 0; i < n_layers; i++) {
        enum im_code rc = add_layer(atlas, source, previous, &layers[i], &problem);

        if (rc != IM_OK) {
            if (err)
                *err = problem;
            return rc;
        }
    }
    if (n_layers && atlas->n_layers == 0)
        return im_fail(err, IM_EDATA, "no layer can be read: %s", atlas->problems[0]);
    if (atlas->n_layers)
        qsort(atlas->layers, atlas->n_layers, sizeof *atlas->layers, by_order);
    return IM_OK;
}

enum im_code atlas_build(const struct feature_source *source,
                         const struct atlas *previous,
                         const struct atlas **out,
                         struct im_error *err)
{
    struct im_arena *arena = im_arena_new((size_t)256 << 20);
    const struct source_layer *layers = NULL;
    size_t n_layers = 0;
    uint64_t version = 0;
    struct atlas *atlas = NULL;
    enum im_code rc;

    if (!arena)
        return im_fail(err, IM_ENOMEM, "atlas: out of memory");
    rc = source->describe(source->self, arena, &layers, &n_layers, &version, err);
    if (rc != IM_OK)
        goto done;
    atlas = atlas_new(n_layers, version);
    if (!atlas) {
        rc = im_fail(err, IM_ENOMEM, "atlas: out of memory");
        goto done;
    }
    rc = add_layers(atlas, source, previous, layers, n_layers, err);
    if (rc != IM_OK)
        goto done;
    *out = atlas;
    atlas = NULL;
done:
    atlas_free(atlas);
    im_arena_free(arena);
    return rc;
}

/* An atlas is const for all who read it; the count of its readers is not part of what
 * they read. */
const struct atlas *atlas_ref(const struct atlas *atlas)
{
    atomic_fetch_add_explicit(&((struct atlas *)atlas)->refs, 1, memory_order_relaxed);
    return atlas;
}

void atlas_unref(const struct atlas *atlas)
{
    struct atlas *own = (struct atlas *)atlas;

    if (own && atomic_fetch_sub_explicit(&own->refs, 1, memory_order_acq_rel) == 1)
        atlas_free(own);
}

uint64_t atlas_version(const struct atlas *atlas)
{
    return atlas->version;
}

size_t atlas_layer_count(const struct atlas *atlas)
{
    return atlas->n_layers;
}

const struct atlas_layer *atlas_layer_at(const struct atlas *atlas, size_t i)
{
    return atlas->layers[i];
}

const struct atlas_layer *atlas_layer_find(const struct atlas *atlas,
                                           struct im_bytes id)
{
    for (size_t i = 0; i < atlas->n_layers; i++)
        if (im_bytes_equal(im_bytes_of(atlas->layers[i]->schema->id), id))
            return atlas->layers[i];
    return NULL;
}

size_t atlas_problem_count(const struct atlas *atlas)
{
    return atlas->n_problems;
}

const char *atlas_problem(const struct atlas *atlas, size_t i)
{
    return atlas->problems[i];
}

size_t atlas_memory_bytes(const struct atlas *atlas)
{
    size_t sum = sizeof *atlas;

    for (size_t i = 0; i < atlas->n_layers; i++)
        sum += im_arena_used(atlas->layers[i]->arena) +
               lazy_bytes(atlas->layers[i]->lazy) +
               search_index_bytes(search_index_of(atlas->layers[i])) +
               digest_bytes(atomic_load_explicit(&atlas->layers[i]->digest,
                                                 memory_order_acquire)) +
               clusters_bytes(atomic_load_explicit(&atlas->layers[i]->clusters,
                                                   memory_order_acquire));
    return sum;
}

_Atomic(struct vocabulary *) *atlas_vocabulary(const struct atlas *atlas)
{
    return &((struct atlas *)atlas)->vocabulary;
}
