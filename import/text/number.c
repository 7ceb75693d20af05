/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units, years. */
#include "lex.h"

#include <math.h>

#include <utf8proc.h>

/* ---- units ---- */

enum unit_kind { AREA_M2, LENGTH_M, TIME_A, SHARE, COUNT, MASS_KG, CNY, USD, EUR, HKD };

struct unit {
    enum unit_kind kind;
    double factor; /* to the kind's own unit */
};

/* Texts as lex_short makes them: "㎡" and "m²" are m2 there. */
static const struct {
    const char *text;
    struct unit unit;
} units[] = {
    {"m2", {AREA_M2, 1}},
    {"m^2", {AREA_M2, 1}},
    {"平方米", {AREA_M2, 1}},
    {"平米", {AREA_M2, 1}},
    {"平方", {AREA_M2, 1}},
    {"平", {AREA_M2, 1}},
    {"方", {AREA_M2, 1}},
    {"sqm", {AREA_M2, 1}},
    {"squaremetres", {AREA_M2, 1}},
    {"squaremeters", {AREA_M2, 1}},
    {"km2", {AREA_M2, 1e6}},
    {"km^2", {AREA_M2, 1e6}},
    {"平方公里", {AREA_M2, 1e6}},
    {"平方千米", {AREA_M2, 1e6}},
    {"方公里", {AREA_M2, 1e6}},
    {"sqkm", {AREA_M2, 1e6}},
    {"squarekilometres", {AREA_M2, 1e6}},
    {"squarekilometers", {AREA_M2, 1e6}},
    {"ha", {AREA_M2, 1e4}},
    {"hm2", {AREA_M2, 1e4}},
    {"公顷", {AREA_M2, 1e4}},
    {"hectare", {AREA_M2, 1e4}},
    {"hectares", {AREA_M2, 1e4}},
    {"亩", {AREA_M2, 2000.0 / 3}}, /* 15 to the hectare */
    {"市亩", {AREA_M2, 2000.0 / 3}},
    {"mu", {AREA_M2, 2000.0 / 3}},
    {"顷", {AREA_M2, 200000.0 / 3}},
    {"市顷", {AREA_M2, 200000.0 / 3}},
    {"ar", {AREA_M2, 100}},
    {"公亩", {AREA_M2, 100}},
    {"英亩", {AREA_M2, 4046.8564224}},
    {"acre", {AREA_M2, 4046.8564224}},
    {"acres", {AREA_M2, 4046.8564224}},
    {"坪", {AREA_M2, 400.0 / 121}},
    {"平方英尺", {AREA_M2, 0.09290304}},
    {"sqft", {AREA_M2, 0.09290304}},
    {"m", {LENGTH_M, 1}},
    {"米", {LENGTH_M, 1}},
    {"公尺", {LENGTH_M, 1}},
    {"metres", {LENGTH_M, 1}},
    {"meters", {LENGTH_M, 1}},
    {"km", {LENGTH_M, 1000}},
    {"公里", {LENGTH_M, 1000}},
    {"千米", {LENGTH_M, 1000}},
    {"里", {LENGTH_M, 500}},
    {"华里", {LENGTH_M, 500}},
    {"dm", {LENGTH_M, 0.1}},
    {"分米", {LENGTH_M, 0.1}},
    {"cm", {LENGTH_M, 0.01}},
    {"厘米", {LENGTH_M, 0.01}},
    {"mm", {LENGTH_M, 0.001}},
    {"毫米", {LENGTH_M, 0.001}},
    {"英里", {LENGTH_M, 1609.344}},
    {"海里", {LENGTH_M, 1852}},
    {"英尺", {LENGTH_M, 0.3048}},
    {"a", {TIME_A, 1}}, /* UCUM: the Julian year of 365.25 days */
    {"年", {TIME_A, 1}},
    {"周年", {TIME_A, 1}},
    {"mo", {TIME_A, 1.0 / 12}},
    {"月", {TIME_A, 1.0 / 12}},
    {"个月", {TIME_A, 1.0 / 12}},
    {"d", {TIME_A, 1 / 365.25}},
    {"天", {TIME_A, 1 / 365.25}},
    {"日", {TIME_A, 1 / 365.25}},
    {"%", {SHARE, 0.01}},
    {"‰", {SHARE, 0.001}},
    {"1", {COUNT, 1}},
    {"", {COUNT, 1}}, /* what remains of 万 */
    {"人", {COUNT, 1}},
    {"人次", {COUNT, 1}},
    {"名", {COUNT, 1}},
    {"位", {COUNT, 1}},
    {"家", {COUNT, 1}},
    {"户", {COUNT, 1}},
    {"个", {COUNT, 1}},
    {"项", {COUNT, 1}},
    {"件", {COUNT, 1}},
    {"台", {COUNT, 1}},
    {"套", {COUNT, 1}},
    {"台套", {COUNT, 1}},
    {"台/套", {COUNT, 1}},
    {"条", {COUNT, 1}},
    {"座", {COUNT, 1}},
    {"栋", {COUNT, 1}},
    {"幢", {COUNT, 1}},
    {"所", {COUNT, 1}},
    {"处", {COUNT, 1}},
    {"间", {COUNT, 1}},
    {"kg", {MASS_KG, 1}},
    {"千克", {MASS_KG, 1}},
    {"公斤", {MASS_KG, 1}},
    {"t", {MASS_KG, 1000}},
    {"吨", {MASS_KG, 1000}},
    {"元", {CNY, 1}},
    {"元人民币", {CNY, 1}},
    {"人民币", {CNY, 1}},
    {"人民币元", {CNY, 1}},
    {"rmb", {CNY, 1}},
    {"cny", {CNY, 1}},
    {"¥", {CNY, 1}},
    {"yuan", {CNY, 1}},
    {"美元", {USD, 1}},
    {"usd", {USD, 1}},
    {"欧元", {EUR, 1}},
    {"eur", {EUR, 1}},
    {"港元", {HKD, 1}},
    {"港币", {HKD, 1}},
    {"hkd", {HKD, 1}},
};

