chl_add_test(test_config SOURCES test_config.c LINK chl_config)
chl_add_test(test_config_devices SOURCES test_config_devices.c LINK chl_config)
