/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAYERS_CMD_LAYERS_HISTORY_H
#define LAYERS_CMD_LAYERS_HISTORY_H

/** `innomap layers history` and `innomap layers prune`; argv[0] is that word. Return an
 *  exit code (cli.h). */
int cmd_layers_history(int argc, char **argv);
int cmd_layers_prune(int argc, char **argv);

#endif
