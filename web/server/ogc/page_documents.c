/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: landing, conformance, functions, collections, fields. */
#include "ogc.h"

#include <math.h>

static void paragraph(struct html *h, const char *text)
{
    if (!text[0])
        return;
    html_markup(h, "<p>");
    html_string(h, text);
    html_markup(h, "</p>");
}

static void heading(struct html *h, const char *text)
{
    html_markup(h, "<h2>");
    html_string(h, text);
    html_markup(h, "</h2>");
}

static void column(struct html *h, const char *title)
{
    html_markup(h, "<th scope=\"col\">");
    html_string(h, title);
    html_markup(h, "</th>");
}

static void cell(struct html *h, const char *text)
{
    html_markup(h, "<td>");
    html_string(h, text);
    html_markup(h, "</td>");
}

static void code_cell(struct html *h, const char *text)
{
    html_markup(h, "<td><code>");
    html_string(h, text);
    html_markup(h, "</code></td>");
}

static const char *geometry_title(const struct ogc *o, enum schema_geometry kind)
{
    static const struct schema_title titles[] = {
        [SCHEMA_NONE] = {"表格，无位置", "table, no positions"},
        [SCHEMA_POINT] = {"点", "points"},
        [SCHEMA_LINE] = {"线", "lines"},
        [SCHEMA_AREA] = {"面", "areas"},
        [SCHEMA_MIXED] = {"点、线、面", "points, lines, areas"}};

    return query_title(titles[kind], o->lang);
}

/* ---- collections ---- */

static void
collection_row(struct ogc *o, struct html *h, const struct atlas_layer *layer)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);

    html_markup(h, "<tr><th scope=\"row\">");
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, ""), "html"),
              im_bytes_of(query_title(schema->title, o->lang)));
    html_markup(h, "</th><td class=\"number\">");
    html_integer(h, ogc_count(o, layer));
    html_markup(h, "</td>");
    cell(h, geometry_title(o, schema->geometry));
    html_markup(h, "<td>");
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, "/items"), "html"),
              im_bytes_of(ogc_say(o, "查看", "Browse")));
    html_markup(h, "</td></tr>\n");
}

