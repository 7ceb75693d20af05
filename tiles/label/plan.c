/* SPDX-License-Identifier: Apache-2.0 */
/* Decides the label plan region by region, from low zoom to high.
 *
 * At each zoom the features in order of importance take the first place that is free.
 * Whether one is shown depends only on the more important ones whose boxes may meet its
 * own, on those that these depend on, and on what the zoom before shows there; so only
 * they are decided, and the outcome is that of going through the whole map in order,
 * whatever is asked first. Kept labels come first. What waits for what is a stack of
 * tasks, since chains have no bound. */
#include "label/cells.h"

#include "map.h"

#include <math.h>
#include <stdlib.h>

enum {
    ARENA_MAX_BYTES = 1024 * 1024 * 1024,
    ARENA_FULL_BYTES = 64 * 1024 * 1024, /* then everything is made anew */
    KEPT_TASKS = 64 * 1024,
    MAX_TASKS = 64 * 1024 * 1024
};

/* ---- boxes ---- */

static struct label_window square_of(const struct label *l, uint32_t i)
{
    double x = l->x + (double)l->squares[2 * i];
    double y = l->y + (double)l->squares[2 * i + 1];
    double r = (double)l->half_px;

    return (struct label_window){x - r, y - r, x + r, y + r};
}

static struct label_window extent_of(const struct label *l, struct label_extent b)
{
    return (struct label_window){l->x + (double)b.min_x, l->y + (double)b.min_y,
                                 l->x + (double)b.max_x, l->y + (double)b.max_y};
}

/* Is one of these parts in the window? Along lines all of a label is one part. */
static bool is_in(const struct label *l,
                  unsigned parts,
                  uint32_t n_squares,
                  struct label_window window)
{
    if (!parts || !label_windows_meet(label_box_of(l), window))
        return false;
    for (uint32_t i = 0; i < n_squares; i++)
        if (label_windows_meet(square_of(l, i), window))
            return true;
    for (uint32_t i = 0; i < LABEL_N_PARTS && l->n_squares == 0; i++)
        if ((parts >> i & 1) && label_windows_meet(extent_of(l, l->boxes[i]), window))
            return true;
    return false;
}

static bool keeps_off(const struct label *l, struct label_window window)
{
    return is_in(l, l->blocks, l->n_kept_free, window);
}

/* Does one of these parts of `a` meet what `b` shows? */
static bool
shows_over(const struct label *a, unsigned parts, const struct label *b, unsigned of_b)
{
    if (!parts || !label_windows_meet(label_box_of(a), label_box_of(b)))
        return false;
    for (uint32_t i = 0; i < a->n_squares; i++)
        if (is_in(b, of_b, b->n_squares, square_of(a, i)))
            return true;
    for (uint32_t i = 0; i < LABEL_N_PARTS && a->n_squares == 0; i++)
        if ((parts >> i & 1) && is_in(b, of_b, b->n_squares, extent_of(a, a->boxes[i])))
            return true;
    return false;
}

bool label_overlaps(const struct label *a, const struct label *b)
{
    return shows_over(a, a->blocks & ~(unsigned)a->free, b,
                      b->blocks & ~(unsigned)b->free);
}

/* ---- order ---- */

static unsigned coarseness(uint32_t along)
{
    return along ? (unsigned)__builtin_ctz(along) : 32;
}

/* The styles drawn on top come first; along a line its middle, then quarters. */
static bool comes_before(const struct label *a, const struct label *b)
{
    int rank = label_rank_compare(a->rank, b->rank);

    if (a->style != b->style)
        return a->style > b->style;
    if (rank)
        return rank < 0;
    if (a->feature != b->feature)
        return a->feature < b->feature;
    if (coarseness(a->along) != coarseness(b->along))
        return coarseness(a->along) > coarseness(b->along);
    return a->part != b->part ? a->part < b->part : a->along < b->along;
}

