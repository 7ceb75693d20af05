/* SPDX-License-Identifier: Apache-2.0 */
/* Angles, and two numbers in one cell.
 *
 *   angle  = [axis] number [degree [number minute] [number second]] [axis]
 *          | [axis] number ":" number [":" number] [axis]
 *          | [axis] number " " number " " number [axis]
 *
 * What stands between the numbers is one of the many marks that people and their input
 * methods put there; only the last number may have a fraction.
 */
#include "lex.h"

#include <math.h>

enum { MINUTES = 60, DEGREES_X = 180, DEGREES_Y = 90 };

struct axis {
    char name; /* 'x', 'y', 0: not said */
    int sign;  /* 1, -1; 0: not said */
};

struct cursor {
    const uint32_t *c;
    size_t n;
    size_t i;
};

static void skip_spaces(struct cursor *k)
{
    while (k->i < k->n && (k->c[k->i] == ' ' || k->c[k->i] == LEX_GROUP_SPACE))
        k->i++;
}

static bool is_one_of(uint32_t c, const uint32_t *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c == all[i])
            return true;
    return false;
}

/* '°', '\'' and '"' in all their forms; 0: none of them. */
static char mark_of(uint32_t c)
{
    static const uint32_t degree[] = {0xB0,   0xBA,   0x2DA,  0x309C, 0xFF9F,
                                      0x2070, 0x2218, 0x25E6, 0x5EA6 /* 度 */};
    static const uint32_t minute[] = {'\'',   '`',    0xB4,  0x2018, 0x2019, 0x201B,
                                      0x2032, 0x2035, 0x2B9, 0x2BC,  0x5206 /* 分 */};
    static const uint32_t second[] = {'"',    0x201C, 0x201D, 0x201F,
                                      0x2033, 0x2036, 0x2BA,  0x3003,
                                      0x301D, 0x301E, 0x301F, 0x79D2 /* 秒 */};

    if (is_one_of(c, degree, sizeof degree / sizeof *degree))
        return 'o';
    if (is_one_of(c, minute, sizeof minute / sizeof *minute))
        return '\'';
    if (is_one_of(c, second, sizeof second / sizeof *second))
        return '"';
    return 0;
}

/* The mark at the cursor, and step over it; two minute marks are one of seconds. */
static char take_mark(struct cursor *k)
{
    char mark = k->i < k->n ? mark_of(k->c[k->i]) : 0;

    if (mark == 0)
        return 0;
    k->i++;
    if (mark == '\'' && k->i < k->n && mark_of(k->c[k->i]) == '\'') {
        k->i++;
        return '"';
    }
    return mark;
}

/* "E", "东经", "lon:" before the numbers, "E", "东" behind them. */
static struct axis take_axis(struct cursor *k, bool is_before)
{
    static const struct {
        const char *word;
        struct axis axis;
        bool is_label; /* before the numbers only */
    } words[] = {{"东经", {'x', 1}, false},     {"西经", {'x', -1}, false},
                 {"北纬", {'y', 1}, false},     {"南纬", {'y', -1}, false},
                 {"东", {'x', 1}, false},       {"西", {'x', -1}, false},
                 {"北", {'y', 1}, false},       {"南", {'y', -1}, false},
                 {"e", {'x', 1}, false},        {"w", {'x', -1}, false},
                 {"n", {'y', 1}, false},        {"s", {'y', -1}, false},
                 {"经度", {'x', 0}, true},      {"纬度", {'y', 0}, true},
                 {"longitude", {'x', 0}, true}, {"latitude", {'y', 0}, true},
                 {"long", {'x', 0}, true},      {"lon", {'x', 0}, true},
                 {"lng", {'x', 0}, true},       {"lat", {'y', 0}, true}};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t len = lex_word(k->c, k->n, k->i, words[w].word);

        if (len == 0 || (words[w].is_label && !is_before))
            continue;
        k->i += len;
        skip_spaces(k);
        if (is_before && k->i < k->n && (k->c[k->i] == ':' || k->c[k->i] == '='))
            k->i++;
        skip_spaces(k);
        return words[w].axis;
    }
    return (struct axis){0, 0};
}

struct parts {
    double degrees;
    double minutes;
    double seconds;
    bool has_minutes; /* or seconds, or a mark of degrees */
    bool has_sign;
    bool is_negative;
};

/* A number without sign below 60 behind degrees. *is_last: it had a fraction. */
static bool take_sixtieth(struct cursor *k, double *out, bool *is_last)
{
    struct lex_number number;

    if (k->i >= k->n || k->c[k->i] < '0' || k->c[k->i] > '9' ||
        !lex_number(k->c, k->n, &k->i, &number))
        return false;
    *out = number.value;
    *is_last = number.has_fraction;
    return number.value < MINUTES;
}

static bool at_digit(const struct cursor *k)
{
    return k->i < k->n && k->c[k->i] >= '0' && k->c[k->i] <= '9';
}