static void collection_table(struct ogc *o, struct html *h)
{
    html_markup(h, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    column(h, ogc_say(o, "集合", "Collection"));
    html_markup(h, "<th scope=\"col\" class=\"number\">");
    html_string(h, ogc_say(o, "条数", "Features"));
    html_markup(h, "</th>");
    column(h, ogc_say(o, "类型", "Kind"));
    column(h, ogc_say(o, "要素", "Features"));
    html_markup(h, "</tr></thead><tbody>");
    for (size_t i = 0; i < atlas_layer_count(o->atlas); i++)
        if (ogc_offers(atlas_layer_at(o->atlas, i)))
            collection_row(o, h, atlas_layer_at(o->atlas, i));
    html_markup(h, "</tbody></table></div>");
}

void ogc_page_collections(struct ogc *o, struct html *h)
{
    ogc_page_begin(o, h, ogc_say(o, "数据集合", "Collections"));
    collection_table(o, h);
    ogc_page_end(o, h);
}

void ogc_page_landing(struct ogc *o, struct html *h)
{
    ogc_page_begin(o, h, ogc_say(o, "开放数据接口", "Open data"));
    paragraph(h,
              ogc_say(o,
                      "按 OGC API – Features 标准提供全部公开图层。浏览器可直接查看、"
                      "过滤和下载；QGIS、GDAL 等软件连接下面的地址。",
                      "All public layers by the standard OGC API – Features. Browse, "
                      "filter and download here; connect QGIS, GDAL and others to "
                      "this address."));
    html_markup(h, "<p><code>");
    html_string(h, o->base);
    html_markup(h, "</code></p>");
    collection_table(o, h);
    html_markup(h, "<ul class=\"links\"><li>");
    html_link(h, ogc_address(o, "/conformance", "html"),
              im_bytes_of(ogc_say(o, "遵循的标准", "Conformance")));
    html_markup(h, "</li><li>");
    html_link(h, ogc_address(o, "/functions", "html"),
              im_bytes_of(ogc_say(o, "过滤函数", "Functions of filters")));
    html_markup(h, "</li></ul>");
    ogc_page_end(o, h);
}

/* ---- one collection ---- */

static void fact(struct html *h, const char *title, const char *text)
{
    if (!text[0])
        return;
    html_markup(h, "<tr><th scope=\"row\">");
    html_string(h, title);
    html_markup(h, "</th>");
    cell(h, text);
    html_markup(h, "</tr>\n");
}

static void licence_fact(struct ogc *o, struct html *h, const char *licence)
{
    const char *address = ogc_licence_address(licence);

    if (!address) {
        fact(h, ogc_say(o, "许可", "Licence"), licence);
        return;
    }
    html_markup(h, "<tr><th scope=\"row\">");
    html_string(h, ogc_say(o, "许可", "Licence"));
    html_markup(h, "</th><td>");
    html_link(h, address, im_bytes_of(licence));
    html_markup(h, "</td></tr>\n");
}

static void write_facts(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct bbox box = atlas_layer_extent(o->layer);
    char text[160];

    html_markup(h, "<div class=\"scroll\"><table class=\"facts\"><tbody>");
    snprintf(text, sizeof text, "%u", ogc_count(o, o->layer));
    fact(h, ogc_say(o, "条数", "Features"), text);
    fact(h, ogc_say(o, "类型", "Kind"), geometry_title(o, schema->geometry));
    if (!bbox_is_empty(box)) {
        snprintf(text, sizeof text, "%.4f, %.4f – %.4f, %.4f", box.min_x, box.min_y,
                 box.max_x, box.max_y);
        fact(h, ogc_say(o, "范围（经纬度）", "Extent (longitude, latitude)"), text);
    }
    fact(h, ogc_say(o, "来源", "Source"), query_title(schema->source, o->lang));
    fact(h, ogc_say(o, "资料日期", "Date of the source"), schema->source_date);
    licence_fact(o, h, schema->licence);
    fact(h, ogc_say(o, "署名", "Attribution"),
         query_title(schema->attribution, o->lang));
    fact(h, ogc_say(o, "更新于", "Updated"), atlas_layer_changed_at(o->layer));
    html_markup(h, "</tbody></table></div>");
}

/* ---- a small still map: our own tiles, of the base map and this layer ---- */

struct window {
    unsigned zoom;
    uint32_t x0;
    uint32_t y0;
    uint32_t x1;
    uint32_t y1;
};

/* The largest zoom at which the extent lies in at most 3 x 2 tiles. */
static struct window window_of(struct bbox box)
{
    struct window w = {0};

    for (unsigned zoom = 0; zoom <= 12; zoom++) {
        unsigned shift = 32 - zoom;
        struct window next = {.zoom = zoom,
                              .x0 = (uint32_t)((uint64_t)world_x(box.min_x) >> shift),
                              .x1 = (uint32_t)((uint64_t)world_x(box.max_x) >> shift),
                              .y0 = (uint32_t)((uint64_t)world_y(box.max_y) >> shift),
                              .y1 = (uint32_t)((uint64_t)world_y(box.min_y) >> shift)};

        if (next.x1 - next.x0 > 2 || next.y1 - next.y0 > 1)
            break;
        w = next;
    }
    return w;
}

/* Base layers and this one, as the tile paths have them: sorted, with commas. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *map_layers(struct ogc *o)
{
    const char *ids[64];
    struct im_buf text = {.max = 4096};
    char *list;
    size_t n = 0;

    ids[n++] = atlas_layer_schema(o->layer)->id;
    for (size_t i = 0; i < atlas_layer_count(o->atlas) && n < 48; i++) {
        const struct layer_schema *schema =
            atlas_layer_schema(atlas_layer_at(o->atlas, i));

        if (schema->is_base && !schema->is_internal && schema->in_map)
            ids[n++] = schema->id;
    }
    qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 0; i < n; i++)
        im_buf_printf(&text, i ? ",%s" : "%s", ids[i]);
    list = im_arena_strdup(o->arena, im_buf_bytes(&text));
    im_buf_release(&text);
    return list ? list : "";
}

static void write_map(struct ogc *o, struct html *h)
{
    struct bbox box = atlas_layer_extent(o->layer);
    const char *layers = map_layers(o);
    struct window w;
    char text[4400];

    if (bbox_is_empty(box))
        return;
    w = window_of(box);
    snprintf(text, sizeof text, "map c%u", w.x1 - w.x0 + 1);
    html_markup(h, "<div");
    html_attribute(h, "class", im_bytes_of(text));
    html_markup(h, " role=\"img\"");
    html_attribute(h, "aria-label",
                   im_bytes_of(ogc_say(o, "分布示意图", "Map of the features")));
    html_markup(h, ">");
    for (uint32_t y = w.y0; y <= w.y1; y++)
        for (uint32_t x = w.x0; x <= w.x1; x++) {
            snprintf(text, sizeof text, "/tiles/%s/%u/%u/%u@2x.png?lang=%s", layers,
                     w.zoom, x, y, o->lang == LANG_ZH ? "zh" : "en");
            html_markup(h, "<img alt=\"\" width=\"256\" height=\"256\" "
                           "loading=\"lazy\"");
            html_address(h, "src", text);
            html_markup(h, ">");
        }
    html_markup(h, "</div>");
}

void ogc_page_collection(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    ogc_page_begin(o, h, query_title(schema->title, o->lang));
    paragraph(h, query_title(schema->completeness, o->lang));
    html_markup(h, "<ul class=\"links\"><li>");
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, "/items"), "html"),
              im_bytes_of(ogc_say(o, "浏览与过滤", "Browse and filter")));
    html_markup(h, "</li><li>");
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, "/items"), "csv"),
              im_bytes_of(ogc_say(o, "下载 CSV", "Download CSV")));
    html_markup(h, "</li><li>");
    html_link(h, ogc_address(o, ogc_layer_path(o, schema, "/schema"), "html"),
              im_bytes_of(ogc_say(o, "字段", "Fields")));
    html_markup(h, "</li></ul>");
    write_map(o, h);
    write_facts(o, h);
    ogc_page_end(o, h);
}

/* ---- fields ---- */

static const char *type_title(const struct ogc *o, const struct schema_field *field)
{
    return field->list                    ? ogc_say(o, "列表", "list")
           : field->type == FIELD_TEXT    ? ogc_say(o, "文本", "text")
           : field->type == FIELD_INTEGER ? ogc_say(o, "整数", "whole number")
                                          : ogc_say(o, "数字", "number");
}

static void write_codes(struct ogc *o, struct html *h, const struct schema_field *f)
{
    html_markup(h, "<td>");
    html_string(h, f->unit);
    for (size_t i = 0; i < f->n_codes; i++) {
        html_markup(h, "<code>");
        html_string(h, f->codes[i].code);
        html_markup(h, "</code> ");
        html_string(h, query_title(f->codes[i].title, o->lang));
        html_markup(h, "<br>");
    }
    html_markup(h, "</td>");
}

void ogc_page_schema(struct ogc *o, struct html *h)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    ogc_page_begin(
        o, h,
        o->what == OGC_SORTABLES ? ogc_say(o, "可排序的字段", "Fields for sorting")
        : o->what == OGC_QUERYABLES ? ogc_say(o, "可过滤的字段", "Fields for filters")
                                    : ogc_say(o, "字段", "Fields"));
    html_markup(h, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    column(h, ogc_say(o, "字段", "Field"));
    column(h, ogc_say(o, "标题", "Title"));
    column(h, ogc_say(o, "类型", "Type"));
    column(h, ogc_say(o, "单位、代码", "Unit, codes"));
    html_markup(h, "</tr></thead><tbody>");
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct schema_field *field = &schema->fields[i];

        if (o->what == OGC_SORTABLES ? !ogc_field_sorts(field)
                                     : !ogc_field_is_open(field))
            continue;
        html_markup(h, "<tr>");
        code_cell(h, field->name);
        cell(h, query_title(field->title, o->lang));
        cell(h, type_title(o, field));
        write_codes(o, h, field);
        html_markup(h, "</tr>\n");
    }
    html_markup(h, "</tbody></table></div>");
    ogc_page_end(o, h);
}

