/* SPDX-License-Identifier: Apache-2.0 */
/* What a static map shows: the first line is the place, the second the size, each
 * further one a marker. What passes is in range, takes no more memory than stated, and
 * printed again it reads the same. */
#include "static_request.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = STATIC_MAX_MARKERS + 8 };

static struct im_bytes next_line(struct im_bytes *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct im_bytes line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};

    *rest = end ? (struct im_bytes){end + 1, rest->len - line.len - 1}
                : (struct im_bytes){line.data + line.len, 0};
    return line;
}

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void need_reason(const struct im_error *err)
{
    need(err->msg[0] && err->msg_zh[0] && im_utf8_valid(im_bytes_of(err->msg)) &&
         im_utf8_valid(im_bytes_of(err->msg_zh)));
}

static void check_picture(const struct static_map *p)
{
    need(p->lon >= STATIC_MIN_LON && p->lon <= STATIC_MAX_LON);
    need(p->lat >= STATIC_MIN_LAT && p->lat <= STATIC_MAX_LAT);
    need(p->zoom >= 0 && p->zoom <= 22);
    need(p->scale >= 1 && p->scale <= 3);
    need(p->width_px >= STATIC_MIN_SIDE_PX && p->height_px >= STATIC_MIN_SIDE_PX);
    /* 64 MiB of pixels at most */
    need(p->width_px * p->scale <= STATIC_MAX_SIDE_PX &&
         p->height_px * p->scale <= STATIC_MAX_SIDE_PX);
    need(p->n_markers <= STATIC_MAX_MARKERS);
    for (uint32_t i = 0; i < p->n_markers; i++) {
        const struct static_marker *m = &p->markers[i];
        const float parts[] = {m->color.r, m->color.g, m->color.b, m->color.a};

        need(fabs(m->lon) <= 180 && fabs(m->lat) <= 85);
        need(m->label.len <= STATIC_MAX_LABEL_BYTES);
        for (int c = 0; c < 4; c++)
            need(parts[c] >= 0 && parts[c] <= 1);
    }
}

static void print_again(const struct static_request *request)
{
    static const char *const suffixes[] = {
        [PICTURE_PNG] = "png", [PICTURE_WEBP] = "webp", [PICTURE_JPEG] = "jpg"};
    const struct static_map *p = &request->picture;
    struct static_request again = {.n_markers = 0};
    struct im_error err;
    char text[200];
    int n;

    n = request->is_box
            ? snprintf(text, sizeof text, "%.17g,%.17g,%.17g,%.17g", request->box.min_x,
                       request->box.min_y, request->box.max_x, request->box.max_y)
            : snprintf(text, sizeof text, "%.17g,%.17g,%.17g", p->lon, p->lat, p->zoom);
    need(n > 0 && (size_t)n < sizeof text);
    need(static_request_where(&again, im_bytes_of(text), &err) == IM_OK);
    if (p->scale > 1)
        snprintf(text, sizeof text, "%ux%u@%ux.%s", p->width_px, p->height_px, p->scale,
                 suffixes[p->format]);
    else
        snprintf(text, sizeof text, "%ux%u.%s", p->width_px, p->height_px,
                 suffixes[p->format]);
    need(static_request_size(&again, im_bytes_of(text), true, &err) == IM_OK);
    need(static_request_finish(&again, &err) == IM_OK);
    need(again.picture.lon == p->lon && again.picture.lat == p->lat &&
         again.picture.zoom == p->zoom);
    need(again.picture.width_px == p->width_px &&
         again.picture.height_px == p->height_px && again.picture.scale == p->scale &&
         again.picture.format == p->format);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct static_request *request = calloc(1, sizeof *request);
    struct im_bytes rest = {data, size};
    struct im_error err = {0};
    enum im_code rc;

    need(request != NULL);
    rc = static_request_where(request, next_line(&rest), &err);
    if (rc == IM_OK)
        rc = static_request_size(request, next_line(&rest), true, &err);
    for (int i = 0; i < LINES && rc == IM_OK && rest.len; i++)
        rc = static_request_marker(request, next_line(&rest), &err);
    if (rc == IM_OK)
        rc = static_request_finish(request, &err);
    if (rc == IM_OK)
        rc = static_map_check(&request->picture, &err);
    if (rc == IM_OK) {
        check_picture(&request->picture);
        print_again(request);
    } else {
        need_reason(&err);
    }
    free(request);
    return 0;
}
