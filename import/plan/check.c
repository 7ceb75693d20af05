/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a foreign file: its values and position, or what is wrong with them. */
#include "parts.h"

#include <engine/json_writer.h>
#include <engine/query.h>

#include <xxhash.h>

/* What check_row works with. */
struct row_check {
    struct plan *plan;
    const struct source_row *row;
    struct im_arena *arena;
    struct checked_row *out;
    bool has_cells;        /* of the refused row, told once */
    const char *precision; /* of the position, "" */
    struct im_error *err;
    enum im_code rc; /* of writing the log */
};

/* ---- telling ---- */

static const char *terminated(struct row_check *c, struct im_bytes text)
{
    char *copy = im_arena_strdup(c->arena, text);

    return copy ? copy : "";
}

/* What goes into the report: short, and without numbers of persons. */
static const char *shown(struct row_check *c, struct im_bytes text)
{
    enum { SHOWN_MAX = 256 };

    if (text.len > SHOWN_MAX)
        text.len = im_utf8_cut((const char *)text.data, SHOWN_MAX);
    if (!c->plan->options->keep_personal)
        text = private_mask(text, c->arena);
    return terminated(c, text);
}

static const char *shown_value(struct row_check *c, int field)
{
    if (field == SCHEMA_NO_FIELD || c->out->values[field].kind == SOURCE_NULL)
        return "";
    return shown(c, cell_text(&c->out->values[field], c->arena));
}

static const char *const *shown_cells(struct row_check *c)
{
    const struct plan *plan = c->plan;
    const char **cells = im_arena_calloc(c->arena, plan->n_columns + 2, sizeof *cells);

    for (size_t i = 0; cells && i < plan->n_columns; i++) {
        struct im_bytes text = cell_text(&c->row->cells[i], c->arena);

        if (plan->columns[i].is_personal)
            cells[i] = "";
        else
            cells[i] = terminated(
                c, plan->options->keep_personal ? text : private_mask(text, c->arena));
    }
    if (cells && plan->shows_wkt)
        cells[plan->n_columns] = mended_wkt(&c->row->geom, c->arena);
    return cells;
}

static void tell(struct row_check *c,
                 enum import_event_kind kind,
                 const char *field,
                 struct im_bytes value,
                 const char *after,
                 struct refusal why)
{
    const struct plan *plan = c->plan;
    bool is_first = kind == IMPORT_REFUSED && !c->has_cells;
    struct import_event event = {
        .kind = kind,
        .source = plan->source_name,
        .sheet = c->row->sheet ? c->row->sheet : "",
        .row = c->row->number,
        .key = shown_value(c, plan->schema->key),
        .name = shown_value(c, plan->name_field),
        .field = field ? field : "",
        .value = shown(c, value),
        .after = after ? after : "",
        .code = why.code ? why.code : "",
        .reason_zh = why.zh ? why.zh : "",
        .reason_en = why.en ? why.en : "",
        .suggestion_zh = why.suggestion_zh ? why.suggestion_zh : "",
        .suggestion_en = why.suggestion_en ? why.suggestion_en : "",
        .cells = is_first ? shown_cells(c) : NULL};

    c->has_cells = c->has_cells || is_first;
    if (!c->rc && plan->report->log)
        c->rc = import_log_add(plan->report->log, &event, c->err);
}

static void refuse(struct row_check *c,
                   const char *field,
                   struct im_bytes value,
                   struct refusal why)
{
    c->out->is_good = false;
    tell(c, IMPORT_REFUSED, field, value, NULL, why);
}

/* ---- values ---- */

/* Blanks repeat the row above, in the same sheet. False: out of memory. */
static bool
fill_down(struct row_check *c, struct field_plan *field, struct source_value *value)
{
    if (!cell_is_blank(value)) {
        field->last = *value;
        if (value->kind != SOURCE_TEXT)
            return true;
        im_buf_clear(&field->last_text);
        if (value->text.len <= field->last_text.max)
            im_buf_append(&field->last_text, value->text.data, value->text.len);
        field->last.text = im_buf_bytes(&field->last_text);
        return !field->last_text.failed || field->last_text.is_over;
    }
    *value = field->last;
    if (value->kind != SOURCE_TEXT)
        return true;
    value->text.data = (const uint8_t *)im_arena_strdup(c->arena, field->last.text);
    return value->text.data != NULL;
}

