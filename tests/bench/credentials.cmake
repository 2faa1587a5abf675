# SPDX-License-Identifier: Apache-2.0
add_executable(bench_credentials bench_credentials.c credential_codes.c bare_verify.c allocations.c)
target_link_libraries(bench_credentials PRIVATE chl_flags chl_test_chain chl_test_issuing chl_declaration)
if(NOT CHL_SANITIZE)
  target_compile_definitions(bench_credentials PRIVATE CHL_COUNT_ALLOCATIONS)
endif()
set_target_properties(bench_credentials PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench"
  ENABLE_EXPORTS ON)
