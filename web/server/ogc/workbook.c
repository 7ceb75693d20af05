/* SPDX-License-Identifier: Apache-2.0 */
/* A page of features as a workbook, for people: it cannot be written piece by piece, so
 * it is as large as the arena lets it be. */
#include "../api/table.h"
#include "ogc.h"

static void write_columns(struct ogc *o, struct api_table *t)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (ogc_field_is_open(field))
            table_column(t, query_title(field->title, o->lang), field->name);
    }
    if (schema->geometry != SCHEMA_NONE) {
        table_number_column(t, ogc_say(o, "经度", "Longitude"), "lon");
        table_number_column(t, ogc_say(o, "纬度", "Latitude"), "lat");
    }
}

static void write_value(struct ogc *o, struct api_table *t, uint32_t feature, int index)
{
    const struct schema_field *field = &atlas_layer_schema(o->layer)->fields[index];
    struct im_buf text = {.max = 1024 * 1024};
    double number;

    if (!field->n_codes && atlas_number(o->layer, feature, index, &number)) {
        table_number(t, number, 9);
        return;
    }
    ogc_value_text(o, o->layer, feature, index, &text);
    if (text.len)
        table_copy(t, im_buf_bytes(&text));
    else
        table_empty(t);
    im_buf_release(&text);
}

/* Always longitude and latitude: sheets are read by people. Lines and areas have none.
 */
static void write_row(struct ogc *o, struct api_table *t, uint32_t feature)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct geom g = ogc_geometry(o, feature);
    bool is_point = g.kind == GEOM_POINT;

    for (size_t i = 0; i < schema->n_fields; i++)
        if (ogc_field_is_open(&schema->fields[i]))
            write_value(o, t, feature, (int)i);
    if (schema->geometry == SCHEMA_NONE)
        return;
    for (int axis = 0; axis < 2; axis++)
        if (is_point)
            table_number(t, g.lonlat[axis], 7);
        else
            table_empty(t);
}

static void note(struct api_table *t, const char *text)
{
    if (text[0])
        table_note(t, "%s", text);
}

enum im_code ogc_write_workbook(struct ogc *o, struct im_buf *out, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct api_table *t = im_arena_calloc(o->arena, 1, sizeof *t);

    if (!t)
        return im_fail(err, IM_ENOMEM, "out of memory for a workbook");
    t->arena = o->arena;
    t->lang = o->lang;
    write_columns(o, t);
    for (size_t i = 0; i < o->answer.n_hits && !t->failed; i++)
        write_row(o, t, o->answer.hits[i].feature);
    note(t, query_title(schema->attribution, o->lang));
    note(t, query_title(schema->completeness, o->lang));
    note(t, notice_text(o->lang));
    if (t->failed) {
        im_fail(err, IM_ELIMIT,
                "the workbook is too large: ask for a smaller limit, or for f=csv");
        return im_zh(err, IM_ELIMIT, "工作簿过大：请减小 limit，或改用 f=csv");
    }
    return table_write_xlsx(t, out, err);
}
