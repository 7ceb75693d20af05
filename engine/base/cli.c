/* SPDX-License-Identifier: Apache-2.0 */
/* What every subcommand shares: language, exit codes, options, wrong usage in one
 * sentence. */
#include <engine/cli.h>
#include <engine/text.h>

#include <assert.h>

enum { NAME_MAX_BYTES = 64 };

bool cli_lang_parse(const char *text, enum lang *out)
{
    if (!text)
        return false;
    if (strcmp(text, "zh") == 0)
        *out = LANG_ZH;
    else if (strcmp(text, "en") == 0)
        *out = LANG_EN;
    else
        return false;
    return true;
}

static enum lang environment_lang(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
    }
    return LANG_EN;
}

enum lang cli_lang(int argc, char *const *argv)
{
    enum lang lang = environment_lang();

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0)
            cli_lang_parse(argv[i] + 7, &lang);
        else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            cli_lang_parse(argv[i + 1], &lang);
    }
    return lang;
}

const char *cli_text(enum lang lang, const char *zh, const char *en)
{
    return lang == LANG_ZH ? zh : en;
}

int cli_exit_code(enum im_code code)
{
    switch (code) {
    case IM_OK:
        return CLI_DONE;
    case IM_EARG:
        return CLI_USAGE;
    case IM_EDATA:
    case IM_ELIMIT:
    case IM_ENOTFOUND:
    case IM_EAMBIGUOUS:
        return CLI_REFUSED;
    case IM_ENOMEM:
    case IM_EIO:
    case IM_EBUSY:
    case IM_EENV:
    case IM_ESTOPPED:
        return CLI_ENVIRONMENT;
    }
    return CLI_ENVIRONMENT;
}

int cli_fail(enum lang lang, const char *command, const struct im_error *err)
{
    const char *text = lang == LANG_ZH && err->msg_zh[0] ? err->msg_zh : err->msg;

    fprintf(stderr, "innomap %s: %s\n", command, text);
    return cli_exit_code(err->code);
}

int cli_usage(enum lang lang, const char *command, const char *zh, const char *en)
{
    fprintf(stderr,
            lang == LANG_ZH ? "innomap %s: %s（用法见 innomap %s --help）\n"
                            : "innomap %s: %s (see innomap %s --help)\n",
            command, cli_text(lang, zh, en), command);
    return CLI_USAGE;
}

const char *cli_nearest(const char *given, const char *const *names)
{
    return text_nearest(im_bytes_of(given), names);
}

int cli_bad_option(enum lang lang,
                   const char *command,
                   const struct option *options,
                   int result,
                   const char *given)
{
    const char *names[NAME_MAX_BYTES + 1] = {0};
    char zh[256];
    char en[256];
    const char *name = given + strspn(given, "-");
    char bare[NAME_MAX_BYTES + 1];

    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "="), name);
    for (size_t i = 0; options[i].name && i < NAME_MAX_BYTES; i++)
        names[i] = options[i].name;
    const char *nearest = cli_nearest(bare, names);
    if (result == ':') {
        snprintf(zh, sizeof zh, "选项 %.80s 后面缺少值", given);
        snprintf(en, sizeof en, "option %.80s needs a value", given);
    } else if (nearest && strcmp(nearest, bare) == 0) {
        snprintf(zh, sizeof zh, "选项 --%s 不带值，收到 “%.80s”", bare, given);
        snprintf(en, sizeof en, "option --%s takes no value, got '%.80s'", bare, given);
    } else if (nearest) {
        snprintf(zh, sizeof zh, "没有选项 %.80s，您要的是 --%s 吗？", given, nearest);
        snprintf(en, sizeof en, "there is no option %.80s; did you mean --%s?", given,
                 nearest);
    } else {
        snprintf(zh, sizeof zh, "没有选项 %.80s", given);
        snprintf(en, sizeof en, "there is no option %.80s", given);
    }
    return cli_usage(lang, command, zh, en);
}

/* ---- a command line ---- */

enum { OPTIONS_MAX = 60, OPTION_FIRST = 1000, OPTION_LANG = 'l', OPTION_HELP = 'h' };

/* As getopt_long wants them: option i has the value OPTION_FIRST + i. */
static void list_options(const struct cli_option *options,
                         struct option out[OPTIONS_MAX + 3])
{
    size_t n = 0;

    for (; options[n].name; n++) {
        bool is_bare = options[n].flag || options[n].is_bare;

        assert(n < OPTIONS_MAX);
        out[n] =
            (struct option){options[n].name, is_bare ? no_argument : required_argument,
                            NULL, OPTION_FIRST + (int)n};
    }
    out[n++] = (struct option){"lang", required_argument, NULL, OPTION_LANG};
    out[n++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    out[n] = (struct option){NULL, 0, NULL, 0};
}

int cli_add_word(const char *command,
                 enum lang lang,
                 struct cli_words *list,
                 const char *word)
{
    if (list->n == CLI_WORDS_MAX)
        return cli_usage(lang, command, "同一选项最多 256 次",
                         "an option can be given 256 times at most");
    list->words[list->n++] = word;
    return -1;
}

static int take_option(const struct cli_command *command,
                       enum lang lang,
                       const struct cli_option *o,
                       const char *value)
{
    if (o->take)
        return o->take(o->ctx, value);
    if (o->words)
        return cli_add_word(command->name, lang, o->words, value);
    if (o->flag)
        *o->flag = true;
    else
        *o->text = value;
    return -1;
}

static void print_parts(const char *const *part)
{
    for (; *part; part++)
        fputs(*part, stdout);
}

int cli_parse(const struct cli_command *command,
              const struct cli_option *options,
              enum lang *lang,
              int argc,
              char **argv)
{
    struct option list[OPTIONS_MAX + 3];
    bool wants_help = false;
    int option;

    list_options(options, list);
    optind = 0; /* other subcommands and tests have parsed before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
        int code = -1;

        if (option == '?' || option == ':')
            return cli_bad_option(*lang, command->name, list, option, argv[optind - 1]);
        if (option == OPTION_HELP)
            wants_help = true;
        else if (option == OPTION_LANG && !cli_lang_parse(optarg, lang))
            return cli_usage(*lang, command->name, "--lang 只能是 zh 或 en",
                             "--lang is zh or en");
        else if (option >= OPTION_FIRST)
            code = take_option(command, *lang, &options[option - OPTION_FIRST], optarg);
        if (code >= 0)
            return code;
    }
    if (!wants_help)
        return -1;
    print_parts(*lang == LANG_ZH ? command->help_zh : command->help_en);
    return CLI_DONE;
}
