/* The sources that need no camera, publishing into a real ring and read back by a real reader. */
#include "tests/ipc/source_rig.h"

#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "capture/scene.h"
#include "capture/source.h"
#include "capture/source_find.h"
#include "common/daemon/clock.h"
#include "common/media/y4m.h"
#include "tests/unit/make_jpeg.h"

enum { W = 64, H = 48 };

/* ---------------------------------------------------------------- synthetic */

START_TEST(synthetic_frames_are_the_scene_of_their_sequence_in_every_format)
{
    static const uint32_t formats[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21,
                                       FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_422P,
                                       FR_FOURCC_YUYV, FR_FOURCC_UYVY};
    ipc_begin();
    for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
        struct rig rig = rig_open(&fr_source_synthetic,
                                  &(struct fr_source_request){.spec = "seed=9,still=0.1,move=0.2",
                                                              .width_px = W,
                                                              .height_px = H,
                                                              .rate_num = 100,
                                                              .rate_den = 1,
                                                              .fourcc = formats[k]});
        struct fr_scene_params params;
        struct fr_scene *scene = NULL;
        ck_assert_int_eq(fr_scene_params_parse("seed=9,still=0.1,move=0.2", &params, NULL, 0), 0);
        ck_assert_int_eq(fr_scene_new(&params, &rig.offer.geometry, &scene), 0);
        uint8_t *want = calloc(rig.offer.geometry.slot_bytes, 1);
        uint32_t last = UINT32_MAX;
        for (unsigned i = 0; i < 30; i++) {
            struct fr_frame frame;
            ck_assert_int_eq(rig_next(&rig, &frame), 0);
            ck_assert_uint_eq(frame.format.fourcc, formats[k]);
            ck_assert(last == UINT32_MAX || frame.source_sequence > last);
            last = frame.source_sequence;
            fr_scene_draw(scene, frame.source_sequence, want);
            check_planes(&frame, &rig.offer.geometry, want);
            ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
        }
        free(want);
        fr_scene_free(scene);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_synthetic_camera_that_is_fetched_late_loses_frames_and_counts_them)
{
    ipc_begin();
    struct rig rig =
        rig_open(&fr_source_synthetic,
                 &(struct fr_source_request){
                     .spec = "", .width_px = W, .height_px = H, .rate_num = 100, .rate_den = 1});
    struct fr_frame frame;
    struct fr_writer_counts counts;
    nanosleep(&(struct timespec){.tv_nsec = 80000000}, NULL); /* at least eight periods */
    ck_assert_int_eq(rig_next(&rig, &frame), 0);
    ck_assert_uint_ge(frame.source_sequence, 8);
    ck_assert(frame.flags & FR_FRAME_AFTER_GAP);
    fr_writer_counts(rig.writer, &counts);
    ck_assert_uint_eq(counts.dropped[FR_DROP_LATE], frame.source_sequence);
    fr_reader_release(rig.reader, &frame);
    rig_close(&rig);
}
END_TEST

