/* SPDX-License-Identifier: Apache-2.0 */
/* One label along a line: which way it reads, where its letters stand. */
#include "label/along.h"

#include <math.h>

/* Characters that may stand upright one below the other. */
static bool is_upright(uint32_t c)
{
    return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xff00 && c <= 0xff60) || (c >= 0x20000 && c <= 0x3ffff);
}

static bool all_upright(struct im_bytes text)
{
    size_t at = 0;

    while (at < text.len)
        if (!is_upright(im_utf8_next(text, &at)))
            return false;
    return text.len > 0;
}

/* From the ends of the stretch that the label takes. */
static void choose_direction(const struct label_spec *spec, struct label_along *out)
{
    double x0;
    double y0;
    double x1;
    double y1;
    double angle;

    out->direction = 1;
    out->turn = 0;
    if (!spec->keep_upright)
        return;
    label_path_at(&out->path, -out->half_px, &x0, &y0, &angle);
    label_path_at(&out->path, out->half_px, &x1, &y1, &angle);
    bool is_column = (spec->parts & LABEL_TEXT) &&
                     fabs(y1 - y0) > 1.2 * fabs(x1 - x0) && all_upright(spec->text);
    if (is_column) {
        out->direction = y1 < y0 ? -1 : 1;
        out->turn = -M_PI_2;
    } else {
        out->direction = x1 < x0 ? -1 : 1;
    }
}

bool label_along_make(const struct label_spec *spec,
                      const struct atlas_shape *shape,
                      const struct line_chunks *chunks,
                      const double scale[4],
                      double x,
                      double y,
                      const double text_px[2],
                      struct label_along *out)
{
    double em = spec->parts & LABEL_TEXT ? (double)spec->style.size_px : 8;
    const struct style_anchor_offset *offset =
        spec->n_anchors ? &spec->anchors[0] : NULL;

    out->offset_px[0] = offset ? (double)offset->x_em * em : 0;
    out->offset_px[1] = offset ? (double)offset->y_em * em : 0;
    out->half_px = spec->parts & LABEL_TEXT ? text_px[0] / 2 : 0;
    out->half_px += fabs(out->offset_px[0]);
    if (spec->parts & LABEL_ICON)
        out->half_px = fmax(out->half_px, spec->icon_size_px[0] / 2);
    if (!label_path_around(shape, chunks, scale, x, y, out->half_px + em / 4, em,
                           &out->path))
        return false;
    choose_direction(spec, out);
    return true;
}

bool label_along_is_calm(const struct label_along *along, const struct label_spec *spec)
{
    double em = spec->parts & LABEL_TEXT ? (double)spec->style.size_px : 8;

    return label_path_bend(&along->path, along->half_px, fmin(em, along->half_px)) <=
           spec->max_angle_deg;
}

void label_along_at(
    const struct label_along *along, double s_px, double *x, double *y, double *angle)
{
    double a;

    label_path_at(&along->path, along->direction * (s_px + along->offset_px[0]), x, y,
                  &a);
    if (along->direction < 0)
        a += M_PI;
    /* text-offset across: to the right of the reading direction, in columns too */
    *x -= sin(a) * along->offset_px[1];
    *y += cos(a) * along->offset_px[1];
    *angle = a + along->turn;
}
