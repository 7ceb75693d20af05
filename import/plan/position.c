/* SPDX-License-Identifier: Apache-2.0 */
/* Where the position of a row stands, and in which coordinate system. Systems are
 * declared by the file or given by a person; what the numbers or a heading suggest is
 * proposed, never assumed. */
#include "parts.h"

#include "../internal.h"

#include <engine/json_writer.h>

#include <math.h>
#include <strings.h>

/* ---- the plan ---- */

struct deciding {
    struct plan *plan;
    struct source *source;
    const struct position_wish *wish;
    const struct sample *sample;
    struct facts facts;
    const char *system;      /* that a heading or a column names; NULL */
    const char *system_from; /* that heading */
    double *xy;              /* of the sample, x first as far as known */
    size_t n_xy;
    struct im_error *err;
};

static int find_column(const struct plan *plan, const char *name)
{
    for (size_t i = 0; name && i < plan->n_columns; i++)
        if (strcasecmp(plan->columns[i].name, name) == 0)
            return (int)i;
    return NO_COLUMN;
}

static bool is_free(const struct column *column)
{
    return !column->how && !column->is_personal;
}

/* The first free column with this word; a word said twice decides nothing. */
static int find_word(const struct plan *plan, enum position_word word, int *second)
{
    int found = NO_COLUMN;

    *second = NO_COLUMN;
    for (size_t i = 0; i < plan->n_columns; i++) {
        if (!is_free(&plan->columns[i]) ||
            heading_position(&plan->columns[i].heading).word != word)
            continue;
        if (found == NO_COLUMN)
            found = (int)i;
        else if (*second == NO_COLUMN)
            *second = (int)i;
    }
    return found;
}

static enum im_code fail_twice(const struct deciding *d, int a, int b)
{
    const char *x = position_column(d->plan, a);
    const char *y = position_column(d->plan, b);

    im_fail(d->err, IM_EDATA,
            "columns '%.60s' and '%.60s' both look like positions; say which with "
            "--map lon=COLUMN --map lat=COLUMN (or --map position=COLUMN)",
            x, y);
    return im_zh(d->err, IM_EDATA,
                 "列“%.60s”和“%.60s”都像坐标；请用 --map lon=列名 --map lat=列名"
                 "（或 --map position=列名）指明",
                 x, y);
}

static void use(struct plan *plan, int column, const char *how)
{
    if (column != NO_COLUMN && !plan->columns[column].how)
        plan->columns[column].how = how;
}

static void note_system(struct deciding *d, int column)
{
    struct position_heading h = heading_position(&d->plan->columns[column].heading);

    if (h.system && !d->system) {
        d->system = h.system;
        d->system_from = position_column(d->plan, column);
    }
}

static void choose(struct deciding *d, enum position_kind kind, int a, int b)
{
    d->plan->position = kind;
    d->plan->lon_column = a;
    d->plan->lat_column = b;
    use(d->plan, a, "position");
    use(d->plan, b, "position");
    note_system(d, a);
    if (b != NO_COLUMN)
        note_system(d, b);
}

static bool is_wkt_cell(void *ctx, struct im_bytes cell)
{
    (void)ctx;
    return text_is_wkt(cell);
}

static bool is_pair_cell(void *ctx, struct im_bytes cell)
{
    double x;
    double y;

    (void)ctx;
    return text_pair(cell, &x, &y);
}

/* Nearly all that is there. */
static bool
mostly(const struct deciding *d, int column, bool (*test)(void *, struct im_bytes))
{
    size_t filled = 0;
    size_t n = sample_count(d->sample, column, test, NULL, &filled);

    return filled > 0 && 10 * n >= 8 * filled;
}

struct span {
    double low;
    double high;
};

static bool is_within(void *ctx, struct im_bytes cell)
{
    const struct span *span = ctx;
    double x = 0;
    char axis = 0;

    return (im_parse_double(cell, &x) || text_angle(cell, &x, &axis)) &&
           x >= span->low && x <= span->high;
}

/* A column without a telling name, all of whose values lie in `span` and have digits
 * behind the point. */
