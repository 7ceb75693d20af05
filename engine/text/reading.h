/* SPDX-License-Identifier: Apache-2.0 */
/* Text as it is searched, and how it is read aloud. */
#ifndef ENGINE_TEXT_READING_H
#define ENGINE_TEXT_READING_H

#include <engine/bytes.h>

enum text_spaces {
    TEXT_SPACES_OF_LATIN, /* only between two Latin words: for what is searched */
    TEXT_SPACES_ALL       /* one wherever something separates: for what people type */
};

/**
 * Append what is searched of `text`: letters and digits of all scripts, compatibility
 * forms unified, case folded, without accents, Chinese in simplified characters; what
 * separates words is one space or nothing. Control characters never come out.
 */
void text_searched(struct im_bytes text, enum text_spaces spaces, struct im_buf *out);

/** One letter, digit, space (below 0x80), a character with readings (0x80 and a number
 *  of a han_set), or TEXT_BREAK: something that cannot be read. */
enum { TEXT_BREAK = 0, TEXT_HAN = 0x80, TEXT_MAX_UNITS = 512 };
struct text_unit {
    uint32_t c; /* the character itself */
    uint16_t reading;
};
/** Units of a searched text, at most TEXT_MAX_UNITS of them. Returns their number. */
size_t text_read(struct im_bytes searched, struct text_unit units[TEXT_MAX_UNITS]);

/** May a word begin at unit i? Latin: after something else, and where letters and
 * digits meet. Chinese: everywhere. */
bool text_word_begins(const struct text_unit *units, size_t i);

static inline bool text_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}
static inline bool text_is_latin(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || text_is_digit(c);
}

#endif
