/* SPDX-License-Identifier: Apache-2.0 */
/* What depends on a language: collator, resolved-locale, number-format. ICU's data and
 * rules, which are those of Intl in browsers. */
#include "style/operators.h"

#include <math.h>
#include <unicode/ucol.h>
#include <unicode/ucurr.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>

enum { LOCALE_MAX = 80 };
static const char DEFAULT_LOCALE[] = "en-US";

struct style_collator {
    bool is_case_sensitive;
    bool is_diacritic_sensitive;
    struct style_value locale; /* null: the default */
    UCollator *opened;         /* NULL: each comparison opens its own */
};

/* ---- locales ---- */

/* A BCP 47 tag as ICU's name; false: malformed. */
static bool icu_locale(struct style_value tag, char out[LOCALE_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    char text[LOCALE_MAX];
    int32_t parsed = 0;

    if (tag.kind != STYLE_STRING)
        tag = style_of_bytes(DEFAULT_LOCALE, sizeof DEFAULT_LOCALE - 1);
    if (tag.n >= sizeof text)
        return false;
    memcpy(text, tag.bytes, tag.n);
    text[tag.n] = '\0';
    uloc_forLanguageTag(text, out, LOCALE_MAX, &parsed, &status);
    return U_SUCCESS(status) && tag.n > 0 && parsed == (int32_t)tag.n;
}

static bool is_available(const char *locale, bool collates)
{
    int32_t n = collates ? ucol_countAvailable() : uloc_countAvailable();

    for (int32_t i = 0; i < n; i++)
        if (strcmp(collates ? ucol_getAvailable(i) : uloc_getAvailable(i), locale) == 0)
            return true;
    return false;
}

/* "zh_CN" stands for "zh_Hans_CN". */
static bool is_short_form(const char *locale, bool collates)
{
    UErrorCode status = U_ZERO_ERROR;
    char whole[LOCALE_MAX];

    uloc_addLikelySubtags(locale, whole, sizeof whole, &status);
    return U_SUCCESS(status) && is_available(whole, collates);
}

/* The longest beginning of the name that there are data of. */
static bool best_locale(struct style_value tag, bool collates, char out[LOCALE_MAX])
{
    char *cut;

    if (!icu_locale(tag, out))
        return false;
    cut = strchr(out, '@');
    if (cut)
        *cut = '\0';
    while (!is_available(out, collates) && !is_short_form(out, collates)) {
        cut = strrchr(out, '_');
        if (!cut)
            return icu_locale(style_null(), out);
        *cut = '\0';
    }
    return true;
}

static struct style_value locale_failed(struct style_eval *at, struct style_value tag)
{
    return style_failed(at, "Incorrect locale information provided: %.*s",
                        (int)(tag.n < 60 ? tag.n : 60), tag.bytes);
}

static struct style_value eval_resolved_locale(const struct expr *e,
                                               struct style_eval *at)
{
    UErrorCode status = U_ZERO_ERROR;
    char locale[LOCALE_MAX];
    char tag[LOCALE_MAX];
    struct style_text text;

    EVAL_ARG(v, 0);
    if (!best_locale(v.collator->locale, true, locale))
        return locale_failed(at, v.collator->locale);
    uloc_toLanguageTag(locale, tag, sizeof tag, false, &status);
    if (U_FAILURE(status))
        return locale_failed(at, v.collator->locale);
    text = style_text_begin(at);
    style_text_put(&text, tag, strlen(tag));
    return style_text_end(&text);
}

/* ---- collators ---- */

/* ECMA-402, 10.1.2: base, accent, case, variant; for searching. */
static UCollator *open_collator(const struct style_collator *c)
{
    UErrorCode status = U_ZERO_ERROR;
    char locale[LOCALE_MAX + 32];
    UCollator *collator;

    if (!best_locale(c->locale, true, locale))
        return NULL;
    uloc_setKeywordValue("collation", "search", locale, sizeof locale, &status);
    collator = ucol_open(locale, &status);
    if (U_FAILURE(status))
        return NULL;
    ucol_setStrength(collator, c->is_case_sensitive && c->is_diacritic_sensitive
                                   ? UCOL_TERTIARY
                               : c->is_diacritic_sensitive ? UCOL_SECONDARY
                                                           : UCOL_PRIMARY);
    if (c->is_case_sensitive && !c->is_diacritic_sensitive)
        ucol_setAttribute(collator, UCOL_CASE_LEVEL, UCOL_ON, &status);
    return collator;
}

int style_collate(const struct style_collator *collator,
                  struct style_value a,
                  struct style_value b)
{
    UErrorCode status = U_ZERO_ERROR;
    UCollator *own = collator->opened ? NULL : open_collator(collator);
    UCollator *used = own ? own : collator->opened;
    int sign = 0;

    if (used)
        sign = ucol_strcollUTF8(used, a.bytes, (int32_t)a.n, b.bytes, (int32_t)b.n,
                                &status);
    if (own)
        ucol_close(own);
    return sign;
}

/* Arguments: case-sensitive, diacritic-sensitive, locale or null. */
static struct style_value eval_collator(const struct expr *e, struct style_eval *at)
{
    struct style_collator *collator;

    EVAL_ARG(letters, 0);
    EVAL_ARG(marks, 1);
    EVAL_ARG(locale, 2);
    collator = style_scratch(at, sizeof *collator);
    if (!collator)
        return style_failed(at, "no room for a collator");
    *collator = (struct style_collator){letters.boolean, marks.boolean, locale, NULL};
    if (e->more) { /* one of the four was opened when the style was compiled */
        const struct style_collator *four = e->more;

        collator->opened = four[letters.boolean * 2 + marks.boolean].opened;
    }
    return (struct style_value){.kind = STYLE_COLLATOR, .collator = collator};
}

static void close_collator(void *collator)
{
    ucol_close(collator);
}

/* Collators of a locale that is known, so that features open none. */
static bool prepare(struct expr_compiler *c, struct expr *e)
{
    struct style_collator *four;

    if (e->args[2]->op)
        return true;
    four = im_arena_calloc(c->arena, 4, sizeof *four);
    if (!four)
        return expr_nomem(c) != NULL;
    for (int i = 0; i < 4; i++) {
        four[i] =
            (struct style_collator){i / 2 == 1, i % 2 == 1, e->args[2]->value, NULL};
        four[i].opened = open_collator(&four[i]);
        if (!four[i].opened) {
            expr_fail(c, "Incorrect locale information provided", "区域标识不正确");
            return false;
        }
        if (!im_arena_defer(c->arena, close_collator, four[i].opened))
            return expr_nomem(c) != NULL;
    }
    e->more = four;
    return true;
}

static bool is_falsy(const json_t *json)
{
    return !json || json_is_null(json) || json_is_false(json) ||
           (json_is_string(json) && json_string_length(json) == 0) ||
           (json_is_number(json) && json_number_value(json) == 0);
}

static const struct expr *
compile_flag(struct expr_compiler *c, const json_t *options, const char *name)
{
    const json_t *value = json_object_get(options, name);

    return value ? expr_compile_as(c, value, 1, BOOL, EXPR_ASSERT)
                 : expr_constant(c, style_of_bool(false));
}

/* An option that may be left out; a constant of null then. */
static const struct expr *compile_option(struct expr_compiler *c,
                                         const json_t *options,
                                         const char *name,
                                         const struct expr_type *type)
{
    const json_t *value = json_object_get(options, name);

    return is_falsy(value) ? expr_constant(c, style_null())
                           : expr_compile_as(c, value, 1, type, EXPR_ASSERT);
}

static const struct expr *compile_collator(struct expr_compiler *c,
                                           const struct expr_operator *op,
                                           const json_t *json,
                                           const struct expr_type *expected)
{
    const json_t *options = json_array_get(json, 1);
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 2)
        return expr_fail(c, "Expected one argument.", "只要一个参数。");
    if (!json_is_object(options))
        return expr_fail(c, "Collator options argument must be an object.",
                         "collator 的选项应是对象。");
    e = expr_new(c, op, op->result, 3);
    if (!e)
        return NULL;
    e->args[0] = compile_flag(c, options, "case-sensitive");
    if (!e->args[0])
        return NULL;
    e->args[1] = compile_flag(c, options, "diacritic-sensitive");
    if (!e->args[1])
        return NULL;
    e->args[2] = compile_option(c, options, "locale", STR);
    if (!e->args[2] || !prepare(c, e))
        return NULL;
    return expr_finish(c, e);
}