START_TEST(synthetic_frames_go_on_counting_over_a_new_epoch)
{
    ipc_begin();
    struct rig rig = rig_open(
        &fr_source_synthetic,
        &(struct fr_source_request){.spec = "", .width_px = W, .height_px = H, .is_fast = true});
    struct fr_frame frame;
    for (uint32_t i = 0; i < 40; i++) {
        if (i == 20) {
            rig.ops->stop(rig.source);
            rig_begin(&rig);
        }
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.source_sequence, i);
        ck_assert_uint_eq(frame.number, i % 20 + 1);
        fr_reader_release(rig.reader, &frame);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(wrong_synthetic_requests_are_configuration_errors)
{
    static const struct {
        struct fr_source_request request;
        const char *says;
    } wrong[] = {
        {{.spec = "seed=x"}, "seed=x: expected"},
        {{.spec = "", .width_px = 8, .height_px = 8}, "expected sides from 16"},
        {{.spec = "", .width_px = 20000, .height_px = 8}, "expected sides from 16"},
        {{.spec = "", .width_px = 641, .height_px = 480, .fourcc = FR_FOURCC_YUYV}, "even width"},
        {{.spec = "", .fourcc = FR_FOURCC('R', 'G', 'B', '3')}, "format RGB3 is not one"},
        {{.spec = "objects=16", .width_px = 32, .height_px = 32}, "expected at most 8"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fr_source *source = NULL;
        struct fr_source_offer offer;
        char reason[FR_SOURCE_REASON_MAX] = "";
        ck_assert_int_eq(fr_source_synthetic.open(&wrong[i].request, &source, &offer, reason),
                         -EINVAL);
        ck_assert_msg(strstr(reason, wrong[i].says), "%s", reason);
        ck_assert_ptr_null(source);
    }
    fr_source_synthetic.free(NULL);
    fr_source_replay.free(NULL);
}
END_TEST

/* ---------------------------------------------------------------- replay */

static const char *material_folder(void)
{
    static char path[UNIT_FOLDER_MAX];
    return unit_folder(path);
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

/* A Y4M of `frames` frames, all bytes of frame n being n + 1. Returns its path. */
static const char *make_y4m(const char *folder, unsigned frames, unsigned rate)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/film.y4m", folder);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "YUV4MPEG2 W%d H%d F%u:1 Ip C420jpeg\n", W, H, rate);
    for (unsigned n = 0; n < frames; n++) {
        fputs("FRAME\n", file);
        for (unsigned i = 0; i < W * H * 3 / 2; i++)
            fputc((int)(n + 1), file);
    }
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

START_TEST(replay_at_its_rate_delivers_every_frame_and_lasts_as_long_as_the_recording)
{
    enum { FRAMES = 25, RATE = 50 };
    ipc_begin();
    const char *folder = material_folder();
    int64_t began = fr_now_mono_ns(), last = 0;
    struct rig rig = rig_open(&fr_source_replay,
                              &(struct fr_source_request){.spec = make_y4m(folder, FRAMES, RATE)});
    struct fr_frame frame;
    for (unsigned n = 0; n < FRAMES; n++) {
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.source_sequence, n);
        ck_assert_uint_eq(frame.planes[0].data[0], n + 1);
        ck_assert_uint_eq(frame.format.rate_num, RATE);
        if (n == 0) /* readers that wait for the ring had time to attach */
            ck_assert_int_ge(frame.captured_mono_ns - began, 250 * FR_NS_PER_MS);
        ck_assert_int_gt(frame.captured_mono_ns, last);
        ck_assert_int_le(frame.captured_mono_ns, fr_now_mono_ns());
        last = frame.captured_mono_ns;
        fr_reader_release(rig.reader, &frame);
    }
    ck_assert_int_eq(rig_next(&rig, &frame), -ENODATA);
    ck_assert_int_ge(fr_now_mono_ns() - began, FR_NS_PER_S * FRAMES / RATE - FR_NS_PER_S / RATE);
    rig_close(&rig);
}
END_TEST

START_TEST(a_late_replay_catches_up_without_leaving_a_frame_out)
{
    enum { FRAMES = 30 };
    ipc_begin();
    const char *folder = material_folder();
    struct rig rig = rig_open(&fr_source_replay,
                              &(struct fr_source_request){.spec = make_y4m(folder, FRAMES, 100)});
    struct fr_frame frame;
    int64_t began = fr_now_mono_ns();
    for (unsigned n = 0; n < FRAMES; n++) {
        if (n == 3)
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.number, n + 1);
        ck_assert_uint_eq(frame.planes[0].data[0], n + 1);
        fr_reader_release(rig.reader, &frame);
    }
    /* 20 frames at twice the rate bring back the 100 ms: never faster than that. */
    ck_assert_int_ge(fr_now_mono_ns() - began, (FRAMES - 1) * 10 * FR_NS_PER_MS);
    struct fr_writer_counts counts;
    fr_writer_counts(rig.writer, &counts);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        ck_assert_uint_eq(counts.dropped[i], 0);
    rig_close(&rig);
}
END_TEST

START_TEST(fast_replay_does_not_wait_for_the_recordings_clock)
{
    enum { FRAMES = 100 };
    ipc_begin();
    const char *folder = material_folder();
    struct rig rig =
        rig_open(&fr_source_replay,
                 &(struct fr_source_request){.spec = make_y4m(folder, FRAMES, 1), .is_fast = true});
    struct fr_frame frame;
    int64_t began = fr_now_mono_ns();
    for (unsigned n = 0; n < FRAMES; n++) {
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.planes[0].data[0], n + 1);
        fr_reader_release(rig.reader, &frame);
    }
    ck_assert_int_eq(rig_next(&rig, &frame), -ENODATA);
    ck_assert_int_lt(fr_now_mono_ns() - began, 50 * FR_NS_PER_S); /* of 100 */
    rig_close(&rig);
}
END_TEST

