/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: staged while tiles come, written whole at the end. */
#include "archive/writer.h"

#include <tiles/grid.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BODY_BYTES = 64 * 1024 * 1024 };

struct tile_archive {
    enum tile_archive_kind kind;
    char *path;
    char *beside; /* written first, then renamed */
    struct tile_archive_info info;
    char *texts[4]; /* of info */
    struct staged *stage;
};

enum im_code tile_writer_fail(const char *path, struct im_error *err)
{
    int why = errno;

    im_fail(err, IM_EIO, "write '%s': %s", path, strerror(why));
    return im_zh(err, IM_EIO, "无法写入 “%s”：%s；请检查磁盘空间和写权限", path,
                 strerror(why));
}

struct tile_writer_center tile_writer_center(const struct tile_archive_info *info)
{
    return (struct tile_writer_center){(info->bounds.min_x + info->bounds.max_x) / 2,
                                       (info->bounds.min_y + info->bounds.max_y) / 2,
                                       (info->min_zoom + info->max_zoom) / 2};
}

void tile_writer_number(struct im_buf *out, double value)
{
    char text[IM_NUMBER_MAX];

    im_buf_append(out, text, im_format_double(text, value, 7));
}

static bool ends_in(const char *path, const char *ending)
{
    size_t len = strlen(path);
    size_t n = strlen(ending);

    return len > n && strcasecmp(path + len - n, ending) == 0;
}

enum tile_archive_kind tile_archive_kind_of(const char *path)
{
    return ends_in(path, ".pmtiles")   ? ARCHIVE_PMTILES
           : ends_in(path, ".mbtiles") ? ARCHIVE_MBTILES
                                       : ARCHIVE_FOLDER;
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    unsigned n = 0;

    if (!folder)
        return errno == ENOENT;
    while (n <= 2 && readdir(folder))
        n++; /* . and .. are two */
    closedir(folder);
    return n <= 2;
}

static enum im_code check(const char *path,
                          enum tile_archive_kind kind,
                          const struct tile_archive_info *info,
                          struct im_error *err)
{
    struct stat there;

    if (info->max_zoom > TILE_MAX_ZOOM || info->min_zoom > info->max_zoom) {
        im_fail(err, IM_EARG, "zooms %u to %u, allowed are 0 to %d", info->min_zoom,
                info->max_zoom, TILE_MAX_ZOOM);
        return im_zh(err, IM_EARG, "缩放级别 %u 至 %u，允许范围是 0 至 %d",
                     info->min_zoom, info->max_zoom, TILE_MAX_ZOOM);
    }
    if (info->grid && kind != ARCHIVE_FOLDER) {
        im_fail(err, IM_EARG,
                "'%s' can only have tiles of WebMercatorQuad; export other grids to a "
                "folder",
                path);
        return im_zh(err, IM_EARG,
                     "“%s” 的格式只支持 WebMercatorQuad；其他网格请导出到目录", path);
    }
    if (kind != ARCHIVE_FOLDER && stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        im_fail(err, IM_EARG, "'%s' is there and is no file; choose another name",
                path);
        return im_zh(err, IM_EARG, "“%s” 已存在且不是普通文件；请换一个名称", path);
    }
    if (kind == ARCHIVE_FOLDER && !is_empty_folder(path)) {
        im_fail(err, IM_EARG, "'%s' is no empty folder; name a new one", path);
        return im_zh(err, IM_EARG, "“%s” 不是空目录；请指定新目录", path);
    }
    return IM_OK;
}

static char *beside_of(const char *path)
{
    size_t len = strlen(path);
    char *out;

    while (len > 1 && path[len - 1] == '/')
        len--;
    out = malloc(len + sizeof ".part.new");
    if (out) {
        memcpy(out, path, len);
        memcpy(out + len, ".part.new", sizeof ".part.new");
    }
    return out;
}

static bool copy_info(struct tile_archive *a, const struct tile_archive_info *info)
{
    const char **const texts[] = {&a->info.name, &a->info.format, &a->info.attribution,
                                  &a->info.vector_layers_json};

    a->info = *info;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!*texts[i])
            continue;
        a->texts[i] = strdup(*texts[i]);
        *texts[i] = a->texts[i];
        if (!a->texts[i])
            return false;
    }
    return true;
}

enum im_code tile_archive_open(const char *path,
                               const struct tile_archive_info *info,
                               struct tile_archive **out,
                               struct im_error *err)
{
    struct tile_archive *a = NULL;
    enum im_code rc = check(path, tile_archive_kind_of(path), info, err);

    if (rc != IM_OK)
        return rc;
    a = calloc(1, sizeof *a);
    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory for an archive");
    a->kind = tile_archive_kind_of(path);
    bool copied = copy_info(a, info);
    a->path = strdup(path);
    a->beside = beside_of(path);
    rc = copied && a->path && a->beside
             ? tile_staged_open(path, info->version, &a->stage, err)
             : im_fail(err, IM_ENOMEM, "out of memory for an archive");
    if (rc == IM_OK)
        *out = a;
    else
        tile_archive_close(a);
    return rc;
}

bool tile_archive_has(const struct tile_archive *a, struct tile_id id)
{
    return tile_staged_has(a->stage, id);
}

enum im_code tile_archive_put(struct tile_archive *a,
                              struct tile_id id,
                              struct im_bytes body,
                              struct im_error *err)
{
    return tile_staged_put(a->stage, id, body, err);
}

struct tile_archive_count tile_archive_count(const struct tile_archive *a)
{
    return tile_staged_count(a->stage);
}

/* The file's bytes are on the disk before its name is: after a power failure there is
 * the old one or the whole new one. */
static enum im_code put_in_place(struct tile_archive *a, struct im_error *err)
{
    if (a->kind != ARCHIVE_FOLDER) {
        int fd = open(a->beside, O_RDONLY | O_CLOEXEC);
        bool synced = fd >= 0 && fsync(fd) == 0;

        if (fd >= 0)
            close(fd);
        if (!synced)
            return tile_writer_fail(a->path, err);
    }
    return rename(a->beside, a->path) == 0 ? IM_OK : tile_writer_fail(a->path, err);
}

enum im_code tile_archive_finish(struct tile_archive *a, struct im_error *err)
{
    struct writer w = {.path = a->beside,
                       .info = &a->info,
                       .stage = a->stage,
                       .buf = {.max = MAX_BODY_BYTES}};
    enum im_code rc;

    switch (a->kind) {
    case ARCHIVE_PMTILES:
        rc = tile_pmtiles_write(&w, err);
        break;
    case ARCHIVE_MBTILES:
        rc = tile_mbtiles_write(&w, err);
        break;
    default:
        rc = tile_folder_write(&w, err);
    }
    im_buf_release(&w.buf);
    if (rc == IM_OK)
        rc = put_in_place(a, err);
    if (rc == IM_OK) {
        tile_staged_remove(a->stage);
        a->stage = NULL;
    } else if (a->kind != ARCHIVE_FOLDER) {
        unlink(a->beside);
    }
    return rc;
}

void tile_archive_close(struct tile_archive *a)
{
    if (!a)
        return;
    tile_staged_close(a->stage);
    for (size_t i = 0; i < sizeof a->texts / sizeof *a->texts; i++)
        free(a->texts[i]);
    free(a->path);
    free(a->beside);
    free(a);
}
