/* SPDX-License-Identifier: Apache-2.0 */
/* Divisions by code and by position.
 *
 * Codes are those of GB/T 2260, six digits: province, city, county. A code that stands
 * for no division today may be a former one of another ("former_codes" of the layer of
 * divisions); then that one is meant. */
#ifndef ENGINE_QUERY_DIVISION_H
#define ENGINE_QUERY_DIVISION_H

#include <engine/analysis.h>

struct former_code;
struct prepared_outline;

/** Belongs to one thread; lives in an arena. */
struct division_index {
    const struct atlas_layer *divisions; /* NULL: there is none */
    const struct atlas_layer *outlines;  /* NULL: there is none */
    const struct former_code *former;    /* by code */
    size_t n_former;
    struct prepared_outline *prepared; /* of outlines, made when first needed */
    struct im_arena *arena;
};

/** The layer whose key is its adcode and whose names mean places. */
const struct atlas_layer *division_layer(const struct atlas *atlas);
/** The outline of a division: of the layer of outlines that is asked about, else of another such layer (the
 *  base map knows provinces that are not asked about). False: none is known. */
bool division_outline(const struct atlas *atlas,
                      uint32_t code,
                      const struct atlas_layer **layer,
                      uint32_t *outline);

/** `atlas` NULL: codes are taken as they are. */
IM_CHECKED enum im_code division_index_init(struct division_index *index,
                                            const struct atlas *atlas,
                                            struct im_arena *arena,
                                            struct im_error *err);

/** Six digits as a number; 0: it is none. */
uint32_t division_code(struct im_bytes adcode);
/** Of a feature, by its role; 0: it has none. */
uint32_t division_code_of(const struct atlas_layer *layer, uint32_t feature);
/** The code that means the same today. */
uint32_t division_today(const struct division_index *index, uint32_t code);
/** The level a code is of; the four municipalities are cities as well. */
bool division_is_level(uint32_t code, enum division_level level);
/** The level that a code looks like: 310000 is a province. */
enum division_level division_level_of(uint32_t code);
/** The code of the division around `code` at a level, `code` itself at its own; 0: the
 *  code is coarser than that, or stands for no division. */
uint32_t division_up(const struct division_index *index,
                     uint32_t code,
                     enum division_level level);
/** Does `code`, of today or not, lie in the division `area`? */
bool division_covers(const struct division_index *index, uint32_t area, uint32_t code);

/** The feature of a code in a layer with the adcode as its key. */
bool division_find(const struct atlas_layer *layer, uint32_t code, uint32_t *feature);
/** The code of today of the division that a row of a layer of areas is: its outline is
 *  the division's, or it is shown as a seat. 0: an area that only lies in its division,
 *  such as a park. */
uint32_t division_shown(const struct division_index *index,
                        const struct atlas_layer *areas,
                        uint32_t feature);
/** The outline of a level around a position. False: none is known. */
bool division_outline_at(struct division_index *index,
                         double lon,
                         double lat,
                         enum division_level level,
                         uint32_t *outline);
/** Is the feature a point known better than to its district? Then its position says
 *  where it lies, else its code. */
bool division_goes_by_position(const struct atlas_layer *layer, uint32_t feature);
/** The code of the division a feature lies in: by position where an outline is around
 *  it, else by its adcode; 0: unknown. */
uint32_t division_of(struct division_index *index,
                     const struct atlas_layer *layer,
                     uint32_t feature,
                     enum division_level level);

#endif
