/* SPDX-License-Identifier: Apache-2.0 */
/* In which order rows come, and the first k of them.
 *
 * Every order is total and the same over imports: after what was asked for comes the
 * order of layers in lists, then the key, then the fid. Texts are compared by their
 * first ORDER_TEXT_BYTES: that much of them travels in cursors. */
#ifndef ENGINE_QUERY_ORDER_H
#define ENGINE_QUERY_ORDER_H

#include "atlas/layer.h"

enum { ORDER_TEXT_BYTES = 120 };

enum order_kind {
    ORDER_DISTANCE,
    ORDER_ALONG, /* the area's axis */
    ORDER_IMPORTANCE,
    ORDER_NAME,
    ORDER_FIELD
};

struct order_key {
    enum order_kind kind;
    bool descending;
    enum source_value_kind type;  /* the same in each of the layers */
    int fields[QUERY_MAX_LAYERS]; /* of ORDER_FIELD; SCHEMA_NO_FIELD: all are null */
};

/** Of the last row of a page: what the next one comes after. */
struct order_position {
    struct source_value values[QUERY_MAX_SORT];
    uint32_t layer;
    struct im_bytes key; /* cut */
    bool has_number;     /* the key is an integer, compared by value */
    int64_t number;
    int64_t fid;
};

struct order {
    const struct atlas_layer *layers[QUERY_MAX_LAYERS]; /* as in lists, each once */
    uint32_t n_layers;
    struct order_key keys[QUERY_MAX_SORT]; /* none: by layer, then fid */
    uint32_t n_keys;
    uint64_t fingerprint; /* equal orders, equal number */
};

/** A row on its way into the answer. */
struct order_entry {
    uint64_t rank;  /* what decides nearly always; equal ones are compared in full */
    double measure; /* distance, or along the axis: as the order needs it */
    uint32_t feature;
    uint32_t layer; /* index into the order's */
};

/** Errors: IM_EARG a sort field no layer has, of two types, or distance without an
 *  origin. */
IM_CHECKED enum im_code order_init(struct order *order,
                                   const struct query_request *request,
                                   struct im_error *err);
/** Is `measure` of entries needed, and which? */
bool order_needs(const struct order *order, enum order_kind kind);
/** The entry's rank, from its other members. */
uint64_t order_rank(const struct order *order, const struct order_entry *entry);
/** Below 0: a comes first. 0 only for the same row. */
int order_compare(const struct order *order,
                  const struct order_entry *a,
                  const struct order_entry *b);
/** The position of a row; texts are borrowed from the layer or `number`. */
void order_position_of(const struct order *order,
                       const struct order_entry *entry,
                       char number[IM_NUMBER_MAX],
                       struct order_position *out);
/** Fill in number and has_number from layer and key. */
void order_read_key(const struct order *order, struct order_position *position);
/** As order_compare, with the row that a cursor stands for. */
int order_compare_position(const struct order *order,
                           const struct order_entry *a,
                           const struct order_position *b);

/** The first `max` of all that were offered. */
struct keep {
    const struct order *order;
    struct order_entry *entries; /* once full a heap, the last one on top */
    uint32_t n;
    uint32_t cap;
    uint32_t max;
    bool failed; /* no memory */
};
void keep_offer(struct keep *keep,
                const struct order_entry *entry,
                struct im_arena *arena);
static inline bool keep_is_full(const struct keep *keep)
{
    return keep->n == keep->max;
}
/** In order. False without memory. */
bool keep_sort(struct keep *keep, struct im_arena *arena);

#endif