/* Labels of which a part may overlap others are below the rest; of them those with the
 * higher sort key are on top, without a key the lower ones on the page (MapLibre); of
 * the rest the more important. */
static int compare_in_style(const struct style_layer *style,
                            const struct label *a,
                            const struct label *b)
{
    if (!a->free != !b->free)
        return a->free ? -1 : 1;
    if (a->free && !style_has(style, SYMBOL_SORT_KEY) && a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->free && style_has(style, SYMBOL_SORT_KEY) &&
        a->rank.sort_key != b->rank.sort_key)
        return a->rank.sort_key < b->rank.sort_key ? -1 : 1;
    return comes_before(a, b) ? 1 : comes_before(b, a) ? -1 : 0;
}

int label_compare(const struct tile_map *map,
                  const struct label *a,
                  const struct label *b)
{
    if (a->style != b->style)
        return a->style < b->style ? -1 : 1;
    return compare_in_style(map->styles[a->style].style, a, b);
}

/* ---- tasks ---- */

static enum im_code push(struct label_plan *plan, struct label_task task)
{
    if (plan->n_tasks == plan->cap_tasks) {
        uint32_t cap = plan->cap_tasks ? plan->cap_tasks * 2 : 1024;
        struct label_task *tasks =
            cap <= MAX_TASKS ? realloc(plan->tasks, cap * sizeof *tasks) : NULL;

        if (!tasks)
            return im_fail(plan->err, IM_ENOMEM, "label plan");
        plan->tasks = tasks;
        plan->cap_tasks = cap;
    }
    plan->tasks[plan->n_tasks++] = task;
    return IM_OK;
}

static struct label_window around(const struct label *l)
{
    return label_box_of(l);
}

typedef enum im_code
near_fn(struct label_plan *plan, struct label_cell *cell, void *ctx);

/* Calls fn for each cell from which a box may reach into the window. */
static enum im_code each_near(struct label_plan *plan,
                              uint32_t zoom,
                              struct label_window window,
                              near_fn *fn,
                              void *ctx)
{
    struct label_cell_range range = label_cells_near(&plan->levels[zoom], window);
    enum im_code rc = IM_OK;

    for (uint32_t y = range.y0; y <= range.y1 && rc == IM_OK; y++)
        for (uint32_t x = range.x0; x <= range.x1 && rc == IM_OK; x++) {
            struct label_cell *cell = label_cell_get(plan, zoom, x, y);

            rc = cell ? fn(plan, cell, ctx)
                      : im_fail(plan->err, IM_ENOMEM, "label plan");
        }
    return rc;
}

static enum im_code
want_listed(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    (void)ctx;
    return cell->state >= CELL_LISTED
               ? IM_OK
               : push(plan, (struct label_task){TASK_LIST, cell, NULL});
}

static enum im_code
want_decided(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    (void)ctx;
    return cell->state >= CELL_DECIDED
               ? IM_OK
               : push(plan, (struct label_task){TASK_DECIDE, cell, NULL});
}

/* ---- one decision ---- */

struct probe {
    const struct label_entry *entry;
    struct label_window boxes[LABEL_N_PARTS]; /* that have to be free, world pixels */
    uint32_t n_boxes;
    bool is_taken;
    /* of those that come before it and may take the box, the first */
    struct label_entry *waiting;
    struct label_cell *waiting_cell;
};

/* May this entry, once shown, be in the box? */
static bool may_take(const struct label_entry *e, struct label_window box)
{
    if (!label_windows_meet(label_box_of(&e->label), box))
        return false;
    for (uint32_t i = 0; i < e->n_options; i++)
        for (uint32_t k = 0; k < LABEL_N_PARTS; k++)
            if ((e->options[i].blocks >> k & 1) &&
                label_windows_meet(extent_of(&e->label, e->options[i].boxes[k]), box))
                return true;
    return e->n_options == 0;
}

