/* SPDX-License-Identifier: Apache-2.0 */
/* The legend: entries of the stylesheet (metadata.legend), else those of the layers'
 * own style.json; only of layers that have something in the picture. */
#include "static/panel.h"

#include <jansson.h>

#include <math.h>

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
};

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

static bool shows_id(const struct furniture *f, const char *id)
{
    for (uint32_t i = 0; i < f->map->n_layers; i++)
        if (strcmp(atlas_layer_schema(f->map->layers[i].layer)->id, id) == 0)
            return shows(f, &f->map->layers[i]);
    return false;
}

static enum im_code add_row(struct legend *l, const json_t *entry)
{
    const char *lang = l->f->map->lang == LANG_EN ? "en" : "zh";
    const char *title =
        json_string_value(json_object_get(json_object_get(entry, "title"), lang));
    struct row *row = &l->rows[l->n];
    enum im_code rc;

    /* what is only drawn nearer by */
    double from = json_number_value(json_object_get(entry, "minzoom"));
    if (!title || l->n == MAX_ROWS || l->f->picture->zoom - 1 < from)
        return IM_OK;
    *row =
        (struct row){.text = {.text = im_bytes_of(title), .size = 11}, .entry = entry};
    row->text.max_width =
        fmaxf(80, fminf(260, (float)l->f->picture->width_px / 2 - SYMBOL_PX));
    rc = panel_shape(l->f, &row->text);
    if (rc == IM_OK) {
        l->width = fmaxf(l->width, row->text.width);
        l->n++;
    }
    return rc;
}

static enum im_code add_rows(struct legend *l, const json_t *entries)
{
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < json_array_size(entries) && rc == IM_OK; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *layer = json_string_value(json_object_get(entry, "layer"));

        if (!layer || shows_id(l->f, layer))
            rc = add_row(l, entry);
    }
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

/* An icon where there is one, else the shape in its colour. */
static enum im_code
draw_symbol(struct furniture *f, const json_t *entry, float x, float y)
{
    const char *icon = json_string_value(json_object_get(entry, "icon"));
    const char *shape = json_string_value(json_object_get(entry, "shape"));
    const char *text = json_string_value(json_object_get(entry, "color"));

    if (shape && (strcmp(shape, "heading") == 0 || strcmp(shape, "note") == 0))
        return IM_OK;
    double radius = json_number_value(json_object_get(entry, "radius"));
    struct draw_color color = f->ink;
    struct draw_color edge = f->ink;
    enum im_code rc;

    edge.a = 0.35f;
    if (icon) {
        rc = draw_icon(f, icon, x, y);
        if (rc != IM_ENOTFOUND)
            return rc;
    }
    if (text)
        (void)style_color_parse(im_bytes_of(text), &color);
    if (shape && strcmp(shape, "line") == 0)
        return panel_rect(f, x - 9, y - 1, 18, 2, color);
    if (shape && strcmp(shape, "fill") == 0) {
        rc = panel_rect(f, x - 9, y - 6, 18, 12, edge);
        return rc == IM_OK ? panel_rect(f, x - 8, y - 5, 16, 10, color) : rc;
    }
    radius = radius > 0 && radius < 12 ? radius : 5;
    rc = panel_disc(f, (double)x, (double)y, (float)radius + 0.75f, edge);
    return rc == IM_OK ? panel_disc(f, (double)x, (double)y, (float)radius, color) : rc;
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
    struct legend l = {.f = f};
    json_t *own[MAP_MAX_LAYERS] = {NULL};
    const json_t *said = NULL;
    enum im_code rc = IM_OK;

    im_arena_reset(f->w->arena);
    if (f->map->stylesheet)
        said = json_object_get(
            json_object_get(stylesheet_root(f->map->stylesheet), "metadata"), "legend");
    if (said)
        rc = add_rows(&l, said);
    for (uint32_t i = 0; i < f->map->n_layers && rc == IM_OK && !said; i++) {
        const struct map_layer *ml = &f->map->layers[i];

        if (!shows(f, ml))
            continue;
        own[i] = json_loads(atlas_layer_style_json(ml->layer), 0, NULL);
        rc = add_rows(&l, json_object_get(own[i], "legend"));
    }
    if (rc == IM_OK)
        rc = draw_rows(&l);
    for (uint32_t i = 0; i < f->map->n_layers; i++)
        json_decref(own[i]);
    return rc;
}
