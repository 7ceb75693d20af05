/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions evaluated for people and tests: one case is a JSON object as the MapLibre
 * style specification publishes them, with "expression" and, all optional,
 * "propertySpec", "inputs" ([[globals, feature], …]), "globalState". */
#ifndef TILES_STYLE_CASE_H
#define TILES_STYLE_CASE_H

#include "style/style.h"

/**
 * Append the list of outputs; `whole`: the object {"compiled": …, "outputs": […]}. An
 * output that failed is {"error": "why"}, an expression that does not compile
 * {"compiled": {"result": "error", "errors": […]}} in both forms.
 * Returns false when it does not compile (that is no error). Errors: memory only.
 */
bool style_case_run(const json_t *test,
                    bool whole,
                    struct im_arena *arena,
                    struct im_buf *out);

#endif
