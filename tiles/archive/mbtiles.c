/* SPDX-License-Identifier: Apache-2.0 */
/* MBTiles 1.3 (github.com/mapbox/mbtiles-spec): rows from the south, vector tiles
 * gzipped; bodies once in `images`, `tiles` a view of them. */
#include "archive/writer.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Nobody else sees the file before it is renamed: no journal is needed. */
static const char SCHEMA[] =
    "PRAGMA application_id = 0x4d504258;"
    "PRAGMA journal_mode = OFF;"
    "PRAGMA synchronous = OFF;"
    "BEGIN;"
    "CREATE TABLE metadata (name text PRIMARY KEY, value text) WITHOUT ROWID;"
    "CREATE TABLE images (tile_id integer PRIMARY KEY, tile_data blob NOT NULL);"
    "CREATE TABLE map (zoom_level integer, tile_column integer, tile_row integer,"
    " tile_id integer NOT NULL REFERENCES images,"
    " PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;"
    "CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data"
    " FROM map JOIN images USING (tile_id);";

struct mbtiles {
    struct writer *w;
    sqlite3 *db;
    sqlite3_stmt *put_image;
    sqlite3_stmt *put_tile;
    uint32_t *number_of; /* of a content: its tile_id; 0: not written yet */
    uint32_t n_images;
};

static enum im_code fail_sql(const struct mbtiles *m, struct im_error *err)
{
    const char *why = m->db ? sqlite3_errmsg(m->db) : "out of memory";

    im_fail(err, IM_EIO, "write '%s': %s", m->w->path, why);
    return im_zh(err, IM_EIO, "无法写入 “%s”：%s；请检查磁盘空间和写权限", m->w->path,
                 why);
}

static enum im_code run(struct mbtiles *m, const char *sql, struct im_error *err)
{
    return sqlite3_exec(m->db, sql, NULL, NULL, NULL) == SQLITE_OK ? IM_OK
                                                                   : fail_sql(m, err);
}

static enum im_code
step(struct mbtiles *m, sqlite3_stmt *statement, struct im_error *err)
{
    bool ok = sqlite3_step(statement) == SQLITE_DONE;

    if (!ok)
        (void)fail_sql(m, err);
    sqlite3_reset(statement);
    return ok ? IM_OK : IM_EIO;
}

/* ---- metadata ---- */

static enum im_code put_text(struct mbtiles *m,
                             sqlite3_stmt *statement,
                             const char *name,
                             struct im_bytes value,
                             struct im_error *err)
{
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text64(statement, 2, (const char *)value.data, value.len,
                        SQLITE_TRANSIENT, SQLITE_UTF8);
    return step(m, statement, err);
}

static void numbers(struct im_buf *out, const double *values, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (i)
            im_buf_byte(out, ',');
        tile_writer_number(out, values[i]);
    }
}

/* What to write under a name; false: nothing. */
static bool
value_of(const struct tile_archive_info *info, unsigned i, struct im_buf *out)
{
    struct tile_writer_center center = tile_writer_center(info);
    bool is_mvt = strcmp(info->format, "mvt") == 0;

    switch (i) {
    case 0:
        im_buf_text(out, info->name);
        return true;
    case 1:
        im_buf_text(out, is_mvt ? "pbf" : info->format);
        return true;
    case 2:
        numbers(out,
                (double[]){info->bounds.min_x, info->bounds.min_y, info->bounds.max_x,
                           info->bounds.max_y},
                4);
        return true;
    case 3:
        numbers(out, (double[]){center.lon, center.lat, center.zoom}, 3);
        return true;
    case 4:
        im_buf_printf(out, "%u", info->min_zoom);
        return true;
    case 5:
        im_buf_printf(out, "%u", info->max_zoom);
        return true;
    case 6:
        im_buf_text(out, info->is_overlay ? "overlay" : "baselayer");
        return true;
    case 7:
        im_buf_printf(out, "%llu", (unsigned long long)info->data_version);
        return true;
    case 8:
        im_buf_text(out, info->attribution ? info->attribution : "");
        return info->attribution != NULL;
    default:
        im_buf_printf(out, "{\"vector_layers\":%s}",
                      info->vector_layers_json ? info->vector_layers_json : "[]");
        return is_mvt;
    }
}

