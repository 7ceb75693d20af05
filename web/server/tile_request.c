/* SPDX-License-Identifier: Apache-2.0 */
/* What an address asks for: which map, which tile of it, as what. */
#include "tile_request.h"

#include "server_state.h"

#include <engine/cql.h>

#include <inttypes.h>

enum { MAX_LAYERS = 64, MAX_FILTER_BYTES = 4096 };

static const char *const languages[] = {"zh", "en", NULL};
static const char *const profiles[] = {"public", NULL};
static const char *const formats[] = {"mvt", "png", "webp", "jpg", NULL};

const struct param_spec tile_params[TILE_N_PARAMS] = {
    [TILE_LANG] = {"lang", PARAM_CHOICE, 0, 0, languages},
    [TILE_STYLE] = {"style", PARAM_TEXT, 1, 64, NULL},
    [TILE_FILTER] = {"filter", PARAM_TEXT, 1, 2000, NULL},
    [TILE_PROFILE] = {"profile", PARAM_CHOICE, 0, 0, profiles},
    [TILE_F] = {"f", PARAM_CHOICE, 0, 0, formats},
};

void request_fault(struct exchange *x,
                   const char *name,
                   struct im_bytes value,
                   const char *allowed)
{
    memset(&x->fault, 0, sizeof x->fault);
    snprintf(x->fault.name, sizeof x->fault.name, "%s", name);
    param_quote(x->fault.value, sizeof x->fault.value, value);
    snprintf(x->fault.allowed, sizeof x->fault.allowed, "%.*s",
             (int)im_utf8_cut(allowed, sizeof x->fault.allowed - 1), allowed);
}

/* ---- layers ---- */

bool layer_is_open(const struct atlas_layer *layer)
{
    return layer && !atlas_layer_schema(layer)->is_internal;
}

static enum im_code
unknown_layer(struct exchange *x, struct im_bytes id, struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));
    char allowed[sizeof x->fault.allowed];
    struct im_buf known = {
        .data = (uint8_t *)allowed, .cap = sizeof allowed, .max = sizeof allowed - 1};

    memset(allowed, 0, sizeof allowed);
    im_buf_text(&known, "map");
    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(atlas, i);

        if (layer_is_open(layer) && atlas_layer_schema(layer)->geometry != SCHEMA_NONE)
            im_buf_printf(&known, ", %s", atlas_layer_schema(layer)->id);
    }
    request_fault(x, "layers", id, allowed);
    im_fail(err, IM_ENOTFOUND, "there is no layer '%s'; known are %s", x->fault.value,
            x->fault.allowed);
    return im_zh(err, IM_ENOTFOUND, "没有图层 “%s”；可用图层为 %s", x->fault.value,
                 x->fault.allowed);
}

static int by_text(const void *a, const void *b)
{
    const struct im_bytes *x = a;
    const struct im_bytes *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

struct im_bytes list_next(struct im_bytes *rest)
{
    const uint8_t *comma = rest->len ? memchr(rest->data, ',', rest->len) : NULL;
    struct im_bytes item = {rest->data,
                            comma ? (size_t)(comma - rest->data) : rest->len};

    *rest = comma ? (struct im_bytes){comma + 1, rest->len - item.len - 1}
                  : (struct im_bytes){0};
    return item;
}

static enum im_code split_layers(struct exchange *x,
                                 struct im_bytes rest,
                                 struct im_bytes ids[MAX_LAYERS],
                                 size_t *n,
                                 struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));

    for (*n = 0; rest.data; ++*n) {
        if (*n == MAX_LAYERS) {
            im_fail(err, IM_ELIMIT, "over %d layers in one map", MAX_LAYERS);
            return im_zh(err, IM_ELIMIT, "一张地图最多 %d 个图层", MAX_LAYERS);
        }
        ids[*n] = list_next(&rest);
        if (!layer_is_open(atlas_layer_find(atlas, ids[*n])))
            return unknown_layer(x, ids[*n], err);
    }
    return IM_OK;
}

/* Sorted and without repetition, so that one picture has one name in caches; drawing
 * order comes from the styles, not from the list. */
static enum im_code normal_layers(struct exchange *x,
                                  struct im_bytes given,
                                  struct im_bytes *out,
                                  struct im_error *err)
{
    struct im_bytes ids[MAX_LAYERS];
    size_t n;
    uint8_t *text;
    enum im_code rc;

    *out = given;
    if (im_bytes_equal(given, im_bytes_of("map")))
        return IM_OK;
    rc = split_layers(x, given, ids, &n, err);
    if (rc != IM_OK || n == 1)
        return rc;
    qsort(ids, n, sizeof *ids, by_text);
    text = exchange_arena(x) ? im_arena_alloc(x->arena, given.len) : NULL;
    if (!text)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *out = (struct im_bytes){text, 0};
    for (size_t i = 0; i < n; i++) {
        if (i && im_bytes_equal(ids[i], ids[i - 1]))
            continue;
        if (out->len)
            text[out->len++] = ',';
        memcpy(text + out->len, ids[i].data, ids[i].len);
        out->len += ids[i].len;
    }
    return IM_OK;
}