static bool counts(const struct label_entry *other, const struct label_entry *e)
{
    if (other == e || other == e->upgrades || !other->label.blocks)
        return false;
    return other->state == ENTRY_KEPT ||
           (other->state == ENTRY_SHOWN && comes_before(&other->label, &e->label)) ||
           /* whether its better half came in between must not matter */
           other->state == ENTRY_REPLACED;
}

static bool is_in_the_way(const struct probe *probe, const struct label *other)
{
    const struct label *l = &probe->entry->label;

    if (probe->entry->options) {
        for (uint32_t i = 0; i < probe->n_boxes; i++)
            if (keeps_off(other, probe->boxes[i]))
                return true;
        return false;
    }
    for (uint32_t i = 0; i < l->n_kept_free; i++)
        if (keeps_off(other, square_of(l, i)))
            return true;
    return false;
}

static bool is_earlier(const struct probe *probe, const struct label_entry *other)
{
    if (other == probe->entry || !comes_before(&other->label, &probe->entry->label) ||
        (probe->waiting && !comes_before(&other->label, &probe->waiting->label)))
        return false;
    for (uint32_t i = 0; i < probe->n_boxes; i++)
        if (may_take(other, probe->boxes[i]))
            return true;
    return false;
}

static enum im_code
probe_cell(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    struct probe *probe = ctx;

    (void)plan;
    for (uint32_t i = 0; i < cell->n && !probe->is_taken; i++) {
        struct label_entry *other = &cell->entries[i];

        if (other->state == ENTRY_WAITING) {
            if (is_earlier(probe, other)) {
                probe->waiting = other;
                probe->waiting_cell = cell;
            }
        } else if (counts(other, probe->entry)) {
            probe->is_taken = is_in_the_way(probe, &other->label);
        }
    }
    return IM_OK;
}

static struct probe probe_of(const struct label_entry *e, const struct entry_option *o)
{
    struct probe probe = {.entry = e};

    if (!o) {
        probe.boxes[probe.n_boxes++] = label_box_of(&e->label);
        return probe;
    }
    for (uint32_t i = 0; i < LABEL_N_PARTS; i++)
        if ((o->parts & ~(unsigned)o->free) >> i & 1)
            probe.boxes[probe.n_boxes++] = extent_of(&e->label, o->boxes[i]);
    return probe;
}

/* Are the boxes of this option free, or the squares of a label along a line (NULL)?
 * Pushes what has to be known before (then nothing is said yet): the cells around, then
 * the first of those that come before and may stand there, since the answer to that one
 * may settle it. */
static enum im_code is_taken(struct label_plan *plan,
                             uint32_t zoom,
                             const struct label_entry *e,
                             const struct entry_option *option,
                             bool *out)
{
    struct probe probe = probe_of(e, option);
    uint32_t n = plan->n_tasks;
    struct label_window all = probe.boxes[0];
    enum im_code rc = IM_OK;

    *out = false;
    if (probe.n_boxes == 0)
        return IM_OK;
    for (uint32_t i = 1; i < probe.n_boxes; i++)
        all = (struct label_window){fmin(all.min_x, probe.boxes[i].min_x),
                                    fmin(all.min_y, probe.boxes[i].min_y),
                                    fmax(all.max_x, probe.boxes[i].max_x),
                                    fmax(all.max_y, probe.boxes[i].max_y)};
    rc = each_near(plan, zoom, all, want_listed, NULL);
    if (rc != IM_OK || plan->n_tasks > n)
        return rc;
    rc = each_near(plan, zoom, all, probe_cell, &probe);
    *out = probe.is_taken;
    if (rc == IM_OK && !probe.is_taken && probe.waiting)
        rc = push(plan,
                  (struct label_task){TASK_ENTRY, probe.waiting_cell, probe.waiting});
    return rc;
}

static void show(struct label_entry *e)
{
    e->state = ENTRY_SHOWN;
    if (e->upgrades)
        e->upgrades->state = ENTRY_REPLACED;
}

