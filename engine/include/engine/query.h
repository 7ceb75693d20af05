/* SPDX-License-Identifier: Apache-2.0 */
/* Questions answered from an atlas: place names, nearest, within. */
#ifndef ENGINE_QUERY_H
#define ENGINE_QUERY_H

#include <engine/atlas.h>
#include <engine/cql.h>
#include <engine/deadline.h>

enum lang { LANG_ZH, LANG_EN };

/** A title in a language, falling back to the other; never NULL. */
const char *query_title(struct schema_title title, enum lang lang);
/** Add the parts of a layer's attribution (separated by ';') that `line` lacks. */
void query_add_attribution(struct im_buf *line,
                           const struct atlas_layer *layer,
                           enum lang lang);

/** What a position is worth (DESIGN, "data model"): half-width in metres beside it. */
enum precision {
    PRECISION_EXACT,    /*       0 m: a clicked point, an outline */
    PRECISION_SITE,     /*     200 m */
    PRECISION_PARK,     /*   2,000 m */
    PRECISION_TOWN,     /*   5,000 m */
    PRECISION_DISTRICT, /*  20,000 m: a seat standing for a district */
    PRECISION_CITY      /*  50,000 m: a seat standing for a city */
};
double precision_uncertainty_m(enum precision precision);
const char *precision_name(enum precision precision);
/** "site", "park", "town", "district", "city", "exact". */
bool precision_parse(struct im_bytes text, enum precision *out);
/** Of one feature: its precision role; without one EXACT. */
enum precision query_precision(const struct atlas_layer *layer, uint32_t feature);

/** How many placed features of a layer have this precision. */
uint32_t atlas_layer_count_of(const struct atlas_layer *layer,
                              enum precision precision);

/** Name of a feature in a language, falling back to the other; "" when it has none. */
struct im_bytes
query_name(const struct atlas_layer *layer, uint32_t feature, enum lang lang);

enum place_match_kind { PLACE_EXACT, PLACE_ALIAS, PLACE_PREFIX, PLACE_INSIDE };

struct query_place {
    const struct atlas_layer *layer;
    uint32_t feature;
    enum place_match_kind match;
    /* the area or line it is measured from: its own, or of a division the outline with
     * the same adcode; NULL: from the position */
    const struct atlas_layer *outline_layer;
    uint32_t outline;
    double lon; /* NaN: known, but without a position; only among choices */
    double lat;
    enum precision precision;
    const char *in_zh; /* the divisions around it: "上海市浦东新区"; "" unknown */
    const char *in_en; /* "Pudong New Area, Shanghai" */
};

/** Half-width in metres of an outline's edge: the shipped ones lie on a grid of 1/1024
 *  degree (about 100 m) and are not reviewed. */
#define QUERY_OUTLINE_UNCERTAINTY_M 200.0
struct query_request;
/** Let a request start at a place: at its outline where it has one. */
void query_start_at(struct query_request *request, const struct query_place *place);

/** `places[0]` is the one taken unless `ambiguous`, and has a position then; at most
 *  QUERY_MAX_CHOICES. */
enum { QUERY_MAX_CHOICES = 20 };
struct query_places {
    struct query_place *places;
    size_t n;
    bool ambiguous; /* equal matches far apart: the person has to choose */
};

/**
 * Find the place people mean by `name` (1..200 bytes of UTF-8): exact, then alias or
 * former name, then prefix, then inside, each by importance; full width, case and
 * spaces do not matter. "layer:key" names a feature directly.
 * Errors: IM_EARG bad name; IM_ENOTFOUND with the nearest spellings, or because the
 * place is known but has no position; IM_ENOMEM. Ambiguity is no error: see
 * `ambiguous`.
 */
IM_CHECKED enum im_code query_find_place(const struct atlas *atlas,
                                         struct im_bytes name,
                                         struct im_arena *arena,
                                         struct query_places *out,
                                         struct im_error *err);

enum { QUERY_MAX_K = 10000, QUERY_MAX_LAYERS = 32, QUERY_MAX_SORT = 8 };

