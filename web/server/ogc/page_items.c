/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of features: the form to filter them, the table, one feature. */
#include "ogc.h"

enum { MAX_EXAMPLES = 4 };

/* ---- the form ---- */

static void label(struct html *h, const char *name, const char *text)
{
    html_markup(h, "<label");
    html_attribute(h, "for", im_bytes_of(name));
    html_markup(h, ">");
    html_string(h, text);
    html_markup(h, "</label>");
}

static void
input(struct ogc *o, struct html *h, enum ogc_item_param p, const char *title)
{
    const char *name = ogc_item_params[p].name;

    html_markup(h, "<div>");
    label(h, name, title);
    html_markup(h, "<input");
    html_attribute(h, "id", im_bytes_of(name));
    html_attribute(h, "name", im_bytes_of(name));
    html_attribute(h, "value", o->params[p].text);
    html_markup(h, "></div>");
}

static void option(struct html *h, const char *value, const char *title, bool is_chosen)
{
    html_markup(h, "<option");
    html_attribute(h, "value", im_bytes_of(value));
    if (is_chosen)
        html_markup(h, " selected");
    html_markup(h, ">");
    html_string(h, title);
    html_markup(h, "</option>");
}

static void sort_choice(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct im_bytes chosen = o->params[OGC_P_SORTBY].text;

    html_markup(h, "<div>");
    label(h, "sortby", ogc_say(o, "排序", "Sort by"));
    html_markup(h, "<select id=\"sortby\" name=\"sortby\">");
    option(h, "", ogc_say(o, "原有顺序", "as they came"), chosen.len == 0);
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];
        char down[SCHEMA_MAX_ID + 4];
        char title[200];

        if (!ogc_field_sorts(field))
            continue;
        option(h, field->name, query_title(field->title, o->lang),
               im_bytes_equal(chosen, im_bytes_of(field->name)));
        snprintf(down, sizeof down, "-%s", field->name);
        snprintf(title, sizeof title, "%.180s ↓", query_title(field->title, o->lang));
        option(h, down, title, im_bytes_equal(chosen, im_bytes_of(down)));
    }
    html_markup(h, "</select></div>");
}

static void limit_choice(struct ogc *o, struct html *h)
{
    static const unsigned limits[] = {20, 100, 500, 1000};

    html_markup(h, "<div>");
    label(h, "limit", ogc_say(o, "每页条数", "Features a page"));
    html_markup(h, "<select id=\"limit\" name=\"limit\">");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char text[16];

        snprintf(text, sizeof text, "%u", limits[i]);
        option(h, text, text, o->limit == limits[i]);
    }
    html_markup(h, "</select></div>");
}

/* What the form does not show but what was asked stays asked. */
static void keep(struct ogc *o, struct html *h, enum ogc_item_param p)
{
    if (!o->params[p].is_set)
        return;
    html_markup(h, "<input type=\"hidden\"");
    html_attribute(h, "name", im_bytes_of(ogc_item_params[p].name));
    html_attribute(h, "value", o->params[p].text);
    html_markup(h, ">");
}

static void example(struct ogc *o, struct html *h, const char *filter)
{
    struct im_buf text = {.max = 2000};

    im_buf_text(
        &text, ogc_address(o, ogc_layer_path(o, atlas_layer_schema(o->layer), "/items"),
                           "html"));
    im_buf_text(&text, "&filter=");
    url_encode(&text, im_bytes_of(filter));
    im_buf_byte(&text, '\0');
    html_markup(h, "<li>");
    if (!text.failed)
        html_link(h, (const char *)text.data, im_bytes_of(filter));
    html_markup(h, "</li>");
    im_buf_release(&text);
}

static void field_example(struct ogc *o, struct html *h, const struct schema_field *f)
{
    struct im_buf text = {.max = 400};

    im_buf_printf(&text, f->list ? "A_CONTAINS(%s, (" : "%s = ", f->name);
    if (f->type == FIELD_TEXT)
        cql_quote(im_bytes_of(f->codes[0].code), &text);
    else
        im_buf_text(&text, f->codes[0].code);
    im_buf_text(&text, f->list ? "))" : "");
    im_buf_byte(&text, '\0');
    if (!text.failed)
        example(o, h, (const char *)text.data);
    im_buf_release(&text);
}

static void name_example(struct ogc *o, struct html *h, const struct layer_schema *s)
{
    char text[120];

    if (s->roles.name_zh == SCHEMA_NO_FIELD)
        return;
    snprintf(text, sizeof text, "%s LIKE '%%上海%%'", s->fields[s->roles.name_zh].name);
    example(o, h, text);
}

