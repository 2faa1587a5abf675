# SPDX-License-Identifier: Apache-2.0
chl_add_fuzzer(fuzz_base45 SOURCES fuzz_base45.c LINK chl_cose)
chl_add_fuzzer(fuzz_inflate SOURCES fuzz_inflate.c LINK chl_cose)
chl_add_fuzzer(fuzz_cbor SOURCES fuzz_cbor.c LINK chl_cose)
chl_add_fuzzer(fuzz_cose SOURCES fuzz_cose.c LINK chl_cose)
chl_add_fuzzer(fuzz_trust SOURCES fuzz_trust.c LINK chl_cose)
chl_add_fuzzer(fuzz_hcert SOURCES fuzz_hcert.c LINK chl_test_issuing credential_hcert_parts)
if(NOT CHL_FUZZ)
  foreach(name IN ITEMS base45 inflate cbor cose trust hcert)
    add_test(NAME fuzz_${name}
      COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/fuzz_${name}")
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 120 LABELS "unit;fuzz")
  endforeach()
endif()