/* ---- where: a part of the map ---- */

enum query_area_kind {
    QUERY_EVERYWHERE,
    QUERY_IN_BOX,       /* `box`; its edge belongs to it */
    QUERY_IN_SHAPE,     /* `shape`, areas; with margin_m: up to that far from them */
    QUERY_IN_DIVISIONS, /* `adcodes`, and `shape` where their outlines are known */
    QUERY_ALONG         /* `shape`, a line: up to margin_m from it */
};

/**
 * A feature belongs to a box or shape when it shares a point with it. To divisions
 * (DESIGN, "data model"): points by position where an outline of that level is known
 * around them, else by their adcode; rows of precision district or city, without
 * position, lines and areas by their adcode (lines and areas without one by position).
 * A code of a city takes in the codes of its districts, also their former ones.
 */
struct query_area {
    enum query_area_kind kind;
    struct bbox box; /* min_x > max_x: across the antimeridian (RFC 7946, 5.2) */
    struct geom shape;
    double margin_m;
    double uncertainty_m; /* of the shape's edge */
    const struct im_bytes *adcodes;
    size_t n_adcodes;
    const struct atlas *atlas; /* of the divisions; NULL: codes are taken as they are */
    struct geom axis; /* a line; hits carry the distance along it. GEOM_EMPTY: none */
    struct schema_title title; /* for people: "松江区"; "" for boxes and drawn shapes */
    struct schema_title note; /* what has to be said about it; "" nothing */
};

struct query_places;
/**
 * The area that people mean by a name ("松江区", "苏州", "layer:key", "g60"): a
 * division, an outline, or all of a corridor's members when it names a layer of group
 * `areas`. Errors: as query_find_place; IM_EARG the place has no extent: it is a point,
 * so say how far around it. Ambiguity: `places->ambiguous`.
 */
IM_CHECKED enum im_code query_area_named(const struct atlas *atlas,
                                         struct im_bytes name,
                                         struct im_arena *arena,
                                         struct query_area *out,
                                         struct query_places *places,
                                         struct im_error *err);
/** A corridor: a layer whose rows are its members, grown by half_width_m, with an axis:
 *  the layer's own lines, else the geodesic from seat to seat of its members, in the
 *  order of the shortest way through all of them (beyond 12 members: along the line
 *  between the two farthest). `note` says so and what the data lack.
 *  Errors: IM_ENOTFOUND with the corridors there are. */
IM_CHECKED enum im_code query_area_corridor(const struct atlas *atlas,
                                            struct im_bytes layer_id,
                                            double half_width_m,
                                            struct im_arena *arena,
                                            struct query_area *out,
                                            struct im_error *err);
/** Is a row of a corridor counted as a member? (One of role `office` is not.) */
bool query_area_is_member(const struct atlas_layer *layer, uint32_t feature);
/** Along the geodesic from one place to another. */
IM_CHECKED enum im_code query_area_between(const struct query_place *from,
                                           const struct query_place *to,
                                           double half_width_m,
                                           struct im_arena *arena,
                                           struct query_area *out,
                                           struct im_error *err);

/** An area made ready: edge tables, codes as numbers. Belongs to one thread. */
struct query_region;
IM_CHECKED enum im_code query_region_new(const struct query_area *area,
                                         struct im_arena *arena,
                                         struct query_region **out,
                                         struct im_error *err);
/** Only what meets one of these boxes can belong by position; returns how many, 0..2.
 */
size_t query_region_boxes(const struct query_region *region, struct bbox boxes[2]);
/** Can rows belong that have no position, or one outside the boxes (by adcode)? */
bool query_region_goes_by_code(const struct query_region *region);
/** Along and off the axis in metres, NaN without one; NULL is fine. */
bool query_region_has(struct query_region *region,
                      const struct atlas_layer *layer,
                      uint32_t feature,
                      double *along_m,
                      double *off_m);

/* ---- when ---- */

