/* SPDX-License-Identifier: Apache-2.0 */
/* The sheet of icons for MapLibre in other people's pages: read once, sent from memory.
 */
#include "route_sprites.h"

#include "routes.h"
#include "server_state.h"

#include <errno.h>

enum { SPRITE_MAX_BYTES = 16 * 1024 * 1024 };

static const struct {
    const char *suffix;
    const char *type;
} files[SPRITE_FILES] = {
    {".json", "application/json"},    {".png", "image/png"},
    {"@2x.json", "application/json"}, {"@2x.png", "image/png"},
    {"@3x.json", "application/json"}, {"@3x.png", "image/png"},
};

static enum im_code
read_file(const char *path, struct im_buf *out, struct im_error *err)
{
    FILE *file = fopen(path, "rbe");
    char chunk[16384];
    enum im_code rc;
    size_t n;

    if (!file) {
        im_fail(err, IM_EENV, "cannot open the sheet of icons '%s': %s; see --sprites",
                path, strerror(errno));
        return im_zh(err, IM_EENV, "无法打开图标表 “%s”：%s；请检查 --sprites", path,
                     strerror(errno));
    }
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        im_buf_append(out, chunk, n);
    rc = ferror(file) ? im_fail(err, IM_EIO, "cannot read '%s'", path)
                      : im_buf_check(out, path, err);
    fclose(file);
    return rc;
}

enum im_code
sprite_files_open(struct server *server, const char *path, struct im_error *err)
{
    enum im_code rc = sprite_sheet_open(path, &server->sprites, err);

    for (int i = 0; i < SPRITE_FILES && rc == IM_OK; i++) {
        struct im_buf buf = {.max = SPRITE_MAX_BYTES};
        char name[4096];
        int n = snprintf(name, sizeof name, "%s%s", path, files[i].suffix);

        if (n < 0 || (size_t)n >= sizeof name)
            return im_fail(err, IM_EARG, "--sprites: the path is too long");
        rc = read_file(name, &buf, err);
        if (rc == IM_OK) {
            server->sprite_files[i] = body_new(im_buf_bytes(&buf), files[i].type, NULL);
            if (!server->sprite_files[i])
                rc = im_fail(err, IM_ENOMEM, "out of memory for the icons");
        }
        im_buf_release(&buf);
    }
    return rc;
}

void sprite_files_close(struct server *server)
{
    for (int i = 0; i < SPRITE_FILES; i++)
        body_unref(server->sprite_files[i]);
    sprite_sheet_close(server->sprites);
}

/* {id}[@2x|@3x].{json,png}; there is one sheet, "innomap". */
enum im_code route_sprite(struct exchange *x, struct im_error *err)
{
    static const char id[] = "innomap";
    struct im_bytes name = x->url.segments[x->url.n_segments - 1];
    size_t len = sizeof id - 1;

    if (x->server->sprites && name.len > len && memcmp(name.data, id, len) == 0)
        for (int i = 0; i < SPRITE_FILES; i++)
            if (im_bytes_equal((struct im_bytes){name.data + len, name.len - len},
                               im_bytes_of(files[i].suffix))) {
                x->body = body_ref(x->server->sprite_files[i]);
                x->keep = KEEP_CHECKED;
                return IM_OK;
            }
    if (!x->server->sprites) {
        im_fail(err, IM_ENOTFOUND,
                "this server has no sheet of icons; see --sprites of innomap serve");
        return im_zh(err, IM_ENOTFOUND,
                     "此服务没有图标表；见 innomap serve 的 --sprites");
    }
    snprintf(x->fault.name, sizeof x->fault.name, "id");
    param_quote(x->fault.value, sizeof x->fault.value, name);
    snprintf(x->fault.allowed, sizeof x->fault.allowed,
             "innomap, innomap@2x, innomap@3x with .json or .png");
    im_fail(err, IM_ENOTFOUND, "there is no sheet of icons '%s'; allowed are %s",
            x->fault.value, x->fault.allowed);
    return im_zh(
        err, IM_ENOTFOUND,
        "没有图标表 “%s”；可用 innomap、innomap@2x、innomap@3x，后缀 .json 或 .png",
        x->fault.value);
}