/* In a row of the file; NULL for what the file does not have. */
static struct source_value raw_value(struct row_check *c, size_t f)
{
    struct field_plan *field = &c->plan->fields[f];
    struct source_value value = {.kind = SOURCE_NULL};

    if (field->column == NO_COLUMN)
        return value;
    value = c->row->cells[field->column];
    if (field->fill_down && !fill_down(c, field, &value)) {
        c->rc = plan_no_memory(c->err);
        value.kind = SOURCE_NULL;
    }
    /* "/" and "无" are how people leave a cell empty; innomap itself does not */
    if (!c->plan->is_own && cell_is_blank(&value))
        value.kind = SOURCE_NULL;
    return value;
}

static struct refusal missing_value(void)
{
    return refusal_of("missing_value", "必填，但为空", "required but empty",
                      "补上后重新导入", "fill it in and import again");
}

static const char *field_shown(const struct plan *plan, size_t f)
{
    int column = plan->fields[f].column;

    return column == NO_COLUMN ? plan->schema->fields[f].name
                               : plan->columns[column].name;
}

/* Mobile and identity numbers of persons inside of an ordinary text. */
static void mask_personal(struct row_check *c, size_t f, struct source_value *value)
{
    const struct plan *plan = c->plan;

    if (plan->options->keep_personal || plan->is_own || value->kind != SOURCE_TEXT ||
        value->text.len < 11 || (int)f == plan->schema->key || plan->fields[f].codes)
        return;
    struct im_bytes masked = private_mask(value->text, c->arena);
    if (masked.data == value->text.data)
        return;
    value->text = masked;
    tell(c, IMPORT_WARNED, field_shown(plan, f), masked, NULL,
         refusal_of("personal_masked", "文字中的手机号或身份证号已隐去",
                    "a mobile or identity number in the text was starred out",
                    "确需保留请加 --keep-personal", "--keep-personal leaves it in"));
}

static void warn_about(struct row_check *c, size_t f, struct im_bytes found)
{
    tell(c, IMPORT_WARNED, field_shown(c->plan, f), found, NULL,
         refusal_of("approximate", "约数，按所写的数保存",
                    "an approximate figure, stored as it is written", NULL, NULL));
}

static struct im_bytes unit_of_row(const struct row_check *c, int column)
{
    const struct source_value *cell = &c->row->cells[column];

    return cell_is_blank(cell) ? im_bytes_of("") : cell_text(cell, c->arena);
}

static void check_field(struct row_check *c, size_t f)
{
    const struct plan *plan = c->plan;
    const struct field_plan *field = &plan->fields[f];
    struct source_value *value = &c->out->values[f];
    bool is_key = (int)f == plan->schema->key;
    bool is_about = false;

    if (field->is_set) {
        *value = field->set;
    } else if (field->column != NO_COLUMN) {
        struct source_value found = raw_value(c, f);

        *value = found;
        if (field->unit_column != NO_COLUMN)
            c->plan->fields[f].unit = unit_of_row(c, field->unit_column);
        struct refusal why = value_check(plan, f, value, c->arena, &is_about);
        if (why.code) {
            struct im_bytes text = cell_text(&found, c->arena);

            value->kind = SOURCE_NULL;
            refuse(c, field_shown(plan, f), text, why);
            return;
        }
        if (is_about)
            warn_about(c, f, cell_text(&found, c->arena));
        mask_personal(c, f, value);
    }
    if (is_key)
        c->out->has_key = value->kind != SOURCE_NULL;
    bool is_needed = is_key ? !plan->can_lack_key : plan->schema->fields[f].required;
    /* what a row that cannot be read lacks is no fault of its own */
    if (is_needed && value->kind == SOURCE_NULL && !c->row->fault.code &&
        (is_key || plan->fields[f].column != NO_COLUMN || plan->fields[f].is_set))
        refuse(c, field_shown(plan, f), (struct im_bytes){(const uint8_t *)"", 0},
               missing_value());
}

