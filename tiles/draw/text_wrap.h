/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines of a label end. */
#ifndef TILES_DRAW_TEXT_WRAP_H
#define TILES_DRAW_TEXT_WRAP_H

#include <engine/bytes.h>

enum { TEXT_MAX_BYTES = 1000, TEXT_MAX_CHARS = 1000 };

/** Characters first .. last-1 of a text, without the spaces at its ends. */
struct text_line {
    uint32_t first;
    uint32_t last;
    float width;
};

/** A line may end before character i, 1 <= i < n: at spaces, and beside Chinese
 *  characters, but no line begins with closing punctuation or ends with an opening one.
 */
bool text_may_break(const uint32_t *chars, uint32_t n, uint32_t i);
bool text_is_space(uint32_t c);

/**
 * Lines of about the same width, at most `max_width` where the words allow it; all in
 * one line when max_width is 0. U+000A always ends a line.
 *
 * In:  `advance[i]` is the width of character i
 * Out: at most n + 1 lines; empty ones are left out
 */
uint32_t text_wrap(const uint32_t *chars,
                   const float *advance,
                   uint32_t n,
                   float max_width,
                   struct text_line lines[TEXT_MAX_CHARS + 1]);

#endif
