/* SPDX-License-Identifier: Apache-2.0 */
/* All rows of a layer that have the words. */
#include "search/select.h"

enum { LOOK_AT_CLOCK_EVERY = 1024 };

enum im_code search_rows(struct search_matcher *m,
                         const struct im_deadline *deadline,
                         struct im_arena *arena,
                         struct search_list *out,
                         struct im_error *err)
{
    uint32_t n = atlas_layer_size(m->layer);
    uint32_t *features = im_arena_alloc(arena, (n ? n : 1) * sizeof *features);

    out->n = 0;
    out->features = features;
    if (!features)
        return im_fail(err, IM_ENOMEM, "search: out of memory");
    for (uint32_t i = 0; i < n; i++) {
        if (i % LOOK_AT_CLOCK_EVERY == 0 && im_deadline_passed(deadline))
            return im_deadline_fail(err);
        if (search_matches(m, i))
            features[out->n++] = i;
    }
    return im_buf_check(&m->text, "search", err);
}

enum im_code search_select(const struct atlas_layer *layer,
                           struct im_bytes text,
                           const struct im_deadline *deadline,
                           struct im_arena *arena,
                           const uint32_t **features,
                           size_t *n,
                           struct im_error *err)
{
    struct search_words words;
    struct search_matcher m;
    struct search_list list = {0};
    enum im_code rc = search_words_parse(text, arena, &words, err);

    if (rc != IM_OK)
        return rc;
    rc = search_matcher_init(&m, layer, &words, false, SEARCH_LETTERS, deadline, arena,
                             err);
    if (rc == IM_OK)
        rc = search_rows(&m, deadline, arena, &list, err);
    search_matcher_release(&m);
    if (rc != IM_OK)
        return rc;
    *features = list.features;
    *n = list.n;
    return IM_OK;
}
