/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a foreign file: its values and position, or what is wrong with them. */
#include "internal.h"

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

    return (struct refusal){code, copy_zh ? copy_zh : "", copy_en ? copy_en : ""};
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
        return (struct refusal){"bad_text", "不是有效的 UTF-8", "not valid UTF-8"};
    if (has_control(value->text))
        return (struct refusal){"bad_text", "含有控制字符（如换行、制表符）",
                                "contains control characters such as line breaks"};
    if (value->text.len > TEXT_MAX)
        return (struct refusal){"bad_text", "超过 20000 字节",
                                "longer than 20000 bytes"};
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
        return (struct refusal){"bad_number", "不是数", "not a number"};
    if (!isfinite(number))
        return (struct refusal){"bad_number", "不是有限的数", "not a finite number"};
    value->kind = SOURCE_REAL;
    value->real = number == 0 ? 0 : number; /* no minus zero */
    return check_range(field, number, arena);
}

static struct refusal check_integer(const struct schema_field *field,
                                    struct source_value *value,
                                    struct im_arena *arena)
{
    static const struct refusal bad = {"bad_number", "不是整数", "not a whole number"};
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
                                  bool is_key,
                                  struct source_value *value,
                                  struct im_arena *arena)
{
    if (value->kind == SOURCE_NULL) {
        if (is_key || field->required)
            return (struct refusal){"missing_value", "必填，但为空",
                                    "required but empty"};
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

static bool check_coordinate(const struct plan *plan,
                             const struct reader *reader,
                             int column,
                             struct source_value *cell,
                             struct im_arena *arena,
                             struct report *report)
{
    static const struct schema_field number = {
        .name = "", .type = FIELD_REAL, .min = -HUGE_VAL, .max = HUGE_VAL};
    struct im_bytes found = cell_text(cell, arena);
    struct refusal why = check_real(&number, cell, arena);

    (void)plan;
    if (why.code)
        report_problem(report, reader->row, reader_column(reader, (size_t)column),
                       found, why);
    return !why.code;
}

static struct im_bytes position_text(double x, double y, struct im_arena *arena)
{
    char text[80];

    snprintf(text, sizeof text, "%.10g, %.10g", x, y);
    return format(arena, text);
}

static bool check_columns(const struct plan *plan,
                          const struct reader *reader,
                          struct im_arena *arena,
                          struct report *report,
                          struct geom *out)
{
    struct source_value lon = reader_cell(reader, (size_t)plan->lon_column, arena);
    struct source_value lat = reader_cell(reader, (size_t)plan->lat_column, arena);
    const char *name = reader_column(reader, (size_t)plan->lon_column);

    if (lon.kind == SOURCE_NULL && lat.kind == SOURCE_NULL)
        return true;
    if (lon.kind == SOURCE_NULL || lat.kind == SOURCE_NULL) {
        report_problem(report, reader->row,
                       lon.kind == SOURCE_NULL
                           ? name
                           : reader_column(reader, (size_t)plan->lat_column),
                       im_bytes_of(""),
                       (struct refusal){"bad_geometry", "经度与纬度只有一个",
                                        "only one of longitude and latitude is given"});
        return false;
    }
    bool good = check_coordinate(plan, reader, plan->lon_column, &lon, arena, report);
    good =
        check_coordinate(plan, reader, plan->lat_column, &lat, arena, report) && good;
    if (!good)
        return false;
    struct refusal why =
        shape_from_position(lon.real, lat.real, &plan->crs, plan->schema, arena, out);
    if (why.code)
        report_problem(report, reader->row, name,
                       position_text(lon.real, lat.real, arena), why);
    return !why.code;
}

static bool check_geometry(const struct plan *plan,
                           const struct reader *reader,
                           struct im_arena *arena,
                           struct report *report,
                           struct geom *out)
{
    OGRGeometryH geometry = OGR_F_GetGeometryRef(reader->feature);
    struct refusal why = shape_from_ogr(geometry, &plan->crs, plan->schema, arena, out);
    OGREnvelope box = {0};

    if (!why.code)
        return true;
    OGR_G_GetEnvelope(geometry, &box);
    report_problem(report, reader->row, "geometry",
                   position_text(box.MinX, box.MinY, arena), why);
    return false;
}

static bool is_empty_row(const struct reader *reader, struct im_arena *arena)
{
    size_t n = reader_columns(reader);
    OGRGeometryH geometry = OGR_F_GetGeometryRef(reader->feature);

    for (size_t i = 0; i < n; i++)
        if (reader_cell(reader, i, arena).kind != SOURCE_NULL)
            return false;
    return !geometry || OGR_G_IsEmpty(geometry);
}

static bool check_fields(const struct plan *plan,
                         const struct reader *reader,
                         struct im_arena *arena,
                         struct report *report,
                         struct checked_row *out)
{
    bool good = true;

    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        const struct schema_field *field = &plan->schema->fields[f];
        struct source_value *value = &out->values[f];
        bool is_key = (int)f == plan->schema->key;

        if (plan->column_of_field[f] < 0)
            continue;
        *value = reader_cell(reader, (size_t)plan->column_of_field[f], arena);
        struct source_value found = *value;
        struct refusal why = check_value(field, is_key, value, arena);
        if (is_key)
            out->has_key = !why.code;
        if (!why.code)
            continue;
        good = false;
        report_problem(report, reader->row,
                       reader_column(reader, (size_t)plan->column_of_field[f]),
                       cell_text(&found, arena), why);
    }
    return good;
}

void check_row(const struct plan *plan,
               const struct reader *reader,
               struct im_arena *arena,
               struct report *report,
               struct checked_row *out)
{
    *out = (struct checked_row){.geom = {.kind = GEOM_EMPTY}};
    out->values = im_arena_calloc(arena, plan->schema->n_fields, sizeof *out->values);
    if (!out->values)
        return;
    out->is_empty = is_empty_row(reader, arena);
    if (out->is_empty)
        return;
    out->is_good = check_fields(plan, reader, arena, report, out);
    if (plan->position == POSITION_COLUMNS)
        out->is_good =
            check_columns(plan, reader, arena, report, &out->geom) && out->is_good;
    else if (plan->position == POSITION_GEOMETRY)
        out->is_good =
            check_geometry(plan, reader, arena, report, &out->geom) && out->is_good;
}
