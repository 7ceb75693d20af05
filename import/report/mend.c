/* SPDX-License-Identifier: Apache-2.0 */
/* Cells that come back unharmed from a table programme. */
#include "mend.h"

const char *const MEND_ZH[MEND_COLUMNS] = {"行号", "问题", "建议"};
const char *const MEND_EN[MEND_COLUMNS] = {"row", "problem", "suggestion"};

/* A header tells equal names apart: the file's own 建议 makes ours 建议_2. */
static bool is_called(const char *name, const char *ours)
{
    size_t len = strlen(ours);

    if (!name || strncmp(name, ours, len) != 0)
        return false;
    name += len;
    return !*name || (name[0] == '_' && name[1] &&
                      strspn(name + 1, "0123456789") == strlen(name + 1));
}

static bool are_called(const char *const *names, const char *const *ours)
{
    for (size_t i = 0; i < MEND_COLUMNS; i++)
        if (!is_called(names[i], ours[i]))
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
