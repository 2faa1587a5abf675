chl_add_test(test_engine_person SOURCES test_engine_person.c engine_site.c LINK chl_engine)
chl_add_test(test_engine_order SOURCES test_engine_order.c engine_site.c LINK chl_engine)
