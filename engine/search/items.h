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
    ITEM_WORD,       /* the first one and two of a Latin word; with three hashes */
    ITEM_SYLLABLE,   /* how a syllable begins, up to all of it */
    ITEM_TWO,        /* two syllables */
    ITEM_TWO_AGAIN,  /* with another hash: many pairs are or-ed for a typing error */
    ITEM_TWO_FIRST,  /* a syllable and the first letter of the next */
    ITEM_LETTERS,    /* two, three or four first letters of syllables */
    ITEM_CROSSING,   /* the letters where Latin and Chinese meet */
    ITEM_CROSSING_LETTERS, /* the same, of a syllable its first letter */
    ITEM_EXACT,            /* a whole name, spaces aside */
    ITEM_EXACT_AGAIN,      /* with another hash: these are asked for most of all */
    ITEM_BEGINNING /* the first symbols of a name; of one with another hash too */
};

/* Rare ways of finding are or-ed to the others: their rows have to be trusted. These
 * are rows of their own, ... */
enum search_flag {
    FLAG_MEETING, /* Latin and Chinese meet somewhere */
    FLAG_MIXED,   /* a Latin letter stands beside Chinese */
    SEARCH_FLAGS
};
/* ... these have so many hashes. */
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

/* Lengths of which the beginnings of names are hashed. */
enum { SEARCH_BEGINNINGS = 8, SEARCH_LONGEST_BEGINNING = 16 };
/** The items of a name's beginnings, or of what one is to begin with; without spaces.
 *  Returns how many. */
size_t search_beginnings(struct im_bytes text, uint32_t items[SEARCH_BEGINNINGS + 1]);

/* Items that share a row of the outer table should not share one of the inner table. */
enum { SEARCH_OUTER_MIX = 1 };
#define SEARCH_INNER_MIX 0x9E3779B1u

static inline uint32_t search_row(uint32_t item, uint32_t mix, uint32_t n_rows)
{
    return SEARCH_FLAGS +
           (uint32_t)((uint64_t)(item * mix) * (n_rows - SEARCH_FLAGS) >> 32);
}

/** Called for each item of a text; the same one may come again. */
struct search_item_sink {
    uint64_t *tile; /* set `bit` in the word of the item's row */
    uint32_t n_rows;
    uint64_t bit;
    uint64_t *inner; /* of the block: of each row a word, a bit for each text */
    uint64_t inner_bit;
};

/** All items of a text: several names, each ended by a newline. */
void search_items_of(struct im_bytes texts,
                     bool is_read,
                     struct search_item_sink *sink);

#endif