static int find_span(const struct deciding *d, struct span span)
{
    int found = NO_COLUMN;

    for (size_t i = 0; i < d->plan->n_columns; i++) {
        size_t filled = 0;

        if (!is_free(&d->plan->columns[i]))
            continue;
        size_t n = sample_count(d->sample, (int)i, is_within, &span, &filled);
        if (filled < 3 || n < filled)
            continue;
        size_t precise = 0;
        for (size_t row = 0; row < d->sample->n_rows; row++) {
            struct im_bytes cell = sample_cell(d->sample, row, (int)i);

            precise += bytes_find(cell, im_bytes_of(".")) > 0 ||
                       bytes_find(cell, im_bytes_of("°")) > 0;
        }
        if (2 * precise < filled)
            continue;
        if (found != NO_COLUMN)
            return NO_COLUMN;
        found = (int)i;
    }
    return found;
}

static int find_content(const struct deciding *d, bool (*test)(void *, struct im_bytes))
{
    for (size_t i = 0; i < d->plan->n_columns; i++)
        if (is_free(&d->plan->columns[i]) && mostly(d, (int)i, test))
            return (int)i;
    return NO_COLUMN;
}

static void choose_by_content(struct deciding *d)
{
    /* the four provinces, generously */
    int lon = find_span(d, (struct span){112, 126});
    int lat = find_span(d, (struct span){24, 38});
    int pair = find_content(d, is_pair_cell);
    int wkt = find_content(d, is_wkt_cell);

    if (wkt != NO_COLUMN)
        choose(d, POSITION_WKT, wkt, NO_COLUMN);
    else if (lon != NO_COLUMN && lat != NO_COLUMN)
        choose(d, POSITION_COLUMNS, lon, lat);
    else if (pair != NO_COLUMN)
        choose(d, POSITION_PAIR, pair, NO_COLUMN);
}

/* Metres of the north (2,900,000 to 4,100,000 here) or of the east (six digits, or
 * eight with the zone before them); degrees of latitude or longitude. */
static bool is_north(double v)
{
    return (v > 2.5e6 && v < 4.6e6) || (v > 15 && v < 55);
}

static bool is_east(double v)
{
    return (v > 1e5 && v < 9e5) || (v > 1.3e7 && v < 4.6e7) || (v > 73 && v < 136);
}

/* In surveying X runs north: the numbers say whether it is so here. */
static bool are_crossed(const struct deciding *d, int x_column, int y_column)
{
    size_t crossed = 0;
    size_t plain = 0;

    for (size_t i = 0; i < d->sample->n_rows; i++) {
        struct im_bytes a = sample_cell(d->sample, i, x_column);
        struct im_bytes b = sample_cell(d->sample, i, y_column);
        double x = 0;
        double y = 0;
        char axis = 0;

        if ((!im_parse_double(a, &x) && !text_angle(a, &x, &axis)) ||
            (!im_parse_double(b, &y) && !text_angle(b, &y, &axis)))
            continue;
        crossed += is_north(x) && is_east(y);
        plain += is_east(x) && is_north(y);
    }
    return crossed > 0 && plain == 0;
}

static void choose_xy(struct deciding *d, int x, int y)
{
    bool crossed = are_crossed(d, x, y);

    choose(d, POSITION_COLUMNS, crossed ? y : x, crossed ? x : y);
    if (crossed)
        for (int i = 0; i < 2; i++) {
            struct column *column = &d->plan->columns[i ? x : y];

            column->note_zh =
                i ? "按数值判断为北向（纬度）" : "按数值判断为东向（经度）";
            column->note_en = i ? "north by its numbers" : "east by its numbers";
        }
}

static enum im_code choose_by_words(struct deciding *d)
{
    int twice[6];
    int lon = find_word(d->plan, WORD_LON, &twice[0]);
    int lat = find_word(d->plan, WORD_LAT, &twice[1]);
    int x = find_word(d->plan, WORD_X, &twice[2]);
    int y = find_word(d->plan, WORD_Y, &twice[3]);
    int pair = find_word(d->plan, WORD_PAIR, &twice[4]);
    int lat_first = find_word(d->plan, WORD_PAIR_LAT_FIRST, &twice[5]);
    int ignored;
    int wkt = find_word(d->plan, WORD_WKT, &ignored);

