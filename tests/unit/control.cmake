chl_add_test(test_control SOURCES test_control.c LINK chl_control)
chl_add_test(test_control_server SOURCES test_control_server.c
             LINK chl_control_server chl_control Threads::Threads)