/* The name first: it is told with whatever is wrong with the others. */
static void check_fields(struct row_check *c)
{
    const struct plan *plan = c->plan;
    int name = plan->name_field;

    if (plan->schema->key != name)
        check_field(c, (size_t)plan->schema->key);
    if (name != SCHEMA_NO_FIELD)
        check_field(c, (size_t)name);
    for (size_t f = 0; f < plan->schema->n_fields; f++)
        if ((int)f != name && (int)f != plan->schema->key)
            check_field(c, f);
}

/* ---- lineage ---- */

static struct im_bytes keep_json(struct row_check *c, struct im_buf *text)
{
    char *copy = text->failed ? NULL : im_arena_strdup(c->arena, im_buf_bytes(text));
    size_t len = text->len;

    im_buf_release(text);
    return copy ? (struct im_bytes){(const uint8_t *)copy, len}
                : (struct im_bytes){NULL, 0};
}

/* The numbers as they were, in the system they were in. */
static void trace_position(struct row_check *c, const struct geom *in, bool is_swapped)
{
    const struct plan *plan = c->plan;
    char x[IM_NUMBER_MAX];
    char y[IM_NUMBER_MAX];

    if (!plan->crs.ct && !plan->crs.shift && !is_swapped)
        return;
    const char *json = "";
    if (in->kind == GEOM_POINT && in->n_points == 1) {
        size_t nx = im_format_double(x, in->lonlat[0], 9);
        size_t ny = im_format_double(y, in->lonlat[1], 9);

        json = plan_printf(c->arena, "{\"x\":%.*s,\"y\":%.*s,\"crs\":%s%s}", (int)nx, x,
                           (int)ny, y, plan->crs_json,
                           is_swapped ? ",\"swapped\":true" : "");
    } else {
        json = plan_printf(c->arena, "{\"crs\":%s%s}", plan->crs_json,
                           is_swapped ? ",\"swapped\":true" : "");
    }
    c->out->lineage = im_bytes_of(json);
}

static void trace_match(struct row_check *c, const struct gazetteer_answer *a)
{
    struct im_buf text = {.max = 8192};
    struct im_json w = {.out = &text};

    im_json_object(&w);
    im_json_key(&w, "matched");
    im_json_text(&w, a->matched);
    im_json_key(&w, "layer");
    im_json_text(&w, a->matched_layer);
    im_json_key(&w, "key");
    im_json_text(&w, a->matched_key);
    im_json_key(&w, "text");
    im_json_string(&w, private_mask(a->matched_text, c->arena));
    im_json_object_end(&w);
    c->out->lineage = keep_json(c, &text);
}

static void
trace_online(struct row_check *c, const struct online_answer *a, struct im_bytes asked)
{
    struct im_buf text = {.max = 8192};
    struct im_json w = {.out = &text};

    im_json_object(&w);
    im_json_key(&w, "matched");
    im_json_text(&w, a->matched ? a->matched : "");
    im_json_key(&w, "layer");
    im_json_text(&w, "tianditu");
    im_json_key(&w, "key");
    im_json_text(&w, "");
    im_json_key(&w, "text");
    im_json_string(&w, private_mask(asked, c->arena));
    im_json_object_end(&w);
    c->out->lineage = keep_json(c, &text);
}

/* ---- position ---- */

static struct im_bytes position_text(struct row_check *c, const struct geom *g)
{
    if (g->n_points == 0)
        return (struct im_bytes){(const uint8_t *)"", 0};
    return im_bytes_of(
        plan_printf(c->arena, "%.10g, %.10g", g->lonlat[0], g->lonlat[1]));
}

