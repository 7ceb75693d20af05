/* SPDX-License-Identifier: Apache-2.0 */
/* layers: what there is. Counts, sources, fields, legend; of the layers that are named
 * also where their rows came from. */
#include "api/call.h"

#include "api/notice.h"
#include "api/table.h"

#include <layers/history.h>

#include <jansson.h>

struct context {
    struct im_json *w;
    enum lang lang;
    bool is_named;       /* which layers, was said */
    const json_t *sheet; /* the stylesheet that was asked for; NULL: none */
};

/* Beside each layer the run that last changed it; NULL: not known or not asked for. */
struct layers_answer {
    const struct history_run **runs;
    const struct stylesheet *sheet;
};

static void write_title(struct context *c, const char *key, struct schema_title title)
{
    api_write_text(c->w, key, query_title(title, c->lang));
}

static const char *type_name(enum field_type type)
{
    return type == FIELD_TEXT ? "text" : type == FIELD_INTEGER ? "integer" : "real";
}

static void write_field(struct context *c, const struct schema_field *field)
{
    im_json_object(c->w);
    api_write_text(c->w, "name", field->name);
    write_title(c, "title", field->title);
    api_write_text(c->w, "type", type_name(field->type));
    api_write_text(c->w, "unit", field->unit);
    im_json_key(c->w, "codes");
    im_json_array(c->w);
    for (size_t i = 0; i < field->n_codes; i++) {
        im_json_object(c->w);
        api_write_text(c->w, "code", field->codes[i].code);
        write_title(c, "title", field->codes[i].title);
        im_json_object_end(c->w);
    }
    im_json_array_end(c->w);
    im_json_object_end(c->w);
}

static void write_fields(struct context *c, const struct layer_schema *schema)
{
    im_json_key(c->w, "fields");
    im_json_array(c->w);
    for (size_t i = 0; i < schema->n_fields; i++)
        if (!schema->fields[i].hidden)
            write_field(c, &schema->fields[i]);
    im_json_array_end(c->w);
}

static void write_by_precision(struct context *c, const struct atlas_layer *layer)
{
    im_json_key(c->w, "by_precision");
    im_json_object(c->w);
    for (unsigned p = 0; p <= PRECISION_CITY; p++) {
        uint32_t n = atlas_layer_count_of(layer, (enum precision)p);

        if (n)
            api_write_int(c->w, precision_name((enum precision)p), n);
    }
    im_json_object_end(c->w);
}

static void write_extent(struct context *c, struct bbox box)
{
    im_json_key(c->w, "extent");
    if (bbox_is_empty(box)) {
        im_json_null(c->w);
        return;
    }
    im_json_array(c->w);
    im_json_number(c->w, box.min_x, 6);
    im_json_number(c->w, box.min_y, 6);
    im_json_number(c->w, box.max_x, 6);
    im_json_number(c->w, box.max_y, 6);
    im_json_array_end(c->w);
}

/* [[zoom, name of an image], ..]: what stands for it from these zooms on. */
static void write_images(struct context *c, const json_t *images)
{
    im_json_key(c->w, "images");
    im_json_array(c->w);
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *pair = json_array_get(images, i);
        const char *name = json_string_value(json_array_get(pair, 1));

        im_json_array(c->w);
        im_json_number(c->w, json_number_value(json_array_get(pair, 0)), 2);
        im_json_text(c->w, name ? name : "");
        im_json_array_end(c->w);
    }
    im_json_array_end(c->w);
}

static void write_legend_entry(struct context *c, const json_t *entry)
{
    static const char *const texts[] = {"shape", "color", "outline", "pattern"};
    static const char *const numbers[] = {"opacity", "minzoom"};
    json_t *title = json_object_get(entry, "title");
    const char *text =
        json_string_value(json_object_get(title, c->lang == LANG_ZH ? "zh" : "en"));

    if (!text || !*text)
        text = json_string_value(json_object_get(title, "zh"));
    im_json_object(c->w);
    api_write_text(c->w, "title", text);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (i < 2 || json_object_get(entry, texts[i]))
            api_write_text(c->w, texts[i],
                           json_string_value(json_object_get(entry, texts[i])));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (json_is_number(json_object_get(entry, numbers[i]))) {
            im_json_key(c->w, numbers[i]);
            im_json_number(c->w, json_number_value(json_object_get(entry, numbers[i])),
                           2);
        }
    if (json_object_get(entry, "images"))
        write_images(c, json_object_get(entry, "images"));
    im_json_object_end(c->w);
}

/* Does the stylesheet draw it: then the layer's own colours are not those on the map.
 */
static bool is_drawn_by(const json_t *sheet, const char *layer)
{
    const json_t *layers = json_object_get(sheet, "layers");

    for (size_t i = 0; i < json_array_size(layers); i++) {
        const char *of = json_string_value(
            json_object_get(json_array_get(layers, i), "source-layer"));

        if (of && strcmp(of, layer) == 0)
            return true;
    }
    return false;
}