/* ---- grid, style, filter ---- */

static enum im_code find_grid(struct exchange *x,
                              struct im_bytes id,
                              const struct tile_grid **out,
                              struct im_error *err)
{
    const struct grid_set *set = x->server->grids;
    char allowed[sizeof x->fault.allowed] = "";

    *out = id.data ? grid_set_find(set, id) : tile_grid_web_mercator();
    if (*out)
        return IM_OK;
    for (uint32_t i = 0; i < grid_set_size(set); i++) {
        size_t n = strlen(allowed);

        snprintf(allowed + n, sizeof allowed - n, "%s%s", i ? ", " : "",
                 tile_grid_id(grid_set_at(set, i)));
    }
    request_fault(x, "grid", id, allowed);
    im_fail(err, IM_ENOTFOUND, "there is no grid '%s'; known are %s", x->fault.value,
            allowed);
    return im_zh(err, IM_ENOTFOUND, "没有网格 “%s”；可用网格为 %s", x->fault.value,
                 allowed);
}

static enum im_code find_stylesheet(struct exchange *x,
                                    struct im_bytes id,
                                    const struct stylesheet **out,
                                    struct im_error *err)
{
    const struct stylesheet_set *set = x->server->styles;
    char allowed[sizeof x->fault.allowed] = "default";

    *out = NULL;
    if (!id.data || im_bytes_equal(id, im_bytes_of("default")))
        return IM_OK;
    *out = stylesheet_set_find(set, id);
    if (*out)
        return IM_OK;
    for (uint32_t i = 0; i < stylesheet_set_size(set); i++) {
        size_t n = strlen(allowed);

        snprintf(allowed + n, sizeof allowed - n, ", %s",
                 stylesheet_id(stylesheet_set_at(set, i)));
    }
    request_fault(x, "style", id, allowed);
    im_fail(err, IM_ENOTFOUND, "there is no style '%s'; known are %s", x->fault.value,
            allowed);
    return im_zh(err, IM_ENOTFOUND, "没有样式 “%s”；可用样式为 %s", x->fault.value,
                 allowed);
}

static enum im_code normal_filter(struct exchange *x,
                                  struct im_bytes given,
                                  struct im_bytes *out,
                                  struct im_error *err)
{
    const struct cql_node *node;
    struct im_buf text = {.max = MAX_FILTER_BYTES};
    char *kept;
    enum im_code rc;

    *out = (struct im_bytes){0};
    if (!given.data)
        return IM_OK;
    if (!exchange_arena(x))
        return im_fail(err, IM_ENOMEM, "out of memory");
    rc = cql_parse(given, CQL_TEXT, x->arena, &node, NULL, err);
    if (rc != IM_OK) {
        request_fault(x, "filter", given, "CQL2 text");
        return rc;
    }
    cql_write_text(node, &text);
    rc = im_buf_check(&text, "the filter", err);
    kept = rc == IM_OK ? im_arena_strdup(x->arena, im_buf_bytes(&text)) : NULL;
    if (rc == IM_OK && !kept)
        rc = im_fail(err, IM_ENOMEM, "out of memory");
    if (rc == IM_OK)
        *out = (struct im_bytes){(const uint8_t *)kept, text.len};
    im_buf_release(&text);
    return rc;
}

enum im_code map_request(struct exchange *x,
                         const struct map_names *names,
                         struct map_key *out,
                         struct im_error *err)
{
    enum im_code rc;

    *out = (struct map_key){.lang = x->lang,
                            .sprites = x->server->sprites,
                            .leave_out_unreviewed =
                                names->is_public && !x->server->review_number[0]};
    rc = find_grid(x, names->grid, &out->grid, err);
    if (rc == IM_OK)
        rc = normal_layers(x, names->layers, &out->layers, err);
    if (rc == IM_OK)
        rc = find_stylesheet(x, names->style, &out->stylesheet, err);
    if (rc == IM_OK)
        rc = normal_filter(x, names->filter, &out->filter, err);
    return rc;
}

/* ---- the tile ---- */

/* Where all layers of a list want it; the whole map has a ground everywhere. */
static bool is_sparse(struct exchange *x, struct im_bytes list)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));

    if (im_bytes_equal(list, im_bytes_of("map")))
        return false;
    while (list.data)
        if (!atlas_layer_schema(atlas_layer_find(atlas, list_next(&list)))->sparse)
            return false;
    return true;
}

static const struct {
    const char *suffix;
    const char *type;
} format_names[] = {
    [TILE_PNG] = {"png", "image/png"},
    [TILE_WEBP] = {"webp", "image/webp"},
    [TILE_JPEG] = {"jpg", "image/jpeg"},
    [TILE_MVT] = {"mvt", "application/vnd.mapbox-vector-tile"},
};
enum { N_FORMATS = sizeof format_names / sizeof *format_names };

