/* SPDX-License-Identifier: Apache-2.0 */
/* Sprite sheets: NAME.json says where in NAME.png each image lies. */
#include <tiles/sprites.h>

#include <engine/arena.h>

#include <jansson.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    SHEETS = 3, /* as it is, @2x, @3x */
    MAX_SIDE_PX = 4096,
    MAX_ICONS = 4096,
    MAX_RATIO = 8,
    MAX_JSON_BYTES = 4 * 1024 * 1024,
    MAX_PNG_BYTES = 64 * 1024 * 1024,
    MAX_NAME_BYTES = 256
};

struct icon {
    struct im_bytes name;
    uint32_t x, y; /* in the sheet */
    uint32_t width, height;
    uint32_t ratio;
    bool is_sdf;
};

struct picture {
    uint8_t *rgba; /* premultiplied; NULL: there is no such sheet */
    uint32_t width;
    uint32_t height;
    struct icon *icons; /* by name */
    size_t n_icons;
};

struct sprite_sheet {
    struct picture pictures[SHEETS];
    struct im_arena *arena; /* icons and their names */
    uint64_t hash;
};

static enum im_code fail_read(const char *path, struct im_error *err)
{
    im_fail(err, IM_EIO, "cannot read sprite file '%s'; check --sprites", path);
    return im_zh(err, IM_EIO, "无法读取图标文件“%s”，请检查 --sprites", path);
}

