/* SPDX-License-Identifier: Apache-2.0 */
/* Golden cases. */
#include "golden.h"

#include <png.h>

#include <errno.h>
#include <sys/stat.h>

enum { MAX_PATH = 1024, MAX_FILE_BYTES = 64 * 1024 * 1024 };

static bool blessing(void)
{
    const char *bless = getenv("IM_BLESS");

    return bless && strcmp(bless, "1") == 0;
}

/** `<root>/<name>/<file>`, with the folders made. */
static bool
path_of(char out[MAX_PATH], const char *root, const char *name, const char *file)
{
    int n = snprintf(out, MAX_PATH, "%s/%s/%s", root, name, file);

    if (n < 0 || n >= MAX_PATH)
        return false;
    for (char *p = out + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            bool made = mkdir(out, 0777) == 0 || errno == EEXIST;
            *p = '/';
            if (!made)
                return false;
        }
    return true;
}

static bool read_file(const char *path, struct im_buf *out)
{
    FILE *file = fopen(path, "rb");
    uint8_t block[16384];
    size_t n;

    if (!file)
        return false;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        im_buf_append(out, block, n);
    (void)fclose(file);
    return !out->failed;
}

static bool write_file(const char *path, struct im_bytes bytes)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (!file)
        return false;
    ok = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    return fclose(file) == 0 && ok;
}

static uint8_t times(uint32_t v, uint32_t a)
{
    return (uint8_t)((v * a + 127) / 255);
}

bool golden_decode(struct im_bytes png, struct raster *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    struct im_error err;

    *out = (struct raster){0};
    if (!png_image_begin_read_from_memory(&image, png.data, png.len))
        return false;
    image.format = PNG_FORMAT_RGBA;
    if (raster_init(out, image.width, image.height, &err) != IM_OK ||
        !png_image_finish_read(&image, NULL, out->rgba, 0, NULL)) {
        png_image_free(&image);
        raster_release(out);
        return false;
    }
    for (size_t i = 0; i < (size_t)out->width_px * out->height_px; i++)
        for (size_t c = 0; c < 3; c++)
            out->rgba[4 * i + c] = times(out->rgba[4 * i + c], out->rgba[4 * i + 3]);
    return true;
}

/** A true-colour PNG: what the tests keep must not depend on the palette under test. */
static bool write_picture(const char *path, const struct raster *raster)
{
    struct raster_encoding encoding = {.format = PICTURE_PNG, .level = 9, .rgba = true};
    struct picture_writer *writer = picture_writer_new();
    struct im_buf png = {.max = MAX_FILE_BYTES};
    struct im_error err;
    bool ok = writer && raster_write(writer, raster, &encoding, &png, &err) == IM_OK &&
              write_file(path, im_buf_bytes(&png));

    im_buf_release(&png);
    picture_writer_free(writer);
    return ok;
}

struct golden_difference
golden_compare(const struct raster *a, const struct raster *b, int channel)
{
    struct golden_difference d = {0};
    size_t n = (size_t)a->width_px * a->height_px;
    size_t over = 0;
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        int worst = 0;

        for (size_t c = 0; c < 4; c++) {
            int v = abs(a->rgba[4 * i + c] - b->rgba[4 * i + c]);

            sum += (uint64_t)v;
            worst = v > worst ? v : worst;
        }
        d.max = worst > d.max ? worst : d.max;
        over += worst > channel;
    }
    d.mean = (double)sum / (double)(4 * n);
    d.share = (double)over / (double)n;
    return d;
}

/** Differing pixels red on a faint copy of what was expected. */
static bool write_difference(const char *path,
                             const struct raster *expected,
                             const struct raster *actual,
                             int channel)
{
    struct raster diff;
    struct im_error err;
    bool ok;

    if (raster_init(&diff, expected->width_px, expected->height_px, &err) != IM_OK)
        return false;
    for (size_t i = 0; i < (size_t)diff.width_px * diff.height_px; i++) {
        const uint8_t *e = expected->rgba + 4 * i;
        const uint8_t *a = actual->rgba + 4 * i;
        uint8_t *d = diff.rgba + 4 * i;
        uint8_t grey = (uint8_t)(200 + (e[0] + e[1] + e[2]) / 16);
        bool same = true;

        for (int c = 0; c < 4; c++)
            same = same && abs(e[c] - a[c]) <= channel;
        d[0] = same ? grey : 255;
        d[1] = d[2] = same ? grey : 0;
        d[3] = 255;
    }
    ok = write_picture(path, &diff);
    raster_release(&diff);
    return ok;
}

