# SPDX-License-Identifier: Apache-2.0
add_executable(bench_sustained bench_sustained.c)
target_link_libraries(bench_sustained PRIVATE chl_flags chl_test_issuing chl_loop chl_pluginhost chl_declaration)
target_compile_definitions(bench_sustained PRIVATE CHL_PLUGIN_DIR="${CHL_PLUGIN_OUTPUT}"
  CHL_BENCH_DIR="${CMAKE_BINARY_DIR}/bench")
set_target_properties(bench_sustained PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
add_dependencies(bench_sustained credential_declaration)
