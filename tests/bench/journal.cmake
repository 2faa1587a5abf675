# SPDX-License-Identifier: Apache-2.0
add_executable(bench_journal bench_journal.c)
target_link_libraries(bench_journal PRIVATE chl_flags chl_journal)
set_target_properties(bench_journal PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
