/* SPDX-License-Identifier: Apache-2.0 */
/* The definition of a layer that is made from a file. */
#include "create.h"

#include "parts.h"

enum {
    TITLE_BYTES = 120,
    CLUSTER_ROWS = 2000, /* more hide each other at low zooms */
    CLUSTER_MAX_ZOOM = 12,
    CLUSTER_RADIUS_PX = 40,
    ORDER = 100 /* behind the shipped places, before divisions */
};

static enum im_code fail_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "new layer: out of memory");
}

static enum im_code check_id(const char *id, struct im_error *err)
{
    if (id && schema_id_valid(im_bytes_of(id)))
        return IM_OK;
    im_fail(
        err, IM_EARG,
        "--layer: a new layer cannot be called '%.60s'; it has up to %d of a-z, 0-9 "
        "and _, begins with a letter and is no reserved word, such as my_places",
        id ? id : "", SCHEMA_MAX_ID);
    return im_zh(err, IM_EARG,
                 "--layer：新图层不能叫“%.60s”；应为小写字母开头的小写字母、数字和 _，"
                 "至多 %d 个，且不是保留名，例如 my_places",
                 id ? id : "", SCHEMA_MAX_ID);
}

/* ---- what the rows are ---- */

static enum im_code set_header(struct source *source,
                               const struct import_options *options,
                               struct im_arena *arena,
                               struct im_error *err)
{
    struct source_options of_source = {.layer = options->source_layer,
                                       .encoding = options->encoding};
    struct header header;
    enum im_code rc;

    if (!source_is_grid(source))
        return IM_OK;
    rc = header_find(source, NULL, &of_source, arena, &header, err);
    if (!rc)
        rc = source_choose_sheet(source, header.sheet, err);
    return rc ? rc
              : source_set_header(source, header.last_row, header.names, header.n_names,
                                  err);
}

static enum schema_geometry kind_of(const uint64_t n[GEOM_AREA + 1])
{
    bool has_points = n[GEOM_POINT] > 0;
    bool has_lines = n[GEOM_LINE] > 0;
    bool has_areas = n[GEOM_AREA] > 0;

    if (has_points + has_lines + has_areas > 1)
        return SCHEMA_MIXED;
    return has_areas ? SCHEMA_AREA : has_lines ? SCHEMA_LINE : SCHEMA_POINT;
}

static bool has_match(const struct survey *s, enum common_field field)
{
    for (size_t i = 0; i < s->n_columns; i++)
        if (s->columns[i].match.field == (int)field && s->columns[i].n_filled)
            return true;
    return false;
}

/* By its address, or by its name in a division: as the importer does it. */
static bool can_be_placed(const struct survey *s)
{
    return has_match(s, COMMON_ADDRESS) ||
           (has_match(s, COMMON_NAME_ZH) &&
            (has_match(s, COMMON_CITY) || has_match(s, COMMON_DISTRICT) ||
             has_match(s, COMMON_ADCODE)));
}

/* A list with neither positions nor anything that could place its rows is a table. */
static void find_geometry(struct new_layer *layer)
{
    const struct survey *s = layer->survey;
    bool has[WORD_SYSTEM + 1] = {false};

    for (size_t i = 0; i < s->n_columns; i++)
        if (s->columns[i].is_position) {
            has[s->columns[i].position] = true;
            if (s->columns[i].position == WORD_WKT && !s->has_geometry)
                layer->geometry = kind_of(s->columns[i].n_wkt);
        }
    if (s->has_geometry)
        layer->geometry = s->n_multipoints ? SCHEMA_MIXED : kind_of(s->n_geometries);
    else if (has[WORD_WKT])
        return; /* by its texts */
    else if ((has[WORD_LON] && has[WORD_LAT]) || (has[WORD_X] && has[WORD_Y]) ||
             has[WORD_PAIR] || has[WORD_PAIR_LAT_FIRST] || can_be_placed(s))
        layer->geometry = SCHEMA_POINT;
    else
        layer->geometry = SCHEMA_NONE;
}

static enum im_code
check_survey(const struct survey *s, const struct source *source, struct im_error *err)
{
    if (s->n_rows == 0) {
        im_fail(err, IM_EDATA, "'%s' has no data rows to make a layer of",
                source_name(source));
        return im_zh(err, IM_EDATA, "“%s”中没有数据行，无法据此建立图层",
                     source_name(source));
    }
    return IM_OK;
}

/* ---- titles ---- */

/* "01_孵化器名单.xlsx" is called 孵化器名单; a layer of a file by its own name. */
static const char *file_title(const struct source *source, struct im_arena *arena)
{
    const char *name = source_name(source);
    const char *sheet = source_sheet(source);
    size_t from = strspn(name, "0123456789");
    const char *dot = strrchr(name, '.');
    size_t len;

    if (!source_is_grid(source) && *sheet)
        return im_arena_strdup(arena, im_bytes_of(sheet));
    from = name[from] == '_' || name[from] == '-' || name[from] == ' ' ? from + 1 : 0;
    len = dot && dot > name + from ? (size_t)(dot - name) - from : strlen(name + from);
    return im_arena_strdup(arena, (struct im_bytes){(const uint8_t *)name + from, len});
}

static const char *
choose_title(const struct source *source, const char *given, struct im_arena *arena)
{
    struct im_bytes title = im_bytes_of(given ? given : file_title(source, arena));

    if (!title.data || text_clean(title, false, arena, &title) != TEXT_GOOD)
        return NULL;
    if (title.len > TITLE_BYTES)
        title.len = im_utf8_cut((const char *)title.data, TITLE_BYTES);
    return im_arena_strdup(arena, title);
}

