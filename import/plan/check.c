/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a foreign file: its values and position, or what is wrong with them. */
#include "../internal.h"
#include "columns.h"

#include <math.h>

enum { TEXT_MAX = 20000, REASON_MAX = 320 };

static const struct refusal GOOD = {0};

static struct im_bytes format(struct im_arena *arena, const char *text)
{
    char *copy = im_arena_strdup(arena, im_bytes_of(text));

    return im_bytes_of(copy ? copy : "");
}

/* What stood in the cell, for text fields and for the report. */
static struct im_bytes cell_text(const struct source_value *cell,
                                 struct im_arena *arena)
{
    char text[64];

    switch (cell->kind) {
    case SOURCE_NULL:
        return im_bytes_of("");
    case SOURCE_TEXT:
        return cell->text;
    case SOURCE_INTEGER:
        snprintf(text, sizeof text, "%lld", (long long)cell->integer);
        return format(arena, text);
    case SOURCE_REAL:
        snprintf(text, sizeof text, "%.15g", cell->real);
        return format(arena, text);
    }
    return im_bytes_of("");
}

static struct refusal
reason(struct im_arena *arena, const char *code, const char *zh, const char *en)
{
    char *copy_zh = im_arena_strdup(arena, im_bytes_of(zh));
    char *copy_en = im_arena_strdup(arena, im_bytes_of(en));

    return (struct refusal){
        .code = code, .zh = copy_zh ? copy_zh : "", .en = copy_en ? copy_en : ""};
}

/* Control characters: C0, DEL and C1 (U+0080..U+009F, in UTF-8 C2 80..9F). */
static bool has_control(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c < 0x20 || c == 0x7F)
            return true;
        if (c == 0xC2 && i + 1 < text.len && text.data[i + 1] < 0xA0)
            return true;
    }
    return false;
}

static bool is_code(const struct schema_field *field, struct im_bytes text)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(text, im_bytes_of(field->codes[i].code)))
            return true;
    return false;
}

static struct refusal bad_code(const struct schema_field *field, struct im_arena *arena)
{
    char codes[200] = "";
    char zh[REASON_MAX];
    char en[REASON_MAX];
    size_t used = 0;

    for (size_t i = 0; i < field->n_codes && used < sizeof codes; i++) {
        int n = snprintf(codes + used, sizeof codes - used, "%s%s", i ? ", " : "",
                         field->codes[i].code);

        used += n > 0 ? (size_t)n : 0;
    }
    if (used >= sizeof codes)
        codes[im_utf8_cut(codes, sizeof codes - 1)] = '\0';
    snprintf(zh, sizeof zh, "不是允许的代码；可用：%s", codes);
    snprintf(en, sizeof en, "not an allowed code; allowed: %s", codes);
    return reason(arena, "bad_code", zh, en);
}

static struct refusal check_codes(const struct schema_field *field,
                                  struct im_bytes text,
                                  struct im_arena *arena)
{
    if (field->n_codes == 0)
        return GOOD;
    if (!field->list)
        return is_code(field, text) ? GOOD : bad_code(field, arena);
    for (size_t from = 0; from <= text.len;) {
        const uint8_t *end =
            text.len > from ? memchr(text.data + from, ';', text.len - from) : NULL;
        size_t len = (end ? (size_t)(end - text.data) : text.len) - from;

        if (!is_code(field, (struct im_bytes){text.data + from, len}))
            return bad_code(field, arena);
        from += len + 1;
    }
    return GOOD;
}

static struct refusal check_text(const struct schema_field *field,
                                 struct source_value *value,
                                 struct im_arena *arena)
{
    value->text = cell_text(value, arena);
    value->kind = SOURCE_TEXT;
    if (!im_utf8_valid(value->text))
        return (struct refusal){
            .code = "bad_text", .zh = "不是有效的 UTF-8", .en = "not valid UTF-8"};
    if (has_control(value->text))
        return (struct refusal){.code = "bad_text",
                                .zh = "含有控制字符（如换行、制表符）",
                                .en =
                                    "contains control characters such as line breaks"};
    if (value->text.len > TEXT_MAX)
        return (struct refusal){.code = "bad_text",
                                .zh = "超过 20000 字节",
                                .en = "longer than 20000 bytes"};
    return check_codes(field, value->text, arena);
}