static enum im_code
read_whole(const char *path, struct im_buf *out, struct im_error *err)
{
    FILE *f = fopen(path, "rb");
    uint8_t chunk[16384];
    enum im_code rc = IM_OK;
    size_t n;

    if (!f)
        return fail_read(path, err);
    while (!out->failed && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        im_buf_append(out, chunk, n);
    if (ferror(f))
        rc = fail_read(path, err);
    else
        rc = im_buf_check(out, path, err);
    (void)fclose(f);
    return rc;
}

/* ---- the picture ---- */

static void premultiply(uint8_t *rgba, size_t n)
{
    for (uint8_t *px = rgba; n > 0; px += 4, n--)
        for (int c = 0; c < 3; c++)
            px[c] = (uint8_t)((px[c] * px[3] + 127u) / 255u);
}

static enum im_code
decode(struct im_bytes png, const char *path, struct picture *out, struct im_error *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum im_code rc = IM_OK;

    if (!png_image_begin_read_from_memory(&image, png.data, png.len))
        goto broken;
    if (image.width > MAX_SIDE_PX || image.height > MAX_SIDE_PX) {
        im_fail(err, IM_ELIMIT,
                "sprite file '%s' is %u x %u pixels; a side has at most "
                "%d",
                path, image.width, image.height, MAX_SIDE_PX);
        rc = im_zh(err, IM_ELIMIT, "图标文件“%s”为 %u x %u 像素，每边最多 %d", path,
                   image.width, image.height, MAX_SIDE_PX);
        goto done;
    }
    image.format = PNG_FORMAT_RGBA;
    out->rgba = malloc(PNG_IMAGE_SIZE(image));
    if (!out->rgba) {
        rc = im_fail(err, IM_ENOMEM, "sprite file '%s'", path);
        goto done;
    }
    if (!png_image_finish_read(&image, NULL, out->rgba, 0, NULL))
        goto broken;
    out->width = image.width;
    out->height = image.height;
    premultiply(out->rgba, (size_t)image.width * image.height);
    goto done;
broken:
    im_fail(err, IM_EDATA, "sprite file '%s' is no usable PNG: %s", path,
            image.message);
    rc = im_zh(err, IM_EDATA, "图标文件“%s”不是可用的 PNG：%s", path, image.message);
done:
    png_image_free(&image);
    return rc;
}

/* ---- what lies where ---- */

/** A whole number of an icon; false when it is none or outside. */
static bool whole(const json_t *icon,
                  const char *key,
                  json_int_t least,
                  json_int_t most,
                  json_int_t otherwise,
                  uint32_t *out)
{
    const json_t *value = json_object_get(icon, key);
    json_int_t number = otherwise;

    if (json_is_integer(value))
        number = json_integer_value(value);
    else if (json_is_real(value) && json_real_value(value) >= -1 &&
             json_real_value(value) <= MAX_SIDE_PX + 1.0 &&
             json_real_value(value) == (double)(json_int_t)json_real_value(value))
        number = (json_int_t)json_real_value(value); /* "2.0" */
    else if (value)
        return false;
    if (number < least || number > most)
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool
read_icon(const json_t *json, const struct picture *picture, struct icon *out)
{
    const json_t *sdf = json_object_get(json, "sdf");

    if (!json_is_object(json) || (sdf && !json_is_boolean(sdf)) ||
        !whole(json, "x", 0, picture->width, -1, &out->x) ||
        !whole(json, "y", 0, picture->height, -1, &out->y) ||
        !whole(json, "width", 1, picture->width - out->x, -1, &out->width) ||
        !whole(json, "height", 1, picture->height - out->y, -1, &out->height) ||
        !whole(json, "pixelRatio", 1, MAX_RATIO, 1, &out->ratio))
        return false;
    out->is_sdf = json_is_true(sdf);
    return true;
}

static int compare_names(const struct im_bytes *a, const struct im_bytes *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->data, b->data, n);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_name(const void *a, const void *b)
{
    return compare_names(&((const struct icon *)a)->name,
                         &((const struct icon *)b)->name);
}

static enum im_code fail_icon(const char *path,
                              const char *name,
                              const char *rule,
                              const char *rule_zh,
                              struct im_error *err)
{
    im_fail(err, IM_EDATA, "sprite file '%s', icon '%.80s': %s", path, name, rule);
    return im_zh(err, IM_EDATA, "图标文件“%s”，图标“%.80s”：%s", path, name, rule_zh);
}

static enum im_code read_icons(struct sprite_sheet *sheet,
                               struct picture *picture,
                               const json_t *json,
                               const char *path,
                               struct im_error *err)
{
    size_t n = json_object_size(json);
    const char *name;
    json_t *value;

    if (n > MAX_ICONS) {
        im_fail(err, IM_ELIMIT, "sprite file '%s' has %zu icons; at most %d", path, n,
                MAX_ICONS);
        return im_zh(err, IM_ELIMIT, "图标文件“%s”有 %zu 个图标，最多 %d 个", path, n,
                     MAX_ICONS);
    }
    picture->icons = im_arena_calloc(sheet->arena, n + 1, sizeof *picture->icons);
    if (!picture->icons)
        return im_fail(err, IM_ENOMEM, "sprite file '%s'", path);
    json_object_foreach((json_t *)json, name, value)
    {
        struct icon *icon = &picture->icons[picture->n_icons];
        size_t len = strlen(name);
        uint8_t *copy;

        if (len == 0 || len > MAX_NAME_BYTES)
            return fail_icon(path, name, "a name has 1 to 256 bytes",
                             "名称应为 1 到 256 字节", err);
        if (!read_icon(value, picture, icon))
            return fail_icon(
                path, name,
                "needs whole numbers x, y, width, height inside the picture, "
                "pixelRatio 1..8 and sdf true or false",
                "需要位于图片之内的整数 x、y、width、height，pixelRatio 1..8，"
                "sdf 为 true 或 false",
                err);
        copy = im_arena_alloc(sheet->arena, len);
        if (!copy)
            return im_fail(err, IM_ENOMEM, "sprite file '%s'", path);
        memcpy(copy, name, len);
        icon->name = (struct im_bytes){copy, len};
        picture->n_icons++;
    }
    qsort(picture->icons, picture->n_icons, sizeof *picture->icons, by_name);
    return IM_OK;
}

static enum im_code read_json(struct sprite_sheet *sheet,
                              struct picture *picture,
                              struct im_bytes text,
                              const char *path,
                              struct im_error *err)
{
    json_error_t where;
    json_t *json =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &where);
    enum im_code rc;

    if (!json_is_object(json)) {
        const char *why = json ? "no object" : where.text;
        int line = json ? 1 : where.line;

        im_fail(err, IM_EDATA, "sprite file '%s', line %d: %s", path, line, why);
        rc = im_zh(err, IM_EDATA, "图标文件“%s”，第 %d 行：%s", path, line, why);
    } else {
        rc = read_icons(sheet, picture, json, path, err);
    }
    json_decref(json);
    return rc;
}

/* ---- a sheet ---- */

static enum im_code read_picture(struct sprite_sheet *sheet,
                                 struct picture *picture,
                                 const char *json_path,
                                 const char *png_path,
                                 struct im_error *err)
{
    struct im_buf png = {.max = MAX_PNG_BYTES};
    struct im_buf json = {.max = MAX_JSON_BYTES};
    enum im_code rc = read_whole(png_path, &png, err);

    if (rc == IM_OK)
        rc = read_whole(json_path, &json, err);
    if (rc == IM_OK)
        rc = decode(im_buf_bytes(&png), png_path, picture, err);
    if (rc == IM_OK)
        rc = read_json(sheet, picture, im_buf_bytes(&json), json_path, err);
    if (rc == IM_OK) {
        sheet->hash = XXH64(png.data, png.len, sheet->hash);
        sheet->hash = XXH64(json.data, json.len, sheet->hash);
    }
    im_buf_release(&png);
    im_buf_release(&json);
    return rc;
}

static bool exists(const char *path)
{
    FILE *f = fopen(path, "rb");

    if (f)
        (void)fclose(f);
    return f != NULL;
}

static enum im_code
read_all(struct sprite_sheet *sheet, const char *path, struct im_error *err)
{
    static const char *const suffixes[SHEETS] = {"", "@2x", "@3x"};
    enum im_code rc = IM_OK;
    char json[4096];
    char png[4096];

    if (strlen(path) > sizeof json - 16)
        return fail_read(path, err);
    for (int i = 0; i < SHEETS && rc == IM_OK; i++) {
        snprintf(json, sizeof json, "%s%s.json", path, suffixes[i]);
        snprintf(png, sizeof png, "%s%s.png", path, suffixes[i]);
        if (i == 0 || exists(json))
            rc = read_picture(sheet, &sheet->pictures[i], json, png, err);
    }
    return rc;
}

enum im_code
sprite_sheet_open(const char *path, struct sprite_sheet **out, struct im_error *err)
{
    struct sprite_sheet *sheet = calloc(1, sizeof *sheet);
    enum im_code rc = IM_OK;

    if (!sheet)
        return im_fail(err, IM_ENOMEM, "sprites");
    sheet->arena = im_arena_new(SHEETS * (size_t)MAX_JSON_BYTES);
    if (!sheet->arena)
        rc = im_fail(err, IM_ENOMEM, "sprites");
    if (rc == IM_OK && path)
        rc = read_all(sheet, path, err);
    if (rc == IM_OK) {
        *out = sheet;
        sheet = NULL;
    }
    sprite_sheet_close(sheet);
    return rc;
}

void sprite_sheet_close(struct sprite_sheet *sheet)
{
    if (!sheet)
        return;
    for (int i = 0; i < SHEETS; i++)
        free(sheet->pictures[i].rgba);
    im_arena_free(sheet->arena);
    free(sheet);
}

static const struct icon *find_in(const struct picture *picture, struct im_bytes name)
{
    struct icon key = {.name = name};

    return picture->n_icons
               ? bsearch(&key, picture->icons, picture->n_icons, sizeof key, by_name)
               : NULL;
}

bool sprite_find(const struct sprite_sheet *sheet,
                 struct im_bytes name,
                 unsigned scale,
                 struct sprite_image *out)
{
    int wanted = scale < 1 ? 0 : scale > SHEETS ? SHEETS - 1 : (int)scale - 1;
    const struct icon *icon = NULL;
    int i;

    if (!sheet || name.len == 0)
        return false;
    for (i = wanted; i < SHEETS; i++) {
        icon = find_in(&sheet->pictures[i], name);
        if (icon)
            break;
    }
    if (!icon)
        for (i = wanted - 1; i >= 0; i--) {
            icon = find_in(&sheet->pictures[i], name);
            if (icon)
                break;
        }
    if (!icon)
        return false;
    const struct picture *picture = &sheet->pictures[i];
    *out = (struct sprite_image){
        .width_px = icon->width,
        .height_px = icon->height,
        .pixel_ratio = icon->ratio,
        .stride_bytes = picture->width * 4,
        .rgba = picture->rgba + ((size_t)icon->y * picture->width + icon->x) * 4,
        .is_sdf = icon->is_sdf};
    return true;
}

uint64_t sprite_sheet_hash(const struct sprite_sheet *sheet)
{
    return sheet ? sheet->hash : 0;
}
