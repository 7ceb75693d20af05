/* SPDX-License-Identifier: Apache-2.0 */
/* The place people mean by a name. */
#include "atlas/layer.h"
#include "geom/check.h"
#include "query/division.h"
#include "text/reading.h"

#include <engine/text.h>

#include <math.h>

enum { MAX_NAME_BYTES = 200, MAX_SPELLINGS = 3, MAX_SPELLING_SCAN = 200000 };

/* Importances this close count as equal: a county is no better guess than a district of
 * the same name (the shipped ranks step by 0.01). A part of a name is a guess anyway
 * and needs a clearer lead. */
#define SAME_IMPORTANCE 0.02f
#define SAME_IMPORTANCE_OF_PARTS 0.1f
#define FAR_APART_M 20000.0

/* The best candidates, best first. */
struct candidates {
    struct query_place places[QUERY_MAX_CHOICES];
    size_t name_len[QUERY_MAX_CHOICES]; /* of the matching name, folded */
    size_t n;
};

static int compare(const struct query_place *a,
                   size_t a_len,
                   const struct query_place *b,
                   size_t b_len)
{
    float x = atlas_importance(a->layer, a->feature);
    float y = atlas_importance(b->layer, b->feature);

    if (a->match != b->match)
        return a->match < b->match ? -1 : 1;
    if (x != y)
        return x > y ? -1 : 1;
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    const struct layer_schema *s = atlas_layer_schema(a->layer);
    const struct layer_schema *t = atlas_layer_schema(b->layer);
    if (s != t)
        return s->order != t->order ? (s->order < t->order ? -1 : 1)
                                    : strcmp(s->id, t->id);
    int64_t fid_a = atlas_fid(a->layer, a->feature);
    int64_t fid_b = atlas_fid(b->layer, b->feature);
    return (fid_a > fid_b) - (fid_a < fid_b);
}

static void remove_at(struct candidates *c, size_t i)
{
    c->n--;
    memmove(&c->places[i], &c->places[i + 1], (c->n - i) * sizeof c->places[0]);
    memmove(&c->name_len[i], &c->name_len[i + 1], (c->n - i) * sizeof c->name_len[0]);
}

/* Insert in order; a feature stays once, with its best match. */
static void add(struct candidates *c, const struct query_place *place, size_t name_len)
{
    size_t i;

    for (i = 0; i < c->n; i++)
        if (c->places[i].layer == place->layer &&
            c->places[i].feature == place->feature) {
            if (compare(&c->places[i], c->name_len[i], place, name_len) <= 0)
                return;
            remove_at(c, i);
            break;
        }
    i = c->n;
    while (i > 0 && compare(place, name_len, &c->places[i - 1], c->name_len[i - 1]) < 0)
        i--;
    if (i == QUERY_MAX_CHOICES)
        return;
    if (c->n == QUERY_MAX_CHOICES)
        c->n--;
    memmove(&c->places[i + 1], &c->places[i], (c->n - i) * sizeof c->places[0]);
    memmove(&c->name_len[i + 1], &c->name_len[i], (c->n - i) * sizeof c->name_len[0]);
    c->places[i] = *place;
    c->name_len[i] = name_len;
    c->n++;
}