    if (lon != NO_COLUMN && lat != NO_COLUMN) {
        if (twice[0] != NO_COLUMN)
            return fail_twice(d, lon, twice[0]);
        if (twice[1] != NO_COLUMN)
            return fail_twice(d, lat, twice[1]);
        choose(d, POSITION_COLUMNS, lon, lat);
    } else if (wkt != NO_COLUMN && mostly(d, wkt, is_wkt_cell)) {
        choose(d, POSITION_WKT, wkt, NO_COLUMN);
    } else if (x != NO_COLUMN && y != NO_COLUMN) {
        if (twice[2] != NO_COLUMN)
            return fail_twice(d, x, twice[2]);
        choose_xy(d, x, y);
    } else if (lat_first != NO_COLUMN) {
        choose(d, POSITION_PAIR, lat_first, NO_COLUMN);
        d->plan->lat_first = true;
    } else if (pair != NO_COLUMN) {
        /* "位置" may hold an address, "坐标" may hold WKT */
        if (mostly(d, pair, is_wkt_cell))
            choose(d, POSITION_WKT, pair, NO_COLUMN);
        else if (mostly(d, pair, is_pair_cell))
            choose(d, POSITION_PAIR, pair, NO_COLUMN);
    }
    if (d->plan->position == POSITION_NONE)
        choose_by_content(d);
    return IM_OK;
}

static enum im_code fail_half_wish(struct im_error *err)
{
    im_fail(err, IM_EARG, "--map lon=... and --map lat=... come together");
    return im_zh(err, IM_EARG, "--map lon=… 与 --map lat=… 要一起给出");
}

static enum im_code choose_kind(struct deciding *d)
{
    const struct position_wish *w = d->wish;
    int lon = find_column(d->plan, d->facts.lon);
    int lat = find_column(d->plan, d->facts.lat);

    if ((w->lon == NO_COLUMN) != (w->lat == NO_COLUMN))
        return fail_half_wish(d->err);
    if (w->lon != NO_COLUMN)
        choose(d, POSITION_COLUMNS, w->lon, w->lat);
    else if (w->pair != NO_COLUMN)
        choose(d, POSITION_PAIR, w->pair, NO_COLUMN);
    else if (w->wkt != NO_COLUMN)
        choose(d, POSITION_WKT, w->wkt, NO_COLUMN);
    else if (lon != NO_COLUMN && lat != NO_COLUMN && !source_has_geometry(d->source))
        choose(d, POSITION_COLUMNS, lon, lat);
    else if (source_has_geometry(d->source))
        d->plan->position = POSITION_GEOMETRY;
    else
        return choose_by_words(d);
    return IM_OK;
}

/* ---- the system ---- */

/* The sample holds the beginning of a text only: that of its first position. */
static bool first_of_wkt(struct im_bytes text, double *x, double *y)
{
    double *const numbers[] = {x, y};
    size_t i = 0;

    while (i < text.len && text.data[i] != '-' &&
           (text.data[i] < '0' || text.data[i] > '9'))
        i++;
    for (size_t n = 0; n < 2; n++) {
        size_t from = i;

        while (i < text.len && !strchr(" ,()", text.data[i]))
            i++;
        if (!im_parse_double((struct im_bytes){text.data + from, i - from}, numbers[n]))
            return false;
        while (i < text.len && text.data[i] == ' ')
            i++;
    }
    return true;
}

static enum im_code gather(struct deciding *d)
{
    const struct plan *p = d->plan;
    size_t n = d->sample->n_rows;

