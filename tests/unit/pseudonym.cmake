chl_add_test(test_pseudonym SOURCES test_pseudonym.c LINK chl_host)
