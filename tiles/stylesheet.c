/* SPDX-License-Identifier: Apache-2.0 */
/* Stylesheets: read from a folder, checked as a whole, cut into one part for each layer
 * of the map. */
#include "stylesheet_part.h"

#include "style/style.h"

#include <tiles/tile.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

static const char LABEL_SUFFIX[] = "_label";

struct stylesheet {
    char *id;
    char *title[2]; /* enum lang */
    char *text;
    size_t n_bytes;
    uint64_t hash;
    json_t *root;
    struct stylesheet_part *parts;
    uint32_t n_parts;
};

struct stylesheet_set {
    struct stylesheet *sheets; /* by id */
    uint32_t n;
};

/* ---- looking ---- */

uint32_t stylesheet_set_size(const struct stylesheet_set *set)
{
    return set ? set->n : 0;
}

const struct stylesheet *stylesheet_set_at(const struct stylesheet_set *set, uint32_t i)
{
    return &set->sheets[i];
}

const struct stylesheet *stylesheet_set_find(const struct stylesheet_set *set,
                                             struct im_bytes id)
{
    for (uint32_t i = 0; i < stylesheet_set_size(set); i++)
        if (im_bytes_equal(im_bytes_of(set->sheets[i].id), id))
            return &set->sheets[i];
    return NULL;
}

const char *stylesheet_id(const struct stylesheet *sheet)
{
    return sheet->id;
}

int stylesheet_order(const struct stylesheet *sheet)
{
    const json_t *order =
        json_object_get(json_object_get(sheet->root, "metadata"), "order");

    return json_is_integer(order) && json_integer_value(order) >= 0 &&
                   json_integer_value(order) <= STYLE_MAX_ORDER
               ? (int)json_integer_value(order)
               : STYLE_MAX_ORDER + 1;
}

bool stylesheet_is_theme(const struct stylesheet *sheet)
{
    return json_is_array(
        json_object_get(json_object_get(sheet->root, "metadata"), "layers"));
}

const char *stylesheet_title(const struct stylesheet *sheet, enum lang lang)
{
    return sheet->title[lang];
}

struct im_bytes stylesheet_json(const struct stylesheet *sheet)
{
    return (struct im_bytes){(const uint8_t *)sheet->text, sheet->n_bytes};
}

uint64_t stylesheet_hash(const struct stylesheet *sheet)
{
    return sheet->hash;
}

const json_t *stylesheet_root(const struct stylesheet *sheet)
{
    return sheet->root;
}

bool stylesheet_shows(const struct stylesheet *sheet, const char *layer, bool in_map)
{
    const json_t *listed =
        json_object_get(json_object_get(sheet->root, "metadata"), "layers");

    if (!listed)
        return in_map;
    for (size_t i = 0; i < json_array_size(listed); i++) {
        const char *id = json_string_value(json_array_get(listed, i));

        if (id && strcmp(id, layer) == 0)
            return true;
    }
    return false;
}

const struct stylesheet_part *stylesheet_part_find(const struct stylesheet *sheet,
                                                   const char *layer)
{
    for (uint32_t i = 0; i < sheet->n_parts; i++)
        if (strcmp(sheet->parts[i].source_layer, layer) == 0)
            return &sheet->parts[i];
    return NULL;
}

/* ---- reading a file ---- */

static enum im_code bad(struct im_error *err, const char *en, const char *zh)
{
    im_fail(err, IM_EDATA, "%s", en);
    return im_zh(err, IM_EDATA, "%s", zh);
}

static enum im_code
bad_layer(struct im_error *err, size_t i, const char *en, const char *zh)
{
    im_fail(err, IM_EDATA, "layers[%zu]: %s", i, en);
    return im_zh(err, IM_EDATA, "layers[%zu]：%s", i, zh);
}

/* Where a style layer without metadata.order belongs: after the one before it. So the
 * order of the file is the order of drawing, and layers that the sheet says nothing of
 * find their place between. */
static enum im_code
take_order(const json_t *layer, size_t i, json_int_t *order, struct im_error *err)
{
    const json_t *given = json_object_get(json_object_get(layer, "metadata"), "order");

    if (!given)
        return IM_OK;
    if (!json_is_integer(given) || json_integer_value(given) < 0 ||
        json_integer_value(given) > STYLE_MAX_ORDER)
        return bad_layer(err, i, "metadata.order is a whole number 0..999",
                         "metadata.order 应为 0..999 的整数");
    if (json_integer_value(given) < *order)
        return bad_layer(err, i,
                         "metadata.order is less than that of the layer before; the "
                         "order of the file is the order of drawing",
                         "metadata.order 小于前一图层；文件中的次序即绘制次序");
    *order = json_integer_value(given);
    return IM_OK;
}

