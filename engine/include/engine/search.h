/* SPDX-License-Identifier: Apache-2.0 */
/* Text search over names, aliases, former names, operators, addresses and codes:
 * Chinese, traditional and simplified, pinyin in full and as initials, English, one
 * typing error. */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include <engine/query.h>

#include <stdatomic.h>

/** Best first; of the same match what has the words in one piece before what has them
 *  in several, then by importance, then distance, then layer and key. */
enum search_match {
    SEARCH_EXACT,   /* a name, alias or former name */
    SEARCH_PREFIX,  /* a name begins so */
    SEARCH_INSIDE,  /* inside a name */
    SEARCH_PINYIN,  /* a name read in pinyin, in full or by initials */
    SEARCH_OTHER,   /* operator, address, code, key */
    SEARCH_MISTYPED /* one letter wrong, missing, too many or swapped */
};

enum { SEARCH_MAX_WORDS_BYTES = 200, SEARCH_MAX_LIMIT = 1000, SEARCH_FACETS = 4 };
/* Suggestions have to be there at the next keystroke. For each way of matching so many
 * names that hold what the words are made of are looked at, the most important first,
 * in so many blocks of 64: only words whose parts are everywhere, but hardly anywhere
 * together, may lack a suggestion that a search finds. With a typing error: words from
 * so many letters on, and so many of the most important names of a layer. While a layer
 * has no text index, all are looked at. */
enum {
    SEARCH_SUGGEST_LOOKS = 1024,
    SEARCH_SUGGEST_BLOCKS = 1536,
    SEARCH_SUGGEST_LETTERS = 5,
    SEARCH_SUGGEST_MISTYPED = 4096
};

struct search_request {
    const struct atlas *atlas;
    const struct query_request *rows; /* layers (0: all that may be asked), area,
                                         filter, time; origin for distances */
    struct im_bytes words;
    uint32_t limit;
    bool is_suggest; /* as you type: names only, the last word is unfinished */
    bool with_facets;
};

struct search_hit {
    const struct atlas_layer *layer;
    uint32_t feature;
    enum search_match match;
    int field;         /* that matched */
    double distance_m; /* NaN without an origin or a position */
};

struct search_facet_value {
    struct im_bytes code;
    struct schema_title title;
    uint64_t count; /* of all matches, not of the page */
};
struct search_facet {
    const char *name;                        /* "layer", "city", "level", "industry" */
    const struct search_facet_value *values; /* most first */
    size_t n_values;
};

struct search_answer {
    struct search_hit *hits;
    size_t n_hits;
    uint64_t n_matched; /* of suggestions: how many are listed */
    struct search_facet facets[SEARCH_FACETS];
    bool is_mistyped; /* nothing matched as written; these are one error away */
};

/** Errors: IM_EARG empty or too long; those of query_run. */
IM_CHECKED enum im_code search_run(const struct search_request *request,
                                   struct im_arena *arena,
                                   struct search_answer *out,
                                   struct cql_fault *fault,
                                   struct im_error *err);
/** All features of a layer that match as written, without typing errors, ascending:
 * what `words` of a query means. `deadline` may be NULL. Errors: IM_EARG empty or too
 * long; IM_ESTOPPED; IM_ENOMEM. */
IM_CHECKED enum im_code search_select(const struct atlas_layer *layer,
                                      struct im_bytes words,
                                      const struct im_deadline *deadline,
                                      struct im_arena *arena,
                                      const uint32_t **features,
                                      size_t *n,
                                      struct im_error *err);

/**
 * Build the text index of each layer that lacks it. Answers are the same without, only
 * slower, so it may run in any thread while others ask. What memory does not suffice
 * for stays without. It lives as long as the layer and is shared by all atlases that
 * share the layer. `stop` (may be NULL) set by another thread ends it early; what is
 * not finished by then is thrown away.
 */
void search_prepare(const struct atlas *atlas, const atomic_bool *stop);

#endif
