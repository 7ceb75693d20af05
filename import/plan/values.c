/* SPDX-License-Identifier: Apache-2.0 */
/* One cell as the value of a field, or what is wrong with it. */
#include "parts.h"

#include <math.h>

static const struct refusal GOOD = {0};

struct im_bytes cell_text(const struct source_value *cell, struct im_arena *arena)
{
    char text[64];

    switch (cell->kind) {
    case SOURCE_NULL:
        return (struct im_bytes){(const uint8_t *)"", 0};
    case SOURCE_TEXT:
        return cell->text;
    case SOURCE_INTEGER:
        snprintf(text, sizeof text, "%lld", (long long)cell->integer);
        break;
    case SOURCE_REAL:
        /* 1e+15 would be a surprise in a text; im_format_double stops there */
        if (isfinite(cell->real) && fabs(cell->real) < 1e15)
            snprintf(text, sizeof text, "%.15g", cell->real);
        else
            snprintf(text, sizeof text, "%.17g", cell->real);
        break;
    }
    char *copy = im_arena_strdup(arena, im_bytes_of(text));
    return im_bytes_of(copy ? copy : "");
}

bool cell_is_blank(const struct source_value *cell)
{
    return cell->kind == SOURCE_NULL ||
           (cell->kind == SOURCE_TEXT &&
            (cell->text.len == 0 || text_is_blank(cell->text)));
}

struct refusal refusal_of(const char *code,
                          const char *zh,
                          const char *en,
                          const char *suggestion_zh,
                          const char *suggestion_en)
{
    return (struct refusal){.code = code,
                            .zh = zh,
                            .en = en,
                            .suggestion_zh = suggestion_zh,
                            .suggestion_en = suggestion_en};
}

/* ---- texts ---- */

static struct refusal refuse_text(enum text_fault fault)
{
    switch (fault) {
    case TEXT_NOT_UTF8:
        return refusal_of("bad_encoding", "文字编码不对，不是有效的 UTF-8",
                          "not valid UTF-8", "用 --encoding 指明编码，如 GB18030",
                          "say the encoding with --encoding, such as GB18030");
    case TEXT_CONTROL:
        return refusal_of("bad_text", "含有控制字符（如零字节）",
                          "contains control characters such as a zero byte",
                          "删去看不见的字符后重新录入",
                          "remove what cannot be seen and enter it again");
    case TEXT_INVISIBLE:
        return refusal_of("bad_text", "含有看不见的字符（如零宽空格、方向标记）",
                          "contains invisible characters such as a zero width space",
                          "删去看不见的字符后重新录入",
                          "remove what cannot be seen and enter it again");
    case TEXT_NO_MEMORY:
        return refusal_of("bad_text", "内存不足", "out of memory", NULL, NULL);
    case TEXT_GOOD:
        break;
    }
    return GOOD;
}

static struct refusal check_length(const struct field_plan *field, struct im_bytes text)
{
    if (field->is_name && text.len > NAME_MAX_CHARACTERS &&
        text_length(text) > NAME_MAX_CHARACTERS)
        return refusal_of("bad_text", "名称超过 200 个字", "longer than 200 characters",
                          "缩短名称，其余内容放到备注",
                          "shorten the name; what else there is belongs in a note");
    if (text.len > TEXT_MAX_BYTES)
        return refusal_of("bad_text", "超过 20000 字节", "longer than 20000 bytes",
                          "缩短文字", "shorten the text");
    return GOOD;
}

static struct refusal check_text(const struct plan *plan,
                                 size_t f,
                                 struct source_value *value,
                                 struct im_arena *arena)
{
    const struct field_plan *field = &plan->fields[f];
    struct im_bytes text = cell_text(value, arena);

    value->kind = SOURCE_TEXT;
    value->text = text;
    struct refusal why = refuse_text(text_clean(text, false, arena, &value->text));
    /* our own export comes back as it was; a grid may have been edited meanwhile */
    if (!why.code && value->text.len && plan->is_own && !plan->is_grid)
        value->text = text;
    if (!why.code)
        why = check_length(field, value->text);
    if (why.code)
        return why;
    if (value->text.len == 0) {
        value->kind = SOURCE_NULL;
        return GOOD;
    }
    /* cleaning joins lines, which separate the parts of a list */
    if (field->codes && !codes_find(field->codes, value->text, arena, &value->text) &&
        !codes_find(field->codes, text, arena, &value->text))
        return codes_refusal(field->codes, value->text, arena);
    return GOOD;
}