static void write_examples(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct bbox box = atlas_layer_extent(o->layer);
    int n = 0;

    html_markup(h, "<details><summary>");
    html_string(h,
                ogc_say(o, "过滤条件怎么写（CQL2）", "How filters are written (CQL2)"));
    html_markup(h, "</summary><ul>");
    for (size_t i = 0; i < schema->n_fields && n < MAX_EXAMPLES; i++)
        if (ogc_field_is_open(&schema->fields[i]) && schema->fields[i].n_codes) {
            field_example(o, h, &schema->fields[i]);
            n++;
        }
    name_example(o, h, schema);
    if (!bbox_is_empty(box)) {
        char text[160];
        double x = (box.max_x - box.min_x) / 3;
        double y = (box.max_y - box.min_y) / 3;

        snprintf(text, sizeof text,
                 "S_INTERSECTS(geometry, BBOX(%.2f, %.2f, %.2f, %.2f))", box.min_x + x,
                 box.min_y + y, box.max_x - x, box.max_y - y);
        example(o, h, text);
    }
    html_markup(h, "</ul><p class=\"note\">");
    html_string(h,
                ogc_say(o, "条件可用 AND、OR、NOT 和括号组合。字段名见",
                        "Combine with AND, OR, NOT and brackets. Names of fields: "));
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, "/queryables"), "html"),
              im_bytes_of(ogc_say(o, "可过滤的字段", "fields for filters")));
    html_markup(h, "</p></details>");
}

void ogc_page_query_form(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    html_markup(h, "<form method=\"get\"");
    html_address(h, "action",
                 ogc_address(o, ogc_layer_path(o, schema, "/items"), NULL));
    html_markup(
        h, "><input type=\"hidden\" name=\"f\" value=\"html\"><div class=\"wide\">");
    keep(o, h, OGC_P_LANG);
    keep(o, h, OGC_P_FILTER_LANG);
    keep(o, h, OGC_P_FILTER_CRS);
    keep(o, h, OGC_P_BBOX_CRS);
    label(h, "filter", ogc_say(o, "过滤条件（CQL2）", "Filter (CQL2)"));
    html_markup(h, "<textarea id=\"filter\" name=\"filter\" rows=\"2\" "
                   "spellcheck=\"false\">\n");
    html_text(h, o->params[OGC_P_FILTER].text);
    html_markup(h, "</textarea></div>");
    input(o, h, OGC_P_Q, ogc_say(o, "全文检索", "Words"));
    input(o, h, OGC_P_BBOX,
          ogc_say(o, "范围：西,南,东,北", "Box: west,south,east,north"));
    sort_choice(o, h);
    limit_choice(o, h);
    html_markup(h, "<button>");
    html_string(h, ogc_say(o, "查询", "Filter"));
    html_markup(h, "</button></form>");
    write_examples(o, h);
}

/* ---- the table ---- */

static bool is_number(const struct schema_field *field)
{
    return field->type != FIELD_TEXT && !field->n_codes;
}

static void write_heads(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    html_markup(h, "<thead><tr>");
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (!ogc_field_is_open(field))
            continue;
        html_markup(h, "<th scope=\"col\"");
        if (is_number(field))
            html_markup(h, " class=\"number\"");
        html_attribute(h, "title", im_bytes_of(field->name));
        html_markup(h, ">");
        html_string(h, query_title(field->title, o->lang));
        if (field->unit[0]) {
            html_markup(h, " (");
            html_string(h, field->unit);
            html_markup(h, ")");
        }
        html_markup(h, "</th>");
    }
    html_markup(h, "</tr></thead>\n");
}

static bool has_scheme(struct im_bytes text)
{
    return (text.len > 7 && memcmp(text.data, "http://", 7) == 0) ||
           (text.len > 8 && memcmp(text.data, "https://", 8) == 0);
}

static void write_value(
    struct ogc *o, struct html *h, uint32_t feature, size_t field, struct im_buf *text)
{
    im_buf_clear(text);
    ogc_value_text(o, o->layer, feature, (int)field, text);
    if (html_url_is_safe(im_buf_bytes(text)) && has_scheme(im_buf_bytes(text))) {
        im_buf_byte(text, '\0');
        if (!text->failed)
            html_link(h, (const char *)text->data,
                      (struct im_bytes){text->data, text->len - 1});
        return;
    }
    html_text(h, im_buf_bytes(text));
}

static void
write_row(struct ogc *o, struct html *h, uint32_t feature, struct im_buf *text)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    html_markup(h, "<tr>");
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (!ogc_field_is_open(field))
            continue;
        if ((int)i == schema->key) {
            im_buf_clear(text);
            ogc_value_text(o, o->layer, feature, (int)i, text);
            html_markup(h, "<th scope=\"row\">");
            html_link(h, ogc_address(o, ogc_item_path(o, o->layer, feature), "html"),
                      im_buf_bytes(text));
            html_markup(h, "</th>");
            continue;
        }
        html_markup(h, "<td");
        if (is_number(field))
            html_markup(h, " class=\"number\"");
        html_markup(h, ">");
        write_value(o, h, feature, i, text);
        html_markup(h, "</td>");
    }
    html_markup(h, "</tr>\n");
}

static void
write_count(struct ogc *o, struct html *h, const struct query_answer *answer)
{
    html_markup(h, "<p aria-live=\"polite\">");
    html_string(h, ogc_say(o, "共 ", ""));
    html_integer(h, (int64_t)answer->n_matched);
    html_string(h, ogc_say(o, " 条，本页 ", " features, on this page "));
    html_integer(h, (int64_t)answer->n_hits);
    html_string(h, ogc_say(o, " 条", ""));
    html_markup(h, "</p>");
}

