/* SPDX-License-Identifier: Apache-2.0 */
/* A world that has nothing to do with innovation: tea houses and wells along a tea
 * road. What is asked about it has to be understood by the same rules. */
#ifndef TESTS_ENGINE_ASK_TEA_H
#define TESTS_ENGINE_ASK_TEA_H

#include <support/memory_source.h>

#define TEA_TEXT(name, zh)                                                             \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" zh "\",\"en\":\"" name               \
    "\"},\"type\":\"text\"}"
#define TEA_CODE(code, zh, en)                                                         \
    "{\"code\":\"" code "\",\"title\":{\"zh\":\"" zh "\",\"en\":\"" en "\"}}"

static const char *const TEA_DIVISIONS =
    "{\"id\":\"realms\",\"title\":{\"zh\":\"政区\",\"en\":\"Realms\"},"
    "\"geometry\":\"point\",\"key\":\"adcode\",\"order\":1,\"names_places\":true,"
    "\"fields\":[" TEA_TEXT("adcode", "代码") "," TEA_TEXT("name_zh", "名称") "," TEA_TEXT(
        "name_en",
        "英文名") ",{\"name\":\"rung\",\"title\":{\"zh\":\"层级\"},"
                  "\"type\":\"text\",\"codes\":[" TEA_CODE(
                      "province",
                      "省级",
                      "Province") "," TEA_CODE("city",
                                               "地级",
                                               "Prefecture") "," TEA_CODE("district",
                                                                          "县级",
                                                                          "County") "]}"
                                                                                    "],"
                                                                                    "\""
                                                                                    "ro"
                                                                                    "le"
                                                                                    "s"
                                                                                    "\""
                                                                                    ":{"
                                                                                    "\""
                                                                                    "na"
                                                                                    "me"
                                                                                    "_z"
                                                                                    "h"
                                                                                    "\""
                                                                                    ":"
                                                                                    "\""
                                                                                    "na"
                                                                                    "me"
                                                                                    "_z"
                                                                                    "h"
                                                                                    "\""
                                                                                    ","
                                                                                    "\""
                                                                                    "na"
                                                                                    "me"
                                                                                    "_e"
                                                                                    "n"
                                                                                    "\""
                                                                                    ":"
                                                                                    "\""
                                                                                    "na"
                                                                                    "me"
                                                                                    "_e"
                                                                                    "n"
                                                                                    "\""
                                                                                    ","
                                                                                    "\""
                                                                                    "ad"
                                                                                    "co"
                                                                                    "de"
                                                                                    "\""
                                                                                    ":"
                                                                                    "\""
                                                                                    "ad"
                                                                                    "co"
                                                                                    "de"
                                                                                    "\""
                                                                                    ","
                                                                                    "\""
                                                                                    "le"
                                                                                    "ve"
                                                                                    "l"
                                                                                    "\""
                                                                                    ":"
                                                                                    "\""
                                                                                    "ru"
                                                                                    "ng"
                                                                                    "\""
                                                                                    "}"
                                                                                    "}";

