/* SPDX-License-Identifier: Apache-2.0 */
/* Which names a layer may have: it becomes a table and part of a URL. */
#include <engine/schema.h>

static bool starts_with(struct im_bytes text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* Tables and views of SpatiaLite 5 (InitSpatialMetaData), in lower case: SQLite
 * compares table names without case. */
static bool is_spatialite_name(struct im_bytes id)
{
    static const char *const names[] = {"elementarygeometries",
                                        "knn",
                                        "knn2",
                                        "spatialindex",
                                        "data_licenses",
                                        "geom_cols_ref_sys",
                                        "networks",
                                        "topologies",
                                        "spatialite_history",
                                        "sql_statements_log",
                                        "stored_procedures",
                                        "stored_variables",
                                        NULL};
    static const char *const prefixes[] = {"geometry_columns",
                                           "iso_metadata",
                                           "raster_coverages",
                                           "rl2map_",
                                           "se_",
                                           "spatial_ref_sys",
                                           "vector_coverages",
                                           "vector_layers",
                                           "views_geometry_columns",
                                           "virts_geometry_columns",
                                           "wms_",
                                           NULL};

    for (size_t i = 0; names[i]; i++)
        if (im_bytes_equal(id, im_bytes_of(names[i])))
            return true;
    for (size_t i = 0; prefixes[i]; i++)
        if (starts_with(id, prefixes[i]))
            return true;
    return false;
}

static bool is_reserved(struct im_bytes id)
{
    /* `map` is the whole default map in URLs; the others name tile grids there */
    static const char *const names[] = {"map",
                                        "webmercatorquad",
                                        "worldcrs84quad",
                                        "cgcs2000quad",
                                        "gcj02quad",
                                        "w",
                                        "c",
                                        NULL};

    for (size_t i = 0; names[i]; i++)
        if (im_bytes_equal(id, im_bytes_of(names[i])))
            return true;
    return starts_with(id, "idx_") || starts_with(id, "sqlite_") ||
           starts_with(id, "innomap_") || is_spatialite_name(id);
}

static bool is_word(struct im_bytes text)
{
    if (text.len == 0 || text.len > SCHEMA_MAX_ID || text.data[0] < 'a' ||
        text.data[0] > 'z')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

bool schema_id_valid(struct im_bytes id)
{
    return is_word(id) && !is_reserved(id);
}

bool schema_field_name_valid(struct im_bytes name)
{
    /* columns that every table has, SQLite's names for the row number, and the members
     * of an answer that are not fields */
    static const char *const names[] = {
        "fid",    "geom",          "rowid",         "oid",
        "layer",  "layer_title",   "distance_m",    "nearest",
        "titles", "uncertainty_m", "distance_text", "order_uncertain",
        NULL};

    for (size_t i = 0; names[i]; i++)
        if (im_bytes_equal(name, im_bytes_of(names[i])))
            return false;
    return is_word(name);
}

bool schema_is_outlines(const struct layer_schema *schema)
{
    return schema->geometry == SCHEMA_AREA && !schema->is_internal &&
           schema->roles.adcode == schema->key;
}
