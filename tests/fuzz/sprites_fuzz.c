/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet of icons from outside: the JSON index, then, if there is one, a zero byte and
 * the PNG; else a picture of 64 x 32. What is accepted is found by its name at every
 * scale, and each of its pixels lies in the picture. */
#include <tiles/sprites.h>

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE_X = 64, SIDE_Y = 32 };

static const char *folder(void)
{
    static char path[] = "/tmp/innomap-sprites-XXXXXX";
    static bool is_made;

    if (!is_made && !mkdtemp(path))
        abort();
    is_made = true;
    return path;
}

static void put(const char *name, struct im_bytes bytes)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder(), name);
    file = fopen(path, "wbe");
    if (!file || (bytes.len && fwrite(bytes.data, 1, bytes.len, file) != bytes.len) ||
        fclose(file) != 0)
        abort();
}

static void put_picture(void)
{
    struct im_buf png = {.max = 1 << 20};
    struct raster raster;
    struct im_error err;

    if (raster_init(&raster, SIDE_X, SIDE_Y, &err) != IM_OK)
        abort();
    raster_clear(&raster, (struct draw_color){1, 0, 0, 0.5f});
    if (raster_write_png(&raster, 1, &png, &err) != IM_OK)
        abort();
    put("s.png", im_buf_bytes(&png));
    im_buf_release(&png);
    raster_release(&raster);
}

/* Reads every pixel: beyond the picture the address sanitizer would see it. */
static void check_image(const struct sprite_image *image)
{
    unsigned sum = 0;

    if (image->width_px < 1 || image->height_px < 1 || image->pixel_ratio < 1 ||
        image->pixel_ratio > 8 || image->stride_bytes < image->width_px * 4)
        abort();
    for (uint32_t y = 0; y < image->height_px; y++)
        for (uint32_t x = 0; x < image->width_px * 4; x += 4) {
            const uint8_t *px = image->rgba + (size_t)y * image->stride_bytes + x;

            sum += px[0];
            if (px[0] > px[3] || px[1] > px[3] || px[2] > px[3])
                abort(); /* not premultiplied */
        }
    if (sum == 1)
        return; /* so that it is read */
}

static void check_sheet(const struct sprite_sheet *sheet, struct im_bytes text)
{
    json_t *index = json_loadb((const char *)text.data, text.len, 0, NULL);
    const char *name;
    json_t *icon;

    if (!json_is_object(index))
        abort();
    json_object_foreach(index, name, icon)
    {
        for (unsigned scale = 1; scale <= 3; scale++) {
            struct sprite_image image;

            if (!sprite_find(sheet, im_bytes_of(name), scale, &image))
                abort();
            if (json_number_value(json_object_get(icon, "width")) != image.width_px)
                abort();
            check_image(&image);
        }
    }
    json_decref(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
    struct im_bytes text = {data, zero ? (size_t)(zero - data) : size};
    static bool has_picture;
    struct sprite_sheet *sheet = NULL;
    struct im_error err = {0};
    char path[200];

    if (!zero && !has_picture)
        put_picture();
    has_picture = !zero;
    if (zero)
        put("s.png", (struct im_bytes){zero + 1, size - text.len - 1});
    put("s.json", text);
    snprintf(path, sizeof path, "%s/s", folder());
    if (sprite_sheet_open(path, &sheet, &err) == IM_OK)
        check_sheet(sheet, text);
    else if (!err.msg[0] || !im_utf8_valid(im_bytes_of(err.msg)) ||
             !im_utf8_valid(im_bytes_of(err.msg_zh)))
        abort();
    sprite_sheet_close(sheet);
    return 0;
}
