if(CHL_FUZZ OR EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/replay.c")
  chl_add_fuzzer(fuzz_yaml SOURCES yaml.c LINK chl_yaml)
endif()