/* Behind the mark of degrees. */
static bool take_marked(struct cursor *k, struct parts *p)
{
    double number = 0;
    bool is_last = false;

    skip_spaces(k);
    if (!at_digit(k))
        return true;
    if (!take_sixtieth(k, &number, &is_last))
        return false;
    skip_spaces(k);
    char mark = take_mark(k);
    skip_spaces(k);
    if (mark == '"') { /* "121°52″" */
        p->seconds = number;
        return true;
    }
    p->minutes = number;
    if (mark == 'o')
        return false;
    if (mark == 0 || !at_digit(k))
        return true;
    if (is_last || !take_sixtieth(k, &p->seconds, &is_last))
        return false;
    skip_spaces(k);
    mark = take_mark(k);
    return mark == 0 || mark == '"';
}

/* "121:00:52", "121:30.5" and "121 00 52": `between` is ':' or ' '. */
static bool take_plain(struct cursor *k, uint32_t between, struct parts *p)
{
    bool is_last = false;

    k->i++;
    skip_spaces(k);
    if (!take_sixtieth(k, &p->minutes, &is_last))
        return false;
    size_t before = k->i;
    if (between == ' ')
        skip_spaces(k);
    bool more = between == ':' ? k->i < k->n && k->c[k->i] == ':'
                               : k->i > before && at_digit(k);
    if (!more)
        return between == ':'; /* "121.3 31.2" are two */
    if (is_last)
        return false;
    k->i += between == ':';
    return take_sixtieth(k, &p->seconds, &is_last);
}

static bool take_parts(struct cursor *k, struct parts *p)
{
    struct lex_number number;

    if (!lex_number(k->c, k->n, &k->i, &number))
        return false;
    p->degrees = fabs(number.value);
    p->has_sign = number.has_sign;
    p->is_negative = signbit(number.value);
    size_t behind = k->i;
    skip_spaces(k);
    if (k->i == k->n)
        return true;
    size_t here = k->i;
    if (take_mark(k) == 'o') {
        p->has_minutes = true;
        bool good = take_marked(k, p);
        return good && !(number.has_fraction && (p->minutes > 0 || p->seconds > 0));
    }
    k->i = here;
    if (k->c[here] == ':' || (here > behind && at_digit(k))) {
        p->has_minutes = true;
        k->i = k->c[here] == ':' ? here : behind;
        return take_plain(k, k->c[here] == ':' ? ':' : ' ', p) && !number.has_fraction;
    }
    if (k->c[here] == 'm' || k->c[here] == 0x7C73 /* 米 */)
        k->i++;
    return true;
}

static bool merge_axes(struct axis a, struct axis b, struct axis *out)
{
    if ((a.name && b.name && a.name != b.name) || (a.sign && b.sign))
        return false;
    *out = (struct axis){a.name ? a.name : b.name, a.sign ? a.sign : b.sign};
    return true;
}

static bool in_range(const struct parts *p, double value, char axis)
{
    if (!p->has_minutes)
        return true; /* degrees or metres: for the caller to say */
    return value <= (axis == 'y' ? DEGREES_Y : DEGREES_X);
}

static bool parse_angle(const uint32_t *c, size_t n, double *out, char *axis)
{
    struct cursor k = {c, n, 0};
    struct parts p = {0};
    struct axis both;

    skip_spaces(&k);
    if (k.i < n && c[k.i] == '\'') /* the mark of table programmes for text */
        k.i++;
    struct axis before = take_axis(&k, true);
    if (!take_parts(&k, &p))
        return false;
    skip_spaces(&k);
    struct axis behind = take_axis(&k, false);
    skip_spaces(&k);
    if (k.i != n || !merge_axes(before, behind, &both) || (both.sign && p.has_sign))
        return false;
    double value =
        p.degrees + p.minutes / MINUTES + p.seconds / (MINUTES * (double)MINUTES);
    if (!in_range(&p, value, both.name))
        return false;
    *out = p.is_negative || both.sign < 0 ? -value : value;
    *axis = both.name;
    return true;
}

bool text_angle(struct im_bytes in, double *out, char *axis)
{
    struct lex l;

    return lex_decode(in, &l) && parse_angle(l.c, l.n, out, axis);
}

/* ---- two in one cell ---- */

struct pair {
    double x;
    double y;
    unsigned found; /* ways to cut the text that give two angles */
};

static void
try_cut(const uint32_t *c, size_t n, size_t end, size_t next, struct pair *p)
{
    double first;
    double second;
    char axis[2];

    if (!parse_angle(c, end, &first, &axis[0]) ||
        !parse_angle(c + next, n - next, &second, &axis[1]) ||
        (axis[0] && axis[0] == axis[1]))
        return;
    bool is_swapped = axis[0] == 'y' || axis[1] == 'x';
    p->x = is_swapped ? second : first;
    p->y = is_swapped ? first : second;
    p->found++;
}

