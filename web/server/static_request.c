/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a static map shows. */
#include "static_request.h"

#include "http_params.h"

enum { MAX_PARTS = 4 };

static enum im_code fail(struct im_error *err,
                         struct im_bytes value,
                         const char *what,
                         const char *allowed,
                         const char *what_zh,
                         const char *allowed_zh)
{
    char text[128];

    param_quote(text, sizeof text, value);
    im_fail(err, IM_EARG, "%s is '%s'; it is %s", what, text, allowed);
    return im_zh(err, IM_EARG, "%s为“%s”；应为%s", what_zh, text, allowed_zh);
}

/* Parts between commas, the last one with all that is left; 0: more than `max`. */
static size_t split(struct im_bytes text, struct im_bytes parts[], size_t max)
{
    size_t n = 0;

    for (;;) {
        const uint8_t *comma = text.len ? memchr(text.data, ',', text.len) : NULL;
        size_t len = comma ? (size_t)(comma - text.data) : text.len;

        if (n == max)
            return 0;
        parts[n++] = (struct im_bytes){text.data, len};
        if (!comma)
            return n;
        text = (struct im_bytes){comma + 1, text.len - len - 1};
    }
}

enum im_code static_request_where(struct static_request *request,
                                  struct im_bytes text,
                                  struct im_error *err)
{
    struct im_bytes parts[MAX_PARTS];
    size_t n = split(text, parts, MAX_PARTS);
    double v[MAX_PARTS] = {0};

    for (size_t i = 0; i < n; i++)
        if (!im_parse_double(parts[i], &v[i]))
            n = 0;
    if (n < 3)
        return fail(err, text, "the place of a static map",
                    "lon,lat,zoom or minlon,minlat,maxlon,maxlat, for example "
                    "121.47,31.23,9.5",
                    "静态图的位置",
                    " 经度,纬度,级别 或 "
                    "最小经度,最小纬度,最大经度,最大纬度，例如 121.47,31.23,9.5");
    request->is_box = n == 4;
    if (request->is_box) {
        request->box = (struct bbox){v[0], v[1], v[2], v[3]};
        return IM_OK;
    }
    request->picture.lon = v[0];
    request->picture.lat = v[1];
    request->picture.zoom = v[2];
    return IM_OK;
}

static bool ends_with(struct im_bytes text, const char *suffix)
{
    size_t len = strlen(suffix);

    return text.len >= len && memcmp(text.data + text.len - len, suffix, len) == 0;
}

bool static_request_format(struct im_bytes name, enum picture_format *out)
{
    static const struct {
        const char *suffix;
        enum picture_format format;
    } known[] = {{".png", PICTURE_PNG},
                 {".jpg", PICTURE_JPEG},
                 {".jpeg", PICTURE_JPEG},
                 {".webp", PICTURE_WEBP}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ends_with(name, known[i].suffix)) {
            *out = known[i].format;
            return true;
        }
    return false;
}

static bool parse_side(struct im_bytes text, uint32_t *out)
{
    int64_t value;

    if (!im_parse_int64(text, &value) || value < 1 || value > STATIC_MAX_SIDE_PX)
        return false;
    *out = (uint32_t)value;
    return true;
}

enum im_code static_request_size(struct static_request *request,
                                 struct im_bytes text,
                                 bool has_format,
                                 struct im_error *err)
{
    struct static_map *p = &request->picture;
    struct im_bytes rest = text;
    const uint8_t *cross;
    bool is_good = true;