const char *tile_format_suffix(enum tile_format format)
{
    return format_names[format].suffix;
}

const char *tile_format_type(enum tile_format format)
{
    return format_names[format].type;
}

bool tile_format_find(struct im_bytes suffix, enum tile_format *out)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (im_bytes_equal(suffix, im_bytes_of(format_names[i].suffix))) {
            *out = (enum tile_format)i;
            return true;
        }
    return false;
}

static enum im_code parse_coordinate(struct exchange *x,
                                     const char *name,
                                     struct im_bytes text,
                                     int64_t max,
                                     uint32_t *out,
                                     struct im_error *err)
{
    char allowed[32];
    int64_t value;
    bool is_number = im_parse_int64(text, &value);

    if (is_number && value >= 0 && value <= max) {
        *out = (uint32_t)value;
        return IM_OK;
    }
    snprintf(allowed, sizeof allowed, "0..%" PRId64, max);
    request_fault(x, name, text, allowed);
    if (!is_number) {
        im_fail(err, IM_EARG, "%s '%s' is not a whole number; allowed is %s", name,
                x->fault.value, allowed);
        return im_zh(err, IM_EARG, "%s “%s” 不是整数；允许范围是 %s", name,
                     x->fault.value, allowed);
    }
    im_fail(err, IM_ENOTFOUND, "tile %s is %s, allowed is %s", name, x->fault.value,
            allowed);
    return im_zh(err, IM_ENOTFOUND, "瓦片 %s 为 %s，允许范围是 %s", name,
                 x->fault.value, allowed);
}

static enum im_code
fail_name(struct exchange *x, struct im_bytes tile, struct im_error *err)
{
    static const char allowed[] = "{y}.png, {y}.webp, {y}.jpg, {y}.mvt; pictures also "
                                  "{y}@2x.png, {y}@3x.png ...";

    request_fault(x, "tile", tile, allowed);
    im_fail(err, IM_ENOTFOUND, "'%s' names no tile; allowed is %s", x->fault.value,
            allowed);
    return im_zh(err, IM_ENOTFOUND, "“%s” 不是瓦片名；允许 %s", x->fault.value,
                 allowed);
}

/* "{y}[@2x|@3x].{suffix}" */
static enum im_code parse_name(struct exchange *x,
                               struct im_bytes tile,
                               struct tile_request *out,
                               struct im_bytes *row,
                               struct im_error *err)
{
    const uint8_t *dot = tile.len ? memrchr(tile.data, '.', tile.len) : NULL;
    size_t n = dot ? (size_t)(dot - tile.data) : 0;

    if (!dot ||
        !tile_format_find((struct im_bytes){dot + 1, tile.len - n - 1}, &out->format))
        return fail_name(x, tile, err);
    out->scale = 1;
    if (n > 3 && tile.data[n - 3] == '@' && tile.data[n - 1] == 'x') {
        out->scale = (unsigned)(tile.data[n - 2] - '0');
        n -= 3;
        if (out->scale < 2 || out->scale > 3 || out->format == TILE_MVT)
            return fail_name(x, tile, err);
    }
    *row = (struct im_bytes){tile.data, n};
    return n ? IM_OK : fail_name(x, tile, err);
}

enum im_code tile_request(struct exchange *x,
                          const struct map_names *given,
                          struct im_bytes z,
                          struct im_bytes col,
                          struct im_bytes tile,
                          struct tile_request *out,
                          struct im_error *err)
{
    struct map_names names = *given;
    bool is_large = im_bytes_equal(names.grid, im_bytes_of("512"));
    const struct grid_matrix *m;
    struct im_bytes row;
    int64_t deepest;
    enum im_code rc;

    if (is_large)
        names.grid = (struct im_bytes){0};
    out->size_px = is_large ? 512 : 256;
    rc = parse_name(x, tile, out, &row, err);
    if (rc == IM_OK && is_large && out->format == TILE_MVT)
        rc = fail_name(x, tile, err); /* a vector tile has no size */
    if (rc == IM_OK)
        rc = map_request(x, &names, &out->map, err);
    if (rc != IM_OK)
        return rc;
    deepest = (int64_t)tile_grid_depth(out->map.grid) - (is_large ? 2 : 1);
    rc = parse_coordinate(x, "z", z, deepest, &out->id.z, err);
    if (rc != IM_OK)
        return rc;
    m = tile_grid_matrix(out->map.grid, out->id.z);
    rc = parse_coordinate(x, "x", col, (int64_t)m->n_cols - 1, &out->id.x, err);
    if (rc == IM_OK)
        rc = parse_coordinate(x, "y", row, (int64_t)m->n_rows - 1, &out->id.y, err);
    out->is_sparse = rc == IM_OK && is_sparse(x, out->map.layers);
    return rc;
}