static bool has_prefix(struct im_bytes text, struct im_bytes prefix)
{
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

static void add_prefixed(struct candidates *c,
                         const struct atlas_layer *layer,
                         struct im_bytes name)
{
    const struct names *names = &layer->names;

    for (uint32_t i = names_lower_bound(names, name); i < names->n; i++) {
        struct im_bytes text = names_text(names, i);
        struct query_place place = {.layer = layer,
                                    .feature = names->entries[i].feature};

        if (!has_prefix(text, name))
            return;
        place.match = text.len > name.len          ? PLACE_PREFIX
                      : names->entries[i].is_alias ? PLACE_ALIAS
                                                   : PLACE_EXACT;
        add(c, &place, text.len);
    }
}

static void
add_inside(struct candidates *c, const struct atlas_layer *layer, struct im_bytes name)
{
    const struct names *names = &layer->names;
    size_t at = 0;

    while (at < names->blob_len) {
        const uint8_t *hit =
            memmem(names->blob + at, names->blob_len - at, name.data, name.len);

        if (!hit)
            return;
        uint32_t i = names_entry_at(names, (size_t)(hit - names->blob));
        struct im_bytes text = names_text(names, i);
        struct query_place place = {.layer = layer,
                                    .feature = names->entries[i].feature,
                                    .match = PLACE_INSIDE};
        add(c, &place, text.len);
        at = names->entries[i].start + text.len + 1; /* once per name */
    }
}

static void for_all_layers(const struct atlas *atlas,
                           struct im_bytes name,
                           void (*fn)(struct candidates *,
                                      const struct atlas_layer *,
                                      struct im_bytes),
                           struct candidates *c)
{
    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        if (atlas_layer_at(atlas, i)->names.n)
            fn(c, atlas_layer_at(atlas, i), name);
}

static void
add_any(const struct atlas *atlas, struct im_bytes name, struct candidates *c)
{
    for_all_layers(atlas, name, add_prefixed, c);
    if (c->n == 0) /* the only pass over all names: when nothing else fits */
        for_all_layers(atlas, name, add_inside, c);
}

/* The same in simplified characters, when no name is in those that were typed. */
static enum im_code add_simplified(const struct atlas *atlas,
                                   struct im_bytes name,
                                   struct candidates *c,
                                   struct im_error *err)
{
    struct im_buf simplified = {.max = 16 * MAX_NAME_BYTES};
    enum im_code rc;

    text_searched(name, TEXT_SPACES_OF_LATIN, &simplified);
    rc = im_buf_check(&simplified, "place name", err);
    if (rc == IM_OK && simplified.len &&
        !im_bytes_equal(im_buf_bytes(&simplified), name))
        add_any(atlas, im_buf_bytes(&simplified), c);
    im_buf_release(&simplified);
    return rc;
}

static struct im_bytes adcode_of(const struct query_place *p)
{
    return atlas_text(p->layer, p->feature, p->layer->schema->roles.adcode);
}

/* Which city an adcode (GB/T 2260: province, city, county, two digits each) lies in:
 * the number of digits that name it. The four municipalities are cities themselves. */
static size_t city_digits(struct im_bytes adcode)
{
    static const char *const municipalities[] = {"11", "12", "31", "50"};

    for (size_t i = 0; i < 4; i++)
        if (memcmp(adcode.data, municipalities[i], 2) == 0)
            return 2;
    return memcmp(adcode.data + 2, "00", 2) == 0 ? 2 : 4;
}

static bool is_far_apart(const struct query_place *a, const struct query_place *b)
{
    struct im_bytes x = adcode_of(a);
    struct im_bytes y = adcode_of(b);
    /* unknown positions (NaN) count as far */
    bool far = !(geodesic_distance_m(a->lon, a->lat, b->lon, b->lat) <= FAR_APART_M);

    if (x.len < 6 || y.len < 6)
        return far;
    size_t digits = city_digits(x) < city_digits(y) ? city_digits(x) : city_digits(y);
    if (memcmp(x.data, y.data, digits) != 0)
        return true;
    /* in one city seats that stand for a whole district say little about distance */
    return far && a->precision < PRECISION_DISTRICT &&
           b->precision < PRECISION_DISTRICT;
}

/* Places that mean the same to the person: the first and those as good as it. */
static size_t count_equal(const struct candidates *c)
{
    float first = atlas_importance(c->places[0].layer, c->places[0].feature);
    float margin =
        c->places[0].match < PLACE_PREFIX ? SAME_IMPORTANCE : SAME_IMPORTANCE_OF_PARTS;
    size_t n = 1;

    while (n < c->n && c->places[n].match == c->places[0].match &&
           first - atlas_importance(c->places[n].layer, c->places[n].feature) <= margin)
        n++;
    return n;
}

static bool find_division(const struct atlas_layer *divisions,
                          struct im_bytes adcode,
                          size_t digits,
                          uint32_t *feature)
{
    uint8_t key[6] = {'0', '0', '0', '0', '0', '0'};

    memcpy(key, adcode.data, digits);
    return atlas_find_key(divisions, (struct im_bytes){key, 6}, feature);
}

/* Write the divisions around a place, outermost first in Chinese, innermost first in
 * English: "上海市浦东新区", "Pudong New Area, Shanghai". */
static const char *join(const struct atlas_layer *divisions,
                        const uint32_t *around,
                        size_t n,
                        enum lang lang,
                        struct im_arena *arena)
{
    struct im_buf text = {.max = 512};
    const char *copy;

    for (size_t i = 0; i < n; i++) {
        uint32_t feature = around[lang == LANG_ZH ? i : n - 1 - i];
        struct im_bytes name = query_name(divisions, feature, lang);

        if (i && lang == LANG_EN)
            im_buf_text(&text, ", ");
        im_buf_append(&text, name.data, name.len);
    }
    copy = im_arena_strdup(arena, im_buf_bytes(&text));
    im_buf_release(&text);
    return copy ? copy : "";
}

static void describe_where(const struct atlas *atlas,
                           struct query_place *place,
                           struct im_arena *arena)
{
    const struct atlas_layer *divisions = division_layer(atlas);
    struct im_bytes adcode = adcode_of(place);
    static const size_t digits[] = {2, 4, 6};
    uint32_t around[3];
    size_t n = 0;
    uint32_t feature;

    place->in_zh = "";
    place->in_en = "";
    if (!divisions || adcode.len != 6) {
        struct im_bytes city =
            atlas_text(place->layer, place->feature, place->layer->schema->roles.city);
        const char *copy = im_arena_strdup(arena, city);

        place->in_zh = place->in_en = copy ? copy : "";
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!find_division(divisions, adcode, digits[i], &feature))
            continue;
        bool is_itself = place->layer == divisions && place->feature == feature;
        if (!is_itself && (n == 0 || around[n - 1] != feature))
            around[n++] = feature;
    }
    /* the province goes without saying when the city is named */
    size_t skip = n > 1 && city_digits(adcode) == 4 ? 1 : 0;
    place->in_zh = join(divisions, around + skip, n - skip, LANG_ZH, arena);
    place->in_en = join(divisions, around + skip, n - skip, LANG_EN, arena);
}

