chl_add_test(test_yaml SOURCES test_yaml.c LINK chl_yaml)