/* ---- number-format: number, locale, currency, unit, least and most decimals ---- */

enum { NF_NUMBER, NF_LOCALE, NF_CURRENCY, NF_UNIT, NF_LEAST, NF_MOST, NF_PARTS };
enum { DECIMALS_MAX = 100 };

static bool put_precision(char *out,
                          size_t size,
                          const struct style_value *v,
                          int usual_least,
                          int usual_most)
{
    double least =
        v[NF_LEAST].kind == STYLE_NUMBER ? floor(v[NF_LEAST].number) : (double)NAN;
    double most =
        v[NF_MOST].kind == STYLE_NUMBER ? floor(v[NF_MOST].number) : (double)NAN;
    size_t n = 0;

    if (least < 0 || least > DECIMALS_MAX || most < 0 || most > DECIMALS_MAX)
        return false;
    if (isnan(least) && isnan(most)) {
        least = usual_least;
        most = usual_most;
    } else if (isnan(least)) {
        least = fmin(usual_least, most);
    } else if (isnan(most)) {
        most = fmax(usual_most, least);
    }
    if (least > most || (size_t)most + 2 > size)
        return false;
    if (most == 0) {
        snprintf(out, size, "precision-integer");
        return true;
    }
    out[n++] = '.';
    for (int i = 0; i < (int)most; i++)
        out[n++] = i < (int)least ? '0' : '#';
    out[n] = '\0';
    return true;
}

