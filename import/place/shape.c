/* SPDX-License-Identifier: Apache-2.0 */
/* A geometry as it came, into EPSG:4326, checked against the layer. */
#include "shape.h"

#include "valid.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* The four provinces with the sea in front of them, and a margin of 0.05 degrees for
 * outlines that run along the edge. Base layers reach further, so that the map does not
 * end at the border. */
static const struct bbox PLACES_AREA = {114.45, 26.75, 123.55, 35.65};
static const struct bbox BASE_AREA = {112, 24, 126, 38};

/* Nothing anybody would draw: a square degree here has 1e10 square metres. */
static const double LEAST_AREA2 = 1e-14;
/* Around 0, 0: where lists without positions end up, also after a datum shift. */
static const double NULL_ISLAND_DEG = 0.01;

struct builder {
    const struct shape_rules *rules;
    const struct geom *in;
    struct im_arena *arena;
    struct shape *out;
    struct bbox area;
    uint32_t n_points; /* of what is made */
    double *lonlat;
    uint32_t *part_end;
};

/* ---- what is said ---- */

enum { TEXT_BYTES = 400 };

static const char *IM_PRINTF(2, 3) text(struct builder *b, const char *fmt, ...)
{
    char line[TEXT_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    line[im_utf8_cut(line, sizeof line - 5)] = '\0';
    const char *copy = im_arena_strdup(b->arena, im_bytes_of(line));
    return copy ? copy : "";
}

/* Both return false, for `return refuse(...)`. */
static bool refuse(struct builder *b, const char *code, const char *zh, const char *en)
{
    b->out->refusal = (struct refusal){.code = code, .zh = zh, .en = en};
    return false;
}

static bool suggest(struct builder *b, const char *zh, const char *en)
{
    b->out->refusal.suggestion_zh = zh;
    b->out->refusal.suggestion_en = en;
    return false;
}

static bool refuse_memory(struct builder *b)
{
    refuse(b, "bad_geometry", "几何太大，内存不足", "too large: out of memory");
    return suggest(b, "请简化，或分成多行",
                   "simplify it, or divide it into several rows");
}

/* ---- positions ---- */

static bool is_within(struct bbox area, const double *p)
{
    return p[0] >= area.min_x && p[0] <= area.max_x && p[1] >= area.min_y &&
           p[1] <= area.max_y;
}

static bool is_lonlat(const double *p)
{
    return fabs(p[0]) <= 180 && fabs(p[1]) <= 90;
}

static const double *raw_at(const struct builder *b, uint32_t i)
{
    return b->in->lonlat + 2 * (size_t)i;
}

/* "第 7 个点 " where there are several. */
static const char *vertex_zh(struct builder *b, uint32_t i)
{
    return b->in->n_points > 1 ? text(b, "第 %u 个点 ", i + 1) : "";
}

static const char *vertex_en(struct builder *b, uint32_t i)
{
    return b->in->n_points > 1 ? text(b, "position %u: ", i + 1) : "";
}

/* What do the numbers of a position look like? */
static bool suggest_system(struct builder *b, uint32_t i)
{
    const double *raw = raw_at(b, i);
    struct crs_proposal look;

    if (!crs_look(raw[0], raw[1], &look))
        return suggest(b, "请核对数值；若是别的坐标系，请用 --crs 指明",
                       "check the numbers; if they are of another coordinate system "
                       "name it with --crs");
    if (!look.crs[0] || look.is_exchanged)
        return suggest(
            b, text(b, "数字像是%s；%s", look.title_zh, look.hint_zh),
            text(b, "the numbers look like %s; %s", look.title_en, look.hint_en));
    return suggest(b,
                   text(b, "数字像是%s；若确实如此，请把这样的行单独导入，写 --crs %s",
                        look.title_zh, look.crs),
                   text(b,
                        "the numbers look like %s; if they are, import such rows apart "
                        "with --crs %s",
                        look.title_en, look.crs));
}

static bool refuse_not_finite(struct builder *b, uint32_t i)
{
    const double *raw = raw_at(b, i);

    refuse(b, "bad_geometry",
           text(b, "%s坐标 %g, %g 不是数，或是无穷大", vertex_zh(b, i), raw[0], raw[1]),
           text(b, "%s%g, %g is not a number or not finite", vertex_en(b, i), raw[0],
                raw[1]));
    return suggest(b, "请在原文件中改正", "correct it in the file");
}

static bool refuse_null_island(struct builder *b, uint32_t i)
{
    refuse(b, "null_island", text(b, "%s坐标是 0, 0，多半是没有填写", vertex_zh(b, i)),
           text(b, "%s0, 0 is no position but a blank", vertex_en(b, i)));
    return suggest(
        b, "请填写坐标，或留空并用 --unplaced place 按地址定位",
        "fill it in, or leave it empty and place the row by its address with "
        "--unplaced place");
}

/* No transform into EPSG:4326, or what came out is none. */
static bool refuse_range(struct builder *b, uint32_t i)
{
    const double *raw = raw_at(b, i);

    if (b->rules->crs->ct) {
        refuse(b, "out_of_range",
               text(b, "%s%.10g, %.10g 在所用坐标系中没有对应的经纬度", vertex_zh(b, i),
                    raw[0], raw[1]),
               text(b,
                    "%s%.10g, %.10g has no longitude and latitude in the coordinate "
                    "system used",
                    vertex_en(b, i), raw[0], raw[1]));
        return suggest_system(b, i);
    }
    bool is_lon = !(fabs(raw[0]) <= 180);
    double value = is_lon ? raw[0] : raw[1];
    int limit = is_lon ? 180 : 90;
    refuse(b, "out_of_range",
           text(b, "%s%s %.10g 超出 -%d..%d", vertex_zh(b, i), is_lon ? "经度" : "纬度",
                value, limit, limit),
           text(b, "%s%s %.10g is outside of -%d..%d", vertex_en(b, i),
                is_lon ? "longitude" : "latitude", value, limit, limit));
    return suggest_system(b, i);
}

static bool refuse_area(struct builder *b, uint32_t i, const double *p)
{
    const struct bbox a = b->area;
    const char *zh = b->rules->schema->is_base ? "底图" : "地图";
    const char *en = b->rules->schema->is_base ? "base map" : "map";
    struct crs_proposal look;
    const double *raw = raw_at(b, i);

    refuse(b, "outside_area",
           text(b, "%s%.6g, %.6g 位于%s范围（%g..%g E，%g..%g N）之外", vertex_zh(b, i),
                p[0], p[1], zh, a.min_x, a.max_x, a.min_y, a.max_y),
           text(b,
                "%s%.6g, %.6g lies outside of the area of the %s (%g..%g E, %g..%g N)",
                vertex_en(b, i), p[0], p[1], en, a.min_x, a.max_x, a.min_y, a.max_y));
    if (b->rules->crs->ct && crs_look(raw[0], raw[1], &look))
        return suggest_system(b, i);
    return suggest(
        b, "请核对坐标与坐标系；范围外的行不导入",
        "check position and coordinate system; rows outside are not imported");
}

static bool refuse_swapped(struct builder *b, const double *exchanged)
{
    const double *raw = raw_at(b, 0);

    refuse(b, "swapped",
           text(b, "经度与纬度（x 与 y）写反了：%.10g, %.10g；对调后是 %.6f E，%.6f N",
                raw[0], raw[1], exchanged[0], exchanged[1]),
           text(b,
                "longitude and latitude (x and y) are swapped: %.10g, %.10g; exchanged "
                "it is %.6f E, %.6f N",
                raw[0], raw[1], exchanged[0], exchanged[1]));
    return suggest(b, "请在原文件中对调，或加 --fix swap",
                   "exchange them in the file, or give --fix swap");
}

static void exchange(const double *from, double *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = from[2 * i];

        to[2 * i] = from[2 * i + 1];
        to[2 * i + 1] = x;
    }
}

