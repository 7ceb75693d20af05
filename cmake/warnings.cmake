# innomap_settings(target): the compile options of every own target.
function(innomap_settings target)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wdouble-promotion
    -include ${CMAKE_SOURCE_DIR}/engine/include/engine/banned.h)
  if(INNOMAP_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(INNOMAP_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${INNOMAP_SANITIZE}
                           -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${INNOMAP_SANITIZE})
    target_compile_definitions(${target} PRIVATE IM_ARENA_DEBUG INNOMAP_SANITIZED)
  endif()
  if(INNOMAP_FUZZ) # see tests/fuzz/README.md: without it libFuzzer is blind
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(INNOMAP_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage)
    target_link_options(${target} PRIVATE --coverage)
  endif()
endfunction()
option(INNOMAP_WERROR "Warnings are errors" OFF)
option(INNOMAP_COVERAGE "Count executed lines" OFF)

# Some 170 programs are linked, each with all of ours and its debug symbols: with gold, of
# Debian's binutils, that takes a fifth of the time. What ./start builds is linked as usual.
if(INNOMAP_TESTS)
  include(CheckLinkerFlag)
  check_linker_flag(C -fuse-ld=gold INNOMAP_HAS_GOLD)
  if(INNOMAP_HAS_GOLD)
    add_link_options(-fuse-ld=gold)
  endif()
endif()