static bool is_separator(uint32_t c, unsigned rank)
{
    switch (rank) {
    case 0:
        return c == ';' || c == '|';
    case 1:
        return c == ',' || c == 0x3001 /* 、 */;
    case 2:
        return c == '/';
    default:
        return c == ' ' || c == LEX_GROUP_SPACE;
    }
}

static bool is_axis_letter(const uint32_t *c, size_t n, size_t i)
{
    static const char *const words[] = {"东", "西", "北", "南", "e", "w", "n", "s"};

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (lex_word(c, n, i, words[k]))
            return true;
    return lex_word(c, n, i, "纬度") || lex_word(c, n, i, "经度") ||
           lex_word(c, n, i, "lat") || lex_word(c, n, i, "lon") ||
           lex_word(c, n, i, "lng");
}

static size_t count_separators(const uint32_t *c, size_t n, unsigned rank)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += is_separator(c[i], rank);
    return count;
}

enum { RANK_SPACE = 3 };

/* One mark stands between the two; of the spaces any ("31° 22′ N 121° 00′ E"). */
static struct pair cut_at_separators(const uint32_t *c, size_t n)
{
    struct pair pair = {.found = 0};

    for (unsigned rank = 0; rank <= RANK_SPACE && !pair.found; rank++) {
        if (rank < RANK_SPACE && count_separators(c, n, rank) != 1)
            continue;
        for (size_t i = 0; i < n; i++) {
            bool is_run = i > 0 && is_separator(c[i - 1], rank);

            if (is_separator(c[i], rank) && !is_run)
                try_cut(c, n, i, i + 1, &pair);
        }
    }
    return pair;
}

/* "31°22′N121°00′E", "E121.5N31.2" */
static struct pair cut_at_letters(const uint32_t *c, size_t n)
{
    struct pair pair = {.found = 0};
    size_t last = 0;

    for (size_t i = 0; i < n; i++) {
        if (!is_axis_letter(c, n, i))
            continue;
        if (i > last)
            try_cut(c, n, i, i, &pair);
        try_cut(c, n, i + 1, i + 1, &pair);
        last = i + 1;
    }
    return pair;
}

static uint32_t closing(uint32_t c)
{
    static const uint32_t pairs[][2] = {
        {'(', ')'}, {'[', ']'}, {'{', '}'}, {0x3010, 0x3011}, {'"', '"'}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (c == pairs[i][0])
            return pairs[i][1];
    return 0;
}

bool text_pair(struct im_bytes in, double *x, double *y)
{
    struct lex l;
    size_t from = 0;

    if (!lex_decode(in, &l))
        return false;
    while (l.n - from > 2) {
        uint32_t last = l.c[l.n - 1];
        bool is_enclosed = closing(l.c[from]) == last;

        /* "121.3,31.2；" as it was copied out of a sentence or a picker */
        if (!is_enclosed && !is_separator(last, 0) && !is_separator(last, 1) &&
            last != 0x3002 /* 。 */)
            break;
        from += is_enclosed;
        l.n--;
    }
    struct pair pair = cut_at_separators(l.c + from, l.n - from);
    if (pair.found == 0)
        pair = cut_at_letters(l.c + from, l.n - from);
    if (pair.found != 1)
        return false;
    *x = pair.x;
    *y = pair.y;
    return true;
}

bool text_is_wkt(struct im_bytes in)
{
    static const char *const kinds[] = {"multipoint",    "multilinestring",
                                        "multipolygon",  "multicurve",
                                        "multisurface",  "point",
                                        "linestring",    "linearring",
                                        "polygon",       "polyhedralsurface",
                                        "curvepolygon",  "circularstring",
                                        "compoundcurve", "geometrycollection",
                                        "triangle",      "tin"};
    static const char *const flags[] = {"zm", "z", "m"};
    struct cursor k = {NULL, 0, 0};
    struct lex l;

    /* the beginning is enough: areas are long */
    if (in.len > LEX_MAX / 2)
        in.len = LEX_MAX / 2;
    if (!lex_decode(in, &l))
        return false;
    k.c = l.c;
    k.n = l.n;
    size_t srid = lex_word(k.c, k.n, 0, "srid=");
    if (srid) {
        for (k.i = srid; at_digit(&k);)
            k.i++;
        if (k.i == srid || k.i == k.n || k.c[k.i++] != ';')
            return false;
        skip_spaces(&k);
    }
    size_t word = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !word; i++)
        word = lex_word(k.c, k.n, k.i, kinds[i]);
    if (!word)
        return false;
    k.i += word;
    skip_spaces(&k);
    for (size_t i = 0, flag = 0; i < 3 && !flag; i++) {
        flag = lex_word(k.c, k.n, k.i, flags[i]);
        k.i += flag;
    }
    skip_spaces(&k);
    return (k.i < k.n && k.c[k.i] == '(') || lex_word(k.c, k.n, k.i, "empty");
}
