chl_add_test(test_engine_counts SOURCES test_engine_counts.c engine_site.c LINK chl_engine)
chl_add_test(test_engine_bars SOURCES test_engine_bars.c engine_site.c LINK chl_engine TIMEOUT 120)
chl_add_test(test_engine_signals SOURCES test_engine_signals.c engine_site.c LINK chl_engine)