/* ---- numbers ---- */

static struct refusal
check_range(const struct schema_field *field, double number, struct im_arena *arena)
{
    if (number >= field->min && number <= field->max)
        return GOOD;
    struct refusal out = {.code = "out_of_range",
                          .suggestion_zh = "核对数值与单位",
                          .suggestion_en = "check the figure and its unit"};
    if (isinf(field->max)) {
        out.zh = plan_printf(arena, "应不小于 %g", field->min);
        out.en = plan_printf(arena, "must be at least %g", field->min);
    } else if (isinf(field->min)) {
        out.zh = plan_printf(arena, "应不大于 %g", field->max);
        out.en = plan_printf(arena, "must be at most %g", field->max);
    } else {
        out.zh = plan_printf(arena, "应在 %g 与 %g 之间", field->min, field->max);
        out.en =
            plan_printf(arena, "must be between %g and %g", field->min, field->max);
    }
    return out;
}

static struct refusal bad_number(const char *zh, const char *en)
{
    return refusal_of("bad_number", zh, en, "只写数字，单位放到表头括号里，或留空",
                      "write digits only, the unit in the heading, or leave it empty");
}

static struct refusal
bad_unit(const struct schema_field *field, struct im_bytes unit, struct im_arena *arena)
{
    int len =
        (int)(unit.len < 40 ? unit.len : im_utf8_cut((const char *)unit.data, 40));

    return refusal_of("bad_unit",
                      plan_printf(arena, "单位“%.*s”不能换算为 %s", len,
                                  (const char *)unit.data, field->unit),
                      plan_printf(arena, "the unit '%.*s' cannot be converted to %s",
                                  len, (const char *)unit.data, field->unit),
                      "改用亩、公顷、平方公里、平方米等单位",
                      "use mu, hectares, square kilometres, square metres");
}

/* "平方公里（规划）"; a remark with another number in it may matter. */
static struct im_bytes without_remark(struct im_bytes unit)
{
    ptrdiff_t open = bytes_find(unit, im_bytes_of("("));
    ptrdiff_t wide = bytes_find(unit, im_bytes_of("（"));
    ptrdiff_t at = open < 0 || (wide >= 0 && wide < open) ? wide : open;

    if (at <= 0)
        return unit;
    for (size_t i = (size_t)at; i < unit.len; i++)
        if (unit.data[i] >= '0' && unit.data[i] <= '9')
            return unit;
    return (struct im_bytes){unit.data, (size_t)at};
}

/* The number in a cell; a unit in the cell goes before that of the heading. */
static struct refusal read_number(const struct schema_field *field,
                                  const struct field_plan *plan,
                                  const struct source_value *value,
                                  struct im_arena *arena,
                                  double *out,
                                  bool *is_about)
{
    struct text_number number = {.unit = {(const uint8_t *)"", 0}};

    if (value->kind == SOURCE_INTEGER)
        number.value = (double)value->integer;
    else if (value->kind == SOURCE_REAL)
        number.value = value->real;
    else if (!im_parse_double(value->text, &number.value) &&
             !text_number(value->text, &number))
        return bad_number("不是数", "not a number");
    if (!isfinite(number.value))
        return bad_number("不是有限的数", "not a finite number");
    *is_about = number.is_about;
    *out = number.value;
    struct im_bytes unit = number.unit.len ? number.unit : plan->unit;
    if (unit.len == 0 || (!field->unit[0] && !number.unit.len))
        return GOOD;
    if (field->unit[0] && text_convert(number.value, unit, field->unit, out))
        return GOOD;
    struct im_bytes bare = without_remark(unit);
    if (field->unit[0] && bare.len < unit.len &&
        text_convert(number.value, bare, field->unit, out))
        return GOOD;
    if (!field->unit[0]) /* "12个": counts have no unit to convert */
        return GOOD;
    return bad_unit(field, unit, arena);
}

