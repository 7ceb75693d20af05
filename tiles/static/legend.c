/* SPDX-License-Identifier: Apache-2.0 */
/* The legend: what the stylesheet says (metadata.legend), for layers that it does not
 * draw what their own style.json says; only of layers that have something in the
 * picture, and as they look at its zoom. */
#include "static/panel.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>

enum { MAX_ROWS = 40, ROW_PX = 20, MARGIN_PX = 8, PADDING_PX = 8, SYMBOL_PX = 26 };

struct row {
    struct panel_text text;
    const json_t *entry;
};

struct legend {
    struct furniture *f;
    struct row rows[MAX_ROWS];
    uint32_t n;
    float width;
    bool has_ring;
    json_t *own[MAP_MAX_LAYERS]; /* style.json of layers, for their rows */
};

/* One row for the rings of all layers: what they say is the same. */
static const char RING[2][64] = {[LANG_ZH] = "空心圈：仅知所在区县，画在驻地",
                                 [LANG_EN] = "Hollow: district known only"};

static bool is_something(void *ctx, uint32_t feature)
{
    bool *found = ctx;

    (void)feature;
    *found = true;
    return false;
}

/* Is anything of this layer drawn here? */
static bool shows(const struct furniture *f, const struct map_layer *ml)
{
    double zoom = f->picture->zoom - 1;
    bool found = false;

    if (!map_layer_drawn(ml, zoom, zoom + 1e-6))
        return false;
    (void)atlas_window(ml->layer, f->window, is_something, &found);
    return found;
}

static bool has_shape(const json_t *entry, const char *shape)
{
    const char *own = json_string_value(json_object_get(entry, "shape"));

    return own && strcmp(own, shape) == 0;
}

static enum im_code add_row(struct legend *l, const json_t *entry)
{
    const char *lang = l->f->map->lang == LANG_EN ? "en" : "zh";
    const char *title =
        json_string_value(json_object_get(json_object_get(entry, "title"), lang));
    bool is_ring = has_shape(entry, "ring");
    struct row *row = &l->rows[l->n];
    enum im_code rc;

    /* what is only drawn nearer by */
    double from = json_number_value(json_object_get(entry, "minzoom"));
    if (!title || l->n == MAX_ROWS || l->f->picture->zoom - 1 < from ||
        (is_ring && l->has_ring))
        return IM_OK;
    if (is_ring)
        title = RING[l->f->map->lang];
    l->has_ring |= is_ring;
    *row = (struct row){
        .text = {.text = im_bytes_of(title), .size = 11, .justify = TEXT_LEFT},
        .entry = entry};
    row->text.max_width =
        fmaxf(80, fminf(260, (float)l->f->picture->width_px / 2 - SYMBOL_PX));
    rc = panel_shape(l->f, &row->text);
    if (rc == IM_OK) {
        l->width = fmaxf(l->width, row->text.width);
        l->n++;
    }
    return rc;
}

/* Entries of this layer; `layer` NULL: those of none. */
static enum im_code
add_said(struct legend *l, const json_t *entries, const char *layer, bool *found)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < json_array_size(entries) && rc == IM_OK; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *of = json_string_value(json_object_get(entry, "layer"));

        if (layer ? !of || strcmp(of, layer) != 0 : of != NULL)
            continue;
        *found = true;
        rc = add_row(l, entry);
    }
    return rc;
}

static enum im_code
add_layer(struct legend *l, const json_t *said, const struct map_layer *ml)
{
    bool found = false;
    json_t *own;
    enum im_code rc;

    if (!shows(l->f, ml))
        return IM_OK;
    rc = add_said(l, said, atlas_layer_schema(ml->layer)->id, &found);
    if (rc != IM_OK || found || ml->part)
        return rc;
    own = json_loads(atlas_layer_style_json(ml->layer), 0, NULL);
    l->own[ml - l->f->map->layers] = own;
    for (size_t i = 0; i < json_array_size(json_object_get(own, "legend")); i++)
        if (rc == IM_OK)
            rc = add_row(l, json_array_get(json_object_get(own, "legend"), i));
    return rc;
}

static float row_height(const struct row *row)
{
    return fmaxf(ROW_PX, row->text.height + 4);
}

static enum im_code draw_icon(struct furniture *f, const char *name, float x, float y)
{
    struct sprite_image image;
    float side = 18 * (float)f->picture->scale;
    float own;

    if (!f->map->sprites ||
        !sprite_find(f->map->sprites, im_bytes_of(name), f->picture->scale, &image))
        return IM_ENOTFOUND;
    own = (float)(image.width_px > image.height_px ? image.width_px : image.height_px);
    float shown =
        fminf(side, own / (float)image.pixel_ratio * (float)f->picture->scale);
    struct draw_image look = {.x_px = x * (float)f->picture->scale,
                              .y_px = y * (float)f->picture->scale,
                              .width_px = shown * (float)image.width_px / own,
                              .height_px = shown * (float)image.height_px / own,
                              .opacity = 1};
    return draw_image_at(f->raster, &image, &look, f->err);
}

/* The image that stands for it at the zoom of the picture; NULL: none. Which image is
 * settled with the names, for whole zooms. */
static const char *image_of(const struct furniture *f, const json_t *entry)
{
    const json_t *images = json_object_get(entry, "images");
    const char *name = NULL;

    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *pair = json_array_get(images, i);

        if (json_number_value(json_array_get(pair, 0)) <= floor(f->picture->zoom) - 1)
            name = json_string_value(json_array_get(pair, 1));
    }
    return name;
}

static struct draw_color
color_of(const json_t *entry, const char *member, struct draw_color color)
{
    const char *text = json_string_value(json_object_get(entry, member));

    if (text)
        (void)style_color_parse(im_bytes_of(text), &color);
    return color;
}

