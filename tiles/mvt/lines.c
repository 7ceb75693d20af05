/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of equal attributes that meet end to end, as one line.
 *
 * A border comes in pieces from fork to fork, a river from confluence to confluence.
 * Where the zoom has none of the attributes that tell them apart they are one feature,
 * and two ends that meet alone in a tile unit are joined: dashes run through, and there
 * is half as much to read. Who becomes one with others has no id: there would be no
 * right one. Lines keep their direction where a style could show it. */
#include "mvt/encode.h"

#include <stdlib.h>
#include <xxhash.h>

/* Deeper zooms show the full shapes: there a piece is what it was in its file. */
enum { JOIN_MAX_ZOOM = 12 };

struct piece {
    uint32_t first; /* vertex */
    uint32_t n;
    uint32_t mate[2]; /* piece << 1 | its end, of its start and its end; NONE */
    bool is_used;
};

/* A feature that waits with its pieces first_piece .. end_piece-1. */
struct owner {
    const uint8_t *tags; /* while flushing */
    uint64_t hash;
    int64_t fid;
    uint32_t tags_at;
    uint32_t tags_len;
    uint32_t first_piece;
    uint32_t end_piece;
    uint32_t label_zoom; /* NONE: not shown */
    uint32_t order;
};

struct end {
    int32_t x, y;
    uint32_t ref; /* as piece.mate */
};

#define NONE UINT32_MAX

void mvt_lines_release(struct mvt_lines *l)
{
    im_buf_release(&l->xy);
    im_buf_release(&l->tags);
    im_buf_release(&l->pieces);
    im_buf_release(&l->owners);
    im_buf_release(&l->ends);
}

void mvt_lines_init(struct mvt_lines *l, size_t max_bytes)
{
    *l = (struct mvt_lines){.xy = {.max = max_bytes},
                            .tags = {.max = max_bytes},
                            .pieces = {.max = max_bytes},
                            .owners = {.max = max_bytes},
                            .ends = {.max = max_bytes}};
}

static struct piece *pieces(const struct mvt_lines *l)
{
    return (struct piece *)l->pieces.data;
}

static uint32_t count_pieces(const struct mvt_lines *l)
{
    return (uint32_t)(l->pieces.len / sizeof(struct piece));
}

static const int32_t *vertex(const struct mvt_lines *l, uint32_t i)
{
    return (const int32_t *)l->xy.data + 2 * (size_t)i;
}

/* ---- collecting ---- */

/* Which of two ends is which shows in a side that a line is moved to, and in icons
 * along it. */
static bool shows_direction(const struct style *style)
{
    for (uint32_t i = 0; i < style->n_layers; i++) {
        const struct style_layer *s = &style->layers[i];

        if (s->properties[LINE_OFFSET] ||
            (s->type == STYLE_SYMBOL &&
             (s->properties[ICON_IMAGE] || s->properties[TEXT_KEEP_UPRIGHT])))
            return true;
    }
    return style->n_layers == 0;
}

/* A key makes every feature another one. */
static bool sends_key(const struct encode *e)
{
    const struct layer_schema *schema = atlas_layer_schema(e->ml->layer);
    int zoom = schema->key < 0 ? -1 : schema->fields[schema->key].tile_zoom;

    return zoom >= 0 && zoom <= e->zoom;
}

void encode_begin_lines(struct encode *e, bool joins)
{
    struct mvt_lines *l = &e->lines;

    l->is_on = joins && e->zoom <= JOIN_MAX_ZOOM && !e->as_labels && !sends_key(e);
    l->keeps_direction = l->is_on && shows_direction(&e->ml->style);
    im_buf_clear(&l->xy);
    im_buf_clear(&l->tags);
    im_buf_clear(&l->pieces);
    im_buf_clear(&l->owners);
}

