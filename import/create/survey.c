/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over all rows of a file. Memory: a few numbers a column, and 16 to 32 bytes
 * a row for the columns that may be a key. */
#include "survey.h"

#include <xxhash.h>

enum {
    CELL_ARENA_MAX = 64 << 20,
    KEYS_MAX = 2 << 20,  /* different values remembered of a column that may be a key */
    DISTINCT_MAX = 2000, /* of another: more are many */
    NAME_CUT = 120       /* bytes of a heading */
};

static const char *const NONE[] = {NULL};

#define TEXT_FIELD(n)                                                                  \
    {                                                                                  \
        .name = (n), .title = {"", ""}, .type = FIELD_TEXT, .unit = "",                \
        .synonyms = NONE, .tile_zoom = -1                                              \
    }
#define NUMBER_FIELD(n, t, u)                                                          \
    {                                                                                  \
        .name = (n), .title = {"", ""}, .type = (t), .unit = (u), .synonyms = NONE,    \
        .tile_zoom = -1                                                                \
    }

const struct layer_schema *common_layer(void)
{
    static const struct schema_field fields[COMMON_FIELDS] = {
        [COMMON_ID] = TEXT_FIELD("id"),
        [COMMON_NAME_ZH] = TEXT_FIELD("name_zh"),
        [COMMON_NAME_EN] = TEXT_FIELD("name_en"),
        [COMMON_ALIASES] = TEXT_FIELD("aliases"),
        [COMMON_FORMER] = TEXT_FIELD("former"),
        [COMMON_CATEGORY] = TEXT_FIELD("category"),
        [COMMON_LEVEL] = TEXT_FIELD("level"),
        [COMMON_PROVINCE] = TEXT_FIELD("province"),
        [COMMON_CITY] = TEXT_FIELD("city"),
        [COMMON_DISTRICT] = TEXT_FIELD("district"),
        [COMMON_ADCODE] = TEXT_FIELD("adcode"),
        [COMMON_ADDRESS] = TEXT_FIELD("address"),
        [COMMON_OPERATOR] = TEXT_FIELD("operator"),
        [COMMON_INDUSTRY] = TEXT_FIELD("industry"),
        [COMMON_ESTABLISHED_YEAR] = NUMBER_FIELD("established_year", FIELD_INTEGER, ""),
        [COMMON_AREA_KM2] = NUMBER_FIELD("area_km2", FIELD_REAL, "km2"),
        [COMMON_BUILDING_AREA_M2] = NUMBER_FIELD("building_area_m2", FIELD_REAL, "m2"),
        [COMMON_WEBSITE] = TEXT_FIELD("website"),
        [COMMON_SOURCE] = TEXT_FIELD("source"),
        [COMMON_CONFIDENCE] = TEXT_FIELD("confidence"),
        [COMMON_NOTE] = TEXT_FIELD("note"),
        [COMMON_PRECISION] = TEXT_FIELD("precision"),
    };
    static const struct layer_schema layer = {.id = "",
                                              .synonyms = NONE,
                                              .geometry = SCHEMA_POINT,
                                              .fields = fields,
                                              .n_fields = COMMON_FIELDS,
                                              .key = COMMON_ID,
                                              .roles = {.name_zh = COMMON_NAME_ZH,
                                                        .name_en = COMMON_NAME_EN,
                                                        .aliases = COMMON_ALIASES,
                                                        .former = COMMON_FORMER,
                                                        .precision = COMMON_PRECISION,
                                                        .adcode = COMMON_ADCODE,
                                                        .city = COMMON_CITY,
                                                        .level = COMMON_LEVEL,
                                                        .importance = SCHEMA_NO_FIELD,
                                                        .reviewed = SCHEMA_NO_FIELD}};

    return &layer;
}

/* ---- columns ---- */

static const char *clean_name(const char *name, struct im_arena *arena)
{
    struct im_bytes clean = im_bytes_of(name);

    if (text_clean(clean, false, arena, &clean) != TEXT_GOOD)
        return ""; /* not printable: it gets the number of its column */
    if (clean.len > NAME_CUT)
        clean.len = im_utf8_cut((const char *)clean.data, NAME_CUT);
    return im_arena_strdup(arena, clean);
}

