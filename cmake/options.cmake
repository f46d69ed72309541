# What can be chosen, and the flags that everything is built with.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

option(FRAMERING_TESTS "Build the tests and benchmarks" ON)
option(FRAMERING_WERROR "Treat warnings as errors (for CI)" OFF)
option(FRAMERING_PNG "Masks and heat maps in PNG, where libpng is there" ON)
option(FRAMERING_FUZZ "Build the fuzzers (clang only)" OFF)
option(FRAMERING_COVERAGE "Count which lines and branches run (gcc only; see tests/coverage)" OFF)
set(FRAMERING_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion
                    -fstack-protector-strong -fno-common)
# A product and a sum rounded as one on some machines and as two on others would make another detector of it.
add_compile_options(-ffp-contract=off)
add_link_options(-Wl,-z,relro,-z,now)
if(FRAMERING_WERROR)
  add_compile_options(-Werror)
endif()

if(FRAMERING_SANITIZE)
  add_compile_options(-fsanitize=${FRAMERING_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FRAMERING_SANITIZE})
  if(FRAMERING_SANITIZE STREQUAL "thread" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # ThreadSanitizer does not follow fences. What the ring's fences order, its tests read atomically.
    add_compile_options(-Wno-tsan)
  endif()
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(FRAMERING_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic -fprofile-abs-path)
  add_compile_definitions(FR_COVERAGE)
  add_link_options(--coverage)
endif()
if(FRAMERING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

include(CheckPIESupported)
check_pie_supported()

# Every target sees the root, so that each include line shows its layer.
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH FRAMERING_ROOT)
include_directories(${FRAMERING_ROOT} ${FRAMERING_ROOT}/common/ring/include)