void encode_put_line(struct encode *e, uint32_t n)
{
    struct mvt_lines *l = &e->lines;
    struct piece piece = {.first = (uint32_t)(l->xy.len / sizeof(int32_t[2])),
                          .n = n,
                          .mate = {NONE, NONE}};

    if (n < 2)
        return;
    if (!l->is_on) {
        mvt_line(&e->mvt, e->xy, n);
        return;
    }
    im_buf_append(&l->xy, e->xy, n * sizeof(int32_t[2]));
    im_buf_append(&l->pieces, &piece, sizeof piece);
    e->failed |= l->xy.failed || l->pieces.failed;
}

bool encode_has_lines(const struct encode *e)
{
    const struct mvt_lines *l = &e->lines;
    const struct owner *last =
        (const struct owner *)l->owners.data + l->owners.len / sizeof(struct owner);

    return count_pieces(l) > (l->owners.len ? last[-1].end_piece : 0);
}

void encode_keep_lines(struct encode *e, uint32_t feature)
{
    struct mvt_lines *l = &e->lines;
    uint32_t n = (uint32_t)(l->owners.len / sizeof(struct owner));
    const struct owner *last = (const struct owner *)l->owners.data + n;
    struct owner owner = {.fid = atlas_fid(e->ml->layer, feature),
                          .tags_at = (uint32_t)l->tags.len,
                          .first_piece = n ? last[-1].end_piece : 0,
                          .end_piece = count_pieces(l),
                          .label_zoom = NONE,
                          .order = n};

    encode_put_properties(e, feature);
    (void)encode_find_name(e, feature, &owner.label_zoom);
    owner.tags_len = (uint32_t)e->mvt.tags.len;
    owner.hash = XXH3_64bits(e->mvt.tags.data, e->mvt.tags.len);
    im_buf_append(&l->tags, e->mvt.tags.data, e->mvt.tags.len);
    im_buf_append(&l->owners, &owner, sizeof owner);
    e->failed |= l->tags.failed || l->owners.failed;
}

/* ---- joining ---- */

static int by_place(const void *a, const void *b)
{
    const struct end *p = a;
    const struct end *q = b;

    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->ref > q->ref) - (p->ref < q->ref);
}

static void list_ends(struct mvt_lines *l, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const struct piece *p = &pieces(l)[i];
        const int32_t *start = vertex(l, p->first);
        const int32_t *last = vertex(l, p->first + p->n - 1);
        const struct end ends[2] = {{start[0], start[1], i << 1},
                                    {last[0], last[1], i << 1 | 1}};

        im_buf_append(&l->ends, ends, sizeof ends);
    }
}

/* Two ends of two pieces, alone in their place. */
static void join_ends(struct mvt_lines *l)
{
    struct end *ends = (struct end *)l->ends.data;
    size_t n = l->ends.len / sizeof *ends;

    qsort(ends, n, sizeof *ends, by_place);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1;
             next < n && ends[next].x == ends[i].x && ends[next].y == ends[i].y;)
            next++;
        uint32_t a = ends[i].ref;
        uint32_t b = next - i == 2 ? ends[i + 1].ref : a;

        if (a >> 1 == b >> 1 || (l->keeps_direction && (a & 1) == (b & 1)))
            continue;
        pieces(l)[a >> 1].mate[a & 1] = b;
        pieces(l)[b >> 1].mate[b & 1] = a;
    }
}

/* The end at which the line begins that this piece is of: back from its start to where
 * nobody is; a ring begins with the piece. */
static uint32_t find_begin(const struct mvt_lines *l, uint32_t piece)
{
    uint32_t at = piece << 1;
    uint32_t mate;

    while ((mate = pieces(l)[at >> 1].mate[at & 1]) != NONE) {
        if (mate >> 1 == piece)
            return piece << 1;
        at = mate ^ 1;
    }
    return at;
}

