/* SPDX-License-Identifier: Apache-2.0 */
/* Where the command line finds things, and how it reads the database. */
#include "cli_files.h"

#include <layers/store.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

/* The folder that holds the program. */
static bool find_program(char *out, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", out, size - 1);
    char *slash;

    if (len <= 0)
        return false;
    out[len] = '\0';
    slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* The first of `places` (below the program's folder) with a readable `file` in it. */
static bool find_place(const char *const places[],
                       const char *name,
                       const char *file,
                       char *out,
                       size_t size)
{
    char program[3072];

    if (!find_program(program, sizeof program))
        return false;
    for (size_t i = 0; places[i]; i++) {
        char path[4096];
        int n = snprintf(out, size, "%s%s%s", program, places[i], name);

        snprintf(path, sizeof path, "%s%s%s%s", program, places[i], name, file);
        if (n > 0 && (size_t)n < size && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

bool cli_find_viewer(char *out, size_t size)
{
    static const char *const places[] = {"/viewer", "/../../web/viewer/dist",
                                         "/../share/innomap/viewer", NULL};

    return find_place(places, "", "/index.html", out, size);
}

bool cli_find_share(const char *name, char *out, size_t size)
{
    static const char *const places[] = {"/share/", "/../share/innomap/", NULL};

    return find_place(places, name, "/.", out, size);
}

bool cli_find_sprites(char *out, size_t size)
{
    static const char name[] = "/innomap";
    size_t len;

    if (!cli_find_share("sprites", out, size))
        return false;
    len = strlen(out);
    if (len + sizeof name > size)
        return false;
    memcpy(out + len, name, sizeof name);
    return true;
}

/* ---- stylesheets and icons ---- */

static enum im_code no_style(const struct cli_look *look, struct im_error *err)
{
    struct im_buf known = {.max = 200};

    for (uint32_t i = 0; i < stylesheet_set_size(look->set); i++)
        im_buf_printf(&known, "%s%s", i ? ", " : "",
                      stylesheet_id(stylesheet_set_at(look->set, i)));
    im_buf_byte(&known, '\0');
    const char *list = known.data && known.len ? (const char *)known.data : "-";
    im_fail(err, IM_ENOTFOUND, "there is no style '%.60s'; known are %s", look->style,
            list);
    im_zh(err, IM_ENOTFOUND, "没有样式“%.60s”；可用样式为 %s", look->style, list);
    im_buf_release(&known);
    return IM_ENOTFOUND;
}

enum im_code cli_look_open(struct cli_look *look, struct im_error *err)
{
    char styles[4096];
    char sprites[4096];
    const char *directory = look->styles_directory;
    const char *path = look->sprites_path;
    enum im_code rc = IM_OK;

    if (!directory && cli_find_share("styles", styles, sizeof styles))
        directory = styles;
    if (!path && cli_find_sprites(sprites, sizeof sprites))
        path = sprites;
    if (look->style)
        rc = stylesheet_set_open(directory, &look->set, err);
    if (rc == IM_OK && look->style) {
        look->stylesheet = stylesheet_set_find(look->set, im_bytes_of(look->style));
        if (!look->stylesheet)
            rc = no_style(look, err);
    }
    return rc == IM_OK && path ? sprite_sheet_open(path, &look->sprites, err) : rc;
}

void cli_look_close(struct cli_look *look)
{
    stylesheet_set_close(look->set);
    sprite_sheet_close(look->sprites);
}

/* ---- a source that leaves layers out ---- */

struct part_source {
    struct feature_source whole;
    const char *layers;
};

static bool is_in_list(const char *list, const char *id)
{
    size_t len = strlen(id);

    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
        if (strcspn(p, ",") == len && strncmp(p, id, len) == 0)
            return true;
    return false;
}

/* Can it be an origin: by its names, or as the outlines of what others name? */
static bool is_origin(const struct source_layer *layer, struct im_arena *arena)
{
    const struct layer_schema *schema = NULL;

    return schema_parse(im_bytes_of(layer->definition_json), arena, &schema, NULL) ==
               IM_OK &&
           (schema->names_places || schema_is_outlines(schema));
}

static size_t count_listed(const char *list)
{
    size_t n = 1;

    for (const char *p = list; *p; p++)
        n += *p == ',';
    return n;
}

static enum im_code describe(void *self,
                             struct im_arena *arena,
                             const struct source_layer **layers,
                             size_t *n_layers,
                             uint64_t *data_version,
                             struct im_error *err)
{
    struct part_source *part = self;
    const struct source_layer *all;
    struct source_layer *some;
    size_t n_listed = 0;
    size_t n = 0;
    enum im_code rc = part->whole.describe(part->whole.self, arena, &all, n_layers,
                                           data_version, err);

    if (rc != IM_OK)
        return rc;
    *layers = all;
    some = im_arena_calloc(arena, *n_layers ? *n_layers : 1, sizeof *some);
    if (!some)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < *n_layers; i++) {
        bool listed = is_in_list(part->layers, all[i].id);

        n_listed += listed;
        if (listed || is_origin(&all[i], arena))
            some[n++] = all[i];
    }
    if (n_listed == count_listed(part->layers)) {
        *layers = some;
        *n_layers = n;
    }
    return IM_OK;
}

static enum im_code
open_layer(void *self, const char *id, struct source_cursor **out, struct im_error *err)
{
    struct part_source *part = self;

    return part->whole.open(part->whole.self, id, out, err);
}

enum im_code cli_read_atlas(const char *db_path,
                            const char *layers,
                            const struct atlas **out,
                            struct im_error *err)
{
    struct store *store = NULL;
    struct part_source part = {.layers = layers};
    struct feature_source source;
    enum im_code rc = store_open(db_path, STORE_READ, &store, err);

    if (rc != IM_OK)
        return rc;
    part.whole = source = store_source(store);
    if (layers) {
        source.self = &part;
        source.describe = describe;
        source.open = open_layer;
    }
    rc = atlas_build(&source, NULL, out, err);
    store_close(store);
    return rc;
}

bool cli_number(enum lang lang,
                const char *command,
                const char *option,
                const char *text,
                double min,
                double max,
                double *out,
                int *code)
{
    char zh[256];
    char en[256];
    char range[2][IM_NUMBER_MAX + 1];

    if (im_parse_double(im_bytes_of(text), out) && *out >= min && *out <= max)
        return true;
    range[0][im_format_double(range[0], min, 6)] = '\0';
    range[1][im_format_double(range[1], max, 6)] = '\0';
    snprintf(zh, sizeof zh, "%s 为 “%.60s”，允许范围是 %s 至 %s", option, text,
             range[0], range[1]);
    snprintf(en, sizeof en, "%s is '%.60s', allowed is %s to %s", option, text,
             range[0], range[1]);
    *code = cli_usage(lang, command, zh, en);
    return false;
}

size_t cli_columns(struct im_bytes text)
{
    size_t columns = 0;

    for (size_t i = 0; i < text.len;) {
        int width = wcwidth((wchar_t)im_utf8_next(text, &i));

        columns += width > 0 ? (size_t)width : 0;
    }
    return columns;
}

/* Beside its place and then renamed, so that no reader sees half of it. */
enum im_code
cli_write_file(const char *path, struct im_bytes bytes, struct im_error *err)
{
    char beside[PATH_MAX];
    FILE *file;
    bool ok;

    if (strcmp(path, "-") == 0)
        return fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len &&
                       fflush(stdout) == 0
                   ? IM_OK
                   : im_fail(err, IM_EIO, "standard output: %s", strerror(errno));
    snprintf(beside, sizeof beside, "%s.part", path);
    file = fopen(beside, "wb");
    if (!file)
        return im_fail(err, IM_EIO, "write '%s': %s", path, strerror(errno));
    ok = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    ok = fclose(file) == 0 && ok;
    if (ok && rename(beside, path) == 0)
        return IM_OK;
    im_fail(err, IM_EIO, "write '%s': %s", path, strerror(errno));
    unlink(beside);
    return IM_EIO;
}
