/* SPDX-License-Identifier: Apache-2.0 */
/* A request made ready for its layers: what each row has to pass. */
#ifndef ENGINE_QUERY_SELECT_H
#define ENGINE_QUERY_SELECT_H

#include "query/reach.h"

/** Between two looks at the clock. */
enum { SELECT_STEPS = 4096 };
/* Half the way round the Earth is 20,004 km: a larger radius is a typing error. */
#define SELECT_MAX_RADIUS_M 20100000.0

/** What a row of one layer has to pass besides its distance. */
struct select_layer {
    const struct atlas_layer *layer;
    const struct cql_program *program; /* NULL: no filter */
    struct cql_scratch *scratch;
    struct cql_bounds bounds;    /* zero without a filter */
    struct query_region *region; /* NULL: everywhere */
    bool region_is_box;
    bool has_words;
    const uint32_t *words; /* ascending */
    size_t n_words;
    struct query_time time;
    bool leave_out_unreviewed;
    bool is_open; /* nothing is asked of a row but its class */
    /* known of each row that is asked about, so not tested: set by whoever chose them
     */
    bool filter_is_sure;
    bool words_are_sure;
    bool region_is_sure;
};

/** Errors: those of cql_compile, query_region_new and search_select; IM_ENOMEM. */
IM_CHECKED enum im_code select_layer_init(struct select_layer *out,
                                          const struct query_request *request,
                                          const struct atlas_layer *layer,
                                          struct query_region *region,
                                          struct im_arena *arena,
                                          struct cql_fault *fault,
                                          struct im_error *err);
/** Does a row pass? Nothing is allocated. */
bool select_admits(struct select_layer *s, uint32_t feature);
/** The same without what asks for a position: for rows that have none. */
bool select_admits_unplaced(struct select_layer *s, uint32_t feature);

/** Outlines by their flag, all else is. */
bool select_is_reviewed(const struct atlas_layer *layer, uint32_t feature);

/** Refuse numbers out of range, by name: of what query_each reads. */
IM_CHECKED enum im_code select_check_rows(const struct query_request *request,
                                          struct im_error *err);
/** Of a whole request. */
IM_CHECKED enum im_code select_check(const struct query_request *request,
                                     struct im_error *err);

#endif
