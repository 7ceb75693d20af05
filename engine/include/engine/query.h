/* SPDX-License-Identifier: Apache-2.0 */
/* Questions answered from an atlas: place names, nearest, within. */
#ifndef ENGINE_QUERY_H
#define ENGINE_QUERY_H

#include <engine/atlas.h>

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

enum { QUERY_MAX_K = 1000, QUERY_MAX_LAYERS = 32 };

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
};

struct query_hit {
    const struct atlas_layer *layer;
    uint32_t feature;
    double distance_m;    /* geodesic, to the nearest edge, 0 inside */
    double uncertainty_m; /* u(origin) + u(feature) */
    double nearest_lon;   /* where the distance was measured to */
    double nearest_lat;
    bool order_uncertain; /* its interval overlaps a neighbour's in the list */
};

struct query_answer {
    struct query_hit *hits; /* by distance, then layer order, then key */
    size_t n_hits;
    size_t n_matched;        /* all within max_m, of which hits is the first k */
    struct query_hit *apart; /* coarser than asked: same order, at most k */
    size_t n_apart;
    size_t n_apart_matched; /* how many coarse rows there are within max_m */
    size_t n_unplaced;      /* rows of these layers without any position */
};

/** The k nearest, guaranteed: the search ends when no unseen feature can be nearer. */
IM_CHECKED enum im_code query_nearest(const struct query_request *request,
                                      struct im_arena *arena,
                                      struct query_answer *out,
                                      struct im_error *err);
/** All within max_m, the first k of them in order of distance. */
IM_CHECKED enum im_code query_within(const struct query_request *request,
                                     struct im_arena *arena,
                                     struct query_answer *out,
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

/* The same answer for HTTP and the command line (shape: ARCHITECTURE.md, "Answers"). */
struct query_answer_context {
    enum lang lang;
    const struct query_request *request;
    const struct query_places *near; /* NULL when the origin was given as lon, lat */
    bool show_geometry_of_unreviewed;
    const char *notice;        /* "示意图，不作划界依据"; NULL: left out */
    const char *review_number; /* "无审图号" when there is none; NULL: left out */
};
void query_write_feature(struct im_json *w,
                         const struct atlas_layer *layer,
                         uint32_t feature,
                         const struct query_hit *hit, /* NULL: no distances */
                         const struct query_answer_context *context);
void query_write_answer(struct im_json *w,
                        const struct query_answer *answer,
                        const struct query_answer_context *context);
/** One place as a choice: name, layer, id, lon, lat, precision, where it lies. */
void query_write_place(struct im_json *w,
                       const struct query_place *place,
                       enum lang lang);

#endif