/* Does the heading promise a value of its own for each row? */
static bool is_key_like(const struct survey_column *c)
{
    static const char *const endings[] = {"编号", "编码", "代码",   "标识", "标识码",
                                          "id",   "code", "handle", "key",  NULL};
    static const char *const others[] = {"邮政编码", "邮编",     "postcode",
                                         "zipcode",  "行业代码", NULL};

    if (c->match.field == COMMON_ID)
        return true;
    if (c->match.field == COMMON_ADCODE || c->position != WORD_NONE)
        return false;
    for (size_t i = 0; others[i]; i++)
        if (bytes_find(c->heading.base, im_bytes_of(others[i])) >= 0)
            return false;
    for (size_t i = 0; endings[i]; i++)
        if (bytes_end(c->heading.base, im_bytes_of(endings[i])))
            return true;
    return false;
}

/* "target=source" of --map, where `source` is this column: what a person says goes
 * before what the heading says. */
static void take_wish(struct survey_column *c, const char *wish)
{
    static const struct {
        const char *target;
        enum position_word word;
    } positions[] = {{"lon", WORD_LON},
                     {"lat", WORD_LAT},
                     {"position", WORD_PAIR},
                     {"wkt", WORD_WKT}};
    const char *equals = strchr(wish, '=');
    size_t len = equals ? (size_t)(equals - wish) : 0;
    struct im_bytes target = {(const uint8_t *)wish, len};

    if (!equals || strcmp(equals + 1, c->name) != 0)
        return;
    c->match =
        (struct heading_match){schema_field_index(common_layer(), target), TIER_NAME};
    c->position = WORD_NONE;
    c->is_personal = c->is_row_number = false;
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        if (is_text(target, positions[i].target))
            c->position = positions[i].word;
    if (c->match.field == SCHEMA_NO_FIELD && c->position == WORD_NONE)
        c->wish = wish; /* up to its '=' */
}

static enum im_code read_columns(struct source *source,
                                 const struct import_options *options,
                                 struct im_arena *arena,
                                 struct survey *s,
                                 struct im_error *err)
{
    size_t n = source_columns(source);
    const struct headings *headings = headings_new(common_layer(), arena);

    s->n_columns = n < SURVEY_MAX_COLUMNS ? n : SURVEY_MAX_COLUMNS;
    s->columns = im_arena_calloc(arena, s->n_columns + 1, sizeof *s->columns);
    if (!headings || !s->columns)
        return im_fail(err, IM_ENOMEM, "new layer: out of memory");
    for (size_t i = 0; i < s->n_columns; i++) {
        struct survey_column *c = &s->columns[i];

        c->name = clean_name(source_column(source, i), arena);
        if (!c->name)
            return im_fail(err, IM_ENOMEM, "new layer: out of memory");
        c->heading = heading_of(im_bytes_of(c->name), arena);
        c->match = headings_match(headings, &c->heading);
        c->position = heading_position(&c->heading).word;
        c->is_personal = private_heading(&c->heading);
        c->is_row_number = heading_is_row_number(&c->heading);
        for (size_t k = 0; options->map && options->map[k]; k++)
            take_wish(c, options->map[k]);
        c->is_key_like = is_key_like(c);
    }
    return IM_OK;
}

/* ---- values ---- */

static struct im_bytes value_text(const struct source_value *cell, char buffer[64])
{
    int n = 0;

    switch (cell->kind) {
    case SOURCE_NULL:
        return (struct im_bytes){(const uint8_t *)"", 0};
    case SOURCE_TEXT:
        return cell->text;
    case SOURCE_INTEGER:
        n = snprintf(buffer, 64, "%lld", (long long)cell->integer);
        return (struct im_bytes){(const uint8_t *)buffer, (size_t)n};
    case SOURCE_REAL:
        return (struct im_bytes){(const uint8_t *)buffer,
                                 im_format_double(buffer, cell->real, 9)};
    }
    return (struct im_bytes){(const uint8_t *)"", 0};
}

/* "007" and "310112" written with a zero before it are names of things, not numbers;
 * so is what has more digits than a number keeps. */
static bool is_number(struct im_bytes text, bool *is_integer)
{
    enum { KEPT_DIGITS = 15 };
    struct text_number number;
    size_t from = text.len && (text.data[0] == '-' || text.data[0] == '+');

    if (text.len - from > 1 && text.data[from] == '0' && text.data[from + 1] >= '0' &&
        text.data[from + 1] <= '9')
        return false;
    if (!text_number(text, &number) || number.unit.len || number.is_about)
        return false;
    *is_integer = number.value >= -9e14 && number.value <= 9e14 &&
                  number.value == (double)(int64_t)number.value &&
                  !memchr(text.data, '.', text.len);
    return text.len <= KEPT_DIGITS || memchr(text.data, '.', text.len);
}

