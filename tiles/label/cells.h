/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the label plan: squares of each zoom with what wants to stand there. */
#ifndef TILES_LABEL_CELLS_H
#define TILES_LABEL_CELLS_H

#include "label/along.h"
#include "label/index.h"
#include "label/measure.h"
#include "label/plan.h"
#include "label/spec.h"
#include "late.h"

#include <pthread.h>

enum {
    LABEL_CELL_PX = 128,
    LABEL_PARTS = 4, /* a cell's candidates are listed by 4 x 4 parts of 32 px */
    LABEL_MAX_SQUARES = 96,
    LABEL_ZOOMS_AHEAD = 2, /* for which names along lines keep places free */
    /* a name along a line may move so far to a calmer stretch */
    LABEL_MAX_SHIFT_PX = 48
};

enum entry_state {
    ENTRY_KEPT, /* from the zoom before */
    ENTRY_WAITING,
    ENTRY_SHOWN,
    ENTRY_REFUSED,
    ENTRY_REPLACED /* kept, now with all its parts: another entry */
};

struct entry_option {
    uint8_t anchor;
    uint8_t parts;
    uint8_t free; /* parts that may overlap others */
    uint8_t blocks;
    struct label_extent text; /* relative to the point */
    struct label_extent boxes[LABEL_N_PARTS];
};

struct label_entry {
    struct label label; /* while waiting: its box holds those of all options */
    enum entry_state state;
    bool has_grown; /* by more than 2 since the zoom before: may touch others */
    struct label_entry *upgrades; /* the kept one that lacks a part */
    uint32_t n_options;
    const struct entry_option *options; /* NULL: it is what it is */
};

enum cell_state { CELL_NEW, CELL_LISTED, CELL_DECIDED };
struct label_cell {
    struct label_cell *next; /* of its chain */
    uint32_t zoom, x, y;
    enum cell_state state;
    uint32_t n;
    struct label_entry *entries;
};

/** One zoom. */
struct label_level {
    double px_per_unit; /* about; exact in WebMercatorQuad */
    double growth;      /* how much finer than the zoom before */
    uint32_t n_cols;    /* of cells */
    uint32_t n_rows;
    double reach_x; /* no box reaches further from its point, pixels */
    double reach_y;
    struct label_cell **chains;
    uint32_t n_chains; /* a power of two */
    uint32_t n_cells;
};

/* What the style wants to write along a line at a later zoom. */
struct label_ahead {
    bool is_wanted;
    struct label_spec spec;
    double size_px[2];
};

struct label_task {
    enum { TASK_LIST, TASK_DECIDE, TASK_ENTRY } kind;
    struct label_cell *cell;
    struct label_entry *entry;
};

struct label_plan {
    pthread_mutex_t lock;
    const struct tile_map *map;
    struct im_arena *arena; /* cells and entries */
    struct label_index **indexes;
    struct label_sizes *sizes;
    struct label_heap heap;
    struct label_level levels[TILE_MAX_ZOOM + 1];
    struct label_task *tasks;
    uint32_t n_tasks;
    uint32_t cap_tasks;
    struct label_entry *list; /* of the cell being listed */
    uint32_t n_list;
    uint32_t cap_list;
    struct style_eval at;
    struct style_eval marker_at;
    struct label_spec spec;
    struct label_ahead ahead[LABEL_ZOOMS_AHEAD];
    struct chunk_cache chunks;
    struct label_along along;
    struct label_path path;
    atomic_size_t bytes; /* of all this, as the last request left it */
    /* of the request */
    struct text_fonts *fonts;
    struct tile_late late;
    struct im_error *err;
};

/** Has the deadline of the request passed? */
static inline bool label_plan_is_late(struct label_plan *plan, uint32_t steps)
{
    return tile_late(&plan->late, steps);
}
/** The cell, made when it is not there; NULL without memory. */
struct label_cell *
label_cell_get(struct label_plan *plan, uint32_t zoom, uint32_t x, uint32_t y);
/** Cells whose points may have boxes that meet `window`. */
struct label_cell_range {
    uint32_t x0, y0, x1, y1; /* included; empty when x1 < x0 */
};
struct label_cell_range label_cells_near(const struct label_level *level,
                                         struct label_window window);
/** Cells of the zoom before whose labels may stand in this cell; none at zoom 0. */
struct label_cell_range label_cell_parents(struct label_plan *plan,
                                           const struct label_cell *cell);
/** Fill the cell: what its decided parents show in it, then who may join. */
IM_CHECKED enum im_code label_cell_list(struct label_plan *plan,
                                        struct label_cell *cell);
/** Does the box of this option cover a marker of a circle layer? */
bool label_covers_marker(struct label_plan *plan,
                         uint32_t zoom,
                         struct label_window box);
void label_level_init(struct label_plan *plan, uint32_t zoom);
/** Put what the option says into the label. */
void label_take_option(struct label *label,
                       const struct entry_option *option,
                       unsigned all_parts);

static inline struct label_window label_box_of(const struct label *l)
{
    return (struct label_window){l->x + (double)l->min_x, l->y + (double)l->min_y,
                                 l->x + (double)l->max_x, l->y + (double)l->max_y};
}
static inline bool label_windows_meet(struct label_window a, struct label_window b)
{
    return a.min_x < b.max_x && b.min_x < a.max_x && a.min_y < b.max_y &&
           b.min_y < a.max_y;
}

#endif
