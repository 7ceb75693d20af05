/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that this project does not use: using one is a compile error.
 * Included on the command line of every own source (see cmake/warnings.cmake). */
#ifndef ENGINE_BANNED_H
#define ENGINE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atof atol gmtime localtime

#endif
