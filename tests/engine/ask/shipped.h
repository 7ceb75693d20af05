/* SPDX-License-Identifier: Apache-2.0 */
/* An atlas of the shipped layers, imported into a database that is gone at the end. */
#ifndef TESTS_ENGINE_ASK_SHIPPED_H
#define TESTS_ENGINE_ASK_SHIPPED_H

#include <engine/atlas.h>

/** NULL and a message on stderr when that is not possible. */
const struct atlas *shipped_atlas(void);

#endif