static enum im_code put_metadata(struct mbtiles *m, struct im_error *err)
{
    static const char *const names[] = {"name",        "format",  "bounds", "center",
                                        "minzoom",     "maxzoom", "type",   "version",
                                        "attribution", "json"};
    struct im_buf value = {.max = 64 * 1024 * 1024};
    sqlite3_stmt *statement = NULL;
    enum im_code rc = IM_OK;

    if (sqlite3_prepare_v2(m->db, "INSERT INTO metadata VALUES (?, ?)", -1, &statement,
                           NULL) != SQLITE_OK)
        return fail_sql(m, err);
    for (unsigned i = 0; i < sizeof names / sizeof *names && rc == IM_OK; i++) {
        im_buf_clear(&value);
        if (!value_of(m->w->info, i, &value))
            continue;
        rc = im_buf_check(&value, "the metadata", err);
        if (rc == IM_OK)
            rc = put_text(m, statement, names[i], im_buf_bytes(&value), err);
    }
    sqlite3_finalize(statement);
    im_buf_release(&value);
    return rc;
}

/* ---- tiles ---- */

static enum im_code put_image(struct mbtiles *m, uint32_t content, struct im_error *err)
{
    enum im_code rc = tile_staged_read(m->w->stage, content, &m->w->buf, err);

    if (rc != IM_OK)
        return rc;
    m->number_of[content] = ++m->n_images;
    sqlite3_bind_int64(m->put_image, 1, m->n_images);
    sqlite3_bind_blob64(m->put_image, 2, m->w->buf.data, m->w->buf.len, SQLITE_STATIC);
    return step(m, m->put_image, err);
}

static enum im_code
put_tile(struct mbtiles *m, const struct staged_tile *tile, struct im_error *err)
{
    struct tile_id id = staged_id(tile->key);
    enum im_code rc = IM_OK;

    if (!m->number_of[tile->content])
        rc = put_image(m, tile->content, err);
    if (rc != IM_OK)
        return rc;
    sqlite3_bind_int64(m->put_tile, 1, id.z);
    sqlite3_bind_int64(m->put_tile, 2, id.x);
    sqlite3_bind_int64(m->put_tile, 3, (sqlite3_int64)((1u << id.z) - 1 - id.y));
    sqlite3_bind_int64(m->put_tile, 4, m->number_of[tile->content]);
    return step(m, m->put_tile, err);
}

static enum im_code put_tiles(struct mbtiles *m, struct im_error *err)
{
    size_t n = 0;
    const struct staged_tile *tiles = tile_staged_sort(m->w->stage, NULL, &n);
    enum im_code rc = IM_OK;

    m->number_of = calloc(tile_staged_contents(m->w->stage) + 1, sizeof *m->number_of);
    if (!m->number_of)
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    if (sqlite3_prepare_v2(m->db, "INSERT INTO images VALUES (?, ?)", -1, &m->put_image,
                           NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(m->db, "INSERT INTO map VALUES (?, ?, ?, ?)", -1,
                           &m->put_tile, NULL) != SQLITE_OK)
        return fail_sql(m, err);
    for (size_t i = 0; i < n && rc == IM_OK; i++) {
        rc = put_tile(m, &tiles[i], err);
        tile_writer_tell(m->w, i);
    }
    return rc;
}

enum im_code tile_mbtiles_write(struct writer *w, struct im_error *err)
{
    struct mbtiles m = {.w = w};
    enum im_code rc = IM_OK;

    unlink(w->path); /* of a run that was killed here */
    if (sqlite3_open_v2(w->path, &m.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK) {
        rc = fail_sql(&m, err);
        goto done;
    }
    rc = run(&m, SCHEMA, err);
    if (rc == IM_OK)
        rc = put_metadata(&m, err);
    if (rc == IM_OK)
        rc = put_tiles(&m, err);
    if (rc == IM_OK)
        rc = run(&m, "COMMIT", err);
done:
    sqlite3_finalize(m.put_image);
    sqlite3_finalize(m.put_tile);
    if (sqlite3_close(m.db) != SQLITE_OK && rc == IM_OK)
        rc = fail_sql(&m, err);
    free(m.number_of);
    return rc;
}