static struct refusal
check_range(const struct schema_field *field, double number, struct im_arena *arena)
{
    char zh[REASON_MAX];
    char en[REASON_MAX];

    if (number >= field->min && number <= field->max)
        return GOOD;
    if (isinf(field->max)) {
        snprintf(zh, sizeof zh, "应不小于 %g", field->min);
        snprintf(en, sizeof en, "must be at least %g", field->min);
    } else if (isinf(field->min)) {
        snprintf(zh, sizeof zh, "应不大于 %g", field->max);
        snprintf(en, sizeof en, "must be at most %g", field->max);
    } else {
        snprintf(zh, sizeof zh, "应在 %g 与 %g 之间", field->min, field->max);
        snprintf(en, sizeof en, "must be between %g and %g", field->min, field->max);
    }
    return reason(arena, "out_of_range", zh, en);
}

static struct refusal check_real(const struct schema_field *field,
                                 struct source_value *value,
                                 struct im_arena *arena)
{
    double number = value->real;

    if (value->kind == SOURCE_INTEGER)
        number = (double)value->integer;
    else if (value->kind == SOURCE_TEXT && !im_parse_double(value->text, &number))
        return (struct refusal){
            .code = "bad_number", .zh = "不是数", .en = "not a number"};
    if (!isfinite(number))
        return (struct refusal){
            .code = "bad_number", .zh = "不是有限的数", .en = "not a finite number"};
    value->kind = SOURCE_REAL;
    value->real = number == 0 ? 0 : number; /* no minus zero */
    return check_range(field, number, arena);
}

static struct refusal check_integer(const struct schema_field *field,
                                    struct source_value *value,
                                    struct im_arena *arena)
{
    static const struct refusal bad = {
        .code = "bad_number", .zh = "不是整数", .en = "not a whole number"};
    int64_t number = value->integer;

    if (value->kind == SOURCE_TEXT && !im_parse_int64(value->text, &number))
        return bad;
    if (value->kind == SOURCE_REAL) {
        /* 2^53: beyond it a double cannot tell neighbouring integers apart */
        if (value->real != floor(value->real) || fabs(value->real) > 9007199254740992.0)
            return bad;
        number = (int64_t)value->real;
    }
    value->kind = SOURCE_INTEGER;
    value->integer = number;
    return check_range(field, (double)number, arena);
}

static struct refusal check_value(const struct schema_field *field,
                                  struct source_value *value,
                                  struct im_arena *arena)
{
    if (value->kind == SOURCE_NULL) {
        if (field->required)
            return (struct refusal){.code = "missing_value",
                                    .zh = "必填，但为空",
                                    .en = "required but empty"};
        return GOOD;
    }
    switch (field->type) {
    case FIELD_TEXT:
        return check_text(field, value, arena);
    case FIELD_INTEGER:
        return check_integer(field, value, arena);
    case FIELD_REAL:
        return check_real(field, value, arena);
    }
    return GOOD;
}

/* What check_row works with. */
struct row_check {
    struct plan *plan;
    const struct source_row *row;
    struct im_arena *arena;
    struct checked_row *out;
    struct im_error *err;
    enum im_code rc; /* of writing the log */
};

static char *terminated(struct im_arena *arena, struct im_bytes text)
{
    char *copy = im_arena_strdup(arena, text);

    return copy ? copy : (char *)"";
}

static void refuse(struct row_check *c,
                   const char *field,
                   struct im_bytes value,
                   struct refusal why)
{
    struct import_event event = {.kind = IMPORT_REFUSED,
                                 .source = source_name(c->plan->source),
                                 .sheet = c->row->sheet,
                                 .row = c->row->number,
                                 .field = field,
                                 .value = terminated(c->arena, value),
                                 .code = why.code,
                                 .reason_zh = why.zh,
                                 .reason_en = why.en,
                                 .suggestion_zh = why.suggestion_zh,
                                 .suggestion_en = why.suggestion_en};

    c->out->is_good = false;
    if (!c->rc)
        c->rc = import_log_add(c->plan->context.report->log, &event, c->err);
}

static const char *column_name(const struct row_check *c, int column)
{
    return source_column(c->plan->source, (size_t)column);
}

static bool check_coordinate(struct row_check *c, int column, struct source_value *cell)
{
    static const struct schema_field number = {
        .name = "", .type = FIELD_REAL, .min = -HUGE_VAL, .max = HUGE_VAL};
    struct im_bytes found = cell_text(cell, c->arena);
    struct refusal why = check_real(&number, cell, c->arena);

    if (why.code)
        refuse(c, column_name(c, column), found, why);
    return !why.code;
}

