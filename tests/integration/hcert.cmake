# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_hcert_conformance SOURCES test_hcert_conformance.c dgc_case.c
  LINK credential_hcert_parts chl_qr_read TIMEOUT 120 LABELS integration)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_verify_cli SOURCES test_verify_cli.c LINK chl_test_issuing chl_qr_write
  PkgConfig::JANSSON TIMEOUT 120 LABELS integration)
add_dependencies(test_verify_cli chilang credential_hcert credential_vietnam)
chl_add_test(test_hcert_keys SOURCES test_hcert_keys.c
  LINK chl_test_chain chl_test_issuing chl_text TIMEOUT 60 LABELS integration)
add_executable(schema_verdicts schema_verdicts.c)
set_target_properties(schema_verdicts PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
target_link_libraries(schema_verdicts PRIVATE chl_flags credential_hcert_parts)
find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME test_schema_agreement
  COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/test_schema_agreement.py"
    $<TARGET_FILE:schema_verdicts> "${CMAKE_SOURCE_DIR}/../shared/data/qr")
set_tests_properties(test_schema_agreement PROPERTIES TIMEOUT 120 LABELS integration
  SKIP_REGULAR_EXPRESSION "^SKIPPED ALL")
chl_add_test(test_formats SOURCES test_formats.c dgc_case.c
  LINK chl_test_chain chl_qr_read chl_text chl_cose PkgConfig::JANSSON
  TIMEOUT 120 LABELS integration)
chl_add_test(test_chain_hostile SOURCES test_chain_hostile.c $<TARGET_OBJECTS:chl_test_memory>
  LINK chl_test_codes chl_text TIMEOUT 300 LABELS integration)
if(CHL_SANITIZE)
  target_compile_definitions(test_chain_hostile PRIVATE CHL_SANITIZED)
endif()
chl_add_test(test_same_claims SOURCES test_same_claims.c LINK chl_test_codes LABELS integration)
