/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A bounded reader of ELF dynamic tables: every offset in the file is foreign until
 * checked.
 */
#include "lib/pluginhost/initializers.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { NATIVE_ORDER = ELFDATA2LSB };
#else
enum { NATIVE_ORDER = ELFDATA2MSB };
#endif
#if defined(__LP64__)
enum { NATIVE_CLASS = ELFCLASS64 };
#else
enum { NATIVE_CLASS = ELFCLASS32 };
#endif
#if defined(__x86_64__)
enum { NATIVE_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE_MACHINE = EM_AARCH64 };
#elif defined(__arm__)
enum { NATIVE_MACHINE = EM_ARM };
#else
enum { NATIVE_MACHINE = EM_NONE }; /* any: the loader itself refuses a foreign one */
#endif

enum {
    SEGMENTS_MAX = 64,
    SECTIONS_MAX = 512,
    DYNAMIC_MAX = 512,
    INIT_SECTION_MAX = 64 /* bytes of `.init`: crti.o and crtn.o make 24 on x86-64, 20 on aarch64 */
};

/* What the dynamic table says about initialisers; sizes in bytes. */
struct initializers {
    size_t array_size, preinit_size;
    ElfW(Addr) init; /* 0 = none */
};

static bool read_at(int fd, void *out, size_t size, ElfW(Off) offset)
{
    return offset <= INT32_MAX && pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

static const char *read_header(int fd, ElfW(Ehdr) * header)
{
    if (!read_at(fd, header, sizeof *header, 0) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return "not an ELF file";
    }
    if (header->e_ident[EI_CLASS] != NATIVE_CLASS || header->e_ident[EI_DATA] != NATIVE_ORDER ||
        (NATIVE_MACHINE != EM_NONE && header->e_machine != NATIVE_MACHINE)) {
        return "an ELF file for another machine";
    }
    if (header->e_type != ET_DYN) {
        return "an ELF file that is not a shared object";
    }
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0 ||
        header->e_phnum > SEGMENTS_MAX) {
        return "a damaged program header table";
    }
    return NULL;
}

static const char *read_dynamic(int fd, const ElfW(Phdr) * segment, struct initializers *found)
{
    size_t count = segment->p_filesz / sizeof(ElfW(Dyn));
    if (count > DYNAMIC_MAX) {
        return "a dynamic table that is too long";
    }
    for (size_t i = 0; i < count; i++) {
        ElfW(Dyn) entry;
        if (!read_at(fd, &entry, sizeof entry, segment->p_offset + i * sizeof entry)) {
            return "a dynamic table that is cut off";
        }
        switch (entry.d_tag) {
        case DT_NULL:
            return NULL;
        case DT_INIT:
            found->init = entry.d_un.d_ptr;
            break;
        case DT_INIT_ARRAYSZ:
            found->array_size = entry.d_un.d_val;
            break;
        case DT_PREINIT_ARRAYSZ:
            found->preinit_size = entry.d_un.d_val;
            break;
        default:
            break;
        }
    }
    return NULL;
}

static const char *find_dynamic(int fd, const ElfW(Ehdr) * header, struct initializers *found)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        if (!read_at(fd, &segment, sizeof segment, header->e_phoff + i * sizeof segment)) {
            return "a program header table that is cut off";
        }
        if (segment.p_type == PT_DYNAMIC) {
            return read_dynamic(fd, &segment, found);
        }
    }
    return "no dynamic table";
}

/* The start files' `_init` is a section of its own with a few instructions; an `-init=` function of
 * the plugin lies elsewhere, and code put into `.init` makes it longer. */
static bool init_is_of_start_files(int fd, const ElfW(Ehdr) * header, ElfW(Addr) init)
{
    if (header->e_shentsize != sizeof(ElfW(Shdr)) || header->e_shnum > SECTIONS_MAX) {
        return false;
    }
    for (unsigned i = 0; i < header->e_shnum; i++) {
        ElfW(Shdr) section;
        if (!read_at(fd, &section, sizeof section, header->e_shoff + i * sizeof section)) {
            return false;
        }
        if (section.sh_type == SHT_PROGBITS && section.sh_addr == init) {
            return section.sh_size <= INIT_SECTION_MAX;
        }
    }
    return false;
}

static const char *judge(int fd, char *count_text, size_t size)
{
    ElfW(Ehdr) header;
    const char *problem = read_header(fd, &header);
    if (problem != NULL) {
        return problem;
    }
    struct initializers found = {0};
    problem = find_dynamic(fd, &header, &found);
    if (problem != NULL) {
        return problem;
    }
    if (found.preinit_size != 0) {
        return "a preinit array";
    }
    if (found.init != 0 && !init_is_of_start_files(fd, &header, found.init)) {
        return "an init function of its own";
    }
    /* Without the start files nobody but the plugin itself can have put an entry there. */
    size_t allowed = found.init != 0 ? 1 : 0;
    size_t entries = found.array_size / sizeof(ElfW(Addr));
    if (entries > allowed) {
        (void)snprintf(count_text, size, "%zu constructor(s)", entries - allowed);
        return count_text;
    }
    return NULL;
}

chl_err chl_initializers_check(const char *file, char *why, size_t why_size)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        (void)snprintf(why, why_size, "%s: cannot be opened: %s", file, strerrordesc_np(error));
        return CHL_E_IO;
    }
    char count_text[48];
    const char *problem = judge(fd, count_text, sizeof count_text);
    (void)close(fd);
    if (problem == NULL) {
        return CHL_OK;
    }
    (void)snprintf(
        why, why_size,
        "%s: expected a plugin that runs nothing while being loaded, got %s; install one built for "
        "this machine, with such code in its `create`",
        file, problem);
    return CHL_E_ABI;
}