static struct im_bytes position_text(double x, double y, struct im_arena *arena)
{
    char text[80];

    snprintf(text, sizeof text, "%.10g, %.10g", x, y);
    return format(arena, text);
}

static void make_shape(struct row_check *c, const struct geom *in, const char *field)
{
    struct shape_rules rules = {.schema = c->plan->schema, .crs = &c->plan->crs};
    struct shape shape;

    shape_make(&rules, in, c->arena, &shape);
    if (shape.refusal.code)
        refuse(c, field, position_text(in->lonlat[0], in->lonlat[1], c->arena),
               shape.refusal);
    c->out->geom = shape.geom;
}

static void check_columns(struct row_check *c)
{
    const struct plan *plan = c->plan;
    struct source_value lon = c->row->cells[plan->lon_column];
    struct source_value lat = c->row->cells[plan->lat_column];

    if (lon.kind == SOURCE_NULL && lat.kind == SOURCE_NULL)
        return;
    if (lon.kind == SOURCE_NULL || lat.kind == SOURCE_NULL) {
        refuse(c,
               column_name(c, lon.kind == SOURCE_NULL ? plan->lon_column
                                                      : plan->lat_column),
               im_bytes_of(""),
               (struct refusal){.code = "bad_geometry",
                                .zh = "经度与纬度只有一个",
                                .en = "only one of longitude and latitude is given"});
        return;
    }
    bool good = check_coordinate(c, plan->lon_column, &lon);
    good = check_coordinate(c, plan->lat_column, &lat) && good;
    if (!good)
        return;
    double *xy = im_arena_alloc(c->arena, 2 * sizeof *xy);
    if (!xy) {
        c->rc = im_fail(c->err, IM_ENOMEM, "read rows: out of memory");
        return;
    }
    xy[0] = lon.real;
    xy[1] = lat.real;
    make_shape(c, &(struct geom){.kind = GEOM_POINT, .n_points = 1, .lonlat = xy},
               column_name(c, plan->lon_column));
}

static void check_geometry(struct row_check *c)
{
    if (c->row->geom.kind != GEOM_EMPTY && !c->row->fault.code)
        make_shape(c, &c->row->geom, "geometry");
}

static bool is_empty_row(const struct row_check *c)
{
    size_t n = source_columns(c->plan->source);

    for (size_t i = 0; i < n; i++)
        if (c->row->cells[i].kind != SOURCE_NULL)
            return false;
    return c->row->geom.kind == GEOM_EMPTY && !c->row->fault.code;
}

static void check_fields(struct row_check *c)
{
    const struct plan *plan = c->plan;

    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        const struct schema_field *field = &plan->schema->fields[f];
        struct source_value *value = &c->out->values[f];
        bool is_key = (int)f == plan->schema->key;

        if (plan->column_of_field[f] < 0)
            continue;
        *value = c->row->cells[plan->column_of_field[f]];
        struct source_value found = *value;
        struct refusal why = check_value(field, value, c->arena);
        if (is_key)
            c->out->has_key = !why.code && value->kind != SOURCE_NULL;
        if (why.code)
            refuse(c, column_name(c, plan->column_of_field[f]),
                   cell_text(&found, c->arena), why);
    }
}

enum im_code check_row(struct plan *plan,
                       const struct source_row *row,
                       struct im_arena *arena,
                       struct checked_row *out,
                       struct im_error *err)
{
    struct row_check c = {
        .plan = plan, .row = row, .arena = arena, .out = out, .err = err};

    *out = (struct checked_row){.geom = {.kind = GEOM_EMPTY}};
    out->values = im_arena_calloc(arena, plan->schema->n_fields, sizeof *out->values);
    if (!out->values)
        return im_fail(err, IM_ENOMEM, "read rows: out of memory");
    out->is_no_data = is_empty_row(&c);
    if (out->is_no_data)
        return IM_OK;
    out->is_good = true;
    if (row->fault.code)
        refuse(&c, row->fault_field, row->fault_value, row->fault);
    check_fields(&c);
    if (plan->position == POSITION_COLUMNS)
        check_columns(&c);
    else if (plan->position == POSITION_GEOMETRY)
        check_geometry(&c);
    return c.rc;
}
