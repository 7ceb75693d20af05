/* SPDX-License-Identifier: Apache-2.0 */
/* Names by hand for geometry whose source has none. */
#include "names.h"

#include "gshhg.h"

const struct lake_name LAKE_NAMES[] = {
    {120.15, 31.20, "太湖", "Taihu Lake", "lake"},
    {118.60, 33.30, "洪泽湖", "Hongze Lake", "lake"},
    {119.30, 32.85, "高邮湖", "Gaoyou Lake", "lake"},
    {116.20, 30.05, "龙感湖—大官湖", "Longgan and Daguan Lakes", "lake"},
    {117.50, 31.55, "巢湖", "Chaohu Lake", "lake"},
    {118.95, 29.57, "千岛湖", "Qiandao Lake", "reservoir"},
    {117.23, 34.60, "微山湖", "Weishan Lake", "lake"},
    {118.85, 31.47, "石臼湖", "Shijiu Lake", "lake"},
    {114.50, 30.22, "梁子湖", "Liangzi Lake", "lake"},
    {119.80, 31.60, "滆湖", "Gehu Lake", "lake"},
    {117.07, 30.80, "菜子湖", "Caizi Lake", "lake"},
    {116.87, 32.40, "瓦埠湖", "Wabu Lake", "lake"},
    {116.70, 30.28, "武昌湖", "Wuchang Lake", "lake"},
    {119.45, 32.50, "邵伯湖", "Shaobo Lake", "lake"},
    {118.93, 31.11, "南漪湖", "Nanyi Lake", "lake"},
    {120.77, 31.42, "阳澄湖", "Yangcheng Lake", "lake"},
    {118.20, 34.07, "骆马湖", "Luoma Lake", "lake"},
    {119.54, 31.58, "长荡湖", "Changdang Lake", "lake"},
    {117.07, 30.38, "升金湖", "Shengjin Lake", "lake"},
    {116.37, 32.27, "城东湖", "Chengdong Lake", "lake"},
    {117.35, 30.82, "白荡湖", "Baidang Lake", "lake"},
    {120.93, 31.10, "淀山湖", "Dianshan Lake", "lake"},
    {116.30, 29.05, "鄱阳湖", "Poyang Lake", "lake"},
    {116.35, 28.52, "军山湖", "Junshan Lake", "lake"},
    {116.15, 28.48, "青岚湖", "Qinglan Lake", "lake"},
    {115.06, 30.10, "大冶湖", "Daye Lake", "lake"},
};
const size_t N_LAKE_NAMES = sizeof LAKE_NAMES / sizeof *LAKE_NAMES;

/* Towns on the banks, so that a name can be checked on any map: Bozhou, Mengcheng ...
 */
const struct river_name RIVER_NAMES[] = {
    {"淮河",
     "Huai River",
     GSHHG_RIVER_MAIN,
     3,
     {{115.60, 32.45}, {116.98, 32.66}, {117.38, 32.94}}},
    {"富春江", "Fuchun River", GSHHG_RIVER_MAIN, 2, {{119.96, 30.05}, {119.67, 29.79}}},
    {"兰江—衢江",
     "Lan and Qu Rivers",
     GSHHG_RIVER,
     2,
     {{119.47, 29.21}, {118.95, 28.97}}},
    {"新安江", "Xin'an River", GSHHG_RIVER, 1, {{118.35, 29.73}}},
    {"京杭大运河",
     "Grand Canal",
     GSHHG_CANAL_MAJOR,
     4,
     {{117.70, 34.35}, {119.15, 33.50}, {119.95, 31.78}, {120.40, 30.55}}},
    {"吴淞江—苏州河", "Suzhou Creek", GSHHG_RIVER_MAIN, 1, {{121.10, 31.27}}},
    {"黄浦江", "Huangpu River", GSHHG_RIVER, 1, {{121.35, 31.00}}},
    {"苏北灌溉总渠", "North Jiangsu Main Canal", GSHHG_RIVER, 1, {{119.45, 33.68}}},
    {"新沂河", "Xinyi River", GSHHG_RIVER, 1, {{118.90, 34.15}}},
    {"沂河", "Yi River", GSHHG_RIVER, 1, {{118.35, 35.05}}},
    {"涡河", "Guo River", GSHHG_RIVER, 2, {{115.78, 33.87}, {116.55, 33.28}}},
    {"颍河", "Ying River", GSHHG_RIVER, 2, {{115.82, 32.90}, {116.27, 32.64}}},
    {"浍河", "Hui River", GSHHG_RIVER, 1, {{117.31, 33.31}}},
    {"淠河", "Pi River", GSHHG_RIVER, 1, {{116.50, 31.78}}},
    {"裕溪河", "Yuxi River", GSHHG_RIVER_MAIN, 1, {{118.10, 31.43}}},
    {"青弋江", "Qingyi River", GSHHG_RIVER_MINOR, 1, {{118.42, 30.70}}},
    {"曹娥江", "Cao'e River", GSHHG_RIVER, 1, {{120.82, 29.62}}},
    {"瓯江", "Ou River", GSHHG_RIVER, 2, {{120.28, 28.13}, {119.91, 28.42}}},
    {"灵江", "Ling River", GSHHG_RIVER, 1, {{120.73, 28.86}}},
    {"赣江", "Gan River", GSHHG_RIVER_MAIN, 1, {{115.83, 28.60}}},
    {"信江", "Xin River", GSHHG_RIVER, 1, {{117.05, 28.25}}},
    {"黄河", "Yellow River", GSHHG_RIVER_MAJOR, 1, {{114.90, 35.10}}},
};
const size_t N_RIVER_NAMES = sizeof RIVER_NAMES / sizeof *RIVER_NAMES;

