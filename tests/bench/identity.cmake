# SPDX-License-Identifier: Apache-2.0
add_executable(bench_identity bench_identity.c)
target_link_libraries(bench_identity PRIVATE chl_flags chl_host chl_engine)
set_target_properties(bench_identity PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
