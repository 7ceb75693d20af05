/* SPDX-License-Identifier: Apache-2.0 */
/* How many of all matches are in each layer, city, level and industry.
 *
 * Within a layer equal texts have equal codes, so rows are counted by code and only
 * the different codes are looked at; a list ("BIO;IC") counts for each of its parts. */
#include "search/facets.h"

#include <stdlib.h>

enum facet { FACET_LAYER, FACET_CITY, FACET_LEVEL, FACET_INDUSTRY };

/* Lists of one row are short; a hostile one is not allowed to cost its square. */
enum { MAX_PARTS = 64 };

struct tally {
    struct search_facet_value *values;
    size_t n;
    size_t cap;
};

struct search_counts {
    struct im_arena *arena;
    struct tally tallies[SEARCH_FACETS];
};

struct search_counts *search_counts_new(struct im_arena *arena)
{
    struct search_counts *counts = im_arena_calloc(arena, 1, sizeof *counts);

    if (counts)
        counts->arena = arena;
    return counts;
}

static bool
push(struct search_counts *counts, enum facet facet, struct search_facet_value value)
{
    struct tally *t = &counts->tallies[facet];

    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        struct search_facet_value *more =
            im_arena_calloc(counts->arena, cap, sizeof *more);

        if (!more)
            return false;
        if (t->n)
            memcpy(more, t->values, t->n * sizeof *more);
        t->values = more;
        t->cap = cap;
    }
    t->values[t->n++] = value;
    return true;
}

static int field_of(const struct layer_schema *schema, enum facet facet)
{
    switch (facet) {
    case FACET_CITY:
        return schema->roles.city;
    case FACET_LEVEL:
        return schema->roles.level;
    case FACET_INDUSTRY:
        return schema_field_index(schema, im_bytes_of("industry"));
    case FACET_LAYER:
        break;
    }
    return SCHEMA_NO_FIELD;
}

static bool is_repeated(const struct im_bytes *parts, size_t n, struct im_bytes part)
{
    for (size_t i = 0; i < n; i++)
        if (im_bytes_equal(parts[i], part))
            return true;
    return false;
}

static bool push_part(struct search_counts *counts,
                      const struct schema_field *field,
                      enum facet facet,
                      struct im_bytes text,
                      uint64_t count)
{
    const struct schema_code *code = search_code(field, text);
    struct search_facet_value value = {.code = text, .count = count};

    if (text.len == 0)
        return true;
    if (code) {
        value.title = code->title;
    } else {
        value.title.zh = im_arena_strdup(counts->arena, text);
        value.title.en = "";
    }
    return value.title.zh && push(counts, facet, value);
}

static bool push_text(struct search_counts *counts,
                      const struct schema_field *field,
                      enum facet facet,
                      struct im_bytes text,
                      uint64_t count)
{
    struct im_bytes parts[MAX_PARTS];
    size_t n = 0;
    struct im_bytes part;

    if (!field->list)
        return push_part(counts, field, facet, text, count);
    while (n < MAX_PARTS && search_next_part(&text, &part)) {
        if (is_repeated(parts, n, part))
            continue;
        parts[n++] = part;
        if (!push_part(counts, field, facet, part, count))
            return false;
    }
    return true;
}

static bool count_field(struct search_counts *counts,
                        const struct atlas_layer *layer,
                        const struct search_list *list,
                        enum facet facet)
{
    int field = field_of(atlas_layer_schema(layer), facet);
    const struct schema_field *f;
    uint32_t n_codes;
    uint32_t *of_code;

    if (field == SCHEMA_NO_FIELD)
        return true;
    f = &atlas_layer_schema(layer)->fields[field];
    if (f->type != FIELD_TEXT)
        return true;
    n_codes = atlas_code_count(layer, field);
    of_code = im_arena_calloc(counts->arena, n_codes + (size_t)1, sizeof *of_code);
    if (!of_code)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        uint32_t code = atlas_code(layer, list->features[i], field);

        of_code[code == ATLAS_NULL_CODE ? n_codes : code]++;
    }
    for (uint32_t code = 0; code < n_codes; code++)
        if (of_code[code] &&
            !push_text(counts, f, facet, atlas_code_text(layer, field, code),
                       of_code[code]))
            return false;
    return true;
}

enum im_code search_counts_add(struct search_counts *counts,
                               const struct atlas_layer *layer,
                               const struct search_list *list,
                               struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct search_facet_value value = {im_bytes_of(schema->id), schema->title, list->n};

    if (list->n == 0)
        return IM_OK;
    if (push(counts, FACET_LAYER, value) &&
        count_field(counts, layer, list, FACET_CITY) &&
        count_field(counts, layer, list, FACET_LEVEL) &&
        count_field(counts, layer, list, FACET_INDUSTRY))
        return IM_OK;
    return im_fail(err, IM_ENOMEM, "facets: out of memory");
}

static int compare_bytes(struct im_bytes a, struct im_bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_code(const void *a, const void *b)
{
    const struct search_facet_value *x = a;
    const struct search_facet_value *y = b;

    return compare_bytes(x->code, y->code);
}

static int by_count(const void *a, const void *b)
{
    const struct search_facet_value *x = a;
    const struct search_facet_value *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return compare_bytes(x->code, y->code);
}

/* The same city may come from several layers. */
static void join_equal(struct tally *t)
{
    size_t n = 0;

    if (t->n == 0)
        return;
    qsort(t->values, t->n, sizeof *t->values, by_code);
    for (size_t i = 1; i < t->n; i++) {
        if (im_bytes_equal(t->values[n].code, t->values[i].code)) {
            t->values[n].count += t->values[i].count;
            if (!*t->values[n].title.en)
                t->values[n].title = t->values[i].title;
        } else {
            t->values[++n] = t->values[i];
        }
    }
    t->n = n + 1;
    qsort(t->values, t->n, sizeof *t->values, by_count);
}

void search_counts_finish(struct search_counts *counts,
                          struct search_facet out[SEARCH_FACETS])
{
    static const char *const names[] = {"layer", "city", "level", "industry"};

    for (size_t i = 0; i < SEARCH_FACETS; i++) {
        join_equal(&counts->tallies[i]);
        out[i] = (struct search_facet){names[i], counts->tallies[i].values,
                                       counts->tallies[i].n};
    }
}