/** Years of the layer's `time` role, both ends belong; zero-initialised: any. */
struct query_time {
    bool is_set;
    double from; /* seconds since 1970 UTC; -HUGE_VAL: open */
    double to;
};

struct query_sort {
    struct im_bytes field; /* by name: "distance", "importance", "name" or a field */
    bool descending;
};

/**
 * The compiled query that every door builds and one planner executes. Members that are
 * zero ask for nothing.
 */
struct query_request {
    const struct atlas_layer *const *layers;
    size_t n_layers;
    double lon; /* origin */
    double lat;
    double origin_uncertainty_m;
    /* distances are from the edge of this feature, 0 inside; NULL: from lon, lat */
    const struct atlas_layer *outline_layer;
    uint32_t outline;
    uint32_t k;              /* nearest: 1..QUERY_MAX_K; within: page limit */
    double max_m;            /* nearest: HUGE_VAL for none; within: the radius */
    enum precision coarsest; /* rows coarser than this are listed apart */
    bool leave_out_unreviewed;

    const struct atlas *atlas; /* needed for words and areas by name */
    bool has_origin;           /* query_run: distances are asked for */
    /* k counts for each layer apart: "the nearest of each"; such an answer has no next
     * page and takes no cursor */
    bool each;
    const struct query_area *area;    /* NULL: everywhere */
    const struct cql_node *filter;    /* NULL: none; must hold in each of the layers */
    const struct cql_crs *filter_crs; /* of the positions in `filter`; NULL: CRS84 */
    struct im_bytes words;            /* text search, empty: none */
    struct query_time time;
    const struct query_sort *sort; /* none: by distance from an origin, along an axis,
                                      else as the rows came (fid) */
    size_t n_sort;
    struct im_bytes cursor; /* of the page before; empty: the first page */
    bool skip_count;        /* n_matched is not needed */
    struct im_deadline deadline;
};

struct query_hit {
    const struct atlas_layer *layer;
    uint32_t feature;
    double distance_m;    /* geodesic, to the nearest edge, 0 inside */
    double uncertainty_m; /* u(origin) + u(feature) */
    double nearest_lon;   /* where the distance was measured to */
    double nearest_lat;
    bool order_uncertain; /* its interval overlaps a neighbour's in the list */
    double along_m;       /* of the area's axis; NaN without one */
    double off_m;
};

struct query_answer {
    struct query_hit *hits; /* by distance, then layer order, then key */
    size_t n_hits;
    size_t n_matched;        /* all within max_m, of which hits is the first k */
    struct query_hit *apart; /* coarser than asked: same order, at most k */
    size_t n_apart;
    size_t n_apart_matched; /* how many coarse rows there are within max_m */
    size_t n_unplaced;      /* rows without any position that pass all that can be asked
                               of them; 0 with skip_count when something is asked */
    const char *next;       /* cursor of the next page; NULL: this was the last */
};

/**
 * Execute a query of any kind: index or column scan by estimated selectivity.
 *
 * With an origin: the first k by distance, at most max_m away (HUGE_VAL: any); rows
 * coarser than `coarsest` apart. Without: all rows that the area, filter, words and
 * time let through, also those without a position when nothing asks for one; rows
 * coarser than `coarsest` apart here too (PRECISION_CITY: none is). `apart` comes with
 * the first page only. Layers may be given in any order, and twice.
 *
 * Sorting: null is last either way; text goes by code points, its first 120 bytes; a
 * field that some of the layers lack is null there. Equal rows: by order of layers in
 * lists, then key, so that the same request always gives the same list. A page goes on
 * after the values of the last row, whether or not that row still exists.
 * Errors: IM_EARG a sort field, cursor or filter that does not fit the layers;
 * IM_ESTOPPED the deadline passed; IM_ENOMEM.
 */
struct query_answer;
IM_CHECKED enum im_code query_run(const struct query_request *request,
                                  struct im_arena *arena,
                                  struct query_answer *out,
                                  struct cql_fault *fault,
                                  struct im_error *err);