/* Does all of it come to lie on the map with x and y exchanged? Then `lonlat` has it.
 */
static bool fits_exchanged(struct builder *b, double *lonlat)
{
    const struct crs_transform *crs = b->rules->crs;
    uint32_t n = b->in->n_points;
    double first[2];

    exchange(raw_at(b, 0), first, 1);
    if (crs_apply(crs, first, 1) != 1 || !is_within(b->area, first))
        return false;
    exchange(b->in->lonlat, lonlat, n);
    if (crs_apply(crs, lonlat, n) != n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!is_within(b->area, lonlat + 2 * (size_t)i))
            return false;
    return true;
}

/* Position `i` is wrong: the first that is. */
static bool judge_position(struct builder *b, uint32_t i, double p[2], bool is_placed)
{
    const double *raw = raw_at(b, i);

    if ((raw[0] == 0 && raw[1] == 0) ||
        (is_placed && fabs(p[0]) < NULL_ISLAND_DEG && fabs(p[1]) < NULL_ISLAND_DEG))
        return refuse_null_island(b, i);
    if (fits_exchanged(b, b->lonlat)) {
        if (!b->rules->fix_swap)
            return refuse_swapped(b, b->lonlat);
        b->out->repairs |= SHAPE_SWAPPED;
        return true;
    }
    if (!is_placed || !is_lonlat(p))
        return refuse_range(b, i);
    return refuse_area(b, i, p);
}

