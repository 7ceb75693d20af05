/* SPDX-License-Identifier: Apache-2.0 */
/* The API for people: addresses, parameters, coordinate systems, clients. */
#include "ogc.h"

struct path {
    const char *path;
    struct schema_title about;
};

static const struct path paths[] = {
    {"/", {"首页", "landing page"}},
    {"/collections", {"全部集合", "all collections"}},
    {"/collections/ID", {"一个集合：范围、来源、许可", "extent, source, licence"}},
    {"/collections/ID/items",
     {"要素；可过滤、排序、分页", "features; filter, sort, page"}},
    {"/collections/ID/items/KEY", {"一个要素", "one feature"}},
    {"/collections/ID/schema", {"字段", "fields"}},
    {"/collections/ID/queryables", {"可过滤的字段", "fields for filters"}},
    {"/collections/ID/sortables", {"可排序的字段", "fields for sorting"}},
    {"/functions", {"过滤条件可用的函数", "functions of filters"}},
    {"/conformance", {"遵循的标准", "conformance"}},
    {"/api", {"OpenAPI 3.0 描述", "OpenAPI 3.0 document"}},
};

static void begin_table(struct ogc *o, struct html *h, const char *zh, const char *en)
{
    html_markup(h, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
                   "<th scope=\"col\">");
    html_string(h, ogc_say(o, zh, en));
    html_markup(h, "</th><th scope=\"col\">");
    html_string(h, ogc_say(o, "说明", "What it is"));
    html_markup(h, "</th></tr></thead><tbody>");
}

static void end_table(struct html *h)
{
    html_markup(h, "</tbody></table></div>");
}

static void row(struct html *h, const char *name, const char *about)
{
    html_markup(h, "<tr><td><code>");
    html_string(h, name);
    html_markup(h, "</code></td><td>");
    html_string(h, about);
    html_markup(h, "</td></tr>\n");
}

static void heading(struct html *h, const char *text)
{
    html_markup(h, "<h2>");
    html_string(h, text);
    html_markup(h, "</h2>");
}

static void write_params(struct ogc *o, struct html *h)
{
    heading(h, ogc_say(o, "items 的参数", "Parameters of items"));
    begin_table(o, h, "参数", "Parameter");
    for (int p = 0; p < OGC_ITEM_PARAMS; p++) {
        char about[256];
        const char *text = query_title(ogc_item_param_about[p], o->lang);

        snprintf(about, sizeof about,
                 p == OGC_P_LIMIT ? "%.180s (1..%d, %d)" : "%.180s", text,
                 OGC_MAX_LIMIT, OGC_DEFAULT_LIMIT);
        row(h, ogc_item_params[p].name, about);
    }
    row(h, ogc_say(o, "字段名=值", "FIELD=VALUE"),
        ogc_say(o, "字段等于该值", "the field has this value"));
    end_table(h);
}

static void write_crs(struct ogc *o, struct html *h)
{
    heading(h, ogc_say(o, "坐标系", "Coordinate systems"));
    begin_table(o, h, "crs、bbox-crs、filter-crs", "crs, bbox-crs, filter-crs");
    for (size_t i = 0; i < OGC_CRS_COUNT; i++) {
        char about[256];

        snprintf(about, sizeof about, "%s (%s)",
                 query_title(ogc_crs_list[i].title, o->lang),
                 query_title(ogc_crs_list[i].axes, o->lang));
        row(h, ogc_crs_list[i].uri, about);
    }
    end_table(h);
}

static void write_clients(struct ogc *o, struct html *h)
{
    char command[400];

    heading(h, ogc_say(o, "其他软件", "Other programs"));
    snprintf(command, sizeof command, "ogrinfo OAPIF:%s", o->base);
    html_markup(h, "<p>GDAL: <code>");
    html_string(h, command);
    html_markup(h, "</code></p><p>QGIS: ");
    html_string(h, ogc_say(o, "图层 → 添加图层 → 添加 WFS / OGC API – Features 图层",
                           "Layer → Add Layer → Add WFS / OGC API – Features Layer"));
    html_markup(h, " <code>");
    html_string(h, o->base);
    html_markup(h, "</code></p>");
}

void ogc_page_api(struct ogc *o, struct html *h)
{
    ogc_page_begin(o, h, ogc_say(o, "接口说明", "The API"));
    begin_table(o, h, "地址", "Address");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        row(h, paths[i].path, query_title(paths[i].about, o->lang));
    end_table(h);
    write_params(o, h);
    write_crs(o, h);
    write_clients(o, h);
    html_markup(h, "<p>");
    html_link(h, ogc_address(o, "/api", "json"), im_bytes_of("OpenAPI 3.0"));
    html_markup(h, "</p>");
    ogc_page_end(o, h);
}
