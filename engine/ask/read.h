/* SPDX-License-Identifier: Apache-2.0 */
/* A row of tokens as a row of terms: kinds of place with what is said of them, places,
 * distances, years, and the grammar between them. What says nothing is left out. */
#ifndef ENGINE_ASK_READ_H
#define ENGINE_ASK_READ_H

#include "ask/lex.h"

#include <engine/analysis.h>

enum {
    MAX_KINDS = 8,
    MAX_CONDITIONS = 8, /* of one kind */
    MAX_CODES = 8,      /* of one condition */
    MAX_TERMS = 200
};

enum condition_op { IS_ONE_OF, MORE, LESS, AT_LEAST, AT_MOST, BEGINS };

/* What is said of a kind. A list field holds one of the codes; any other is one. */
struct condition {
    const struct schema_field *field; /* of the first layer that has it */
    int field_index;
    enum condition_op op;
    const struct schema_code *codes[MAX_CODES];
    size_t n_codes;
    double number;
    layer_set layers; /* that have it */
    uint32_t start;   /* characters; 0,0: from the kind's own word */
    uint32_t end;
};

struct kind {
    layer_set layers;
    struct condition conditions[MAX_CONDITIONS];
    size_t n_conditions;
    bool is_space; /* any kind of place */
    uint32_t start;
    uint32_t end;
};

enum term_kind {
    TERM_GRAMMAR,
    TERM_KIND,
    TERM_WORD, /* a code that is said of a kind */
    TERM_FIELD,
    TERM_CORRIDOR,
    TERM_INDICATOR,
    TERM_PLACE,
    TERM_POSITION, /* value: longitude, latitude */
    TERM_LEVEL,    /* districts, cities, provinces */
    TERM_DISTANCE, /* value: metres */
    TERM_SURFACE,  /* value: square metres */
    TERM_COMPARE,  /* a figure: class, value; word: of which field, NULL the surface */
    TERM_YEARS,    /* from .. to, 0: open */
    TERM_COUNT,    /* value */
    TERM_RANK,     /* value: the first n */
    TERM_MEMBERS,  /* eight cities: the members of a corridor */
    TERM_TEXT,
    TERM_MARK,
    TERM_UNKNOWN
};

struct term {
    enum term_kind kind;
    enum word_class class; /* TERM_GRAMMAR */
    double value;
    double latitude;
    int from; /* TERM_YEARS */
    int to;
    size_t of;                 /* TERM_KIND: index into kinds */
    const struct token *token; /* the first one */
    const struct word *word;
    uint32_t start;
    uint32_t end;
    bool is_surface; /* TERM_COMPARE: value in square metres */
    bool is_seat;    /* TERM_PLACE: its government was said */
    bool is_abroad;  /* TERM_PLACE: known to lie outside */
    bool used;
};

struct reading {
    const struct atlas *atlas;
    const struct vocabulary *v;
    const struct items *items;
    const struct tokens *tokens;
    struct im_arena *arena;
    enum lang lang;
    int this_year;
    struct term terms[MAX_TERMS];
    size_t n;
    struct kind kinds[MAX_KINDS];
    size_t n_kinds;
    bool is_too_long;            /* more terms or kinds than anybody needs */
    struct schema_title missing; /* "" nothing */
    double precision_m;          /* 0: not said */
    bool is_rejected;            /* says what no parameter can say */
};

void read_terms(struct reading *r);

/* terms.c */
/** Index of the first term of grammar of this class from `from` on; r->n: none. */
size_t term_find(const struct reading *r, enum word_class class, size_t from);
/** The same for any kind of term. */
size_t term_find_kind(const struct reading *r, enum term_kind kind, size_t from);
/** Is there a term `i`, and is it grammar of this class? */
bool term_is(const struct reading *r, size_t i, enum word_class class);
/** Is there a term `i`, and is it of this kind? */
bool term_is_kind(const struct reading *r, size_t i, enum term_kind kind);
bool term_has(const struct reading *r, enum word_class class);
/** What the word of a term means in one of these layers (0: in any); NULL without. */
const struct sense *
term_sense(const struct term *t, enum sense_kind kind, layer_set layers);
/** Explain all terms of a class. True when there was one. */
bool terms_use(struct reading *r, enum word_class class);
/** The terms from .. to-1 become one. */
void terms_replace(struct reading *r, size_t from, size_t to, struct term term);
void terms_drop(struct reading *r, size_t i);

/** Text in the arena; "" without memory. */
const char *ask_text(struct im_arena *arena, const char *fmt, ...) IM_PRINTF(2, 3);
/** A number with at most three decimals. */
const char *ask_number(struct reading *r, double value);
/** The characters start .. end-1 of the question without blanks at the ends. */
const char *ask_words(const struct reading *r, size_t start, size_t end);
/** The same in simplified characters, as names are stored. */
const char *ask_name(const struct reading *r, size_t start, size_t end);
/** Those of a term. */
const char *term_text(const struct reading *r, size_t i);

/* kind.c */
/** The kind of place that a word names, with its conditions. False: it names none. */
bool kind_of_word(const struct vocabulary *v,
                  const struct word *word,
                  struct kind *out);
/** What a word says of a kind: false when none of its layers can say that. */
bool condition_of_word(const struct vocabulary *v,
                       const struct word *word,
                       layer_set layers,
                       struct condition *out);
void kind_add(struct kind *kind, const struct condition *condition);
/** The same said of other layers: false when one of them cannot say it. */
bool condition_of_layers(const struct vocabulary *v,
                         const struct condition *condition,
                         layer_set layers,
                         struct condition *out);
/** "level='national' AND A_CONTAINS(industry,('BIO'))"; "" everything. */
const char *kind_filter(struct im_arena *arena, const struct kind *kind);
struct schema_title kind_filter_title(struct im_arena *arena, const struct kind *kind);
/** Both kinds as one. False: no filter says that. */
bool kind_join(const struct vocabulary *v, struct kind *kind, const struct kind *other);
const char *
layer_ids(const struct vocabulary *v, struct im_arena *arena, layer_set set);
struct schema_title
layer_titles(const struct vocabulary *v, struct im_arena *arena, layer_set set);
static inline bool layer_in(layer_set set, size_t i)
{
    return set >> i & 1;
}
/** Number of the first layer of a set, which is not empty. */
static inline unsigned layer_first(layer_set set)
{
    return (unsigned)__builtin_ctzll(set);
}

#endif