static bool is_area(struct im_bytes text, struct im_bytes unit, const char *to)
{
    struct text_number number;
    double value;

    if (!text_number(text, &number))
        return false;
    if (number.unit.len)
        return text_convert(number.value, number.unit, to, &value);
    return unit.len == 0 || text_convert(number.value, unit, to, &value);
}

static bool is_precision(struct im_bytes text)
{
    static const char *const words[] = {"site", "park", "town", "district", "city"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_text(text, words[i]))
            return true;
    return false;
}

/* Can the field that the heading means hold this value? */
static bool fits(const struct survey_column *c, struct im_bytes text)
{
    const struct schema_field *field;
    int year;

    if (c->match.field == SCHEMA_NO_FIELD)
        return false;
    field = &common_layer()->fields[c->match.field];
    if (c->match.field == COMMON_ESTABLISHED_YEAR)
        return text_year(text, &year);
    if (c->match.field == COMMON_PRECISION)
        return is_precision(text);
    return field->type == FIELD_TEXT || is_area(text, c->heading.inside, field->unit);
}

static enum geom_kind wkt_kind(struct im_bytes text)
{
    static const struct {
        const char *word;
        enum geom_kind kind;
    } words[] = {{"point", GEOM_POINT},         {"multipoint", GEOM_POINT},
                 {"linestring", GEOM_LINE},     {"multilinestring", GEOM_LINE},
                 {"circularstring", GEOM_LINE}, {"compoundcurve", GEOM_LINE},
                 {"multicurve", GEOM_LINE},     {"polygon", GEOM_AREA},
                 {"multipolygon", GEOM_AREA},   {"curvepolygon", GEOM_AREA},
                 {"multisurface", GEOM_AREA}};

    if (!text_is_wkt(text))
        return GEOM_EMPTY;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);

        if (text.len > n && strncasecmp((const char *)text.data, words[i].word, n) == 0)
            return words[i].kind;
    }
    return GEOM_EMPTY;
}

/* ---- different values ---- */

static bool put_hash(uint64_t *hashes, size_t cap, uint64_t hash)
{
    size_t at = hash & (cap - 1);

    while (hashes[at] && hashes[at] != hash)
        at = (at + 1) & (cap - 1);
    if (hashes[at])
        return false;
    hashes[at] = hash;
    return true;
}

static bool grow_hashes(struct survey_column *c)
{
    size_t cap = c->hash_cap ? 2 * c->hash_cap : 256;
    uint64_t *hashes = calloc(cap, sizeof *hashes);

    if (!hashes)
        return false;
    for (size_t i = 0; i < c->hash_cap; i++)
        if (c->hashes[i])
            put_hash(hashes, cap, c->hashes[i]);
    free(c->hashes);
    c->hashes = hashes;
    c->hash_cap = cap;
    return true;
}

/* What a key and a name need to know. */
static bool is_counted(const struct survey_column *c)
{
    return c->is_key_like || c->match.field == COMMON_NAME_ZH;
}

static bool count_distinct(struct survey_column *c, struct im_bytes text)
{
    uint64_t hash = XXH3_64bits(text.data, text.len);

    if (c->n_distinct == (is_counted(c) ? KEYS_MAX : DISTINCT_MAX))
        return true;
    if (2 * c->n_distinct >= c->hash_cap && !grow_hashes(c))
        return false;
    c->n_distinct += put_hash(c->hashes, c->hash_cap, hash ? hash : 1);
    return true;
}

static bool
collect_code(struct survey_column *c, struct im_bytes text, struct im_arena *arena)
{
    if (c->n_codes > SURVEY_MAX_CODES)
        return true;
    for (size_t i = 0; i < c->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(c->codes[i]), text))
            return true;
    if (c->n_codes == SURVEY_MAX_CODES || text.len > SURVEY_CODE_BYTES) {
        c->n_codes = SURVEY_MAX_CODES + 1;
        return true;
    }
    c->codes[c->n_codes] = im_arena_strdup(arena, text);
    return c->codes[c->n_codes++] != NULL;
}

static bool see_value(struct survey_column *c,
                      const struct source_value *cell,
                      struct im_arena *scratch,
                      struct im_arena *arena)
{
    char buffer[64];
    struct im_bytes text = value_text(cell, buffer);
    bool is_integer = false;
    double x;
    double y;
    char axis;