static bool place_positions(struct builder *b)
{
    uint32_t n = b->in->n_points;

    for (uint32_t i = 0; i < n; i++)
        if (!isfinite(raw_at(b, i)[0]) || !isfinite(raw_at(b, i)[1]))
            return refuse_not_finite(b, i);
    memcpy(b->lonlat, b->in->lonlat, 2 * sizeof(double) * (size_t)n);
    size_t placed = crs_apply(b->rules->crs, b->lonlat, n);
    for (uint32_t i = 0; i < n; i++) {
        double *at = b->lonlat + 2 * (size_t)i;

        if (i >= placed || !is_within(b->area, at)) {
            double p[2] = {at[0], at[1]}; /* what follows writes over lonlat */

            return judge_position(b, i, p, i < placed);
        }
    }
    return true;
}

/* ---- lines ---- */

static bool is_same(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

/* Copies a line or ring to `to`, which may lie before or at it; returns how many. */
static uint32_t copy_part(struct builder *b, const double *from, uint32_t n, double *to)
{
    uint32_t count = 0;

    if (!b->rules->repair) {
        memmove(to, from, 2 * sizeof(double) * (size_t)n);
        return n;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double p[2] = {from[2 * (size_t)i], from[2 * (size_t)i + 1]};

        if (count && is_same(p, to + 2 * ((size_t)count - 1))) {
            b->out->repairs |= SHAPE_DEDUPLICATED;
            continue;
        }
        to[2 * (size_t)count] = p[0];
        to[2 * (size_t)count + 1] = p[1];
        count++;
    }
    return count;
}

/* How many different positions follow each other, the closing one not counted; stops
 * counting at 3. */
static unsigned count_different(const double *p, uint32_t n)
{
    const double *second = NULL;

    for (uint32_t i = 1; i < n; i++) {
        const double *q = p + 2 * (size_t)i;

        if (is_same(q, p))
            continue;
        if (!second)
            second = q;
        else if (!is_same(q, second))
            return 3;
    }
    return n == 0 ? 0 : second ? 2 : 1;
}

static bool make_lines(struct builder *b)
{
    uint32_t first = 0;
    const double *from = b->lonlat;

    for (uint32_t part = 0; part < b->in->n_parts; part++) {
        uint32_t n = b->in->part_end[part] - first;
        double *to = b->lonlat + 2 * (size_t)b->n_points;

        first = b->in->part_end[part];
        if (count_different(from, n) < 2) {
            refuse(b, "bad_geometry",
                   text(b, "线（第 %u 段）没有两个不同的点", part + 1),
                   text(b, "line %u has no two different positions", part + 1));
            return suggest(b, "请在原文件中改正或删去",
                           "correct or remove it in the file");
        }
        uint32_t kept = copy_part(b, from, n, to);
        from += 2 * (size_t)n;
        b->n_points += kept;
        b->part_end[part] = b->n_points;
    }
    return true;
}

/* ---- rings ---- */

/* For the texts: rings are counted from 1 through all areas. */
static bool refuse_few(struct builder *b, uint32_t ring, uint32_t n)
{
    refuse(
        b, "bad_geometry",
        text(b,
             "第 %u 个环只有 %u 个点，其中不同的不足 3 个；环至少要 4 "
             "个点（首尾相同）",
             ring + 1, n),
        text(b,
             "ring %u has %u positions, fewer than 3 different ones; it needs 4, the "
             "last as the first",
             ring + 1, n));
    return suggest(b, "请在原文件中改正；若是点或线，请导入点图层或线图层",
                   "correct it in the file; a point or line belongs into a layer of "
                   "points or lines");
}

static bool refuse_open(struct builder *b, uint32_t ring, const double *p, uint32_t n)
{
    const double *last = p + 2 * ((size_t)n - 1);
    double gap_m = geodesic_distance_m(p[0], p[1], last[0], last[1]);

    refuse(b, "not_closed",
           text(b, "第 %u 个环没有闭合：首点 %.6f, %.6f 与末点 %.6f, %.6f 相距 %.1f 米",
                ring + 1, p[0], p[1], last[0], last[1], gap_m),
           text(b,
                "ring %u is not closed: its first position %.6f, %.6f and its last "
                "%.6f, %.6f are %.1f m apart",
                ring + 1, p[0], p[1], last[0], last[1], gap_m));
    return suggest(b, "请在末尾重复首点，或加 --repair 自动闭合",
                   "repeat the first position at the end, or close it with --repair");
}

static bool refuse_no_area(struct builder *b, uint32_t ring, const double *p)
{
    refuse(b, "bad_geometry",
           text(b, "第 %u 个环（在 %.6f, %.6f）面积为零", ring + 1, p[0], p[1]),
           text(b, "ring %u (at %.6f, %.6f) has no area", ring + 1, p[0], p[1]));
    return suggest(b, "请在原文件中改正或删去", "correct or remove it in the file");
}

/* A ring without area whose halves cancel each other out is for valid_check to name. */
static bool is_flat(const double *p, uint32_t n)
{
    if (fabs(geom_ring_area2(p, n)) >= LEAST_AREA2)
        return false;
    for (uint32_t i = 0; i + 1 < n; i++) {
        const double *q = p + 2 * (size_t)i;
        double det = (q[0] - p[0]) * (q[3] - p[1]) - (q[2] - p[0]) * (q[1] - p[1]);

        if (fabs(det) >= LEAST_AREA2)
            return false;
    }
    return true;
}

static bool make_ring(
    struct builder *b, uint32_t ring, bool is_outer, const double *from, uint32_t n)
{
    double *to = b->lonlat + 2 * (size_t)b->n_points;
    uint32_t was = n;

    if (count_different(from, n) < 3)
        return refuse_few(b, ring, n);
    if (!is_same(from, from + 2 * ((size_t)n - 1)) && !b->rules->repair)
        return refuse_open(b, ring, from, n);
    n = copy_part(b, from, n, to);
    if (!is_same(to, to + 2 * ((size_t)n - 1))) {
        b->out->repairs |= SHAPE_CLOSED;
        to[2 * (size_t)n] = to[0];
        to[2 * (size_t)n + 1] = to[1];
        n++;
    }
    if (n < 4) /* there and back, with repeats that are gone */
        return refuse_few(b, ring, was);
    if (is_flat(to, n))
        return refuse_no_area(b, ring, to);
    geom_ring_orient(to, n, is_outer); /* RFC 7946, 3.1.6 */
    b->n_points += n;
    b->part_end[ring] = b->n_points;
    return true;
}

static bool make_rings(struct builder *b, const double *from)
{
    uint32_t area = 0;
    uint32_t first_ring = 0;
    uint32_t first = 0;

    for (uint32_t ring = 0; ring < b->in->n_parts; ring++) {
        uint32_t end = b->in->part_end[ring];

        while (ring >= b->in->area_end[area])
            first_ring = b->in->area_end[area++];
        if (!make_ring(b, ring, ring == first_ring, from + 2 * (size_t)first,
                       end - first))
            return false;
        first = end;
    }
    return true;
}

/* ---- validity ---- */

static bool refuse_invalid(struct builder *b, const struct valid_answer *why)
{
    static const struct {
        const char *code;
        const char *zh;
        const char *en;
    } words[] = {
        [VALID_CROSSING] = {"self_crossing", "边界自相交",
                            "the outline crosses itself"},
        [VALID_HOLE_OUTSIDE] = {"bad_geometry", "洞不在外环之内",
                                "a hole is not inside of its outer ring"},
        [VALID_NESTED] = {"bad_geometry", "面与面重叠", "two areas overlap"},
        [VALID_SPLIT] = {"bad_geometry", "洞把面切断了",
                         "holes cut the area into pieces"},
        [VALID_TANGLED] = {"self_crossing", "边界过于纠结，无法检查",
                           "the outline is too tangled to be checked"},
        [VALID_OTHER] = {"bad_geometry", "面不合规范", "the area is not valid"},
    };
    const char *place_zh = "";
    const char *place_en = "";

    if (why->fault == VALID_NO_MEMORY)
        return refuse_memory(b);
    if (why->has_place) {
        place_zh = text(b, "，在 %.6f, %.6f", why->place[0], why->place[1]);
        place_en = text(b, " at %.6f, %.6f", why->place[0], why->place[1]);
    }
    const char *other =
        why->fault == VALID_OTHER && why->other[0] ? text(b, " (%s)", why->other) : "";
    refuse(b, words[why->fault].code,
           text(b, "%s%s%s", words[why->fault].zh, place_zh, other),
           text(b, "%s%s%s", words[why->fault].en, place_en, other));
    return suggest(b, "请在绘图软件中改正，或加 --repair 自动修复",
                   "correct it where it was drawn, or give --repair");
}

static bool
refuse_mend(struct builder *b, enum mend_verdict verdict, double lost_percent)
{
    const char *zh = "自动修复失败";
    const char *en = "it cannot be mended";
    struct refusal *r = &b->out->refusal;

    switch (verdict) {
    case MEND_NOTHING_LEFT:
        zh = "修复后没有面积";
        en = "mended, nothing of it would be left";
        break;
    case MEND_LOSES_AREA:
        zh = text(b, "修复会失去 %.1f%% 的面积（最多 %d%%）", lost_percent,
                  MEND_MAX_LOSS_PERCENT);
        en = text(b, "mended, it would lose %.1f%% of its area (at most %d%%)",
                  lost_percent, MEND_MAX_LOSS_PERCENT);
        break;
    case MEND_TOO_MUCH:
        zh = text(b, "交叉太多，无法修复（最多 %d 处、%d 个点）", MEND_MAX_CROSSINGS,
                  MEND_MAX_VERTICES);
        en = text(b, "too much to mend (at most %d crossings, %d positions)",
                  MEND_MAX_CROSSINGS, MEND_MAX_VERTICES);
        break;
    case MEND_DONE:
    case MEND_FAILED:
        break;
    }
    r->zh = text(b, "%s；%s", r->zh, zh);
    r->en = text(b, "%s; %s", r->en, en);
    return suggest(b, "请在绘图软件中改正", "correct it where it was drawn");
}

static bool make_valid(struct builder *b)
{
    struct valid_answer answer;
    struct geom mended;
    double lost_percent;

    valid_check(&b->out->geom, b->arena, &answer);
    if (answer.fault == VALID_GOOD)
        return true;
    refuse_invalid(b, &answer);
    if (!b->rules->repair || answer.fault == VALID_NO_MEMORY)
        return false;
    enum mend_verdict verdict =
        valid_mend(&b->out->geom, b->arena, &mended, &lost_percent);
    if (verdict != MEND_DONE)
        return refuse_mend(b, verdict, lost_percent);
    b->out->geom = mended;
    b->out->refusal = (struct refusal){0};
    b->out->repairs |= SHAPE_MADE_VALID;
    return true;
}

/* ---- kinds ---- */

static bool is_kind(const struct builder *b)
{
    enum geom_kind kind = b->in->kind;

    switch (b->rules->schema->geometry) {
    case SCHEMA_NONE:
        return false;
    case SCHEMA_POINT:
        return kind == GEOM_POINT && b->in->n_points == 1;
    case SCHEMA_LINE:
        return kind == GEOM_LINE;
    case SCHEMA_AREA:
        return kind == GEOM_AREA;
    case SCHEMA_MIXED:
        return true;
    }
    return false;
}

struct kind_words {
    const char *zh;
    const char *en;
};

static struct kind_words wanted_words(enum schema_geometry geometry)
{
    static const struct kind_words words[] = {{"不收几何", "takes no geometry"},
                                              {"只收点", "takes points only"},
                                              {"只收线", "takes lines only"},
                                              {"只收面", "takes areas only"},
                                              {"", ""}};

    return words[geometry];
}

static struct kind_words found_words(struct builder *b)
{
    static const struct kind_words words[] = {
        {"空", "empty"}, {"点", "a point"}, {"线", "a line"}, {"面", "an area"}};

    if (b->in->kind == GEOM_POINT && b->in->n_points > 1)
        return (struct kind_words){text(b, "%u 个点", b->in->n_points),
                                   text(b, "%u points", b->in->n_points)};
    return words[b->in->kind];
}

/* Said alone, or behind what else is wrong. */
static void refuse_kind(struct builder *b)
{
    struct refusal *r = &b->out->refusal;
    struct kind_words wanted = wanted_words(b->rules->schema->geometry);
    struct kind_words found = found_words(b);
    bool is_multipoint =
        b->rules->schema->geometry == SCHEMA_POINT && b->in->kind == GEOM_POINT;

    if (r->code) {
        r->zh = text(b, "%s；而且图层%s，这里是%s", r->zh, wanted.zh, found.zh);
        r->en = text(b, "%s; and the layer %s, this is %s", r->en, wanted.en, found.en);
        return;
    }
    if (is_multipoint) {
        refuse(b, "wrong_kind", text(b, "一行只能有一个点，这里有%s", found.zh),
               text(b, "a row holds one point, this one has %s", found.en));
        suggest(b, "请分成多行，每行一个点", "make several rows of one point each");
        return;
    }
    refuse(b, "wrong_kind", text(b, "图层%s，这里是%s", wanted.zh, found.zh),
           text(b, "the layer %s, this is %s", wanted.en, found.en));
    suggest(b, "请导入相应的图层，或用 --create 新建图层",
            "import it into a layer of its kind, or make one with --create");
}

/* ---- all of it ---- */

/* Mended rings may be longer than they came, so they are written elsewhere. */
static bool make_area(struct builder *b)
{
    const struct geom *in = b->in;
    uint32_t *area_end = im_arena_calloc(b->arena, in->n_areas, sizeof *area_end);
    double *from = b->lonlat;
    double *room = from;

    if (in->n_points > UINT32_MAX - in->n_parts)
        return refuse_memory(b);
    if (b->rules->repair)
        room = im_arena_calloc(b->arena, (size_t)in->n_points + in->n_parts,
                               2 * sizeof *room);
    if (!area_end || !room)
        return refuse_memory(b);
    b->lonlat = room;
    if (!make_rings(b, from))
        return false;
    memcpy(area_end, in->area_end, in->n_areas * sizeof *area_end);
    b->out->geom = (struct geom){.kind = GEOM_AREA,
                                 .n_points = b->n_points,
                                 .n_parts = in->n_parts,
                                 .n_areas = in->n_areas,
                                 .lonlat = b->lonlat,
                                 .part_end = b->part_end,
                                 .area_end = area_end};
    return make_valid(b);
}

static bool make_line(struct builder *b)
{
    if (!make_lines(b))
        return false;
    b->out->geom = (struct geom){.kind = GEOM_LINE,
                                 .n_points = b->n_points,
                                 .n_parts = b->in->n_parts,
                                 .lonlat = b->lonlat,
                                 .part_end = b->part_end};
    return true;
}

static bool make_points(struct builder *b)
{
    b->out->geom = (struct geom){
        .kind = GEOM_POINT, .n_points = b->in->n_points, .lonlat = b->lonlat};
    return true;
}

static bool make(struct builder *b)
{
    const struct geom *in = b->in;
    bool has_parts = in->kind != GEOM_POINT;

    if (in->n_points == 0 || (has_parts && in->n_parts == 0)) {
        refuse(b, "bad_geometry", "几何是空的", "the geometry is empty");
        return suggest(b, "请在原文件中补上坐标", "add its positions in the file");
    }
    b->lonlat = im_arena_alloc(b->arena, 2 * sizeof(double) * (size_t)in->n_points);
    if (has_parts)
        b->part_end = im_arena_calloc(b->arena, in->n_parts, sizeof *b->part_end);
    if (!b->lonlat || (has_parts && !b->part_end))
        return refuse_memory(b);
    if (!place_positions(b))
        return false;
    switch (in->kind) {
    case GEOM_POINT:
        return make_points(b);
    case GEOM_LINE:
        return make_line(b);
    case GEOM_AREA:
        return make_area(b);
    case GEOM_EMPTY:
        break;
    }
    return true;
}

void shape_make(const struct shape_rules *rules,
                const struct geom *in,
                struct im_arena *arena,
                struct shape *out)
{
    struct builder b = {.rules = rules,
                        .in = in,
                        .arena = arena,
                        .out = out,
                        .area = rules->schema->is_base ? BASE_AREA : PLACES_AREA};

    *out = (struct shape){.geom = {.kind = GEOM_EMPTY}};
    if (in->kind == GEOM_EMPTY)
        return;
    make(&b);
    if (!is_kind(&b))
        refuse_kind(&b);
    if (out->refusal.code) {
        out->geom = (struct geom){.kind = GEOM_EMPTY};
        out->repairs = 0;
    }
}
