# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_cli_declare SOURCES test_cli_declare.c declare_world.c LINK chl_base TIMEOUT 60
  LABELS integration)
add_dependencies(test_cli_declare chilang credential_declaration)
chl_add_test(test_declare_people SOURCES test_declare_people.c declare_world.c LINK chl_qr chl_base
  TIMEOUT 120 LABELS integration)
add_dependencies(test_declare_people chilang credential_declaration)
chl_add_test(test_declare_ask SOURCES test_declare_ask.c declare_world.c LINK chl_base TIMEOUT 60
  LABELS integration)
add_dependencies(test_declare_ask chilang credential_declaration)
if(CHL_SANITIZE MATCHES "address")
  # The tool draws cards too; what is ours is still looked at.
  set_property(TEST test_declare_people test_declare_ask test_cli_declare APPEND PROPERTY ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
endif()
