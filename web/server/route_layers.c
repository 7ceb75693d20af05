/* SPDX-License-Identifier: Apache-2.0 */
/* What there is: layers, counts, sources, fields, legend. */
#include "routes.h"
#include "server_state.h"

#include <engine/json_writer.h>

#include <inttypes.h>
#include <jansson.h>
#include <xxhash.h>

struct context {
    struct im_json *w;
    enum lang lang;
};

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static void write_int(struct im_json *w, const char *key, uint64_t value)
{
    im_json_key(w, key);
    im_json_int(w, (int64_t)value);
}

static void write_title(struct context *c, const char *key, struct schema_title title)
{
    write_text(c->w, key, query_title(title, c->lang));
}

static const char *type_name(enum field_type type)
{
    return type == FIELD_TEXT ? "text" : type == FIELD_INTEGER ? "integer" : "real";
}

static void write_field(struct context *c, const struct schema_field *field)
{
    im_json_object(c->w);
    write_text(c->w, "name", field->name);
    write_title(c, "title", field->title);
    write_text(c->w, "type", type_name(field->type));
    write_text(c->w, "unit", field->unit);
    im_json_key(c->w, "codes");
    im_json_array(c->w);
    for (size_t i = 0; i < field->n_codes; i++) {
        im_json_object(c->w);
        write_text(c->w, "code", field->codes[i].code);
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
            write_int(c->w, precision_name((enum precision)p), n);
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

static void write_legend_entry(struct context *c, const json_t *entry)
{
    json_t *title = json_object_get(entry, "title");
    const char *text =
        json_string_value(json_object_get(title, c->lang == LANG_ZH ? "zh" : "en"));

    if (!text || !*text)
        text = json_string_value(json_object_get(title, "zh"));
    im_json_object(c->w);
    write_text(c->w, "title", text);
    write_text(c->w, "shape", json_string_value(json_object_get(entry, "shape")));
    write_text(c->w, "color", json_string_value(json_object_get(entry, "color")));
    im_json_object_end(c->w);
}

static void write_legend(struct context *c, const struct atlas_layer *layer)
{
    const char *style = atlas_layer_style_json(layer);
    json_t *root = style ? json_loads(style, 0, NULL) : NULL;
    const json_t *legend = json_object_get(root, "legend");

    im_json_key(c->w, "legend");
    im_json_array(c->w);
    for (size_t i = 0; i < json_array_size(legend); i++)
        write_legend_entry(c, json_array_get(legend, i));
    im_json_array_end(c->w);
    json_decref(root);
}

static void write_layer(struct context *c, const struct atlas_layer *layer)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);

    im_json_object(c->w);
    write_text(c->w, "id", schema->id);
    write_text(c->w, "key", schema->fields[schema->key].name);
    write_title(c, "title", schema->title);
    write_text(c->w, "group", schema_group_name(schema->group));
    write_text(c->w, "geometry", schema_geometry_name(schema->geometry));
    write_int(c->w, "count", atlas_layer_size(layer));
    write_int(c->w, "placed", atlas_layer_placed(layer));
    write_by_precision(c, layer);
    write_int(c->w, "version", atlas_layer_version(layer));
    write_text(c->w, "changed_at", atlas_layer_changed_at(layer));
    write_title(c, "source", schema->source);
    write_text(c->w, "source_date", schema->source_date);
    write_text(c->w, "licence", schema->licence);
    write_title(c, "attribution", schema->attribution);
    write_title(c, "completeness", schema->completeness);
    write_extent(c, atlas_layer_extent(layer));
    im_json_key(c->w, "in_map");
    im_json_bool(c->w, schema->in_map);
    write_fields(c, schema);
    write_legend(c, layer);
    im_json_object_end(c->w);
}

static bool is_shown(const struct atlas_layer *layer)
{
    return !atlas_layer_schema(layer)->is_internal;
}

static void write_attribution(struct context *c, const struct atlas *atlas)
{
    struct im_buf text = {.max = 16384};

    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        if (is_shown(atlas_layer_at(atlas, i)))
            query_add_attribution(&text, atlas_layer_at(atlas, i), c->lang);
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

static void
write_layers(struct context *c, const struct atlas *atlas, const char *review)
{
    im_json_object(c->w);
    im_json_key(c->w, "layers");
    im_json_array(c->w);
    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        if (is_shown(atlas_layer_at(atlas, i)))
            write_layer(c, atlas_layer_at(atlas, i));
    im_json_array_end(c->w);
    write_int(c->w, "data_version", atlas_version(atlas));
    write_attribution(c, atlas);
    write_text(c->w, "notice", notice_text(c->lang));
    write_text(c->w, "review_number", review);
    write_problems(c, atlas);
    im_json_object_end(c->w);
}

static enum im_code make_layers(struct work_waiter *first,
                                struct worker *worker,
                                struct body **out,
                                struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    struct im_json w = {.out = &worker->buf};
    struct context c = {&w, x->lang};
    enum im_code rc;

    write_layers(&c, snapshot_atlas(x->snapshot), server_review_number(x->server));
    rc = exchange_reply(x, &worker->buf, "application/json", worker->compressor, out,
                        err);
    if (rc == IM_OK && x->server->cache)
        body_cache_put(x->server->cache, first->key, *out);
    return rc;
}

enum im_code route_layers(struct exchange *x, struct im_error *err)
{
    uint64_t generation = snapshot_generation(exchange_snapshot(x));
    XXH128_hash_t hash =
        XXH3_128bits_withSeed("layers", 6, generation * 2 + (x->lang == LANG_EN));

    (void)err;
    x->waiter.key = (struct body_key){hash.high64, hash.low64};
    x->body = x->server->cache ? body_cache_get(x->server->cache, x->waiter.key) : NULL;
    if (!x->body)
        x->waiter.run = make_layers;
    return IM_OK;
}