static void
tell_repairs(struct row_check *c, const struct position *p, const struct shape *shape)
{
    static const struct {
        unsigned bit;
        const char *code;
        const char *zh;
        const char *en;
    } kinds[] = {
        {SHAPE_CLOSED, "not_closed", "环没有闭合，已补上起点", "a ring was closed"},
        {SHAPE_MADE_VALID, "self_crossing", "图形自相交，已修复", "made valid"},
        {SHAPE_SWAPPED, "swapped", "经度与纬度已互换",
         "longitude and latitude were exchanged"},
        {SHAPE_DEDUPLICATED, "repeated_positions", "删去了重复的点",
         "repeated positions were removed"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (shape->repairs & kinds[i].bit) {
            struct im_bytes after = position_text(c, &shape->geom);

            tell(c, IMPORT_REPAIRED, p->field, position_text(c, &p->geom),
                 terminated(c, after),
                 refusal_of(kinds[i].code, kinds[i].zh, kinds[i].en, NULL, NULL));
        }
    c->out->is_repaired = shape->repairs != 0;
}

static void take_shape(struct row_check *c, const struct position *p)
{
    struct shape shape;

    shape_make(&c->plan->shape, &p->geom, c->arena, &shape);
    if (shape.refusal.code) {
        refuse(c, p->field, p->value.len ? p->value : position_text(c, &p->geom),
               shape.refusal);
        return;
    }
    c->out->geom = shape.geom;
    c->precision = p->precision ? p->precision : "";
    if (shape.repairs)
        tell_repairs(c, p, &shape);
    trace_position(c, &p->geom, shape.repairs & SHAPE_SWAPPED);
}

static bool take_place(struct row_check *c, double lon, double lat)
{
    double *lonlat = im_arena_alloc(c->arena, 2 * sizeof *lonlat);
    struct shape shape;
    struct crs_transform none = {0};
    struct shape_rules rules = {.schema = c->plan->schema, .crs = &none};

    if (!lonlat) {
        c->rc = plan_no_memory(c->err);
        return false;
    }
    lonlat[0] = lon;
    lonlat[1] = lat;
    struct geom point = {.kind = GEOM_POINT, .n_points = 1, .lonlat = lonlat};
    shape_make(&rules, &point, c->arena, &shape);
    if (shape.refusal.code)
        return false; /* an answer from outside the map is none */
    c->out->geom = shape.geom;
    c->out->is_placed = true;
    return true;
}

/* What to ask a geocoder: from the city down to the house. */
static struct im_bytes whole_address(struct row_check *c,
                                     const struct gazetteer_question *q)
{
    struct im_bytes last = q->address.len ? q->address : q->name;
    bool has_city = q->city.len && bytes_find(last, q->city) >= 0;
    bool has_district = q->district.len && bytes_find(last, q->district) >= 0;

    return im_bytes_of(plan_printf(c->arena, "%.*s%.*s%.*s",
                                   has_city ? 0 : (int)q->city.len, q->city.data,
                                   has_district ? 0 : (int)q->district.len,
                                   q->district.data, (int)last.len, last.data));
}

/* A network that fails keeps rows aside, it does not end the import. */
static bool place_online(struct row_check *c, const struct gazetteer_question *q)
{
    struct plan *plan = c->plan;
    struct online_answer answer = {0};
    struct im_error err = {0};

    if (!plan->online || plan->online_failed || (!q->address.len && !q->name.len))
        return false;
    struct im_bytes asked = whole_address(c, q);
    enum im_code rc = online_find(plan->online, asked, c->arena, &answer, &err);
    if (rc) {
        plan->online_failed = true;
        c->rc = plan_note(plan, "online_failed", err.msg_zh[0] ? err.msg_zh : err.msg,
                          err.msg, c->err);
        return false;
    }
    if (!answer.found || !take_place(c, answer.lon, answer.lat))
        return false;
    c->precision = answer.precision;
    trace_online(c, &answer, asked);
    tell(c, IMPORT_PLACED, "geometry", asked, answer.matched,
         refusal_of("placed_online", "按天地图地理编码定位", "placed by 天地图", NULL,
                    NULL));
    return true;
}

static bool place_by_name(struct row_check *c, const struct gazetteer_question *q)
{
    struct gazetteer_answer a = {0};

    if (!c->plan->gazetteer)
        return false;
    gazetteer_find(c->plan->gazetteer, q, &a);
    if (!a.found || !take_place(c, a.lon, a.lat))
        return false;
    c->precision = a.precision;
    trace_match(c, &a);
    tell(c, IMPORT_PLACED, "geometry", a.matched_text, a.matched,
         refusal_of(
             "placed",
             plan_printf(c->arena, "按“%.80s”定位（%s）", a.matched, a.precision),
             plan_printf(c->arena, "placed by '%.80s' (%s)", a.matched, a.precision),
             NULL, NULL));
    return true;
}

static void keep_aside(struct row_check *c, const char *zh, const char *en)
{
    if (!c->plan->is_own)
        tell(c, IMPORT_UNPLACED,
             c->plan->name_field == SCHEMA_NO_FIELD
                 ? "geometry"
                 : field_shown(c->plan, (size_t)c->plan->name_field),
             im_bytes_of(shown_value(c, c->plan->name_field)), NULL,
             refusal_of("unplaced", zh, en, "补充地址、区县或坐标后重新导入",
                        "add an address, a district or a position and import again"));
}

static void take_missing(struct row_check *c, const struct position *p)
{
    struct plan *plan = c->plan;

    if (plan->is_table)
        return;
    if (plan->unplaced == IMPORT_UNPLACED_REFUSE) {
        refuse(c, p->field, p->value,
               refusal_of("missing_position", "没有坐标", "it has no position",
                          "补上坐标；或用 --unplaced place 按地址定位，"
                          "--unplaced keep 保留为无位置",
                          "add it; or --unplaced place finds it by its address, "
                          "--unplaced keep stores the row without one"));
        return;
    }
    if (!c->out->is_good)
        return; /* refused already: nothing is to be placed */
    if (plan->unplaced == IMPORT_UNPLACED_KEEP || !plan->can_place) {
        keep_aside(c, "没有坐标，保留为无位置", "without a position, kept aside");
        return;
    }
    struct gazetteer_question q = derive_question(plan, c->out->values);
    if (!place_by_name(c, &q) && !place_online(c, &q) && !c->rc)
        keep_aside(c, "没有找到地址、区县或城市对应的位置，保留为无位置",
                   "no name in address, district or city is known; kept aside");
}

static void check_position(struct row_check *c)
{
    struct position p;

    if (c->plan->is_table)
        return;
    position_read(c->plan, c->row, c->arena, &p);
    if (p.refusal.code)
        refuse(c, p.field, p.value, p.refusal);
    else if (p.is_missing)
        take_missing(c, &p);
    else if (p.geom.kind == GEOM_EMPTY)
        c->rc = plan_no_memory(c->err);
    else
        take_shape(c, &p);
}

/* ---- where it lies ---- */

static double uncertainty_m(const struct row_check *c)
{
    int f = c->plan->schema->roles.precision;
    enum precision precision;
    struct im_bytes text = im_bytes_of(c->precision);

    if (f != SCHEMA_NO_FIELD && c->out->values[f].kind == SOURCE_TEXT)
        text = c->out->values[f].text;
    return precision_parse(text, &precision) ? precision_uncertainty_m(precision) : 0;
}

static const char *division_name(struct row_check *c,
                                 const struct gazetteer_division *d)
{
    if (!d)
        return "";
    return plan_printf(c->arena, "%s%s", d->city, d->district);
}

/* The position lies far outside of the division that the row states. */
static void check_elsewhere(struct row_check *c,
                            const struct gazetteer_division *stated,
                            const struct gazetteer_division *found,
                            double lon,
                            double lat)
{
    enum { TOLERANCE_M = 2000 }; /* outlines are simplified, seats stand at edges */
    double away =
        stated ? gazetteer_distance_m(c->plan->gazetteer, stated, lon, lat) : 0;

    if (!(away > TOLERANCE_M + uncertainty_m(c)))
        return;
    const char *wanted = division_name(c, stated);
    const char *where = division_name(c, found);
    tell(c, IMPORT_WARNED, "geometry",
         im_bytes_of(plan_printf(c->arena, "%.6f, %.6f", lon, lat)), where,
         refusal_of("elsewhere",
                    plan_printf(c->arena, "位置在%s以外 %.0f 公里%s%s", wanted,
                                away / 1000, *where ? "，落在" : "", where),
                    plan_printf(c->arena, "lies %.0f km outside of %s%s%s", away / 1000,
                                wanted, *where ? ", in " : "", where),
                    "核对坐标、坐标系与区县",
                    "check the position, its coordinate system and the district"));
}

static void warn_renamed(struct row_check *c, const struct gazetteer_division *stated)
{
    struct gazetteer_question q = derive_question(c->plan, c->out->values);
    int f = c->plan->schema->roles.adcode;

    int stating = q.district.len ? c->plan->derived.district
                  : q.adcode.len ? f
                                 : c->plan->derived.city;
    tell(c, IMPORT_WARNED,
         stating == SCHEMA_NO_FIELD ? "" : field_shown(c->plan, (size_t)stating),
         q.district.len ? q.district
         : q.adcode.len ? q.adcode
                        : q.city,
         stated->name_zh,
         refusal_of("renamed_division",
                    plan_printf(c->arena, "旧区划，现为%s（%s）", stated->name_zh,
                                stated->adcode),
                    plan_printf(c->arena, "a former division, today %s (%s)",
                                stated->name_zh, stated->adcode),
                    NULL, NULL));
    /* the code is for machines: they know today's divisions only */
    if (f != SCHEMA_NO_FIELD && c->out->values[f].kind == SOURCE_TEXT)
        c->out->values[f].text = im_bytes_of(stated->adcode);
}

static void take_precision(struct row_check *c)
{
    int f = c->plan->schema->roles.precision;
    const struct plan *plan = c->plan;
    struct source_value *value;

    if (f == SCHEMA_NO_FIELD || plan->is_own || plan->is_table ||
        plan->schema->group != SCHEMA_PLACES ||
        plan->schema->fields[f].type != FIELD_TEXT)
        return;
    value = &c->out->values[f];
    if (c->out->geom.kind == GEOM_EMPTY)
        value->kind = SOURCE_NULL; /* worth of a position that is not there */
    else if (c->out->is_placed || value->kind == SOURCE_NULL)
        *value = (struct source_value){.kind = SOURCE_TEXT,
                                       .text = im_bytes_of(c->precision)};
}

static bool needs_place(const struct plan *plan, const struct source_value *values)
{
    const int fields[] = {plan->derived.city, plan->derived.district,
                          plan->derived.adcode};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i] != SCHEMA_NO_FIELD && values[fields[i]].kind == SOURCE_NULL)
            return true;
    return false;
}

