/* SPDX-License-Identifier: Apache-2.0 */
/* How many of all matches are in each layer, city, level and industry. */
#ifndef ENGINE_SEARCH_FACETS_H
#define ENGINE_SEARCH_FACETS_H

#include "search/select.h"

struct search_counts;
/** NULL without memory. */
struct search_counts *search_counts_new(struct im_arena *arena);
IM_CHECKED enum im_code search_counts_add(struct search_counts *counts,
                                          const struct atlas_layer *layer,
                                          const struct search_list *list,
                                          struct im_error *err);
/** In their order, values by count, then code. */
void search_counts_finish(struct search_counts *counts,
                          struct search_facet out[SEARCH_FACETS]);

#endif
