/* SPDX-License-Identifier: Apache-2.0 */
/* Which column of the file is which field, and where the position is. */
#include "columns.h"
#include "../internal.h"

#include <strings.h>

static const char *const LON_NAMES[] = {"lon",  "lng",  "long", "longitude",
                                        "经度", "东经", NULL};
static const char *const LAT_NAMES[] = {"lat", "latitude", "纬度", "北纬", NULL};
static const char *const X_NAMES[] = {"x", NULL};
static const char *const Y_NAMES[] = {"y", NULL};

static bool is_one_of(const char *name, const char *const *names)
{
    for (; names && *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

static bool means_field(const char *column, const struct schema_field *field)
{
    return strcasecmp(column, field->name) == 0 ||
           strcasecmp(column, field->title.zh) == 0 ||
           (field->title.en[0] && strcasecmp(column, field->title.en) == 0) ||
           is_one_of(column, field->synonyms);
}

static int find_column(const struct source *source, const char *name)
{
    size_t n = source_columns(source);

    for (size_t i = 0; name && i < n; i++)
        if (strcasecmp(source_column(source, i), name) == 0)
            return (int)i;
    return -1;
}

static int find_recognised(const struct source *source, const char *const *names)
{
    size_t n = source_columns(source);

    for (size_t i = 0; i < n; i++)
        if (is_one_of(source_column(source, i), names))
            return (int)i;
    return -1;
}

static enum im_code fail_twice(struct im_error *err,
                               const struct schema_field *field,
                               const char *a,
                               const char *b)
{
    im_fail(err, IM_EDATA,
            "columns '%s' and '%s' both mean field '%s'; remove or rename one", a, b,
            field->name);
    return im_zh(err, IM_EDATA, "列“%s”和“%s”都对应字段“%s”，请删去或改名其中一列", a,
                 b, field->name);
}

/* A field's own name wins over titles and synonyms; two others are a contradiction. */
static enum im_code map_field(struct plan *plan,
                              const struct source *source,
                              size_t f,
                              struct im_error *err)
{
    const struct schema_field *field = &plan->schema->fields[f];
    size_t n = source_columns(source);
    int found = -1;

    for (size_t i = 0; i < n; i++) {
        const char *column = source_column(source, i);

        if (!means_field(column, field))
            continue;
        if (found >= 0) {
            bool old_is_name =
                strcasecmp(source_column(source, (size_t)found), field->name) == 0;

            if (old_is_name == (strcasecmp(column, field->name) == 0))
                return fail_twice(err, field, source_column(source, (size_t)found),
                                  column);
            if (old_is_name)
                continue;
        }
        found = (int)i;
    }
    plan->column_of_field[f] = found;
    return IM_OK;
}

static enum im_code fail_column(struct im_error *err,
                                const struct source *source,
                                const struct schema_field *field,
                                bool is_key)
{
    char names[160] = "";
    size_t used = 0;
    size_t n = source_columns(source);

    for (size_t i = 0; i < n && used < sizeof names; i++) {
        int more = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                            source_column(source, i));

        used += more > 0 ? (size_t)more : 0;
    }
    if (used >= sizeof names)
        names[im_utf8_cut(names, sizeof names - 1)] = '\0';
    im_fail(err, IM_EDATA, "the file has no column '%s', which is %s; it has: %s",
            field->name, is_key ? "the key of the layer" : "required", names);
    return im_zh(err, IM_EDATA, "文件缺少列“%s”（%s），它是%s；文件的列有：%s",
                 field->name, field->title.zh, is_key ? "图层的主键" : "必填字段",
                 names);
}

static enum im_code
map_fields(struct plan *plan, const struct source *source, struct im_error *err)
{
    for (size_t f = 0; f < plan->schema->n_fields; f++) {
        const struct schema_field *field = &plan->schema->fields[f];
        bool is_key = (int)f == plan->schema->key;

        if (map_field(plan, source, f, err))
            return err ? err->code : IM_EDATA;
        if (plan->column_of_field[f] < 0 && field->required)
            return fail_column(err, source, field, is_key);
    }
    return IM_OK;
}

static enum im_code
fail_no_crs(struct im_error *err, const char *what_zh, const char *what)
{
    im_fail(err, IM_EDATA,
            "%s in no declared coordinate system; say which with --crs, such as --crs "
            "EPSG:4326 or --crs EPSG:4549",
            what);
    return im_zh(
        err, IM_EDATA,
        "%s没有声明坐标系；请用 --crs 指明，例如 --crs EPSG:4326 或 --crs EPSG:4549",
        what_zh);
}

static enum im_code describe_crs(struct plan *plan,
                                 struct im_arena *arena,
                                 const char *name,
                                 const char *how,
                                 struct im_error *err)
{
    char text[320];

    snprintf(text, sizeof text, "%.200s (%s)", name, how);
    plan->crs_text = im_arena_strdup(arena, im_bytes_of(text));
    return plan->crs_text ? IM_OK : im_fail(err, IM_ENOMEM, "plan: out of memory");
}

static enum im_code plan_geometry(struct plan *plan,
                                  const struct source *source,
                                  const char *crs,
                                  struct im_arena *arena,
                                  struct im_error *err)
{
    OGRSpatialReferenceH srs = source_srs(source);
    const char *name = NULL;

    plan->position = POSITION_GEOMETRY;
    if (crs) {
        enum im_code rc = crs_from_text(crs, &plan->crs, err);

        return rc ? rc : describe_crs(plan, arena, crs, "given with --crs", err);
    }
    if (!srs)
        return fail_no_crs(err, "文件的几何", "the file's geometry is");
    enum im_code rc = crs_from_layer(srs, arena, &plan->crs, &name, err);
    return rc ? rc : describe_crs(plan, arena, name, "declared by the file", err);
}

static enum im_code plan_columns(struct plan *plan,
                                 const char *crs,
                                 const char *how,
                                 struct im_arena *arena,
                                 struct im_error *err)
{
    plan->position = POSITION_COLUMNS;
    enum im_code rc = crs_from_text(crs, &plan->crs, err);
    return rc ? rc : describe_crs(plan, arena, crs, how, err);
}

static enum im_code decide_position(struct plan *plan,
                                    const struct source *source,
                                    const struct facts *facts,
                                    const char *crs,
                                    struct im_arena *arena,
                                    struct im_error *err)
{
    plan->lon_column = find_column(source, facts->lon);
    plan->lat_column = find_column(source, facts->lat);
    if (plan->lon_column >= 0 && plan->lat_column >= 0) {
        const char *declared = facts->crs ? facts->crs : "EPSG:4326";

        return plan_columns(plan, crs ? crs : declared,
                            crs ? "given with --crs" : "declared by the definition",
                            arena, err);
    }
    if (source_has_geometry(source))
        return plan_geometry(plan, source, crs, arena, err);
    plan->lon_column = find_recognised(source, LON_NAMES);
    plan->lat_column = find_recognised(source, LAT_NAMES);
    if (plan->lon_column >= 0 && plan->lat_column >= 0)
        return plan_columns(plan, crs ? crs : "EPSG:4326",
                            crs ? "given with --crs"
                                : "assumed for columns of longitude and latitude",
                            arena, err);
    plan->lon_column = find_recognised(source, X_NAMES);
    plan->lat_column = find_recognised(source, Y_NAMES);
    if (plan->lon_column >= 0 && plan->lat_column >= 0) {
        if (!crs)
            return fail_no_crs(err, "x、y 两列", "the columns x and y are");
        return plan_columns(plan, crs, "given with --crs", arena, err);
    }
    plan->crs_text = "no positions in the file";
    return IM_OK;
}

static bool add_mapping(struct plan *plan,
                        struct import_mapping *list,
                        const char *column,
                        const char *field,
                        const char *how)
{
    struct import_report *report = plan->context.report;
    char *copy = im_arena_strdup(plan->context.arena, im_bytes_of(column));

    if (!copy)
        return false;
    list[report->n_mappings++] = (struct import_mapping){
        .column = copy, .field = field, .how = how, .note_zh = "", .note_en = ""};
    return true;
}

static bool is_position(const struct plan *plan, size_t column)
{
    return plan->position == POSITION_COLUMNS &&
           (plan->lon_column == (int)column || plan->lat_column == (int)column);
}

static enum im_code
report_mappings(struct plan *plan, const struct source *source, struct im_error *err)
{
    struct import_report *report = plan->context.report;
    size_t n = source_columns(source);
    struct import_mapping *list =
        im_arena_calloc(plan->context.arena, n + 1, sizeof *list);
    bool good = list != NULL;

    for (size_t i = 0; good && i < n; i++) {
        const char *column = source_column(source, i);
        const char *field = "";

        for (size_t f = 0; f < plan->schema->n_fields; f++)
            if (plan->column_of_field[f] == (int)i)
                field = plan->schema->fields[f].name;
        good = add_mapping(plan, list, column, field,
                           *field                 ? "name"
                           : is_position(plan, i) ? "position"
                                                  : "unknown");
    }
    report->mappings = list;
    report->crs = plan->crs_text;
    return good ? IM_OK : im_fail(err, IM_ENOMEM, "plan: out of memory");
}

enum im_code plan_make(const struct plan_context *context,
                       struct source *source,
                       struct plan **out,
                       struct im_error *err)
{
    const struct layer_schema *schema = context->schema;
    struct im_arena *arena = context->arena;
    struct plan *plan = im_arena_calloc(arena, 1, sizeof *plan);
    struct facts facts;
    enum im_code rc = IM_OK;

    *out = NULL;
    if (!plan)
        return im_fail(err, IM_ENOMEM, "plan: out of memory");
    *plan = (struct plan){.context = *context,
                          .source = source,
                          .schema = schema,
                          .lon_column = -1,
                          .lat_column = -1,
                          .crs_text = ""};
    plan->column_of_field =
        im_arena_calloc(arena, schema->n_fields, sizeof *plan->column_of_field);
    if (!plan->column_of_field)
        return im_fail(err, IM_ENOMEM, "plan: out of memory");
    rc = facts_parse(context->definition, arena, &facts, err);
    if (!rc)
        rc = map_fields(plan, source, err);
    /* outlines by code have no position of their own */
    if (!rc && schema->geometry != SCHEMA_NONE && facts.kind != FACTS_AREAS)
        rc = decide_position(plan, source, &facts, context->options->crs, arena, err);
    if (!rc)
        rc = report_mappings(plan, source, err);
    if (rc)
        plan_release(plan);
    else
        *out = plan;
    return rc;
}

void plan_release(struct plan *plan)
{
    if (plan)
        crs_release(&plan->crs);
}

enum position_kind plan_position(const struct plan *plan)
{
    return plan->position;
}

bool plan_has_field(const struct plan *plan, size_t field)
{
    return plan->column_of_field[field] >= 0;
}

const struct layer_schema *plan_schema(const struct plan *plan)
{
    return plan->schema;
}

struct im_bytes plan_definition(const struct plan *plan)
{
    (void)plan;
    return (struct im_bytes){0};
}
