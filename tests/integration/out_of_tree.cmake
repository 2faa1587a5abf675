# SPDX-License-Identifier: Apache-2.0
add_test(NAME test_out_of_tree COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/out_of_tree.sh"
  "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}/tests/fixtures/out-of-tree")
set_tests_properties(test_out_of_tree PROPERTIES TIMEOUT 120 LABELS "integration;abi")