static bool find_exactly(const char *text, struct unit *out)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text, units[i].text) == 0) {
            *out = units[i].unit;
            return true;
        }
    return false;
}

/* "平方米", "万平方米", "（单位：万元）", "10^4m2" is none. */
static bool find_unit(struct im_bytes written, struct unit *out)
{
    char text[LEX_SHORT];
    struct lex lex;
    size_t at = 0;

    if (!lex_short(written, text) || text[0] == '\0')
        return false;
    const char *from =
        strncmp(text, "单位", strlen("单位")) == 0 ? text + strlen("单位") : text;
    if (find_exactly(from, out))
        return from[0] != '\0';
    if (!lex_decode(im_bytes_of(from), &lex))
        return false;
    double scale = lex_scale(lex.c, lex.n, &at);
    if (at == 0 || !find_exactly(from + lex.at[at], out))
        return false;
    out->factor *= scale;
    return true;
}

bool text_convert(double value, struct im_bytes from, const char *to, double *out)
{
    struct unit source;
    struct unit target;
    struct im_bytes wanted = im_bytes_of(to);
    bool is_annotation = wanted.len && wanted.data[0] == '{'; /* UCUM 2.6: {person} */

    if (!find_unit(from, &source) ||
        !find_unit(is_annotation ? im_bytes_of("1") : wanted, &target))
        return false;
    bool is_share = source.kind == SHARE && target.kind == COUNT && !is_annotation;
    if (source.kind != target.kind && !is_share)
        return false;
    /* whole factors divide exactly where 1e-6 would not: 500 m2 are 0.0005 km2 */
    double result = source.factor < target.factor
                        ? value / (target.factor / source.factor)
                        : value * (source.factor / target.factor);
    if (!isfinite(result))
        return false;
    *out = result;
    return true;
}

/* ---- numbers ---- */

static size_t skip_spaces(const struct lex *l, size_t i)
{
    while (i < l->n && (l->c[i] == ' ' || l->c[i] == LEX_GROUP_SPACE))
        i++;
    return i;
}