/* English readers get the id: "my_places" as "My places". */
static void english_title(const char *title, const char *id, char out[TITLE_BYTES + 1])
{
    bool is_ascii = true;

    for (const char *p = title; *p; p++)
        is_ascii &= (unsigned char)*p < 0x80;
    snprintf(out, TITLE_BYTES + 1, "%s", is_ascii ? title : id);
    if (is_ascii)
        return;
    for (char *p = out; *p; p++)
        if (*p == '_')
            *p = ' ';
    if (out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A');
}

/* ---- JSON ---- */

static json_t *make_definition(const struct new_layer *layer,
                               const struct source *source,
                               const char *zh,
                               const char *en)
{
    bool is_table = layer->geometry == SCHEMA_NONE;
    bool is_place = layer->geometry == SCHEMA_POINT;
    const char *group = is_table                         ? "tables"
                        : layer->geometry == SCHEMA_LINE ? "links"
                        : layer->geometry == SCHEMA_AREA ? "areas"
                                                         : "places";

    return json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:i, s:b, s:b, s:s, s:O, s:O,"
                     " s:{s:s, s:s}, s:s, s:s, s:{s:s, s:s}}",
                     "id", layer->id, "title", "zh", zh, "en", en, "geometry",
                     schema_geometry_name(layer->geometry), "key", layer->key, "group",
                     group, "order", ORDER, "in_map", !is_table, "names_places",
                     is_place && *layer->name != '\0', "visibility", "public", "fields",
                     layer->fields, "roles", layer->roles, "source", "zh",
                     source_name(source), "en", source_name(source), "source_date", "",
                     "licence", "", "attribution", "zh", "", "en", "");
}

/* Counted by level where there is one. */
static json_t *add_cluster(const struct new_layer *layer, json_t *definition)
{
    const char *level = json_string_value(json_object_get(layer->roles, "level"));
    json_t *cluster = json_pack("{s:i, s:i}", "max_zoom", CLUSTER_MAX_ZOOM, "radius_px",
                                CLUSTER_RADIUS_PX);
    size_t i;
    json_t *field;

    json_array_foreach(layer->fields, i, field)
    {
        const char *name = json_string_value(json_object_get(field, "name"));
        const char *type = json_string_value(json_object_get(field, "type"));

        if (cluster && level && strcmp(name, level) == 0 && strcmp(type, "text") == 0 &&
            !json_is_true(json_object_get(field, "list")) &&
            json_object_set_new(cluster, "by", json_string(level)) != 0) {
            json_decref(cluster);
            cluster = NULL;
        }
    }
    if (cluster && definition &&
        json_object_set_new(definition, "cluster", cluster) == 0)
        return definition;
    if (!definition)
        json_decref(cluster);
    json_decref(definition);
    return NULL;
}

/* Indented, because people will edit it. */
static bool
dump(json_t *root, size_t flags, struct im_arena *arena, struct im_bytes *out)
{
    char *text = root ? json_dumps(root, flags) : NULL;
    char *copy = text ? im_arena_strdup(arena, im_bytes_of(text)) : NULL;

    free(text);
    json_decref(root);
    *out = im_bytes_of(copy);
    return copy != NULL;
}

static enum im_code write_texts(const struct new_layer *layer,
                                struct source *source,
                                const char *given_title,
                                struct im_bytes *definition,
                                struct im_bytes *style,
                                struct im_error *err)
{
    enum { FLAGS = JSON_INDENT(2) | JSON_REAL_PRECISION(6) };
    char en[TITLE_BYTES + 1];
    const char *title = choose_title(source, given_title, layer->arena);

    if (!title || !*title)
        title = layer->id;
    english_title(title, layer->id, en);
    json_t *made = make_definition(layer, source, title, en);
    if (layer->is_clustered)
        made = add_cluster(layer, made);
    if (!dump(made, FLAGS, layer->arena, definition) ||
        !dump(style_make(layer, title, en), FLAGS, layer->arena, style))
        return fail_memory(err);
    return IM_OK;
}

enum im_code create_definition(struct source *source,
                               const struct import_options *options,
                               struct im_arena *arena,
                               struct im_bytes *definition,
                               struct im_bytes *style,
                               struct im_error *err)
{
    struct survey survey = {0};
    struct new_layer layer = {
        .survey = &survey, .id = options->layer_id, .arena = arena};
    const struct layer_schema *schema = NULL;
    enum im_code rc = check_id(options->layer_id, err);

    if (!rc)
        rc = set_header(source, options, arena, err);
    if (!rc)
        rc = survey_read(source, options, arena, &survey, err);
    if (!rc)
        rc = check_survey(&survey, source, err);
    if (rc)
        goto done;
    find_geometry(&layer);
    layer.is_clustered = layer.geometry == SCHEMA_POINT &&
                         survey.n_rows > CLUSTER_ROWS && !options->no_clusters;
    rc = fields_make(&layer, err);
    if (!rc)
        rc = write_texts(&layer, source, options->title, definition, style, err);
    if (!rc) /* our own mistakes show here, not in the store */
        rc = schema_parse(*definition, arena, &schema, err);
    if (!rc)
        rc = source_rewind(source, err);
done:
    json_decref(layer.fields);
    json_decref(layer.roles);
    survey_release(&survey);
    return rc;
}