static bool bless_raster(const char *name, const struct raster *actual)
{
    char path[MAX_PATH];

    if (!path_of(path, TEST_SOURCE_DIR "/tests/golden", name, "expected.png") ||
        !write_picture(path, actual)) {
        (void)fprintf(stderr, "golden %s: cannot write what is expected\n", name);
        return false;
    }
    (void)fprintf(stderr, "golden %s: blessed, look at %s\n", name, path);
    return true;
}

static void leave_pictures(const char *name,
                           const struct raster *expected,
                           const struct raster *actual,
                           int channel)
{
    char path[MAX_PATH];

    if (path_of(path, TEST_BINARY_DIR "/golden", name, "actual.png") &&
        write_picture(path, actual))
        (void)fprintf(stderr, "golden %s: see %s\n", name, path);
    if (expected && path_of(path, TEST_BINARY_DIR "/golden", name, "diff.png"))
        (void)write_difference(path, expected, actual, channel);
}

bool golden_raster(const char *name,
                   const struct raster *actual,
                   struct golden_tolerance tolerance)
{
    char path[MAX_PATH];
    struct im_buf file = {.max = MAX_FILE_BYTES};
    struct raster expected = {0};
    struct golden_difference d;
    bool ok = false;

    if (blessing())
        return bless_raster(name, actual);
    (void)snprintf(path, sizeof path, "%s/tests/golden/%s/expected.png",
                   TEST_SOURCE_DIR, name);
    if (!read_file(path, &file) || !golden_decode(im_buf_bytes(&file), &expected)) {
        (void)fprintf(stderr, "golden %s: cannot read %s; IM_BLESS=1 writes it\n", name,
                      path);
        leave_pictures(name, NULL, actual, tolerance.channel);
        goto done;
    }
    if (expected.width_px != actual->width_px ||
        expected.height_px != actual->height_px) {
        (void)fprintf(stderr, "golden %s: %u x %u pixels, expected %u x %u\n", name,
                      actual->width_px, actual->height_px, expected.width_px,
                      expected.height_px);
        leave_pictures(name, NULL, actual, tolerance.channel);
        goto done;
    }
    d = golden_compare(&expected, actual, tolerance.channel);
    ok = d.share <= tolerance.share;
    if (!ok) {
        (void)fprintf(stderr,
                      "golden %s: %.4f%% of the pixels differ by more than %d "
                      "(at most %.4f%% may), the worst by %d\n",
                      name, d.share * 100, tolerance.channel, tolerance.share * 100,
                      d.max);
        leave_pictures(name, &expected, actual, tolerance.channel);
    }
done:
    raster_release(&expected);
    im_buf_release(&file);
    return ok;
}

bool golden_png(const char *name,
                struct im_bytes png,
                struct golden_tolerance tolerance)
{
    struct raster actual;
    bool ok;

    if (!golden_decode(png, &actual)) {
        (void)fprintf(stderr, "golden %s: not a PNG\n", name);
        return false;
    }
    ok = golden_raster(name, &actual, tolerance);
    raster_release(&actual);
    return ok;
}

bool golden_text(const char *name, const char *file, struct im_bytes text)
{
    char path[MAX_PATH];
    struct im_buf expected = {.max = MAX_FILE_BYTES};
    bool ok = false;

    if (blessing()) {
        ok = path_of(path, TEST_SOURCE_DIR "/tests/golden", name, file) &&
             write_file(path, text);
        (void)fprintf(stderr, "golden %s: %s %s\n", name,
                      ok ? "blessed, read" : "cannot write", path);
        return ok;
    }
    (void)snprintf(path, sizeof path, "%s/tests/golden/%s/%s", TEST_SOURCE_DIR, name,
                   file);
    if (read_file(path, &expected))
        ok = im_bytes_equal(im_buf_bytes(&expected), text);
    else
        (void)fprintf(stderr, "golden %s: cannot read %s; IM_BLESS=1 writes it\n", name,
                      path);
    if (!ok && path_of(path, TEST_BINARY_DIR "/golden", name, file) &&
        write_file(path, text))
        (void)fprintf(stderr, "golden %s: the text differs, see %s\n", name, path);
    im_buf_release(&expected);
    return ok;
}
