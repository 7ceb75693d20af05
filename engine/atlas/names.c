/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a layer's features, folded and sorted. */
#include "atlas/names.h"
#include "atlas/layer.h"

#include <engine/text.h>

/* While collecting: a name in `text`, to be sorted. */
struct raw_name {
    const uint8_t *text;
    uint32_t start;
    uint32_t len;
    uint32_t feature;
    uint8_t is_alias;
};

struct collector {
    const struct atlas_layer *layer;
    struct im_buf text;
    struct im_buf raw; /* struct raw_name */
};

static void add_folded(struct collector *c, size_t start, uint32_t feature, bool alias)
{
    struct raw_name raw = {.start = (uint32_t)start,
                           .len = (uint32_t)(c->text.len - start),
                           .feature = feature,
                           .is_alias = alias};

    if (raw.len)
        im_buf_append(&c->raw, &raw, sizeof raw);
}

static void
add_name(struct collector *c, struct im_bytes name, uint32_t feature, bool alias)
{
    size_t start = c->text.len;

    text_fold(name, &c->text);
    if (c->text.failed || c->text.len == start)
        return;
    add_folded(c, start, feature, alias);
    size_t len = c->text.len - start;
    size_t bare = text_without_suffix((struct im_bytes){c->text.data + start, len});
    if (bare < len) {
        struct raw_name raw = {.start = (uint32_t)start,
                               .len = (uint32_t)bare,
                               .feature = feature,
                               .is_alias = 1};

        im_buf_append(&c->raw, &raw, sizeof raw);
    }
}

/* Other names are a list: "张江科学城;张江高科". */
static void add_list(struct collector *c, struct im_bytes list, uint32_t feature)
{
    size_t start = 0;

    for (size_t i = 0; list.len && i <= list.len; i++)
        if (i == list.len || list.data[i] == ';') {
            add_name(c, (struct im_bytes){list.data + start, i - start}, feature, true);
            start = i + 1;
        }
}

static int by_text(const void *a, const void *b)
{
    const struct raw_name *x = a;
    const struct raw_name *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    if (order == 0)
        order = (x->len > y->len) - (x->len < y->len);
    if (order == 0)
        order = x->is_alias - y->is_alias;
    return order ? order : (x->feature > y->feature) - (x->feature < y->feature);
}

static bool is_repeat(const struct raw_name *a, const struct raw_name *b)
{
    return a->feature == b->feature && a->len == b->len &&
           memcmp(a->text, b->text, a->len) == 0;
}

static enum im_code finish(struct collector *c,
                           struct names *out,
                           struct im_arena *arena,
                           struct im_error *err)
{
    struct raw_name *raw = (struct raw_name *)c->raw.data;
    size_t n = c->raw.len / sizeof *raw;
    size_t total = 0;
    struct name_entry *entries;
    uint8_t *blob;
    uint32_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        raw[i].text = c->text.data + raw[i].start;
        total += (size_t)raw[i].len + 1;
    }
    if (total > UINT32_MAX || n > UINT32_MAX)
        return im_fail(err, IM_ELIMIT, "names take %zu bytes, allowed are 2^32", total);
    if (n)
        qsort(raw, n, sizeof *raw, by_text);
    entries = im_arena_calloc(arena, n, sizeof *entries);
    blob = im_arena_alloc(arena, total);
    if (!entries || !blob)
        return im_fail(err, IM_ENOMEM, "names: out of memory");
    total = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && is_repeat(&raw[i - 1], &raw[i]))
            continue;
        entries[kept++] =
            (struct name_entry){(uint32_t)total, raw[i].feature, raw[i].is_alias};
        memcpy(blob + total, raw[i].text, raw[i].len);
        total += raw[i].len;
        blob[total++] = '\n'; /* never in a folded name: no match runs across */
    }
    *out = (struct names){entries, kept, blob, total};
    return IM_OK;
}

enum im_code names_build(struct names *out,
                         const struct atlas_layer *layer,
                         struct im_arena *arena,
                         struct im_error *err)
{
    const struct schema_roles *roles = &layer->schema->roles;
    struct collector c = {
        .layer = layer, .text = {.max = UINT32_MAX}, .raw = {.max = SIZE_MAX / 2}};
    enum im_code rc;

    for (uint32_t i = 0; i < layer->n; i++) {
        add_name(&c, atlas_text(layer, i, roles->name_zh), i, false);
        add_name(&c, atlas_text(layer, i, roles->name_en), i, false);
        add_list(&c, atlas_text(layer, i, roles->aliases), i);
        add_list(&c, atlas_text(layer, i, roles->former), i);
    }
    rc = im_buf_check(&c.text, "names", err);
    if (rc == IM_OK)
        rc = im_buf_check(&c.raw, "names", err);
    if (rc == IM_OK)
        rc = finish(&c, out, arena, err);
    im_buf_release(&c.text);
    im_buf_release(&c.raw);
    return rc;
}

struct im_bytes names_text(const struct names *names, uint32_t entry)
{
    size_t start = names->entries[entry].start;
    size_t end =
        entry + 1 < names->n ? names->entries[entry + 1].start : names->blob_len;

    return (struct im_bytes){names->blob + start, end - start - 1};
}

uint32_t names_lower_bound(const struct names *names, struct im_bytes text)
{
    uint32_t low = 0;
    uint32_t high = names->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct im_bytes t = names_text(names, middle);
        int order = memcmp(t.data, text.data, t.len < text.len ? t.len : text.len);

        if (order < 0 || (order == 0 && t.len < text.len))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t names_entry_at(const struct names *names, size_t offset)
{
    uint32_t low = 0;
    uint32_t high = names->n;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (names->entries[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}
