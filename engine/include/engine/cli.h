/* SPDX-License-Identifier: Apache-2.0 */
/* What every subcommand shares: language, exit codes, wrong usage in one sentence. */
#ifndef ENGINE_CLI_H
#define ENGINE_CLI_H

#include <engine/query.h>

#include <getopt.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_REFUSED = 1,    /* the input was read and refused, or not found */
    CLI_USAGE = 2,      /* the command line itself is wrong */
    CLI_ENVIRONMENT = 3 /* database locked, disk full, font missing ... */
};

/** "zh" or "en". */
bool cli_lang_parse(const char *text, enum lang *out);
/**
 * The language to speak: `--lang zh|en` anywhere in argv (also `--lang=zh`), else
 * Chinese when LC_ALL, LC_MESSAGES or LANG (the first that is set) starts with "zh",
 * else English. Looked up before the options are parsed, so that wrong options are
 * answered in it too; whether --lang itself is right is for the parser to say.
 */
enum lang cli_lang(int argc, char *const *argv);
/** The text of the language. */
const char *cli_text(enum lang lang, const char *zh, const char *en);

int cli_exit_code(enum im_code code);
/** "innomap <command>: <message>" to standard error. Returns cli_exit_code. */
int cli_fail(enum lang lang, const char *command, const struct im_error *err);

/**
 * One sentence about a wrong command line and a pointer to --help, to standard error.
 * Returns CLI_USAGE.
 */
int cli_usage(enum lang lang, const char *command, const char *zh, const char *en);
/**
 * The same for what getopt_long refused: an unknown option is answered with the nearest
 * one of `options`. `result` is what getopt_long returned ('?' or ':', so the short
 * options start with ':' and opterr is 0); `given` is argv[optind - 1].
 */
int cli_bad_option(enum lang lang,
                   const char *command,
                   const struct option *options,
                   int result,
                   const char *given);
/** The element of the NULL-terminated `names` that looks most like `given`; NULL when
 *  none does (more than a third of the letters would have to change). */
const char *cli_nearest(const char *given, const char *const *names);

#endif
