/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of a layer that have the words. */
#ifndef ENGINE_SEARCH_SELECT_H
#define ENGINE_SEARCH_SELECT_H

#include "search/matcher.h"

struct search_list {
    uint32_t *features; /* ascending */
    size_t n;
};

/** Errors: IM_ESTOPPED, IM_ENOMEM. */
IM_CHECKED enum im_code search_rows(struct search_matcher *m,
                                    const struct im_deadline *deadline,
                                    struct im_arena *arena,
                                    struct search_list *out,
                                    struct im_error *err);

#endif