/* Of the stylesheet; of layers that it says nothing of, as their style.json has it. */
static void write_legend(struct context *c, const struct atlas_layer *layer)
{
    const char *id = atlas_layer_schema(layer)->id;
    const json_t *said =
        json_object_get(json_object_get(c->sheet, "metadata"), "legend");
    bool is_own = !is_drawn_by(c->sheet, id);
    const char *style = is_own ? atlas_layer_style_json(layer) : NULL;
    json_t *root = style ? json_loads(style, 0, NULL) : NULL;
    const json_t *legend = is_own ? json_object_get(root, "legend") : said;

    im_json_key(c->w, "legend");
    im_json_array(c->w);
    for (size_t i = 0; i < json_array_size(legend); i++) {
        const json_t *entry = json_array_get(legend, i);
        const char *of = json_string_value(json_object_get(entry, "layer"));

        if (is_own || (of && strcmp(of, id) == 0))
            write_legend_entry(c, entry);
    }
    im_json_array_end(c->w);
    json_decref(root);
}

/* The run that last changed the layer. */
static void write_imported(struct context *c, const struct history_run *run)
{
    api_write_text(c->w, "crs", "EPSG:4326");
    im_json_key(c->w, "imported");
    if (!run) {
        im_json_null(c->w);
        return;
    }
    im_json_object(c->w);
    api_write_int(c->w, "run", (uint64_t)run->run_id);
    api_write_text(c->w, "at", run->finished_at);
    api_write_text(c->w, "origin", run->origin);
    api_write_text(c->w, "file", run->file_name);
    api_write_text(c->w, "crs", run->crs);
    im_json_object_end(c->w);
}

static void write_layer(struct context *c,
                        const struct atlas_layer *layer,
                        const struct history_run *run)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);

    im_json_object(c->w);
    api_write_text(c->w, "id", schema->id);
    api_write_text(c->w, "key", schema->fields[schema->key].name);
    write_title(c, "title", schema->title);
    api_write_text(c->w, "group", schema_group_name(schema->group));
    api_write_text(c->w, "geometry", schema_geometry_name(schema->geometry));
    api_write_int(c->w, "count", atlas_layer_size(layer));
    api_write_int(c->w, "placed", atlas_layer_placed(layer));
    write_by_precision(c, layer);
    api_write_int(c->w, "version", atlas_layer_version(layer));
    api_write_text(c->w, "changed_at", atlas_layer_changed_at(layer));
    write_title(c, "source", schema->source);
    api_write_text(c->w, "source_date", schema->source_date);
    api_write_text(c->w, "licence", schema->licence);
    write_title(c, "attribution", schema->attribution);
    write_title(c, "completeness", schema->completeness);
    write_extent(c, atlas_layer_extent(layer));
    im_json_key(c->w, "in_map");
    im_json_bool(c->w, schema->in_map);
    if (c->is_named)
        write_imported(c, run);
    write_fields(c, schema);
    write_legend(c, layer);
    im_json_object_end(c->w);
}

/* ---- understanding ---- */

static enum im_code all_layers(struct api_call *c, struct im_error *err)
{
    size_t n = atlas_layer_count(c->atlas);
    const struct atlas_layer **layers =
        im_arena_calloc(c->arena, n + 1, sizeof *layers);

    if (!layers)
        return im_fail(err, IM_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const struct atlas_layer *layer = atlas_layer_at(c->atlas, i);

        if (api_takes_layer(atlas_layer_schema(layer), API_PUBLIC))
            layers[c->request.n_layers++] = layer;
    }
    c->request.layers = layers;
    return IM_OK;
}

static enum im_code
find_runs(struct api_call *c, struct layers_answer *a, struct im_error *err)
{
    struct store *store = NULL;
    struct history_run *runs = NULL;
    size_t n = 0;
    enum im_code rc = store_open(c->db_path, STORE_READ, &store, err);

    a->runs = im_arena_calloc(c->arena, c->request.n_layers + 1, sizeof *a->runs);
    if (rc == IM_OK && !a->runs)
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        rc = history_list(store, NULL, c->arena, &runs, &n, err);
    store_close(store);
    for (size_t l = 0; l < c->request.n_layers && rc == IM_OK; l++) {
        const char *id = atlas_layer_schema(c->request.layers[l])->id;

        for (size_t i = 0; i < n; i++)
            if (strcmp(runs[i].layer_id, id) == 0 &&
                strcmp(runs[i].outcome, "changed") == 0)
                a->runs[l] = &runs[i];
    }
    return rc;
}

static enum im_code
find_sheet(struct api_call *c, struct layers_answer *a, struct im_error *err)
{
    struct im_bytes id = c->values[API_STYLE].text;
    char known[200] = "default";

    if (!api_is_set(c, API_STYLE) || im_bytes_equal(id, im_bytes_of("default")))
        return IM_OK;
    a->sheet = stylesheet_set_find(c->styles, id);
    if (a->sheet)
        return IM_OK;
    for (uint32_t i = 0; i < stylesheet_set_size(c->styles); i++) {
        size_t n = strlen(known);

        snprintf(known + n, sizeof known - n, ", %s",
                 stylesheet_id(stylesheet_set_at(c->styles, i)));
    }
    api_fault(c, API_STYLE, id);
    im_fail(err, IM_ENOTFOUND, "there is no style '%.*s'; known are %s", (int)id.len,
            (const char *)id.data, known);
    return im_zh(err, IM_ENOTFOUND, "没有样式“%.*s”；可用样式为 %s", (int)id.len,
                 (const char *)id.data, known);
}

