# SPDX-License-Identifier: Apache-2.0
# The page is the table's; after a change: chilang reasons --markdown > docs/reasons.md
add_test(NAME reasons_page COMMAND sh -c "$1 reasons --markdown | diff -u $2 -" reasons_page
  $<TARGET_FILE:chilang> "${CMAKE_SOURCE_DIR}/docs/reasons.md")
set_tests_properties(reasons_page PROPERTIES TIMEOUT 10 LABELS unit)
