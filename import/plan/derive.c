/* SPDX-License-Identifier: Apache-2.0 */
/* What a file does not say and what follows all the same: the kind from the name, the
 * division from what is stated or from the position, the source from the file. Nothing
 * is invented: what does not follow stays empty. */
#include "parts.h"

#include <xxhash.h>

static bool is_open(const struct plan *plan, int field)
{
    return field != SCHEMA_NO_FIELD && !plan->fields[field].how;
}

static void mark(struct plan *plan, int field, const char *zh, const char *en)
{
    if (!is_open(plan, field))
        return;
    plan->fields[field].how = "derived";
    plan->fields[field].note_zh = zh;
    plan->fields[field].note_en = en;
}

static int text_field(const struct plan *plan, const char *name)
{
    int f = schema_field_index(plan->schema, im_bytes_of(name));

    return f != SCHEMA_NO_FIELD && plan->schema->fields[f].type == FIELD_TEXT
               ? f
               : SCHEMA_NO_FIELD;
}

static int first_of(int a, int b)
{
    return a != SCHEMA_NO_FIELD ? a : b;
}

static void find_fields(struct plan *plan)
{
    const struct schema_roles *roles = &plan->schema->roles;
    struct derived_fields *d = &plan->derived;

    plan->address_field = text_field(plan, "address");
    plan->district_field =
        first_of(text_field(plan, "district"), text_field(plan, "host_district"));
    *d = (struct derived_fields){
        .category = first_of(text_field(plan, "category"), text_field(plan, "kind")),
        .city = roles->city,
        .district = plan->district_field,
        .adcode = roles->adcode,
        .precision = roles->precision,
        .source = text_field(plan, "source")};
    if (d->category != SCHEMA_NO_FIELD && !plan->fields[d->category].codes)
        d->category = SCHEMA_NO_FIELD;
    if (d->adcode == plan->schema->key) /* a table of divisions knows itself */
        *d = (struct derived_fields){SCHEMA_NO_FIELD, SCHEMA_NO_FIELD, SCHEMA_NO_FIELD,
                                     SCHEMA_NO_FIELD, d->precision,    SCHEMA_NO_FIELD};
}

void derive_plan(struct plan *plan)
{
    const struct layer_schema *s = plan->schema;
    struct derived_fields *d = &plan->derived;

    find_fields(plan);
    plan->can_place = !plan->is_table && s->group == SCHEMA_PLACES &&
                      d->adcode != s->key && !plan->is_own &&
                      (s->geometry == SCHEMA_POINT || s->geometry == SCHEMA_MIXED);
    if (plan->is_own || plan->is_table || s->group != SCHEMA_PLACES) {
        d->category = d->source = SCHEMA_NO_FIELD;
        d->city = d->district = d->adcode = d->precision = SCHEMA_NO_FIELD;
        return;
    }
    mark(plan, d->category, "由名称推断；推断不出则留空",
         "from the name where exactly one fits, else empty");
    mark(plan, d->source, "文件名", "the name of the file");
    mark(plan, d->precision, "由坐标位数或地名匹配得出",
         "by the digits of the coordinates or the name found");
    if (!plan->gazetteer || gazetteer_is_empty(plan->gazetteer))
        return;
    mark(plan, d->city, "由所述区划或位置得出",
         "by the stated division or the position");
    mark(plan, d->district, "由所述区划或位置得出",
         "by the stated division or the position");
    mark(plan, d->adcode, "由所述区划或位置得出",
         "by the stated division or the position");
}

/* ---- one row ---- */

static struct im_bytes text_of(const struct source_value *values, int field)
{
    static const struct im_bytes none = {(const uint8_t *)"", 0};

    if (field == SCHEMA_NO_FIELD || values[field].kind != SOURCE_TEXT)
        return none;
    return values[field].text;
}

/* Below "（二）苏州市" rows need not say it again, unless the address says another. */
static void state_section(const struct plan *plan, struct gazetteer_question *q)
{
    const struct gazetteer_question alone = {.address = q->address};
    const struct gazetteer_division *section = plan->section;
    struct gazetteer_answer a = {0};

    if (!section)
        return;
    if (q->address.len)
        gazetteer_find(plan->gazetteer, &alone, &a);
    if (a.found && a.division && strcmp(a.division->city, section->city) != 0 &&
        bytes_find(q->address, im_bytes_of(a.division->city)) >= 0)
        return;
    q->city = im_bytes_of(section->city);
    q->district = im_bytes_of(section->district);
}

struct gazetteer_question derive_question(const struct plan *plan,
                                          const struct source_value *values)
{
    const struct schema_roles *roles = &plan->schema->roles;
    int district =
        first_of(text_field(plan, "district"), text_field(plan, "host_district"));

    struct gazetteer_question q = {.address =
                                       text_of(values, text_field(plan, "address")),
                                   .name = text_of(values, plan->name_field),
                                   .city = text_of(values, roles->city),
                                   .district = text_of(values, district),
                                   .adcode = text_of(values, roles->adcode)};
    if (q.city.len + q.district.len + q.adcode.len == 0)
        state_section(plan, &q);
    return q;
}

static void add_key(uint8_t key[DIVISION_KEY_MAX], size_t *len, struct im_bytes text)
{
    if (*len + text.len + 1 > DIVISION_KEY_MAX) {
        *len = DIVISION_KEY_MAX + 1; /* too long to be remembered */
        return;
    }
    memcpy(key + *len, text.data, text.len);
    *len += text.len;
    key[(*len)++] = '\0';
}

