/* SPDX-License-Identifier: Apache-2.0 */
/* What a word can be found by: the hashes that a table is built of and asked for. */
#ifndef ENGINE_SEARCH_ITEMS_H
#define ENGINE_SEARCH_ITEMS_H

#include <engine/bytes.h>

enum search_item {
    ITEM_CHARACTER,  /* one that is not Latin */
    ITEM_PAIR,       /* two of them */
    ITEM_PAIR_AGAIN, /* with another hash: most words are of two characters */
    ITEM_TRIGRAM,    /* three Latin letters or digits, spaces aside */
    ITEM_WORD,       /* the first two of a Latin word */
    ITEM_SYLLABLE,   /* how a syllable begins, up to all of it */
    ITEM_TWO,        /* two syllables */
    ITEM_TWO_AGAIN,  /* with another hash: many pairs are or-ed for a typing error */
    ITEM_TWO_FIRST,  /* a syllable and the first letter of the next */
    ITEM_LETTERS,    /* two, three or four first letters of syllables */
    ITEM_CROSSING,   /* the letters where Latin and Chinese meet */
    ITEM_CROSSING_LETTERS, /* the same, of a syllable its first letter */
    ITEM_MEETING,          /* Latin and Chinese meet somewhere; with three hashes */
    ITEM_MIXED,            /* a Latin letter stands beside Chinese; with three hashes */
    ITEM_EXACT,            /* a whole name, spaces aside */
    ITEM_EXACT_AGAIN,      /* with another hash: these are asked for most of all */
    ITEM_BEGINNING         /* the first one, two and three symbols of a name */
};

/* Rare ways of finding are or-ed to the others: their rows have to be trusted. */
enum { ITEM_HASHES = 3 };
/* Of longer names only the beginning is hashed. */
enum { SEARCH_EXACT_BYTES = 240 };

static inline uint32_t
search_item(enum search_item kind, uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t h = (uint64_t)kind * 0x9E3779B97F4A7C15u;

    h = (h ^ a) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 29 ^ b) * 0x94D049BB133111EBu;
    h = (h ^ h >> 31 ^ c) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32);
}

static inline uint32_t
search_item_text(enum search_item kind, const uint8_t *text, size_t len)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ text[i]) * 16777619u;
    return search_item(kind, h, (uint32_t)len, 0);
}

/** Called for each item of a text; the same one may come again. */
struct search_item_sink {
    uint64_t *tile; /* set `bit` in the word of the item's row */
    uint32_t mask;
    uint64_t bit;
};

/** All items of a text: several names, each ended by a newline. */
void search_items_of(struct im_bytes texts,
                     bool is_read,
                     struct search_item_sink *sink);

#endif
