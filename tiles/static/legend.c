/* SPDX-License-Identifier: Apache-2.0 */
/* The legend: what the stylesheet says (metadata.legend), for layers that it does not
 * draw what their own style.json says; only of signs that are in the picture. */
#include "static/panel.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>

enum {
    MAX_ROWS = 64,
    ROW_PX = 18,
    SMALL_PAGE_PX = 420,
    MARGIN_PX = 8,
    PADDING_PX = 8,
    SYMBOL_PX = 26,
    MAX_RADIUS_PX = 24,
    MAX_COLUMNS = 8
};
/* A legend on the map may hide so much of it. */
static const float HIDES_MOST = 0.2f;
/* ... and so much where there is no room beside it. */
static const float HIDES_FAR = 0.3f;

struct row {
    struct panel_text text;
    const json_t *entry; /* NULL: a remark of our own */
    uint32_t rank;       /* the higher the later it is drawn; own ones of the sheet 0 */
};

struct legend {
    struct furniture *f;
    struct row rows[MAX_ROWS];
    uint32_t n;
    bool has_ring;
    json_t *own[MAP_MAX_LAYERS]; /* style.json of layers, for their rows */
    enum static_legend place;    /* INSIDE, RIGHT or BELOW when arranged */
    float size;                  /* of texts; a little less on a small page */
    float text_px;               /* wider texts are wrapped */
    float symbol_px;             /* from the left edge to the texts */
    float width, height;         /* of the rows in one column, with the padding */
    uint32_t n_columns;
};

/* One row for the rings of all layers: what they say is the same. */
static const char RING[2][64] = {[LANG_ZH] = "空心圈：仅知所在区县，画在驻地",
                                 [LANG_EN] = "Hollow: district known only"};
/* A theme whose areas may not be shown would be an empty map without a word. */
static const char UNREVIEWED[2][96] = {
    [LANG_ZH] = "本图不画指标：所用区划界线未经审定，且未设审图号",
    [LANG_EN] = "No indicator is drawn: its boundaries are not reviewed (无审图号)"};

static bool has_shape(const json_t *entry, const char *shape)
{
    const char *own = json_string_value(json_object_get(entry, "shape"));

    return own && strcmp(own, shape) == 0;
}

static bool is_text(const json_t *entry)
{
    return has_shape(entry, "heading") || has_shape(entry, "note");
}

/* The image that stands for it at the zoom of the picture; NULL: none. Which image is
 * settled with the names, for whole zooms. */
static const char *image_of(const struct furniture *f, const json_t *entry)
{
    const json_t *images = json_object_get(entry, "images");
    const char *name = NULL;

    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *pair = json_array_get(images, i);

        if (json_number_value(json_array_get(pair, 0)) <= floor(f->view.zoom) - 1)
            name = json_string_value(json_array_get(pair, 1));
    }
    return name;
}

/* ---- the rows ---- */

static void add_text(struct legend *l, const char *title, bool is_bold, bool is_note)
{
    if (l->n < MAX_ROWS)
        l->rows[l->n++] = (struct row){.text = {.text = im_bytes_of(title),
                                                .size = is_note ? 10 : 11,
                                                .is_bold = is_bold,
                                                .faint = is_note ? 0.2f : 0,
                                                .justify = TEXT_LEFT}};
}

static void add_row(struct legend *l, const json_t *entry, uint32_t rank)
{
    const char *lang = l->f->map->lang == LANG_EN ? "en" : "zh";
    const char *title =
        json_string_value(json_object_get(json_object_get(entry, "title"), lang));
    bool is_ring = has_shape(entry, "ring");
    uint32_t before = l->n;

    if (!title || (is_ring && l->has_ring))
        return;
    l->has_ring |= is_ring;
    add_text(l, is_ring ? RING[l->f->map->lang] : title, has_shape(entry, "heading"),
             has_shape(entry, "note"));
    if (l->n > before) {
        l->rows[before].entry = entry;
        l->rows[before].rank = rank;
    }
}

