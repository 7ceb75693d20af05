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

/** What an option that may be given several times was given; NULL-terminated. */
enum { CLI_WORDS_MAX = 256 };
struct cli_words {
    const char *words[CLI_WORDS_MAX + 1];
    size_t n;
};
/** An option and where its value goes: one of the pointers is set. */
struct cli_option {
    const char *name;        /* without "--"; NULL ends a list */
    bool *flag;              /* takes no value: becomes true */
    const char **text;       /* points at the value, which lives as long as argv */
    struct cli_words *words; /* every value */
    /** Looks at the value itself; NULL where `is_bare`. -1 to go on, else an exit code,
     *  after saying why. */
    int (*take)(void *ctx, const char *value);
    void *ctx;
    bool is_bare; /* of `take`: there is no value */
};
struct cli_command {
    const char *name;           /* as people type it behind "innomap" */
    const char *const *help_zh; /* parts of one text; NULL-terminated */
    const char *const *help_en;
};
/** Adds to a list, for a `take` that has looked at the value. -1, or CLI_USAGE when
 * there are too many. */
int cli_add_word(const char *command,
                 enum lang lang,
                 struct cli_words *list,
                 const char *word);
/**
 * Parses a command line: `options`, and --lang and --help, which every command has.
 * Returns -1 to go on with the words argv[optind] to argv[argc - 1]; else an exit code,
 * after the help text or a sentence about what is wrong.
 */
int cli_parse(const struct cli_command *command,
              const struct cli_option *options,
              enum lang *lang,
              int argc,
              char **argv);
/** The element of the NULL-terminated `names` that looks most like `given`; NULL when
 *  none does (more than a third of the letters would have to change). */
const char *cli_nearest(const char *given, const char *const *names);

#endif