static size_t skip_words(const struct lex *l,
                         size_t i,
                         const char *const *words,
                         size_t n_words,
                         bool *found)
{
    for (size_t k = 0; k < n_words; k++) {
        size_t len = lex_word(l->c, l->n, i, words[k]);

        if (len == 0)
            continue;
        *found = true;
        i = skip_spaces(l, i + len);
        k = (size_t)-1; /* "约超": from the first word again */
    }
    return i;
}

static size_t skip_about(const struct lex *l, size_t i, bool *is_about)
{
    static const char *const words[] = {
        "大约", "约为", "约",   "将近", "接近", "近",     "超过",
        "超",   "逾",   "高于", "多于", "大于", "不少于", "不低于",
        "至少", "≈",    "~",    "≥",    "≧",    ">=",     ">"};

    return skip_words(l, i, words, sizeof words / sizeof *words, is_about);
}

/* "500余亩", "500多家" */
static size_t skip_more(const struct lex *l, size_t i, bool *is_about)
{
    static const char *const words[] = {"余", "多", "+"};

    return skip_words(l, i, words, sizeof words / sizeof *words, is_about);
}

/* "500亩左右": where what follows the number ends. */
static size_t cut_about(const struct lex *l, size_t from, size_t end, bool *is_about)
{
    static const char *const words[] = {"左右", "以上", "上下", "余", "多", "+"};

    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t len = text_length(im_bytes_of(words[k]));

        if (end >= from + len && lex_word(l->c, end, end - len, words[k])) {
            *is_about = true;
            end -= len;
            while (end > from && l->c[end - 1] == ' ')
                end--;
            return end;
        }
    }
    return end;
}

/* A unit that is not known may follow ("家次"), but no second number and no marks. */
static bool could_be_unit(const struct lex *l, size_t from, size_t end)
{
    bool has_letter = false;

    if (end - from > 20)
        return false;
    for (size_t i = from; i < end; i++) {
        uint32_t c = l->c[i];

        switch (utf8proc_category((int32_t)c)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_SO: /* ㎡ ° */
        case UTF8PROC_CATEGORY_SC:
            has_letter = true;
            break;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_NO: /* ² */
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_ZS:
            break;
        default:
            if (c == '%' || c == 0x2030)
                has_letter = true;
            else if (c != '/' && c != '.' && c != 0xB7)
                return false;
        }
    }
    return has_letter;
}

static struct im_bytes
slice(struct im_bytes in, const struct lex *l, size_t from, size_t end)
{
    return (struct im_bytes){in.data + l->at[from], (size_t)(l->at[end] - l->at[from])};
}

/* "0x1F" and "1e" are no numbers with a unit. */
static bool is_broken(const struct lex *l, size_t from, size_t i)
{
    if (i >= l->n)
        return false;
    if (l->c[i] == 'x' || l->c[i] == 'X')
        return l->c[i - 1] == '0' && (i < from + 2 || l->c[i - 2] < '0');
    return (l->c[i] == 'e' || l->c[i] == 'E') &&
           (i + 1 == l->n || l->c[i + 1] == '+' || l->c[i + 1] == '-');
}

bool text_number(struct im_bytes in, struct text_number *out)
{
    struct text_number number = {.unit = {in.data, 0}};
    struct lex_number found;
    struct unit unit;
    struct lex l;
    size_t i = 0;

    if (!lex_decode(in, &l))
        return false;
    if (l.c[0] == '\'') /* the mark of table programmes for text */
        i = skip_spaces(&l, 1);
    i = skip_about(&l, i, &number.is_about);
    bool is_yuan = i < l.n && (l.c[i] == 0xA5 || l.c[i] == 0xFFE5);
    i = skip_spaces(&l, i + is_yuan);
    size_t from = i;
    if (!lex_number(l.c, l.n, &i, &found) || is_broken(&l, from, i))
        return false;
    i = skip_more(&l, skip_spaces(&l, i), &number.is_about);
    number.value = found.value * lex_scale(l.c, l.n, &i);
    i = skip_more(&l, skip_spaces(&l, i), &number.is_about);
    size_t end = cut_about(&l, i, l.n, &number.is_about);
    number.unit = slice(in, &l, i, end);
    if (number.unit.len && !find_unit(number.unit, &unit) && !could_be_unit(&l, i, end))
        return false;
    if (number.unit.len == 0)
        number.unit = is_yuan ? im_bytes_of("元") : (struct im_bytes){in.data, 0};
    if (!isfinite(number.value))
        return false;
    *out = number;
    return true;
}