void query_start_at(struct query_request *request, const struct query_place *place)
{
    request->lon = place->lon;
    request->lat = place->lat;
    request->outline_layer = place->outline_layer;
    request->outline = place->outline;
    request->origin_uncertainty_m = place->outline_layer
                                        ? QUERY_OUTLINE_UNCERTAINTY_M
                                        : precision_uncertainty_m(place->precision);
}

const char *query_where(const struct atlas *atlas,
                        const struct atlas_layer *layer,
                        uint32_t feature,
                        enum lang lang,
                        struct im_arena *arena)
{
    struct query_place place = {.layer = layer, .feature = feature};

    describe_where(atlas, &place, arena);
    return lang == LANG_EN && *place.in_en ? place.in_en : place.in_zh;
}

static void
locate(const struct atlas *atlas, struct query_place *p, struct im_arena *arena)
{
    struct geom g = atlas_geom(p->layer, p->feature);

    if (g.kind == GEOM_LINE || g.kind == GEOM_AREA) {
        p->outline_layer = p->layer;
        p->outline = p->feature;
    } else if (g.kind == GEOM_POINT && p->layer == division_layer(atlas)) {
        division_outline(atlas, division_code_of(p->layer, p->feature),
                         &p->outline_layer, &p->outline);
    }

    if (!geom_middle(&g, &p->lon, &p->lat))
        p->lon = p->lat = (double)NAN;
    p->precision = query_precision(p->layer, p->feature);
    describe_where(atlas, p, arena);
}

/* ---- names that are not there ---- */

struct spelling {
    const struct atlas_layer *layer;
    uint32_t feature;
    unsigned distance;
};

static size_t count_code_points(struct im_bytes text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; n++)
        im_utf8_next(text, &i);
    return n;
}

static void
offer_spelling(struct spelling best[MAX_SPELLINGS], size_t *n, const struct spelling *s)
{
    size_t i;

    for (i = 0; i < *n; i++)
        if (best[i].layer == s->layer && best[i].feature == s->feature)
            return; /* by another of its names */
    i = *n;
    while (i > 0 && s->distance < best[i - 1].distance)
        i--;
    if (i == MAX_SPELLINGS)
        return;
    if (*n < MAX_SPELLINGS)
        ++*n;
    memmove(&best[i + 1], &best[i], (*n - 1 - i) * sizeof *best);
    best[i] = *s;
}