static unsigned parts_of(const struct label_entry *e)
{
    unsigned parts = 0;

    for (uint32_t i = 0; i < e->n_options; i++)
        parts |= e->options[i].parts;
    return parts;
}

static void show_option(struct label_entry *e, const struct entry_option *o)
{
    label_take_option(&e->label, o, parts_of(e));
    show(e);
}

/* The first option that is free and covers no marker, else the first that is free. */
static enum im_code
choose_option(struct label_plan *plan, uint32_t zoom, struct label_entry *e)
{
    const struct entry_option *first_free = NULL;
    bool has_choice = e->n_options > 1;
    uint32_t n = plan->n_tasks;
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < e->n_options && rc == IM_OK; i++) {
        const struct entry_option *o = &e->options[i];
        bool taken = false;

        if (first_free && o->parts != first_free->parts)
            break; /* rather over a marker than without a part */
        rc = is_taken(plan, zoom, e, o, &taken);
        if (rc != IM_OK || plan->n_tasks > n)
            return rc;
        if (taken)
            continue;
        if (!first_free)
            first_free = o;
        if (!has_choice || !(o->parts & LABEL_TEXT) ||
            !label_covers_marker(plan, zoom, extent_of(&e->label, o->text))) {
            show_option(e, o);
            return IM_OK;
        }
    }
    if (rc == IM_OK && first_free)
        show_option(e, first_free);
    else if (rc == IM_OK)
        e->state = ENTRY_REFUSED;
    return rc;
}

/* Leaves it waiting when it has to wait for what it has pushed. */
static enum im_code
decide(struct label_plan *plan, uint32_t zoom, struct label_entry *e)
{
    uint32_t n = plan->n_tasks;
    enum im_code rc;
    bool taken;

    plan->at.zoom = map_style_zoom(plan->map, zoom);
    if (e->options)
        return choose_option(plan, zoom, e);
    if (label_is_free(&e->label)) {
        show(e);
        return IM_OK;
    }
    rc = is_taken(plan, zoom, e, NULL, &taken);
    if (rc != IM_OK || plan->n_tasks > n)
        return rc;
    if (taken)
        e->state = ENTRY_REFUSED;
    else
        show(e);
    return IM_OK;
}

/* ---- running ---- */

/* Each step ends its task, or pushes what the task waits for on top of it. */
static enum im_code list_step(struct label_plan *plan, struct label_cell *cell)
{
    uint32_t n = plan->n_tasks;
    struct label_cell_range range;
    enum im_code rc = IM_OK;

    if (cell->state >= CELL_LISTED) {
        plan->n_tasks--;
        return IM_OK;
    }
    range = label_cell_parents(plan, cell);
    for (uint32_t y = range.y0; y <= range.y1 && rc == IM_OK; y++)
        for (uint32_t x = range.x0; x <= range.x1 && rc == IM_OK; x++) {
            struct label_cell *parent = label_cell_get(plan, cell->zoom - 1, x, y);

            rc = parent ? want_decided(plan, parent, NULL)
                        : im_fail(plan->err, IM_ENOMEM, "label plan");
        }
    if (rc != IM_OK || plan->n_tasks > n)
        return rc;
    plan->n_tasks--;
    return label_cell_list(plan, cell);
}

static enum im_code entry_step(struct label_plan *plan, const struct label_task *task)
{
    uint32_t n = plan->n_tasks;
    struct label_entry *e = task->entry;
    enum im_code rc = IM_OK;

    if (e->state == ENTRY_WAITING)
        rc = decide(plan, task->cell->zoom, e);
    if (plan->n_tasks == n)
        plan->n_tasks--;
    return rc;
}

static enum im_code decide_step(struct label_plan *plan, struct label_cell *cell)
{
    uint32_t n = plan->n_tasks;
    enum im_code rc = IM_OK;

