/* SPDX-License-Identifier: Apache-2.0 */
/* What a position is worth, and what a feature is called. */
#include <engine/query.h>

static const struct {
    const char *name;
    double metres;
} PRECISIONS[] = {
    [PRECISION_EXACT] = {"exact", 0},         [PRECISION_SITE] = {"site", 200},
    [PRECISION_PARK] = {"park", 2000},        [PRECISION_TOWN] = {"town", 5000},
    [PRECISION_DISTRICT] = {"district", 2e4}, [PRECISION_CITY] = {"city", 5e4},
};

double precision_uncertainty_m(enum precision precision)
{
    return PRECISIONS[precision].metres;
}

const char *precision_name(enum precision precision)
{
    return PRECISIONS[precision].name;
}

bool precision_parse(struct im_bytes text, enum precision *out)
{
    for (int i = PRECISION_EXACT; i <= PRECISION_CITY; i++)
        if (im_bytes_equal(text, im_bytes_of(PRECISIONS[i].name))) {
            *out = (enum precision)i;
            return true;
        }
    return false;
}

enum precision query_precision(const struct atlas_layer *layer, uint32_t feature)
{
    int field = atlas_layer_schema(layer)->roles.precision;
    enum precision precision;

    if (field == SCHEMA_NO_FIELD)
        return PRECISION_EXACT;
    /* a row that should say and does not is worth the least */
    return precision_parse(atlas_text(layer, feature, field), &precision)
               ? precision
               : PRECISION_CITY;
}

struct im_bytes
query_name(const struct atlas_layer *layer, uint32_t feature, enum lang lang)
{
    const struct schema_roles *roles = &atlas_layer_schema(layer)->roles;
    int first = lang == LANG_EN ? roles->name_en : roles->name_zh;
    int second = lang == LANG_EN ? roles->name_zh : roles->name_en;
    struct im_bytes name = atlas_text(layer, feature, first);

    return name.len ? name : atlas_text(layer, feature, second);
}