static struct refusal check_real(const struct schema_field *field,
                                 const struct field_plan *plan,
                                 struct source_value *value,
                                 struct im_arena *arena,
                                 bool *is_about)
{
    double number = 0;
    struct refusal why = read_number(field, plan, value, arena, &number, is_about);

    if (why.code)
        return why;
    value->kind = SOURCE_REAL;
    value->real = number == 0 ? 0 : number; /* no minus zero */
    return check_range(field, number, arena);
}

/* A year may stand in a date or a remark: 2012年认定, 2012-05-01, 2012.5 */
static bool year_of(const struct source_value *value, int64_t *out)
{
    int year = 0;

    if (value->kind == SOURCE_INTEGER || value->kind == SOURCE_REAL) {
        double number =
            value->kind == SOURCE_REAL ? value->real : (double)value->integer;

        if (number >= 10000101 && number < 30000000) /* 20120501 */
            number = floor(number / 10000);
        if (!(number >= 1000 && number < 3000))
            return false;
        *out = (int64_t)number;
        return true;
    }
    if (!text_year(value->text, &year))
        return false;
    *out = year;
    return true;
}

static struct refusal bad_year(void)
{
    return refusal_of("bad_number", "不是年份", "not a year",
                      "写成一个四位年份，如 2012，或留空",
                      "write one year of four digits such as 2012, or leave it empty");
}

static struct refusal check_integer(const struct schema_field *field,
                                    const struct field_plan *plan,
                                    struct source_value *value,
                                    struct im_arena *arena,
                                    bool *is_about)
{
    /* 2^53: beyond it a double cannot tell neighbouring integers apart */
    const double exact = 9007199254740992.0;
    int64_t number = value->integer;
    double real = 0;

    if (value->kind == SOURCE_TEXT && im_parse_int64(value->text, &number) &&
        (!plan->is_year || (number > -10000 && number < 10000))) {
        ; /* as it is */
    } else if (plan->is_year && year_of(value, &number)) {
        ; /* out of a date or remark */
    } else if (value->kind != SOURCE_INTEGER) {
        struct refusal why = read_number(field, plan, value, arena, &real, is_about);

        if (why.code)
            return plan->is_year ? bad_year() : why;
        if (real != floor(real) || fabs(real) > exact)
            return bad_number("不是整数", "not a whole number");
        number = (int64_t)real;
    }
    value->kind = SOURCE_INTEGER;
    value->integer = number;
    return check_range(field, (double)number, arena);
}

/* Integer fields with a code list ("0 否, 1 是"): titles are good, too. */
static bool integer_code(const struct field_plan *field,
                         struct source_value *value,
                         struct im_arena *arena)
{
    struct im_bytes code;
    int64_t number = 0;

    if (!field->codes || value->kind != SOURCE_TEXT ||
        !codes_find(field->codes, value->text, arena, &code) ||
        !im_parse_int64(code, &number))
        return false;
    value->kind = SOURCE_INTEGER;
    value->integer = number;
    return true;
}

static struct refusal check_integer_code(const struct plan *plan,
                                         size_t f,
                                         struct source_value *value,
                                         struct im_arena *arena)
{
    struct im_bytes found = cell_text(value, arena);
    struct im_bytes code;

    if (!plan->fields[f].codes ||
        codes_find(plan->fields[f].codes, found, arena, &code))
        return GOOD;
    return codes_refusal(plan->fields[f].codes, found, arena);
}

struct refusal value_check(const struct plan *plan,
                           size_t f,
                           struct source_value *value,
                           struct im_arena *arena,
                           bool *is_about)
{
    const struct schema_field *field = &plan->schema->fields[f];
    const struct field_plan *how = &plan->fields[f];
    struct refusal why = GOOD;

    *is_about = false;
    if (value->kind == SOURCE_NULL)
        return GOOD;
    switch (field->type) {
    case FIELD_TEXT:
        return check_text(plan, f, value, arena);
    case FIELD_INTEGER:
        if (integer_code(how, value, arena))
            return GOOD;
        why = check_integer(field, how, value, arena, is_about);
        return why.code ? why : check_integer_code(plan, f, value, arena);
    case FIELD_REAL:
        return check_real(field, how, value, arena, is_about);
    }
    return why;
}
