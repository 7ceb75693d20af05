/* SPDX-License-Identifier: Apache-2.0 */
/* A short text as code points of one width, for the files of this folder. */
#ifndef IMPORT_TEXT_LEX_H
#define IMPORT_TEXT_LEX_H

#include "text.h"

enum {
    LEX_MAX = 256,           /* characters: longer is no number and no position */
    LEX_GROUP_SPACE = 0x2009 /* a thin space, between digits only */
};

struct lex {
    uint32_t c[LEX_MAX + 1];  /* full-width forms are ASCII, all white space ' ' */
    uint16_t at[LEX_MAX + 1]; /* where the character begins in the text */
    size_t n;
};

/** White space at the ends is left out. False: empty, or longer than LEX_MAX. */
bool lex_decode(struct im_bytes in, struct lex *out);
/** As lex_decode does it with each character. */
uint32_t lex_fold(uint32_t c);

struct lex_number {
    double value;
    bool has_sign;
    bool has_fraction; /* or an exponent */
};
/** A decimal number at c[*pos] and what it is; thousands in groups of three. *pos moves
 *  behind it. False (and *pos stays): there is none. */
bool lex_number(const uint32_t *c, size_t n, size_t *pos, struct lex_number *out);

/** c[i..] begins with the ASCII or Chinese text `word`; its length in characters, 0. */
static inline size_t lex_word(const uint32_t *c, size_t n, size_t i, const char *word)
{
    return text_word_at(c, n, i, word);
}

/** NFKC, lower case, without white space, brackets and "：:*＊", terminated. False when
 *  longer than `size` - 1 bytes. */
enum { LEX_SHORT = 64 };
bool lex_short(struct im_bytes in, char out[LEX_SHORT]);

/** 十, 百, 千, 万, 亿 at c[*pos] multiplied; 1 when there is none. 千 and 百 that
 * belong to a unit (千米) do not count. */
double lex_scale(const uint32_t *c, size_t n, size_t *pos);

#endif
