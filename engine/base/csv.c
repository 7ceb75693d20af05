/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for table programmes. */
#include <engine/csv.h>

static bool is_plain_number(struct im_bytes text)
{
    double value;

    if (text.len && text.data[0] == '+')
        text = (struct im_bytes){text.data + 1, text.len - 1};
    return im_parse_double(text, &value);
}

/* OWASP, "CSV Injection"; the full-width ones begin formulas where the programme speaks
 * Chinese or Japanese. */
bool im_csv_is_formula(struct im_bytes text)
{
    size_t at = 0;

    if (text.len == 0)
        return false;
    switch (im_utf8_next(text, &at)) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
    case 0xFF1D: /* ＝ */
    case 0xFF0B: /* ＋ */
    case 0xFF0D: /* － */
    case 0xFF20: /* ＠ */
        return !is_plain_number(text);
    default:
        return false;
    }
}

bool im_csv_needs_guard(struct im_bytes text)
{
    struct im_bytes bare = text;

    while (bare.len && bare.data[0] == '\'')
        bare = (struct im_bytes){bare.data + 1, bare.len - 1};
    if (bare.len == text.len)
        return im_csv_is_formula(text);
    /* apostrophes before what could begin a formula, be it a number or not: else a
     * guard could not be told from what was there */
    return bare.len &&
           (im_csv_is_formula(bare) || bare.data[0] == '-' || bare.data[0] == '+');
}

struct im_bytes im_csv_unguard(struct im_bytes text)
{
    if (text.len < 2 || text.data[0] != '\'' || !im_csv_needs_guard(text))
        return text;
    return (struct im_bytes){text.data + 1, text.len - 1};
}

/* More than RFC 4180, 2.6 asks for: some programmes split at these as well. */
static bool needs_quotes(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("\",\r\n; \t", text.data[i], 7))
            return true;
    return false;
}

static void put_cell(struct im_csv *w, struct im_bytes text, bool is_guarded)
{
    bool is_quoted = is_guarded || needs_quotes(text);

    if (w->follows)
        im_buf_byte(w->out, ',');
    w->follows = true;
    if (is_quoted)
        im_buf_byte(w->out, '"');
    if (is_guarded)
        im_buf_byte(w->out, '\'');
    for (size_t i = 0; i < text.len;) {
        const uint8_t *quote = memchr(text.data + i, '"', text.len - i);
        size_t n = quote ? (size_t)(quote - text.data) + 1 - i : text.len - i;

        im_buf_append(w->out, text.data + i, n);
        if (quote)
            im_buf_byte(w->out, '"');
        i += n;
    }
    if (is_quoted)
        im_buf_byte(w->out, '"');
}

void im_csv_cell(struct im_csv *w, struct im_bytes text)
{
    put_cell(w, text, false);
}

void im_csv_guarded_cell(struct im_csv *w, struct im_bytes text)
{
    put_cell(w, text, true);
}

void im_csv_end_row(struct im_csv *w)
{
    im_buf_text(w->out, "\r\n");
    w->follows = false;
}
