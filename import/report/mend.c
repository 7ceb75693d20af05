/* SPDX-License-Identifier: Apache-2.0 */
/* Cells that come back unharmed from a table programme. */
#include "mend.h"

const char *const MEND_ZH[MEND_COLUMNS] = {"行号", "问题", "建议"};
const char *const MEND_EN[MEND_COLUMNS] = {"row", "problem", "suggestion"};

static bool are_called(const char *const *names, const char *const *ours)
{
    for (size_t i = 0; i < MEND_COLUMNS; i++)
        if (!names[i] || strcmp(names[i], ours[i]) != 0)
            return false;
    return true;
}

bool mend_header(const char *const *names, size_t n)
{
    /* one column of the file's own at least */
    if (n <= MEND_COLUMNS)
        return false;
    names += n - MEND_COLUMNS;
    return are_called(names, MEND_ZH) || are_called(names, MEND_EN);
}

/* OWASP, "CSV Injection": these begin a formula, the full-width ones where the
 * programme speaks Chinese or Japanese. */
static bool begins_formula(struct im_bytes cell)
{
    size_t at = 0;

    if (cell.len == 0)
        return false;
    switch (im_utf8_next(cell, &at)) {
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
        return true;
    default:
        return false;
    }
}

static bool is_plain_number(struct im_bytes cell)
{
    double value;

    if (cell.len && cell.data[0] == '+')
        cell = (struct im_bytes){cell.data + 1, cell.len - 1};
    return im_parse_double(cell, &value);
}

bool mend_needs_guard(struct im_bytes cell)
{
    struct im_bytes bare = cell;

    while (bare.len && bare.data[0] == '\'')
        bare = (struct im_bytes){bare.data + 1, bare.len - 1};
    if (!begins_formula(bare))
        return false;
    return bare.len < cell.len || !is_plain_number(cell);
}

struct im_bytes mend_unguard(struct im_bytes cell)
{
    if (cell.len < 2 || cell.data[0] != '\'' || !mend_needs_guard(cell))
        return cell;
    return (struct im_bytes){cell.data + 1, cell.len - 1};
}