enum im_code api_layers_run(struct api_call *c, struct im_error *err)
{
    struct layers_answer *a = im_arena_calloc(c->arena, 1, sizeof *a);
    const struct atlas_layer **layers;
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = a;
    rc = find_sheet(c, a, err);
    if (rc != IM_OK)
        return rc;
    if (!api_is_set(c, API_LAYER))
        return all_layers(c, err);
    rc = api_layers(c, API_LAYER, API_PUBLIC, &layers, &c->request.n_layers, err);
    if (rc != IM_OK)
        return rc;
    c->request.layers = layers;
    return find_runs(c, a, err);
}

/* ---- JSON ---- */

static void write_attribution(struct context *c, const struct query_request *q)
{
    struct im_buf text = {.max = 16384};

    for (size_t i = 0; i < q->n_layers; i++)
        query_add_attribution(&text, q->layers[i], c->lang);
    im_json_key(c->w, "attribution");
    im_json_string(c->w, im_buf_bytes(&text));
    im_buf_release(&text);
}

static void write_problems(struct context *c, const struct atlas *atlas)
{
    im_json_key(c->w, "problems");
    im_json_array(c->w);
    for (size_t i = 0; i < atlas_problem_count(atlas); i++)
        im_json_text(c->w, atlas_problem(atlas, i));
    im_json_array_end(c->w);
}

/* What "style" may be asked for; "order" is that of a list to choose from. */
static void write_styles(struct context *c, const struct stylesheet_set *styles)
{
    im_json_key(c->w, "styles");
    im_json_array(c->w);
    for (uint32_t i = 0; i < stylesheet_set_size(styles); i++) {
        const struct stylesheet *sheet = stylesheet_set_at(styles, i);

        im_json_object(c->w);
        api_write_text(c->w, "id", stylesheet_id(sheet));
        api_write_text(c->w, "title", stylesheet_title(sheet, c->lang));
        api_write_int(c->w, "order", (uint64_t)stylesheet_order(sheet));
        im_json_key(c->w, "theme");
        im_json_bool(c->w, stylesheet_is_theme(sheet));
        im_json_object_end(c->w);
    }
    im_json_array_end(c->w);
}

void api_layers_write(const struct api_call *call, struct im_json *w)
{
    const struct layers_answer *a = call->other;
    struct im_bytes sheet = a->sheet ? stylesheet_json(a->sheet) : im_bytes_of("");
    json_t *root =
        a->sheet ? json_loadb((const char *)sheet.data, sheet.len, 0, NULL) : NULL;
    struct context context = {w, call->lang, a->runs != NULL, root};
    struct context *c = &context;

    im_json_object(w);
    im_json_key(w, "layers");
    im_json_array(w);
    for (size_t i = 0; i < call->request.n_layers; i++)
        write_layer(c, call->request.layers[i], a->runs ? a->runs[i] : NULL);
    im_json_array_end(w);
    api_write_int(w, "data_version", atlas_version(call->atlas));
    write_attribution(c, &call->request);
    api_write_text(w, "notice", notice_text(c->lang));
    api_write_text(w, "review_number", call->review_number);
    write_styles(c, call->styles);
    write_problems(c, call->atlas);
    im_json_object_end(w);
    json_decref(root);
}

/* ---- tables ---- */

void api_layers_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct layers_answer *a = c->other;

    table_column(t, api_text(c, "图层", "Layer"), "id");
    table_column(t, api_text(c, "名称", "Title"), "title");
    table_number_column(t, api_text(c, "条数", "Rows"), "count");
    table_column(t, api_text(c, "数据时间", "Date"), "source_date");
    table_column(t, api_text(c, "来源", "Source"), "source");
    table_column(t, api_text(c, "坐标系", "CRS"), "crs");
    if (a->runs)
        table_column(t, api_text(c, "导入", "Imported"), "imported");
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);

        table_text(t, im_bytes_of(schema->id));
        table_text(t, im_bytes_of(query_title(schema->title, c->lang)));
        table_number(t, atlas_layer_size(c->request.layers[i]), 0);
        table_text(t, im_bytes_of(schema->source_date));
        table_text(t, im_bytes_of(query_title(schema->source, c->lang)));
        table_words(t, "%s", schema->geometry == SCHEMA_NONE ? "-" : "EPSG:4326");
        if (a->runs && a->runs[i])
            table_words(t, "%s, %s, %s", a->runs[i]->finished_at, a->runs[i]->file_name,
                        a->runs[i]->crs);
        else if (a->runs)
            table_empty(t);
    }
}