static uint32_t
rank_of(const struct legend *l, const struct map_layer *ml, const json_t *entry)
{
    return shown_entry(l->f->shown, ml, entry, image_of(l->f, entry));
}

/* What the sheet says of its own map: all classes of an indicator when there is one of
 * them, as a scale is read as a whole. */
static void add_theme(struct legend *l, const json_t *said)
{
    bool is_shown = false;
    bool has_classes = false;

    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *entry = json_array_get(said, i);

        if (json_object_get(entry, "layer") || is_text(entry))
            continue;
        has_classes = true;
        is_shown |= rank_of(l, NULL, entry) > 0;
    }
    for (size_t i = 0; i < json_array_size(said) && is_shown; i++)
        if (!json_object_get(json_array_get(said, i), "layer"))
            add_row(l, json_array_get(said, i), 0);
    if (has_classes && !is_shown && l->f->map->leave_out_unreviewed)
        add_text(l, UNREVIEWED[l->f->map->lang], false, true);
}

/* Rows of a layer whose signs are shown; where none is known by its colour, all of
 * them: a legend may name things otherwise than the style draws them. */
static void
add_entries(struct legend *l, const json_t *entries, const struct map_layer *ml)
{
    const char *id = atlas_layer_schema(ml->layer)->id;
    uint32_t before = l->n;

    for (int known = 1; known >= 0 && l->n == before; known--)
        for (size_t i = 0; i < json_array_size(entries); i++) {
            const json_t *entry = json_array_get(entries, i);
            const char *of = json_string_value(json_object_get(entry, "layer"));
            double from = json_number_value(json_object_get(entry, "minzoom"));
            uint32_t rank = rank_of(l, ml, entry);

            if ((of && strcmp(of, id) != 0) || l->f->view.zoom - 1 < from ||
                (known && rank == 0))
                continue;
            if (!known && (has_shape(entry, "ring") || l->has_ring))
                continue;
            add_row(l, entry, rank ? rank : 1);
        }
}

static bool is_said(const json_t *said, const char *layer)
{
    for (size_t i = 0; i < json_array_size(said); i++) {
        const char *of =
            json_string_value(json_object_get(json_array_get(said, i), "layer"));

        if (of && strcmp(of, layer) == 0)
            return true;
    }
    return false;
}

static void add_layer(struct legend *l, const json_t *said, const struct map_layer *ml)
{
    json_t **own = &l->own[ml - l->f->map->layers];

    if (!shown_layer(l->f->shown, ml))
        return;
    if (is_said(said, atlas_layer_schema(ml->layer)->id)) {
        add_entries(l, said, ml);
        return;
    }
    if (ml->part)
        return;
    if (!*own)
        *own = json_loads(atlas_layer_style_json(ml->layer), 0, NULL);
    add_entries(l, json_object_get(*own, "legend"), ml);
}

/* What lies on top comes first; equal ones stay in the order of the layers. */
static void sort_rows(struct legend *l, uint32_t from)
{
    for (uint32_t i = from + 1; i < l->n; i++) {
        struct row row = l->rows[i];
        uint32_t k = i;

        for (; k > from && l->rows[k - 1].rank < row.rank; k--)
            l->rows[k] = l->rows[k - 1];
        l->rows[k] = row;
    }
}

static void collect(struct legend *l)
{
    const json_t *said = json_object_get(
        json_object_get(map_sheet_root(l->f->map), "metadata"), "legend");

    l->n = 0;
    l->has_ring = false;
    add_theme(l, said);
    uint32_t from = l->n;
    for (uint32_t i = 0; i < l->f->map->n_layers; i++)
        add_layer(l, said, &l->f->map->layers[i]);
    sort_rows(l, from);
}

/* ---- sizes ---- */

static bool is_round(const json_t *entry)
{
    return has_shape(entry, "circle") || has_shape(entry, "cluster");
}

