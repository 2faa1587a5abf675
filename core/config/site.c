/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the site is and where its files are: sections site, journal, and the paths.
 */
#include "core/config/internal.h"
#include "lib/control/control.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct site_options {
    const char *id, *name, *area, *timezone;
    int kind;
    int64_t level;
};

struct journal_options {
    const char *path;
    int64_t keep_persons_ms;
};

struct root_options {
    const char *control, *state;
    int64_t desk_ms;
};

#define DAY_MS INT64_C(86400000)

static const char *const kinds[] = {"festival", "checkpoint", "treatment", NULL};

static const struct chl_opt site_table[] = {
    {.name = "id",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct site_options, id),
     .help_vi = "Mã điểm, xuất hiện trong luồng sự kiện; không đổi",
     .help_en = "Name in topics: lower case, stable"},
    {.name = "name",
     .type = CHL_OPT_STR,
     .max = 128,
     .offset = offsetof(struct site_options, name),
     .help_vi = "Tên đầy đủ",
     .help_en = "Full name"},
    {.name = "area",
     .type = CHL_OPT_STR,
     .max = 5,
     .offset = offsetof(struct site_options, area),
     .help_vi = "Mã địa bàn (xã, phường)",
     .help_en = "Code of the commune"},
    {.name = "kind",
     .type = CHL_OPT_ENUM,
     .dflt = "festival",
     .choices = kinds,
     .offset = offsetof(struct site_options, kind),
     .help_vi = "Loại điểm",
     .help_en = "What the site is for"},
    {.name = "timezone",
     .type = CHL_OPT_STR,
     .dflt = "Asia/Ho_Chi_Minh",
     .max = 64,
     .offset = offsetof(struct site_options, timezone),
     .help_vi = "Múi giờ hiển thị",
     .help_en = "Time zone of what staff read"},
    {.name = "level",
     .type = CHL_OPT_INT,
     .dflt = "1",
     .min = 1,
     .max = 4,
     .offset = offsetof(struct site_options, level),
     .help_vi = "Cấp độ dịch của địa bàn",
     .help_en = "Epidemic level of the area"},
    {.name = NULL}};

static const struct chl_opt journal_table[] = {
    {.name = "path",
     .type = CHL_OPT_PATH,
     .required = true,
     .offset = offsetof(struct journal_options, path),
     .help_vi = "Tệp nhật ký",
     .help_en = "File of the journal"},
    {.name = "keep_persons",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "28 d",
     .min = DAY_MS,
     .max = 366 * DAY_MS,
     .offset = offsetof(struct journal_options, keep_persons_ms),
     .help_vi = "Tuổi thọ của khóa ẩn danh; lần khởi động sau đó hủy khóa và tạo khóa mới",
     .help_en =
         "Life of the pseudonyms' key; the first start after it destroys the key and makes one"},
    {.name = NULL}};

static const struct chl_opt root_table[] = {
    {.name = "control",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct root_options, control),
     .help_vi = "Ổ cắm điều khiển; mặc định cạnh nhật ký",
     .help_en = "Control socket; beside the journal when not stated"},
    {.name = "state",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct root_options, state),
     .help_vi = "Thư mục trạng thái; mặc định là thư mục nhật ký",
     .help_en = "Folder of the daemon's state; the journal's when not stated"},
    {.name = "desk",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "2 min",
     .min = 0,
     .max = 600000,
     .offset = offsetof(struct root_options, desk_ms),
     .help_vi = "Bàn ở làn được xem người vừa quét trong bao lâu; 0 s = không bao giờ",
     .help_en = "How long the lane's desk may see who was scanned last; 0 s = never"},
    {.name = NULL}};

/** `[a-z0-9-]{1,48}`: it stands in topics. */
static bool is_site_id(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length >= 1 && length <= 48 && id[length] == '\0';
}

static bool is_timezone(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
        if (!letter && (c == text || strchr("0123456789_+-/", *c) == NULL)) {
            return false;
        }
    }
    return text[0] != '\0';
}

/** Where a time zone's rules are; a machine without any of them can't tell a wrong name. */
static bool is_known_timezone(const char *text)
{
    static const char folder[] = "/usr/share/zoneinfo";
    char path[256];
    int length = snprintf(path, sizeof path, "%s/%s", folder, text);
    return access(folder, F_OK) != 0 ||
           (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0);
}

static chl_err check_site(struct reading *r, struct chl_yaml_node node,
                          const struct site_options *site)
{
    if (!is_site_id(site->id)) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "id"), r->error,
                               "expected 1 to 48 of the characters a-z 0-9 - as the site's id, got "
                               "'%.60s'; the full name goes under 'name'",
                               site->id);
    }
    if (site->area != NULL &&
        (site->area[0] == '\0' || strspn(site->area, "0123456789") != strlen(site->area))) {
        return chl_yaml_refuse(
            r->yaml, chl_yaml_get(r->yaml, node, "area"), r->error,
            "expected the code of a commune such as \"05977\", got '%s'; look it "
            "up in the list of areas",
            site->area);
    }
    if (!is_timezone(site->timezone) || !is_known_timezone(site->timezone)) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "timezone"), r->error,
                               "expected a time zone such as Asia/Ho_Chi_Minh, got '%.60s'; see "
                               "'timedatectl list-timezones'",
                               site->timezone);
    }
    return CHL_OK;
}

static chl_err read_site_section(struct reading *r)
{
    struct chl_yaml_node node;
    struct site_options site = {.id = NULL};
    chl_err result = config_section(r, "site", 0, &node);
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, node, site_table, NULL, &site, r->error);
    }
    if (result == CHL_OK) {
        result = check_site(r, node, &site);
    }
    r->config->site_id = site.id;
    r->config->site_name = site.name == NULL || site.name[0] == '\0' ? site.id : site.name;
    r->config->area = site.area;
    r->config->timezone = site.timezone;
    r->config->site_kind = site.kind;
    r->config->level = (int)site.level;
    return result;
}

/** The folder a file lies in, owned by the document. */
static const char *folder_of(struct reading *r, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length == 0 || length >= sizeof folder) {
        return chl_yaml_keep(r->yaml, "/");
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    return chl_yaml_keep(r->yaml, folder);
}

static chl_err read_paths(struct reading *r, const struct root_options *root)
{
    struct chl_yaml_node node;
    struct journal_options journal = {.path = NULL};
    chl_err result = config_section(r, "journal", 0, &node);
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, node, journal_table, NULL, &journal, r->error);
    }
    if (result != CHL_OK) {
        return result;
    }
    if (strlen(journal.path) >= PATH_MAX) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "path"), r->error,
                               "expected a path of less than %d bytes, got %zu; shorten it",
                               PATH_MAX, strlen(journal.path));
    }
    r->config->journal_path = journal.path;
    r->config->keep_persons_ms = journal.keep_persons_ms;
    r->config->desk_ms = root->desk_ms;
    r->config->state_dir = root->state != NULL ? root->state : folder_of(r, journal.path);
    return r->config->state_dir == NULL
               ? config_no_memory(r)
               : chl_control_find(r->yaml, &r->config->control_path, r->error);
}

chl_err config_read_site(struct reading *r)
{
    static const char *const sections[] = {"site",        "zones",   "gates",     "plugins",
                                           "credentials", "journal", "emergency", NULL};
    struct root_options root = {.control = NULL};
    chl_err result =
        chl_yaml_read(r->yaml, chl_yaml_root(r->yaml), root_table, sections, &root, r->error);
    if (result == CHL_OK) {
        result = read_site_section(r);
    }
    return result == CHL_OK ? read_paths(r, &root) : result;
}