/* A style layer as style.json has it: what says where its data are is left out. */
static json_t *as_own_style(const json_t *layer, json_int_t order)
{
    json_t *copy = json_copy((json_t *)layer);
    json_t *metadata = json_object();

    if (json_object_set_new(metadata, "order", json_integer(order)) != 0 ||
        json_object_set(copy, "metadata", metadata) != 0) {
        json_decref(copy);
        copy = NULL;
    } else {
        json_object_del(copy, "source");
        json_object_del(copy, "source-layer");
    }
    json_decref(metadata);
    return copy;
}

/* The id of the map's layer: label points of "x" are "x_label" in vector tiles. */
static bool layer_id_of(const char *source_layer, char out[SCHEMA_MAX_ID + 8])
{
    size_t len = strlen(source_layer);
    size_t suffix = sizeof LABEL_SUFFIX - 1;

    if (len > suffix && strcmp(source_layer + len - suffix, LABEL_SUFFIX) == 0)
        len -= suffix;
    if (len > SCHEMA_MAX_ID)
        return false;
    memcpy(out, source_layer, len);
    out[len] = '\0';
    return true;
}

static enum im_code check_source(const struct stylesheet *sheet,
                                 const json_t *layer,
                                 size_t i,
                                 char out[SCHEMA_MAX_ID + 8],
                                 struct im_error *err)
{
    const char *type = json_string_value(json_object_get(layer, "type"));
    const char *source = json_string_value(json_object_get(layer, "source"));
    const char *id = json_string_value(json_object_get(layer, "source-layer"));

    if (!json_is_object(layer) || !type)
        return bad_layer(err, i, "a layer is an object with \"type\"",
                         "图层应是带 \"type\" 的对象");
    out[0] = '\0';
    if (strcmp(type, "background") == 0)
        return IM_OK;
    if (!source || strcmp(source, "innomap") != 0 ||
        !json_object_get(json_object_get(sheet->root, "sources"), source))
        return bad_layer(err, i, "\"source\" has to be \"innomap\", one of \"sources\"",
                         "\"source\" 应为 \"innomap\"，并列于 \"sources\"");
    if (!id || !*id || !layer_id_of(id, out))
        return bad_layer(err, i, "\"source-layer\" has to be the id of a layer",
                         "\"source-layer\" 应为图层的 id");
    return IM_OK;
}

/* The part being collected, in `parts`: {"layer": {"layers": [..], "at": [..]}}. */
static bool add_to_part(json_t *parts, const char *id, json_t *layer, uint32_t position)
{
    json_t *part = json_object_get(parts, id);

    if (!part) {
        part = json_pack("{s:[],s:[]}", "layers", "at");
        if (!part || json_object_set_new(parts, id, part) != 0)
            return false;
    }
    return json_array_append(json_object_get(part, "layers"), layer) == 0 &&
           json_array_append_new(json_object_get(part, "at"), json_integer(position)) ==
               0;
}

/* The file's layers as one style.json (so that faults are named by their place in the
 * file), and apart by layer. */
static enum im_code collect(const struct stylesheet *sheet,
                            json_t *all,
                            json_t *parts,
                            struct im_error *err)
{
    const json_t *layers = json_object_get(sheet->root, "layers");
    enum im_code rc = IM_OK;
    json_int_t order = 0;

    for (size_t i = 0; i < json_array_size(layers) && rc == IM_OK; i++) {
        const json_t *layer = json_array_get(layers, i);
        char id[SCHEMA_MAX_ID + 8];
        json_t *own = NULL;

        rc = check_source(sheet, layer, i, id, err);
        if (rc == IM_OK)
            rc = take_order(layer, i, &order, err);
        if (rc != IM_OK)
            break;
        own = as_own_style(layer, order);
        if (!own || json_array_append(all, own) != 0 ||
            !add_to_part(parts, id, own, (uint32_t)i))
            rc = im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
        json_decref(own);
    }
    return rc;
}

static enum im_code check_layers(json_t *all, struct im_error *err)
{
    json_t *root = json_pack("{s:O}", "layers", all);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    enum im_code rc = text ? style_check(im_bytes_of(text), err)
                           : im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");

    free(text);
    json_decref(root);
    return rc;
}

