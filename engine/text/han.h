/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of Chinese characters: simplified forms, pinyin readings, words that are read
 * in their own way. Made by make_han_tables.py. */
#ifndef ENGINE_TEXT_HAN_H
#define ENGINE_TEXT_HAN_H

#include <stddef.h>
#include <stdint.h>

enum {
    HAN_FIRST = 0x4E00, /* CJK Unified Ideographs, without the extensions */
    HAN_LAST = 0x9FFF,
    HAN_SYLLABLE_SIZE = 7, /* "zhuang" and its end */
    HAN_SET_MAX = 4,
    HAN_PHRASE_MAX = 4,
    HAN_BEGINS_PHRASE = 0x8000
};

/** Readings without tones, the usual one first. */
struct han_set {
    uint8_t n;
    uint16_t syllables[HAN_SET_MAX];
};
struct han_phrase {
    uint8_t n;
    uint16_t chars[HAN_PHRASE_MAX];
    uint16_t sets[HAN_PHRASE_MAX];
};

extern const char han_syllables[][HAN_SYLLABLE_SIZE]; /* in alphabetical order */
extern const size_t han_n_syllables;
extern const struct han_set han_sets[]; /* 0: none */
extern const uint16_t han_readings[];   /* of HAN_FIRST + i: a set and the flag */
extern const uint16_t han_simplified[];
extern const struct han_phrase han_phrases[];
extern const size_t han_n_phrases;

static inline int han_is(uint32_t c)
{
    return c >= HAN_FIRST && c <= HAN_LAST;
}

static inline uint32_t han_simplify(uint32_t c)
{
    return han_is(c) ? han_simplified[c - HAN_FIRST] : c;
}

#endif
