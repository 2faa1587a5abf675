chl_add_test(test_base SOURCES test_base.c LINK chl_base)