static enum im_code
keep_part(struct stylesheet *sheet, const char *id, json_t *from, struct im_error *err)
{
    struct stylesheet_part *part = &sheet->parts[sheet->n_parts++];
    const json_t *at = json_object_get(from, "at");

    part->n = (uint32_t)json_array_size(at);
    part->source_layer = strdup(id);
    part->positions = calloc(part->n, sizeof *part->positions);
    json_t *root = json_pack("{s:O}", "layers", json_object_get(from, "layers"));
    part->json = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (!part->source_layer || !part->positions || !part->json)
        return im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
    for (uint32_t i = 0; i < part->n; i++)
        part->positions[i] = (uint32_t)json_integer_value(json_array_get(at, i));
    return IM_OK;
}

static enum im_code cut_into_parts(struct stylesheet *sheet, struct im_error *err)
{
    json_t *all = json_array();
    json_t *parts = json_object();
    enum im_code rc = IM_OK;
    const char *id;
    json_t *part;

    if (!all || !parts)
        rc = im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
    if (rc == IM_OK)
        rc = collect(sheet, all, parts, err);
    if (rc == IM_OK)
        rc = check_layers(all, err);
    if (rc == IM_OK &&
        !(sheet->parts = calloc(json_object_size(parts) + 1, sizeof *sheet->parts)))
        rc = im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
    if (rc == IM_OK)
        json_object_foreach(parts, id, part)
        {
            rc = keep_part(sheet, id, part, err);
            if (rc != IM_OK)
                break;
        }
    json_decref(all);
    json_decref(parts);
    return rc;
}

static enum im_code read_titles(struct stylesheet *sheet, struct im_error *err)
{
    const json_t *metadata = json_object_get(sheet->root, "metadata");
    const json_t *title = json_object_get(metadata, "title");
    const char *name = json_string_value(json_object_get(sheet->root, "name"));
    const char *zh = json_string_value(json_object_get(title, "zh"));
    const char *en = json_string_value(json_object_get(title, "en"));

    if (!name)
        name = sheet->id;
    sheet->title[LANG_ZH] = strdup(zh ? zh : name);
    sheet->title[LANG_EN] = strdup(en ? en : name);
    return sheet->title[LANG_ZH] && sheet->title[LANG_EN]
               ? IM_OK
               : im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
}

static enum im_code parse(struct stylesheet *sheet, struct im_error *err)
{
    json_error_t fault;
    enum im_code rc;

    sheet->hash = XXH3_64bits(sheet->text, sheet->n_bytes);
    sheet->root =
        json_loadb(sheet->text, sheet->n_bytes, JSON_REJECT_DUPLICATES, &fault);
    if (!sheet->root) {
        im_fail(err, IM_EDATA, "line %d, column %d: %s", fault.line, fault.column,
                fault.text);
        return im_zh(err, IM_EDATA, "第 %d 行第 %d 列：%s", fault.line, fault.column,
                     fault.text);
    }
    if (json_integer_value(json_object_get(sheet->root, "version")) != 8)
        return bad(err, "\"version\" has to be 8: a MapLibre style",
                   "\"version\" 应为 8，即 MapLibre 样式");
    if (!json_is_array(json_object_get(sheet->root, "layers")))
        return bad(err, "\"layers\" has to be a list", "\"layers\" 应为列表");
    rc = read_titles(sheet, err);
    return rc == IM_OK ? cut_into_parts(sheet, err) : rc;
}

static enum im_code
read_file(const char *path, struct stylesheet *sheet, struct im_error *err)
{
    FILE *file = fopen(path, "rbe");
    enum im_code rc = IM_OK;

    if (!file) {
        im_fail(err, IM_EIO, "cannot open: %s", strerror(errno));
        return im_zh(err, IM_EIO, "无法打开：%s", strerror(errno));
    }
    sheet->text = malloc(STYLESHEET_MAX_BYTES + 1);
    if (sheet->text)
        sheet->n_bytes = fread(sheet->text, 1, STYLESHEET_MAX_BYTES + 1, file);
    if (!sheet->text) {
        rc = im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
    } else if (ferror(file)) {
        im_fail(err, IM_EIO, "cannot read: %s", strerror(errno));
        rc = im_zh(err, IM_EIO, "无法读取：%s", strerror(errno));
    } else if (sheet->n_bytes > STYLESHEET_MAX_BYTES) {
        im_fail(err, IM_ELIMIT, "over %d bytes", STYLESHEET_MAX_BYTES);
        rc = im_zh(err, IM_ELIMIT, "超过 %d 字节", STYLESHEET_MAX_BYTES);
    }
    fclose(file);
    return rc;
}

