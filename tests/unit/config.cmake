chl_add_test(test_config SOURCES test_config.c LINK chl_config)