    if (text_clean(text, false, scratch, &text) != TEXT_GOOD || text.len == 0 ||
        text_is_blank(text))
        return true;
    c->n_filled++;
    if (is_number(text, &is_integer)) {
        c->n_number++;
        c->n_integer += is_integer;
    }
    c->n_fitting += fits(c, text);
    if (c->position != WORD_NONE) {
        c->n_angle += text_angle(text, &x, &axis);
        c->n_pair += text_pair(text, &x, &y);
        c->n_wkt[wkt_kind(text)]++;
    }
    c->n_personal += private_value(text);
    c->n_long += text.len > SURVEY_KEY_BYTES;
    return count_distinct(c, text) && collect_code(c, text, arena);
}

static void see_geometry(struct survey *s, const struct geom *geom)
{
    s->n_geometries[geom->kind]++;
    s->n_multipoints += geom->kind == GEOM_POINT && geom->n_points > 1;
}

static enum im_code read_rows(struct source *source,
                              struct survey *s,
                              struct im_arena *arena,
                              struct im_error *err)
{
    struct im_arena *scratch = im_arena_new(CELL_ARENA_MAX);
    size_t n_columns = source_columns(source);
    bool is_grid = source_is_grid(source);
    struct source_row row;
    enum im_code rc = IM_OK;
    bool more = true;

    if (!scratch)
        return im_fail(err, IM_ENOMEM, "new layer: out of memory");
    while (!rc && !(rc = source_next(source, &row, &more, err)) && more) {
        if (row.fault.code || (is_grid && header_is_no_data(&row, n_columns)))
            continue;
        s->n_rows++;
        see_geometry(s, &row.geom);
        for (size_t i = 0; i < s->n_columns && !rc; i++)
            if (!see_value(&s->columns[i], &row.cells[i], scratch, arena))
                rc = im_fail(err, IM_ENOMEM, "new layer: out of memory");
        im_arena_reset(scratch);
    }
    im_arena_free(scratch);
    return rc;
}

/* ---- positions ---- */

/* Half of a position or a whole one, by its values too: 位置 may be an address. */
static bool looks_like_position(const struct survey_column *c)
{
    switch (c->position) {
    case WORD_NONE:
        return false;
    case WORD_SYSTEM:
        return true;
    case WORD_LON:
    case WORD_LAT:
    case WORD_X:
    case WORD_Y:
        return survey_share(c, c->n_angle) > 0.5;
    case WORD_PAIR:
    case WORD_PAIR_LAT_FIRST:
        return survey_share(c, c->n_pair) > 0.5;
    case WORD_WKT:
        return survey_share(c, c->n_filled - c->n_wkt[GEOM_EMPTY]) > 0.5;
    }
    return false;
}

static enum position_word other_half(enum position_word word)
{
    switch (word) {
    case WORD_LON:
        return WORD_LAT;
    case WORD_LAT:
        return WORD_LON;
    case WORD_X:
        return WORD_Y;
    case WORD_Y:
        return WORD_X;
    default:
        return word; /* whole */
    }
}

static void find_positions(struct survey *s)
{
    bool has[WORD_SYSTEM + 1] = {false};

    for (size_t i = 0; i < s->n_columns; i++)
        has[s->columns[i].position] |= looks_like_position(&s->columns[i]);
    for (size_t i = 0; i < s->n_columns; i++) {
        struct survey_column *c = &s->columns[i];

        /* "long" alone is a length */
        c->is_position = looks_like_position(c) && has[other_half(c->position)];
    }
}

enum im_code survey_read(struct source *source,
                         const struct import_options *options,
                         struct im_arena *arena,
                         struct survey *out,
                         struct im_error *err)
{
    *out = (struct survey){.has_geometry = source_has_geometry(source)};
    enum im_code rc = read_columns(source, options, arena, out, err);

    if (!rc)
        rc = read_rows(source, out, arena, err);
    for (size_t i = 0; !rc && i < out->n_columns; i++) {
        struct survey_column *c = &out->columns[i];

        c->is_personal |= survey_share(c, c->n_personal) > 0.5;
        c->is_personal &= !options->keep_personal;
    }
    find_positions(out);
    return rc;
}

void survey_release(struct survey *survey)
{
    for (size_t i = 0; i < survey->n_columns; i++)
        free(survey->columns[i].hashes);
}
