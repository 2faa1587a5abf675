# SPDX-License-Identifier: Apache-2.0
find_package(OpenSSL 3.0 REQUIRED)
add_executable(bench_credentials bench_credentials.c bare_verify.c $<TARGET_OBJECTS:chl_test_memory>)
target_link_libraries(bench_credentials PRIVATE chl_flags chl_test_codes)
set_target_properties(bench_credentials PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