static void hidden(struct html *h, struct im_bytes name, struct im_bytes value)
{
    html_markup(h, "<input type=\"hidden\"");
    html_attribute(h, "name", name);
    html_attribute(h, "value", value);
    html_markup(h, ">");
}

/* A long question goes on as a form. */
static void post_next(struct ogc *o, struct html *h, const char *cursor)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    const struct im_bytes name = im_bytes_of("cursor");

    html_markup(h, "<form method=\"post\"");
    html_address(h, "action",
                 ogc_address(o, ogc_layer_path(o, schema, "/items"), NULL));
    html_markup(h, ">");
    for (size_t i = 0; i < o->x->n_pairs; i++) /* the action has lang already */
        if (!im_bytes_equal(o->x->pairs[i].name, im_bytes_of("lang")) &&
            !im_bytes_equal(o->x->pairs[i].name, name))
            hidden(h, o->x->pairs[i].name, o->x->pairs[i].value);
    hidden(h, name, im_bytes_of(cursor));
    html_markup(h, "<button>");
    html_string(h, ogc_say(o, "下一页", "Next page"));
    html_markup(h, "</button></form>");
}

static void
write_paging(struct ogc *o, struct html *h, const struct query_answer *answer)
{
    bool is_whole = true;
    const char *next =
        answer->next ? ogc_address_here(o, NULL, answer->next, &is_whole) : "";

    html_markup(h, "<ul class=\"links\">");
    if (o->params[OGC_P_CURSOR].is_set) {
        html_markup(h, "<li>");
        html_link(h, ogc_address_here(o, NULL, NULL, NULL),
                  im_bytes_of(ogc_say(o, "第一页", "First page")));
        html_markup(h, "</li>");
    }
    if (answer->next && is_whole) {
        html_markup(h, "<li><a rel=\"next\"");
        html_address(h, "href", next);
        html_markup(h, ">");
        html_string(h, ogc_say(o, "下一页", "Next page"));
        html_markup(h, "</a></li>");
    }
    html_markup(h, "</ul>");
    if (answer->next && !is_whole)
        post_next(o, h, answer->next);
}

void ogc_page_items_begin(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    ogc_page_begin(o, h, query_title(schema->title, o->lang));
    ogc_page_query_form(o, h);
    write_count(o, h, &o->answer);
    if (o->answer.n_hits) {
        html_markup(h,
                    "<div class=\"scroll\" tabindex=\"0\"><table class=\"features\">");
        write_heads(o, h);
        html_markup(h, "<tbody>");
    } else {
        html_markup(h, "<p>");
        html_string(h, ogc_say(o, "没有符合条件的要素。放宽条件或清空表单再试。",
                               "Nothing matches. Ask for less, or empty the form."));
        html_markup(h, "</p>");
    }
}

void ogc_page_items_row(struct ogc *o, struct html *h, uint32_t feature)
{
    struct im_buf text = {.max = 1024 * 1024};

    write_row(o, h, feature, &text);
    im_buf_release(&text);
}

void ogc_page_items_end(struct ogc *o, struct html *h)
{
    if (o->answer.n_hits)
        html_markup(h, "</tbody></table></div>");
    write_paging(o, h, &o->answer);
    ogc_page_end(o, h);
}

/* ---- one feature ---- */

static void write_position(struct ogc *o, struct html *h, uint32_t feature)
{
    struct geom g = ogc_geometry(o, feature);

    if (g.kind != GEOM_POINT)
        return;
    html_markup(h, "<tr><th scope=\"row\">");
    html_string(h, ogc_say(o, "位置（经度、纬度）", "Position (longitude, latitude)"));
    html_markup(h, "</th><td>");
    html_number(h, g.lonlat[0], 5);
    html_markup(h, ", ");
    html_number(h, g.lonlat[1], 5);
    html_markup(h, "</td></tr>\n");
}

void ogc_page_item(struct ogc *o, struct html *h, uint32_t feature)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct im_bytes name = query_name(o->layer, feature, o->lang);
    struct im_buf text = {.max = 1024 * 1024};
    char number[IM_NUMBER_MAX];
    char *title;

    if (name.len == 0)
        atlas_key(o->layer, feature, number, &name);
    title = im_arena_strdup(o->arena, name);
    ogc_page_begin(o, h, title ? title : "");
    html_markup(h, "<div class=\"scroll\"><table class=\"facts\"><tbody>");
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!ogc_field_is_open(&schema->fields[i]) ||
            atlas_is_null(o->layer, feature, (int)i))
            continue;
        html_markup(h, "<tr><th scope=\"row\">");
        html_string(h, query_title(schema->fields[i].title, o->lang));
        html_markup(h, "</th><td>");
        write_value(o, h, feature, i, &text);
        if (schema->fields[i].unit[0]) {
            html_markup(h, " ");
            html_string(h, schema->fields[i].unit);
        }
        html_markup(h, "</td></tr>\n");
    }
    write_position(o, h, feature);
    html_markup(h, "</tbody></table></div>");
    ogc_page_end(o, h);
    im_buf_release(&text);
}
