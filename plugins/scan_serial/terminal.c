/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A terminal that is no hardware port: the pseudo-terminals of socat, ser2net or a test,
 * and gadgets without modem lines. libserialport serves none of them.
 */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    int baud;
    speed_t speed;
} speeds[] = {{1200, B1200},     {2400, B2400},     {4800, B4800},    {9600, B9600},
              {19200, B19200},   {38400, B38400},   {57600, B57600},  {115200, B115200},
              {230400, B230400}, {460800, B460800}, {921600, B921600}};

static speed_t speed_of(int baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
        if (speeds[i].baud == baud) {
            return speeds[i].speed;
        }
    }
    return B9600;
}

static int set_up(int fd, const struct port_settings *settings)
{
    struct termios terminal;
    memset(&terminal, 0, sizeof terminal);
    if (tcgetattr(fd, &terminal) != 0) {
        return -1;
    }
    cfmakeraw(&terminal);
    terminal.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
    terminal.c_iflag &= ~(tcflag_t)(IXOFF | IXANY);
    terminal.c_cflag |= CLOCAL | CREAD;
    terminal.c_cflag |= settings->data_bits == 7 ? CS7 : CS8;
    terminal.c_cflag |= settings->stop_bits == 2 ? CSTOPB : 0;
    terminal.c_cflag |= settings->parity != PARITY_NONE ? PARENB : 0;
    terminal.c_cflag |= settings->parity == PARITY_ODD ? PARODD : 0;
    terminal.c_cflag |= settings->flow == FLOW_RTS_CTS ? CRTSCTS : 0;
    terminal.c_iflag |= settings->flow == FLOW_XON_XOFF ? (tcflag_t)(IXON | IXOFF) : 0;
    if (cfsetispeed(&terminal, speed_of(settings->baud)) != 0 ||
        cfsetospeed(&terminal, speed_of(settings->baud)) != 0) {
        return -1;
    }
    /* What another program left in the queue is of nobody who stands here now. */
    return tcsetattr(fd, TCSAFLUSH, &terminal);
}

int terminal_open(const char *path, const struct port_settings *settings)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    if (set_up(fd, settings) != 0) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}