static size_t nearest_spellings(const struct atlas *atlas,
                                struct im_bytes folded,
                                struct spelling best[MAX_SPELLINGS])
{
    /* up to half of the characters may differ: two of three, three of six */
    size_t length = count_code_points(folded);
    unsigned limit = (unsigned)(length + 1) / 2;
    size_t scanned = 0;
    size_t n = 0;

    for (size_t l = 0; l < atlas_layer_count(atlas); l++) {
        const struct atlas_layer *layer = atlas_layer_at(atlas, l);

        for (uint32_t i = 0; i < layer->names.n && scanned < MAX_SPELLING_SCAN; i++) {
            struct spelling s = {layer, layer->names.entries[i].feature, 0};
            struct im_bytes text = names_text(&layer->names, i);

            scanned++;
            s.distance = text_edit_distance(folded, text, limit);
            if (s.distance <= limit && s.distance < length)
                offer_spelling(best, &n, &s);
            /* an equal one would not get in: most names need no more than a look */
            if (n == MAX_SPELLINGS && best[n - 1].distance <= limit)
                limit = best[n - 1].distance ? best[n - 1].distance - 1 : 0;
        }
    }
    return n;
}

static enum im_code not_found(const struct atlas *atlas,
                              struct im_bytes name,
                              struct im_bytes folded,
                              struct im_error *err)
{
    struct spelling best[MAX_SPELLINGS];
    size_t n = nearest_spellings(atlas, folded, best);
    struct im_buf zh = {.max = 512};
    struct im_buf en = {.max = 512};

    for (size_t i = 0; i < n; i++) {
        struct im_bytes a = query_name(best[i].layer, best[i].feature, LANG_ZH);
        struct im_bytes b = query_name(best[i].layer, best[i].feature, LANG_EN);

        im_buf_text(&zh, i ? "、" : "；相近的名称：");
        im_buf_append(&zh, a.data, a.len);
        im_buf_text(&en, i ? ", " : "; names like it: ");
        im_buf_append(&en, b.data, b.len);
    }
    im_fail(err, IM_ENOTFOUND, "no place is called '%.*s'%.*s", (int)name.len,
            (const char *)name.data, (int)en.len, en.data ? (const char *)en.data : "");
    im_zh(err, IM_ENOTFOUND, "找不到地点“%.*s”%.*s", (int)name.len,
          (const char *)name.data, (int)zh.len, zh.data ? (const char *)zh.data : "");
    im_buf_release(&zh);
    im_buf_release(&en);
    return IM_ENOTFOUND;
}

/* ---- "layer:key" ---- */

static const struct atlas_layer *
split(const struct atlas *atlas, struct im_bytes name, struct im_bytes *key)
{
    static const char wide[] = "：";
    const uint8_t *colon = memchr(name.data, ':', name.len);
    size_t width = 1;
    const struct atlas_layer *layer;

    if (!colon) {
        colon = memmem(name.data, name.len, wide, sizeof wide - 1);
        width = sizeof wide - 1;
    }
    if (!colon)
        return NULL;
    size_t len = (size_t)(colon - name.data);
    layer = atlas_layer_find(atlas, (struct im_bytes){name.data, len});
    *key = (struct im_bytes){colon + width, name.len - len - width};
    return layer && !layer->schema->is_internal ? layer : NULL;
}

static enum im_code find_by_key(const struct atlas_layer *layer,
                                struct im_bytes key,
                                struct candidates *c,
                                struct im_error *err)
{
    struct query_place place = {.layer = layer, .match = PLACE_EXACT};

    if (!atlas_find_key(layer, key, &place.feature)) {
        im_fail(err, IM_ENOTFOUND, "layer '%s' has no '%.*s'", layer->schema->id,
                (int)key.len, (const char *)key.data);
        return im_zh(err, IM_ENOTFOUND, "图层 %s 中没有“%.*s”", layer->schema->id,
                     (int)key.len, (const char *)key.data);
    }
    add(c, &place, key.len);
    return IM_OK;
}

