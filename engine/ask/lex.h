/* SPDX-License-Identifier: Apache-2.0 */
/* A question as a row of tokens: words of the vocabulary, places by name, numbers, and
 * what is neither. Of all ways to cut it the one with the longest pieces is taken. */
#ifndef ENGINE_ASK_LEX_H
#define ENGINE_ASK_LEX_H

#include "ask/items.h"
#include "ask/vocabulary.h"

enum token_kind {
    TOKEN_WORD,
    TOKEN_PLACE,
    TOKEN_NUMBER,
    TOKEN_MARK,
    TOKEN_UNKNOWN,
    TOKEN_TEXT /* in quotation marks: words to be found */
};

struct token {
    enum token_kind kind;
    uint32_t start; /* characters */
    uint32_t end;
    const struct word *word;         /* TOKEN_WORD */
    const struct sense *grammar;     /* its grammar sense, NULL without */
    double number;                   /* TOKEN_NUMBER */
    const struct atlas_layer *layer; /* TOKEN_PLACE: of the best match; NULL unknown */
    uint32_t feature;
    bool is_division;
    uint32_t mark; /* TOKEN_MARK: the character */
    bool used;     /* by a part of the parsed query */
};

struct tokens {
    struct token *token;
    size_t n;
    const struct items *items;
};

IM_CHECKED enum im_code lex(const struct atlas *atlas,
                            const struct vocabulary *v,
                            const struct items *items,
                            struct im_arena *arena,
                            struct tokens *out,
                            struct im_error *err);

/** Is token i this word of grammar? False beyond the end. */
bool token_is(const struct tokens *t, size_t i, enum word_class class);

#endif