/** Rows of one layer that a request lets through, for those who count and compare. */
typedef bool query_visit_fn(void *ctx, uint32_t feature);
/** In no particular order; all precisions, `coarsest` is for the visitor to judge.
 *  The visitor returns false to stop. Errors as query_run. */
IM_CHECKED enum im_code query_each(const struct query_request *request,
                                   const struct atlas_layer *layer,
                                   struct im_arena *arena,
                                   query_visit_fn *visit,
                                   void *ctx,
                                   struct cql_fault *fault,
                                   struct im_error *err);

/**
 * Round a distance so that it is not printed finer than its uncertainty allows: to 1 km
 * from 5 km of uncertainty on, to 100 m from 500 m, to 10 m from 50 m, else to 1 m.
 */
double query_honest_m(double distance_m, double uncertainty_m);
/** The same for people: "约 2 km（±7 km）", "about 2 km (±7 km)", "350 m". Terminated.
 */
enum { QUERY_DISTANCE_TEXT = 64 };
void query_distance_text(char out[QUERY_DISTANCE_TEXT],
                         double distance_m,
                         double uncertainty_m,
                         enum lang lang);

/** The divisions around a feature, by its adcode, else its city: "上海市浦东新区",
 *  "Pudong New Area, Shanghai"; "" unknown. Lives in `arena`. */
const char *query_where(const struct atlas *atlas,
                        const struct atlas_layer *layer,
                        uint32_t feature,
                        enum lang lang,
                        struct im_arena *arena);

/** What the features of an answer have in common, made once: of one context, or of
 *  several that show the same fields in the same language. Lives in `arena`; NULL
 *  without memory. */
struct query_forms;
struct query_forms *query_forms_new(struct im_arena *arena);

/* The same answer for HTTP and the command line (shape: ARCHITECTURE.md, "Answers"). */
struct query_answer_context {
    enum lang lang;
    const struct query_request *request;
    const struct query_places *near; /* NULL when the origin was given as lon, lat */
    bool show_geometry_of_unreviewed;
    const char *notice;        /* "示意图，不作划界依据"; NULL: left out */
    const char *review_number; /* "无审图号" when there is none; NULL: left out */
    const struct im_bytes *fields; /* which of a layer's fields are shown */
    size_t n_fields;               /* 0: all */
    /* further members as JSON ("a":1,"b":2): of `query`, of the answer */
    struct im_bytes query_members;
    struct im_bytes members;
    struct query_forms *forms; /* needed for features */
    /* writes further members of a feature's properties; NULL: none */
    void (*more)(void *more_ctx, struct im_json *w);
    void *more_ctx;
};
void query_write_feature(struct im_json *w,
                         const struct atlas_layer *layer,
                         uint32_t feature,
                         const struct query_hit *hit, /* NULL: no distances */
                         const struct query_answer_context *context);
/** An answer piece by piece: the beginning; features from `from` on, until the buffer
 *  has `full` bytes, at least one, returning where to go on (with `w->comma` when there
 *  is one before it); the end behind the last one. */
void query_write_answer_begin(struct im_json *w,
                              const struct query_answer_context *context);
size_t query_write_answer_hits(struct im_json *w,
                               const struct query_answer *answer,
                               size_t from,
                               size_t full,
                               const struct query_answer_context *context);
void query_write_answer_end(struct im_json *w,
                            const struct query_answer *answer,
                            const struct query_answer_context *context);
/** Members of `query`: layers, k, max_km, precision, origin. */
void query_write_request(struct im_json *w, const struct query_answer_context *context);
/** Members at the end of every answer: completeness, attribution, notice,
 *  review_number. */
void query_write_about(struct im_json *w, const struct query_answer_context *context);
/** Members of a measured distance: distance_m, uncertainty_m, distance_text. */
void query_write_distance(struct im_json *w,
                          double distance_m,
                          double uncertainty_m,
                          enum lang lang);
/** One place as a choice: name, layer, id, lon, lat, precision, where it lies. */
void query_write_place(struct im_json *w,
                       const struct query_place *place,
                       enum lang lang);

#endif