    if (cell->state == CELL_NEW)
        return push(plan, (struct label_task){TASK_LIST, cell, NULL});
    for (uint32_t i = 0; i < cell->n && cell->state != CELL_DECIDED && rc == IM_OK;
         i++) {
        if (cell->entries[i].state == ENTRY_WAITING)
            rc = decide(plan, cell->zoom, &cell->entries[i]);
        if (plan->n_tasks > n)
            return rc;
    }
    if (rc == IM_OK) {
        cell->state = CELL_DECIDED;
        plan->n_tasks--;
    }
    return rc;
}

static enum im_code run(struct label_plan *plan)
{
    enum im_code rc = IM_OK;

    while (plan->n_tasks && rc == IM_OK) {
        struct label_task task = plan->tasks[plan->n_tasks - 1];

        if (label_plan_is_late(plan, 256)) {
            rc = tile_late_fail(plan->err);
            break;
        }

        switch (task.kind) {
        case TASK_LIST:
            rc = list_step(plan, task.cell);
            break;
        case TASK_DECIDE:
            rc = decide_step(plan, task.cell);
            break;
        case TASK_ENTRY:
            rc = entry_step(plan, &task);
            break;
        }
    }
    plan->n_tasks = 0;
    return rc;
}

/* ---- what is shown in a window ---- */

struct window_visit {
    struct label_window window;
    label_visit_fn *visit;
    void *ctx;
    bool stopped;
};

/* Kept ones whose text has grown by more than 2 in one zoom, and names along lines that
 * bend otherwise than they were expected to, give way to others. */
struct yield {
    const struct label_entry *entry;
    bool yields;
};

static enum im_code
yield_to(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    struct yield *yield = ctx;
    const struct label_entry *e = yield->entry;
    unsigned asks = e->label.parts & ~(unsigned)e->label.free;

    (void)plan;
    for (uint32_t i = 0; i < cell->n && !yield->yields; i++) {
        const struct label_entry *other = &cell->entries[i];

        if (other == e || !other->label.blocks ||
            (other->state != ENTRY_KEPT && other->state != ENTRY_REPLACED))
            continue;
        if (other->has_grown && !comes_before(&other->label, &e->label))
            continue;
        yield->yields = shows_over(&e->label, asks, &other->label, other->label.blocks);
    }
    return IM_OK;
}

static enum im_code
yields(struct label_plan *plan, uint32_t zoom, const struct label_entry *e, bool *out)
{
    struct yield yield = {e, false};
    enum im_code rc = IM_OK;

    if (e->state == ENTRY_KEPT && e->has_grown && !label_is_free(&e->label)) {
        rc = each_near(plan, zoom, around(&e->label), want_listed, NULL);
        if (rc == IM_OK)
            rc = run(plan);
        if (rc == IM_OK)
            rc = each_near(plan, zoom, around(&e->label), yield_to, &yield);
    }
    *out = yield.yields;
    return rc;
}

static enum im_code
visit_cell(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    struct window_visit *v = ctx;
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < cell->n && !v->stopped && rc == IM_OK; i++) {
        const struct label_entry *e = &cell->entries[i];
        bool hidden;

        if ((e->state != ENTRY_KEPT && e->state != ENTRY_SHOWN) ||
            !label_windows_meet(label_box_of(&e->label), v->window))
            continue;
        rc = yields(plan, cell->zoom, e, &hidden);
        if (rc == IM_OK && !hidden)
            v->stopped = !v->visit(v->ctx, &e->label);
    }
    return rc;
}

/* Outside of the layers there is nothing to place. */
static bool
clip_to_extent(const struct label_plan *plan, uint32_t zoom, struct label_window *w)
{
    const struct label_level *level = &plan->levels[zoom];
    struct bbox b = plan->map->extent;

    if (bbox_is_empty(b))
        return false;
    if (plan->map->is_web_mercator) {
        double px = level->px_per_unit;

        w->min_x = fmax(w->min_x, world_x(b.min_x) * px - level->reach_x - 1);
        w->max_x = fmin(w->max_x, world_x(b.max_x) * px + level->reach_x + 1);
        w->min_y = fmax(w->min_y, world_y(b.max_y) * px - level->reach_y - 1);
        w->max_y = fmin(w->max_y, world_y(b.min_y) * px + level->reach_y + 1);
    }
    return w->min_x <= w->max_x && w->min_y <= w->max_y;
}

