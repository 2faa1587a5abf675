# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_hcert_conformance SOURCES test_hcert_conformance.c dgc_case.c
  LINK credential_hcert_parts chl_qr_read TIMEOUT 120 LABELS integration)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
chl_add_test(test_verify_cli SOURCES test_verify_cli.c LINK chl_test_issuing chl_qr_write
  PkgConfig::JANSSON TIMEOUT 120 LABELS integration)
add_dependencies(test_verify_cli chilang credential_hcert credential_vietnam)
chl_add_test(test_hcert_keys SOURCES test_hcert_keys.c
  LINK chl_test_chain chl_test_issuing chl_text TIMEOUT 60 LABELS integration)