static enum im_code check_name(struct im_bytes name, struct im_error *err)
{
    if (name.len >= 1 && name.len <= MAX_NAME_BYTES && im_utf8_valid(name) &&
        !memchr(name.data, 0, name.len))
        return IM_OK;
    im_fail(err, IM_EARG,
            "a place name has 1 to %d bytes of UTF-8 text, this one has %zu",
            MAX_NAME_BYTES, name.len);
    return im_zh(err, IM_EARG, "地名应为 1 到 %d 字节的 UTF-8 文本，此处为 %zu 字节",
                 MAX_NAME_BYTES, name.len);
}

static enum im_code find_by_name(const struct atlas *atlas,
                                 struct im_bytes name,
                                 struct candidates *c,
                                 struct im_error *err)
{
    struct im_buf folded = {.max = 16 * MAX_NAME_BYTES};
    enum im_code rc = IM_OK;

    text_fold(name, &folded);
    if (folded.failed) {
        rc = im_fail(err, IM_ENOMEM, "place name: out of memory");
    } else if (folded.len == 0) {
        im_fail(err, IM_EARG, "the place name '%.*s' holds no letter or digit",
                (int)name.len, (const char *)name.data);
        rc = im_zh(err, IM_EARG, "地名“%.*s”中没有文字", (int)name.len,
                   (const char *)name.data);
    } else {
        add_any(atlas, im_buf_bytes(&folded), c);
        if (c->n == 0)
            rc = add_simplified(atlas, im_buf_bytes(&folded), c, err);
        if (rc == IM_OK && c->n == 0)
            rc = not_found(atlas, name, im_buf_bytes(&folded), err);
    }
    im_buf_release(&folded);
    return rc;
}

static bool has_position(const struct query_place *place)
{
    return !isnan(place->lon);
}

static enum im_code no_position(const struct query_place *place, struct im_error *err)
{
    struct im_bytes zh = query_name(place->layer, place->feature, LANG_ZH);
    struct im_bytes en = query_name(place->layer, place->feature, LANG_EN);

    im_fail(
        err, IM_ENOTFOUND,
        "'%.*s'%s%s is known but has no position in layer '%s'; ask with a longitude "
        "and latitude or with a place around it",
        (int)en.len, (const char *)en.data, *place->in_en ? ", " : "", place->in_en,
        place->layer->schema->id);
    return im_zh(
        err, IM_ENOTFOUND, "“%s%.*s”在图层 %s 中没有坐标，请给出经纬度或换用附近的地点",
        place->in_zh, (int)zh.len, (const char *)zh.data, place->layer->schema->id);
}

/* Of places that mean the same, one that can be measured from goes first; of the others
 * only those stay. */
static enum im_code settle(struct candidates *c, size_t equal, struct im_error *err)
{
    size_t first = 0;

    while (first < equal && !has_position(&c->places[first]))
        first++;
    if (first == equal)
        return no_position(&c->places[0], err);
    for (size_t i = c->n; i-- > 0;)
        if (!has_position(&c->places[i]))
            remove_at(c, i);
    return IM_OK;
}

enum im_code query_find_place(const struct atlas *atlas,
                              struct im_bytes name,
                              struct im_arena *arena,
                              struct query_places *out,
                              struct im_error *err)
{
    struct candidates c = {.n = 0};
    struct query_places found = {0};
    struct im_bytes key;
    const struct atlas_layer *layer;
    enum im_code rc = check_name(name, err);

    if (rc != IM_OK)
        return rc;
    layer = split(atlas, name, &key);
    rc = layer ? find_by_key(layer, key, &c, err) : find_by_name(atlas, name, &c, err);
    if (rc != IM_OK)
        return rc;
    for (size_t i = 0; i < c.n; i++)
        locate(atlas, &c.places[i], arena);
    size_t equal = count_equal(&c);
    for (size_t i = 1; i < equal; i++)
        found.ambiguous |= is_far_apart(&c.places[0], &c.places[i]);
    if (found.ambiguous)
        c.n = equal;
    else
        rc = settle(&c, equal, err);
    if (rc != IM_OK)
        return rc;
    found.n = c.n;
    found.places = im_arena_calloc(arena, found.n, sizeof *found.places);
    if (!found.places)
        return im_fail(err, IM_ENOMEM, "place name: out of memory");
    memcpy(found.places, c.places, found.n * sizeof *found.places);
    *out = found;
    return IM_OK;
}