/* ---- years ---- */

enum { YEAR_MIN = 1000, YEAR_MAX = 2999, YEAR_SCAN = 4096, DATE_DIGITS = 8 };

/* Value of a digit, -1: none. Zero has many forms between Chinese numerals. */
static int digit_of(uint32_t c, bool in_chinese, bool *is_chinese)
{
    static const uint32_t numerals[] = {0x3007, 0x4E00, 0x4E8C, 0x4E09, 0x56DB,
                                        0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D};

    *is_chinese = false;
    if (c >= '0' && c <= '9' && (!in_chinese || c == '0'))
        return (int)(c - '0');
    *is_chinese = true;
    if (c == 0x96F6) /* 零 */
        return 0;
    if (in_chinese &&
        (c == 'O' || c == 'o' || c == 0x25CB || c == 0x25EF || c == 0x39F))
        return 0;
    for (int i = 0; i < 10; i++)
        if (c == numerals[i])
            return i;
    return -1;
}

struct year_scan {
    unsigned digits;
    long value;
    bool in_chinese;
    bool is_fraction; /* a point and a digit stood before */
    bool was_point;
    bool had_digit; /* before the point */
    int year;       /* 0: none yet */
    bool is_ambiguous;
};

/* What follows says that it is no year. */
static bool is_amount(uint32_t next)
{
    static const uint32_t after[] = {0x53F7 /* 号 */, 0x5F04 /* 弄 */, 0x5BA4 /* 室 */,
                                     0x7C73 /* 米 */, 0x5143 /* 元 */, 0x4E07 /* 万 */,
                                     0x4EBF /* 亿 */, 0x4EA9 /* 亩 */, 0x4EBA /* 人 */,
                                     0x5BB6 /* 家 */, 0x6237 /* 户 */, 0x5E73 /* 平 */,
                                     0x4E2A /* 个 */, 0x33A1 /* ㎡ */, '%'};

    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        if (next == after[i])
            return true;
    return false;
}

static void end_digits(struct year_scan *s, uint32_t next)
{
    long year = s->value;

    if (s->digits == DATE_DIGITS) { /* 20120501 */
        long month = year / 100 % 100;
        long day = year % 100;

        year = month >= 1 && month <= 12 && day >= 1 && day <= 31 ? year / 10000 : 0;
    } else if (s->digits != 4) {
        year = 0;
    }
    if (year < YEAR_MIN || year > YEAR_MAX || s->is_fraction || is_amount(next))
        return;
    s->is_ambiguous = s->is_ambiguous || (s->year && s->year != year);
    s->year = (int)year;
}

static void take(struct year_scan *s, uint32_t c)
{
    bool is_chinese;
    int digit = digit_of(c, s->digits && s->in_chinese, &is_chinese);

    if (s->digits && (digit < 0 || is_chinese != s->in_chinese) &&
        !(digit == 0 && s->in_chinese)) {
        end_digits(s, c);
        s->digits = 0;
        s->had_digit = true;
    }
    if (digit < 0) {
        s->was_point = c == '.' && s->had_digit;
        s->had_digit = false;
        return;
    }
    if (s->digits == 0) {
        s->value = 0;
        s->in_chinese = is_chinese;
        s->is_fraction = s->was_point;
        s->was_point = false;
    }
    s->had_digit = false;
    if (s->digits++ < DATE_DIGITS)
        s->value = s->value * 10 + digit;
}

bool text_year(struct im_bytes in, int *out)
{
    struct year_scan scan = {.digits = 0};

    for (size_t at = 0; at < in.len && at < YEAR_SCAN;)
        take(&scan, lex_fold(im_utf8_next(in, &at)));
    if (scan.digits)
        end_digits(&scan, 0);
    if (scan.year == 0 || scan.is_ambiguous)
        return false;
    *out = scan.year;
    return true;
}
