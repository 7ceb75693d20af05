/* SPDX-License-Identifier: Apache-2.0 */
/* The built viewer, read once. */
#include "assets.h"

#include <libdeflate.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct asset {
    char *path;
    struct body *body;
};

struct assets {
    struct asset *files; /* sorted by path */
    size_t n;
    size_t cap;
};

struct loader {
    struct assets *assets;
    struct libdeflate_compressor *compressor;
    struct im_error *err;
};

static const struct {
    const char *suffix;
    const char *type;
    bool compress;
} types[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".webmanifest", "application/manifest+json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".png", "image/png", false},
    {".jpg", "image/jpeg", false},
    {".webp", "image/webp", false},
    {".ico", "image/x-icon", false},
    {".woff2", "font/woff2", false},
    {".wasm", "application/wasm", true},
    {".map", "application/json", true},
    {"", "application/octet-stream", false},
};

static size_t type_of(const char *path)
{
    size_t len = strlen(path);
    size_t t = 0;

    for (;; t++) {
        size_t suffix = strlen(types[t].suffix);

        if (len >= suffix && strcmp(path + len - suffix, types[t].suffix) == 0)
            return t;
    }
}

static enum im_code add(struct loader *l, const char *path, struct im_bytes bytes)
{
    struct assets *a = l->assets;
    size_t t = type_of(path);
    struct asset asset = {0};

    if (a->n == ASSETS_MAX_FILES)
        return im_fail(l->err, IM_ELIMIT, "viewer folder has over %d files",
                       ASSETS_MAX_FILES);
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 32;
        struct asset *files = realloc(a->files, cap * sizeof *files);

        if (!files)
            return im_fail(l->err, IM_ENOMEM, "viewer '%s'", path);
        a->files = files;
        a->cap = cap;
    }
    asset.path = strdup(path);
    asset.body =
        body_new(bytes, types[t].type, types[t].compress ? l->compressor : NULL);
    if (!asset.path || !asset.body) {
        free(asset.path);
        body_unref(asset.body);
        return im_fail(l->err, IM_ENOMEM, "viewer '%s'", path);
    }
    asset.body->status = 200; /* an empty file is a file */
    a->files[a->n++] = asset;
    return IM_OK;
}

static enum im_code load_file(struct loader *l, int fd, const char *path, off_t size)
{
    struct im_buf buf = {.max = ASSETS_MAX_FILE_BYTES + 1};
    enum im_code rc = IM_OK;
    ssize_t got = 1;

    if (size > ASSETS_MAX_FILE_BYTES)
        return im_fail(l->err, IM_ELIMIT, "viewer file '%s' is over %d bytes", path,
                       ASSETS_MAX_FILE_BYTES);
    while (got > 0 &&
           im_buf_reserve(&buf, 65536 < (size_t)size + 1 ? 65536 : (size_t)size + 1)) {
        got = read(fd, buf.data + buf.len, buf.cap - buf.len);
        buf.len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        rc = im_fail(l->err, IM_EIO, "read '%s': %s", path, strerror(errno));
    if (rc == IM_OK)
        rc = im_buf_check(&buf, path, l->err);
    if (rc == IM_OK)
        rc = add(l, path, im_buf_bytes(&buf));
    im_buf_release(&buf);
    return rc;
}

static enum im_code
load_folder(struct loader *l, int fd, const char *prefix, int depth);

static enum im_code load_entry(
    struct loader *l, int folder, const char *name, const char *prefix, int depth)
{
    char path[512];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s%s", prefix, name);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum im_code rc = IM_OK;

    if (fd < 0) /* a symbolic link, or not ours to read: not served */
        return IM_OK;
    if (n < 0 || (size_t)n >= sizeof path - 1)
        rc = im_fail(l->err, IM_ELIMIT, "viewer path '%s…' is too long", path);
    else if (fstat(fd, &st) != 0)
        rc = im_fail(l->err, IM_EIO, "viewer '%s': %s", path, strerror(errno));
    else if (S_ISREG(st.st_mode))
        rc = load_file(l, fd, path, st.st_size);
    else if (S_ISDIR(st.st_mode) && depth < 4) {
        snprintf(path + n, sizeof path - (size_t)n, "/");
        rc = load_folder(l, fd, path, depth + 1);
        fd = -1; /* closed with the folder */
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Takes the descriptor. */
static enum im_code load_folder(struct loader *l, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    enum im_code rc = IM_OK;

    if (!dir) {
        close(fd);
        return im_fail(l->err, IM_EIO, "viewer folder: %s", strerror(errno));
    }
    while (rc == IM_OK && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            rc = load_entry(l, fd, entry->d_name, prefix, depth);
    closedir(dir);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct asset *)a)->path, ((const struct asset *)b)->path);
}

static enum im_code no_viewer(const char *directory, struct im_error *err)
{
    im_fail(err, IM_EENV,
            "'%s' holds no built viewer (index.html); build it with ./start, or name "
            "its folder with --viewer",
            directory);
    return im_zh(err, IM_EENV,
                 "“%s” 中没有构建好的页面（index.html）；请运行 ./start 构建，或用 "
                 "--viewer 指定目录",
                 directory);
}

enum im_code
assets_load(const char *directory, struct assets **out, struct im_error *err)
{
    struct loader l = {.err = err};
    enum im_code rc;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return no_viewer(directory, err);
    l.assets = calloc(1, sizeof *l.assets);
    l.compressor = libdeflate_alloc_compressor(6);
    if (l.assets && l.compressor) {
        rc = load_folder(&l, fd, "", 0);
    } else {
        close(fd);
        rc = im_fail(err, IM_ENOMEM, "out of memory for the viewer");
    }
    if (l.compressor)
        libdeflate_free_compressor(l.compressor);
    if (rc == IM_OK) {
        if (l.assets->n)
            qsort(l.assets->files, l.assets->n, sizeof *l.assets->files, by_path);
        if (!assets_find(l.assets, im_bytes_of("index.html")))
            rc = no_viewer(directory, err);
    }
    if (rc == IM_OK)
        *out = l.assets;
    else
        assets_free(l.assets);
    return rc;
}

void assets_free(struct assets *assets)
{
    if (!assets)
        return;
    for (size_t i = 0; i < assets->n; i++) {
        free(assets->files[i].path);
        body_unref(assets->files[i].body);
    }
    free(assets->files);
    free(assets);
}

struct body *assets_find(const struct assets *assets, struct im_bytes path)
{
    size_t low = 0;
    size_t high = assets->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *name = assets->files[middle].path;
        size_t len = strlen(name);
        int order = memcmp(name, path.data, len < path.len ? len : path.len);

        if (order == 0)
            order = (len > path.len) - (len < path.len);
        if (order == 0)
            return assets->files[middle].body;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
