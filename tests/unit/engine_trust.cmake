chl_add_test(test_engine_trust SOURCES test_engine_trust.c engine_site.c LINK chl_engine)