static enum im_code
draw_pattern(struct furniture *f, const json_t *entry, float x, float y, float opacity)
{
    const char *name = json_string_value(json_object_get(entry, "pattern"));
    float s = (float)f->picture->scale;
    float xy[] = {(x - 8) * s, (y - 5) * s, (x + 8) * s, (y - 5) * s,
                  (x + 8) * s, (y + 5) * s, (x - 8) * s, (y + 5) * s};
    uint32_t end = 4;
    struct draw_path path = {xy, &end, 1};
    struct sprite_image image;

    if (!name || !f->map->sprites ||
        !sprite_find(f->map->sprites, im_bytes_of(name), f->picture->scale, &image))
        return IM_ENOTFOUND;
    struct draw_pattern pattern = {.image = &image,
                                   .scale = (double)s / (double)image.pixel_ratio,
                                   .opacity = opacity};
    return draw_fill_pattern(f->w->scratch, f->raster, &path, &pattern, f->err);
}

static enum im_code
draw_area(struct furniture *f, const json_t *entry, float x, float y)
{
    const json_t *given = json_object_get(entry, "opacity");
    struct draw_color paper = f->paper;
    struct draw_color edge = f->ink;
    enum im_code rc;

    edge.a = 0.35f;
    edge = color_of(entry, "outline", edge);
    paper.a = 1;
    struct draw_color color = color_of(entry, "color", f->ink);
    float opacity = given ? (float)json_number_value(given) : 1;
    rc = panel_rect(f, x - 9, y - 6, 18, 12, edge);
    if (rc == IM_OK)
        rc = panel_rect(f, x - 8, y - 5, 16, 10, paper);
    if (rc == IM_OK) {
        rc = draw_pattern(f, entry, x, y, opacity);
        color.a *= opacity;
        if (rc == IM_ENOTFOUND)
            rc = panel_rect(f, x - 8, y - 5, 16, 10, color);
    }
    return rc;
}

static enum im_code
draw_circle(struct furniture *f, const json_t *entry, float x, float y)
{
    double given = json_number_value(json_object_get(entry, "radius"));
    float radius = given > 0 && given < 12 ? (float)given : 5;
    struct draw_color color = color_of(entry, "color", f->ink);
    struct draw_color paper = f->paper;
    struct draw_color edge = f->ink;
    enum im_code rc;

    paper.a = 1;
    edge.a = 0.35f;
    if (has_shape(entry, "ring")) {
        edge = color;
        edge.a *= 0.6f;
        color = paper;
    }
    rc = panel_disc(f, (double)x, (double)y, radius + 0.75f, edge);
    return rc == IM_OK
               ? panel_disc(f, (double)x, (double)y,
                            has_shape(entry, "ring") ? radius - 0.5f : radius, color)
               : rc;
}

/* The image where there is one, else the shape in its colour. */
static enum im_code
draw_symbol(struct furniture *f, const json_t *entry, float x, float y)
{
    const char *image = image_of(f, entry);
    enum im_code rc;

    if (has_shape(entry, "heading") || has_shape(entry, "note"))
        return IM_OK;
    if (image) {
        rc = draw_icon(f, image, x, y);
        if (rc != IM_ENOTFOUND)
            return rc;
    }
    if (has_shape(entry, "line"))
        return panel_rect(f, x - 9, y - 1, 18, 2, color_of(entry, "color", f->ink));
    if (has_shape(entry, "fill"))
        return draw_area(f, entry, x, y);
    return draw_circle(f, entry, x, y);
}

static enum im_code draw_rows(struct legend *l)
{
    struct furniture *f = l->f;
    const struct static_map *p = f->picture;
    float height = 2 * PADDING_PX;
    float room = (float)p->height_px - f->foot - 2 * MARGIN_PX;
    uint32_t n = 0;
    enum im_code rc;

    /* what does not fit is left out whole */
    while (n < l->n && height + row_height(&l->rows[n]) <= room)
        height += row_height(&l->rows[n++]);
    if (n == 0)
        return IM_OK;
    float width = l->width + SYMBOL_PX + 2 * PADDING_PX;
    float left = (float)p->width_px - MARGIN_PX - width;
    float y = (float)p->height_px - f->foot - MARGIN_PX - height;
    rc = panel_box(f, left, y, width, height, 4);
    y += PADDING_PX;
    for (uint32_t i = 0; i < n && rc == IM_OK; i++) {
        const struct row *row = &l->rows[i];
        float middle = y + row_height(row) / 2;

        rc = draw_symbol(f, row->entry, left + PADDING_PX + 10, middle);
        if (rc == IM_OK)
            rc = panel_write(
                f, &row->text,
                (double)(left + PADDING_PX + SYMBOL_PX + row->text.width / 2),
                (double)middle, 0);
        y += row_height(row);
    }
    return rc;
}

enum im_code furniture_legend(struct furniture *f)
{
    struct legend *l = calloc(1, sizeof *l);
    const json_t *said =
        json_object_get(json_object_get(map_sheet_root(f->map), "metadata"), "legend");
    bool found;
    enum im_code rc;

    if (!l)
        return im_fail(f->err, IM_ENOMEM, "out of memory for a legend");
    l->f = f;
    im_arena_reset(f->w->arena);
    rc = add_said(l, said, NULL, &found);
    for (uint32_t i = 0; i < f->map->n_layers && rc == IM_OK; i++)
        rc = add_layer(l, said, &f->map->layers[i]);
    if (rc == IM_OK)
        rc = draw_rows(l);
    for (uint32_t i = 0; i < f->map->n_layers; i++)
        json_decref(l->own[i]);
    free(l);
    return rc;
}
