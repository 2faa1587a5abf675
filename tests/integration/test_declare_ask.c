/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare` at a terminal of its own: it asks in Vietnamese, asks again after a
 *  mistake, and leaves nothing behind when it is broken off.
 */
#include "declare_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 10000 };

static int terminal = -1;
static pid_t person = -1;
static size_t heard, told;

/** Begin the talk: the tool on a pseudo terminal, its errors and questions there too. */
static void begin(const char *const *arguments)
{
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    const char *name = ptsname(terminal);
    assert_non_null(name);
    heard = 0;
    told = 0;
    output[0] = '\0';
    person = fork();
    assert_true(person >= 0);
    if (person == 0) {
        char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t) "chilang"};
        for (size_t i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++) {
            argv[i + 1] = (char *)(uintptr_t)arguments[i];
        }
        (void)setsid();
        int end = open(name, O_RDWR); /* the session's terminal from now on */
        if (end < 0 || ioctl(end, TIOCSCTTY, 0) != 0 || dup2(end, 0) < 0 || dup2(end, 1) < 0 ||
            dup2(end, 2) < 0) {
            _exit(126);
        }
        execv(CHL_STAGE_DIR "/bin/chilang", argv);
        _exit(127);
    }
}

/** Hear the tool until it says this, behind what was heard before. */
static void until(const char *text)
{
    for (;;) {
        const char *at = strstr(output + told, text);
        struct pollfd ready = {.fd = terminal, .events = POLLIN};
        if (at != NULL) {
            told = (size_t)(at - output) + strlen(text);
            return;
        }
        ssize_t got = -1;
        if (poll(&ready, 1, WAIT_MS) == 1) {
            got = read(terminal, output + heard, OUTPUT_MAX - 1 - heard);
        }
        if (got <= 0) {
            fail_msg("expected `%s`, got: %s", text, output + told);
            return;
        }
        heard += (size_t)got;
        output[heard] = '\0';
    }
}

static void say(const char *text)
{
    assert_int_equal(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(write(terminal, "\n", 1), 1);
}

/** Hear the rest and its exit status. */
static int end(void)
{
    int status = 0;
    ssize_t got = 0;
    while ((got = read(terminal, output + heard, OUTPUT_MAX - 1 - heard)) > 0) {
        heard += (size_t)got;
        output[heard] = '\0';
    }
    assert_int_equal(waitpid(person, &status, 0), person);
    (void)close(terminal);
    return status;
}

static void test_a_form_is_asked_for(void **state)
{
    (void)state;
    const char *const arguments[] = {
        "declare", "--key", in_folder("keys/issuer.key.pem"), "--png", in_folder("a.png"), NULL};
    begin(arguments);
    until("TỜ KHAI Y TẾ");
    until("Họ và tên*");
    say("");
    until("Mục này bắt buộc");
    say("Nguyễn Thị Hồng Nhung");
    until("Năm sinh*");
    say("năm ngoái");
    until("Chưa đúng, xin nhập lại");
    until("Năm sinh*");
    say("2099");
    until("Ngày giờ này chưa đến");
    until("Năm sinh*");
    say("18/1/1987");
    until("Giới tính (nam, nữ, khác)");
    say("NỮ");
    until("Quốc tịch (mã nước, ví dụ VN, LA, CN)");
    say("Đại Ngu");
    until("Chưa đúng");
    say("vn");
    until("Số điện thoại");
    say("gọi tôi");
    until("chỉ chữ số");
    say("0944 713 700");
    until("Số giấy tờ tùy thân");
    say("001187029317");
    until("Xã, phường nơi đi*");
    say("Chi Lăng");
    until("Có nhiều nơi cùng tên, xin chọn số");
    until("2. xã Chi Lăng, Huyện Tràng Định (06034)");
    until("Xã, phường nơi đi*");
    say("7");
    until("Xin chọn số từ 1 đến 4");
    until("Xã, phường nơi đi*");
    say("2");
    until("Xã, phường nơi đến");
    say("vinh trai");
    until("Địa chỉ nơi ở");
    say("12 Trần Đăng Ninh");
    until("Phương tiện (máy bay");
    say("ô tô");
    until("Biển số xe");
    say("29lđ-012.34");
    until("Số ghế");
    say("");
    until("Giờ khởi hành (ví dụ 1/2/2022 7:30)");
    say("ngày mai");
    until("Chưa đúng");
    say("1/2/2022 7:30");
    until("Triệu chứng trong 14 ngày*");
    say("đau bụng");
    until("Chưa đúng");
    say("không");
    until("người bệnh hoặc nghi ngờ mắc bệnh?*");
    say("có thể");
    until("xin trả lời có hoặc không");
    say("không");
    until("vùng, nước có bệnh?*");
    say("KHÔNG");
    until("có triệu chứng?*");
    say("co");
    until("Số mũi vắc xin");
    say("2");
    until("Ngày tiêm mũi cuối");
    say("20/11/2021");
    until("Loại xét nghiệm");
    say("");
    until("Người đi cùng mã này");
    say("Bé Na; 2098");
    until("Ngày giờ này chưa đến");
    until("Người đi cùng, như trẻ em");
    say("Bé Na; 2019");
    until("Người đi cùng, như trẻ em");
    say("");
    int status = end();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(
        RUN("verify", "--trust", in_folder("keys"), "--json", "--image", in_folder("a.png")), 0);
    assert_says("\"name\":\"Nguyễn Thị Hồng Nhung\"");
    assert_says("\"birth\":\"1987-01-18\"");
    assert_says("\"phone\":\"0944713700\"");
    assert_says("\"from_area\":\"06034\"");
    assert_says("\"to_area\":\"05977\"");
    assert_says("\"nationality\":\"VN\"");
    assert_says("\"address\":\"12 Trần Đăng Ninh\"");
    assert_says("\"vehicle\":\"29LĐ01234\"");
    assert_says("\"symptomatic\":\"no\"");
    assert_says("\"contact\":\"yes\"");
    assert_says("\"party\":2");
    assert_says("\"dose_date\":\"2021-11-20\"");
}

static unsigned files_in_folder(void)
{
    unsigned count = 0;
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    for (const struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        count++;
    }
    (void)closedir(opened);
    return count;
}

static void test_what_is_broken_off_leaves_nothing(void **state)
{
    (void)state;
    const char *const arguments[] = {"declare",
                                     "--key",
                                     in_folder("keys/issuer.key.pem"),
                                     "--png",
                                     in_folder("a.png"),
                                     "--card",
                                     in_folder("a.pdf"),
                                     NULL};
    unsigned before = files_in_folder();
    begin(arguments);
    until("Họ và tên*");
    say("Nguyễn Thị Hồng Nhung");
    until("Năm sinh*");
    assert_int_equal(write(terminal, "\x03", 1), 1); /* Ctrl-C */
    int status = end();
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_int_equal(files_in_folder(), before);
    begin(arguments);
    until("Họ và tên*");
    assert_int_equal(write(terminal, "\x04", 1), 1); /* Ctrl-D: nobody answers any more */
    status = end();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_says("the form was not finished");
    assert_int_equal(files_in_folder(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECLARE_TEST(test_a_form_is_asked_for),
        DECLARE_TEST(test_what_is_broken_off_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
