chl_add_test(test_engine SOURCES test_engine.c engine_site.c LINK chl_engine)
chl_add_test(test_engine_random SOURCES test_engine_random.c engine_site.c LINK chl_engine TIMEOUT 60)
chl_add_test(test_engine_faults SOURCES test_engine_faults.c engine_site.c LINK chl_engine TIMEOUT 60)