START_TEST(a_looping_replay_begins_again_and_goes_on_counting)
{
    ipc_begin();
    const char *folder = material_folder();
    struct rig rig =
        rig_open(&fr_source_replay, &(struct fr_source_request){.spec = make_y4m(folder, 3, 25),
                                                                .is_fast = true,
                                                                .is_looping = true});
    struct fr_frame frame;
    for (unsigned n = 0; n < 20; n++) {
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.source_sequence, n);
        ck_assert_uint_eq(frame.planes[0].data[0], n % 3 + 1);
        fr_reader_release(rig.reader, &frame);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(bad_frames_are_counted_and_the_next_one_says_that_it_follows_a_gap)
{
    ipc_begin();
    const char *folder = material_folder();
    for (unsigned n = 0; n < 5; n++) {
        char name[16];
        struct made_jpeg jpeg = make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 2, .seed = n});
        snprintf(name, sizeof name, "%u.jpg", n);
        write_file(folder, name, n == 2 ? "<html>" : (const char *)jpeg.bytes,
                   n == 2 ? 6 : jpeg.length);
        free(jpeg.bytes);
    }
    struct rig rig = rig_open(
        &fr_source_replay, &(struct fr_source_request){.spec = folder, .fourcc = FR_FOURCC_YV12});
    struct fr_frame frame;
    ck_assert_uint_eq(rig.offer.geometry.format.rate_num, 25); /* folders tell no rate */
    for (unsigned n = 0; n < 5; n++) {
        if (n == 2)
            continue;
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        ck_assert_uint_eq(frame.source_sequence, n);
        ck_assert_int_eq((frame.flags & FR_FRAME_AFTER_GAP) != 0, n == 3);
        fr_reader_release(rig.reader, &frame);
    }
    ck_assert_int_eq(rig_next(&rig, &frame), -ENODATA);
    struct fr_writer_counts counts;
    fr_writer_counts(rig.writer, &counts);
    ck_assert_uint_eq(counts.frames, 4);
    ck_assert_uint_eq(counts.dropped[FR_DROP_UNDECODABLE], 1);
    rig_close(&rig);
}
END_TEST

START_TEST(a_loop_in_which_nothing_can_be_decoded_any_more_is_a_lost_source)
{
    ipc_begin();
    const char *folder = material_folder();
    struct made_jpeg jpeg = make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 2});
    write_file(folder, "1.jpg", jpeg.bytes, jpeg.length);
    write_file(folder, "2.jpg", jpeg.bytes, jpeg.length);
    struct rig rig = rig_open(
        &fr_source_replay,
        &(struct fr_source_request){
            .spec = folder, .fourcc = FR_FOURCC_GREY, .is_fast = true, .is_looping = true});
    struct fr_frame frame;
    ck_assert_int_eq(rig_next(&rig, &frame), 0);
    fr_reader_release(rig.reader, &frame);
    write_file(folder, "1.jpg", "gone", 4);
    write_file(folder, "2.jpg", "gone", 4);
    int r = 0;
    for (unsigned i = 0; i < 10 && r >= 0; i++)
        r = rig_step(&rig);
    ck_assert_int_lt(r, 0);
    ck_assert_int_ne(r, -ENODATA);
    ck_assert_msg(strstr(rig.reason, "no frame of the recording can be decoded"), "%s", rig.reason);
    free(jpeg.bytes);
    rig_close(&rig);
}
END_TEST

