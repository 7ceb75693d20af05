/* SPDX-License-Identifier: Apache-2.0 */
/* A folder z/x/y.png with tiles.json (TileJSON 3.0.0), for any server of files. In
 * other grids z is the matrix's identifier, and beside the tiles lie tileMatrixSet.json
 * and tileset.json (OGC 17-083r4), since TileJSON knows no other grid. Equal tiles are
 * one file with several names where the file system can. */
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

enum { ZOOM_NAME_MAX = 80, DOCUMENT_MAX_BYTES = 64 * 1024 * 1024 };

struct folder {
    struct writer *w;
    char path[PATH_MAX];
    uint64_t *first; /* of a content: key + 1 of the file that has it; 0: none yet */
    uint64_t column; /* whose folder is there: key of its first tile */
};

static void name_of_zoom(const struct folder *f, uint32_t z, char out[ZOOM_NAME_MAX])
{
    const struct tile_grid *grid = f->w->info->grid;

    if (grid)
        snprintf(out, ZOOM_NAME_MAX, "%s", tile_grid_matrix(grid, z)->id);
    else
        snprintf(out, ZOOM_NAME_MAX, "%u", z);
}

static bool path_of(struct folder *f, uint64_t key, char out[PATH_MAX])
{
    struct tile_id id = staged_id(key);
    char zoom[ZOOM_NAME_MAX];
    int n;

    name_of_zoom(f, id.z, zoom);
    n = snprintf(out, PATH_MAX, "%s/%s/%u/%u.%s", f->w->path, zoom, id.x, id.y,
                 f->w->info->format);
    return n > 0 && n < PATH_MAX;
}

/* Tiles come by zoom and column: a folder is made when the first of it comes. */
static bool make_column(struct folder *f, struct tile_id id)
{
    uint64_t column = staged_key((struct tile_id){id.z, id.x, 0}) + 1;
    char zoom[ZOOM_NAME_MAX];
    int n;

    if (f->column == column)
        return true;
    f->column = column;
    name_of_zoom(f, id.z, zoom);
    n = snprintf(f->path, sizeof f->path, "%s/%s", f->w->path, zoom);
    if (n < 0 || (size_t)n >= sizeof f->path || !make_folder(f->path))
        return false;
    n = snprintf(f->path, sizeof f->path, "%s/%s/%u", f->w->path, zoom, id.x);
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

static void put_text(struct im_json *w, const char *key, const char *text)
{
    im_json_key(w, key);
    im_json_text(w, text);
}

static void write_link(struct im_json *w,
                       const char *rel,
                       const char *type,
                       const char *href,
                       bool is_template)
{
    im_json_object(w);
    put_text(w, "rel", rel);
    put_text(w, "type", type);
    put_text(w, "href", href);
    if (is_template) {
        im_json_key(w, "templated");
        im_json_bool(w, true);
    }
    im_json_object_end(w);
}

static void write_limits(const struct tile_archive_info *info, struct im_json *w)
{
    im_json_key(w, "tileMatrixSetLimits");
    im_json_array(w);
    for (uint32_t z = info->min_zoom; z <= info->max_zoom; z++) {
        uint32_t cols[2];
        uint32_t rows[2];

        if (!tile_grid_limits(info->grid, z, info->bounds, cols, rows))
            continue;
        im_json_object(w);
        put_text(w, "tileMatrix", tile_grid_matrix(info->grid, z)->id);
        im_json_key(w, "minTileRow");
        im_json_int(w, rows[0]);
        im_json_key(w, "maxTileRow");
        im_json_int(w, rows[1]);
        im_json_key(w, "minTileCol");
        im_json_int(w, cols[0]);
        im_json_key(w, "maxTileCol");
        im_json_int(w, cols[1]);
        im_json_object_end(w);
    }
    im_json_array_end(w);
}

static void
write_corner(struct im_json *w, const char *key, double lon_deg, double lat_deg)
{
    im_json_key(w, key);
    im_json_array(w);
    im_json_number(w, lon_deg, 7);
    im_json_number(w, lat_deg, 7);
    im_json_array_end(w);
}

/* OGC 17-083r4, 9.2: tile set metadata; relative links, as the folder may lie
 * anywhere. A grid without a CRS of OGC (GCJ02Quad) has no "crs". */
static void write_tileset(const struct tile_archive_info *info, struct im_json *w)
{
    bool is_mvt = strcmp(info->format, "mvt") == 0;
    char type[40];
    char pattern[60];

    snprintf(type, sizeof type, "image/%s",
             strcmp(info->format, "jpg") == 0 ? "jpeg" : info->format);
    snprintf(pattern, sizeof pattern, "{tileMatrix}/{tileCol}/{tileRow}.%s",
             info->format);
    im_json_object(w);
    put_text(w, "title", info->name);
    put_text(w, "dataType", is_mvt ? "vector" : "map");
    if (tile_grid_crs(info->grid))
        put_text(w, "crs", tile_grid_crs(info->grid));
    if (tile_grid_uri(info->grid))
        put_text(w, "tileMatrixSetURI", tile_grid_uri(info->grid));
    if (info->attribution)
        put_text(w, "attribution", info->attribution);
    im_json_key(w, "boundingBox");
    im_json_object(w);
    write_corner(w, "lowerLeft", info->bounds.min_x, info->bounds.min_y);
    write_corner(w, "upperRight", info->bounds.max_x, info->bounds.max_y);
    put_text(w, "crs", "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    im_json_object_end(w);
    write_limits(info, w);
    im_json_key(w, "links");
    im_json_array(w);
    write_link(w, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
               "application/json", "tileMatrixSet.json", false);
    write_link(w, "item", is_mvt ? "application/vnd.mapbox-vector-tile" : type, pattern,
               true);
    im_json_array_end(w);
    im_json_object_end(w);
}

static void write_matrix_set(const struct tile_archive_info *info, struct im_json *w)
{
    tile_grid_write(info->grid, w);
}

static enum im_code put_document(struct folder *f,
                                 const char *name,
                                 void (*write)(const struct tile_archive_info *info,
                                               struct im_json *w),
                                 struct im_error *err)
{
    struct im_buf json = {.max = DOCUMENT_MAX_BYTES};
    struct im_json w = {.out = &json};
    enum im_code rc;
    int n;

    write(f->w->info, &w);
    rc = im_buf_check(&json, name, err);
    n = snprintf(f->path, sizeof f->path, "%s/%s", f->w->path, name);
    if (rc == IM_OK && (n < 0 || (size_t)n >= sizeof f->path ||
                        !write_body(f->path, im_buf_bytes(&json))))
        rc = tile_writer_fail(f->w->path, err);
    im_buf_release(&json);
    return rc;
}

static enum im_code put_documents(struct folder *f, struct im_error *err)
{
    enum im_code rc;

    if (!f->w->info->grid)
        return put_document(f, "tiles.json", write_tilejson, err);
    rc = put_document(f, "tileMatrixSet.json", write_matrix_set, err);
    return rc == IM_OK ? put_document(f, "tileset.json", write_tileset, err) : rc;
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
        rc = put_documents(f, err);
    if (rc != IM_OK)
        nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
done:
    if (f)
        free(f->first);
    free(f);
    return rc;
}