static float radius_of(const json_t *entry)
{
    double given = json_number_value(json_object_get(entry, "radius"));

    return given > 0                     ? (float)fmin(given, MAX_RADIUS_PX)
           : has_shape(entry, "cluster") ? 8
                                         : 5;
}

static float row_height(const struct legend *l, const struct row *row)
{
    float sign = is_round(row->entry) ? 2 * radius_of(row->entry) + 6 : 0;

    return fmaxf(fmaxf(sign, ROW_PX * l->size), row->text.height + 4);
}

static float text_left(const struct legend *l, const struct row *row)
{
    return PADDING_PX + (row->entry && !is_text(row->entry) ? l->symbol_px : 0);
}

/* Texts are shaped into the worker's arena: again before each use. */
static enum im_code measure(struct legend *l, float most_px)
{
    enum im_code rc = IM_OK;

    im_arena_reset(l->f->w->arena);
    l->width = 0;
    l->height = 2 * PADDING_PX;
    l->symbol_px = SYMBOL_PX;
    for (uint32_t i = 0; i < l->n; i++)
        if (is_round(l->rows[i].entry))
            l->symbol_px = fmaxf(l->symbol_px, 2 * radius_of(l->rows[i].entry) + 10);
    l->text_px = fmaxf(60, most_px - l->symbol_px - 2 * PADDING_PX);
    for (uint32_t i = 0; i < l->n && rc == IM_OK; i++) {
        struct row *row = &l->rows[i];
        bool is_note = has_shape(row->entry, "note") || !row->entry;

        row->text.size = (is_note ? 10 : 11) * l->size;
        row->text.max_width =
            l->text_px + PADDING_PX + l->symbol_px - text_left(l, row);
        rc = panel_shape(l->f, &row->text);
        l->width = fmaxf(l->width, text_left(l, row) + row->text.width + PADDING_PX);
        l->height += row_height(l, row);
    }
    return rc;
}

/* The lowest that `n_columns` columns can be, each row whole. */
static float column_height(const struct legend *l, uint32_t n_columns)
{
    float height = l->height / (float)n_columns;

    for (;; height += 4) {
        float filled = 2 * PADDING_PX;
        uint32_t column = 1;

        for (uint32_t i = 0; i < l->n; i++) {
            float h = row_height(l, &l->rows[i]);

            if (filled + h > height && filled > 2 * PADDING_PX) {
                filled = 2 * PADDING_PX;
                column++;
            }
            filled += h;
        }
        if (column <= n_columns)
            return fmaxf(height, filled);
    }
}

/* ---- where ---- */

static void take_right(struct legend *l)
{
    l->place = STATIC_LEGEND_RIGHT;
    l->f->view.width_px = l->f->page->width_px - (uint32_t)ceilf(l->width);
}

static void take_below(struct legend *l, float height)
{
    l->place = STATIC_LEGEND_BELOW;
    l->f->view.height_px = l->f->page->height_px - (uint32_t)ceilf(l->f->foot + height);
    l->f->bottom = (float)l->f->view.height_px;
}

/* Room that a strip below needs, and its columns. */
static enum im_code measure_strip(struct legend *l, float *height)
{
    float wide = (float)l->f->page->width_px;
    enum im_code rc = measure(l, fminf(260 * l->size, wide));
    float columns = floorf(wide / l->width);

    l->n_columns = (uint32_t)fminf(fmaxf(columns, 1), MAX_COLUMNS);
    *height = column_height(l, l->n_columns);
    return rc;
}

/* Beside the map, on the side that leaves more of it; what is left has to be a map. */
static enum im_code arrange_beside(struct legend *l, enum static_legend asked)
{
    struct furniture *f = l->f;
    float wide = (float)f->page->width_px;
    float high = (float)f->page->height_px - f->foot;
    float strip = 0;
    enum im_code rc = measure_strip(l, &strip);
    uint32_t n_columns = l->n_columns;
    float below = high - strip >= 0.4f * high ? wide * (high - strip) : 0;