START_TEST(what_a_recording_cannot_be_is_told_with_what_it_can)
{
    const char *folder = material_folder();
    const char *path = make_y4m(folder, 2, 25);
    write_file(folder, "text", "hello, this is no recording", 27);
    char text[128];
    snprintf(text, sizeof text, "%s/text", folder);
    const struct {
        struct fr_source_request request;
        int error;
        const char *says;
    } wrong[] = {
        {{.spec = ""}, -EINVAL, "expected replay:PATH"},
        {{.spec = "/nonexistent/film"}, -ENOENT, "/nonexistent/film"},
        {{.spec = text}, -EINVAL, "text"},
        {{.spec = path, .width_px = 640, .height_px = 480}, -EINVAL, "is 64x48"},
        {{.spec = path, .fourcc = FR_FOURCC_YUYV}, -EINVAL, "expected YU12, YV12 or GREY"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fr_source *source = NULL;
        struct fr_source_offer offer;
        char reason[FR_SOURCE_REASON_MAX] = "";
        ck_assert_int_eq(fr_source_replay.open(&wrong[i].request, &source, &offer, reason),
                         wrong[i].error);
        ck_assert_msg(strstr(reason, wrong[i].says), "%s", reason);
    }
}
END_TEST

/* ---------------------------------------------------------------- both */

START_TEST(S16_a_ring_removed_under_a_source_is_told_as_such_and_loses_no_place)
{
    ipc_begin();
    const char *folder = material_folder();
    struct rig rig =
        rig_open(&fr_source_replay,
                 &(struct fr_source_request){.spec = make_y4m(folder, 9, 25), .is_fast = true});
    struct fr_frame frame;
    struct fr_ring_info info;
    for (unsigned n = 0; n < 4; n++) {
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        fr_reader_release(rig.reader, &frame);
    }
    ck_assert_int_eq(fr_ring_info("cam0", &info), 0);
    ck_assert_int_eq(shmctl(info.shm_id, IPC_RMID, NULL), 0);
    ck_assert_int_eq(semctl(info.gates_id, 0, IPC_RMID), 0);
    ck_assert_int_eq(semctl(info.pins_id, 0, IPC_RMID), 0);
    int r = rig_step(&rig);
    ck_assert_int_eq(r, -EIDRM);
    rig.ops->stop(rig.source);
    rig_begin(&rig);
    ck_assert_int_eq(rig_next(&rig, &frame), 0);
    ck_assert_uint_ge(frame.planes[0].data[0], 5); /* behind the one that found no ring, or that */
    fr_reader_release(rig.reader, &frame);
    rig_close(&rig);
}
END_TEST

START_TEST(a_source_is_found_by_its_scheme_alone)
{
    const struct fr_source_ops *ops = NULL;
    const char *spec = NULL;
    char reason[FR_SOURCE_REASON_MAX] = "";
    ck_assert_int_eq(fr_source_find("replay:/a:b", &ops, &spec, reason), 0);
    ck_assert_ptr_eq(ops, &fr_source_replay);
    ck_assert_str_eq(spec, "/a:b");
    ck_assert_int_eq(fr_source_find("synthetic:", &ops, &spec, reason), 0);
    ck_assert_ptr_eq(ops, &fr_source_synthetic);
    ck_assert_str_eq(spec, "");
    ck_assert_int_eq(fr_source_find("v4l2:/dev/video3", &ops, &spec, reason), 0);
    ck_assert_ptr_eq(ops, &fr_source_v4l2);
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"/dev/video0", "expected v4l2:/dev/video0"},
        {"/srv/film.y4m", "expected replay:/srv/film.y4m"},
        {"synthetic", "expected v4l2:/dev/videoN, replay:PATH or synthetic:"},
        {"rtsp://camera/1", "expected v4l2:"},
        {":", "expected v4l2:"},
        {"", "expected v4l2:"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(fr_source_find(wrong[i].text, &ops, &spec, reason), -EINVAL);
        ck_assert_msg(strstr(reason, wrong[i].says), "%s", reason);
    }
}
END_TEST

UNIT_MAIN("sources", synthetic_frames_are_the_scene_of_their_sequence_in_every_format,
          a_synthetic_camera_that_is_fetched_late_loses_frames_and_counts_them,
          synthetic_frames_go_on_counting_over_a_new_epoch,
          wrong_synthetic_requests_are_configuration_errors,
          replay_at_its_rate_delivers_every_frame_and_lasts_as_long_as_the_recording,
          a_late_replay_catches_up_without_leaving_a_frame_out,
          fast_replay_does_not_wait_for_the_recordings_clock,
          a_looping_replay_begins_again_and_goes_on_counting,
          bad_frames_are_counted_and_the_next_one_says_that_it_follows_a_gap,
          a_loop_in_which_nothing_can_be_decoded_any_more_is_a_lost_source,
          what_a_recording_cannot_be_is_told_with_what_it_can,
          S16_a_ring_removed_under_a_source_is_told_as_such_and_loses_no_place,
          a_source_is_found_by_its_scheme_alone)