    p->scale = 1;
    if (has_format) {
        const uint8_t *dot = text.len ? memrchr(text.data, '.', text.len) : NULL;

        is_good = dot && static_request_format(text, &p->format);
        rest.len = dot ? (size_t)(dot - text.data) : rest.len;
    }
    if (ends_with(rest, "@2x") || ends_with(rest, "@3x")) {
        p->scale = (unsigned)(rest.data[rest.len - 2] - '0');
        rest.len -= 3;
    }
    cross = rest.len ? memchr(rest.data, 'x', rest.len) : NULL;
    if (is_good && cross) {
        struct im_bytes width = {rest.data, (size_t)(cross - rest.data)};
        struct im_bytes height = {cross + 1, rest.len - width.len - 1};

        is_good = parse_side(width, &p->width_px) && parse_side(height, &p->height_px);
    }
    if (is_good && cross)
        return IM_OK;
    return fail(err, text, "the size of a static map",
                has_format
                    ? "WIDTHxHEIGHT, then nothing, @2x or @3x, then .png, .jpg "
                      "or .webp, for example 800x600@2x.png; at most 4096 pixels "
                      "a side"
                    : "WIDTHxHEIGHT, then nothing, @2x or @3x, for example "
                      "800x600@2x; at most 4096 pixels a side",
                "静态图的大小",
                has_format ? " 宽x高，可加 @2x 或 @3x，再加 .png、.jpg 或 .webp，例如 "
                             "800x600@2x.png；每边最多 4096 像素"
                           : " 宽x高，可加 @2x 或 @3x，例如 800x600@2x；每边最多 4096 "
                             "像素");
}

/* "#c2185b" or, as "#" begins the fragment of a URL, "c2185b" */
static bool parse_color(struct im_bytes text, struct draw_color *out)
{
    float *const parts[] = {&out->r, &out->g, &out->b};

    if (text.len && text.data[0] == '#')
        text = (struct im_bytes){text.data + 1, text.len - 1};
    if (text.len != 6)
        return false;
    for (size_t i = 0; i < 6; i++)
        if (!strchr("0123456789abcdefABCDEF", text.data[i]) || !text.data[i])
            return false;
    for (int i = 0; i < 3; i++) {
        const char digits[3] = {(char)text.data[2 * i], (char)text.data[2 * i + 1], 0};

        *parts[i] = (float)strtoul(digits, NULL, 16) / 255;
    }
    out->a = 1;
    return true;
}

static enum im_code bad_marker(struct im_bytes text, struct im_error *err)
{
    return fail(err, text, "marker",
                "lon,lat, then if wanted a label of at most 180 bytes without commas, "
                "then a colour such as c2185b",
                "marker ",
                " 经度,纬度，可加标注（不含逗号，最多 60 个汉字），再加颜色如 c2185b");
}

enum im_code static_request_marker(struct static_request *request,
                                   struct im_bytes text,
                                   struct im_error *err)
{
    struct static_marker *m = &request->markers[request->n_markers];
    struct im_bytes parts[MAX_PARTS];
    size_t n = split(text, parts, MAX_PARTS);

    if (request->n_markers == STATIC_MAX_MARKERS) {
        im_fail(err, IM_ELIMIT, "over %d markers", STATIC_MAX_MARKERS);
        return im_zh(err, IM_ELIMIT, "最多 %d 个标记", STATIC_MAX_MARKERS);
    }
    *m = (struct static_marker){.color = {0.784f, 0.125f, 0.184f, 1}};
    if (n < 2 || !im_parse_double(parts[0], &m->lon) ||
        !im_parse_double(parts[1], &m->lat) || !(m->lon >= -180 && m->lon <= 180) ||
        !(m->lat >= -85 && m->lat <= 85))
        return bad_marker(text, err);
    if (n == 4 && parts[3].len && !parse_color(parts[3], &m->color))
        return bad_marker(text, err);
    if (n >= 3 && !(n == 3 && parse_color(parts[2], &m->color)))
        m->label = parts[2];
    if (m->label.len > STATIC_MAX_LABEL_BYTES)
        return bad_marker(text, err);
    request->n_markers++;
    return IM_OK;
}

bool static_request_legend(struct im_bytes text, enum static_legend *out)
{
    static const struct {
        const char *name;
        enum static_legend place;
    } known[] = {{"true", STATIC_LEGEND_AUTO},
                 {"false", STATIC_LEGEND_NONE},
                 {"inside", STATIC_LEGEND_INSIDE},
                 {"right", STATIC_LEGEND_RIGHT},
                 {"below", STATIC_LEGEND_BELOW}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (im_bytes_equal(text, im_bytes_of(known[i].name))) {
            *out = known[i].place;
            return true;
        }
    return false;
}

enum im_code static_request_finish(struct static_request *request, struct im_error *err)
{
    request->picture.markers = request->markers;
    request->picture.n_markers = request->n_markers;
    request->picture.has_box = request->is_box;
    request->picture.box = request->box;
    return request->is_box ? static_map_fit(&request->picture, request->box, err)
                           : IM_OK;
}
