/* SPDX-License-Identifier: Apache-2.0 */
/* What every subcommand shares: language, exit codes, wrong usage in one sentence. */
#include <engine/cli.h>
#include <engine/text.h>

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