    if (rc == IM_OK)
        rc = measure(l, fminf(220 * l->size, 0.45f * wide));
    float right = wide - l->width >= 0.5f * wide && (asked || l->height <= high)
                      ? (wide - l->width) * high
                      : 0;
    if (rc != IM_OK)
        return rc;
    if (right > 0 && asked != STATIC_LEGEND_BELOW &&
        (asked == STATIC_LEGEND_RIGHT || right >= below)) {
        take_right(l);
    } else if (below > 0 && asked != STATIC_LEGEND_RIGHT) {
        l->n_columns = n_columns;
        take_below(l, strip);
    } else if (asked == STATIC_LEGEND_BELOW) {
        l->n_columns = n_columns;
        take_below(l, 0.6f * high);
    } else if (l->width < 0.45f * wide &&
               l->width * l->height > HIDES_FAR * wide * high) {
        take_right(l); /* rows are left out, but so they would be on the map */
    }
    return IM_OK;
}

enum im_code legend_arrange(struct legend *l)
{
    struct furniture *f = l->f;
    enum static_legend asked = f->page->legend;
    float wide = (float)f->view.width_px;
    enum im_code rc = measure(l, fminf(250 * l->size, wide / 2));

    l->place = STATIC_LEGEND_INSIDE;
    if (rc != IM_OK || l->n == 0 || asked == STATIC_LEGEND_INSIDE)
        return rc;
    if (asked == STATIC_LEGEND_AUTO &&
        l->width * l->height <= HIDES_MOST * wide * f->bottom &&
        l->height <= f->bottom - 2 * MARGIN_PX)
        return IM_OK;
    return arrange_beside(l, asked == STATIC_LEGEND_AUTO ? STATIC_LEGEND_NONE : asked);
}

/* ---- signs ---- */

static enum im_code draw_icon(struct furniture *f, const char *name, float x, float y)
{
    struct sprite_image image;
    float side = 18 * (float)f->page->scale;
    float own;

    if (!f->map->sprites ||
        !sprite_find(f->map->sprites, im_bytes_of(name), f->page->scale, &image))
        return IM_ENOTFOUND;
    own = (float)(image.width_px > image.height_px ? image.width_px : image.height_px);
    float shown = fminf(side, own / (float)image.pixel_ratio * (float)f->page->scale);
    struct draw_image look = {.x_px = x * (float)f->page->scale,
                              .y_px = y * (float)f->page->scale,
                              .width_px = shown * (float)image.width_px / own,
                              .height_px = shown * (float)image.height_px / own,
                              .opacity = 1};
    return draw_image_at(f->raster, &image, &look, f->err);
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
    float s = (float)f->page->scale;
    float xy[] = {(x - 8) * s, (y - 5) * s, (x + 8) * s, (y - 5) * s,
                  (x + 8) * s, (y + 5) * s, (x - 8) * s, (y + 5) * s};
    uint32_t end = 4;
    struct draw_path path = {xy, &end, 1};
    struct sprite_image image;

    if (!name || !f->map->sprites ||
        !sprite_find(f->map->sprites, im_bytes_of(name), f->page->scale, &image))
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
    float radius = radius_of(entry);
    struct draw_color color = color_of(entry, "color", f->ink);
    struct draw_color paper = f->paper;
    struct draw_color edge = f->ink;
    enum im_code rc;

    const json_t *opacity = json_object_get(entry, "opacity");

    paper.a = 1;
    edge.a = 0.35f;
    edge = color_of(entry, "outline", edge);
    if (opacity)
        color.a *= (float)json_number_value(opacity);
    if (has_shape(entry, "ring")) {
        edge = color;
        edge.a *= 0.6f;
        color = paper;
    }
    rc = panel_disc(f, (double)x, (double)y, radius + 0.75f, edge);
    if (rc == IM_OK && color.a < 1) /* not over its own edge */
        rc = panel_disc(f, (double)x, (double)y, radius, paper);
    return rc == IM_OK
               ? panel_disc(f, (double)x, (double)y,
                            has_shape(entry, "ring") ? radius - 0.5f : radius, color)
               : rc;
}

