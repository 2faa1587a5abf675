/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads one frame and posts what is new in it.
 *
 *  A look costs most of what this plugin spends, so a live frame gets one: dark on light and light
 *  on dark by turns while nothing is found, and the same again while codes are. Softened first:
 *  that finds more and costs less, because zbar then follows fewer edges of noise.
 */
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "lib/qr/marks.h"

static void note(void *user, const struct chl_qr_sighting *seen)
{
    struct view *view = user;
    if (view->count < SIGHTINGS_MAX && seen->length <= sizeof view->bytes - view->used) {
        view->sightings[view->count] = (struct hold_sighting){
            .digest = hold_digest(seen->bytes, seen->length), .area_px = seen->area_px};
        view->starts[view->count] = view->used;
        view->lengths[view->count] = seen->length;
        memcpy(view->bytes + view->used, seen->bytes, seen->length);
        view->used += seen->length;
        view->count++;
    }
}

static chl_err post(struct chl_instance *self, const uint8_t *bytes, size_t length,
                    int64_t captured_ns)
{
    const struct chl_scan scan = {.size = (uint32_t)sizeof scan,
                                  .lane = self->scanner.lane,
                                  .bytes = bytes,
                                  .length = length,
                                  .captured_ns = captured_ns,
                                  .unreadable = bytes == NULL};
    if (chl_scanner_is_ending(&self->scanner)) {
        return CHL_E_STATE;
    }
    chl_err err = self->scanner.host->post_scan(self->scanner.ctx, &scan);
    if (err != CHL_OK) {
        self->scanner.host->log(self->scanner.ctx, CHL_LOG_DEBUG, "event=scan_not_taken error=%d",
                                (int)err);
    }
    return err;
}

static void look_once(struct chl_instance *self, size_t width, size_t height)
{
    self->view.count = 0;
    self->view.used = 0;
    chl_err err = chl_qr_look(self->reader, self->grey, width, height, note, &self->view);
    if (err != CHL_OK && err != CHL_E_NOTFOUND) {
        self->scanner.host->log(self->scanner.ctx, CHL_LOG_WARNING,
                                "event=look_failed reason=\"%s\"", chl_strerror(err));
    }
}

/** Room for a frame; sizes change only between recorded pictures. */
static bool make_room(struct chl_instance *self, size_t size)
{
    if (size > self->grey_size) {
        uint8_t *larger = size > CHL_QR_PIXELS_MAX ? NULL : realloc(self->grey, size);
        if (larger == NULL) {
            return false;
        }
        self->grey = larger;
        self->grey_size = size;
    }
    return true;
}

static void judge(struct chl_instance *self, bool marked, int64_t captured_ns)
{
    const struct view *view = &self->view;
    bool read = view->count > 0;
    if (marked && !read) {
        hold_keep(&self->hold, captured_ns);
    }
    int best = hold_frame(&self->hold, view->sightings, view->count, captured_ns);
    if (best >= 0 && post(self, view->bytes + view->starts[best], view->lengths[best],
                          captured_ns) == CHL_E_BUSY) {
        hold_not_taken(&self->hold, view->sightings[best].digest, captured_ns);
    }
    if (glimpse_frame(&self->glimpse, marked, read, captured_ns)) {
        self->scanner.host->log(self->scanner.ctx, CHL_LOG_INFO, "event=code_unreadable");
        (void)post(self, NULL, 0, captured_ns);
    }
}

void camera_look(struct chl_instance *self, const struct chl_frame *frame, int64_t captured_ns,
                 bool every_polarity)
{
    size_t size = frame->width * frame->height;
    chl_err err = make_room(self, size)
                      ? chl_frame_to_grey(self->decoder, frame, self->grey, self->grey_size)
                      : CHL_E_NOMEM;
    if (err != CHL_OK) {
        self->scanner.host->log(self->scanner.ctx, CHL_LOG_DEBUG,
                                "event=frame_refused reason=\"%s\"", chl_strerror(err));
        return;
    }
    (void)chl_qr_soften(self->reader, self->grey, frame->width, frame->height);
    bool marked = false;
    unsigned looks = every_polarity && self->config.inverted ? 2 : 1;
    if (self->look_inverted) {
        chl_qr_invert(self->grey, size);
    }
    for (unsigned i = 0; i < looks; i++) {
        if (i > 0) {
            chl_qr_invert(self->grey, size);
        }
        look_once(self, frame->width, frame->height);
        if (self->view.count > 0) {
            break;
        }
        marked = marked || chl_qr_has_marks(self->grey, frame->width, frame->height);
        self->look_inverted = self->config.inverted && !self->look_inverted;
    }
    judge(self, marked, captured_ns);
}
