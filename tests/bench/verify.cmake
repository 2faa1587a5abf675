# SPDX-License-Identifier: Apache-2.0
add_executable(bench_verify bench_verify.c)
target_link_libraries(bench_verify PRIVATE chl_flags chl_test_issuing credential_hcert_parts)
set_target_properties(bench_verify PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