/* A point in or near the middle of the geometry. */
static bool middle(const struct geom *g, double *lon, double *lat)
{
    struct bbox box = geom_bbox(g);

    if (g->kind == GEOM_EMPTY || bbox_is_empty(box))
        return false;
    *lon = (box.min_x + box.max_x) / 2;
    *lat = (box.min_y + box.max_y) / 2;
    return true;
}

/* Of a file without outlines: the division that the address begins with. */
static const struct gazetteer_division *by_address(const struct row_check *c)
{
    struct gazetteer_question q = derive_question(c->plan, c->out->values);
    struct gazetteer_answer a = {0};

    if (q.address.len == 0)
        return NULL;
    gazetteer_find(c->plan->gazetteer, &q, &a);
    return a.found ? a.division : NULL;
}

static void derive_row(struct row_check *c)
{
    struct plan *plan = c->plan;
    const struct gazetteer_division *stated = NULL;
    const struct gazetteer_division *found = NULL;
    bool was_renamed = false;
    double lon = 0;
    double lat = 0;

    take_precision(c);
    if (plan->is_own || plan->is_table)
        return;
    if (plan->gazetteer && plan->schema->group == SCHEMA_PLACES &&
        plan->schema->roles.adcode != plan->schema->key) {
        bool has_place = middle(&c->out->geom, &lon, &lat);
        stated = derive_stated(plan, c->out->values, &was_renamed);
        if (stated && was_renamed)
            warn_renamed(c, stated);
        /* a row that stands at the seat of its city is in no district of it */
        bool is_rough = c->out->is_placed && strcmp(c->precision, "city") == 0;
        if (has_place && !is_rough && (stated || needs_place(plan, c->out->values)))
            found = gazetteer_at(plan->gazetteer, lon, lat);
        if (has_place && stated && !c->out->is_placed)
            check_elsewhere(c, stated, found, lon, lat);
        if ((!stated || !stated->district[0]) && !found &&
            needs_place(plan, c->out->values))
            found = by_address(c);
    }
    derive_values(plan, c->out, stated, found, c->arena);
}