/* Lists repeat the same few divisions in thousands of rows. */
const struct gazetteer_division *
derive_stated(struct plan *plan, const struct source_value *values, bool *was_renamed)
{
    struct gazetteer_question q = derive_question(plan, values);
    uint8_t key[DIVISION_KEY_MAX];
    size_t len = 0;

    *was_renamed = false;
    if (!plan->gazetteer || q.city.len + q.district.len + q.adcode.len == 0)
        return NULL;
    add_key(key, &len, q.city);
    if (len <= DIVISION_KEY_MAX)
        add_key(key, &len, q.district);
    if (len <= DIVISION_KEY_MAX)
        add_key(key, &len, q.adcode);
    if (len > DIVISION_KEY_MAX)
        return gazetteer_division(plan->gazetteer, &q, was_renamed);
    struct division_entry *e =
        &plan->divisions[XXH3_64bits(key, len) & (DIVISION_CACHE - 1)];
    if (e->len != len || memcmp(e->key, key, len) != 0) {
        q.address = q.name = (struct im_bytes){(const uint8_t *)"", 0};
        e->was_renamed = false;
        e->division = gazetteer_division(plan->gazetteer, &q, &e->was_renamed);
        memcpy(e->key, key, len);
        e->len = len;
    }
    *was_renamed = e->was_renamed;
    return e->division;
}

static void set_text(const struct plan *plan,
                     struct source_value *values,
                     int field,
                     const char *text)
{
    if (field == SCHEMA_NO_FIELD || !text || !*text ||
        values[field].kind != SOURCE_NULL || plan->fields[field].is_set)
        return;
    values[field] =
        (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(text)};
}

static void fill_division(const struct plan *plan,
                          struct source_value *values,
                          const struct gazetteer_division *division)
{
    const struct derived_fields *d = &plan->derived;

    if (!division)
        return;
    set_text(plan, values, d->city, division->city);
    set_text(plan, values, d->district, division->district);
    if (d->adcode == SCHEMA_NO_FIELD || values[d->adcode].kind != SOURCE_NULL)
        return;
    if (plan->schema->fields[d->adcode].type == FIELD_TEXT)
        set_text(plan, values, d->adcode, division->adcode);
    else if (im_parse_int64(im_bytes_of(division->adcode), &values[d->adcode].integer))
        values[d->adcode].kind = SOURCE_INTEGER;
}

/* "江苏苏州", "江苏省苏州市" */
static bool is_of_province(struct im_bytes text,
                           const struct gazetteer_division *division)
{
    struct im_bytes city = im_bytes_of(division->city);
    struct im_bytes province = im_bytes_of(division->province);

    if (!bytes_end(text, city) && bytes_end(city, im_bytes_of("市")))
        city.len -= strlen("市");
    if (!bytes_end(text, city) || text.len == city.len)
        return false;
    text.len -= city.len;
    return bytes_start(province, text);
}

/* "上海" is stored as 上海市: one city has one name. */
static void unify_city(const struct plan *plan,
                       struct source_value *values,
                       const struct gazetteer_division *division,
                       struct im_arena *arena)
{
    int f = plan->derived.city;

    if (f == SCHEMA_NO_FIELD || !division || !division->city[0] ||
        values[f].kind != SOURCE_TEXT ||
        im_bytes_equal(values[f].text, im_bytes_of(division->city)))
        return;
    struct im_bytes a = text_city_identity(values[f].text, arena);
    struct im_bytes b = text_city_identity(im_bytes_of(division->city), arena);
    struct im_bytes d = text_city_identity(im_bytes_of(division->district), arena);
    int district = plan->derived.district;
    bool can_keep = district != SCHEMA_NO_FIELD && values[district].kind == SOURCE_NULL;
    /* "江苏苏州"; "昆山市" and "苏州市昆山市" for a city: the district is kept, too */
    bool has_province = is_of_province(values[f].text, division);
    bool is_district = can_keep && d.len && bytes_end(a, d) &&
                       (a.len == d.len || (b.len && bytes_start(a, b)));
    if (a.len && (im_bytes_equal(a, b) || has_province || is_district))
        values[f].text = im_bytes_of(division->city);
}

static void fill_category(const struct plan *plan,
                          struct source_value *values,
                          struct im_arena *arena)
{
    int f = plan->derived.category;
    struct im_bytes name = text_of(values, plan->name_field);

    if (f == SCHEMA_NO_FIELD || values[f].kind != SOURCE_NULL || !name.len ||
        plan->fields[f].column != NO_COLUMN)
        return;
    int code = codes_in_name(plan->fields[f].codes, name, arena);
    if (code >= 0)
        set_text(plan, values, f, plan->schema->fields[f].codes[code].code);
}

void derive_values(struct plan *plan,
                   const struct checked_row *row,
                   const struct gazetteer_division *stated,
                   const struct gazetteer_division *found,
                   struct im_arena *arena)
{
    struct source_value *values = row->values;

    if (plan->is_own)
        return;
    fill_category(plan, values, arena);
    set_text(plan, values, plan->derived.source, plan->source_name);
    unify_city(plan, values, stated ? stated : found, arena);
    /* a position in another city than the stated one is no ground to complete it; in
       the same one it may know the district, too */
    bool agrees = !stated || (found && strcmp(stated->city, found->city) == 0);
    if (agrees && stated && !stated->district[0])
        fill_division(plan, values, found);
    fill_division(plan, values, stated);
    if (agrees)
        fill_division(plan, values, found);
}
