/* SPDX-License-Identifier: Apache-2.0 */
/* What a layer is: the compiled form of its layer.json. */
#ifndef ENGINE_SCHEMA_H
#define ENGINE_SCHEMA_H

#include <engine/arena.h>

enum { SCHEMA_MAX_FIELDS = 256, SCHEMA_MAX_ID = 48, SCHEMA_NO_FIELD = -1 };

/** A text in the two languages of the product; never NULL, English may be "". */
struct schema_title {
    const char *zh;
    const char *en;
};

enum field_type { FIELD_TEXT, FIELD_INTEGER, FIELD_REAL };

/** What the values of a field are, besides their type. */
enum field_format {
    FORMAT_NONE,
    FORMAT_DATE,     /* text: YYYY-MM-DD */
    FORMAT_DATETIME, /* text: YYYY-MM-DDThh:mm:ssZ (RFC 3339) */
    FORMAT_BOOLEAN,  /* integer: 0 is false, any other true */
    FORMAT_YEAR      /* integer: as a time it is all of the year */
};

struct schema_code {
    const char *code;
    struct schema_title title;
    const char *const *synonyms; /* zh and en, NULL-terminated, never NULL */
};

struct schema_field {
    const char *name; /* column name, [a-z][a-z0-9_]{0,47} */
    struct schema_title title;
    enum field_type type;
    enum field_format format;
    const char *unit; /* "" when none; UCUM where it has one: "km2", "m2" */
    bool required;
    bool list;   /* several codes, separated by ';' in the column */
    bool hidden; /* used by the machine (rank, fold keys), not shown to people */
    const struct schema_code *codes; /* NULL: free text or number */
    size_t n_codes;
    const char *const *synonyms; /* zh and en, NULL-terminated, never NULL */
    double min; /* numbers: allowed range, -HUGE_VAL..HUGE_VAL when not declared */
    double max;
    int tile_zoom; /* a property of vector tiles from this zoom on; -1: never */
};

enum schema_geometry {
    SCHEMA_NONE, /* a table */
    SCHEMA_POINT,
    SCHEMA_LINE,
    SCHEMA_AREA,
    SCHEMA_MIXED
};

enum schema_group {
    SCHEMA_PLACES,
    SCHEMA_AREAS,
    SCHEMA_LINKS,
    SCHEMA_TABLES,
    SCHEMA_BASE /* the base map: drawn, not offered for queries */
};

/** Fields with a meaning to the engine; index into fields or SCHEMA_NO_FIELD. */
struct schema_roles {
    int name_zh;
    int name_en;
    int aliases;   /* list, other names people use */
    int former;    /* list, former names */
    int precision; /* site, park, town, district, city */
    int adcode;
    int city;
    int level;
    int importance; /* number, larger is more important */
    int reviewed;   /* 0: an administrative outline no authority has reviewed */
    int time;       /* a field with a format that is a time: when the thing began */
};

/** Points that stand close together are drawn as one; see engine/clusters.h. */
struct schema_cluster {
    bool is_on;
    int max_zoom;  /* the last zoom of MapLibre with clusters; -1: none */
    int radius_px; /* of a world of 512 px at zoom 0 */
    int by;        /* text field whose values are counted, or SCHEMA_NO_FIELD */
};

struct layer_schema {
    const char *id;
    struct schema_title title;
    const char *const *synonyms; /* zh and en, NULL-terminated, never NULL */
    enum schema_geometry geometry;
    enum schema_group group;
    const struct schema_field *fields;
    size_t n_fields;
    int key; /* index of the key field */
    struct schema_roles roles;
    struct schema_cluster cluster;
    bool is_internal;  /* visibility: internal */
    bool is_base;      /* group == SCHEMA_BASE */
    bool in_map;       /* drawn in `map` */
    bool sparse;       /* its empty tiles are missing: clients enlarge the parent */
    bool names_places; /* its names answer "near X" */
    int order;         /* of layers in lists and legends, ascending */
    struct schema_title source;
    const char *source_date; /* "2025-12", "" when unknown */
    const char *licence;
    struct schema_title attribution;
    struct schema_title completeness; /* "" when nothing is to be said */
};

/**
 * Compile a layer.json (at most 1 MiB, 32 levels). Everything lives in `arena`.
 * Errors: IM_EDATA with the JSON path of the fault and what is allowed there.
 */
IM_CHECKED enum im_code schema_parse(struct im_bytes json,
                                     struct im_arena *arena,
                                     const struct layer_schema **out,
                                     struct im_error *err);

/** Layer ids match [a-z][a-z0-9_]{0,47}; `map`, grid names and SpatiaLite's own are
 * reserved. */
bool schema_id_valid(struct im_bytes id);

/** Fields are named in the same way; `fid`, `geom`, SQLite's row numbers and the
 * members of an answer (`layer`, `distance_m`, ...) are reserved. */
bool schema_field_name_valid(struct im_bytes name);

/** "places", "areas", "links", "tables", "base". */
const char *schema_group_name(enum schema_group group);
/** "none", "point", "line", "area", "mixed". */
const char *schema_geometry_name(enum schema_geometry geometry);

/** Is it the outlines of divisions: areas, open to all, whose key is their adcode? */
bool schema_is_outlines(const struct layer_schema *schema);

/** Index of a field by name, SCHEMA_NO_FIELD when there is none. */
int schema_field_index(const struct layer_schema *schema, struct im_bytes name);

#endif