    d->xy = d->sample->xy;
    d->n_xy = d->sample->n_xy;
    if (p->position == POSITION_GEOMETRY || p->position == POSITION_NONE)
        return IM_OK;
    d->n_xy = 0;
    d->xy = im_arena_calloc(d->sample->arena, 2 * n + 2, sizeof *d->xy);
    if (!d->xy)
        return plan_no_memory(d->err);
    for (size_t i = 0; i < n; i++) {
        struct im_bytes a = sample_cell(d->sample, i, p->lon_column);
        double x = 0;
        double y = 0;
        char axis = 0;
        bool good = false;

        if (p->position == POSITION_COLUMNS) {
            struct im_bytes b = sample_cell(d->sample, i, p->lat_column);

            good = (im_parse_double(a, &x) || text_angle(a, &x, &axis)) &&
                   (im_parse_double(b, &y) || text_angle(b, &y, &axis));
        } else if (p->position == POSITION_PAIR) {
            good = text_pair(a, &x, &y);
        } else {
            good = first_of_wkt(a, &x, &y);
        }
        if (!good)
            continue;
        bool swap = p->position == POSITION_PAIR && p->lat_first;
        d->xy[2 * d->n_xy] = swap ? y : x;
        d->xy[2 * d->n_xy++ + 1] = swap ? x : y;
    }
    return IM_OK;
}

/* A pair of metres with the north first, as surveyors write it. */
static void turn_pair(struct deciding *d)
{
    size_t crossed = 0;
    size_t plain = 0;

    if (d->plan->position != POSITION_PAIR || d->plan->lat_first)
        return;
    for (size_t i = 0; i < d->n_xy; i++) {
        double x = d->xy[2 * i];
        double y = d->xy[2 * i + 1];

        if (fabs(x) < 1000 || fabs(y) < 1000) /* degrees: offered, not turned */
            return;
        crossed += is_north(x) && is_east(y);
        plain += is_east(x) && is_north(y);
    }
    if (!crossed || plain)
        return;
    d->plan->lat_first = true;
    for (size_t i = 0; i < d->n_xy; i++) {
        double x = d->xy[2 * i];

        d->xy[2 * i] = d->xy[2 * i + 1];
        d->xy[2 * i + 1] = x;
    }
    d->plan->columns[d->plan->lon_column].note_zh = "按数值判断：北向在前";
    d->plan->columns[d->plan->lon_column].note_en = "north first, by its numbers";
}

static bool are_degrees(const struct deciding *d)
{
    size_t good = 0;

    for (size_t i = 0; i < d->n_xy; i++) {
        double x = fabs(d->xy[2 * i]);
        double y = fabs(d->xy[2 * i + 1]);

        good += (x <= 180 && y <= 90) || (x <= 90 && y <= 180);
    }
    return 2 * good >= d->n_xy;
}

/* Numbers such as 999, 99 are no metres either: faults of the rows, one by one. */
static bool are_small(const struct deciding *d)
{
    for (size_t i = 0; i < 2 * d->n_xy; i++)
        if (!(fabs(d->xy[i]) < 1000))
            return false;
    return true;
}

/* What a column such as 坐标系 says: the one system of its values. */
static void read_system_column(struct deciding *d)
{
    int second;
    int column = find_word(d->plan, WORD_SYSTEM, &second);
    const char *first = NULL;
    bool is_mixed = false;

    if (column == NO_COLUMN)
        return;
    for (size_t i = 0; i < d->sample->n_rows; i++) {
        struct im_bytes cell = sample_cell(d->sample, i, column);
        const char *system = cell.len ? system_of_text(cell, d->sample->arena) : NULL;

        if (!system)
            continue;
        is_mixed = is_mixed || (first && strcasecmp(first, system) != 0);
        first = first ? first : system;
    }
    if (!first)
        return;
    d->plan->system_column = column;
    use(d->plan, column, "position");
    d->system = plan_printf(d->plan->arena, "%s", first);
    d->system_from = position_column(d->plan, column);
    d->plan->check_system = is_mixed;
}

static const char *how_zh(const char *how)
{
    static const char *const words[][2] = {
        {"given with --crs", "由 --crs 指定"},
        {"given by the saved mapping", "由保存的映射指定"},
        {"declared by the file", "文件声明"},
        {"declared by the definition", "图层定义声明"},
        {"named by the file", "文件注明"},
        {"assumed for columns of longitude and latitude", "经纬度列的默认值"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], how) == 0)
            return words[i][1];
    return how;
}

