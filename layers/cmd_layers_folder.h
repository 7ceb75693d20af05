/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAYERS_CMD_LAYERS_FOLDER_H
#define LAYERS_CMD_LAYERS_FOLDER_H

/** `innomap layers folder`; argv[0] is "folder". Returns an exit code (cli.h). */
int cmd_layers_folder(int argc, char **argv);

#endif