/* ---- conformance, functions ---- */

void ogc_page_conformance(struct ogc *o, struct html *h)
{
    ogc_page_begin(o, h, ogc_say(o, "遵循的标准", "Conformance"));
    paragraph(h,
              ogc_say(o, "每一项都完整实现。", "Each of these is implemented whole."));
    html_markup(h, "<ul>");
    for (size_t i = 0; ogc_conformance[i]; i++) {
        html_markup(h, "<li><code>");
        html_string(h, ogc_conformance[i]);
        html_markup(h, "</code></li>");
    }
    html_markup(h, "</ul>");
    ogc_page_end(o, h);
}

void ogc_page_functions(struct ogc *o, struct html *h)
{
    ogc_page_begin(o, h, ogc_say(o, "过滤函数", "Functions of filters"));
    html_markup(h, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
    column(h, ogc_say(o, "函数", "Function"));
    column(h, ogc_say(o, "说明", "What it gives"));
    html_markup(h, "</tr></thead><tbody>");
    for (size_t i = 0; i < cql_n_functions; i++) {
        const struct cql_function *f = &cql_functions[i];

        html_markup(h, "<tr><td><code>");
        html_string(h, f->name);
        html_markup(h, "(");
        for (size_t a = 0; f->arguments[a]; a++) {
            html_string(h, a ? ", " : "");
            html_string(h, f->arguments[a]);
        }
        html_markup(h, ") → ");
        html_string(h, f->returns);
        html_markup(h, "</code></td>");
        cell(h, query_title(f->about, o->lang));
        html_markup(h, "</tr>\n");
    }
    html_markup(h, "</tbody></table></div>");
    heading(h, ogc_say(o, "例", "Example"));
    html_markup(h, "<p><code>");
    html_string(h, "S_INTERSECTS(geometry, BBOX(121, 31, 122, 32))");
    html_markup(h, "</code></p>");
    ogc_page_end(o, h);
}
