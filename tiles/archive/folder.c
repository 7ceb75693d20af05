/* SPDX-License-Identifier: Apache-2.0 */
/* A folder z/x/y.png with tiles.json (TileJSON 3.0.0), for any server of files. Equal
 * tiles are one file with several names where the file system can. */
#include "archive/writer.h"

#include <tiles/grid.h>

#include <engine/json_writer.h>

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static bool write_body(const char *path, struct im_bytes body)
{
    FILE *file = fopen(path, "wb");
    bool ok =
        file && (body.len == 0 || fwrite(body.data, 1, body.len, file) == body.len);

    if (file && fclose(file) != 0)
        ok = false;
    return ok;
}

struct folder {
    struct writer *w;
    char path[PATH_MAX];
    uint64_t *first; /* of a content: key + 1 of the file that has it; 0: none yet */
    uint64_t column; /* whose folder is there: key of its first tile */
};

static bool path_of(struct folder *f, uint64_t key, char out[PATH_MAX])
{
    struct tile_id id = staged_id(key);
    int n = snprintf(out, PATH_MAX, "%s/%u/%u/%u.%s", f->w->path, id.z, id.x, id.y,
                     f->w->info->format);

    return n > 0 && n < PATH_MAX;
}

/* Tiles come by zoom and column: a folder is made when the first of it comes. */
static bool make_column(struct folder *f, struct tile_id id)
{
    uint64_t column = staged_key((struct tile_id){id.z, id.x, 0}) + 1;
    int n;

    if (f->column == column)
        return true;
    f->column = column;
    n = snprintf(f->path, sizeof f->path, "%s/%u", f->w->path, id.z);
    if (n < 0 || (size_t)n >= sizeof f->path || !make_folder(f->path))
        return false;
    n = snprintf(f->path, sizeof f->path, "%s/%u/%u", f->w->path, id.z, id.x);
    return n > 0 && (size_t)n < sizeof f->path && make_folder(f->path);
}

static enum im_code
put_tile(struct folder *f, const struct staged_tile *tile, struct im_error *err)
{
    char other[PATH_MAX];
    uint64_t *first = &f->first[tile->content];
    enum im_code rc;

    if (!make_column(f, staged_id(tile->key)) || !path_of(f, tile->key, f->path))
        return tile_writer_fail(f->w->path, err);
    if (*first && path_of(f, *first - 1, other) && link(other, f->path) == 0)
        return IM_OK;
    /* the first, or one link too many for the file system */
    *first = tile->key + 1;
    rc = tile_staged_read(f->w->stage, tile->content, &f->w->buf, err);
    if (rc == IM_OK && !write_body(f->path, im_buf_bytes(&f->w->buf)))
        rc = tile_writer_fail(f->path, err);
    return rc;
}

static void write_tilejson(const struct tile_archive_info *info, struct im_json *w)
{
    struct tile_writer_center center = tile_writer_center(info);
    char pattern[40];

    snprintf(pattern, sizeof pattern, "{z}/{x}/{y}.%s", info->format);
    im_json_object(w);
    im_json_key(w, "tilejson");
    im_json_text(w, "3.0.0");
    im_json_key(w, "name");
    im_json_text(w, info->name);
    im_json_key(w, "tiles");
    im_json_array(w);
    im_json_text(w, pattern);
    im_json_array_end(w);
    im_json_key(w, "minzoom");
    im_json_int(w, info->min_zoom);
    im_json_key(w, "maxzoom");
    im_json_int(w, info->max_zoom);
    im_json_key(w, "bounds");
    im_json_array(w);
    im_json_number(w, info->bounds.min_x, 7);
    im_json_number(w, info->bounds.min_y, 7);
    im_json_number(w, info->bounds.max_x, 7);
    im_json_number(w, info->bounds.max_y, 7);
    im_json_array_end(w);
    im_json_key(w, "center");
    im_json_array(w);
    im_json_number(w, center.lon, 7);
    im_json_number(w, center.lat, 7);
    im_json_int(w, center.zoom);
    im_json_array_end(w);
    if (info->attribution) {
        im_json_key(w, "attribution");
        im_json_text(w, info->attribution);
    }
    if (info->vector_layers_json) {
        im_json_key(w, "vector_layers");
        im_json_raw(w, im_bytes_of(info->vector_layers_json));
    }
    im_json_object_end(w);
}

static enum im_code put_tilejson(struct folder *f, struct im_error *err)
{
    struct im_buf json = {.max = 64 * 1024 * 1024};
    struct im_json w = {.out = &json};
    enum im_code rc;
    int n;

    write_tilejson(f->w->info, &w);
    rc = im_buf_check(&json, "tiles.json", err);
    n = snprintf(f->path, sizeof f->path, "%s/tiles.json", f->w->path);
    if (rc == IM_OK && (n < 0 || (size_t)n >= sizeof f->path ||
                        !write_body(f->path, im_buf_bytes(&json))))
        rc = tile_writer_fail(f->w->path, err);
    im_buf_release(&json);
    return rc;
}

enum im_code tile_folder_write(struct writer *w, struct im_error *err)
{
    struct folder *f = calloc(1, sizeof *f);
    size_t n = 0;
    const struct staged_tile *tiles = tile_staged_sort(w->stage, NULL, &n);
    enum im_code rc = IM_OK;

    if (f)
        f->first = calloc(tile_staged_contents(w->stage) + 1, sizeof *f->first);
    if (!f || !f->first) {
        rc = im_fail(err, IM_ENOMEM, "out of memory for an archive");
        goto done;
    }
    f->w = w;
    nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* of a run killed here */
    if (!make_folder(w->path))
        rc = tile_writer_fail(w->path, err);
    for (size_t i = 0; i < n && rc == IM_OK; i++) {
        rc = put_tile(f, &tiles[i], err);
        tile_writer_tell(w, i);
    }
    if (rc == IM_OK)
        rc = put_tilejson(f, err);
    if (rc != IM_OK)
        nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
done:
    if (f)
        free(f->first);
    free(f);
    return rc;
}
