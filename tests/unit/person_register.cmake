chl_add_test(test_identity SOURCES test_identity.c LINK chl_host)
chl_add_test(test_person_register SOURCES test_person_register.c LINK chl_host)
