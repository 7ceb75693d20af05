/* SPDX-License-Identifier: Apache-2.0 */
/* Text as it is searched, and how it is read aloud. */
#include "text/reading.h"
#include "text/han.h"

#include <utf8proc.h>

/* One code point may decompose into at most 18 (U+FDFA). */
enum { MAX_PIECES = 24 };

struct writer {
    struct im_buf *out;
    enum text_spaces spaces;
    uint32_t last;  /* written, 0 none */
    bool separated; /* since then */
};

static void put(struct writer *w, uint32_t c)
{
    uint8_t utf8[4];

    if (w->separated && w->last &&
        (w->spaces == TEXT_SPACES_ALL || (text_is_latin(w->last) && text_is_latin(c))))
        im_buf_byte(w->out, ' ');
    w->separated = false;
    w->last = c;
    if (c < 0x80) {
        im_buf_byte(w->out, (uint8_t)c);
        return;
    }
    im_buf_append(w->out, utf8, (size_t)utf8proc_encode_char((int32_t)c, utf8));
}

static void put_ascii(struct writer *w, uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (text_is_latin(c))
        put(w, c);
    else if (c != '\'' && c != '`') /* xi'an is one word */
        w->separated = true;
}

static void put_piece(struct writer *w, uint32_t c)
{
    if (c < 0x80) {
        put_ascii(w, c);
        return;
    }
    switch (utf8proc_category((int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        put(w, han_simplify(c));
        return;
    case UTF8PROC_CATEGORY_MN: /* accents, and what nobody sees */
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
        return;
    default:
        if (c != 0x2019 && c != 0x2018)
            w->separated = true;
    }
}

void text_searched(struct im_bytes text, enum text_spaces spaces, struct im_buf *out)
{
    struct writer w = {.out = out, .spaces = spaces};

    for (size_t i = 0; i < text.len;) {
        uint32_t c = text.data[i] < 0x80 ? text.data[i++] : im_utf8_next(text, &i);
        int32_t pieces[MAX_PIECES];
        int boundary = 0;

        if (c < 0x80) {
            put_ascii(&w, c);
        } else if (han_is(c)) {
            put(&w, han_simplified[c - HAN_FIRST]);
        } else {
            utf8proc_ssize_t n = utf8proc_decompose_char(
                (int32_t)c, pieces, MAX_PIECES,
                UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

            for (utf8proc_ssize_t k = 0; k < n && k < MAX_PIECES; k++)
                put_piece(&w, (uint32_t)pieces[k]);
        }
    }
}

/* ---- reading ---- */

static size_t first_phrase_of(uint32_t c)
{
    size_t low = 0;
    size_t high = han_n_phrases;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (han_phrases[middle].chars[0] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest word that begins at the first unit; NULL. */
static const struct han_phrase *phrase_at(const struct text_unit *units, size_t n)
{
    for (size_t p = first_phrase_of(units->c);
         p < han_n_phrases && han_phrases[p].chars[0] == units->c; p++) {
        const struct han_phrase *phrase = &han_phrases[p];
        size_t i = 1;

        while (i < phrase->n && i < n && units[i].c == phrase->chars[i])
            i++;
        if (i == phrase->n)
            return phrase;
    }
    return NULL;
}

static uint16_t reading_of(uint32_t c)
{
    if (c == ' ' || text_is_latin(c))
        return (uint16_t)c;
    if (!han_is(c))
        return TEXT_BREAK;
    unsigned set = han_readings[c - HAN_FIRST] & (HAN_BEGINS_PHRASE - 1);
    return (uint16_t)(set ? set + TEXT_HAN : TEXT_BREAK);
}

size_t text_read(struct im_bytes searched, struct text_unit units[TEXT_MAX_UNITS])
{
    size_t n = 0;

    for (size_t i = 0; i < searched.len && n < TEXT_MAX_UNITS; n++) {
        uint32_t c =
            searched.data[i] < 0x80 ? searched.data[i++] : im_utf8_next(searched, &i);

        units[n] = (struct text_unit){c, reading_of(c)};
    }
    for (size_t i = 0; i < n; i++) {
        if (!han_is(units[i].c) ||
            !(han_readings[units[i].c - HAN_FIRST] & HAN_BEGINS_PHRASE))
            continue;
        const struct han_phrase *phrase = phrase_at(&units[i], n - i);
        if (!phrase)
            continue;
        for (size_t k = 0; k < phrase->n; k++)
            units[i + k].reading = (uint16_t)(phrase->sets[k] + TEXT_HAN);
        i += phrase->n - 1u;
    }
    return n;
}

bool text_word_begins(const struct text_unit *units, size_t i)
{
    if (units[i].reading >= TEXT_HAN)
        return true;
    if (!text_is_latin(units[i].c))
        return false;
    return i == 0 || !text_is_latin(units[i - 1].c) ||
           text_is_digit(units[i - 1].c) != text_is_digit(units[i].c);
}