static bool is_letters(struct style_value v, const char *more)
{
    for (uint32_t i = 0; i < v.n; i++) {
        char c = v.bytes[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (more[0] && c == more[0])))
            return false;
    }
    return v.n > 0 && v.n < 60;
}

/* JPY has no decimals, most have two (ISO 4217). */
static int currency_decimals(struct style_value currency)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar code[4] = {0};
    int32_t n;

    for (uint32_t i = 0; i < 3; i++)
        code[i] = (UChar)(currency.bytes[i] & ~0x20);
    n = ucurr_getDefaultFractionDigits(code, &status);
    return U_SUCCESS(status) ? n : 2;
}

static struct style_value
skeleton_of(struct style_eval *at, const struct style_value *v, char *out, size_t size)
{
    char digits[DECIMALS_MAX + 4];
    int decimals = 3;
    int least = 0;
    char style[100] = "";

    if (v[NF_CURRENCY].kind == STYLE_STRING) {
        if (v[NF_CURRENCY].n != 3 || !is_letters(v[NF_CURRENCY], ""))
            return style_failed(at, "Invalid currency code : %.*s",
                                (int)v[NF_CURRENCY].n, v[NF_CURRENCY].bytes);
        least = decimals = currency_decimals(v[NF_CURRENCY]);
        snprintf(style, sizeof style, "currency/%.3s", v[NF_CURRENCY].bytes);
    } else if (v[NF_UNIT].kind == STYLE_STRING) {
        if (!is_letters(v[NF_UNIT], "-"))
            return style_failed(at,
                                "Invalid unit argument for Intl.NumberFormat() '%.*s'",
                                (int)v[NF_UNIT].n, v[NF_UNIT].bytes);
        snprintf(style, sizeof style, "unit/%.*s unit-width-short", (int)v[NF_UNIT].n,
                 v[NF_UNIT].bytes);
    }
    if (!put_precision(digits, sizeof digits, v, least, decimals))
        return style_failed(at, "maximumFractionDigits value is out of range.");
    snprintf(out, size, "%s %s rounding-mode-half-up", style, digits);
    return style_null();
}

static struct style_value
write_number(struct style_eval *at, const UNumberFormatter *formatter, double number)
{
    enum { TEXT_MAX = 400 };
    UErrorCode status = U_ZERO_ERROR;
    UFormattedNumber *result = unumf_openResult(&status);
    UChar wide[TEXT_MAX];
    char text[TEXT_MAX * 3];
    struct style_text out;
    int32_t n = 0;

    unumf_formatDouble(formatter, isnan(number) ? fabs(number) : number, result,
                       &status);
    n = unumf_resultToString(result, wide, TEXT_MAX, &status);
    u_strToUTF8(text, sizeof text, &n, wide, n, &status);
    unumf_closeResult(result);
    if (U_FAILURE(status))
        return style_failed(at, "the number cannot be formatted");
    out = style_text_begin(at);
    style_text_put(&out, text, (size_t)n);
    return style_text_end(&out);
}