struct admin_name {
    int32_t adcode;
    const char *zh;
    const char *en;
};

static const struct admin_name ADMIN_NAMES[] = {
    {310000, "上海市", "Shanghai"},      {310101, "黄浦区", "Huangpu"},
    {310104, "徐汇区", "Xuhui"},         {310105, "长宁区", "Changning"},
    {310106, "静安区", "Jing'an"},       {310107, "普陀区", "Putuo"},
    {310109, "虹口区", "Hongkou"},       {310110, "杨浦区", "Yangpu"},
    {310112, "闵行区", "Minhang"},       {310113, "宝山区", "Baoshan"},
    {310114, "嘉定区", "Jiading"},       {310115, "浦东新区", "Pudong New Area"},
    {310116, "金山区", "Jinshan"},       {310117, "松江区", "Songjiang"},
    {310118, "青浦区", "Qingpu"},        {310120, "奉贤区", "Fengxian"},
    {310151, "崇明区", "Chongming"},     {320000, "江苏省", "Jiangsu"},
    {320100, "南京市", "Nanjing"},       {320200, "无锡市", "Wuxi"},
    {320300, "徐州市", "Xuzhou"},        {320400, "常州市", "Changzhou"},
    {320500, "苏州市", "Suzhou"},        {320600, "南通市", "Nantong"},
    {320700, "连云港市", "Lianyungang"}, {320800, "淮安市", "Huai'an"},
    {320900, "盐城市", "Yancheng"},      {321000, "扬州市", "Yangzhou"},
    {321100, "镇江市", "Zhenjiang"},     {321200, "泰州市", "Taizhou (Jiangsu)"},
    {321300, "宿迁市", "Suqian"},        {330000, "浙江省", "Zhejiang"},
    {330100, "杭州市", "Hangzhou"},      {330200, "宁波市", "Ningbo"},
    {330300, "温州市", "Wenzhou"},       {330400, "嘉兴市", "Jiaxing"},
    {330500, "湖州市", "Huzhou"},        {330600, "绍兴市", "Shaoxing"},
    {330700, "金华市", "Jinhua"},        {330800, "衢州市", "Quzhou"},
    {330900, "舟山市", "Zhoushan"},      {331000, "台州市", "Taizhou (Zhejiang)"},
    {331100, "丽水市", "Lishui"},        {340000, "安徽省", "Anhui"},
    {340100, "合肥市", "Hefei"},         {340200, "芜湖市", "Wuhu"},
    {340300, "蚌埠市", "Bengbu"},        {340400, "淮南市", "Huainan"},
    {340500, "马鞍山市", "Ma'anshan"},   {340600, "淮北市", "Huaibei"},
    {340700, "铜陵市", "Tongling"},      {340800, "安庆市", "Anqing"},
    {341000, "黄山市", "Huangshan"},     {341100, "滁州市", "Chuzhou"},
    {341200, "阜阳市", "Fuyang"},        {341300, "宿州市", "Suzhou (Anhui)"},
    {341500, "六安市", "Lu'an"},         {341600, "亳州市", "Bozhou"},
    {341700, "池州市", "Chizhou"},       {341800, "宣城市", "Xuancheng"},
};

static const struct admin_name *find(int32_t adcode)
{
    for (size_t i = 0; i < sizeof ADMIN_NAMES / sizeof *ADMIN_NAMES; i++)
        if (ADMIN_NAMES[i].adcode == adcode)
            return &ADMIN_NAMES[i];
    return NULL;
}

const char *admin_name_en(int32_t adcode)
{
    const struct admin_name *name = find(adcode);

    return name ? name->en : NULL;
}

const char *city_name_zh(int32_t adcode)
{
    const struct admin_name *name = find(adcode);

    return name ? name->zh : NULL;
}