/* ---- the row ---- */

static bool is_empty_row(const struct plan *plan, const struct source_row *row)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (row->cells[i].kind != SOURCE_NULL)
            return false;
    return row->geom.kind == GEOM_EMPTY && !row->fault.code;
}

/* "苏州市" and nothing else, in the column of names: the rows below are there. */
static bool is_division_alone(const struct plan *plan,
                              const struct source_row *row,
                              struct im_arena *arena)
{
    struct im_bytes text;

    if (!plan->can_place || plan->name_field == SCHEMA_NO_FIELD ||
        plan->fields[plan->name_field].column == NO_COLUMN)
        return false;
    for (size_t i = 0; i < plan->n_columns; i++)
        if ((row->cells[i].kind != SOURCE_NULL) !=
            ((int)i == plan->fields[plan->name_field].column))
            return false;
    return header_section(row, plan->n_columns, arena, &text);
}

static bool is_no_data(const struct plan *plan,
                       const struct source_row *row,
                       struct im_arena *arena)
{
    if (is_empty_row(plan, row))
        return true;
    return plan->is_grid && !row->fault.code &&
           (header_is_no_data(row, plan->n_columns) ||
            header_is_repeated(plan->source, row) ||
            is_division_alone(plan, row, arena));
}

/* The division that rows below a heading belong to, where they state none. */
static void
take_section(struct plan *plan, const struct source_row *row, struct im_arena *arena)
{
    struct im_bytes text;

    if (!plan->is_grid || !plan->can_place || !plan->gazetteer ||
        !header_section(row, plan->n_columns, arena, &text))
        return;
    struct gazetteer_question q = {.city = text};
    const struct gazetteer_division *d = gazetteer_division(plan->gazetteer, &q, NULL);
    if (!d) { /* "1. 昆山市" below "苏州市" */
        q = (struct gazetteer_question){.district = text};
        d = gazetteer_division(plan->gazetteer, &q, NULL);
    }
    plan->section = d && d->city[0] ? d : NULL;
}

