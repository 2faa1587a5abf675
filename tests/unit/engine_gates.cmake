chl_add_test(test_engine_gates SOURCES test_engine_gates.c engine_site.c LINK chl_engine)
chl_add_test(test_engine_emergency SOURCES test_engine_emergency.c engine_site.c LINK chl_engine)
