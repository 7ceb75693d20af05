/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the gazetteer, not by anyone else.
 *
 *   gazetteer_names.c      names, sorted; which of them begin at a place of a text
 *   gazetteer_text.c       a text folded, and what its characters say about a match
 *   gazetteer_load.c       the layers of the database, row by row; outlines
 *   gazetteer_load_divisions.c, gazetteer_load_places.c   and what they are called
 *   gazetteer_divisions.c  which division a text or a row speaks of
 *   gazetteer_find.c       the place of a row
 *   gazetteer_bands.c      is a position in an outline, fast
 *   gazetteer.c            outlines: which one holds a position, how far is it away
 */
#ifndef IMPORT_GAZETTEER_INTERNAL_H
#define IMPORT_GAZETTEER_INTERNAL_H

#include "gazetteer.h"

#include <engine/geom.h>
#include <engine/query.h>

#define NONE UINT32_MAX

enum {
    GAZETTEER_MAX_NAMES = 500000,
    READING_MAX = 1024,        /* bytes of a folded text; the rest is not looked at */
    READING_MAX_SOURCE = 4096, /* and of a text as it came */
    SHORT_NAME_BYTES = 6       /* two Chinese characters */
};

/* ---- gazetteer_text.c ---- */

/** A text folded character by character, with the way back to where each came from. */
struct reading {
    struct im_bytes source;
    uint8_t text[READING_MAX + 1];
    uint16_t from[READING_MAX + 1]; /* offsets in the source, per byte of the text */
    uint16_t to[READING_MAX + 1];
    size_t len;
};
/** False when memory runs out (then it is empty). */
bool reading_make(struct reading *r, struct im_bytes source);
struct im_bytes reading_bytes(const struct reading *r);
/** The part of the source that text[start, start + len) came from. */
struct im_bytes reading_source(const struct reading *r, size_t start, size_t len);
/** Begins something at `at`: the text, behind punctuation, brackets, digits, or behind
 *  a character that ends parts of addresses (区 路 号 ...)? */
bool reading_is_boundary(const struct reading *r, size_t at);
/** Latin words are whole words in the source. */
bool reading_is_word(const struct reading *r, size_t start, size_t len);

enum follows { FOLLOWS_OTHER, FOLLOWS_ROAD, FOLLOWS_TOWN, FOLLOWS_HOUSE };
/** What stands behind a name: the rest of a street's name ("南京" 东路), of a town's
 *  ("张江" 镇), nothing but house numbers, or something else. */
enum follows reading_follows(const struct reading *r, size_t end);
/** Made of words only that hundreds of places have (高新技术 产业 开发区)? Of the part
 * of a name more words count as such. */
bool text_is_generic(struct im_bytes folded, bool is_part);
bool text_is_latin(struct im_bytes text); /* ASCII all through */
bool text_begins(struct im_bytes text, const char *prefix);
bool text_ends(struct im_bytes text, const char *suffix);
/** Bytes of the character at `at` of well formed UTF-8. */
size_t text_char(const uint8_t *at);

/* ---- gazetteer_names.c ---- */

enum name_kind {
    /* of divisions */
    NAME_DIVISION, /* 浦东新区, 上海市浦东新区 */
    NAME_SHORT,    /* 浦东 */
    NAME_FORMER,   /* 南汇区 */
    NAME_FORMER_SHORT,
    /* of places */
    NAME_WHOLE,  /* as the layer has it */
    NAME_OTHER,  /* alias, former name, or another way to write it */
    NAME_LOCAL,  /* without the division in front: means something in its city */
    NAME_GENERIC /* 高新区: means something in the division it was written behind */
};
struct name {
    uint32_t start;
    uint32_t target; /* index of a division or place */
    uint32_t scope;  /* division; NONE but for NAME_GENERIC */
    uint16_t len;
    uint8_t kind;
};
struct name_table {
    struct im_buf text;
    struct im_buf entries; /* struct name */
    uint32_t n;
    uint32_t *first; /* where the names with these first two bytes begin; 65537 */
};
struct name_match {
    const struct name *first; /* all of one text, best kind first */
    uint32_t n;
    uint16_t len; /* bytes */
};
enum { NAME_TABLE_MAX_MATCHES = 32 };
/** False over GAZETTEER_MAX_NAMES (see text.failed, entries.failed for memory). */
bool name_table_add(struct name_table *names,
                    struct im_bytes folded,
                    enum name_kind kind,
                    uint32_t target,
                    uint32_t scope);
