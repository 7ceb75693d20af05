/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that a question can mean, and the parameters that they share. What
 * becomes a parameter is explained: its terms are marked as used. */
#ifndef ENGINE_ASK_DECIDE_H
#define ENGINE_ASK_DECIDE_H

#include "ask/draft.h"

/* ---- operations ----
 * Each knows what it needs and which terms it explains. False: the question is not one
 * of this operation; what was added and marked until then is taken back (decide.c). */

/* decide_data.c */
bool decide_layers(struct draft *d);
bool decide_changes(struct draft *d);
bool decide_duplicates(struct draft *d);
bool decide_unreliable(struct draft *d);

/* decide_flows.c */
bool decide_flows(struct draft *d);
/** Have all layers of the only group an origin and a host? */
bool is_flow_layer(const struct draft *d);

/* decide_pairs.c */
bool decide_chain(struct draft *d);
bool decide_gaps(struct draft *d);
bool decide_covered(struct draft *d);
bool decide_across(struct draft *d);
bool decide_join(struct draft *d);
bool decide_how_far(struct draft *d);

/* decide_counts.c */
bool decide_aggregate(struct draft *d);
bool decide_figures(struct draft *d);
/** Does the question ask for numbers and not for rows? */
bool is_counting(const struct draft *d);
/** Is each of several counted or found apart? */
bool says_each(const struct reading *r);

/* decide_rows.c */
bool decide_nearest(struct draft *d);
bool decide_rows(struct draft *d);
bool decide_search(struct draft *d);

/* ---- parameters ---- */

/* parts.c */
/** A parameter that the characters start .. end-1 say; beyond ASK_MAX_PARTS it is lost.
 */
void part_add(struct draft *d,
              const char *name,
              const char *value,
              struct schema_title title,
              size_t start,
              size_t end);
/** A parameter that term `i` says. */
void part_of_term(struct draft *d,
                  const char *name,
                  const char *value,
                  struct schema_title title,
                  size_t i);
/** A parameter that nothing in the question says. */
void part_default(struct draft *d,
                  const char *name,
                  const char *value,
                  struct schema_title title);
/** The same text in both languages. */
struct schema_title title_in_both(const char *text);
/** The question is this operation: true. */
bool understood(struct draft *d, const char *operation);

/* parts_which.c */
/** The kinds of a group and what is said of them; `layer` and `filter`: how the
 * parameters are called. */
void parts_of_kind(struct draft *d,
                   const struct group *g,
                   const char *layer,
                   const char *filter);
/** All kinds of place. */
void part_of_spaces(struct draft *d);
/** Mark the kinds from `first` to `last` as explained: what is asked for and in no
 * parameter would be passed over. */
void use_kinds(struct draft *d, size_t first, size_t last);
const char *level_name(double level);
struct schema_title level_title(double level);
/** Districts, cities or provinces as rows. False: there are none in the data. */
bool parts_of_level(struct draft *d, size_t level);
void part_of_format(struct draft *d);
void part_of_words(struct draft *d);
void part_of_limit(struct draft *d, const char *name);
/** Years, precision, words and format: what all operations take. */
void common_parts(struct draft *d);

/* parts_where.c */
/** Is it a place of the data? */
bool is_known_place(const struct term *t);
/** A place by its name. One that nobody knows is missed; where the question makes no
 * sense without it, the question is rejected. */
void part_of_place(struct draft *d, const char *name, size_t i);
/** A division by its code, where only one has its name. */
void part_of_division(struct draft *d, const char *name, size_t i);
void part_of_corridor(struct draft *d, const char *name, size_t i);
void part_of_distance(struct draft *d, const char *name);
/** Everything of the question that is an area; true when there is one. */
bool parts_of_area(struct draft *d);
/** The point that distances are from; false when the client has to give it. */
bool part_of_origin(struct draft *d);

#endif
