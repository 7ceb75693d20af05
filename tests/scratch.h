/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for a test program, removed with all that is in it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[64];

static inline int scratch_remove_one(const char *path,
                                     const struct stat *info __attribute__((unused)),
                                     int type __attribute__((unused)),
                                     struct FTW *ftw __attribute__((unused)))
{
    return remove(path);
}

/** Group set-up and tear-down for cmocka_run_group_tests. */
static inline int scratch_make(void **state __attribute__((unused)))
{
    snprintf(scratch_folder, sizeof scratch_folder, "/tmp/innomap-test-XXXXXX");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_remove(void **state __attribute__((unused)))
{
    return nftw(scratch_folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/** Path of `name` in the folder; valid until the sixteenth call after this. */
static inline const char *scratch_path(const char *name)
{
    static char paths[16][1024];
    static unsigned next;
    char *path = paths[next++ % 16];
    int len = snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);

    if (len < 0 || (size_t)len >= sizeof paths[0])
        abort();
    return path;
}

/** Write a file of the folder; returns its path. */
static inline const char *scratch_write(const char *name, const void *data, size_t len)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        abort();
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

#endif