static enum im_code visit_window(struct label_plan *plan,
                                 uint32_t zoom,
                                 struct label_window window,
                                 label_visit_fn *visit,
                                 void *ctx)
{
    struct window_visit v = {window, visit, ctx, false};
    struct label_window clipped = window;
    enum im_code rc;

    if (zoom >= tile_grid_depth(plan->map->grid) ||
        !clip_to_extent(plan, zoom, &clipped))
        return IM_OK;
    rc = each_near(plan, zoom, clipped, want_decided, NULL);
    if (rc == IM_OK)
        rc = run(plan);
    if (rc == IM_OK)
        rc = each_near(plan, zoom, clipped, visit_cell, &v);
    return rc;
}

/* ---- the plan ---- */

static void forget_cells(struct label_plan *plan)
{
    for (uint32_t z = 0; z <= TILE_MAX_ZOOM; z++) {
        struct label_level *level = &plan->levels[z];

        free(level->chains);
        level->chains = NULL;
        level->n_chains = 0;
        level->n_cells = 0;
    }
    im_arena_reset(plan->arena);
    plan->n_tasks = 0;
}

static void count_bytes(struct label_plan *plan)
{
    size_t bytes = sizeof *plan + chunk_cache_bytes(&plan->chunks) +
                   im_arena_used(plan->arena) + label_sizes_bytes(plan->sizes) +
                   plan->cap_tasks * sizeof *plan->tasks +
                   plan->cap_list * sizeof *plan->list;

    for (uint32_t i = 0; i < plan->map->n_styles; i++)
        bytes += label_index_bytes(plan->indexes[i]);
    for (uint32_t z = 0; z <= TILE_MAX_ZOOM; z++)
        bytes += plan->levels[z].n_chains * sizeof *plan->levels[z].chains;
    atomic_store_explicit(&plan->bytes, bytes, memory_order_relaxed);
}

enum im_code label_plan_new(const struct tile_map *map,
                            struct label_plan **out,
                            struct im_error *err)
{
    struct label_plan *plan = calloc(1, sizeof *plan);

    if (!plan)
        return im_fail(err, IM_ENOMEM, "label plan");
    pthread_mutex_init(&plan->lock, NULL);
    plan->map = map;
    plan->arena = im_arena_new(ARENA_MAX_BYTES);
    plan->sizes = label_sizes_new();
    plan->indexes = calloc(map->n_styles + 1u, sizeof *plan->indexes);
    if (!plan->arena || !plan->sizes || !plan->indexes) {
        label_plan_free(plan);
        return im_fail(err, IM_ENOMEM, "label plan");
    }
    for (uint32_t z = 0; z <= TILE_MAX_ZOOM && z < tile_grid_depth(map->grid); z++)
        label_level_init(plan, z);
    count_bytes(plan);
    *out = plan;
    return IM_OK;
}

void label_plan_free(struct label_plan *plan)
{
    if (!plan)
        return;
    if (plan->arena)
        forget_cells(plan);
    im_arena_free(plan->arena);
    for (uint32_t i = 0; plan->indexes && i < plan->map->n_styles; i++)
        label_index_free(plan->indexes[i]);
    free(plan->indexes);
    label_sizes_free(plan->sizes);
    label_heap_release(&plan->heap);
    chunk_cache_release(&plan->chunks);
    free(plan->tasks);
    free(plan->list);
    pthread_mutex_destroy(&plan->lock);
    free(plan);
}

/* A chain of a million decisions comes once in the life of a plan. */
static void give_back_tasks(struct label_plan *plan)
{
    if (plan->cap_tasks <= KEPT_TASKS)
        return;
    free(plan->tasks);
    plan->tasks = NULL;
    plan->cap_tasks = 0;
}