static enum im_code describe(struct deciding *d, const char *name, const char *how)
{
    struct plan *p = d->plan;
    char text[320];
    struct im_buf json = {.max = 16 * 1024};
    struct im_json w = {.out = &json};

    snprintf(text, sizeof text, "%.200s (%s)", name, how);
    p->crs_name = im_arena_strdup(p->arena, im_bytes_of(name));
    p->report->crs = im_arena_strdup(p->arena, im_bytes_of(text));
    p->report->crs_zh = plan_printf(p->arena, "%.200s（%s）", name, how_zh(how));
    im_json_text(&w, name);
    p->crs_json = json.failed ? NULL : im_arena_strdup(p->arena, im_buf_bytes(&json));
    im_buf_release(&json);
    return p->crs_name && p->report->crs && p->crs_json ? IM_OK
                                                        : plan_no_memory(d->err);
}

static enum im_code take_crs(struct deciding *d, const char *text, const char *how)
{
    enum im_code rc = crs_from_text(text, &d->plan->crs, d->err);

    return rc ? rc : describe(d, text, how);
}

static const char *
encoding_note(const struct deciding *d, struct im_arena *arena, bool zh)
{
    const char *encoding = source_encoding(d->source);

    if (!encoding[0] || strncasecmp(encoding, "UTF-8", 5) == 0)
        return "";
    /* without how it was found: "GB18030 (found)" */
    return plan_printf(arena, zh ? "；文字按 %.*s 读取" : "; the text is read as %.*s",
                       (int)strcspn(encoding, " "), encoding);
}

/* The file or its words name a system; a person has to confirm it. */
static enum im_code fail_named(struct deciding *d)
{
    struct im_arena *arena = d->plan->arena;

    enum im_code rc = plan_note(
        d->plan, "crs_proposed",
        plan_printf(arena, "“%.60s”说明坐标系是 %s，请用 --crs %s 确认", d->system_from,
                    d->system, d->system),
        plan_printf(arena, "'%.60s' says that the system is %s: confirm with --crs %s",
                    d->system_from, d->system, d->system),
        d->err);
    if (rc)
        return rc;
    im_fail(d->err, IM_EDATA,
            "'%.60s' says that the coordinates are in %s, which is never assumed; "
            "confirm it with --crs %s, or give the right one",
            d->system_from, d->system, d->system);
    return im_zh(d->err, IM_EDATA,
                 "“%.60s”说明坐标是 %s；坐标系不会自动假定，请用 --crs %s 确认，"
                 "或给出正确的坐标系",
                 d->system_from, d->system, d->system);
}

static enum im_code
note_proposals(struct deciding *d, const struct crs_proposal *list, size_t n)
{
    enum im_code rc = IM_OK;
    struct im_arena *arena = d->plan->arena;

    for (size_t i = 0; !rc && i < n; i++)
        rc = plan_note(d->plan, "crs_proposed",
                       plan_printf(arena, "--crs %s（%s）：%.0f%% 的位置落在地图内",
                                   list[i].crs, list[i].title_zh, 100 * list[i].share),
                       plan_printf(arena,
                                   "--crs %s (%s): %.0f%% of the positions "
                                   "lie on the map",
                                   list[i].crs, list[i].title_en, 100 * list[i].share),
                       d->err);
    return rc;
}

/* Numbers in a system that nobody names: what they speak for, best first. */
static enum im_code fail_unnamed(struct deciding *d)
{
    struct crs_proposal list[CRS_MAX_PROPOSALS];
    struct im_arena *arena = d->plan->arena;
    size_t n = d->n_xy ? crs_propose(d->xy, d->n_xy, list) : 0;
    char numbers[64] = " ";
    const char *more_zh = "";
    const char *more_en = "";

