/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes, rings and texts of furniture, in CSS pixels of the picture. */
#ifndef TILES_STATIC_PANEL_H
#define TILES_STATIC_PANEL_H

#include "static/furniture.h"

#include <tiles/text.h>

struct panel_text {
    struct im_bytes text;
    float size;
    bool is_bold;
    float max_width; /* 0: not wrapped */
    enum text_justify justify;
    float faint; /* 0..1: how much of the paper shines through */
    /* made by panel_shape; lives in the worker's arena */
    const struct text_block *block;
    float width;
    float height;
};

IM_CHECKED enum im_code panel_shape(struct furniture *f, struct panel_text *text);
/** (x, y) is the middle; `halo` of paper around it, 0: none. */
IM_CHECKED enum im_code panel_write(
    struct furniture *f, const struct panel_text *text, double x, double y, float halo);
/** A sheet of paper with round corners, under what follows. */
IM_CHECKED enum im_code
panel_box(struct furniture *f, float x, float y, float w, float h, float radius);
IM_CHECKED enum im_code panel_rect(
    struct furniture *f, float x, float y, float w, float h, struct draw_color color);
/** A filled ring of `n` points; `edge` > 0: outlined in white by so much. The points
 *  are scaled in place. */
IM_CHECKED enum im_code panel_ring(
    struct furniture *f, float *xy, uint32_t n, struct draw_color color, float edge);
IM_CHECKED enum im_code panel_disc(
    struct furniture *f, double x, double y, float radius, struct draw_color color);

#endif