static const char *const TEA_HOUSES =
    "{\"id\":\"tea_houses\",\"title\":{\"zh\":\"茶馆\",\"en\":\"Tea houses\"},"
    "\"synonyms\":{\"zh\":[\"茶楼\"],\"en\":[\"tea room\"]},"
    "\"geometry\":\"point\",\"key\":\"id\",\"order\":2,\"names_places\":true,"
    "\"fields\":[" TEA_TEXT("id", "编号") "," TEA_TEXT(
        "name_zh",
        "名称") ",{\"name\":\"style\",\"title\":{\"zh\":\"式样\"},\"type\":\"text\","
                "\"codes\":["
                "{\"code\":\"old\",\"title\":{\"zh\":\"老茶馆\",\"en\":\"Old tea "
                "house\"},"
                "\"synonyms\":{\"zh\":[\"古茶馆\",\"名店老茶馆\"]}}," TEA_CODE(
                    "boat",
                    "茶船",
                    "Tea boat") "]},"
                                "{\"name\":\"grade\",\"title\":{\"zh\":\"等第\"},"
                                "\"type\":\"text\",\"codes\":["
                                "{\"code\":\"fine\",\"title\":{\"zh\":\"名店级\","
                                "\"en\":\"Fine\"},"
                                "\"synonyms\":{\"zh\":[\"名店\"]}}," TEA_CODE(
                                    "plain",
                                    "寻常级",
                                    "Plain") "]},"
                                             "{\"name\":\"teas\",\"title\":{\"zh\":"
                                             "\"茶品\",\"en\":\"Teas\"},\"type\":"
                                             "\"text\","
                                             "\"list\":true,\"codes\":[" TEA_CODE(
                                                 "LJ",
                                                 "龙井",
                                                 "Longjing") "," TEA_CODE("PE",
                                                                          "普洱",
                                                                          "Pu'er") "]},"
                                                                                   "{\""
                                                                                   "nam"
                                                                                   "e\""
                                                                                   ":\""
                                                                                   "ope"
                                                                                   "ned"
                                                                                   "\","
                                                                                   "\"t"
                                                                                   "itl"
                                                                                   "e\""
                                                                                   ":{"
                                                                                   "\"z"
                                                                                   "h\""
                                                                                   ":\""
                                                                                   "开"
                                                                                   "张"
                                                                                   "年"
                                                                                   "\"}"
                                                                                   ",\""
                                                                                   "typ"
                                                                                   "e\""
                                                                                   ":\""
                                                                                   "int"
                                                                                   "ege"
                                                                                   "r\""
                                                                                   ","
                                                                                   "\"f"
                                                                                   "orm"
                                                                                   "at"
                                                                                   "\":"
                                                                                   "\"y"
                                                                                   "ear"
                                                                                   "\"}"
                                                                                   ","
                                                                                   "{\""
                                                                                   "nam"
                                                                                   "e\""
                                                                                   ":\""
                                                                                   "hal"
                                                                                   "l_"
                                                                                   "m2"
                                                                                   "\","
                                                                                   "\"t"
                                                                                   "itl"
                                                                                   "e\""
                                                                                   ":{"
                                                                                   "\"z"
                                                                                   "h\""
                                                                                   ":\""
                                                                                   "厅"
                                                                                   "堂"
                                                                                   "\","
                                                                                   "\"e"
                                                                                   "n\""
                                                                                   ":\""
                                                                                   "Hal"
                                                                                   "l\""
                                                                                   "},"
                                                                                   "\"t"
                                                                                   "ype"
                                                                                   "\":"
                                                                                   "\"r"
                                                                                   "eal"
                                                                                   "\","
                                                                                   "\"u"
                                                                                   "nit"
                                                                                   "\":"
                                                                                   "\"m"
                                                                                   "2\""
                                                                                   "}],"
                                                                                   "\"r"
                                                                                   "ole"
                                                                                   "s\""
                                                                                   ":{"
                                                                                   "\"n"
                                                                                   "ame"
                                                                                   "_zh"
                                                                                   "\":"
                                                                                   "\"n"
                                                                                   "ame"
                                                                                   "_zh"
                                                                                   "\","
                                                                                   "\"l"
                                                                                   "eve"
                                                                                   "l\""
                                                                                   ":\""
                                                                                   "gra"
                                                                                   "de"
                                                                                   "\","
                                                                                   "\"t"
                                                                                   "ime"
                                                                                   "\":"
                                                                                   "\"o"
                                                                                   "pen"
                                                                                   "ed"
                                                                                   "\"}"
                                                                                   "}";

static const char
    *const TEA_WELLS =
        "{\"id\":\"wells\",\"title\":{\"zh\":\"水井\",\"en\":\"Wells\"},\"geometry\":"
        "\"point\",\"key\":\"id\",\"order\":3,\"names_places\":true,\"fields\":"
        "[" TEA_TEXT("id", "编号") "," TEA_TEXT("name_zh", "名称") "," TEA_TEXT(
            "grade", "等第") "],"
                             "\"roles\":{\"name_zh\":\"name_zh\",\"level\":\"grade\"}}";

static const char *const TEA_ROAD =
    "{\"id\":\"tea_road\",\"title\":{\"zh\":\"茶马古道\",\"en\":\"Tea Road\"},"
    "\"geometry\":\"mixed\",\"group\":\"areas\",\"key\":\"id\",\"order\":4,"
    "\"fields\":[" TEA_TEXT("id", "编号") "," TEA_TEXT(
        "name_zh", "名称") "],"
                           "\"roles\":{\"name_zh\":\"name_zh\"}}";

static const char *const TEA_SECRET =
    "{\"id\":\"smugglers\",\"title\":{\"zh\":\"私茶\",\"en\":\"Smugglers\"},"
    "\"geometry\":\"point\",\"key\":\"id\",\"order\":5,\"names_places\":true,"
    "\"visibility\":\"internal\",\"fields\":[" TEA_TEXT(
        "id", "编号") "],"
                      "\"roles\":{\"name_zh\":\"id\"}}";

static inline const struct atlas *tea_atlas(struct memory_source **ms)
{
    *ms = memory_source_new();
    memory_source_layer(*ms, TEA_DIVISIONS, "", 1);
    memory_source_row(*ms, "POINT(100 25)", "530000|云岭省|Yunling|province");
    memory_source_row(*ms, "POINT(100 25)", "530100|丽水城市|Lishui|city");
    memory_source_row(*ms, "POINT(101 26)", "530101|沙溪区|Shaxi|district");
    memory_source_row(*ms, "POINT(104 29)", "510101|沙溪区|Shaxi|district");
    memory_source_layer(*ms, TEA_HOUSES, "", 1);
    memory_source_row(*ms, "POINT(100.1 25)", "T1|听雨轩|old|fine|LJ;PE|1890|120");
    memory_source_row(*ms, "POINT(100.2 25)", "T2|Blue Kettle|boat|plain|PE|1990|40");
    memory_source_layer(*ms, TEA_WELLS, "", 1);
    memory_source_row(*ms, "POINT(100.1 25.01)", "W1|四方井|");
    memory_source_layer(*ms, TEA_ROAD, "", 1);
    memory_source_row(*ms, "POINT(100 25)", "R1|沙溪");
    memory_source_layer(*ms, TEA_SECRET, "", 1);
    memory_source_row(*ms, "POINT(100 25)", "暗号楼");
    return memory_source_atlas(*ms);
}

#endif