/* All of the line from one of its ends on, into e->xy; the number of vertices. */
static uint32_t walk(struct encode *e, uint32_t at)
{
    struct mvt_lines *l = &e->lines;
    uint32_t n = 0;

    while (at != NONE && !pieces(l)[at >> 1].is_used) {
        struct piece *p = &pieces(l)[at >> 1];

        if (!encode_room_for(e, n + p->n))
            return 0;
        for (uint32_t i = n > 0; i < p->n; i++) {
            uint32_t k = at & 1 ? p->n - 1 - i : i;

            memcpy(e->xy + 2 * (size_t)n++, vertex(l, p->first + k),
                   sizeof(int32_t[2]));
        }
        p->is_used = true;
        at = p->mate[~at & 1];
    }
    return n;
}

static int by_tags(const void *a, const void *b)
{
    const struct owner *p = a;
    const struct owner *q = b;
    int order;

    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    if (p->tags_len != q->tags_len)
        return p->tags_len < q->tags_len ? -1 : 1;
    order = p->tags_len ? memcmp(p->tags, q->tags, p->tags_len) : 0;
    return order ? order : (p->order > q->order) - (p->order < q->order);
}

static bool are_one(const struct owner *a, const struct owner *b)
{
    return a->hash == b->hash && a->tags_len == b->tags_len &&
           (a->tags_len == 0 || memcmp(a->tags, b->tags, a->tags_len) == 0);
}

/* Features of equal attributes, in their order, as one. */
static void write_group(struct encode *e, const struct owner *owners, size_t n)
{
    struct mvt_lines *l = &e->lines;
    uint32_t label_zoom = NONE;

    mvt_begin_feature(&e->mvt);
    im_buf_append(&e->mvt.tags, owners[0].tags, owners[0].tags_len);
    im_buf_clear(&l->ends);
    for (size_t i = 0; i < n; i++) {
        list_ends(l, owners[i].first_piece, owners[i].end_piece);
        label_zoom =
            owners[i].label_zoom < label_zoom ? owners[i].label_zoom : label_zoom;
    }
    e->failed |= l->ends.failed;
    if (e->failed)
        return;
    join_ends(l);
    for (size_t i = 0; i < n; i++)
        for (uint32_t p = owners[i].first_piece; p < owners[i].end_piece; p++) {
            uint32_t n_points = pieces(l)[p].is_used ? 0 : walk(e, find_begin(l, p));

            if (n_points)
                mvt_line(&e->mvt, e->xy, n_points);
        }
    if (label_zoom != NONE)
        encode_put_label_zoom(e, label_zoom);
    mvt_end_feature(&e->mvt, n == 1 ? owners[0].fid : -1, MVT_LINESTRING);
}

static int by_first(const void *a, const void *b)
{
    const struct owner *const *p = a;
    const struct owner *const *q = b;

    return ((*p)->order > (*q)->order) - ((*p)->order < (*q)->order);
}

size_t encode_lines_bytes(const struct encode *e)
{
    return 2 * (e->lines.xy.len / sizeof(int32_t[2]) - count_pieces(&e->lines));
}

/* The groups in the order of their first features. */
void encode_write_lines(struct encode *e)
{
    struct mvt_lines *l = &e->lines;
    struct owner *owners = (struct owner *)l->owners.data;
    size_t n = l->owners.len / sizeof *owners;
    const struct owner **firsts = n ? malloc((n + 1) * sizeof(*firsts)) : NULL;
    size_t n_groups = 0;

    e->failed |= n && !firsts;
    if (!firsts)
        return;
    for (size_t i = 0; i < n; i++)
        owners[i].tags = l->tags.data + owners[i].tags_at;
    qsort(owners, n, sizeof *owners, by_tags);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !are_one(&owners[i - 1], &owners[i]))
            firsts[n_groups++] = &owners[i];
    qsort(firsts, n_groups, sizeof(*firsts), by_first);
    for (size_t g = 0; g < n_groups && !e->failed; g++) {
        const struct owner *end = firsts[g] + 1;

        while (end < owners + n && are_one(firsts[g], end))
            end++;
        write_group(e, firsts[g], (size_t)(end - firsts[g]));
    }
    free(firsts);
}