    enum im_code rc = note_proposals(d, list, n);
    if (rc)
        return rc;
    if (d->n_xy)
        snprintf(numbers, sizeof numbers, " (%.10g, %.10g) ", d->xy[0], d->xy[1]);
    if (n > 1) {
        more_zh =
            plan_printf(arena, "；也可能是 %s（%s）", list[1].crs, list[1].title_zh);
        more_en =
            plan_printf(arena, " or --crs %s (%s)", list[1].crs, list[1].title_en);
    }
    if (n == 0) {
        im_fail(d->err, IM_EDATA,
                "the coordinates%sare in no declared system; say which with --crs, "
                "such as --crs EPSG:4549%s",
                numbers, encoding_note(d, arena, false));
        return im_zh(d->err, IM_EDATA,
                     "坐标%s没有声明坐标系；请用 --crs 指明，例如 --crs EPSG:4549%s",
                     numbers, encoding_note(d, arena, true));
    }
    im_fail(d->err, IM_EDATA,
            "the coordinates%sare in no declared system; the numbers speak for --crs "
            "%s (%s)%s; confirm it%s",
            numbers, list[0].crs, list[0].title_en, more_en,
            encoding_note(d, arena, false));
    return im_zh(d->err, IM_EDATA,
                 "坐标%s没有声明坐标系；从数值看应为 --crs %s（%s）%s，请确认%s",
                 numbers, list[0].crs, list[0].title_zh, more_zh,
                 encoding_note(d, arena, true));
}

/* A sentence as messages show it. */
static const char *shortened(struct im_bytes text, struct im_arena *arena)
{
    enum { SHOWN_BYTES = 57 };
    bool is_cut = text.len > SHOWN_BYTES;

    if (is_cut)
        text.len = im_utf8_cut((const char *)text.data, SHOWN_BYTES);
    return plan_printf(arena, "%.*s%s", (int)text.len, (const char *)text.data,
                       is_cut ? "…" : "");
}

/* "注：坐标取自高德地图" over the header. */
static void read_titles(struct deciding *d)
{
    const char *const *text = d->plan->above;

    for (; !d->system && text && *text; text++) {
        d->system = system_of_note(im_bytes_of(*text), d->sample->arena);
        d->system_from = shortened(im_bytes_of(*text), d->plan->arena);
    }
}

/* "坐标取自高德地图" in a column of remarks. */
static void read_remarks(struct deciding *d)
{
    for (size_t c = 0; c < d->plan->n_columns; c++) {
        if (!heading_is_remark(&d->plan->columns[c].heading))
            continue;
        for (size_t i = 0; !d->system && i < d->sample->n_rows; i++) {
            struct im_bytes cell = sample_cell(d->sample, i, (int)c);

            d->system = cell.len ? system_of_note(cell, d->sample->arena) : NULL;
            d->system_from = position_column(d->plan, (int)c);
        }
    }
}

/* The same behind the rows: the import ends before anything is written. */
enum im_code position_note(struct plan *plan,
                           const struct source_row *row,
                           struct im_arena *arena,
                           struct im_error *err)
{
    struct deciding d = {.plan = plan, .err = err};

    for (size_t i = 0; plan->is_assumed && i < plan->n_columns; i++) {
        struct im_bytes text = row->cells[i].text;

        if (row->cells[i].kind != SOURCE_TEXT)
            continue;
        d.system = system_of_note(text, arena);
        if (!d.system)
            continue;
        d.system_from = shortened(text, arena);
        return fail_named(&d);
    }
    return IM_OK;
}

static bool is_plain(const char *system)
{
    return !system || strcasecmp(system, "EPSG:4326") == 0;
}

/* The column 坐标系 contradicts what is given for the whole file: say so. */
static enum im_code note_contradiction(struct deciding *d)
{
    struct plan *p = d->plan;

    if (!d->system || position_same_system(d->system, d->wish->crs) || p->check_system)
        return IM_OK;
    return plan_note(p, "crs_contradicted",
                     plan_printf(p->arena, "“%.60s”说明坐标系是 %s，但按 --crs %s 导入",
                                 d->system_from, d->system, d->wish->crs),
                     plan_printf(p->arena,
                                 "'%.60s' says %s, but --crs %s was given and is used",
                                 d->system_from, d->system, d->wish->crs),
                     d->err);
}

