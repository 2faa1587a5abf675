chl_add_test(test_text SOURCES test_text.c LINK chl_text chl_base)
