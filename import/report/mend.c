/* SPDX-License-Identifier: Apache-2.0 */
/* Cells that come back unharmed from a table programme. */
#include "mend.h"

#include <engine/csv.h>

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

bool mend_needs_guard(struct im_bytes cell)
{
    return im_csv_needs_guard(cell);
}

struct im_bytes mend_unguard(struct im_bytes cell)
{
    return im_csv_unguard(cell);
}