/* Another sheet begins: nothing stands above its first row. */
static void forget_above(struct plan *plan, const struct source_row *row)
{
    const char *sheet = row->sheet ? row->sheet : "";
    uint64_t hash = XXH3_64bits(sheet, strlen(sheet));

    if (plan->sheet_hash == hash)
        return;
    plan->sheet_hash = hash;
    plan->section = NULL;
    for (size_t f = 0; f < plan->schema->n_fields; f++)
        plan->fields[f].last.kind = SOURCE_NULL;
}

enum im_code check_row(struct plan *plan,
                       const struct source_row *row,
                       struct im_arena *arena,
                       struct checked_row *out,
                       struct im_error *err)
{
    struct row_check c = {.plan = plan,
                          .row = row,
                          .arena = arena,
                          .out = out,
                          .precision = "",
                          .err = err};

    *out = (struct checked_row){.geom = {.kind = GEOM_EMPTY}};
    out->values = im_arena_calloc(arena, plan->schema->n_fields, sizeof *out->values);
    if (!out->values)
        return plan_no_memory(err);
    forget_above(plan, row);
    out->is_no_data = is_no_data(plan, row, arena);
    if (out->is_no_data) {
        take_section(plan, row, arena);
        return position_note(plan, row, arena, err);
    }
    out->is_good = true;
    check_fields(&c);
    if (row->fault.code)
        refuse(&c, row->fault_field, row->fault_value, row->fault);
    else
        check_position(&c);
    if (!c.rc && out->is_good)
        derive_row(&c);
    return c.rc;
}

enum im_code plan_refuse(struct plan *plan,
                         const struct source_row *row,
                         struct im_arena *arena,
                         struct checked_row *checked,
                         size_t field,
                         struct refusal why,
                         struct im_error *err)
{
    struct row_check c = {.plan = plan,
                          .row = row,
                          .arena = arena,
                          .out = checked,
                          .has_cells = !checked->is_good,
                          .err = err};
    const struct source_value *value = &checked->values[field];
    int column = plan->fields[field].column;

    refuse(&c,
           column == NO_COLUMN ? plan->schema->fields[field].name
                               : plan->columns[column].name,
           value->kind == SOURCE_NULL ? im_bytes_of("") : cell_text(value, arena), why);
    return c.rc;
}

const char *const *plan_cells(struct plan *plan,
                              const struct source_row *row,
                              struct im_arena *arena,
                              size_t *n_columns)
{
    struct row_check c = {.plan = plan, .row = row, .arena = arena};

    *n_columns = plan->report->n_columns;
    return shown_cells(&c);
}
