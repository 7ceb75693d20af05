/* SPDX-License-Identifier: Apache-2.0 */
/* Points of a layer that stand close together, as one: a hierarchy over all zooms with
 * the number of points of each kind ("cluster" in layer.json). */
#ifndef ENGINE_CLUSTERS_H
#define ENGINE_CLUSTERS_H

#include <engine/atlas.h>

enum {
    CLUSTERS_MAX_ZOOM = 15,   /* zooms are MapLibre's: a world of 512 px at 0 */
    CLUSTERS_MAX_CODES = 64,  /* a field of more kinds is not counted by kind */
    CLUSTERS_MAX_RADIUS = 256 /* px */
};
/** What a window finds: a feature, or CLUSTER_BIT and the number of a cluster. */
#define CLUSTER_BIT 0x80000000u
#define CLUSTER_NONE UINT32_MAX

struct cluster {
    uint32_t xy[2]; /* world units: the mean of its points */
    uint32_t n_points;
    uint32_t parent;     /* the cluster it becomes part of, or CLUSTER_NONE */
    uint32_t feature;    /* its most important point */
    uint32_t first_code; /* see clusters_codes */
    uint16_t n_codes;
    uint8_t min_zoom; /* stands on the map from here .. */
    uint8_t max_zoom; /* .. to here, and comes apart at the next zoom */
};
struct cluster_code {
    uint32_t code; /* of the field, never ATLAS_NULL_CODE */
    uint32_t n_points;
};

/** Immutable once made. */
struct clusters;
typedef bool clusters_shows_fn(const void *ctx, uint32_t feature);
/**
 * Of the layer's points that `shows` lets pass (NULL: all); features of several points
 * stand alone. The same rows give the same clusters. Below 1 s for a million points.
 * The layer outlives it. NULL: no memory, or the layer is not to be clustered.
 */
struct clusters *clusters_new(const struct atlas_layer *layer,
                              clusters_shows_fn *shows,
                              const void *ctx);
void clusters_free(struct clusters *clusters); /* NULL is fine */
size_t clusters_bytes(const struct clusters *clusters);

/** Of all points of a layer; made when first asked for and kept with it. */
const struct clusters *atlas_clusters(const struct atlas_layer *layer);
/** Is there no work left in atlas_clusters? */
bool atlas_clusters_are_ready(const struct atlas_layer *layer);

uint32_t clusters_count(const struct clusters *clusters);
const struct cluster *cluster_at(const struct clusters *clusters, uint32_t i);
/** Follows from what the cluster is, so it is the same in all tiles and versions; from
 *  2^52 to 2^53: apart from fids, and exact as a double. */
int64_t cluster_id(const struct clusters *clusters, uint32_t i);
/** The number of points as "950", "1.2k", "31k", "4.5m"; returns `out`. */
enum { CLUSTER_COUNT_TEXT = 16 };
const char *cluster_count_text(uint32_t n, char out[CLUSTER_COUNT_TEXT]);
/** Points of each kind, by rising code; points without one are in none. */
const struct cluster_code *
cluster_codes(const struct clusters *clusters, uint32_t i, uint32_t *n);
/** The cluster that a feature becomes part of first, or CLUSTER_NONE. */
uint32_t clusters_parent(const struct clusters *clusters, uint32_t feature);
/** The first zoom at which a feature stands alone; 0: at all. */
unsigned clusters_first_zoom(const struct clusters *clusters, uint32_t feature);

/** Clusters and single features of a zoom (at most that of the layer) in the window, in
 *  degrees, along a Hilbert curve. Returns false when the visitor stopped it. */
bool clusters_window(const struct clusters *clusters,
                     unsigned zoom,
                     struct bbox window,
                     atlas_visit_fn *visit,
                     void *ctx);

#endif
