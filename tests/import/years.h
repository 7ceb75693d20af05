/* SPDX-License-Identifier: Apache-2.0 */
/* A list of points for tests that interrupt an import. */
#ifndef TESTS_IMPORT_YEARS_H
#define TESTS_IMPORT_YEARS_H

#include <scratch.h>

#include <stdlib.h>

/* Every row of the file carries `year`, so a mixture of two imports can be seen. */
static const char *csv_of(const char *name, int rows, int year)
{
    size_t size = (size_t)rows * 64 + 64;
    char *text = malloc(size);
    size_t used = (size_t)snprintf(text, size, "id,name_zh,year,lon,lat\n");

    for (int i = 0; i < rows; i++)
        used += (size_t)snprintf(text + used, size - used, "K%d,n%d,%d,%.4f,%.4f\n", i,
                                 i, year, 115 + i % 80 * 0.1, 27 + i / 80 * 0.1);
    const char *path = scratch_text(name, text);
    free(text);
    return path;
}

#endif