/* A disc with a number in it, which stands for any. */
static enum im_code
draw_cluster(struct furniture *f, const json_t *entry, float x, float y)
{
    struct panel_text number = {.text = im_bytes_of("9"), .size = 10, .is_bold = true};
    struct draw_color ink = f->ink;
    enum im_code rc = draw_circle(f, entry, x, y);

    if (rc == IM_OK)
        rc = panel_shape(f, &number);
    f->ink = f->paper;
    f->ink.a = 1;
    if (rc == IM_OK)
        rc = panel_write(f, &number, (double)x, (double)y, 0);
    f->ink = ink;
    return rc;
}

/* The image where there is one, else the shape in its colour. */
static enum im_code
draw_symbol(struct furniture *f, const json_t *entry, float x, float y)
{
    const char *image = image_of(f, entry);
    enum im_code rc;

    if (!entry || is_text(entry))
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
    if (has_shape(entry, "cluster"))
        return draw_cluster(f, entry, x, y);
    return draw_circle(f, entry, x, y);
}

/* ---- drawing ---- */

static enum im_code
draw_row(struct legend *l, const struct row *row, float left, float y)
{
    struct furniture *f = l->f;
    float middle = y + row_height(l, row) / 2;
    enum im_code rc = draw_symbol(
        f, row->entry, left + PADDING_PX + (l->symbol_px - SYMBOL_PX) / 2 + 10, middle);

    return rc == IM_OK
               ? panel_write(f, &row->text,
                             (double)(left + text_left(l, row) + row->text.width / 2),
                             (double)middle, 0)
               : rc;
}

/* How many rows there are is said where not all find room. */
static enum im_code
write_rest(struct legend *l, uint32_t n, char text[48], struct row *row)
{
    snprintf(text, 48, l->f->map->lang == LANG_EN ? "and %u more" : "另有 %u 项未列出",
             n);
    *row = (struct row){.text = {.text = im_bytes_of(text),
                                 .size = 10 * l->size,
                                 .faint = 0.2f,
                                 .max_width = l->text_px,
                                 .justify = TEXT_LEFT}};
    return panel_shape(l->f, &row->text);
}

/* From the upper left corner down, then the next column. */
static enum im_code
draw_rows(struct legend *l, float left, float top, float bottom, uint32_t n_columns)
{
    float start = top + PADDING_PX;
    float end = bottom - PADDING_PX;
    float y = start;
    enum im_code rc = IM_OK;
    char rest[48];
    struct row last;

    for (uint32_t i = 0, column = 1; i < l->n && rc == IM_OK; i++) {
        const struct row *row = &l->rows[i];
        bool is_last = column == n_columns;
        float h = row_height(l, row);
        /* the last column keeps a line for what is left out */
        float room = is_last && i + 1 < l->n ? end - ROW_PX * l->size : end;

        if (y + h > end + 0.5f && !is_last && y > start) {
            y = start;
            left += l->width;
            column++;
            i--;
            continue;
        }
        if (y + h > room + 0.5f && is_last) {
            float left_over = 0;

            for (uint32_t k = i; k < l->n; k++)
                left_over += row_height(l, &l->rows[k]);
            if (y + left_over > end + 0.5f) {
                rc = write_rest(l, l->n - i, rest, &last);
                return rc == IM_OK ? draw_row(l, &last, left, y) : rc;
            }
        }
        rc = draw_row(l, row, left, y);
        y += h;
    }
    return rc;
}

/* How much there is to be seen under a box: the steps between neighbouring pixels. */
static double busy(const struct furniture *f, struct furniture_box box)
{
    const struct raster *r = f->raster;
    unsigned scale = f->page->scale;
    double sum = 0;

    for (float y = fmaxf(0, box.y); y < fminf(box.y + box.h, f->bottom - 2); y += 2)
        for (float x = fmaxf(0, box.x);
             x < fminf(box.x + box.w, (float)f->view.width_px - 2); x += 2) {
            const uint8_t *p =
                r->rgba + 4 * ((size_t)y * scale * r->width_px + (size_t)x * scale);
            const uint8_t *right = p + 4 * scale;
            const uint8_t *under = p + 4 * (size_t)scale * r->width_px;

            for (int c = 0; c < 3; c++)
                sum += abs(p[c] - right[c]) + abs(p[c] - under[c]);
        }
    return sum;
}