static struct style_value open_formatter(struct style_eval *at,
                                         const struct style_value *v,
                                         UNumberFormatter **out)
{
    enum { SKELETON_MAX = 300 };
    UErrorCode status = U_ZERO_ERROR;
    char locale[LOCALE_MAX];
    char skeleton[SKELETON_MAX];
    UChar wide[SKELETON_MAX];
    struct style_value wrong;

    if (!best_locale(v[NF_LOCALE], false, locale))
        return locale_failed(at, v[NF_LOCALE]);
    wrong = skeleton_of(at, v, skeleton, sizeof skeleton);
    if (wrong.kind == STYLE_ERROR)
        return wrong;
    u_uastrcpy(wide, skeleton);
    *out = unumf_openForSkeletonAndLocale(wide, -1, locale, &status);
    if (U_SUCCESS(status))
        return style_null();
    unumf_close(*out);
    *out = NULL;
    return style_failed(at, "Invalid unit argument for Intl.NumberFormat()");
}

static struct style_value eval_number_format(const struct expr *e,
                                             struct style_eval *at)
{
    struct style_value v[NF_PARTS];
    UNumberFormatter *formatter = NULL;
    struct style_value out;

    for (int i = 0; i < NF_PARTS; i++) {
        v[i] = expr_eval(e->args[i], at);
        if (v[i].kind == STYLE_ERROR)
            return v[i];
    }
    if (e->more)
        return write_number(at, e->more, v[NF_NUMBER].number);
    out = open_formatter(at, v, &formatter);
    if (out.kind == STYLE_ERROR)
        return out;
    out = write_number(at, formatter, v[NF_NUMBER].number);
    unumf_close(formatter);
    return out;
}

static void close_formatter(void *formatter)
{
    unumf_close(formatter);
}

/* Options that are known are looked at once. */
static bool prepare_formatter(struct expr_compiler *c, struct expr *e)
{
    struct style_eval at = {.explain = false};
    struct style_value v[NF_PARTS];
    UNumberFormatter *formatter = NULL;

    for (int i = 1; i < NF_PARTS; i++) {
        if (e->args[i]->op)
            return true;
        v[i] = e->args[i]->value;
    }
    if (open_formatter(&at, v, &formatter).kind == STYLE_ERROR)
        return true; /* said when it is evaluated */
    if (!im_arena_defer(c->arena, close_formatter, formatter))
        return expr_nomem(c) != NULL;
    e->more = formatter;
    return true;
}

static const struct expr *compile_number_format(struct expr_compiler *c,
                                                const struct expr_operator *op,
                                                const json_t *json,
                                                const struct expr_type *expected)
{
    static const char *const names[NF_PARTS] = {NULL,
                                                "locale",
                                                "currency",
                                                "unit",
                                                "min-fraction-digits",
                                                "max-fraction-digits"};
    const json_t *options = json_array_get(json, 2);
    struct expr *e;

    (void)expected;
    if (json_array_size(json) != 3)
        return expr_fail(c, "Expected two arguments.", "需要两个参数。");
    e = expr_new(c, op, STR, NF_PARTS);
    if (!e)
        return NULL;
    e->args[NF_NUMBER] = expr_compile_arg(c, json, 1, NUM);
    if (!e->args[NF_NUMBER])
        return NULL;
    if (!json_is_object(options))
        return expr_fail(c, "NumberFormat options argument must be an object.",
                         "number-format 的选项应是对象。");
    for (int i = 1; i < NF_PARTS; i++) {
        e->args[i] = compile_option(c, options, names[i], i < NF_LEAST ? STR : NUM);
        if (!e->args[i])
            return NULL;
        if (i == NF_UNIT && e->args[NF_CURRENCY]->type->kind != STYLE_NULL &&
            e->args[NF_UNIT]->type->kind != STYLE_NULL)
            return expr_fail(c,
                             "NumberFormat options `currency` and `unit` are mutually "
                             "exclusive",
                             "number-format 的 currency 和 unit 不能同时使用");
    }
    if (!prepare_formatter(c, e))
        return NULL;
    return expr_finish(c, e);
}

static const struct expr_operator rows[] = {
    {"collator",
     compile_collator,
     eval_collator,
     &expr_types[STYLE_COLLATOR],
     0,
     {NULL},
     0},
    {"resolved-locale",
     NULL,
     eval_resolved_locale,
     STR,
     1,
     {&expr_types[STYLE_COLLATOR]},
     0},
    {"number-format", compile_number_format, eval_number_format, STR, 0, {NULL}, 0},
};

const struct expr_family expr_family_collator = {rows, sizeof rows / sizeof *rows};
