/* SPDX-License-Identifier: Apache-2.0 */
/* What people type to search, taken apart, and whether a text has it. */
#ifndef ENGINE_SEARCH_WORDS_H
#define ENGINE_SEARCH_WORDS_H

#include <engine/arena.h>

#include "text/reading.h"

/* A pattern's state is a set of positions in 64 bits. Nobody types a longer word in
 * earnest; what is longer is searched by its beginning. */
enum { SEARCH_MAX_SYMBOLS = 60, SEARCH_MAX_TERMS = 32, SEARCH_LEAST_MISTYPED = 4 };

/** Of each syllable at which symbols of a pattern, as bits, ... */
struct search_syllables {
    uint64_t *full;  /* all of it stands, and more symbols follow */
    uint64_t *last;  /* the pattern ends within it or with it */
    uint64_t *first; /* its first letter stands */
    uint8_t *len;
    /* [symbol * 8 + length]: the number of the syllable that stands there, and one */
    uint16_t *numbers;
};

/** Letters, digits and characters to be found one after another. */
struct search_pattern {
    unsigned n;
    uint32_t symbols[SEARCH_MAX_SYMBOLS];
    uint64_t latin[36]; /* bit i: symbol i is this letter or digit */
    bool has_latin;
    bool has_other; /* Chinese and other scripts */
    bool has_digit;
    bool is_cut;                       /* the word was longer */
    struct search_syllables syllables; /* of patterns with Latin letters */
};

/** A word, or a part of one: Latin or not. "张江yao" is two. */
struct search_term {
    struct im_bytes text; /* as searched */
    bool is_latin;
    struct search_pattern pattern;
};

struct search_words {
    struct im_bytes given; /* as typed, in the arena */
    struct im_bytes whole; /* all of it without spaces, as searched */
    struct search_pattern pattern;
    struct search_term *terms;
    size_t n_terms; /* different ones */
    bool is_parted; /* whole is more than one term, perhaps the same one twice */
};

/** Errors: IM_EARG empty, too long, too many words, not UTF-8; IM_ENOMEM. */
IM_CHECKED enum im_code search_words_parse(struct im_bytes text,
                                           struct im_arena *arena,
                                           struct search_words *out,
                                           struct im_error *err);

/** How a pattern was found; the less the better. */
enum search_found {
    SEARCH_AS_WRITTEN,
    SEARCH_READ,    /* in pinyin, in full (the last syllable may be unfinished) */
    SEARCH_LETTERS, /* by the first letters of the syllables */
    SEARCH_WRONG,   /* with one letter wrong, missing, too many or swapped */
    SEARCH_NOT_FOUND
};

/**
 * How a pattern is found in one name (as searched, without newlines) in the first of
 * these ways, none beyond `most`. Latin words are found from the beginning of a word or
 * syllable on, across spaces; the last may be unfinished.
 */
enum search_found search_find(const struct search_pattern *pattern,
                              struct im_bytes name,
                              enum search_found most);

/** Is a term in any of several texts, separated by newlines? */
bool search_has(const struct search_term *term,
                struct im_bytes texts,
                enum search_found most);
/** The best of several texts. */
enum search_found search_find_any(const struct search_term *term,
                                  struct im_bytes texts,
                                  enum search_found most);

/** The next text of several; false at the end. */
bool search_next_text(struct im_bytes *rest, struct im_bytes *text);

#endif