size_t label_plan_bytes(const struct label_plan *plan)
{
    return atomic_load_explicit(&plan->bytes, memory_order_relaxed);
}

enum im_code label_plan_window(const struct tile_map *map,
                               uint32_t zoom,
                               struct label_window window,
                               struct text_fonts *fonts,
                               const struct im_deadline *deadline,
                               label_visit_fn *visit,
                               void *ctx,
                               struct im_error *err)
{
    struct label_plan *plan = map->plan;
    enum im_code rc;

    pthread_mutex_lock(&plan->lock);
    if (im_arena_used(plan->arena) > ARENA_FULL_BYTES)
        forget_cells(plan);
    plan->fonts = fonts;
    plan->err = err;
    plan->late = (struct tile_late){.deadline = deadline};
    rc = visit_window(plan, zoom, window, visit, ctx);
    /* between two tasks every cell is whole, and a cell being listed is still new */
    if (rc != IM_OK && rc != IM_ESTOPPED)
        forget_cells(plan);
    give_back_tasks(plan);
    count_bytes(plan);
    plan->late = (struct tile_late){0};
    plan->fonts = NULL;
    plan->err = NULL;
    pthread_mutex_unlock(&plan->lock);
    return rc;
}

struct readiness {
    bool is_ready;
};

static enum im_code look_at(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    (void)plan;
    ((struct readiness *)ctx)->is_ready &= cell->state == CELL_DECIDED;
    return IM_OK;
}

/* Laying names along lines anew may want more cells than those decided. */
static enum im_code
look_for_grown(struct label_plan *plan, struct label_cell *cell, void *ctx)
{
    struct readiness *ready = ctx;
    uint32_t n = plan->n_tasks;
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < cell->n && rc == IM_OK; i++)
        if (cell->entries[i].state == ENTRY_KEPT && cell->entries[i].has_grown)
            rc = each_near(plan, cell->zoom, around(&cell->entries[i].label),
                           want_listed, NULL);
    ready->is_ready &= plan->n_tasks == n;
    plan->n_tasks = n;
    return rc;
}

bool label_plan_peek(const struct tile_map *map,
                     uint32_t zoom,
                     struct label_window window,
                     label_visit_fn *visit,
                     void *ctx)
{
    struct label_plan *plan = map->plan;
    struct readiness ready = {true};
    struct label_window clipped = window;
    bool ok;

    if (pthread_mutex_trylock(&plan->lock) != 0)
        return false;
    ok = zoom < tile_grid_depth(map->grid);
    if (ok && clip_to_extent(plan, zoom, &clipped))
        ok = each_near(plan, zoom, clipped, look_at, &ready) == IM_OK &&
             ready.is_ready &&
             each_near(plan, zoom, clipped, look_for_grown, &ready) == IM_OK &&
             ready.is_ready;
    ok = ok && visit_window(plan, zoom, window, visit, ctx) == IM_OK;
    pthread_mutex_unlock(&plan->lock);
    return ok;
}

/* ---- positions ---- */

bool label_scale_at(const struct tile_map *map,
                    uint32_t zoom,
                    double world_x,
                    double world_y,
                    double out[4])
{
    double unit = 1 / map->plan->levels[zoom].px_per_unit;
    double at[3][2];

    if (map->is_web_mercator) {
        out[0] = out[3] = 1 / unit;
        out[1] = out[2] = 0;
        return true;
    }
    if (!map_pixel_of(map, zoom, world_x, world_y, at[0]) ||
        !map_pixel_of(map, zoom, world_x + unit, world_y, at[1]) ||
        !map_pixel_of(map, zoom, world_x, world_y + unit, at[2]))
        return false;
    out[0] = (at[1][0] - at[0][0]) / unit;
    out[1] = (at[2][0] - at[0][0]) / unit;
    out[2] = (at[1][1] - at[0][1]) / unit;
    out[3] = (at[2][1] - at[0][1]) / unit;
    return true;
}
