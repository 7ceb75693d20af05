/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets of several files: .shp with .dbf, .tab with .dat ... */
#include "internal.h"

#include <ctype.h>
#include <xxhash.h>

/* The first of each stands for the whole. */
static const char *const SETS[][10] = {
    {"shp", "dbf", "shx", "prj", "cpg", "cst", NULL},
    {"tab", "dat", "map", "id", "ind", NULL},
    {"mif", "mid", NULL},
    {"gml", "xsd", "gfs", NULL},
};
enum { N_SETS = sizeof SETS / sizeof *SETS };

static bool exists(const char *path)
{
    VSIStatBufL info;

    return VSIStatExL(path, &info, VSI_STAT_EXISTS_FLAG) == 0;
}

bool sidecar_find(const char *path, const char *ending, char out[SOURCE_MAX_PATH])
{
    int stem = (int)(dataset_ending(path) - path);

    if (!*dataset_ending(path))
        return false;
    snprintf(out, SOURCE_MAX_PATH, "%.*s%s", stem, path, ending);
    if (exists(out))
        return true;
    for (char *p = out + stem; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return exists(out);
}

static const char *const *set_of(const char *path, size_t *at)
{
    for (size_t i = 0; i < N_SETS; i++)
        for (*at = 0; SETS[i][*at]; ++*at)
            if (strcasecmp(dataset_ending(path), SETS[i][*at]) == 0)
                return SETS[i];
    return NULL;
}

void sidecar_main(const char *path, char out[SOURCE_MAX_PATH])
{
    size_t at;
    const char *const *set = set_of(path, &at);

    /* a .xsd alone describes, but a .dbf is a table */
    if (!set || at == 0 || !sidecar_find(path, set[0], out))
        snprintf(out, SOURCE_MAX_PATH, "%s", path);
}

enum im_code sidecar_scan(const char *path,
                          const char *name,
                          struct source_bytes *io,
                          struct im_error *err)
{
    size_t at;
    const char *const *set = set_of(path, &at);
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && set && set[i]; i++) {
        char other[SOURCE_MAX_PATH];
        struct source_bytes bytes;

        if (i == at || !sidecar_find(path, set[i], other))
            continue;
        bool is_text = strcmp(set[i], "mid") == 0;
        const char *slash = strrchr(is_text ? other : name, '/');
        rc = bytes_scan(other, slash ? slash + 1 : name,
                        (struct bytes_bounds){.is_text = is_text}, &bytes, err);
        io->size += bytes.size;
        io->hash = XXH3_64bits_withSeed(&bytes.hash, sizeof bytes.hash, io->hash);
    }
    return rc;
}
