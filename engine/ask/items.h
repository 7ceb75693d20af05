/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a row of items: Chinese characters one by one, Latin words, numbers. Words
 * of the layers and questions are read alike, so that they can be compared.
 *
 *   text   "离G60 10km内的Incubators?"
 *   items  离 g60 10 km 内 的 incubator ?
 *   norm   "离g60 10 km内的incubator?"     one blank between Latin words and numbers
 *   fold   "离g6010km内的incubators?"      as the atlas folds names
 */
#ifndef ENGINE_ASK_ITEMS_H
#define ENGINE_ASK_ITEMS_H

#include <engine/arena.h>

enum item_kind {
    ITEM_CHAR,   /* one character that is no Latin letter or digit */
    ITEM_WORD,   /* Latin letters, and digits after the first letter; singular */
    ITEM_NUMBER, /* digits, with a point */
    ITEM_MARK    /* punctuation */
};

struct item {
    enum item_kind kind;
    uint32_t start; /* characters of the text: start .. end-1 */
    uint32_t end;
    uint32_t norm; /* bytes of `norm`: norm .. norm_end-1 */
    uint32_t norm_end;
    uint32_t c;    /* ITEM_CHAR, ITEM_MARK: the code point */
    double number; /* ITEM_NUMBER */
};

struct items {
    const struct item *item;
    size_t n;
    struct im_bytes norm;
    struct im_bytes fold;
    struct im_bytes text;
    size_t n_chars;
    const uint32_t *fold_at; /* n_chars + 1: where a character begins in `fold` */
    const uint32_t *byte_at; /* n_chars + 1: and in `text` */
    size_t n_han;            /* Chinese characters */
    size_t n_latin;          /* Latin words */
};

enum { ITEMS_MAX_CHARS = 1024 };

/** Errors: IM_ELIMIT more than ITEMS_MAX_CHARS characters; IM_ENOMEM. */
IM_CHECKED enum im_code items_read(struct im_bytes text,
                                   struct im_arena *arena,
                                   struct items *out,
                                   struct im_error *err);

/** The characters start .. end-1 as they were written. */
struct im_bytes items_slice(const struct items *items, size_t start, size_t end);

#endif