/** No more names come. False when memory ran out. */
bool name_table_finish(struct name_table *names);
void name_table_release(struct name_table *names);
/** The names that text[at ...] begins with, longest first. Returns how many. */
size_t name_table_at(const struct name_table *names,
                     const uint8_t *text,
                     size_t at,
                     size_t len,
                     struct name_match out[NAME_TABLE_MAX_MATCHES]);
/** The names that are the whole text. */
struct name_match name_table_equal(const struct name_table *names,
                                   struct im_bytes text);

/* ---- gazetteer_bands.c ---- */

struct bands {
    struct geom *list; /* from south to north */
    uint32_t n;
    double min_y;
    double per_degree;
};
/** False when memory runs out. `scratch` is used while building. */
bool bands_build(struct bands *bands,
                 const struct geom *g,
                 struct bbox box,
                 struct im_arena *arena,
                 struct im_arena *scratch);
/** As geom_contains of the geometry they were built from. */
bool bands_contain(const struct bands *bands, double lon, double lat);

/* ---- the gazetteer ---- */

enum division_level { LEVEL_PROVINCE, LEVEL_CITY, LEVEL_DISTRICT };

struct division {
    struct gazetteer_division is; /* first: what callers hold points here */
    enum division_level level;
    bool is_zone; /* no division but used as one: 苏州工业园区, 320571 */
    uint32_t province;
    uint32_t city; /* itself when it is one; NONE of a province */
    bool has_outline;
    struct geom outline;
    struct bbox box;
    struct bands bands;
    const char *layer;
};

struct former_code {
    char code[8];
    uint32_t division;
};

struct place {
    const char *key;
    const char *name;
    const char *layer;
    double lon;
    double lat;
    uint32_t division; /* the finest known */
    enum precision precision;
    bool is_wide; /* an area by its name: an address in it may be far from its middle */
};

struct gazetteer {
    struct im_arena *arena;
    struct division *divisions; /* by adcode */
    uint32_t n_divisions;
    struct former_code *former; /* by code */
    uint32_t n_former;
    struct im_buf places; /* struct place */
    uint32_t n_places;
    struct name_table division_names;
    struct name_table place_names;
};

static inline const struct place *place_at(const struct gazetteer *g, uint32_t i)
{
    return &((const struct place *)g->places.data)[i];
}

/* ---- gazetteer_divisions.c ---- */

/** What is known about where a row is. */
struct context {
    uint32_t province;
    uint32_t city;
    uint32_t district;
    bool is_foreign;  /* it names a city or province that is not known here */
    bool is_conflict; /* it names two cities */
    bool was_renamed;
    uint32_t seat_place;     /* stands for the district: 高新区 stated as one */
    struct im_bytes said_by; /* the text that named the finest of them */
};
void context_init(struct context *c);
/** The finest division; NONE. */
uint32_t context_finest(const struct context *c);
uint32_t
division_by_code(const struct gazetteer *g, struct im_bytes adcode, bool *was_renamed);
/** Take the code in; an unknown one speaks for its city. */
void context_take_code(const struct gazetteer *g,
                       struct im_bytes code,
                       struct context *c);
/** Take in a column of division names ("上海", "江苏省苏州市", "昆山"). */
void context_take_column(const struct gazetteer *g,
                         struct im_bytes text,
                         bool is_city,
                         struct context *c);
/** Take in the divisions that an address begins with, else those that it spells out. */
void context_take_address(const struct gazetteer *g,
                          const struct reading *r,
                          struct context *c);
/** A name is a hint only: taken where it speaks of one city and nothing else is known.
 */
void context_take_name(const struct gazetteer *g,
                       const struct reading *r,
                       struct context *c);
/** Bytes of the division names at the start that contain `inner`; *scope the finest. */
size_t divisions_in_front(const struct gazetteer *g,
                          const struct reading *r,
                          uint32_t inner,
                          uint32_t *scope);
/** What the row states; with the address only when nothing else does. */
void context_of_statement(const struct gazetteer *g,
                          const struct gazetteer_question *q,
                          struct context *c);

/* ---- gazetteer_find.c ---- */

/** A place with exactly this name in the context; NONE. */
uint32_t place_named(const struct gazetteer *g,
                     const struct reading *r,
                     const struct context *c);

/* ---- gazetteer.c ---- */

uint32_t division_at(const struct gazetteer *g, double lon, double lat);

#endif
