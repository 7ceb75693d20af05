/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known text (OGC 06-103r4, 7): the geometries of CQL2's grammar, tags in any
 * case, Z and M read and left out. */
#include "geom/read.h"

#include <string.h>

struct scan {
    struct geom_wkt *wkt;
    struct geom_builder b;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int peek(struct geom_wkt *wkt)
{
    while (wkt->pos < wkt->text.len && is_space(wkt->text.data[wkt->pos]))
        wkt->pos++;
    return wkt->pos < wkt->text.len ? wkt->text.data[wkt->pos] : -1;
}

static bool expected(struct geom_wkt *wkt, const char *zh, const char *en)
{
    wkt->zh = zh;
    wkt->en = en;
    return false;
}

static bool take(struct geom_wkt *wkt, char c)
{
    if (peek(wkt) != c)
        return false;
    wkt->pos++;
    return true;
}

static bool take_open(struct geom_wkt *wkt)
{
    return take(wkt, '(') || expected(wkt, "应为 (", "expected '('");
}

static bool take_close(struct geom_wkt *wkt)
{
    return take(wkt, ')') || expected(wkt, "应为 , 或 )", "expected ',' or ')'");
}

static bool is_letter(int c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A word in any case; `pos` stays when it is another one. */
static bool take_word(struct geom_wkt *wkt, const char *word)
{
    size_t n = strlen(word);
    int next;

    peek(wkt);
    if (wkt->text.len - wkt->pos < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((wkt->text.data[wkt->pos + i] | 32) != (word[i] | 32))
            return false;
    next = wkt->pos + n < wkt->text.len ? wkt->text.data[wkt->pos + n] : -1;
    if (is_letter(next))
        return false;
    wkt->pos += n;
    return true;
}

static bool take_number(struct geom_wkt *wkt, double *out)
{
    size_t start;
    size_t end;

    if (peek(wkt) == '+')
        wkt->pos++;
    start = end = wkt->pos;
    while (end < wkt->text.len && strchr("0123456789+-.eE", wkt->text.data[end]) &&
           wkt->text.data[end])
        end++;
    if (!im_parse_double((struct im_bytes){wkt->text.data + start, end - start}, out))
        return expected(wkt, "应为数", "expected a number");
    wkt->pos = end;
    return true;
}

static bool is_number_next(struct geom_wkt *wkt)
{
    int c = peek(wkt);

    return c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9');
}

/* A position of two to four numbers; the first two count. */
static bool scan_position(struct scan *s)
{
    double xy[2];
    double rest;

    if (!take_number(s->wkt, &xy[0]) || !take_number(s->wkt, &xy[1]))
        return false;
    for (int i = 0; i < 2 && is_number_next(s->wkt); i++)
        if (!take_number(s->wkt, &rest))
            return false;
    return geom_builder_add(&s->b, xy[0], xy[1]);
}

typedef bool scan_fn(struct scan *s);

/* ( one, one, ... ) */
static bool scan_list(struct scan *s, scan_fn *one)
{
    if (!take_open(s->wkt))
        return false;
    do {
        if (!one(s))
            return false;
    } while (take(s->wkt, ','));
    return take_close(s->wkt);
}

static bool scan_line(struct scan *s)
{
    return scan_list(s, scan_position) && geom_builder_end_part(&s->b);
}

static bool scan_polygon(struct scan *s)
{
    return scan_list(s, scan_line) && geom_builder_end_area(&s->b);
}

static bool scan_point(struct scan *s)
{
    return take_open(s->wkt) && scan_position(s) && take_close(s->wkt);
}

/* Both MULTIPOINT ((1 2), (3 4)) and the older MULTIPOINT (1 2, 3 4) are met. */
static bool scan_any_point(struct scan *s)
{
    return peek(s->wkt) == '(' ? scan_point(s) : scan_position(s);
}

static bool scan_coordinates(struct scan *s, enum geom_type type)
{
    switch (type) {
    case GEOM_TYPE_POINT:
        return scan_point(s);
    case GEOM_TYPE_LINESTRING:
        return scan_line(s);
    case GEOM_TYPE_POLYGON:
        return scan_polygon(s);
    case GEOM_TYPE_MULTIPOINT:
        return scan_list(s, scan_any_point);
    case GEOM_TYPE_MULTILINESTRING:
        return scan_list(s, scan_line);
    case GEOM_TYPE_MULTIPOLYGON:
        return scan_list(s, scan_polygon);
    case GEOM_TYPE_COLLECTION:
        break;
    }
    return false;
}

static enum im_code scan_leaf(struct geom_wkt *wkt,
                              enum geom_type type,
                              struct geom_budget *budget,
                              struct im_arena *arena,
                              struct geom_item *out,
                              struct im_error *err)
{
    struct scan s = {wkt, geom_builder_of(budget)};
    enum im_code rc;

    wkt->en = NULL;
    if (scan_coordinates(&s, type))
        rc = geom_builder_finish(&s.b, type, arena, out, err);
    else
        rc = wkt->en ? IM_EDATA : geom_builder_fail(&s.b, err);
    geom_builder_release(&s.b);
    return rc;
}

static enum im_code scan_any(struct geom_wkt *wkt,
                             unsigned depth,
                             struct geom_budget *budget,
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err);

static enum im_code too_deep(struct im_error *err)
{
    im_fail(err, IM_ELIMIT, "collections are nested deeper than %d",
            GEOM_READ_MAX_DEPTH);
    return im_zh(err, IM_ELIMIT, "图形集合嵌套超过 %d 层", GEOM_READ_MAX_DEPTH);
}

static enum im_code scan_items(struct geom_wkt *wkt,
                               unsigned depth,
                               struct geom_budget *budget,
                               struct im_arena *arena,
                               struct im_buf *items,
                               struct im_error *err)
{
    if (!take_open(wkt))
        return IM_EDATA;
    do {
        struct geom_item item;
        enum im_code rc = scan_any(wkt, depth, budget, arena, &item, err);

        if (rc != IM_OK)
            return rc;
        im_buf_append(items, &item, sizeof item);
    } while (take(wkt, ','));
    return take_close(wkt) ? IM_OK : IM_EDATA;
}

static enum im_code scan_collection(struct geom_wkt *wkt,
                                    unsigned depth,
                                    struct geom_budget *budget,
                                    struct im_arena *arena,
                                    struct geom_item *out,
                                    struct im_error *err)
{
    struct im_buf items = {.max = SIZE_MAX / 2};
    enum im_code rc = depth >= GEOM_READ_MAX_DEPTH
                          ? too_deep(err)
                          : scan_items(wkt, depth + 1, budget, arena, &items, err);

    if (rc == IM_OK)
        rc = geom_collection(&items, arena, out, err);
    im_buf_release(&items);
    return rc;
}

static bool scan_tag(struct geom_wkt *wkt, enum geom_type *type)
{
    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++)
        if (take_word(wkt, geom_type_name((enum geom_type)i))) {
            *type = (enum geom_type)i;
            if (!take_word(wkt, "ZM") && !take_word(wkt, "Z"))
                take_word(wkt, "M");
            return true;
        }
    return expected(wkt,
                    "应为 POINT、LINESTRING、POLYGON、MULTIPOINT、MULTILINESTRING、"
                    "MULTIPOLYGON 或 GEOMETRYCOLLECTION",
                    "expected POINT, LINESTRING, POLYGON, MULTIPOINT, "
                    "MULTILINESTRING, MULTIPOLYGON or GEOMETRYCOLLECTION");
}

static enum im_code scan_any(struct geom_wkt *wkt,
                             unsigned depth,
                             struct geom_budget *budget,
                             struct im_arena *arena,
                             struct geom_item *out,
                             struct im_error *err)
{
    enum geom_type type;

    if (!scan_tag(wkt, &type))
        return IM_EDATA;
    if (budget->parts == 0) {
        struct geom_builder over = {.is_over = true};

        return geom_builder_fail(&over, err);
    }
    budget->parts--;
    if (type == GEOM_TYPE_COLLECTION)
        return scan_collection(wkt, depth, budget, arena, out, err);
    return scan_leaf(wkt, type, budget, arena, out, err);
}

enum im_code geom_scan_wkt(struct geom_wkt *wkt,
                           struct geom_budget *budget,
                           struct im_arena *arena,
                           struct geom_item *out,
                           struct im_error *err)
{
    return scan_any(wkt, 0, budget, arena, out, err);
}

/* People count characters, from 1. */
static size_t position_of(const struct geom_wkt *wkt)
{
    size_t at = 0;
    size_t n = 1;

    while (at < wkt->pos) {
        im_utf8_next(wkt->text, &at);
        n++;
    }
    return n;
}

static enum im_code fault(const struct geom_wkt *wkt, struct im_error *err)
{
    size_t position = position_of(wkt);

    im_fail(err, IM_EDATA, "WKT, character %zu: %s", position, wkt->en);
    return im_zh(err, IM_EDATA, "WKT 第 %zu 个字符：%s", position, wkt->zh);
}

enum im_code geom_read_wkt(struct im_bytes text,
                           struct im_arena *arena,
                           struct geom *out,
                           struct im_error *err)
{
    struct geom_wkt wkt = {.text = text, .en = "", .zh = ""};
    struct geom_budget budget = geom_budget_full();
    struct geom_item item;
    enum im_code rc = geom_scan_wkt(&wkt, &budget, arena, &item, err);

    if (rc == IM_OK && peek(&wkt) >= 0) {
        expected(&wkt, "图形之后还有多余的内容", "something follows the geometry");
        rc = IM_EDATA;
    }
    if (rc == IM_EDATA)
        return fault(&wkt, err);
    if (rc == IM_OK)
        rc = geom_item_check(&item, err);
    if (rc == IM_OK)
        rc = geom_item_flatten(&item, arena, out, err);
    return rc;
}
