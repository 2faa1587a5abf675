# SPDX-License-Identifier: Apache-2.0
chl_add_test(test_card SOURCES test_card.c declaration_keys.c LINK chl_card chl_qr chl_cose TIMEOUT 120)
if(CHL_SANITIZE MATCHES "address")
  # Fontconfig keeps its caches for the process; what is ours is still looked at.
  set_property(TEST test_card APPEND PROPERTY ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
endif()
