# SPDX-License-Identifier: Apache-2.0
# One place for flags and for the functions that each folder's CMakeLists calls.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CHL_STAGE}/bin")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# The layout below the prefix is the same in the build tree and when installed, so that a program
# finds its plugins and data relative to itself.
set(CHL_PLUGIN_SUBDIR "lib/chilang/plugins")
set(CHL_DATA_SUBDIR "share/chilang")
set(CHL_PLUGIN_OUTPUT "${CHL_STAGE}/${CHL_PLUGIN_SUBDIR}")

add_library(chl_flags INTERFACE)
target_include_directories(chl_flags INTERFACE "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}")
target_compile_definitions(chl_flags INTERFACE _GNU_SOURCE CHL_VERSION="${PROJECT_VERSION}"
  CHL_PLUGIN_SUBDIR="${CHL_PLUGIN_SUBDIR}" CHL_DATA_SUBDIR="${CHL_DATA_SUBDIR}")
target_compile_options(chl_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wcast-align -Wformat=2 -Wundef -Wvla
  $<$<BOOL:${CHL_WERROR}>:-Werror>)
if(NOT CHL_SANITIZE)
  # The sanitizers' own checks make it warn of paths that they guard.
  target_compile_options(chl_flags INTERFACE -Wnull-dereference)
endif()
if(CHL_SANITIZE)
  target_compile_options(chl_flags INTERFACE -fsanitize=${CHL_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(chl_flags INTERFACE -fsanitize=${CHL_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(chl_flags INTERFACE -fstack-protector-strong -D_FORTIFY_SOURCE=2)
  target_link_options(chl_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CHL_FUZZ)
  target_compile_options(chl_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# What a program needs beside its own sources so that a sanitizer sees all it does.
set(CHL_SANITIZER_SOURCES "")
if(CHL_SANITIZE STREQUAL "thread")
  set(CHL_SANITIZER_SOURCES "${CMAKE_SOURCE_DIR}/tests/sanitizers/syscall.c")
endif()

# chl_add_lib(NAME SOURCES… [PUBLIC targets…]): a small static library, target chl_<NAME>.
function(chl_add_lib name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_library(chl_${name} STATIC ${A_SOURCES})
  target_link_libraries(chl_${name} PUBLIC chl_flags ${A_LINK})
endfunction()

# What a user runs, without the tests: `cmake --build … --target programs`.
add_custom_target(programs)

# chl_add_program(NAME SOURCES… LINK…): a program put into bin/ and installed.
function(chl_add_program name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${A_SOURCES} ${CHL_SANITIZER_SOURCES})
  target_link_libraries(${name} PRIVATE chl_flags ${A_LINK})
  add_dependencies(programs ${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# chl_add_plugin(NAME SOURCES… LINK…): a loadable plugin, put where the programs look for it.
function(chl_add_plugin name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${A_SOURCES})
  target_link_libraries(${name} PRIVATE chl_flags ${A_LINK})
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${CHL_PLUGIN_OUTPUT}")
  add_dependencies(programs ${name})
  install(TARGETS ${name} LIBRARY DESTINATION ${CHL_PLUGIN_SUBDIR})
endfunction()

# chl_add_test(NAME SOURCES… LINK… [TIMEOUT s] [LABELS …] [ARGS …]): one cmocka program.
function(chl_add_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LINK;LABELS;ARGS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 30)
  endif()
  if(NOT A_LABELS)
    set(A_LABELS unit)
  endif()
  add_executable(${name} ${A_SOURCES} ${CHL_SANITIZER_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_link_libraries(${name} PRIVATE chl_flags ${A_LINK} cmocka)
  target_compile_definitions(${name} PRIVATE
    CHL_SOURCE_DIR="${CMAKE_SOURCE_DIR}" CHL_BINARY_DIR="${CMAKE_BINARY_DIR}"
    CHL_STAGE_DIR="${CHL_STAGE}" CHL_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared")
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}"
    SKIP_REGULAR_EXPRESSION "^SKIPPED ALL")
  if(CHL_SANITIZE STREQUAL "thread")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT_MODIFICATION
      "TSAN_OPTIONS=string_append::suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp")
  endif()
endfunction()

# chl_add_fuzzer(NAME SOURCES… LINK…): libFuzzer with CHL_FUZZ, else a program that replays files.
add_custom_target(fuzzers)
function(chl_add_fuzzer name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  if(CHL_FUZZ)
    add_executable(${name} ${A_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${A_SOURCES} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c")
  endif()
  target_link_libraries(${name} PRIVATE chl_flags ${A_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  add_dependencies(fuzzers ${name})
endfunction()