static bool overlaps(struct furniture_box a, struct furniture_box b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* The corner that hides least; scale bar, title and pins are not for hiding. */
static struct furniture_box best_corner(const struct legend *l)
{
    const struct furniture *f = l->f;
    float h = fminf(l->height, f->bottom - 2 * MARGIN_PX);
    float right = (float)f->view.width_px - MARGIN_PX - l->width;
    struct furniture_box best = {0};
    double least = INFINITY;

    for (int corner = 0; corner < 4; corner++) {
        struct furniture_box box = {corner % 2 ? MARGIN_PX : right,
                                    corner < 2 ? f->bottom - MARGIN_PX - h : MARGIN_PX,
                                    l->width, h};
        double cost = 0;

        /* beside what is there already, if there is room */
        for (uint32_t i = 0; i < f->n_taken; i++) {
            struct furniture_box t = f->taken[i];
            float y = corner < 2 ? t.y - MARGIN_PX - h : t.y + t.h + MARGIN_PX;

            if (overlaps(box, t) && y >= MARGIN_PX && y + h <= f->bottom - MARGIN_PX)
                box.y = y;
        }
        for (uint32_t i = 0; i < f->n_taken; i++)
            cost += overlaps(box, f->taken[i]) ? 1e9 : 0;
        cost += busy(f, box);
        if (cost < least) {
            least = cost;
            best = box;
        }
    }
    return best;
}

static enum im_code draw_inside(struct legend *l)
{
    struct furniture_box box = best_corner(l);
    enum im_code rc = panel_box(l->f, box.x, box.y, box.w, box.h, 4);

    return rc == IM_OK ? draw_rows(l, box.x, box.y, box.y + box.h, 1) : rc;
}

/* A fine line between it and the map. */
static enum im_code draw_beside(struct legend *l)
{
    struct furniture *f = l->f;
    float x = (float)f->view.width_px;
    float y = (float)f->view.height_px;
    float end = (float)f->page->height_px - f->foot;
    struct draw_color line = f->ink;
    enum im_code rc;

    line.a = 0.25f;
    if (l->place == STATIC_LEGEND_RIGHT) {
        rc = panel_rect(f, x, 0, 1, end, line);
        return rc == IM_OK ? draw_rows(l, x, 0, end, 1) : rc;
    }
    rc = panel_rect(f, 0, y, (float)f->page->width_px, 1, line);
    return rc == IM_OK ? draw_rows(l, 0, y, end, l->n_columns) : rc;
}

enum im_code legend_draw(struct legend *l)
{
    float most = l->text_px + l->symbol_px + 2 * PADDING_PX;
    enum im_code rc = l->n ? measure(l, most) : IM_OK;

    if (rc != IM_OK || l->n == 0)
        return rc;
    return l->place == STATIC_LEGEND_INSIDE ? draw_inside(l) : draw_beside(l);
}

void legend_refresh(struct legend *l)
{
    collect(l);
}

enum im_code legend_new(struct furniture *f, struct legend **out)
{
    struct legend *l = calloc(1, sizeof *l);

    if (!l)
        return im_fail(f->err, IM_ENOMEM, "out of memory for a legend");
    l->f = f;
    l->size = f->page->width_px < SMALL_PAGE_PX || f->page->height_px < SMALL_PAGE_PX
                  ? 0.9f
                  : f->size;
    l->n_columns = 1;
    collect(l);
    *out = l;
    return IM_OK;
}

void legend_free(struct legend *l)
{
    if (!l)
        return;
    for (uint32_t i = 0; i < l->f->map->n_layers; i++)
        json_decref(l->own[i]);
    free(l);
}
