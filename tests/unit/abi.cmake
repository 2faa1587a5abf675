# SPDX-License-Identifier: Apache-2.0
# One source, two sets of headers: the frozen ones come first on the include path.
foreach(set IN ITEMS now frozen)
  add_library(abi_rows_${set} OBJECT abi_rows.c)
  target_link_libraries(abi_rows_${set} PRIVATE chl_flags)
  target_compile_definitions(abi_rows_${set} PRIVATE ABI_ROWS=abi_rows_${set})
endforeach()
target_include_directories(abi_rows_frozen BEFORE PRIVATE "${CMAKE_SOURCE_DIR}/tests/fixtures/abi-1.0")
chl_add_test(test_abi SOURCES test_abi.c $<TARGET_OBJECTS:abi_rows_now> $<TARGET_OBJECTS:abi_rows_frozen>
  LABELS unit abi)