/* ---- a folder ---- */

/* Lower-case letters, digits and hyphens: it stands in URLs. */
static bool is_sheet_name(const char *name, size_t *len)
{
    const char *end = strrchr(name, '.');

    if (!end || end == name || strcmp(end, ".json") != 0)
        return false;
    *len = (size_t)(end - name);
    if (*len > STYLESHEET_MAX_ID || strncmp(name, "map.", 4) == 0)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == *len;
}

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 &&
           strcmp(entry->d_name + len - 5, ".json") == 0;
}

static enum im_code read_sheet(const char *directory,
                               const char *name,
                               struct stylesheet *sheet,
                               struct im_error *err)
{
    char path[4096];
    size_t len = 0;
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    enum im_code rc = IM_OK;

    if (n < 0 || (size_t)n >= sizeof path)
        rc = im_fail(err, IM_EARG, "the path is too long");
    else if (!is_sheet_name(name, &len))
        rc = bad(err,
                 "a stylesheet is called by at most 48 of a-z, 0-9 and \"-\", and not "
                 "\"map\"",
                 "样式文件名只能用 a-z、0-9 和“-”，最多 48 个字符，且不能是 map");
    if (rc == IM_OK && !(sheet->id = strndup(name, len)))
        rc = im_fail(err, IM_ENOMEM, "out of memory for a stylesheet");
    if (rc == IM_OK)
        rc = read_file(path, sheet, err);
    if (rc == IM_OK)
        rc = parse(sheet, err);
    return rc == IM_OK ? rc : im_context(err, "stylesheet '%s/%s'", directory, name);
}

static enum im_code no_folder(const char *directory, int why, struct im_error *err)
{
    im_fail(err, IM_EENV,
            "cannot read the folder of stylesheets '%s': %s; name another one with "
            "--styles",
            directory, strerror(why));
    return im_zh(err, IM_EENV, "无法读取样式目录 “%s”：%s；请用 --styles 指定",
                 directory, strerror(why));
}

static enum im_code read_folder(const char *directory,
                                struct dirent **names,
                                int n,
                                struct stylesheet_set *set,
                                struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (n > STYLESHEET_MAX_SHEETS) {
        im_fail(err, IM_ELIMIT, "'%s' holds %d stylesheets, at most %d", directory, n,
                STYLESHEET_MAX_SHEETS);
        return im_zh(err, IM_ELIMIT, "“%s”中有 %d 个样式，最多 %d 个", directory, n,
                     STYLESHEET_MAX_SHEETS);
    }
    set->sheets = calloc((size_t)n + 1, sizeof *set->sheets);
    if (!set->sheets)
        return im_fail(err, IM_ENOMEM, "out of memory for stylesheets");
    for (int i = 0; i < n && rc == IM_OK; i++)
        rc = read_sheet(directory, names[i]->d_name, &set->sheets[set->n++], err);
    return rc;
}

/* not alphasort: the order must not depend on the locale */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum im_code stylesheet_set_open(const char *directory,
                                 struct stylesheet_set **out,
                                 struct im_error *err)
{
    struct stylesheet_set *set = calloc(1, sizeof *set);
    struct dirent **names = NULL;
    enum im_code rc = IM_OK;
    int n = 0;

    if (!set)
        return im_fail(err, IM_ENOMEM, "out of memory for stylesheets");
    if (directory) {
        n = scandir(directory, &names, is_json, by_name);
        rc = n < 0 ? no_folder(directory, errno, err)
                   : read_folder(directory, names, n, set, err);
    }
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (rc == IM_OK) {
        *out = set;
        set = NULL;
    }
    stylesheet_set_close(set);
    return rc;
}

static void release(struct stylesheet *sheet)
{
    for (uint32_t i = 0; i < sheet->n_parts; i++) {
        free(sheet->parts[i].source_layer);
        free(sheet->parts[i].json);
        free(sheet->parts[i].positions);
    }
    free(sheet->parts);
    json_decref(sheet->root);
    free(sheet->text);
    free(sheet->title[LANG_ZH]);
    free(sheet->title[LANG_EN]);
    free(sheet->id);
}

void stylesheet_set_close(struct stylesheet_set *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; i < set->n; i++)
        release(&set->sheets[i]);
    free(set->sheets);
    free(set);
}