static enum im_code decide_geometry(struct deciding *d)
{
    OGRSpatialReferenceH srs = source_srs(d->source);
    const char *name = NULL;

    if (!srs)
        return fail_unnamed(d);
    if (!is_plain(d->system) && strncasecmp(d->system, "EPSG", 4) != 0)
        return fail_named(d);
    enum im_code rc = crs_from_layer(srs, d->plan->arena, &d->plan->crs, &name, d->err);
    return rc ? rc : describe(d, name, "declared by the file");
}

static enum im_code decide_system(struct deciding *d)
{
    struct plan *p = d->plan;

    if (p->position == POSITION_NONE) {
        p->report->crs = "no positions in the file";
        p->report->crs_zh = "文件中没有坐标";
        return IM_OK;
    }
    enum im_code rc = gather(d);
    if (rc)
        return rc;
    turn_pair(d);
    if (d->wish->crs) {
        rc = take_crs(d, d->wish->crs, d->wish->crs_how);
        return rc ? rc : note_contradiction(d);
    }
    if (p->position == POSITION_GEOMETRY)
        return decide_geometry(d);
    read_titles(d);
    read_remarks(d);
    /* CGCS2000 with metres: its zone has to be said */
    if (d->system && !p->check_system && !are_degrees(d) && !are_small(d) &&
        strcasecmp(d->system, "EPSG:4490") == 0)
        return fail_unnamed(d);
    if (!is_plain(d->system) || p->check_system)
        return fail_named(d);
    /* of a folder's own file; a foreign one that has the same columns shows degrees */
    if (d->facts.crs && find_column(p, d->facts.lon) == p->lon_column &&
        (p->is_own || !is_plain(d->facts.crs) || are_degrees(d)))
        return take_crs(d, d->facts.crs, "declared by the definition");
    if (!are_degrees(d) && !are_small(d))
        return fail_unnamed(d);
    p->is_assumed = !d->system;
    return take_crs(d, "EPSG:4326",
                    d->system ? "named by the file"
                              : "assumed for columns of longitude and latitude");
}

/* Columns that a form provides and nobody filled: the names have to do. */
static enum im_code leave_empty_columns(struct deciding *d)
{
    struct plan *p = d->plan;

    if (p->position == POSITION_NONE || p->position == POSITION_GEOMETRY ||
        !d->sample->is_all || d->sample->n_rows == 0)
        return IM_OK;
    for (size_t i = 0; i < d->sample->n_rows; i++) {
        struct im_bytes a = sample_cell(d->sample, i, p->lon_column);
        struct im_bytes b =
            p->lat_column == NO_COLUMN ? a : sample_cell(d->sample, i, p->lat_column);

        if ((a.len && !text_is_blank(a)) || (b.len && !text_is_blank(b)))
            return IM_OK;
    }
    p->position = POSITION_NONE;
    return plan_note(p, "empty_positions", "坐标列全部为空，按没有坐标的名单处理",
                     "the columns of positions are empty: the file counts as a list "
                     "without positions",
                     d->err);
}

enum im_code position_plan(struct plan *plan,
                           struct source *source,
                           struct im_bytes definition,
                           const struct position_wish *wish,
                           const struct sample *sample,
                           struct im_error *err)
{
    struct deciding d = {
        .plan = plan, .source = source, .wish = wish, .sample = sample, .err = err};
    enum im_code rc = facts_parse(definition, plan->arena, &d.facts, err);

    plan->lon_column = plan->lat_column = plan->system_column = NO_COLUMN;
    plan->report->crs = "";
    /* outlines by code have no position of their own */
    plan->is_table =
        plan->schema->geometry == SCHEMA_NONE || d.facts.kind == FACTS_AREAS;
    if (rc || plan->is_table)
        return rc;
    rc = choose_kind(&d);
    if (!rc)
        rc = leave_empty_columns(&d);
    if (!rc && plan->position != POSITION_NONE)
        read_system_column(&d);
    return rc ? rc : decide_system(&d);
}
