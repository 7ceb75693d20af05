/* SPDX-License-Identifier: Apache-2.0 */
/* All grids of a directory. */
#include "grid_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct grid_set {
    uint32_t n;
    struct tile_grid *grids[GRID_MAX_FILES]; /* those that were read */
};

static int is_json(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return entry->d_name[0] != '.' && n > 5 &&
           strcmp(entry->d_name + n - 5, ".json") == 0;
}

static enum im_code
read_file(const char *path, struct im_buf *out, struct im_error *err)
{
    FILE *file = fopen(path, "rb");
    uint8_t part[16384];
    size_t n;
    enum im_code rc;

    if (!file)
        return im_fail(err, IM_EIO, "read '%s': %s", path, strerror(errno));
    while (!out->failed && (n = fread(part, 1, sizeof part, file)) > 0)
        im_buf_append(out, part, n);
    rc = ferror(file) ? im_fail(err, IM_EIO, "read '%s': %s", path, strerror(errno))
                      : im_buf_check(out, path, err);
    fclose(file);
    return rc;
}

static enum im_code fail_twice(const char *name, const char *id, struct im_error *err)
{
    im_fail(err, IM_EDATA, "grid '%s': id: there is a grid '%s' already", name, id);
    return im_zh(err, IM_EDATA, "网格 “%s”：id：已有网格 “%s”", name, id);
}

static enum im_code add_file(struct grid_set *set,
                             const char *directory,
                             const char *name,
                             struct im_error *err)
{
    struct im_buf json = {.max = GRID_MAX_FILE_BYTES};
    struct tile_grid *grid = NULL;
    char path[4096];
    enum im_code rc;

    if (set->n == GRID_MAX_FILES) {
        im_fail(err, IM_ELIMIT, "'%s' has over %d grids", directory, GRID_MAX_FILES);
        return im_zh(err, IM_ELIMIT, "“%s” 中的网格超过 %d 个", directory,
                     GRID_MAX_FILES);
    }
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return im_fail(err, IM_ELIMIT, "the name of '%s' is too long", name);
    rc = read_file(path, &json, err);
    if (rc == IM_OK)
        rc = grid_read(im_buf_bytes(&json), name, &grid, err);
    im_buf_release(&json);
    if (rc == IM_OK && grid_set_find(set, im_bytes_of(grid->id)))
        rc = fail_twice(name, grid->id, err);
    if (rc == IM_OK)
        set->grids[set->n++] = grid;
    else
        tile_grid_free(grid);
    return rc;
}

enum im_code
grid_set_open(const char *directory, struct grid_set **out, struct im_error *err)
{
    struct grid_set *set = calloc(1, sizeof *set);
    struct dirent **entries = NULL;
    enum im_code rc = IM_OK;
    int n = 0;

    if (!set)
        return im_fail(err, IM_ENOMEM, "grids");
    if (directory && (n = scandir(directory, &entries, is_json, alphasort)) < 0) {
        rc = im_fail(err, IM_EIO, "grids '%s': %s", directory, strerror(errno));
        n = 0;
    }
    for (int i = 0; i < n; i++) {
        if (rc == IM_OK)
            rc = add_file(set, directory, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    if (rc == IM_OK)
        *out = set;
    else
        grid_set_close(set);
    return rc;
}

void grid_set_close(struct grid_set *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; i < set->n; i++)
        tile_grid_free(set->grids[i]);
    free(set);
}

uint32_t grid_set_size(const struct grid_set *set)
{
    return set->n + 1;
}

const struct tile_grid *grid_set_at(const struct grid_set *set, uint32_t i)
{
    return i == 0 ? tile_grid_web_mercator() : set->grids[i - 1];
}

const struct tile_grid *grid_set_find(const struct grid_set *set, struct im_bytes id)
{
    for (uint32_t i = 0; i < grid_set_size(set); i++) {
        const struct tile_grid *grid = grid_set_at(set, i);

        if (im_bytes_equal(im_bytes_of(grid->id), id))
            return grid;
    }
    return NULL;
}
